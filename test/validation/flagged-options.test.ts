/** Tests what the options of declarations are refused for, in the words of the user. */
import { CfnParameter, Fn } from 'aws-cdk-lib';
import { IPeer, Peer, Port, Protocol, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AnyGroupIngressRuleOptions, FlaggedIngressRule, IngressException, NetworkHygiene, PublicIngressRuleOptions, RuleMatch,
} from '../../src';
import { aStack } from '../support/synthesized-stack';

const office = Peer.ipv4('203.0.113.0/24');
const inAny = (options: AnyGroupIngressRuleOptions, peer: IPeer = Peer.anyIpv4()): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(peer, Port.SSH, options);
const except = (...exceptions: unknown[]): (() => unknown) => () => inAny({ except: exceptions as IngressException[] });
const inTagged = (key: unknown, values: unknown): (() => unknown) => () =>
  FlaggedIngressRule.inGroupsTagged(key as string, values as string[], Peer.anyIpv4(), Port.SSH);
const byTag = (groupsTagged: unknown): (() => unknown) => () =>
  FlaggedIngressRule.fromInternet(Port.SSH, { groupsTagged } as PublicIngressRuleOptions);
const later = new CfnParameter(aStack(), 'Later').valueAsString;

describe('exceptions', () => {
  it.each<[string, () => unknown, string]>([
    ['no exception', () => inAny({ except: [] }), 'except: got an empty list; leave it out if nothing may stay'],
    [
      'one exception without a list', () => inAny({ except: { ports: [Port.HTTPS] } as never }),
      'except: got {"ports":[an object of the class Port]}; give a list of exceptions, such as { ports: [Port.HTTPS] }',
    ],
    [
      'a port', except(Port.HTTPS),
      'except[0]: got an object of the class Port; give an exception, such as { ports: [Port.HTTPS] }',
    ],
    ['a peer', except({ peers: [office] }, office), 'except[1]: got an object of the class CidrIPv4; give an exception'],
    ['a text', except('https'), 'except[0]: got "https"; give an exception, such as { ports: [Port.HTTPS] }'],
    [
      'neither ports nor peers', except({ ports: [Port.HTTPS] }, {}),
      'except[1]: got {}; give ports, peers or both, such as { ports: [Port.HTTPS] }; without them all traffic would stay',
    ],
    ['a misspelt name', except({ port: [Port.HTTPS] }), 'except[0]: "port" is unknown. Did you mean "ports"?'],
    [
      'no port', except({ ports: [], peers: [office] }),
      'except[0].ports: got an empty list; give at least one, or leave it out to mean all',
    ],
    [
      'no peer', except({ ports: [Port.HTTPS], peers: [] }),
      'except[0].peers: got an empty list; give at least one, or leave it out to mean all',
    ],
    [
      'one port without a list', except({ ports: Port.HTTPS }),
      'except[0].ports: got an object of the class Port; give a list, such as [Port.HTTPS]',
    ],
    [
      'one peer without a list', except({ peers: office }),
      "except[0].peers: got an object of the class CidrIPv4; give a list, such as [Peer.ipv4('192.0.2.0/24')]",
    ],
    ['a number as a port', except({ ports: [Port.HTTP, 443] }), 'except[0].ports[1]: got 443; give a Port, such as Port.SSH'],
    [
      'a text as a peer', except({ peers: [office] }, { peers: [office, '10.0.0.0/8'] }),
      'except[1].peers[1]: got "10.0.0.0/8"; give a Peer, such as Peer.ipv4(\'192.0.2.0/24\')',
    ],
    ['a hole', () => inAny({ except: new Array(1) as never }), 'except[0]: got undefined; give an exception'],
    [
      'ports that are in the wrong order', except({ ports: [Port.HTTP, Port.tcpRange(90, 80)] }),
      'except[0].ports[1]: got {"protocol":"tcp","fromPort":90,"toPort":80}; for tcp and udp give a first port',
    ],
    [
      'a port that is too high', except({ peers: [office], ports: [Port.tcp(65536)] }),
      'except[0].ports[0].fromPort: got 65536; give a whole number from -1 to 65535',
    ],
    [
      'a protocol that is none',
      except({ ports: [new Port({ protocol: 'moon' as Protocol, stringRepresentation: 'moon' })] }),
      'except[0].ports[0].protocol: got "moon"; give tcp, udp, icmp',
    ],
    [
      'a block with bits behind its prefix, beside other peers',
      except({ ports: [Port.HTTP, Port.HTTPS], peers: [Peer.ipv6('2001:db8::/32'), office, Peer.ipv4('10.0.0.1/8')] }),
      'except[0].peers[2]: "10.0.0.1/8" has address bits behind its prefix. Did you mean "10.0.0.0/8"',
    ],
    [
      'an id that is none', except({ peers: [office] }, { peers: [Peer.ipv4('10.0.0.0/8'), Peer.prefixList('list')] }),
      'except[1].peers[1]: got "list"; give an id that starts with "pl-"',
    ],
  ])('are refused with %s', (_, make, problem) => {
    expect(make).toThrow(`FlaggedIngressRule.inAnyGroup: ${problem}`);
  });

  it.each([RuleMatch.EXACT, RuleMatch.WITHIN, RuleMatch.COVERS])('are refused together with %s', match => {
    expect(() => inAny({ match, except: [{ peers: [office] }] })).toThrow(new Error(
      `FlaggedIngressRule.inAnyGroup: match: got RuleMatch.${match} together with except; leave match out, or give `
      + 'RuleMatch.OVERLAPS, because with exceptions a rule is flagged when it admits any declared traffic that no '
      + 'exception admits',
    ));
  });

  it('may be known at deployment only', () => {
    expect(except({ peers: [Peer.ipv4(later)], ports: [Port.HTTPS] })).not.toThrow();
  });
});

describe('replacements', () => {
  const replace = (...peers: unknown[]): (() => unknown) => () => inAny({ replaceWith: peers as IPeer[] });
  const BECAUSE = 'because the members of a security group may have addresses that the flagged rule does not admit, such '
    + 'as IPv6 addresses, so nobody can prove that a rule for the group opens nothing new';

  it.each<[string, () => unknown, string]>([
    ['no peer', replace(), 'replaceWith: got an empty list; give at least one peer, or leave it out to revoke without a replacement'],
    [
      'one peer without a list', () => inAny({ replaceWith: office as never }),
      "replaceWith: got an object of the class CidrIPv4; give a list, such as [Peer.ipv4('192.0.2.0/24')]",
    ],
    [
      'a text', replace(office, '10.0.0.0/8'),
      'replaceWith[1]: got "10.0.0.0/8"; give a Peer, such as Peer.ipv4(\'192.0.2.0/24\')',
    ],
    [
      'a security group by its id', replace(office, Peer.securityGroupId('sg-12345678')),
      `replaceWith[1]: got "sg-12345678"; give a CIDR block or a prefix list, ${BECAUSE}`,
    ],
    [
      'a security group', replace(SecurityGroup.fromSecurityGroupId(aStack(), 'Web', 'sg-12345678')),
      `replaceWith[0]: got "sg-12345678"; give a CIDR block or a prefix list, ${BECAUSE}`,
    ],
    [
      'a block with bits behind its prefix', replace(Peer.ipv4('10.0.0.1/8')),
      'replaceWith[0]: "10.0.0.1/8" has address bits behind its prefix.',
    ],
    ['an id that is none', replace(Peer.prefixList('list')), 'replaceWith[0]: got "list"; give an id that starts with "pl-"'],
    [
      'the declared source itself', replace(office, Peer.anyIpv4()),
      'replaceWith[1]: got "0.0.0.0/0"; give a narrower peer, because the declared source "0.0.0.0/0" lies in it, so the '
      + 'replacement would be flagged again',
    ],
    [
      'a block around the declared source',
      () => inAny({ replaceWith: [Peer.ipv4('10.0.0.0/8')] }, Peer.ipv4('10.1.0.0/16')),
      'replaceWith[0]: got "10.0.0.0/8"; give a narrower peer, because the declared source "10.1.0.0/16" lies in it',
    ],
    [
      'the declared prefix list',
      () => inAny({ replaceWith: [Peer.prefixList('pl-12345678')] }, Peer.prefixList('pl-12345678')),
      'replaceWith[0]: got "pl-12345678"; give a narrower peer',
    ],
  ])('are refused with %s', (_, make, problem) => {
    expect(make).toThrow(`FlaggedIngressRule.inAnyGroup: ${problem}`);
  });

  it('are taken where they are narrower, of the other family, or known at deployment only', () => {
    expect(replace(office, Peer.ipv6('2001:db8::/32'), Peer.prefixList('pl-1'), Peer.ipv4(later))).not.toThrow();
    expect(() => inAny({ replaceWith: [Peer.ipv6('::/0')] }, Peer.ipv4('10.0.0.0/8'))).not.toThrow();
  });

  it('are refused by the construct where another declaration flags them', () => {
    const flaggedIngressRules = [
      FlaggedIngressRule.fromInternet(Port.SSH, { replaceWith: [Peer.ipv4('8.8.8.0/24'), Peer.ipv4('9.9.9.0/24')] }),
      FlaggedIngressRule.inAnyGroup(Peer.ipv4('9.9.9.0/24'), Port.SSH),
    ];
    expect(() => new NetworkHygiene(aStack(), 'NetworkHygiene', { flaggedIngressRules })).toThrow(
      'Network/NetworkHygiene: flaggedIngressRules[0].replaceWith[1]: got 9.9.9.0/24, which flaggedIngressRules[1] flags',
    );
  });
});

describe('tags', () => {
  const KEY = 'a tag key: 1 to 128 letters (Latin ones, because IAM takes no others in a policy), digits, spaces or '
    + '_ . : / = + - @, with no space at either end';
  const VALUE = 'a tag value of at most 256 characters (of Latin-1, because IAM takes no others in a policy)';
  const known = 'a text that is known at deployment only; give a plain text, because a tag key becomes part of a condition key';

  it.each<[string, unknown, unknown, string]>([
    ['no key', undefined, ['a'], "key: got undefined; give a tag key, such as 'Exposure'"],
    ['an empty key', '', ['a'], `key: got ""; give ${KEY}`],
    ['a key of letters that IAM does not take', '\u4fdd\u7559', ['a'], `key: got "\u4fdd\u7559"; give ${KEY}`],
    ['a key that is known at deployment only', later, ['a'], `key: got ${known}`],
    ['no values', 'Exposure', [], 'values: got an empty list; give at least one value'],
    ['one value without a list', 'Exposure', 'private', 'values: got "private"; give a list of tag values, such as [\'private\']'],
    ['values that are missing', 'Exposure', undefined, 'values: got undefined; give a list of tag values'],
    ['a value of another kind', 'Exposure', ['a', 7], `values[1]: got 7; give ${VALUE}`],
    ['a hole', 'Exposure', new Array(1), `values[0]: got undefined; give ${VALUE}`],
    ['a value that is too long', 'Exposure', ['x'.repeat(257)], 'values[0]: got "xxx'],
    ['a value of letters that IAM does not take', 'Exposure', ['\u4fdd'], `values[0]: got "\u4fdd"; give ${VALUE}`],
    [
      'a list that is known at deployment only', 'Exposure', Fn.split(',', later),
      'values: got a list that is known at deployment only; give a list of texts, because their number decides the '
      + 'policies. Each text may be known later',
    ],
  ])('are refused with %s, as parameters and as an option', (_, key, values, problem) => {
    expect(inTagged(key, values)).toThrow(`FlaggedIngressRule.inGroupsTagged: ${problem}`);
    expect(byTag({ key, values })).toThrow(`FlaggedIngressRule.fromInternet: groupsTagged.${problem}`);
  });

  it.each<[string, unknown, string]>([
    ['null, which must not mean every group', null, 'got null; give a tag key and its values'],
    ['nothing', {}, "got {}; give a tag key and its values, such as { key: 'Exposure', values: ['private'] }"],
    ['a misspelt name', { key: 'Exposure', value: ['a'] }, '"value" is unknown. Did you mean "values"?'],
    ['a text', 'Exposure', 'got "Exposure"; give a tag key and its values'],
  ])('are refused as an option with %s', (_, groupsTagged, problem) => {
    expect(byTag(groupsTagged)).toThrow(`FlaggedIngressRule.fromInternet: groupsTagged: ${problem}`);
  });

  it('may have values that are empty, or known at deployment only', () => {
    expect(inTagged('Cost Center', ['', later, 'ä'])).not.toThrow();
  });
});

describe('groups that are left out', () => {
  const group = (id: string): SecurityGroup => SecurityGroup.fromSecurityGroupId(aStack(), 'Group', id) as SecurityGroup;

  it.each<[string, unknown, string]>([
    ['no group', [], 'exceptGroups: got an empty list; leave it out if there is no such group'],
    ['null', null, 'exceptGroups: got null; give a list, such as [SecurityGroup.fromSecurityGroupId()]'],
    ['an id', ['sg-1'], 'exceptGroups[0]: got "sg-1"; give a security group, such as SecurityGroup.fromSecurityGroupId()'],
    ['a group without an id', [group('sg-1'), group('')], 'exceptGroups[1].securityGroupId: got ""; give a security group'],
    ['an id that is none', [group('web')], 'exceptGroups[0].securityGroupId: got "web"; give an id that starts with "sg-"'],
  ])('are refused with %s', (_, exceptGroups, problem) => {
    expect(() => inAny({ exceptGroups: exceptGroups as never })).toThrow(`FlaggedIngressRule.inAnyGroup: ${problem}`);
    expect(() => FlaggedIngressRule.inDefaultGroups({ exceptGroups: exceptGroups as never }))
      .toThrow(`FlaggedIngressRule.inDefaultGroups: ${problem}`);
  });

  it.each<[string, () => unknown, string]>([
    [
      'traffic of default groups', () => FlaggedIngressRule.inDefaultGroups({ except: [{ ports: [Port.SSH] }] } as never),
      'FlaggedIngressRule.inDefaultGroups: "except" is unknown; use exceptGroups',
    ],
    [
      'groups without a certain tag', () => inAny({ groupsTagged: { key: 'Exposure', values: ['private'] } } as never),
      'FlaggedIngressRule.inAnyGroup: "groupsTagged" is unknown; use FlaggedIngressRule.inGroupsTagged',
    ],
  ])('are no option for %s, and the error names what to use', (_, make, problem) => {
    expect(make).toThrow(new Error(problem));
  });

  it('are no option of a declaration for one group, which could only leave out itself', () => {
    expect(() => FlaggedIngressRule.onGroup(group('sg-1'), office, Port.SSH, { exceptGroups: [group('sg-1')] } as never))
      .toThrow('FlaggedIngressRule.onGroup: "exceptGroups" is unknown.');
  });
});

it.each<[string, () => unknown, string]>([
  ['ports', () => FlaggedIngressRule.fromInternet([Port.SSH, Port.RDP] as never), 'fromInternet: port: got [an object of the class '
    + 'Port,an object of the class Port]; give one Port, and make one declaration per port'],
  ['ports beside a peer', () => FlaggedIngressRule.inAnyGroup(office, [Port.SSH] as never), 'inAnyGroup: port: got [an object of '
    + 'the class Port]; give one Port, and make one declaration per port'],
  ['peers', () => FlaggedIngressRule.inAnyGroup([office] as never, Port.SSH), 'inAnyGroup: peer: got [an object of the class '
    + 'CidrIPv4]; give one Peer, and make one declaration per peer'],
])('a list of %s is refused, and the error asks for one declaration for each', (_, make, problem) => {
  expect(make).toThrow(new Error(`FlaggedIngressRule.${problem}`));
});

it.each([[1, '1'], ['yes', '"yes"'], [null, 'null']])('evenInUse is refused if it is %p', (evenInUse, shown) => {
  expect(() => FlaggedIngressRule.inDefaultGroups({ evenInUse: evenInUse as never }))
    .toThrow(`FlaggedIngressRule.inDefaultGroups: evenInUse: got ${shown}; give true or false`);
});
