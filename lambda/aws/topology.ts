/** Reads the states of the resources that connect VPCs. */
import type { Pacer } from './pacing';
import {
  DescribeSecurityGroupVpcAssociationsCommand, DescribeTransitGatewaysCommand,
  DescribeTransitGatewayVpcAttachmentsCommand, DescribeVpcPeeringConnectionsCommand, type EC2Client,
} from '../../bundle/sdk';
import type { AwaitedResource } from '../core/model/change';
import type { Topology } from '../core/ports';

/** A filter accepts an id that does not exist, whereas a list of ids does not. */
const filtered = (values: Readonly<Record<string, string>>): { Filters: Array<{ Name: string; Values: string[] }> } =>
  ({ Filters: Object.entries(values).map(([Name, value]) => ({ Name, Values: [value] })) });

export function ec2Topology(client: EC2Client, pacer: Pacer, abortSignal?: AbortSignal): Topology {
  const options = { abortSignal };
  const read = async ({ kind, id, vpcId }: AwaitedResource): Promise<string | undefined> => {
    switch (kind) {
      case 'peering': {
        const command = new DescribeVpcPeeringConnectionsCommand(filtered({ 'vpc-peering-connection-id': id }));
        const { VpcPeeringConnections = [] } = await client.send(command, options);
        return stateIn(
          VpcPeeringConnections.filter(each => each.VpcPeeringConnectionId === id), each => each.Status?.Code,
        );
      }
      case 'transitGateway': {
        const command = new DescribeTransitGatewaysCommand(filtered({ 'transit-gateway-id': id }));
        const { TransitGateways = [] } = await client.send(command, options);
        return stateIn(TransitGateways.filter(each => each.TransitGatewayId === id), each => each.State);
      }
      case 'transitGatewayAttachment': {
        const command = new DescribeTransitGatewayVpcAttachmentsCommand(filtered({ 'transit-gateway-attachment-id': id }));
        const { TransitGatewayVpcAttachments = [] } = await client.send(command, options);
        return stateIn(
          TransitGatewayVpcAttachments.filter(each => each.TransitGatewayAttachmentId === id), each => each.State,
        );
      }
      case 'association': {
        const by = { 'group-id': id, ...vpcId !== undefined && { 'vpc-id': vpcId } };
        const { SecurityGroupVpcAssociations = [] } = await client.send(
          new DescribeSecurityGroupVpcAssociationsCommand(filtered(by)), options,
        );
        return stateIn(
          SecurityGroupVpcAssociations.filter(each => each.GroupId === id && (vpcId ?? each.VpcId) === each.VpcId),
          each => each.State,
        );
      }
    }
  };
  return {
    stateOf: async resource => {
      const action = ACTIONS[resource.kind];
      await pacer.admit(action, abortSignal);
      return pacer.run(action, () => read(resource));
    },
  };
}

const ACTIONS: Readonly<Record<AwaitedResource['kind'], string>> = {
  peering: 'DescribeVpcPeeringConnections',
  transitGateway: 'DescribeTransitGateways',
  transitGatewayAttachment: 'DescribeTransitGatewayVpcAttachments',
  association: 'DescribeSecurityGroupVpcAssociations',
};

/** @returns undefined if EC2 has no such resource; an empty text if the resource has no state */
function stateIn<T>([first]: readonly T[], stateOf: (each: T) => string | undefined): string | undefined {
  return first && (stateOf(first) ?? '');
}
