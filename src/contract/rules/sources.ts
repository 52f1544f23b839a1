/**
 * Sources as sets: addresses, the members of security groups, and prefix lists that could not be read.
 *
 * The members of a group and the entries of an unread list are not known, so whether two sources share anything is
 * `yes`, `no` or `unknown`.
 */
import { REACHABLE } from './address-space';
import {
  type Addresses, addressesOf, ALL_ADDRESSES, blocksOf, containsAddresses, inBoth, includeBlock, inEither, isEmpty,
  NO_ADDRESSES, shareAddresses, without,
} from './addresses';
import { addressesOfList, type PrefixLists } from './prefix-lists';
import { equalGroup, isInternet } from './relation';
import type { DeclaredTraffic, InternetSource } from '../configuration';
import type { Cidr, Source } from '../traffic';

type DeclaredSource = DeclaredTraffic['source'];
type Group = Extract<Source, { kind: 'securityGroup' }>;

/** The union of several declared sources. */
export interface Sources {
  /** Whether it contains every source of every kind. */
  readonly isAny: boolean;
  /** The addresses of blocks, and of lists that were read. */
  readonly addresses: Addresses;
  readonly groups: readonly Group[];
  /** The ids of prefix lists. After {@link completing} only those that could not be read. */
  readonly listIds: readonly string[];
  /** After {@link completing}, `addresses` has what they contain of the live source. */
  readonly internet: readonly InternetSource[];
  /** Whether it contains something that is not known at all. */
  readonly isUnclear: boolean;
}

export const NO_SOURCES: Sources = {
  isAny: false, addresses: NO_ADDRESSES, groups: [], listIds: [], internet: [], isUnclear: false,
};

export function sourcesOf(sources: readonly DeclaredSource[]): Sources {
  return {
    isAny: sources.some(({ kind }) => kind === 'any'),
    addresses: addressesOf(sources.flatMap(each => each.kind === 'cidr' ? each.cidr : [])),
    groups: sources.flatMap(each => each.kind === 'securityGroup' ? each : []),
    listIds: sources.flatMap(each => each.kind === 'prefixList' ? each.prefixListId : []),
    internet: [...new Set(sources.flatMap(each => each.kind === 'internet' ? each : []))],
    isUnclear: sources.some(({ kind }) => kind === 'unclear'),
  };
}

/** The source of a live rule: addresses, and the largest blocks that they form, if they are known. */
export type LiveSource =
  | Exclude<Source, { kind: 'cidr' }>
  | { readonly kind: 'addresses'; readonly addresses: Addresses; readonly blocks: readonly Cidr[] };

/** Every declaration is compared with the same source. */
const known = new WeakMap<Source, LiveSource>();

export function liveSource(source: Source, lists: PrefixLists): LiveSource {
  switch (source.kind) {
    case 'cidr': {
      const blocks = [source.cidr];
      const live = known.get(source) ?? { kind: 'addresses', addresses: addressesOf(blocks), blocks };
      known.set(source, live);
      return live;
    }
    case 'prefixList': {
      const addresses = addressesOfList(source.prefixListId, lists);
      return addresses ? { kind: 'addresses', addresses, blocks: blocksOf(addresses) } : source;
    }
    default: return source;
  }
}

/** Completes declared sources with what is known about prefix lists, and about the live source that they are for. */
export type Completing = (sources: Sources) => Sources;

/** @returns a function that works out only once what part of the live source is internet */
export function completing(live: LiveSource, lists: PrefixLists): Completing {
  const parts = new Map<InternetSource, Addresses | undefined>();
  return sources => {
    const { listIds, internet } = sources;
    if (listIds.length === 0 && internet.length === 0) return sources;
    for (const each of internet) if (!parts.has(each)) parts.set(each, internetIn(live, each));
    const fromInternet = internet.map(each => parts.get(each));
    const read = [...listIds.map(id => addressesOfList(id, lists)), ...fromInternet].flatMap(each => each ?? []);
    return {
      ...sources,
      addresses: read.reduce(inEither, sources.addresses),
      listIds: listIds.filter(id => !lists.has(id)),
      isUnclear: sources.isUnclear || fromInternet.includes(undefined),
    };
  };
}

/**
 * Returns the globally reachable addresses of a live source, as far as it is broad enough to be the internet.
 *
 * @returns undefined if that is not known
 */
function internetIn(live: LiveSource, internet: InternetSource): Addresses | undefined {
  // A reference to a group allows the private addresses of its members.
  if (live.kind === 'securityGroup') return NO_ADDRESSES;
  if (live.kind !== 'addresses') return undefined;
  const broad = live.blocks.filter(cidr => isInternet({ kind: 'cidr', cidr }, internet) === 'yes');
  return broad.length === 0 ? NO_ADDRESSES : inBoth(addressesOf(broad), REACHABLE);
}

/** The addresses that a live source and declared sources share, without those of exceptions. */
export function restOf(live: Addresses, { isAny, addresses }: Sources, except: Sources): Addresses {
  return without(isAny ? live : inBoth(live, addresses), except.addresses);
}

/** Whether a live source certainly has a packet that a declared source contains and no exception does. */
export function isSurelyLeft(live: LiveSource, declared: Sources, except: Sources): boolean {
  if (except.isAny || except.isUnclear || except.listIds.length > 0) return false;
  switch (live.kind) {
    case 'addresses': {
      const rest = restOf(live.addresses, declared, except);
      return except.groups.length === 0 ? !isEmpty(rest) : exceedGroups(rest);
    }
    // The members of a group, and the entries of a list, may be in any block, group or list.
    case 'securityGroup':
      return isNothing(except) && (declared.isAny || declared.groups.some(each => equalGroup(live, each) === 'yes'));
    case 'prefixList':
      return isNothing(except) && (declared.isAny || declared.listIds.includes(live.prefixListId));
    case 'unclear': return false;
  }
}

/** Whether a live source may have a packet that a declared source contains and no exception does. */
export function isMaybeLeft(live: LiveSource, declared: Sources, except: Sources): boolean {
  if (except.isAny || isNothing(declared) || containsAddresses(except.addresses, ALL_ADDRESSES)) return false;
  switch (live.kind) {
    case 'addresses': {
      const mayBeAll = declared.groups.length > 0 || declared.listIds.length > 0 || declared.isUnclear;
      return !isEmpty(restOf(live.addresses, mayBeAll ? { ...declared, isAny: true } : declared, except));
    }
    case 'securityGroup': return !except.groups.some(each => equalGroup(live, each) === 'yes');
    case 'prefixList': return !except.listIds.includes(live.prefixListId);
    case 'unclear': return true;
  }
}

/** The largest blocks of VPCs. */
const VPC_BLOCK = { 4: 16, 6: 44 } as const;

/**
 * Whether addresses are more than groups can have.
 *
 * The members of a group have the private addresses of the subnets of a VPC, and AWS reserves five addresses in every
 * subnet. So they never have all addresses of the largest VPC. Packets from the public internet are not theirs, even if
 * a VPC uses the same IPv4 addresses.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
 */
function exceedGroups(addresses: Addresses): boolean {
  return shareAddresses({ ...addresses, 6: [] }, REACHABLE)
    || includeBlock(4, addresses, VPC_BLOCK[4]) || includeBlock(6, addresses, VPC_BLOCK[6]);
}

function isNothing({ isAny, addresses, groups, listIds, isUnclear }: Sources): boolean {
  return !isAny && !isUnclear && isEmpty(addresses) && groups.length === 0 && listIds.length === 0;
}
