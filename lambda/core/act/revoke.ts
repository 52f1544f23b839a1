/**
 * Revokes the rules of a plan, and returns the outcome of each.
 *
 * The order is fixed: the whole rule is written to the ledger as pending, read and decided on again, revoked, read
 * back, and the outcome is recorded. If a run dies between any two steps, the next run can finish it. If the ledger
 * cannot be written, nothing further is revoked.
 */
import { admit, callForSame, FIRST_ATTEMPT } from './call';
import { type Claim, claim, recordedBy, writer } from './claim';
import type { Batch, RevokeOptions } from './options';
import { readAgain, readBack, type Reading } from './reading';
import { isReplaced, replace } from './replace';
import { shared } from './shared';
import { type CallResult, type KeptVerdict, ledgerFailed, mayLinger, type Verdict, wasCalled } from './verdict';
import { errorFacts, isAboutOneItem, isDenied } from '../errors';
import { change, ENTRIES_AT_A_TIME } from '../ledger/change';
import { BEGUN_EARLIER, corrected, gone, kept, mayHaveRevoked, revoked } from '../ledger/entry';
import { inPlace, stayingWords } from '../ledger/replacement';
import { inParallel, inPartsOf } from '../lists';
import type { LedgerEntry } from '../model/ledger';
import type { PlannedRevocation, RevocationOutcome } from '../model/result';
import { NOT_SHOWN } from '../observe/read-rules';
import { isSameRule } from '../rules/sameness';
import { sleepAbout } from '../waiting';

/** The number of rules per call. EC2 documents no limit. A group has at most 1,000 rules, and usually 60. */
const RULES_PER_CALL = 100;

/** The number of groups that are read again together. It is low, so that a revocation follows its reading closely. */
const GROUPS_PER_READ = 25;

/** The waits before rules that could not be read are tried again. The last one repeats. */
const ROUND_DELAYS_MILLIS = [2000, 5000, 15_000];

/** Revokes the rules, and retries those that could not be tried while there is time. */
export async function revoke(
  planned: readonly PlannedRevocation[],
  given: Omit<RevokeOptions, 'control'>,
): Promise<RevocationOutcome[]> {
  const { ledger, clock, until } = given;
  const options = { ...given, control: shared(() => ledger.control()) };
  let outcomes = await revokeOnce(planned, options);
  for (let round = 0; ; round++) {
    const delay = ROUND_DELAYS_MILLIS[round] ?? ROUND_DELAYS_MILLIS[ROUND_DELAYS_MILLIS.length - 1];
    const untried = new Set(outcomes.filter(mayBeReadLater).map(({ rule }) => rule.securityGroupRuleId));
    if (untried.size === 0 || clock.now().getTime() + delay >= until.getTime()) return outcomes;
    await sleepAbout(delay, until, clock);
    const again = planned.filter(({ rule }) => untried.has(rule.securityGroupRuleId));
    outcomes = [
      ...outcomes.filter(({ rule }) => !untried.has(rule.securityGroupRuleId)),
      ...(await revokeOnce(again, options)),
    ];
  }
}

/** Reading a rule again may help, unless EC2 denied the call or its response was wrong. */
const mayBeReadLater = ({ readError }: RevocationOutcome): boolean =>
  readError !== undefined && !isDenied(readError) && readError.code !== NOT_SHOWN.code;

/** Rules that are replaced take longer, so the others do not wait for them. */
async function revokeOnce(
  planned: readonly PlannedRevocation[], options: RevokeOptions,
): Promise<RevocationOutcome[]> {
  const parts = [planned.filter(each => !isReplaced(each)), planned.filter(isReplaced)];
  return (await Promise.all(parts.map(part => revokePart(part, options)))).flat();
}

async function revokePart(
  planned: readonly PlannedRevocation[], options: RevokeOptions,
): Promise<RevocationOutcome[]> {
  const queue = batches(planned);
  const running: Array<Promise<RevocationOutcome[]>> = [];
  let failure: KeptVerdict | undefined;
  const giveUp = (verdict: KeptVerdict): void => {
    running.push(Promise.resolve(queue.splice(0).flat().map(each => outcomeOf(each, verdict))));
  };
  while (queue.length > 0) {
    const admission = await admit(Math.min(queue.length, GROUPS_PER_READ), options);
    // The ledger may have failed during the wait.
    if (failure) {
      giveUp(failure);
    } else if (admission.kind === 'refused') {
      giveUp(admission.verdict);
    } else {
      running.push(revokeBatches(queue.splice(0, admission.count), options).then(outcomes => {
        const error = outcomes.flatMap(({ ledgerError }) => ledgerError ?? []).find(each => !isAboutOneItem(each));
        if (error) failure ??= ledgerFailed(error);
        return outcomes;
      }));
    }
  }
  return (await Promise.all(running)).flat();
}

function batches(planned: readonly PlannedRevocation[]): Batch[] {
  const byGroup = new Map<string, PlannedRevocation[]>();
  // A rule that is replaced goes alone, because its narrower rules must be there first.
  const alone = planned.filter(isReplaced).map(each => [each]);
  for (const each of planned.filter(other => !isReplaced(other))) {
    const batch = byGroup.get(each.rule.groupId);
    if (batch) batch.push(each);
    else byGroup.set(each.rule.groupId, [each]);
  }
  return [...[...byGroup.values()].flatMap(rules => inPartsOf(RULES_PER_CALL, rules)), ...alone];
}

async function revokeBatches(chunk: readonly Batch[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const { claimed, others } = await claim(chunk.flat(), options);
  const outcomes = [...others].map(([each, verdict]) => outcomeOf(each, verdict));
  if (claimed.size === 0) return outcomes;
  const verdicts = new Map<PlannedRevocation, Verdict>();
  const called: PlannedRevocation[] = [];
  const lingering = new Set<PlannedRevocation>();
  // Uses the entries as they were claimed: another run may have seen the rule modified and modified back, which starts
  // its wait over.
  const current = new Map([...claimed].map(([each, { replaced: entry }]) => [each, { ...each, entry }]));
  const now = await readAgain([...current.values()], options);
  const entries = new Map([...claimed].flatMap(([each, { pending: entry }]) => {
    const planned = current.get(each);
    return planned ? [[planned, entry] as const] : [];
  }));
  await Promise.all(chunk.map(async batch => {
    const results = await callInOrder(batch.flatMap(each => current.get(each) ?? []), now, entries, options);
    for (const { planned, verdict, effect } of results) {
      verdicts.set(planned, verdict);
      if (wasCalled(effect)) called.push(planned);
      if (mayLinger(effect)) lingering.add(planned);
    }
  }));
  await readBack(called, verdicts, options);
  await inParallel(ENTRIES_AT_A_TIME, [...claimed], async ([each, own]) => {
    const planned = current.get(each) ?? each;
    const verdict = verdicts.get(planned) ?? NO_OUTCOME;
    const effect = { isLingering: lingering.has(planned), wasCalled: called.includes(planned) };
    const latest = { ...own, pending: entries.get(planned) ?? own.pending };
    outcomes.push({ ...await record(planned, latest, verdict, effect, options), isUsed: effect.isLingering });
  });
  return outcomes;
}

/**
 * Makes the call for a batch. If its rule is replaced, the narrower rules are added first.
 *
 * @param entries the entries of the claimed rules; that of a replaced rule is updated
 */
async function callInOrder(
  batch: Batch, now: Reading, entries: Map<PlannedRevocation, LedgerEntry>, options: RevokeOptions,
): Promise<CallResult[]> {
  const [planned] = batch;
  const entry = planned && entries.get(planned);
  if (entry === undefined || !isReplaced(planned)) return callForSame(batch, now, FIRST_ATTEMPT, options);
  const replaced = await replace({ planned, pending: entry }, now, options);
  entries.set(planned, replaced.pending);
  if (replaced.kind === 'kept') return [{ planned, verdict: replaced.verdict, effect: 'none' }];
  const results = await callForSame([replaced.planned], replaced.now, FIRST_ATTEMPT, options);
  return results.map(result => ({ ...result, planned }));
}

const NO_OUTCOME: Verdict = { kind: 'uncertain', outcome: 'FAILED', detail: 'no outcome was found' };

/** Whether a call that revokes a rule was made, and whether one may still take effect. */
interface CallEffect {
  readonly wasCalled: boolean;
  readonly isLingering: boolean;
}

/** Records the outcome for a rule. Of two runs, only the one that records the revocation counts it. */
async function record(
  planned: PlannedRevocation, claimed: Claim, verdict: Verdict, effect: CallEffect, options: RevokeOptions,
): Promise<RevocationOutcome> {
  const earlier = verdict.kind === 'gone' && mayHaveRevoked(claimed.replaced) ? claimed.replaced.attempt : undefined;
  const final: Verdict = earlier
    ? { kind: 'revoked', outcome: 'REVOKED', detail: BEGUN_EARLIER, isOurs: false }
    : verdict;
  try {
    return outcomeOf(planned, final.kind === 'revoked'
      ? await recordRevoked(claimed.pending, final, earlier?.sweepId ?? options.sweepId, options)
      : await recordKept(claimed, final, effect, options), claimed.pending);
  } catch (error) {
    const ledgerError = errorFacts(error);
    if (final.kind !== 'revoked') return { ...outcomeOf(planned, final), ledgerError };
    if (await isRecordedAfterAll(planned, options)) return outcomeOf(planned, final, claimed.pending);
    const detail = 'the ledger could not be written';
    return { ...outcomeOf(planned, final, claimed.pending), outcome: 'UNRECORDED', detail, ledgerError };
  }
}

/** A failed write may have taken effect. In that case no other run counts the rule. */
async function isRecordedAfterAll({ rule }: PlannedRevocation, { ledger, sweepId }: RevokeOptions): Promise<boolean> {
  try {
    const entry = await ledger.get(rule);
    return entry?.state === 'REVOKED' && entry.writtenBy === sweepId;
  } catch {
    return false;
  }
}

type RevokedVerdict = Extract<Verdict, { kind: 'revoked' }>;

async function recordRevoked(
  claimed: LedgerEntry, verdict: RevokedVerdict, sweepId: string, options: RevokeOptions,
): Promise<Verdict> {
  const { previous } = await change(options.ledger, claimed, current => {
    const rule = revokedRule(claimed, verdict, current, options);
    if (!isRecorded(current)) {
      return revoked(current ?? { ...claimed, revision: 0 }, writer(options), sweepId, verdict.detail, rule);
    }
    return isSameRule(current.rule, rule) ? undefined : corrected(current, rule, writer(options));
  });
  // A restore in the meantime has recorded the revocation for this run, and does not count it.
  const isForThis = previous?.state === 'RESTORED' && previous.outcome?.sweepId === options.sweepId;
  if (!isRecorded(previous) || isForThis) return verdict;
  if (verdict.outcome === 'REVOKED_CHANGED') return { ...verdict, recordedBy: previous.writtenBy };
  return recordedBy(previous, 'that it is gone');
}

function isRecorded(entry: LedgerEntry | undefined): entry is LedgerEntry {
  return entry?.state === 'REVOKED' || entry?.state === 'RESTORED';
}

/** Unless EC2 confirmed this run's call, the revoked rule may be what another run has read and attempted since. */
function revokedRule(
  claimed: LedgerEntry, verdict: RevokedVerdict, current: LedgerEntry | undefined, { sweepId }: RevokeOptions,
): LedgerEntry['rule'] {
  const isOurs = verdict.isOurs || current === undefined || current.attempt?.sweepId === sweepId;
  return verdict.rule ?? (isOurs ? claimed.rule : current.rule);
}

/**
 * @returns the verdict, with the other run that has recorded it, if any; this run then writes nothing about the rule
 */
async function recordKept(
  { pending: claimed, replaced }: Claim, verdict: Exclude<Verdict, { kind: 'revoked' }>,
  { isLingering, wasCalled: isCalled }: CallEffect, options: RevokeOptions,
): Promise<Verdict> {
  const { isWritten, entry } = await change(options.ledger, claimed, current => {
    // Later writes of other runs take precedence.
    if (current?.state !== 'PENDING' || current.writtenBy !== options.sweepId) return undefined;
    switch (verdict.kind) {
      // Without certainty the entry stays pending, with the rule that EC2 said it revoked.
      case 'uncertain': return verdict.rule && corrected(current, verdict.rule, writer(options));
      case 'gone': return gone(current, writer(options), verdict.detail);
      case 'kept': {
        const attempt = isLingering ? current.attempt : replaced.attempt;
        const outcome = { name: verdict.outcome, detail: verdict.detail };
        return kept(current, attempt, outcome, writer(options), isCalled);
      }
    }
  });
  if (verdict.kind !== 'gone') return verdict;
  const said = { ...verdict, detail: `${verdict.detail}${stayingWords(claimed)}` };
  return isWritten ? said : { ...said, recordedBy: entry?.writtenBy };
}

/** @param entry its entry, if the outcome may be that the rule was replaced */
function outcomeOf(
  { rule, group, because }: PlannedRevocation, verdict: Verdict, entry?: LedgerEntry,
): RevocationOutcome {
  const { kind, outcome, detail, error } = verdict;
  const about = { rule, group, because, outcome, detail, error };
  switch (kind) {
    case 'revoked': {
      const standing = entry ? inPlace(entry) : [];
      const replaced = standing.length > 0 && { replacedBy: standing };
      return { ...about, rule: verdict.rule ?? rule, recordedBy: verdict.recordedBy, ...replaced };
    }
    case 'uncertain': return { ...about, rule: verdict.rule ?? rule };
    case 'gone': return { ...about, recordedBy: verdict.recordedBy };
    case 'kept': return { ...about, ...verdict.because };
  }
}

/**
 * Counts the reserved revocations that were not used: no call for them took effect or may still do so.
 */
export function countUnused(outcomes: readonly RevocationOutcome[]): number {
  return outcomes.filter(({ isUsed }) => !isUsed).length;
}
