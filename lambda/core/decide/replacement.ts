/** Decides whether a rule that is due is replaced by narrower ones, and by which. */
import { decidingOf, type FlaggedContext } from './flagged';
import { waitOf } from './grace';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { PrefixLists } from '../../../src/contract/rules/judge';
import { type Replacement, replacementFor } from '../../../src/contract/rules/replacement';
import type { Finding } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';

export interface ReplacementContext
  extends FlaggedContext, Pick<DecodedConfiguration, 'staleRules' | 'grace'> {
  readonly prefixLists: PrefixLists;
}

/** Whether a rule is due because it is stale, whatever declarations say. */
export function isDueAsStale(
  { stale }: Finding, entry: Pick<LedgerEntry, 'stale'>,
  { staleRules, grace, now }: Pick<ReplacementContext, 'staleRules' | 'grace' | 'now'>,
): boolean {
  if (stale === undefined || staleRules !== 'revoke') return false;
  return grace === undefined || waitOf(entry.stale, grace, now).state === 'over';
}

/**
 * Returns what replaces a rule that is due, or why it cannot be replaced and is kept. A rule that is due because it is
 * stale admits nothing, so it needs no replacement.
 *
 * @returns undefined if the rule is revoked and not replaced
 */
export function replacementOf(
  finding: Finding, entry: LedgerEntry, context: ReplacementContext,
): Replacement | undefined {
  const { rule, groupId, flagged } = finding;
  if (rule === undefined || flagged?.verdict !== 'flagged' || isDueAsStale(finding, entry, context)) return undefined;
  const deciding = decidingOf(groupId, flagged.declarations, entry.flagged, context);
  const plain = deciding.filter(({ replaceWith }) => replaceWith === undefined);
  if (plain.length === deciding.length) return undefined;
  // What is narrower than a rule within the declared traffic lies within it, too.
  if (plain.some(({ match }) => match === 'WITHIN')) return undefined;
  const replacement = replacementFor(rule, deciding, context.prefixLists);
  if (replacement.kind === 'PEERS_UNREAD') return replacement;
  // A declaration without peers tells to revoke the rule in any case.
  return plain.length > 0 && replacement.kind !== 'rules' ? undefined : replacement;
}
