/**
 * The limit: how many rules all runs together may revoke between one scheduled sweep and the next.
 *
 * A run reserves all that it plans or nothing, before its first call, in one conditional write of the control item.
 * What follows here is pure: from the control item that is there to the one that is to be written.
 */
import { digestOf } from './digest';
import type { LimitReason } from './reasons';
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
   */
  readonly due: number;
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
  const { run, due, limit } = asked;
  const planned = asked.planned.length;
  const open = isOpening(before, asked) ? opened(asked) : before;
  // Nothing was swept as a whole yet: a run of some groups cannot know how much there is to do.
  if (open === undefined) return { allowance: undefined, ...planned > 0 && { withheld: 'LIMIT_USED' } };
  const isOver = due > limit;
  const overLimit = run.scope.kind === 'groups' ? open.overLimit : isOver ? { planned: due, runId: run.id } : undefined;
  const isSame = overLimit === open.overLimit;
  const allowance = isSame ? open : { ...open, overLimit };
  if (planned === 0) return { allowance };
  if (overLimit !== undefined) return { allowance, withheld: 'OVER_LIMIT' };
  if (open.used + planned > Math.min(open.limit, limit)) {
    const waiting = digestOf(asked.planned.map(({ rule }) => rule));
    const isNewlyWaiting = allowance.waiting !== waiting;
    return {
      allowance: isNewlyWaiting ? { ...allowance, waiting } : allowance,
      withheld: 'LIMIT_USED',
      isNewlyWaiting,
    };
  }
  return { allowance: { ...allowance, used: open.used + planned, waiting: undefined } };
}

/** Whether an event of the schedule was delivered before, or comes after a later one. Its times are of one form. */
export function isRepeated(allowance: Allowance | undefined, { id, scheduledTime }: Run): boolean {
  if (scheduledTime === undefined || allowance?.scheduledTime === undefined) return false;
  return scheduledTime <= allowance.scheduledTime && allowance.openedBy !== id;
}

/**
 * A scheduled sweep opens an allowance, unless it is one that is delivered twice, or began before the latest was
 * opened.
 */
function isOpening(allowance: Allowance | undefined, { run, startedAt }: Draw): boolean {
  if (allowance === undefined) return run.scope.kind === 'everything';
  if (run.trigger !== 'schedule' || isRepeated(allowance, run)) return false;
  return startedAt.getTime() > Date.parse(allowance.openedAt) || isFarAhead(allowance.openedAt, startedAt);
}

/** A clock that was ahead must not keep back every allowance until its time has come. */
const isFarAhead = (iso: string, now: Date): boolean => !(Date.parse(iso) - now.getTime() <= 3_600_000);

function opened({ run, now, limit }: Draw): Allowance {
  const { id: openedBy, scheduledTime } = run;
  return {
    openedBy, openedAt: now.toISOString(), ...scheduledTime !== undefined && { scheduledTime }, limit, used: 0,
  };
}

/**
 * A run has not used all that it had reserved.
 *
 * @param from the run that opened the allowance from which it was reserved
 * @returns undefined when there is nothing to write: another allowance has been opened since
 */
export function givenBack(allowance: Allowance | undefined, from: string, count: number): Allowance | undefined {
  if (allowance?.openedBy !== from || count === 0) return undefined;
  return { ...allowance, used: Math.max(0, allowance.used - count) };
}
