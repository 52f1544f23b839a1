/** Whether an attempt to revoke or to replace a rule may still take effect. */
import type { LedgerEntry } from '../model/ledger';

/** A function runs for at most 15 minutes. An attempt can take effect until then. */
export const ATTEMPT_MILLIS = 16 * 60_000;

export const mayHaveEffect = ({ at }: NonNullable<LedgerEntry['attempt']>, now: Date): boolean =>
  now.getTime() - Date.parse(at) < ATTEMPT_MILLIS;

/**
 * Whether a run may be adding or taking away narrower rules now. No other run works on the entry then: it could rely on
 * a rule that the first one takes away.
 */
export function isBeingReplaced(
  { replacement, attempt }: Pick<LedgerEntry, 'replacement' | 'attempt'>, now: Date,
): boolean {
  return replacement !== undefined && !replacement.isFinal && attempt !== undefined && mayHaveEffect(attempt, now);
}
