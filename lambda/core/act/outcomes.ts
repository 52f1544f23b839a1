/** The outcomes of a planned revocation, in one table. */
import type { LogLevel } from '../model/delivery';

interface OutcomeFacts {
  /** The words for what was done. The rule's id follows them. */
  readonly words: string;
  readonly level: LogLevel;
  /** Whether the rule still exists. */
  readonly isThere: boolean;
  /** Whether this construct revoked the rule and recorded it. */
  readonly isRecorded?: boolean;
  /** Whether the outcome counts as a failed revocation. */
  readonly isFailure?: boolean;
}

export const OUTCOMES = {
  /** The rule was revoked, was seen to be gone, and is recorded. */
  REVOKED: { words: 'Revoked the ingress rule', level: 'INFO', isThere: false, isRecorded: true },
  /**
   * The rule was revoked, but had been modified right before the call. The ledger records what EC2 revoked, and it can
   * be restored.
   */
  REVOKED_CHANGED: {
    words: 'Revoked the ingress rule, which had changed right before:',
    level: 'ERROR', isThere: false, isRecorded: true, isFailure: true,
  },
  /** The rule was revoked, but the ledger still has it as pending. The next sweep records that it is gone. */
  UNRECORDED: { words: 'Revoked, but could not record, the ingress rule', level: 'ERROR', isThere: false },
  /** Someone else or another sweep had already removed the rule. */
  ALREADY_GONE: {
    words: 'Did not revoke the ingress rule, because it was already gone:', level: 'INFO', isThere: false,
  },
  /** Another sweep is about to revoke the rule. */
  LEFT_TO_OTHER: { words: 'Left to another sweep: the ingress rule', level: 'INFO', isThere: true },
  /** The rule is no longer the one that was found, so it was kept. */
  CHANGED_MEANWHILE: { words: 'Kept the ingress rule, because it has changed:', level: 'WARN', isThere: true },
  /** EC2 refused, the rule still exists, or its state could not be read. */
  FAILED: { words: 'Failed to revoke the ingress rule', level: 'ERROR', isThere: true, isFailure: true },
  /**
   * The revocation was not tried, and the rule was kept. Possible reasons: the decision no longer holds, the rule could
   * not be read again, revoking is on hold, time or EC2's tokens ran out, or the ledger could not be written.
   */
  SKIPPED: { words: 'Withheld the revocation of the ingress rule', level: 'WARN', isThere: true },
} as const satisfies Record<string, OutcomeFacts>;

export type Outcome = keyof typeof OUTCOMES;

export const outcomeFacts = (outcome: Outcome): OutcomeFacts => OUTCOMES[outcome];
