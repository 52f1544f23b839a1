/** Formats times and ages for the page. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a time in one time zone, such as `2026-11-28 14:00 UTC`. */
export type TimeFormat = (time: string | number) => string;

/**
 * @param offsetISO the offset of the dashboard's time zone, such as `+01:00`; anything else means UTC
 */
export function timeFormat(offsetISO: unknown): TimeFormat {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(typeof offsetISO === 'string' ? offsetISO : '') ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE);
  const isUtc = offset === 0 || Math.abs(offset) > 14 * HOUR;
  const zone = isUtc ? 'UTC' : String(offsetISO);
  return time => {
    const millis = typeof time === 'number' ? time : Date.parse(time);
    const date = new Date(millis + (isUtc ? 0 : offset));
    return Number.isNaN(date.getTime())
      ? 'at an unknown time'
      : `${date.toISOString().slice(0, 16).replace('T', ' ')} ${zone}`;
  };
}

/** Formats a duration, such as `3 d 4 h`, `4 h 5 min` or `5 min`. */
export function duration(millis: number): string {
  if (Number.isNaN(millis)) return 'unknown';
  if (millis < MINUTE) return 'less than 1 min';
  const [days, hours, minutes] = [
    Math.floor(millis / DAY),
    Math.floor((millis % DAY) / HOUR),
    Math.floor((millis % HOUR) / MINUTE),
  ];
  const parts = days > 0 ? [[days, 'd'], [hours, 'h']] : [[hours, 'h'], [minutes, 'min']];
  return parts.filter(([count]) => count !== 0).map(part => part.join(' ')).join(' ');
}

/** Formats the time since a moment. */
export function age(since: string, now: Date): string {
  return duration(now.getTime() - Date.parse(since));
}

export const ago = (moment: string, now: Date): string => `${age(moment, now)} ago`;
