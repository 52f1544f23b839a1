/**
 * Determines whether a rule comes back: this construct had revoked the same traffic in the same group before.
 *
 * It follows from the other entries of the group, so there is no second list that could differ from them. All functions
 * are pure. A time in the future was written by a clock that was ahead, and counts as now, so that the rule counts as
 * recently there: a wrong clock can have a rule kept, but not have it revoked once more.
 */
import { isOpen, mayHaveRevoked } from './entry';
import { type ComesBackConfiguration, DEFAULT_COMES_BACK } from '../../../src/contract/configuration';
import type { LedgerEntry, Returned } from '../model/ledger';
import type { SecurityGroupRule, Tags } from '../model/network';
import { isSameTraffic } from '../rules/sameness';

export interface ReturnContext {
  /** Absent: a rule is revoked however often it returns. */
  readonly comesBack?: ComesBackConfiguration;
  readonly groupTags?: Tags;
  /** The time at which the rule was found. */
  readonly now: Date;
}

/** The time in which a rule was there, in milliseconds since 1970, and how it ended. */
interface Presence {
  readonly from: number;
  readonly to: number;
  readonly revokedAt?: number;
  /** Whether the time of the revocation is plausible. */
  readonly isTimeKnown: boolean;
  /** Whether all of its times are plausible. If not, it may have been there at any time. */
  readonly isPlausible: boolean;
  readonly isKept: boolean;
  readonly isRetried: boolean;
}

/**
 * Returns what is known of earlier rules with the traffic of a rule that was just found.
 *
 * @param entries the entries of its group, in any state
 * @returns undefined if this construct has not revoked such a rule, or has put this one back itself
 */
export function returnedOf(
  rule: SecurityGroupRule, entries: readonly LedgerEntry[], { comesBack, groupTags, now }: ReturnContext,
): Returned | undefined {
  const { securityGroupRuleId: id } = rule;
  if (entries.some(({ restored }) => restored?.securityGroupRuleId === id)) return undefined;
  const earlier = entries.filter(each => each.securityGroupRuleId !== id && isSameTraffic(each.rule, rule));
  const presences = earlier.map(each => presenceOf(each, now));
  const withinMillis = (comesBack ?? DEFAULT_COMES_BACK).withinSeconds * 1000;
  const series = seriesOf(presences, withinMillis, now);
  const counted = revocationsOf(series);
  const wasKept = series.some(({ isKept }) => isKept);
  const latest = Math.max(...revocationsOf(presences), ...earlier.flatMap(each => latestKnown(each, now)));
  if (!Number.isFinite(latest)) return undefined;
  const isKept = comesBack !== undefined
    && (wasKept || isTooOften(series, comesBack.revocations, withinMillis));
  return {
    revocations: counted.length,
    ...counted.length > 0 && { since: iso(Math.min(...counted)) },
    latest: iso(latest),
    ...isKept && { isKept },
    ...groupTags && Object.keys(groupTags).length > 0 && { groupTags },
  };
}

/**
 * Whether so many revocations of a series were made within the time, however long ago. A revocation whose time is not
 * known may be among them.
 */
function isTooOften(series: readonly Presence[], most: number, withinMillis: number): boolean {
  const known = revocationsOf(series.filter(({ isTimeKnown }) => isTimeKnown)).sort((a, b) => a - b);
  const needed = most - (revocationsOf(series).length - known.length);
  return needed <= 1
    ? revocationsOf(series).length >= most
    : known.some((at, index) => known[index + needed - 1] - at <= withinMillis);
}

const iso = (millis: number): string => new Date(millis).toISOString();

const revocationsOf = (presences: readonly Presence[]): number[] =>
  presences.flatMap(({ revokedAt }) => revokedAt ?? []);

/** A kept rule proves revocations, even if someone has deleted their entries. */
function latestKnown({ returned }: LedgerEntry, now: Date): number[] {
  return returned?.isKept ? [notAhead(returned.latest, now)] : [];
}

/** Returns the time in milliseconds since 1970. A time that is in the future or invalid counts as now. */
function notAhead(time: string, now: Date): number {
  const millis = Date.parse(time);
  return millis <= now.getTime() ? millis : now.getTime();
}

function presenceOf(entry: LedgerEntry, now: Date): Presence {
  const { firstSeen, lastSeen, outcome, attempt, restored, returned } = entry;
  // If an attempt may have revoked the rule, it has: EC2 allows no second rule with the same traffic.
  const revoked = outcome?.name === 'REVOKED' ? outcome.at : mayHaveRevoked(entry) ? attempt?.at : undefined;
  const known = [firstSeen, lastSeen, ...revoked === undefined ? [] : [revoked], ...restored ? [restored.at] : []];
  return {
    from: notAhead(firstSeen, now),
    to: Math.max(...known.map(each => notAhead(each, now))),
    revokedAt: revoked === undefined ? undefined : notAhead(revoked, now),
    isTimeKnown: revoked !== undefined && Date.parse(revoked) <= now.getTime(),
    isPlausible: known.every(each => Date.parse(each) <= now.getTime()),
    isKept: returned?.isKept === true,
    isRetried: returned?.retriedAt !== undefined,
  };
}

/** Returns the presences, the latest first, up to the first absence that was too long, or up to a retry. */
function seriesOf(presences: readonly Presence[], withinMillis: number, now: Date): Presence[] {
  const series: Presence[] = [];
  let there = now.getTime();
  let start = -Infinity;
  const isAbsenceKnown = presences.every(({ isPlausible }) => isPlausible);
  for (const each of [...presences].sort((a, b) => b.to - a.to || b.from - a.from)) {
    // A presence that had ended before a retried rule was there does not count.
    if ((isAbsenceKnown && there - each.to >= withinMillis) || each.to <= start) break;
    series.push(each);
    there = Math.min(there, each.from);
    if (each.isRetried && each.from < now.getTime()) start = Math.max(start, each.from);
  }
  return series;
}

/** Whether the entries of a rule's group are needed, because the ledger has the rule not as open, or as another one. */
export function mayHaveReturned(rule: SecurityGroupRule, known: LedgerEntry | undefined): boolean {
  return !isOpen(known) || known === undefined || !isSameTraffic(known.rule, rule);
}

/** Returns the entry after a person asked to revoke the rule all the same. @returns undefined if it is not kept */
export function retried(
  entry: LedgerEntry | undefined, { id, now }: { readonly id: string; readonly now: Date },
): LedgerEntry | undefined {
  if (entry?.returned?.isKept !== true || !isOpen(entry)) return undefined;
  const { isKept: _, ...returned } = entry.returned;
  return {
    ...entry, revision: entry.revision + 1, writtenBy: id, returned: { ...returned, retriedAt: now.toISOString() },
  };
}
