/** Determines which of the rules that earlier runs have added to replace others are no longer wanted. */
import { type AddedRule, leftovers } from './replacement';
import { isDue, keepFacts } from '../decide/reasons';
import type { LedgerEntry } from '../model/ledger';
import type { Plan } from '../model/result';

/** The rules that were added to replace the rule of an entry, and are no longer wanted. */
export interface Leftover {
  readonly entry: LedgerEntry;
  readonly added: readonly AddedRule[];
}

/** @param unfinished the open entries of rules that no check holds any more */
export function unwanted({ revoke, keep }: Plan, unfinished: readonly LedgerEntry[]): Leftover[] {
  return [
    ...revoke.map(({ entry, replacing }) => leftoverOf(entry, leftovers(entry, replacing))),
    ...keep.flatMap(({ entry, reason }) =>
      entry === undefined || isDue(reason) || isUntouchable(reason) ? [] : leftoverOf(entry, leftovers(entry))),
    ...unfinished.map(entry => leftoverOf(entry, leftovers(entry))),
  ].filter(({ added }) => added.length > 0);
}

const leftoverOf = (entry: LedgerEntry, added: readonly AddedRule[]): Leftover => ({ entry, added });

/**
 * Nothing is removed from a group that is exempt, or not in scope. A rule that another run works on, or that could not
 * be decided on, stays as it is, too.
 */
function isUntouchable(reason: string): boolean {
  if (reason === 'EXEMPT_BY_RULE_TAG') return false;
  const kind = keepFacts(reason)?.kind;
  return kind === 'exempt' || kind === 'out-of-scope' || kind === 'other-run' || kind === 'unclear' || kind === 'off';
}
