/**
 * Laws of replacing, packet by packet. The world is so small that every packet of it is tried: the addresses of a /28
 * and one other, and a few ports.
 */
import * as fc from 'fast-check';
import type {
  FlaggedIngressRuleConfiguration, IpPermission, ReplacingPeer,
} from '../../../src/contract/configuration';
import { judge } from '../../../src/contract/rules/judge';
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import { MOST_REPLACING_RULES, replacementFor } from '../../../src/contract/rules/replacement';
import { parseCidr } from '../../../src/contract/traffic';
import { aDeclaration, readDeclarations } from '../../support/builders';

const LISTS: Readonly<Record<string, string[]>> = {
  'pl-1': ['8.8.8.4/30', '8.8.8.0/31'], 'pl-2': ['8.8.8.0/29', '8.8.8.12/32'], 'pl-3': [],
  'pl-4': ['8.8.8.0/29', '8.8.8.8/29'],
};
const BLOCKS = ['0.0.0.0/0', '8.8.8.0/28', ...[28, 29, 30, 31, 32].flatMap(length =>
  Array.from({ length: 16 / 2 ** (32 - length) }, (_, index) => `8.8.8.${index * 2 ** (32 - length)}/${length}`))];

interface Packet {
  readonly protocol: string;
  /** The port; for ICMP, type and code. */
  readonly numbers: readonly number[];
  readonly address: string;
}

const ADDRESSES = [...Array.from({ length: 16 }, (_, index) => `8.8.8.${index}`), '9.9.9.9'];
const PACKETS: readonly Packet[] = ADDRESSES.flatMap(address => [
  ...['tcp', 'udp'].flatMap(protocol =>
    [0, 19, 20, 21, 22, 23, 24, 25, 26, 65535].map(port => ({ protocol, numbers: [port], address }))),
  ...[7, 8, 9].flatMap(type => [0, 1, 255].map(code => ({ protocol: 'icmp', numbers: [type, code], address }))),
  { protocol: '50', numbers: [], address },
]);

const bitsOf = (address: string): string =>
  address.split('.').map(octet => Number(octet).toString(2).padStart(8, '0')).join('');

function isInBlock(address: string, block: string): boolean {
  const [first, length] = block.split('/');
  return bitsOf(address).startsWith(bitsOf(first).slice(0, Number(length)));
}

function hasService({ ipProtocol, fromPort = -1, toPort = -1 }: RuleTraffic, { protocol, numbers }: Packet): boolean {
  if (ipProtocol === '-1') return true;
  if (ipProtocol !== protocol) return false;
  if (fromPort === -1) return true;
  const [first, second] = numbers;
  return protocol === 'icmp' ? first === fromPort && (toPort === -1 || second === toPort) : fromPort <= first && first <= toPort;
}

function admits(rule: RuleTraffic, packet: Packet): boolean {
  const blocks = rule.prefixListId === undefined ? [rule.cidrIpv4 ?? ''] : LISTS[rule.prefixListId];
  return hasService(rule, packet) && blocks.some(each => isInBlock(packet.address, each));
}

const service = fc.constantFrom<RuleTraffic[]>(
  ...[[22, 22], [20, 25], [22, 23], [0, 65535], [20, 20], [23, 26]]
    .map(([fromPort, toPort]) => ({ ipProtocol: 'tcp', fromPort, toPort })),
  { ipProtocol: 'udp', fromPort: 22, toPort: 24 }, { ipProtocol: 'icmp', fromPort: 8, toPort: -1 },
  { ipProtocol: 'icmp', fromPort: 8, toPort: 1 }, { ipProtocol: '50', fromPort: -1, toPort: -1 },
  { ipProtocol: '-1', fromPort: -1, toPort: -1 },
);
const block = fc.constantFrom(...BLOCKS, '0.0.0.0/0', '0.0.0.0/0', '0.0.0.0/0');
const listId = fc.constantFrom(...Object.keys(LISTS));
const source: fc.Arbitrary<Partial<RuleTraffic>> = fc.oneof(
  { weight: 3, arbitrary: block.map(cidrIpv4 => ({ cidrIpv4 })) },
  { weight: 1, arbitrary: listId.map(prefixListId => ({ prefixListId })) },
);
const rule: fc.Arbitrary<RuleTraffic> = fc.tuple(service, source).map(([what, from]) => ({ ...what, ...from }));

const asPermission = ({ ipProtocol, fromPort, toPort, cidrIpv4, prefixListId }: RuleTraffic): IpPermission => ({
  IpProtocol: ipProtocol, FromPort: fromPort, ToPort: toPort,
  ...cidrIpv4 !== undefined && { IpRanges: [{ CidrIp: cidrIpv4 }] },
  ...prefixListId !== undefined && { PrefixListIds: [{ PrefixListId: prefixListId }] },
});

interface Declared {
  readonly declared: readonly RuleTraffic[];
  readonly except: readonly RuleTraffic[];
  readonly replaceWith?: readonly ReplacingPeer[];
}

const peer: fc.Arbitrary<ReplacingPeer> = fc.oneof(
  block.filter(each => !/\/(0|28)$/.test(each)).map(CidrIp => ({ CidrIp })), listId.map(PrefixListId => ({ PrefixListId })),
);
const declaration: fc.Arbitrary<Declared> = fc.record({
  declared: fc.array(service, { minLength: 1, maxLength: 2 }),
  except: fc.array(fc.oneof(service, rule), { maxLength: 3 }),
  replaceWith: fc.option(fc.array(peer, { minLength: 1, maxLength: 3 }), { freq: 4, nil: undefined }),
});

/** Flags what is broader than a /29, so that peers of 8 addresses or fewer are not flagged again. */
const encoded = ({ declared, except, replaceWith }: Declared): FlaggedIngressRuleConfiguration => aDeclaration({
  match: 'OVERLAPS', fromInternet: { ipv4PrefixLength: 29, ipv6PrefixLength: 128 },
  ipPermissions: declared.map(asPermission),
  ...except.length > 0 && { except: except.map(asPermission) },
  ...replaceWith && { replaceWith: [...replaceWith] },
});

/** Returns the declarations with services of the rule that name the list as a peer. */
const unreadPeers = (live: RuleTraffic, deciding: readonly Declared[], unreadId: string): Declared[] =>
  deciding.filter(({ declared, replaceWith = [] }) =>
    replaceWith.some(each => each.PrefixListId === unreadId)
    && PACKETS.some(each => hasService(live, each) && declared.some(other => hasService(other, each))));

test('new rules admit a part of the old one, all that is not flagged, and each flagged service for a peer', () => {
  const all = new Map(Object.entries(LISTS).map(([id, entries]) => [id, entries.map(parseCidr)]));
  const counts = { rules: 0, NOT_NARROWER: 0, NOT_REPLACEABLE: 0, PEERS_UNREAD: 0, staying: 0, lists: 0, kept: 0 };
  const unread = fc.constantFrom('', '', '', ...Object.keys(LISTS));
  fc.assert(fc.property(rule, fc.array(declaration, { minLength: 1, maxLength: 2 }), unread, (live, drawn, missing) => {
    const lists = new Map([...all].filter(([id]) => id !== missing));
    const declarations = readDeclarations(drawn.map(encoded));
    const deciding = drawn.filter((_, index) => judge(trafficOf(live), declarations[index], lists).relation === 'yes');
    if (!deciding.some(({ replaceWith }) => replaceWith)) return;
    const flagging = declarations.filter((_, index) => deciding.includes(drawn[index]));
    const replacement = replacementFor(live, flagging, lists);
    counts[replacement.kind] += 1;
    if (replacement.kind !== 'rules') return;
    const { rules } = replacement;
    const isFlagged = (packet: Packet): boolean => deciding.some(({ declared, except }) =>
      declared.some(each => hasService(each, packet))
      && !except.some(each => each.cidrIpv4 === undefined && each.prefixListId === undefined
        ? hasService(each, packet)
        : admits(each, packet)));
    const problems = PACKETS.filter(packet => {
      const [before, after] = [admits(live, packet), rules.some(each => admits(each, packet))];
      return (after && !before) || (before && !isFlagged(packet) && !after);
    });
    expect(problems).toEqual([]);
    expect(PACKETS.some(packet => admits(live, packet) && !rules.some(each => admits(each, packet)))).toBe(true);
    if (deciding.every(({ replaceWith }) => replaceWith)) {
      const serviceOf = ({ protocol, numbers }: Packet): string => `${protocol} ${numbers.join(' ')}`;
      const admitted = new Set(PACKETS.filter(each => rules.some(other => admits(other, each))).map(serviceOf));
      expect(PACKETS.filter(each => admits(live, each) && !admitted.has(serviceOf(each)))).toEqual([]);
      counts.kept += Number(deciding.length > 1);
    }
    expect(unreadPeers(live, deciding, missing)).toEqual([]);
    expect(rules).not.toContainEqual(live);
    expect(rules.length).toBeLessThanOrEqual(MOST_REPLACING_RULES);
    expect(rules.filter(each => flagging.some(by => judge(trafficOf(each), by, lists).relation === 'yes'))).toEqual([]);
    counts.staying += Number(PACKETS.some(packet => admits(live, packet) && !isFlagged(packet)));
    counts.lists += Number(rules.some(({ prefixListId }) => prefixListId !== undefined));
  }), { numRuns: 12_000 });
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(5);
});
