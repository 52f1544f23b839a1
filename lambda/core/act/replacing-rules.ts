/** The narrower rules that replace a broader one: how they are added, and how they are recognized. */
import { REPLACES_TAG } from '../../../src/contract/names';
import type { ReplacingRule } from '../model/ledger';
import type { SecurityGroupRule, Tags } from '../model/network';
import { admitsSame, isSameWritten } from '../rules/sameness';

/** A rule that is or was to be replaced. */
export type BroaderRule = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId'>;

/** The tag shows where the rule comes from. The tags of the broader rule describe that rule, so they are not copied. */
export const tagsOf = ({ securityGroupRuleId }: BroaderRule): Tags => ({ [REPLACES_TAG]: securityGroupRuleId });

/** Returns the rule to add. Its id is that of the broader rule, because it has none yet. */
export function ruleToAdd(
  { securityGroupRuleId, groupId }: BroaderRule, { traffic, description }: ReplacingRule,
): SecurityGroupRule {
  return { ...traffic, securityGroupRuleId, groupId, isEgress: false, description, tags: {} };
}

/** Whether a rule still is in every field what this construct has added. Anyone who changed it owns it now. */
export function isAsAdded(rule: SecurityGroupRule, broader: BroaderRule, added: ReplacingRule): boolean {
  return rule.groupId === broader.groupId
    && admitsSame(rule, added.traffic)
    && (rule.description ?? '') === (added.description ?? '')
    && isSameWritten(rule.tags, tagsOf(broader));
}
