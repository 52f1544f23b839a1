import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** The seconds between two sweeps, where the schedule has a fixed rate that is known. */
export function intervalSeconds({ expressionString }: ScheduleExpression): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expressionString) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_SECONDS[unit];
}
