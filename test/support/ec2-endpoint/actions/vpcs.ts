/** DescribeVpcs and DescribeVpcPeeringConnections. */
import { texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { applyFilters, type Filterable, page } from '../filters';
import type { Network, Vpc, VpcPeeringConnection } from '../network';
import type { Action } from './context';
import { tagSet } from './tags';

export const describeVpcs: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.VpcId);
  const unknown = ids.find(id => !network.vpcs.has(id));
  if (unknown !== undefined) throw unknownVpc(unknown);
  const all = visibleVpcs(network).filter(({ vpcId }) => ids.length === 0 || ids.includes(vpcId));
  const found = applyFilters(all, parameters, {
    'vpc-id': ({ vpcId }) => [vpcId],
    'owner-id': ({ ownerId }) => [ownerId],
    'is-default': ({ isDefault }) => [String(isDefault)],
    'cidr': ({ cidrBlock }) => [cidrBlock],
    'tag-key': ({ tags }) => Object.keys(tags),
    'state': () => ['available'],
  });
  const { items, nextToken } = page('DescribeVpcs', found, parameters, paging, [5, 1000]);
  return {
    vpcSet: items.map(({ vpcId, ownerId, cidrBlock, isDefault, tags }) => ({
      vpcId,
      ownerId,
      state: 'available',
      cidrBlock,
      isDefault,
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

export const describeVpcPeeringConnections: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.VpcPeeringConnectionId);
  const unknown = ids.find(id => !network.peerings.has(id));
  if (unknown !== undefined) {
    throw new ServiceError(
      'InvalidVpcPeeringConnectionID.NotFound',
      `The vpcPeeringConnection ID '${unknown}' does not exist`,
    );
  }
  const all = [...network.peerings.values()].map(peering => ({ ...peering, tags: {} }))
    .filter(({ vpcPeeringConnectionId }) => ids.length === 0 || ids.includes(vpcPeeringConnectionId));
  const found = applyFilters(all, parameters, {
    'vpc-peering-connection-id': ({ vpcPeeringConnectionId }) => [vpcPeeringConnectionId],
    'status-code': ({ status }) => [status],
    'status-message': ({ status }) => [status],
    ...sideFilters('requester', network),
    ...sideFilters('accepter', network),
  });
  const { items, nextToken } = page('DescribeVpcPeeringConnections', found, parameters, paging, [5, 1000]);
  return {
    vpcPeeringConnectionSet: items.map(({ vpcPeeringConnectionId, requester, accepter, status }) => ({
      vpcPeeringConnectionId,
      requesterVpcInfo: requester,
      accepterVpcInfo: accepter,
      status: { code: status, message: status },
    })),
    nextToken,
  };
};

/** Returns the filters of one side of a peering connection. */
function sideFilters(side: 'requester' | 'accepter', { vpcs }: Network): Filterable<VpcPeeringConnection> {
  return {
    [`${side}-vpc-info.cidr-block`]: peering => [vpcs.get(peering[side].vpcId)?.cidrBlock],
    [`${side}-vpc-info.owner-id`]: peering => [peering[side].ownerId],
    [`${side}-vpc-info.vpc-id`]: peering => [peering[side].vpcId],
  };
}

/** Returns the error for an id that is malformed or unknown. */
export function unknownVpc(vpcId: string): ServiceError {
  return /^vpc-[0-9a-f]{8}([0-9a-f]{9})?$/.test(vpcId)
    ? new ServiceError('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`)
    : new ServiceError('InvalidVpcID.Malformed', `The vpc ID '${vpcId}' is malformed`);
}

/** Returns the account's own VPCs, and shared VPCs in which it has groups, but not VPCs that are only peered. */
function visibleVpcs(network: Network): Vpc[] {
  return [...network.vpcs.values()].filter(({ vpcId, ownerId }) =>
    ownerId === network.accountId || network.groupsOf(vpcId).some(group => group.ownerId === network.accountId));
}
