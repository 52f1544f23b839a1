/**
 * Lets rules that come back be revoked again, on request. It revokes nothing itself: it starts their count over in the
 * ledger, and the next sweep decides.
 */
import { errorFacts } from '../errors';
import { change, ENTRIES_AT_A_TIME } from '../ledger/change';
import { retried } from '../ledger/returns';
import { inParallel } from '../lists';
import type { LogLevel } from '../model/delivery';
import type { LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log } from '../ports';

/** The rules whose count starts over. */
export interface RetryRequest {
  readonly securityGroupRuleIds: readonly string[];
}

/**
 * - `RETRIED`: the count starts over, so the next sweep revokes the rule unless something else keeps it
 * - `NOT_KEPT`: the rule is not kept because it comes back, so nothing was changed
 * - `UNKNOWN`: the ledger has no record of the rule
 * - `FAILED`: the ledger returned an error
 */
export type RetryOutcome = 'RETRIED' | 'NOT_KEPT' | 'UNKNOWN' | 'FAILED';

export interface RetriedRule {
  readonly securityGroupRuleId: string;
  readonly outcome: RetryOutcome;
  readonly groupId?: string;
  readonly detail: string;
}

/** The answer to a request to retry. */
export interface RetryReport {
  readonly retryId: string;
  /** The number of rules by outcome. */
  readonly counts: Partial<Record<RetryOutcome, number>>;
  readonly rules: readonly RetriedRule[];
}

export interface RetryDependencies {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  /** The id of this invocation in the ledger. */
  readonly id: string;
  /** The name of the construct. Its function can read only records with this name. */
  readonly hygiene: string;
}

const LEVELS: Readonly<Record<RetryOutcome, LogLevel>> = {
  RETRIED: 'WARN', NOT_KEPT: 'INFO', UNKNOWN: 'WARN', FAILED: 'ERROR',
};

/** @throws when the ledger cannot be read */
export async function retry(request: RetryRequest, dependencies: RetryDependencies): Promise<RetryReport> {
  const { ledger, log, id: retryId } = dependencies;
  const ids = [...new Set(request.securityGroupRuleIds)];
  const { entries, unreadable } = await ledger.find(ids);
  const results = new Map<string, RetriedRule>(ids.map(id => [id, unknown(id, dependencies)]));
  for (const { id, message } of unreadable) {
    results.set(id, { securityGroupRuleId: id, outcome: 'FAILED', detail: message });
  }
  await inParallel(ENTRIES_AT_A_TIME, entries, async entry => {
    results.set(entry.securityGroupRuleId, await retryOne(entry, dependencies));
  });
  const rules = ids.flatMap(id => results.get(id) ?? []);
  const counts: Partial<Record<RetryOutcome, number>> = {};
  for (const rule of rules) {
    const { securityGroupRuleId, outcome, detail } = rule;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    log(LEVELS[outcome], `Retrying ${securityGroupRuleId}: ${outcome}: ${detail}`, { event: 'Retry', retryId, ...rule });
  }
  return { retryId, counts, rules };
}

async function retryOne(entry: LedgerEntry, { ledger, clock, id }: RetryDependencies): Promise<RetriedRule> {
  const { securityGroupRuleId, rule: { groupId } } = entry;
  const about = { securityGroupRuleId, groupId };
  try {
    const writer = { id, now: clock.now() };
    const done = await change(ledger, entry, current => retried(current, writer));
    return done.isWritten
      ? { ...about, outcome: 'RETRIED', detail: 'its count starts over; the next sweep revokes it, unless something else keeps it' }
      : { ...about, outcome: 'NOT_KEPT', detail: whyNotKept(done.entry) };
  } catch (error) {
    const { code, message } = errorFacts(error);
    return { ...about, outcome: 'FAILED', detail: `nothing was changed: the ledger failed with ${code}: ${message}` };
  }
}

function whyNotKept(entry: LedgerEntry | undefined): string {
  if (entry === undefined) return 'someone has deleted its record';
  if (entry.returned?.retriedAt !== undefined && entry.state === 'OPEN') {
    return `it was retried at ${entry.returned.retriedAt}, and the next sweep decides`;
  }
  if (entry.state !== 'OPEN' && entry.state !== 'PENDING') {
    return `the ledger has it as ${entry.state}; if its traffic is open again, name the rule that is there now`;
  }
  return 'it is not kept because it comes back; the findings table says what happens to it';
}

function unknown(securityGroupRuleId: string, { hygiene }: RetryDependencies): RetriedRule {
  return { securityGroupRuleId, outcome: 'UNKNOWN', detail: `the ledger has no record of it under the name ${hygiene}` };
}
