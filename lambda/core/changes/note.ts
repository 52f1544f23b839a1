/**
 * Writes to the ledger what late changes say about rules: that CloudFormation changes them, and who made them. Another
 * run has read their groups since, so EC2 is not asked again.
 */
import type { ChangeMessage } from './batch';
import { namedBy } from '../decide/changed-by';
import { hasScheduleBegunSince, isAbout } from '../decide/stacks';
import { errorFacts } from '../errors';
import { change as changeEntry, ENTRIES_AT_A_TIME } from '../ledger/change';
import { noted } from '../ledger/entry';
import { inParallel } from '../lists';
import type { Change } from '../model/change';
import type { LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log } from '../ports';

interface Noting {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly runId: string;
}

/** A change of which another run has read groups since. */
export interface LateChange extends ChangeMessage {
  /** The groups that nobody has read since. */
  readonly groupIds: readonly string[];
}

export interface Noted {
  /** The changes that are dealt with. */
  readonly done: readonly ChangeMessage[];
  /** Changes of CloudFormation that could not be recorded. Their messages are to be delivered again. */
  readonly again: readonly ChangeMessage[];
}

export async function noteLate(late: readonly LateChange[], noting: Noting): Promise<Noted> {
  const telling = late.filter(({ change }) => change.isByCloudFormation || change.ruleIds.length > 0);
  try {
    await write(telling.map(({ change }) => change), noting);
    return { done: telling.filter(({ groupIds }) => groupIds.length === 0), again: [] };
  } catch (error) {
    const facts = errorFacts(error);
    noting.log('WARN', `What late changes say about rules could not be recorded: ${facts.code}: ${facts.message}`, {
      event: 'Ledger', error: facts,
    });
    return { done: [], again: telling.filter(({ change }) => change.isByCloudFormation) };
  }
}

async function write(telling: readonly Change[], { ledger, clock, runId }: Noting): Promise<void> {
  // If it is not known that a scheduled sweep has looked, rules are left to the next one.
  const control = telling.some(each => each.isByCloudFormation)
    ? await ledger.control().catch(() => undefined)
    : undefined;
  const now = clock.now();
  const writer = { id: runId, startedAt: now, now };
  const ofStacks = telling.filter(({ isByCloudFormation, at }) =>
    isByCloudFormation && !hasScheduleBegunSince(at, control?.allowance, now));
  const follow = (entry: LedgerEntry | undefined): LedgerEntry | undefined => {
    if (entry === undefined) return undefined;
    const isOfStack = entry.state === 'OPEN' && ofStacks.some(each => isAbout(each, entry.rule));
    // History says who ended a finding.
    const isHistory = entry.state === 'HEALED' || entry.state === 'RESTORED';
    const changedBy = isHistory ? undefined : namedBy(entry.rule, telling, 'there');
    return noted(entry, { stackChangeAt: isOfStack ? now.toISOString() : undefined, changedBy }, writer);
  };
  await inParallel(ENTRIES_AT_A_TIME, [...new Set(telling.flatMap(({ groupIds }) => groupIds))], async groupId => {
    const { entries } = await ledger.ofGroup(groupId);
    await inParallel(ENTRIES_AT_A_TIME, entries, async each => void await changeEntry(ledger, each, follow));
  });
}
