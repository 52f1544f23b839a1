/** What EC2 said and showed of a planned revocation, before that is recorded. */
import type { ErrorFacts } from '../errors';
import type { SecurityGroupRule } from '../model/network';
import type { PlannedRevocation, RevocationOutcome } from '../model/result';

/** The rule was revoked. */
export interface RevokedVerdict {
  readonly kind: 'revoked';
  readonly outcome: 'REVOKED' | 'REVOKED_CHANGED';
  readonly detail?: string;
  readonly error?: ErrorFacts;
  /** What was revoked, where that is not what was planned. */
  readonly rule?: SecurityGroupRule;
  /** Whether EC2 said so of this run's own call. */
  readonly isOurs: boolean;
  /** Another run that had recorded it. */
  readonly recordedBy?: string;
}

/** The rule is gone, and not by this run. */
export interface GoneVerdict {
  readonly kind: 'gone';
  readonly outcome: 'ALREADY_GONE';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** The run that had recorded it. */
  readonly recordedBy?: string;
}

/** The rule is there. */
export interface KeptVerdict {
  readonly kind: 'kept';
  readonly outcome: 'LEFT_TO_OTHER' | 'CHANGED_MEANWHILE' | 'FAILED' | 'SKIPPED';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** What kept it from being tried, where that is not the rule itself. */
  readonly because?: Pick<RevocationOutcome, 'ledgerError' | 'readError' | 'heldBy'>;
}

/** Whether the rule is gone could not be told. */
export interface UncertainVerdict {
  readonly kind: 'uncertain';
  readonly outcome: 'FAILED';
  readonly detail: string;
  readonly error?: ErrorFacts;
  /** What EC2 said that it revoked, where that is not what was planned. */
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
 * What a call may have done:
 *
 * - `none`: none was made
 * - `refused`: it was made, and had no effect
 * - `possible`: it was made, and had its effect or may have it yet
 * - `earlier`: none was made now; an earlier one may have its effect yet
 */
export type Effect = 'none' | 'refused' | 'possible' | 'earlier';

export interface CallResult {
  readonly planned: PlannedRevocation;
  readonly verdict: Verdict;
  readonly effect: Effect;
}

/** Whether what became of the rule is to be read back. */
export const wasCalled = (effect: Effect): boolean => effect === 'refused' || effect === 'possible';

/** Whether a call may have its effect yet, although the rule is there. */
export const mayLinger = (effect: Effect): boolean => effect === 'possible' || effect === 'earlier';
