/**
 * Tests RevokeSecurityGroupIngress and RevokeSecurityGroupEgress: by ids all or nothing, and by IpPermissions depending
 * on the kind of VPC.
 */
import {
  type EC2Client,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { Network, type RuleSpecification, type SecurityGroupRule } from './';
import { connect, disconnect, peeredNetwork, refusal } from './over-the-wire';

afterEach(disconnect);

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
const UNKNOWN_RULE = 'sgr-0123456789abcdef0';

function networkWith(vpc: { isDefault: boolean }) {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc(vpc).vpcId, groupName: 'web' });
  return { network, groupId };
}

type Request = {
  GroupId?: string;
  GroupName?: string;
  SecurityGroupRuleIds?: string[];
  IpPermissions?: IpPermission[];
};

const DIRECTIONS = [
  [
    'ingress',
    (network: Network, groupId: string, rule: RuleSpecification): SecurityGroupRule =>
      network.addIngress(groupId, rule),
    (ec2: EC2Client, request: Request) => ec2.send(new RevokeSecurityGroupIngressCommand(request)),
  ],
  [
    'egress',
    (network: Network, groupId: string, rule: RuleSpecification): SecurityGroupRule => network.addEgress(groupId, rule),
    (ec2: EC2Client, { GroupId, SecurityGroupRuleIds, IpPermissions }: Request) =>
      ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, SecurityGroupRuleIds, IpPermissions })),
  ],
] as const;

describe.each(DIRECTIONS)('revoking %s rules by their ids', (direction, add, revoke) => {
  test('removes these and no other, and answers what they were', async () => {
    const { network, groupId } = networkWith({ isDefault: false });
    const { ec2 } = await connect({ network });
    const [one, two, kept] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
      .map(cidrIpv4 => add(network, groupId, { ...SSH, cidrIpv4, description: 'x' }));

    const SecurityGroupRuleIds = [two, one, two].map(({ securityGroupRuleId }) => securityGroupRuleId);
    const answer = await revoke(ec2, { GroupId: groupId, SecurityGroupRuleIds });

    const revoked = {
      GroupId: groupId,
      IsEgress: direction === 'egress',
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      Description: 'x',
    };
    expect(answer).toMatchObject({ Return: true, UnknownIpPermissions: [] });
    expect(answer.RevokedSecurityGroupRules).toEqual([
      { ...revoked, SecurityGroupRuleId: two.securityGroupRuleId, CidrIpv4: '172.16.0.0/12' },
      { ...revoked, SecurityGroupRuleId: one.securityGroupRuleId, CidrIpv4: '10.0.0.0/8' },
    ]);
    expect(network.rulesOf(groupId)).toEqual([kept]);
  });

  test.each([
    ['is unknown', () => UNKNOWN_RULE, 'InvalidSecurityGroupRuleId.NotFound'],
    ['is malformed', () => 'sgr-1', 'InvalidSecurityGroupRuleId.Malformed'],
    [
      'is one of another group',
      (network: Network) => {
        const other = network.addSecurityGroup({ vpcId: [...network.vpcs.keys()][0] });
        return add(network, other.groupId, SSH).securityGroupRuleId;
      },
      'InvalidSecurityGroupRuleId.NotFound',
    ],
    [
      'is one of the other direction',
      (network: Network, groupId: string) =>
        (direction === 'egress' ? network.addIngress(groupId, SSH) : network.addEgress(groupId, SSH))
          .securityGroupRuleId,
      'InvalidSecurityGroupRuleId.NotFound',
    ],
  ])('fails and revokes nothing when one id %s', async (_, strange, code) => {
    const { network, groupId } = networkWith({ isDefault: true });
    const { ec2 } = await connect({ network });
    const { securityGroupRuleId } = add(network, groupId, SSH);
    const id = strange(network, groupId);
    const before = network.snapshot();

    expect(
      await refusal(revoke(ec2, { GroupId: groupId, SecurityGroupRuleIds: [securityGroupRuleId, id] })),
    ).toMatchObject({ code });

    expect(network.snapshot()).toEqual(before);
  });

  test('fails with an empty list, which reaches EC2 as a group and nothing else', async () => {
    const { network, groupId } = networkWith({ isDefault: true });
    const { ec2 } = await connect({ network });
    add(network, groupId, SSH);
    expect(await refusal(revoke(ec2, { GroupId: groupId, SecurityGroupRuleIds: [] }))).toMatchObject({
      code: 'MissingParameter',
    });
    expect(network.rulesOf(groupId)).toHaveLength(1);
  });
});

describe.each(DIRECTIONS)('revoking %s rules by IpPermissions', (direction, add, revoke) => {
  const permission = (CidrIp: string): IpPermission => ({
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp }],
  });

  test('in a default VPC: what does not match is no error, but answered as unknown', async () => {
    const { network, groupId } = networkWith({ isDefault: true });
    const { ec2 } = await connect({ network });
    const { securityGroupRuleId } = add(network, groupId, { ...SSH, cidrIpv4: '10.0.0.0/8' });

    const answer = await revoke(ec2, {
      GroupId: groupId,
      IpPermissions: [permission('10.0.0.0/8'), permission('10.0.0.0/9')],
    });

    expect(answer.Return).toBe(true);
    expect(answer.RevokedSecurityGroupRules).toMatchObject([{ SecurityGroupRuleId: securityGroupRuleId }]);
    expect(answer.UnknownIpPermissions).toEqual([
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '10.0.0.0/9' }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
    ]);
    expect(network.rulesOf(groupId)).toEqual([]);
  });

  test('elsewhere: fails when one does not match, and revokes nothing', async () => {
    const { network, groupId } = networkWith({ isDefault: false });
    const { ec2 } = await connect({ network });
    add(network, groupId, { ...SSH, cidrIpv4: '10.0.0.0/8' });
    expect(
      await refusal(
        revoke(ec2, { GroupId: groupId, IpPermissions: [permission('10.0.0.0/8'), permission('10.0.0.0/9')] }),
      ),
    ).toMatchObject({ code: 'InvalidPermission.NotFound', status: 400 });
    expect(network.rulesOf(groupId)).toHaveLength(1);
  });

  test('does not touch the same rule of the other direction', async () => {
    const { network, groupId } = networkWith({ isDefault: false });
    const { ec2 } = await connect({ network });
    for (const [, each] of DIRECTIONS) each(network, groupId, { ...SSH, cidrIpv4: '10.0.0.0/8' });
    await revoke(ec2, { GroupId: groupId, IpPermissions: [permission('10.0.0.0/8')] });
    expect(network.rulesOf(groupId).map(({ isEgress }) => isEgress)).toEqual([direction === 'ingress']);
  });
});

describe('a rule matches IpPermissions', () => {
  const group = (groupId: string): Partial<IpPermission> => ({ UserIdGroupPairs: [{ GroupId: groupId }] });
  test.each<[string, RuleSpecification, IpPermission]>([
    [
      'by the number of its protocol',
      SSH,
      { IpProtocol: '6', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
    ],
    ['in capital letters', SSH, { IpProtocol: 'TCP', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    [
      'by a range that is not written from its first address',
      SSH,
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.1.2.3/8' }] },
    ],
    [
      'whatever its description',
      { ...SSH, description: 'x' },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'y' }] },
    ],
    [
      'by a longer spelling of an IPv6 range',
      { ...SSH, cidrIpv6: 'fd00::/8' },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: 'FD00:0:0::1/8' }] },
    ],
    [
      'by a prefix list',
      { ...SSH, prefixListId: 'pl-1' },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId: 'pl-1' }] },
    ],
    [
      'of protocol -1, whatever the ports',
      { ipProtocol: '-1' },
      { IpProtocol: '-1', FromPort: 0, ToPort: 65535, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
    ],
    [
      'of ICMPv6 without a type',
      { ipProtocol: 'icmpv6', fromPort: -1, toPort: -1, cidrIpv6: '::/0' },
      { IpProtocol: '58', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
    ],
    [
      'by a deleted group, with its id alone',
      { ...SSH, reference: { groupId: 'sg-22222222', vpcId: 'vpc-22222222' } },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...group('sg-22222222') },
    ],
  ])('%s', async (_, rule, permission) => {
    const { network, groupId } = networkWith({ isDefault: false });
    const { ec2 } = await connect({ network });
    network.addIngress(groupId, rule);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [permission] }));
    expect(network.rulesOf(groupId)).toEqual([]);
  });

  test.each<[string, IpPermission]>([
    ['of another port', { IpProtocol: 'tcp', FromPort: 22, ToPort: 23, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['of another protocol', { IpProtocol: 'udp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['that is wider', { IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['of another source', { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    [
      'of a group instead of a range',
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: 'sg-22222222' }] },
    ],
  ])('but not one %s', async (_, permission) => {
    const { network, groupId } = networkWith({ isDefault: false });
    const { ec2 } = await connect({ network });
    network.addIngress(groupId, SSH);
    expect(
      await refusal(ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [permission] }))),
    ).toMatchObject({ code: 'InvalidPermission.NotFound' });
    expect(network.rulesOf(groupId)).toHaveLength(1);
  });
});

test('of a permission with several sources each is a rule of its own', async () => {
  const { network, groupId } = networkWith({ isDefault: false });
  const { ec2 } = await connect({ network });
  for (const cidrIpv4 of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']) {
    network.addIngress(groupId, { ...SSH, cidrIpv4 });
  }
  const IpRanges = [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '192.168.0.0/16' }];
  const answer = await ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: groupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges }],
    }),
  );
  expect(answer.RevokedSecurityGroupRules).toHaveLength(2);
  expect(network.rulesOf(groupId)).toMatchObject([{ cidrIpv4: '172.16.0.0/12' }]);
});

test('of a revoked rule its source and its description are answered, whatever the source', async () => {
  const { network, groupId } = networkWith({ isDefault: false });
  const { ec2 } = await connect({ network });
  const sources = [
    { cidrIpv4: '10.0.0.0/8' },
    { cidrIpv6: 'fd00::/8' },
    { prefixListId: 'pl-1' },
    { reference: { groupId } },
  ];
  const ids = sources.map(
    source =>
      network.addIngress(groupId, { ipProtocol: '-1', ...source, description: 'x', tags: { Owner: 'TeamA' } })
        .securityGroupRuleId,
  );
  const answer = await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: ids }));
  const revoked = { GroupId: groupId, IsEgress: false, IpProtocol: '-1', FromPort: -1, ToPort: -1, Description: 'x' };
  expect(answer.RevokedSecurityGroupRules).toEqual([
    { ...revoked, SecurityGroupRuleId: ids[0], CidrIpv4: '10.0.0.0/8' },
    { ...revoked, SecurityGroupRuleId: ids[1], CidrIpv6: 'fd00::/8' },
    { ...revoked, SecurityGroupRuleId: ids[2], PrefixListId: 'pl-1' },
    { ...revoked, SecurityGroupRuleId: ids[3], ReferencedGroupId: groupId },
  ]);
});

test('of a revoked reference only the group is answered, not its VPC or peering', async () => {
  const { network, group, peer, rule } = peeredNetwork();
  const { ec2 } = await connect({ network });
  const answer = await ec2.send(
    new RevokeSecurityGroupIngressCommand({ GroupId: group.groupId, SecurityGroupRuleIds: [rule.securityGroupRuleId] }),
  );
  expect(answer.RevokedSecurityGroupRules).toEqual([
    {
      SecurityGroupRuleId: rule.securityGroupRuleId,
      GroupId: group.groupId,
      IsEgress: false,
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      ReferencedGroupId: peer.groupId,
    },
  ]);
});

describe('revoking fails', () => {
  const range = [{ CidrIp: '10.0.0.0/8' }];
  test.each<[string, Request, string]>([
    ['without a group', { SecurityGroupRuleIds: [UNKNOWN_RULE] }, 'MissingParameter'],
    ['without rules', { GroupId: 'sg-11111111' }, 'MissingParameter'],
    ['for an unknown group', { GroupId: 'sg-99999999', SecurityGroupRuleIds: [UNKNOWN_RULE] }, 'InvalidGroup.NotFound'],
    ['for a malformed group', { GroupId: 'web', SecurityGroupRuleIds: [UNKNOWN_RULE] }, 'InvalidGroupId.Malformed'],
    [
      'for a group by name, where there is no default VPC',
      { GroupName: 'web', SecurityGroupRuleIds: [UNKNOWN_RULE] },
      'InvalidGroup.NotFound',
    ],
    [
      'with both ids and IpPermissions',
      {
        GroupId: 'sg-11111111',
        SecurityGroupRuleIds: [UNKNOWN_RULE],
        IpPermissions: [{ IpProtocol: '-1', IpRanges: range }],
      },
      'InvalidParameterCombination',
    ],
    [
      'with a permission without a source',
      { GroupId: 'sg-11111111', IpPermissions: [{ IpProtocol: '-1', IpRanges: [] }] },
      'InvalidParameterValue',
    ],
    [
      'with a group and a range in one permission',
      {
        GroupId: 'sg-11111111',
        IpPermissions: [{ IpProtocol: '-1', IpRanges: range, UserIdGroupPairs: [{ GroupId: 'sg-11111111' }] }],
      },
      'InvalidParameterCombination',
    ],
    [
      'with both id and name of a group',
      {
        GroupId: 'sg-11111111',
        IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-11111111', GroupName: 'web' }] }],
      },
      'InvalidParameterCombination',
    ],
    [
      'with the name of a group, where there is no default VPC',
      { GroupId: 'sg-11111111', IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupName: 'web' }] }] },
      'InvalidGroup.NotFound',
    ],
    ['without a protocol', { GroupId: 'sg-11111111', IpPermissions: [{ IpRanges: range }] }, 'InvalidParameterValue'],
  ])('%s', async (_, request, code) => {
    const { network, ec2 } = await connect();
    network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupId: 'sg-11111111', groupName: 'web' });
    network.addIngress('sg-11111111', { ipProtocol: '-1' });
    expect(await refusal(ec2.send(new RevokeSecurityGroupIngressCommand(request)))).toMatchObject({ code });
    expect(network.rules.size).toBe(1);
  });

  test('for egress with flat parameters, which EC2 does not support there', async () => {
    const { network, groupId } = networkWith({ isDefault: true });
    const { ec2 } = await connect({ network });
    network.addEgress(groupId, SSH);
    expect(
      await refusal(
        ec2.send(
          new RevokeSecurityGroupEgressCommand({
            GroupId: groupId,
            IpProtocol: 'tcp',
            FromPort: 22,
            ToPort: 22,
            CidrIp: '10.0.0.0/8',
          }),
        ),
      ),
    ).toMatchObject({ code: 'UnknownParameter' });
    expect(network.rulesOf(groupId)).toHaveLength(1);
  });
});
