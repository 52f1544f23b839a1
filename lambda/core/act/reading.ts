/**
 * Reads rules again: right before they are revoked, to decide on them once more, and right after, to see that they are
 * gone.
 */
import type { RevokeOptions } from './options';
import { mayHaveHadEffect } from './refusals';
import {
  alreadyGone,
  changed,
  type GoneVerdict,
  type KeptVerdict,
  skipped,
  type UncertainVerdict,
  type Verdict,
} from './verdict';
import { exemptingTag } from '../../../src/contract/exemptions';
import { flaggedIngress } from '../checks/flagged-ingress';
import { staleRules } from '../checks/stale-rules';
import { reasonToKeep } from '../decide/plan';
import { KEEP_REASONS, keepFacts } from '../decide/reasons';
import { type ErrorFacts, errorFacts, isAboutNoPlace } from '../errors';
import { isolate } from '../isolate';
import type { Finding } from '../model/finding';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { PlannedRevocation } from '../model/result';
import { NOT_SHOWN, READ_BACK_DELAYS_MILLIS, readRules, shownByGroupOnly } from '../observe/read-rules';
import type { Clock, NetworkReader } from '../ports';
import { differingFields } from '../rules/sameness';

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
export async function readAgain(planned: readonly PlannedRevocation[], network: NetworkReader): Promise<Reading> {
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
      for (const id of (await shownByGroupOnly(missing, network)).keys()) unshown.add(id);
      for (const [id, rule] of partRules) rules.set(id, rule);
      for (const group of partGroups) groups.set(group.groupId, group);
      for (const id of partStale) stillStale.add(id);
    },
  });
  return {
    rules,
    groups,
    stillStale,
    unshown,
    unread: new Map(
      unread.flatMap(({ items, error }) => items.map(({ rule }) => [rule.groupId, errorFacts(error)] as const)),
    ),
  };
}

/**
 * Makes the whole decision again, by the rule as it was read last.
 *
 * @returns undefined when the rule is to be revoked
 */
export function whyNot(
  planned: PlannedRevocation, reading: Reading, { deciding, clock }: Pick<RevokeOptions, 'deciding' | 'clock'>,
): GoneVerdict | KeptVerdict | undefined {
  const { groupId, securityGroupRuleId } = planned.rule;
  const notShown = reading.unshown.has(securityGroupRuleId) ? NOT_SHOWN : undefined;
  const readError = reading.unread.get(groupId) ?? notShown;
  if (readError) return skipped('the rule could not be read again, so it was not revoked', { readError }, readError);
  const rule = reading.rules.get(securityGroupRuleId);
  const group = reading.groups.get(groupId);
  if (rule === undefined) return alreadyGone('the rule was gone before it was to be revoked');
  if (group === undefined) return changed('the group of the rule was gone when it was read again');
  const isStale = !needsStaleness(planned) || reading.stillStale.has(securityGroupRuleId);
  const finding: Finding = {
    groupId, rule, stale: isStale ? planned.finding.stale : undefined,
    flagged: flaggedIngress(rule, deciding.flaggedIngressRules),
  };
  const context = { ...deciding, groups: reading.groups, now: clock.now() };
  const reason = reasonToKeep(finding, planned.entry, context);
  if (keepFacts(reason)?.kind === 'exempt') {
    const tag = exemptingTag(rule.tags, deciding.exemptTags) ?? exemptingTag(group.tags, deciding.exemptTags);
    const by = tag === undefined ? '' : `, by the tag ${tag}`;
    return skipped(`it was made exempt while the sweep ran${by}`, { heldBy: reason });
  }
  if (!isStale && finding.flagged?.verdict !== 'flagged') return changed('EC2 no longer calls it stale');
  const fields = differingFields(rule, planned.rule);
  if (fields.length > 0) return changed(`changed since it was found: ${fields.join(', ')}`);
  if (reason === undefined) return undefined;
  return skipped(`decided on again, it is kept: ${KEEP_REASONS[reason].words}`, { heldBy: reason });
}

/** Looks whether the rules are gone, and corrects the verdicts of those for which that says something else. */
export async function readBack(
  called: readonly PlannedRevocation[],
  verdicts: Map<PlannedRevocation, Verdict>,
  { network, clock }: { network: NetworkReader; clock: Clock },
): Promise<void> {
  let open = called;
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (open.length === 0) return;
    if (delay > 0) await clock.sleep(delay);
    const left = new Set<string>();
    const unread = await isolate(open, {
      placeOf: ({ rule }) => rule.groupId,
      isAboutAll: isAboutNoPlace,
      work: async part => {
        for (const id of (await readRules(idsOf(part), network)).keys()) left.add(id);
      },
    });
    for (const { items, error } of unread) {
      for (const each of items) verdicts.set(each, unreadVerdict(verdicts.get(each), errorFacts(error)));
    }
    const read = open.filter(each => verdicts.get(each)?.kind !== 'uncertain');
    for (const each of read) {
      if (!left.has(each.rule.securityGroupRuleId)) verdicts.set(each, goneVerdict(verdicts.get(each)));
    }
    // A refusal needs no patience: the rule is expected to be still there.
    open = read.filter(each => left.has(each.rule.securityGroupRuleId) && verdicts.get(each)?.outcome !== 'FAILED');
  }
  for (const each of open) {
    const said = verdicts.get(each)?.outcome === 'ALREADY_GONE' ? 'EC2 did not know it' : 'EC2 said success';
    verdicts.set(each, { kind: 'kept', outcome: 'FAILED', detail: `the rule is still there, although ${said}` });
  }
}

function unreadVerdict(verdict: Verdict | undefined, error: ErrorFacts): UncertainVerdict {
  const { detail = 'EC2 said success' } = verdict ?? {};
  const rule = verdict?.kind === 'revoked' || verdict?.kind === 'uncertain' ? verdict.rule : undefined;
  const unread = `${detail}, but whether the rule is gone could not be read`;
  return { kind: 'uncertain', outcome: 'FAILED', detail: unread, error, rule };
}

function goneVerdict(verdict: Verdict | undefined): Verdict {
  if (verdict?.outcome !== 'FAILED') return verdict ?? { kind: 'revoked', outcome: 'REVOKED', isOurs: false };
  // A refusal had no effect, so it was someone else.
  const { error } = verdict;
  if (error && !mayHaveHadEffect(error)) {
    return alreadyGone(`EC2 answered ${error.code}, and then the rule was gone`, error);
  }
  const detail = `EC2 answered ${error?.code}, but the rule is gone`;
  return { kind: 'revoked', outcome: 'REVOKED', detail, error, isOurs: false };
}

/**
 * A peering that is made again shows in the rule; a transit gateway or a VPC association that is there again does not.
 */
function needsStaleness({ because }: PlannedRevocation): boolean {
  return because.stale === 'OTHER' && because.verdict !== 'flagged';
}

/** EC2 is asked for the VPCs for which it named the rules: a group may be associated with others than its own. */
async function readStale(planned: readonly PlannedRevocation[], network: NetworkReader): Promise<Set<string>> {
  const vpcIds = [...new Set(planned.flatMap(({ finding: { stale } }) =>
    stale ? [stale.vpcId, ...stale.otherVpcIds ?? []] : []))];
  const rules = planned.map(({ rule }) => rule);
  const stale = await Promise.all(
    vpcIds.map(async vpcId =>
      staleRules(vpcId, await network.staleSecurityGroups(vpcId), groupId =>
        rules.filter(rule => rule.groupId === groupId),
      ),
    ),
  );
  return new Set(stale.flat().flatMap(({ rule }) => rule?.securityGroupRuleId ?? []));
}

const idsOf = (planned: readonly PlannedRevocation[]): string[] => planned.map(({ rule }) => rule.securityGroupRuleId);
