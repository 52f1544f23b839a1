/**
 * What the clocks of a time zone show, by the Temporal API. It knows the instants at which the clocks change, so a test
 * that walks through the minutes asks it for each change, not for each minute.
 */
import { Temporal } from '@js-temporal/polyfill';

/** A time between two changes of the clocks. */
interface Stretch {
  readonly from: number;
  readonly offset: number;
}

/** The years of the tests. */
const FIRST = Temporal.Instant.from('2023-11-01T00:00:00Z');
const LAST = Date.UTC(2041, 1, 1);

/** The latest stretch is the first one. */
const known = new Map<string, readonly Stretch[]>();

function stretchesOf(timeZone: string): readonly Stretch[] {
  const cached = known.get(timeZone);
  if (cached !== undefined) return cached;
  const stretches: Stretch[] = [];
  let at: Temporal.ZonedDateTime | null = FIRST.toZonedDateTimeISO(timeZone);
  while (at !== null && at.epochMilliseconds < LAST) {
    stretches.push({ from: at.epochMilliseconds, offset: at.offsetNanoseconds / 1e6 });
    at = at.getTimeZoneTransition('next');
  }
  stretches.reverse();
  known.set(timeZone, stretches);
  return stretches;
}

/** Returns the instants at which the clocks of a time zone change, in the years of the tests. */
export const changesOf = (timeZone: string): readonly number[] =>
  stretchesOf(timeZone).slice(0, -1).map(({ from }) => from);

/** Returns the date and the time that the clocks show, as if they were in UTC. */
export function wallClock(timeZone: string, millis: number): Date {
  const stretch = stretchesOf(timeZone).find(({ from }) => from <= millis);
  if (stretch === undefined || millis >= LAST) throw new Error(`${new Date(millis).toISOString()} is not in the years of the tests`);
  return new Date(millis + stretch.offset);
}
