/** Says until when a rule is kept, and when it may be revoked. */
import { minute } from './place';
import { endOfNotice } from '../../lambda/core/decide/notice';
import { isWaitingReason, type KeepReason } from '../../lambda/core/decide/reasons';
import { earliestRevocation } from '../../lambda/core/decide/terms';
import { waitsOf } from '../../lambda/core/decide/waiting';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import { traffic } from '../../lambda/core/report/wording';
import { type DecodedConfiguration } from '../../src/contract/configuration';
import { isOpen, nextOpening } from '../../src/contract/revocation-window';

export type Waiting = Pick<
  DecodedConfiguration,
  'grace' | 'staleRules' | 'staleRulesAnytime' | 'flaggedIngressRules' | 'scheduleSeconds' | 'finalNoticeSeconds'
  | 'approval' | 'revocationWindow'
>;

/** When a rule may be revoked that waits. */
export interface Earliest {
  readonly at: Date;
  /** Whether the revocation window opens then. */
  readonly isOpening: boolean;
}

/**
 * Returns the earliest time at which a rule may be revoked, as far as its wait, the notice and the window decide.
 *
 * @param after nothing is revoked before this time
 * @returns undefined if it is not known
 */
export function earliestOf(
  reason: KeepReason | undefined, entry: LedgerEntry, configuration: Waiting, after: Date,
): Earliest | undefined {
  const wait = reason === 'WITHIN_GRACE' ? endOfWait(entry, configuration, after) : undefined;
  if (reason === 'WITHIN_GRACE' && wait === undefined) return undefined;
  const from = new Date(Math.max(after.getTime(), wait?.getTime() ?? 0));
  const { finalNoticeSeconds } = configuration;
  const free = earliestRevocation(entry, { finalNoticeSeconds }, from);
  const bound = earliestRevocation(entry, configuration, from);
  return bound === undefined ? undefined : { at: new Date(bound), isOpening: bound !== free };
}

function endOfWait(entry: LedgerEntry, configuration: Waiting, at: Date): Date | undefined {
  const end = new Date(waitsOf(entry, configuration, at).at(0)?.endsAt ?? NaN);
  return Number.isNaN(end.getTime()) ? undefined : end;
}

/** Whether only time and people keep a rule, so that it can be said when it may be revoked. */
export const isLater = (reason: KeepReason | undefined): boolean => reason === 'WITHIN_GRACE' || isWaitingReason(reason);

/**
 * Says when a rule may be revoked, in words that follow the reason.
 *
 * @param at the time of the decision
 */
export function revokedWords(
  reason: KeepReason, entry: LedgerEntry, configuration: Waiting, at: Date, earliest: Earliest | undefined,
): string {
  const isApproved = configuration.approval === undefined || entry.approval?.approved !== undefined;
  const replacing = reason === 'AWAITING_APPROVAL' ? entry.approval?.replacing : undefined;
  const verb = replacing === undefined ? 'revoked' : `replaced by ${replacing.map(each => traffic(each)).join(', ')}`;
  const opens = earliest?.isOpening ? ', when the revocation window opens' : '';
  const when = earliest !== undefined && earliest.at > at ? ` at ${minute(earliest.at.toISOString())} at the earliest${opens}` : '';
  const once = isApproved && reason !== 'AWAITING_APPROVAL' ? '' : ', once a person has approved it';
  return `${when}${once}` === '' ? '' : `; ${verb}${when}${once}`;
}

/** Says when one reason to keep a rule ends, in words that follow it. */
export function endOfReason(
  reason: KeepReason, { entry, exemptUntil }: { readonly entry?: LedgerEntry } & { readonly exemptUntil?: string },
  configuration: Waiting, at: Date,
): string {
  const { finalNoticeSeconds, revocationWindow } = configuration;
  switch (reason) {
    case 'WITHIN_GRACE': {
      const end = entry && endOfWait(entry, configuration, at);
      return end === undefined ? '' : `; it waits until ${minute(end.toISOString())} at the earliest`;
    }
    case 'WITHIN_NOTICE': {
      const end = finalNoticeSeconds === undefined ? undefined : endOfNotice(entry?.announced, finalNoticeSeconds);
      return end === undefined ? '; the next sweep announces it' : `; the notice ends at ${minute(new Date(end).toISOString())}`;
    }
    case 'OUTSIDE_WINDOW': {
      if (revocationWindow === undefined || isOpen(revocationWindow, at)) return '';
      const opening = nextOpening(revocationWindow, at);
      return opening === undefined ? '' : `; it opens at ${minute(opening.toISOString())}`;
    }
    case 'AWAITING_APPROVAL': {
      const replacing = entry?.approval?.replacing;
      return replacing === undefined ? '' : `; it is then replaced by ${replacing.map(each => traffic(each)).join(', ')}`;
    }
    case 'EXEMPT_BY_RULE_TAG':
    case 'EXEMPT_BY_GROUP_TAG':
      return exemptUntil === undefined ? '' : `; exempt until ${minute(exemptUntil)}`;
    default: return '';
  }
}
