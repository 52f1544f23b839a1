/** Tests what the handler gets from each factory, option, and kind of peer and port. */
import { Stack } from 'aws-cdk-lib';
import { IPeer, ISecurityGroup, Peer, Port, PrefixList, Protocol, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { flaggedIngress } from '../lambda/core/checks/flagged-ingress';
import type { SecurityGroupRule } from '../lambda/core/model/network';
import { FlaggedAction, FlaggedIngressRule, RuleMatch } from '../src';
import { aRuleFromAnywhere, flaggedFacts } from './support/builders';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { FlaggedIngressRule as DecodedRule } from '../src/contract/configuration';
import { decodeConfiguration } from '../src/contract/decode';

const GROUP = 'sg-0123456789abcdef0';
const aGroup = (stack = aStack(), id = GROUP): ISecurityGroup => SecurityGroup.fromSecurityGroupId(stack, id, id);

/** Returns the rule as the handler receives it, through the JSON of a valid construct. */
const asTold = (rule: FlaggedIngressRule): unknown =>
  (SynthesizedStack.with({ flaggedIngressRules: [rule] }).configuration().flaggedIngressRules as unknown[])[0];

/** Returns the rule as the handler decodes it. */
const asRead = (rule: FlaggedIngressRule): DecodedRule =>
  decodeConfiguration(SynthesizedStack.with({ flaggedIngressRules: [rule] }).configuration()).flaggedIngressRules[0];

describe('onGroup', () => {
  it('flags traffic in that group, matched exactly', () => {
    expect(asTold(FlaggedIngressRule.onGroup(aGroup(), Peer.anyIpv4(), Port.SSH))).toEqual({
      groupId: GROUP,
      match: 'EXACT',
      ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
  });

  it('takes how to match, and why', () => {
    expect(
      asTold(
        FlaggedIngressRule.onGroup(aGroup(), Peer.anyIpv4(), Port.SSH, {
          match: RuleMatch.COVERS,
          reason: 'use Session Manager',
        }),
      ),
    ).toMatchObject({
      groupId: GROUP,
      match: 'COVERS',
      reason: 'use Session Manager',
    });
  });
});

describe('inAnyGroup', () => {
  it('flags traffic in no group in particular, matched exactly', () => {
    expect(asTold(FlaggedIngressRule.inAnyGroup(Peer.anyIpv6(), Port.tcp(3389)))).toEqual({
      anyGroup: true,
      match: 'EXACT',
      ipPermissions: [{ IpProtocol: 'tcp', FromPort: 3389, ToPort: 3389, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
    });
  });

  it('takes how to match, and why', () => {
    expect(
      asTold(
        FlaggedIngressRule.inAnyGroup(Peer.ipv4('10.0.0.0/8'), Port.tcpRange(0, 1023), {
          match: RuleMatch.WITHIN,
          reason: 'größer',
        }),
      ),
    ).toMatchObject({
      match: 'WITHIN',
      reason: 'größer',
    });
  });
});

describe('inGroupsTagged', () => {
  const [peer, port] = [Peer.anyIpv4(), Port.SSH];

  it('flags traffic in the groups that have the tag, matched exactly', () => {
    expect(asTold(FlaggedIngressRule.inGroupsTagged('Exposure', ['private', 'hidden'], peer, port))).toEqual({
      groupsTagged: { key: 'Exposure', values: ['private', 'hidden'] },
      match: 'EXACT',
      ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
  });

  it('takes how to match, what to leave out, and why', () => {
    const options = { match: RuleMatch.COVERS, reason: 'private', exceptGroups: [aGroup()] };
    expect(asTold(FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], peer, port, options))).toMatchObject({
      match: 'COVERS', reason: 'private', exceptGroupIds: [GROUP],
    });
  });
});

describe('inDefaultGroups', () => {
  it('flags every rule of every source in default groups that are not used', () => {
    expect(asTold(FlaggedIngressRule.inDefaultGroups())).toEqual({
      defaultGroups: { evenInUse: false }, match: 'WITHIN', anySource: true, ipPermissions: [{ IpProtocol: '-1' }],
    });
  });

  it('takes whether used groups count, what to leave out, what to do, and why', () => {
    const options = { evenInUse: true, exceptGroups: [aGroup()], action: FlaggedAction.report(), reason: 'EC2.2' };
    expect(asTold(FlaggedIngressRule.inDefaultGroups(options))).toEqual({
      defaultGroups: { evenInUse: true }, match: 'WITHIN', anySource: true, ipPermissions: [{ IpProtocol: '-1' }],
      exceptGroupIds: [GROUP], action: { kind: 'report' }, reason: 'EC2.2',
    });
  });
});

describe('fromAnyPublicAddress', () => {
  it('flags every rule that allows that traffic from public addresses, in any group', () => {
    expect(asTold(FlaggedIngressRule.fromAnyPublicAddress(Port.SSH))).toEqual({
      anyGroup: true, match: 'COVERS', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }],
      fromAnyPublicAddress: true,
    });
  });

  it('takes a tag of groups in place of any group, as fromInternet does', () => {
    const groupsTagged = { key: 'Exposure', values: ['private'] };
    for (const method of ['fromAnyPublicAddress', 'fromInternet'] as const) {
      const told = asTold(FlaggedIngressRule[method](Port.SSH, { groupsTagged }));
      expect(told).toMatchObject({ groupsTagged, match: 'COVERS' });
      expect(told).not.toHaveProperty('anyGroup');
    }
  });
});

describe('what may stay', () => {
  const office = Peer.ipv4('203.0.113.0/24');

  it('is told as permissions: without sources where every source may stay, and with all traffic where no port is given', () => {
    const rule = FlaggedIngressRule.fromInternet(Port.allTraffic(), {
      except: [
        { ports: [Port.HTTP, Port.HTTPS] },
        { peers: [office, Peer.ipv6('2001:db8::/32'), Peer.prefixList('pl-12345678'), Peer.securityGroupId('sg-12345678')] },
        { ports: [Port.SSH, Port.esp()], peers: [office, Peer.ipv4('198.51.100.0/24')] },
      ],
    });
    const both = { IpRanges: [{ CidrIp: '203.0.113.0/24' }, { CidrIp: '198.51.100.0/24' }] };
    expect(asTold(rule)).toEqual({
      anyGroup: true, match: 'OVERLAPS', ipPermissions: [{ IpProtocol: '-1' }],
      fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
      except: [
        { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 },
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
        {
          IpProtocol: '-1', IpRanges: [{ CidrIp: '203.0.113.0/24' }], Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }],
          PrefixListIds: [{ PrefixListId: 'pl-12345678' }], UserIdGroupPairs: [{ GroupId: 'sg-12345678' }],
        },
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...both },
        { IpProtocol: '50', ...both },
      ],
    });
    expect(asRead(rule).except.map(({ source }) => source.kind)).toEqual([
      'any', 'any', 'cidr', 'cidr', 'prefixList', 'securityGroup', 'cidr', 'cidr', 'cidr', 'cidr',
    ]);
  });

  it.each<[string, FlaggedIngressRule]>([
    ['onGroup', FlaggedIngressRule.onGroup(aGroup(), Peer.anyIpv4(), Port.SSH, { except: [{ peers: [office] }] })],
    ['inAnyGroup', FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { except: [{ peers: [office] }] })],
    ['fromAnyPublicAddress', FlaggedIngressRule.fromAnyPublicAddress(Port.SSH, {
      except: [{ peers: [office] }], match: RuleMatch.OVERLAPS,
    })],
    ['fromIpPermissions', FlaggedIngressRule.fromIpPermissions(aGroup(), 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]', {
      except: [{ peers: [office] }],
    })],
  ])('makes the match OVERLAPS: %s', (_, rule) => {
    expect(asTold(rule)).toMatchObject({ match: 'OVERLAPS', except: [{ IpProtocol: '-1' }] });
  });
});

it('what replaces a rule is told as one source each', () => {
  const replaceWith = [Peer.ipv4('203.0.113.0/24'), Peer.ipv6('2001:db8::/32'), Peer.prefixList('pl-12345678')];
  expect(asTold(FlaggedIngressRule.fromAnyPublicAddress(Port.SSH, {
    replaceWith: replaceWith.slice(2), except: [{ peers: replaceWith }],
  }))).toMatchObject({ replaceWith: [{ PrefixListId: 'pl-12345678' }] });
  expect(asTold(FlaggedIngressRule.fromInternet(Port.SSH, { replaceWith }))).toMatchObject({
    replaceWith: [{ CidrIp: '203.0.113.0/24' }, { CidrIpv6: '2001:db8::/32' }, { PrefixListId: 'pl-12345678' }],
  });
});

describe('what is not there', () => {
  const withId = (id: string): ISecurityGroup => SecurityGroup.fromSecurityGroupId(aStack(), 'Group', id);

  it.each([
    [
      'a group',
      () => FlaggedIngressRule.onGroup(undefined as never, Peer.anyIpv4(), Port.SSH),
      'onGroup: group: got undefined; give a security group',
    ],
    [
      'the id of a group',
      () => FlaggedIngressRule.onGroup(withId(undefined as never), Peer.anyIpv4(), Port.SSH),
      'onGroup: group.securityGroupId: got undefined; give a security group',
    ],
    [
      'an id that is not empty',
      () => FlaggedIngressRule.onGroup(withId(''), Peer.anyIpv4(), Port.SSH),
      'onGroup: group.securityGroupId: got ""; give a security group',
    ],
    [
      'a group for permissions',
      () => FlaggedIngressRule.fromIpPermissions({} as never, []),
      'fromIpPermissions: group: got {}; give a security group',
    ],
    [
      'a peer',
      () => FlaggedIngressRule.inAnyGroup(undefined as never, Port.SSH),
      'inAnyGroup: peer: got undefined; give a Peer, such as Peer.anyIpv4()',
    ],
    [
      'a port',
      () => FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), undefined as never),
      'inAnyGroup: port: got undefined; give a Port, such as Port.SSH',
    ],
    [
      'a port from the internet',
      () => FlaggedIngressRule.fromInternet(undefined as never),
      'fromInternet: port: got undefined; give a Port',
    ],
    [
      'a peer before the port',
      () => FlaggedIngressRule.inAnyGroup(Port.SSH as never, Peer.anyIpv4() as never),
      'inAnyGroup: port: got an object of the class AnyIPv4; give a Port',
    ],
  ])('fails for %s, and never comes to mean any group', (_, make, message) => {
    expect(make).toThrow(`FlaggedIngressRule.${message}`);
  });
});

describe('fromInternet', () => {
  it('flags every rule that allows that traffic from broad sources, in any group', () => {
    expect(asTold(FlaggedIngressRule.fromInternet(Port.POSTGRES))).toEqual({
      anyGroup: true, match: 'COVERS', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 }],
      fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
    });
  });

  it('takes what counts as broad, how to match, and why', () => {
    const options = { ipv4PrefixLength: 1, ipv6PrefixLength: 128, match: RuleMatch.WITHIN, reason: 'no' };
    expect(asTold(FlaggedIngressRule.fromInternet(Port.SSH, options))).toMatchObject({
      match: 'WITHIN', reason: 'no', fromInternet: { ipv4PrefixLength: 1, ipv6PrefixLength: 128 },
    });
  });

  describe('in the hands of the handler', () => {
    const verdict = (declared: FlaggedIngressRule, live: Partial<SecurityGroupRule>): string | undefined =>
      flaggedIngress(aRuleFromAnywhere(live), flaggedFacts([asRead(declared)]))?.verdict;
    const [ssh, https] = [22, 443].map(port => ({ fromPort: port, toPort: port }));
    const [allTcp, allTraffic] = [{ fromPort: 0, toPort: 65535 }, { ipProtocol: '-1', fromPort: -1, toPort: -1 }];

    it.each<[string, Partial<SecurityGroupRule>]>([
      ['SSH from any IPv4 address', ssh],
      ['SSH from any IPv6 address', { ...ssh, cidrIpv4: undefined, cidrIpv6: '::/0' }],
      ['SSH from a half of IPv4', { ...ssh, cidrIpv4: '128.0.0.0/1' }],
      ['a few ports with that of SSH', { fromPort: 20, toPort: 25 }],
      ['all of TCP', allTcp],
      ['all traffic', allTraffic],
      ['all traffic from any IPv6 address', { ...allTraffic, cidrIpv4: undefined, cidrIpv6: '::/0' }],
    ])('flags %s as SSH from the internet', (_, live) => {
      expect(verdict(FlaggedIngressRule.fromInternet(Port.SSH), live)).toBe('flagged');
    });

    it.each<[string, Partial<SecurityGroupRule>]>([
      ['HTTPS', https],
      ['the ports above that of SSH', { fromPort: 23, toPort: 65535 }],
      ['port 22 of UDP', { ...ssh, ipProtocol: 'udp' }],
      ['SSH from private space', { ...ssh, cidrIpv4: '10.0.0.0/8' }],
      ['all traffic from private space', { ...allTraffic, cidrIpv4: '10.0.0.0/8' }],
      ['all traffic from an office', { ...allTraffic, cidrIpv4: '8.8.8.0/24' }],
      ['all traffic of a group', { ...allTraffic, cidrIpv4: undefined, referencedGroup: { groupId: 'sg-2' } }],
    ])('does not flag %s as SSH from the internet', (_, live) => {
      expect(verdict(FlaggedIngressRule.fromInternet(Port.SSH), live)).toBeUndefined();
    });

    it('flags for all of TCP only what admits all of TCP', () => {
      const declared = FlaggedIngressRule.fromInternet(Port.allTcp());
      expect([allTcp, allTraffic].map(live => verdict(declared, live))).toEqual(['flagged', 'flagged']);
      const partly = [ssh, { fromPort: 1, toPort: 65535 }];
      expect(partly.map(live => verdict(declared, live))).toEqual([undefined, undefined]);
    });

    it('flags with WITHIN what admits nothing but these ports', () => {
      const declared = FlaggedIngressRule.fromInternet(Port.allTcp(), { match: RuleMatch.WITHIN });
      expect([ssh, allTcp].map(live => verdict(declared, live))).toEqual(['flagged', 'flagged']);
      expect(verdict(declared, allTraffic)).toBeUndefined();
    });

    it('flags with EXACT these ports alone', () => {
      const declared = FlaggedIngressRule.fromInternet(Port.SSH, { match: RuleMatch.EXACT });
      expect([ssh, allTcp, allTraffic].map(live => verdict(declared, live))).toEqual(['flagged', undefined, undefined]);
    });

    it('leaves a prefix list undecided, no matter what else it allows', () => {
      const list = { cidrIpv4: undefined, prefixListId: 'pl-1' };
      const verdicts = [ssh, allTraffic, https]
        .map(live => verdict(FlaggedIngressRule.fromInternet(Port.SSH), { ...live, ...list }));
      expect(verdicts).toEqual(['undecided', 'undecided', undefined]);
    });
  });
});

describe('fromIpPermissions', () => {
  it('flags what the permissions describe in that group, matched exactly', () => {
    expect(
      asTold(
        FlaggedIngressRule.fromIpPermissions(
          aGroup(),
          'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]',
        ),
      ),
    ).toEqual({
      groupId: GROUP,
      match: 'EXACT',
      ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
  });

  it('takes how to match, and why', () => {
    const rule = FlaggedIngressRule.fromIpPermissions(aGroup(), 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]', {
      match: RuleMatch.WITHIN,
      reason: 'closed',
    });
    expect(asTold(rule)).toMatchObject({ match: 'WITHIN', reason: 'closed' });
  });

  it('makes each source of each permission a rule of its own', () => {
    const rule = FlaggedIngressRule.fromIpPermissions(aGroup(), [
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '192.0.2.0/24' }],
        Ipv6Ranges: [{ CidrIpv6: '::/0' }],
      },
      { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-1' }], UserIdGroupPairs: [{ GroupId: 'sg-1' }] },
    ]);
    expect(asRead(rule).traffic.map(({ protocol, source }) => [protocol, source.kind])).toEqual([
      [6, 'cidr'],
      [6, 'cidr'],
      [6, 'cidr'],
      ['all', 'prefixList'],
      ['all', 'securityGroup'],
    ]);
  });
});

describe('a peer', () => {
  const PEERS: ReadonlyArray<[string, (stack: Stack) => IPeer, Record<string, unknown>]> = [
    ['any IPv4 address', () => Peer.anyIpv4(), { IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    ['an IPv4 block', () => Peer.ipv4('203.0.113.0/24'), { IpRanges: [{ CidrIp: '203.0.113.0/24' }] }],
    ['any IPv6 address', () => Peer.anyIpv6(), { Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
    ['an IPv6 block', () => Peer.ipv6('2001:db8::/32'), { Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] }],
    ['a prefix list', () => Peer.prefixList('pl-12345678'), { PrefixListIds: [{ PrefixListId: 'pl-12345678' }] }],
    [
      'a prefix list of the stack',
      stack => Peer.prefixList(new PrefixList(stack, 'Offices', { maxEntries: 1 }).prefixListId),
      {
        PrefixListIds: [{ PrefixListId: expect.stringMatching(/^<Fn::GetAtt Offices\w+\.PrefixListId>$/) }],
      },
    ],
    [
      'the id of a security group',
      () => Peer.securityGroupId('sg-12345678'),
      { UserIdGroupPairs: [{ GroupId: 'sg-12345678' }] },
    ],
    [
      'the id of a security group, and its owner',
      () => Peer.securityGroupId('sg-12345678', '111122223333'),
      {
        UserIdGroupPairs: [{ GroupId: 'sg-12345678', UserId: '111122223333' }],
      },
    ],
    [
      'an imported security group',
      stack => aGroup(stack, 'sg-87654321'),
      { UserIdGroupPairs: [{ GroupId: 'sg-87654321' }] },
    ],
    [
      'a security group of the stack',
      stack => new SecurityGroup(stack, 'Peer', { vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }) }),
      {
        UserIdGroupPairs: [{ GroupId: expect.stringMatching(/^<Fn::GetAtt Peer\w+\.GroupId>$/) }],
      },
    ],
  ];

  it.each(PEERS)('can be %s', (_, peer, source) => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(peer(stack), Port.SSH)],
    }));
    expect(deployed.configuration().flaggedIngressRules).toEqual([
      { anyGroup: true, match: 'EXACT', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...source }] },
    ]);
  });

  it('fails when it is of a kind that no ingress rule has', () => {
    const peer: IPeer = {
      uniqueId: 'the moon',
      canInlineRule: true,
      connections: aGroup().connections,
      toIngressRuleConfig: () => ({}),
      toEgressRuleConfig: () => ({}),
    };
    expect(() => FlaggedIngressRule.inAnyGroup(peer, Port.SSH)).toThrow(
      /^FlaggedIngressRule\.inAnyGroup: peer: got the moon, .* give a CIDR block, a prefix list or a security group$/,
    );
  });
});

describe('a port', () => {
  const range = (from: number, to: number) => ({ kind: 'range', from, to });
  const icmp = (type: number, code: number) => ({ kind: 'icmp', type, code });
  const all = { kind: 'all' };

  it.each([
    ['one of TCP', Port.tcp(443), 6, range(443, 443)],
    ['port 0 of TCP', Port.tcp(0), 6, range(0, 0)],
    ['the port that is the number of TCP', Port.tcp(6), 6, range(6, 6)],
    ['a range of TCP', Port.tcpRange(8000, 8999), 6, range(8000, 8999)],
    ['all of TCP', Port.allTcp(), 6, all],
    ['one of UDP', Port.udp(53), 17, range(53, 53)],
    ['the port that is the number of UDP', Port.udp(17), 17, range(17, 17)],
    ['a range of UDP', Port.udpRange(500, 4500), 17, range(500, 4500)],
    ['all of UDP', Port.allUdp(), 17, all],
    ['all traffic', Port.allTraffic(), 'all', all],
    ['ping', Port.icmpPing(), 1, icmp(8, -1)],
    ['one type of ICMP', Port.icmpType(11), 1, icmp(11, -1)],
    ['the type that is the number of ICMP', Port.icmpTypeAndCode(1, 1), 1, icmp(1, 1)],
    ['type and code of ICMP', Port.icmpTypeAndCode(3, 4), 1, icmp(3, 4)],
    ['type 0 and code 0 of ICMP', Port.icmpTypeAndCode(0, 0), 1, icmp(0, 0)],
    ['all of ICMP', Port.allIcmp(), 1, all],
    ['all of ICMPv6', Port.allIcmpV6(), 58, all],
    [
      'a type of ICMPv6',
      new Port({ protocol: Protocol.ICMPV6, fromPort: 128, toPort: 0, stringRepresentation: 'echo' }),
      58,
      icmp(128, 0),
    ],
    [
      'the type that is the number of ICMPv6',
      new Port({ protocol: Protocol.ICMPV6, fromPort: 58, toPort: 58, stringRepresentation: '58' }),
      58,
      icmp(58, 58),
    ],
    ['ESP, which has no ports', Port.esp(), 50, all],
    ['AH, which has no ports', Port.ah(), 51, all],
    ['GRE, which has no ports', new Port({ protocol: Protocol.GRE, stringRepresentation: 'GRE' }), 47, all],
    [
      'TCP without ports, which is all of them',
      new Port({ protocol: Protocol.TCP, stringRepresentation: 'TCP' }),
      6,
      all,
    ],
  ])('can be %s', (_, port, protocol, ports) => {
    expect(asRead(FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), port)).traffic).toMatchObject([{ protocol, ports }]);
    expect(asRead(FlaggedIngressRule.fromInternet(port)).traffic).toMatchObject([
      { protocol, ports, source: { kind: 'internet' } },
    ]);
  });

  it('proves nothing when it is a port of a protocol that has none', () => {
    const port = new Port({ protocol: Protocol.GRE, fromPort: 1, toPort: 2, stringRepresentation: 'GRE 1-2' });
    expect(asRead(FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), port)).traffic).toMatchObject([
      { protocol: 47, ports: { kind: 'unclear', from: 1, to: 2 } },
    ]);
  });
});

describe('match', () => {
  it.each(Object.values(RuleMatch))('can be %s', match => {
    expect(asTold(FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { match }))).toMatchObject({ match });
  });
});

describe('reason', () => {
  it('can be 1 to 255 characters, of any script, quotes and line breaks included', () => {
    for (const reason of ['x', 'ü'.repeat(255), 'see "ticket 7"\n${AWS::Region} {{resolve}}']) {
      expect(asTold(FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason }))).toMatchObject({ reason });
    }
  });
});
