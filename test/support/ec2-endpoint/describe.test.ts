/** Tests what describe calls return by id and by filter. */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  type Filter,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, peeredNetwork, refusal } from './over-the-wire';

afterEach(disconnect);

const UNKNOWN_GROUP = 'sg-0123456789abcdef0';
const UNKNOWN_RULE = 'sgr-0123456789abcdef0';

describe('DescribeSecurityGroups', () => {
  test('merges rules of equal protocol and ports into one permission, and leaves out the ports of protocol -1', async () => {
    const { network, group, peer, peering, peerVpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.addIngress(group.groupId, { cidrIpv4: '10.0.0.0/8', description: 'inside' });
    network.addIngress(group.groupId, { cidrIpv6: 'fd00::/8' });
    network.addIngress(group.groupId, { prefixListId: 'pl-0123456789abcdef0' });
    network.addIngress(group.groupId, { ipProtocol: 'udp', fromPort: 53, toPort: 53, cidrIpv4: '10.0.0.0/8' });
    network.addEgress(group.groupId, { ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' });

    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group.groupId] }));

    expect(SecurityGroups).toMatchObject([
      {
        GroupId: group.groupId,
        OwnerId: '111122223333',
        VpcId: group.vpcId,
        Description: 'made for a test',
        Tags: [],
        SecurityGroupArn: `arn:aws:ec2:eu-central-1:111122223333:security-group/${group.groupId}`,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 443,
            ToPort: 443,
            IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
            Ipv6Ranges: [{ CidrIpv6: 'fd00::/8' }],
            PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }],
            UserIdGroupPairs: [
              {
                GroupId: peer.groupId,
                UserId: '111122223333',
                VpcId: peerVpc.vpcId,
                VpcPeeringConnectionId: peering.vpcPeeringConnectionId,
                PeeringStatus: 'active',
              },
            ],
          },
          { IpProtocol: 'udp', FromPort: 53, ToPort: 53 },
        ],
      },
    ]);
    expect(SecurityGroups?.[0].IpPermissionsEgress).toEqual([
      {
        IpProtocol: '-1',
        IpRanges: [{ CidrIp: '0.0.0.0/0' }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
    ]);
  });

  test.each([
    ['an unknown id', { GroupIds: [UNKNOWN_GROUP] }, 'InvalidGroup.NotFound'],
    ['an unknown id beside a known one', { GroupIds: ['sg-11111111', UNKNOWN_GROUP] }, 'InvalidGroup.NotFound'],
    ['a malformed id', { GroupIds: ['sg-1'] }, 'InvalidGroupId.Malformed'],
    ['wildcards in an id', { GroupIds: ['sg-*'] }, 'InvalidGroupId.Malformed'],
    ['a name, where there is no default VPC', { GroupNames: ['web'] }, 'InvalidGroup.NotFound'],
  ])('fails for %s', async (_, request, code) => {
    const { network, ec2 } = await connect();
    network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupId: 'sg-11111111', groupName: 'web' });
    expect(await refusal(ec2.send(new DescribeSecurityGroupsCommand(request)))).toMatchObject({ code });
  });

  test('finds groups of the default VPC, and of no other, by name', async () => {
    const { network, ec2 } = await connect();
    for (const isDefault of [false, true]) {
      network.addSecurityGroup({ vpcId: network.addVpc({ isDefault }).vpcId, groupName: 'web' });
    }
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ['web'] }));
    expect(SecurityGroups.map(({ VpcId = '' }) => network.vpcs.get(VpcId)?.isDefault)).toEqual([true]);
  });
});

describe('DescribeSecurityGroupRules', () => {
  test('shows one source per rule, with the ARN of the rule and without the name of the group referred to', async () => {
    const { network, group, peer, peering, peerVpc, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.modifyRule(rule.securityGroupRuleId, {
      description: 'partner',
      tags: { Owner: 'TeamA' },
      reference: { groupId: peer.groupId },
    });

    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [rule.securityGroupRuleId] }),
    );

    expect(SecurityGroupRules).toEqual([
      {
        SecurityGroupRuleId: rule.securityGroupRuleId,
        GroupId: group.groupId,
        GroupOwnerId: '111122223333',
        IsEgress: false,
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        Description: 'partner',
        Tags: [{ Key: 'Owner', Value: 'TeamA' }],
        ReferencedGroupInfo: {
          GroupId: peer.groupId,
          UserId: '111122223333',
          VpcId: peerVpc.vpcId,
          VpcPeeringConnectionId: peering.vpcPeeringConnectionId,
          PeeringStatus: 'active',
        },
        SecurityGroupRuleArn: `arn:aws:ec2:eu-central-1:111122223333:security-group-rule/${rule.securityGroupRuleId}`,
      },
    ]);
  });

  test('shows the ports of protocol -1 as -1', async () => {
    const { network, ec2 } = await connect();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    network.addEgress(groupId, { ipProtocol: '-1', cidrIpv6: '::/0' });
    const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
    expect(SecurityGroupRules).toMatchObject([
      { IsEgress: true, IpProtocol: '-1', FromPort: -1, ToPort: -1, CidrIpv6: '::/0' },
    ]);
  });

  test('answers what is well-formed but unknown with nothing, when it is a filter', async () => {
    const { ec2 } = await connect();
    for (const Filters of [
      [{ Name: 'group-id', Values: [UNKNOWN_GROUP] }],
      [{ Name: 'security-group-rule-id', Values: [UNKNOWN_RULE] }],
    ]) {
      expect((await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }))).SecurityGroupRules).toEqual([]);
    }
  });

  test.each([
    [
      'an unknown id',
      { SecurityGroupRuleIds: [UNKNOWN_RULE] },
      'InvalidSecurityGroupRuleId.NotFound',
      `The security group rule ID '${UNKNOWN_RULE}' does not exist`,
    ],
    ['a malformed id', { SecurityGroupRuleIds: ['sgr-12345678'] }, 'InvalidSecurityGroupRuleId.Malformed', 'malformed'],
    [
      'a malformed id of a group in a filter',
      { Filters: [{ Name: 'group-id', Values: ['sg-1'] }] },
      'InvalidGroupId.Malformed',
      'sg-1',
    ],
  ])('fails for %s', async (_, request, code, message) => {
    const { ec2 } = await connect();
    expect(await refusal(ec2.send(new DescribeSecurityGroupRulesCommand(request)))).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  test('goes on showing a revoked rule for as many reads as a test wants', async () => {
    const { network, group, rule } = peeredNetwork();
    const { ec2, endpoint } = await connect({ network });
    const kept = network.addIngress(group.groupId, { cidrIpv4: '10.0.0.0/8' });
    endpoint.showRevokedRulesFor(3);
    await revoke(rule.securityGroupRuleId);

    expect(await read({ SecurityGroupRuleIds: [rule.securityGroupRuleId] })).toEqual([rule.securityGroupRuleId]);
    expect(await read({ SecurityGroupRuleIds: [kept.securityGroupRuleId] })).toEqual([kept.securityGroupRuleId]);
    expect(await read({ Filters: [{ Name: 'group-id', Values: [group.groupId] }] })).toEqual([
      kept.securityGroupRuleId,
      rule.securityGroupRuleId,
    ]);
    expect(await read({ Filters: [{ Name: 'group-id', Values: [group.groupId] }] })).toEqual([
      kept.securityGroupRuleId,
    ]);

    async function read(request: { SecurityGroupRuleIds?: string[]; Filters?: Filter[] }) {
      const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand(request));
      return SecurityGroupRules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId);
    }
    async function revoke(id: string) {
      const body = new URLSearchParams({
        'Action': 'RevokeSecurityGroupIngress',
        'GroupId': group.groupId,
        'SecurityGroupRuleId.1': id,
      });
      expect((await fetch(endpoint.url, { method: 'POST', body })).status).toBe(200);
    }
  });
});

test('DescribeVpcs shows owner, default and tags', async () => {
  const network = new Network('111122223333', 'eu-central-1');
  const { vpcId } = network.addVpc({ isDefault: true, tags: { Name: 'main' } });
  const shared = network.addVpc({ ownerId: '444455556666' });
  network.addSecurityGroup({ vpcId: shared.vpcId });
  network.addVpc({ ownerId: '777788889999', tags: { Name: 'only peered, so not to be seen' } });
  const { ec2 } = await connect({ network });
  expect((await ec2.send(new DescribeVpcsCommand({}))).Vpcs).toEqual([
    {
      VpcId: vpcId,
      OwnerId: '111122223333',
      State: 'available',
      CidrBlock: '10.0.0.0/16',
      IsDefault: true,
      Tags: [{ Key: 'Name', Value: 'main' }],
    },
    {
      VpcId: shared.vpcId,
      OwnerId: '444455556666',
      State: 'available',
      CidrBlock: '10.0.0.0/16',
      IsDefault: false,
      Tags: [],
    },
  ]);
  expect((await ec2.send(new DescribeVpcsCommand({ VpcIds: [shared.vpcId] }))).Vpcs).toHaveLength(1);
});

test.each([
  ['vpc-0123456789abcdef0', 'InvalidVpcID.NotFound'],
  ['vpc-xyz', 'InvalidVpcID.Malformed'],
])('DescribeVpcs fails for %s', async (id, code) => {
  const { ec2 } = await connect();
  expect(await refusal(ec2.send(new DescribeVpcsCommand({ VpcIds: [id] })))).toMatchObject({ code });
});

test('DescribeVpcPeeringConnections shows both sides and the status, and fails for an unknown id', async () => {
  const { network, peering, vpc, peerVpc } = peeredNetwork();
  network.addPeering(vpc.vpcId, network.addVpc().vpcId);
  const { ec2 } = await connect({ network });
  const VpcPeeringConnectionIds = [peering.vpcPeeringConnectionId];
  const { VpcPeeringConnections } = await ec2.send(
    new DescribeVpcPeeringConnectionsCommand({ VpcPeeringConnectionIds }),
  );
  expect(VpcPeeringConnections).toMatchObject([
    {
      VpcPeeringConnectionId: peering.vpcPeeringConnectionId,
      Status: { Code: 'active' },
      RequesterVpcInfo: { VpcId: vpc.vpcId, OwnerId: '111122223333' },
      AccepterVpcInfo: { VpcId: peerVpc.vpcId, OwnerId: '111122223333' },
    },
  ]);
  expect(
    await refusal(
      ec2.send(new DescribeVpcPeeringConnectionsCommand({ VpcPeeringConnectionIds: ['pcx-0123456789abcdef0'] })),
    ),
  ).toMatchObject({ code: 'InvalidVpcPeeringConnectionID.NotFound' });
});
