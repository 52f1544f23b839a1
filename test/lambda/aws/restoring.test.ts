import type { IpPermission } from '@aws-sdk/client-ec2';
import { addedRuleId, authorization } from '../../../lambda/aws/restoring';
import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import { aRule } from '../../support/builders';

/** Returns the permission in the request for a rule. */
function permissionOf(overrides: Partial<SecurityGroupRule>): IpPermission | undefined {
  const { IpPermissions = [] } = authorization(aRule(overrides), {});
  expect(IpPermissions).toHaveLength(1);
  return IpPermissions[0];
}

test('a rule is asked for with its group, traffic, description and tags, and as nothing else', () => {
  const rule = aRule({ description: 'from the office', tags: { ignored: 'as the rule had them' } });
  expect(authorization(rule, { Name: 'ssh', empty: '' })).toEqual({
    GroupId: 'sg-1',
    IpPermissions: [
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '203.0.113.0/24', Description: 'from the office' }],
      },
    ],
    TagSpecifications: [
      {
        ResourceType: 'security-group-rule',
        Tags: [
          { Key: 'Name', Value: 'ssh' },
          { Key: 'empty', Value: '' },
        ],
      },
    ],
  });
});

describe('the source', () => {
  const traffic = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
  const description = 'why';

  test.each<[string, Partial<SecurityGroupRule>, IpPermission]>([
    ['an IPv4 block', { cidrIpv4: '0.0.0.0/0' }, { IpRanges: [{ CidrIp: '0.0.0.0/0', Description: description }] }],
    ['an IPv6 block', { cidrIpv6: '::/0' }, { Ipv6Ranges: [{ CidrIpv6: '::/0', Description: description }] }],
    [
      'a prefix list',
      { prefixListId: 'pl-1' },
      { PrefixListIds: [{ PrefixListId: 'pl-1', Description: description }] },
    ],
    [
      'a group',
      { referencedGroup: { groupId: 'sg-2' } },
      { UserIdGroupPairs: [{ GroupId: 'sg-2', Description: description }] },
    ],
    [
      'a group of another account',
      { referencedGroup: { groupId: 'sg-2', userId: '444455556666' } },
      { UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '444455556666', Description: description }] },
    ],
  ])('%s', (_, source, expected) => {
    expect(permissionOf({ ...source, description })).toEqual({ ...traffic, ...expected });
    const [[source_]] = Object.values(permissionOf(source) ?? {}).filter(Array.isArray) as unknown[][][];
    expect(source_).toMatchObject({ Description: undefined });
  });

  test('a group behind a peering connection is asked for without it: one that was made again is another', () => {
    const referencedGroup = {
      groupId: 'sg-2',
      userId: '444455556666',
      vpcId: 'vpc-2',
      vpcPeeringConnectionId: 'pcx-1',
      peeringStatus: 'deleted',
    };
    const [pair] = permissionOf({ referencedGroup })?.UserIdGroupPairs ?? [];
    expect(pair).toEqual({ GroupId: 'sg-2', UserId: '444455556666' });
    for (const key of ['VpcId', 'VpcPeeringConnectionId', 'PeeringStatus', 'GroupName']) {
      expect(pair).not.toHaveProperty(key);
    }
  });

  test('none: such a rule is not asked for', () => {
    expect(() => authorization(aRule({ cidrIpv4: undefined }), {})).toThrow(
      'The rule of sg-1 has no source; it cannot be added',
    );
  });
});

describe('the ports', () => {
  test('of a rule for all protocols are left out: EC2 shows -1 for them, and takes none', () => {
    const permission = permissionOf({ ipProtocol: '-1', fromPort: -1, toPort: -1 });
    expect(permission).toMatchObject({ IpProtocol: '-1' });
    expect(permission).not.toHaveProperty('FromPort');
    expect(permission).not.toHaveProperty('ToPort');
  });

  test.each<[string, string, number | undefined, number | undefined]>([
    ['a range', 'tcp', 1024, 65535],
    ['port 0', 'udp', 0, 0],
    ['all', 'tcp', 0, 65535],
    ['a type and a code of ICMP', 'icmp', 8, 0],
    ['all types of ICMP', 'icmp', -1, -1],
    ['a type of ICMPv6', 'icmpv6', 128, -1],
    ['those of a protocol by its number', '50', -1, -1],
    ['none, where EC2 shows none', '47', undefined, undefined],
  ])('are as they were: %s', (_, ipProtocol, fromPort, toPort) => {
    expect(permissionOf({ ipProtocol, fromPort, toPort })).toMatchObject({
      IpProtocol: ipProtocol,
      FromPort: fromPort,
      ToPort: toPort,
    });
  });
});

test('the id of the new rule is the one that EC2 tells, if it does', () => {
  expect(addedRuleId({ SecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-2' }] })).toBe('sgr-2');
  expect(addedRuleId({ SecurityGroupRules: [] })).toBeUndefined();
  expect(addedRuleId({ Return: true })).toBeUndefined();
});
