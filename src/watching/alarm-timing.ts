/**
 * Computes how far an alarm looks back, from what CloudWatch allows and from the time between two sweeps. All times are
 * in seconds.
 */
import { Token } from 'aws-cdk-lib';
import type { SweepAlarmOptions } from '../network-hygiene-alarms-options';
import { DAY, human, seconds } from '../validation/durations';
import { LONGEST_SWEEP } from '../validation/sweep-times';
import { wrong } from '../validation/words';

export interface Timing {
  readonly period: number;
  readonly evaluationPeriods: number;
  /** Absent: all of the periods. */
  readonly datapointsToAlarm?: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const WEEK = 7 * DAY;

/**
 * Returns the timing of an alarm on what sweeps find.
 *
 * @param interval seconds between two sweeps; undefined when it is not known
 * @param sweeps the number of sweeps in a row that must find the problem
 * @throws when an option is wrong, or sweeps are too rare for the alarm ever to go off
 */
export function countTiming(
  path: string,
  options: SweepAlarmOptions,
  interval: number | undefined,
  sweeps: number,
): Timing {
  const period = givenPeriod(path, options) ?? Math.min(interval ?? HOUR, DAY);
  // If a period may hold no sweep, two periods in a row may never both hold one, so one datapoint must be enough.
  const isSweptEachPeriod = interval !== undefined && interval <= period;
  const timing = checked(path, options, period, isSweptEachPeriod ? sweeps : 1);
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods } = timing;
  if (interval === undefined || Token.isUnresolved(evaluationPeriods) || Token.isUnresolved(datapointsToAlarm)) {
    return timing;
  }
  const most = isSweptEachPeriod ? evaluationPeriods : Math.ceil((evaluationPeriods * period) / interval);
  if (datapointsToAlarm > most) {
    throw new Error(
      `${path}: it needs ${datapointsToAlarm} datapoints of ${human(period)} each, but sweeps are ${human(interval)} apart, so ${evaluationPeriods} periods hold at most ${most} of them; set datapointsToAlarm to ${most}, or give a period of ${human(interval)}`,
    );
  }
  return timing;
}

/**
 * Returns the timing of the alarm that goes off when sweeps are missing.
 *
 * @param interval seconds between two sweeps; undefined when it is not known
 * @throws when an option is wrong, or the alarm would go off although every sweep is in order
 */
export function heartbeatTiming(path: string, options: SweepAlarmOptions, interval: number | undefined): Timing {
  if (interval !== undefined && interval >= WEEK) {
    throw new Error(
      `${path}: sweeps are ${human(interval)} apart, and CloudWatch looks back 7 days at most, so this alarm would go off between them; set it to { enabled: false }, or sweep more often`,
    );
  }
  // A sweep publishes its datapoint at its end, and may take as long as the function's timeout.
  const period = givenPeriod(path, options) ?? Math.max(Math.min(interval ?? DAY, DAY), LONGEST_SWEEP.toSeconds());
  // The default allows one missed sweep. With a single period, the alarm would go off whenever a sweep is a second
  // late.
  const timing = checked(path, options, period, Math.max(2, Math.ceil(2 * (interval ?? 0) / period)));
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods } = timing;
  if (interval === undefined || Token.isUnresolved(evaluationPeriods) || Token.isUnresolved(datapointsToAlarm)) {
    return timing;
  }
  // A sweep may be a second late, so a period as long as the interval may hold no sweep.
  const mostEmpty = interval < period ? 0 : evaluationPeriods + 1 - Math.ceil(evaluationPeriods * period / interval);
  if (datapointsToAlarm <= mostEmpty) {
    throw new Error(
      `${path}: it would go off between two sweeps that are ${human(interval)} apart: up to ${mostEmpty} of ${evaluationPeriods} periods of ${human(period)} may hold no sweep, and ${datapointsToAlarm} such periods set it off; give at least ${Math.floor(interval / period) + 1} evaluationPeriods and no datapointsToAlarm, or a longer period`,
    );
  }
  return timing;
}

/**
 * Returns the timing of an alarm on metrics that AWS publishes by the minute, whenever sweeps run.
 *
 * @throws when an option is wrong
 */
export function minuteTiming(path: string, options: SweepAlarmOptions): Timing {
  return checked(path, options, givenPeriod(path, options) ?? 5 * MINUTE, 1);
}

function givenPeriod(path: string, { period }: SweepAlarmOptions): number | undefined {
  if (period === undefined) return undefined;
  const value = seconds(`${path}.period`, period, 'Duration.hours(1)');
  // CloudWatch also accepts 10, 20 and 30 seconds, but only for high-resolution metrics.
  if (!(value > 0 && value % MINUTE === 0)) {
    throw new Error(`${path}.period: got ${value} seconds; give whole minutes, because CloudWatch keeps these metrics by the minute`);
  }
  return value;
}

function checked(path: string, options: SweepAlarmOptions, period: number, defaultPeriods: number): Timing {
  const longest = period < HOUR ? DAY : WEEK;
  const { evaluationPeriods = Math.max(1, Math.min(defaultPeriods, Math.floor(longest / period))) } = options;
  requireCount(`${path}.evaluationPeriods`, evaluationPeriods);
  if (!Token.isUnresolved(evaluationPeriods) && evaluationPeriods * period > longest) {
    throw new Error(
      `${path}.evaluationPeriods: got ${evaluationPeriods} of ${human(period)} each; give at most ${human(longest)} together: CloudWatch looks back 1 day for periods of less than an hour, and 7 days for others`,
    );
  }
  const { datapointsToAlarm } = options;
  if (datapointsToAlarm !== undefined) {
    requireCount(`${path}.datapointsToAlarm`, datapointsToAlarm);
    if (
      !Token.isUnresolved(evaluationPeriods)
      && !Token.isUnresolved(datapointsToAlarm)
      && datapointsToAlarm > evaluationPeriods
    ) {
      throw wrong(
        `${path}.datapointsToAlarm`,
        datapointsToAlarm,
        `at most as many as evaluationPeriods, ${evaluationPeriods}`,
      );
    }
  }
  return { period, evaluationPeriods, datapointsToAlarm };
}

function requireCount(path: string, value: number): void {
  if (typeof value !== 'number' || (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= 1))) {
    throw wrong(path, value, 'a whole number from 1');
  }
}
