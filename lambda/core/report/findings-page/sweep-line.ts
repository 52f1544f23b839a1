/** The part of the page about the latest sweep: when it was, and what it could look at. */
import { html, type Html } from './html';
import { firstFew, firstNames, number } from './parts';
import { icon } from './style';
import { age, ago, duration, type TimeFormat } from './time';
import type { SweepEntry } from '../../model/ledger';

/** Longer than the interval of a weekly schedule. */
const OLD_MILLIS = 8 * 24 * 3_600_000;

export interface SweepView {
  readonly now: Date;
  readonly time: TimeFormat;
  readonly isUnreadable: boolean;
  /** Whether the page says already that everything is only reported. */
  readonly isReportOnly: boolean;
}

export function sweepLine(
  sweep: SweepEntry | undefined, { now, time, isUnreadable, isReportOnly }: SweepView,
): Html {
  if (sweep === undefined && isUnreadable) {
    return html`<div class="alert">
      <p><span class="strong">${icon('warning')}The latest sweep is unknown, because its record cannot be read.</span>
        The lists below may be old.</p></div>`;
  }
  if (sweep === undefined) {
    return html`<div class="alert"><p><span class="strong">${icon('warning')}No sweep has been recorded yet.</span>
      The lists below may be empty because nothing has been looked at.</p></div>`;
  }
  return html`<p>Latest sweep: <span class="strong">${ago(sweep.startedAt, now)}</span>
    <span class="muted">(${time(sweep.startedAt)}, took ${seconds(sweep.durationMillis)})</span>. ${lookedAt(sweep)}${isReportOnly ? undefined : nothingRevoked(sweep)}</p>${oldAlert(sweep, now)}${scanErrors(sweep)}${coveredByProof(sweep)}${notCovered(sweep)}`;
}

/** Says why a sweep revoked nothing. Returns nothing if it might have. */
export function nothingRevoked({ enabled, dryRun }: SweepEntry): Html | undefined {
  const why = enabled === false ? 'enabled is false' : dryRun ? 'It was a dry run' : undefined;
  return why === undefined ? undefined : html` <span class="strong">${why}: nothing is revoked.</span>`;
}

export function oldAlert({ startedAt }: Pick<SweepEntry, 'startedAt'>, now: Date): Html | undefined {
  if (!isOld({ startedAt }, now)) return undefined;
  return html`<div class="alert">
    <p><span class="strong">${icon('warning')}No sweep has been recorded for ${age(startedAt, now)}.</span> The lists below are as old.</p></div>`;
}

/** Includes errors of the ledger. */
function scanErrors({ scanErrors: count, errors }: SweepEntry): Html | undefined {
  if (count <= 0) return undefined;
  return html`<div class="alert severe"><p><span class="strong">${icon('bad')}The list is not complete.</span>
    The latest sweep could not look at or record ${count === 1 ? '1 thing' : `${count} things`}${errors.length > 0 ? ':' : '.'}</p>
    ${firstFew(errors, count)}</div>`;
}

/** Tells apart the VPCs that were read and those in which no rule can be stale. */
function coveredByProof(sweep: SweepEntry): Html | undefined {
  const { vpcsScanned: read = 0 } = sweep;
  const proved = provedWords(sweep);
  if (proved === undefined) return undefined;
  return html`<p class="muted">${number(read)} ${read === 1 ? 'VPC was' : 'VPCs were'} read. ${proved}</p>`;
}

export function provedWords({ vpcsCoveredByProof: proved = 0 }: SweepEntry): string | undefined {
  if (proved === 0) return undefined;
  return `In ${number(proved)} more, no rule can be stale, because none refers to a group outside of its VPC.`;
}

/** This is not an error, because it stays so; but nobody should think that these VPCs were looked at. */
function notCovered({ vpcsNotCovered = [] }: SweepEntry): Html | undefined {
  if (vpcsNotCovered.length === 0) return undefined;
  return html`<p class="muted">Not covered: ${firstNames(vpcsNotCovered)}. ${vpcsNotCovered.length === 1 ? 'This VPC belongs' : 'These VPCs belong'}
    to other accounts, and only these may look for stale rules there.</p>`;
}

/** Names only what could be read, even if more was wanted. */
function lookedAt({
  looksAtRules,
  looksAtVpnConnections,
  recordedVpnConnections,
  scanErrors: errors,
}: SweepEntry): string {
  const seen = [
    ...(looksAtRules ? ['security group rules'] : []),
    ...(looksAtVpnConnections && recordedVpnConnections ? ['VPN connections'] : []),
  ];
  const isVpnUnread = looksAtVpnConnections && !recordedVpnConnections;
  return [
    ...(seen.length > 0 || !isVpnUnread
      ? [`It looked at ${seen.join(' and ') || 'nothing'}${errors > 0 ? ', where it could' : ''}.`]
      : []),
    ...(isVpnUnread ? ['It could not read or record VPN connections.'] : []),
  ].join(' ');
}

export const isOld = ({ startedAt }: Pick<SweepEntry, 'startedAt'>, now: Date): boolean =>
  !(now.getTime() - Date.parse(startedAt) <= OLD_MILLIS);

const seconds = (millis: number): string => millis < 60_000 ? `${(millis / 1000).toFixed(1)} s` : duration(millis);
