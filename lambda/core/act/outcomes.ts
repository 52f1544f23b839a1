/** The outcomes of a planned revocation, in one table. */
import type { LogLevel } from '../model/delivery';

interface OutcomeFacts {
  /** The words for what was done. The rule's id follows them. */
  readonly words: string;
  readonly level: LogLevel;
  /** Whether the rule is still there. */
  readonly isThere: boolean;
  /** Whether this construct revoked the rule, and recorded it. */
  readonly isRecorded?: boolean;
  /** Whether it counts as a revocation that failed. */
  readonly isFailure?: boolean;
}

export const OUTCOMES = {
  /** Revoked, seen to be gone, and recorded. */
  REVOKED: { words: 'Revoked the ingress rule', level: 'INFO', isThere: false, isRecorded: true },
  /** The same, but the rule was modified in the instant before; what EC2 revoked is recorded and can be restored. */
  REVOKED_CHANGED: {
    words: 'Revoked the ingress rule, which was not what it had been:',
    level: 'ERROR', isThere: false, isRecorded: true, isFailure: true,
  },
  /** Revoked, and in the ledger as about to be; the next sweep records that it is gone. */
  UNRECORDED: { words: 'Revoked, but could not record, the ingress rule', level: 'ERROR', isThere: false },
  /** Someone else had removed it, or another sweep had. */
  ALREADY_GONE: {
    words: 'Did not need to revoke the ingress rule, it was gone already:', level: 'INFO', isThere: false,
  },
  /** Another sweep is about to revoke it. */
  LEFT_TO_OTHER: { words: 'Left to another sweep the ingress rule', level: 'INFO', isThere: true },
  /** No longer the rule that was found; kept. */
  CHANGED_MEANWHILE: { words: 'Kept the ingress rule, it changed meanwhile:', level: 'WARN', isThere: true },
  /** EC2 refused, or the rule is still there, or that could not be told. */
  FAILED: { words: 'Failed to revoke the ingress rule', level: 'ERROR', isThere: true, isFailure: true },
  /**
   * Not tried, because what was decided no longer holds, the rule could not be read again, revoking is held back, time
   * or EC2's tokens have run out, or the ledger could not be written; kept.
   */
  SKIPPED: { words: 'Withheld the revocation of the ingress rule', level: 'WARN', isThere: true },
} as const satisfies Record<string, OutcomeFacts>;

export type Outcome = keyof typeof OUTCOMES;

export const outcomeFacts = (outcome: Outcome): OutcomeFacts => OUTCOMES[outcome];
