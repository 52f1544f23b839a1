/** Tests which rules replace a flagged one. */
import type { FlaggedIngressRule, FlaggedIngressRuleConfiguration, IpPermission } from '../../../src/contract/configuration';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import { MOST_REPLACING_RULES, type Replacement, replacementFor } from '../../../src/contract/rules/replacement';
import { parseCidr } from '../../../src/contract/traffic';
import { aDeclaration, decoded } from '../../support/builders';

type Declared = Partial<FlaggedIngressRuleConfiguration>;

const OFFICE = '203.0.113.0/24';
const tcp = (from: number, to = from): IpPermission => ({ IpProtocol: 'tcp', FromPort: from, ToPort: to });
const BROAD = { ipv4PrefixLength: 8, ipv6PrefixLength: 32 };
const SSH: Declared = {
  match: 'COVERS', ipPermissions: [tcp(22)], fromInternet: BROAD, replaceWith: [{ CidrIp: OFFICE }],
};

const fromTen = (permission: IpPermission): Declared =>
  ({ match: 'COVERS', ipPermissions: [{ ...permission, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }] });

const declarationsOf = (...declared: Declared[]): FlaggedIngressRule[] =>
  decoded({ flaggedIngressRules: declared.map(each => aDeclaration(each)) }).flaggedIngressRules;

const listsOf = (lists: Record<string, string[]>): PrefixLists =>
  new Map(Object.entries(lists).map(([id, entries]) => [id, entries.map(parseCidr)]));

const replaced = (rule: RuleTraffic, declared: Declared[], lists: Record<string, string[]> = {}): Replacement =>
  replacementFor(rule, declarationsOf(...declared), listsOf(lists));

const ANYONE = { cidrIpv4: '0.0.0.0/0' };
type From = Partial<RuleTraffic>;
const live = (ipProtocol: string, fromPort: number, toPort: number, source: From = ANYONE): RuleTraffic =>
  ({ ipProtocol, fromPort, toPort, ...source });
const ports = (fromPort: number, toPort: number, source: From = ANYONE): RuleTraffic =>
  live('tcp', fromPort, toPort, source);
const rules = (...list: RuleTraffic[]): Replacement => ({ kind: 'rules', rules: list });
const NOT_NARROWER = { kind: 'NOT_NARROWER' };
const NOT_REPLACEABLE = { kind: 'NOT_REPLACEABLE' };

describe('a rule is replaced', () => {
  test.each<[string, RuleTraffic, Declared[], Replacement]>([
    ['by its port for the peer', ports(22, 22), [SSH], rules(ports(22, 22, { cidrIpv4: OFFICE }))],
    ['by one rule for each peer', ports(22, 22), [{ ...SSH, replaceWith: [{ CidrIp: OFFICE }, { CidrIp: '198.51.100.7/32' }] }],
      rules(ports(22, 22, { cidrIpv4: '198.51.100.7/32' }), ports(22, 22, { cidrIpv4: OFFICE }))],
    ['by one rule for neighboring peers', ports(22, 22), [{ ...SSH, replaceWith: [{ CidrIp: '10.0.0.0/9' }, { CidrIp: '10.128.0.0/9' }] }],
      rules(ports(22, 22, { cidrIpv4: '10.0.0.0/8' }))],
    ['without a peer that another one contains', ports(22, 22), [{ ...SSH, replaceWith: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.1.0.0/16' }] }],
      rules(ports(22, 22, { cidrIpv4: '10.0.0.0/8' }))],
    ['only as far as it contains the peer', ports(22, 22, { cidrIpv4: '8.8.8.0/24' }),
      [{ ...SSH, fromInternet: { ipv4PrefixLength: 32, ipv6PrefixLength: 128 }, replaceWith: [{ CidrIp: '8.8.8.7/32' }, { CidrIp: '10.0.0.0/8' }] }],
      rules(ports(22, 22, { cidrIpv4: '8.8.8.7/32' }))],
    ['and its other ports stay for its old source', ports(0, 1023), [SSH],
      rules(ports(0, 21), ports(23, 1023), ports(22, 22, { cidrIpv4: OFFICE }))],
    ['and what an exception allows stays', ports(20, 25), [{
      ...SSH, match: 'OVERLAPS', ipPermissions: [tcp(20, 25)], except: [tcp(25), { ...tcp(22), IpRanges: [{ CidrIp: '8.8.8.8/32' }] }],
    }], rules(
      ports(20, 24, { cidrIpv4: OFFICE }), ports(22, 22, { cidrIpv4: '8.8.8.8/32' }), ports(25, 25),
    )],
    ['in IPv6', ports(22, 22, { cidrIpv6: '::/0' }), [{ ...SSH, replaceWith: [{ CidrIpv6: '2001:DB8::/48' }, { CidrIp: OFFICE }] }],
      rules(ports(22, 22, { cidrIpv6: '2001:db8::/48' }))],
    ['by an ICMP type and code', live('icmp', 8, 0), [{ ...SSH, ipPermissions: [{ IpProtocol: 'icmp', FromPort: 8, ToPort: 0 }] }],
      rules(live('icmp', 8, 0, { cidrIpv4: OFFICE }))],
    ['by a whole protocol', live('50', -1, -1), [{ ...SSH, ipPermissions: [{ IpProtocol: '50' }] }],
      rules(live('50', -1, -1, { cidrIpv4: OFFICE }))],
    ['by all traffic for the peer', live('-1', -1, -1), [{ ...SSH, ipPermissions: [{ IpProtocol: '-1' }] }],
      rules(live('-1', -1, -1, { cidrIpv4: OFFICE }))],
    ['by all ports for the peer', ports(0, 65535), [{ ...SSH, ipPermissions: [{ IpProtocol: 'tcp' }] }],
      rules(ports(0, 65535, { cidrIpv4: OFFICE }))],
    ['for the services of every declaration that decides, each with its own peers', ports(22, 3389), [
      SSH, { ...SSH, ipPermissions: [tcp(3389)], replaceWith: [{ CidrIp: '10.0.0.0/8' }] }, { ...SSH, ipPermissions: [tcp(23)], replaceWith: undefined },
    ], rules(ports(22, 22, { cidrIpv4: OFFICE }), ports(24, 3388), ports(3389, 3389, { cidrIpv4: '10.0.0.0/8' }))],
    ['and what one declaration allows does not stay if another flags it', ports(22, 23), [
      { ...SSH, match: 'OVERLAPS', ipPermissions: [tcp(22, 23)], except: [tcp(23)] }, { ...SSH, ipPermissions: [tcp(23)], replaceWith: undefined },
    ], rules(ports(22, 23, { cidrIpv4: OFFICE }))],
  ])('%s', (_name, rule, declared, expected) => {
    expect(replaced(rule, declared)).toEqual(expected);
  });
});

describe('a rule is not replaced when nothing is narrower', () => {
  test.each<[string, RuleTraffic, Declared[]]>([
    ['no peer is in its source', ports(22, 22, { cidrIpv4: '8.0.0.0/7' }), [SSH]],
    ['every peer is of the other family', ports(22, 22, { cidrIpv6: '::/0' }), [SSH]],
    ['a peer is its source', ports(22, 22, { cidrIpv4: '8.0.0.0/7' }), [{ ...SSH, replaceWith: [{ CidrIp: '8.0.0.0/8' }, { CidrIp: '9.0.0.0/8' }] }]],
    ['its source is a group', ports(22, 22, { referencedGroup: { groupId: 'sg-2' } }), [SSH]],
    ['its source is a list that could not be read', ports(22, 22, { prefixListId: 'pl-9' }), [SSH]],
    ['its source cannot be read', ports(22, 22, { cidrIpv4: 'anywhere' }), [SSH]],
  ])('%s', (_name, rule, declared) => {
    expect(replaced(rule, declared)).toEqual(NOT_NARROWER);
  });

  test('no peer of one of two services is in its source, unless another declaration revokes the rule in any case', () => {
    const declared = [
      { ...fromTen(tcp(22)), replaceWith: [{ CidrIp: OFFICE }] },
      { ...fromTen(tcp(23)), replaceWith: [{ CidrIp: '10.8.0.0/16' }] },
    ];
    const rule = ports(22, 24, { cidrIpv4: '10.0.0.0/8' });
    const plain = { ...fromTen(tcp(24)) };
    expect(replaced(rule, declared)).toEqual(NOT_NARROWER);
    expect(replaced(rule, [...declared, plain])).toEqual(rules(ports(23, 23, { cidrIpv4: '10.8.0.0/16' })));
  });

  test('a list turns out to be flagged', () => {
    const declared = [{ ...SSH, replaceWith: [{ PrefixListId: 'pl-1' }] }];
    expect(replaced(ports(22, 22), declared, { 'pl-1': ['0.0.0.0/1'] })).toEqual(NOT_NARROWER);
    expect(replaced(ports(22, 22), declared, { 'pl-1': ['10.0.0.0/8'] })).toEqual(rules(ports(22, 22, { prefixListId: 'pl-1' })));
  });
});

describe('a rule is not replaced while a list of its peers is unread', () => {
  const [PEERS_UNREAD, unread] = [{ kind: 'PEERS_UNREAD' }, { PrefixListId: 'pl-9' }];
  const ofTelnet: Declared = { ...SSH, ipPermissions: [tcp(23)], replaceWith: [unread] };

  test.each<[string, RuleTraffic, Declared[]]>([
    ['the only peer', ports(22, 22), [{ ...SSH, replaceWith: [unread] }]],
    ['one of two peers', ports(22, 22), [{ ...SSH, replaceWith: [{ CidrIp: OFFICE }, unread] }]],
    ['a peer of one of two declarations', ports(22, 23), [SSH, ofTelnet]],
    ['a peer beside a declaration without peers', ports(22, 22), [{ ...SSH, replaceWith: undefined }, { ...SSH, replaceWith: [unread] }]],
  ])('%s', (_name, rule, declared) => {
    expect(replaced(rule, declared)).toEqual(PEERS_UNREAD);
    expect(replaced(rule, declared, { 'pl-9': ['198.51.100.0/24'] })).toMatchObject({ kind: 'rules' });
  });

  test('but is, if the list is for other services', () => {
    expect(replaced(ports(22, 22), [SSH, ofTelnet])).toEqual(rules(ports(22, 22, { cidrIpv4: OFFICE })));
  });
});

describe('a rule is not replaced when rules cannot say what stays', () => {
  test.each<[string, RuleTraffic, Declared[]]>([
    ['all traffic but one port', live('-1', -1, -1), [SSH]],
    ['all of ICMP but one type', live('icmp', -1, -1), [{ ...SSH, ipPermissions: [{ IpProtocol: 'icmp', FromPort: 8, ToPort: -1 }] }]],
    ['ports that have no meaning', { ipProtocol: 'tcp', fromPort: 22, ...ANYONE }, [SSH]],
    ['the share of a group', ports(22, 22), [{ ...SSH, match: 'OVERLAPS', except: [{ ...tcp(22), UserIdGroupPairs: [{ GroupId: 'sg-2' }] }] }]],
    ['the share of a list that could not be read', ports(22, 23), [{ ...SSH, match: 'OVERLAPS', except: [{ ...tcp(22), PrefixListIds: [{ PrefixListId: 'pl-9' }] }] }]],
    ['more rules than a group takes', ports(22, 22), [{ ...SSH, replaceWith: Array.from({ length: MOST_REPLACING_RULES + 1 }, (_, index) => ({ CidrIp: `10.0.${2 * index}.0/24` })) }]],
  ])('%s', (_name, rule, declared) => {
    expect(replaced(rule, declared)).toEqual(NOT_REPLACEABLE);
  });

  test('as many rules as a group takes are no problem', () => {
    const replaceWith = Array.from({ length: MOST_REPLACING_RULES }, (_, index) => ({ CidrIp: `10.0.${2 * index}.0/24` }));
    expect(replaced(ports(22, 22), [{ ...SSH, replaceWith }])).toMatchObject({ kind: 'rules', rules: { length: MOST_REPLACING_RULES } });
  });
});

describe('prefix lists', () => {
  const lists = { 'pl-office': [OFFICE, '198.51.100.0/24'], 'pl-world': ['0.0.0.0/1', '128.0.0.0/1'], 'pl-empty': [] };
  const withList = { ...SSH, replaceWith: [{ PrefixListId: 'pl-office' }] };

  test('a list that the source contains is used itself', () => {
    expect(replaced(ports(22, 22), [withList], lists)).toEqual(rules(ports(22, 22, { prefixListId: 'pl-office' })));
  });

  test('a list that it contains in part is used by its entries', () => {
    expect(replaced(ports(22, 22, { cidrIpv4: '200.0.0.0/6' }), [withList], lists))
      .toEqual(rules(ports(22, 22, { cidrIpv4: OFFICE })));
  });

  test('an empty list is no peer', () => {
    expect(replaced(ports(22, 22), [{ ...SSH, replaceWith: [{ PrefixListId: 'pl-empty' }] }], lists)).toEqual(NOT_NARROWER);
  });

  test('a list as the old source is written as the list', () => {
    expect(replaced(ports(22, 23, { prefixListId: 'pl-world' }), [SSH], lists)).toEqual(
      rules(ports(22, 22, { cidrIpv4: OFFICE }), ports(23, 23, { prefixListId: 'pl-world' })),
    );
  });

  test('a list that may stay stays as the list', () => {
    const except = [{ ...tcp(22), PrefixListIds: [{ PrefixListId: 'pl-office' }] }];
    const declared: Declared = { ...SSH, match: 'OVERLAPS', except, replaceWith: [{ CidrIp: '10.0.0.0/8' }] };
    expect(replaced(ports(22, 22), [declared], lists)).toEqual(
      rules(ports(22, 22, { prefixListId: 'pl-office' }), ports(22, 22, { cidrIpv4: '10.0.0.0/8' })),
    );
  });
});
