/**
 * Makes the calls that revoke rules, at most one successful call per rule.
 *
 * Before each call, every rule is read and decided on again. A failure for one rule does not stop the others.
 */
import type { Batch, RevokeOptions } from './options';
import { readAgain, type Reading, whyNot } from './reading';
import { isWorthRetrying, mayHaveHadEffect } from './refusals';
import {
  alreadyGone, type CallResult, type Effect, type KeptVerdict, type RevokedVerdict, skipped, type Verdict,
} from './verdict';
import { holdOf } from '../decide/hold';
import { KEEP_REASONS } from '../decide/reasons';
import { type ErrorFacts, errorFacts, isNotFound, isThrottled } from '../errors';
import type { RevokeAnswer, RevokedRule, SecurityGroupRule } from '../model/network';
import type { PlannedRevocation } from '../model/result';
import { isRevokedAnother } from '../rules/sameness';
import { sleepAbout } from '../waiting';

/**
 * The waits before a call is retried. The SDK does not retry revocations, because it would not read the rule again in
 * between.
 */
const RETRY_DELAYS_MILLIS = [500, 1500, 4000];

/**
 * The longest wait after EC2 has throttled a call. The call is retried until the run's time is up, because throttling
 * says nothing about the rule.
 */
const LONGEST_DELAY_MILLIS = 8000;

export interface Attempt {
  /**
   * The error of an earlier attempt that may nevertheless have revoked the rule. In that case, EC2 now answers "not
   * found".
   */
  readonly uncertain?: ErrorFacts;
  readonly triesLeft: number;
  /** The number of times in a row that EC2 has throttled the call. These use up no tries. */
  readonly throttled: number;
  readonly throttledBy?: ErrorFacts;
}

export const FIRST_ATTEMPT: Attempt = { triesLeft: RETRY_DELAYS_MILLIS.length, throttled: 0 };

/** The number of calls that may start now, or the reason that no call may. */
export type Admission =
  | { readonly kind: 'admitted'; readonly count: number }
  | { readonly kind: 'refused'; readonly verdict: KeptVerdict };

/** Waits for EC2's token bucket. */
export async function admit(upTo: number, { network, clock, until }: RevokeOptions): Promise<Admission> {
  const outOfTime = (error?: ErrorFacts): Admission =>
    ({ kind: 'refused', verdict: skipped('the sweep ran out of time; the next one continues', undefined, error) });
  if (clock.now() >= until) return outOfTime();
  try {
    const count = await network.admitRevocations(upTo);
    return clock.now() >= until ? outOfTime() : { kind: 'admitted', count };
  } catch (error) {
    return outOfTime(errorFacts(error));
  }
}

/** Makes a call for the rules for which the decision has not changed. */
export async function callForSame(
  batch: Batch, now: Reading, attempt: Attempt, options: RevokeOptions,
): Promise<CallResult[]> {
  if (batch.length === 0) return [];
  // The decision comes last, because time may close the revocation window.
  const held = await whyHeld(options);
  const results: CallResult[] = [];
  const same: PlannedRevocation[] = [];
  for (const planned of batch) {
    const verdict = whyNot(planned, now, options);
    if (verdict === undefined) {
      same.push(planned);
    } else if (verdict.kind === 'kept' && verdict.because?.readError) {
      results.push(...notTried([planned], verdict, attempt));
    } else if (verdict.kind === 'gone' && attempt.uncertain) {
      results.push({ planned, verdict: REVOKED_EARLIER, effect: 'possible' });
    } else {
      results.push({ planned, verdict, effect: attempt.uncertain ? 'earlier' : 'none' });
    }
  }
  return [...results, ...held ? notTried(same, held, attempt) : await callFor(same, attempt, options)];
}

/**
 * Makes one call for all rules. If EC2 refuses it, each rule gets its own call, because the error may concern one of
 * them only. A single rule is retried if that may help, and so is a call that was throttled as a whole.
 */
async function callFor(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  // With an empty list of ids, the call would name only the group.
  if (batch.length === 0) return [];
  const said = await call(batch, options);
  if (said.kind === 'answered') {
    return batch.map(planned => ({
      planned,
      verdict: verdictOf(planned, batch.length, said.answer),
      effect: 'possible',
    }));
  }
  return isThrottled(said.error)
    ? callThrottled(batch, said.error, attempt, options)
    : callRefused(batch, said.error, attempt, options);
}

async function callThrottled(
  batch: Batch, error: ErrorFacts, attempt: Attempt, options: RevokeOptions,
): Promise<CallResult[]> {
  const { throttled } = attempt;
  const uncertain = uncertainAfter(attempt, error);
  await sleepAbout(RETRY_DELAYS_MILLIS[throttled] ?? LONGEST_DELAY_MILLIS, options.until, options.clock);
  return callAgain(batch, { ...attempt, uncertain, throttled: throttled + 1, throttledBy: error }, options);
}

async function callRefused(
  batch: Batch, error: ErrorFacts, attempt: Attempt, options: RevokeOptions,
): Promise<CallResult[]> {
  const { triesLeft } = attempt;
  const uncertain = uncertainAfter(attempt, error);
  const isRetried = isWorthRetrying(error) && triesLeft > 0;
  const delay = RETRY_DELAYS_MILLIS[RETRY_DELAYS_MILLIS.length - triesLeft];
  if (isRetried) await sleepAbout(delay, options.until, options.clock);
  const next: Attempt = { uncertain, triesLeft: triesLeft - (isRetried ? 1 : 0), throttled: 0 };
  if (batch.length > 1) {
    const results: CallResult[] = [];
    for (const planned of batch) results.push(...await callAgain([planned], next, options));
    return results;
  }
  if (isRetried) return callAgain(batch, next, options);
  const effect = uncertain ? 'possible' : 'refused';
  return batch.map(planned => ({ planned, verdict: refused(error, uncertain), effect }));
}

const uncertainAfter = ({ uncertain }: Attempt, error: ErrorFacts): ErrorFacts | undefined =>
  uncertain ?? (mayHaveHadEffect(error) ? error : undefined);

/** Repeats everything that precedes a first call: the token, the reading and the decision. */
async function callAgain(batch: Batch, attempt: Attempt, options: RevokeOptions): Promise<CallResult[]> {
  const admission = await admit(1, options);
  if (admission.kind === 'refused') return notTried(batch, admission.verdict, attempt);
  return callForSame(batch, await readAgain(batch, options), attempt, options);
}

/** Returns results without trying further. Reading back shows the effect of an earlier attempt. */
function notTried(batch: Batch, why: KeptVerdict, { uncertain, throttledBy }: Attempt): CallResult[] {
  const verdict = uncertain ? refused(uncertain, uncertain) : throttledBy ? { ...why, error: throttledBy } : why;
  const effect: Effect = uncertain ? 'possible' : 'none';
  return batch.map(planned => ({ planned, verdict, effect }));
}

/**
 * Returns why nothing may be revoked now. A hold is read right before each call, so that it stops a run in progress. If
 * it cannot be read, nothing is revoked.
 */
export async function whyHeld(
  { control: read, deployed, from, clock }: RevokeOptions,
): Promise<KeptVerdict | undefined> {
  try {
    const control = await read();
    const hold = holdOf(control, deployed, clock.now());
    if (hold) return skipped(hold.detail, { heldBy: hold.reason });
    if (control?.allowance?.overLimit) return skipped(KEEP_REASONS.OVER_LIMIT.words, { heldBy: 'OVER_LIMIT' });
    // Revocations that are reserved from an earlier allowance would come on top of the current one.
    return control?.allowance?.openedBy === from ? undefined : skipped(ALLOWANCE_OVER, { heldBy: 'LIMIT_USED' });
  } catch (error) {
    const detail = 'whether revoking is paused could not be read, so it was not revoked';
    return skipped(detail, { ledgerError: errorFacts(error) });
  }
}

const ALLOWANCE_OVER = 'a scheduled sweep has opened the next allowance in the meantime; the next sweep continues';

type Said =
  | { readonly kind: 'answered'; readonly answer: RevokeAnswer }
  | { readonly kind: 'failed'; readonly error: ErrorFacts };

async function call(batch: Batch, { network, log }: RevokeOptions): Promise<Said> {
  // Logs the whole rule for readers who have only the log. The ledger has it already.
  for (const { rule, group, because } of batch) {
    const message = `Revoking the ingress rule ${rule.securityGroupRuleId} of ${rule.groupId}`;
    log('INFO', message, { event: 'Revoking', because, group, rule });
  }
  try {
    const ids = batch.map(({ rule }) => rule.securityGroupRuleId);
    return { kind: 'answered', answer: await network.revokeIngress(batch[0].rule.groupId, ids) };
  } catch (error) {
    return { kind: 'failed', error: errorFacts(error) };
  }
}

const REVOKED_EARLIER: RevokedVerdict = {
  kind: 'revoked', outcome: 'REVOKED', detail: 'an earlier attempt of the same call had revoked it', isOurs: false,
};

function refused(error: ErrorFacts, uncertain?: ErrorFacts): Verdict {
  if (!isNotFound(error)) {
    return { kind: 'kept', outcome: 'FAILED', detail: 'EC2 did not revoke the rule', error: uncertain ?? error };
  }
  return uncertain ? REVOKED_EARLIER : alreadyGone('EC2 did not find the rule', error);
}

function verdictOf(
  { rule }: PlannedRevocation, batchSize: number, { revokedRules, unknownPermissions }: RevokeAnswer,
): Verdict {
  const listed = revokedRules?.find(({ securityGroupRuleId }) => securityGroupRuleId === rule.securityGroupRuleId);
  if (listed && isRevokedAnother(rule, listed)) {
    const detail =
      'it was modified between the last reading and the call; restore it, unless it should be gone';
    return { kind: 'revoked', outcome: 'REVOKED_CHANGED', detail, rule: asRevoked(rule, listed), isOurs: true };
  }
  if (listed || (revokedRules === undefined && unknownPermissions === 0)) {
    return { kind: 'revoked', outcome: 'REVOKED', isOurs: true };
  }
  // In a default VPC, a mismatch is not an error: EC2 only lists what it did not revoke.
  const count = revokedRules?.length ?? 'an unknown number';
  return alreadyGone(`EC2 revoked ${count} of ${batchSize} rules and did not list this one`);
}

/** Returns the rule as EC2 lists it. Fields that EC2 does not list, such as tags, are as they were read. */
function asRevoked(
  rule: SecurityGroupRule,
  { referencedGroupId, cidrIpv4, cidrIpv6, prefixListId, ...listed }: RevokedRule,
): SecurityGroupRule {
  const others = Object.fromEntries(Object.entries(listed).filter(([, value]) => value !== undefined && value !== ''));
  if ([cidrIpv4, cidrIpv6, prefixListId, referencedGroupId].every(source => source === undefined)) {
    return { ...rule, ...others };
  }
  const isSameReference = referencedGroupId === rule.referencedGroup?.groupId;
  const referencedGroup = isSameReference
    ? rule.referencedGroup
    : referencedGroupId === undefined
      ? undefined
      : { groupId: referencedGroupId };
  return { ...rule, ...others, cidrIpv4, cidrIpv6, prefixListId, referencedGroup };
}
