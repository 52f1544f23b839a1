/** Returns the findings of a run: those that are open, and those that it saw end. */
import { type Draft, groupFinding, type Importing, type Resolution, resolutionOf, ruleFinding } from './finding';
import { outcomeFacts } from '../act/outcomes';
import { isOpen } from '../ledger/entry';
import { ruleKey, unusedGroupKey } from '../ledger/imported-findings';
import type { LedgerEntry, UnusedGroupEntry } from '../model/ledger';
import type { RevocationOutcome, SweepResult } from '../model/result';

/** The findings of a run, by their keys. */
export interface Seen {
  readonly open: ReadonlyMap<string, Draft>;
  /** The open findings that the run could not look at. They are only written if they have to be imported again. */
  readonly hidden: ReadonlyMap<string, () => Draft>;
  readonly ended: ReadonlyMap<string, Draft>;
  /** The findings that the run has opened. */
  readonly opened: ReadonlySet<string>;
}

type Result = Pick<SweepResult, 'entries' | 'hidden' | 'changes' | 'outcomes' | 'unusedGroups'>;

export function seenIn({ entries, hidden, changes, outcomes, unusedGroups }: Result, importing: Importing): Seen {
  const found = entries ?? new Map<string, LedgerEntry>();
  const gone = new Map(outcomes.filter(({ outcome }) => !outcomeFacts(outcome).isThere)
    .map(each => [each.rule.securityGroupRuleId, each] as const));
  const open = new Map<string, Draft>();
  const ended = new Map<string, Draft>();
  for (const [id, entry] of found) {
    const outcome = gone.get(id);
    if (outcome === undefined && isOpen(entry)) open.set(ruleKey(entry.rule), ruleFinding(entry, importing));
    const resolution = outcome && resolutionBy(outcome);
    if (resolution) ended.set(ruleKey(entry.rule), ruleFinding(entry, importing, resolution));
  }
  for (const { entry } of changes) {
    // Most changes are of a finding that stays open: what was announced, asked for, or exempt.
    if (!isOpen(entry)) ended.set(ruleKey(entry.rule), ruleFinding(entry, importing, resolutionOf(entry)));
  }
  for (const entry of unusedGroups?.entries ?? []) {
    if (isFinding(entry)) open.set(unusedGroupKey(entry.groupId), groupFinding(entry, importing));
  }
  for (const { change, entry } of unusedGroups?.changes ?? []) {
    if (change !== 'OPENED') ended.set(unusedGroupKey(entry.groupId), groupFinding(entry, importing, change));
  }
  const openedRules = changes.filter(({ change }) => change === 'OPENED').map(({ entry }) => ruleKey(entry.rule));
  const openedGroups = (unusedGroups?.changes ?? []).filter(({ change }) => change === 'OPENED')
    .map(({ entry }) => unusedGroupKey(entry.groupId));
  return {
    open, ended, opened: new Set([...openedRules, ...openedGroups]),
    hidden: new Map(hidden.map(entry => [ruleKey(entry.rule), () => ruleFinding(entry, importing)])),
  };
}

/** Whether an unused group counts as a finding. */
export const isFinding = ({ state, reportedAt }: UnusedGroupEntry): boolean =>
  state === 'OPEN' && reportedAt !== undefined;

/**
 * Returns how a rule has ended that the run found and that is gone now. If the ledger does not say so yet, the next
 * sweep does.
 */
function resolutionBy({ outcome, ledgerError }: RevocationOutcome): Resolution | undefined {
  if (outcomeFacts(outcome).isRecorded) return 'REVOKED';
  return outcome === 'ALREADY_GONE' && !ledgerError ? 'HEALED' : undefined;
}
