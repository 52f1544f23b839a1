/** Changes ledger items that other runs may write at the same time. */
import type { LedgerEntry, PutResult } from '../model/ledger';
import type { Clock, Ledger } from '../ports';

/** The number of entries that are written at a time. */
export const ENTRIES_AT_A_TIME = 25;

/** The number of attempts. Each fails only if another run has written in the meantime, so one of the runs goes on. */
const ATTEMPTS = 100;

const FIRST_WAIT_MILLIS = 10;
const LONGEST_WAIT_MILLIS = 1000;

/** The result of a change. `entry` is absent if there was no item and nothing was written. */
export type Change<T> =
  | { readonly isWritten: true; readonly previous?: T; readonly entry: T }
  | { readonly isWritten: false; readonly previous?: T; readonly entry?: T };

/**
 * Writes the entry that follows from the current one. If someone else has written in the meantime, it is computed again
 * from their entry.
 *
 * @param follow returns the new entry for the current one; undefined to leave the current one as it is
 * @param clock waits for random times between attempts, for an entry that many runs write at once
 */
export async function changeBy<T extends object>(
  put: (entry: T) => Promise<PutResult<T>>, current: T | undefined, follow: (entry: T | undefined) => T | undefined,
  clock?: Pick<Clock, 'sleep' | 'random'>,
): Promise<Change<T>> {
  let previous = current;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const following = follow(previous);
    if (following === undefined) return { isWritten: false, previous, entry: previous };
    const result = await put(following);
    if (result.isWritten) return { isWritten: true, previous, entry: following };
    previous = result.instead;
    await clock?.sleep(Math.round(clock.random() * Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS * 2 ** attempt)));
  }
  throw new Error(`Other runs changed the entry${nameOf(current ?? previous)} ${ATTEMPTS} times in a row, so it was not written`);
}

/** Applies {@link changeBy} to the entry of a rule. */
export function change(
  ledger: Pick<Ledger, 'put'>, current: LedgerEntry | undefined, follow: (entry: LedgerEntry | undefined) => LedgerEntry | undefined,
): Promise<Change<LedgerEntry>> {
  return changeBy(entry => ledger.put(entry), current, follow);
}

function nameOf(entry: object | undefined): string {
  const keys = ['securityGroupRuleId', 'vpnConnectionId', 'sweepId', 'groupId'];
  const id = entry && keys.map(key => Reflect.get(entry, key) as unknown).find(each => each !== undefined);
  return id === undefined ? '' : ` of ${String(id)}`;
}
