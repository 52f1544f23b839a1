/** How often sweeps come, and how long they may take. */
import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

/** The longest that Lambda allows: a network of a thousand VPCs takes EC2's token buckets some minutes. */
export const LONGEST_SWEEP = Duration.minutes(15);

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** The seconds between two sweeps, where the schedule has a fixed rate that is known. */
export function intervalSeconds({ expressionString }: ScheduleExpression): number | undefined {
  const [, count, unit] = /^\s*rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)\s*$/i.exec(expressionString) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_SECONDS[unit.toLowerCase()];
}
