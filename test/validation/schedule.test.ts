/** Tests that a schedule that is refused or never sweeps is an error, and that one in the past is a warning. */
import * as cdk from 'aws-cdk-lib';
import { CfnParameter, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { NetworkHygiene } from '../../src';
import { requireSchedule } from '../../src/validation/schedule';
import { aStack } from '../support/synthesized-stack';

const of = (expression: string): ScheduleExpression => ScheduleExpression.expression(expression);

describe('is taken', () => {
  it.each([
    'rate(1 minute)', 'rate(5 minutes)', 'rate(1 hour)', 'rate(24 hours)', 'rate(1 day)', 'rate(1 minutes)', ' rate(2  days ) ',
    'at(2030-01-01T00:00:00)', 'at(2028-02-29T23:59:59)',
    'cron(0 10 * * ? *)', 'cron(15 12 * * ? *)', 'cron(0 18 ? * MON-FRI *)', 'cron(0 8 1 * ? *)',
    'cron(0/15 * * * ? *)', 'cron(*/5 * ? * * *)', 'cron(0/5 8-17 ? * MON-FRI *)', 'cron(0 0 L * ? *)',
    'cron(0 0 LW * ? *)', 'cron(0 0 3W * ? *)', 'cron(0 0 1,15W,L * ? *)', 'cron(0 9 ? * 2#1 *)', 'cron(0 9 ? * FRI#5 *)',
    'cron(15 10 ? * 6L 2022-2045)', 'cron(0 0 ? * L *)', 'cron(0 0 ? JAN,MAR-MAY sun 2030)', 'cron(0  6 ? * 1-7/2 2030/2)',
    // Whether a range may wrap around is not documented.
    'cron(0 6 ? * FRI-MON *)', 'cron(0 22-2 * * ? *)',
    'cron(59 23 31 12 ? 2199)', 'cron(0 0 29 2 ? *)',
  ])('%s', expression => {
    expect(() => requireSchedule(aStack(), of(expression))).not.toThrow();
  });

  it.each<[string, (stack: Stack) => ScheduleExpression | undefined]>([
    ['none', () => undefined],
    ['a rate of CDK', () => ScheduleExpression.rate(Duration.minutes(90))],
    ['a time of CDK', () => ScheduleExpression.at(new Date('2030-01-01T10:00:00Z'), TimeZone.EUROPE_BERLIN)],
    ['a cron expression of CDK', () => ScheduleExpression.cron({ weekDay: 'MON#1', hour: '6' })],
    ['a text that is known at deployment only', stack => of(new CfnParameter(stack, 'Schedule').valueAsString)],
    [
      'a part that is known at deployment only',
      stack => of(`cron(0 ${new CfnParameter(stack, 'Hour').valueAsString} * * ? *)`),
    ],
    [
      'a number that is known at deployment only',
      stack => ScheduleExpression.rate(Duration.minutes(new CfnParameter(stack, 'M', { type: 'Number' }).valueAsNumber)),
    ],
  ])('%s', (_, schedule) => {
    const stack = aStack();
    expect(() => requireSchedule(stack, schedule(stack))).not.toThrow();
  });
});

describe('is refused', () => {
  const FORMS = ', which is none of rate(value unit), cron(fields) and at(yyyy-mm-ddThh:mm:ss)';
  const RATE = ', and a rate has a whole number from 1, and minutes, hours or days';
  const AT = ', and a time has the form at(yyyy-mm-ddThh:mm:ss), without a time zone';
  const count = (fields: number): string =>
    `, which has ${fields} fields, and there are 6: minutes, hours, day of month, month, day of week, year`;
  const within = (name: string, field: string, range: string): string =>
    `, whose ${name} is ${field}, which is not within ${range}`;
  const ONE = ', and exactly one of day of month and day of week has to be ?';

  it.each<[string, string]>([
    ['', FORMS],
    ['every hour', FORMS],
    ['1 hour', FORMS],
    ['0 6 * * ? *', FORMS],
    ['cron', FORMS],
    ['cron(0 6 * * ? *', FORMS],
    ['rates(1 hour)', FORMS],
    ['rate()', RATE],
    ['rate(hour)', RATE],
    ['rate(1)', RATE],
    ['rate(0 hours)', RATE],
    ['rate(-1 hours)', RATE],
    ['rate(1.5 hours)', RATE],
    ['rate(30 seconds)', RATE],
    ['rate(1 week)', RATE],
    ['rate(NaN minutes)', RATE],
    ['at(2030-01-01)', AT],
    ['at(2030-01-01T00:00)', AT],
    ['at(2030-01-01T00:00:00Z)', AT],
    ['at(2030-01-01T00:00:00.000)', AT],
    ['at(2030-01-01 00:00:00)', AT],
    ['at(2030-02-30T00:00:00)', AT],
    ['at(2030-13-01T00:00:00)', AT],
    ['at(2030-01-01T24:00:00)', AT],
    ['at(tomorrow)', AT],
    ['cron()', count(1)],
    ['cron(0 6 * * *)', count(5)],
    ['cron(0 0 6 * * ? *)', count(7)],
    ['cron(60 6 * * ? *)', within('minutes', '60', '0 to 59')],
    ['cron(0 24 * * ? *)', within('hours', '24', '0 to 23')],
    ['cron(0 6,24 * * ? *)', within('hours', '6,24', '0 to 23')],
    ['cron(0 6 0 * ? *)', within('day of month', '0', '1 to 31')],
    ['cron(0 6 32 * ? *)', within('day of month', '32', '1 to 31')],
    ['cron(0 6 32W * ? *)', within('day of month', '32W', '1 to 31')],
    ['cron(0 6 1 13 ? *)', within('month', '13', '1 to 12 or JAN to DEC')],
    ['cron(0 6 1 JUNE ? *)', within('month', 'JUNE', '1 to 12 or JAN to DEC')],
    ['cron(0 6 ? * 0 *)', within('day of week', '0', '1 to 7 or SUN to SAT')],
    ['cron(0 6 ? * MON-FRY *)', within('day of week', 'MON-FRY', '1 to 7 or SUN to SAT')],
    ['cron(0 6 ? * 2#6 *)', within('day of week', '2#6', '1 to 7 or SUN to SAT')],
    ['cron(0 6 ? * 8L *)', within('day of week', '8L', '1 to 7 or SUN to SAT')],
    ['cron(0 6 1 * ? 1969)', within('year', '1969', '1970 to 2199')],
    ['cron(0 6 1 * ? 26)', within('year', '26', '1970 to 2199')],
    ['cron(*/0 6 * * ? *)', within('minutes', '*/0', '0 to 59')],
    ['cron(? 6 * * ? *)', within('minutes', '?', '0 to 59')],
    ['cron(0 6 *-5 * ? *)', within('day of month', '*-5', '1 to 31')],
    ['cron(0 6, * * ? *)', within('hours', '6,', '0 to 23')],
    ['cron(0 6 * * * *)', ONE],
    ['cron(0 6 1 * MON *)', ONE],
    ['cron(0 6 ? * ? *)', ONE],
    ['cron(0 6 30 2 ? *)', ', which never comes'],
    ['cron(0 6 31 4,6 ? *)', ', which never comes'],
    ['cron(0 6 29 2 ? 2027)', ', which never comes'],
  ])('%j', (expression, problem) => {
    expect(() => new NetworkHygiene(aStack(), 'NetworkHygiene', { schedule: of(expression) })).toThrow(
      new Error(
        `Network/NetworkHygiene: schedule: got "${expression}"${problem}; give a schedule such as ScheduleExpression.rate(Duration.hours(1))`,
      ),
    );
  });

  it('what has no text', () => {
    expect(() => new NetworkHygiene(aStack(), 'NetworkHygiene', { schedule: { expressionString: 60 } as never })).toThrow(
      'Network/NetworkHygiene: schedule.expressionString: got 60; give a text, such as ScheduleExpression.rate(',
    );
  });
});

describe('that lies in the past is warned of', () => {
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 10, 29));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const warnings = (expression: string): string[] => {
    const stack = aStack();
    requireSchedule(stack, of(expression));
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  };

  it.each([
    'at(2026-11-27T23:59:59)', 'at(1999-01-01T00:00:00)', 'cron(0 6 * * ? 2025)', 'cron(0 6 * * ? 2020-2025)',
    'cron(0 9 ? * 2#1 2024)',
  ])('%s', expression => {
    expect(warnings(expression)).toEqual([
      `schedule: ${expression} lies in the past, so sweeps come only with deployments; give a schedule that goes on, such as ScheduleExpression.rate(Duration.hours(1)) [ack: cdk-network-hygiene:scheduleInThePast]`,
    ]);
  });

  it.each([
    // It may be in a time zone where that is still to come.
    'at(2026-11-28T12:00:00)', 'at(2026-11-29T00:00:00)', 'at(2030-01-01T00:00:00)', 'cron(0 6 * * ? 2026)', 'cron(0 6 * * ? *)',
    'cron(0 6 * * ? 2020/2)', 'cron(0 6 * * ? 2020,2027)', 'rate(1 hour)',
  ])('and %s is not', expression => {
    expect(warnings(expression)).toEqual([]);
  });

  it('and what is known at deployment only is not', () => {
    const stack = aStack();
    requireSchedule(stack, of(new CfnParameter(stack, 'Schedule').valueAsString));
    requireSchedule(stack, undefined);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  const deployed = (expression: string): Stack => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', { schedule: of(expression) });
    return stack;
  };

  it('by the construct, whose template does not depend on the clock', () => {
    Annotations.fromStack(deployed('at(2020-01-01T00:00:00)')).hasWarning(
      '/Network/NetworkHygiene', Match.stringLikeRegexp('lies in the past'),
    );
    Annotations.fromStack(deployed('rate(1 hour)')).hasNoWarning('*', Match.anyValue());
  });

  it('unless that is acknowledged', () => {
    const stack = deployed('at(2020-01-01T00:00:00)');
    cdk.Annotations.of(stack).acknowledgeWarning('cdk-network-hygiene:scheduleInThePast');
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});
