/** Checks that the wait before a stale rule is revoked can end on the schedule. */
import { Token } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { cronFirings, CronFirings } from './cron';
import { DAY, human } from './durations';
import { intervalSeconds } from './sweep-times';
import { Grace } from '../contract/configuration';

/** The declared grace. `maxGapSeconds` is optional, because the schedule gives its default. */
export type DeclaredGrace = Omit<Grace, 'maxGapSeconds'> & Partial<Pick<Grace, 'maxGapSeconds'>>;

/**
 * Derives the longest gap from the schedule if it is not given. The default allows one missed sweep.
 *
 * @param interval seconds between two sweeps; undefined if the schedule is not a rate, in which case the gap is either
 * given or has no effect
 */
export function withMaxGap(grace: DeclaredGrace | undefined, interval = DAY): Grace | undefined {
  if (grace === undefined) return undefined;
  return { ...grace, maxGapSeconds: grace.maxGapSeconds ?? Math.max(Math.ceil(grace.seconds / 2), 2 * interval) };
}

/**
 * Refuses a wait that can never end, because it would silently revoke nothing.
 *
 * @throws when the wait could never end; the message names the property, what was got and the fix
 */
export function requireGraceToEnd(path: string, schedule: ScheduleExpression, grace: DeclaredGrace | undefined): void {
  const problem = grace && problemOf(schedule, grace);
  if (problem !== undefined) throw new Error(`${path}: ${problem}`);
}

function problemOf(schedule: ScheduleExpression, grace: DeclaredGrace): string | undefined {
  const { seconds, sightings, maxGapSeconds } = grace;
  const { expressionString: expression } = schedule;
  const [interval, cron] = [intervalSeconds(schedule), cronFirings(expression)];
  // A token is a large negative number here, so it does not count as a wait.
  const waits = seconds > 0 || sightings > 1;
  if (waits && (expression.startsWith('at(') || (cron && !sweepsTwice(cron)))) {
    return `schedule: got ${expression}, which sweeps at most once, so it never finds a rule stale ${wait(grace)}; `
      + 'give a rate, such as ScheduleExpression.rate(Duration.hours(1)), or set staleRules to StaleRules.revoke()';
  }
  if (maxGapSeconds === undefined) {
    const mayWait = waits || Token.isUnresolved(seconds) || Token.isUnresolved(sightings);
    return interval === undefined && mayWait ? missing(expression, cron) : undefined;
  }
  if (!waits || Token.isUnresolved(maxGapSeconds)) return undefined;
  const got = `staleRules.maxGap: got ${human(maxGapSeconds)}`;
  if (interval !== undefined) {
    return maxGapSeconds > interval ? undefined : `${got}, and sweeps are ${human(interval)} apart, so each starts the `
      + `wait over; give at least ${human(2 * interval)}, so that one missed sweep is no gap`;
  }
  if (cron === undefined || canEnd(cron, { ...grace, maxGapSeconds })) return undefined;
  const longest = longestGap(cron);
  const isWideEnough = canEnd(cron, { ...grace, maxGapSeconds: 2 * longest });
  const fix = isWideEnough ? `give at least ${human(2 * longest)}` : 'wait for less time, or for fewer sightings';
  return `${got} with the schedule ${expression}, whose sweeps are up to ${human(longest)} apart, so they never find a `
    + `rule stale ${wait(grace)} without a break; ${fix}, or sweep more often`;
}

function missing(expression: string, cron: CronFirings | undefined): string {
  const days = Math.ceil(2 * (cron ? longestGap(cron) : DAY) / DAY);
  const schedule = Token.isUnresolved(expression)
    ? 'a schedule that is known at deployment only'
    : `the schedule ${expression}, which is not a rate`;
  return `staleRules.maxGap: got undefined with ${schedule}; give the longest time that two sweeps may be apart, such as `
    + `StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(${days}) })`;
}

/**
 * Returns whether a series of sweeps without a break can be long enough for the wait to end. Daylight saving time is
 * ignored: it shifts sweeps twice a year, and leaves long series in between.
 */
function canEnd({ firings, goesOn }: CronFirings, grace: Grace): boolean {
  const { seconds, sightings, maxGapSeconds } = grace;
  let [first, latest, seen, streaks] = [0, -Infinity, 0, 0];
  for (const firing of firings) {
    const gap = firing - latest;
    if (gap > maxGapSeconds) {
      [first, seen] = [firing, 0];
      streaks++;
    }
    [latest, seen] = [firing, seen + 1];
    if (seen >= sightings && firing - first >= seconds) return true;
  }
  // A streak without a break continues for as long as needed.
  return goesOn && streaks === 1;
}

function sweepsTwice({ firings }: CronFirings): boolean {
  let seen = 0;
  for (const _ of firings) if (++seen > 1) return true;
  return false;
}

function longestGap({ firings }: CronFirings): number {
  let [longest, latest] = [0, Infinity];
  for (const firing of firings) [longest, latest] = [Math.max(longest, firing - latest), firing];
  return longest;
}

/** Describes the wait, as in `for 7 days and 2 times`. */
function wait({ seconds, sightings }: DeclaredGrace): string {
  const [time, times] = [seconds > 0 && `for ${human(seconds)}`, sightings > 1 && `${sightings} times`];
  return [time, times].filter(each => each !== false).join(' and ');
}
