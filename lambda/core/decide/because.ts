/** Returns why a rule was found, from the results of the checks or from the ledger. */
import type { Because, Finding } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';

export function becauseOf({ stale, flagged }: Pick<LedgerEntry | Finding, 'stale' | 'flagged'>): Because {
  return { stale: stale?.reason, verdict: flagged?.verdict, declarations: flagged?.declarations ?? [] };
}
