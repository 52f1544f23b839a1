/** Records which approvals a sweep has asked for, so that a person can approve all of them, and no others. */
import { changeBy } from './change';
import { endOfHistory } from './entry';
import { digestOfSet } from '../decide/approval';
import type { AskedEntry, LedgerEntry } from '../model/ledger';
import type { Ledger } from '../ports';

/** The number of rules that one request can approve. An item of the ledger has room for that many. */
export const MOST_ASKED = 1000;

/** Returns the record of the approvals that a sweep asks for, if there are any. */
export function askedBy(
  sweepId: string, entries: readonly LedgerEntry[], now: Date,
): AskedEntry | undefined {
  const rules = entries.slice(0, MOST_ASKED).flatMap(({ securityGroupRuleId, rule: { groupId }, approval }) =>
    approval ? [{ securityGroupRuleId, groupId, digest: approval.digest }] : []);
  if (rules.length === 0) return undefined;
  const at = now.toISOString();
  return {
    revision: 1, sweepId, at, digest: digestOfSet(rules), rules,
    expiresAt: endOfHistory({ id: sweepId, startedAt: now, now }),
  };
}

/**
 * Writes the record. If the same sweep has asked before, in another call, its record grows.
 *
 * @returns the digest of the record
 * @throws when the ledger cannot be read or written
 */
export async function recordAsked(entry: AskedEntry, ledger: Pick<Ledger, 'asked' | 'putAsked'>): Promise<string> {
  const known = await ledger.asked(entry.sweepId);
  const { entry: written } = await changeBy<AskedEntry>(each => ledger.putAsked(each), known, current => {
    const rules = [...(current?.rules ?? []).filter(isNotIn(entry)), ...entry.rules].slice(-MOST_ASKED);
    return { ...entry, revision: (current?.revision ?? 0) + 1, rules, digest: digestOfSet(rules) };
  });
  return written?.digest ?? entry.digest;
}

const isNotIn = ({ rules }: AskedEntry) => ({ securityGroupRuleId: id }: AskedEntry['rules'][number]): boolean =>
  !rules.some(each => each.securityGroupRuleId === id);
