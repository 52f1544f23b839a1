/** Tests what the handler gets from each choice for stale rules. */
import { Duration } from 'aws-cdk-lib';
import { StaleRules } from '../src';

it.each([
  ['report', StaleRules.report()],
  ['revoke', StaleRules.revoke()],
  ['ignore', StaleRules.ignore()],
])('%s is told by its own name, with nothing to wait for', (action, staleRules) => {
  expect(staleRules._action).toBe(action);
  expect(staleRules._grace).toBeUndefined();
});

it.each([
  ['revoke', StaleRules.revoke({ anytime: true }), true],
  ['revoke', StaleRules.revoke(), undefined],
  ['revokeAfter', StaleRules.revokeAfter(Duration.days(7), { anytime: true }), true],
  ['revokeAfter', StaleRules.revokeAfter(Duration.days(7)), undefined],
  ['report', StaleRules.report(), undefined],
])('%s is told outside the revocation window only if it says so', (_, staleRules, anytime) => {
  expect(staleRules._anytime).toBe(anytime);
});

describe('revokeAfter', () => {
  it('is to revoke, after seconds and by two sightings at least', () => {
    expect(StaleRules.revokeAfter(Duration.days(7))).toMatchObject({
      _action: 'revoke',
      _grace: { seconds: 604_800, sightings: 2 },
    });
  });

  it('takes other sightings', () => {
    expect(StaleRules.revokeAfter(Duration.hours(1), { sightings: 5 })._grace).toEqual({ seconds: 3600, sightings: 5 });
  });

  it('takes how long no sweep may have looked, and leaves it to the schedule where it is not said', () => {
    const { _grace: grace } = StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(1) });
    expect(grace).toEqual({ seconds: 604_800, sightings: 2, maxGapSeconds: 86_400 });
    expect(StaleRules.revokeAfter(Duration.days(7))._grace?.maxGapSeconds).toBeUndefined();
  });

  it('takes milliseconds that are whole seconds', () => {
    expect(StaleRules.revokeAfter(Duration.millis(2000), { maxGap: Duration.millis(3000) })._grace).toMatchObject({
      seconds: 2,
      maxGapSeconds: 3,
    });
  });

  it.each([
    [7, '7'],
    ['1 day', '"1 day"'],
    [null, 'null'],
  ])('fails for a longest gap of %p, which is not a Duration', (maxGap, shown) => {
    expect(() => StaleRules.revokeAfter(Duration.days(7), { maxGap: maxGap as never })).toThrow(
      `StaleRules.revokeAfter: maxGap: got ${shown}; give a Duration, such as Duration.days(1)`,
    );
  });

  it.each([
    [7, '7'],
    ['7 days', '"7 days"'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('fails for %p, which is not a Duration', (age, shown) => {
    expect(() => StaleRules.revokeAfter(age as never)).toThrow(
      `StaleRules.revokeAfter: age: got ${shown}; give a Duration, such as Duration.days(7)`,
    );
  });
});
