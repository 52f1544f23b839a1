/** Determines which scheduled sweeps have to be gone through to know what the first one that may revoke does. */
import { closesAt, isOpen, nextOpening, type RevocationWindowConfiguration } from '../../src/contract/revocation-window';

export interface Schedule {
  /** The seconds between two sweeps. Absent if the schedule is not a rate. */
  readonly everySeconds?: number;
  /** The time of a scheduled sweep, from which the others follow. */
  readonly phase: Date;
  /** The revocation window, at whose openings another schedule starts sweeps. */
  readonly window?: RevocationWindowConfiguration;
}

/** How the sweeps before the first one that may revoke may be thinned out. */
export interface Waits {
  /** The number of sweeps up to which none is left out. */
  readonly most: number;
  /** The largest number of sweeps that have to find a rule. */
  readonly mostSightings: number;
  /** The shortest gap that ends a wait, in seconds. */
  readonly shortestGap: number;
  /** Times after each of which the first sweep is not left out, because it sees a wait or an exemption end. */
  readonly ends?: readonly Date[];
}

export interface ScheduledSweeps {
  readonly times: readonly Date[];
  /** The number of sweeps with those that are left out. */
  readonly count: number;
}

/**
 * Returns the scheduled sweeps after `now`, up to the first one at or after `until`.
 *
 * If there are very many, sweeps in the middle are left out. Enough stay for the result to be the same: the first one
 * begins each wait, no gap ends a wait, and the last ones are as many as any wait needs.
 */
export function scheduledSweeps(schedule: Schedule, now: Date, until: Date, waits: Waits): ScheduledSweeps {
  const { everySeconds } = schedule;
  if (everySeconds === undefined) return { times: [new Date(Math.max(now.getTime(), until.getTime()))], count: 1 };
  const last = nextSweep(schedule, Math.max(until.getTime(), now.getTime() + 1));
  const interval = everySeconds * 1000;
  const first = tickFrom(schedule, now.getTime() + 1);
  const length = Math.floor((last - first) / interval) + 1;
  const ticks = Array.from({ length }, (_, index) => first + index * interval);
  const times = [...new Set([...ticks, ...openings(schedule, now, new Date(last)).map(each => each.getTime())])]
    .sort((a, b) => a - b);
  return { times: chosen(times, everySeconds, waits).map(each => new Date(each)), count: times.length };
}

/**
 * Returns a time from which on the first scheduled sweep after `now` comes within the window. With a schedule that is
 * not a rate, that sweep may come too late for the window.
 *
 * @param from the window does not matter before this time
 */
export function untilWindow(schedule: Schedule, now: Date, from: Date): Date {
  const { window, everySeconds } = schedule;
  if (window === undefined) return from;
  let at = new Date(Math.max(from.getTime(), now.getTime() + 1));
  for (let sweep = 0; sweep < MOST_WINDOWS; sweep++) {
    const open = nextOpening(window, at);
    if (open === undefined || everySeconds === undefined) return open ?? from;
    at = new Date(nextSweep(schedule, open.getTime()));
    if (isOpen(window, at)) return at;
  }
  return at;
}

/** A window is missed only if the clock skips its beginning, which it does at most twice a year. */
const MOST_WINDOWS = 100;

/** Returns when the window opens after a time, and up to another one. Sweeps start then. */
export function openings({ window }: Pick<Schedule, 'window'>, after: Date, until: Date): Date[] {
  const found: Date[] = [];
  if (window === undefined) return found;
  for (let at: Date | undefined = after; at !== undefined;) {
    const closed: Date | undefined = isOpen(window, at) ? closesAt(window, at) : at;
    at = closed && nextOpening(window, closed);
    if (at === undefined || at > until) break;
    if (at > after && isOnClock(window, at)) found.push(at);
  }
  return found;
}

/** Amazon EventBridge Scheduler skips a time that the clock skips, and the window opens when the clock goes on. */
function isOnClock({ from, timeZone }: RevocationWindowConfiguration, at: Date): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return clock.format(at) === from;
}

/** Returns the first sweep at or after a time, for a schedule with a rate. */
function nextSweep(schedule: Schedule, from: number): number {
  const tick = tickFrom(schedule, from);
  return openings(schedule, new Date(from - 1), new Date(tick)).at(0)?.getTime() ?? tick;
}

function tickFrom({ everySeconds = NaN, phase }: Schedule, from: number): number {
  const interval = everySeconds * 1000;
  return phase.getTime() + Math.ceil((from - phase.getTime()) / interval) * interval;
}

function chosen(
  times: readonly number[], everySeconds: number, { most, mostSightings, shortestGap, ends = [] }: Waits,
): number[] {
  const count = times.length;
  if (count <= most) return [...times];
  const last = count - Math.max(1, mostSightings);
  // Half of the gap leaves room for the next sweep that stays.
  const step = Math.max(1, Math.floor(shortestGap / 2 / everySeconds));
  const stride = Number.isFinite(step) ? step : count;
  const atEnds = new Set(ends.map(end => times.findIndex(each => each >= end.getTime())));
  return times.filter((_, index) => index === 0 || index >= last || index % stride === 0 || atEnds.has(index));
}
