/**
 * Reads stale rules: for each VPC the groups that EC2 calls stale, and then the rules of these groups to identify the
 * stale ones.
 *
 * Two cases are not errors: a VPC that has been deleted in the meantime, and a VPC of another account in which this
 * account may never look.
 */
import { groupNotShown, readGroups, readRulesOfGroups, sawAny, scanError } from './reading';
import { staleRules } from '../checks/stale-rules';
import { type ErrorFacts, errorFacts, isDenied, takeUsable, UnusableAnswer } from '../errors';
import type { StaleCoverage } from '../model/coverage';
import type { StaleRule } from '../model/finding';
import type { SecurityGroup, SecurityGroupRule, StaleSecurityGroup } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface StaleReading {
  readonly stale: readonly StaleRule[];
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly coverage: StaleCoverage;
  /** VPCs of other accounts in which this account may not look for stale rules. */
  readonly notCovered: ReadonlySet<string>;
  /** VPCs that were deleted after they were listed. */
  readonly gone: ReadonlySet<string>;
  readonly sawAny: boolean;
  readonly errors: readonly ScanError[];
  /** The result for each VPC. */
  readonly answers: readonly VpcAnswer[];
}

export interface StaleScope {
  readonly vpcIds: readonly string[];
  /** Absent: every group of these VPCs. */
  readonly groupIds?: ReadonlySet<string>;
  /** The VPCs that the configuration names, and that should exist. */
  readonly named?: readonly string[];
  readonly owners: ReadonlyMap<string, string>;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
  /** The number of places that could not be found. */
  readonly unseen: number;
}

/** @param earlier a reading of other VPCs, which becomes part of this one */
export async function readStaleRules(
  scope: StaleScope, network: NetworkReader, earlier?: StaleReading,
): Promise<StaleReading> {
  const own = await Promise.all(scope.vpcIds.map(vpcId => readVpc(vpcId, scope, network)));
  const answers = [...earlier?.answers ?? [], ...own];
  const staleByVpc = answers.filter(({ groups }) => groups.length > 0);
  const identified = await identify(staleByVpc, network);
  const seen = answers.filter(({ kind, groups }) => kind === 'whole' || (kind === 'part' && groups.length > 0));
  const unseen = answers.filter(
    each => each.kind === 'not-covered' || (each.kind === 'part' && each.groups.length === 0),
  );
  return {
    ...identified, answers,
    coverage: {
      vpcIds: new Set(answers.filter(({ kind }) => kind === 'whole').map(({ vpcId }) => vpcId)),
      groupIds: new Set(),
      unreadGroupIds: identified.unreadGroupIds,
      // If a VPC is missing from the list, EC2 may have named a rule for it before.
      unreadVpcIds: scope.unseen > 0 ? undefined
        : new Set(answers.filter(({ kind }) => kind === 'part' || kind === 'not-covered').map(({ vpcId }) => vpcId)),
    },
    notCovered: new Set(answers.filter(({ kind }) => kind === 'not-covered').map(({ vpcId }) => vpcId)),
    gone: new Set(answers.filter(({ kind }) => kind === 'gone').map(({ vpcId }) => vpcId)),
    sawAny: sawAny(seen.length, unseen.length + scope.unseen),
    errors: [...answers.flatMap(({ error }) => error ?? []), ...identified.errors],
  };
}

/** The result for one VPC. */
export interface VpcAnswer {
  readonly vpcId: string;
  readonly kind: 'whole' | 'part' | 'gone' | 'not-covered';
  readonly groups: readonly StaleSecurityGroup[];
  readonly error?: ScanError;
}

async function readVpc(vpcId: string, scope: StaleScope, network: NetworkReader): Promise<VpcAnswer> {
  const groups: StaleSecurityGroup[] = [];
  try {
    await takeUsable(network.staleSecurityGroups(vpcId), group => {
      if (scope.groupIds?.has(group.groupId) ?? true) groups.push(group);
    });
    return { vpcId, kind: 'whole', groups };
  } catch (error) {
    const facts = errorFacts(error);
    if (await isGone(vpcId, facts, scope, network)) return { vpcId, kind: 'gone', groups: [] };
    // A VPC that another account shares with this one cannot be covered.
    if (isDenied(facts) && isOfOther(vpcId, scope)) return { vpcId, kind: 'not-covered', groups };
    // The usable part of a response counts as seen.
    const usable = error instanceof UnusableAnswer ? groups : [];
    return { vpcId, kind: 'part', groups: usable, error: scanError('reading stale security groups', facts, { vpcId }) };
  }
}

/** Whether the VPC was deleted in the meantime. A VPC that the configuration names must exist. */
async function isGone(
  vpcId: string, { code }: ErrorFacts, { named }: StaleScope, network: NetworkReader,
): Promise<boolean> {
  if (code !== 'InvalidVpcID.NotFound' || named?.includes(vpcId)) return false;
  try {
    return (await network.vpcs([vpcId])).length === 0;
  } catch {
    return false;
  }
}

function isOfOther(vpcId: string, { owners, accountId }: StaleScope): boolean {
  const owner = owners.get(vpcId);
  return accountId !== undefined && owner !== undefined && owner !== accountId;
}

type Identified = Pick<StaleReading, 'stale' | 'groups' | 'errors'> & { readonly unreadGroupIds: ReadonlySet<string> };

/** Identifies the rules that EC2 calls stale, because it names them without ids. */
async function identify(answers: readonly VpcAnswer[], network: NetworkReader): Promise<Identified> {
  const places = answers.flatMap(({ vpcId, groups }) => groups.map(({ groupId }) => ({ vpcId, groupId })));
  const groups = new Map<string, SecurityGroup>();
  const referencing = new Map<string, Map<string, SecurityGroupRule>>();
  const [ofGroups, ofRules] = await Promise.all([
    readGroups(places, network, group => groups.set(group.groupId, group)),
    readRulesOfGroups(places, network, rule => {
      if (rule.referencedGroup === undefined) return;
      const rules = referencing.get(rule.groupId) ?? new Map<string, SecurityGroupRule>();
      referencing.set(rule.groupId, rules.set(rule.securityGroupRuleId, rule));
    }),
  ]);
  const failed = new Set([...ofGroups.unread, ...ofRules.unread].map(({ vpcId }) => vpcId));
  const notShown = places.filter(({ vpcId, groupId }) =>
    referencing.has(groupId) && !groups.has(groupId) && !failed.has(vpcId));
  const stale = onePerRule(answers, groupId => [...referencing.get(groupId)?.values() ?? []]);
  // A stale rule that could not be identified may be any rule of its group.
  const unread = [
    ...ofGroups.unread,
    ...ofRules.unread,
    ...notShown,
    ...stale.filter(({ rule }) => rule === undefined),
  ];
  return {
    stale,
    groups,
    unreadGroupIds: new Set(unread.map(({ groupId }) => groupId)),
    errors: [
      ...ofGroups.errors, ...ofRules.errors,
      ...notShown.map(groupNotShown),
    ],
  };
}

/** Merges the findings of a group that EC2 names for several associated VPCs. */
function onePerRule(
  answers: readonly VpcAnswer[], rulesOf: (groupId: string) => readonly SecurityGroupRule[],
): StaleRule[] {
  const all = answers.flatMap(({ vpcId, groups }) => staleRules(vpcId, groups, rulesOf));
  const vpcsByRule = new Map<string, Set<string>>();
  for (const { rule, vpcId } of all) {
    if (rule === undefined) continue;
    const vpcIds = vpcsByRule.get(rule.securityGroupRuleId) ?? new Set();
    vpcsByRule.set(rule.securityGroupRuleId, vpcIds.add(vpcId));
  }
  return all.flatMap(each => {
    if (each.rule === undefined) return [each];
    const [first, ...otherVpcIds] = vpcsByRule.get(each.rule.securityGroupRuleId) ?? [];
    if (each.vpcId !== first) return [];
    return [otherVpcIds.length > 0 ? { ...each, otherVpcIds } : each];
  });
}
