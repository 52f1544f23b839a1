/**
 * Writes to the ledger what late changes say about rules: that CloudFormation changes them, and who made them. Another
 * run has read their groups since, so EC2 is not asked again.
 */
import { namedBy } from '../decide/changed-by';
import { hasScheduleBegunSince, isAbout } from '../decide/stacks';
import { errorFacts } from '../errors';
import { change as changeEntry, ENTRIES_AT_A_TIME } from '../ledger/change';
import { noted } from '../ledger/entry';
import { inParallel } from '../lists';
import type { Change } from '../model/change';
import type { Allowance, LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log } from '../ports';

interface Noting {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly runId: string;
}

/** Whether a late change says something that the run before it could not know. */
export const saysMore = ({ isByCloudFormation, ruleIds }: Change): boolean => isByCloudFormation || ruleIds.length > 0;

/** @returns whether everything was written */
export async function noteLate(changes: readonly Change[], { ledger, clock, log, runId }: Noting): Promise<boolean> {
  const telling = changes.filter(saysMore);
  if (telling.length === 0) return true;
  try {
    const allowance = telling.some(each => each.isByCloudFormation) ? await readAllowance(ledger) : undefined;
    const now = clock.now();
    const writer = { id: runId, startedAt: now, now };
    const ofStacks = telling.filter(({ isByCloudFormation, at }) =>
      isByCloudFormation && !hasScheduleBegunSince(at, allowance, now));
    await inParallel(ENTRIES_AT_A_TIME, [...new Set(telling.flatMap(({ groupIds }) => groupIds))], async groupId => {
      const { entries } = await ledger.ofGroup(groupId);
      const follow = (entry: LedgerEntry | undefined): LedgerEntry | undefined => {
        if (entry === undefined) return undefined;
        const isOfStack = entry.state === 'OPEN' && ofStacks.some(each => isAbout(each, entry.rule));
        // History says who ended a finding.
        const by = entry.state === 'HEALED' || entry.state === 'RESTORED' ? undefined : namedBy(entry.rule, telling, 'there');
        return noted(entry, { stackChangeAt: isOfStack ? now.toISOString() : undefined, changedBy: by }, writer);
      };
      await inParallel(ENTRIES_AT_A_TIME, entries, async each => {
        await changeEntry(ledger, each, follow);
      });
    });
    return true;
  } catch (error) {
    const facts = errorFacts(error);
    log('WARN', `What late changes say about rules could not be recorded: ${facts.code}: ${facts.message}`, {
      event: 'Ledger', error: facts,
    });
    return false;
  }
}

/** Without the allowance, it is not known that a scheduled sweep has looked, so rules are left to the next one. */
async function readAllowance(ledger: Ledger): Promise<Allowance | undefined> {
  try {
    return (await ledger.control())?.allowance;
  } catch {
    return undefined;
  }
}
