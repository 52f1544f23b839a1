/** Builds the AuthorizeSecurityGroupIngress request for a rule from the ledger. */
import type {
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  IpPermission,
  Tag,
} from '@aws-sdk/client-ec2';
import type { SecurityGroupRule, Tags } from '../core/model/network';

/** The fields of a rule that the request needs. */
type Wanted = Omit<SecurityGroupRule, 'securityGroupRuleId' | 'isEgress' | 'tags'>;

/** @throws if the rule has no source */
export function authorization(rule: Wanted, tags: Tags): AuthorizeSecurityGroupIngressRequest {
  return {
    GroupId: rule.groupId,
    IpPermissions: [{ IpProtocol: rule.ipProtocol, ...ports(rule), ...source(rule) }],
    TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: tagList(tags) }],
  };
}

export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function addedRuleId({ SecurityGroupRules = [] }: AuthorizeSecurityGroupIngressResult): string | undefined {
  return SecurityGroupRules[0]?.SecurityGroupRuleId;
}

/** For a rule of all protocols, EC2 shows the ports as -1 but accepts none. */
function ports({ ipProtocol, fromPort, toPort }: Wanted): Pick<IpPermission, 'FromPort' | 'ToPort'> {
  return ipProtocol === '-1' ? {} : { FromPort: fromPort, ToPort: toPort };
}

function source({
  groupId,
  cidrIpv4,
  cidrIpv6,
  prefixListId,
  referencedGroup,
  description: Description,
}: Wanted): IpPermission {
  if (cidrIpv4 !== undefined) return { IpRanges: [{ CidrIp: cidrIpv4, Description }] };
  if (cidrIpv6 !== undefined) return { Ipv6Ranges: [{ CidrIpv6: cidrIpv6, Description }] };
  if (prefixListId !== undefined) return { PrefixListIds: [{ PrefixListId: prefixListId, Description }] };
  // Leaves out VPC and peering connection, because a peering that was created again has another id.
  if (referencedGroup !== undefined) {
    return { UserIdGroupPairs: [{ GroupId: referencedGroup.groupId, UserId: referencedGroup.userId, Description }] };
  }
  throw new Error(`The rule of ${groupId} has no source; it cannot be added`);
}
