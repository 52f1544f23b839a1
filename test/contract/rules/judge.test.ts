/** Tests which rules a declaration with OVERLAPS and exceptions flags, and the words for what a rule admits. */
import type { FlaggedIngressRuleConfiguration, IpPermission } from '../../../src/contract/configuration';
import { judge, type Judgement } from '../../../src/contract/rules/judge';
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Relation } from '../../../src/contract/rules/relation';
import { allowedWords } from '../../../src/contract/rules/words';
import { parseCidr } from '../../../src/contract/traffic';
import { aDeclaration, readDeclarations } from '../../support/builders';

type Declared = Partial<FlaggedIngressRuleConfiguration>;

const declarationOf = (declared: Declared) =>
  readDeclarations([aDeclaration({ match: 'OVERLAPS', ...declared })])[0];

const listsOf = (lists: Record<string, string[]>): PrefixLists =>
  new Map(Object.entries(lists).map(([id, entries]) => [id, entries.map(parseCidr)]));

function judged(rule: RuleTraffic, declared: Declared, lists: Record<string, string[]> = {}): Judgement {
  return judge(trafficOf(rule), declarationOf(declared), listsOf(lists));
}

const tcp = (from: number, to = from): IpPermission => ({ IpProtocol: 'tcp', FromPort: from, ToPort: to });
const ALL: IpPermission = { IpProtocol: '-1' };
const cidrs = (...blocks: string[]): Partial<IpPermission> => ({ IpRanges: blocks.map(CidrIp => ({ CidrIp })) });
const cidrs6 = (...blocks: string[]): Partial<IpPermission> =>
  ({ Ipv6Ranges: blocks.map(CidrIpv6 => ({ CidrIpv6 })) });
const list = (PrefixListId: string): Partial<IpPermission> => ({ PrefixListIds: [{ PrefixListId }] });
const group = (GroupId: string, UserId?: string): Partial<IpPermission> =>
  ({ UserIdGroupPairs: [{ GroupId, UserId }] });

type From = Partial<RuleTraffic> | string;
const live = (ipProtocol: string, fromPort: number, toPort: number, source: From): RuleTraffic => ({
  ipProtocol, fromPort, toPort,
  ...typeof source === 'string' ? { [source.includes(':') ? 'cidrIpv6' : 'cidrIpv4']: source } : source,
});
const ssh = (source: From): RuleTraffic => live('tcp', 22, 22, source);

const BROAD = { ipv4PrefixLength: 8, ipv6PrefixLength: 32 };

describe('from the internet, everything but tcp 80 and 443', () => {
  const declared: Declared = { ipPermissions: [ALL], fromInternet: BROAD, except: [tcp(80), tcp(443)] };

  test.each<[string, RuleTraffic, Relation, string?]>([
    ['80 stays', live('tcp', 80, 80, '0.0.0.0/0'), 'no'],
    ['443 stays', live('tcp', 443, 443, '::/0'), 'no'],
    ['80-443 goes', live('tcp', 80, 443, '0.0.0.0/0'), 'yes', 'tcp 81-442 from 0.0.0.0/0'],
    ['0-65535 goes', live('tcp', 0, 65535, '0.0.0.0/0'), 'yes', 'tcp 0-79, 81-442 and 444-65535 from 0.0.0.0/0'],
    ['UDP 443 goes', live('udp', 443, 443, '0.0.0.0/0'), 'yes', 'udp 443 from 0.0.0.0/0'],
    ['all traffic goes', live('-1', -1, -1, '::/0'), 'yes', 'all traffic other than tcp 80 and 443 from ::/0'],
    ['UDP 500 from one public address stays', live('udp', 500, 500, '8.8.8.8/32'), 'no'],
    ['all traffic from a private block stays', live('-1', -1, -1, '10.0.0.0/8'), 'no'],
    ['all traffic from a group stays', live('-1', -1, -1, { referencedGroup: { groupId: 'sg-2' } }), 'no'],
  ])('%s', (_name, rule, relation, ...[admits]) => {
    expect(judged(rule, declared)).toEqual({ relation, admits });
  });

  test('without the exceptions, 80 and 443 go, too', () => {
    expect(judged(live('tcp', 80, 80, '0.0.0.0/0'), { ...declared, except: undefined })).toEqual({ relation: 'yes' });
    expect(judged(live('tcp', 443, 443, '::/0'), { ...declared, except: undefined })).toEqual({ relation: 'yes' });
  });

  test('the exceptions are told in words', () => {
    expect(allowedWords(declarationOf(declared))).toBe('tcp 80 and 443');
  });
});

describe("SSH from any public address, but the office's block", () => {
  const declared: Declared = {
    ipPermissions: [tcp(22)], fromAnyPublicAddress: true, except: [{ ...tcp(22), ...cidrs('8.8.8.0/24') }],
  };

  test.each<[string, RuleTraffic, Relation, string?]>([
    ['an address of the office stays', ssh('8.8.8.7/32'), 'no'],
    ['the block itself stays', ssh('8.8.8.0/24'), 'no'],
    ['the block twice as large goes', ssh('8.8.8.0/23'), 'yes', 'tcp 22 from 8.8.9.0/24'],
    ['any address goes', ssh('0.0.0.0/0'), 'yes', 'tcp 22 from 0.0.0.0-8.8.7.255 and 8.8.9.0-255.255.255.255'],
    ['one other public address goes', ssh('8.8.9.1/32'), 'yes', 'tcp 22 from 8.8.9.1/32'],
    ['a private block stays', ssh('10.0.0.0/8'), 'no'],
    ['a group stays', ssh({ referencedGroup: { groupId: 'sg-2' } }), 'no'],
    ['another port stays', live('tcp', 23, 23, '0.0.0.0/0'), 'no'],
    ['a prefix list that could not be read is undecided', ssh({ prefixListId: 'pl-1' }), 'unknown', 'tcp 22 from pl-1'],
  ])('%s', (_name, rule, relation, ...[admits]) => {
    expect(judged(rule, declared)).toEqual({ relation, admits });
  });

  test('without the exception, the office goes, too', () => {
    expect(judged(ssh('8.8.8.7/32'), { ...declared, except: undefined })).toEqual({ relation: 'yes' });
  });

  test('the exception is told in words', () => {
    expect(allowedWords(declarationOf(declared))).toBe('tcp 22 from 8.8.8.0/24');
  });
});

test('exceptions that have every reachable address leave nothing, though the rule has private ones, too', () => {
  const declared: Declared = {
    ipPermissions: [tcp(22)], fromAnyPublicAddress: true, except: [{ ...ALL, ...cidrs('8.0.0.0/7', '10.0.0.0/9') }],
  };
  expect(judged(ssh('8.0.0.0/6'), declared)).toEqual({ relation: 'yes', admits: 'tcp 22 from 10.128.0.0-11.255.255.255' });
  const whole = [{ ...ALL, ...cidrs('8.0.0.0/7', '11.0.0.0/8') }];
  expect(judged(ssh('8.0.0.0/6'), { ...declared, except: whole })).toEqual({ relation: 'no' });
});

describe('exceptions are one set of traffic', () => {
  test.each<[string, RuleTraffic, IpPermission[]]>([
    ['80-90 with 91-100 has 85-95', live('tcp', 85, 95, '0.0.0.0/0'), [tcp(80, 90), tcp(91, 100)]],
    ['the halves of a block have the block', ssh('10.0.0.0/8'), [
      { ...tcp(22), ...cidrs('10.0.0.0/9') }, { ...tcp(22), ...cidrs('10.128.0.0/9') },
    ]],
    ['the quarters have it, each by a permission of its own', live('tcp', 1, 2, '10.0.0.0/8'), [
      { ...tcp(1), ...cidrs('10.0.0.0/9') }, { ...tcp(1), ...cidrs('10.128.0.0/9') },
      { ...tcp(2), ...cidrs('10.0.0.0/9') }, { ...tcp(2), ...cidrs('10.128.0.0/9') },
    ]],
    ['the codes of a type have the type', live('icmp', 8, -1, '10.0.0.0/8'),
      Array.from({ length: 256 }, (_, code) => ({ IpProtocol: 'icmp', FromPort: 8, ToPort: code }))],
  ])('%s', (_name, rule, except) => {
    const declared: Declared = { ipPermissions: [{ ...ALL, ...cidrs('0.0.0.0/0') }] };
    expect(judged(rule, { ...declared, except }).relation).toBe('no');
    expect(judged(rule, { ...declared, except: except.slice(1) }).relation).toBe('yes');
    expect(judged(rule, declared).relation).toBe('yes');
  });

  test('one corner that is left is enough', () => {
    const except = [{ ...tcp(1), ...cidrs('10.0.0.0/8') }, { ...tcp(2), ...cidrs('10.0.0.0/9') }];
    expect(judged(live('tcp', 1, 2, '10.0.0.0/8'), { ipPermissions: [{ ...ALL, ...cidrs('0.0.0.0/0') }], except }))
      .toEqual({ relation: 'yes', admits: 'tcp 2 from 10.128.0.0/9' });
  });
});

describe('a rule overlaps declared traffic', () => {
  const declared: Declared = { ipPermissions: [{ ...tcp(20, 25), ...cidrs('10.0.0.0/8') }] };

  test.each<[string, RuleTraffic, Relation]>([
    ['when it is within', ssh('10.1.0.0/16'), 'yes'],
    ['when it covers', live('-1', -1, -1, '0.0.0.0/0'), 'yes'],
    ['when it shares a port and a block', live('tcp', 25, 30, '10.1.0.0/16'), 'yes'],
    ['not when it shares only a port', ssh('11.0.0.0/8'), 'no'],
    ['not when it shares only a block', live('tcp', 26, 30, '10.0.0.0/8'), 'no'],
    ['not by another protocol', live('udp', 22, 22, '10.0.0.0/8'), 'no'],
    ['not from the other family', ssh('::/0'), 'no'],
    ['perhaps from a group', ssh({ referencedGroup: { groupId: 'sg-2' } }), 'unknown'],
    ['perhaps from an unread list', ssh({ prefixListId: 'pl-1' }), 'unknown'],
    ['perhaps with ports that have no meaning', { ipProtocol: 'tcp', fromPort: 22, cidrIpv4: '10.0.0.0/8' }, 'unknown'],
    ['perhaps with a protocol that EC2 does not document', live('sctp', 22, 22, '10.0.0.0/8'), 'unknown'],
    ['perhaps from a source that cannot be read', ssh('anywhere'), 'unknown'],
  ])('%s', (_name, rule, relation) => {
    expect(judged(rule, declared)).toEqual({ relation });
  });

  test('ports of a protocol without ports mean the whole protocol', () => {
    const esp: Declared = { ipPermissions: [{ IpProtocol: '50', FromPort: 1, ToPort: 2, ...cidrs('10.0.0.0/8') }] };
    expect(judged(live('50', 3, 4, '10.0.0.0/8'), esp)).toEqual({ relation: 'yes' });
    expect(judged(live('50', 3, 4, '10.0.0.0/8'), { ...esp, except: [{ IpProtocol: '50', FromPort: 5, ToPort: 5 }] }))
      .toEqual({ relation: 'no' });
    expect(judged(live('51', 1, 2, '10.0.0.0/8'), esp)).toEqual({ relation: 'no' });
  });
});

describe('what cannot be proved is undecided', () => {
  const from = (...sources: Array<Partial<IpPermission>>): Declared => ({
    ipPermissions: [{ ...tcp(22), ...cidrs('0.0.0.0/0'), ...cidrs6('::/0'), ...group('sg-2'), ...list('pl-2') }],
    except: sources.map(source => ({ ...tcp(22), ...source })),
  });
  const ofGroup = (groupId: string, userId?: string) => ({ referencedGroup: { groupId, userId } });

  test.each<[string, RuleTraffic, Array<Partial<IpPermission>>, Relation]>([
    ['a group excepts itself', ssh(ofGroup('sg-2')), [group('sg-2')], 'no'],
    ['a group may have the members of another', ssh(ofGroup('sg-2')), [group('sg-3')], 'unknown'],
    ['another account is not an exception for certain', ssh(ofGroup('sg-2', '111122223333')), [group('sg-2', '444455556666')], 'unknown'],
    ['the members of a group may be in a block', ssh(ofGroup('sg-2')), [cidrs('10.0.0.0/8')], 'unknown'],
    ['all members are in both families together', ssh(ofGroup('sg-2')), [cidrs('0.0.0.0/0'), cidrs6('::/0')], 'no'],
    ['a group does not have all private addresses', ssh('10.0.0.0/8'), [group('sg-3')], 'yes'],
    ['a group does not have the addresses of a whole VPC', ssh('10.1.0.0/16'), [group('sg-3'), group('sg-4')], 'yes'],
    ['a group may have the addresses of a smaller block', ssh('10.1.0.0/17'), [group('sg-3')], 'unknown'],
    ['a group may have one address', ssh('10.0.0.5/32'), [group('sg-3')], 'unknown'],
    ['a group does not have the internet', ssh('0.0.0.0/0'), [group('sg-3')], 'yes'],
    ['a group does not have a public IPv4 address', ssh('8.8.8.8/32'), [group('sg-3')], 'yes'],
    ['a group may have public IPv6 addresses', ssh('2600::/56'), [group('sg-3')], 'unknown'],
    ['a group does not have all addresses of the largest IPv6 block', ssh('2600::/44'), [group('sg-3')], 'yes'],
    ['what a group may have is all that a block leaves', ssh('10.0.0.0/15'), [group('sg-3'), cidrs('10.0.0.0/16', '10.1.0.0/17')], 'unknown'],
    ['an unread list may have everything', ssh('0.0.0.0/0'), [list('pl-3')], 'unknown'],
    ['a list excepts itself', ssh({ prefixListId: 'pl-2' }), [list('pl-2')], 'no'],
    ['an unread list may be in a block', ssh({ prefixListId: 'pl-2' }), [cidrs('10.0.0.0/8')], 'unknown'],
    ['an unread list may have the members of a group', ssh(ofGroup('sg-2')), [list('pl-3')], 'unknown'],
  ])('%s', (_name, rule, except, relation) => {
    expect(judged(rule, from(...except)).relation).toBe(relation);
  });

  test('a group or a list that is declared is flagged when nothing is excepted for its ports', () => {
    const declared = { ...from(), except: [tcp(23)] };
    expect(judged(ssh(ofGroup('sg-2')), declared).relation).toBe('yes');
    expect(judged(ssh({ prefixListId: 'pl-2' }), declared).relation).toBe('yes');
    expect(judged(ssh(ofGroup('sg-9')), declared).relation).toBe('unknown');
  });

  test('a segment that is sure decides, whatever may be excepted elsewhere', () => {
    const declared = { ...from(), ipPermissions: [{ ...ALL, ...cidrs('0.0.0.0/0') }], except: [{ ...tcp(22), ...list('pl-3') }] };
    expect(judged(live('tcp', 22, 23, '10.0.0.5/32'), declared))
      .toEqual({ relation: 'yes', admits: 'tcp 23 from 10.0.0.5/32' });
  });
});

describe('prefix lists that were read', () => {
  const CLOUDFRONT = ['13.32.0.0/15', '120.52.22.96/27'];
  const HALVES = ['0.0.0.0/1', '128.0.0.0/1'];
  const lists = { 'pl-front': CLOUDFRONT, 'pl-all': HALVES, 'pl-empty': [], 'pl-private': ['10.0.0.0/9', '10.128.0.0/9'] };
  const fromInternet: Declared = { ipPermissions: [tcp(443)], fromInternet: BROAD };
  const https = (prefixListId: string) => live('tcp', 443, 443, { prefixListId });

  test.each(['EXACT', 'WITHIN', 'COVERS', 'OVERLAPS'] as const)("with %s, CloudFront's list is not the internet, and two halves of it are", match => {
    expect(judged(https('pl-front'), { ...fromInternet, match }, lists).relation).toBe('no');
    expect(judged(https('pl-all'), { ...fromInternet, match }, lists).relation).toBe('yes');
    expect(judged(https('pl-empty'), { ...fromInternet, match }, lists).relation).toBe('no');
    expect(judged(https('pl-unread'), { ...fromInternet, match }, lists).relation).toBe('unknown');
  });

  test("CloudFront's list has public addresses", () => {
    const declared: Declared = { ipPermissions: [tcp(443)], fromAnyPublicAddress: true, match: 'COVERS' };
    expect(judged(https('pl-front'), declared, lists).relation).toBe('yes');
    expect(judged(https('pl-private'), declared, lists).relation).toBe('no');
  });

  test.each<[string, RuleTraffic, Partial<IpPermission>, 'WITHIN' | 'COVERS', Relation]>([
    ['a list is within the block of its entries', https('pl-private'), cidrs('10.0.0.0/8'), 'WITHIN', 'yes'],
    ['a list is not within a part of them', https('pl-private'), cidrs('10.0.0.0/9'), 'WITHIN', 'no'],
    ['a list covers the block that its entries form', https('pl-private'), cidrs('10.0.0.0/8'), 'COVERS', 'yes'],
    ['a block covers a list', live('tcp', 443, 443, '0.0.0.0/0'), list('pl-front'), 'COVERS', 'yes'],
    ['a block is within a list', live('tcp', 443, 443, '13.32.1.0/24'), list('pl-front'), 'WITHIN', 'yes'],
    ['a list is within another', https('pl-private'), list('pl-all'), 'WITHIN', 'yes'],
    ['no block covers an empty list', live('tcp', 443, 443, '0.0.0.0/0'), list('pl-empty'), 'COVERS', 'no'],
    ['an empty list is within no block', https('pl-empty'), cidrs('0.0.0.0/0'), 'WITHIN', 'no'],
    ['an empty list is itself', https('pl-empty'), list('pl-empty'), 'WITHIN', 'yes'],
    ['an unread list proves nothing', https('pl-unread'), list('pl-all'), 'WITHIN', 'unknown'],
    ['a group proves nothing', live('tcp', 443, 443, { referencedGroup: { groupId: 'sg-2' } }), list('pl-all'), 'WITHIN', 'unknown'],
  ])('%s', (_name, rule, source, match, relation) => {
    expect(judged(rule, { ipPermissions: [{ ...tcp(443), ...source }], match }, lists).relation).toBe(relation);
  });

  test('EXACT compares lists by their ids, and reads none', () => {
    const declared: Declared = { ipPermissions: [{ ...tcp(443), ...list('pl-all') }], match: 'EXACT' };
    expect(judged(https('pl-all'), declared).relation).toBe('yes');
    expect(judged(https('pl-2'), declared, { 'pl-all': HALVES, 'pl-2': HALVES }).relation).toBe('no');
  });

  test('a list may stay, or a part of it', () => {
    const declared: Declared = { ipPermissions: [{ ...tcp(443), ...cidrs('0.0.0.0/0') }] };
    const except = [{ ...tcp(443), ...list('pl-front') }];
    expect(judged(live('tcp', 443, 443, '13.33.0.0/16'), { ...declared, except }, lists).relation).toBe('no');
    expect(judged(live('tcp', 443, 443, '13.34.0.0/16'), { ...declared, except }, lists).relation).toBe('yes');
    expect(judged(https('pl-front'), { ...declared, except: [{ ...tcp(443), ...cidrs('13.32.0.0/15') }] }, lists))
      .toEqual({ relation: 'yes', admits: 'tcp 443 from 120.52.22.96/27' });
    expect(judged(https('pl-empty'), { ...declared, except }, lists)).toEqual({ relation: 'no' });
  });

  test('a list that changes is read anew', () => {
    const declaration = declarationOf({ ipPermissions: [tcp(443)], fromAnyPublicAddress: true });
    const rule = trafficOf(https('pl-1'));
    expect(judge(rule, declaration, listsOf({ 'pl-1': ['10.0.0.0/8'] })).relation).toBe('no');
    expect(judge(rule, declaration, listsOf({ 'pl-1': ['8.0.0.0/8'] })).relation).toBe('yes');
    expect(judge(rule, declaration, new Map()).relation).toBe('unknown');
  });
});

describe('words stay short', () => {
  const ports = (count: number) => Array.from({ length: count }, (_, index) => tcp(10 * index + 10));

  test('many ranges are counted', () => {
    const except = ports(13);
    const declared: Declared = { ipPermissions: [ALL], fromInternet: BROAD, except };
    expect(judged(live('tcp', 0, 65535, '0.0.0.0/0'), declared).admits)
      .toBe('tcp 0-9, 11-19, 21-29 and 11 other ranges from 0.0.0.0/0');
    expect(allowedWords(declarationOf(declared))).toBe('tcp 10, 20, 30 and 10 other ranges');
  });

  test.each<[string, IpPermission[], string]>([
    ['whole protocols', [{ IpProtocol: 'udp' }, { IpProtocol: '50' }], 'udp and protocol 50'],
    ['ICMP', [{ IpProtocol: 'icmp', FromPort: 8, ToPort: 0 }, { IpProtocol: 'icmp', FromPort: 3 }], 'icmp type 3 and type 8 code 0'],
    ['everything from a block', [{ ...ALL, ...cidrs('10.0.0.0/8') }], 'all traffic from 10.0.0.0/8'],
    ['several sources', [{ ...tcp(22), ...cidrs('10.0.0.0/8'), ...group('sg-2'), ...list('pl-1') }], 'tcp 22 from 10.0.0.0/8, pl-1 and sg-2'],
    ['several kinds', [tcp(80), tcp(443), { ...tcp(22), ...cidrs6('2001:DB8::/32') }], 'tcp 80 and 443, and tcp 22 from 2001:db8::/32'],
    ['neighbors', [tcp(80, 90), tcp(91)], 'tcp 80-91'],
  ])('%s', (_name, except, words) => {
    expect(allowedWords(declarationOf({ except }))).toBe(words);
  });

  test('a declaration without exceptions allows nothing', () => {
    expect(allowedWords(declarationOf({}))).toBe('');
  });
});
