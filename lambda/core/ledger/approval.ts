/** Records that a revocation needs an approval, and its approval by a person. The functions are pure. */
import type { ApprovalConfiguration } from '../../../src/contract/configuration';
import { hasApprovalEnded } from '../decide/approval';
import type { RecordedDecision } from '../decide/plan';
import { callsOff } from '../decide/reasons';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

/** Returns the record after a run has decided about the rule. An approval of something else ends. */
export function approvalAfter(
  known: ApprovalRecord | undefined, { keepReason, isAnnounceable, shown }: RecordedDecision,
  approval: ApprovalConfiguration | undefined, { id: by, now }: { readonly id: string; readonly now: Date },
): ApprovalRecord | undefined {
  if (approval === undefined) return undefined;
  if (!isAnnounceable || shown === undefined) {
    return keepReason !== undefined && callsOff(keepReason) ? undefined : known;
  }
  const isSame = known?.digest === shown.digest && !hasApprovalEnded(known, approval.validSeconds, now);
  return isSame ? known : { ...shown, by, at: now.toISOString() };
}

/** Whether a run asks for an approval that the run before did not ask for. */
export function isNewlyAsked(previous: LedgerEntry | undefined, { approval }: LedgerEntry): boolean {
  const before = previous?.approval;
  return approval !== undefined && approval.approved === undefined
    && !(before?.digest === approval.digest && before.by === approval.by && before.at === approval.at);
}

/**
 * Returns the entry after a person has approved the revocation.
 *
 * @param shown the record of what the person was shown
 * @returns undefined if the entry asks for another approval by now, or for none
 */
export function approved(
  entry: LedgerEntry, shown: Pick<ApprovalRecord, 'digest'>,
  { id: by, now, approvedBy }: { readonly id: string; readonly now: Date; readonly approvedBy?: string },
): LedgerEntry | undefined {
  const { approval, state } = entry;
  if (state !== 'OPEN' || approval === undefined || approval.approved !== undefined) return undefined;
  if (approval.digest !== shown.digest) return undefined;
  return {
    ...entry, revision: entry.revision + 1, writtenBy: by,
    approval: { ...approval, approved: { by, at: now.toISOString(), ...approvedBy !== undefined && { approvedBy } } },
  };
}
