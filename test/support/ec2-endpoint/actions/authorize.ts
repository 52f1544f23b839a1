/** AuthorizeSecurityGroupIngress and AuthorizeSecurityGroupEgress. */
import { list, type Parameter, type Parameters, record, text } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { invalidValue, missing } from '../errors';
import type { Network, SecurityGroup } from '../network';
import type { Answer } from '../protocols';
import { canReach } from '../staleness';
import type { Action, ActionContext } from './context';
import { type Permission, readPermissions, sameRule } from './permissions';
import { requireOwner } from './required';
import { shownRule } from './rules';
import { groupNamed, groupOf, requireGroup } from './security-groups';
import { readTags, requireFewTags } from './tags';

export const authorizeSecurityGroupIngress: Action = (parameters, context) => authorize(parameters, context, false);
export const authorizeSecurityGroupEgress: Action = (parameters, context) => authorize(parameters, context, true);

function authorize(parameters: Parameters, { network }: ActionContext, isEgress: boolean): Answer {
  const group = groupOf(parameters, network);
  requireOwner(network, group, isEgress ? 'AuthorizeSecurityGroupEgress' : 'AuthorizeSecurityGroupIngress');
  const permissions = readPermissions(parameters, name => groupNamed(network, name));
  if (permissions.length === 0) throw missing('IpPermissions');
  const existing = network.rulesOf(group.groupId).filter(rule => rule.isEgress === isEgress);
  if (permissions.some(permission => existing.some(rule => sameRule(rule, permission)))) {
    throw new ServiceError('InvalidPermission.Duplicate', 'the specified rule already exists');
  }
  const distinct = new Set(permissions.map(({ description, ...permission }) => JSON.stringify(permission)));
  if (distinct.size < permissions.length) {
    throw new ServiceError('InvalidParameterValue', 'The same permission must not appear multiple times');
  }
  for (const { reference } of permissions) if (reference) requireReachable(network, group, reference.groupId);
  requireWithinQuota(network, [...existing, ...permissions]);
  const tags = ruleTags(parameters.TagSpecification);
  const add = (isEgress ? network.addEgress : network.addIngress).bind(network);
  const rules = permissions.map(permission => add(group.groupId, { ...permission, tags: { ...tags } }));
  return { return: true, securityGroupRuleSet: rules.map(rule => shownRule(network, rule)) };
}

/**
 * A CIDR range counts towards the quota for IPv4 or IPv6. A group or a prefix list, which has one entry here, counts
 * towards both.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 */
function requireWithinQuota(
  { rulesPerGroup }: Network,
  rules: ReadonlyArray<Pick<Permission, 'cidrIpv4' | 'cidrIpv6'>>,
): void {
  const ipv4 = rules.filter(({ cidrIpv6 }) => cidrIpv6 === undefined).length;
  const ipv6 = rules.filter(({ cidrIpv4 }) => cidrIpv4 === undefined).length;
  if (Math.max(ipv4, ipv6) > rulesPerGroup) {
    throw new ServiceError(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    );
  }
}

/** @throws when the group does not exist, or no active peering connection leads to it */
export function requireReachable(network: Network, group: SecurityGroup, groupId: string): void {
  if (!canReach(network, group.vpcId, requireGroup(network, groupId).vpcId)) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      'You have specified two resources that belong to different networks.',
    );
  }
}

function ruleTags(specifications: Parameter | undefined): Record<string, string> {
  const tags: Record<string, string> = Object.assign(
    {},
    ...list(specifications)
      .map(record)
      .map(({ ResourceType, Tag }) => {
        if (text(ResourceType) !== 'security-group-rule') {
          throw invalidValue('ResourceType', text(ResourceType), 'Only security-group-rule can be tagged here.');
        }
        return readTags(Tag);
      }),
  );
  requireFewTags(tags);
  return tags;
}
