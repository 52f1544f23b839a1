/**
 * DescribeVpcEndpoints.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
 */
import type { Action } from './context';
import { tagSet } from './tags';
import { texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { applyFilters, page } from '../filters';
import type { Network, VpcEndpoint } from '../network';
import type { Xml } from '../xml';

/** EC2 answers at most this many, without an error if more are asked for. */
const MOST_RESULTS = 1000;

export const describeVpcEndpoints: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.VpcEndpointId);
  // An account sees only its own endpoints, and not those in subnets that other accounts share with it.
  const own = [...network.vpcEndpoints.values()].filter(({ ownerId }) => ownerId === network.accountId);
  for (const id of ids) if (!own.some(({ vpcEndpointId }) => vpcEndpointId === id)) throw unknownEndpoint(id);
  const all = own.filter(({ vpcEndpointId }) => ids.length === 0 || ids.includes(vpcEndpointId));
  const found = applyFilters(all, parameters, {
    'ip-address-type': ({ ipAddressType }) => [ipAddressType],
    'service-name': ({ serviceName }) => [serviceName],
    'service-region': ({ serviceRegion }) => [serviceRegion],
    'tag-key': ({ tags }) => Object.keys(tags),
    'vpc-endpoint-id': ({ vpcEndpointId }) => [vpcEndpointId],
    'vpc-endpoint-state': ({ state }) => [state],
    'vpc-endpoint-type': ({ vpcEndpointType }) => [vpcEndpointType],
    'vpc-id': ({ vpcId }) => [vpcId],
  });
  const pageSize = Math.min(MOST_RESULTS, paging.pageSize ?? MOST_RESULTS);
  const { items, nextToken } = page('DescribeVpcEndpoints', found, parameters, { ...paging, pageSize }, [1, Infinity]);
  return {
    vpcEndpointSet: items.map(endpoint => vpcEndpoint(endpoint, network)),
    // Unlike most lists, this one is documented to end with an empty token.
    nextToken: nextToken ?? '',
  };
};

function vpcEndpoint(endpoint: VpcEndpoint, { groups }: Network): Xml {
  const { groupIds, routeTableIds, subnetIds, networkInterfaceIds, dnsEntries, tags, ...rest } = endpoint;
  return {
    ...rest,
    routeTableIdSet: routeTableIds,
    subnetIdSet: subnetIds,
    groupSet: groupIds?.map(groupId => ({ groupId, groupName: groups.get(groupId)?.groupName })),
    networkInterfaceIdSet: networkInterfaceIds,
    dnsEntrySet: dnsEntries?.map(entry => ({ ...entry })),
    tagSet: tagSet(tags),
  };
}

/** The error for an id that is malformed or unknown. */
function unknownEndpoint(id: string): ServiceError {
  return /^vpce-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)
    ? new ServiceError('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`)
    : new ServiceError('InvalidVpcEndpointId.Malformed', `The Vpc Endpoint Id '${id}' is malformed`);
}
