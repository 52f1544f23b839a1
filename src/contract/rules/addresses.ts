/** Sets of IPv4 and IPv6 addresses. */
import { containsRanges, difference, intersection, overlap, type Range, type Ranges, union } from './ranges';
import type { Cidr } from '../traffic';

export interface Addresses {
  readonly 4: Ranges<bigint>;
  readonly 6: Ranges<bigint>;
}

type Family = Cidr['family'];

export const NO_ADDRESSES: Addresses = { 4: [], 6: [] };

const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

export const ALL_ADDRESSES: Addresses = {
  4: [{ first: 0n, end: 2n ** 32n }],
  6: [{ first: 0n, end: 2n ** 128n }],
};

export function addressesOf(blocks: readonly Cidr[]): Addresses {
  const ofFamily = (family: Family): Ranges<bigint> => union(
    blocks.filter(each => each.family === family).map(({ first, last }) => ({ first, end: last + 1n })));
  return { 4: ofFamily(4), 6: ofFamily(6) };
}

export function isEmpty(addresses: Addresses): boolean {
  return addresses[4].length === 0 && addresses[6].length === 0;
}

const combined = (
  combine: (a: Ranges<bigint>, b: Ranges<bigint>) => Ranges<bigint>,
) => (a: Addresses, b: Addresses): Addresses => ({ 4: combine(a[4], b[4]), 6: combine(a[6], b[6]) });

export const inEither = combined((a, b) => union([...a, ...b]));
export const inBoth = combined(intersection);
export const without = combined(difference);

export function containsAddresses(outer: Addresses, inner: Addresses): boolean {
  return containsRanges(outer[4], inner[4]) && containsRanges(outer[6], inner[6]);
}

export function shareAddresses(a: Addresses, b: Addresses): boolean {
  return overlap(a[4], b[4]) || overlap(a[6], b[6]);
}

/** Returns the fewest CIDR blocks that together have exactly these addresses, IPv4 first. */
export function blocksOf(addresses: Addresses): Cidr[] {
  return ([4, 6] as const).flatMap(family => addresses[family].flatMap(range => blocksOfRange(family, range)));
}

function blocksOfRange(family: Family, { first, end }: Range<bigint>): Cidr[] {
  const blocks: Cidr[] = [];
  for (let address = first; address < end;) {
    let free = 0;
    while (free < BITS[family] && isBlock(address, end, free + 1)) free++;
    const next = address + (2n ** BigInt(free));
    blocks.push({ family, first: address, last: next - 1n, prefixLength: BITS[family] - free });
    address = next;
  }
  return blocks;
}

/** @returns undefined if a range is more than one block */
export function blockOf(family: Family, { first, end }: Range<bigint>): Cidr | undefined {
  const free = (end - first).toString(2).length - 1;
  const isOne = end - first === 2n ** BigInt(free) && first % (end - first) === 0n;
  return isOne ? { family, first, last: end - 1n, prefixLength: BITS[family] - free } : undefined;
}

/** Whether a block with so many bits behind its prefix can begin at an address and ends in time. */
function isBlock(address: bigint, end: bigint, free: number): boolean {
  const size = 2n ** BigInt(free);
  return address % size === 0n && address + size <= end;
}

/** Whether the addresses include every address of some CIDR block with this prefix length. */
export function includeBlock(family: Family, addresses: Addresses, prefixLength: number): boolean {
  const size = 2n ** BigInt(BITS[family] - prefixLength);
  return addresses[family].some(({ first, end }) => {
    const start = (first + size - 1n) / size * size;
    return start + size <= end;
  });
}
