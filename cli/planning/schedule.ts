/** Determines which scheduled sweeps have to be gone through to know what the first one that may revoke does. */

export interface Schedule {
  /** The seconds between two sweeps. Absent if the schedule is not a rate. */
  readonly everySeconds?: number;
  /** The time of a scheduled sweep, from which the others follow. */
  readonly phase: Date;
}

/** How the sweeps before the first one that may revoke may be thinned out. */
export interface Waits {
  /** The number of sweeps up to which none is left out. */
  readonly most: number;
  /** The largest number of sweeps that have to find a rule. */
  readonly mostSightings: number;
  /** The shortest gap that ends a wait, in seconds. */
  readonly shortestGap: number;
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
export function scheduledSweeps(
  { everySeconds, phase }: Schedule, now: Date, until: Date, waits: Waits,
): ScheduledSweeps {
  if (everySeconds === undefined) return { times: [new Date(Math.max(now.getTime(), until.getTime()))], count: 1 };
  const interval = everySeconds * 1000;
  const sincePhase = (now.getTime() - phase.getTime()) / interval;
  const first = phase.getTime() + (Math.floor(sincePhase) + 1) * interval;
  const count = Math.max(0, Math.ceil((until.getTime() - first) / interval)) + 1;
  const at = (index: number): Date => new Date(first + index * interval);
  return { times: indexes(count, everySeconds, waits).map(at), count };
}

function indexes(count: number, everySeconds: number, { most, mostSightings, shortestGap }: Waits): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  if (count <= most) return all;
  const last = count - Math.max(1, mostSightings);
  // Half of the gap leaves room for the next sweep that stays.
  const step = Math.max(1, Math.floor(shortestGap / 2 / everySeconds));
  const stride = Number.isFinite(step) ? step : count;
  return all.filter(index => index === 0 || index >= last || index % stride === 0);
}
