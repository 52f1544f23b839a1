/** DescribeSecurityGroups, DescribeStaleSecurityGroups and DeleteSecurityGroup. */
import { Ec2Error } from '../ec2-error';
import { applyFilters, filterValues, page } from '../filters';
import type { Network, SecurityGroup, SecurityGroupRule } from '../network';
import { text, texts } from '../query';
import { shownReference, type ShownReference, staleRulesOf } from '../staleness';
import type { Xml } from '../xml';
import type { Action } from './context';
import { tagSet } from './tags';
import { unknownVpc } from './vpcs';

export const describeSecurityGroups: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.GroupId);
  for (const id of ids) requireGroup(network, id);
  for (const id of filterValues(parameters, 'group-id') ?? []) requireWellFormed(id);
  const all = candidates(network, ids.length > 0 ? ids : filterValues(parameters, 'group-id'), filterValues(parameters, 'vpc-id'));
  const found = applyFilters(all, parameters, {
    'group-id': ({ groupId }) => [groupId], 'group-name': ({ groupName }) => [groupName], 'vpc-id': ({ vpcId }) => [vpcId], 'owner-id': ({ ownerId }) => [ownerId],
    'description': ({ description }) => [description], 'tag-key': ({ tags }) => Object.keys(tags),
  });
  const { items, nextToken } = page('DescribeSecurityGroups', found, parameters, paging, [5, 1000]);
  return {
    securityGroupInfo: items.map(({ groupId, groupName, description, vpcId, ownerId, tags }) => ({
      ownerId, groupId, groupName, groupDescription: description, vpcId,
      ipPermissions: permissions(network, network.rulesOf(groupId).filter(({ isEgress }) => !isEgress)),
      ipPermissionsEgress: permissions(network, network.rulesOf(groupId).filter(({ isEgress }) => isEgress)),
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

/** What has to be searched: not everything, where ids say which. */
function candidates(network: Network, groupIds: readonly string[] | undefined, vpcIds: readonly string[] | undefined): SecurityGroup[] {
  const isLiteral = (values: readonly string[] | undefined): values is readonly string[] => values !== undefined && !values.some(value => /[*?]/.test(value));
  if (isLiteral(groupIds)) return [...new Set(groupIds)].flatMap(id => network.groups.get(id) ?? []);
  return isLiteral(vpcIds) ? [...new Set(vpcIds)].flatMap(id => network.groupsOf(id)) : [...network.groups.values()];
}

/** Rules of equal protocol and ports make one permission; for the protocol -1 the ports are left out. */
function permissions(network: Network, rules: readonly SecurityGroupRule[]): Xml {
  const merged = new Map<string, SecurityGroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.ipProtocol} ${rule.fromPort} ${rule.toPort}`;
    merged.set(key, [...merged.get(key) ?? [], rule]);
  }
  return [...merged.values()].map(same => ({
    ipProtocol: same[0].ipProtocol,
    ...same[0].ipProtocol !== '-1' && { fromPort: same[0].fromPort, toPort: same[0].toPort },
    ipRanges: same.flatMap(({ cidrIpv4, description }) => cidrIpv4 === undefined ? [] : { cidrIp: cidrIpv4, description }),
    ipv6Ranges: same.flatMap(({ cidrIpv6, description }) => cidrIpv6 === undefined ? [] : { cidrIpv6, description }),
    prefixListIds: same.flatMap(({ prefixListId, description }) => prefixListId === undefined ? [] : { prefixListId, description }),
    groups: same.flatMap(rule => {
      const { reference } = rule;
      return reference === undefined ? [] : pair(shownReference(network, { ...rule, reference }), rule.description);
    }),
  }));
}

function pair({ isStale, ...shown }: ShownReference, description?: string): Xml {
  return { ...shown, description };
}

export const describeStaleSecurityGroups: Action = (parameters, { network, paging }) => {
  const vpcId = text(parameters.VpcId);
  if (vpcId === undefined) throw new Ec2Error('MissingParameter', 'The request must contain the parameter VpcId');
  if (!network.vpcs.has(vpcId)) throw unknownVpc(vpcId);
  const byGroup = new Map<string, ReturnType<typeof staleRulesOf>>();
  for (const stale of staleRulesOf(network, vpcId)) byGroup.set(stale.rule.groupId, [...byGroup.get(stale.rule.groupId) ?? [], stale]);
  const { items, nextToken } = page(`DescribeStaleSecurityGroups ${vpcId}`, [...byGroup], parameters, paging, [5, 255]);
  return {
    staleSecurityGroupSet: items.map(([groupId, stale]) => ({
      groupId, groupName: network.groups.get(groupId)?.groupName, description: network.groups.get(groupId)?.description, vpcId,
      staleIpPermissions: stalePermissions(stale.filter(({ rule }) => !rule.isEgress)),
      staleIpPermissionsEgress: stalePermissions(stale.filter(({ rule }) => rule.isEgress)),
    })),
    nextToken,
  };
};

function stalePermissions(stale: ReturnType<typeof staleRulesOf>): Xml {
  const merged = new Map<string, typeof stale>();
  for (const each of stale) {
    const key = `${each.rule.ipProtocol} ${each.rule.fromPort} ${each.rule.toPort}`;
    merged.set(key, [...merged.get(key) ?? [], each]);
  }
  return [...merged.values()].map(same => ({
    ipProtocol: same[0].rule.ipProtocol,
    ...same[0].rule.ipProtocol !== '-1' && { fromPort: same[0].rule.fromPort, toPort: same[0].rule.toPort },
    ipRanges: [], prefixListIds: [],
    groups: same.map(({ rule, shown }) => pair(shown, rule.description)),
  }));
}

export const deleteSecurityGroup: Action = ({ GroupId }, { network }) => {
  const group = requireGroup(network, text(GroupId) ?? '');
  const isReferenced = network.groupsOf(group.vpcId).some(({ groupId }) => groupId !== group.groupId
    && network.rulesOf(groupId).some(({ reference }) => reference?.groupId === group.groupId));
  if (isReferenced) throw new Ec2Error('DependencyViolation', `resource ${group.groupId} has a dependent object`);
  network.deleteSecurityGroup(group.groupId);
  return { return: true };
};

export function requireWellFormed(groupId: string): void {
  if (!/[*?]/.test(groupId) && !/^sg-[0-9a-f]{8}([0-9a-f]{9})?$/.test(groupId)) throw new Ec2Error('InvalidGroupId.Malformed', `Invalid id: "${groupId}"`);
}

/** @throws when there is no such group */
export function requireGroup(network: Network, groupId: string): SecurityGroup {
  requireWellFormed(groupId);
  const group = network.groups.get(groupId);
  if (!group) throw new Ec2Error('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
  return group;
}
