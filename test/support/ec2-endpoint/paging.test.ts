/** Tests pages, tokens and MaxResults. */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeTransitGatewaysCommand,
  DescribeTransitGatewayVpcAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  paginateDescribeSecurityGroupRules,
  paginateDescribeStaleSecurityGroups,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

/** A VPC with a number of groups, each with one stale rule. */
function networkOf(groups: number) {
  const network = new Network();
  const [vpc, peerVpc] = [network.addVpc(), network.addVpc()];
  const peer = network.addSecurityGroup({ vpcId: peerVpc.vpcId });
  const { vpcPeeringConnectionId } = network.addPeering(vpc.vpcId, peerVpc.vpcId);
  for (let count = 0; count < groups; count++) {
    const { groupId } = network.addSecurityGroup({ vpcId: vpc.vpcId });
    network.addIngress(groupId, { reference: { groupId: peer.groupId } });
  }
  network.deletePeering(vpcPeeringConnectionId);
  return { network, vpcId: vpc.vpcId, peerVpcId: peerVpc.vpcId };
}

type Paged = { NextToken?: string; MaxResults?: number };

const LISTS: ReadonlyArray<
  readonly [name: string, mostResults: number, send: (ec2: EC2Client, vpcId: string, paged: Paged) => Promise<Paged>]
> = [
  [
    'DescribeStaleSecurityGroups',
    255,
    (ec2, VpcId, paged) => ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId, ...paged })),
  ],
  ['DescribeSecurityGroupRules', 1000, (ec2, _, paged) => ec2.send(new DescribeSecurityGroupRulesCommand(paged))],
  ['DescribeSecurityGroups', 1000, (ec2, _, paged) => ec2.send(new DescribeSecurityGroupsCommand(paged))],
  ['DescribeVpcs', 1000, (ec2, _, paged) => ec2.send(new DescribeVpcsCommand(paged))],
  ['DescribeVpcPeeringConnections', 1000, (ec2, _, paged) => ec2.send(new DescribeVpcPeeringConnectionsCommand(paged))],
  ['DescribeTransitGateways', 1000, (ec2, _, paged) => ec2.send(new DescribeTransitGatewaysCommand(paged))],
  [
    'DescribeTransitGatewayVpcAttachments',
    1000,
    (ec2, _, paged) => ec2.send(new DescribeTransitGatewayVpcAttachmentsCommand(paged)),
  ],
  [
    'DescribeSecurityGroupVpcAssociations',
    1000,
    (ec2, _, paged) => ec2.send(new DescribeSecurityGroupVpcAssociationsCommand(paged)),
  ],
];

describe.each(LISTS)('MaxResults of %s', (_, mostResults, send) => {
  test(`may be from 5 to ${mostResults}`, async () => {
    const { network, vpcId } = networkOf(1);
    const { ec2 } = await connect({ network });
    for (const MaxResults of [5, mostResults]) {
      await expect(send(ec2, vpcId, { MaxResults })).resolves.not.toHaveProperty('NextToken', expect.anything());
    }
  });

  test.each([0, 4, mostResults + 1, 5.5])('fails when it is %d', async MaxResults => {
    const { network, vpcId } = networkOf(1);
    const { ec2 } = await connect({ network });
    expect(await refusal(send(ec2, vpcId, { MaxResults }))).toMatchObject({
      code: 'InvalidParameterValue',
      message: expect.stringContaining('maxResults') as string,
    });
  });
});

test('without MaxResults a list comes whole', async () => {
  const { network, vpcId } = networkOf(12);
  const { ec2 } = await connect({ network });
  const answer = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId }));
  expect(answer.StaleSecurityGroupSet).toHaveLength(12);
  expect(answer.NextToken).toBeUndefined();
});

test('a list is paged to its end, each item once and in order', async () => {
  const { network, vpcId } = networkOf(12);
  const { ec2 } = await connect({ network });
  const pages: string[][] = [];
  for await (const { StaleSecurityGroupSet = [] } of paginateDescribeStaleSecurityGroups(
    { client: ec2, pageSize: 5 },
    { VpcId: vpcId },
  )) {
    pages.push(StaleSecurityGroupSet.map(({ GroupId = '' }) => GroupId));
  }
  expect(pages.map(({ length }) => length)).toEqual([5, 5, 2]);
  expect(pages.flat()).toEqual(network.groupsOf(vpcId).map(({ groupId }) => groupId));
});

test('a list that ends with a full page has no further one', async () => {
  const { network, vpcId } = networkOf(10);
  const { ec2, endpoint } = await connect({ network });
  for await (const { StaleSecurityGroupSet } of paginateDescribeStaleSecurityGroups(
    { client: ec2, pageSize: 5 },
    { VpcId: vpcId },
  )) {
    expect(StaleSecurityGroupSet).toHaveLength(5);
  }
  expect(endpoint.calls).toHaveLength(2);
});

test('pages can be made smaller than what is asked for', async () => {
  const { network, vpcId } = networkOf(5);
  const { ec2 } = await connect({ network, pageSize: 2 });
  const answer = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId, MaxResults: 255 }));
  expect(answer.StaleSecurityGroupSet).toHaveLength(2);
  expect(answer.NextToken).toBeTruthy();
});

test('a list can end with an empty token, as older documents have it', async () => {
  const { network, vpcId } = networkOf(7);
  const { ec2, endpoint } = await connect({ network, emptyTokenAtEnd: true });
  const answer = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId }));
  expect(answer.NextToken).toBe('');
  for await (const { SecurityGroupRules } of paginateDescribeSecurityGroupRules({ client: ec2, pageSize: 5 }, {})) {
    expect(SecurityGroupRules).not.toEqual([]);
  }
  expect(endpoint.callsByAction().DescribeSecurityGroupRules).toBe(2);
});

test('empty pages with a token can stand before each page', async () => {
  const { network, vpcId } = networkOf(7);
  const { ec2 } = await connect({ network, emptyPages: true });
  const lengths: number[] = [];
  for await (const { StaleSecurityGroupSet = [] } of paginateDescribeStaleSecurityGroups(
    { client: ec2, pageSize: 5 },
    { VpcId: vpcId },
  )) {
    lengths.push(StaleSecurityGroupSet.length);
  }
  expect(lengths).toEqual([0, 5, 0, 2]);
});

describe('a token', () => {
  test('is opaque and can be used again', async () => {
    const { network, vpcId } = networkOf(8);
    const { ec2 } = await connect({ network });
    const { NextToken } = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId, MaxResults: 5 }));
    const [first, second] = [await readOn(), await readOn()];
    expect(first).toHaveLength(3);
    expect(second).toEqual(first);

    async function readOn() {
      return (await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId, MaxResults: 5, NextToken })))
        .StaleSecurityGroupSet;
    }
  });

  test.each(['no token', 'bnVsbA', 'WyJEZXNjcmliZVZwY3MiLCJ4IiwxXQ'])(
    'fails when it is made up: %s',
    async NextToken => {
      const { network, vpcId } = networkOf(8);
      const { ec2 } = await connect({ network });
      expect(
        await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId, NextToken }))),
      ).toMatchObject({ code: 'InvalidPaginationToken' });
    },
  );

  test('fails when it is one of another list, or of another VPC', async () => {
    const { network, vpcId, peerVpcId } = networkOf(8);
    const { ec2 } = await connect({ network });
    const { NextToken } = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId, MaxResults: 5 }));
    expect(await refusal(ec2.send(new DescribeSecurityGroupRulesCommand({ NextToken })))).toMatchObject({
      code: 'InvalidPaginationToken',
    });
    expect(
      await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: peerVpcId, NextToken }))),
    ).toMatchObject({ code: 'InvalidPaginationToken' });
  });
});
