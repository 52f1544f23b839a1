/** The texts of the forecast, which are the same in the log, the answer of a deployment and the findings table. */
import { moment } from './pause-words';
import type { Forecast } from '../model/result';

/** The number of days that are listed. The rest is summed up. */
const DAYS = 5;

/** @param time formats a time for the reader */
export function forecastMessage(
  { from, due, graceEnds, limit, onlyAfter }: Forecast, time: (iso: string) => string = moment,
): string {
  return [
    onlyAfter === undefined || due === 0
      ? `The first sweep after ${time(from)} would revoke ${rules(due)}${limited(due, limit)}`
      : `Sweeps after ${time(from)} would revoke ${rules(due)}, each only after ${onlyAfter}${limited(due, limit)}`,
    ...graceEnds.slice(0, DAYS).map(({ day, count }) =>
      `${count === 1 ? '1 rule ends its' : `${count} rules end their`} grace on ${dayOf(day)}${limited(count, limit)}`),
    ...graceEnds.length > DAYS ? [`${rules(later(graceEnds))} later`] : [],
  ].join('. ');
}

const rules = (count: number): string => count === 0 ? 'no rule' : count === 1 ? '1 rule' : `${count} rules`;

const later = (graceEnds: Forecast['graceEnds']): number =>
  graceEnds.slice(DAYS).reduce((sum, { count }) => sum + count, 0);

/** If more rules than the limit are due at once, none is revoked. */
function limited(count: number, limit: number): string {
  if (count <= limit) return '';
  return `; the limit is ${limit}, so none will be revoked unless maxRevocationsPerSweep is raised or some are made exempt`;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Formats a day, such as `8 December 2026`. */
function dayOf(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}
