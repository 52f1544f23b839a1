/**
 * Checks that EventBridge Scheduler accepts a schedule, and that the schedule ever sweeps.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
import { Annotations, Token } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { cronProblem, lastYearOf, neverFires } from './cron';
import { DAY } from './durations';
import { intervalSeconds } from './sweep-times';
import { shown, wrong } from './words';

/**
 * Passes what the documentation of EventBridge Scheduler leaves open. Warns of a schedule that lies in the past.
 *
 * @throws when EventBridge Scheduler refuses the expression, or when it means no time at all
 */
export function requireSchedule(scope: Construct, schedule: ScheduleExpression | undefined): void {
  const where = `${scope.node.path}: schedule`;
  const fix = 'such as ScheduleExpression.rate(Duration.hours(1))';
  const expression: unknown = schedule?.expressionString;
  if (schedule === undefined || Token.isUnresolved(expression)) return;
  if (typeof expression !== 'string') throw wrong(`${where}.expressionString`, expression, `a text, ${fix}`);
  const problem = problemOf(schedule, expression.trim());
  if (problem !== undefined) throw new Error(`${where}: got ${shown(expression)}${problem}; give a schedule ${fix}`);
  if (isPast(expression.trim(), Date.now())) {
    // An error would block later deployments of an app that was valid when it was written, even one that stops
    // revoking. The template does not depend on the clock.
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:scheduleInThePast',
      `schedule: ${expression} lies in the past, so sweeps come only with deployments; give a schedule that goes on, ${fix}`,
    );
  }
}

function problemOf(schedule: ScheduleExpression, expression: string): string | undefined {
  const [kind] = /^(rate|cron|at)(?=\(.*\)$)/i.exec(expression) ?? [];
  switch (kind?.toLowerCase()) {
    case 'rate': {
      const problem = ', and a rate has a whole number from 1, and minutes, hours or days';
      return intervalSeconds(schedule) ? undefined : problem;
    }
    case 'at': {
      const problem = ', and a time has the form at(yyyy-mm-ddThh:mm:ss), without a time zone';
      return timeOf(expression) === undefined ? problem : undefined;
    }
    case 'cron': {
      const problem = cronProblem(expression);
      if (problem !== undefined) return `, ${problem}`;
      return neverFires(expression) ? ', which never comes' : undefined;
    }
    default:
      return ', which is none of rate(value unit), cron(fields) and at(yyyy-mm-ddThh:mm:ss)';
  }
}

const AT = /^at\(\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s*\)$/i;

/** Returns the time of a one-time schedule in milliseconds, as if it were in UTC. */
function timeOf(expression: string): number | undefined {
  const [, text] = AT.exec(expression) ?? [];
  const time = new Date(`${text}Z`);
  // JavaScript takes February 30 for March 2.
  const isTime = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.toUpperCase());
  return isTime ? time.getTime() : undefined;
}

/** Allows a day, because the schedule can be in any time zone. */
function isPast(expression: string, now: number): boolean {
  const year = lastYearOf(expression);
  const end = year === undefined ? timeOf(expression) : Date.UTC(year + 1, 0, 1);
  return end !== undefined && end + DAY * 1000 < now;
}
