/**
 * The calls that revoke, each rule at most once.
 *
 * Every rule is read again right before each call, and everything it says is compared: EC2 keeps a rule's id when the rule is modified, so an id alone
 * proves nothing. One failure stops no other rule.
 */
import { parseProtocol } from '../../../src/private/traffic';
import { type ErrorFacts, errorFacts, isNotFound, isThrottled } from '../errors';
import { pauseNow } from '../ledger/pause';
import type { RevokeAnswer, RevokedRule, SecurityGroupRule } from '../ports';
import type { Batch, RevokeOptions, Verdict } from './outcome';
import { type Reading, readAgain, whyNot } from './reading';
import { isWorthRetrying, mayHaveHadEffect } from './refusals';
import type { PlannedRevocation } from '../decide/plan';
import { sleepAbout } from '../waiting';

/** Waits before a call is tried again. The SDK does not retry revocations: it would not read the rule again in between. */
const RETRY_DELAYS_MILLIS = [500, 1500, 4000];

/** The longest wait of a call that EC2 throttles. It is tried until the sweep's time is up: throttling says nothing about the rule. */
const LONGEST_DELAY_MILLIS = 8000;

export interface CallResult {
  readonly planned: PlannedRevocation;
  readonly verdict: Verdict;
  /** Whether EC2 may have revoked it, whatever the verdict says: then it is to be read back. */
  readonly wasCalled: boolean;
  /** Whether a call for it may yet have its effect, although the rule is there. */
  readonly mayLinger: boolean;
}

export interface Attempt {
  /** What EC2 said to an earlier attempt that may have had its effect all the same; "not found" is what that looks like now. */
  readonly uncertain?: ErrorFacts;
  readonly triesLeft: number;
  /** How often in a row EC2 has throttled the call; that uses up no tries. */
  readonly throttled: number;
  readonly throttledBy?: ErrorFacts;
}

export const FIRST_ATTEMPT: Attempt = { triesLeft: RETRY_DELAYS_MILLIS.length, throttled: 0 };

/** Waits for EC2's token bucket. @returns for how many calls there are tokens, or why there is none */
export async function admit(upTo: number, { network, clock, until }: RevokeOptions): Promise<number | Verdict> {
  const outOfTime: Verdict = { outcome: 'SKIPPED', detail: 'the sweep ran out of time; the next one goes on' };
  if (clock.now() >= until) return outOfTime;
  try {
    const admitted = await network.admitRevocations(upTo);
    return clock.now() >= until ? outOfTime : admitted;
  } catch (error) {
    return { ...outOfTime, error: errorFacts(error) };
  }
}

/** A call for those rules that are still what was found. */
export async function callForSame(batch: Batch, now: Reading, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  const results: CallResult[] = [];
  const same: PlannedRevocation[] = [];
  for (const planned of batch) {
    const verdict = whyNot(planned, now, options);
    if (verdict === undefined) same.push(planned);
    else if (verdict.readError) results.push(...notTried([planned], verdict, attempt));
    else if (verdict.outcome === 'ALREADY_GONE' && attempt.uncertain) results.push({ planned, verdict: REVOKED_EARLIER, wasCalled: true, mayLinger: true });
    else results.push({ planned, verdict, wasCalled: false, mayLinger: attempt.uncertain !== undefined });
  }
  return [...results, ...await callFor(same, attempt, options)];
}

/**
 * One call for all. When it fails, whatever EC2 says, one call for each: it may be about one of the rules only. A single rule is tried again where that may
 * help, and a call that was throttled as a whole.
 */
async function callFor(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  // An empty list of ids would be sent as a call that names the group alone.
  if (batch.length === 0) return [];
  const held = await whyHeld(options);
  if (held) return notTried(batch, held, attempt);
  const answer = await call(batch, options);
  if (!('code' in answer)) return batch.map(planned => ({ planned, verdict: verdictOf(planned, batch.length, answer), wasCalled: true, mayLinger: true }));
  const uncertain = attempt.uncertain ?? (mayHaveHadEffect(answer) ? answer : undefined);
  if (isThrottled(answer)) {
    await sleepAbout(RETRY_DELAYS_MILLIS[attempt.throttled] ?? LONGEST_DELAY_MILLIS, options.until, options.clock);
    return callAgain(batch, { ...attempt, uncertain, throttled: attempt.throttled + 1, throttledBy: answer }, options);
  }
  const isRetried = isWorthRetrying(answer) && attempt.triesLeft > 0;
  if (isRetried) await sleepAbout(RETRY_DELAYS_MILLIS[RETRY_DELAYS_MILLIS.length - attempt.triesLeft], options.until, options.clock);
  const next: Attempt = { uncertain, triesLeft: attempt.triesLeft - (isRetried ? 1 : 0), throttled: 0 };
  if (batch.length > 1) {
    const results: CallResult[] = [];
    for (const planned of batch) results.push(...await callAgain([planned], next, options));
    return results;
  }
  if (isRetried) return callAgain(batch, next, options);
  return batch.map(planned => ({ planned, verdict: refused(answer, uncertain), wasCalled: true, mayLinger: uncertain !== undefined }));
}

/** Everything that comes before a first call comes before a further one: the token, the reading, the comparison. */
async function callAgain(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  const admitted = await admit(1, options);
  if (typeof admitted !== 'number') return notTried(batch, admitted, attempt);
  return callForSame(batch, await readAgain(batch, options.network), attempt, options);
}

/** Nothing more is tried. What an earlier attempt did is left to the reading back. */
function notTried(batch: Batch, why: Verdict, { uncertain, throttledBy }: Attempt): CallResult[] {
  const wasCalled = uncertain !== undefined;
  const verdict = uncertain ? refused(uncertain, uncertain) : throttledBy ? { ...why, error: throttledBy } : why;
  return batch.map(planned => ({ planned, verdict, wasCalled, mayLinger: wasCalled }));
}

/** Why nothing may be revoked now. A pause is read right before each call, so that it stops a sweep that is under way; one that cannot be read is one. */
async function whyHeld({ ledger, clock }: RevokeOptions): Promise<Verdict | undefined> {
  try {
    const pause = pauseNow(await ledger.control(), clock.now());
    return pause && { outcome: 'SKIPPED', detail: `revoking is paused until ${pause.until}: ${pause.reason}`, isPaused: true };
  } catch (error) {
    return { outcome: 'SKIPPED', detail: 'whether revoking is paused could not be read, so it was not revoked', ledgerError: errorFacts(error) };
  }
}

async function call(batch: Batch, { network, log }: RevokeOptions): Promise<RevokeAnswer | ErrorFacts> {
  // The ledger has it already; whoever reads the log alone finds the rule whole there, too.
  for (const { rule, group, because } of batch) {
    log('INFO', `Revoking the ingress rule ${rule.securityGroupRuleId} of ${rule.groupId}`, { event: 'Revoking', because, group, rule });
  }
  try {
    return await network.revokeIngress(batch[0].rule.groupId, batch.map(({ rule }) => rule.securityGroupRuleId));
  } catch (error) {
    return errorFacts(error);
  }
}

const REVOKED_EARLIER: Verdict = { outcome: 'REVOKED', detail: 'an earlier attempt of the same call had revoked it' };

function refused(error: ErrorFacts, uncertain?: ErrorFacts): Verdict {
  if (!isNotFound(error)) return { outcome: 'FAILED', detail: 'EC2 did not revoke the rule', error: uncertain ?? error };
  return uncertain ? REVOKED_EARLIER : { outcome: 'ALREADY_GONE', detail: 'EC2 did not find the rule', error };
}

function verdictOf({ rule }: PlannedRevocation, batchSize: number, { revokedRules, unknownPermissions }: RevokeAnswer): Verdict {
  const listed = revokedRules?.find(({ securityGroupRuleId }) => securityGroupRuleId === rule.securityGroupRuleId);
  if (listed && isChanged(rule, listed)) {
    const detail = 'it was modified in the instant between the reading and the call; restore it, unless it is to be gone';
    return { outcome: 'REVOKED_CHANGED', detail, revoked: asRevoked(rule, listed), isOurs: true };
  }
  if (listed || (revokedRules === undefined && unknownPermissions === 0)) return { outcome: 'REVOKED', isOurs: true };
  // In a default VPC a mismatch is no error: EC2 only lists what it did not revoke.
  return { outcome: 'ALREADY_GONE', detail: `EC2 revoked ${revokedRules?.length ?? 'an unknown number'} of ${batchSize} rules and did not list this one` };
}

/** Whether EC2 lists as revoked what is not the rule that was read; what it leaves out says nothing. */
function isChanged(rule: SecurityGroupRule, listed: RevokedRule): boolean {
  const isOther = <T>(value: T | undefined, known: T | undefined): boolean => value !== undefined && value !== known;
  const isOtherPort = (port: number | undefined, known: number | undefined): boolean => known !== undefined && isOther(port, known);
  return (listed.ipProtocol !== '' && parseProtocol(listed.ipProtocol) !== parseProtocol(rule.ipProtocol))
    || isOtherPort(listed.fromPort, rule.fromPort) || isOtherPort(listed.toPort, rule.toPort)
    || isOther(listed.cidrIpv4, rule.cidrIpv4) || isOther(listed.cidrIpv6, rule.cidrIpv6) || isOther(listed.prefixListId, rule.prefixListId)
    || isOther(listed.referencedGroupId, rule.referencedGroup?.groupId) || isOther(listed.description, rule.description);
}

/** The rule as EC2 lists it; what EC2 does not list of a rule, such as its tags, as it was read. */
function asRevoked(rule: SecurityGroupRule, { referencedGroupId, cidrIpv4, cidrIpv6, prefixListId, ...listed }: RevokedRule): SecurityGroupRule {
  const others = Object.fromEntries(Object.entries(listed).filter(([, value]) => value !== undefined && value !== ''));
  if ([cidrIpv4, cidrIpv6, prefixListId, referencedGroupId].every(source => source === undefined)) return { ...rule, ...others };
  const isSameReference = referencedGroupId === rule.referencedGroup?.groupId;
  const referencedGroup = isSameReference ? rule.referencedGroup : referencedGroupId === undefined ? undefined : { groupId: referencedGroupId };
  return { ...rule, ...others, cidrIpv4, cidrIpv6, prefixListId, referencedGroup };
}
