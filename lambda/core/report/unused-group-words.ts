/** Reports unused security groups: counts, log lines and events. */
import { GROUP_HOLDERS_NOT_LOOKED_AT } from '../../../src/contract/group-holders';
import { EventType, Metric, type MetricName } from '../../../src/contract/names';
import type { LogLevel } from '../model/delivery';
import type { UnusedGroupEntry } from '../model/ledger';
import type { SweepResult, UnusedGroupChange } from '../model/result';
import type { LogFields } from '../ports';

/** A line of the log. */
interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/**
 * Returns the counts. A sweep that could not look everywhere does not know how many groups are unused, and one that
 * could not list the groups knows nothing.
 */
export function unusedGroupCounts(
  { observation: { groupUses }, unusedGroups }: Pick<SweepResult, 'observation' | 'unusedGroups'>,
): Partial<Record<MetricName, number>> {
  if (!groupUses?.isListWhole) return {};
  const unknown = [...groupUses.groups.values()].filter(({ use }) => use.kind === 'unknown').length;
  return {
    ...unknown === 0 && unusedGroups?.isWhole && {
      [Metric.UNUSED_SECURITY_GROUPS]: unusedGroups.entries.filter(isFinding).length,
    },
    [Metric.SECURITY_GROUPS_WITH_UNKNOWN_USE]: unknown,
  };
}

/** Whether a group has been unused for long enough. */
const isFinding = ({ reportedAt }: UnusedGroupEntry): boolean => reportedAt !== undefined;

/** Returns a line for each finding and each finding that ended. Groups that are only being watched have none. */
export function unusedGroupLines({ unusedGroups }: SweepResult): Line[] {
  if (unusedGroups === undefined) return [];
  const fieldsOf = (entry: UnusedGroupEntry): LogFields => ({ event: 'UnusedGroup', ...factsOf(entry) });
  return [
    ...unusedGroups.entries.filter(isFinding).map((entry): Line => ({
      level: 'WARN', message: unusedMessage(entry), fields: { ...fieldsOf(entry), ...limitsOf(entry) },
    })),
    ...unusedGroups.changes.filter(({ change }) => change !== 'OPENED').map((changed): Line => ({
      level: 'INFO', message: resolvedMessage(changed),
      fields: { ...fieldsOf(changed.entry), change: changed.change, usedBy: changed.entry.usedBy },
    })),
  ];
}

/** An event without the fields that all events of a run share. */
export function unusedGroupEvent(changed: UnusedGroupChange): {
  readonly type: typeof EventType.UNUSED_SECURITY_GROUP_FOUND | typeof EventType.UNUSED_SECURITY_GROUP_RESOLVED;
  readonly message: string;
  readonly detail: Record<string, unknown>;
} {
  const { change, entry } = changed;
  if (change === 'OPENED') {
    const detail = { ...factsOf(entry), notLookedAt: GROUP_HOLDERS_NOT_LOOKED_AT };
    return { type: EventType.UNUSED_SECURITY_GROUP_FOUND, message: unusedMessage(entry), detail };
  }
  const resolution = change === 'LET_GO' ? 'NO_LONGER_LOOKED_FOR' : change === 'WAITING' ? 'WAITING'
    : entry.usedBy === undefined ? 'GONE' : 'USED';
  return {
    type: EventType.UNUSED_SECURITY_GROUP_RESOLVED, message: resolvedMessage(changed),
    detail: { ...factsOf(entry), resolution, usedBy: entry.usedBy },
  };
}

function factsOf(
  { groupId, groupName, vpcId, stackName, since, sightings, reportedAt }: UnusedGroupEntry,
): Record<string, unknown> {
  return { groupId, groupName, vpcId, stackName, since, sightings, reportedAt };
}

/** Says what the latest sweep could not look at, and what no sweep looks at. */
const limitsOf = ({ notLookedAt }: UnusedGroupEntry): Record<string, unknown> =>
  ({ couldNotLookAt: notLookedAt, notLookedAt: GROUP_HOLDERS_NOT_LOOKED_AT });

/** Says what is known about an unused group, in a sentence. */
export function unusedMessage(entry: UnusedGroupEntry): string {
  const { since, stackName, notLookedAt } = entry;
  const owner = stackName === undefined ? '' : `. The stack ${stackName} owns it`;
  const doubt = notLookedAt === undefined ? '' : `. The latest sweep could not look at ${notLookedAt.join(', ')}`;
  return `Security group ${groupNamed(entry)} is unused since ${since}: ${WHY_UNUSED}${owner}${doubt}`;
}

/** Says why a group counts as unused. */
export const WHY_UNUSED = 'no network interface has it, no rule refers to it, and no resource that was looked at names it';

function resolvedMessage({ change, entry }: UnusedGroupChange): string {
  const about = `Security group ${groupNamed(entry)}`;
  if (change === 'LET_GO') return `${about} is no longer looked at, because the configuration ignores unused groups`;
  if (change === 'WAITING') return `${about} is unused, but not for as long as the configuration now asks for`;
  return entry.usedBy === undefined
    ? `${about} is gone, or no longer in scope; it was unused`
    : `${about} is used again, by ${entry.usedBy}`;
}

const groupNamed = ({ groupId, groupName }: UnusedGroupEntry): string =>
  groupName ? `${groupId} (${groupName})` : groupId;
