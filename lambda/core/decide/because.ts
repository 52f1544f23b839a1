/** Returns why a rule was found, from the results of the checks or from the ledger. */
import type { Because, Declaration, Finding } from '../model/finding';
import type { DeclarationSight, LedgerEntry } from '../model/ledger';

export function becauseOf({ stale, flagged }: Pick<LedgerEntry | Finding, 'stale' | 'flagged'>): Because {
  return { stale: stale?.reason, verdict: flagged?.verdict, declarations: (flagged?.declarations ?? []).map(uncounted) };
}

/** The ledger counts how often each declaration flagged the rule. The count says when the rule goes, not why. */
function uncounted(declaration: Declaration): Declaration {
  const { sightings: _count, countedSince: _since, countedAt: _at, countedFor: _for, ...plain }: DeclarationSight = declaration;
  return plain;
}
