/** Changes to the ledger when others write to it, too. */
import type { LedgerEntry, PutResult } from '../model/ledger';
import type { Ledger } from '../ports';

/** Entries written at a time. */
export const ENTRIES_AT_A_TIME = 25;

/** More than the runs that may work at once. */
const ATTEMPTS = 20;

/** What became of an entry; where nothing was to be written, or is there, that is absent. */
export type Change<T> =
  | { readonly isWritten: true; readonly previous?: T; readonly entry: T }
  | { readonly isWritten: false; readonly previous?: T; readonly entry?: T };

/**
 * Writes what follows from the entry that is there. When someone else was faster, it is worked out again from what they
 * wrote.
 *
 * @param follow the entry that follows from the one that is there; undefined to leave that as it is
 */
export async function changeBy<T extends object>(
  put: (entry: T) => Promise<PutResult<T>>, current: T | undefined, follow: (entry: T | undefined) => T | undefined,
): Promise<Change<T>> {
  let previous = current;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const following = follow(previous);
    if (following === undefined) return { isWritten: false, previous, entry: previous };
    const result = await put(following);
    if (result.isWritten) return { isWritten: true, previous, entry: following };
    previous = result.instead;
  }
  throw new Error(`The entry${nameOf(current ?? previous)} was written by others ${ATTEMPTS} times in a row`);
}

/** {@link changeBy}, for the entry of a rule. */
export function change(
  ledger: Ledger, current: LedgerEntry | undefined, follow: (entry: LedgerEntry | undefined) => LedgerEntry | undefined,
): Promise<Change<LedgerEntry>> {
  return changeBy(entry => ledger.put(entry), current, follow);
}

function nameOf(entry: object | undefined): string {
  const keys = ['securityGroupRuleId', 'vpnConnectionId', 'sweepId'];
  const id = entry && keys.map(key => Reflect.get(entry, key) as unknown).find(each => each !== undefined);
  return id === undefined ? '' : ` of ${String(id)}`;
}
