/** Words for people about a pause: the same in the log, events, notifications, answers and the findings table. */
import { plain } from './wording';
import type { Pause } from '../model/ledger';
import type { PauseReading, ToldChange } from '../model/result';

/** The rules that a pause keeps back now. */
export interface HeldBack {
  /** Rules that are due; absent when the ledger's entries cannot be read. */
  readonly due?: number;
  /** The limit of the latest sweep; absent while none is recorded. */
  readonly maxRevocationsPerSweep?: number;
}

/** Whether one sweep may revoke all that is due; undefined when that is not known. */
export function isWithinLimit({ due, maxRevocationsPerSweep: limit }: HeldBack): boolean | undefined {
  return due === undefined || limit === undefined ? undefined : due <= limit;
}

/**
 * How many rules are due, and whether the limit lets them go.
 *
 * @param sweep which one may revoke them: `the next sweep`
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

/** The sweep that comes first when the pause is over. */
export const AFTER_IT = 'the first sweep after that';

/**
 * A change of a pause, with its meaning.
 *
 * @param sweep which one may revoke what is due, when the pause is over
 */
export function pauseMessage({ change, pause, holds }: ToldChange, held: HeldBack, sweep: string): string {
  const until = moment(pause.until);
  const why = reasonOf(pause);
  switch (change) {
    case 'BEGUN':
      return holds ? pausedMessage(pause, held) : `Revoking was paused until ${until}: ${why}. That is over`;
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

/** Which sweep may revoke what is due, when a sweep tells that a pause is over: it may have held when that decided. */
export const sweepOf = ({ state }: PauseReading): string => state === 'none' ? 'this sweep' : 'the next sweep';

/** An attribute of the custom resource: `none`, or `until 2026-12-24T08:00:00.000Z: year end`. */
export function pauseAttribute({ state, pause }: PauseReading): string {
  if (state === 'unreadable') return 'unreadable, so nothing is revoked';
  return pause === undefined ? 'none' : `until ${pause.until}: ${plain(pause.reason)}`;
}

/** `2026-12-24 08:00 UTC`, with seconds where there are some. */
export function moment(iso: string): string {
  const [, date, minutes, seconds = ':00'] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?/.exec(iso) ?? [];
  return date === undefined ? iso : `${date} ${minutes}${seconds === ':00' ? '' : seconds} UTC`;
}

/** A person may have ended it with a full stop, and so does the sentence that it goes into. */
export function reasonOf({ reason }: Pick<Pause, 'reason'>): string {
  return plain(reason).trim().replace(/\.+$/, '');
}
