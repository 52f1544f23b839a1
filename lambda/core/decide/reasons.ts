/**
 * Why a rule that was found is kept: the one table of these reasons. Each has its words, and what follows from it.
 *
 * - `by-hand`: nothing here removes it; only a person does
 * - `exempt`: a person has decided that it stays
 * - `out-of-scope`: it is not this construct's to revoke
 * - `unclear`: too little is known of it
 * - `other-run`: another run is about to revoke it, or has just done so
 * - `not-yet`: it is due later
 * - `off`: the configuration has nothing revoked
 * - `held`: it is due, and revoking is held back as a whole
 * - `limit`: it is due, and there are too many
 */
import type { LogLevel } from '../model/delivery';

export type KeepKind =
  'by-hand' | 'exempt' | 'out-of-scope' | 'unclear' | 'other-run' | 'not-yet' | 'off' | 'held' | 'limit';

interface KeepFacts {
  readonly kind: KeepKind;
  /** Why, as it follows "kept:". */
  readonly words: string;
  /** `WARN` where a person should look. */
  readonly level: LogLevel;
  /** Whether a revocation was withheld that the configuration tells to do, and that nobody has put off. */
  readonly isWithheld: boolean;
}

const kept = <K extends KeepKind>(kind: K, words: string) =>
  ({ kind, words, level: 'INFO', isWithheld: false }) as const;
const withheld = <K extends KeepKind>(kind: K, words: string, level: LogLevel = 'WARN') =>
  ({ kind, words, level, isWithheld: true }) as const;

export const KEEP_REASONS = {
  REPORT_ONLY: kept('by-hand', 'stale rules are only reported'),
  EGRESS: kept('by-hand', 'egress rules are never revoked'),
  UNDECIDED: kept('by-hand', 'whether it is the declared traffic cannot be proved'),
  RULE_NOT_FOUND: kept('unclear', 'its group has no such rule any more, or it could not be read'),
  GROUP_UNREAD: kept('unclear', 'its group could not be read, so neither could its exemption'),
  OUTSIDE_VPCS: kept('out-of-scope', 'its group is in none of the VPCs in scope'),
  OTHER_OWNER: kept('out-of-scope', 'its group belongs to another account'),
  EXEMPT_BY_PROP: kept('exempt', 'its group is among exemptSecurityGroups'),
  EXEMPT_BY_GROUP_TAG: kept('exempt', 'its group is tagged exempt'),
  EXEMPT_BY_RULE_TAG: kept('exempt', 'it is tagged exempt'),
  LEFT_TO_OTHER: kept('other-run', 'another sweep is about to revoke it, or has just done so'),
  WITHIN_GRACE: kept('not-yet', 'it has not been stale for long enough, or not been found by enough sweeps'),
  DISABLED: kept('off', 'enabled is false, so nothing is revoked'),
  DRY_RUN: kept('off', 'this is a dry run'),
  LEDGER_UNAVAILABLE: withheld(
    'held',
    'the ledger could not be read or written, and without its record the rule could not be put back',
  ),
  LEDGER_UNTRUSTED: withheld(
    'held',
    'the ledger was made for another table, so what it says may be out of date; look at it, then adopt it',
  ),
  CONFIGURATION_CHANGING: kept(
    'held',
    'the configuration in the ledger is not the one that the function was deployed with',
  ),
  SETTLING: kept('held', 'the configuration changed a short time ago'),
  PAUSED: kept('held', 'revoking is paused'),
  OVER_LIMIT: withheld('limit', 'more rules are to be revoked than maxRevocationsPerSweep allows, so none is'),
  LIMIT_USED: withheld('limit', 'what maxRevocationsPerSweep allows until the next scheduled sweep is used', 'INFO'),
} as const satisfies Record<string, KeepFacts>;

export type KeepReason = keyof typeof KEEP_REASONS;

type Table = typeof KEEP_REASONS;
type OfKind<K extends KeepKind> = { [R in KeepReason]: Table[R]['kind'] extends K ? R : never }[KeepReason];

/** What holds back revoking as a whole. */
export type HoldReason = OfKind<'held'>;

/** What holds back as many rules as a run plans to revoke. */
export type LimitReason = OfKind<'limit'>;

/** Why a rule is kept that nobody has put off. */
export type WithheldKeepReason = { [R in KeepReason]: Table[R]['isWithheld'] extends true ? R : never }[KeepReason];

export const isWithheld = (reason: KeepReason | undefined): reason is WithheldKeepReason =>
  keepFacts(reason)?.isWithheld ?? false;

/** @returns undefined for a reason that this version does not know: a later one may have written it */
export function keepFacts(reason: string | undefined): KeepFacts | undefined {
  return reason !== undefined && Object.hasOwn(KEEP_REASONS, reason) ? KEEP_REASONS[reason as KeepReason] : undefined;
}

const DUE: ReadonlySet<KeepKind | undefined> = new Set(['held', 'limit']);

/** Whether nothing about the rule itself keeps it: it is revoked as soon as nothing holds back revoking as a whole. */
export const isDue = (reason: string | undefined): boolean => reason === undefined || DUE.has(keepFacts(reason)?.kind);
