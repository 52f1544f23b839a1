/**
 * Determines which blocks of addresses packets from the public internet can come from.
 *
 * IANA keeps two registries of special-purpose addresses, whose rows say whether a block is globally reachable. The
 * table holds every row of the registries of 2025-10-09, copied on 2026-09-29. A test compares it with that copy in
 * both directions. It does not contain rows that IANA adds later.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv
 */
import { type Addresses, addressesOf, inEither, NO_ADDRESSES, shareAddresses, without } from './addresses';
import { type Cidr, parseCidr } from '../traffic';

type Row = readonly [block: string, globallyReachable: boolean];

/**
 * The registered rows, in IANA's order. If a registry says neither true nor false (N/A, or nothing for a block that was
 * given up), the table says false, because a rule is kept in doubt.
 */
export const SPECIAL_PURPOSE_BLOCKS: readonly Row[] = [
  ['0.0.0.0/8', false], // "This network"
  ['0.0.0.0/32', false], // "This host on this network"
  ['10.0.0.0/8', false], // Private-Use
  ['100.64.0.0/10', false], // Shared Address Space
  ['127.0.0.0/8', false], // Loopback
  ['169.254.0.0/16', false], // Link Local
  ['172.16.0.0/12', false], // Private-Use
  ['192.0.0.0/24', false], // IETF Protocol Assignments
  ['192.0.0.0/29', false], // IPv4 Service Continuity Prefix
  ['192.0.0.8/32', false], // IPv4 dummy address
  ['192.0.0.9/32', true], // Port Control Protocol Anycast
  ['192.0.0.10/32', true], // Traversal Using Relays around NAT Anycast
  ['192.0.0.170/32', false], // NAT64/DNS64 Discovery
  ['192.0.0.171/32', false], // NAT64/DNS64 Discovery
  ['192.0.2.0/24', false], // Documentation (TEST-NET-1)
  ['192.31.196.0/24', true], // AS112-v4
  ['192.52.193.0/24', true], // AMT
  ['192.88.99.0/24', false], // Deprecated (6to4 Relay Anycast); the registry does not say whether it is reachable
  ['192.88.99.2/32', false], // 6a44-relay anycast address
  ['192.168.0.0/16', false], // Private-Use
  ['192.175.48.0/24', true], // Direct Delegation AS112 Service
  ['198.18.0.0/15', false], // Benchmarking
  ['198.51.100.0/24', false], // Documentation (TEST-NET-2)
  ['203.0.113.0/24', false], // Documentation (TEST-NET-3)
  ['240.0.0.0/4', false], // Reserved
  ['255.255.255.255/32', false], // Limited Broadcast

  ['::1/128', false], // Loopback Address
  ['::/128', false], // Unspecified Address
  ['::ffff:0:0/96', false], // IPv4-mapped Address
  ['64:ff9b::/96', true], // IPv4-IPv6 Translat.
  ['64:ff9b:1::/48', false], // IPv4-IPv6 Translat.
  ['100::/64', false], // Discard-Only Address Block
  ['100:0:0:1::/64', false], // Dummy IPv6 Prefix
  ['2001::/23', false], // IETF Protocol Assignments
  ['2001::/32', false], // TEREDO; N/A in the registry
  ['2001:1::1/128', true], // Port Control Protocol Anycast
  ['2001:1::2/128', true], // Traversal Using Relays around NAT Anycast
  ['2001:1::3/128', true], // DNS-SD Service Registration Protocol Anycast
  ['2001:2::/48', false], // Benchmarking
  ['2001:3::/32', true], // AMT
  ['2001:4:112::/48', true], // AS112-v6
  ['2001:10::/28', false], // Deprecated (previously ORCHID); the registry does not say whether it is reachable
  ['2001:20::/28', true], // ORCHIDv2
  ['2001:30::/28', true], // Drone Remote ID Protocol Entity Tags (DETs) Prefix
  ['2001:db8::/32', false], // Documentation
  ['2002::/16', false], // 6to4; N/A in the registry
  ['2620:4f:8000::/48', true], // Direct Delegation AS112 Service
  ['3fff::/20', false], // Documentation
  ['5f00::/16', false], // Segment Routing (SRv6) SIDs
  ['fc00::/7', false], // Unique-Local
  ['fe80::/10', false], // Link-Local Unicast
];

/**
 * The rows for addresses that no registered row contains. No packet comes from multicast. IANA allocates global unicast
 * addresses of IPv6 only from 2000::/3, so other space, such as the old site-local fec0::/10, is not internet.
 */
const OTHER_BLOCKS: readonly Row[] = [
  ['0.0.0.0/0', true],
  ['224.0.0.0/4', false], // multicast
  ['::/0', false],
  ['2000::/3', true], // global unicast
  ['ff00::/8', false], // multicast
];

interface Space extends Cidr {
  readonly globallyReachable: boolean;
}

/** Sorts the narrowest space first, so that the first one that contains a block is the most specific one. */
const spaces = (rows: readonly Row[]): readonly Space[] => rows
  .map(([block, globallyReachable]) => ({ ...parseCidr(block), globallyReachable }))
  .sort((a, b) => b.prefixLength - a.prefixLength);

const REGISTERED = spaces(SPECIAL_PURPOSE_BLOCKS);

/** The globally reachable addresses. The most specific row that contains an address decides, so it comes last. */
export const REACHABLE: Addresses = [...spaces([...SPECIAL_PURPOSE_BLOCKS, ...OTHER_BLOCKS])]
  .reverse()
  .reduce((reachable, space) =>
    (space.globallyReachable ? inEither : without)(reachable, addressesOf([space])), NO_ADDRESSES);

/**
 * Returns whether packets from the public internet can come from a block.
 *
 * If registered rows contain the whole block, the most specific of them decides. So 192.0.0.0/24 is not internet,
 * although two of its addresses are globally reachable: the row of the block denies it, and a rule is kept in doubt. A
 * block in no registered row is internet if at least one of its addresses is globally reachable.
 */
export function isInternetSpace(block: Cidr): boolean {
  const is = known.get(block) ?? isInternetBlock(block);
  known.set(block, is);
  return is;
}

/** Every declaration asks about the same block. */
const known = new WeakMap<Cidr, boolean>();

function isInternetBlock(block: Cidr): boolean {
  const registered = REGISTERED.find(space => containsCidr(space, block));
  return registered ? registered.globallyReachable : shareAddresses(addressesOf([block]), REACHABLE);
}

/**
 * Returns whether one block contains every address of another. Blocks of different families never contain each other.
 */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}
