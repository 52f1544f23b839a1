/** Records which approvals a sweep has asked for, so that a person can approve all of them, and no others. */
import { changeBy } from './change';
import { endOfHistory } from './entry';
import { digestOfSet } from '../decide/approval';
import type { AskedEntry, LedgerEntry } from '../model/ledger';
import type { Ledger } from '../ports';

/** The number of rules whose approval a sweep can ask for by its id. An item of the ledger has room for that many. */
export const MOST_ASKED = 1000;

/** The number of rules that one event shows, so that its command approves these and no others. */
export const RULES_PER_REQUEST = 20;

/** Returns the entries in the order in which events show them, in a list for each event. */
export function requestsOf(entries: readonly LedgerEntry[]): LedgerEntry[][] {
  const count = Math.ceil(entries.length / RULES_PER_REQUEST);
  return Array.from({ length: count }, (_, index) =>
    entries.slice(index * RULES_PER_REQUEST, (index + 1) * RULES_PER_REQUEST));
}

/** Returns the digest of a request that shows these rules together. */
export const digestOfRequest = (entries: readonly LedgerEntry[]): string =>
  digestOfSet(entries.flatMap(({ securityGroupRuleId, approval }) =>
    approval ? [{ securityGroupRuleId, digest: approval.digest }] : []));

/** Returns the rules of the request with a digest. @returns undefined if the digest is of something else */
export function shownBy({ rules }: AskedEntry, digest: string): AskedEntry['rules'] | undefined {
  const shown = rules.filter(({ request }) => request === digest);
  return shown.length > 0 && digestOfSet(shown) === digest ? shown : undefined;
}

/** Returns the record of the approvals that a sweep asks for, if there are any. */
export function askedBy(
  sweepId: string, entries: readonly LedgerEntry[], now: Date,
): AskedEntry | undefined {
  const rules = requestsOf(entries.slice(0, MOST_ASKED)).flatMap(shown => {
    const request = digestOfRequest(shown);
    return shown.flatMap(({ securityGroupRuleId, rule: { groupId }, approval }) =>
      approval ? [{ securityGroupRuleId, groupId, digest: approval.digest, request }] : []);
  });
  if (rules.length === 0) return undefined;
  const at = now.toISOString();
  return {
    revision: 1, sweepId, at, rules,
    expiresAt: endOfHistory({ id: sweepId, startedAt: now, now }),
  };
}

/**
 * Writes the record. If the same sweep has asked before, in another call, its record grows.
 *
 * @throws when the ledger cannot be read or written
 */
export async function recordAsked(entry: AskedEntry, ledger: Pick<Ledger, 'asked' | 'putAsked'>): Promise<void> {
  const known = await ledger.asked(entry.sweepId);
  await changeBy<AskedEntry>(each => ledger.putAsked(each), known, current => {
    const rules = [...(current?.rules ?? []).filter(isNotIn(entry)), ...entry.rules].slice(-MOST_ASKED);
    return { ...entry, revision: (current?.revision ?? 0) + 1, rules };
  });
}

const isNotIn = ({ rules }: AskedEntry) => ({ securityGroupRuleId: id }: AskedEntry['rules'][number]): boolean =>
  !rules.some(each => each.securityGroupRuleId === id);
