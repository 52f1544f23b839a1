/**
 * Compares traffic: whether two sets of traffic are equal, or one contains the other.
 *
 * The result is `yes`, `no` or `unknown`. `unknown` means that the two rules alone prove nothing, for example because
 * of a prefix list. A single `no` outweighs it, because then nothing else matters. IPv4 and IPv6 never contain each
 * other. A prefix list that could be read is the set of its addresses.
 */
import { containsCidr, isInternetSpace } from './address-space';
import { type Addresses, addressesOf, blocksOf, containsAddresses, isEmpty } from './addresses';
import { addressesOfList, NO_LISTS, type PrefixLists } from './prefix-lists';
import type { DeclaredTraffic, InternetSource, Match } from '../configuration';
import type { Cidr, Ports, Protocol, Source, Traffic } from '../traffic';

export type Relation = 'yes' | 'no' | 'unknown';

/** The matches that compare whole sets of traffic. */
export type ContainmentMatch = Exclude<Match, 'OVERLAPS'>;

/** Returns whether a live rule relates to declared traffic in the way that a match other than OVERLAPS asks for. */
export function matches(
  live: Traffic, declared: DeclaredTraffic, match: ContainmentMatch, lists: PrefixLists = NO_LISTS,
): Relation {
  const service = servicesMatch(live, declared, match);
  // Most rules have another service, and comparing sources takes longer.
  return service === 'no' ? 'no' : every(service, sourceMatches(live.source, declared.source, match, lists));
}

function servicesMatch(live: Traffic, declared: DeclaredTraffic, match: ContainmentMatch): Relation {
  switch (match) {
    case 'EXACT': return every(equalProtocol(live.protocol, declared.protocol), equalPorts(live.ports, declared.ports));
    case 'WITHIN': return containsProtocolAndPorts(declared, live);
    case 'COVERS': return containsProtocolAndPorts(live, declared);
  }
}

function sourceMatches(
  live: Source, declared: DeclaredTraffic['source'], match: ContainmentMatch, lists: PrefixLists,
): Relation {
  if (declared.kind === 'internet') return isInternet(live, declared, lists);
  if (declared.kind === 'any') return match === 'EXACT' ? 'no' : 'yes';
  const equal = equalSource(live, declared);
  if (match === 'EXACT' || equal === 'yes') return equal;
  if (live.kind === 'cidr' && declared.kind === 'cidr') {
    return (match === 'WITHIN' ? containsCidr(declared.cidr, live.cidr) : containsCidr(live.cidr, declared.cidr))
      ? 'yes'
      : 'no';
  }
  const [liveAddresses, declaredAddresses] = [live, declared].map(each => knownAddresses(each, lists));
  // Two different lists or groups may contain the same addresses, and a block may contain all of them. If they are not
  // read, nothing is proved.
  if (liveAddresses === undefined || declaredAddresses === undefined) return 'unknown';
  const [outer, inner] = match === 'WITHIN'
    ? [declaredAddresses, liveAddresses]
    : [liveAddresses, declaredAddresses];
  // Everything contains an empty list, so an empty list would flag every rule with its ports.
  return !isEmpty(inner) && containsAddresses(outer, inner) ? 'yes' : 'no';
}

function knownAddresses(source: Source, lists: PrefixLists): Addresses | undefined {
  if (source.kind === 'cidr') return addressesOf([source.cidr]);
  return source.kind === 'prefixList' ? addressesOfList(source.prefixListId, lists) : undefined;
}

/** Returns whether two protocols are the same. */
export function equalProtocol(a: Protocol | undefined, b: Protocol | undefined): Relation {
  if (a === undefined || b === undefined) return 'unknown';
  return a === b ? 'yes' : 'no';
}

/** Returns whether two port specifications of one protocol are the same. */
export function equalPorts(a: Ports, b: Ports): Relation {
  if (a.kind === 'unclear' && b.kind === 'unclear') return a.from === b.from && a.to === b.to ? 'yes' : 'unknown';
  if (a.kind === 'unclear' || b.kind === 'unclear') return 'unknown';
  return contains(a, b) && contains(b, a) ? 'yes' : 'no';
}

function containsProtocolAndPorts(
  outer: Pick<Traffic, 'protocol' | 'ports'>,
  inner: Pick<Traffic, 'protocol' | 'ports'>,
): Relation {
  if (outer.protocol === 'all') return 'yes';
  const protocol = equalProtocol(outer.protocol, inner.protocol);
  if (protocol !== 'yes' || outer.ports.kind === 'all') return protocol;
  if (outer.ports.kind === 'unclear' || inner.ports.kind === 'unclear') return equalPorts(outer.ports, inner.ports);
  return contains(outer.ports, inner.ports) ? 'yes' : 'no';
}

function contains(outer: Exclude<Ports, { kind: 'unclear' }>, inner: Exclude<Ports, { kind: 'unclear' }>): boolean {
  switch (outer.kind) {
    case 'all':
      return true;
    case 'range':
      return inner.kind === 'range' && outer.from <= inner.from && inner.to <= outer.to;
    case 'icmp':
      return inner.kind === 'icmp' && outer.type === inner.type && (outer.code === -1 || outer.code === inner.code);
  }
}

/** Returns whether a live rule's source is the declared one. */
export function equalSource(a: Source, b: Source): Relation {
  if (a.kind === 'unclear' || b.kind === 'unclear') return 'unknown';
  if (a.kind === 'cidr' && b.kind === 'cidr') {
    return containsCidr(a.cidr, b.cidr) && containsCidr(b.cidr, a.cidr) ? 'yes' : 'no';
  }
  if (a.kind === 'prefixList' && b.kind === 'prefixList') return a.prefixListId === b.prefixListId ? 'yes' : 'no';
  if (a.kind === 'securityGroup' && b.kind === 'securityGroup') return equalGroup(a, b);
  return 'no';
}

/**
 * Compares group ids, as EC2 does, and the account id if it is declared. EC2 leaves out the account once the group is
 * deleted, and then the declared account cannot be checked.
 */
export function equalGroup(
  live: { groupId: string; userId?: string },
  declared: { groupId: string; userId?: string },
): Relation {
  if (live.groupId !== declared.groupId) return 'no';
  if (declared.userId === undefined || live.userId === declared.userId) return 'yes';
  return live.userId === undefined ? 'unknown' : 'no';
}

/**
 * Returns whether a source is broader than the prefix lengths, and contains a part of the internet. The entries of a
 * prefix list count as the largest blocks that they form together.
 */
export function isInternet(source: Source, internet: InternetSource, lists: PrefixLists = NO_LISTS): Relation {
  switch (source.kind) {
    case 'cidr': return isBroadInternet(source.cidr, internet) ? 'yes' : 'no';
    // A reference to a group allows the private addresses of its members.
    case 'securityGroup': return 'no';
    case 'prefixList': {
      const addresses = addressesOfList(source.prefixListId, lists);
      if (addresses === undefined) return 'unknown';
      return blocksOf(addresses).some(cidr => isBroadInternet(cidr, internet)) ? 'yes' : 'no';
    }
    case 'unclear': return 'unknown';
  }
}

function isBroadInternet(cidr: Cidr, { ipv4PrefixLength, ipv6PrefixLength }: InternetSource): boolean {
  return cidr.prefixLength < (cidr.family === 4 ? ipv4PrefixLength : ipv6PrefixLength) && isInternetSpace(cidr);
}

function every(...relations: Relation[]): Relation {
  if (relations.includes('no')) return 'no';
  return relations.includes('unknown') ? 'unknown' : 'yes';
}
