/**
 * The limit: how many rules all runs together may revoke between one scheduled sweep and the next.
 *
 * Before its first call, a run reserves everything that it plans or nothing, in one conditional write of the control
 * item. This file is pure: it computes the new control item from the current one.
 */
import { digestOfRules } from './digest';
import type { LimitReason } from './reasons';
import { isAhead, isLater } from './times';
import type { Allowance } from '../model/ledger';
import type { PlannedRevocation } from '../model/result';
import type { Run } from '../model/scope';

/** A request for revocations from the allowance. */
export interface Draw {
  readonly run: Run;
  /** The time at which the run began to look. */
  readonly startedAt: Date;
  readonly now: Date;
  /** The revocations that the run plans now. */
  readonly planned: readonly PlannedRevocation[];
  /**
   * The number of rules that are due, even if revoking is on hold, and of those that may be due where the run could not
   * look. Absent if the ledger could not be read, because then neither grace periods nor earlier findings are known.
   */
  readonly due?: number;
  /** `maxRevocationsPerSweep` */
  readonly limit: number;
}

export interface Drawn {
  readonly allowance: Allowance | undefined;
  /** Why nothing may be revoked. Absent: everything that is planned may be revoked. */
  readonly withheld?: LimitReason;
  /** Whether rules wait for the next allowance that did not wait before. */
  readonly isNewlyWaiting?: boolean;
}

export function draw(before: Allowance | undefined, asked: Draw): Drawn {
  const planned = asked.planned.length;
  const open = isOpening(before, asked) ? opened(asked, before) : before;
  // Before the first full sweep, a run over some groups cannot know how many rules are due in total.
  if (open === undefined) return { allowance: undefined, ...planned > 0 && { withheld: 'LIMIT_USED' } };
  const overLimit = overLimitAfter(before?.overLimit, asked);
  const allowance = overLimit === open.overLimit ? open : { ...open, overLimit };
  if (planned === 0) return { allowance };
  if (overLimit !== undefined) return { allowance, withheld: 'OVER_LIMIT' };
  const more = Math.max(0, planned - unspent(open, asked.run));
  return open.used + more > Math.min(open.limit, asked.limit)
    ? waitingFor(allowance, asked)
    : { allowance: reservedBy(asked.run, more, allowance) };
}

/**
 * Returns how much of what the run has reserved is left for it. If the response to an earlier write was lost, that is
 * all of it. An earlier call for the same part of an organization's run may have spent some before it ended.
 */
function unspent({ reserved }: Allowance, { id, part }: Run): number {
  return Math.max(0, (reserved?.[id] ?? 0) - (part?.spent ?? 0));
}

/** Only a full sweep knows whether too many rules are due. A sweep that looked before the latest one knows less. */
function overLimitAfter(
  before: Allowance['overLimit'], { run, startedAt, now, due, limit }: Draw,
): Allowance['overLimit'] {
  // A part of a run of an organization knows only its own place.
  if (run.scope.kind === 'groups' || run.part !== undefined || due === undefined) return before;
  const at = startedAt.toISOString();
  if (before !== undefined && isLater(before.at, at, now)) return before;
  return due > limit ? { planned: due, runId: run.id, at } : undefined;
}

/**
 * The number of sets of waiting rules that are remembered, because runs over different groups take turns and each set
 * is reported once.
 */
const MOST_WAITING = 20;

function waitingFor(allowance: Allowance, { planned }: Draw): Drawn {
  const digest = digestOfRules(planned.map(({ rule }) => rule));
  const { waiting = [] } = allowance;
  return waiting.includes(digest)
    ? { allowance, withheld: 'LIMIT_USED', isNewlyWaiting: false }
    : {
      allowance: { ...allowance, waiting: [...waiting, digest].slice(-MOST_WAITING) },
      withheld: 'LIMIT_USED',
      isNewlyWaiting: true,
    };
}

function reservedBy({ id }: Run, more: number, { waiting: _, ...allowance }: Allowance): Allowance {
  const { used, reserved: { [id]: own = 0, ...others } = {} } = allowance;
  const latest = Object.entries(others).slice(-MOST_RESERVATIONS);
  return { ...allowance, used: used + more, reserved: { ...Object.fromEntries(latest), [id]: own + more } };
}

/**
 * The number of other runs whose reservations are remembered, because an item has at most 400 KB. A reservation that is
 * forgotten stays used.
 */
const MOST_RESERVATIONS = 1000;

/**
 * Whether an event of the schedule was delivered before, or arrives after a later one. The times have one form, so they
 * compare as texts.
 */
function isRepeated(allowance: Allowance, { id, scheduledTime }: Run): boolean {
  if (scheduledTime === undefined || allowance.scheduledTime === undefined) return false;
  return scheduledTime <= allowance.scheduledTime && allowance.openedBy !== id;
}

/**
 * A scheduled sweep opens an allowance, unless its event is delivered twice or it began before the latest allowance was
 * opened. If the latest opening time is far in the future, it came from a wrong clock and does not count.
 */
function isOpening(allowance: Allowance | undefined, { run, startedAt }: Draw): boolean {
  if (run.part !== undefined) return false;
  if (allowance === undefined) return run.scope.kind === 'everything' && run.trigger !== 'change';
  if (run.trigger !== 'schedule' || isRepeated(allowance, run)) return false;
  return !(startedAt.getTime() <= Date.parse(allowance.openedAt)) || isAhead(allowance.openedAt, startedAt);
}

/** If the event has no time, the latest known time is kept, because that event may be delivered again. */
function opened({ run, startedAt, now, limit }: Draw, before: Allowance | undefined): Allowance {
  const { id: openedBy, trigger, scheduledTime = before?.scheduledTime } = run;
  return {
    openedBy, openedAt: now.toISOString(), ...trigger === 'schedule' && { startedAt: startedAt.toISOString() },
    ...scheduledTime !== undefined && { scheduledTime }, limit, used: 0,
  };
}

/**
 * Returns unused reservations of a run to the allowance. This happens only once: if a write is retried because its
 * response was lost, nothing is reserved any more.
 *
 * @param from the run that opened the allowance from which the revocations were reserved
 * @returns undefined if there is nothing to write, because the reservation was already returned or another allowance
 * was opened since
 */
export function givenBack(
  allowance: Allowance | undefined, { from, runId, count }: { from: string; runId: string; count: number },
): Allowance | undefined {
  if (allowance?.openedBy !== from || count === 0) return undefined;
  const { [runId]: own, ...reserved } = allowance.reserved ?? {};
  return own === undefined ? undefined : { ...allowance, used: allowance.used - Math.min(own, count), reserved };
}
