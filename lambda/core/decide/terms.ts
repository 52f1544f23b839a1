/** Says when a rule may be revoked that waits for its notice, for an approval, or for the revocation window. */
import { approvalEnd } from './approval';
import { declaredAs, sightOf } from './flagged';
import { waitOf } from './grace';
import { endOfNotice } from './notice';
import type { FlaggedIngressRule, Grace, StaleRulesAction } from '../../../src/contract/configuration';
import { nextOpening, type RevocationWindowConfiguration } from '../../../src/contract/revocation-window';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

/** The part of a configuration that says what a revocation waits for. */
export interface Terms {
  readonly finalNoticeSeconds?: number;
  readonly approval?: unknown;
  readonly revocationWindow?: RevocationWindowConfiguration;
  readonly staleRulesAnytime?: boolean;
  /** The wait of stale rules. Absent: none. */
  readonly grace?: Grace;
  readonly staleRules?: StaleRulesAction;
  /** Absent: the window binds every flagged rule. */
  readonly flaggedIngressRules?: readonly Declared[];
}

/** A declaration, or what the ledger has of it. */
type Declared = Pick<FlaggedIngressRule, 'id' | 'name' | 'action'> & Partial<Pick<FlaggedIngressRule, 'replaceWith'>>
  & { readonly isReplacing?: true };

/** Formats a time for the reader. */
type Time = (iso: string) => string;

type Waiting = Pick<LedgerEntry, 'announced' | 'approval' | 'stale' | 'flagged' | 'keepReason'>;

/**
 * Returns the window that binds a rule.
 *
 * @returns undefined if a check or a declaration whose wait is over may revoke it at any time. One that only narrows it
 * does so only if nothing else is due to revoke it
 */
export function bindingWindow(
  { stale, flagged, keepReason }: Pick<Waiting, 'stale' | 'flagged' | 'keepReason'>,
  { revocationWindow, staleRules, staleRulesAnytime, grace, flaggedIngressRules = [] }: Terms, now: Date,
): RevocationWindowConfiguration | undefined {
  // What may go at any time may also not be all that is planned.
  if (keepReason === 'OUTSIDE_WINDOW') return revocationWindow;
  const isOver = (sight: Parameters<typeof waitOf>[0], wait: Grace | undefined): boolean =>
    wait === undefined || waitOf(sight, wait, now).state === 'over';
  const isStaleOver = stale !== undefined && isOver(stale, grace);
  if (isStaleOver && staleRulesAnytime) return undefined;
  const declarations = flagged?.verdict === 'flagged' ? flagged.declarations : [];
  const deciding = declarations.flatMap(each => declaredAs(each, flaggedIngressRules))
    .filter(({ id, action }) => action.kind === 'revoke' && isOver(sightOf(id, flagged), action.grace));
  const free = deciding.filter(({ action }) => action.anytime);
  const isWhole = free.some(({ replaceWith, isReplacing }) => replaceWith === undefined && !isReplacing);
  const isAlone = free.length > 0 && free.length === deciding.length && !(isStaleOver && staleRules === 'revoke');
  return isWhole || isAlone ? undefined : revocationWindow;
}

/**
 * Returns the earliest time at which notice and window let a rule be revoked, in milliseconds since 1970.
 *
 * @returns undefined if it is not known when the window opens
 */
export function earliestRevocation(
  waiting: Pick<Waiting, 'announced' | 'stale' | 'flagged' | 'keepReason'>, terms: Terms, now: Date,
): number | undefined {
  const { finalNoticeSeconds } = terms;
  const revocationWindow = bindingWindow(waiting, terms, now);
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
  const isUnapproved = terms.approval !== undefined && !isApprovedUntil(waiting.approval, earliest ?? now.getTime());
  return isUnapproved ? `${when}, once a person has approved it` : when;
}

/** Whether an approval is there, and does not end before a time. */
function isApprovedUntil(record: ApprovalRecord | undefined, millis: number): boolean {
  if (record?.approved === undefined) return false;
  const end = approvalEnd(record);
  return end === undefined || Date.parse(end) > millis;
}

/** Says who approved a revocation. Nothing verifies the name. @returns undefined if nobody has */
export function approvedWords({ approved }: Pick<ApprovalRecord, 'approved'>, time: Time): string | undefined {
  if (approved === undefined) return undefined;
  const by = approved.approvedBy === undefined ? '' : ` by ${approved.approvedBy} (unverified)`;
  return `approved at ${time(approved.at)}${by}`;
}

/** Names what a rule waits for besides its grace, in words that follow "after". @returns undefined if it is nothing */
export function furtherTerms({ finalNoticeSeconds, approval, revocationWindow }: Terms): string | undefined {
  const terms = [
    ...finalNoticeSeconds === undefined ? [] : ['its final notice'],
    ...approval === undefined ? [] : ['the approval of a person'],
    ...revocationWindow === undefined ? [] : ['the opening of the revocation window'],
  ];
  const last = terms.pop();
  return terms.length === 0 ? last : `${terms.join(', ')} and ${last}`;
}
