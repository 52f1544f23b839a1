/**
 * Reads rules again: right before they are revoked, to see that they are what was found, and right after, to see that they are gone.
 */
import { isDeepStrictEqual } from 'node:util';
import { exemptingTag } from '../../../src/private/exemptions';
import { staleRules } from '../checks/stale-rules';
import type { PlannedRevocation } from '../decide/plan';
import { type ErrorFacts, errorFacts, isAboutNoPlace } from '../errors';
import { isolate } from '../isolate';
import type { RevokeOptions, Verdict } from './outcome';
import { mayHaveHadEffect } from './refusals';
import { NOT_SHOWN, READ_BACK_DELAYS_MILLIS, readRules, shownByGroupOnly } from '../observe/read-rules';
import type { Clock, Network, SecurityGroup, SecurityGroupRule } from '../ports';

export interface Reading {
  /** Of the rules whose staleness no field shows: those that EC2 still calls stale. */
  readonly stillStale: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, SecurityGroupRule>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** Rules that EC2 does not show by their ids although their groups have them. */
  readonly unshown: ReadonlySet<string>;
  /** What EC2 said of groups that could not be read. */
  readonly unread: ReadonlyMap<string, ErrorFacts>;
}

/** Reads the rules, their groups and their staleness in one go. What cannot be read costs its group alone. */
export async function readAgain(planned: readonly PlannedRevocation[], network: Network): Promise<Reading> {
  const rules = new Map<string, SecurityGroupRule>();
  const groups = new Map<string, SecurityGroup>();
  const stillStale = new Set<string>();
  const unshown = new Set<string>();
  const unread = await isolate(planned, {
    placeOf: ({ rule }) => rule.groupId, isAboutAll: isAboutNoPlace, work: async part => {
      const [partRules, partGroups, partStale] = await Promise.all([
        readRules(idsOf(part), network),
        network.securityGroups({ groupIds: [...new Set(part.map(({ rule }) => rule.groupId))] }),
        readStale(part.filter(needsStaleness), network),
      ]);
      const missing = part.filter(({ rule }) => !partRules.has(rule.securityGroupRuleId)).map(({ rule }) => rule);
      for (const id of await shownByGroupOnly(missing, network)) unshown.add(id);
      for (const [id, rule] of partRules) rules.set(id, rule);
      for (const group of partGroups) groups.set(group.groupId, group);
      for (const id of partStale) stillStale.add(id);
    },
  });
  return {
    rules, groups, stillStale, unshown,
    unread: new Map(unread.flatMap(({ items, error }) => items.map(({ rule }) => [rule.groupId, errorFacts(error)] as const))),
  };
}

/** What speaks against revoking a rule, now that it was read again. */
export function whyNot(planned: PlannedRevocation, reading: Reading, { exemptTags }: Pick<RevokeOptions, 'exemptTags'>): Verdict | undefined {
  const { groupId, securityGroupRuleId } = planned.rule;
  const readError = reading.unread.get(groupId) ?? (reading.unshown.has(securityGroupRuleId) ? NOT_SHOWN : undefined);
  if (readError) return { outcome: 'SKIPPED', detail: 'the rule could not be read again, so it was not revoked', error: readError, readError };
  const rule = reading.rules.get(securityGroupRuleId);
  const group = reading.groups.get(groupId);
  if (rule === undefined) return { outcome: 'ALREADY_GONE', detail: 'the rule was gone before it was to be revoked' };
  if (group === undefined) return { outcome: 'CHANGED_MEANWHILE', detail: 'the group of the rule was gone when it was read again' };
  const tag = exemptingTag(rule.tags, exemptTags) ?? exemptingTag(group.tags, exemptTags);
  if (tag !== undefined) return { outcome: 'SKIPPED', detail: `it was made exempt while the sweep ran, by the tag ${tag}` };
  if (needsStaleness(planned) && !reading.stillStale.has(securityGroupRuleId)) return { outcome: 'CHANGED_MEANWHILE', detail: 'EC2 no longer calls it stale' };
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
    const left = new Set<string>();
    const unread = await isolate(open, {
      placeOf: ({ rule }) => rule.groupId, isAboutAll: isAboutNoPlace, work: async part => {
        for (const id of (await readRules(idsOf(part), network)).keys()) left.add(id);
      },
    });
    for (const { items, error } of unread) for (const each of items) verdicts.set(each, unreadVerdict(verdicts.get(each), errorFacts(error)));
    const read = open.filter(each => !verdicts.get(each)?.isUncertain);
    for (const each of read) {
      if (!left.has(each.rule.securityGroupRuleId)) verdicts.set(each, goneVerdict(verdicts.get(each)));
    }
    // A refusal needs no patience: the rule is expected to be still there.
    open = read.filter(each => left.has(each.rule.securityGroupRuleId) && verdicts.get(each)?.outcome !== 'FAILED');
  }
  for (const each of open) {
    verdicts.set(each, { outcome: 'FAILED', detail: `the rule is still there, although ${verdicts.get(each)?.outcome === 'ALREADY_GONE' ? 'EC2 did not know it' : 'EC2 said success'}` });
  }
}

function unreadVerdict({ detail = 'EC2 said success', revoked }: Partial<Verdict> = {}, error: ErrorFacts): Verdict {
  return { outcome: 'FAILED', detail: `${detail}, but whether the rule is gone could not be read`, error, isUncertain: true, revoked };
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
