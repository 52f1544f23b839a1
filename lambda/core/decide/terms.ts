/** Says when a rule may be revoked that waits for its notice, for an approval, or for the revocation window. */
import { endOfNotice } from './notice';
import { nextOpening, type RevocationWindowConfiguration } from '../../../src/contract/revocation-window';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

/** The part of a configuration that says what a revocation waits for. */
export interface Terms {
  readonly finalNoticeSeconds?: number;
  readonly approval?: unknown;
  readonly revocationWindow?: RevocationWindowConfiguration;
}

/** Formats a time for the reader. */
type Time = (iso: string) => string;

type Waiting = Pick<LedgerEntry, 'announced' | 'approval'>;

/**
 * Returns the earliest time at which notice and window let a rule be revoked, in milliseconds since 1970.
 *
 * @returns undefined if it is not known when the window opens
 */
export function earliestRevocation(
  { announced }: Pick<LedgerEntry, 'announced'>, { finalNoticeSeconds, revocationWindow }: Terms, now: Date,
): number | undefined {
  const notice = finalNoticeSeconds === undefined ? 0
    : endOfNotice(announced, finalNoticeSeconds) ?? now.getTime() + finalNoticeSeconds * 1000;
  const from = new Date(Math.max(now.getTime(), notice));
  return revocationWindow === undefined ? from.getTime() : nextOpening(revocationWindow, from)?.getTime();
}

/** Says when a rule is revoked, in words that follow "it is revoked". */
export function whenRevoked(waiting: Waiting, terms: Terms, now: Date, time: Time): string {
  const earliest = earliestRevocation(waiting, terms, now);
  const when = earliest === undefined ? 'when the revocation window opens'
    : earliest > now.getTime() ? `by the first sweep after ${time(new Date(earliest).toISOString())}` : 'by the next sweep';
  const isUnapproved = terms.approval !== undefined && waiting.approval?.approved === undefined;
  return isUnapproved ? `${when}, once a person has approved it` : when;
}

/** Says who approved a revocation. Nothing verifies the name. @returns undefined if nobody has */
export function approvedWords({ approved }: Pick<ApprovalRecord, 'approved'>, time: Time): string | undefined {
  if (approved === undefined) return undefined;
  const by = approved.approvedBy === undefined ? '' : ` by ${approved.approvedBy} (unverified)`;
  return `approved at ${time(approved.at)}${by}`;
}
