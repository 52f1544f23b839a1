/**
 * The life cycle of a ledger entry: pure functions that return the next entry. `docs/ledger.md` has a diagram.
 *
 * Two runs may work at once, and a run may die between any two steps. Therefore no step may forget that an attempt may
 * have revoked a rule: an entry keeps its attempt until the attempt can no longer take effect, and if the rule is gone
 * before that, it counts as revoked and not as healed.
 *
 * Clocks may be wrong. If a time is further in the future than parallel runs can be apart, the clock that wrote it was
 * ahead: the time counts as no later than now, and a wait that starts at such a time starts over. A clock that was
 * ahead can therefore delay a revocation, but never hasten it.
 */
import { isPostponed, outlasting, recordOf, startsOver } from './exemption';
import { notFinal, planned, standing, stayingWords } from './replacement';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import { ATTEMPT_MILLIS, isBeingReplaced, mayHaveEffect } from '../decide/attempts';
import { isSameEvent } from '../decide/changed-by';
import { hasLongerGap, isBroken } from '../decide/grace';
import { isAhead, isLater } from '../decide/times';
import type { ChangedBy } from '../model/change';
import type { Check, FlaggedRule, FoundRule, StaleRule } from '../model/finding';
import type {
  DeclarationSight, FlaggedSight, LedgerEntry, ReplacementRecord, RuleExemption, Sightings, StaleSight,
} from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import { isSameTraffic } from '../rules/sameness';

/** The writer of an entry, and its times. */
export interface Writer {
  /** The id of the run or the restore. */
  readonly id: string;
  /** The time at which it began to look. */
  readonly startedAt: Date;
  /** The time at which it had looked. */
  readonly now: Date;
}

/** The time for which healed and restored entries are kept as history. */
const HISTORY_SECONDS = 90 * 24 * 3600;

/** The tag that CloudFormation gives to what it creates. */
export const STACK_NAME_TAG = 'aws:cloudformation:stack-name';

/**
 * Whether a check looked at a rule in a run.
 *
 * - `looked`: the run looked at the rule's group, so a rule that it did not find does not belong to the check
 * - `not-looked`: the run did not or could not look; what is known stays
 * - `not-asked`: the configuration no longer asks for the check
 */
export type Look = 'looked' | 'not-looked' | 'not-asked';

export type Looks = Readonly<Record<Check, Look>>;

/** How a sighting of a rule counts. */
export interface Counting {
  /** Whether the run is a scheduled sweep. Only those count. */
  readonly counts: boolean;
  /** The time at which the schedule was due, in ISO 8601 and UTC, if known. */
  readonly scheduledTime?: string;
  /** The longest time without a scheduled sweep for the wait of a stale rule to continue. */
  readonly maxGapSeconds: number;
  /** The same for each declaration with a wait, by its digest. */
  readonly flaggedGaps?: ReadonlyMap<string, number>;
  /** The VPCs for which EC2 named the rule before, and which the run could not read. */
  readonly unreadVpcIds?: readonly string[];
}

/** A sighting of a rule. */
interface Sighting extends Counting {
  readonly looks: Looks;
  /** The exemption by the tags of the rule and its group, as far as they could be read. */
  readonly exemption?: RuleExemption;
  /** The caller that made or modified the rule, if a change of the run did. */
  readonly changedBy?: ChangedBy;
}

/**
 * Returns the entry after a run has found the rule.
 *
 * @returns undefined if another run has to write the entry: it has tried to revoke the rule since this run began to
 * look, or has just revoked it, which EC2 may show late
 */
export function seen(
  written: LedgerEntry | undefined, finding: FoundRule, group: SecurityGroup | undefined, writer: Writer,
  { looks, changedBy, exemption, ...given }: Sighting,
): LedgerEntry | undefined {
  const entry = written && withPlausibleAttempt(written, writer);
  if (entry && (isLeftToOther(entry, writer) || isBeingReplaced(entry, writer.now))) return undefined;
  const before = entry && isOpen(entry) ? entry : undefined;
  const isSame = before !== undefined && isSameTraffic(before.rule, finding.rule);
  const { stale, flagged } = finding;
  const exempt = recordOf(before?.exemption, exemption, group !== undefined);
  const counting = { ...given, counts: given.counts && !isPostponed(exempt, writer.now) };
  const isVoid = (sight: Partial<Sightings>): boolean => !isSame || startsOver(sight, exempt, writer.now);
  const [staleBefore, flaggedBefore] = [
    uncountedIf(isVoid, before?.stale), uncountedFlaggedIf(isVoid, before?.flagged),
  ];
  return {
    ...next(entry, writer),
    securityGroupRuleId: finding.rule.securityGroupRuleId,
    state: 'OPEN',
    ...times(isSame ? before : undefined, writer),
    stale: stale
      ? staleSight(isSame ? staleBefore : undefined, stale, writer, counting)
      : looks.stale === 'not-looked' ? staleBefore : undefined,
    flagged: flagged
      ? flaggedSight(isSame ? flaggedBefore : undefined, flagged, writer, counting)
      : looks.flagged === 'not-looked' ? flaggedBefore : undefined,
    rule: finding.rule,
    groupName: group?.groupName ?? stale?.groupName,
    vpcId: group?.vpcId ?? entry?.vpcId ?? stale?.vpcId,
    stackName: group?.tags[STACK_NAME_TAG],
    stackChangeAt: before?.stackChangeAt,
    outcome: entry?.outcome,
    // The rule may have been read at the start of the run and revoked since, so the attempt stays.
    attempt: entry?.attempt && mayHaveEffect(entry.attempt, writer.startedAt) ? entry.attempt : undefined,
    replacement: entry?.replacement,
    earlierRevision: entry?.earlierRevision,
    exemption: exempt,
    ...outlasting(isSame ? before : {}, exempt),
    changedBy: laterOf(isSame ? before.changedBy : undefined, changedBy),
  };
}

/**
 * Returns the entry after a change has arrived late, which says that CloudFormation changes the rule, or who made it.
 *
 * @returns undefined if the entry says so already
 */
export function noted(
  entry: LedgerEntry, { stackChangeAt, changedBy }: Pick<LedgerEntry, 'stackChangeAt' | 'changedBy'>, writer: Writer,
): LedgerEntry | undefined {
  const by = laterOf(entry.changedBy, changedBy);
  const isKnown = by === undefined || (entry.changedBy !== undefined && isSameEvent(by, entry.changedBy));
  if (stackChangeAt === undefined && isKnown) return undefined;
  return { ...entry, ...next(entry, writer), stackChangeAt: stackChangeAt ?? entry.stackChangeAt, changedBy: by };
}

/** SQS may deliver an event late, after that of a later change. */
function laterOf(known: ChangedBy | undefined, changedBy: ChangedBy | undefined): ChangedBy | undefined {
  if (known?.at === undefined || changedBy === undefined) return changedBy ?? known;
  const isLate = changedBy.at === undefined || Date.parse(changedBy.at) < Date.parse(known.at);
  return isLate ? known : changedBy;
}

/** The principal that made the rule what it was is not to blame for other traffic. */
const changedByFor = ({ rule: before, changedBy }: LedgerEntry, rule: SecurityGroupRule): ChangedBy | undefined =>
  isSameTraffic(before, rule) ? changedBy : undefined;

type IsVoid = (sight: Partial<Sightings>) => boolean;

/** Returns the earlier result of the stale check. If what was counted is void, the wait starts over. */
function uncountedIf(isVoid: IsVoid, sight: StaleSight | undefined): StaleSight | undefined {
  return sight && isVoid(sight) ? { ...sight, ...pick() } : sight;
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

function flaggedSight(
  before: FlaggedSight | undefined, flagged: FlaggedRule, writer: Writer, counting: Counting,
): FlaggedSight {
  const { verdict, declarations } = flagged;
  return {
    verdict,
    declarations: declarations.map(each => {
      // Names change when declarations are added or removed, so the digest tells them apart.
      const known = before?.declarations.find(({ id }) => id === each.id);
      return each.id === undefined ? each : { ...each, ...declarationCount(known, each.id, flagged, writer, counting) };
    }),
    ...times(before, writer),
  };
}

/** Counts only a sweep that proved that the declaration flags the rule. Others leave the count as it is. */
function declarationCount(
  known: DeclarationSight | undefined, id: string, { verdict }: FlaggedRule, writer: Writer, counting: Counting,
): Sightings {
  const own = { ...counting, maxGapSeconds: counting.flaggedGaps?.get(id) ?? Infinity };
  const isNew = counting.counts && verdict === 'flagged' && !isCounted(known, writer, own);
  return isNew ? counted(known, writer, own) : pick(known);
}

/** Returns the earlier result of the check for flagged rules. The waits whose counts are void start over. */
function uncountedFlaggedIf(isVoid: IsVoid, sight: FlaggedSight | undefined): FlaggedSight | undefined {
  return sight && {
    ...sight,
    declarations: sight.declarations.map(each =>
      each.id !== undefined && isVoid(each) ? { ...each, ...pick() } : each),
  };
}

const pick = (
  { sightings = 0, countedSince, countedAt, countedFor, longestGapSeconds }: Partial<Sightings> = {},
): Sightings => ({ sightings, countedSince, countedAt, countedFor, longestGapSeconds });

/** An event of the schedule may be delivered twice or out of order. It counts as one sighting. */
const isCounted = (before: Partial<Sightings> | undefined, { now }: Writer, { scheduledTime }: Counting): boolean =>
  scheduledTime !== undefined && before?.countedFor !== undefined && scheduledTime <= before.countedFor
    && !isAhead(before.countedFor, now);

/** Counts a scheduled sweep that found the rule. */
function counted(
  before: Partial<Sightings> | undefined, writer: Writer, { maxGapSeconds, scheduledTime: countedFor }: Counting,
): Sightings {
  const now = writer.now.toISOString();
  const { sightings = 0, countedSince, countedAt } = before ?? {};
  const isUnbroken = countedSince !== undefined && countedAt !== undefined && !isAhead(countedSince, writer.now)
    && !isBroken(countedAt, maxGapSeconds, writer.startedAt) && !hasLongerGap(before, maxGapSeconds);
  if (!isUnbroken) return { sightings: 1, countedSince: now, countedAt: now, countedFor };
  // Parallel sweeps look at the same state, so they count as one sighting.
  const wasAhead = isAhead(countedAt, writer.now);
  const isNewSighting = wasAhead || countedAt <= writer.startedAt.toISOString();
  return {
    sightings: sightings + (isNewSighting ? 1 : 0),
    countedSince,
    countedAt: countedAt > now && !wasAhead ? countedAt : now,
    countedFor: countedFor ?? before?.countedFor,
    ...gapOf(before, countedAt, writer, maxGapSeconds),
  };
}

/**
 * Records the longest gap where none ends a wait. A wait that is declared later has a longest gap of its own, and must
 * not go back beyond it.
 */
function gapOf(
  { longestGapSeconds = 0 }: Partial<Sightings> = {}, countedAt: string, { startedAt }: Writer, maxGapSeconds: number,
): Pick<Sightings, 'longestGapSeconds'> {
  const gap = maxGapSeconds === Infinity ? (startedAt.getTime() - Date.parse(countedAt)) / 1000 : 0;
  const longest = Math.max(longestGapSeconds, Math.round(gap));
  return longest > 0 ? { longestGapSeconds: longest } : {};
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

/** The facts that a run has about a rule that is in the ledger, and that it did not find. */
export interface Absence {
  /** The rule as EC2 has it, or `gone` if it does not exist. Absent if it could not be read. */
  readonly rule?: SecurityGroupRule | 'gone';
  readonly looks: Looks;
  /** The caller that removed or modified the rule, if a change of the run did. */
  readonly endedBy?: ChangedBy;
}

/** The outcome of a finding that the configuration has closed. */
export const NO_LONGER_LOOKED_FOR = 'NO_LONGER_LOOKED_FOR';

/** Returns the entry after a run has not found the rule. @returns undefined if there is nothing to write */
export function notFound(known: LedgerEntry, absence: Absence, writer: Writer): LedgerEntry | undefined {
  const { rule, looks, endedBy } = absence;
  const entry = withPlausibleAttempt(known, writer);
  if (!isOpen(entry)) return undefined;
  if (rule === 'gone') {
    if (entry.attempt && mayHaveRevoked(entry)) return revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER);
    return gone(entry, writer, 'it was removed, and not by this construct', endedBy);
  }
  if (rule === undefined || isBeingReplaced(entry, writer.now)) return undefined;
  const isUnderWay = entry.attempt !== undefined && mayHaveEffect(entry.attempt, writer.now);
  const stale = looks.stale === 'not-looked' ? entry.stale : undefined;
  const flagged = looks.flagged === 'not-looked' ? entry.flagged : undefined;
  const isHeld = stale !== undefined || flagged !== undefined || isUnderWay;
  if (!isHeld) {
    return isLetGo(entry, rule, looks) ? letGo(entry, writer) : healed(entry, writer, NO_LONGER_FOUND, endedBy);
  }
  const isReopened = entry.state === 'PENDING' || entry !== known;
  const isLess = !isUnderWay && (stale !== entry.stale || flagged !== entry.flagged);
  if (!isReopened && !isLess) return undefined;
  return { ...entry, ...next(entry, writer), state: 'OPEN', ...isLess && { stale, flagged } };
}

const NO_LONGER_FOUND = 'it is there, but no longer stale or flagged';

/**
 * Whether the configuration and not the network has closed a finding. Only the rule and the declarations decide whether
 * a rule is flagged, so an unchanged rule that is not flagged is no longer declared.
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

/**
 * Returns the entry when a run is about to revoke the rule.
 *
 * @param replacing the traffic of the narrower rules that are added first; absent: the rule is not replaced
 */
export function pending(
  entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer, replacing?: readonly RuleTraffic[],
): LedgerEntry {
  const attempt = { sweepId: writer.id, at: writer.now.toISOString() };
  const replacement = planned(entry.replacement, replacing, rule.description);
  return {
    ...entry, ...next(entry, writer), state: 'PENDING', rule, attempt, replacement, expiresAt: undefined,
    changedBy: changedByFor(entry, rule),
  };
}

/** Returns the entry after two steps that are written at once, so that there is one revision for both. */
export const inOneWrite = ({ revision }: LedgerEntry, second: LedgerEntry): LedgerEntry => ({ ...second, revision });

/** Returns the entry while a run takes away what was added to replace its rule, so that no other run works on it. */
export function held(entry: LedgerEntry, writer: Writer): LedgerEntry {
  return { ...entry, ...next(entry, writer), attempt: { sweepId: writer.id, at: writer.now.toISOString() } };
}

/** Returns the entry with another record of the rules that replace its rule. */
export function withReplacement(
  entry: LedgerEntry, replacement: ReplacementRecord | undefined, writer: Writer,
): LedgerEntry {
  const following = { ...entry, ...next(entry, writer), replacement };
  return isHistory(entry) ? { ...following, expiresAt: expiryOf(following, writer) } : following;
}

/** The detail of a revocation by an earlier sweep that this run has only noticed. */
export const BEGUN_EARLIER = 'an earlier sweep had begun to revoke it, and it is gone';

/**
 * Returns the entry after an attempt of this construct has revoked the rule. It never expires.
 *
 * @param sweepId the sweep that made the attempt
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
    changedBy: changedByFor(entry, rule),
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

/** Replaces the recorded rule when EC2 reports that it revoked a different version. */
export function corrected(entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer): LedgerEntry {
  return { ...entry, ...next(entry, writer), rule, changedBy: changedByFor(entry, rule) };
}

/**
 * Returns the entry of a rule that someone else has removed. A rule that was revoked before and had reappeared stays
 * REVOKED, because its record must not expire.
 */
export function gone(entry: LedgerEntry, writer: Writer, detail: string, endedBy?: ChangedBy): LedgerEntry {
  if (entry.outcome?.name !== 'REVOKED') return healed(entry, writer, detail, endedBy);
  return { ...entry, ...next(entry, writer), state: 'REVOKED', attempt: undefined, expiresAt: undefined };
}

/** Returns the entry of a rule that someone else has removed, or that is no longer stale or flagged. */
export function healed(entry: LedgerEntry, writer: Writer, detail: string, endedBy?: ChangedBy): LedgerEntry {
  return closed(entry, writer, { name: 'HEALED', detail }, endedBy);
}

/** @param endedBy replaces the principal that had made the rule, because history says how a finding ended */
function closed(
  entry: LedgerEntry, writer: Writer, outcome: { name: string; detail: string }, endedBy?: ChangedBy,
): LedgerEntry {
  return {
    ...entry, ...next(entry, writer), state: 'HEALED', attempt: undefined, expiresAt: expiryOf(entry, writer),
    changedBy: endedBy, announced: undefined, approval: undefined,
    outcome: {
      ...outcome, detail: `${outcome.detail}${stayingWords(entry)}`, sweepId: writer.id, at: writer.now.toISOString(),
    },
  };
}

/** Whether an entry is only history. */
const isHistory = ({ state }: LedgerEntry): boolean => state === 'HEALED' || state === 'RESTORED';

/** The ledger accounts for rules that were added while they are there, so an entry that names any never expires. */
const expiryOf = (entry: LedgerEntry, writer: Writer): number | undefined =>
  standing(entry).length > 0 ? undefined : endOfHistory(writer);

/**
 * Returns the entry after an attempt that left the rule in place.
 *
 * @param attempt the attempt that may still take effect, of this or an earlier sweep; undefined if none may
 * @param wasCalled whether a call that revokes was made
 */
export function kept(
  entry: LedgerEntry,
  attempt: LedgerEntry['attempt'],
  outcome: { name: string; detail?: string },
  writer: Writer,
  wasCalled = false,
): LedgerEntry {
  const latest = { ...outcome, sweepId: writer.id, at: writer.now.toISOString() };
  const { replacement } = entry;
  return {
    ...entry,
    ...next(entry, writer),
    state: 'OPEN',
    attempt,
    replacement: replacement && attempt === undefined ? notFinal(replacement, wasCalled) : replacement,
    outcome: entry.outcome?.name === 'REVOKED' ? entry.outcome : latest,
  };
}

/** Returns the entry after the rule was put back as a rule with another id. */
export function restored(entry: LedgerEntry, securityGroupRuleId: string, writer: Writer): LedgerEntry {
  const { state, ...past } = entry.attempt ? revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER) : entry;
  return {
    ...past, ...next(entry, writer), state: 'RESTORED', expiresAt: expiryOf(entry, writer),
    restored: { securityGroupRuleId, restoreId: writer.id, at: writer.now.toISOString() },
  };
}

/**
 * Whether an attempt may have revoked the rule since it was last seen. A run may write `lastSeen` long after it has
 * read the rule, at most the function's timeout later.
 */
export function mayHaveRevoked({ state, attempt, lastSeen }: LedgerEntry): boolean {
  if (attempt === undefined) return false;
  return state === 'PENDING' || mayHaveEffect(attempt, new Date(Date.parse(lastSeen) - ATTEMPT_MILLIS));
}

/**
 * Treats an attempt with a time in the future as made just before this sweep began, because its real time is unknown.
 */
function withPlausibleAttempt(entry: LedgerEntry, { startedAt, now }: Writer): LedgerEntry {
  if (entry.attempt === undefined || !isAhead(entry.attempt.at, now)) return entry;
  return { ...entry, attempt: { ...entry.attempt, at: new Date(startedAt.getTime() - 1).toISOString() } };
}

/**
 * Whether another sweep has read or attempted the rule since. An older reading must not overwrite its entry, because
 * the attempt may still revoke what that sweep has read.
 */
function isLeftToOther({ state, attempt, outcome }: LedgerEntry, { startedAt, now }: Writer): boolean {
  if (attempt !== undefined && attempt.at >= startedAt.toISOString()) return true;
  if (state !== 'REVOKED' && state !== 'RESTORED') return false;
  return outcome === undefined || (millisSince(outcome.at, startedAt) < ATTEMPT_MILLIS && !isAhead(outcome.at, now));
}

function next(entry: LedgerEntry | undefined, { id }: Writer): Pick<LedgerEntry, 'revision' | 'writtenBy'> {
  return { revision: (entry?.revision ?? 0) + 1, writtenBy: id };
}

const millisSince = (iso: string, now: Date): number => now.getTime() - Date.parse(iso);

/** Returns when an entry that is only history expires, in seconds since 1970. */
export const endOfHistory = ({ now }: Writer): number => Math.floor(now.getTime() / 1000) + HISTORY_SECONDS;

/** Whether the entry is an open finding, which may be about to be revoked. */
export const isOpen = (entry: LedgerEntry | undefined): boolean =>
  entry?.state === 'OPEN' || entry?.state === 'PENDING';
