/**
 * What a sweep writes to the ledger before it decides: what it found, and what it no longer finds.
 *
 * It also finishes what earlier sweeps began: of a rule that was about to be revoked, EC2 tells whether it is gone. When the ledger cannot be read or
 * written, it says so, and nothing is known of any rule.
 */
import type { DecodedConfiguration } from '../../src/private/contract';
import type { Finding } from '../checks/findings';
import { errorFacts } from '../errors';
import { inParallel } from '../lists';
import type { Observation, ScanError } from '../observe';
import type { Ledger, LedgerEntry, Network } from '../ports';
import { readRules } from '../read-rules';
import { change, ENTRIES_AT_A_TIME } from './change';
import { type FoundRule, notFound, seen, type Writer } from './entry';

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
  readonly changes: readonly EntryChange[];
  /** What could not be looked at in EC2. */
  readonly errors: readonly ScanError[];
  /** Why there are no entries. */
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
  try {
    if (ledger === undefined) throw Object.assign(new Error('the function was deployed without a ledger'), { name: 'NoLedger' });
    const unsettled = new Map((await ledger.unsettled()).map(entry => [entry.securityGroupRuleId, entry]));
    const rules = found.filter((finding): finding is FoundRule => finding.rule !== undefined);
    const foundIds = new Set(rules.map(({ rule }) => rule.securityGroupRuleId));
    const missing = [...unsettled.values()].filter(({ securityGroupRuleId }) => !foundIds.has(securityGroupRuleId));
    const { existing, errors } = await readExisting(missing, network);
    scanErrors.push(...errors);
    doing = 'writing to the ledger';
    const entries = new Map<string, LedgerEntry>();
    await inParallel(ENTRIES_AT_A_TIME, rules, async finding => {
      const id = finding.rule.securityGroupRuleId;
      const group = observation.groups.get(finding.groupId);
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
    await inParallel(ENTRIES_AT_A_TIME, missing, async absent => {
      const absence = { exists: existing?.has(absent.securityGroupRuleId), isLookedAt: isLookedAt(absent, observation, configuration) };
      let previous: LedgerEntry | undefined;
      const { isWritten, entry } = await change(ledger, absent, current => {
        previous = current;
        return current && notFound(current, absence, writer);
      });
      if (entry && isOpen(entry)) hidden.push(entry);
      // What was revoked once, and shown again, goes back to that: by nobody's attempt now.
      else if (isWritten && entry) changes.push({ change: entry.state === 'HEALED' || !previous?.attempt ? 'HEALED' : 'FINISHED', entry });
    });
    return { entries, hidden, changes, errors: scanErrors, ledgerErrors: [] };
  } catch (error) {
    return { hidden, changes, errors: scanErrors, ledgerErrors: [{ doing, error: errorFacts(error) }] };
  }
}

const isOpen = (entry: LedgerEntry | undefined): boolean => entry?.state === 'OPEN' || entry?.state === 'PENDING';

/** Which of the rules that the sweep did not find EC2 still has. When that cannot be read, nothing is concluded from their absence. */
async function readExisting(
  missing: readonly LedgerEntry[], network: Network,
): Promise<{ existing?: ReadonlyMap<string, unknown>; errors: ScanError[] }> {
  try {
    return { existing: await readRules(missing.map(({ securityGroupRuleId }) => securityGroupRuleId), network), errors: [] };
  } catch (error) {
    return { errors: [{ doing: 'reading the rules of the ledger that were not found', error: errorFacts(error) }] };
  }
}

/** Whether the sweep looked at the VPC of the rule, or is not to look at it any more. What could not be looked at is as it was. */
function isLookedAt({ vpcId }: LedgerEntry, { vpcs }: Observation, { vpcIds }: DecodedConfiguration): boolean {
  if (vpcId === undefined) return false;
  return vpcs?.scanned.has(vpcId) === true || (vpcIds !== undefined && !vpcIds.includes(vpcId));
}
