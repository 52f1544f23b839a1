/**
 * Records when each VPC was last read, and which are in doubt. The record is a saving only: if it cannot be read, every
 * VPC is.
 */
import { changeBy } from './change';
import { isSuspended } from '../checks/proofs';
import { isAhead } from '../decide/times';
import type { ProofsEntry, VpcProof } from '../model/ledger';
import type { ProofReading } from '../model/observation';
import type { Ledger } from '../ports';

/** The time for which every VPC is read after a proof was wrong. */
const SUSPENDED_MILLIS = 7 * 24 * 3_600_000;

/** How often a VPC that was in doubt is read without a stale rule before its rules prove anything again. */
const CLEAN_READS = 3;

/** A VPC in doubt that is no longer listed stays in doubt for this long, because EC2 may have left it out. */
const UNLISTED_MILLIS = 30 * 24 * 3_600_000;

/** How a sweep looked for stale rules in each VPC. */
export interface ProofFacts extends Pick<ProofReading, 'candidates' | 'checked' | 'proved' | 'wrong' | 'doubtful'> {
  /** The VPCs that were read completely. */
  readonly readVpcIds: ReadonlySet<string>;
  /** The VPCs for which EC2 named a stale rule. */
  readonly staleVpcIds: ReadonlySet<string>;
  /** The VPCs with a stale rule that is open in the ledger. */
  readonly openVpcIds: ReadonlySet<string>;
  /** Whether a VPC that the sweep did not look at does not exist, or is not looked at any more. */
  readonly isListWhole: boolean;
  /** Whether the schedule triggered the sweep. */
  readonly isScheduled: boolean;
  /** The name of the ledger's table. */
  readonly table: string;
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
  const looked = new Set([
    ...facts.candidates.keys(), ...facts.checked, ...facts.proved, ...facts.wrong, ...facts.openVpcIds,
  ]);
  const suspendedUntil = facts.wrong.size > 0
    ? new Date(now.getTime() + SUSPENDED_MILLIS).toISOString()
    : isSuspended(before, now) ? before?.suspendedUntil : undefined;
  return {
    revision: (before?.revision ?? 0) + 1, writtenBy: id, table: facts.table,
    at: facts.isScheduled ? now.toISOString() : before?.at ?? now.toISOString(),
    suspendedUntil,
    vpcs: Object.fromEntries([
      ...Object.entries(before?.vpcs ?? {}).filter(([, each]) => !facts.isListWhole || isStillInDoubt(each, now)),
      ...[...looked].map(vpcId => [vpcId, proofAfter(before?.vpcs[vpcId], vpcId, facts, now)] as const),
    ]),
  };
}

const isStillInDoubt = ({ readAt, cleanReads }: VpcProof, now: Date): boolean =>
  cleanReads !== undefined && now.getTime() - Date.parse(readAt) < UNLISTED_MILLIS;

function proofAfter(before: VpcProof | undefined, vpcId: string, facts: ProofFacts, now: Date): VpcProof {
  const isRead = facts.readVpcIds.has(vpcId);
  const isUnread = !isRead && (before?.isUnread ?? before === undefined);
  const cleanReads = cleanReadsAfter(before?.cleanReads, vpcId, isRead, facts);
  return {
    readAt: readAtAfter(before?.readAt, isRead, now),
    ...isUnread && { isUnread }, ...cleanReads !== undefined && { cleanReads },
  };
}

/** The time of a clock that was ahead is not known, so the VPC counts as due. */
function readAtAfter(before: string | undefined, isRead: boolean, now: Date): string {
  const at = now.toISOString();
  if (before === undefined) return at;
  if (isAhead(before, now)) return isRead ? at : new Date(now.getTime() - SUSPENDED_MILLIS).toISOString();
  return isRead && before < at ? at : before;
}

function cleanReadsAfter(
  before: number | undefined, vpcId: string, isRead: boolean,
  { staleVpcIds, openVpcIds, doubtful, wrong }: ProofFacts,
): number | undefined {
  if ([staleVpcIds, openVpcIds, doubtful, wrong].some(each => each.has(vpcId))) return 0;
  if (before === undefined || !isRead) return before;
  return before + 1 >= CLEAN_READS ? undefined : before + 1;
}
