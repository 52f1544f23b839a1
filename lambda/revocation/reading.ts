/**
 * Reads rules again: right before they are revoked, to see that they are what was found, and right after, to see that they are gone.
 */
import { isDeepStrictEqual } from 'node:util';
import { staleRules } from '../checks/stale-rules';
import { errorFacts } from '../errors';
import type { Clock, Network, SecurityGroup, SecurityGroupRule } from '../ports';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../read-rules';
import type { Verdict } from './outcome';
import { isExempt, type PlannedRevocation } from './plan';
import { mayHaveHadEffect } from './refusals';

export interface Reading {
  /** Of the rules whose staleness no field shows: those that EC2 still calls stale. */
  readonly stillStale: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, SecurityGroupRule>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
}

export async function readAgain(planned: readonly PlannedRevocation[], network: Network): Promise<Reading | Verdict> {
  try {
    const [rules, groups, stillStale] = await Promise.all([
      readRules(idsOf(planned), network),
      network.securityGroups({ groupIds: [...new Set(planned.map(({ rule }) => rule.groupId))] }),
      readStale(planned.filter(needsStaleness), network),
    ]);
    return { rules, groups: new Map(groups.map(group => [group.groupId, group])), stillStale };
  } catch (error) {
    return { outcome: 'FAILED', detail: 'the rule could not be read again, so it was not revoked', error: errorFacts(error) };
  }
}

/** What speaks against revoking a rule, now that it was read again. */
export function whyNot(planned: PlannedRevocation, { rules, groups, stillStale }: Reading): Verdict | undefined {
  const rule = rules.get(planned.rule.securityGroupRuleId);
  const group = groups.get(planned.rule.groupId);
  if (rule === undefined) return { outcome: 'ALREADY_GONE', detail: 'the rule was gone before it was to be revoked' };
  if (group === undefined) return { outcome: 'CHANGED_MEANWHILE', detail: 'the group of the rule was gone when it was read again' };
  if (isExempt(rule.tags) || isExempt(group.tags)) return { outcome: 'SKIPPED', detail: 'it was made exempt while the sweep ran' };
  if (needsStaleness(planned) && !stillStale.has(rule.securityGroupRuleId)) return { outcome: 'CHANGED_MEANWHILE', detail: 'EC2 no longer calls it stale' };
  if (isDeepStrictEqual(rule, planned.rule)) return undefined;
  const fields = Object.keys({ ...rule, ...planned.rule }).filter(key => !isDeepStrictEqual(Reflect.get(rule, key), Reflect.get(planned.rule, key)));
  return { outcome: 'CHANGED_MEANWHILE', detail: `changed since it was found: ${fields.join(', ')}` };
}

/** Looks whether the rules are gone, and corrects the verdicts of those for which that says something else. */
export async function readBack(
  called: readonly PlannedRevocation[], verdicts: Map<PlannedRevocation, Verdict>, { network, clock }: { network: Network; clock: Clock },
): Promise<void> {
  let open = called;
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (open.length === 0) return;
    if (delay > 0) await clock.sleep(delay);
    let left: Map<string, SecurityGroupRule>;
    try {
      left = await readRules(idsOf(open), network);
    } catch (error) {
      for (const each of open) {
        const { detail = 'EC2 said success', revoked } = verdicts.get(each) ?? {};
        verdicts.set(each, { outcome: 'FAILED', detail: `${detail}, but whether the rule is gone could not be read`, error: errorFacts(error), isUncertain: true, revoked });
      }
      return;
    }
    for (const each of open) {
      if (!left.has(each.rule.securityGroupRuleId)) verdicts.set(each, goneVerdict(verdicts.get(each)));
    }
    // A refusal needs no patience: the rule is expected to be still there.
    open = open.filter(each => left.has(each.rule.securityGroupRuleId) && verdicts.get(each)?.outcome !== 'FAILED');
  }
  for (const each of open) {
    verdicts.set(each, { outcome: 'FAILED', detail: `the rule is still there, although ${verdicts.get(each)?.outcome === 'ALREADY_GONE' ? 'EC2 did not know it' : 'EC2 said success'}` });
  }
}

function goneVerdict(verdict: Verdict | undefined): Verdict {
  if (verdict?.outcome !== 'FAILED') return verdict ?? { outcome: 'REVOKED' };
  // A refusal had no effect, so it was someone else.
  const { error } = verdict;
  if (error && !mayHaveHadEffect(error)) return { outcome: 'ALREADY_GONE', detail: `EC2 answered ${error.code}, and then the rule was gone`, error };
  return { outcome: 'REVOKED', detail: `EC2 answered ${error?.code}, but the rule is gone`, error };
}

/** A peering that is made again shows in the rule; a transit gateway or a VPC association that is there again does not. */
function needsStaleness({ because, group }: PlannedRevocation): boolean {
  return because.stale === 'OTHER' && because.verdict !== 'flagged' && group.vpcId !== undefined;
}

async function readStale(planned: readonly PlannedRevocation[], network: Network): Promise<Set<string>> {
  const vpcIds = [...new Set(planned.flatMap(({ group }) => group.vpcId ?? []))];
  const rules = planned.map(({ rule }) => rule);
  const stale = await Promise.all(vpcIds.map(async vpcId =>
    staleRules(vpcId, await network.staleSecurityGroups(vpcId), groupId => rules.filter(rule => rule.groupId === groupId))));
  return new Set(stale.flat().flatMap(({ rule }) => rule?.securityGroupRuleId ?? []));
}

const idsOf = (planned: readonly PlannedRevocation[]): string[] => planned.map(({ rule }) => rule.securityGroupRuleId);
