/** Tests DryRun, removed permissions, and resources of other accounts. */
import {
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeVpcsCommand,
  DescribeVpnConnectionsCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { connect, disconnect, peeredNetwork, refusal, type Wire } from './over-the-wire';

afterEach(disconnect);

/** The calls, each with and without DryRun. */
const CALLS: ReadonlyArray<readonly [action: string, send: (wire: Wire, DryRun: boolean) => Promise<unknown>]> = [
  ['DescribeVpcs', ({ ec2 }, DryRun) => ec2.send(new DescribeVpcsCommand({ DryRun }))],
  ['DescribeVpnConnections', ({ ec2 }, DryRun) => ec2.send(new DescribeVpnConnectionsCommand({ DryRun }))],
  [
    'DescribeStaleSecurityGroups',
    ({ ec2, network }, DryRun) =>
      ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: first(network.vpcs), DryRun })),
  ],
  [
    'RevokeSecurityGroupIngress',
    ({ ec2, network }, DryRun) =>
      ec2.send(
        new RevokeSecurityGroupIngressCommand({
          GroupId: first(network.groups),
          SecurityGroupRuleIds: [first(network.rules)],
          DryRun,
        }),
      ),
  ],
  [
    'DeleteSecurityGroup',
    ({ ec2, network }, DryRun) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: first(network.groups), DryRun })),
  ],
  [
    'CreateTags',
    ({ ec2, network }, DryRun) =>
      ec2.send(
        new CreateTagsCommand({ Resources: [first(network.rules)], Tags: [{ Key: 'Owner', Value: 'x' }], DryRun }),
      ),
  ],
];

function first(map: ReadonlyMap<string, unknown>): string {
  return [...map.keys()][0];
}

describe.each(CALLS)('%s', (action, send) => {
  test('as a dry run is DryRunOperation, and has no effect', async () => {
    const wire = await connect({ network: peeredNetwork().network });
    const before = wire.network.snapshot();
    expect(await refusal(send(wire, true))).toMatchObject({ code: 'DryRunOperation', status: 412 });
    expect(wire.network.snapshot()).toEqual(before);
    expect(wire.endpoint.calls).toMatchObject([{ action, isDryRun: true, outcome: 'DryRunOperation' }]);
  });

  test('that is denied is UnauthorizedOperation, dry run or not, and has no effect', async () => {
    const wire = await connect({ network: peeredNetwork().network });
    wire.endpoint.deny(action);
    const before = wire.network.snapshot();
    for (const isDryRun of [true, false]) {
      expect(await refusal(send(wire, isDryRun))).toMatchObject({
        code: 'UnauthorizedOperation',
        status: 403,
        message: expect.stringContaining(`ec2:${action}`) as string,
      });
    }
    expect(wire.network.snapshot()).toEqual(before);
  });
});

test('a dry run checks only the permission, not whether resources exist', async () => {
  const { ec2 } = await connect();
  const send = new RevokeSecurityGroupIngressCommand({
    GroupId: 'sg-99999999',
    IpPermissions: [{ IpProtocol: 'tcp', IpRanges: [] }],
    DryRun: true,
  });
  expect(await refusal(ec2.send(send))).toMatchObject({ code: 'DryRunOperation' });
});

test('a permission can be taken away for one VPC', async () => {
  const { network, vpc, peerVpc, group, peer } = peeredNetwork();
  const { ec2, endpoint } = await connect({ network });
  for (const action of [
    'DescribeStaleSecurityGroups',
    'DescribeVpcs',
    'DescribeSecurityGroups',
    'RevokeSecurityGroupIngress',
  ]) {
    endpoint.deny(action, { vpcId: vpc.vpcId });
  }

  const outcomes = async (vpcId: string, groupId: string) =>
    Promise.all(
      [
        ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId })),
        ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] })),
        ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })),
        ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] })),
        ec2.send(
          new RevokeSecurityGroupIngressCommand({
            GroupId: groupId,
            IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
          }),
        ),
      ].map(call =>
        call.then(
          () => 'OK',
          (error: Error) => error.name,
        ),
      ),
    );

  expect(await outcomes(vpc.vpcId, group.groupId)).toEqual(Array(5).fill('UnauthorizedOperation'));
  expect(await outcomes(peerVpc.vpcId, peer.groupId)).toEqual(['OK', 'OK', 'OK', 'OK', 'InvalidPermission.NotFound']);
  await expect(ec2.send(new DescribeVpcsCommand({}))).resolves.toMatchObject({ Vpcs: [{}, {}] });
});

test('a permission can be taken away for one group', async () => {
  const { network, vpc, group, rule } = peeredNetwork();
  const { ec2, endpoint } = await connect({ network });
  const other = network.addSecurityGroup({ vpcId: vpc.vpcId });
  for (const action of ['RevokeSecurityGroupIngress', 'DescribeSecurityGroupRules', 'CreateTags']) {
    endpoint.deny(action, { groupId: group.groupId });
  }
  const revoke = (GroupId: string) =>
    ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [rule.securityGroupRuleId] }));
  const describe = (GroupId: string) =>
    ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [GroupId] }] }));
  expect(await refusal(revoke(group.groupId))).toMatchObject({ code: 'UnauthorizedOperation' });
  expect(await refusal(describe(group.groupId))).toMatchObject({ code: 'UnauthorizedOperation' });
  expect(
    await refusal(
      ec2.send(new CreateTagsCommand({ Resources: [rule.securityGroupRuleId], Tags: [{ Key: 'x', Value: '' }] })),
    ),
  ).toMatchObject({ code: 'UnauthorizedOperation' });
  await expect(describe(other.groupId)).resolves.toMatchObject({ SecurityGroupRules: [] });
});

test('the groups of another account can be described, but not changed', async () => {
  const { network, vpc } = peeredNetwork();
  const { ec2 } = await connect({ network });
  const { groupId } = network.addSecurityGroup({ vpcId: vpc.vpcId, ownerId: '444455556666' });
  const { securityGroupRuleId } = network.addIngress(groupId, { cidrIpv4: '10.0.0.0/8' });
  const before = network.snapshot();

  expect((await ec2.send(new DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules).toMatchObject([
    { GroupOwnerId: '111122223333' },
    { GroupOwnerId: '444455556666', SecurityGroupRuleArn: expect.stringContaining(':444455556666:') as string },
  ]);

  const SecurityGroupRules = [
    {
      SecurityGroupRuleId: securityGroupRuleId,
      SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, CidrIpv4: '10.0.0.0/8' },
    },
  ];
  const changes = [
    ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: [securityGroupRuleId] })),
    ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: groupId, SecurityGroupRuleIds: [securityGroupRuleId] })),
    ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: groupId, SecurityGroupRules })),
    ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId })),
  ];
  for (const change of changes) expect(await refusal(change)).toMatchObject({ code: 'UnauthorizedOperation' });
  expect(network.snapshot()).toEqual(before);
});
