/** Why a rule was found, from what each check says of it: now, or as the ledger has it. */
import type { Because, Finding } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';

export function becauseOf({ stale, flagged }: Pick<LedgerEntry | Finding, 'stale' | 'flagged'>): Because {
  return { stale: stale?.reason, verdict: flagged?.verdict, declarations: flagged?.declarations ?? [] };
}
