/**
 * The life of a ledger entry: pure functions from an entry, and what was seen or done, to the entry that follows.
 *
 * Two sweeps may run at once, and one may die between any two steps. So no step may lose what is known of a rule that an attempt may have revoked:
 * an entry keeps its attempt until it can have no more effect, and a rule that is gone while there is one counts as revoked, not as healed.
 *
 * A clock may be off. A time that lies further ahead than sweeps that run side by side can be apart was written by a clock that was ahead: it is taken for
 * no later than now, and a wait that begins at such a time begins anew. So such a clock delays a wait, and never shortens one.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseProtocol } from '../../../src/private/traffic';
import { because, type Finding } from '../checks/findings';
import type { LedgerEntry, SecurityGroup, SecurityGroupRule } from '../ports';

/** Who writes, and when. */
export interface Writer {
  /** The sweep or the restore. */
  readonly id: string;
  /** When it began to look. */
  readonly startedAt: Date;
  /** When it had looked. */
  readonly now: Date;
}

/** A finding whose rule is known. */
export type FoundRule = Finding & { readonly rule: SecurityGroupRule };

/** A function lives no longer than 15 minutes; what a sweep began can have its effect until then. */
const ATTEMPT_MILLIS = 16 * 60_000;

/** Sweeps that run side by side are minutes apart, and clocks are off by seconds; what lies further ahead is a mistake. */
const AHEAD_MILLIS = 60 * 60_000;

/** How long an entry is kept that is only history: healed, or restored. */
const HISTORY_SECONDS = 90 * 24 * 3600;

const STACK_NAME_TAG = 'aws:cloudformation:stack-name';

/**
 * A sweep found the rule.
 *
 * @param maxGapSeconds how long nobody may have looked for a finding to go on; absent: any time
 * @returns undefined when another sweep is the one to write: it has tried to revoke the rule since this one began to look, or it has just revoked it,
 * which EC2 may be late to show
 */
export function seen(
  known: LedgerEntry | undefined, finding: FoundRule, group: SecurityGroup | undefined, writer: Writer, maxGapSeconds = Infinity,
): LedgerEntry | undefined {
  const entry = known && withPlausibleAttempt(known, writer);
  if (entry && isLeftToOther(entry, writer)) return undefined;
  const now = writer.now.toISOString();
  const current = {
    ...next(entry, writer),
    securityGroupRuleId: finding.rule.securityGroupRuleId,
    state: 'OPEN' as const,
    rule: finding.rule,
    groupName: group?.groupName ?? finding.stale?.groupName,
    vpcId: group?.vpcId ?? finding.stale?.vpcId,
    stackName: group?.tags[STACK_NAME_TAG],
    because: because(finding),
    outcome: entry?.outcome,
    attempt: entry?.attempt && mayHaveEffect(entry.attempt, writer.now) ? entry.attempt : undefined,
  };
  const isContinued = entry !== undefined && isSameFinding(entry, finding) && !isAhead(entry.firstSeen, writer.now)
    && millisSince(entry.lastSeen, writer.startedAt) <= maxGapSeconds * 1000;
  if (!isContinued) return { ...current, firstSeen: now, lastSeen: now, sightings: 1 };
  // Sweeps that run side by side look at the same moment: that is one sighting.
  const wasAhead = isAhead(entry.lastSeen, writer.now);
  const isNewSighting = wasAhead || entry.lastSeen <= writer.startedAt.toISOString();
  return {
    ...current,
    firstSeen: entry.firstSeen,
    lastSeen: entry.lastSeen > now && !wasAhead ? entry.lastSeen : now,
    sightings: entry.sightings + (isNewSighting ? 1 : 0),
  };
}

/** What a sweep that did not find a rule of the ledger knows of it. */
export interface Absence {
  /** Whether EC2 still has the rule; undefined when that could not be read. */
  readonly exists: boolean | undefined;
  /** Whether the sweep looked where the rule is, or is no longer to look there. */
  readonly isLookedAt: boolean;
}

/** A sweep did not find the rule. @returns undefined when there is nothing to write */
export function notFound(known: LedgerEntry, { exists, isLookedAt }: Absence, writer: Writer): LedgerEntry | undefined {
  const entry = withPlausibleAttempt(known, writer);
  if (entry.state !== 'OPEN' && entry.state !== 'PENDING') return undefined;
  if (exists === false) {
    if (entry.attempt && mayHaveRevoked(entry)) return revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER);
    return gone(entry, writer, 'it was removed, and not by this construct');
  }
  const isUnderWay = entry.attempt !== undefined && mayHaveEffect(entry.attempt, writer.now);
  if (exists && isLookedAt && !isUnderWay) return healed(entry, writer, 'it is there, but no longer stale, flagged or looked for');
  return exists && (entry.state === 'PENDING' || entry !== known) ? { ...entry, ...next(entry, writer), state: 'OPEN' } : undefined;
}

/** A sweep is about to revoke the rule. */
export function pending(entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer): LedgerEntry {
  return { ...entry, ...next(entry, writer), state: 'PENDING', rule, attempt: { sweepId: writer.id, at: writer.now.toISOString() }, expiresAt: undefined };
}

/** Why a rule counts as revoked that this sweep only found gone. */
export const BEGUN_EARLIER = 'an earlier sweep had begun to revoke it, and it is gone';

/**
 * The rule is gone, by an attempt of this construct. Such an entry never expires.
 *
 * @param sweepId the sweep whose attempt it was
 */
export function revoked(entry: LedgerEntry, writer: Writer, sweepId: string, detail?: string, rule = entry.rule): LedgerEntry {
  return {
    ...entry, ...next(entry, writer), state: 'REVOKED', rule, attempt: undefined, expiresAt: undefined,
    outcome: { name: 'REVOKED', sweepId, recordedBy: writer.id === sweepId ? undefined : writer.id, at: writer.now.toISOString(), detail },
  };
}

/** It was recorded as revoked by another sweep; what EC2 said that it revoked is another rule than the one it has. */
export function corrected(entry: LedgerEntry, rule: SecurityGroupRule, writer: Writer): LedgerEntry {
  return { ...entry, ...next(entry, writer), rule };
}

/** The rule was removed by someone else; unless it was revoked once and then shown again, for what can be put back must not expire. */
export function gone(entry: LedgerEntry, writer: Writer, detail: string): LedgerEntry {
  if (entry.outcome?.name !== 'REVOKED') return healed(entry, writer, detail);
  return { ...entry, ...next(entry, writer), state: 'REVOKED', attempt: undefined, expiresAt: undefined };
}

/** The rule was removed by someone else, or is no longer what it was found for. */
export function healed(entry: LedgerEntry, writer: Writer, detail: string): LedgerEntry {
  return {
    ...entry, ...next(entry, writer), state: 'HEALED', attempt: undefined, expiresAt: endOfHistory(writer),
    outcome: { name: 'HEALED', sweepId: writer.id, at: writer.now.toISOString(), detail },
  };
}

/**
 * The attempt is over, and the rule is still there.
 *
 * @param attempt what is left of it: a call that may yet have its effect, an attempt of an earlier sweep, or nothing
 */
export function kept(entry: LedgerEntry, attempt: LedgerEntry['attempt'], outcome: { name: string; detail?: string }, writer: Writer): LedgerEntry {
  const latest = { ...outcome, sweepId: writer.id, at: writer.now.toISOString() };
  return { ...entry, ...next(entry, writer), state: 'OPEN', attempt, outcome: entry.outcome?.name === 'REVOKED' ? entry.outcome : latest };
}

/** The rule was put back, as a rule with another id. */
export function restored(entry: LedgerEntry, securityGroupRuleId: string, writer: Writer): LedgerEntry {
  const { state, ...past } = entry.attempt ? revoked(entry, writer, entry.attempt.sweepId, BEGUN_EARLIER) : entry;
  return {
    ...past, ...next(entry, writer), state: 'RESTORED', expiresAt: endOfHistory(writer),
    restored: { securityGroupRuleId, restoreId: writer.id, at: writer.now.toISOString() },
  };
}

/** Whether an attempt may have revoked the rule since it was last seen. */
export function mayHaveRevoked({ state, attempt, lastSeen }: LedgerEntry): boolean {
  return attempt !== undefined && (state === 'PENDING' || mayHaveEffect(attempt, new Date(lastSeen)));
}

/** Whether two rules are the same in every field. What was written to the ledger has lost what is undefined. */
export function isSameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isSameWritten(a, b);
}

/** Whether two values are the same once they are written. */
export function isSameWritten(a: object, b: object): boolean {
  const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
  return isDeepStrictEqual(plain(a), plain(b));
}

/** Whether two rules under one id admit the same traffic. EC2 keeps the id of a rule that is modified. */
export function isSameTraffic(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isDeepStrictEqual(traffic(a), traffic(b));
}

/** EC2 writes protocols by name or number, and leaves ports out or writes -1. */
function traffic(rule: SecurityGroupRule): unknown {
  const { groupId, isEgress, ipProtocol, fromPort = -1, toPort = -1, cidrIpv4, cidrIpv6, prefixListId, referencedGroup } = rule;
  return [groupId, isEgress, parseProtocol(ipProtocol) ?? ipProtocol, fromPort, toPort, cidrIpv4, cidrIpv6, prefixListId, referencedGroup?.groupId];
}

/** Whether a time was written by a clock that was ahead of this one, by more than sweeps that run side by side and clocks that are a little off explain. */
export const isAhead = (iso: string, now: Date): boolean => Date.parse(iso) - now.getTime() > AHEAD_MILLIS;

/** An attempt of a clock that was ahead counts as one that was made just before this sweep began: when it was made is not known. */
function withPlausibleAttempt(entry: LedgerEntry, { startedAt, now }: Writer): LedgerEntry {
  if (entry.attempt === undefined || !isAhead(entry.attempt.at, now)) return entry;
  return { ...entry, attempt: { ...entry.attempt, at: new Date(startedAt.getTime() - 1).toISOString() } };
}

/** What another sweep has read and attempted since must not be overwritten by an older reading: the attempt may yet revoke what that one read. */
function isLeftToOther({ state, attempt, outcome }: LedgerEntry, { startedAt, now }: Writer): boolean {
  if (attempt !== undefined && attempt.at >= startedAt.toISOString()) return true;
  if (state !== 'REVOKED' && state !== 'RESTORED') return false;
  return outcome === undefined || (millisSince(outcome.at, startedAt) < ATTEMPT_MILLIS && !isAhead(outcome.at, now));
}

/** The wait of a rule that was modified, or has only now become stale, starts over. */
function isSameFinding(entry: LedgerEntry, { rule, stale }: FoundRule): boolean {
  return (entry.state === 'OPEN' || entry.state === 'PENDING')
    && isSameTraffic(entry.rule, rule)
    && (stale === undefined || entry.because.stale !== undefined);
}

function next(entry: LedgerEntry | undefined, { id }: Writer): Pick<LedgerEntry, 'revision' | 'writtenBy'> {
  return { revision: (entry?.revision ?? 0) + 1, writtenBy: id };
}

const mayHaveEffect = ({ at }: NonNullable<LedgerEntry['attempt']>, now: Date): boolean => millisSince(at, now) < ATTEMPT_MILLIS;

const millisSince = (iso: string, now: Date): number => now.getTime() - Date.parse(iso);

/** When what is only history by now may be forgotten, in seconds since 1970. */
export const endOfHistory = ({ now }: Writer): number => Math.floor(now.getTime() / 1000) + HISTORY_SECONDS;
