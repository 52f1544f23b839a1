/** Finds the waits of an open finding: that of the stale check, and those of the declarations that flag the rule. */
import { declaredAs, sightOf } from './flagged';
import { type Wait, waitOf } from './grace';
import type { FlaggedIngressRule, Grace, StaleRulesAction } from '../../../src/contract/configuration';
import type { LedgerEntry } from '../model/ledger';

/** The part of a configuration that says how long to wait. */
export interface Waiting {
  readonly staleRules?: StaleRulesAction;
  readonly grace?: Grace;
  /** Absent: no flagged rule waits. */
  readonly flaggedIngressRules?: ReadonlyArray<Pick<FlaggedIngressRule, 'id' | 'name' | 'action'>>;
  /** The seconds between two scheduled sweeps. Absent if the schedule is not a rate. */
  readonly scheduleSeconds?: number;
}

/** One of the waits of a finding. */
export interface OwnWait extends Wait {
  readonly grace: Grace;
  /** How many scheduled sweeps have found it. */
  readonly seen: number;
  /** The condition for the revocation, as a word that follows "if still". */
  readonly still: 'stale' | 'flagged';
}

/** Returns the waits of a finding, the one that ends first at the beginning. */
export function waitsOf({ stale, flagged }: LedgerEntry, waiting: Waiting, now: Date): OwnWait[] {
  const { staleRules, grace: staleGrace, flaggedIngressRules = [], scheduleSeconds } = waiting;
  const waits: OwnWait[] = [];
  if (stale && staleGrace && (staleRules ?? 'revoke') === 'revoke') {
    const wait = waitOf(stale, staleGrace, now, scheduleSeconds);
    waits.push({ ...wait, grace: staleGrace, seen: stale.sightings, still: 'stale' });
  }
  if (flagged?.verdict === 'flagged') {
    const declared = flagged.declarations.flatMap(each => declaredAs(each, flaggedIngressRules));
    for (const { id, action: { grace } } of declared) {
      if (grace === undefined) continue;
      const sight = sightOf(id, flagged);
      const wait = waitOf(sight, grace, now, scheduleSeconds);
      waits.push({ ...wait, grace, seen: sight?.sightings ?? 0, still: 'flagged' });
    }
  }
  return waits.sort((a, b) => a.endsAt - b.endsAt || a.missing - b.missing);
}

/** Whether a check or a declaration wants the rule to be revoked without a wait. */
export function isToldAtOnce(
  { stale, flagged }: LedgerEntry, { staleRules, grace, flaggedIngressRules }: Waiting,
): boolean {
  if (stale && staleRules === 'revoke' && !grace) return true;
  if (flagged?.verdict !== 'flagged') return false;
  // The record of a sweep of an earlier version has no declarations. No flagged rule had a wait then.
  if (flaggedIngressRules === undefined) return true;
  return flagged.declarations
    .flatMap(each => declaredAs(each, flaggedIngressRules))
    .some(({ action }) => action.kind === 'revoke' && !action.grace);
}
