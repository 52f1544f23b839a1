/**
 * The revocation window: the hours of the week in which rules may be revoked, by the wall clock of a time zone.
 *
 * The wall clock alone decides. When it is set forward, the skipped hour never comes, so a window within it does not
 * open that day. When it is set back, the repeated hour comes twice, and a window within it opens twice. Instants are
 * exact to the millisecond. This file imports nothing: Intl knows the time zones.
 */

/** The days of the week, in their order. */
export const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

export type Day = typeof DAYS[number];

/** When rules may be revoked. */
export interface RevocationWindowConfiguration {
  /** The days on which the window begins, each once. Absent: every day. */
  readonly days?: Day[];
  /** The time at which it opens, as HH:MM. */
  readonly from: string;
  /** The time at which it closes, as HH:MM, up to 24:00. A time that is not after `from` is one of the next day. */
  readonly to: string;
  /** The name of the time zone as IANA writes it, such as Europe/Berlin. */
  readonly timeZone: string;
}

const MINUTE_MILLIS = 60_000;
const DAY_MILLIS = 1440 * MINUTE_MILLIS;
const WEEK_MILLIS = 7 * DAY_MILLIS;

/**
 * Whether rules may be revoked at an instant. An invalid date is never in the window.
 *
 * @throws RangeError if Intl does not know the time zone
 */
export function isOpen(window: RevocationWindowConfiguration, now: Date): boolean {
  return isValid(now) && isOpenAt(spansOf(window), clockAt(window.timeZone, now.getTime()));
}

/**
 * How far ahead the next opening is looked for. A window that the clock skips comes a week later, so it may be two
 * weeks away.
 */
const LOOK_AHEAD_MILLIS = 15 * DAY_MILLIS;

/**
 * How far a window that is open is looked for its begin and its end. Every window that ever closes closes within a
 * week, and the clock may be set back in that week.
 */
const LONGEST_OPEN_MILLIS = 8 * DAY_MILLIS;

/**
 * Returns the first instant from `now` on that is in the window. It is `now` if the window is open.
 *
 * @returns undefined if there is none within 15 days, or if the date is invalid
 */
export function nextOpening(window: RevocationWindowConfiguration, now: Date): Date | undefined {
  return firstInstant(window, now, { isToBeOpen: true, within: LOOK_AHEAD_MILLIS });
}

/**
 * Returns the first instant after `now` that is no longer in the window.
 *
 * @returns undefined if the window is not open at `now`, or does not close within 8 days
 */
export function closesAt(window: RevocationWindowConfiguration, now: Date): Date | undefined {
  if (!isOpen(window, now)) return undefined;
  return firstInstant(window, now, { isToBeOpen: false, within: LONGEST_OPEN_MILLIS });
}

/**
 * Returns the instant at which the window opened that is open at `now`. For a window that never closes, that is 8 days
 * before `now`.
 *
 * @returns undefined if the window is not open at `now`
 */
export function openedAt(window: RevocationWindowConfiguration, now: Date): Date | undefined {
  if (!isOpen(window, now)) return undefined;
  const { timeZone } = window;
  const spans = spansOf(window);
  const earliest = now.getTime() - LONGEST_OPEN_MILLIS;
  for (let at = now.getTime(); at > earliest;) {
    const since = Math.min(sinceOpening(spans, clockAt(timeZone, at)), STEP_MILLIS);
    // Before the offset changed, the clock showed something else, so the search goes on from there.
    const begin = offsetAt(timeZone, at - since) === offsetAt(timeZone, at)
      ? at - since
      : offsetChange(timeZone, at - since, at);
    if (!isOpenAt(spans, clockAt(timeZone, begin - 1))) return new Date(begin);
    at = begin - 1;
  }
  return new Date(earliest);
}

/** Returns the days on which the window opens and was not open the minute before. */
export function openingDays(window: RevocationWindowConfiguration): Day[] {
  const spans = spansOf(window);
  const openings = openingsOf(spans);
  return DAYS.filter((_, index) => openings.some(each => Math.floor(each / DAY_MILLIS) === index));
}

const isValid = (date: Date): boolean => !Number.isNaN(date.getTime());

/**
 * The longest step of a search. No time zone changes its offset twice within this time, so an offset that is the same
 * at both ends was the same in between.
 */
const STEP_MILLIS = 6 * 60 * MINUTE_MILLIS;

/**
 * Goes from one instant at which something may change to the next: the clock reaches a boundary of the window, or the
 * offset of the time zone changes.
 */
function firstInstant(
  window: RevocationWindowConfiguration, now: Date,
  { isToBeOpen, within }: { readonly isToBeOpen: boolean; readonly within: number },
): Date | undefined {
  const { timeZone } = window;
  const spans = spansOf(window);
  const latest = now.getTime() + within;
  for (let at = now.getTime(); at <= latest;) {
    const clock = clockAt(timeZone, at);
    if (isOpenAt(spans, clock) === isToBeOpen) return new Date(at);
    const next = at + Math.min(untilBoundary(spans, clock, isToBeOpen), STEP_MILLIS);
    at = offsetAt(timeZone, next) === offsetAt(timeZone, at) ? next : offsetChange(timeZone, at, next);
  }
  return undefined;
}

/** Returns the first instant of the later offset. The offset changes once between the two instants. */
function offsetChange(timeZone: string, before: number, after: number): number {
  const later = offsetAt(timeZone, after);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle) === later) high = middle;
    else low = middle;
  }
  return high;
}

/** A part of the week in which the window is open, in milliseconds of the clock since Monday 00:00. */
interface Span {
  readonly start: number;
  /** May be beyond the end of the week, where the next one begins. */
  readonly end: number;
}

function spansOf({ days = [...DAYS], from, to }: RevocationWindowConfiguration): Span[] {
  const [opens, closes] = [millisOf(from), millisOf(to)];
  const length = closes - opens + (closes > opens ? 0 : DAY_MILLIS);
  return days.map(day => {
    const start = DAYS.indexOf(day) * DAY_MILLIS + opens;
    return { start, end: start + length };
  });
}

function millisOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours * 60 + minutes) * MINUTE_MILLIS;
}

const inWeek = (millis: number): number => ((millis % WEEK_MILLIS) + WEEK_MILLIS) % WEEK_MILLIS;

const isOpenAt = (spans: readonly Span[], clock: number): boolean =>
  spans.some(({ start, end }) => inWeek(clock - start) < end - start);

/** Returns how far ahead of the clock the window opens or closes. Infinity: it never does. */
function untilBoundary(spans: readonly Span[], clock: number, isToBeOpen: boolean): number {
  const boundaries = spans.map(({ start, end }) => isToBeOpen ? start : end);
  // Where two spans meet, one ends and the window stays open.
  const real = boundaries.filter(each => isOpenAt(spans, each) === isToBeOpen);
  return Math.min(...real.map(each => inWeek(each - clock)));
}

/** Returns how far behind the clock the window opened. Infinity: it is always open. */
function sinceOpening(spans: readonly Span[], clock: number): number {
  return Math.min(...openingsOf(spans).map(each => inWeek(clock - each)));
}

const openingsOf = (spans: readonly Span[]): number[] =>
  spans.map(({ start }) => start).filter(start => !isOpenAt(spans, start - 1));

/** The first Monday of the epoch was January 5. */
const FIRST_MONDAY_MILLIS = 4 * DAY_MILLIS;

/** Returns what the clock of a time zone shows, in milliseconds since Monday 00:00. */
const clockAt = (timeZone: string, millis: number): number =>
  inWeek(millis + offsetAt(timeZone, millis) - FIRST_MONDAY_MILLIS);

/** A format is expensive to make, and there are few time zones in a process. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  return format;
}

/** The end of texts such as "11/30/2026, GMT+05:45". Seconds occur in years long past. UTC may be plain "GMT". */
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** Returns by how much the clock of a time zone is ahead of UTC, in milliseconds. */
function offsetAt(timeZone: string, millis: number): number {
  const text = formatOf(timeZone).format(millis);
  const [isMatch, sign, hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(text) ?? [];
  if (isMatch === undefined) throw new Error(`Intl gave ${JSON.stringify(text)} for ${timeZone}, which has no offset`);
  const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -offset : offset;
}

/** IANA's names. Offsets such as "+01:00", which Intl also takes, are not among them. */
const TIME_ZONE = /^(?=.{1,50}$)[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/;

/**
 * Whether a text is the name of a time zone as IANA writes it. Intl disregards case, and Amazon EventBridge Scheduler
 * does not. Scheduler takes names of at most 50 characters.
 */
export function isTimeZone(name: string): boolean {
  if (!TIME_ZONE.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
