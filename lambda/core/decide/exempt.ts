/** Determines why a group is exempt, so that no rule of it is removed. IAM denies the same to the function. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { exemptingTag } from '../../../src/contract/exemptions';
import type { SecurityGroup } from '../model/network';

/** @returns the reason, in words that follow the id of the group; undefined if it is not exempt */
export function whyExempt(
  { groupId, tags }: SecurityGroup,
  { exemptSecurityGroupIds, exemptTags, functionNetwork }: DecodedConfiguration,
): string | undefined {
  if (exemptSecurityGroupIds.includes(groupId)) return 'is among exemptSecurityGroups';
  // The role is denied to revoke there, so that the function cannot cut itself off from AWS.
  if (functionNetwork?.securityGroupIds.includes(groupId)) return "is the function's own";
  const tag = exemptingTag(tags, exemptTags);
  return tag === undefined ? undefined : `has the tag ${tag}`;
}
