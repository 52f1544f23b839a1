/** Why the rule of an entry was found, from what each check said of it. */
import type { Because } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';

export function becauseOf({ stale, flagged }: Pick<LedgerEntry, 'stale' | 'flagged'>): Because {
  return { stale: stale?.reason, verdict: flagged?.verdict, declarations: flagged?.declarations ?? [] };
}
