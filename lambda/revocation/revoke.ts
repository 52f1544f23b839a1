/**
 * Revokes the rules of a plan, each at most once, and says what became of it.
 *
 * Every rule is read again right before the call, and everything it says is compared: EC2 keeps a rule's id when the rule is modified, so an id alone
 * proves nothing. It is read once more afterwards, because EC2's word for success is not enough. One failure stops no other.
 */
import { isDeepStrictEqual } from 'node:util';
import { staleRules } from '../checks/stale-rules';
import { type ErrorFacts, errorFacts, isDenied, isNotFound } from '../errors';
import { inPartsOf } from '../lists';
import type { Clock, Log, Network, RevokeAnswer, SecurityGroup, SecurityGroupRule } from '../ports';
import { isExempt, type PlannedRevocation } from './plan';
import { FILTER_VALUES_PER_CALL } from '../../src/private/contract';

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
  readonly log: Log;
  /** After this no further revocation is begun. */
  readonly until: Date;
}

/** Rules per call. EC2 documents no limit; a group has at most 1,000 rules, commonly 60. */
const RULES_PER_CALL = 100;

/** Groups read again together: few, so that a revocation comes right after the reading. */
const GROUPS_PER_READ = 25;

/** Waits before a call is tried again. The SDK does not retry revocations: it would not read the rule again in between. */
const RETRY_DELAYS_MILLIS = [500, 1500, 4000];

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
    const admitted = await network.admitRevocations(upTo);
    return clock.now() >= until ? outOfTime : admitted;
  } catch (error) {
    return { ...outOfTime, error: errorFacts(error) };
  }
}

async function revokeBatches(chunk: readonly Batch[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const all = chunk.flat();
  const now = await readAgain(all, options);
  if ('outcome' in now) return all.map(each => ({ ...each, ...now }));
  const verdicts = new Map<PlannedRevocation, Verdict>();
  const called: PlannedRevocation[] = [];
  await Promise.all(chunk.map(async batch => {
    for (const { planned, verdict, wasCalled } of await callForSame(batch, now, FIRST_ATTEMPT, options)) {
      verdicts.set(planned, verdict);
      if (wasCalled) called.push(planned);
    }
  }));
  await readBack(called, verdicts, options);
  return all.map(each => ({ ...each, ...verdicts.get(each) ?? { outcome: 'FAILED', detail: 'no outcome was recorded' } }));
}

interface Reading {
  /** Of the rules whose staleness no field shows: those that EC2 still calls stale. */
  readonly stillStale: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, SecurityGroupRule>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
}

async function readAgain(planned: readonly PlannedRevocation[], { network }: RevokeOptions): Promise<Reading | Verdict> {
  try {
    const [rules, groups, stillStale] = await Promise.all([
      readRules(planned, network),
      network.securityGroups({ groupIds: [...new Set(planned.map(({ rule }) => rule.groupId))] }),
      readStale(planned.filter(needsStaleness), network),
    ]);
    return { rules, groups: new Map(groups.map(group => [group.groupId, group])), stillStale };
  } catch (error) {
    return { outcome: 'FAILED', detail: 'the rule could not be read again, so it was not revoked', error: errorFacts(error) };
  }
}

/** A peering that is made again shows in the rule; a transit gateway or a VPC association that is there again does not. */
function needsStaleness({ because, group }: PlannedRevocation): boolean {
  return because.stale === 'OTHER' && because.declarations.length === 0 && group.vpcId !== undefined;
}

async function readStale(planned: readonly PlannedRevocation[], network: Network): Promise<Set<string>> {
  const vpcIds = [...new Set(planned.flatMap(({ group }) => group.vpcId ?? []))];
  const rules = planned.map(({ rule }) => rule);
  const stale = await Promise.all(vpcIds.map(async vpcId =>
    staleRules(vpcId, await network.staleSecurityGroups(vpcId), groupId => rules.filter(rule => rule.groupId === groupId))));
  return new Set(stale.flat().flatMap(({ rule }) => rule?.securityGroupRuleId ?? []));
}

/** What speaks against revoking a rule, now that it was read again. */
function whyNot(planned: PlannedRevocation, { rules, groups, stillStale }: Reading): Verdict | undefined {
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

interface CallResult {
  readonly planned: PlannedRevocation;
  readonly verdict: Verdict;
  /** Whether EC2 may have revoked it, whatever the verdict says. */
  readonly wasCalled: boolean;
}

interface Attempt {
  /** What EC2 said to an earlier attempt that may have had its effect all the same; "not found" is what that looks like now. */
  readonly uncertain?: ErrorFacts;
  readonly triesLeft: number;
}

const FIRST_ATTEMPT: Attempt = { triesLeft: RETRY_DELAYS_MILLIS.length };

/** One call for all. When EC2 rejects it because of one of the rules, one call for each; when it may succeed later, once more. */
async function callFor(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  // An empty list of ids would be sent as a call that names the group alone.
  if (batch.length === 0) return [];
  const answer = await call(batch, options);
  if (!('code' in answer)) return batch.map(planned => ({ planned, verdict: verdictOf(planned, batch.length, answer), wasCalled: true }));
  const next: Attempt = { uncertain: attempt.uncertain ?? (mayHaveHadEffect(answer) ? answer : undefined), triesLeft: attempt.triesLeft - 1 };
  if (batch.length > 1 && isAboutOneRule(answer)) {
    const results: CallResult[] = [];
    for (const planned of batch) results.push(...await callAgain([planned], { ...next, triesLeft: attempt.triesLeft }, options));
    return results;
  }
  if (!isWorthRetrying(answer) || attempt.triesLeft === 0) {
    return batch.map(planned => ({ planned, verdict: refused(answer, next.uncertain), wasCalled: true }));
  }
  await options.clock.sleep(RETRY_DELAYS_MILLIS[RETRY_DELAYS_MILLIS.length - attempt.triesLeft]);
  return callAgain(batch, next, options);
}

/** Everything that comes before a first call comes before a further one: the token, the reading, the comparison. */
async function callAgain(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  const admitted = await admit(1, options);
  const now = typeof admitted === 'number' ? await readAgain(batch, options) : admitted;
  if (!('outcome' in now)) return callForSame(batch, now, attempt, options);
  // Nothing more is tried. What an earlier attempt did is left to the reading back.
  const { uncertain } = attempt;
  const verdict = uncertain ? refused(uncertain, uncertain) : now;
  return batch.map(planned => ({ planned, verdict, wasCalled: uncertain !== undefined }));
}

/** A call for those rules that are still what was found. */
async function callForSame(batch: Batch, now: Reading, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  const results: CallResult[] = [];
  const same: PlannedRevocation[] = [];
  for (const planned of batch) {
    const verdict = whyNot(planned, now);
    if (verdict === undefined) same.push(planned);
    else if (verdict.outcome === 'ALREADY_GONE' && attempt.uncertain) results.push({ planned, verdict: REVOKED_EARLIER, wasCalled: true });
    else results.push({ planned, verdict, wasCalled: false });
  }
  return [...results, ...await callFor(same, attempt, options)];
}

async function call(batch: Batch, { network, log }: RevokeOptions): Promise<RevokeAnswer | ErrorFacts> {
  // Written down before it is gone: should the process die now, the log still holds the rule whole.
  for (const { rule, group, because } of batch) {
    log('INFO', `Revoking the ingress rule ${rule.securityGroupRuleId} of ${rule.groupId}`, { event: 'Revoking', because, group, rule });
  }
  try {
    return await network.revokeIngress(batch[0].rule.groupId, batch.map(({ rule }) => rule.securityGroupRuleId));
  } catch (error) {
    return errorFacts(error);
  }
}

const isAboutOneRule = (error: ErrorFacts): boolean => isNotFound(error) || /^Invalid|^Missing/.test(error.code);

const isThrottled = ({ code }: ErrorFacts): boolean => /^RequestLimitExceeded$|Throttl/.test(code);

/** EC2 did nothing where it says that the call was wrong, not allowed or too much. */
const mayHaveHadEffect = (error: ErrorFacts): boolean =>
  (error.attempts ?? 1) > 1 || !(isDenied(error) || isAboutOneRule(error) || isThrottled(error));

const isWorthRetrying = (error: ErrorFacts): boolean => !isDenied(error) && !isAboutOneRule(error);

const REVOKED_EARLIER: Verdict = { outcome: 'REVOKED', detail: 'an earlier attempt of the same call had revoked it' };

function refused(error: ErrorFacts, uncertain?: ErrorFacts): Verdict {
  if (!isNotFound(error)) return { outcome: 'FAILED', detail: 'EC2 did not revoke the rule', error: uncertain ?? error };
  return uncertain ? REVOKED_EARLIER : { outcome: 'ALREADY_GONE', detail: 'EC2 did not find the rule', error };
}

function verdictOf({ rule }: PlannedRevocation, batchSize: number, { revokedRuleIds, unknownPermissions }: RevokeAnswer): Verdict {
  const isListed = revokedRuleIds?.includes(rule.securityGroupRuleId);
  if (isListed || (isListed === undefined && unknownPermissions === 0)) return { outcome: 'REVOKED' };
  // In a default VPC a mismatch is no error: EC2 only lists what it did not revoke.
  return { outcome: 'ALREADY_GONE', detail: `EC2 revoked ${revokedRuleIds?.length ?? 'an unknown number'} of ${batchSize} rules and did not list this one` };
}

/** Looks whether the rules are gone, and corrects the verdicts of those for which that says something else. */
async function readBack(
  called: readonly PlannedRevocation[], verdicts: Map<PlannedRevocation, Verdict>, { network, clock }: RevokeOptions,
): Promise<void> {
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
  // A refusal had no effect, so it was someone else.
  const { error } = verdict;
  if (error && !mayHaveHadEffect(error)) return { outcome: 'ALREADY_GONE', detail: `EC2 answered ${error.code}, and then the rule was gone`, error };
  return { outcome: 'REVOKED', detail: `EC2 answered ${error?.code}, but the rule is gone`, error };
}

async function readRules(planned: readonly PlannedRevocation[], network: Network): Promise<Map<string, SecurityGroupRule>> {
  const rules = new Map<string, SecurityGroupRule>();
  await Promise.all(inPartsOf(FILTER_VALUES_PER_CALL, planned.map(({ rule }) => rule.securityGroupRuleId)).map(async ruleIds => {
    for await (const page of network.securityGroupRules({ ruleIds })) {
      for (const rule of page) rules.set(rule.securityGroupRuleId, rule);
    }
  }));
  return rules;
}
