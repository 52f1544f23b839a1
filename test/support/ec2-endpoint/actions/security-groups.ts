/** DescribeSecurityGroups and DeleteSecurityGroup. */
import { type Parameters, text, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { missing } from '../errors';
import { applyFilters, filterValues, isLiteral, page } from '../filters';
import type { Network, SecurityGroup, SecurityGroupRule } from '../network';
import { shownReference, type ShownReference } from '../staleness';
import type { Xml } from '../xml';
import type { Action } from './context';
import { requireOwner, requireWellFormed } from './required';
import { tagSet } from './tags';

export const describeSecurityGroups: Action = (parameters, { network, paging }) => {
  const ids = [
    ...texts(parameters.GroupId),
    ...texts(parameters.GroupName).map(name => groupNamed(network, name).groupId),
  ];
  for (const id of ids) requireGroup(network, id);
  for (const id of filterValues(parameters, 'group-id') ?? []) if (isLiteral([id])) requireWellFormed(id);
  const all = candidates(
    network,
    ids.length > 0 ? ids : filterValues(parameters, 'group-id'),
    filterValues(parameters, 'vpc-id'),
  );
  const found = applyFilters(all, parameters, {
    'group-id': ({ groupId }) => [groupId],
    'group-name': ({ groupName }) => [groupName],
    'vpc-id': ({ vpcId }) => [vpcId],
    'owner-id': ({ ownerId }) => [ownerId],
    'description': ({ description }) => [description],
    'tag-key': ({ tags }) => Object.keys(tags),
  });
  const { items, nextToken } = page('DescribeSecurityGroups', found, parameters, paging, [5, 1000]);
  return {
    securityGroupInfo: items.map(({ groupId, groupName, description, vpcId, ownerId, tags }) => ({
      ownerId, groupId, groupName, groupDescription: description, vpcId,
      ipPermissions: permissions(network, network.rulesOf(groupId).filter(({ isEgress }) => !isEgress)),
      ipPermissionsEgress: permissions(network, network.rulesOf(groupId).filter(({ isEgress }) => isEgress)),
      tagSet: tagSet(tags),
      securityGroupArn: `arn:aws:ec2:${network.region}:${ownerId}:security-group/${groupId}`,
    })),
    nextToken,
  };
};

/** Returns the groups to search, which are only a few if the request names ids. */
function candidates(
  network: Network,
  groupIds: readonly string[] | undefined,
  vpcIds: readonly string[] | undefined,
): SecurityGroup[] {
  if (groupIds && isLiteral(groupIds)) return [...new Set(groupIds)].flatMap(id => network.groups.get(id) ?? []);
  return vpcIds && isLiteral(vpcIds)
    ? [...new Set(vpcIds)].flatMap(id => network.groupsOf(id))
    : [...network.groups.values()];
}

/** Joins rules with equal protocol and ports into one permission. For the protocol -1, ports are left out. */
function permissions(network: Network, rules: readonly SecurityGroupRule[]): Xml {
  const merged = new Map<string, SecurityGroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.ipProtocol} ${rule.fromPort} ${rule.toPort}`;
    merged.set(key, [...merged.get(key) ?? [], rule]);
  }
  return [...merged.values()].map(same => ({
    ipProtocol: same[0].ipProtocol,
    ...(same[0].ipProtocol !== '-1' && { fromPort: same[0].fromPort, toPort: same[0].toPort }),
    ipRanges: same.flatMap(({ cidrIpv4, description }) =>
      cidrIpv4 === undefined ? [] : { cidrIp: cidrIpv4, description },
    ),
    ipv6Ranges: same.flatMap(({ cidrIpv6, description }) => (cidrIpv6 === undefined ? [] : { cidrIpv6, description })),
    prefixListIds: same.flatMap(({ prefixListId, description }) =>
      prefixListId === undefined ? [] : { prefixListId, description },
    ),
    groups: same.flatMap(rule => {
      const { reference } = rule;
      return reference === undefined
        ? []
        : groupPair(shownReference(network, { ...rule, reference }), rule.description);
    }),
  }));
}

export function groupPair({ isStale, ...shown }: ShownReference, description?: string): Xml {
  return { ...shown, description };
}

export const deleteSecurityGroup: Action = (parameters, { network }) => {
  const group = groupOf(parameters, network);
  requireOwner(network, group, 'DeleteSecurityGroup');
  if (group.groupName === 'default') {
    throw new ServiceError(
      'CannotDelete',
      `the specified group: "${group.groupId}" name: "default" cannot be deleted by a user`,
    );
  }
  if (isDependedOn(network, group)) {
    throw new ServiceError('DependencyViolation', `resource ${group.groupId} has a dependent object`);
  }
  network.deleteSecurityGroup(group.groupId);
  return { return: true };
};

/**
 * Whether another group of its VPC, an association with another VPC, an endpoint or a network interface depends on the
 * group. A peer VPC does not keep a group from being deleted.
 */
function isDependedOn(network: Network, { groupId, vpcId }: SecurityGroup): boolean {
  const users = [...network.vpcEndpoints.values(), ...network.networkInterfaces.values()];
  return users.some(({ groupIds = [] }) => groupIds.includes(groupId)) || [...network.rules.values()].some(
    ({ groupId: from, reference }) =>
      reference?.groupId === groupId
      && from !== groupId
      && (network.groups.get(from)?.vpcId === vpcId || (reference.path === 'association' && reference.pathExists)),
  );
}

/** @throws when there is no such group */
export function requireGroup(network: Network, groupId: string): SecurityGroup {
  requireWellFormed(groupId);
  const group = network.groups.get(groupId);
  if (!group) throw new ServiceError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
  return group;
}

/** Finds the group of a call by its id or, in a default VPC, by its name. @throws when there is no such group */
export function groupOf({ GroupId, GroupName }: Parameters, network: Network): SecurityGroup {
  const [id, name] = [text(GroupId), text(GroupName)];
  if (id !== undefined) return requireGroup(network, id);
  if (name === undefined) throw missing('GroupName or GroupId');
  return groupNamed(network, name);
}

/** @throws when the default VPC has no such group, or when there is no default VPC */
export function groupNamed(network: Network, name: string): SecurityGroup {
  const defaultVpc = [...network.vpcs.values()].find(({ isDefault }) => isDefault);
  const group = defaultVpc && network.groupsOf(defaultVpc.vpcId).find(({ groupName }) => groupName === name);
  if (!group) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      `The security group '${name}' does not exist in default VPC '${defaultVpc?.vpcId ?? 'none'}'`,
    );
  }
  return group;
}
