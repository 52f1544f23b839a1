/**
 * Says when the final notice, the approval and the revocation window let the first rule be revoked, by what a planned
 * sweep leaves in the ledger.
 */
import type { PlanningLedger } from './planned-ledger';
import { hasApprovalEnded } from '../../lambda/core/decide/approval';
import { endOfNotice } from '../../lambda/core/decide/notice';
import { waitsOf } from '../../lambda/core/decide/waiting';
import { isTelling, withTold } from '../../lambda/core/ledger/announcement';
import { change } from '../../lambda/core/ledger/change';
import type { Channel, LedgerEntry } from '../../lambda/core/model/ledger';
import { type DecodedConfiguration, isToRevoke } from '../../src/contract/configuration';
import { isOpen, type RevocationWindowConfiguration } from '../../src/contract/revocation-window';

type Entries = ReadonlyMap<string, LedgerEntry>;

/** @returns the window, unless some rules may be revoked at any time */
export function bindingWindow(
  { revocationWindow, staleRules, staleRulesAnytime, flaggedIngressRules }: DecodedConfiguration,
): RevocationWindowConfiguration | undefined {
  const isAnytime = (staleRules === 'revoke' && staleRulesAnytime)
    || flaggedIngressRules.some(each => isToRevoke(each) && each.action.anytime);
  return isAnytime ? undefined : revocationWindow;
}

/** Whether a rule may be revoked at a time, as far as the notice, the approval and the window decide. */
export function mayRevoke(entries: readonly Entries[], configuration: DecodedConfiguration, at: Date): boolean {
  const window = bindingWindow(configuration);
  return (window === undefined || isOpen(window, at))
    && noticeOver(entries, configuration, at) <= at
    && isAnyApproved(entries, configuration, at);
}

/** Returns the time at which the first notice is over. A rule that a sweep finds at a time is announced then. */
export function noticeOver(
  entries: readonly Entries[], { finalNoticeSeconds }: DecodedConfiguration, at: Date,
): Date {
  if (finalNoticeSeconds === undefined) return at;
  const ends = inAll(entries).flatMap(({ announced }) => endOfNotice(announced, finalNoticeSeconds) ?? []);
  return new Date(ends.length > 0 ? Math.min(...ends) : at.getTime() + finalNoticeSeconds * 1000);
}

/** Whether a person has approved a revocation, and the approval is still valid. */
export function isAnyApproved(entries: readonly Entries[], { approval }: DecodedConfiguration, at: Date): boolean {
  return approval === undefined || inAll(entries).some(({ approval: record }) =>
    record?.approved !== undefined && !hasApprovalEnded(record, approval.validSeconds, at));
}

/** Returns when exemptions end, and if announcements follow from waits, when these do. */
export function endsOf(entries: readonly Entries[], configuration: DecodedConfiguration, at: Date): Date[] {
  const ends = inAll(entries).flatMap(entry => [
    ...entry.exemption?.kind === 'until' ? [Date.parse(entry.exemption.until)] : [],
    ...configuration.finalNoticeSeconds === undefined ? []
      : waitsOf(entry, configuration, at).map(({ endsAt }) => endsAt),
  ]);
  return [...new Set(ends)].filter(Number.isFinite).map(end => new Date(end));
}

/**
 * Assumes that the announcements of a planned run are accepted at once, because nothing is sent.
 *
 * @returns the entries of the run with their announcements
 */
export async function withAnnouncements(
  entries: Entries, channels: readonly Channel[], { id, now }: { readonly id: string; readonly now: Date },
  ledger: PlanningLedger,
): Promise<Entries> {
  const announced = new Map(entries);
  for (const entry of entries.values()) {
    if (!isTelling(entry, id)) continue;
    const { entry: written } = await change(ledger, entry, current =>
      current && withTold(current, channels, channels, { id, now }));
    if (written !== undefined) announced.set(entry.securityGroupRuleId, written);
  }
  return announced;
}

const inAll = (entries: readonly Entries[]): LedgerEntry[] => entries.flatMap(each => [...each.values()]);
