/** Forecasts what will be revoked and when if nothing changes, so that the person who deploys knows it beforehand. */
import type { Wait } from './grace';
import { isDue } from './reasons';
import { furtherTerms, type Terms } from './terms';
import { type Waiting, waitsOf } from './waiting';
import type { LedgerEntry } from '../model/ledger';
import type { Forecast } from '../model/result';

export interface ForecastContext extends Waiting, Pick<Terms, 'finalNoticeSeconds' | 'approval' | 'revocationWindow'> {
  /** The time at which revoking starts again. Absent: now. */
  readonly from?: Date;
  readonly limit: number;
  /** The number of unreadable ledger items. Each may belong to a rule that is due. */
  readonly unreadable?: number;
  readonly now: Date;
}

/** The latest date that JavaScript can represent, in milliseconds since 1970. */
const LAST_DATE = 8.64e15;

export function forecast(
  entries: Iterable<LedgerEntry>, { from, limit, unreadable = 0, now, ...waiting }: ForecastContext,
): Forecast {
  const begin = from !== undefined && from > now ? from : now;
  const open = [...entries].filter(({ state }) => state === 'OPEN');
  const waits = open.filter(({ keepReason }) => keepReason === 'WITHIN_GRACE').map(each => waitsOf(each, waiting, now));
  // The sweep that revokes a rule also counts as a sighting of it.
  const isOver = ({ endsAt, missing }: Wait): boolean => endsAt <= begin.getTime() && missing <= 1;
  const isDueThen = (own: readonly Wait[]): boolean => own.some(isOver);
  // By then, CloudFormation may be done with the stack of a rule.
  const isDueAnyway = ({ keepReason }: LedgerEntry): boolean => isDue(keepReason) || keepReason === 'STACK_IN_PROGRESS';
  const due = open.filter(isDueAnyway).length + waits.filter(isDueThen).length + unreadable;
  const days = new Map<string, number>();
  // The wait that ends first decides.
  const first = waits.filter(own => !isDueThen(own)).flatMap(([wait]) => wait ?? []);
  for (const { endsAt } of first.filter(wait => wait.endsAt <= LAST_DATE)) {
    const day = new Date(Math.max(endsAt, begin.getTime())).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const graceEnds = [...days].sort(([a], [b]) => a < b ? -1 : 1).map(([day, count]) => ({ day, count }));
  const onlyAfter = furtherTerms(waiting);
  return { from: begin.toISOString(), due, graceEnds, limit, ...onlyAfter !== undefined && { onlyAfter } };
}

/** Returns the latest of several ISO 8601 times in UTC, ignoring absent and invalid ones. */
export function latestOf(...moments: ReadonlyArray<string | undefined>): Date | undefined {
  const known = moments.map(each => Date.parse(each ?? '')).filter(Number.isFinite);
  return known.length === 0 ? undefined : new Date(Math.max(...known));
}
