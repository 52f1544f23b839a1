/** Tests DescribeNetworkInterfaces: filters, pages, hidden interfaces, and errors. */
import {
  DeleteSecurityGroupCommand, DescribeNetworkInterfacesCommand, type DescribeNetworkInterfacesCommandInput,
  type EC2Client, paginateDescribeNetworkInterfaces,
} from '@aws-sdk/client-ec2';
import { Network, type NetworkInterface } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

/** Two interfaces that differ in everything that has a filter. */
function aNetwork() {
  const network = new Network();
  const [one, two] = [network.addVpc(), network.addVpc()];
  const { groupId } = network.addSecurityGroup({ vpcId: one.vpcId, groupName: 'default' });
  const other = network.addSecurityGroup({ vpcId: two.vpcId }).groupId;
  const used = network.addNetworkInterface([groupId], {
    status: 'available', interfaceType: 'lambda', description: 'of a function', ownerId: '444455556666', tags: { Owner: 'TeamA' },
  });
  network.addNetworkInterface([other]);
  return { network, groupId, other, used };
}

async function ids(ec2: EC2Client, request: DescribeNetworkInterfacesCommandInput = {}) {
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand(request));
  return NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId);
}

test.each<[name: string, value: string | ((networkInterface: NetworkInterface) => string)]>([
  ['group-id', ({ groupIds }) => groupIds[0]],
  ['group-name', 'default'],
  ['vpc-id', ({ vpcId }) => vpcId],
  ['subnet-id', ({ subnetId }) => subnetId],
  ['network-interface-id', ({ networkInterfaceId }) => networkInterfaceId],
  ['status', 'available'],
  ['interface-type', 'lambda'],
  ['description', 'of a function'],
  ['owner-id', '444455556666'],
  ['tag:Owner', 'TeamA'],
  ['tag-key', 'Owner'],
])('is filtered by %s', async (Name, value) => {
  const { network, used } = aNetwork();
  const { ec2 } = await connect({ network });
  const Values = [typeof value === 'string' ? value : value(used)];
  expect(await ids(ec2, { Filters: [{ Name, Values }] })).toEqual([used.networkInterfaceId]);
});

test('shows each interface with its groups, and also those of interface endpoints', async () => {
  const { network, groupId, used } = aNetwork();
  const endpoint = network.addInterfaceEndpoint(used.vpcId, [groupId]);
  const { ec2 } = await connect({ network });
  const Filters = [{ Name: 'group-id', Values: [groupId] }];
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  expect(NetworkInterfaces?.map(({ NetworkInterfaceId, Groups }) => [NetworkInterfaceId, Groups])).toEqual([
    [used.networkInterfaceId, [{ GroupId: groupId, GroupName: 'default' }]],
    [endpoint.networkInterfaceIds?.[0], [{ GroupId: groupId, GroupName: 'default' }]],
  ]);
});

test('hides interfaces that AWS services manage, unless they are asked for', async () => {
  const { network, groupId, used } = aNetwork();
  const hidden = network.addNetworkInterface([groupId], { isHidden: true });
  const { ec2 } = await connect({ network });
  const Filters = [{ Name: 'group-id', Values: [groupId] }];
  expect(await ids(ec2, { Filters })).toEqual([used.networkInterfaceId]);
  expect(await ids(ec2, { Filters, IncludeManagedResources: true }))
    .toEqual([used.networkInterfaceId, hidden.networkInterfaceId]);
});

test('is paged to its end', async () => {
  const { network, groupId } = aNetwork();
  for (let count = 0; count < 10; count++) network.addNetworkInterface([groupId]);
  const { ec2 } = await connect({ network });
  const pages: number[] = [];
  for await (const { NetworkInterfaces = [] } of paginateDescribeNetworkInterfaces({ client: ec2, pageSize: 5 }, {})) {
    pages.push(NetworkInterfaces.length);
  }
  expect(pages).toEqual([5, 5, 2]);
});

test.each([
  ['an unknown id', { NetworkInterfaceIds: ['eni-0123456789abcdef0'] }, 'InvalidNetworkInterfaceID.NotFound'],
  ['a malformed id', { NetworkInterfaceIds: ['eni-1'] }, 'InvalidNetworkInterfaceId.Malformed'],
  ['ids together with a page size', { NetworkInterfaceIds: ['eni-1'], MaxResults: 5 }, 'InvalidParameterCombination'],
  ['a page size below 5', { MaxResults: 4 }, 'InvalidParameterValue'],
  ['a filter that it does not have', { Filters: [{ Name: 'security-group', Values: ['sg-1'] }] }, 'InvalidParameterValue'],
  ['a dry run', { DryRun: true }, 'DryRunOperation'],
])('fails for %s', async (_, request, code) => {
  const { ec2 } = await connect({ network: aNetwork().network });
  expect(await refusal(ids(ec2, request))).toMatchObject({ code });
});

test('fails without the permission', async () => {
  const { ec2, endpoint } = await connect({ network: aNetwork().network });
  endpoint.deny('DescribeNetworkInterfaces');
  expect(await refusal(ids(ec2))).toMatchObject({ code: 'UnauthorizedOperation' });
});

test('keeps the groups of interfaces from being deleted', async () => {
  const { network, other } = aNetwork();
  const { ec2 } = await connect({ network });
  const remove = () => ec2.send(new DeleteSecurityGroupCommand({ GroupId: other }));
  expect(await refusal(remove())).toMatchObject({ code: 'DependencyViolation' });
  network.networkInterfaces.clear();
  await remove();
  expect(network.groups.has(other)).toBe(false);
});

test('an unfiltered call without pages takes its tokens from a smaller bucket', async () => {
  const { ec2 } = await connect({ network: aNetwork().network, tokenBuckets: true, now: () => 0 });
  for (let count = 0; count < 50; count++) await ids(ec2);
  expect(await refusal(ids(ec2))).toMatchObject({ code: 'RequestLimitExceeded' });
  expect(await ids(ec2, { MaxResults: 5 })).toHaveLength(2);
});
