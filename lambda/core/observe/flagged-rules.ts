/**
 * Reads the rules that declarations may flag: the rules of the declared groups or, if a declaration is for any group,
 * of every group in scope.
 */
import { type GroupPlace, readGroups, readGroupsOfVpcs, readRulesOfGroups, sawAny, scanError } from './reading';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { appliesTo, flaggedIngress } from '../checks/flagged-ingress';
import type { CheckCoverage } from '../model/coverage';
import type { FlaggedRule } from '../model/finding';
import type { SecurityGroup } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface FlaggedReading {
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
}

export async function readFlaggedRules(scope: FlaggedScope, network: NetworkReader): Promise<FlaggedReading> {
  const { declared, vpcIds } = scope;
  const named = namedGroups(declared);
  const isAnyGroup = declared.some(({ groups: { kind } }) => kind !== 'named');
  const groups = new Map<string, SecurityGroup>();
  const take = (group: SecurityGroup): unknown => groups.set(group.groupId, group);
  const ofVpcs = isAnyGroup ? await readGroupsOfVpcs(vpcIds, network, take) : { unread: [], errors: [] };
  const ofNamed = await readGroups(named.filter(id => !groups.has(id)).map(groupId => ({ groupId })), network, take);
  const unreadNamed = new Set(ofNamed.unread.map(({ groupId }) => groupId));
  const missing = named.filter(groupId => !groups.has(groupId) && !unreadNamed.has(groupId));
  const byVpc = [...groups.values()].sort((a, b) => (a.vpcId ?? '').localeCompare(b.vpcId ?? ''));
  const flagged = new Map<string, FlaggedRule>();
  const facts = { declared, groups, prefixLists: new Map() };
  const inScope = byVpc.filter(group => declared.some(each => appliesTo(each, group.groupId, group)));
  const ofRules = await readRulesOfGroups(inScope, network, rule => {
    const each = flaggedIngress(rule, facts);
    if (each) flagged.set(rule.securityGroupRuleId, each);
  });
  const unreadVpcIds = new Set(ofVpcs.unread.map(({ vpcId }) => vpcId));
  const read = seenVpcs(isAnyGroup ? vpcIds.filter(vpcId => !unreadVpcIds.has(vpcId)) : [], byVpc, ofRules.unread);
  const unseen = ofVpcs.unread.length + unreadNamed.size + ofRules.unread.length + missing.length + scope.unseen;
  const unreadGroupIds = new Set([...unreadNamed, ...ofRules.unread.map(({ groupId }) => groupId)]);
  return {
    flagged: [...flagged.values()],
    groups,
    coverage: {
      vpcIds: new Set(isAnyGroup ? vpcIds.filter(vpcId => !unreadVpcIds.has(vpcId)) : []),
      groupIds: new Set(byVpc.map(({ groupId }) => groupId).filter(id => !unreadGroupIds.has(id))),
      unreadGroupIds,
    },
    vpcIds: read,
    sawAny: sawAny(read.size, unseen),
    isVpcUnknown: unreadNamed.size > 0,
    errors: [...ofVpcs.errors, ...ofNamed.errors, ...missing.map(notFound), ...ofRules.errors],
  };
}

/** Returns the groups that declarations name by their ids. */
export function namedGroups(declared: readonly FlaggedIngressRule[]): string[] {
  return [...new Set(declared.flatMap(({ groups }) => groups.kind === 'named' ? groups.groupId : []))];
}

/** @param wholeVpcIds VPCs whose groups are known */
function seenVpcs(
  wholeVpcIds: readonly string[], groups: readonly SecurityGroup[], unread: readonly GroupPlace[],
): Set<string> {
  const unreadIds = new Set(unread.map(({ groupId }) => groupId));
  const withGroups = new Set(groups.map(({ vpcId }) => vpcId));
  return new Set([
    ...groups.filter(({ groupId }) => !unreadIds.has(groupId)).map(({ vpcId }) => vpcId ?? ''),
    ...wholeVpcIds.filter(vpcId => !withGroups.has(vpcId)),
  ]);
}

function notFound(groupId: string): ScanError {
  const message = `the security group ${groupId} is named in flaggedIngressRules, but could not be found`;
  return scanError('looking for a security group', { code: 'InvalidGroup.NotFound', message }, { resourceId: groupId });
}
