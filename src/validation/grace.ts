/** Checks that the wait before a rule is revoked can end on the schedule. */
import { Token } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { cronFirings, CronFirings } from './cron';
import { DAY, human } from './durations';
import type { DeclaredGrace } from './revoke-after';
import { intervalSeconds } from './sweep-times';
import { Grace } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

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

/** Where a wait was declared, for messages. */
interface Place {
  /** The property that has the wait. */
  readonly prop: string;
  readonly factory: 'StaleRules' | 'FlaggedAction';
  /** The state in which a rule is found during the wait. */
  readonly state: 'stale' | 'flagged';
}

/**
 * Refuses a wait that can never end, because it would silently revoke nothing.
 *
 * @throws when a wait could never end; the message names the property, what was got and the fix
 */
export function requireGraceToEnd(path: string, schedule: ScheduleExpression, props: NetworkHygieneProps): void {
  const { staleRules, flaggedIngressRules = [] } = props;
  const declared: Array<readonly [DeclaredGrace | undefined, Place]> = [
    [staleRules?._grace, { prop: 'staleRules', factory: 'StaleRules', state: 'stale' }],
    ...flaggedIngressRules.map(({ _action }, index) => [
      _action?._grace, { prop: `flaggedIngressRules[${index}].action`, factory: 'FlaggedAction', state: 'flagged' },
    ] as const),
  ];
  for (const [grace, place] of declared) {
    const problem = grace && problemOf(schedule, grace, place);
    if (problem !== undefined) throw new Error(`${path}: ${problem}`);
  }
}

/**
 * Refuses a number of sightings that the schedule can never reach, because no group would ever be reported.
 *
 * @throws when the schedule sweeps at most once, and more sightings are needed
 */
export function requireSightingsToCome(
  path: string, { expressionString: expression }: ScheduleExpression, { unusedSecurityGroups }: NetworkHygieneProps,
): void {
  const choice = unusedSecurityGroups?._configuration;
  if (choice === undefined || choice === 'ignore' || !(choice.sightings > 1) || !isOnce(expression)) return;
  throw new Error(
    `${path}: schedule: got ${expression}, which sweeps at most once, so it never finds a security group unused `
      + `${choice.sightings} times; give a rate, such as ScheduleExpression.rate(Duration.hours(1)), or sightings: 1`,
  );
}

/** Whether a schedule sweeps at most once. */
function isOnce(expression: string): boolean {
  const cron = cronFirings(expression);
  return expression.startsWith('at(') || (cron !== undefined && !sweepsTwice(cron));
}

function problemOf(schedule: ScheduleExpression, grace: DeclaredGrace, place: Place): string | undefined {
  const { prop, factory, state } = place;
  const { seconds, sightings, maxGapSeconds } = grace;
  const { expressionString: expression } = schedule;
  const [interval, cron] = [intervalSeconds(schedule), cronFirings(expression)];
  // A token is a large negative number here, so it does not count as a wait.
  const waits = seconds > 0 || sightings > 1;
  if (waits && isOnce(expression)) {
    return `schedule: got ${expression}, which sweeps at most once, so it never finds a rule ${state} ${wait(grace)}; `
      + `give a rate, such as ScheduleExpression.rate(Duration.hours(1)), or set ${prop} to ${factory}.revoke()`;
  }
  if (maxGapSeconds === undefined) {
    const mayWait = waits || Token.isUnresolved(seconds) || Token.isUnresolved(sightings);
    return interval === undefined && mayWait ? missing(expression, cron, place) : undefined;
  }
  if (!waits || Token.isUnresolved(maxGapSeconds)) return undefined;
  const got = `${prop}.maxGap: got ${human(maxGapSeconds)}`;
  if (interval !== undefined) {
    return maxGapSeconds > interval ? undefined : `${got}, and sweeps are ${human(interval)} apart, so each starts the `
      + `wait over; give at least ${human(2 * interval)}, so that one missed sweep is no gap`;
  }
  if (cron === undefined || canEnd(cron, { ...grace, maxGapSeconds })) return undefined;
  const longest = longestGap(cron);
  const isWideEnough = canEnd(cron, { ...grace, maxGapSeconds: 2 * longest });
  const fix = isWideEnough ? `give at least ${human(2 * longest)}` : 'wait for less time, or for fewer sightings';
  return `${got} with the schedule ${expression}, whose sweeps are up to ${human(longest)} apart, so they never find a `
    + `rule ${state} ${wait(grace)} without a break; ${fix}, or sweep more often`;
}

function missing(expression: string, cron: CronFirings | undefined, { prop, factory }: Place): string {
  const days = Math.ceil(2 * (cron ? longestGap(cron) : DAY) / DAY);
  const schedule = Token.isUnresolved(expression)
    ? 'a schedule that is known at deployment only'
    : `the schedule ${expression}, which is not a rate`;
  return `${prop}.maxGap: got undefined with ${schedule}; give the longest time that two sweeps may be apart, such as `
    + `${factory}.revokeAfter(Duration.days(7), { maxGap: Duration.days(${days}) })`;
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
