/**
 * Determines which changes runs have dealt with, so that duplicates, disorder and old events cost nothing. The record
 * is only a saving: in doubt a group is read.
 */
import { createHash } from 'node:crypto';
import type { Identified } from './parse';
import { beganAfter } from '../decide/times';
import type { Change } from '../model/change';
import type { ChangesEntry, SweepEntry } from '../model/ledger';
import type { ScanError } from '../model/observation';
import type { SweepResult } from '../model/result';

/** The ledger's record of earlier runs. */
export interface Readings {
  /** Absent if the ledger has no such item, or the item cannot be read. */
  readonly entry?: ChangesEntry;
  /** Absent if the ledger has no such item, or the item cannot be read. */
  readonly sweep?: SweepEntry;
  /** Whether the entry can be read. If not, it cannot be written either. */
  readonly isReadable: boolean;
}

/** The changes that a batch has dealt with. */
export interface Dealt {
  /** The groups that its run has read. */
  readonly groupIds: readonly string[];
  /** The time at which its run began to read. */
  readonly readAt: Date;
  /** The identities of its events. */
  readonly identities: readonly string[];
}

/** The numbers of groups and events that are remembered. A record has at most 400 KB, and each write costs by size. */
const MOST_GROUPS = 500;
const MOST_EVENTS = 500;

/** @returns the time at which the latest full sweep began, if it could look at all rules */
export function fullSweepAt({ sweep }: Pick<Readings, 'sweep'>): string | undefined {
  return sweep?.looksAtRules && sweep.scanErrors === 0 ? sweep.startedAt : undefined;
}

export function isDealtWith({ identity }: Identified, { entry }: Pick<Readings, 'entry'>): boolean {
  return identity !== undefined && entry?.events.includes(digestOf(identity)) === true;
}

/** Returns the groups of a change that no run has read since. */
export function groupsLeft({ groupIds, at }: Pick<Change, 'groupIds' | 'at'>, readings: Pick<Readings, 'entry' | 'sweep'>, now: Date): string[] {
  const all = [...new Set(groupIds)];
  if (at === undefined) return all;
  const fullSweep = fullSweepAt(readings);
  if (fullSweep !== undefined && beganAfter(fullSweep, at, now)) return [];
  const readAt = new Map(Object.entries(readings.entry?.readAt ?? {}));
  return all.filter(groupId => !beganAfter(readAt.get(groupId) ?? '', at, now));
}

/**
 * Returns the record after a batch. Groups that a full sweep has read since are left out.
 *
 * @param fullSweep the time at which that full sweep began
 */
export function afterDealing(
  entry: ChangesEntry | undefined, { groupIds, readAt, identities }: Dealt, now: Date, fullSweep = '',
): Pick<ChangesEntry, 'readAt' | 'events'> {
  const [at, latestBelievable] = [readAt.toISOString(), now.toISOString()];
  const times = new Map(Object.entries(entry?.readAt ?? {}));
  for (const groupId of groupIds) {
    const before = times.get(groupId);
    // Another run may have begun since. A time that is ahead is from a wrong clock.
    if (before === undefined || before < at || before > latestBelievable) times.set(groupId, at);
  }
  const latest = [...times].filter(([, time]) => time >= fullSweep).sort(([, a], [, b]) => b.localeCompare(a));
  const digests = identities.map(digestOf);
  const before = entry?.events.filter(each => !digests.includes(each)) ?? [];
  return {
    readAt: Object.fromEntries(latest.slice(0, MOST_GROUPS)),
    events: [...new Set([...before, ...digests])].slice(-MOST_EVENTS),
  };
}

const digestOf = (identity: string): string => createHash('sha256').update(identity).digest('hex').slice(0, 16);

/**
 * Returns the groups that a run over some groups could not read, or in which it did not try what it had planned, for
 * example because it ran out of time, or the schedule opened the next allowance. An error about no group and no VPC may
 * have hidden any of them.
 */
export function groupsAgain(
  { observation, outcomes, ledgerFailure }: SweepResult, groupIds: readonly string[],
): Set<string> {
  const { errors, groups, coverage } = observation;
  const untried = new Set(outcomes.filter(({ outcome }) => outcome === 'SKIPPED').map(({ rule }) => rule.groupId));
  const isLeft = (groupId: string): boolean =>
    ledgerFailure !== undefined
    || untried.has(groupId)
    || coverage.stale.unreadGroupIds.has(groupId)
    || coverage.flagged.unreadGroupIds.has(groupId)
    || errors.some(error => mayHide(error, groupId, groups.get(groupId)?.vpcId));
  return new Set(groupIds.filter(isLeft));
}

/**
 * Returns the groups with rules that another run is about to revoke. They do not count as read: if that run does not
 * succeed, its message is delivered again.
 */
export function groupsOfOthers({ plan, outcomes }: SweepResult): Set<string> {
  return new Set([
    ...plan.keep.filter(({ reason }) => reason === 'LEFT_TO_OTHER').map(({ groupId }) => groupId),
    ...outcomes.filter(({ outcome }) => outcome === 'LEFT_TO_OTHER').map(({ rule }) => rule.groupId),
  ]);
}

function mayHide(
  { resourceId, vpcId: place, isOnlyDeciding }: ScanError, groupId: string, vpcId: string | undefined,
): boolean {
  // Such a rule is kept and reported, and the next scheduled sweep looks again.
  if (isOnlyDeciding) return false;
  if (resourceId?.startsWith('sg-')) return resourceId === groupId;
  // Prefix lists and stacks decide about rules that were read. Such a rule is kept, and reported.
  if (resourceId !== undefined && !resourceId.startsWith('sgr-')) return false;
  return place === undefined || vpcId === undefined || place === vpcId;
}
