/**
 * Reads the part of the ledger that a sweep of everything needs while it looks at the network: which VPCs are covered
 * by proof, and which have open stale rules.
 */
import { isOpen } from './entry';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { type ErrorFacts, errorFacts } from '../errors';
import type { LedgerEntry, ProofMemory } from '../model/ledger';
import type { Ledger } from '../ports';

/** The memory of a construct that was never deployed. */
export const NO_MEMORY: ProofMemory = { openVpcIds: new Set(), openGroupIds: new Set() };

interface Deployed extends Pick<DecodedConfiguration, 'changeTrigger'> {
  /** The name of the ledger's table. */
  readonly table: string;
}

export async function readFirst(
  ledger: Pick<Ledger, 'proofs' | 'openEntries'>, { table, changeTrigger }: Deployed,
): Promise<ProofMemory> {
  try {
    const proofs = await ledger.proofs();
    if (proofs !== undefined && proofs.table !== table) return { ...NO_MEMORY, error: OTHER_TABLE };
    // Each sweep of everything records where stale rules are open. Runs over some groups do not.
    if (proofs !== undefined && changeTrigger === undefined) return { ...NO_MEMORY, proofs };
    return { ...await openRules(ledger), proofs };
  } catch (error) {
    return { ...NO_MEMORY, error: errorFacts(error) };
  }
}

const OTHER_TABLE: ErrorFacts = {
  code: 'OtherTable', message: 'the record was made for another table. The next sweep that trusts the ledger writes it anew',
};

async function openRules(ledger: Pick<Ledger, 'openEntries'>): Promise<ProofMemory> {
  const { entries, unreadable } = await ledger.openEntries();
  const stale = entries.filter(each => isOpen(each) && each.stale !== undefined);
  return {
    openVpcIds: new Set(stale.flatMap(vpcsOfStale)),
    // An item that cannot be read may be about a stale rule.
    openGroupIds: new Set([...stale, ...unreadable].flatMap(({ rule }) => rule?.groupId ?? [])),
  };
}

/** Returns the VPCs for which EC2 named the rule of an entry. */
export const vpcsOfStale = ({ vpcId, stale }: LedgerEntry): string[] =>
  stale === undefined ? [] : [...vpcId === undefined ? [] : [vpcId], ...stale.vpcIds ?? []];
