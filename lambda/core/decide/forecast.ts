/** What will be revoked, and when, if nothing changes: for who deploys, before anything is revoked. */
import { type Wait, waitOf } from './grace';
import { isDue } from './reasons';
import type { Grace } from '../../../src/contract/configuration';
import type { LedgerEntry } from '../model/ledger';
import type { Forecast } from '../model/result';

export interface ForecastContext {
  /** When revoking begins again; absent: now. */
  readonly from?: Date;
  readonly grace?: Grace;
  readonly limit: number;
  /** Seconds between two scheduled sweeps, where the schedule is a rate. */
  readonly scheduleSeconds?: number;
  /** Items of the ledger that cannot be read: each may be of a rule that is due. */
  readonly unreadable?: number;
  readonly now: Date;
}

/** The last moment that JavaScript has a date for, in milliseconds since 1970. */
const LAST_DATE = 8.64e15;

export function forecast(
  entries: Iterable<LedgerEntry>, { from, grace, limit, scheduleSeconds, unreadable = 0, now }: ForecastContext,
): Forecast {
  const begin = from !== undefined && from > now ? from : now;
  const open = [...entries].filter(({ state }) => state === 'OPEN');
  const waiting = open.filter(({ keepReason }) => keepReason === 'WITHIN_GRACE');
  const waits = grace === undefined ? [] : waiting.map(({ stale }) => waitOf(stale, grace, now, scheduleSeconds));
  // The sweep that revokes a rule counts as one that has found it.
  const isOver = ({ endsAt, missing }: Wait): boolean => endsAt <= begin.getTime() && missing <= 1;
  const due = open.filter(({ keepReason }) => isDue(keepReason)).length + waits.filter(isOver).length + unreadable;
  const days = new Map<string, number>();
  for (const { endsAt } of waits.filter(wait => !isOver(wait) && wait.endsAt <= LAST_DATE)) {
    const day = new Date(Math.max(endsAt, begin.getTime())).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const graceEnds = [...days].sort(([a], [b]) => a < b ? -1 : 1).map(([day, count]) => ({ day, count }));
  return { from: begin.toISOString(), due, graceEnds, limit };
}

/** The latest of some moments, ISO 8601 in UTC, as far as they are known. */
export function latestOf(...moments: ReadonlyArray<string | undefined>): Date | undefined {
  const known = moments.map(each => Date.parse(each ?? '')).filter(Number.isFinite);
  return known.length === 0 ? undefined : new Date(Math.max(...known));
}
