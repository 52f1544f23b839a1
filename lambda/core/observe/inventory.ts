/**
 * Reads all security groups and rules of the VPCs that a run looks at, once for every check that needs them.
 *
 * If a run looks at every VPC, it lists the whole account and Region, which takes the fewest calls. If that fails, or
 * if the configuration names the VPCs, it reads them part by part, so that what cannot be read affects only its own
 * place.
 */
import { type GroupPlace, readGroupsOfVpcs, readRulesOfGroups, type Unread } from './reading';
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
  /** Passes on each rule of these groups, and may pass on others. It reads nothing twice. */
  readonly readRules: ReadRules;
  /** Returns what was listed of the whole account so far. */
  readonly listed: () => Listing;
}

export interface InventoryScope {
  readonly vpcIds: readonly string[];
  /** The VPCs that the configuration names. Absent: every VPC. */
  readonly named?: readonly string[];
}

/** @param onFailure called if the whole account could not be listed, and it is read part by part */
export async function readInventory(
  { vpcIds, named }: InventoryScope, network: NetworkReader, onFailure: (error: ErrorFacts) => void,
): Promise<Inventory> {
  const inScope = new Set(vpcIds);
  const groups = new Map<string, SecurityGroup>();
  const vpcOf = new Map<string, string>();
  const all: SecurityGroup[] = [];
  const groupsInRules = new Set<string>();
  let areRulesWhole = false;
  const take = (group: SecurityGroup): void => {
    all.push(group);
    if (group.vpcId === undefined) return;
    vpcOf.set(group.groupId, group.vpcId);
    if (inScope.has(group.vpcId)) groups.set(group.groupId, group);
  };
  const isWhole = named === undefined && await tryAll(network.allSecurityGroups(), take, onFailure);
  const unreadGroups = isWhole ? NOTHING_UNREAD : await readGroupsOfVpcs(vpcIds, network, take);
  const readRules: ReadRules = async (wanted, onRule) => {
    areRulesWhole = isWhole && await tryAll(network.allSecurityGroupRules(), rule => {
      if (rule.referencedGroup) groupsInRules.add(rule.referencedGroup.groupId);
      onRule(rule);
    }, onFailure);
    return areRulesWhole ? NOTHING_UNREAD : readRulesOfGroups(wanted, network, onRule);
  };
  const listed = (): Listing =>
    ({ groups: isWhole ? all : undefined, groupsInRules: areRulesWhole ? groupsInRules : undefined });
  return { groups, vpcOf, unreadGroups, readRules, listed };
}

const NOTHING_UNREAD = { unread: [], errors: [] };

async function tryAll<T>(
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
