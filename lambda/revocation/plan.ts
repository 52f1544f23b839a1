/**
 * The plan: which of the rules found are revoked, and for each of the others why not.
 *
 * One pure function. It starts from "keep": a rule is revoked only when a finding tells to, and when nothing speaks against it.
 */
import { EXEMPT_TAG, type StaleRulesAction } from '../../src/private/contract';
import type { Declaration, FlaggedRule } from '../checks/flagged-ingress';
import type { StaleReason, StaleRule } from '../checks/stale-rules';
import type { SecurityGroup, SecurityGroupRule } from '../ports';

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
 * - `DRY_RUN`: nothing is revoked in a dry run
 */
export type KeepReason =
  | 'REPORT_ONLY' | 'EGRESS' | 'UNDECIDED' | 'RULE_NOT_FOUND' | 'GROUP_UNREAD' | 'OUTSIDE_VPCS' | 'OTHER_OWNER'
  | 'EXEMPT_BY_PROP' | 'EXEMPT_BY_GROUP_TAG' | 'EXEMPT_BY_RULE_TAG' | 'DRY_RUN';

/** A rule that something was found of. Stale rules that could not be identified have no `rule`. */
export interface Finding {
  readonly groupId: string;
  readonly rule?: SecurityGroupRule;
  readonly stale?: StaleRule;
  readonly flagged?: FlaggedRule;
}

export interface PlannedRevocation {
  readonly rule: SecurityGroupRule;
  readonly group: SecurityGroup;
  readonly because: { readonly stale?: StaleReason; readonly declarations: readonly Declaration[] };
}

export interface KeptRule extends Finding {
  readonly reason: KeepReason;
}

export interface Plan {
  readonly revoke: readonly PlannedRevocation[];
  readonly keep: readonly KeptRule[];
}

export interface PlanContext {
  readonly dryRun: boolean;
  readonly staleRules: StaleRulesAction;
  readonly exemptSecurityGroupIds: readonly string[];
  /** The groups read in this sweep. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly vpcIds: ReadonlySet<string>;
  /** The function's own account; absent when it is not known. */
  readonly accountId?: string;
}

export function plan(stale: readonly StaleRule[], flagged: readonly FlaggedRule[], context: PlanContext): Plan {
  const revoke: PlannedRevocation[] = [];
  const keep: KeptRule[] = [];
  for (const finding of findings(stale, flagged)) {
    const { rule, groupId } = finding;
    const group = context.groups.get(groupId);
    const reason = reasonToKeep(finding, group, context);
    if (reason === undefined && rule !== undefined && group !== undefined) {
      const because = { stale: finding.stale?.reason, declarations: finding.flagged?.verdict === 'flagged' ? finding.flagged.declarations : [] };
      revoke.push({ rule, group, because });
    } else {
      keep.push({ ...finding, reason: reason ?? 'GROUP_UNREAD' });
    }
  }
  return { revoke, keep };
}

/** One finding per rule, whatever was found of it. */
function findings(stale: readonly StaleRule[], flagged: readonly FlaggedRule[]): Finding[] {
  const byRule = new Map<string, Finding>();
  const unidentified: Finding[] = [];
  for (const each of stale) {
    if (each.rule === undefined) unidentified.push({ groupId: each.groupId, stale: each });
    else byRule.set(each.rule.securityGroupRuleId, { groupId: each.groupId, rule: each.rule, stale: each });
  }
  for (const each of flagged) {
    const id = each.rule.securityGroupRuleId;
    byRule.set(id, { ...byRule.get(id), groupId: each.rule.groupId, rule: each.rule, flagged: each });
  }
  return [...byRule.values(), ...unidentified];
}

function reasonToKeep({ rule, groupId, stale, flagged }: Finding, group: SecurityGroup | undefined, context: PlanContext): KeepReason | undefined {
  const isTold = flagged?.verdict === 'flagged' || (stale !== undefined && context.staleRules === 'revoke');
  if ((rule?.isEgress ?? stale?.direction === 'egress')) return 'EGRESS';
  if (!isTold) return flagged?.verdict === 'undecided' ? 'UNDECIDED' : 'REPORT_ONLY';
  if (rule === undefined) return 'RULE_NOT_FOUND';
  if (context.exemptSecurityGroupIds.includes(groupId)) return 'EXEMPT_BY_PROP';
  if (isExempt(rule.tags)) return 'EXEMPT_BY_RULE_TAG';
  if (group === undefined) return 'GROUP_UNREAD';
  if (isExempt(group.tags)) return 'EXEMPT_BY_GROUP_TAG';
  if (group.vpcId === undefined || !context.vpcIds.has(group.vpcId)) return 'OUTSIDE_VPCS';
  const owner = rule.groupOwnerId ?? group.ownerId;
  if (context.accountId !== undefined && owner !== undefined && owner !== context.accountId) return 'OTHER_OWNER';
  return context.dryRun ? 'DRY_RUN' : undefined;
}

/** The tag exempts whatever its value: a value that nobody foresaw is a doubt, and doubt keeps. */
export function isExempt(tags: SecurityGroupRule['tags']): boolean {
  return Object.hasOwn(tags, EXEMPT_TAG);
}
