/**
 * Compares times that other runs have written. If another clock was ahead, its time is meaningless, and must not hold
 * anything back until that time comes.
 */

/**
 * Parallel runs are minutes apart, and clocks differ by seconds. A time further ahead than this is wrong.
 */
const AHEAD_MILLIS = 60 * 60_000;

/** Whether the clock that wrote a time was ahead of this one. */
export const isAhead = (iso: string, now: Date): boolean => Date.parse(iso) - now.getTime() > AHEAD_MILLIS;

/** Whether a time from the ledger is later than another one, and not from a clock that was ahead. */
export const isLater = (iso: string, than: string, now: Date): boolean => iso > than && !isAhead(iso, now);

/** CloudTrail's times have whole seconds, so a call may have been made almost a second later. */
const WHOLE_SECOND_MILLIS = 1000;

/** Whether a run that began at a time has seen a change. The time of a clock that was ahead proves nothing. */
export function beganAfter(startedAt: string, change: string, now: Date): boolean {
  const millis = Date.parse(startedAt);
  return millis >= Date.parse(change) + WHOLE_SECOND_MILLIS && millis <= now.getTime();
}
