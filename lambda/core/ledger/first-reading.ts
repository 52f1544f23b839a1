/**
 * Reads the part of the ledger that a sweep of everything needs while it looks at the network: which VPCs are covered
 * by proof, and which have open stale rules.
 */
import { isOpen } from './entry';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { errorFacts } from '../errors';
import type { LedgerEntry, ProofMemory } from '../model/ledger';
import type { Ledger } from '../ports';

/** The memory of a construct that was never deployed. */
export const NO_MEMORY: ProofMemory = { openVpcIds: new Set(), openGroupIds: new Set() };

export async function readFirst(
  ledger: Pick<Ledger, 'proofs' | 'openEntries'>, configuration: Pick<DecodedConfiguration, 'changeTrigger'>,
): Promise<ProofMemory> {
  try {
    const proofs = await ledger.proofs();
    // Each sweep of everything records where stale rules are open. Only runs over some groups do not.
    if (proofs !== undefined && configuration.changeTrigger === undefined) return { ...NO_MEMORY, proofs };
    return { ...await openRules(ledger), proofs };
  } catch (error) {
    return { ...NO_MEMORY, error: errorFacts(error) };
  }
}

async function openRules(ledger: Pick<Ledger, 'openEntries'>): Promise<ProofMemory> {
  const { entries, unreadable } = await ledger.openEntries();
  const stale = entries.filter(each => isOpen(each) && each.stale !== undefined);
  return {
    openVpcIds: new Set(stale.flatMap(staleVpcIds)),
    // An item that cannot be read may be about a stale rule.
    openGroupIds: new Set([...stale, ...unreadable].flatMap(({ rule }) => rule?.groupId ?? [])),
  };
}

/** Returns the VPCs for which EC2 named the rule of an entry. */
export const staleVpcIds = ({ vpcId, stale }: LedgerEntry): string[] =>
  stale === undefined ? [] : [...vpcId === undefined ? [] : [vpcId], ...stale.vpcIds ?? []];
