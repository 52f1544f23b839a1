/**
 * Reads the rules that declarations may flag: the rules of the declared groups or, if a declaration is for any group,
 * of every group in scope.
 */
import { readFlaggedOfGroups } from './flagged-of-groups';
import type { Inventory, ReadRules } from './inventory';
import { readGroups, readGroupsOfVpcs, sawAny, scanError } from './reading';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import type { CheckCoverage } from '../model/coverage';
import type { FlaggedRule } from '../model/finding';
import type { SecurityGroup } from '../model/network';
import type { Observation, ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface FlaggedReading extends Pick<Observation, 'prefixLists' | 'groupUse'> {
  readonly flagged: readonly FlaggedRule[];
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly coverage: CheckCoverage;
  /** VPCs in which the rules of at least one group were read, and VPCs without groups. */
  readonly vpcIds: ReadonlySet<string>;
  readonly sawAny: boolean;
  /** Whether a group whose VPC is unknown could not be read. It may be in any VPC. */
  readonly isVpcUnknown: boolean;
  readonly errors: readonly ScanError[];
}

export interface FlaggedScope {
  readonly declared: readonly FlaggedIngressRule[];
  readonly vpcIds: readonly string[];
  /** The number of places that could not be found. */
  readonly unseen: number;
  /** All groups, and how to read rules, if all of them are read anyway. */
  readonly listed?: { readonly inventory: Inventory; readonly readRules: ReadRules };
}

/** Whether a declaration is for groups that it does not name. */
export const isForAnyGroup = (declared: readonly FlaggedIngressRule[]): boolean =>
  declared.some(({ groups: { kind } }) => kind !== 'named');

export async function readFlaggedRules(scope: FlaggedScope, network: NetworkReader): Promise<FlaggedReading> {
  const { declared, vpcIds, listed } = scope;
  const named = namedGroups(declared);
  const isAnyGroup = isForAnyGroup(declared);
  const groups = new Map<string, SecurityGroup>();
  const take = (group: SecurityGroup): unknown => groups.set(group.groupId, group);
  listed?.inventory.groups.forEach(take);
  const ofVpcs = !isAnyGroup ? { unread: [], errors: [] }
    : listed?.inventory.unreadGroups ?? await readGroupsOfVpcs(vpcIds, network, take);
  const ofNamed = await readGroups(named.filter(id => !groups.has(id)).map(groupId => ({ groupId })), network, take);
  const unreadNamed = new Set(ofNamed.unread.map(({ groupId }) => groupId));
  const missing = named.filter(groupId => !groups.has(groupId) && !unreadNamed.has(groupId));
  const ofRules = await readFlaggedOfGroups(groups, declared, network, listed && ((wanted, onRule) =>
    listed.readRules(wanted, onRule)));
  const unreadVpcIds = new Set(ofVpcs.unread.map(({ vpcId }) => vpcId));
  const wholeVpcIds = isAnyGroup ? vpcIds.filter(vpcId => !unreadVpcIds.has(vpcId)) : [];
  const read = seenVpcs(wholeVpcIds, [...groups.values()], ofRules.unread);
  const unseen = ofVpcs.unread.length + unreadNamed.size + ofRules.unread.size + missing.length + scope.unseen;
  const unreadGroupIds = new Set([...unreadNamed, ...ofRules.unread]);
  return {
    flagged: ofRules.flagged,
    prefixLists: ofRules.prefixLists,
    groupUse: ofRules.groupUse,
    groups,
    coverage: {
      vpcIds: new Set(wholeVpcIds),
      groupIds: new Set([...groups.keys()].filter(id => !unreadGroupIds.has(id))),
      unreadGroupIds,
    },
    vpcIds: read,
    sawAny: sawAny(read.size, unseen),
    isVpcUnknown: unreadNamed.size > 0,
    errors: [
      ...ofVpcs.errors, ...ofNamed.errors, ...missing.map(notFound), ...ofRules.ruleErrors, ...ofRules.factErrors,
    ],
  };
}

/** Returns the groups that declarations name by their ids. */
export function namedGroups(declared: readonly FlaggedIngressRule[]): string[] {
  return [...new Set(declared.flatMap(({ groups }) => groups.kind === 'named' ? groups.groupId : []))];
}

/** @param wholeVpcIds VPCs whose groups are known */
function seenVpcs(
  wholeVpcIds: readonly string[], groups: readonly SecurityGroup[], unread: ReadonlySet<string>,
): Set<string> {
  const withGroups = new Set(groups.map(({ vpcId }) => vpcId));
  return new Set([
    ...groups.filter(({ groupId }) => !unread.has(groupId)).map(({ vpcId }) => vpcId ?? ''),
    ...wholeVpcIds.filter(vpcId => !withGroups.has(vpcId)),
  ]);
}

function notFound(groupId: string): ScanError {
  const message = `the security group ${groupId} is named in flaggedIngressRules, but could not be found`;
  return scanError('looking for a security group', { code: 'InvalidGroup.NotFound', message }, { resourceId: groupId });
}
