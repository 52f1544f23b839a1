/**
 * Revokes the rules of a plan, and says what became of each.
 *
 * In this order: the ledger has the whole rule as pending, it is read again and compared, revoked, read back, and the outcome is recorded. A sweep that
 * dies between any two of these leaves what the next one needs to finish. When the ledger cannot be written, nothing further is revoked.
 */
import { errorFacts, type ErrorFacts, isAboutOneItem, isDenied } from '../errors';
import { admit, callForSame, FIRST_ATTEMPT } from './call';
import type { Batch, RevocationOutcome, RevokeOptions, Verdict } from './outcome';
import { readAgain, readBack } from './reading';
import type { PlannedRevocation } from '../decide/plan';
import { change, ENTRIES_AT_A_TIME } from '../ledger/change';
import { BEGUN_EARLIER, corrected, gone, isSameRule, kept, mayHaveRevoked, pending, revoked, type Writer } from '../ledger/entry';
import { inParallel, inPartsOf } from '../lists';
import { NOT_SHOWN } from '../observe/read-rules';
import type { LedgerEntry } from '../ports';
import { sleepAbout } from '../waiting';

/** Rules per call. EC2 documents no limit; a group has at most 1,000 rules, commonly 60. */
const RULES_PER_CALL = 100;

/** Groups read again together: few, so that a revocation comes right after the reading. */
const GROUPS_PER_READ = 25;

/** Waits before what could not be read again is taken up once more; the last one repeats. */
const ROUND_DELAYS_MILLIS = [2000, 5000, 15_000];

/** Revokes what it can, and goes on with what it could not try, while there is time. */
export async function revoke(planned: readonly PlannedRevocation[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const { clock, until } = options;
  let outcomes = await revokeOnce(planned, options);
  for (let round = 0; ; round++) {
    const delay = ROUND_DELAYS_MILLIS[round] ?? ROUND_DELAYS_MILLIS[ROUND_DELAYS_MILLIS.length - 1];
    const untried = new Set(outcomes.filter(mayBeReadLater).map(({ rule }) => rule.securityGroupRuleId));
    if (untried.size === 0 || clock.now().getTime() + delay >= until.getTime()) return outcomes;
    await sleepAbout(delay, until, clock);
    const again = planned.filter(({ rule }) => untried.has(rule.securityGroupRuleId));
    outcomes = [...outcomes.filter(({ rule }) => !untried.has(rule.securityGroupRuleId)), ...await revokeOnce(again, options)];
  }
}

/** What EC2 refuses or answers wrongly, it will refuse or answer wrongly again. */
const mayBeReadLater = ({ readError }: RevocationOutcome): boolean =>
  readError !== undefined && !isDenied(readError) && readError.code !== NOT_SHOWN.code;

async function revokeOnce(planned: readonly PlannedRevocation[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const queue = batches(planned);
  const running: Array<Promise<RevocationOutcome[]>> = [];
  let ledgerError: ErrorFacts | undefined;
  while (queue.length > 0) {
    const token = ledgerError ? 0 : await admit(Math.min(queue.length, GROUPS_PER_READ), options);
    // It may have failed while this waited.
    const admitted = ledgerError ? ledgerFailed(ledgerError) : token;
    if (typeof admitted !== 'number') {
      running.push(Promise.resolve(queue.splice(0).flat().map(each => outcomeOf(each, admitted))));
    } else {
      running.push(revokeBatches(queue.splice(0, admitted), options).then(outcomes => {
        ledgerError ??= outcomes.flatMap(outcome => outcome.ledgerError ?? []).find(error => !isAboutOneItem(error));
        return outcomes;
      }));
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

async function revokeBatches(chunk: readonly Batch[], options: RevokeOptions): Promise<RevocationOutcome[]> {
  const { claimed, outcomes } = await claim(chunk.flat(), options);
  if (claimed.size === 0) return outcomes;
  const verdicts = new Map<PlannedRevocation, Verdict>();
  const called: PlannedRevocation[] = [];
  const lingering = new Set<PlannedRevocation>();
  const now = await readAgain([...claimed.keys()], options.network);
  await Promise.all(chunk.map(async batch => {
    const results = await callForSame(batch.filter(each => claimed.has(each)), now, FIRST_ATTEMPT, options);
    for (const { planned, verdict, wasCalled, mayLinger } of results) {
      verdicts.set(planned, verdict);
      if (wasCalled) called.push(planned);
      if (mayLinger) lingering.add(planned);
    }
  }));
  await readBack(called, verdicts, options);
  await inParallel(ENTRIES_AT_A_TIME, [...claimed], async ([planned, own]) => {
    const verdict = verdicts.get(planned) ?? { outcome: 'FAILED', detail: 'no outcome was found', isUncertain: true };
    outcomes.push(await record(planned, own, verdict, lingering.has(planned), options));
  });
  return outcomes;
}

/** A rule that this sweep is to revoke. */
interface Claim {
  readonly pending: LedgerEntry;
  /** What was there before; an attempt that it has may yet have its effect. */
  readonly replaced: LedgerEntry;
}

interface Claims {
  readonly claimed: ReadonlyMap<PlannedRevocation, Claim>;
  /** What became of the others. */
  readonly outcomes: RevocationOutcome[];
}

/** Writes the whole rules to the ledger as pending. Who has written it, of two sweeps, is the one that revokes. */
async function claim(planned: readonly PlannedRevocation[], options: RevokeOptions): Promise<Claims> {
  const claimed = new Map<PlannedRevocation, Claim>();
  const outcomes: RevocationOutcome[] = [];
  try {
    await inParallel(ENTRIES_AT_A_TIME, planned, async each => {
      try {
        let replaced = each.entry;
        const { isWritten, entry } = await change(options.ledger, each.entry, current => {
          if (current?.state !== 'OPEN' || !isSameRule(current.rule, each.rule)) return undefined;
          replaced = current;
          return pending(current, each.rule, writer(options));
        });
        if (isWritten && entry) claimed.set(each, { pending: entry, replaced });
        else outcomes.push(outcomeOf(each, takenBy(entry)));
      } catch (error) {
        const facts = errorFacts(error);
        if (!isAboutOneItem(facts)) throw error;
        outcomes.push(outcomeOf(each, ledgerFailed(facts)));
      }
    });
    return { claimed, outcomes };
  } catch (error) {
    // Those that are pending by now are cleared by the next sweep.
    return { claimed: new Map(), outcomes: planned.map(each => outcomeOf(each, ledgerFailed(errorFacts(error)))) };
  }
}

function takenBy(entry: LedgerEntry | undefined): Verdict {
  switch (entry?.state) {
    case 'PENDING': return { outcome: 'LEFT_TO_OTHER', detail: `the sweep ${entry.writtenBy} is about to revoke it` };
    case 'REVOKED': case 'RESTORED': return { outcome: 'ALREADY_GONE', detail: `${entry.writtenBy} has recorded that it is ${entry.state.toLowerCase()}`, recordedBy: entry.writtenBy };
    default: return { outcome: 'CHANGED_MEANWHILE', detail: `the ledger has it as ${entry?.state ?? 'unknown'} now` };
  }
}

/** Writes what became of a rule. Of two sweeps, the one that records that it is revoked is the one that counts it. */
async function record(
  planned: PlannedRevocation, claimed: Claim, verdict: Verdict, mayLinger: boolean, options: RevokeOptions,
): Promise<RevocationOutcome> {
  const earlier = verdict.outcome === 'ALREADY_GONE' && mayHaveRevoked(claimed.replaced) ? claimed.replaced.attempt : undefined;
  const final: Verdict = earlier ? { outcome: 'REVOKED', detail: BEGUN_EARLIER } : verdict;
  const isRevoked = final.outcome === 'REVOKED' || final.outcome === 'REVOKED_CHANGED';
  try {
    return outcomeOf(planned, isRevoked
      ? await recordRevoked(claimed.pending, final, earlier?.sweepId ?? options.sweepId, options)
      : await recordKept(claimed, final, mayLinger, options));
  } catch (error) {
    const ledgerError = errorFacts(error);
    if (isRevoked && await isRecordedAfterAll(planned, options)) return outcomeOf(planned, final);
    return outcomeOf(planned, { ...final, ledgerError, ...isRevoked && { outcome: 'UNRECORDED', detail: 'the ledger could not be written' } });
  }
}

/** A write that failed may have had its effect; then no other sweep will count the rule. */
async function isRecordedAfterAll({ rule }: PlannedRevocation, { ledger, sweepId }: RevokeOptions): Promise<boolean> {
  try {
    const entry = await ledger.get(rule.securityGroupRuleId);
    return entry?.state === 'REVOKED' && entry.writtenBy === sweepId;
  } catch {
    return false;
  }
}

async function recordRevoked(claimed: LedgerEntry, verdict: Verdict, sweepId: string, options: RevokeOptions): Promise<Verdict> {
  let recordedBy: string | undefined;
  await change(options.ledger, claimed, current => {
    const isRecorded = current?.state === 'REVOKED' || current?.state === 'RESTORED';
    // A restore that was faster has recorded it for this sweep, and counts nothing.
    const isForThis = current?.state === 'RESTORED' && current.outcome?.sweepId === options.sweepId;
    recordedBy = isRecorded && !isForThis ? current.writtenBy : undefined;
    // Unless EC2 said that it was this sweep's call, it may have been what another has read and attempted since.
    const isOurs = verdict.isOurs || current === undefined || current.attempt?.sweepId === options.sweepId;
    const rule = verdict.revoked ?? (isOurs ? claimed.rule : current.rule);
    if (!isRecorded) return revoked(current ?? { ...claimed, revision: 0 }, writer(options), sweepId, verdict.detail, rule);
    return isSameRule(current.rule, rule) ? undefined : corrected(current, rule, writer(options));
  });
  if (recordedBy === undefined || verdict.outcome === 'REVOKED_CHANGED') return { ...verdict, recordedBy };
  return { outcome: 'ALREADY_GONE', detail: `${recordedBy} has recorded that it is gone`, recordedBy };
}

/** @returns the verdict, and who else has recorded it: nothing about the rule has to be written that another sweep has not */
async function recordKept({ pending: claimed, replaced }: Claim, verdict: Verdict, mayLinger: boolean, options: RevokeOptions): Promise<Verdict> {
  const { isWritten, entry } = await change(options.ledger, claimed, current => {
    // What others have written since is theirs.
    if (current?.state !== 'PENDING' || current.writtenBy !== options.sweepId) return undefined;
    // Without certainty it stays pending, as what EC2 said that it was.
    if (verdict.isUncertain) return verdict.revoked && corrected(current, verdict.revoked, writer(options));
    if (verdict.outcome === 'ALREADY_GONE') return gone(current, writer(options), verdict.detail ?? 'it was removed by someone else');
    return kept(current, mayLinger ? current.attempt : replaced.attempt, { name: verdict.outcome, detail: verdict.detail }, writer(options));
  });
  return verdict.outcome === 'ALREADY_GONE' && !isWritten ? { ...verdict, recordedBy: entry?.writtenBy } : verdict;
}

const writer = ({ sweepId, clock }: RevokeOptions): Writer => ({ id: sweepId, startedAt: clock.now(), now: clock.now() });

const ledgerFailed = (ledgerError: ErrorFacts): Verdict =>
  ({ outcome: 'SKIPPED', detail: 'the ledger could not be written, so it was not revoked', ledgerError });

function outcomeOf({ rule, group, because }: PlannedRevocation, { revoked: changed, isUncertain, isOurs, ...said }: Verdict): RevocationOutcome {
  return { rule: changed ?? rule, group, because, ...said };
}
