/**
 * The reasons for keeping a rule that was found, in one table. Each has its words and its consequences.
 *
 * - `by-hand`: only a person can remove the rule
 * - `exempt`: a person has decided to keep the rule
 * - `out-of-scope`: this construct may not revoke the rule
 * - `unclear`: too little is known about the rule
 * - `other-run`: another run is about to revoke the rule, or has just revoked it
 * - `not-yet`: the rule is due later
 * - `off`: the configuration does not allow any revocation
 * - `returning`: the rule comes back whenever it is revoked, so a person has to find out why
 * - `held`: the rule is due, but revoking is on hold as a whole
 * - `limit`: the rule is due, but too many rules are
 */
import { EXEMPT_UNTIL_TAG } from '../../../src/contract/exemptions';
import type { LogLevel } from '../model/delivery';

export type KeepKind =
  'by-hand' | 'exempt' | 'out-of-scope' | 'unclear' | 'other-run' | 'not-yet' | 'off' | 'returning' | 'held' | 'limit';

interface KeepFacts {
  readonly kind: KeepKind;
  /** The reason, in words that follow "kept:". */
  readonly words: string;
  /** `WARN` if a person should take a look. */
  readonly level: LogLevel;
  /** Whether this counts as withheld: the configuration wants the revocation, and no person has postponed it. */
  readonly isWithheld: boolean;
}

const kept = <K extends KeepKind>(kind: K, words: string, level: LogLevel = 'INFO') =>
  ({ kind, words, level, isWithheld: false }) as const;
const withheld = <K extends KeepKind>(kind: K, words: string, level: LogLevel = 'WARN') =>
  ({ kind, words, level, isWithheld: true }) as const;

export const KEEP_REASONS = {
  REPORT_ONLY: kept('by-hand', 'it is only reported'),
  EGRESS: kept('by-hand', 'egress rules are never revoked'),
  UNDECIDED: kept('by-hand', 'whether it is the declared traffic cannot be proved'),
  IN_USE: kept('by-hand', 'a network interface uses its default group'),
  NOT_NARROWER: kept('by-hand', 'no peer of replaceWith is narrower than its source'),
  NOT_REPLACEABLE: kept('by-hand', 'what it admits beyond the flagged traffic cannot be expressed as a few rules'),
  RULE_NOT_FOUND: kept('unclear', 'its group has no such rule any more, or it could not be read'),
  GROUP_UNREAD: kept('unclear', 'its group could not be read, so neither could its exemption'),
  ENDPOINTS_UNREAD: kept(
    'unclear',
    "the interface endpoints of the function's VPC could not be read, so neither could the exemption of their groups",
  ),
  USE_UNREAD: kept('unclear', 'whether a network interface uses its default group could not be read'),
  PEERS_UNREAD: kept('unclear', 'a prefix list of replaceWith could not be read'),
  OUTSIDE_VPCS: kept('out-of-scope', 'its group is in none of the VPCs in scope'),
  OTHER_OWNER: kept('out-of-scope', 'its group belongs to another account'),
  EXEMPT_BY_PROP: kept('exempt', 'its group is among exemptSecurityGroups'),
  EXEMPT_BY_FUNCTION: kept(
    'exempt', "its group is the function's own, or of an interface endpoint of the function's VPC",
  ),
  EXEMPT_BY_GROUP_TAG: kept('exempt', 'its group is tagged exempt'),
  EXEMPT_BY_RULE_TAG: kept('exempt', 'it is tagged exempt'),
  EXEMPT_UNTIL_INVALID: kept(
    'exempt', `the tag ${EXEMPT_UNTIL_TAG} of it or its group has a value that is no day such as 2027-03-31`, 'WARN',
  ),
  STACK_UNREAD: kept('unclear', 'whether CloudFormation is changing the stack of its group could not be read'),
  STACK_IN_PROGRESS: kept(
    'not-yet',
    'it or the stack of its group is being changed by CloudFormation, so it is left to the next scheduled sweep',
  ),
  LEFT_TO_OTHER: kept('other-run', 'another sweep is about to revoke it, or has just done so'),
  WITHIN_GRACE: kept('not-yet', 'it has not been found for long enough, or by too few sweeps'),
  AWAITING_APPROVAL: kept('not-yet', 'a person has to approve its revocation'),
  WITHIN_NOTICE: kept('not-yet', 'its revocation was announced less than finalNotice ago'),
  OUTSIDE_WINDOW: kept('not-yet', 'the revocation window is closed, or no sweep of everything has run since it opened'),
  COMES_BACK: withheld('returning', 'it came back each time it was revoked, so its port is open until a person acts'),
  ACCOUNT_REPORT_ONLY: kept('off', 'its account is not in revokeIn, so everything in it is only reported'),
  DISABLED: kept('off', 'enabled is false, so nothing is revoked'),
  DRY_RUN: kept('off', 'this is a dry run'),
  LEDGER_UNAVAILABLE: withheld(
    'held',
    'the ledger could not be read or written, and without its record the rule could not be put back',
  ),
  LEDGER_UNTRUSTED: withheld(
    'held',
    'the ledger was made for another table, so it may be out of date; check it, and then adopt it',
  ),
  CONFIGURATION_CHANGING: kept(
    'held',
    'the configuration in the ledger is not the one that the function was deployed with',
  ),
  SETTLING: kept('held', 'the configuration changed a short time ago'),
  PAUSED: kept('held', 'revoking is paused'),
  COUNTING: kept('held', 'it is revoked only after what is due in the whole organization was counted'),
  OVER_LIMIT: withheld('limit', 'more rules are to be revoked than maxRevocationsPerSweep allows, so none is revoked'),
  LIMIT_USED: withheld('limit', 'maxRevocationsPerSweep is used up until the next scheduled sweep', 'INFO'),
} as const satisfies Record<string, KeepFacts>;

export type KeepReason = keyof typeof KEEP_REASONS;

type Table = typeof KEEP_REASONS;
type OfKind<K extends KeepKind> = { [R in KeepReason]: Table[R]['kind'] extends K ? R : never }[KeepReason];

/** The reasons for which revoking is on hold as a whole. */
export type HoldReason = OfKind<'held'>;

/** The reasons for which all rules that a run plans to revoke are kept. */
export type LimitReason = OfKind<'limit'>;

/** The reasons that count as a withheld revocation. */
export type WithheldKeepReason = { [R in KeepReason]: Table[R]['isWithheld'] extends true ? R : never }[KeepReason];

export const isWithheld = (reason: KeepReason | undefined): reason is WithheldKeepReason =>
  keepFacts(reason)?.isWithheld ?? false;

/** @returns undefined for an unknown reason, which a later version may have written */
export function keepFacts(reason: string | undefined): KeepFacts | undefined {
  return reason !== undefined && Object.hasOwn(KEEP_REASONS, reason) ? KEEP_REASONS[reason as KeepReason] : undefined;
}

/**
 * The reasons for which a rule waits although its revocation is certain: only time and people decide. They come after
 * every other reason but the count of an organization.
 */
const ANNOUNCEABLE: ReadonlySet<string> = new Set<KeepReason>([
  'AWAITING_APPROVAL', 'WITHIN_NOTICE', 'OUTSIDE_WINDOW', 'COUNTING',
]);

/** Whether only time and people keep a rule. */
export const isWaitingReason = (reason: string | undefined): boolean =>
  reason !== undefined && reason !== 'COUNTING' && ANNOUNCEABLE.has(reason);

/** Whether a rule is to be revoked, as soon as time has passed and people have agreed. */
export const isAnnounceable = (reasons: readonly string[]): boolean => reasons.every(each => ANNOUNCEABLE.has(each));

/** Whether nothing but time, people and a hold on revoking as a whole keeps a rule. */
export const isHeldAtMost = (reasons: readonly KeepReason[]): boolean => reasons.every(each =>
  ANNOUNCEABLE.has(each) || each === 'STACK_IN_PROGRESS' || keepFacts(each)?.kind === 'held');

/** The kinds of reasons that say nothing about a rule, and leave its announcement and its approval as they are. */
const PASSING: ReadonlySet<KeepKind | undefined> = new Set(['held', 'limit', 'other-run', 'unclear']);

/** Whether a reason calls off what was announced. @param reason the first reason to keep the rule */
export const callsOff = (reason: KeepReason): boolean =>
  !ANNOUNCEABLE.has(reason) && reason !== 'STACK_IN_PROGRESS' && !PASSING.has(keepFacts(reason)?.kind);

/** The same for the reason in an entry, which a later version may have written. */
export const isCallingOff = (reason: string | undefined): reason is KeepReason =>
  keepFacts(reason) !== undefined && callsOff(reason as KeepReason);

const DUE: ReadonlySet<KeepKind | undefined> = new Set(['held', 'limit']);

/** Whether nothing specific to the rule keeps it: it is revoked as soon as revoking is no longer on hold. */
export const isDue = (reason: string | undefined): boolean => reason === undefined || DUE.has(keepFacts(reason)?.kind);
