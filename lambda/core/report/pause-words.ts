/** The texts about a pause, which are the same in the log, events, notifications, answers and the findings table. */
import { plain } from './wording';
import type { Pause } from '../model/ledger';
import type { PauseReading, ToldChange } from '../model/result';

/** The rules that a pause holds back now. */
export interface HeldBack {
  /** The number of rules that are due. Absent if the entries of the ledger cannot be read. */
  readonly due?: number;
  /** The limit at the latest sweep. Absent before the first sweep is recorded. */
  readonly maxRevocationsPerSweep?: number;
}

/** Whether one sweep may revoke all rules that are due; undefined if that is not known. */
export function isWithinLimit({ due, maxRevocationsPerSweep: limit }: HeldBack): boolean | undefined {
  return due === undefined || limit === undefined ? undefined : due <= limit;
}

/**
 * Says how many rules are due, and whether the limit allows all of them.
 *
 * @param sweep the sweep that may revoke them, such as `the next sweep`
 */
export function heldBack({ due, maxRevocationsPerSweep: limit }: HeldBack, sweep: string): string {
  if (due === undefined) return 'How many rules are due cannot be read';
  if (due === 0) return 'No rule is due now';
  const [rules, them, some] = due === 1
    ? ['1 rule is due', 'it', 'it is']
    : [`${due} rules are due`, 'them', 'some are'];
  if (limit === undefined) return `${rules}; maxRevocationsPerSweep is not known before a sweep has recorded it`;
  if (due <= limit) return `${rules}; maxRevocationsPerSweep is ${limit}, so ${sweep} revokes ${them}`;
  return `${rules}; maxRevocationsPerSweep is ${limit}, so none is revoked, unless it is raised or ${some} made exempt`;
}

/** Names the first sweep after the pause. */
export const AFTER_IT = 'the first sweep after that';

/**
 * Describes a change of a pause and its consequences.
 *
 * @param sweep the sweep that may revoke the due rules after the pause
 */
export function pauseMessage({ change, pause, holds }: ToldChange, held: HeldBack, sweep: string): string {
  const until = moment(pause.until);
  const why = reasonOf(pause);
  switch (change) {
    case 'BEGUN':
      return holds ? pausedMessage(pause, held) : `Revoking was paused until ${until}: ${why}. The pause is over`;
    case 'ENDING':
      return `The pause of revoking ends within a day, at ${until}: ${why}. ${heldBack(held, AFTER_IT)}`;
    case 'ENDED': {
      const how = pause.resumedAt === undefined ? 'is over' : `was ended at ${moment(pause.resumedAt)}`;
      return `Revoking is no longer paused: the pause until ${until} ${how} (${why}). ${heldBack(held, sweep)}`;
    }
  }
}

export function pausedMessage(pause: Pause, held: HeldBack): string {
  return `Revoking is paused until ${moment(pause.until)}: ${reasonOf(pause)}. ${heldBack(held, AFTER_IT)}`;
}

/**
 * Names the sweep that may revoke the due rules, in a sweep that reports the end of a pause. If the pause was still in
 * force when this sweep decided, it is the next one.
 */
export const sweepOf = ({ state }: PauseReading): string => state === 'none' ? 'this sweep' : 'the next sweep';

/** Returns a custom resource attribute, such as `none` or `until 2026-12-24T08:00:00.000Z: year end`. */
export function pauseAttribute({ state, pause }: PauseReading): string {
  if (state === 'unreadable') return 'unreadable, so nothing is revoked';
  return pause === undefined ? 'none' : `until ${pause.until}: ${plain(pause.reason)}`;
}

/** Formats a time, such as `2026-12-24 08:00 UTC`, with seconds if they are not 0. */
export function moment(iso: string): string {
  const [, date, minutes, seconds = ':00'] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?/.exec(iso) ?? [];
  return date === undefined ? iso : `${date} ${minutes}${seconds === ':00' ? '' : seconds} UTC`;
}

/** Removes a full stop at the end, because the sentence around the reason has its own. */
export function reasonOf({ reason }: Pick<Pause, 'reason'>): string {
  return plain(reason).trim().replace(/\.+$/, '');
}
