/** Determines which exemption a rule or a group has. IAM denies to the function what is exempt for ever. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { exemptionOf, exempts, longest } from '../../../src/contract/exemptions';
import type { RuleExemption } from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';

type Exempting = Pick<DecodedConfiguration, 'exemptTags'>;

/**
 * Returns the exemption by tags that lasts longest, even if it is over.
 *
 * @param group absent if it could not be read
 */
export function exemptionOfRule(
  { tags }: Pick<SecurityGroupRule, 'tags'>, group: Pick<SecurityGroup, 'tags'> | undefined, { exemptTags }: Exempting,
): RuleExemption | undefined {
  const own = exemptionOf(tags, exemptTags);
  const ofGroup = group && exemptionOf(group.tags, exemptTags);
  return longest<RuleExemption>([
    ...own ? [{ ...own, on: 'rule' as const }] : [], ...ofGroup ? [{ ...ofGroup, on: 'group' as const }] : [],
  ]);
}

/** Returns the exemption that is in force by a tag of the rule or of its group. */
export function exemptNow(
  rule: Pick<SecurityGroupRule, 'tags'>, group: Pick<SecurityGroup, 'tags'> | undefined, configuration: Exempting,
  now: Date,
): RuleExemption | undefined {
  const exemption = exemptionOfRule(rule, group, configuration);
  return exempts(exemption, now) ? exemption : undefined;
}

type ExemptingGroups = Exempting & Pick<DecodedConfiguration, 'exemptSecurityGroupIds' | 'functionNetwork'>;

/**
 * Determines why a group is exempt, so that no rule of it is removed.
 *
 * @returns the reason, in words that follow the id of the group; undefined if it is not exempt
 */
export function whyExempt(
  { groupId, tags }: SecurityGroup, { exemptSecurityGroupIds, exemptTags, functionNetwork }: ExemptingGroups, now: Date,
): string | undefined {
  if (exemptSecurityGroupIds.includes(groupId)) return 'is among exemptSecurityGroups';
  // The role is denied to revoke there, so that the function cannot cut itself off from AWS.
  if (functionNetwork?.securityGroupIds.includes(groupId)) return "is the function's own";
  const exemption = exemptionOf(tags, exemptTags);
  return exempts(exemption, now) ? `has the tag ${exemption?.tag}` : undefined;
}
