import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import type {
  DeclaredTraffic,
  FlaggedIngressRuleConfiguration,
  IpPermission,
} from '../../../src/contract/configuration';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import { type ContainmentMatch, isInternet, matches, type Relation } from '../../../src/contract/rules/relation';
import { cidrSource } from '../../../src/contract/traffic';
import { aDeclaration, anIpPermission, aRule, decoded } from '../../support/builders';

const ANY_IPV4 = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

function declaredTraffic(declaration: FlaggedIngressRuleConfiguration): DeclaredTraffic {
  const { traffic } = decoded({ flaggedIngressRules: [declaration] }).flaggedIngressRules[0];
  expect(traffic).toHaveLength(1);
  return traffic[0];
}

function relation(
  rule: Partial<SecurityGroupRule>, match: ContainmentMatch, permission: Partial<IpPermission>,
): Relation {
  const { IpRanges, ...rest } = anIpPermission();
  const namesSource = ['IpRanges', 'Ipv6Ranges', 'PrefixListIds', 'UserIdGroupPairs'].some(list => list in permission);
  const ipPermissions = [{ ...rest, ...namesSource ? {} : { IpRanges }, ...permission }];
  return matches(
    trafficOf(aRule(namesSource ? rule : { cidrIpv4: '0.0.0.0/0', ...rule })),
    declaredTraffic(aDeclaration({ ipPermissions })),
    match,
  );
}

/** A rule, a permission, and how they relate with EXACT, WITHIN and COVERS. */
type Case = readonly [
  name: string,
  rule: Partial<SecurityGroupRule>,
  permission: Partial<IpPermission>,
  exact: Relation,
  within: Relation,
  covers: Relation,
];

function table(cases: readonly Case[]): void {
  test.each(cases)('%s', (_name, rule, permission, EXACT, WITHIN, COVERS) => {
    const got = {
      EXACT: relation(rule, 'EXACT', permission),
      WITHIN: relation(rule, 'WITHIN', permission),
      COVERS: relation(rule, 'COVERS', permission),
    };
    expect(got).toEqual({ EXACT, WITHIN, COVERS });
  });
}

describe('protocols', () => {
  const all = { fromPort: -1, toPort: -1 };
  const none = { fromPort: undefined, toPort: undefined };
  const allPorts = { FromPort: -1, ToPort: -1 };
  const noPorts = { FromPort: undefined, ToPort: undefined };
  table([
    ['tcp is tcp', {}, {}, 'yes', 'yes', 'yes'],
    ['6 is tcp', { ipProtocol: '6' }, {}, 'yes', 'yes', 'yes'],
    ['TCP is tcp', { ipProtocol: 'TCP' }, {}, 'yes', 'yes', 'yes'],
    ['tcp is 6', {}, { IpProtocol: '6' }, 'yes', 'yes', 'yes'],
    ['tcp is TCP', {}, { IpProtocol: 'TCP' }, 'yes', 'yes', 'yes'],
    ['17 is udp', { ipProtocol: '17' }, { IpProtocol: 'udp' }, 'yes', 'yes', 'yes'],
    ['1 is icmp', { ipProtocol: '1', ...all }, { IpProtocol: 'icmp', ...allPorts }, 'yes', 'yes', 'yes'],
    ['58 is icmpv6', { ipProtocol: '58', ...none }, { IpProtocol: 'icmpv6', ...allPorts }, 'yes', 'yes', 'yes'],
    ['udp is not tcp', { ipProtocol: 'udp' }, {}, 'no', 'no', 'no'],
    ['icmp is not icmpv6', { ipProtocol: 'icmp', ...all }, { IpProtocol: 'icmpv6', ...allPorts }, 'no', 'no', 'no'],
    ['-1 is -1', { ipProtocol: '-1', ...all }, { IpProtocol: '-1', ...noPorts }, 'yes', 'yes', 'yes'],
    ['"all" is -1', { ipProtocol: 'all', ...none }, { IpProtocol: '-1', ...noPorts }, 'yes', 'yes', 'yes'],
    [
      '-1 ignores ports',
      { ipProtocol: '-1', fromPort: 0, toPort: 65535 },
      { IpProtocol: '-1', FromPort: 22, ToPort: 22 },
      'yes',
      'yes',
      'yes',
    ],
    ['-1 covers tcp, and is not it', { ipProtocol: '-1', ...all }, {}, 'no', 'no', 'yes'],
    ['tcp is within -1, and is not it', {}, { IpProtocol: '-1', ...noPorts }, 'no', 'yes', 'no'],
    [
      '-1 covers a protocol known by its number alone',
      { ipProtocol: '-1', ...all },
      { IpProtocol: '50', ...noPorts },
      'no',
      'no',
      'yes',
    ],
    [
      'a protocol known by its number alone is itself',
      { ipProtocol: '50', ...all },
      { IpProtocol: '50', ...noPorts },
      'yes',
      'yes',
      'yes',
    ],
    ['protocol 0 is not -1', { ipProtocol: '0', ...all }, { IpProtocol: '-1', ...noPorts }, 'no', 'yes', 'no'],
    ['a name that EC2 does not document proves nothing', { ipProtocol: 'sctp' }, {}, 'unknown', 'unknown', 'unknown'],
    [
      'a name that EC2 does not document is within all traffic',
      { ipProtocol: 'sctp' },
      { IpProtocol: '-1', ...noPorts },
      'unknown',
      'yes',
      'unknown',
    ],
    ['a number out of range proves nothing', { ipProtocol: '256' }, {}, 'unknown', 'unknown', 'unknown'],
  ]);
});

describe('ports', () => {
  table([
    ['a range is itself', { fromPort: 20, toPort: 25 }, { FromPort: 20, ToPort: 25 }, 'yes', 'yes', 'yes'],
    ['a part of a range is within it', { fromPort: 22, toPort: 23 }, { FromPort: 20, ToPort: 25 }, 'no', 'yes', 'no'],
    ['a wider range covers', { fromPort: 20, toPort: 25 }, {}, 'no', 'no', 'yes'],
    ['the lower end counts', { fromPort: 20, toPort: 22 }, { FromPort: 20, ToPort: 25 }, 'no', 'yes', 'no'],
    ['the upper end counts', { fromPort: 25, toPort: 25 }, { FromPort: 20, ToPort: 25 }, 'no', 'yes', 'no'],
    ['one port past the end is outside', { fromPort: 20, toPort: 26 }, { FromPort: 20, ToPort: 25 }, 'no', 'no', 'yes'],
    ['overlapping is neither', { fromPort: 20, toPort: 22 }, { FromPort: 22, ToPort: 25 }, 'no', 'no', 'no'],
    ['apart is neither', { fromPort: 443, toPort: 443 }, {}, 'no', 'no', 'no'],
    [
      '0-65535 is absent',
      { fromPort: 0, toPort: 65535 },
      { FromPort: undefined, ToPort: undefined },
      'yes',
      'yes',
      'yes',
    ],
    ['absent is -1', { fromPort: undefined, toPort: undefined }, { FromPort: -1, ToPort: -1 }, 'yes', 'yes', 'yes'],
    ['all ports cover one', { fromPort: undefined, toPort: undefined }, {}, 'no', 'no', 'yes'],
    ['one port is within all', {}, { FromPort: -1, ToPort: -1 }, 'no', 'yes', 'no'],
    ['1-65535 is not all', { fromPort: 1, toPort: 65535 }, { FromPort: 0, ToPort: 65535 }, 'no', 'yes', 'no'],
    ['port 0 is a port', { fromPort: 0, toPort: 0 }, { FromPort: 0, ToPort: 65535 }, 'no', 'yes', 'no'],
    ['half a range proves nothing', { fromPort: 22, toPort: undefined }, {}, 'unknown', 'unknown', 'unknown'],
    [
      'half a range is still within all ports',
      { fromPort: 22, toPort: undefined },
      { FromPort: -1, ToPort: -1 },
      'unknown',
      'yes',
      'unknown',
    ],
    ['a range upside down proves nothing', { fromPort: 23, toPort: 22 }, {}, 'unknown', 'unknown', 'unknown'],
  ]);
});

describe('ICMP', () => {
  const icmp = { ipProtocol: 'icmp' };
  const declared = { IpProtocol: 'icmp' };
  table([
    [
      'type and code are themselves',
      { ...icmp, fromPort: 3, toPort: 4 },
      { ...declared, FromPort: 3, ToPort: 4 },
      'yes',
      'yes',
      'yes',
    ],
    [
      'a type is not the start of a range',
      { ...icmp, fromPort: 3, toPort: 5 },
      { ...declared, FromPort: 3, ToPort: 10 },
      'no',
      'no',
      'no',
    ],
    [
      'another type is another thing',
      { ...icmp, fromPort: 8, toPort: -1 },
      { ...declared, FromPort: 3, ToPort: -1 },
      'no',
      'no',
      'no',
    ],
    [
      'one code is within all codes of its type',
      { ...icmp, fromPort: 3, toPort: 4 },
      { ...declared, FromPort: 3, ToPort: -1 },
      'no',
      'yes',
      'no',
    ],
    [
      'all codes of a type cover one',
      { ...icmp, fromPort: 3, toPort: -1 },
      { ...declared, FromPort: 3, ToPort: 4 },
      'no',
      'no',
      'yes',
    ],
    [
      'all types cover one',
      { ...icmp, fromPort: -1, toPort: -1 },
      { ...declared, FromPort: 8, ToPort: -1 },
      'no',
      'no',
      'yes',
    ],
    [
      'one type is within all',
      { ...icmp, fromPort: 8, toPort: 0 },
      { ...declared, FromPort: -1, ToPort: -1 },
      'no',
      'yes',
      'no',
    ],
    ['type 22 is not port 22', { ...icmp, fromPort: 22, toPort: 22 }, {}, 'no', 'no', 'no'],
    [
      'type 0 code 0 is not all',
      { ...icmp, fromPort: 0, toPort: 0 },
      { ...declared, FromPort: -1, ToPort: -1 },
      'no',
      'yes',
      'no',
    ],
    [
      'a code of all types is nothing that EC2 documents',
      { ...icmp, fromPort: -1, toPort: 4 },
      { ...declared, FromPort: 3, ToPort: 4 },
      'unknown',
      'unknown',
      'unknown',
    ],
  ]);
});

describe('ports of a protocol that has none', () => {
  const esp = { ipProtocol: '50', fromPort: 50, toPort: 50 };
  table([
    ['equal ones are equal', esp, { IpProtocol: '50', FromPort: 50, ToPort: 50 }, 'yes', 'yes', 'yes'],
    [
      'different ones prove nothing',
      esp,
      { IpProtocol: '50', FromPort: 1, ToPort: 2 },
      'unknown',
      'unknown',
      'unknown',
    ],
    [
      'whatever they are, they are within the whole protocol',
      esp,
      { IpProtocol: '50', FromPort: -1, ToPort: -1 },
      'unknown',
      'yes',
      'unknown',
    ],
    [
      'whatever they are, the whole protocol covers them',
      { ipProtocol: '50', fromPort: -1, toPort: -1 },
      { IpProtocol: '50', FromPort: 1, ToPort: 2 },
      'unknown',
      'unknown',
      'yes',
    ],
    ['another protocol is a proof', esp, { IpProtocol: '51', FromPort: 50, ToPort: 50 }, 'no', 'no', 'no'],
  ]);
});

describe('IPv4 and IPv6 sources', () => {
  const ipv4 = (cidr: string): Partial<IpPermission> => ({ IpRanges: [{ CidrIp: cidr }] });
  const ipv6 = (cidr: string): Partial<IpPermission> => ({ Ipv6Ranges: [{ CidrIpv6: cidr }] });
  table([
    ['a block is itself', { cidrIpv4: '10.0.0.0/8' }, ipv4('10.0.0.0/8'), 'yes', 'yes', 'yes'],
    ['a part is within', { cidrIpv4: '10.1.0.0/16' }, ipv4('10.0.0.0/8'), 'no', 'yes', 'no'],
    ['the whole covers', { cidrIpv4: '10.0.0.0/8' }, ipv4('10.1.0.0/16'), 'no', 'no', 'yes'],
    ['the last address is within', { cidrIpv4: '10.255.255.255/32' }, ipv4('10.0.0.0/8'), 'no', 'yes', 'no'],
    ['the next address is outside', { cidrIpv4: '11.0.0.0/32' }, ipv4('10.0.0.0/8'), 'no', 'no', 'no'],
    ['one address is itself', { cidrIpv4: '10.0.0.1/32' }, ipv4('10.0.0.1/32'), 'yes', 'yes', 'yes'],
    [
      'an equal address with another prefix is another block',
      { cidrIpv4: '10.0.0.0/9' },
      ipv4('10.0.0.0/8'),
      'no',
      'yes',
      'no',
    ],
    ['spellings of IPv6 are one', { cidrIpv6: '2001:DB8:0:0:0:0:0:0/32' }, ipv6('2001:db8::/32'), 'yes', 'yes', 'yes'],
    [
      'IPv6 parts are within',
      { cidrIpv6: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128' },
      ipv6('2001:db8::/32'),
      'no',
      'yes',
      'no',
    ],
    ['the next IPv6 address is outside', { cidrIpv6: '2001:db9::/128' }, ipv6('2001:db8::/32'), 'no', 'no', 'no'],
    ['any IPv4 is not any IPv6', { cidrIpv4: '0.0.0.0/0' }, ipv6('::/0'), 'no', 'no', 'no'],
    ['any IPv6 is not any IPv4', { cidrIpv6: '::/0' }, ANY_IPV4, 'no', 'no', 'no'],
    [
      'an IPv4 address in IPv6 notation is IPv6',
      { cidrIpv6: '::ffff:10.0.0.0/104' },
      ipv4('10.0.0.0/8'),
      'no',
      'no',
      'no',
    ],
    [
      'a source that cannot be read proves nothing',
      { cidrIpv4: 'anywhere' },
      ANY_IPV4,
      'unknown',
      'unknown',
      'unknown',
    ],
    [
      'a rule with two sources proves nothing',
      { cidrIpv4: '0.0.0.0/0', cidrIpv6: '::/0' },
      ANY_IPV4,
      'unknown',
      'unknown',
      'unknown',
    ],
    ['a rule without a source proves nothing', { cidrIpv4: undefined }, ANY_IPV4, 'unknown', 'unknown', 'unknown'],
    [
      'one "no" outweighs what cannot be proved',
      { cidrIpv4: 'anywhere', fromPort: 443, toPort: 443 },
      ANY_IPV4,
      'no',
      'no',
      'no',
    ],
  ]);
});

describe('prefix lists', () => {
  const list = { PrefixListIds: [{ PrefixListId: 'pl-1' }] };
  table([
    ['a list is itself', { prefixListId: 'pl-1' }, list, 'yes', 'yes', 'yes'],
    ['another list is not it, but may hold the same', { prefixListId: 'pl-2' }, list, 'no', 'unknown', 'unknown'],
    ['a block is none, but may hold the same', { cidrIpv4: '0.0.0.0/0' }, list, 'no', 'unknown', 'unknown'],
    ['a list is no block, but may hold the same', { prefixListId: 'pl-1' }, ANY_IPV4, 'no', 'unknown', 'unknown'],
    [
      'a group is none, but may hold the same',
      { referencedGroup: { groupId: 'sg-2' } },
      list,
      'no',
      'unknown',
      'unknown',
    ],
  ]);
});

describe('group references', () => {
  const reference = (userId?: string): Partial<IpPermission> => ({
    UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: userId }],
  });
  const rule = (userId?: string): Partial<SecurityGroupRule> => ({ referencedGroup: { groupId: 'sg-2', userId } });
  const [mine, theirs] = ['111122223333', '444455556666'];
  table([
    ['a group without its account is itself', rule(), reference(), 'yes', 'yes', 'yes'],
    ['a group with its account is itself', rule(mine), reference(mine), 'yes', 'yes', 'yes'],
    ['a declared group id is enough, whatever the account of the rule', rule(mine), reference(), 'yes', 'yes', 'yes'],
    [
      'a declared account cannot be checked once EC2 leaves it out',
      rule(),
      reference(mine),
      'unknown',
      'unknown',
      'unknown',
    ],
    ['another account is not it', rule(theirs), reference(mine), 'no', 'unknown', 'unknown'],
    [
      'another group is not it, but may have the same members',
      { referencedGroup: { groupId: 'sg-3' } },
      reference(),
      'no',
      'unknown',
      'unknown',
    ],
    ['a group is no block, but its members may be in one', rule(), ANY_IPV4, 'no', 'unknown', 'unknown'],
    ['a block is no group', { cidrIpv4: '10.0.0.0/8' }, reference(), 'no', 'unknown', 'unknown'],
  ]);

  test('peering details of the rule do not matter', () => {
    const peered = { groupId: 'sg-2', vpcId: 'vpc-peer', vpcPeeringConnectionId: 'pcx-1', peeringStatus: 'deleted' };
    expect(relation({ referencedGroup: peered }, 'EXACT', reference())).toBe('yes');
  });
});

describe('from the internet', () => {
  const prefixes = { ipv4PrefixLength: 8, ipv6PrefixLength: 12 };

  test.each([
    ['0.0.0.0/0', 'yes'],
    ['0.0.0.0/1', 'yes'],
    ['128.0.0.0/1', 'yes'],
    ['64.0.0.0/2', 'yes'],
    ['8.0.0.0/7', 'yes'],
    ['8.0.0.0/8', 'no'],
    ['203.0.113.0/24', 'no'],
    ['10.0.0.0/8', 'no'],
    ['192.168.0.0/16', 'no'],
    ['10.0.0.1/32', 'no'],
    ['224.0.0.0/3', 'no'],
    ['240.0.0.0/4', 'no'],
    ['::/0', 'yes'],
    ['::/1', 'yes'],
    ['2000::/3', 'yes'],
    ['2000::/11', 'yes'],
    ['8000::/1', 'no'],
    ['4000::/3', 'no'],
    ['fec0::/10', 'no'],
    ['2000::/12', 'no'],
    ['2001:db8::/32', 'no'],
    ['fc00::/7', 'no'],
    ['fe80::/10', 'no'],
    ['ff00::/8', 'no'],
  ] as const)('%s: %s', (cidr, expected) => {
    expect(isInternet(cidrSource(cidr), prefixes)).toBe(expected);
  });

  test.each([
    ['10.0.0.0/8', 'no'],
    ['10.0.0.0/16', 'no'],
    ['172.16.0.0/12', 'no'],
    ['172.31.0.0/16', 'no'],
    ['192.168.0.0/16', 'no'],
    ['100.64.0.0/10', 'no'],
    ['127.0.0.0/8', 'no'],
    ['169.254.0.0/16', 'no'],
    ['0.0.0.0/8', 'no'],
    ['10.0.0.0/7', 'yes'],
    ['172.0.0.0/8', 'yes'],
    ['172.32.0.0/16', 'yes'],
    ['100.0.0.0/8', 'yes'],
    ['192.0.0.0/8', 'yes'],
    ['8.8.8.0/24', 'yes'],
    ['8.8.8.8/31', 'yes'],
    ['8.8.8.8/32', 'no'],
  ] as const)('with a prefix of 32, %s: %s', (cidr, expected) => {
    expect(isInternet(cidrSource(cidr), { ...prefixes, ipv4PrefixLength: 32 })).toBe(expected);
  });

  test('with a prefix of 1, only any address is the internet', () => {
    const strict = { ipv4PrefixLength: 1, ipv6PrefixLength: 1 };
    expect(
      ['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '::/0', '::/1'].map(cidr => isInternet(cidrSource(cidr), strict)),
    ).toEqual(['yes', 'no', 'no', 'yes', 'no']);
  });

  test('a group is not, a prefix list and what cannot be read may be', () => {
    expect(isInternet({ kind: 'securityGroup', groupId: 'sg-2' }, prefixes)).toBe('no');
    expect(isInternet({ kind: 'prefixList', prefixListId: 'pl-1' }, prefixes)).toBe('unknown');
    expect(isInternet({ kind: 'unclear', text: 'anywhere' }, prefixes)).toBe('unknown');
  });

  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
  const everything = { ipProtocol: '-1', fromPort: -1, toPort: -1 };
  test.each<[string, ContainmentMatch, Partial<SecurityGroupRule>, Relation]>([
    ['SSH from a half of the internet', 'EXACT', { cidrIpv4: '128.0.0.0/1' }, 'yes'],
    ['SSH from any IPv6', 'EXACT', { cidrIpv6: '::/0' }, 'yes'],
    ['SSH from private space', 'EXACT', { cidrIpv4: '10.0.0.0/8' }, 'no'],
    ['all traffic, when it has to be SSH', 'EXACT', { ...everything, cidrIpv4: '0.0.0.0/0' }, 'no'],
    ['all traffic, when it has to cover SSH', 'COVERS', { ...everything, cidrIpv4: '0.0.0.0/1' }, 'yes'],
    ['HTTPS, when it has to cover SSH', 'COVERS', { fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }, 'no'],
    ['SSH from a prefix list', 'COVERS', { prefixListId: 'pl-1' }, 'unknown'],
    ['HTTPS from a prefix list', 'COVERS', { fromPort: 443, toPort: 443, prefixListId: 'pl-1' }, 'no'],
  ])('%s, by %s', (_name, match, rule, expected) => {
    const declared = declaredTraffic(aDeclaration({ match, ipPermissions: [ssh], fromInternet: prefixes }));
    expect(matches(trafficOf(aRule(rule)), declared, match)).toBe(expected);
  });
});
