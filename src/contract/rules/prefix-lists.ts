/** The prefix lists that could be read. */
import { type Addresses, addressesOf } from './addresses';
import type { Cidr } from '../traffic';

/** The entries of the prefix lists that could be read, by the id of the list. */
export type PrefixLists = ReadonlyMap<string, readonly Cidr[]>;

export const NO_LISTS: PrefixLists = new Map();

/** A list has up to a thousand entries, and many rules name the same list. */
const known = new WeakMap<readonly Cidr[], Addresses>();

/** @returns undefined if the list could not be read */
export function addressesOfList(prefixListId: string, lists: PrefixLists): Addresses | undefined {
  const entries = lists.get(prefixListId);
  if (entries === undefined) return undefined;
  const addresses = known.get(entries) ?? addressesOf(entries);
  known.set(entries, addresses);
  return addresses;
}
