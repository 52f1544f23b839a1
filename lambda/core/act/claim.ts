/** Claims rules before they are revoked: of two runs, only the one that has written a rule as pending revokes it. */
import type { RevokeOptions } from './options';
import { alreadyGone, changed, type GoneVerdict, ledgerFailed, type Verdict } from './verdict';
import { isBeingReplaced } from '../decide/attempts';
import { errorFacts, isAboutOneItem } from '../errors';
import { type Change, change, ENTRIES_AT_A_TIME } from '../ledger/change';
import { pending, type Writer } from '../ledger/entry';
import { inParallel } from '../lists';
import type { LedgerEntry } from '../model/ledger';
import type { PlannedRevocation } from '../model/result';
import { isSameRule } from '../rules/sameness';

/** A rule that this run is going to revoke. */
export interface Claim {
  readonly pending: LedgerEntry;
  /** The entry before the claim. If it has an attempt, that attempt may still take effect. */
  readonly replaced: LedgerEntry;
}

interface Claims {
  readonly claimed: ReadonlyMap<PlannedRevocation, Claim>;
  /** Why the other rules are not revoked. */
  readonly others: ReadonlyMap<PlannedRevocation, Verdict>;
}

/**
 * Writes the whole rules to the ledger as pending. Of two runs, only the one that has written a rule revokes it.
 */
export async function claim(planned: readonly PlannedRevocation[], options: RevokeOptions): Promise<Claims> {
  const claimed = new Map<PlannedRevocation, Claim>();
  const others = new Map<PlannedRevocation, Verdict>();
  try {
    await inParallel(ENTRIES_AT_A_TIME, planned, async each => {
      try {
        const done = await writeClaim(each, options);
        if (done.isWritten) claimed.set(each, { pending: done.entry, replaced: done.previous ?? each.entry });
        else others.set(each, takenBy(done.entry, options));
      } catch (error) {
        const facts = errorFacts(error);
        if (!isAboutOneItem(facts)) throw error;
        others.set(each, ledgerFailed(facts));
      }
    });
    return { claimed, others };
  } catch (error) {
    // The next run clears the entries that are already pending.
    const verdict = ledgerFailed(errorFacts(error));
    return { claimed: new Map(), others: new Map(planned.map(each => [each, verdict])) };
  }
}

/** Writes a rule as pending. If the ledger does not have its sighting yet, that is written with it. */
async function writeClaim(
  { rule, entry, replacing }: PlannedRevocation, options: RevokeOptions,
): Promise<Change<LedgerEntry>> {
  const { ledger, clock, sightings } = options;
  const step = (current: LedgerEntry): LedgerEntry | undefined => {
    if (current.state !== 'OPEN' || isBeingReplaced(current, clock.now())) return undefined;
    if (!isSameRule(current.rule, rule)) return undefined;
    return pending(current, rule, writer(options), replacing);
  };
  if (sightings?.has(rule.securityGroupRuleId)) return sightings.write(rule.securityGroupRuleId, ledger, step);
  return change(ledger, entry, current => current && step(current));
}

function takenBy(entry: LedgerEntry | undefined, { clock }: RevokeOptions): Verdict {
  if (entry && isBeingReplaced(entry, clock.now())) {
    return { kind: 'kept', outcome: 'LEFT_TO_OTHER', detail: `the sweep ${entry.writtenBy} is about to replace it` };
  }
  switch (entry?.state) {
    case 'PENDING':
      return { kind: 'kept', outcome: 'LEFT_TO_OTHER', detail: `the sweep ${entry.writtenBy} is about to revoke it` };
    case 'REVOKED':
    case 'RESTORED':
      return recordedBy(entry, `that it is ${entry.state.toLowerCase()}`);
    default:
      return changed(`the ledger has it as ${entry?.state ?? 'unknown'} now`);
  }
}

export const recordedBy = ({ writtenBy }: LedgerEntry, what: string): GoneVerdict =>
  ({ ...alreadyGone(`${writtenBy} has recorded ${what}`), recordedBy: writtenBy });

export const writer = ({ sweepId, clock }: RevokeOptions): Writer =>
  ({ id: sweepId, startedAt: clock.now(), now: clock.now() });
