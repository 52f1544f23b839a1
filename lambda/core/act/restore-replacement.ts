/**
 * Takes away the narrower rules that replaced a rule, after that rule was put back and read back.
 *
 * This is safe to repeat: a rule that was taken away is recorded, and a rule that someone has changed stays.
 */
import type { TakenAwayRule } from './restore-report';
import { takeAway } from './take-away';
import { decodeConfiguration } from '../../../src/contract/decode';
import { whyExempt } from '../decide/exempt';
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
}

/**
 * Nothing is removed from a group that is exempt by now, and nothing if that is not known. The narrower rules admit
 * nothing that the restored rule does not admit.
 */
async function whyKept(groupId: string, { ledger, network }: TakingBack): Promise<string | undefined> {
  try {
    const record = await ledger.configuration();
    if (record === undefined) return 'the ledger has no configuration, so its exemptions are not known';
    const group = (await network.securityGroups({ groupIds: [groupId] })).at(0);
    if (group === undefined) return `EC2 does not show the group ${groupId}`;
    const exempt = whyExempt(group, decodeConfiguration(record.text));
    return exempt && `its group ${groupId} ${exempt}`;
  } catch (error) {
    const { code, message } = errorFacts(error);
    return `whether its group ${groupId} is exempt could not be read: ${code}: ${message}`;
  }
}

/** @param restoredAs the rule that was put back, as EC2 has shown it */
export async function takeBack(
  entry: LedgerEntry, restoredAs: string, dependencies: TakingBack,
): Promise<readonly TakenAwayRule[]> {
  const added = (entry.replacement?.rules ?? []).filter(isAdded);
  if (added.length === 0) return [];
  const { ledger, clock, restoreId } = dependencies;
  const kept = await whyKept(entry.rule.groupId, dependencies);
  if (kept !== undefined) {
    return added.map(({ securityGroupRuleId }) =>
      ({ securityGroupRuleId, outcome: 'LEFT', detail: `it stays, because ${kept}` }));
  }
  const of = { replaced: entry.rule, broaderId: restoredAs, added };
  const taken = await takeAway(of, { ...dependencies, unshown: 'LEFT' });
  const became = new Map(taken.flatMap(({ securityGroupRuleId: id, ended: end }) => end ? [[id, end] as const] : []));
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
