/**
 * The plan: which of the rules found are revoked, and for each of the others why not.
 *
 * One pure function. It starts from "keep": a rule is revoked only when a finding tells to, and when nothing speaks against it.
 */
import type { Grace, StaleRulesAction } from '../../../src/private/contract';
import { exemptingTag } from '../../../src/private/exemptions';
import type { RevocationOutcome } from '../act/outcome';
import { because, type Finding } from '../checks/findings';
import type { Withheld } from '../ledger/latest-sweep';
import type { PauseState } from '../ledger/pause';
import type { Because, LedgerEntry, SecurityGroup, SecurityGroupRule } from '../ports';

/**
 * Why a rule that was found is kept:
 *
 * - `REPORT_ONLY`: stale rules are to be reported only
 * - `EGRESS`: egress rules are never revoked
 * - `UNDECIDED`: whether a declaration means it cannot be proved
 * - `RULE_NOT_FOUND`: EC2 named a stale rule that its group does not have (any more)
 * - `GROUP_UNREAD`: the group could not be read, so neither could its exemption
 * - `OUTSIDE_VPCS`: the group is in none of the VPCs in scope
 * - `OTHER_OWNER`: the group belongs to another account
 * - `EXEMPT_BY_PROP`, `EXEMPT_BY_GROUP_TAG`, `EXEMPT_BY_RULE_TAG`: exempt
 * - `DISABLED`: `enabled` is false, so nothing is revoked
 * - `DRY_RUN`: nothing is revoked in a dry run
 * - `PAUSED`: revoking is paused
 * - `LEDGER_UNAVAILABLE`: the ledger could not be read or written, so it could not be put back
 * - `LEFT_TO_OTHER`: another sweep is about to revoke it, or has just done so; EC2 may show it a moment longer
 * - `WITHIN_GRACE`: stale, but not for long enough, or not found by enough sweeps
 * - `OVER_LIMIT`: more rules are to be revoked than one sweep may
 */
export type KeepReason =
  | 'REPORT_ONLY' | 'EGRESS' | 'UNDECIDED' | 'RULE_NOT_FOUND' | 'GROUP_UNREAD' | 'OUTSIDE_VPCS' | 'OTHER_OWNER'
  | 'EXEMPT_BY_PROP' | 'EXEMPT_BY_GROUP_TAG' | 'EXEMPT_BY_RULE_TAG' | 'DISABLED' | 'DRY_RUN' | 'PAUSED' | 'LEDGER_UNAVAILABLE' | 'LEFT_TO_OTHER' | 'WITHIN_GRACE' | 'OVER_LIMIT';

export interface PlannedRevocation {
  readonly rule: SecurityGroupRule;
  readonly group: SecurityGroup;
  readonly because: Because;
  /** What the ledger knows of the rule. */
  readonly entry: LedgerEntry;
}

export interface KeptRule extends Finding {
  readonly reason: KeepReason;
  readonly entry?: LedgerEntry;
}

export interface Plan {
  readonly revoke: readonly PlannedRevocation[];
  readonly keep: readonly KeptRule[];
}

export interface PlanContext {
  readonly enabled: boolean;
  readonly dryRun: boolean;
  /** Whether revoking is paused. When that cannot be read, nothing is revoked either, and that is nobody's decision. */
  readonly pause: PauseState;
  readonly staleRules: StaleRulesAction;
  /** Absent: a stale rule is revoked by the sweep that finds it. */
  readonly grace?: Grace;
  readonly maxRevocationsPerSweep: number;
  readonly exemptSecurityGroupIds: readonly string[];
  readonly exemptTags: readonly string[];
  /** The groups read in this sweep. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly vpcIds: ReadonlySet<string>;
  /** The function's own account; absent when it is not known. */
  readonly accountId?: string;
  /** What the ledger knows of the rules found; absent when it could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Open entries of rules that may be there, where the sweep could not look: what would be revoked of them counts for the limit. */
  readonly hidden: readonly LedgerEntry[];
  /** Items of the ledger that cannot be read, of rules that were not found: each counts for the limit as one. */
  readonly unreadable: number;
  readonly now: Date;
}

/** What there is to know of a rule by itself. */
export type RuleContext = Omit<PlanContext, 'entries' | 'hidden' | 'unreadable'>;

export function plan(found: readonly Finding[], context: PlanContext): Plan {
  const revoke: Array<PlannedRevocation & { readonly finding: Finding }> = [];
  const keep: KeptRule[] = [];
  for (const finding of found) {
    const { rule, groupId } = finding;
    const group = context.groups.get(groupId);
    const entry = rule && context.entries?.get(rule.securityGroupRuleId);
    const reason = reasonToKeep(finding, entry, context);
    if (reason === undefined && rule !== undefined && group !== undefined && entry !== undefined) {
      revoke.push({ rule, group, because: because(finding), entry, finding });
    } else {
      keep.push({ ...finding, reason: reason ?? 'LEDGER_UNAVAILABLE', entry });
    }
  }
  const uncertain = withoutRecord(keep) + hiddenRevocations(context) + context.unreadable;
  if (revoke.length + uncertain <= context.maxRevocationsPerSweep) {
    return { revoke: revoke.map(({ finding, ...planned }) => planned), keep };
  }
  // Many at once look more like a slip, or like a network being rebuilt, than like hygiene: a person decides, and until then none is touched.
  return { revoke: [], keep: [...keep, ...revoke.map(({ finding, entry }): KeptRule => ({ ...finding, reason: 'OVER_LIMIT', entry }))] };
}

/**
 * Why a rule is kept, by itself; what holds back all at once, the limit, is not asked.
 *
 * @returns undefined when it is to be revoked
 */
export function reasonToKeep(
  { rule, groupId, stale, flagged }: Finding, entry: LedgerEntry | undefined, context: RuleContext,
): KeepReason | undefined {
  const group = context.groups.get(groupId);
  const isFlagged = flagged?.verdict === 'flagged';
  if ((rule?.isEgress ?? stale?.direction === 'egress')) return 'EGRESS';
  if (!isFlagged && (stale === undefined || context.staleRules !== 'revoke')) return flagged?.verdict === 'undecided' ? 'UNDECIDED' : 'REPORT_ONLY';
  if (rule === undefined) return 'RULE_NOT_FOUND';
  if (context.exemptSecurityGroupIds.includes(groupId)) return 'EXEMPT_BY_PROP';
  if (exemptingTag(rule.tags, context.exemptTags) !== undefined) return 'EXEMPT_BY_RULE_TAG';
  if (group === undefined) return 'GROUP_UNREAD';
  if (exemptingTag(group.tags, context.exemptTags) !== undefined) return 'EXEMPT_BY_GROUP_TAG';
  if (group.vpcId === undefined || !context.vpcIds.has(group.vpcId)) return 'OUTSIDE_VPCS';
  const owner = rule.groupOwnerId ?? group.ownerId;
  if (context.accountId !== undefined && owner !== undefined && owner !== context.accountId) return 'OTHER_OWNER';
  if (entry === undefined) return 'LEDGER_UNAVAILABLE';
  if (entry.state !== 'OPEN') return 'LEFT_TO_OTHER';
  // A declaration asks for no patience: it does not heal.
  if (!isFlagged && context.grace !== undefined && isWithin(context.grace, entry, context.now)) return 'WITHIN_GRACE';
  if (!context.enabled) return 'DISABLED';
  if (context.dryRun) return 'DRY_RUN';
  if (context.pause === 'unreadable') return 'LEDGER_UNAVAILABLE';
  return context.pause === 'holds' ? 'PAUSED' : undefined;
}

/**
 * The revocations that were planned and not tried, by reason. Where nothing was to be done, nothing is withheld: in a dry run, while the construct is
 * disabled, and while a person has paused revoking.
 */
export function withheldBy(
  { keep }: Plan, outcomes: readonly RevocationOutcome[], { enabled, dryRun }: Pick<PlanContext, 'enabled' | 'dryRun'>,
): Withheld[] {
  const kept = (wanted: KeepReason): SecurityGroupRule[] =>
    dryRun || !enabled ? [] : keep.filter(({ reason }) => reason === wanted).flatMap(({ rule }) => rule ?? []);
  const skipped = outcomes.filter(({ outcome, isPaused }) => outcome === 'SKIPPED' && !isPaused);
  return [
    { reason: 'OVER_LIMIT', rules: kept('OVER_LIMIT') },
    { reason: 'LEDGER_UNAVAILABLE', rules: [...kept('LEDGER_UNAVAILABLE'), ...skipped.filter(({ ledgerError }) => ledgerError).map(({ rule }) => rule)] },
    { reason: 'SKIPPED', rules: skipped.filter(({ ledgerError }) => !ledgerError).map(({ rule }) => rule) },
  ].filter(({ rules }) => rules.length > 0);
}

/** Rules that were found, and that are kept only because the ledger has no entry of them: they are as good as due. */
export function withoutRecord(keep: Plan['keep']): number {
  return keep.filter(({ reason, entry }) => reason === 'LEDGER_UNAVAILABLE' && entry === undefined).length;
}

/** A network of which only a part can be seen must not get under the limit part by part. */
function hiddenRevocations({ hidden, staleRules, exemptTags }: PlanContext): number {
  const isTold = ({ rule, because: { verdict, stale } }: LedgerEntry): boolean =>
    !rule.isEgress && exemptingTag(rule.tags, exemptTags) === undefined && (verdict === 'flagged' || (stale !== undefined && staleRules === 'revoke'));
  return hidden.filter(isTold).length;
}

/** An age that is no number, or a first sighting in the future, is a doubt, too. */
function isWithin({ seconds, sightings }: Grace, { firstSeen, sightings: seen }: LedgerEntry, now: Date): boolean {
  const age = (now.getTime() - Date.parse(firstSeen)) / 1000;
  return !(age >= seconds && age >= 0 && seen >= sightings);
}
