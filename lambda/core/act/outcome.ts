/** What became of a planned revocation. */
import type { PlannedRevocation } from '../decide/plan';
import type { ErrorFacts } from '../errors';
import type { Because, Clock, Ledger, Log, Network, SecurityGroup, SecurityGroupRule } from '../ports';

/**
 * - `REVOKED`: revoked, seen to be gone, and recorded
 * - `REVOKED_CHANGED`: the same, but the rule was modified in the instant before; what EC2 revoked is recorded and can be restored
 * - `UNRECORDED`: revoked, and in the ledger as about to be; the next sweep records that it is gone
 * - `ALREADY_GONE`: someone else had removed it, or another sweep had
 * - `LEFT_TO_OTHER`: another sweep is about to revoke it
 * - `CHANGED_MEANWHILE`: no longer the rule that was found; kept
 * - `FAILED`: EC2 refused, or the rule is still there, or that could not be told
 * - `SKIPPED`: not tried, because it has become exempt, it could not be read again, revoking is paused, time or EC2's tokens have run out, or the ledger
 *   could not be written; kept
 */
export type Outcome =
  'REVOKED' | 'REVOKED_CHANGED' | 'UNRECORDED' | 'ALREADY_GONE' | 'LEFT_TO_OTHER' | 'CHANGED_MEANWHILE' | 'FAILED' | 'SKIPPED';

/** Of a rule that this construct revoked, and that is recorded. */
export const RECORDED_AS_REVOKED: ReadonlySet<Outcome> = new Set(['REVOKED', 'REVOKED_CHANGED']);

export interface RevocationOutcome {
  readonly rule: SecurityGroupRule;
  readonly because: Because;
  readonly group?: SecurityGroup;
  readonly outcome: Outcome;
  /** What was seen that led to the outcome. */
  readonly detail?: string;
  readonly error?: ErrorFacts;
  /** What the ledger said, where it could not be read or written. */
  readonly ledgerError?: ErrorFacts;
  /** What EC2 said, where the rule could not be read again and so was not tried. */
  readonly readError?: ErrorFacts;
  /** Whether it was not tried because a person has paused revoking. */
  readonly isPaused?: boolean;
  /** Another sweep that had recorded it as revoked or gone before, and counted it. */
  readonly recordedBy?: string;
}

/** What EC2 said and showed, before it is recorded. */
export interface Verdict extends Pick<RevocationOutcome, 'outcome' | 'detail' | 'error' | 'ledgerError' | 'readError' | 'isPaused' | 'recordedBy'> {
  /** What was revoked, where that is not what was planned. */
  readonly revoked?: SecurityGroupRule;
  /** Whether EC2 said of this sweep's own call that it revoked the rule. */
  readonly isOurs?: boolean;
  /** Whether the rule is gone or not could not be told. */
  readonly isUncertain?: boolean;
}

export interface RevokeOptions {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly sweepId: string;
  /** The tag keys that exempt besides the one that always does. */
  readonly exemptTags: readonly string[];
  /** After this no further revocation is begun. */
  readonly until: Date;
}

/** The rules of one group that go into one call. */
export type Batch = readonly PlannedRevocation[];
