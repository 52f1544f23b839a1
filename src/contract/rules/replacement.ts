/**
 * Determines which narrower rules replace a flagged one.
 *
 * Together they admit a part of what the rule admits: everything that no declaration flags, for its old source, and the
 * flagged services for the peers of `replaceWith`, as far as the old source contains them. Nothing is opened that was
 * not open.
 */
import { type Addresses, addressesOf, blocksOf, containsAddresses, inBoth, inEither, isEmpty } from './addresses';
import { judge } from './judge';
import { type RuleTraffic, trafficOf } from './live-rule';
import { addressesOfList, type PrefixLists } from './prefix-lists';
import { containsRanges } from './ranges';
import { segmentsOf, ServicesByKey } from './segments';
import { type NamedServices, namedServices, type Services, servicesOf } from './services';
import { completing, liveSource, type LiveSource, sourcesOf } from './sources';
import type { DeclaredTraffic, FlaggedIngressRule } from '../configuration';
import { formatCidr, ICMP, ICMPV6, TCP, UDP } from '../traffic';

/**
 * - `NOT_NARROWER`: no peer of flagged services is inside the source of the rule, or the new rules would admit all that
 *   the rule admits, or would be flagged like it
 * - `NOT_REPLACEABLE`: what has to stay cannot be expressed as rules, or as too many
 * - `PEERS_UNREAD`: a prefix list of `replaceWith` could not be read, so its clients would be left out
 */
export type Replacement =
  | { readonly kind: 'rules'; readonly rules: readonly RuleTraffic[] }
  | { readonly kind: 'NOT_NARROWER' | 'NOT_REPLACEABLE' | 'PEERS_UNREAD' };

/** A group has 60 rules by default, so more would not fit into many groups. */
export const MOST_REPLACING_RULES = 20;

type Declared = Pick<FlaggedIngressRule, 'traffic' | 'match' | 'except' | 'replaceWith'>;

interface Box {
  readonly services: Services;
  /** Absent for the services of the live rule. */
  readonly by?: Declared;
  /** The source of an exception. Absent for declared services. */
  readonly except?: DeclaredTraffic['source'];
}

/**
 * @param deciding the declarations because of which the rule is to go; at least one has `replaceWith`
 * @returns the rules to add before the rule is revoked
 */
export function replacementFor(
  live: RuleTraffic, deciding: readonly Declared[], prefixLists: PrefixLists,
): Replacement {
  const traffic = trafficOf(live);
  const source = liveSource(traffic.source, prefixLists);
  // Nothing is proved to be inside a group, or inside a list that could not be read.
  if (source.kind !== 'addresses') return { kind: 'NOT_NARROWER' };
  const { certain, possible } = servicesOf(traffic);
  if (certain !== possible) return { kind: 'NOT_REPLACEABLE' };
  const boxes = deciding.flatMap((by): Box[] => [
    ...by.traffic.map(each => ({ services: servicesOf(each).certain, by })),
    ...by.except.map(each => ({ services: servicesOf(each).certain, by, except: each.source })),
  ]);
  const segments = segmentsOf<Box>([{ services: certain }, ...boxes])
    .filter(segment => segment.boxes.some(({ by }) => by === undefined));
  const isUnread = (peer: DeclaredTraffic['source']): boolean =>
    peer.kind === 'prefixList' && !prefixLists.has(peer.prefixListId);
  if (segments.some(segment => peersOf(segment.boxes).some(isUnread))) return { kind: 'PEERS_UNREAD' };
  const collected = new ServicesByKey<Peer>();
  const haveParts = new Set<boolean>();
  let isNarrower = false;
  for (const segment of segments) {
    const staying = stayingOf(segment.boxes, source, prefixLists);
    if (staying === undefined) return { kind: 'NOT_REPLACEABLE' };
    const replacing = partsOf(source.addresses, peersOf(segment.boxes), prefixLists);
    if (isWithPeers(segment.boxes)) haveParts.add(!isEmpty(addressesOfParts(replacing)));
    const parts = together(staying, replacing);
    const isWhole = containsAddresses(addressesOfParts(parts), source.addresses);
    isNarrower ||= !isWhole;
    for (const peer of isWhole ? [ownPeer(live, source.addresses)] : peersFor(parts)) {
      collected.add(JSON.stringify(peer.fields), peer, [segment.range]);
    }
  }
  // Flagged services that no peer keeps would be lost. A declaration without peers tells to revoke them in any case.
  const isTold = deciding.some(({ replaceWith }) => replaceWith === undefined);
  if (!haveParts.has(true) || (haveParts.has(false) && !isTold) || !isNarrower) return { kind: 'NOT_NARROWER' };
  const rules = rulesFor(collected);
  if (rules === undefined) return { kind: 'NOT_REPLACEABLE' };
  const isFlagged = rules.some(rule =>
    deciding.some(each => judge(trafficOf(rule), each, prefixLists).relation === 'yes'));
  return isFlagged ? { kind: 'NOT_NARROWER' } : { kind: 'rules', rules };
}

/** Parts of the live source: addresses, and prefix lists that it contains. */
interface Parts {
  readonly addresses: Addresses;
  readonly lists: ReadonlyMap<string, Addresses>;
}

const addressesOfParts = ({ addresses, lists }: Parts): Addresses => [...lists.values()].reduce(inEither, addresses);

const together = (a: Parts, b: Parts): Parts =>
  ({ addresses: inEither(a.addresses, b.addresses), lists: new Map([...a.lists, ...b.lists]) });

/** Returns the parts of the live source that declared sources contain. Only blocks and lists that were read count. */
function partsOf(live: Addresses, sources: ReadonlyArray<DeclaredTraffic['source']>, lists: PrefixLists): Parts {
  let addresses = addressesOf(sources.flatMap(each => each.kind === 'cidr' ? each.cidr : []));
  const inside = new Map<string, Addresses>();
  for (const each of sources) {
    const entries = each.kind === 'prefixList' ? addressesOfList(each.prefixListId, lists) : undefined;
    if (each.kind !== 'prefixList' || entries === undefined || isEmpty(entries)) continue;
    // The list itself is used only if it opens nothing that was not open.
    if (containsAddresses(live, entries)) inside.set(each.prefixListId, entries);
    else addresses = inEither(addresses, entries);
  }
  return { addresses: inBoth(live, addresses), lists: inside };
}

const declaredIn = (boxes: readonly Box[]): Declared[] =>
  [...new Set(boxes.flatMap(({ by, except }) => by && except === undefined ? by : []))];

/** Returns the peers for which the declared services of a segment are kept. */
function peersOf(boxes: readonly Box[]): Array<DeclaredTraffic['source']> {
  return declaredIn(boxes).flatMap(({ replaceWith }) => replaceWith ?? []);
}

const isWithPeers = (boxes: readonly Box[]): boolean =>
  declaredIn(boxes).some(({ replaceWith }) => replaceWith !== undefined);

type LiveAddresses = Extract<LiveSource, { kind: 'addresses' }>;

/**
 * Returns the parts of the live source that no declaration flags in a segment: each has an exception for them.
 *
 * @returns undefined if an exception cannot be expressed as a part, such as a group's share of a block
 */
function stayingOf(boxes: readonly Box[], live: LiveAddresses, lists: PrefixLists): Parts | undefined {
  const { addresses } = live;
  let staying: Parts = { addresses, lists: new Map() };
  for (const declared of declaredIn(boxes)) {
    const sources = boxes.flatMap(({ by, except }) => by === declared && except ? except : []);
    const read = completing(live, lists)(sourcesOf(sources));
    if (read.isAny || containsAddresses(read.addresses, addresses)) continue;
    if (read.groups.length > 0 || read.listIds.length > 0 || read.isUnclear) return undefined;
    const isFirst = containsAddresses(staying.addresses, addresses);
    staying = isFirst
      ? partsOf(addresses, sources, lists)
      : { addresses: inBoth(addressesOfParts(staying), read.addresses), lists: new Map() };
  }
  return staying;
}

/** A source of a new rule. */
interface Peer {
  readonly fields: Pick<RuleTraffic, 'cidrIpv4' | 'cidrIpv6' | 'prefixListId'>;
  readonly addresses: Addresses;
}

/** Writes the source as the live rule does. */
const ownPeer = ({ cidrIpv4, cidrIpv6, prefixListId }: RuleTraffic, addresses: Addresses): Peer => ({
  fields: {
    ...cidrIpv4 !== undefined && { cidrIpv4 }, ...cidrIpv6 !== undefined && { cidrIpv6 },
    ...prefixListId !== undefined && { prefixListId },
  },
  addresses,
});

function peersFor({ addresses, lists }: Parts): Peer[] {
  return [
    ...[...lists].map(([prefixListId, entries]) => ({ fields: { prefixListId }, addresses: entries })),
    ...blocksOf(addresses).map(cidr => ({
      fields: { [cidr.family === 4 ? 'cidrIpv4' : 'cidrIpv6']: formatCidr(cidr) },
      addresses: addressesOf([cidr]),
    })),
  ];
}

/** @returns undefined if these are too many rules */
function rulesFor(collected: ServicesByKey<Peer>): RuleTraffic[] | undefined {
  const candidates: Array<Peer & { readonly services: Services; readonly rule: RuleTraffic }> = [];
  for (const { value: peer, services } of collected.entries()) {
    const named = namedServices(services, MOST_REPLACING_RULES);
    if (named === undefined) return undefined;
    candidates.push(...named.map(each =>
      ({ ...peer, services: servicesOf(each).certain, rule: { ...serviceFields(each), ...peer.fields } })));
  }
  const isWithin = (inner: typeof candidates[number], outer: typeof candidates[number]): boolean =>
    containsRanges(outer.services, inner.services) && containsAddresses(outer.addresses, inner.addresses);
  const rules = candidates.filter((each, index) => !candidates.some((other, otherIndex) =>
    other !== each && isWithin(each, other) && (otherIndex < index || !isWithin(other, each))));
  return rules.length > MOST_REPLACING_RULES ? undefined : rules.map(({ rule }) => rule);
}

const NAMES: Readonly<Record<number, string>> = { [TCP]: 'tcp', [UDP]: 'udp', [ICMP]: 'icmp', [ICMPV6]: 'icmpv6' };

function serviceFields({ protocol, ports }: NamedServices): Pick<RuleTraffic, 'ipProtocol' | 'fromPort' | 'toPort'> {
  if (protocol === 'all') return { ipProtocol: '-1', fromPort: -1, toPort: -1 };
  const ipProtocol = NAMES[protocol] ?? String(protocol);
  switch (ports.kind) {
    case 'all': return { ipProtocol, ...protocol === TCP || protocol === UDP ? ALL_PORTS : { fromPort: -1, toPort: -1 } };
    case 'range': return { ipProtocol, fromPort: ports.from, toPort: ports.to };
    case 'icmp': return { ipProtocol, fromPort: ports.type, toPort: ports.code };
  }
}

const ALL_PORTS = { fromPort: 0, toPort: 65_535 };
