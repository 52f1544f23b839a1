/** What will happen to an open finding, and when: in a sentence, and in the order in which they are to be read. */
import type { Grace } from '../../../src/private/contract';
import { isDue, type PauseReading } from '../ledger/pause';
import type { LedgerEntry, SweepEntry } from '../ports';
import type { TimeFormat } from '../report/findings-page/time';
import { KEPT, keptBecause } from '../report/wording';

export interface Prospect {
  readonly sentence: string;
  /**
   * - `decide`: withheld, until a person decides
   * - `failed`: could not be revoked
   * - `revoke`: due
   * - `unknown`: the latest sweep could not tell
   * - `wait`: due later
   * - `by-hand`: only a person removes it
   * - `dry-run`: due, now or later, if this were none
   * - `keep`: kept
   */
  readonly kind: 'decide' | 'failed' | 'revoke' | 'unknown' | 'wait' | 'by-hand' | 'dry-run' | 'keep';
  /** When it will be revoked at the earliest, in milliseconds since 1970; absent: never, or not before a person has decided. */
  readonly notBefore?: number;
}

export interface ProspectContext {
  readonly sweep?: SweepEntry;
  /** Whether there has been a sweep whose record cannot be read. */
  readonly isSweepUnreadable?: boolean;
  /** Open findings that are due, or will be: see {@link candidates}. */
  readonly candidates: number;
  /** Absent: revoking is not paused. */
  readonly pause?: PauseReading;
  readonly now: Date;
  readonly time: TimeFormat;
}

const ORDER: ReadonlyArray<Prospect['kind']> = ['decide', 'failed', 'revoke', 'unknown', 'wait', 'by-hand', 'dry-run', 'keep'];

/** Of a finding that is due, now or later: what keeps it is no reason of its own. */
function isCandidate(entry: LedgerEntry): boolean {
  const { state, keepReason = '' } = entry;
  return isDue(entry) || (state === 'OPEN' && ['OVER_LIMIT', 'WITHIN_GRACE', 'DRY_RUN'].includes(keepReason));
}

/** How many findings there may be to revoke at once. */
export function candidates(entries: readonly LedgerEntry[]): number {
  return entries.filter(isCandidate).length;
}

export function prospect(entry: LedgerEntry, context: ProspectContext): Prospect {
  const { sweep } = context;
  const isPending = entry.state === 'PENDING';
  if (sweep?.looksAtRules === false) {
    return isPending
      ? { kind: 'unknown', sentence: 'Unknown: a sweep began to revoke it, and rules are not looked at any more' }
      : { kind: 'keep', sentence: 'Kept: rules are not looked at any more' };
  }
  // What an earlier sweep thought of it may be of another configuration. An entry has the time when a sweep had looked, which is after it began.
  if (sweep !== undefined && !(Date.parse(entry.lastSeen) >= Date.parse(sweep.startedAt))) {
    const begun = isPending ? 'an earlier sweep began to revoke it, and ' : '';
    return { kind: 'unknown', sentence: `Unknown: ${begun}the latest sweep did not see it; the next one that does decides` };
  }
  if (isPending) return { kind: 'revoke', notBefore: 0, sentence: 'Being revoked; the next sweep checks' };
  if (sweep === undefined) {
    return { kind: 'unknown', sentence: `${unknownSweep(context.isSweepUnreadable)}; the next one decides` };
  }
  return isCandidate(entry) ? expectation(entry, { ...context, sweep }) : kept(entry);
}

/** Why nothing is known of the latest sweep. */
export function unknownSweep(isUnreadable = false): string {
  return `Unknown: ${isUnreadable ? 'the record of the latest sweep cannot be read' : 'no sweep has been recorded yet'}`;
}

/** What is withheld or has failed first; then what is soonest to be revoked; then the oldest. */
export function inOrder<T extends { readonly entry: LedgerEntry; readonly prospect: Prospect }>(findings: readonly T[]): T[] {
  const rank = ({ prospect: { kind } }: T): number => ORDER.indexOf(kind);
  const soonest = ({ prospect: { notBefore } }: T): number => notBefore ?? 0;
  const compare = (a: string, b: string): number => a < b ? -1 : Number(a > b);
  return [...findings].sort((a, b) => rank(a) - rank(b) || soonest(a) - soonest(b)
    || compare(a.entry.firstSeen, b.entry.firstSeen) || compare(a.entry.securityGroupRuleId, b.entry.securityGroupRuleId));
}

function kept({ keepReason = '', stackName }: LedgerEntry): Prospect {
  switch (keepReason) {
    case 'REPORT_ONLY': {
      const where = stackName === undefined ? '' : ', in the template of its stack if that has it';
      return { kind: 'by-hand', sentence: `Reported only: remove it${where}, or set StaleRules.revokeAfter` };
    }
    case 'EGRESS':
      return { kind: 'by-hand', sentence: 'Egress rules are never revoked: remove it yourself' };
    case 'UNDECIDED':
      return { kind: 'by-hand', sentence: `Kept: ${KEPT.UNDECIDED}` };
    case 'GROUP_UNREAD':
      return { kind: 'unknown', sentence: `Kept for now: ${KEPT.GROUP_UNREAD}; the next sweep that can read it decides` };
    default:
      return { kind: 'keep', sentence: `Kept: ${keptBecause(keepReason)}` };
  }
}

type SweptContext = ProspectContext & { readonly sweep: SweepEntry };

/** Of a finding that is due, now or later. */
function expectation(entry: LedgerEntry, context: SweptContext): Prospect {
  const { keepReason, outcome, because } = entry;
  const { sweep, now } = context;
  const { grace, maxRevocationsPerSweep: limit } = sweep;
  const isDryRun = sweep.dryRun || keepReason === 'DRY_RUN';
  if (limit === 0) {
    const kind = isDryRun ? 'dry-run' : keepReason === 'WITHIN_GRACE' ? 'by-hand' : 'decide';
    return { kind, sentence: `${isDryRun ? 'Would be withheld' : 'Withheld'}: maxRevocationsPerSweep is 0, so nothing is revoked` };
  }
  // A declaration asks for no patience.
  if (grace !== undefined && because.verdict !== 'flagged' && now.getTime() - Date.parse(entry.lastSeen) > grace.maxGapSeconds * 1000) {
    const sentence = 'Kept: no sweep has found it for too long, so its wait starts over with the next that does';
    return { kind: isDryRun ? 'dry-run' : 'wait', notBefore: now.getTime() + grace.seconds * 1000, sentence };
  }
  if (keepReason === 'WITHIN_GRACE') {
    return grace === undefined ? { kind: 'keep', sentence: `Kept: ${KEPT.WITHIN_GRACE}` } : withinGrace(entry, grace, context);
  }
  if (isDryRun) return { kind: 'dry-run', sentence: `Would be revoked${unlessTooMany(context)}; this is a dry run` };
  const paused = pausedProspect(entry, context);
  if (paused !== undefined) return paused;
  const withheld = overLimit(sweep);
  if (withheld !== undefined) return { kind: 'decide', sentence: `Withheld: ${inWords(withheld.count, limit)}; a person has to decide` };
  const detail = outcome?.detail ?? 'no reason is recorded';
  if (outcome?.name === 'FAILED') {
    return { kind: 'failed', notBefore: 0, sentence: `Revocation failed: ${detail}; the next sweep tries again${unlessTooMany(context)}` };
  }
  // It may be exempt by now, or another rule.
  if (outcome?.name === 'SKIPPED' || outcome?.name === 'CHANGED_MEANWHILE') {
    return { kind: 'revoke', notBefore: 0, sentence: `Not revoked by the latest attempt: ${detail}; the next sweep looks again` };
  }
  return { kind: 'revoke', notBefore: 0, sentence: `Revoked by the next sweep${unlessTooMany(context)}` };
}

/** A finding is due, and revoking is paused, or may be. */
function pausedProspect({ because }: LedgerEntry, context: SweptContext): Prospect | undefined {
  const { pause, time } = context;
  if (pause?.state === 'unreadable') {
    return { kind: 'decide', sentence: 'Withheld: whether revoking is paused cannot be read, which counts as a pause' };
  }
  if (pause?.pause === undefined) return undefined;
  const { until } = pause.pause;
  const still = because.verdict === 'flagged' ? 'flagged' : 'stale';
  const sentence = `Revoked by the first sweep after the pause ends, ${time(until)}, if still ${still}`;
  return { kind: 'wait', notBefore: Date.parse(until), sentence: `${sentence}${unlessTooMany(context)}` };
}

const overLimit = ({ withheld }: SweepEntry): SweepEntry['withheld'][number] | undefined => withheld.find(({ reason }) => reason === 'OVER_LIMIT');

/** More than the limit at once: none is revoked. */
function unlessTooMany({ sweep, candidates: count }: SweptContext): string {
  const isPossible = overLimit(sweep) !== undefined || count > sweep.maxRevocationsPerSweep;
  return isPossible ? `, unless more than ${sweep.maxRevocationsPerSweep} are due then` : '';
}

/** Rules that a sweep could not look at, or whose record it could not read, count for the limit, too. */
function inWords(count: number, limit: number): string {
  const rules = count === 1 ? '1 rule is' : `${count} rules are`;
  if (count > limit) return `${rules} to be revoked and maxRevocationsPerSweep is ${limit}`;
  const others = 'with those that could not be looked at or read';
  return `${rules} to be revoked, ${others} more than maxRevocationsPerSweep, which is ${limit}`;
}

function withinGrace({ firstSeen, sightings }: LedgerEntry, grace: Grace, context: SweptContext): Prospect {
  const { sweep, pause, now, time } = context;
  if (sweep.enabled === false) return { kind: 'keep', sentence: 'Kept: enabled is false, so nothing is revoked' };
  const [kind, verb, dryRun] = sweep.dryRun ? ['dry-run', 'Would be revoked', '; this is a dry run'] as const : ['wait', 'Revoked', ''] as const;
  const end = `${unlessTooMany(context)} (${seenHowOften(sightings, grace)})${dryRun}`;
  const pauseEnd = Date.parse(pause?.pause?.until ?? '');
  const graceEnd = Date.parse(firstSeen) + grace.seconds * 1000;
  const [due, when] = pauseEnd > graceEnd ? [pauseEnd, 'the pause ends, '] : [graceEnd, ''];
  const missing = grace.sightings - sightings;
  // The sweep that revokes it counts as one that has seen it.
  if (due > now.getTime()) {
    const still = `if still stale${missing > 1 ? ' and seen often enough' : ''}`;
    return { kind, notBefore: due, sentence: `${verb} by the first sweep after ${when}${time(due)}, ${still}${end}` };
  }
  const then = missing > 1 ? `when ${missing} more sweeps have found it stale` : 'by the next sweep, if still stale';
  return { kind, notBefore: now.getTime(), sentence: `${verb} ${then}${end}` };
}

const seenHowOften = (seen: number, { sightings }: Grace): string =>
  seen < sightings ? `seen ${seen} of ${sightings} needed times` : `seen ${times(seen)}, ${sightings} needed`;

const times = (count: number): string => count === 1 ? 'once' : `${count} times`;
