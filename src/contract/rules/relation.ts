/**
 * Compares traffic: whether two sets of traffic are equal, or one contains the other.
 *
 * The result is `yes`, `no` or `unknown`. `unknown` means that the two rules alone prove nothing, for example because
 * of a prefix list. A single `no` outweighs it, because then nothing else matters. IPv4 and IPv6 never contain each
 * other.
 */
import { containsCidr, isInternetSpace } from './address-space';
import type { DeclaredTraffic, InternetSource, Match } from '../configuration';
import type { Ports, Protocol, Source, Traffic } from '../traffic';

export type Relation = 'yes' | 'no' | 'unknown';

/** Returns whether a declaration matches a live rule. */
export function matches(live: Traffic, declared: DeclaredTraffic, match: Match): Relation {
  const source = sourceMatches(live.source, declared.source, match);
  switch (match) {
    case 'EXACT':
      return every(equalProtocol(live.protocol, declared.protocol), equalPorts(live.ports, declared.ports), source);
    case 'WITHIN':
      return every(containsProtocolAndPorts(declared, live), source);
    case 'COVERS':
      return every(containsProtocolAndPorts(live, declared), source);
    case 'OVERLAPS':
      return 'unknown';
  }
}

function sourceMatches(live: Source, declared: DeclaredTraffic['source'], match: Match): Relation {
  if (declared.kind === 'internet') return isInternet(live, declared);
  if (declared.kind === 'any') return match === 'EXACT' ? 'no' : 'yes';
  if (match !== 'EXACT' && live.kind === 'cidr' && declared.kind === 'cidr') {
    return (match === 'WITHIN' ? containsCidr(declared.cidr, live.cidr) : containsCidr(live.cidr, declared.cidr))
      ? 'yes'
      : 'no';
  }
  const equal = equalSource(live, declared);
  // Two different lists or groups may contain the same addresses, and a block may contain all of them. They are not
  // read, so nothing is proved.
  return match !== 'EXACT' && equal === 'no' ? 'unknown' : equal;
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
function equalGroup(
  live: { groupId: string; userId?: string },
  declared: { groupId: string; userId?: string },
): Relation {
  if (live.groupId !== declared.groupId) return 'no';
  if (declared.userId === undefined || live.userId === declared.userId) return 'yes';
  return live.userId === undefined ? 'unknown' : 'no';
}

/** Returns whether a source is broader than the prefix lengths, and contains a part of the internet. */
export function isInternet(source: Source, { ipv4PrefixLength, ipv6PrefixLength }: InternetSource): Relation {
  switch (source.kind) {
    case 'cidr': {
      const broad = source.cidr.prefixLength < (source.cidr.family === 4 ? ipv4PrefixLength : ipv6PrefixLength);
      return broad && isInternetSpace(source.cidr) ? 'yes' : 'no';
    }
    // A reference to a group allows the private addresses of its members.
    case 'securityGroup': return 'no';
    case 'prefixList':
    case 'unclear': return 'unknown';
  }
}

function every(...relations: Relation[]): Relation {
  if (relations.includes('no')) return 'no';
  return relations.includes('unknown') ? 'unknown' : 'yes';
}
