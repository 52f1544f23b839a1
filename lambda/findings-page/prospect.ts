/** What will happen to an open finding, and when: in a sentence, and in the order in which they are to be read. */
import type { TimeFormat } from './time';
import type { Grace } from '../../src/private/contract';
import type { LedgerEntry, SweepEntry } from '../ports';
import { KEPT } from '../report/wording';

export interface Prospect {
  readonly sentence: string;
  readonly kind: 'decide' | 'failed' | 'revoke' | 'wait' | 'dry-run' | 'keep';
  /** When it will be revoked at the earliest, in milliseconds since 1970; absent: never, or not before a person has decided. */
  readonly notBefore?: number;
}

export interface ProspectContext {
  readonly sweep?: SweepEntry;
  readonly now: Date;
  readonly time: TimeFormat;
}

const ORDER: ReadonlyArray<Prospect['kind']> = ['decide', 'failed', 'revoke', 'wait', 'dry-run', 'keep'];

export function prospect(entry: LedgerEntry, context: ProspectContext): Prospect {
  const { sweep } = context;
  const expected = expectation(entry, context);
  const isMissed = sweep !== undefined && sweep.looksAtRules && Date.parse(entry.lastSeen) < Date.parse(sweep.startedAt);
  return isMissed ? { ...expected, sentence: `${expected.sentence}. The latest sweep did not see it` } : expected;
}

/** What needs a person first; then what is soonest to be revoked; then the oldest. */
export function inOrder<T extends { readonly entry: LedgerEntry; readonly prospect: Prospect }>(findings: readonly T[]): T[] {
  const rank = ({ prospect: { kind } }: T): number => ORDER.indexOf(kind);
  const soonest = ({ prospect: { notBefore } }: T): number => notBefore ?? 0;
  const compare = (a: string, b: string): number => a < b ? -1 : Number(a > b);
  return [...findings].sort((a, b) => rank(a) - rank(b) || soonest(a) - soonest(b)
    || compare(a.entry.firstSeen, b.entry.firstSeen) || compare(a.entry.securityGroupRuleId, b.entry.securityGroupRuleId));
}

function expectation(entry: LedgerEntry, { sweep, now, time }: ProspectContext): Prospect {
  const { state, keepReason, outcome } = entry;
  if (state === 'PENDING') return { kind: 'revoke', notBefore: 0, sentence: 'Being revoked; the next sweep checks' };
  if (sweep?.looksAtRules === false) return { kind: 'keep', sentence: 'Kept: rules are not looked at any more' };
  if (keepReason === 'DRY_RUN') return { kind: 'dry-run', sentence: 'Would be revoked; this is a dry run' };
  if (keepReason === 'WITHIN_GRACE' && sweep?.grace !== undefined) return withinGrace(entry, sweep.grace, { isDryRun: sweep.dryRun, now, time });
  if (keepReason !== undefined && keepReason !== 'OVER_LIMIT') return { kind: 'keep', sentence: `Kept: ${isKeepReason(keepReason) ? KEPT[keepReason] : keepReason}` };
  const withheld = sweep?.withheld.find(({ reason }) => reason === 'OVER_LIMIT');
  if (sweep !== undefined && withheld !== undefined) return { kind: 'decide', sentence: `Withheld: ${overLimit(withheld.count, sweep.maxRevocationsPerSweep)}; a person has to decide` };
  const detail = outcome?.detail ?? 'no reason is recorded';
  if (outcome?.name === 'FAILED') return { kind: 'failed', notBefore: 0, sentence: `Revocation failed: ${detail}; the next sweep tries again` };
  if (outcome?.name === 'SKIPPED' || outcome?.name === 'CHANGED_MEANWHILE') {
    return { kind: 'revoke', notBefore: 0, sentence: `Not revoked by the latest attempt: ${detail}; the next sweep tries again` };
  }
  return { kind: 'revoke', notBefore: 0, sentence: 'Revoked by the next sweep' };
}

/** Rules that a sweep could not look at count for the limit, too. */
function overLimit(count: number, limit: number): string {
  const rules = count === 1 ? '1 rule is' : `${count} rules are`;
  if (count > limit) return `${rules} to be revoked and maxRevocationsPerSweep is ${limit}`;
  return `${rules} to be revoked, with those that could not be looked at more than maxRevocationsPerSweep, which is ${limit}`;
}

function withinGrace(
  { firstSeen, lastSeen, sightings }: LedgerEntry, grace: Grace, { isDryRun, now, time }: { isDryRun: boolean; now: Date; time: TimeFormat },
): Prospect {
  const [kind, verb, end] = isDryRun ? ['dry-run', 'Would be revoked', '; this is a dry run'] as const : ['wait', 'Revoked', ''] as const;
  if (now.getTime() - Date.parse(lastSeen) > grace.maxGapSeconds * 1000) {
    return { kind: 'keep', sentence: 'Kept: no sweep has found it for too long, so its wait starts over with the next that does' };
  }
  const due = Date.parse(firstSeen) + grace.seconds * 1000;
  const missing = grace.sightings - sightings;
  const seen = missing > 0 ? `seen ${sightings} of ${grace.sightings} needed times` : `seen ${times(sightings)}, ${grace.sightings} needed`;
  // The sweep that revokes it counts as one that has seen it.
  if (due > now.getTime()) {
    return { kind, notBefore: due, sentence: `${verb} by the first sweep after ${time(due)}, if still stale${missing > 1 ? ' and seen often enough' : ''} (${seen})${end}` };
  }
  const when = missing > 1 ? `when ${missing} more sweeps have found it stale` : 'by the next sweep, if still stale';
  return { kind, notBefore: now.getTime(), sentence: `${verb} ${when} (${seen})${end}` };
}

const times = (count: number): string => count === 1 ? 'once' : `${count} times`;

const isKeepReason = (name: string): name is keyof typeof KEPT => Object.hasOwn(KEPT, name);
