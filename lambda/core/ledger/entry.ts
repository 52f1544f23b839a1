/**
 * The life of a ledger entry: pure functions from an entry, and what was seen or done, to the entry that follows.
 * `docs/ledger.md` draws it.
 *
 * Two runs may work at once, and one may die between any two steps. So no step may lose what is known of a rule that an
 * attempt may have revoked: an entry keeps its attempt until it can have no more effect, and a rule that is gone while
 * there is one counts as revoked, not as healed.
 *
 * A clock may be off. A time that lies further ahead than runs that work side by side can be apart was written by a
 * clock that was ahead: it is taken for no later than now, and a wait that begins at such a time begins anew. So such a
 * clock delays a wait, and never shortens one.
 */
import { isBroken } from '../decide/grace';
import { isAhead, isLater } from '../decide/times';
import type { Check, FoundRule, StaleRule } from '../model/finding';
import type { LedgerEntry, StaleSight } from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import { isSameTraffic } from '../rules/sameness';

/** Who writes, and when. */
export interface Writer {
  /** The run or the restore. */
  readonly id: string;
  /** When it began to look. */
  readonly startedAt: Date;
  /** When it had looked. */
  readonly now: Date;
}

/** A function lives no longer than 15 minutes; what a run began can have its effect until then. */
const ATTEMPT_MILLIS = 16 * 60_000;

/** How long an entry is kept that is only history: healed, or restored. */
const HISTORY_SECONDS = 90 * 24 * 3600;

const STACK_NAME_TAG = 'aws:cloudformation:stack-name';

/**
 * What a run can say of a rule for a check:
 *
 * - `looked`: it looked at the rule's group, so that a rule that it did not find is none
 * - `not-looked`: it did not, or could not; what is known stays
 * - `not-asked`: the configuration no longer asks for it
 */
export type Look = 'looked' | 'not-looked' | 'not-asked';

export type Looks = Readonly<Record<Check, Look>>;

/** How a sighting of a stale rule counts, and what is left of the one before. */
export interface Counting {
  /** Whether the run is a scheduled sweep, which alone counts. */
  readonly counts: boolean;
  /** When the schedule was to run it, ISO 8601 in UTC, where that is known. */
  readonly scheduledTime?: string;
  /** How long no scheduled sweep may have looked for a wait to go on. */
  readonly maxGapSeconds: number;
  /** VPCs for which EC2 named the rule before, and of which the run did not read the answer. */
  readonly unreadVpcIds?: readonly string[];
}

/**
 * A run found the rule.
 *
 * @returns undefined when another run is the one to write: it has tried to revoke the rule since this one began to
 * look, or it has just revoked it, which EC2 may be late to show
 */
export function seen(
  known: LedgerEntry | undefined, finding: FoundRule, group: SecurityGroup | undefined, writer: Writer,
  { looks, ...counting }: Counting & { readonly looks: Looks },
): LedgerEntry | undefined {
  const entry = known && withPlausibleAttempt(known, writer);
  if (entry && isLeftToOther(entry, writer)) return undefined;
  const before = entry && isOpen(entry) ? entry : undefined;
  const isSame = before !== undefined && isSameTraffic(before.rule, finding.rule);
  const { stale, flagged } = finding;
  return {
    ...next(entry, writer),
    securityGroupRuleId: finding.rule.securityGroupRuleId,
    state: 'OPEN',
    ...times(isSame ? before : undefined, writer),
    stale: stale
      ? staleSight(isSame ? before.stale : undefined, stale, writer, counting)
      : looks.stale === 'not-looked'
        ? unproved(before?.stale, isSame)
        : undefined,
    flagged: flagged
      ? {
        verdict: flagged.verdict,
        declarations: flagged.declarations,
        ...times(isSame ? before.flagged : undefined, writer),
      }
      : looks.flagged === 'not-looked'
        ? before?.flagged
        : undefined,
    rule: finding.rule,
    groupName: group?.groupName ?? stale?.groupName,
    vpcId: group?.vpcId ?? entry?.vpcId ?? stale?.vpcId,
    stackName: group?.tags[STACK_NAME_TAG],
    outcome: entry?.outcome,
    // The rule may have been read right when the run began to look, and revoked since.
    attempt: entry?.attempt && mayHaveEffect(entry.attempt, writer.startedAt) ? entry.attempt : undefined,
    earlierRevision: entry?.earlierRevision,
  };
}

/** What the stale check said before of a rule that it did not look at now: a rule that was modified waits anew. */
function unproved(sight: StaleSight | undefined, isSame: boolean): StaleSight | undefined {
  return sight && !isSame ? { ...sight, ...pick() } : sight;
}

function staleSight(
  before: StaleSight | undefined, { reason, vpcId, otherVpcIds = [] }: StaleRule, writer: Writer, counting: Counting,
): StaleSight {
  const { counts, maxGapSeconds, unreadVpcIds = [] } = counting;
  const isKnown = before !== undefined && !isBroken(before.lastSeen, maxGapSeconds, writer.startedAt);
  return {
    reason,
    vpcIds: [...new Set([vpcId, ...otherVpcIds, ...before ? unreadVpcIds : []])],
    ...times(isKnown ? before : undefined, writer),
    ...counts && !isCounted(before, writer, counting) ? counted(before, writer, counting) : pick(before),
  };
}

type Count = Pick<StaleSight, 'sightings' | 'countedSince' | 'countedAt' | 'countedFor'>;

const pick = ({ sightings, countedSince, countedAt, countedFor }: Count = { sightings: 0 }): Count =>
  ({ sightings, countedSince, countedAt, countedFor });

/** An event of the schedule may be delivered twice, or after a later one: it is one sighting. */
const isCounted = (before: Count | undefined, { now }: Writer, { scheduledTime }: Counting): boolean =>
  scheduledTime !== undefined && before?.countedFor !== undefined && scheduledTime <= before.countedFor
    && !isAhead(before.countedFor, now);

/** A scheduled sweep found the rule stale. */
function counted(
  before: Count | undefined, writer: Writer, { maxGapSeconds, scheduledTime: countedFor }: Counting,
): Count {
  const now = writer.now.toISOString();
  const { sightings = 0, countedSince, countedAt } = before ?? {};
  const isUnbroken = countedSince !== undefined && countedAt !== undefined && !isAhead(countedSince, writer.now)
    && !isBroken(countedAt, maxGapSeconds, writer.startedAt);
  if (!isUnbroken) return { sightings: 1, countedSince: now, countedAt: now, countedFor };
  // Sweeps that run side by side look at the same moment: that is one sighting.
  const wasAhead = isAhead(countedAt, writer.now);
  const isNewSighting = wasAhead || countedAt <= writer.startedAt.toISOString();
  return {
    sightings: sightings + (isNewSighting ? 1 : 0),
    countedSince,
    countedAt: countedAt > now && !wasAhead ? countedAt : now,
    countedFor: countedFor ?? before?.countedFor,
  };
}

interface Seen {
  readonly firstSeen: string;
  readonly lastSeen: string;
}

function times(before: Seen | undefined, { now }: Writer): Seen {
  const at = now.toISOString();
  if (before === undefined || isAhead(before.firstSeen, now)) return { firstSeen: at, lastSeen: at };
  return { firstSeen: before.firstSeen, lastSeen: isLater(before.lastSeen, at, now) ? before.lastSeen : at };
}

/** What a run that did not find a rule of the ledger knows of it. */
export interface Absence {
  /** The rule as EC2 has it; `gone` where it has none, absent where that could not be read. */
  readonly rule?: SecurityGroupRule | 'gone';
  readonly looks: Looks;
}

/** Why a finding is closed that nothing removed. */
export const NO_LONGER_LOOKED_FOR = 'NO_LONGER_LOOKED_FOR';

/** A run did not find the rule. @returns undefined when there is nothing to write */
export function notFound(known: LedgerEntry, { rule, looks }: Absence, writer: Writer): LedgerEntry | undefined {
  const entry = withPlausibleAttempt(known, writer);
  if (!isOpen(entry)) return undefined;
  if (rule === 'gone') {
    if (entry.attempt && mayHaveRevoked(entry)) return revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER);
    return gone(entry, writer, 'it was removed, and not by this construct');
  }
  if (rule === undefined) return undefined;
  const isUnderWay = entry.attempt !== undefined && mayHaveEffect(entry.attempt, writer.now);
  const stale = looks.stale === 'not-looked' ? entry.stale : undefined;
  const flagged = looks.flagged === 'not-looked' ? entry.flagged : undefined;
  const isHeld = stale !== undefined || flagged !== undefined || isUnderWay;
  if (!isHeld) return isLetGo(entry, rule, looks) ? letGo(entry, writer) : healed(entry, writer, NO_LONGER_FOUND);
  const isReopened = entry.state === 'PENDING' || entry !== known;
  const isLess = !isUnderWay && (stale !== entry.stale || flagged !== entry.flagged);
  if (!isReopened && !isLess) return undefined;
  return { ...entry, ...next(entry, writer), state: 'OPEN', ...isLess && { stale, flagged } };
}

const NO_LONGER_FOUND = 'it is there, but no longer stale or flagged';

/**
 * Whether the configuration and not the network has closed a finding. What flags a rule depends on the rule and the
 * declarations alone, so that a rule that is as it was is no longer declared.
 */
function isLetGo({ stale, flagged, rule: before }: LedgerEntry, rule: SecurityGroupRule, looks: Looks): boolean {
  const isStaleLetGo = stale === undefined || looks.stale === 'not-asked';
  const isFlaggedLetGo = flagged === undefined || looks.flagged === 'not-asked' || isSameTraffic(before, rule);
  return isStaleLetGo && isFlaggedLetGo && (stale !== undefined || flagged !== undefined);
}

function letGo(entry: LedgerEntry, writer: Writer): LedgerEntry {
  const detail = 'it is there, and the configuration no longer looks for it';
  return closed(entry, writer, { name: NO_LONGER_LOOKED_FOR, detail });
}

/** A run is about to revoke the rule. */
export function pending(entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer): LedgerEntry {
  const attempt = { sweepId: writer.id, at: writer.now.toISOString() };
  return { ...entry, ...next(entry, writer), state: 'PENDING', rule, attempt, expiresAt: undefined };
}

/** Why a rule counts as revoked that this run only found gone. */
export const BEGUN_EARLIER = 'an earlier sweep had begun to revoke it, and it is gone';

/**
 * The rule is gone, by an attempt of this construct. Such an entry never expires.
 *
 * @param sweepId the sweep whose attempt it was
 */
export function revoked(
  entry: LedgerEntry,
  writer: Writer,
  sweepId: string,
  detail?: string,
  rule = entry.rule,
): LedgerEntry {
  return {
    ...entry,
    ...next(entry, writer),
    state: 'REVOKED',
    rule,
    attempt: undefined,
    expiresAt: undefined,
    outcome: {
      name: 'REVOKED',
      sweepId,
      recordedBy: writer.id === sweepId ? undefined : writer.id,
      at: writer.now.toISOString(),
      detail,
    },
  };
}

/** It was recorded as revoked by another sweep; what EC2 said that it revoked is another rule than the one it has. */
export function corrected(entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer): LedgerEntry {
  return { ...entry, ...next(entry, writer), rule };
}

/**
 * The rule was removed by someone else; unless it was revoked once and then shown again, for what can be put back must
 * not expire.
 */
export function gone(entry: LedgerEntry, writer: Writer, detail: string): LedgerEntry {
  if (entry.outcome?.name !== 'REVOKED') return healed(entry, writer, detail);
  return { ...entry, ...next(entry, writer), state: 'REVOKED', attempt: undefined, expiresAt: undefined };
}

/** The rule was removed by someone else, or is no longer what it was found for. */
export function healed(entry: LedgerEntry, writer: Writer, detail: string): LedgerEntry {
  return closed(entry, writer, { name: 'HEALED', detail });
}

function closed(entry: LedgerEntry, writer: Writer, outcome: { name: string; detail: string }): LedgerEntry {
  return {
    ...entry, ...next(entry, writer), state: 'HEALED', attempt: undefined, expiresAt: endOfHistory(writer),
    outcome: { ...outcome, sweepId: writer.id, at: writer.now.toISOString() },
  };
}

/**
 * The attempt is over, and the rule is still there.
 *
 * @param attempt what is left of it: a call that may yet have its effect, an attempt of an earlier sweep, or nothing
 */
export function kept(
  entry: LedgerEntry,
  attempt: LedgerEntry['attempt'],
  outcome: { name: string; detail?: string },
  writer: Writer,
): LedgerEntry {
  const latest = { ...outcome, sweepId: writer.id, at: writer.now.toISOString() };
  return {
    ...entry,
    ...next(entry, writer),
    state: 'OPEN',
    attempt,
    outcome: entry.outcome?.name === 'REVOKED' ? entry.outcome : latest,
  };
}

/** The rule was put back, as a rule with another id. */
export function restored(entry: LedgerEntry, securityGroupRuleId: string, writer: Writer): LedgerEntry {
  const { state, ...past } = entry.attempt ? revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER) : entry;
  return {
    ...past, ...next(entry, writer), state: 'RESTORED', expiresAt: endOfHistory(writer),
    restored: { securityGroupRuleId, restoreId: writer.id, at: writer.now.toISOString() },
  };
}

/**
 * Whether an attempt may have revoked the rule since it was last seen. A run writes when it had looked, which is up to
 * the life of a function after it has read the rule.
 */
export function mayHaveRevoked({ state, attempt, lastSeen }: LedgerEntry): boolean {
  if (attempt === undefined) return false;
  return state === 'PENDING' || mayHaveEffect(attempt, new Date(Date.parse(lastSeen) - ATTEMPT_MILLIS));
}

/**
 * An attempt of a clock that was ahead counts as one that was made just before this sweep began: when it was made is
 * not known.
 */
function withPlausibleAttempt(entry: LedgerEntry, { startedAt, now }: Writer): LedgerEntry {
  if (entry.attempt === undefined || !isAhead(entry.attempt.at, now)) return entry;
  return { ...entry, attempt: { ...entry.attempt, at: new Date(startedAt.getTime() - 1).toISOString() } };
}

/**
 * What another sweep has read and attempted since must not be overwritten by an older reading: the attempt may yet
 * revoke what that one read.
 */
function isLeftToOther({ state, attempt, outcome }: LedgerEntry, { startedAt, now }: Writer): boolean {
  if (attempt !== undefined && attempt.at >= startedAt.toISOString()) return true;
  if (state !== 'REVOKED' && state !== 'RESTORED') return false;
  return outcome === undefined || (millisSince(outcome.at, startedAt) < ATTEMPT_MILLIS && !isAhead(outcome.at, now));
}

function next(entry: LedgerEntry | undefined, { id }: Writer): Pick<LedgerEntry, 'revision' | 'writtenBy'> {
  return { revision: (entry?.revision ?? 0) + 1, writtenBy: id };
}

const mayHaveEffect = ({ at }: NonNullable<LedgerEntry['attempt']>, now: Date): boolean =>
  millisSince(at, now) < ATTEMPT_MILLIS;

const millisSince = (iso: string, now: Date): number => now.getTime() - Date.parse(iso);

/** When what is only history by now may be forgotten, in seconds since 1970. */
export const endOfHistory = ({ now }: Writer): number => Math.floor(now.getTime() / 1000) + HISTORY_SECONDS;

/** Whether there is a finding, which may be about to be revoked. */
export const isOpen = (entry: LedgerEntry | undefined): boolean =>
  entry?.state === 'OPEN' || entry?.state === 'PENDING';
