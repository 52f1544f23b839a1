/**
 * The plan: which of the rules found are revoked, and for each of the others why not.
 *
 * Pure. It starts from "keep": a rule is revoked only when a finding tells to, and when nothing speaks against it.
 */
import { becauseOf } from './because';
import { waitOf } from './grace';
import type { Hold } from './hold';
import { type HoldReason, isDue, KEEP_REASONS, type KeepReason, type LimitReason } from './reasons';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { exemptingTag } from '../../../src/contract/exemptions';
import type { Finding } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroup } from '../model/network';
import type { KeptRule, Plan, PlannedRevocation } from '../model/result';

/** What of a configuration decides. */
export type DecidingConfiguration = Pick<
  DecodedConfiguration, 'enabled' | 'dryRun' | 'staleRules' | 'grace' | 'exemptSecurityGroupIds' | 'exemptTags'
>;

/** What there is to know of a rule by itself. */
export interface RuleContext extends DecidingConfiguration {
  /** What holds back revoking as a whole. */
  readonly hold?: Pick<Hold, 'reason'>;
  /** The groups that were read. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly vpcIds: ReadonlySet<string>;
  /** The function's own account; absent when it is not known. */
  readonly accountId?: string;
  readonly now: Date;
}

export interface PlanContext extends RuleContext {
  /** What the ledger knows of the rules found; absent when it could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
}

export function plan(found: readonly Finding[], context: PlanContext): Plan {
  const revoke: PlannedRevocation[] = [];
  const keep: KeptRule[] = [];
  for (const finding of found) {
    const { rule, groupId } = finding;
    const group = context.groups.get(groupId);
    const entry = rule && context.entries?.get(rule.securityGroupRuleId);
    const reason = reasonToKeep(finding, entry, context);
    if (reason === undefined && rule !== undefined && group !== undefined && entry !== undefined) {
      revoke.push({ rule, group, because: becauseOf(finding), finding, entry });
    } else {
      keep.push({ ...finding, reason: reason ?? 'LEDGER_UNAVAILABLE', entry });
    }
  }
  return { revoke, keep };
}

/**
 * The plan when the limit does not let it through: many rules at once look more like a slip, or like a network being
 * rebuilt, than like hygiene. None is touched.
 */
export function withheldAll({ revoke, keep }: Plan, reason: LimitReason | HoldReason): Plan {
  return { revoke: [], keep: [...keep, ...revoke.map(({ finding, entry }) => ({ ...finding, reason, entry }))] };
}

/**
 * Why a rule is kept, by itself; whether there are too many is not asked.
 *
 * @returns undefined when it is to be revoked
 */
export function reasonToKeep(
  { rule, groupId, stale, flagged }: Finding, entry: LedgerEntry | undefined, context: RuleContext,
): KeepReason | undefined {
  const group = context.groups.get(groupId);
  const isFlagged = flagged?.verdict === 'flagged';
  if ((rule?.isEgress ?? stale?.direction === 'egress')) return 'EGRESS';
  if (!isFlagged && (stale === undefined || context.staleRules !== 'revoke')) {
    return flagged?.verdict === 'undecided' ? 'UNDECIDED' : 'REPORT_ONLY';
  }
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
  if (!isFlagged && context.grace && waitOf(entry.stale, context.grace, context.now).state !== 'over') {
    return 'WITHIN_GRACE';
  }
  if (!context.enabled) return 'DISABLED';
  if (context.dryRun) return 'DRY_RUN';
  return context.hold?.reason;
}

/** What a run could not see, and what may have to be revoked all the same. */
export interface Unseen {
  /** Open entries of rules that may be there, where the run could not look. */
  readonly hidden: readonly LedgerEntry[];
  /** Items of the ledger that cannot be read, of rules that were not found. */
  readonly unreadable: number;
}

/**
 * How many rules are due, be it that revoking is held back as a whole. Rules that a run could not see count: a network
 * of which only a part can be seen must not get under the limit part by part.
 */
export function countDue(
  { revoke, keep }: Plan,
  { hidden, unreadable }: Unseen,
  context: DecidingConfiguration,
): number {
  const isTold = ({ rule, ...entry }: LedgerEntry): boolean => {
    const { verdict, stale } = becauseOf(entry);
    return (
      !rule.isEgress
      && exemptingTag(rule.tags, context.exemptTags) === undefined
      && (verdict === 'flagged' || (stale !== undefined && context.staleRules === 'revoke'))
    );
  };
  const isActive = context.enabled && !context.dryRun;
  // What is not known of a rule whose group could not be read may all speak for revoking it.
  const mayBeDue = ({ reason }: KeptRule): boolean =>
    KEEP_REASONS[reason].kind === 'held' || (isActive && reason === 'GROUP_UNREAD');
  return revoke.length + keep.filter(mayBeDue).length + hidden.filter(isTold).length + unreadable;
}

/** How many entries are of rules that are due. @param unreadable entries that cannot be read: each may be of one */
export function countDueEntries(entries: readonly LedgerEntry[], unreadable: number): number {
  return entries.filter(({ state, keepReason }) => state === 'OPEN' && isDue(keepReason)).length + unreadable;
}
