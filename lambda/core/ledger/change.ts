/** Changes to the ledger when others write to it, too. */
import type { Ledger, LedgerEntry, PutResult } from '../ports';

/** Entries written at a time. */
export const ENTRIES_AT_A_TIME = 25;

/** More than the sweeps that may run at once. */
const ATTEMPTS = 10;

export interface Change<T> {
  readonly isWritten: boolean;
  /** The entry as it is now; absent when there is none. */
  readonly entry?: T;
}

/**
 * Writes what follows from the entry that is there. When someone else was faster, it is worked out again from what they wrote.
 *
 * @param follow the entry that follows from the one that is there; undefined to leave that as it is
 */
export async function changeBy<T extends object>(
  put: (entry: T) => Promise<PutResult<T>>, current: T | undefined, follow: (entry: T | undefined) => T | undefined,
): Promise<Change<T>> {
  let entry = current;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const following = follow(entry);
    if (following === undefined) return { isWritten: false, entry };
    const result = await put(following);
    if (result.isWritten) return { isWritten: true, entry: following };
    entry = result.instead;
  }
  throw new Error(`The entry${nameOf(current ?? entry)} was written by others ${ATTEMPTS} times in a row`);
}

/** {@link changeBy}, for the entry of a rule. */
export function change(
  ledger: Ledger, current: LedgerEntry | undefined, follow: (entry: LedgerEntry | undefined) => LedgerEntry | undefined,
): Promise<Change<LedgerEntry>> {
  return changeBy(entry => ledger.put(entry), current, follow);
}

function nameOf(entry: object | undefined): string {
  const id = entry && ['securityGroupRuleId', 'vpnConnectionId', 'sweepId'].map(key => Reflect.get(entry, key) as unknown).find(each => each !== undefined);
  return id === undefined ? '' : ` of ${String(id)}`;
}
