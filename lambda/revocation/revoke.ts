/**
 * Revokes the rules of a plan, each at most once, and says what became of it.
 *
 * Every rule is read again right before the call, and everything it says is compared: EC2 keeps a rule's id when the rule is modified, so an id alone
 * proves nothing. It is read once more afterwards, because EC2's word for success is not enough. One failure stops no other.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ErrorFacts, errorFacts, isDenied, isNotFound } from '../errors';
import { inPartsOf } from '../lists';
import type { Clock, Network, SecurityGroup, SecurityGroupRule } from '../ports';
import { isExempt, type PlannedRevocation } from './plan';

/**
 * What became of a planned revocation:
 *
 * - `REVOKED`: revoked, and seen to be gone
 * - `ALREADY_GONE`: someone else had removed it
 * - `CHANGED_MEANWHILE`: no longer the rule that was found; kept
 * - `FAILED`: EC2 refused, or the rule is still there
 * - `SKIPPED`: not tried, because it has become exempt or time has run out; kept
 */
export type Outcome = 'REVOKED' | 'ALREADY_GONE' | 'CHANGED_MEANWHILE' | 'FAILED' | 'SKIPPED';

export interface RevocationOutcome extends PlannedRevocation {
  readonly outcome: Outcome;
  /** What was seen that led to the outcome. */
  readonly detail?: string;
  readonly error?: ErrorFacts;
}

export interface RevokeOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** After this no further revocation is begun. */
  readonly until: Date;
}

/** Rules per call. EC2 documents no limit; a group has at most 1,000 rules, commonly 60. */
const RULES_PER_CALL = 100;

/** Groups read again together: few, so that a revocation comes right after the reading. */
const GROUPS_PER_READ = 25;

/** EC2 is eventually consistent: a rule may be shown a little longer than it exists. */
const READ_BACK_DELAYS_MILLIS = [0, 300, 1000, 2700];

type Verdict = Pick<RevocationOutcome, 'outcome' | 'detail' | 'error'>;

/** The rules of one group that go into one call. */
type Batch = readonly PlannedRevocation[];

export async function revoke(planned: readonly PlannedRevocation[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const queue = batches(planned);
  const running: Array<Promise<RevocationOutcome[]>> = [];
  while (queue.length > 0) {
    const admitted = await admit(Math.min(queue.length, GROUPS_PER_READ), options);
    if (typeof admitted !== 'number') {
      running.push(Promise.resolve(queue.splice(0).flat().map(each => ({ ...each, ...admitted }))));
    } else {
      running.push(revokeBatches(queue.splice(0, admitted), options));
    }
  }
  return (await Promise.all(running)).flat();
}

function batches(planned: readonly PlannedRevocation[]): Batch[] {
  const byGroup = new Map<string, PlannedRevocation[]>();
  for (const each of planned) {
    const batch = byGroup.get(each.rule.groupId);
    if (batch) batch.push(each);
    else byGroup.set(each.rule.groupId, [each]);
  }
  return [...byGroup.values()].flatMap(rules => inPartsOf(RULES_PER_CALL, rules));
}

async function admit(upTo: number, { network, clock, until }: RevokeOptions): Promise<number | Verdict> {
  const outOfTime: Verdict = { outcome: 'SKIPPED', detail: 'the sweep ran out of time; the next one goes on' };
  if (clock.now() >= until) return outOfTime;
  try {
    return await network.admitRevocations(upTo);
  } catch (error) {
    return { ...outOfTime, error: errorFacts(error) };
  }
}

async function revokeBatches(chunk: readonly Batch[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const all = chunk.flat();
  let now: { rules: Map<string, SecurityGroupRule>; groups: Map<string, SecurityGroup> };
  try {
    const [rules, groups] = await Promise.all([
      readRules(all, options.network),
      options.network.securityGroups({ groupIds: [...new Set(all.map(({ rule }) => rule.groupId))] }),
    ]);
    now = { rules, groups: new Map(groups.map(group => [group.groupId, group])) };
  } catch (error) {
    return all.map(each => ({ ...each, outcome: 'FAILED', detail: 'the rule could not be read again, so it was not revoked', error: errorFacts(error) }));
  }
  const verdicts = new Map<PlannedRevocation, Verdict>();
  const called: PlannedRevocation[] = [];
  await Promise.all(chunk.map(async batch => {
    const same = batch.filter(each => {
      const verdict = whyNot(each, now.rules.get(each.rule.securityGroupRuleId), now.groups.get(each.rule.groupId));
      if (verdict) verdicts.set(each, verdict);
      return verdict === undefined;
    });
    for (const [each, verdict] of await call(same, options)) {
      verdicts.set(each, verdict);
      if (verdict.outcome !== 'SKIPPED') called.push(each);
    }
  }));
  await readBack(called, verdicts, options);
  return all.map(each => ({ ...each, ...verdicts.get(each) ?? { outcome: 'FAILED', detail: 'no outcome was recorded' } }));
}

/** What speaks against revoking a rule, now that it was read again. */
function whyNot(planned: PlannedRevocation, rule: SecurityGroupRule | undefined, group: SecurityGroup | undefined): Verdict | undefined {
  if (rule === undefined) return { outcome: 'ALREADY_GONE', detail: 'the rule was gone before it was to be revoked' };
  if (group === undefined) return { outcome: 'CHANGED_MEANWHILE', detail: 'the group of the rule was gone when it was read again' };
  if (isExempt(rule.tags) || isExempt(group.tags)) return { outcome: 'SKIPPED', detail: 'it was made exempt while the sweep ran' };
  if (isDeepStrictEqual(rule, planned.rule)) return undefined;
  const fields = Object.keys({ ...rule, ...planned.rule }).filter(key => !isDeepStrictEqual(Reflect.get(rule, key), Reflect.get(planned.rule, key)));
  return { outcome: 'CHANGED_MEANWHILE', detail: `changed since it was found: ${fields.join(', ')}` };
}

/** One call for all; when EC2 rejects it because of one of the rules, one call for each. */
async function call(batch: Batch, options: RevokeOptions): Promise<Array<[PlannedRevocation, Verdict]>> {
  // An empty list of ids would be sent as a call that names the group alone.
  if (batch.length === 0) return [];
  try {
    const answer = await options.network.revokeIngress(batch[0].rule.groupId, batch.map(({ rule }) => rule.securityGroupRuleId));
    return batch.map(each => [each, verdictOf(each, batch.length, answer)]);
  } catch (error) {
    const facts = errorFacts(error);
    if (batch.length > 1 && (isNotFound(facts) || /^Invalid|^Missing/.test(facts.code))) return oneByOne(batch, options);
    if (isNotFound(facts)) return batch.map(each => [each, notFound(facts)]);
    return batch.map(each => [each, { outcome: 'FAILED', detail: 'EC2 did not revoke the rule', error: facts }]);
  }
}

async function oneByOne(batch: Batch, options: RevokeOptions): Promise<Array<[PlannedRevocation, Verdict]>> {
  const verdicts: Array<[PlannedRevocation, Verdict]> = [];
  for (const each of batch) {
    const admitted = await admit(1, options);
    verdicts.push(...typeof admitted === 'number' ? await call([each], options) : [[each, admitted] satisfies [PlannedRevocation, Verdict]]);
  }
  return verdicts;
}

function verdictOf({ rule }: PlannedRevocation, batchSize: number, { revokedRuleIds, unknownPermissions }: Awaited<ReturnType<Network['revokeIngress']>>): Verdict {
  const isListed = revokedRuleIds?.includes(rule.securityGroupRuleId);
  if (isListed || (isListed === undefined && unknownPermissions === 0)) return { outcome: 'REVOKED' };
  // In a default VPC a mismatch is no error: EC2 only lists what it did not revoke.
  return { outcome: 'ALREADY_GONE', detail: `EC2 revoked ${revokedRuleIds?.length ?? 'an unknown number'} of ${batchSize} rules and did not list this one` };
}

/** After a second attempt, "not found" is what the success of the first one looks like. */
function notFound(facts: ErrorFacts): Verdict {
  return (facts.attempts ?? 1) > 1
    ? { outcome: 'REVOKED', detail: 'an earlier attempt of the same call had revoked it' }
    : { outcome: 'ALREADY_GONE', detail: 'EC2 did not find the rule', error: facts };
}

/** Looks whether the rules are gone, and corrects the verdicts of those for which that says something else. */
async function readBack(called: readonly PlannedRevocation[], verdicts: Map<PlannedRevocation, Verdict>, { network, clock }: RevokeOptions): Promise<void> {
  let open = called;
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (open.length === 0) return;
    if (delay > 0) await clock.sleep(delay);
    let left: Map<string, SecurityGroupRule>;
    try {
      left = await readRules(open, network);
    } catch (error) {
      for (const each of open) {
        verdicts.set(each, { outcome: 'FAILED', detail: `${verdicts.get(each)?.detail ?? 'EC2 said success'}, but whether the rule is gone could not be read`, error: errorFacts(error) });
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
    verdicts.set(each, { outcome: 'FAILED', detail: `the rule is still there, although ${verdicts.get(each)?.outcome === 'REVOKED' ? 'EC2 said success' : 'EC2 did not know it'}` });
  }
}

function goneVerdict(verdict: Verdict | undefined): Verdict {
  if (verdict?.outcome !== 'FAILED') return verdict ?? { outcome: 'REVOKED' };
  // A refusal had no effect, so it was someone else; after any other error the call may have had its effect.
  const isRefusal = verdict.error !== undefined && (isDenied(verdict.error) || /^Invalid|^RequestLimitExceeded$/.test(verdict.error.code));
  if (isRefusal) return { outcome: 'ALREADY_GONE', detail: `EC2 answered ${verdict.error?.code}, and then the rule was gone`, error: verdict.error };
  return { outcome: 'REVOKED', detail: `EC2 answered ${verdict.error?.code}, but the rule is gone`, error: verdict.error };
}

async function readRules(planned: readonly PlannedRevocation[], network: Network): Promise<Map<string, SecurityGroupRule>> {
  const rules = new Map<string, SecurityGroupRule>();
  await Promise.all(inPartsOf(200, planned.map(({ rule }) => rule.securityGroupRuleId)).map(async ruleIds => {
    for await (const page of network.securityGroupRules({ ruleIds })) {
      for (const rule of page) rules.set(rule.securityGroupRuleId, rule);
    }
  }));
  return rules;
}
