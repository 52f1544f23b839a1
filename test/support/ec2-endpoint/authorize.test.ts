/** Tests AuthorizeSecurityGroupIngress and AuthorizeSecurityGroupEgress. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, peeredNetwork, refusal } from './over-the-wire';

afterEach(disconnect);

function networkOfOneGroup() {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupId: 'sg-11111111' });
  return { network, groupId };
}

function authorize(ec2: EC2Client, ...IpPermissions: IpPermission[]) {
  return ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: 'sg-11111111', IpPermissions }));
}

const ssh = (permission: IpPermission): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: 22,
  ToPort: 22,
  ...permission,
});

test('each source becomes a rule with an id of its own, its description and the tags', async () => {
  const { network, groupId } = networkOfOneGroup();
  const { ec2 } = await connect({ network });

  const { Return, SecurityGroupRules = [] } = await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: groupId,
      IpPermissions: [
        ssh({
          IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
          Ipv6Ranges: [{ CidrIpv6: 'fd00::/8' }],
          PrefixListIds: [{ PrefixListId: 'pl-1' }],
        }),
      ],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'Owner', Value: 'TeamA' }] }],
    }),
  );

  const rule = {
    GroupId: groupId,
    IsEgress: false,
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    Tags: [{ Key: 'Owner', Value: 'TeamA' }],
  };
  expect(Return).toBe(true);
  expect(SecurityGroupRules).toMatchObject([
    { ...rule, CidrIpv4: '10.0.0.0/8', Description: 'inside' },
    { ...rule, CidrIpv6: 'fd00::/8' },
    { ...rule, PrefixListId: 'pl-1' },
  ]);
  expect(SecurityGroupRules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId)).toEqual([...network.rules.keys()]);
  const [one, two] = network.rulesOf(groupId);
  one.tags.Owner = 'TeamB';
  expect(two.tags).toEqual({ Owner: 'TeamA' });
});

test('an egress rule is one', async () => {
  const { network, groupId } = networkOfOneGroup();
  const { ec2 } = await connect({ network });
  const { SecurityGroupRules } = await ec2.send(
    new AuthorizeSecurityGroupEgressCommand({
      GroupId: groupId,
      IpPermissions: [ssh({ IpRanges: [{ CidrIp: '10.0.0.0/8' }] })],
    }),
  );
  expect(SecurityGroupRules).toMatchObject([{ IsEgress: true }]);
  await expect(authorize(ec2, ssh({ IpRanges: [{ CidrIp: '10.0.0.0/8' }] }))).resolves.toMatchObject({ Return: true });
});

test.each([
  [{ IpRanges: [{ CidrIp: '100.68.0.18/18' }] }, { cidrIpv4: '100.68.0.0/18' }],
  [{ IpRanges: [{ CidrIp: '203.0.113.7/32' }] }, { cidrIpv4: '203.0.113.7/32' }],
  [{ IpRanges: [{ CidrIp: '203.0.113.7/0' }] }, { cidrIpv4: '0.0.0.0/0' }],
  [{ Ipv6Ranges: [{ CidrIpv6: '2001:DB8:0:0::1/32' }] }, { cidrIpv6: '2001:db8::/32' }],
  [
    { Ipv6Ranges: [{ CidrIpv6: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/51' }] },
    { cidrIpv6: '2001:db8:ffff:e000::/51' },
  ],
  [{ Ipv6Ranges: [{ CidrIpv6: '::1/128' }] }, { cidrIpv6: '::1/128' }],
  [{ Ipv6Ranges: [{ CidrIpv6: 'ff::/0' }] }, { cidrIpv6: '::/0' }],
])('of the range %j the first address is kept', async (source, kept) => {
  const { network, groupId } = networkOfOneGroup();
  const { ec2 } = await connect({ network });
  await authorize(ec2, ssh(source));
  expect(network.rulesOf(groupId)).toMatchObject([kept]);
});

test.each([
  ['6', 'tcp'], ['17', 'udp'], ['UDP', 'udp'], ['1', 'icmp'], ['58', 'icmpv6'], ['50', '50'], ['-1', '-1'],
])('the protocol %s is kept as %s', async (IpProtocol, kept) => {
  const { network, groupId } = networkOfOneGroup();
  const { ec2 } = await connect({ network });
  await authorize(ec2, ssh({ IpProtocol, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }));
  expect(network.rulesOf(groupId)).toMatchObject([{ ipProtocol: kept }]);
});

describe('a rule that is there already', () => {
  test.each<[string, IpPermission]>([
    ['as it is', { IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    [
      'in another spelling and with another description',
      { IpProtocol: '6', IpRanges: [{ CidrIp: '10.9.9.9/8', Description: 'again' }] },
    ],
  ])('fails %s, and adds nothing of the call', async (_, again) => {
    const { network, groupId } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '10.0.0.0/8' });
    expect(await refusal(authorize(ec2, ssh({ IpRanges: [{ CidrIp: '172.16.0.0/12' }] }), ssh(again)))).toMatchObject({
      code: 'InvalidPermission.Duplicate',
    });
    expect(network.rules.size).toBe(1);
  });

  test('fails when the call itself has it twice', async () => {
    const { network } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    const IpRanges = [{ CidrIp: '10.0.0.0/8', Description: 'one' }, { CidrIp: '10.0.0.1/8', Description: 'two' }];
    expect(await refusal(authorize(ec2, ssh({ IpRanges })))).toMatchObject({ code: 'InvalidParameterValue' });
    expect(network.rules.size).toBe(0);
  });
});

describe('a reference to a group', () => {
  test('of the same VPC has no peering', async () => {
    const { network, groupId } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    const { SecurityGroupRules } = await authorize(ec2, ssh({ UserIdGroupPairs: [{ GroupId: groupId }] }));
    expect(SecurityGroupRules?.[0].ReferencedGroupInfo).toEqual({ GroupId: groupId, UserId: '111122223333' });
  });

  test('in a default VPC can be made by name', async () => {
    const { network, ec2 } = await connect();
    const { vpcId } = network.addVpc({ isDefault: true });
    network.addSecurityGroup({ vpcId, groupId: 'sg-11111111' });
    network.addSecurityGroup({ vpcId, groupId: 'sg-22222222', groupName: 'web' });
    await authorize(ec2, ssh({ UserIdGroupPairs: [{ GroupName: 'web' }] }));
    expect(network.rulesOf('sg-11111111')).toMatchObject([{ reference: { groupId: 'sg-22222222' } }]);
  });

  test('fails when that does not exist', async () => {
    const { network } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    expect(await refusal(authorize(ec2, ssh({ UserIdGroupPairs: [{ GroupId: 'sg-99999999' }] })))).toMatchObject({
      code: 'InvalidGroup.NotFound',
    });
  });

  test('of a peer VPC fails when the peering is not active, and does not once there is another', async () => {
    const { network, group, peer, peering, rule, vpc, peerVpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.removeRule(rule.securityGroupRuleId);
    network.deletePeering(peering.vpcPeeringConnectionId);
    const IpPermissions = [ssh({ UserIdGroupPairs: [{ GroupId: peer.groupId }] })];
    const send = () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group.groupId, IpPermissions }));
    expect(await refusal(send())).toMatchObject({ code: 'InvalidGroup.NotFound' });
    const { vpcPeeringConnectionId } = network.addPeering(vpc.vpcId, peerVpc.vpcId);
    expect((await send()).SecurityGroupRules?.[0].ReferencedGroupInfo).toMatchObject({
      VpcPeeringConnectionId: vpcPeeringConnectionId,
    });
  });
});

describe('fails', () => {
  const range = { IpRanges: [{ CidrIp: '10.0.0.0/8' }] };
  test.each<[string, IpPermission, string]>([
    ['for TCP without ports', { IpProtocol: 'tcp', ...range }, 'InvalidParameterValue'],
    [
      'for ports the wrong way round',
      { IpProtocol: 'tcp', FromPort: 23, ToPort: 22, ...range },
      'InvalidParameterValue',
    ],
    ['for a port above 65535', { IpProtocol: 'udp', FromPort: 0, ToPort: 65536, ...range }, 'InvalidParameterValue'],
    [
      'for all codes missing with all ICMP types',
      { IpProtocol: 'icmp', FromPort: -1, ToPort: 0, ...range },
      'InvalidParameterValue',
    ],
    ['for a protocol that is none', { IpProtocol: 'http', ...range }, 'InvalidParameterValue'],
    ['for a protocol number above 255', { IpProtocol: '256', ...range }, 'InvalidParameterValue'],
    ['for an address without a prefix length', ssh({ IpRanges: [{ CidrIp: '10.0.0.0' }] }), 'InvalidParameterValue'],
    ['for an address that is none', ssh({ IpRanges: [{ CidrIp: '10.0.0.256/32' }] }), 'InvalidParameterValue'],
    ['for an IPv4 range as an IPv6 one', ssh({ Ipv6Ranges: [{ CidrIpv6: '10.0.0.0/8' }] }), 'InvalidParameterValue'],
    ['for an IPv6 prefix above 128', ssh({ Ipv6Ranges: [{ CidrIpv6: '::/129' }] }), 'InvalidParameterValue'],
    [
      'for a description with other characters',
      ssh({ IpRanges: [{ CidrIp: '10.0.0.0/8', Description: "TeamA's" }] }),
      'InvalidParameterValue',
    ],
    [
      'for a description of 256 characters',
      ssh({ IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'x'.repeat(256) }] }),
      'InvalidParameterValue',
    ],
  ])('%s', async (_, permission, code) => {
    const { network } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    expect(await refusal(authorize(ec2, permission))).toMatchObject({ code });
    expect(network.rules.size).toBe(0);
  });

  test('without permissions', async () => {
    const { ec2 } = await connect({ network: networkOfOneGroup().network });
    expect(await refusal(authorize(ec2))).toMatchObject({ code: 'MissingParameter' });
  });

  test.each([
    ['for tags of something else', 'security-group' as const, 'Owner'],
    ['for a tag that only AWS can set', 'security-group-rule' as const, 'aws:cloudformation:stack-name'],
  ])('%s', async (_, ResourceType, Key) => {
    const { network, groupId } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    expect(await refusal(ec2.send(new AuthorizeSecurityGroupIngressCommand({
      GroupId: groupId, IpPermissions: [ssh(range)], TagSpecifications: [{ ResourceType, Tags: [{ Key, Value: 'x' }] }],
    })))).toMatchObject({ code: 'InvalidParameterValue' });
    expect(network.rules.size).toBe(0);
  });
});

describe('tags of a new rule', () => {
  const tagged = async (count: number) => {
    const { network, groupId } = networkOfOneGroup();
    const { ec2 } = await connect({ network });
    const send = ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [ssh({ IpRanges: [{ CidrIp: '10.0.0.0/8' }] })],
        TagSpecifications: [
          {
            ResourceType: 'security-group-rule',
            Tags: Array.from({ length: count }, (_, index) => ({ Key: `Key${index}`, Value: 'x' })),
          },
        ],
      }),
    );
    return { network, send };
  };

  test('may be 50', async () => {
    const { network, send } = await tagged(50);
    await send;
    expect(Object.keys([...network.rules.values()][0].tags)).toHaveLength(50);
  });

  test('of more the call fails, and adds no rule', async () => {
    const { network, send } = await tagged(51);
    expect(await refusal(send)).toMatchObject({ code: 'TagLimitExceeded' });
    expect(network.rules.size).toBe(0);
  });
});

describe('the quota of rules', () => {
  const ipv4 = (index: number): IpPermission => ssh({ IpRanges: [{ CidrIp: `10.0.${index}.0/24` }] });
  const ipv6 = (index: number): IpPermission => ssh({ Ipv6Ranges: [{ CidrIpv6: `fd00:${index}::/32` }] });
  const many = (count: number, permission: (index: number) => IpPermission) =>
    Array.from({ length: count }, (_, index) => permission(index));

  async function connected(rulesPerGroup?: number) {
    const { network, groupId } = networkOfOneGroup();
    if (rulesPerGroup !== undefined) network.rulesPerGroup = rulesPerGroup;
    const { ec2 } = await connect({ network });
    return { network, groupId, ec2 };
  }

  test('is 60 for IPv4 and 60 for IPv6, and what is above it adds nothing of the call', async () => {
    const { network, ec2 } = await connected();
    await authorize(ec2, ...many(59, ipv4));
    expect(await refusal(authorize(ec2, ipv4(59), ipv4(60)))).toMatchObject({
      code: 'RulesPerSecurityGroupLimitExceeded',
      status: 400,
    });
    expect(network.rules.size).toBe(59);
    await authorize(ec2, ipv4(59));
    expect(await refusal(authorize(ec2, ipv4(60)))).toMatchObject({ code: 'RulesPerSecurityGroupLimitExceeded' });
    await authorize(ec2, ...many(60, ipv6));
    expect(await refusal(authorize(ec2, ipv6(60)))).toMatchObject({ code: 'RulesPerSecurityGroupLimitExceeded' });
    expect(network.rules.size).toBe(120);
  });

  test.each<[string, IpPermission]>([
    ['a group', ssh({ UserIdGroupPairs: [{ GroupId: 'sg-11111111' }] })],
    ['a prefix list', ssh({ PrefixListIds: [{ PrefixListId: 'pl-1' }] })],
  ])('counts %s for both', async (_, permission) => {
    const { network, ec2 } = await connected(1);
    await authorize(ec2, permission);
    for (const each of [ipv4(0), ipv6(0)]) {
      expect(await refusal(authorize(ec2, each))).toMatchObject({ code: 'RulesPerSecurityGroupLimitExceeded' });
    }
    expect(network.rules.size).toBe(1);
  });

  test('is one of ingress and one of egress, of each group', async () => {
    const { network, groupId, ec2 } = await connected(1);
    const other = network.addSecurityGroup({ vpcId: [...network.vpcs.keys()][0] });
    for (const GroupId of [groupId, other.groupId]) {
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ipv4(0)] }));
      await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [ipv4(0)] }));
    }
    expect(network.rules.size).toBe(4);
    const again = ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: groupId, IpPermissions: [ipv4(1)] }));
    expect(await refusal(again)).toMatchObject({ code: 'RulesPerSecurityGroupLimitExceeded' });
  });

  test('is free again when a rule is gone, and does not hold back the builders', async () => {
    const { network, groupId, ec2 } = await connected(1);
    const { securityGroupRuleId } = network.addIngress(groupId, { cidrIpv4: '10.1.0.0/16' });
    const extra = network.addIngress(groupId, { cidrIpv4: '10.2.0.0/16' });
    expect(await refusal(authorize(ec2, ipv4(0)))).toMatchObject({ code: 'RulesPerSecurityGroupLimitExceeded' });
    for (const id of [securityGroupRuleId, extra.securityGroupRuleId]) network.removeRule(id);
    await expect(authorize(ec2, ipv4(0))).resolves.toMatchObject({ Return: true });
  });

  test('does not hide that a rule is there already', async () => {
    const { ec2 } = await connected(1);
    await authorize(ec2, ipv4(0));
    expect(await refusal(authorize(ec2, ipv4(0)))).toMatchObject({ code: 'InvalidPermission.Duplicate' });
  });
});
