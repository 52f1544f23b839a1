/**
 * Runs a sweep: observe, update the ledger, decide, act, record. The sweep returns a result, which `deliver.ts`
 * delivers.
 *
 * A failure in one VPC, rule or VPN connection does not stop the sweep.
 */
import { outcomeFacts } from './act/outcomes';
import { countUnused, revoke } from './act/revoke';
import { tidy } from './act/tidy';
import { becauseOf } from './decide/because';
import { forecast, latestOf } from './decide/forecast';
import type { Hold } from './decide/hold';
import { countDue, countDueEntries, plan, reasonToKeep, withheldAll } from './decide/plan';
import { withheldBy } from './decide/withheld';
import { errorFacts, isUnreachable } from './errors';
import { type Bookkeeping, keepBooks, NO_BOOKS } from './ledger/bookkeeping';
import { inPlace } from './ledger/replacement';
import { giveBack, reserve } from './ledger/reservation';
import type { Observation, ScanError } from './model/observation';
import type { EntryChange, Plan, RevocationOutcome, SweepResult } from './model/result';
import { observe, sawNothing } from './observe/observe';
import { record } from './record';
import { failure } from './report/wording';
import { begin, type SweepDependencies, type Sweeping, type Task } from './sweeping';
import { type DecodedConfiguration, looksAtRules, revokesAnything } from '../../src/contract/configuration';

export async function sweep(task: Task, dependencies: SweepDependencies): Promise<SweepResult> {
  const startedAt = dependencies.clock.now();
  const observation = await look(task, dependencies, startedAt);
  const sweeping = await begin(task, dependencies, observation, startedAt);
  const books = await keepLedger(sweeping);
  const decision = await decide(sweeping, books);
  await tidyUp(sweeping, decision, books);
  const outcomes = await act(sweeping, decision);
  const withheld = withheldBy(decision.plan, outcomes, task.configuration);
  const durationMillis = dependencies.clock.now().getTime() - startedAt.getTime();
  const told = await record(sweeping, books, { ...decision, outcomes, withheld, durationMillis });
  return {
    run: task.run, plan: decision.plan, startedAt, durationMillis, withheld, ...told,
    outcomes: [...books.changes.flatMap(finished), ...outcomes],
    changes: books.changes,
    entries: books.entries,
    pause: sweeping.pause,
    hold: decision.hold,
    due: looksAtRules(task.configuration) ? dueOf(books, decision.plan) : 0,
    forecast: forecastOf(sweeping, books, outcomes),
  };
}

/** Returns why a run must fail after its delivery, because otherwise no one would notice. */
export function failureOf(result: SweepResult, configuration: DecodedConfiguration): Error | undefined {
  const { observation, ledgerFailure } = result;
  // VPCs of other accounts publish no heartbeat, but do not fail every sweep either.
  if (sawNothing(observation, configuration) && observation.errors.length > 0) {
    return new Error(`The sweep could look at nothing: ${failure(observation.errors[0])}`);
  }
  if (!revokesAnything(configuration) || !ledgerFailure) return undefined;
  return new Error(`The ledger failed, and without it nothing further is revoked: ${failure(ledgerFailure)}`);
}

function look(
  { run, configuration }: Task,
  { network, accountId }: SweepDependencies,
  now: Date,
): Promise<Observation> {
  return observe(run.scope, configuration, { network, now, accountId });
}

/**
 * Writes which rules were found and which were not. This also happens if no rules are looked at, to close the findings
 * of earlier configurations. A ledger that timed out before would take as long again, so it is skipped.
 */
async function keepLedger({ task, dependencies, pause, ...sweeping }: Sweeping): Promise<Bookkeeping> {
  const { run, configuration } = task;
  if (pause.error && isUnreachable(pause.error)) return NO_BOOKS;
  return keepBooks(sweeping.found, sweeping.observation, configuration, {
    ...dependencies, run,
    writer: sweeping.writer,
    isTrusted: sweeping.isTrusted,
    keepReason: (finding, entry) => reasonToKeep(finding, entry, sweeping.context),
  });
}

interface Decision {
  readonly plan: Plan;
  readonly hold?: Hold;
  /** The run that opened the allowance from which the plan's revocations are reserved. */
  readonly from?: string;
  /** Whether the rules that wait for the next allowance were not reported yet. */
  readonly isNewlyWaiting: boolean;
  readonly errors: readonly ScanError[];
}

/** Decides what to revoke, and reserves it from the allowance. */
async function decide(sweeping: Sweeping, books: Bookkeeping): Promise<Decision> {
  const { task: { run, configuration }, context, hold, pause, writer, deployed, dependencies } = sweeping;
  const decided = plan(sweeping.found, { ...context, entries: books.entries });
  const kept: Decision = { plan: decided, hold, isNewlyWaiting: false, errors: [] };
  // The plan of a configuration that revokes nothing is empty already. This second check guards the most important
  // promise.
  if (!revokesAnything(configuration) && decided.revoke.length > 0) {
    return { ...kept, plan: withheldAll(decided, 'OVER_LIMIT') };
  }
  if (!reservesNow(sweeping, books)) return kept;
  const asked = {
    run, startedAt: writer.startedAt, now: writer.now, limit: configuration.maxRevocationsPerSweep,
    planned: decided.revoke, due: books.entries && countDue(decided, books, context),
  };
  try {
    const reservation = await reserve(pause.control, asked, { ledger: dependencies.ledger, writer, deployed, hold });
    switch (reservation.kind) {
      case 'granted':
        if (!sweeping.isAnyOfStack || decided.revoke.length === 0) return { ...kept, from: reservation.from };
        // This comes last, so that the limit is what it would be otherwise.
        await returnUnused(reservation.from, decided.revoke.length, sweeping);
        return { ...kept, plan: withheldAll(decided, 'STACK_IN_PROGRESS') };
      case 'withheld':
        return { ...kept, plan: withheldAll(decided, reservation.reason), isNewlyWaiting: reservation.isNew };
      case 'held':
        return { ...kept, plan: withheldAll(decided, reservation.hold.reason), hold: reservation.hold };
    }
  } catch (error) {
    const errors = [{ doing: 'reserving revocations in the ledger', error: errorFacts(error) }];
    return { ...kept, plan: withheldAll(decided, 'LEDGER_UNAVAILABLE'), errors };
  }
}

/**
 * The ledger is left unchanged if it is unreadable, belongs to another table, or has another configuration in force. A
 * ledger that timed out before would take as long again.
 */
function reservesNow({ task: { run, configuration }, hold, pause }: Sweeping, { ledgerErrors }: Bookkeeping): boolean {
  if (ledgerErrors.some(({ error }) => isUnreachable(error))) return false;
  if (hold && hold.reason !== 'PAUSED' && hold.reason !== 'SETTLING') return false;
  // Scheduled sweeps reserve even if nothing is revoked, so that an event that is delivered twice counts as one
  // sighting.
  const isScheduled = run.trigger === 'schedule' && looksAtRules(configuration);
  return isScheduled || revokesAnything(configuration) || pause.control?.mismatch !== undefined;
}

/** Takes away what earlier runs have added for replacements that are no longer wanted. It counts for no limit. */
async function tidyUp(
  { task: { run, configuration }, dependencies, deployed, isTrusted }: Sweeping, { plan: decided, hold }: Decision,
  { entries, unfinished }: Bookkeeping,
): Promise<void> {
  if (entries === undefined || hold || !isTrusted || !revokesAnything(configuration)) return;
  const options = { ...dependencies, sweepId: run.id, deployed, configuration, until: dependencies.revokeUntil };
  await tidy(decided, unfinished, options);
}

async function act(sweeping: Sweeping, { plan: decided, from }: Decision): Promise<RevocationOutcome[]> {
  const { task, dependencies, deployed, context } = sweeping;
  const { configuration } = task;
  if (decided.revoke.length === 0 || from === undefined || !revokesAnything(configuration)) return [];
  const { hold, groups, endpoints, prefixLists, groupUse, now, ...deciding } = context;
  const outcomes = await revoke(decided.revoke, {
    ...dependencies,
    sweepId: task.run.id,
    until: dependencies.revokeUntil,
    deployed, from,
    deciding,
  });
  await returnUnused(from, countUnused(outcomes), sweeping);
  return outcomes;
}

/** Returns reservations to the allowance. If this fails, fewer rules are revoked before the next scheduled sweep. */
async function returnUnused(
  from: string | undefined, count: number, { dependencies, writer }: Sweeping,
): Promise<void> {
  if (from === undefined) return;
  try {
    await giveBack(from, count, { ledger: dependencies.ledger, writer });
  } catch (error) {
    const { code, message } = errorFacts(error);
    const text = `Revocations that were reserved and not used stay reserved until the next scheduled sweep: ${code}: ${message}`;
    dependencies.log('WARN', text, { event: 'Ledger' });
  }
}

/** Counts the rules that are due. A rule whose entry cannot be read may be due, too. */
function dueOf({ entries, hidden, unreadable }: Bookkeeping, { keep }: Plan): number | undefined {
  const withoutRecord = keep.filter(
    ({ reason, entry }) => reason === 'LEDGER_UNAVAILABLE' && entry === undefined,
  ).length;
  return entries && countDueEntries([...entries.values(), ...hidden], unreadable + withoutRecord);
}

/** Returns the forecast for the person who deploys, and for everyone while the configuration settles. */
function forecastOf(
  { task, hold, pause, writer }: Sweeping,
  { entries, hidden, unreadable }: Bookkeeping,
  outcomes: readonly RevocationOutcome[],
): SweepResult['forecast'] {
  const { run, configuration } = task;
  const isAsked = run.trigger === 'deployment' || hold?.reason === 'SETTLING';
  if (!isAsked || run.scope.kind === 'groups' || entries === undefined || !revokesAnything(configuration)) {
    return undefined;
  }
  // Every other hold ends at an unknown time.
  if (hold && hold.until === undefined) return undefined;
  const gone = new Set(
    outcomes.filter(({ outcome }) => !outcomeFacts(outcome).isThere).map(({ rule }) => rule.securityGroupRuleId),
  );
  const left = [...entries.values(), ...hidden].filter(({ securityGroupRuleId }) => !gone.has(securityGroupRuleId));
  const from = latestOf(hold?.until, pause.pause?.until);
  const { grace, staleRules, flaggedIngressRules, maxRevocationsPerSweep: limit, scheduleSeconds } = configuration;
  const waiting = { grace, staleRules, flaggedIngressRules, scheduleSeconds };
  return forecast(left, { from, limit, unreadable, now: writer.now, ...waiting });
}

/** Returns the outcome of a revocation that an earlier run began and this run saw completed. */
function finished({ change, entry }: EntryChange): RevocationOutcome[] {
  if (change !== 'FINISHED') return [];
  const standing = inPlace(entry);
  return [{
    rule: entry.rule, because: becauseOf(entry), outcome: 'REVOKED', detail: entry.outcome?.detail,
    ...standing.length > 0 && { replacedBy: standing },
  }];
}
