/** Returns why a rule was found, from the results of the checks or from the ledger. */
import type { Because, Declaration, Finding } from '../model/finding';
import type { DeclarationSight, LedgerEntry } from '../model/ledger';

export function becauseOf({ stale, flagged }: Pick<LedgerEntry | Finding, 'stale' | 'flagged'>): Because {
  const declarations = (flagged?.declarations ?? []).map(uncounted);
  return { stale: stale?.reason, verdict: flagged?.verdict, declarations };
}

/** The ledger counts how often each declaration flagged the rule. The count says when the rule goes, not why. */
function uncounted(
  { sightings: _n, countedSince: _s, countedAt: _a, countedFor: _f, longestGapSeconds: _g, ...plain }: DeclarationSight,
): Declaration {
  return plain;
}
