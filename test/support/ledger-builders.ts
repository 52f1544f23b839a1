/**
 * Builders of ledger writers, times and contents. Times are minutes after {@link START}, which is when `anEntry()` was
 * last seen.
 */
import { ACCOUNT, aFlaggedRule, aGroup, aRule, aStaleRule } from './builders';
import type { Writer } from '../../lambda/core/ledger/entry';
import type { CheckCoverage } from '../../lambda/core/model/coverage';
import type { Check, FoundRule } from '../../lambda/core/model/finding';
import type { LedgerEntry, UnusedGroupEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/core/model/network';
import type { Observation } from '../../lambda/core/model/observation';

export const START = new Date('2026-01-01T00:00:00Z');

export const after = (minutes: number): Date => new Date(START.getTime() + minutes * 60_000);

export const iso = (minutes: number): string => after(minutes).toISOString();

/** Ninety days after a moment, in seconds since 1970. */
export const inNinetyDays = (minutes: number): number => after(minutes + 90 * 24 * 60).getTime() / 1000;

/** A sweep that began to look at one moment and, by default, had looked a minute later. */
export function aWriter(
  startedAt: number,
  { id = 'sweep-now', now = startedAt + 1 }: { id?: string; now?: number } = {},
): Writer {
  return { id, startedAt: after(startedAt), now: after(now) };
}

/** The attempt of an earlier sweep. */
export function anAttempt(at: number, sweepId = 'sweep-before'): NonNullable<LedgerEntry['attempt']> {
  return { sweepId, at: iso(at) };
}

export function aFlaggedFinding(rule: SecurityGroupRule = aRule()): FoundRule {
  return { groupId: rule.groupId, rule, flagged: aFlaggedRule({ rule }) };
}

export function aStaleFinding(rule: SecurityGroupRule = aRule()): FoundRule {
  return { groupId: rule.groupId, rule, stale: aStaleRule({ groupId: rule.groupId, rule }) };
}

/** The observation of a sweep that looked at all of `vpc-1` and found nothing. */
export function anObservation({
  scanned = ['vpc-1'],
  inScope = scanned,
  groups = [aGroup()],
  coverage = {},
}: {
  scanned?: string[];
  inScope?: string[];
  groups?: SecurityGroup[];
  coverage?: Partial<Record<Check, Partial<CheckCoverage>>>;
} = {}): Observation {
  return {
    vpcs: {
      inScope: new Set(inScope),
      ownerIds: new Set([ACCOUNT]),
      scanned: new Set(scanned),
      proved: new Set(),
      notCovered: new Set(),
      flagged: new Set(scanned),
      sawStaleRules: true,
      sawFlaggedRules: true,
    },
    groups: new Map(groups.map(group => [group.groupId, group])),
    stale: [],
    flagged: [],
    prefixLists: new Map(),
    coverage: {
      stale: { ...aCoverage(scanned), ...coverage.stale },
      flagged: { ...aCoverage(scanned), ...coverage.flagged },
    },
    isVpnAnswerWhole: true,
    errors: [],
  };
}

/** The coverage of a check that has looked at every group of some VPCs. */
export function aCoverage(vpcIds: readonly string[]): CheckCoverage {
  return { vpcIds: new Set(vpcIds), groupIds: new Set(), unreadGroupIds: new Set() };
}

/** A security group that has been unused for long enough. */
export const anUnusedGroup = (overrides: Partial<UnusedGroupEntry> = {}): UnusedGroupEntry => ({
  groupId: 'sg-1', state: 'OPEN', revision: 1, writtenBy: 'sweep-1', writtenAt: '2026-02-01T00:00:00.000Z',
  since: '2026-01-01T00:00:00.000Z', sightings: 3, reportedAt: '2026-02-01T00:00:00.000Z', ...overrides,
});
