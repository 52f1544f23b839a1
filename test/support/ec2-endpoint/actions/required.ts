/** EC2's requirements for the groups and rules that a request names. */
import { ServiceError } from '../../endpoint/service-error';
import { notAuthorized } from '../errors';
import type { Network, SecurityGroup, SecurityGroupRule } from '../network';

export function requireWellFormed(groupId: string): void {
  if (!/^sg-[0-9a-f]{8}([0-9a-f]{9})?$/.test(groupId)) {
    throw new ServiceError('InvalidGroupId.Malformed', `Invalid id: "${groupId}"`);
  }
}

/** @throws when the group belongs to another account */
export function requireOwner(network: Network, group: SecurityGroup, action: string): void {
  if (group.ownerId !== network.accountId) throw notAuthorized(action);
}

/** @throws when there is no such rule, or when it is in another group */
export function requireRule(network: Network, id: string, group?: SecurityGroup): SecurityGroupRule {
  if (!/^sgr-[0-9a-f]{17}$/.test(id)) {
    throw new ServiceError('InvalidSecurityGroupRuleId.Malformed', `The security group rule ID '${id}' is malformed`);
  }
  const rule = network.rules.get(id);
  if (!rule || (group && rule.groupId !== group.groupId)) throw unknownRule(id);
  return rule;
}

export const unknownRule = (id: string): ServiceError =>
  new ServiceError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
