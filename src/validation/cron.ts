/**
 * Computes when a cron expression of EventBridge Scheduler fires. This file imports nothing.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */

export interface CronFirings {
  /** Seconds since the epoch, ascending, without daylight saving time. */
  readonly firings: Iterable<number>;
  /** Whether the pattern continues in the same way; if not, `firings` is complete. */
  readonly goesOn: boolean;
}

/**
 * The years to look at. They contain every series of sweeps that can lie between two 29ths of February. They are fixed,
 * so that an app always synthesizes to the same template.
 */
const YEARS = [2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031];

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** @returns undefined for an expression that is not understood, such as one with W or # */
export function cronFirings(expression: string): CronFirings | undefined {
  const fields = fieldsOf(expression);
  if (fields.length !== 6) return undefined;
  const [minutes, hours] = [values(fields[0], 0, 59), values(fields[1], 0, 23)];
  const [months, years] = [values(fields[3], 1, 12, MONTHS), values(fields[5], 1970, 2199)];
  const isDay = dayOf(fields[2], fields[4]);
  if (!minutes || !hours || !months || !isDay || !years) return undefined;
  const isEveryYear = fields[5] === '*';
  const pattern = { minutes, hours, months, isDay, years: isEveryYear ? YEARS : years.slice(0, YEARS.length) };
  return {
    firings: { [Symbol.iterator]: () => allOf(pattern) },
    goesOn: isEveryYear || years.length > YEARS.length,
  };
}

function fieldsOf(expression: string): string[] {
  return /^cron\(\s*([^()]*?)\s*\)$/i.exec(expression)?.[1].toUpperCase().split(/\s+/) ?? [];
}

/** Whether the expression means no day at all, such as February 30. */
export function neverFires(expression: string): boolean {
  const cron = cronFirings(expression);
  if (cron === undefined) return false;
  for (const _ of cron.firings) return false;
  return !cron.goesOn || fieldsOf(expression)[5] === '*';
}

/** @returns undefined for an expression that goes on, or is not understood */
export function lastYearOf(expression: string): number | undefined {
  const [year] = fieldsOf(expression).slice(5);
  return year === undefined || year === '*' ? undefined : values(year, 1970, 2199)?.at(-1);
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
  /** The texts that are allowed besides values, ranges and steps. */
  readonly special?: RegExp;
  /** The characters that may follow a value. */
  readonly suffix?: RegExp;
}

const FIELDS: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, special: /^(\?|L|LW|L-\d+)$/, suffix: /(?<=\d)W$/ },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 1, most: 7, names: WEEKDAYS, special: /^[?L]$/, suffix: /(?<=.)(L|#[1-5])$/ },
  { name: 'year', least: 1970, most: 2199 },
];

/** @returns why EventBridge Scheduler refuses an expression, as far as its documentation says so */
export function cronProblem(expression: string): string | undefined {
  const fields = fieldsOf(expression);
  const names = FIELDS.map(({ name }) => name).join(', ');
  if (fields.length !== FIELDS.length) return `which has ${fields.length} fields, and there are 6: ${names}`;
  const wrong = FIELDS.findIndex((field, index) => !fields[index].split(',').every(part => isPart(part, field)));
  if (wrong >= 0) {
    const { name, least, most, names: words } = FIELDS[wrong];
    const range = `${least} to ${most}${words ? ` or ${words[0]} to ${words.at(-1)}` : ''}`;
    return `whose ${name} is ${fields[wrong]}, which is not within ${range}`;
  }
  if ((fields[2] === '?') === (fields[4] === '?')) {
    return 'and exactly one of day of month and day of week has to be ?';
  }
  return undefined;
}

/** Accepts ranges that wrap around, such as FRI-MON, because AWS does not document whether they are allowed. */
function isPart(part: string, { least, most, names = [], special, suffix }: Field): boolean {
  if (special?.test(part)) return true;
  const plain = suffix ? part.replace(suffix, '') : part;
  const [isMatch, first, last = first, step = '1'] = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(plain) ?? [];
  if (isMatch === undefined || Number(step) === 0) return false;
  return [first, last].every(each => each === undefined || valueOf(each, least, most, names) !== undefined);
}

interface Pattern {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly isDay: IsDay;
  readonly years: readonly number[];
}

/** Whether the expression fires on a day. */
type IsDay = (day: Date, daysInMonth: number) => boolean;

function* allOf({ minutes, hours, months, isDay, years }: Pattern): Generator<number> {
  for (const year of years) {
    for (const month of months) {
      // Day 0 is the last day of the month before, and Date counts months from 0.
      const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let date = 1; date <= daysInMonth; date++) {
        const day = new Date(Date.UTC(year, month - 1, date));
        if (!isDay(day, daysInMonth)) continue;
        for (const hour of hours) for (const minute of minutes) yield day.getTime() / 1000 + hour * 3600 + minute * 60;
      }
    }
  }
}

/** Exactly one of the two fields must be "?"; the other decides. */
function dayOf(dayOfMonth: string, dayOfWeek: string): IsDay | undefined {
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return undefined;
  return dayOfWeek === '?' ? dayOfMonthOf(dayOfMonth) : dayOfWeekOf(dayOfWeek);
}

function dayOfMonthOf(field: string): IsDay | undefined {
  const [last, others] = divided(field, part => part === 'L');
  const days = others.length > 0 ? values(others.join(), 1, 31) : [];
  return days && ((day, daysInMonth) => {
    const date = day.getUTCDate();
    return days.includes(date) || (last.length > 0 && date === daysInMonth);
  });
}

/** "L" alone is the last day of the week; "6L" is the last Friday of the month. */
function dayOfWeekOf(field: string): IsDay | undefined {
  const [last, others] = divided(field.replace(/(^|,)L(?=,|$)/g, '$1SAT'), part => part.endsWith('L'));
  const weekdays = others.length > 0 ? values(others.join(), 1, 7, WEEKDAYS) : [];
  const lastWeekdays = last.map(part => valueOf(part.slice(0, -1), 1, 7, WEEKDAYS));
  if (!weekdays || lastWeekdays.includes(undefined)) return undefined;
  return (day, daysInMonth) => {
    const weekday = day.getUTCDay() + 1;
    return weekdays.includes(weekday) || (lastWeekdays.includes(weekday) && day.getUTCDate() + 7 > daysInMonth);
  };
}

function divided(field: string, isMeant: (part: string) => boolean): [string[], string[]] {
  const parts = field.split(',');
  return [parts.filter(isMeant), parts.filter(part => !isMeant(part))];
}

/** @returns each value once, ascending; undefined for a field that is not understood */
function values(field: string, least: number, most: number, names: readonly string[] = []): number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [, first, last, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (first === undefined || (first === '*' && last !== undefined)) return undefined;
    const from = first === '*' ? least : valueOf(first, least, most, names);
    const onlyOne = first !== '*' && step === undefined;
    const to = last === undefined ? (onlyOne ? from : most) : valueOf(last, least, most, names);
    const by = Number(step ?? 1);
    // AWS does not document whether a range may wrap around, as in FRI-MON.
    if (from === undefined || to === undefined || from > to || by === 0) return undefined;
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((one, other) => one - other);
}

function valueOf(text: string, least: number, most: number, names: readonly string[]): number | undefined {
  const value = names.includes(text) ? names.indexOf(text) + least : /^\d+$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= least && value <= most ? value : undefined;
}
