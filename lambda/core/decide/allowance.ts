/**
 * The limit: how many rules all runs together may revoke between one scheduled sweep and the next.
 *
 * A run reserves all that it plans or nothing, before its first call, in one conditional write of the control item.
 * What follows here is pure: from the control item that is there to the one that is to be written.
 */
import { digestOfRules } from './digest';
import type { LimitReason } from './reasons';
import { isAhead, isLater } from './times';
import type { Allowance } from '../model/ledger';
import type { PlannedRevocation } from '../model/result';
import type { Run } from '../model/scope';

/** What a run asks of the allowance. */
export interface Draw {
  readonly run: Run;
  /** When the run began to look. */
  readonly startedAt: Date;
  readonly now: Date;
  /** What the run would revoke now. */
  readonly planned: readonly PlannedRevocation[];
  /**
   * Rules that are due, be it that revoking is held back as a whole; and those that may be, where it could not look.
   * Absent where the ledger could not be read: nobody knows then how many are within their grace, or were found before.
   */
  readonly due?: number;
  /** `maxRevocationsPerSweep` */
  readonly limit: number;
}

export interface Drawn {
  readonly allowance: Allowance | undefined;
  /** Why nothing may be revoked; absent: all that is planned may. */
  readonly withheld?: LimitReason;
  /** Whether rules wait for the next allowance that did not wait before. */
  readonly isNewlyWaiting?: boolean;
}

export function draw(before: Allowance | undefined, asked: Draw): Drawn {
  const planned = asked.planned.length;
  const open = isOpening(before, asked) ? opened(asked, before) : before;
  // Nothing was swept as a whole yet: a run of some groups cannot know how much there is to do.
  if (open === undefined) return { allowance: undefined, ...planned > 0 && { withheld: 'LIMIT_USED' } };
  const overLimit = overLimitAfter(before?.overLimit, asked);
  const allowance = overLimit === open.overLimit ? open : { ...open, overLimit };
  if (planned === 0) return { allowance };
  if (overLimit !== undefined) return { allowance, withheld: 'OVER_LIMIT' };
  // The answer to an earlier write of this run may have been lost.
  const { [asked.run.id]: own = 0 } = open.reserved ?? {};
  const more = Math.max(0, planned - own);
  return open.used + more > Math.min(open.limit, asked.limit)
    ? waitingFor(allowance, asked)
    : { allowance: reservedBy(asked.run, more, allowance) };
}

/** Only a full sweep knows whether there is too much to do; one that looked earlier than the latest knows less. */
function overLimitAfter(
  before: Allowance['overLimit'], { run, startedAt, now, due, limit }: Draw,
): Allowance['overLimit'] {
  if (run.scope.kind === 'groups' || due === undefined) return before;
  const at = startedAt.toISOString();
  if (before !== undefined && isLater(before.at, at, now)) return before;
  return due > limit ? { planned: due, runId: run.id, at } : undefined;
}

/** As many sets of rules that wait are remembered: runs of some groups come in turn, and each is told once. */
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
  const { used, reserved } = allowance;
  return { ...allowance, used: used + more, reserved: { ...reserved, [id]: (reserved?.[id] ?? 0) + more } };
}

/** Whether an event of the schedule was delivered before, or comes after a later one. Its times are of one form. */
function isRepeated(allowance: Allowance, { id, scheduledTime }: Run): boolean {
  if (scheduledTime === undefined || allowance.scheduledTime === undefined) return false;
  return scheduledTime <= allowance.scheduledTime && allowance.openedBy !== id;
}

/**
 * A scheduled sweep opens an allowance, unless it is one that is delivered twice, or began before the latest was
 * opened. A clock that was ahead must not keep back every allowance until its time has come.
 */
function isOpening(allowance: Allowance | undefined, { run, startedAt }: Draw): boolean {
  if (allowance === undefined) return run.scope.kind === 'everything';
  if (run.trigger !== 'schedule' || isRepeated(allowance, run)) return false;
  return !(startedAt.getTime() <= Date.parse(allowance.openedAt)) || isAhead(allowance.openedAt, startedAt);
}

/** An event that does not tell its time leaves the latest one that is known: that may be delivered again. */
function opened({ run, now, limit }: Draw, before: Allowance | undefined): Allowance {
  const { id: openedBy, scheduledTime = before?.scheduledTime } = run;
  return {
    openedBy, openedAt: now.toISOString(), ...scheduledTime !== undefined && { scheduledTime }, limit, used: 0,
  };
}

/**
 * A run has not used all that it had reserved. It gives back once: a write whose answer was lost is tried again, and
 * finds that nothing is reserved any more.
 *
 * @param from the run that opened the allowance from which it was reserved
 * @returns undefined when there is nothing to write: it is given back, or another allowance has been opened since
 */
export function givenBack(
  allowance: Allowance | undefined, { from, runId, count }: { from: string; runId: string; count: number },
): Allowance | undefined {
  if (allowance?.openedBy !== from || count === 0) return undefined;
  const { [runId]: own, ...reserved } = allowance.reserved ?? {};
  return own === undefined ? undefined : { ...allowance, used: allowance.used - Math.min(own, count), reserved };
}
