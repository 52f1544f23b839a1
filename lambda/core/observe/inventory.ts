/**
 * Lists all security groups and rules of the account and Region, once for every check that needs them.
 *
 * If the list of groups breaks off, they are read VPC by VPC, so that what cannot be read affects only its own place.
 */
import { hasKnownSource } from './candidates';
import { type GroupPlace, readGroupsOfVpcs, type Unread } from './reading';
import { type ErrorFacts, errorFacts } from '../errors';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { Listing } from '../model/observation';
import type { NetworkReader } from '../ports';

/** Passes on each rule of the groups. After an error half-way, a rule may be passed on more than once. */
export type ReadRules = (
  groups: readonly GroupPlace[], onRule: (rule: SecurityGroupRule) => void,
) => Promise<Unread<GroupPlace>>;

export interface Inventory {
  /** The groups of the VPCs that the run looks at. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** The VPC of every group that was listed, even if the run does not look at that VPC. */
  readonly vpcOf: ReadonlyMap<string, string>;
  /** The VPCs whose groups could not be read. */
  readonly unreadGroups: Unread<{ readonly vpcId: string }>;
  /** Passes on every rule of the account. @returns whether it has reached the end of the list */
  readonly listRules: (onRule: (rule: SecurityGroupRule) => void) => Promise<boolean>;
  /** Returns what was listed to its end so far. */
  readonly listed: () => Listing;
}

/** @param onFailure called with the error with which a list broke off */
export async function readInventory(
  vpcIds: readonly string[], network: NetworkReader, onFailure: (error: ErrorFacts) => void,
): Promise<Inventory> {
  const inScope = new Set(vpcIds);
  const groups = new Map<string, SecurityGroup>();
  const vpcOf = new Map<string, string>();
  const all: SecurityGroup[] = [];
  const take = (group: SecurityGroup): void => {
    all.push(group);
    if (group.vpcId === undefined) return;
    vpcOf.set(group.groupId, group.vpcId);
    if (inScope.has(group.vpcId)) groups.set(group.groupId, group);
  };
  const isWhole = await list(network.allSecurityGroups(), take, onFailure);
  const unreadGroups = isWhole ? { unread: [], errors: [] } : await readGroupsOfVpcs(vpcIds, network, take);
  let listed: Listing = isWhole ? { groups: all } : {};
  const listRules: Inventory['listRules'] = async onRule => {
    const groupsInRules = new Set<string>();
    let areSourcesKnown = true;
    const isListed = isWhole && await list(network.allSecurityGroupRules(), rule => {
      if (rule.referencedGroup) groupsInRules.add(rule.referencedGroup.groupId);
      areSourcesKnown &&= hasKnownSource(rule);
      onRule(rule);
    }, onFailure);
    if (isListed && areSourcesKnown) listed = { ...listed, groupsInRules };
    return isListed;
  };
  return { groups, vpcOf, unreadGroups, listRules, listed: () => listed };
}

async function list<T>(
  pages: AsyncIterable<T[]>, take: (item: T) => void, onFailure: (error: ErrorFacts) => void,
): Promise<boolean> {
  try {
    for await (const page of pages) page.forEach(take);
    return true;
  } catch (error) {
    onFailure(errorFacts(error));
    return false;
  }
}
