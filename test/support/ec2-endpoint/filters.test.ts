/**
 * Tests filters. EC2 joins filters by AND, and the values of a filter by OR.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Filter,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function groupNames(ec2: EC2Client, ...Filters: Filter[]) {
  return ((await ec2.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups ?? []).map(
    ({ GroupName }) => GroupName,
  );
}

/** Groups in two VPCs, with the names prod, prods, production and *amazon?\. */
function networkOfGroups() {
  const network = new Network();
  const [vpc, otherVpc] = [network.addVpc(), network.addVpc({ tags: { Name: 'other' } })];
  network.addSecurityGroup({ vpcId: vpc.vpcId, groupName: 'prod', tags: { Owner: 'TeamA', Stage: '' } });
  network.addSecurityGroup({ vpcId: vpc.vpcId, groupName: 'prods', tags: { Owner: 'TeamB' } });
  network.addSecurityGroup({
    vpcId: otherVpc.vpcId,
    groupName: 'production',
    ownerId: '444455556666',
    description: 'shared (with us)',
  });
  network.addSecurityGroup({ vpcId: otherVpc.vpcId, groupName: '*amazon?\\' });
  return { network, vpc, otherVpc };
}

test('several filters are joined by AND, several values by OR', async () => {
  const { network, vpc, otherVpc } = networkOfGroups();
  const { ec2 } = await connect({ network });
  expect(await groupNames(ec2, { Name: 'group-name', Values: ['prod', 'production'] })).toEqual(['prod', 'production']);
  expect(
    await groupNames(
      ec2,
      { Name: 'group-name', Values: ['prod', 'production'] },
      { Name: 'vpc-id', Values: [otherVpc.vpcId] },
    ),
  ).toEqual(['production']);
  expect(
    await groupNames(ec2, { Name: 'vpc-id', Values: [vpc.vpcId] }, { Name: 'vpc-id', Values: [otherVpc.vpcId] }),
  ).toEqual([]);
});

test.each([
  ['*', ['prod', 'prods', 'production', '*amazon?\\']],
  ['prod*', ['prod', 'prods', 'production']],
  ['prod?', ['prod', 'prods']],
  ['?rod', ['prod']],
  ['*.*', []],
  ['\\*amazon\\?\\\\', ['*amazon?\\']],
  ['PROD', []],
])('the value %s finds %j: * is any characters, ? one or none, \\ takes their meaning away', async (value, found) => {
  const { ec2 } = await connect({ network: networkOfGroups().network });
  expect(await groupNames(ec2, { Name: 'group-name', Values: [value] })).toEqual(found);
});

test('tag:<key> compares the value of a tag, tag-key whether there is one', async () => {
  const { ec2 } = await connect({ network: networkOfGroups().network });
  expect(await groupNames(ec2, { Name: 'tag:Owner', Values: ['TeamA'] })).toEqual(['prod']);
  expect(await groupNames(ec2, { Name: 'tag:Owner', Values: ['Team*'] })).toEqual(['prod', 'prods']);
  expect(await groupNames(ec2, { Name: 'tag:Stage', Values: [''] })).toEqual(['prod']);
  expect(await groupNames(ec2, { Name: 'tag:owner', Values: ['TeamA'] })).toEqual([]);
  expect(await groupNames(ec2, { Name: 'tag-key', Values: ['Stage'] })).toEqual(['prod']);
});

test('groups are found by owner, description and id', async () => {
  const { network } = networkOfGroups();
  const { ec2 } = await connect({ network });
  const [first] = network.groups.keys();
  expect(await groupNames(ec2, { Name: 'owner-id', Values: ['444455556666'] })).toEqual(['production']);
  expect(await groupNames(ec2, { Name: 'description', Values: ['shared (with us)'] })).toEqual(['production']);
  expect(await groupNames(ec2, { Name: 'group-id', Values: [first, first] })).toEqual(['prod']);
  expect(await groupNames(ec2, { Name: 'group-id', Values: ['sg-*1', first] })).toContain('prod');
});

test('rules are found by group, id and tag', async () => {
  const { network } = networkOfGroups();
  const { ec2 } = await connect({ network });
  const [one, two] = [...network.groups.keys()].map(groupId => network.addIngress(groupId, { tags: { For: groupId } }));
  const found = async (Name: string, ...Values: string[]) => {
    const { SecurityGroupRules = [] } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name, Values }] }),
    );
    return SecurityGroupRules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId);
  };
  expect(await found('group-id', one.groupId, two.groupId)).toEqual([one.securityGroupRuleId, two.securityGroupRuleId]);
  expect(await found('security-group-rule-id', two.securityGroupRuleId)).toEqual([two.securityGroupRuleId]);
  expect(await found('security-group-rule-id', `*${two.securityGroupRuleId.slice(-4)}`)).toEqual([
    two.securityGroupRuleId,
  ]);
  expect(await found('tag:For', one.groupId)).toEqual([one.securityGroupRuleId]);
});

test('VPCs and peerings are found by what they are', async () => {
  const { network, vpc, otherVpc } = networkOfGroups();
  const { vpcPeeringConnectionId } = network.addPeering(vpc.vpcId, otherVpc.vpcId, { status: 'rejected' });
  const { ec2 } = await connect({ network });
  for (const [Name, value] of [['tag:Name', 'other'], ['vpc-id', otherVpc.vpcId]] as const) {
    expect((await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name, Values: [value] }] }))).Vpcs).toMatchObject([
      { VpcId: otherVpc.vpcId },
    ]);
  }
  expect(
    (await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }))).Vpcs,
  ).toEqual([]);
  for (const [Name, value] of [
    ['status-code', 'rejected'], ['requester-vpc-info.vpc-id', vpc.vpcId], ['accepter-vpc-info.vpc-id', otherVpc.vpcId],
    ['vpc-peering-connection-id', vpcPeeringConnectionId],
  ] as const) {
    const { VpcPeeringConnections } = await ec2.send(
      new DescribeVpcPeeringConnectionsCommand({ Filters: [{ Name, Values: [value] }] }),
    );
    expect(VpcPeeringConnections).toMatchObject([{ VpcPeeringConnectionId: vpcPeeringConnectionId }]);
  }
});

describe('fails', () => {
  test.each(['vpc-id', 'referenced-group-id', 'tag-key', 'Group-Id', 'toString'])(
    'for the filter %s, which DescribeSecurityGroupRules does not have',
    async Name => {
      const { ec2 } = await connect();
      expect(
        await refusal(ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name, Values: ['x'] }] }))),
      ).toMatchObject({ code: 'InvalidParameterValue', message: `The filter '${Name}' is invalid` });
    },
  );

  test('for a filter without values', async () => {
    const { ec2 } = await connect();
    expect(await refusal(ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id' }] })))).toMatchObject(
      { code: 'InvalidParameterValue' },
    );
  });

  test('for more than 200 values, in one filter or in all', async () => {
    const { ec2 } = await connect();
    const values = (count: number) =>
      Array.from({ length: count }, (_, index) => `sg-${index.toString(16).padStart(17, '0')}`);
    const send = (...counts: number[]) =>
      ec2.send(
        new DescribeSecurityGroupRulesCommand({
          Filters: counts.map(count => ({ Name: 'group-id', Values: values(count) })),
        }),
      );
    await expect(send(200)).resolves.toBeDefined();
    expect(await refusal(send(201))).toMatchObject({ code: 'FilterLimitExceeded' });
    expect(await refusal(send(100, 101))).toMatchObject({ code: 'FilterLimitExceeded' });
  });

  test('for more than 50 filters', async () => {
    const { ec2 } = await connect();
    const Filters = Array.from({ length: 51 }, (_, index) => ({ Name: `tag:${index}`, Values: ['x'] }));
    expect(await refusal(ec2.send(new DescribeSecurityGroupRulesCommand({ Filters })))).toMatchObject({
      code: 'FilterLimitExceeded',
    });
  });
});
