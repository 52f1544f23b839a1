/** The result of a planned revocation according to EC2, before it is recorded. */
import type { ErrorFacts } from '../errors';
import type { SecurityGroupRule } from '../model/network';
import type { PlannedRevocation, RevocationOutcome } from '../model/result';

/** The rule was revoked. */
export interface RevokedVerdict {
  readonly kind: 'revoked';
  readonly outcome: 'REVOKED' | 'REVOKED_CHANGED';
  readonly detail?: string;
  readonly error?: ErrorFacts;
  /** The revoked rule, if it is not the planned one. */
  readonly rule?: SecurityGroupRule;
  /** Whether EC2 confirmed this run's own call. */
  readonly isOurs: boolean;
  /** Another run that had already recorded it. */
  readonly recordedBy?: string;
}

/** The rule is gone, but this run did not revoke it. */
export interface GoneVerdict {
  readonly kind: 'gone';
  readonly outcome: 'ALREADY_GONE';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** The run that had already recorded it. */
  readonly recordedBy?: string;
}

/** The rule still exists. */
export interface KeptVerdict {
  readonly kind: 'kept';
  readonly outcome: 'LEFT_TO_OTHER' | 'CHANGED_MEANWHILE' | 'FAILED' | 'SKIPPED';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** The reason why it was not tried, if the reason is not the rule itself. */
  readonly because?: Pick<RevocationOutcome, 'ledgerError' | 'readError' | 'unreadLists' | 'heldBy'>;
}

/** It could not be determined whether the rule is gone. */
export interface UncertainVerdict {
  readonly kind: 'uncertain';
  readonly outcome: 'FAILED';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** The rule that EC2 said it revoked, if it is not the planned one. */
  readonly rule?: SecurityGroupRule;
}

export type Verdict = RevokedVerdict | GoneVerdict | KeptVerdict | UncertainVerdict;

export const skipped = (detail: string, because?: KeptVerdict['because'], error?: ErrorFacts): KeptVerdict =>
  ({ kind: 'kept', outcome: 'SKIPPED', detail, because, error });

export const alreadyGone = (detail: string, error?: ErrorFacts): GoneVerdict =>
  ({ kind: 'gone', outcome: 'ALREADY_GONE', detail, error });

export const changed = (detail: string): KeptVerdict => ({ kind: 'kept', outcome: 'CHANGED_MEANWHILE', detail });

export const ledgerFailed = (ledgerError: ErrorFacts): KeptVerdict =>
  skipped('the ledger could not be written, so it was not revoked', { ledgerError });

/**
 * The possible effect of the calls for a rule.
 *
 * - `none`: no call was made
 * - `refused`: a call was made and had no effect
 * - `possible`: a call was made, and took effect or still may
 * - `earlier`: no call was made now, but an earlier one may still take effect
 */
export type Effect = 'none' | 'refused' | 'possible' | 'earlier';

export interface CallResult {
  readonly planned: PlannedRevocation;
  readonly verdict: Verdict;
  readonly effect: Effect;
}

/** Whether to read back what became of the rule. */
export const wasCalled = (effect: Effect): boolean => effect === 'refused' || effect === 'possible';

/** Whether a call may still take effect although the rule exists. */
export const mayLinger = (effect: Effect): boolean => effect === 'possible' || effect === 'earlier';
