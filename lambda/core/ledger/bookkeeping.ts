/**
 * What a sweep writes to the ledger before it decides: what it found, and what it no longer finds.
 *
 * It also finishes what earlier sweeps began: of a rule that was about to be revoked, EC2 tells whether it is gone. When the ledger cannot be read or
 * written, it says so, and nothing is known of any rule. An item that cannot be read, or a record that the ledger does not
 * take, costs its rule alone.
 */
import type { DecodedConfiguration } from '../../../src/private/contract';
import type { Finding } from '../checks/findings';
import { errorFacts, isAboutNoPlace, isAboutOneItem, UNREADABLE_ITEM } from '../errors';
import { isolate } from '../isolate';
import { inParallel } from '../lists';
import { change, ENTRIES_AT_A_TIME } from './change';
import { type FoundRule, notFound, seen, type Writer } from './entry';
import type { Observation, ScanError } from '../observe/observe';
import { NOT_SHOWN, readRules, shownByGroupOnly } from '../observe/read-rules';
import type { Ledger, LedgerEntry, Network } from '../ports';

/**
 * - `OPENED`: a rule that was not open is found
 * - `HEALED`: a rule is no longer found, or was removed by someone else
 * - `FINISHED`: a rule that an earlier sweep was about to revoke is gone
 */
export type EntryChange = { readonly change: 'OPENED' | 'HEALED' | 'FINISHED'; readonly entry: LedgerEntry };

export interface Bookkeeping {
  /** The entries of the rules found, by rule id; absent when the ledger could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Open entries of rules that may be there, where the sweep could not look. */
  readonly hidden: readonly LedgerEntry[];
  /** Items that cannot be read, of rules that the sweep did not find. Each may be of a rule that is due. */
  readonly unreadable: number;
  readonly changes: readonly EntryChange[];
  /** What could not be looked at in EC2. */
  readonly errors: readonly ScanError[];
  /** Why there are no entries; and why a rule that was found has none, with its id. */
  readonly ledgerErrors: readonly ScanError[];
}

export interface BookkeepingDependencies {
  /** Absent when the function was deployed without one. */
  readonly ledger?: Ledger;
  readonly network: Network;
  readonly writer: Writer;
  /** Why the rule of an entry is kept, for who reads the ledger. */
  readonly keepReason: (finding: Finding, entry: LedgerEntry) => string | undefined;
}

export async function keepBooks(
  found: readonly Finding[], observation: Observation, configuration: DecodedConfiguration, dependencies: BookkeepingDependencies,
): Promise<Bookkeeping> {
  const { ledger, network, writer, keepReason } = dependencies;
  let doing = 'reading the ledger';
  const changes: EntryChange[] = [];
  const hidden: LedgerEntry[] = [];
  const scanErrors: ScanError[] = [];
  const itemErrors: ScanError[] = [];
  const alone = async (resourceId: string, write: () => Promise<void>): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch (error) {
      const facts = errorFacts(error);
      if (!isAboutOneItem(facts)) throw error;
      itemErrors.push({ doing: 'writing to the ledger', resourceId, error: facts });
      return false;
    }
  };
  try {
    if (ledger === undefined) throw Object.assign(new Error('the function was deployed without a ledger'), { name: 'NoLedger' });
    const items = await ledger.unsettled();
    const unsettled = new Map(items.entries.map(entry => [entry.securityGroupRuleId, entry]));
    const unreadable = new Set(items.unreadable.map(({ id }) => id));
    itemErrors.push(...items.unreadable.map(({ id: resourceId, message }) =>
      ({ doing, resourceId, error: { code: UNREADABLE_ITEM, message } })));
    const rules = found.filter((finding): finding is FoundRule => finding.rule !== undefined);
    const foundIds = new Set(rules.map(({ rule }) => rule.securityGroupRuleId));
    const missing = [...unsettled.values()].filter(({ securityGroupRuleId }) => !foundIds.has(securityGroupRuleId));
    const { existing, gone, errors } = await readExisting(missing, network);
    scanErrors.push(...errors);
    doing = 'writing to the ledger';
    const entries = new Map<string, LedgerEntry>();
    const writable = rules.filter(({ rule }) => !unreadable.has(rule.securityGroupRuleId));
    await inParallel(ENTRIES_AT_A_TIME, writable, async finding => {
      const id = finding.rule.securityGroupRuleId;
      const group = observation.groups.get(finding.groupId);
      await alone(id, async () => {
        let previous: LedgerEntry | undefined;
        const { isWritten, entry } = await change(ledger, unsettled.get(id), current => {
          previous = current;
          const following = seen(current, finding, group, writer, configuration.grace?.maxGapSeconds);
          return following && { ...following, keepReason: keepReason(finding, following) };
        });
        if (entry) entries.set(id, entry);
        // A wait that starts over opens nothing anew.
        if (entry && isWritten && !isOpen(previous)) changes.push({ change: 'OPENED', entry });
      });
    });
    await inParallel(ENTRIES_AT_A_TIME, missing, async absent => {
      const exists = existing.has(absent.securityGroupRuleId) || (gone.has(absent.securityGroupRuleId) ? false : undefined);
      const absence = { exists, isLookedAt: isLookedAt(absent, observation, configuration) };
      const isDone = await alone(absent.securityGroupRuleId, async () => {
        let previous: LedgerEntry | undefined;
        const { isWritten, entry } = await change(ledger, absent, current => {
          previous = current;
          return current && notFound(current, absence, writer);
        });
        // Without an attempt, nobody revoked the rule now: an entry that ends as REVOKED goes back to an earlier revocation.
        const ending = entry?.state === 'HEALED' || !previous?.attempt ? 'HEALED' : 'FINISHED';
        if (entry && isOpen(entry)) hidden.push(entry);
        else if (isWritten && entry) changes.push({ change: ending, entry });
      });
      if (!isDone && exists !== false) hidden.push(absent);
    });
    const unfound = [...unreadable].filter(id => !foundIds.has(id));
    return { entries, hidden, unreadable: unfound.length, changes, errors: scanErrors, ledgerErrors: itemErrors };
  } catch (error) {
    const ledgerErrors = [...itemErrors, { doing, error: errorFacts(error) }];
    return { hidden, unreadable: 0, changes, errors: scanErrors, ledgerErrors };
  }
}

/** Whether an error of the ledger is about one item, and says nothing of others. */
export const isOfOneItem = ({ error, resourceId }: ScanError): boolean =>
  error.code === UNREADABLE_ITEM || (resourceId !== undefined && isAboutOneItem(error));

const isOpen = (entry: LedgerEntry | undefined): boolean => entry?.state === 'OPEN' || entry?.state === 'PENDING';

/** What EC2 says of the rules that the sweep did not find. Nothing is concluded of those that are in neither set. */
interface Existence {
  readonly existing: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
  readonly errors: ScanError[];
}

/** One group whose rules cannot be read costs its own rules alone. */
async function readExisting(missing: readonly LedgerEntry[], network: Network): Promise<Existence> {
  const existing = new Set<string>();
  const gone = new Set<string>();
  const errors: ScanError[] = [];
  const unread = await isolate(missing, {
    placeOf: ({ rule }) => rule.groupId, isAboutAll: isAboutNoPlace, work: async entries => {
      const shown = await readRules(entries.map(({ securityGroupRuleId }) => securityGroupRuleId), network);
      const notShown = entries.map(({ rule }) => rule).filter(({ securityGroupRuleId }) => !shown.has(securityGroupRuleId));
      const unshown = await shownByGroupOnly(notShown, network);
      for (const id of [...shown.keys(), ...unshown]) existing.add(id);
      for (const { securityGroupRuleId } of notShown) if (!unshown.has(securityGroupRuleId)) gone.add(securityGroupRuleId);
      errors.push(...[...unshown].map(resourceId => ({ doing: 'reading a rule by its id', resourceId, error: NOT_SHOWN })));
    },
  });
  for (const { items, error } of unread) {
    const resourceId = new Set(items.map(({ rule }) => rule.groupId)).size === 1 ? items[0].rule.groupId : undefined;
    errors.push({ doing: 'reading the rules of the ledger that were not found', resourceId, error: errorFacts(error) });
  }
  return { existing, gone, errors };
}

/** Whether the sweep looked at the VPC of the rule, or is not to look at it any more. What could not be looked at is as it was. */
function isLookedAt({ vpcId, because }: LedgerEntry, { vpcs }: Observation, { vpcIds }: DecodedConfiguration): boolean {
  if (vpcId === undefined) return false;
  // Flagged rules can be looked for where stale ones cannot.
  const covered = because.stale === undefined ? vpcs?.coveredForFlagged : vpcs?.scanned;
  return covered?.has(vpcId) === true || (vpcIds !== undefined && !vpcIds.includes(vpcId));
}
