/**
 * Times that another run has written. Its clock may have been ahead of this one; such a time says nothing, and must not
 * hold anything back until it has come.
 */

/**
 * Runs that work side by side are minutes apart, and clocks are off by seconds; what lies further ahead is a mistake.
 */
const AHEAD_MILLIS = 60 * 60_000;

/** Whether a time was written by a clock that was ahead of this one. */
export const isAhead = (iso: string, now: Date): boolean => Date.parse(iso) - now.getTime() > AHEAD_MILLIS;

/** Whether a time of the ledger is later than another, and not merely that of a clock that was ahead. */
export const isLater = (iso: string, than: string, now: Date): boolean => iso > than && !isAhead(iso, now);
