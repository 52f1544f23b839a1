/** RevokeSecurityGroupIngress and RevokeSecurityGroupEgress. */
import { type Parameters, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { missing } from '../errors';
import type { Network, SecurityGroup, SecurityGroupRule } from '../network';
import type { Answer } from '../protocols';
import type { Xml } from '../xml';
import type { Action, ActionContext } from './context';
import { type Permission, readPermissions, sameRule } from './permissions';
import { requireOwner, requireRule, unknownRule } from './required';
import { groupNamed, groupOf } from './security-groups';

export const revokeSecurityGroupIngress: Action = (parameters, context) => revoke(parameters, context, false);
export const revokeSecurityGroupEgress: Action = (parameters, context) => revoke(parameters, context, true);

function revoke(parameters: Parameters, { network }: ActionContext, isEgress: boolean): Answer {
  const group = groupOf(parameters, network);
  requireOwner(network, group, isEgress ? 'RevokeSecurityGroupEgress' : 'RevokeSecurityGroupIngress');
  const ids = [...new Set(texts(parameters.SecurityGroupRuleId))];
  const permissions = readPermissions(parameters, name => groupNamed(network, name));
  if (ids.length > 0 && permissions.length > 0) {
    throw new ServiceError('InvalidParameterCombination', 'Rule ids and IpPermissions cannot be combined');
  }
  if (ids.length === 0 && permissions.length === 0) throw missing('SecurityGroupRuleIds or IpPermissions');
  const { rules, unknown } = ids.length > 0
    ? { rules: ids.map(id => ruleOf(network, group, id, isEgress)), unknown: [] }
    : matching(network, group, permissions, isEgress);
  // In a default VPC, a mismatch is not an error. Elsewhere it is, and then nothing is revoked.
  if (unknown.length > 0 && network.vpcs.get(group.vpcId)?.isDefault !== true) {
    throw new ServiceError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
  }
  for (const { securityGroupRuleId } of rules) network.removeRule(securityGroupRuleId);
  return {
    return: true,
    unknownIpPermissionSet: unknown.map(unknownPermission),
    revokedSecurityGroupRuleSet: rules.map(revokedRule),
  };
}

function ruleOf(network: Network, group: SecurityGroup, id: string, isEgress: boolean): SecurityGroupRule {
  const rule = requireRule(network, id, group);
  if (rule.isEgress !== isEgress) throw unknownRule(id);
  return rule;
}

interface Matching {
  readonly rules: SecurityGroupRule[];
  readonly unknown: Permission[];
}

function matching(
  network: Network,
  group: SecurityGroup,
  permissions: readonly Permission[],
  isEgress: boolean,
): Matching {
  const existing = network.rulesOf(group.groupId).filter(rule => rule.isEgress === isEgress);
  return {
    rules: existing.filter(rule => permissions.some(permission => sameRule(rule, permission))),
    unknown: permissions.filter(permission => !existing.some(rule => sameRule(rule, permission))),
  };
}

function unknownPermission({
  ipProtocol,
  fromPort,
  toPort,
  cidrIpv4,
  cidrIpv6,
  prefixListId,
  reference,
}: Permission): Xml {
  return {
    ipProtocol,
    fromPort,
    toPort,
    ipRanges: cidrIpv4 === undefined ? [] : [{ cidrIp: cidrIpv4 }],
    ipv6Ranges: cidrIpv6 === undefined ? [] : [{ cidrIpv6 }],
    prefixListIds: prefixListId === undefined ? [] : [{ prefixListId }],
    groups: reference === undefined ? [] : [{ groupId: reference.groupId }],
  };
}

/** Leaves out the referenced group's VPC, account and peering, which EC2 returns only in a describe call. */
function revokedRule(rule: SecurityGroupRule): Xml {
  return {
    securityGroupRuleId: rule.securityGroupRuleId,
    groupId: rule.groupId,
    isEgress: rule.isEgress,
    ipProtocol: rule.ipProtocol,
    fromPort: rule.fromPort ?? -1,
    toPort: rule.toPort ?? -1,
    cidrIpv4: rule.cidrIpv4,
    cidrIpv6: rule.cidrIpv6,
    prefixListId: rule.prefixListId,
    referencedGroupId: rule.reference?.groupId,
    description: rule.description,
  };
}
