/** Tests that a wait that could never end is refused, and that a wait that can end is not. */
import { CfnParameter, Duration, Fn, TimeZone } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { FlaggedAction, FlaggedIngressRule, NetworkHygiene, RevokeAfterOptions, StaleRules } from '../src';
import { aStack } from './support/synthesized-stack';

const WEEK = Duration.days(7);
const cron = (expression: string, timeZone?: TimeZone): ScheduleExpression =>
  ScheduleExpression.expression(`cron(${expression})`, timeZone);
const rate = (interval: Duration): ScheduleExpression => ScheduleExpression.rate(interval);
const ONCE = ScheduleExpression.at(new Date('2030-01-01T00:00:00Z'));

const DAILY = cron('0 6 * * ? *');
const MONTHLY = cron('0 6 1 * ? *');
const OFFICE_HOURS = cron('0 9-17 ? * MON-FRI *');
const WEEKDAYS = cron('0 6 ? * MON-FRI *');

/** Returns the error after the construct's path; undefined if there is no error. */
function refusal(
  schedule: ScheduleExpression | undefined, age: Duration, options?: RevokeAfterOptions, stack = aStack(),
): string | undefined {
  try {
    new NetworkHygiene(stack, 'NetworkHygiene', { staleRules: StaleRules.revokeAfter(age, options), schedule });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    expect(message).toMatch(/^Network\/NetworkHygiene: /);
    return message.slice('Network/NetworkHygiene: '.length);
  }
}

const maxGap = (gap: Duration): RevokeAfterOptions => ({ maxGap: gap });

describe('a rate', () => {
  it.each<[string, ScheduleExpression | undefined, Duration, string, string]>([
    [
      'shorter than the default interval', undefined, Duration.minutes(59), '59 minutes',
      '1 hour apart, so each starts the wait over; give at least 2 hours',
    ],
    [
      'as long as the default interval', undefined, Duration.hours(1), '1 hour',
      '1 hour apart, so each starts the wait over; give at least 2 hours',
    ],
    [
      'as long as a given interval', rate(Duration.days(1)), Duration.hours(24), '1 day',
      '1 day apart, so each starts the wait over; give at least 2 days',
    ],
  ])('is refused with a gap that is %s', (_, schedule, gap, got, problem) => {
    expect(refusal(schedule, WEEK, maxGap(gap)))
      .toBe(`staleRules.maxGap: got ${got}, and sweeps are ${problem}, so that one missed sweep is no gap`);
  });

  it.each<[string, ScheduleExpression | undefined, Duration]>([
    ['a second longer than the interval', undefined, Duration.seconds(3601)],
    ['two intervals', rate(Duration.days(1)), Duration.days(2)],
    ['much longer', undefined, Duration.days(365)],
  ])('is taken with a gap that is %s', (_, schedule, gap) => {
    expect(refusal(schedule, WEEK, maxGap(gap))).toBeUndefined();
  });

  it.each([
    Duration.minutes(1), Duration.hours(1), Duration.days(1), Duration.days(30),
  ])('is accepted with the gap that follows from it, for any age (%#)', interval => {
    for (const age of [Duration.seconds(0), Duration.minutes(1), WEEK, Duration.days(400)]) {
      expect(refusal(rate(interval), age)).toBeUndefined();
    }
  });

  it('is taken with any gap where nothing waits for a second sweep', () => {
    const [none, second] = [Duration.seconds(0), Duration.seconds(1)];
    expect(refusal(undefined, none, { sightings: 1, maxGap: second })).toBeUndefined();
    expect(refusal(undefined, none, { sightings: 2, maxGap: second })).toContain('staleRules.maxGap: got 1 second');
    expect(refusal(undefined, second, { sightings: 1, maxGap: second })).toContain('staleRules.maxGap: got 1 second');
  });
});

describe('a schedule that is not a rate', () => {
  it.each<[string, ScheduleExpression, number]>([
    ['cron(0 6 * * ? *)', DAILY, 2],
    ['cron(0 6 1 * ? *)', MONTHLY, 62],
    ['cron(0 9-17 ? * MON-FRI *)', OFFICE_HOURS, 6],
    ['cron(0 6 ? * 3#1 *)', cron('0 6 ? * 3#1 *'), 2],
  ])('needs a gap: %s, with an example that is for it', (expression, schedule, days) => {
    expect(refusal(schedule, WEEK)).toBe(
      `staleRules.maxGap: got undefined with the schedule ${expression}, which is not a rate; give the longest time `
        + `that two sweeps may be apart, such as StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(${days}) })`,
    );
    expect(refusal(schedule, WEEK, maxGap(Duration.days(days)))).toBeUndefined();
  });

  it('needs a gap where the schedule is known at deployment only', () => {
    const stack = aStack();
    const schedule = ScheduleExpression.expression(new CfnParameter(stack, 'Schedule').valueAsString);
    expect(refusal(schedule, WEEK, undefined, stack))
      .toMatch(/^staleRules\.maxGap: got undefined with a schedule that is known at deployment only; give the longest time/);
    expect(refusal(schedule, WEEK, maxGap(Duration.minutes(1)), aStack())).toBeUndefined();
  });

  it('needs a gap if only sightings or only an age is given', () => {
    expect(refusal(DAILY, Duration.seconds(0))).toContain('staleRules.maxGap: got undefined');
    expect(refusal(DAILY, Duration.seconds(1), { sightings: 1 })).toContain('staleRules.maxGap: got undefined');
  });

  it('needs a gap if the wait is known at deployment only', () => {
    const stack = aStack();
    const age = Duration.seconds(new CfnParameter(stack, 'Age', { type: 'Number' }).valueAsNumber);
    expect(refusal(DAILY, age, { sightings: 1 }, stack)).toContain('staleRules.maxGap: got undefined');
  });

  it('needs no gap if nothing waits for a second sweep', () => {
    for (const schedule of [DAILY, ONCE]) {
      expect(refusal(schedule, Duration.seconds(0), { sightings: 1 })).toBeUndefined();
    }
  });

  it('needs no gap if stale rules are revoked at once or only reported', () => {
    for (const staleRules of [StaleRules.revoke(), StaleRules.report()]) {
      for (const schedule of [DAILY, ONCE]) {
        expect(() => new NetworkHygiene(aStack(), 'NetworkHygiene', { staleRules, schedule })).not.toThrow();
      }
    }
  });
});

describe('a schedule that sweeps once', () => {
  it.each<[string, string, ScheduleExpression]>([
    ['at a time', 'at(2030-01-01T00:00:00)', ONCE],
    ['by a cron expression', 'cron(0 6 1 1 ? 2030)', cron('0 6 1 1 ? 2030')],
  ])('is refused, whatever the gap: %s', (_, expression, schedule) => {
    const problem = `schedule: got ${expression}, which sweeps at most once, so it never finds a rule stale for 7 days `
      + 'and 2 times; give a rate, such as ScheduleExpression.rate(Duration.hours(1)), '
      + 'or set staleRules to StaleRules.revoke()';
    expect(refusal(schedule, WEEK)).toBe(problem);
    expect(refusal(schedule, WEEK, maxGap(Duration.days(365)))).toBe(problem);
  });

  it('is refused for only sightings, and for only an age', () => {
    expect(refusal(ONCE, Duration.seconds(0))).toContain('never finds a rule stale 2 times;');
    expect(refusal(ONCE, Duration.hours(1), { sightings: 1 })).toContain('never finds a rule stale for 1 hour;');
  });
});

describe('a cron expression with a gap', () => {
  it.each<[string, ScheduleExpression, Duration, RevokeAfterOptions, string]>([
    ['a sweep a month, and a gap of a day', MONTHLY, WEEK, maxGap(Duration.days(1)),
      'got 1 day with the schedule cron(0 6 1 * ? *), whose sweeps are up to 31 days apart, so they never find a rule '
      + 'stale for 7 days and 2 times without a break; give at least 62 days, or sweep more often'],
    ['sweeps in office hours, and a gap that does not reach the morning', OFFICE_HOURS, WEEK, maxGap(Duration.hours(2)),
      'got 2 hours with the schedule cron(0 9-17 ? * MON-FRI *), whose sweeps are up to 2 days 16 hours apart'],
    [
      'sweeps on weekdays, and a gap that does not reach over the weekend', WEEKDAYS, WEEK, maxGap(Duration.days(2)),
      'up to 3 days apart',
    ],
    [
      'more sightings than a week has', WEEKDAYS, Duration.days(1), { ...maxGap(Duration.days(2)), sightings: 6 },
      'stale for 1 day and 6 times without',
    ],
    ['sightings alone', MONTHLY, Duration.seconds(0), maxGap(Duration.days(1)), 'stale 2 times without a break'],
    [
      'a gap that is shorter than every interval', cron('0/30 * * * ? *'), WEEK, maxGap(Duration.minutes(10)),
      'got 10 minutes',
    ],
    ['a gap of an hour less than a day', DAILY, WEEK, maxGap(Duration.hours(23)), 'got 23 hours'],
    [
      'a year without a December, and a longer age', cron('0 6 * JAN-NOV ? *'), Duration.days(335),
      maxGap(Duration.days(2)), 'up to 32 days apart',
    ],
    ['a year of sweeps, and a longer age', cron('0 6 * * ? 2030'), Duration.days(365), maxGap(Duration.days(2)),
      'for 365 days and 2 times without a break; wait for less time, or for fewer sightings, or sweep more often'],
    ['leap days, and a gap of a year', cron('0 6 29 2 ? *'), WEEK, maxGap(Duration.days(366)), 'up to 1461 days apart'],
  ])('is refused for %s', (_, schedule, age, options, problem) => {
    expect(refusal(schedule, age, options)).toMatch(/^staleRules\.maxGap: got /);
    expect(refusal(schedule, age, options)).toContain(problem);
  });

  it.each<[string, ScheduleExpression, Duration, RevokeAfterOptions]>([
    ['a sweep a day, and a gap of two', DAILY, WEEK, maxGap(Duration.days(2))],
    ['a sweep a day, and a gap of one', DAILY, WEEK, maxGap(Duration.days(1))],
    ['a sweep a month, and a gap of two', MONTHLY, WEEK, maxGap(Duration.days(62))],
    [
      'sweeps in office hours, and what is seen within a day', OFFICE_HOURS, Duration.hours(8),
      maxGap(Duration.hours(2)),
    ],
    ['sweeps in office hours, and a gap that reaches over the weekend', OFFICE_HOURS, WEEK, maxGap(Duration.days(3))],
    [
      'sweeps on weekdays, and what is seen within a week', WEEKDAYS, Duration.days(4),
      { ...maxGap(Duration.days(1)), sightings: 5 },
    ],
    [
      'a year without a December, and what is seen before', cron('0 6 * JAN-NOV ? *'), Duration.days(333),
      maxGap(Duration.days(2)),
    ],
    [
      'a year of sweeps, and what is seen within it', cron('0 6 * * ? 2030'), Duration.days(364),
      maxGap(Duration.days(2)),
    ],
    ['sweeps without an end, and an age of ten years', DAILY, Duration.days(3650), maxGap(Duration.days(2))],
    [
      'sweeps without an end, and a thousand sightings', MONTHLY, WEEK,
      { ...maxGap(Duration.days(40)), sightings: 1000 },
    ],
    ['what is not understood', cron('0 6 ? * 3#1 *'), WEEK, maxGap(Duration.minutes(1))],
  ])('is taken for %s', (_, schedule, age, options) => {
    expect(refusal(schedule, age, options)).toBeUndefined();
  });

  it('is compared with the gaps of a day in any time zone, for daylight saving moves two sweeps a year', () => {
    const berlin = (expression: string): ScheduleExpression => cron(expression, TimeZone.EUROPE_BERLIN);
    expect(refusal(berlin('0 6 * * ? *'), WEEK, maxGap(Duration.hours(23)))).toContain('got 23 hours');
    expect(refusal(berlin('0 6 * * ? *'), WEEK, maxGap(Duration.hours(25)))).toBeUndefined();
    expect(refusal(berlin('0 6 * * ? *'), WEEK, maxGap(Duration.hours(21)))).toContain('got 21 hours');
    expect(refusal(berlin('0/30 * * * ? *'), WEEK, maxGap(Duration.minutes(10)))).toContain('got 10 minutes');
  });

  it('is taken where a part of it, the gap or all that it waits for is known at deployment only', () => {
    const stack = aStack();
    const number = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    expect(refusal(MONTHLY, WEEK, maxGap(Duration.seconds(number)), stack)).toBeUndefined();
    expect(refusal(MONTHLY, Duration.seconds(number), { ...maxGap(Duration.days(1)), sightings: 1 })).toBeUndefined();
    expect(refusal(cron(`0 ${Fn.importValue('Hour')} 1 * ? *`), WEEK, maxGap(Duration.days(1)))).toBeUndefined();
  });

  it('is refused for sightings that are known, though the age is known at deployment only', () => {
    const stack = aStack();
    const age = Duration.seconds(new CfnParameter(stack, 'Age', { type: 'Number' }).valueAsNumber);
    expect(refusal(MONTHLY, age, maxGap(Duration.days(1)), stack)).toContain('never find a rule stale 2 times without');
  });

  it('is refused in a dry run and where it is not enabled, too: what would be revoked is nothing', () => {
    for (const off of [{ dryRun: true }, { enabled: false }]) {
      const staleRules = StaleRules.revokeAfter(WEEK, maxGap(Duration.days(1)));
      expect(() => new NetworkHygiene(aStack(), 'NetworkHygiene', { staleRules, schedule: MONTHLY, ...off }))
        .toThrow('staleRules.maxGap: got 1 day');
    }
  });
});

describe('the wait of a flagged rule is held to the same, in the words of its declaration', () => {
  const flagged = (action: FlaggedAction): FlaggedIngressRule =>
    FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });

  function told(schedule: ScheduleExpression | undefined, ...actions: FlaggedAction[]): string | undefined {
    try {
      new NetworkHygiene(aStack(), 'NetworkHygiene', { flaggedIngressRules: actions.map(flagged), schedule });
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  it.each<[string, ScheduleExpression | undefined, FlaggedAction, string]>([
    [
      'a gap that no sweep keeps', undefined, FlaggedAction.revokeAfter(WEEK, maxGap(Duration.hours(1))),
      'flaggedIngressRules[1].action.maxGap: got 1 hour, and sweeps are 1 hour apart, so each starts the wait over; '
      + 'give at least 2 hours, so that one missed sweep is no gap',
    ],
    [
      'no gap, and a schedule that is not a rate', DAILY, FlaggedAction.revokeAfter(WEEK),
      'flaggedIngressRules[1].action.maxGap: got undefined with the schedule cron(0 6 * * ? *), which is not a rate; '
      + 'give the longest time that two sweeps may be apart, such as '
      + 'FlaggedAction.revokeAfter(Duration.days(7), { maxGap: Duration.days(2) })',
    ],
    [
      'one sweep', ONCE, FlaggedAction.revokeAfter(WEEK),
      'schedule: got at(2030-01-01T00:00:00), which sweeps at most once, so it never finds a rule flagged for 7 days '
      + 'and 2 times; give a rate, such as ScheduleExpression.rate(Duration.hours(1)), or set '
      + 'flaggedIngressRules[1].action to FlaggedAction.revoke()',
    ],
    [
      'a gap that is too short for a cron expression', MONTHLY,
      FlaggedAction.revokeAfter(WEEK, maxGap(Duration.days(1))),
      'flaggedIngressRules[1].action.maxGap: got 1 day with the schedule cron(0 6 1 * ? *), whose sweeps are up to '
      + '31 days apart, so they never find a rule flagged for 7 days and 2 times without a break; give at least '
      + '62 days, or sweep more often',
    ],
  ])('%s', (_, schedule, action, problem) => {
    expect(told(schedule, FlaggedAction.report(), action)).toBe(`Error: Network/NetworkHygiene: ${problem}`);
  });

  it('and is taken where it can end, or where there is none', () => {
    expect(told(undefined, FlaggedAction.revokeAfter(WEEK), FlaggedAction.revoke())).toBeUndefined();
    expect(told(DAILY, FlaggedAction.revokeAfter(WEEK, maxGap(Duration.days(2))))).toBeUndefined();
    expect(told(ONCE, FlaggedAction.revoke(), FlaggedAction.report())).toBeUndefined();
  });
});
