/**
 * Takes away the narrower rules that replaced a rule, after that rule was put back and read back.
 *
 * This is safe to repeat: a rule that was taken away is recorded, and a rule that someone has changed stays.
 */
import type { TakenAwayRule } from './restore-report';
import { becameOf, takeAway } from './take-away';
import { type Configured, whyKept } from './why-kept';
import { errorFacts } from '../errors';
import { change } from '../ledger/change';
import { withReplacement } from '../ledger/entry';
import { ended, isAdded } from '../ledger/replacement';
import type { LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log, Network } from '../ports';

export interface TakingBack {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly restoreId: string;
  readonly until?: Date;
  readonly configured: Configured;
}

/** @param restoredAs the rule that was put back, as EC2 has shown it */
export async function takeBack(
  entry: LedgerEntry, restoredAs: string, dependencies: TakingBack,
): Promise<readonly TakenAwayRule[]> {
  const added = (entry.replacement?.rules ?? []).filter(isAdded);
  if (added.length === 0) return [];
  const { ledger, clock, restoreId, configured } = dependencies;
  const kept = await whyKept(entry.rule.groupId, configured, dependencies);
  if (kept !== undefined) {
    const outcome = kept.isKnown ? 'LEFT' : 'FAILED';
    return added.map(({ securityGroupRuleId }) =>
      ({ securityGroupRuleId, outcome, detail: `it stays, because ${kept.detail}` }));
  }
  const of = { replaced: entry.rule, broaderId: restoredAs, added };
  const taken = await takeAway(of, { ...dependencies, unshown: 'LEFT' });
  const became = becameOf(taken);
  const told = taken.map(({ securityGroupRuleId, ended: end, detail }): TakenAwayRule =>
    ({ securityGroupRuleId, outcome: end ?? 'FAILED', detail }));
  if (became.size === 0) return told;
  try {
    const writer = { id: restoreId, startedAt: clock.now(), now: clock.now() };
    await change(ledger, entry, current =>
      current?.replacement && withReplacement(current, ended(current.replacement, became), writer));
    return told;
  } catch (error) {
    const { code, message } = errorFacts(error);
    const unwritten = `the ledger could not be written (${code}: ${message}); restore once more to record it`;
    return told.map(each => ({ ...each, detail: `${each.detail}; ${unwritten}` }));
  }
}
