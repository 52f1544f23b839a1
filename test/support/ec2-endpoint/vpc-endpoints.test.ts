/** DescribeVpcEndpoints: every documented filter, pages and refusals. */
import {
  DeleteSecurityGroupCommand, DescribeVpcEndpointsCommand, type EC2Client, type Filter, paginateDescribeVpcEndpoints,
} from '@aws-sdk/client-ec2';
import { Network, type VpcEndpoint } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function ids(ec2: EC2Client, ...Filters: Filter[]) {
  return ((await ec2.send(new DescribeVpcEndpointsCommand({ Filters }))).VpcEndpoints ?? []).map(
    ({ VpcEndpointId }) => VpcEndpointId,
  );
}

/** An interface endpoint and a gateway endpoint that differ in whatever there is a filter for. */
function networkOfTwo() {
  const network = new Network();
  const [one, two] = [network.addVpc(), network.addVpc()];
  const { groupId } = network.addSecurityGroup({ vpcId: one.vpcId });
  const interfaceEndpoint = network.addInterfaceEndpoint(one.vpcId, [groupId], {
    serviceRegion: 'eu-west-1', state: 'pending', tags: { Owner: 'TeamA' },
  });
  const gateway = network.addGatewayEndpoint(two.vpcId, { tags: { Name: 'ledger' } });
  return { network, groupId, interfaceEndpoint, gateway };
}

test.each<[name: string, value: string | ((endpoint: VpcEndpoint) => string)]>([
  ['vpc-id', ({ vpcId }) => vpcId],
  ['vpc-endpoint-id', ({ vpcEndpointId }) => vpcEndpointId],
  ['vpc-endpoint-id', ({ vpcEndpointId }) => `*${vpcEndpointId.slice(-4)}`],
  ['vpc-endpoint-type', 'Interface'],
  ['vpc-endpoint-state', 'pending'],
  ['ip-address-type', 'ipv4'],
  ['service-name', 'com.amazonaws.eu-central-1.ec2'],
  ['service-region', 'eu-west-1'],
  ['tag:Owner', 'TeamA'],
  ['tag-key', 'Owner'],
])('is filtered by %s', async (Name, value) => {
  const { network, interfaceEndpoint } = networkOfTwo();
  const { ec2 } = await connect({ network });
  const Values = [typeof value === 'string' ? value : value(interfaceEndpoint)];
  expect(await ids(ec2, { Name, Values })).toEqual([interfaceEndpoint.vpcEndpointId]);
});

test('shows one by its id, and none of a VPC that has none or does not exist', async () => {
  const { network, gateway: { vpcEndpointId } } = networkOfTwo();
  const { ec2 } = await connect({ network });
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [vpcEndpointId] }));
  expect(VpcEndpoints).toMatchObject([{ VpcEndpointId: vpcEndpointId, Groups: [] }]);
  for (const vpcId of [network.addVpc().vpcId, 'vpc-0123456789abcdef0']) {
    expect(await ids(ec2, { Name: 'vpc-id', Values: [vpcId] })).toEqual([]);
  }
});

test('shows none of another account, whose subnets this one may use', async () => {
  const { network, interfaceEndpoint, gateway } = networkOfTwo();
  const { ec2 } = await connect({ network });
  network.addGatewayEndpoint(gateway.vpcId, { ownerId: '444455556666' });
  expect(await ids(ec2)).toEqual([interfaceEndpoint.vpcEndpointId, gateway.vpcEndpointId]);
});

test('is paged to its end, which is an empty token', async () => {
  const network = new Network();
  const { vpcId } = network.addVpc();
  for (let count = 0; count < 5; count++) network.addGatewayEndpoint(vpcId);
  const { ec2 } = await connect({ network });
  const pages: number[] = [];
  const tokens: unknown[] = [];
  for await (const { VpcEndpoints = [], NextToken } of paginateDescribeVpcEndpoints({ client: ec2, pageSize: 2 }, {})) {
    pages.push(VpcEndpoints.length);
    tokens.push(NextToken);
  }
  expect(pages).toEqual([2, 2, 1]);
  expect(tokens).toEqual([expect.stringMatching(/./), expect.stringMatching(/./), '']);
});

test('answers at most 1,000 at a time, however many are asked for', async () => {
  const network = new Network();
  const { vpcId } = network.addVpc();
  for (let count = 0; count < 1001; count++) network.addGatewayEndpoint(vpcId);
  const { ec2 } = await connect({ network });
  for (const MaxResults of [undefined, 5000]) {
    const { VpcEndpoints, NextToken } = await ec2.send(new DescribeVpcEndpointsCommand({ MaxResults }));
    expect(VpcEndpoints).toHaveLength(1000);
    expect(NextToken).toBeTruthy();
  }
});

test.each([
  ['an unknown id', { VpcEndpointIds: ['vpce-0123456789abcdef0'] }, 'InvalidVpcEndpointId.NotFound'],
  ['a malformed id', { VpcEndpointIds: ['vpce-1'] }, 'InvalidVpcEndpointId.Malformed'],
  ['a filter that it does not have', { Filters: [{ Name: 'group-id', Values: ['sg-1'] }] }, 'InvalidParameterValue'],
  ['a token that is none', { NextToken: 'no token' }, 'InvalidPaginationToken'],
  ['a dry run', { DryRun: true }, 'DryRunOperation'],
])('fails for %s', async (_, request, code) => {
  const { ec2 } = await connect({ network: networkOfTwo().network });
  expect(await refusal(ec2.send(new DescribeVpcEndpointsCommand(request)))).toMatchObject({ code });
});

test('fails for who may not', async () => {
  const { ec2, endpoint } = await connect({ network: networkOfTwo().network });
  endpoint.deny('DescribeVpcEndpoints');
  expect(await refusal(ec2.send(new DescribeVpcEndpointsCommand({})))).toMatchObject({ code: 'UnauthorizedOperation' });
});

test('holds the groups of its network interfaces: they cannot be deleted', async () => {
  const { network, groupId, interfaceEndpoint } = networkOfTwo();
  const { ec2 } = await connect({ network });
  const remove = () => ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
  expect(await refusal(remove())).toMatchObject({ code: 'DependencyViolation' });
  network.vpcEndpoints.delete(interfaceEndpoint.vpcEndpointId);
  await remove();
  expect(network.groups.has(groupId)).toBe(false);
});
