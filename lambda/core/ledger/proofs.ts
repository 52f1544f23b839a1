/**
 * Records when each VPC was last read, and which are in doubt. The record is a saving only: if it cannot be read, every
 * VPC is.
 */
import { changeBy } from './change';
import { isSuspended, wrongProofs } from '../checks/proofs';
import { isAhead } from '../decide/times';
import type { ProofsEntry, VpcProof } from '../model/ledger';
import type { CandidateReason, ProofReading } from '../model/observation';
import type { Ledger } from '../ports';

/** The time for which every VPC is read after a proof was wrong. */
const SUSPENDED_MILLIS = 7 * 24 * 3_600_000;

/** How often a VPC that was in doubt is read without a stale rule before its rules prove anything again. */
const CLEAN_READS = 3;

/** How a sweep looked for stale rules in each VPC. */
export interface ProofFacts extends Pick<ProofReading, 'candidates' | 'checked' | 'proved'> {
  /** The VPCs that were read completely. */
  readonly readVpcIds: ReadonlySet<string>;
  /** The VPCs for which EC2 named a stale rule. */
  readonly staleVpcIds: ReadonlySet<string>;
  /** The VPCs with a stale rule that is open in the ledger. */
  readonly openVpcIds: ReadonlySet<string>;
  /** Whether a VPC that the sweep did not look at does not exist, or is not looked at any more. */
  readonly isListWhole: boolean;
}

interface ProofWriter {
  readonly id: string;
  readonly now: Date;
}

/** @throws when the ledger cannot be read or written */
export async function recordProofs(
  known: ProofsEntry | undefined, facts: ProofFacts, ledger: Pick<Ledger, 'putProofs'>, writer: ProofWriter,
): Promise<void> {
  await changeBy(each => ledger.putProofs(each), known, current => afterSweep(current, facts, writer));
}

/** Returns the record after a sweep. */
export function afterSweep(
  before: ProofsEntry | undefined, facts: ProofFacts, { id, now }: ProofWriter,
): ProofsEntry {
  const looked = [...facts.candidates.keys(), ...facts.checked, ...facts.proved];
  const vpcs = looked.map(vpcId => [vpcId, proofAfter(before?.vpcs[vpcId], vpcId, facts, now)] as const);
  const suspendedUntil = wrongProofs(facts).length > 0
    ? new Date(now.getTime() + SUSPENDED_MILLIS).toISOString()
    : isSuspended(before, now) ? before?.suspendedUntil : undefined;
  return {
    revision: (before?.revision ?? 0) + 1, writtenBy: id, at: now.toISOString(), suspendedUntil,
    vpcs: { ...facts.isListWhole ? {} : before?.vpcs, ...Object.fromEntries(vpcs) },
  };
}

function proofAfter(before: VpcProof | undefined, vpcId: string, facts: ProofFacts, now: Date): VpcProof {
  const isRead = facts.readVpcIds.has(vpcId);
  const at = now.toISOString();
  const known = before === undefined || isAhead(before.readAt, now) ? at : before.readAt;
  const readAt = isRead && known < at ? at : known;
  const isUnread = !isRead && (before?.isUnread ?? before === undefined);
  const cleanReads = cleanReadsAfter(before?.cleanReads, vpcId, isRead, facts);
  return { readAt, ...isUnread && { isUnread }, ...cleanReads !== undefined && { cleanReads } };
}

function cleanReadsAfter(
  before: number | undefined, vpcId: string, isRead: boolean, { candidates, staleVpcIds, openVpcIds }: ProofFacts,
): number | undefined {
  const reason = candidates.get(vpcId);
  const isStale = staleVpcIds.has(vpcId) || openVpcIds.has(vpcId);
  if (isStale || (reason !== undefined && BEGINS_DOUBT.has(reason))) return 0;
  if (before === undefined || !isRead) return before;
  return before + 1 >= CLEAN_READS ? undefined : before + 1;
}

/** The reasons about the VPC itself. The others concern what could be read, and end with it. */
const BEGINS_DOUBT: ReadonlySet<CandidateReason> = new Set(['REFERENCE', 'ASSOCIATED', 'OPEN_FINDING']);
