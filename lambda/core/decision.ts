/**
 * Decides what a run does: it updates the ledger by what the run has seen, plans, and reserves what it plans to revoke
 * from the allowance. Nothing of the network is changed here.
 *
 * A sweep acts on the decision. The command line shows it, and keeps what is written in memory.
 */
import { type Hold } from './decide/hold';
import { countDue, plan, recordedDecision, withheldAll } from './decide/plan';
import { errorFacts, isUnreachable } from './errors';
import { type Bookkeeping, keepBooks, NO_BOOKS } from './ledger/bookkeeping';
import { type Leftover, unwanted } from './ledger/leftovers';
import { giveBack, reserve } from './ledger/reservation';
import type { ProofMemory } from './model/ledger';
import type { Observation, ScanError } from './model/observation';
import type { Plan } from './model/result';
import { begin, type DecidingDependencies, type Sweeping, type Task } from './sweeping';
import { looksAtRules, revokesAnything } from '../../src/contract/configuration';

export interface Deciding {
  readonly task: Task;
  readonly dependencies: DecidingDependencies;
  /** The time at which the run began to look. */
  readonly startedAt: Date;
  /** The part of the ledger that was read while the run looked. */
  readonly first?: ProofMemory;
  /** Whether the run claims what it plans to revoke. It then has to finish its books. */
  readonly isClaiming?: boolean;
}

/** The decision of a run, with the facts that it rests on. */
export interface Decided {
  readonly sweeping: Sweeping;
  readonly books: Bookkeeping;
  readonly decision: Decision;
}

export async function decideOn(
  observation: Observation, { task, dependencies, startedAt, first, isClaiming }: Deciding,
): Promise<Decided> {
  const sweeping = await begin(task, dependencies, observation, { startedAt, first });
  const books = await keepLedger(sweeping, isClaiming);
  return { sweeping, books, decision: await decide(sweeping, books) };
}

/** Returns what earlier runs have added for replacements and the run takes away. */
export function toTakeAway({ sweeping, books, decision }: Decided): Leftover[] {
  const { isTrusted, task: { configuration } } = sweeping;
  if (books.entries === undefined || decision.hold || !isTrusted || !revokesAnything(configuration)) return [];
  return unwanted(decision.plan, books.unfinished);
}

/**
 * Writes which rules were found and which were not. This also happens if no rules are looked at, to close the findings
 * of earlier configurations. A ledger that timed out before would take as long again, so it is skipped.
 */
async function keepLedger(
  { task, dependencies, pause, ...sweeping }: Sweeping, isClaiming: boolean | undefined,
): Promise<Bookkeeping> {
  const { run, configuration } = task;
  if (pause.error && isUnreachable(pause.error)) return NO_BOOKS;
  return keepBooks(sweeping.found, sweeping.observation, configuration, {
    ...dependencies, run, isClaiming,
    writer: sweeping.writer,
    isTrusted: sweeping.isTrusted,
    decide: (finding, entry) => recordedDecision(finding, entry, sweeping.context),
  });
}

export interface Decision {
  readonly plan: Plan;
  readonly hold?: Hold;
  /** The run that opened the allowance from which the plan's revocations are reserved. */
  readonly from?: string;
  /** Whether the rules that wait for the next allowance were not reported yet. */
  readonly isNewlyWaiting: boolean;
  /**
   * The number of rules that count for the limit: those that are due, even if revoking is on hold, and those that may
   * be. Absent if the ledger could not be read.
   */
  readonly due?: number;
  readonly errors: readonly ScanError[];
}

/** Decides what to revoke, and reserves it from the allowance. */
async function decide(sweeping: Sweeping, books: Bookkeeping): Promise<Decision> {
  const { task: { run, configuration }, context, hold, pause, writer, deployed, dependencies } = sweeping;
  const decided = plan(sweeping.found, { ...context, entries: books.entries });
  const due = books.entries && countDue(decided, books, context);
  const kept: Decision = { plan: decided, hold, due, isNewlyWaiting: false, errors: [] };
  // The plan of a configuration that revokes nothing is empty already. This second check guards the most important
  // promise.
  if (!revokesAnything(configuration) && decided.revoke.length > 0) {
    return { ...kept, plan: withheldAll(decided, 'OVER_LIMIT') };
  }
  // The first pass of an organization's run only counts. This guards the limit even if the count is no longer on hold.
  if (run.part?.pass === 'observe') return { ...kept, plan: withheldAll(decided, 'COUNTING') };
  if (!reservesNow(sweeping, books)) return kept;
  const asked = {
    run, startedAt: writer.startedAt, now: writer.now, limit: configuration.maxRevocationsPerSweep,
    planned: decided.revoke, due,
  };
  try {
    const reservation = await reserve(pause.control, asked, { ...dependencies, writer, deployed, hold });
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

/** Returns reservations to the allowance. If this fails, fewer rules are revoked before the next scheduled sweep. */
export async function returnUnused(
  from: string | undefined, count: number, { dependencies, writer }: Pick<Sweeping, 'dependencies' | 'writer'>,
): Promise<void> {
  if (from === undefined) return;
  try {
    await giveBack(from, count, { ...dependencies, writer });
  } catch (error) {
    const { code, message } = errorFacts(error);
    const text = `Revocations that were reserved and not used stay reserved until the next scheduled sweep: ${code}: ${message}`;
    dependencies.log('WARN', text, { event: 'Ledger' });
  }
}
