/** Tests what exceptions leave of a declaration: at least something, and less than without them. */
import type { FlaggedIngressRuleConfiguration, IpPermission } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import type { Words } from '../../../src/contract/reader';
import { isWithoutEffect, letAllStay } from '../../../src/contract/rules/exceptions';
import { aConfiguration, aDeclaration, readDeclarations } from '../../support/builders';

type Declared = Partial<FlaggedIngressRuleConfiguration>;

const tcp = (from: number, to = from) => ({ IpProtocol: 'tcp', FromPort: from, ToPort: to });
const cidrs = (...blocks: string[]): Partial<IpPermission> => ({ IpRanges: blocks.map(CidrIp => ({ CidrIp })) });
const cidrs6 = (...blocks: string[]): Partial<IpPermission> => ({ Ipv6Ranges: blocks.map(CidrIpv6 => ({ CidrIpv6 })) });
const list = (PrefixListId: string): Partial<IpPermission> => ({ PrefixListIds: [{ PrefixListId }] });
const group = (GroupId: string, UserId?: string): Partial<IpPermission> =>
  ({ UserIdGroupPairs: [{ GroupId, UserId }] });

const INTERNET: Declared = { ipPermissions: [tcp(22)], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 } };
const PUBLIC: Declared = { ipPermissions: [tcp(22)], fromAnyPublicAddress: true };
const from = (...sources: Array<Partial<IpPermission>>): Declared =>
  ({ ipPermissions: sources.map(source => ({ ...tcp(22), ...source })) });
const excepting = (declared: Declared, except?: IpPermission[]): FlaggedIngressRuleConfiguration =>
  aDeclaration({ match: 'OVERLAPS', ...declared, except });

/** Sources that reach everything that is globally reachable, without being every source. */
const EVERY_BLOCK = { ...cidrs('0.0.0.0/1', '128.0.0.0/1'), ...cidrs6('::/0') };

const ALL_STAY: Array<[string, Declared, IpPermission[]]> = [
  ['the port of the internet', INTERNET, [tcp(22)]],
  ['more ports than the declared one', PUBLIC, [tcp(0, 1023)]],
  ['all traffic, by the two halves of IPv4 and all of IPv6', INTERNET, [{ IpProtocol: '-1', ...EVERY_BLOCK }]],
  ['the declared block', from(cidrs('10.0.0.0/8')), [{ IpProtocol: '-1', ...cidrs('10.0.0.0/8') }]],
  ['both halves of the declared block', from(cidrs('10.0.0.0/8')), [
    { ...tcp(22), ...cidrs('10.0.0.0/9') }, { IpProtocol: '-1', ...cidrs('10.128.0.0/9') },
  ]],
  ['each of two declared sources', from(cidrs('10.0.0.0/8'), cidrs6('2600::/32')), [
    { ...tcp(22), ...cidrs('0.0.0.0/0') }, { ...tcp(22), ...cidrs6('2600::/16') },
  ]],
  ['the declared group', from(group('sg-1')), [{ ...tcp(22), ...group('sg-1') }]],
  ['the declared list', from(list('pl-1')), [{ ...tcp(22), ...list('pl-1') }]],
];

describe.each(ALL_STAY)('exceptions that let all stay: %s', (_, declared, except) => {
  const encoded = excepting(declared, except);

  it('are found', () => {
    expect(letAllStay(readDeclarations([encoded])[0])).toBe(true);
  });

  it('are refused by the handler, by their path', () => {
    const flaggedIngressRules = [aDeclaration(), encoded];
    expect(() => decodeConfiguration(aConfiguration({ flaggedIngressRules }))).toThrow(new Error(
      'flaggedIngressRules[1].except: lets all of the declared traffic stay, so nothing would ever be flagged; narrow it, '
      + 'or leave the declaration out',
    ));
  });
});

const SOMETHING_GOES: Array<[string, Declared, IpPermission[] | undefined]> = [
  ['no exceptions', INTERNET, undefined],
  ['another port', INTERNET, [tcp(23)]],
  ['one of two ports', { ...INTERNET, ipPermissions: [tcp(22), tcp(3389)] }, [tcp(22)]],
  ['one family of the internet', INTERNET, [{ ...tcp(22), ...cidrs('0.0.0.0/0') }]],
  ['one family of every public address', PUBLIC, [{ ...tcp(22), ...cidrs6('::/0') }]],
  ['a part of a block', from(cidrs('10.0.0.0/8')), [{ ...tcp(22), ...cidrs('10.0.0.0/9') }]],
  ['an unread list', from(cidrs('10.0.0.0/8')), [{ ...tcp(22), ...list('pl-1') }]],
  ['a group', from(cidrs('10.0.0.5/32')), [{ ...tcp(22), ...group('sg-1') }]],
  ['another group', from(group('sg-1')), [{ ...tcp(22), ...group('sg-2') }]],
  ['the group in one account', from(group('sg-1')), [{ ...tcp(22), ...group('sg-1', '111122223333') }]],
  ['a block that may have the members of a group', from(group('sg-1')), [{ ...tcp(22), ...cidrs('0.0.0.0/0') }]],
  ['a port of every source', { ipPermissions: [tcp(0, 1023)], anySource: true }, [tcp(22)]],
  ['the port of every source, which is no source of a rule', { ipPermissions: [tcp(22)], anySource: true }, [tcp(22)]],
];

test.each(SOMETHING_GOES)('what leaves something to flag is accepted: %s', (_, declared, except) => {
  const encoded = excepting(declared, except);
  expect(letAllStay(readDeclarations([encoded])[0])).toBe(false);
  expect(() => decodeConfiguration(aConfiguration({ flaggedIngressRules: [encoded] }))).not.toThrow();
});

test.each<[string, Declared, IpPermission[]]>([
  ['in the declared source', from(cidrs('10.0.0.0/8')), [{ ...tcp(22), ...cidrs6('::/0'), ...cidrs('10.0.0.0/8') }]],
  ['in an exception', from(cidrs('192.0.2.0/24')), [{ ...tcp(22), ...cidrs('0.0.0.0/0', '10.0.0.0/8') }]],
])('what is filled in at deployment is left to the deployment, %s', (_, declared, except) => {
  const encoded = aConfiguration({ flaggedIngressRules: [excepting(declared, except)] });
  const words: Words = {
    isToken: value => value === '10.0.0.0/8', path: path => path, value: String, unknown: key => key,
  };
  expect(() => decodeConfiguration(encoded, words)).not.toThrow();
  expect(() => decodeConfiguration(encoded)).toThrow('except: lets all of the declared traffic stay');
});

/** Whether each of the exceptions has nothing in common with what is declared. */
const withoutEffect = (declared: Declared, except: IpPermission): boolean[] => {
  const [{ traffic, except: exceptions }] = readDeclarations([excepting(declared, [except])]);
  return exceptions.map(each => isWithoutEffect(each, traffic));
};

test.each<[string, Declared, IpPermission]>([
  ['another port', INTERNET, tcp(23)],
  ['another protocol', INTERNET, { ...tcp(22), IpProtocol: 'udp' }],
  ['another port of a declared block', from(cidrs('10.0.0.0/8')), { ...tcp(23), ...cidrs('10.0.0.0/8') }],
  ['another block', from(cidrs('10.0.0.0/8')), { ...tcp(22), ...cidrs('11.0.0.0/8') }],
  ['the other family', from(cidrs('0.0.0.0/0')), { ...tcp(22), ...cidrs6('::/0') }],
  ['a private block', INTERNET, { ...tcp(22), ...cidrs('10.0.0.0/8') }],
  ['a block for documentation', PUBLIC, { ...tcp(22), ...cidrs('203.0.113.0/24') }],
  ['a group', PUBLIC, { ...tcp(22), ...group('sg-1') }],
])('an exception has no effect for %s', (_, declared, except) => {
  expect(withoutEffect(declared, except)).toEqual([true]);
});

test.each<[string, Declared, IpPermission]>([
  ['the declared port', INTERNET, tcp(22)],
  ['a narrow part of broad sources', INTERNET, { ...tcp(22), ...cidrs('8.8.8.0/24') }],
  ['a block that has two public addresses', PUBLIC, { ...tcp(22), ...cidrs('192.0.0.0/24') }],
  ['a block around the declared one', from(cidrs('10.0.0.0/8')), { ...tcp(22), ...cidrs('0.0.0.0/0') }],
  ['an unread list', INTERNET, { ...tcp(22), ...list('pl-1') }],
  ['a group that may have addresses of a block', from(cidrs('10.0.0.0/8')), { ...tcp(22), ...group('sg-1') }],
  ['another group', from(group('sg-1')), { ...tcp(22), ...group('sg-2') }],
  ['a port of every source', { ipPermissions: [tcp(22)], anySource: true }, { ...tcp(22), ...cidrs('10.0.0.0/8') }],
])('an exception may have an effect for %s', (_, declared, except) => {
  expect(withoutEffect(declared, except)).toEqual([false]);
});
