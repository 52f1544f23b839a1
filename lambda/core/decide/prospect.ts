/** Predicts what happens to an open finding and when, as a sentence, and sorts findings by urgency. */
import { approvalEnd, digestOfSet } from './approval';
import { becauseOf } from './because';
import { isDue, isWaitingReason, KEEP_REASONS, keepFacts } from './reasons';
import { approvedWords, earliestRevocation, furtherTerms, whenRevoked } from './terms';
import { isToldAtOnce, type OwnWait, waitsOf } from './waiting';
import { exempts } from '../../../src/contract/exemptions';
import { APPROVE_ALIAS, RETRY_ALIAS } from '../../../src/contract/names';
import type { Place } from '../../../src/contract/organization';
import type { LedgerEntry, SweepEntry } from '../model/ledger';
import type { PauseReading } from '../model/result';

export interface Prospect {
  readonly sentence: string;
  /**
   * - `decide`: the revocation is withheld until a person decides
   * - `failed`: the revocation failed
   * - `revoke`: the rule is due
   * - `unknown`: the latest sweep could not tell
   * - `wait`: the rule is due later
   * - `by-hand`: only a person can remove the rule
   * - `dry-run`: the rule would be due, now or later, without the dry run
   * - `keep`: the rule is kept
   */
  readonly kind: 'decide' | 'failed' | 'revoke' | 'unknown' | 'wait' | 'by-hand' | 'dry-run' | 'keep';
  /**
   * The earliest time of the revocation, in milliseconds since 1970. Absent if the rule is never revoked, or a person
   * has to decide first.
   */
  readonly notBefore?: number;
}

export interface ProspectContext {
  readonly sweep?: SweepEntry;
  /** Whether there was a sweep whose record cannot be read. */
  readonly isSweepUnreadable?: boolean;
  /** The number of open findings that are or will be due: see {@link candidates}. */
  readonly candidates: number;
  /** Absent: revoking is not paused. */
  readonly pause?: PauseReading;
  /** Whether the ledger is in the table that it was made for. Absent: it is. */
  readonly isTrusted?: boolean;
  /** The place of an organization that the findings are in. Absent: they are those of a construct of its own. */
  readonly place?: Place & {
    /** Whether everything in the account is only reported. */
    readonly isReportOnly: boolean;
  };
  readonly now: Date;
  /** Formats a time for readers of the page. */
  readonly time: (moment: string | number) => string;
}

const ORDER: ReadonlyArray<Prospect['kind']> = [
  'decide',
  'failed',
  'revoke',
  'unknown',
  'wait',
  'by-hand',
  'dry-run',
  'keep',
];

/** Whether a finding is due now or later: nothing specific to this rule keeps it, or only time and people do. */
function isCandidate({ state, keepReason }: LedgerEntry): boolean {
  const isLater = keepReason === 'WITHIN_GRACE' || keepReason === 'DRY_RUN' || isWaitingReason(keepReason);
  return state === 'OPEN' && (isDue(keepReason) || isLater);
}

/** Counts the findings that may be revoked at once. CloudFormation may be done with a stack by then. */
export function candidates(entries: readonly LedgerEntry[]): number {
  const isLeft = ({ state, keepReason }: LedgerEntry): boolean => state === 'OPEN' && keepReason === 'STACK_IN_PROGRESS';
  return entries.filter(entry => isCandidate(entry) || isLeft(entry)).length;
}

export function prospect(entry: LedgerEntry, context: ProspectContext): Prospect {
  const { sweep } = context;
  const isPending = entry.state === 'PENDING';
  if (sweep?.looksAtRules === false) {
    return isPending
      ? { kind: 'unknown', sentence: 'Unknown: a sweep began to revoke it, and rules are not looked at any more' }
      : { kind: 'keep', sentence: 'Kept: rules are not looked at any more' };
  }
  // An earlier sweep's decision may be based on another configuration. `lastSeen` is the time after a sweep has looked,
  // which is later than its start.
  if (sweep !== undefined && !(Date.parse(entry.lastSeen) >= Date.parse(sweep.startedAt))) {
    const begun = isPending ? 'an earlier sweep began to revoke it, and ' : '';
    return {
      kind: 'unknown',
      sentence: `Unknown: ${begun}the latest sweep did not see it; the next one that sees it decides`,
    };
  }
  if (isPending) return { kind: 'revoke', notBefore: 0, sentence: 'Being revoked; the next sweep checks' };
  if (sweep === undefined) {
    return { kind: 'unknown', sentence: `${unknownSweep(context.isSweepUnreadable)}; the next one decides` };
  }
  return isCandidate(entry) ? expectation(entry, { ...context, sweep }) : kept(entry, { ...context, sweep });
}

/** Returns why nothing is known about the latest sweep. */
export function unknownSweep(isUnreadable = false): string {
  return `Unknown: ${isUnreadable ? 'the record of the latest sweep cannot be read' : 'no sweep has been recorded yet'}`;
}

/** Sorts withheld and failed revocations first, then by the time of revocation, then by age. */
export function inOrder<T extends { readonly entry: LedgerEntry; readonly prospect: Prospect }>(
  findings: readonly T[],
): T[] {
  const rank = ({ prospect: { kind } }: T): number => ORDER.indexOf(kind);
  const soonest = ({ prospect: { notBefore } }: T): number => notBefore ?? 0;
  const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return [...findings].sort(
    (a, b) =>
      rank(a) - rank(b)
      || soonest(a) - soonest(b)
      || compare(a.entry.firstSeen, b.entry.firstSeen)
      || compare(a.entry.securityGroupRuleId, b.entry.securityGroupRuleId),
  );
}

function kept(entry: LedgerEntry, context: SweptContext): Prospect {
  const { keepReason } = entry;
  const facts = keepFacts(keepReason);
  const words = facts?.words ?? keepReason;
  switch (keepReason) {
    case 'REPORT_ONLY':
      return { kind: 'by-hand', sentence: `Reported only: remove it${whereOf(entry)}${orChange(entry)}` };
    case 'COMES_BACK':
      return comingBack(entry, context);
    case 'IN_USE':
      return { kind: 'by-hand', sentence: `Kept: ${words}: give the interface another group, or set evenInUse: true` };
    case 'NOT_NARROWER':
      return { kind: 'by-hand', sentence: `Kept: ${words}: name a narrower peer there, or remove it yourself` };
    case 'NOT_REPLACEABLE':
      return { kind: 'by-hand', sentence: `Kept: ${words}: add the rules that should stay, and then remove it yourself` };
    case 'EGRESS':
      return { kind: 'by-hand', sentence: 'Egress rules are never revoked: remove it yourself' };
    case 'STACK_IN_PROGRESS':
      return { kind: 'wait', notBefore: 0, sentence: stackInProgress(entry) };
    case 'GROUP_UNREAD':
    case 'USE_UNREAD':
    case 'PEERS_UNREAD':
    case 'STACK_UNREAD':
      return { kind: 'unknown', sentence: `Kept for now: ${words}; the next sweep that can read it decides` };
    case 'EXEMPT_BY_RULE_TAG':
    case 'EXEMPT_BY_GROUP_TAG':
    case 'EXEMPT_UNTIL_INVALID':
      return exempt(entry, context);
    case 'ENDPOINTS_UNREAD':
      return { kind: 'unknown', sentence: `Kept for now: ${words}; the next sweep that can read them decides` };
    default:
      return { kind: facts?.kind === 'by-hand' ? 'by-hand' : 'keep', sentence: `Kept: ${words}` };
  }
}

/** Describes a finding that a tag exempts. After the day of the tag, the next sweep begins its wait. */
function exempt({ exemption, keepReason }: LedgerEntry, { now, time }: SweptContext): Prospect {
  const words = keepFacts(keepReason)?.words;
  if (exemption?.kind !== 'until') {
    return { kind: keepReason === 'EXEMPT_UNTIL_INVALID' ? 'decide' : 'keep', sentence: `Kept: ${words}` };
  }
  const until = time(exemption.until);
  const sentence = exempts(exemption, now) ? `Kept: ${words}, until ${until}` : `Exempt until ${until}; its wait begins with the next sweep`;
  return { kind: 'keep', sentence };
}

function stackInProgress({ stackName }: LedgerEntry): string {
  const stack = stackName === undefined ? 'the stack of its group' : `its stack ${stackName}`;
  return `Kept for now: CloudFormation is changing it or ${stack}; the next scheduled sweep asks again`;
}

const whereOf = ({ stackName }: LedgerEntry): string =>
  stackName === undefined ? '' : ', in the template of its stack if it is defined there';

/** Says which properties to change so that a rule is revoked that is reported only. */
function orChange({ stale, flagged }: LedgerEntry): string {
  const names = flagged?.verdict === 'flagged' ? flagged.declarations.map(({ name }) => name) : [];
  return [
    ...stale || names.length === 0 ? ['set StaleRules.revokeAfter'] : [],
    ...names.length > 0 ? [`change the action of ${names.join(', ')}`] : [],
  ].map(each => `, or ${each}`).join('');
}

/** Describes a finding that is kept because it comes back, or that was until a person retried it. */
function comingBack(
  { securityGroupRuleId, returned, stackName }: LedgerEntry, { sweep, place }: SweptContext,
): Prospect {
  if (returned !== undefined && !returned.isKept) {
    return { kind: 'revoke', notBefore: 0, sentence: 'Retried: the next sweep revokes it, unless something else keeps it' };
  }
  const stack = stackName === undefined ? '' : `, for example in the stack ${stackName}`;
  const where = place && { account: place.account, region: place.region };
  const request = JSON.stringify({ retry: { ...where, securityGroupRuleIds: [securityGroupRuleId] } });
  const [kind, verb] = sweep.dryRun ? ['dry-run', 'Would be withheld'] as const : ['decide', 'Withheld'] as const;
  const advice = `find what adds it${stack}, and then send ${request} through the alias ${RETRY_ALIAS}`;
  return { kind, sentence: `${verb}: ${KEEP_REASONS.COMES_BACK.words}: ${advice}` };
}

type SweptContext = ProspectContext & { readonly sweep: SweepEntry };

/** Describes a finding that is due now or later. */
function expectation(entry: LedgerEntry, context: SweptContext): Prospect {
  const { keepReason } = entry;
  const { sweep, now } = context;
  const { maxRevocationsPerSweep: limit } = sweep;
  const isDryRun = sweep.dryRun || keepReason === 'DRY_RUN';
  if (limit === 0) {
    const kind = isDryRun ? 'dry-run' : keepReason === 'WITHIN_GRACE' ? 'by-hand' : 'decide';
    const withheld = isDryRun ? 'Would be withheld' : 'Withheld';
    return { kind, sentence: `${withheld}: maxRevocationsPerSweep is 0, so nothing is revoked` };
  }
  const [wait] = waitsOf(entry, sweep, now);
  if (wait?.state === 'broken' && !isToldAtOnce(entry, sweep)) {
    const sentence = 'Kept: no sweep has found it for too long, so its wait starts over with the next sweep that finds it';
    return { kind: isDryRun ? 'dry-run' : 'wait', notBefore: wait.endsAt, sentence };
  }
  if (keepReason === 'WITHIN_GRACE') {
    return wait
      ? withinGrace(wait, context)
      : { kind: 'keep', sentence: `Kept: ${KEEP_REASONS.WITHIN_GRACE.words}` };
  }
  if (isWaitingReason(keepReason)) return waitingFor(entry, context);
  if (isDryRun) return { kind: 'dry-run', sentence: `Would be revoked${unlessTooMany(context)}; this is a dry run` };
  return heldBack(entry, context) ?? limited(context) ?? attempted(entry, context);
}

/** Describes a finding that waits for its approval, for the end of its notice, or for the revocation window. */
function waitingFor(entry: LedgerEntry, context: SweptContext): Prospect {
  const { approval, keepReason, announced } = entry;
  const { sweep, now, time, pause, place } = context;
  const isUnapproved = keepReason === 'AWAITING_APPROVAL' && approval?.approved === undefined;
  const when = `Revoked ${whenRevoked(entry, isUnapproved ? { ...sweep, approval: undefined } : sweep, now, time)}`;
  const paused = pause?.pause === undefined ? '' : `, and not before the pause ends, ${time(pause.pause.until)}`;
  const said = announced?.since === undefined ? '' : `; announced at ${time(announced.since)}`;
  if (!isUnapproved) {
    const end = approval && approvalEnd(approval);
    const valid = end === undefined ? '' : `, valid until ${time(end)}`;
    const agreed = approval?.approved && `${approvedWords(approval, time)}${valid}`;
    const sentence = `${when}${paused}${said}${agreed === undefined ? '' : `; ${agreed}`}${unlessTooMany(context)}`;
    return { kind: 'wait', notBefore: earliestRevocation(entry, sweep, now) ?? now.getTime(), sentence };
  }
  if (approval === undefined) {
    const sentence = `Waits for approval${said}: nobody is asked before everything can be read that decides about it`;
    return { kind: 'keep', sentence };
  }
  const where = place && { account: place.account, region: place.region };
  const { securityGroupRuleId } = entry;
  const digest = digestOfSet([{ securityGroupRuleId, digest: approval.digest }]);
  const request = JSON.stringify({ approve: { ...where, securityGroupRuleIds: [securityGroupRuleId], digest } });
  const advice = `to approve it, send ${request} through the alias ${APPROVE_ALIAS}`;
  return { kind: 'decide', sentence: `Waits for approval${said}: ${advice}` };
}

/** Describes a finding that is due. It is revoked next, unless the latest attempt says otherwise. */
function attempted({ outcome }: LedgerEntry, context: SweptContext): Prospect {
  const detail = outcome?.detail ?? 'no reason is recorded';
  if (outcome?.name === 'FAILED') {
    const sentence = `Revocation failed: ${detail}; the next sweep tries again${unlessTooMany(context)}`;
    return { kind: 'failed', notBefore: 0, sentence };
  }
  // The rule may be exempt by now, or may have been replaced.
  if (outcome?.name === 'SKIPPED' || outcome?.name === 'CHANGED_MEANWHILE') {
    const sentence = `Not revoked by the latest attempt: ${detail}; the next sweep looks again`;
    return { kind: 'revoke', notBefore: 0, sentence };
  }
  return { kind: 'revoke', notBefore: 0, sentence: `Revoked by the next sweep${unlessTooMany(context)}` };
}

/** Describes a finding that is due while revoking is on hold. Returns undefined if there is no hold. */
function heldBack(entry: LedgerEntry, context: SweptContext): Prospect | undefined {
  const { pause, time } = context;
  if (pause?.state === 'unreadable') {
    return { kind: 'decide', sentence: 'Withheld: whether revoking is paused cannot be read, which counts as a pause' };
  }
  if (context.isTrusted === false || entry.keepReason === 'LEDGER_UNTRUSTED') {
    return { kind: 'decide', sentence: `Withheld: ${KEEP_REASONS.LEDGER_UNTRUSTED.words}` };
  }
  if (entry.keepReason === 'CONFIGURATION_CHANGING') {
    return { kind: 'unknown', sentence: `Kept for now: ${KEEP_REASONS.CONFIGURATION_CHANGING.words}` };
  }
  const held = heldUntil(context);
  if (held === undefined) return undefined;
  const { at, until, what } = held;
  const still = becauseOf(entry).verdict === 'flagged' ? 'flagged' : 'stale';
  const terms = furtherTerms(context.sweep ?? {});
  const further = terms === undefined ? '' : `, and after ${terms}`;
  const sentence = `Revoked by the first sweep after ${what}, ${time(until)}${further}, if still ${still}`;
  return { kind: 'wait', notBefore: at, sentence: `${sentence}${unlessTooMany(context)}` };
}

interface HeldUntil {
  readonly at: number;
  readonly until: string;
  /** The end of the hold, in words that follow "after". */
  readonly what: string;
}

/** Returns the temporary hold that ends last. */
function heldUntil({ pause, sweep, now }: SweptContext): HeldUntil | undefined {
  const ends = [
    ...pause?.pause ? [{ until: pause.pause.until, what: 'the pause ends' }] : [],
    ...isSettling(sweep, now) ? [{ until: sweep.settlesUntil, what: 'the configuration has settled' }] : [],
  ];
  return ends.map(end => ({ ...end, at: Date.parse(end.until) })).sort((a, b) => b.at - a.at).at(0);
}

/** Whether the configuration was settling at the latest sweep, and still is. */
export function isSettling(
  sweep: SweepEntry | undefined, now: Date,
): sweep is SweepEntry & { readonly settlesUntil: string } {
  return sweep?.settlesUntil !== undefined && !(now.getTime() >= Date.parse(sweep.settlesUntil));
}

/** Describes a finding that the limit keeps. Returns undefined if the limit allows it. */
function limited({ sweep, pause, time }: SweptContext): Prospect | undefined {
  const withheld = overLimit(sweep);
  const limit = sweep.maxRevocationsPerSweep;
  if (withheld !== undefined) {
    return { kind: 'decide', sentence: `Withheld: ${inWords(withheld.count, limit)}; a person has to decide` };
  }
  const allowance = pause?.control?.allowance;
  if (allowance?.waiting === undefined) return undefined;
  const next = Date.parse(allowance.openedAt) + (sweep.scheduleSeconds ?? NaN) * 1000;
  const when = Number.isFinite(next) ? `, at about ${time(next)}` : '';
  const sentence = `Waits for the next scheduled sweep${when}: ${KEEP_REASONS.LIMIT_USED.words}`;
  return { kind: 'wait', notBefore: Number.isFinite(next) ? next : 0, sentence };
}

const overLimit = ({ withheld }: SweepEntry): SweepEntry['withheld'][number] | undefined =>
  withheld.find(({ reason }) => reason === 'OVER_LIMIT');

/** If more rules than the limit are due at once, none is revoked. */
function unlessTooMany({ sweep, candidates: count }: SweptContext): string {
  const isPossible = overLimit(sweep) !== undefined || count > sweep.maxRevocationsPerSweep;
  return isPossible ? `, unless more than ${sweep.maxRevocationsPerSweep} are due then` : '';
}

/** Rules that a sweep could not look at, or whose entries it could not read, count towards the limit, too. */
function inWords(count: number, limit: number): string {
  const rules = count === 1 ? '1 rule is' : `${count} rules are`;
  if (count > limit) return `${rules} to be revoked and maxRevocationsPerSweep is ${limit}`;
  const others = 'and together with those that could not be looked at or read that is';
  return `${rules} to be revoked, ${others} more than maxRevocationsPerSweep, which is ${limit}`;
}

function withinGrace(wait: OwnWait, context: SweptContext): Prospect {
  const { sweep, place, now, time } = context;
  if (sweep.enabled === false) {
    const why = place?.isReportOnly ? KEEP_REASONS.ACCOUNT_REPORT_ONLY.words : KEEP_REASONS.DISABLED.words;
    return { kind: 'keep', sentence: `Kept: ${why}` };
  }
  const [kind, verb, dryRun] = sweep.dryRun
    ? ['dry-run', 'Would be revoked', '; this is a dry run'] as const
    : ['wait', 'Revoked', ''] as const;
  const end = `${unlessTooMany(context)} (${seenHowOften(wait)})${dryRun}`;
  const held = heldUntil(context);
  const [due, when] = held && held.at > wait.endsAt ? [held.at, `${held.what}, `] : [wait.endsAt, ''];
  // The sweep that revokes a rule also counts as a sighting of it.
  if (due > now.getTime()) {
    const still = `if still ${wait.still}${wait.missing > 1 ? ' and seen often enough' : ''}`;
    return { kind, notBefore: due, sentence: `${verb} by the first sweep after ${when}${time(due)}, ${still}${end}` };
  }
  const then = wait.missing > 1
    ? `when ${wait.missing} more sweeps have found it ${wait.still}`
    : `by the next sweep, if still ${wait.still}`;
  return { kind, notBefore: now.getTime(), sentence: `${verb} ${then}${end}` };
}

const seenHowOften = ({ seen, grace: { sightings } }: OwnWait): string =>
  seen < sightings ? `seen ${seen} of ${sightings} needed times` : `seen ${times(seen)}, ${sightings} needed`;

const times = (count: number): string => count === 1 ? 'once' : `${count} times`;
