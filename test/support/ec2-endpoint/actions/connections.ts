/**
 * What connects VPCs beside peerings: DescribeTransitGateways, DescribeTransitGatewayVpcAttachments and
 * DescribeSecurityGroupVpcAssociations.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTransitGatewayVpcAttachments.html
 */
import type { Action } from './context';
import { tagSet } from './tags';
import { texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { applyFilters, page } from '../filters';

const RANGE = [5, 1000] as const;

export const describeTransitGateways: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.TransitGatewayIds);
  requireAll(ids, network.transitGateways, { prefix: 'tgw', code: 'InvalidTransitGatewayID', name: 'Transit Gateway' });
  const all = [...network.transitGateways.values()]
    .filter(({ transitGatewayId }) => ids.length === 0 || ids.includes(transitGatewayId));
  const found = applyFilters(all, parameters, {
    'owner-id': ({ ownerId }) => [ownerId],
    'state': ({ state }) => [state],
    'tag-key': ({ tags }) => Object.keys(tags),
    'transit-gateway-id': ({ transitGatewayId }) => [transitGatewayId],
  });
  const { items, nextToken } = page('DescribeTransitGateways', found, parameters, paging, RANGE);
  return {
    transitGatewaySet: items.map(({ securityGroupReferencingSupport, tags, ...rest }) =>
      ({ ...rest, options: { securityGroupReferencingSupport }, tagSet: tagSet(tags) })),
    nextToken,
  };
};

export const describeTransitGatewayVpcAttachments: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.TransitGatewayAttachmentIds);
  requireAll(ids, network.transitGatewayAttachments, {
    prefix: 'tgw-attach', code: 'InvalidTransitGatewayAttachmentID', name: 'Transit Gateway Attachment',
  });
  const all = [...network.transitGatewayAttachments.values()]
    .filter(each => ids.length === 0 || ids.includes(each.transitGatewayAttachmentId));
  const found = applyFilters(all, parameters, {
    'state': ({ state }) => [state],
    'transit-gateway-attachment-id': ({ transitGatewayAttachmentId }) => [transitGatewayAttachmentId],
    'transit-gateway-id': ({ transitGatewayId }) => [transitGatewayId],
    'vpc-id': ({ vpcId }) => [vpcId],
  });
  const { items, nextToken } = page('DescribeTransitGatewayVpcAttachments', found, parameters, paging, RANGE);
  return {
    transitGatewayVpcAttachments: items.map(({ securityGroupReferencingSupport, tags, ...rest }) =>
      ({ ...rest, options: { securityGroupReferencingSupport }, tagSet: tagSet(tags) })),
    nextToken,
  };
};

export const describeSecurityGroupVpcAssociations: Action = (parameters, { network, paging }) => {
  const all = network.associations.map(association => ({ ...association, tags: {} }));
  const found = applyFilters(all, parameters, {
    'group-id': ({ groupId }) => [groupId],
    'group-owner-id': ({ groupOwnerId }) => [groupOwnerId],
    'state': ({ state }) => [state],
    'vpc-id': ({ vpcId }) => [vpcId],
    'vpc-owner-id': ({ vpcOwnerId }) => [vpcOwnerId],
  });
  const { items, nextToken } = page('DescribeSecurityGroupVpcAssociations', found, parameters, paging, RANGE);
  return { securityGroupVpcAssociationSet: items.map(({ tags: _, ...rest }) => rest), nextToken };
};

/** @throws when an id is malformed or unknown */
function requireAll(
  ids: readonly string[], existing: ReadonlyMap<string, unknown>,
  { prefix, code, name }: { readonly prefix: string; readonly code: string; readonly name: string },
): void {
  for (const id of ids) {
    if (!new RegExp(`^${prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`).test(id)) {
      throw new ServiceError(`${code}.Malformed`, `${name} ${id} is malformed.`);
    }
    if (!existing.has(id)) throw new ServiceError(`${code}.NotFound`, `${name} ${id} was deleted or does not exist.`);
  }
}
