/** Records that a revocation needs an approval, and its approval by a person. The functions are pure. */
import type { ApprovalConfiguration } from '../../../src/contract/configuration';
import { hasApprovalEnded } from '../decide/approval';
import { ATTEMPT_MILLIS } from '../decide/attempts';
import type { RecordedDecision } from '../decide/plan';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

interface At {
  readonly id: string;
  readonly now: Date;
}

/**
 * Returns the record after a run has decided about the rule. An approval of something else ends, also while revoking is
 * on hold, when nobody is asked.
 */
export function approvalAfter(
  known: ApprovalRecord | undefined, { callsOff, isAnnounceable, shown }: RecordedDecision,
  approval: ApprovalConfiguration | undefined, { id: by, now }: At,
): ApprovalRecord | undefined {
  if (approval === undefined || callsOff) return undefined;
  if (shown === undefined) return known;
  if (!isAnnounceable) return known?.digest === shown.digest ? known : undefined;
  const { validSeconds } = approval;
  const at = now.toISOString();
  const isSame = known?.digest === shown.digest && !hasApprovalEnded(known, validSeconds, now);
  if (!isSame) return { ...shown, by, at, validSeconds };
  const isBeingTold = known.by === by || now.getTime() - Date.parse(known.at) < ATTEMPT_MILLIS;
  const isDone = known.isTold || known.approved !== undefined || isBeingTold;
  return { ...known, validSeconds, ...!isDone && { by, at } };
}

/** Whether a run asks for an approval that the run before did not ask for. */
export function isNewlyAsked(previous: LedgerEntry | undefined, { approval }: LedgerEntry): boolean {
  const before = previous?.approval;
  return approval !== undefined && approval.approved === undefined
    && !(before?.digest === approval.digest && before.by === approval.by && before.at === approval.at);
}

/**
 * Returns the entry after every channel has accepted the request for its approval.
 *
 * @returns undefined if another run asks by now, or nothing is asked for any more
 */
export function withAskingTold(entry: LedgerEntry, { id }: Pick<At, 'id'>): LedgerEntry | undefined {
  const { approval } = entry;
  if (approval === undefined || approval.by !== id || approval.isTold) return undefined;
  return { ...entry, revision: entry.revision + 1, writtenBy: id, approval: { ...approval, isTold: true } };
}

/**
 * Returns the entry after a person has approved the revocation. An approval that has ended can be given again.
 *
 * @param shown the record of what the person was shown
 * @returns undefined if the entry asks for another approval by now, or for none
 */
export function approved(
  entry: LedgerEntry, shown: Pick<ApprovalRecord, 'digest'>,
  { id: by, now, approvedBy }: At & { readonly approvedBy?: string },
): LedgerEntry | undefined {
  const { approval, state } = entry;
  if (state !== 'OPEN' || approval === undefined || approval.digest !== shown.digest) return undefined;
  const { validSeconds = Infinity } = approval;
  if (approval.approved !== undefined && !hasApprovalEnded(approval, validSeconds, now)) return undefined;
  return {
    ...entry, revision: entry.revision + 1, writtenBy: by,
    approval: { ...approval, approved: { by, at: now.toISOString(), ...approvedBy !== undefined && { approvedBy } } },
  };
}
