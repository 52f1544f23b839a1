/** Says when a rule may be revoked that waits for its notice, for an approval, or for the revocation window. */
import { declaredAs } from './flagged';
import { endOfNotice } from './notice';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { nextOpening, type RevocationWindowConfiguration } from '../../../src/contract/revocation-window';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

/** The part of a configuration that says what a revocation waits for. */
export interface Terms {
  readonly finalNoticeSeconds?: number;
  readonly approval?: unknown;
  readonly revocationWindow?: RevocationWindowConfiguration;
  readonly staleRulesAnytime?: boolean;
  /** Absent: the window binds every flagged rule. */
  readonly flaggedIngressRules?: ReadonlyArray<Pick<FlaggedIngressRule, 'id' | 'name' | 'action'>>;
}

/** Formats a time for the reader. */
type Time = (iso: string) => string;

type Waiting = Pick<LedgerEntry, 'announced' | 'approval' | 'stale' | 'flagged'>;

/** Returns the window that binds a rule. @returns undefined if a check or a declaration may revoke it at any time */
export function bindingWindow(
  { stale, flagged }: Pick<Waiting, 'stale' | 'flagged'>,
  { revocationWindow, staleRulesAnytime, flaggedIngressRules = [] }: Terms,
): RevocationWindowConfiguration | undefined {
  if (stale && staleRulesAnytime) return undefined;
  const declarations = flagged?.verdict === 'flagged' ? flagged.declarations : [];
  const deciding = declarations.flatMap(each => declaredAs(each, flaggedIngressRules));
  return deciding.some(({ action }) => action.anytime) ? undefined : revocationWindow;
}

/**
 * Returns the earliest time at which notice and window let a rule be revoked, in milliseconds since 1970.
 *
 * @returns undefined if it is not known when the window opens
 */
export function earliestRevocation(
  waiting: Pick<Waiting, 'announced' | 'stale' | 'flagged'>, terms: Terms, now: Date,
): number | undefined {
  const { finalNoticeSeconds } = terms;
  const revocationWindow = bindingWindow(waiting, terms);
  const notice = finalNoticeSeconds === undefined ? 0
    : endOfNotice(waiting.announced, finalNoticeSeconds) ?? now.getTime() + finalNoticeSeconds * 1000;
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
