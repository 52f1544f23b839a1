/** How often sweeps run, and how long they may take. */
import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

/** The maximum that Lambda allows. With EC2's request limits, a network of a thousand VPCs takes some minutes. */
export const LONGEST_SWEEP = Duration.minutes(15);

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Returns the seconds between two sweeps; undefined if the schedule is not a rate, or is known at deployment only. */
export function intervalSeconds({ expressionString }: ScheduleExpression): number | undefined {
  const [, count, unit] = /^\s*rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)\s*$/i.exec(expressionString) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_SECONDS[unit.toLowerCase()];
}
