/**
 * How far an alarm looks back: what CloudWatch allows, and what goes with the time between two sweeps. All times are
 * seconds.
 */
import { Token } from 'aws-cdk-lib';
import type { SweepAlarmOptions } from '../network-hygiene-alarms-options';
import { DAY, human, seconds, wrong } from '../validation/durations';
import { LONGEST_SWEEP } from '../validation/sweep-times';

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
 * Of an alarm that goes off for what sweeps find.
 *
 * @param interval between two sweeps; undefined where it is not known
 * @param sweeps how many in a row have to find it
 * @throws when an option is wrong, or sweeps are too rare for the alarm ever to go off
 */
export function countTiming(
  path: string,
  options: SweepAlarmOptions,
  interval: number | undefined,
  sweeps: number,
): Timing {
  const period = givenPeriod(path, options) ?? Math.min(interval ?? HOUR, DAY);
  // Of periods that may hold no sweep, no two in a row need ever hold one.
  const isSweptEachPeriod = interval !== undefined && interval <= period;
  const timing = checked(path, options, period, isSweptEachPeriod ? sweeps : 1);
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods } = timing;
  if (interval === undefined || Token.isUnresolved(evaluationPeriods) || Token.isUnresolved(datapointsToAlarm)) {
    return timing;
  }
  const most = isSweptEachPeriod ? evaluationPeriods : Math.ceil((evaluationPeriods * period) / interval);
  if (datapointsToAlarm > most) {
    throw new Error(
      `${path}: it takes ${datapointsToAlarm} datapoints of ${human(period)} each, but sweeps are ${human(interval)} apart, and ${evaluationPeriods} periods hold ${most} of them; set datapointsToAlarm to ${most}, or give a period of ${human(interval)}`,
    );
  }
  return timing;
}

/**
 * Of the alarm that goes off when sweeps are missing.
 *
 * @param interval between two sweeps; undefined where it is not known
 * @throws when an option is wrong, or the alarm would go off though every sweep is in order
 */
export function heartbeatTiming(path: string, options: SweepAlarmOptions, interval: number | undefined): Timing {
  if (interval !== undefined && interval >= WEEK) {
    throw new Error(
      `${path}: sweeps are ${human(interval)} apart, and CloudWatch looks back 7 days at most, so this alarm would go off between them; set it to { enabled: false }, or sweep more often`,
    );
  }
  // A sweep counts when it is done, and may take as long as the function.
  const period = givenPeriod(path, options) ?? Math.max(Math.min(interval ?? DAY, DAY), LONGEST_SWEEP.toSeconds());
  // Long enough for one sweep to be missed: an alarm of a whole period without any is true whenever a sweep comes a
  // second late.
  const timing = checked(path, options, period, Math.max(2, Math.ceil(2 * (interval ?? 0) / period)));
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods } = timing;
  if (interval === undefined || Token.isUnresolved(evaluationPeriods) || Token.isUnresolved(datapointsToAlarm)) {
    return timing;
  }
  // As a sweep may come a second late, a period that is as long as the interval may hold none.
  const mostEmpty = interval < period ? 0 : evaluationPeriods + 1 - Math.ceil(evaluationPeriods * period / interval);
  if (datapointsToAlarm <= mostEmpty) {
    throw new Error(
      `${path}: it would go off between two sweeps that are ${human(interval)} apart: of ${evaluationPeriods} periods of ${human(period)} each, ${mostEmpty} may hold no sweep, and ${datapointsToAlarm} are enough; give at least ${Math.floor(interval / period) + 1} evaluationPeriods and no datapointsToAlarm, or a longer period`,
    );
  }
  return timing;
}

function givenPeriod(path: string, { period }: SweepAlarmOptions): number | undefined {
  if (period === undefined) return undefined;
  const value = seconds(`${path}.period`, period, 'Duration.hours(1)');
  // CloudWatch takes 10, 20 and 30 seconds as well, which are for metrics of a finer resolution than these have.
  if (!(value > 0 && value % MINUTE === 0)) {
    throw new Error(`${path}.period: got ${value} seconds; give whole minutes, for the metrics are kept by the minute`);
  }
  return value;
}

function checked(path: string, options: SweepAlarmOptions, period: number, defaultPeriods: number): Timing {
  const longest = period < HOUR ? DAY : WEEK;
  const evaluationPeriods =
    options.evaluationPeriods ?? Math.max(1, Math.min(defaultPeriods, Math.floor(longest / period)));
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
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= 1)) {
    throw wrong(path, value, 'a whole number from 1');
  }
}
