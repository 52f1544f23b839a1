/**
 * DescribeNetworkInterfaces. It shows only a few of the fields.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
 */
import { text, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { applyFilters, page } from '../filters';
import type { Network, NetworkInterface } from '../network';
import type { Action } from './context';
import { tagSet } from './tags';

export const describeNetworkInterfaces: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.NetworkInterfaceId);
  if (ids.length > 0 && parameters.MaxResults !== undefined) {
    throw new ServiceError('InvalidParameterCombination', 'MaxResults cannot be given with network interface ids');
  }
  const showsHidden = text(parameters.IncludeManagedResources) === 'true';
  const visible = interfacesOf(network).filter(({ isHidden }) => showsHidden || !isHidden);
  for (const id of ids) if (!visible.some(each => each.networkInterfaceId === id)) throw unknownInterface(id);
  const all = visible.filter(({ networkInterfaceId }) => ids.length === 0 || ids.includes(networkInterfaceId));
  const groupName = (groupId: string): string | undefined => network.groups.get(groupId)?.groupName;
  const found = applyFilters(all, parameters, {
    'description': ({ description }) => [description],
    'group-id': ({ groupIds }) => groupIds,
    'group-name': ({ groupIds }) => groupIds.map(groupName),
    'interface-type': ({ interfaceType }) => [interfaceType],
    'network-interface-id': ({ networkInterfaceId }) => [networkInterfaceId],
    'owner-id': ({ ownerId }) => [ownerId],
    'status': ({ status }) => [status],
    'subnet-id': ({ subnetId }) => [subnetId],
    'tag-key': ({ tags }) => Object.keys(tags),
    'vpc-id': ({ vpcId }) => [vpcId],
  });
  const { items, nextToken } = page('DescribeNetworkInterfaces', found, parameters, paging, [5, 1000]);
  return {
    networkInterfaceSet: items.map(({ groupIds, isHidden: _, tags, ...shown }) => ({
      ...shown,
      groupSet: groupIds.map(groupId => ({ groupId, groupName: groupName(groupId) })),
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

/** Returns those of the network, and those of its endpoints. */
function interfacesOf({ networkInterfaces, vpcEndpoints }: Network): NetworkInterface[] {
  const ofEndpoints = [...vpcEndpoints.values()].flatMap(
    ({ networkInterfaceIds = [], groupIds = [], subnetIds = [], vpcId, ownerId }) =>
      networkInterfaceIds.map((networkInterfaceId, index): NetworkInterface => ({
        networkInterfaceId, groupIds, vpcId, subnetId: subnetIds[index] ?? '', status: 'in-use',
        interfaceType: 'vpc_endpoint', description: '', ownerId, isHidden: false, tags: {},
      })));
  return [...networkInterfaces.values(), ...ofEndpoints];
}

/** The error for an id that is malformed or unknown. */
function unknownInterface(id: string): ServiceError {
  return /^eni-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)
    ? new ServiceError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
    : new ServiceError('InvalidNetworkInterfaceId.Malformed', `Invalid id: "${id}"`);
}
