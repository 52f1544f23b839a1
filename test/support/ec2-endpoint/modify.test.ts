/**
 * Tests the other actions that change rules and groups: ModifySecurityGroupRules, CreateTags, DeleteTags and
 * DeleteSecurityGroup.
 */
import {
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupRulesCommand,
  ModifySecurityGroupRulesCommand,
  type SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2';
import { connect, disconnect, peeredNetwork, refusal } from './over-the-wire';

afterEach(disconnect);

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };

describe('ModifySecurityGroupRules', () => {
  test('keeps the id and the tags, and replaces all else', async () => {
    const { network, group, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const { securityGroupRuleId } = rule;
    network.modifyRule(securityGroupRuleId, {
      description: 'old',
      tags: { Owner: 'TeamA' },
      reference: rule.reference,
    });

    await ec2.send(
      new ModifySecurityGroupRulesCommand({
        GroupId: group.groupId,
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: securityGroupRuleId,
            SecurityGroupRule: { IpProtocol: '-1', CidrIpv4: '10.1.2.3/8', Description: 'new' },
          },
        ],
      }),
    );

    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [securityGroupRuleId] }),
    );
    expect(SecurityGroupRules).toEqual([
      {
        SecurityGroupRuleId: securityGroupRuleId,
        GroupId: group.groupId,
        GroupOwnerId: '111122223333',
        IsEgress: false,
        IpProtocol: '-1',
        FromPort: -1,
        ToPort: -1,
        CidrIpv4: '10.0.0.0/8',
        Description: 'new',
        Tags: [{ Key: 'Owner', Value: 'TeamA' }],
        SecurityGroupRuleArn: expect.stringContaining(securityGroupRuleId) as string,
      },
    ]);
  });

  test('can make a rule refer to a group of a peer VPC, with all that EC2 knows of it', async () => {
    const { network, group, peer, peerVpc, peering } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const { securityGroupRuleId } = network.addIngress(group.groupId, { cidrIpv4: '10.0.0.0/8' });
    await ec2.send(
      new ModifySecurityGroupRulesCommand({
        GroupId: group.groupId,
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: securityGroupRuleId,
            SecurityGroupRule: { ...HTTPS, ReferencedGroupId: peer.groupId },
          },
        ],
      }),
    );
    network.deleteSecurityGroup(peer.groupId);
    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [securityGroupRuleId] }),
    );
    expect(SecurityGroupRules?.[0].ReferencedGroupInfo).toEqual({
      GroupId: peer.groupId,
      VpcId: peerVpc.vpcId,
      VpcPeeringConnectionId: peering.vpcPeeringConnectionId,
      PeeringStatus: 'active',
    });
  });

  test.each<[string, string, SecurityGroupRuleRequest, string]>([
    ['no source', '', HTTPS, 'MissingParameter'],
    ['two sources', '', { ...HTTPS, CidrIpv4: '10.0.0.0/8', CidrIpv6: '::/0' }, 'InvalidParameterCombination'],
    [
      'an unknown rule',
      'sgr-0123456789abcdef0',
      { ...HTTPS, CidrIpv4: '10.0.0.0/8' },
      'InvalidSecurityGroupRuleId.NotFound',
    ],
    ['an unknown group to refer to', '', { ...HTTPS, ReferencedGroupId: 'sg-99999999' }, 'InvalidGroup.NotFound'],
    [
      'ports that are none',
      '',
      { IpProtocol: 'tcp', FromPort: 2, ToPort: 1, CidrIpv4: '10.0.0.0/8' },
      'InvalidParameterValue',
    ],
  ])('fails for %s, and changes nothing of the call', async (_, id, SecurityGroupRule, code) => {
    const { network, group, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const other = network.addIngress(group.groupId, { cidrIpv4: '10.0.0.0/8' });
    const before = network.snapshot();
    expect(
      await refusal(
        ec2.send(
          new ModifySecurityGroupRulesCommand({
            GroupId: group.groupId,
            SecurityGroupRules: [
              {
                SecurityGroupRuleId: other.securityGroupRuleId,
                SecurityGroupRule: { ...HTTPS, CidrIpv4: '192.168.0.0/16' },
              },
              { SecurityGroupRuleId: id || rule.securityGroupRuleId, SecurityGroupRule },
            ],
          }),
        ),
      ),
    ).toMatchObject({ code });
    expect(network.snapshot()).toEqual(before);
  });

  test('fails for an unknown group, a rule of another group, and no rules', async () => {
    const { network, group, peer, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const SecurityGroupRules = [
      { SecurityGroupRuleId: rule.securityGroupRuleId, SecurityGroupRule: { ...HTTPS, CidrIpv4: '10.0.0.0/8' } },
    ];
    expect(await refusal(ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: 'sg-99999999', SecurityGroupRules }))))
      .toMatchObject({ code: 'InvalidGroup.NotFound', message: "The security group 'sg-99999999' does not exist" });
    expect(await refusal(ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: peer.groupId, SecurityGroupRules }))))
      .toMatchObject({ code: 'InvalidSecurityGroupRuleId.NotFound' });
    expect(
      await refusal(ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: group.groupId, SecurityGroupRules: [] }))),
    ).toMatchObject({ code: 'MissingParameter' });
  });
});

describe('tags', () => {
  test('are added and replaced, on rules, groups, VPCs and VPN connections alike', async () => {
    const { network, group, rule, vpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const vpn = network.addVpnConnection();
    const resources = [rule, group, vpc, vpn];
    for (const { tags } of resources) Object.assign(tags, { Kept: 'yes', Owner: 'TeamA' });
    const Resources = [rule.securityGroupRuleId, group.groupId, vpc.vpcId, vpn.vpnConnectionId];
    await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'Owner', Value: 'TeamB' }, { Key: 'Empty' }] }));
    for (const { tags } of resources) expect(tags).toEqual({ Kept: 'yes', Owner: 'TeamB', Empty: '' });
  });

  test.each([
    ['by key', [{ Key: 'Owner' }], { 'aws:cloudformation:stack-name': 'S', 'Stage': '' }],
    ['by key and value', [{ Key: 'Owner', Value: 'TeamA' }], { 'aws:cloudformation:stack-name': 'S', 'Stage': '' }],
    [
      'not when the value is another',
      [{ Key: 'Owner', Value: 'TeamB' }],
      { 'aws:cloudformation:stack-name': 'S', 'Owner': 'TeamA', 'Stage': '' },
    ],
    [
      'by an empty value',
      [
        { Key: 'Stage', Value: '' },
        { Key: 'Owner', Value: '' },
      ],
      { 'aws:cloudformation:stack-name': 'S', 'Owner': 'TeamA' },
    ],
    ['all at once, but those of AWS', undefined, { 'aws:cloudformation:stack-name': 'S' }],
  ])('are deleted %s', async (_, Tags, left) => {
    const { network, group } = peeredNetwork();
    const { ec2 } = await connect({ network });
    group.tags = { 'aws:cloudformation:stack-name': 'S', 'Owner': 'TeamA', 'Stage': '' };
    await ec2.send(new DeleteTagsCommand({ Resources: [group.groupId], Tags }));
    expect(group.tags).toEqual(left);
  });

  test('fail for a key of AWS, without a tag, for an unknown resource, and above 50; and then change nothing', async () => {
    const { network, group } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const create = (Resources: string[], ...keys: string[]) =>
      ec2.send(new CreateTagsCommand({ Resources, Tags: keys.map(Key => ({ Key, Value: 'x' })) }));
    expect(await refusal(create([group.groupId], 'Owner', 'aws:x'))).toMatchObject({ code: 'InvalidParameterValue' });
    expect(await refusal(create([group.groupId]))).toMatchObject({ code: 'MissingParameter' });
    expect(await refusal(create([group.groupId, 'sgr-0123456789abcdef0'], 'Owner'))).toMatchObject({
      code: 'InvalidSecurityGroupRuleId.NotFound',
    });
    expect(await refusal(create([group.groupId, 'sgr-1'], 'Owner'))).toMatchObject({
      code: 'InvalidSecurityGroupRuleId.Malformed',
    });
    expect(await refusal(create([group.groupId, 'vpc-99999999'], 'Owner'))).toMatchObject({ code: 'InvalidID' });
    expect(
      await refusal(create([group.groupId], ...Array.from({ length: 51 }, (_, index) => `Key${index}`))),
    ).toMatchObject({ code: 'TagLimitExceeded' });
    expect(group.tags).toEqual({});
  });
});

describe('DeleteSecurityGroup', () => {
  test('deletes a group that only a peer VPC refers to, whose rule is then stale', async () => {
    const { network, peer } = peeredNetwork();
    const { ec2 } = await connect({ network });
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: peer.groupId }));
    expect(network.groups.has(peer.groupId)).toBe(false);
  });

  test('deletes a group that refers to itself, with its rules', async () => {
    const { network, group, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.addIngress(group.groupId, { reference: { groupId: group.groupId } });
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group.groupId }));
    expect(network.rules.has(rule.securityGroupRuleId)).toBe(false);
    expect(network.rules.size).toBe(0);
  });

  test('fails while another group of the VPC refers to it', async () => {
    const { network, group, vpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.addEgress(network.addSecurityGroup({ vpcId: vpc.vpcId }).groupId, {
      reference: { groupId: group.groupId },
    });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: group.groupId })))).toMatchObject({
      code: 'DependencyViolation',
    });
    expect(network.groups.has(group.groupId)).toBe(true);
  });

  test('fails while it is associated with another VPC', async () => {
    const { network, group, peer } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.addIngress(group.groupId, {
      fromPort: 22,
      toPort: 22,
      reference: { groupId: peer.groupId, path: 'association' },
    });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: peer.groupId })))).toMatchObject({
      code: 'DependencyViolation',
    });
  });

  test('fails for the default group, an unknown one, and none', async () => {
    const { network, vpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    const { groupId } = network.addSecurityGroup({ vpcId: vpc.vpcId, groupName: 'default' });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId })))).toMatchObject({
      code: 'CannotDelete',
    });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: 'sg-99999999' })))).toMatchObject({
      code: 'InvalidGroup.NotFound',
    });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({})))).toMatchObject({ code: 'MissingParameter' });
  });
});
