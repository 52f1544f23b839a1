/**
 * Writes to the ledger which security groups are unused, and since when.
 *
 * A group is only being watched until it has been unused for long enough. If a sweep could not look everywhere, it
 * neither counts as a sighting nor starts the time over. If something uses the group, the time starts over next time.
 * A finding is taken back if the configuration now asks for a longer wait. An entry is written only when something has
 * changed.
 */
import { isDeepStrictEqual } from 'node:util';
import { changeBy, ENTRIES_AT_A_TIME } from './change';
import { endOfHistory, STACK_NAME_TAG, type Writer } from './entry';
import type { UnusedSecurityGroupsConfiguration } from '../../../src/contract/configuration';
import { isAhead, isLater } from '../decide/times';
import { errorFacts, isAboutOneItem, UNREADABLE_ITEM } from '../errors';
import { inParallel } from '../lists';
import type { UnusedGroupEntry } from '../model/ledger';
import type { GroupUses, ScanError } from '../model/observation';
import type { UnusedGroupChange, UnusedGroups } from '../model/result';
import type { Run } from '../model/scope';
import type { GroupWithUse } from '../model/unused-groups';
import type { Ledger } from '../ports';

const DOING = 'recording unused security groups in the ledger';

export interface UnusedGroupBooks extends Omit<UnusedGroups, 'isWhole'> {
  /** The errors of entries that could not be read or written. The changes that were written are in `changes`. */
  readonly errors: readonly ScanError[];
}

export interface Keeping {
  readonly ledger: Pick<Ledger, 'unusedGroups' | 'putUnusedGroup'>;
  readonly writer: Writer;
  readonly run: Run;
  /** Absent: unused groups are no longer looked for. */
  readonly wait?: UnusedSecurityGroupsConfiguration;
  /** Whether the ledger can be trusted. Only then are the entries of groups that are gone settled. */
  readonly isTrusted: boolean;
}

/**
 * @param uses absent if unused groups are no longer looked for
 * @throws when the ledger cannot be read
 */
export async function keepUnusedGroups(uses: GroupUses | undefined, keeping: Keeping): Promise<UnusedGroupBooks> {
  const { ledger, writer, isTrusted } = keeping;
  const { entries, unreadable } = await ledger.unusedGroups();
  const known = new Map(entries.map(entry => [entry.groupId, entry]));
  const unreadableIds = new Set(unreadable.map(({ id }) => id));
  const errors: ScanError[] = unreadable.map(({ id: resourceId, message }) =>
    ({ doing: DOING, resourceId, error: { code: UNREADABLE_ITEM, message } }));
  const isAbsent = uses === undefined || (uses.isListWhole && isTrusted);
  // An unreadable item is left unchanged.
  const looks = [...new Set([...uses?.groups.keys() ?? [], ...known.keys()])].filter(id => !unreadableIds.has(id));
  const left = new Map<string, UnusedGroupEntry>();
  const changes: UnusedGroupChange[] = [];
  let hasFailed = false;
  await inParallel(ENTRIES_AT_A_TIME, looks, async id => {
    if (hasFailed) return;
    const current = known.get(id);
    const found = uses?.groups.get(id);
    // Almost every group is used, and has no entry.
    if (current === undefined && found?.use.kind !== 'unused') return;
    try {
      const { isWritten, previous, entry } = await changeBy(
        each => ledger.putUnusedGroup(each),
        current,
        before => {
          // A sweep that looked later has already written the entry.
          if (before && isLater(before.writtenAt, writer.startedAt.toISOString(), writer.now)) return undefined;
          const after = found ? looked(found, before, keeping)
            : before && (isAbsent ? settled(before, writer) : unlisted(before, uses, writer));
          return after === undefined || (before && isSame(after, before)) ? undefined : after;
        },
      );
      if (entry?.state === 'OPEN') left.set(id, entry);
      if (isWritten) changes.push(...changesOf(entry, previous, uses === undefined));
    } catch (thrown) {
      const error = errorFacts(thrown);
      if (isAboutOneItem(error)) {
        errors.push({ doing: DOING, resourceId: id, error });
      } else {
        if (!hasFailed) errors.push({ doing: DOING, error });
        hasFailed = true;
      }
    }
  });
  return { entries: looks.flatMap(id => left.get(id) ?? []), changes, errors };
}

/** @returns the entry after a look at its group; undefined if there is nothing to record */
function looked(
  { group, use }: GroupWithUse, before: UnusedGroupEntry | undefined, { writer, run, wait }: Keeping,
): UnusedGroupEntry | undefined {
  const isOpen = before?.state === 'OPEN';
  if (use.kind === 'used') return before && isOpen ? settled(before, writer, use.by) : before;
  if (use.kind === 'unknown') {
    if (!before || !isOpen) return before;
    const reportedAt = isLongEnough(before, wait, writer.now) ? before.reportedAt : undefined;
    return { ...before, ...written(before, writer), reportedAt, notLookedAt: use.notLookedAt };
  }
  const { groupId, groupName, vpcId, tags } = group;
  const now = writer.now.toISOString();
  // The time of a clock that was ahead is meaningless.
  const watched = before && isOpen && !isAhead(before.since, writer.now) ? before : undefined;
  const entry: UnusedGroupEntry = {
    groupId, groupName, vpcId, stackName: tags[STACK_NAME_TAG],
    state: 'OPEN', since: watched?.since ?? now, ...countedBy(run, watched, wait), ...written(before, writer),
  };
  return isLongEnough(entry, wait, writer.now) ? { ...entry, reportedAt: watched?.reportedAt ?? now } : entry;
}

/** Returns the entry after a sweep that could not list the groups, so that its group may be gone. */
function unlisted(before: UnusedGroupEntry, uses: GroupUses | undefined, writer: Writer): UnusedGroupEntry {
  if (before.state !== 'OPEN' || uses === undefined || uses.isListWhole) return before;
  return { ...before, ...written(before, writer), notLookedAt: uses.notLookedAt };
}

type Counted = Pick<UnusedGroupEntry, 'sightings' | 'countedFor'>;

/** Counts a scheduled sweep. An event of the schedule that is delivered twice, or out of order, counts once. */
function countedBy(
  { trigger, scheduledTime }: Run, before: UnusedGroupEntry | undefined,
  wait: UnusedSecurityGroupsConfiguration | undefined,
): Counted {
  const { sightings = 0, countedFor } = before ?? {};
  const isKnown = scheduledTime !== undefined && countedFor !== undefined && scheduledTime <= countedFor;
  // Nothing depends on further sightings, and each would be written.
  const isEnough = wait !== undefined && sightings >= wait.sightings;
  if (trigger !== 'schedule' || isKnown || isEnough) return { sightings, countedFor };
  return { sightings: sightings + 1, countedFor: scheduledTime ?? countedFor };
}

function isLongEnough(
  { since, sightings }: UnusedGroupEntry, wait: UnusedSecurityGroupsConfiguration | undefined, now: Date,
): boolean {
  return wait !== undefined && sightings >= wait.sightings
    && now.getTime() - Date.parse(since) >= wait.afterSeconds * 1000;
}

/** @param usedBy what uses the group; absent if it is gone, or no longer looked for */
function settled(before: UnusedGroupEntry, writer: Writer, usedBy?: string): UnusedGroupEntry {
  if (before.state === 'HEALED') return before;
  return {
    ...before, ...written(before, writer), state: 'HEALED', notLookedAt: undefined, usedBy,
    expiresAt: endOfHistory(writer),
  };
}

type Written = Pick<UnusedGroupEntry, 'revision' | 'writtenBy' | 'writtenAt'>;

const written = (before: UnusedGroupEntry | undefined, { id, now }: Writer): Written =>
  ({ revision: (before?.revision ?? 0) + 1, writtenBy: id, writtenAt: now.toISOString() });

function changesOf(
  entry: UnusedGroupEntry, previous: UnusedGroupEntry | undefined, isLetGo: boolean,
): UnusedGroupChange[] {
  const wasFinding = previous?.state === 'OPEN' && previous.reportedAt !== undefined;
  if (entry.state === 'OPEN') {
    const isFinding = entry.reportedAt !== undefined;
    if (isFinding === wasFinding) return [];
    return [isFinding ? { change: 'OPENED', entry }
      : { change: 'WAITING', entry: { ...entry, reportedAt: previous?.reportedAt } }];
  }
  return wasFinding ? [{ change: isLetGo ? 'LET_GO' : 'HEALED', entry }] : [];
}

/** Whether two entries are equal, apart from who wrote them and when. */
function isSame(a: UnusedGroupEntry, b: UnusedGroupEntry): boolean {
  const facts = ({ revision, writtenBy, writtenAt, ...entry }: UnusedGroupEntry): unknown =>
    JSON.parse(JSON.stringify(entry));
  return isDeepStrictEqual(facts(a), facts(b));
}
