/** Reads what the page shows from the ledger. */
import type { Contents } from './page';
import { errorFacts, isAboutOneItem, UNREADABLE_ITEM } from '../../errors';
import { readPause } from '../../ledger/pause';
import type { PauseReading } from '../../model/result';
import type { LedgerReader } from '../../ports';

/** @throws when the ledger cannot be read. Single items that cannot be read are part of the contents */
export async function readContents(ledger: LedgerReader, now: Date): Promise<Contents> {
  const [rules, connections, groups, sweep, pause] = await Promise.all([
    ledger.unsettledAndRevoked(),
    ledger.vpnConnections(),
    ledger.unusedGroups(),
    readItem(() => ledger.latestSweep()),
    pauseOf(ledger, now),
  ]);
  return {
    entries: rules.entries,
    vpnConnections: connections.entries,
    unusedGroups: groups.entries,
    sweep: sweep.entry,
    pause,
    unreadable: {
      rules: rules.unreadable, vpnConnections: connections.unreadable, unusedGroups: groups.unreadable,
      sweep: sweep.unreadable,
    },
  };
}

/** An item of the ledger. Both members are absent if the ledger does not have it. */
export interface ReadItem<T> {
  readonly entry?: T;
  /** Why it cannot be read. */
  readonly unreadable?: string;
}

/** An unreadable item hides only what it would show, not the rest of the page. */
export async function readItem<T>(read: () => Promise<T | undefined>): Promise<ReadItem<T>> {
  try {
    return { entry: await read() };
  } catch (error) {
    const { code, message } = errorFacts(error);
    if (code !== UNREADABLE_ITEM) throw error;
    return { unreadable: message };
  }
}

/** @throws when the ledger cannot be read, because then nothing is known about the rest either */
export async function pauseOf(ledger: Pick<LedgerReader, 'control'>, now: Date): Promise<PauseReading> {
  const pause = await readPause(ledger, now);
  const { error } = pause;
  if (error && !isAboutOneItem(error)) throw Object.assign(new Error(error.message), { name: error.code });
  return pause;
}
