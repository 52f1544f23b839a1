/**
 * Creates the schedule that sweeps when the revocation window opens.
 *
 * Without it, no sweep would come in a window that lies between two sweeps of the main schedule. Amazon EventBridge
 * Scheduler skips a time that the clock skips, and runs once at a time that the clock shows twice. The main schedule
 * makes up for a sweep that is missed then.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
import { TimeZone } from 'aws-cdk-lib';
import { ISchedule, IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DAYS, openingDays, RevocationWindowConfiguration } from '../contract/revocation-window';

export interface WindowScheduleProps {
  /** Absent: rules may be revoked at any time, and there is no such schedule. */
  readonly window?: RevocationWindowConfiguration;
  readonly description: string;
  readonly target: IScheduleTarget;
  /**
   * The main schedule. It waits for the preflight, so this one does, too. Only the main one depends on the custom
   * resource, by which the command line finds it.
   */
  readonly main: ISchedule;
}

export function windowSchedule(scope: Construct, props: WindowScheduleProps): Schedule | undefined {
  const { window, description, target, main } = props;
  if (window === undefined) return undefined;
  const schedule = new Schedule(scope, 'WindowSchedule', { description, schedule: opening(window), target });
  schedule.node.addDependency(main);
  return schedule;
}

function opening(window: RevocationWindowConfiguration): ScheduleExpression {
  const [hour, minute] = window.from.split(':').map(part => String(Number(part)));
  const days = openingDays(window);
  return ScheduleExpression.cron({
    hour, minute, ...days.length < DAYS.length && { weekDay: days.join() }, timeZone: TimeZone.of(window.timeZone),
  });
}
