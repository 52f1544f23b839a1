/** Tests what connects VPCs: the documented filters, pages and refusals. */
import {
  DescribeSecurityGroupVpcAssociationsCommand, DescribeTransitGatewaysCommand,
  DescribeTransitGatewayVpcAttachmentsCommand, DescribeVpcPeeringConnectionsCommand, type EC2Client, type Filter,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

type Input = { Filters?: Filter[]; DryRun?: boolean; NextToken?: string };

/** The ids that each action answers. */
const LISTS = {
  DescribeTransitGateways: async (ec2: EC2Client, input: Input) =>
    (await ec2.send(new DescribeTransitGatewaysCommand(input))).TransitGateways?.map(each => each.TransitGatewayId),
  DescribeTransitGatewayVpcAttachments: async (ec2: EC2Client, input: Input) =>
    (await ec2.send(new DescribeTransitGatewayVpcAttachmentsCommand(input))).TransitGatewayVpcAttachments
      ?.map(each => each.TransitGatewayAttachmentId),
  DescribeSecurityGroupVpcAssociations: async (ec2: EC2Client, input: Input) =>
    (await ec2.send(new DescribeSecurityGroupVpcAssociationsCommand(input))).SecurityGroupVpcAssociations
      ?.map(each => each.GroupId),
  DescribeVpcPeeringConnections: async (ec2: EC2Client, input: Input) =>
    (await ec2.send(new DescribeVpcPeeringConnectionsCommand(input))).VpcPeeringConnections
      ?.map(each => each.VpcPeeringConnectionId),
};

type Action = keyof typeof LISTS;

/** Two of each kind, which differ in every value that has a filter. */
function networkOfTwo() {
  const network = new Network();
  const [one, two] = [
    network.addVpc({ vpcId: 'vpc-11111111' }),
    network.addVpc({ vpcId: 'vpc-22222222', ownerId: '444455556666', cidrBlock: '10.2.0.0/16' }),
  ];
  for (const [digit, { vpcId, ownerId }] of [['1', one], ['2', two]] as const) {
    const id = digit.repeat(8);
    const isFirst = digit === '1';
    network.addTransitGateway({
      transitGatewayId: `tgw-${id}`, ownerId, state: isFirst ? 'deleted' : 'available',
      tags: isFirst ? { Owner: 'TeamA' } : { Name: 'hub' },
    });
    network.addTransitGatewayAttachment(`tgw-${id}`, vpcId, {
      transitGatewayAttachmentId: `tgw-attach-${id}`, state: isFirst ? 'deleting' : 'available',
    });
    network.addSecurityGroup({ groupId: `sg-${id}`, vpcId, ownerId });
    network.addAssociation(`sg-${id}`, vpcId, { state: isFirst ? 'disassociating' : 'associated' });
  }
  network.addPeering(one.vpcId, two.vpcId, { vpcPeeringConnectionId: 'pcx-11111111', status: 'deleted' });
  network.addPeering(two.vpcId, one.vpcId, { vpcPeeringConnectionId: 'pcx-22222222' });
  return network;
}

test.each<[Action, string, string]>([
  ['DescribeTransitGateways', 'transit-gateway-id', 'tgw-11111111'],
  ['DescribeTransitGateways', 'state', 'deleted'],
  ['DescribeTransitGateways', 'owner-id', '111122223333'],
  ['DescribeTransitGateways', 'tag:Owner', 'TeamA'],
  ['DescribeTransitGateways', 'tag-key', 'Owner'],
  ['DescribeTransitGatewayVpcAttachments', 'transit-gateway-attachment-id', 'tgw-attach-11111111'],
  ['DescribeTransitGatewayVpcAttachments', 'transit-gateway-id', 'tgw-11111111'],
  ['DescribeTransitGatewayVpcAttachments', 'state', 'deleting'],
  ['DescribeTransitGatewayVpcAttachments', 'vpc-id', 'vpc-11111111'],
  ['DescribeSecurityGroupVpcAssociations', 'group-id', 'sg-11111111'],
  ['DescribeSecurityGroupVpcAssociations', 'group-owner-id', '111122223333'],
  ['DescribeSecurityGroupVpcAssociations', 'state', 'disassociating'],
  ['DescribeSecurityGroupVpcAssociations', 'vpc-id', 'vpc-11111111'],
  ['DescribeSecurityGroupVpcAssociations', 'vpc-owner-id', '111122223333'],
  ['DescribeVpcPeeringConnections', 'vpc-peering-connection-id', 'pcx-11111111'],
  ['DescribeVpcPeeringConnections', 'status-code', 'deleted'],
  ['DescribeVpcPeeringConnections', 'requester-vpc-info.vpc-id', 'vpc-11111111'],
  ['DescribeVpcPeeringConnections', 'requester-vpc-info.owner-id', '111122223333'],
  ['DescribeVpcPeeringConnections', 'requester-vpc-info.cidr-block', '10.0.0.0/16'],
  ['DescribeVpcPeeringConnections', 'accepter-vpc-info.vpc-id', 'vpc-22222222'],
  ['DescribeVpcPeeringConnections', 'accepter-vpc-info.owner-id', '444455556666'],
  ['DescribeVpcPeeringConnections', 'accepter-vpc-info.cidr-block', '10.2.0.0/16'],
])('%s filters by %s', async (action, Name, value) => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  const found = await LISTS[action](ec2, { Filters: [{ Name, Values: [value] }] });
  expect(found).toEqual([expect.stringMatching(/-1{8}$/)]);
  // An id that does not exist is no error in a filter.
  expect(await LISTS[action](ec2, { Filters: [{ Name, Values: ['none'] }] })).toEqual([]);
});

test('a transit gateway, an attachment and an association are shown with their states', async () => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  const TransitGatewayIds = ['tgw-11111111'];
  expect((await ec2.send(new DescribeTransitGatewaysCommand({ TransitGatewayIds }))).TransitGateways).toEqual([{
    TransitGatewayId: 'tgw-11111111', OwnerId: '111122223333', State: 'deleted',
    Options: { SecurityGroupReferencingSupport: 'disable' }, Tags: [{ Key: 'Owner', Value: 'TeamA' }],
  }]);
  const TransitGatewayAttachmentIds = ['tgw-attach-11111111'];
  const { TransitGatewayVpcAttachments } = await ec2.send(
    new DescribeTransitGatewayVpcAttachmentsCommand({ TransitGatewayAttachmentIds }),
  );
  expect(TransitGatewayVpcAttachments).toEqual([{
    TransitGatewayAttachmentId: 'tgw-attach-11111111', TransitGatewayId: 'tgw-11111111', VpcId: 'vpc-11111111',
    VpcOwnerId: '111122223333', State: 'deleting', Options: { SecurityGroupReferencingSupport: 'enable' }, Tags: [],
  }]);
  const { SecurityGroupVpcAssociations } = await ec2.send(new DescribeSecurityGroupVpcAssociationsCommand({}));
  expect(SecurityGroupVpcAssociations?.[0]).toEqual({
    GroupId: 'sg-11111111', GroupOwnerId: '111122223333', VpcId: 'vpc-11111111', VpcOwnerId: '111122223333',
    State: 'disassociating',
  });
});

describe.each(Object.keys(LISTS) as Action[])('%s', action => {
  test('is paged to its end', async () => {
    const { ec2, endpoint } = await connect({ network: networkOfTwo(), pageSize: 1 });
    const [first] = await LISTS[action](ec2, {}) ?? [];
    expect(first).toMatch(/-1{8}$/);
    const NextToken = Buffer.from(JSON.stringify([action, 1, false])).toString('base64url');
    expect(await LISTS[action](ec2, { NextToken })).toEqual([expect.stringMatching(/-2{8}$/)]);
    expect(endpoint.calls).toHaveLength(2);
  });

  test.each<[string, Input, string]>([
    ['for a filter that it does not have', { Filters: [{ Name: 'colour', Values: ['red'] }] }, 'InvalidParameterValue'],
    ['for a token that is none', { NextToken: 'no token' }, 'InvalidPaginationToken'],
    ['for a dry run', { DryRun: true }, 'DryRunOperation'],
  ])('fails %s', async (_, input, code) => {
    const { ec2 } = await connect({ network: networkOfTwo() });
    expect(await refusal(LISTS[action](ec2, input))).toMatchObject({ code });
  });

  test('fails for a caller without permission, and when it is throttled', async () => {
    const { ec2, endpoint } = await connect({ network: networkOfTwo() });
    endpoint.fault({ action, kind: 'throttle', times: 1 });
    expect(await refusal(LISTS[action](ec2, {}))).toMatchObject({ code: 'RequestLimitExceeded' });
    endpoint.deny(action);
    expect(await refusal(LISTS[action](ec2, {}))).toMatchObject({ code: 'UnauthorizedOperation' });
  });
});

test.each([
  ['tgw-99999999', 'InvalidTransitGatewayID.NotFound'],
  ['tgw-1', 'InvalidTransitGatewayID.Malformed'],
])('a list of transit gateways with %s fails', async (id, code) => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  const TransitGatewayIds = ['tgw-11111111', id];
  expect(await refusal(ec2.send(new DescribeTransitGatewaysCommand({ TransitGatewayIds })))).toMatchObject({ code });
});

test.each([
  ['tgw-attach-99999999', 'InvalidTransitGatewayAttachmentID.NotFound'],
  ['tgw-99999999', 'InvalidTransitGatewayAttachmentID.Malformed'],
])('a list of attachments with %s fails', async (id, code) => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  const TransitGatewayAttachmentIds = ['tgw-attach-11111111', id];
  const command = new DescribeTransitGatewayVpcAttachmentsCommand({ TransitGatewayAttachmentIds });
  expect(await refusal(ec2.send(command))).toMatchObject({ code });
});
