/** Tests what the handler gets from each action of a declaration, and what the template must not have. */
import { Duration } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { FlaggedAction, FlaggedIngressRule, FlaggedIngressRuleOptions } from '../src';
import { SynthesizedStack } from './support/synthesized-stack';
import { decodeConfiguration } from '../src/contract/decode';

const ssh = (options: FlaggedIngressRuleOptions = {}): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, options);

const WEEK = Duration.days(7);

function told(action: FlaggedAction | undefined, schedule?: ScheduleExpression): unknown {
  const deployed = SynthesizedStack.with({ flaggedIngressRules: [ssh({ action })], schedule });
  return (deployed.configuration().flaggedIngressRules as Array<{ action?: unknown }>)[0].action;
}

it.each<[string, FlaggedAction, unknown]>([
  ['report', FlaggedAction.report(), { kind: 'report' }],
  ['revokeAfter', FlaggedAction.revokeAfter(WEEK), {
    kind: 'revoke', grace: { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 },
  }],
  ['revokeAfter with sightings and a gap', FlaggedAction.revokeAfter(WEEK, { sightings: 5, maxGap: Duration.days(1) }), {
    kind: 'revoke', grace: { seconds: 604_800, sightings: 5, maxGapSeconds: 86_400 },
  }],
  ['revoke at any time', FlaggedAction.revoke({ anytime: true }), { kind: 'revoke', anytime: true }],
  ['revokeAfter at any time', FlaggedAction.revokeAfter(WEEK, { anytime: true }), {
    kind: 'revoke', anytime: true, grace: { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 },
  }],
  ['revokeAfter within the window', FlaggedAction.revokeAfter(WEEK, { anytime: false }), {
    kind: 'revoke', grace: { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 },
  }],
])('%s is told to the handler', (_, action, expected) => {
  expect(told(action)).toEqual(expected);
});

it('takes the longest gap from the schedule where it is not given, as for stale rules', () => {
  expect(told(FlaggedAction.revokeAfter(Duration.hours(1)), ScheduleExpression.rate(Duration.days(1)))).toMatchObject({
    grace: { maxGapSeconds: 172_800 },
  });
});

it.each([
  ['without options', FlaggedAction.revoke()], ['within the window', FlaggedAction.revoke({ anytime: false })],
])('to revoke is not written, so that nothing changes, and nothing settles again, where it is given explicitly %s', (_, given) => {
  const [without, explicit] = [undefined, given]
    .map(action => SynthesizedStack.with({ flaggedIngressRules: [ssh({ action })] }));
  expect(explicit.configurationText).toEqual(without.configurationText);
  expect(explicit.fingerprint).toEqual(without.fingerprint);
  expect(JSON.stringify(explicit.configurationText)).not.toContain('action');
});

it('does not make it another declaration, so that what is known of its rules is kept', () => {
  const ids = [undefined, FlaggedAction.report(), FlaggedAction.revokeAfter(WEEK)].map(action => (
    decodeConfiguration(SynthesizedStack.with({ flaggedIngressRules: [ssh({ action })] }).configuration())
      .flaggedIngressRules[0].id));
  expect(new Set(ids).size).toBe(1);
});

it.each([
  ['7', 7, 'got 7; give a Duration, such as Duration.days(7)'],
  ['undefined', undefined, 'got undefined; give a Duration, such as Duration.days(7)'],
  ['half a second', Duration.millis(500), 'got 0.5 seconds; give a Duration of whole seconds, 0 or more'],
])('fails for an age of %s', (_, age, problem) => {
  expect(() => FlaggedAction.revokeAfter(age as never)).toThrow(`FlaggedAction.revokeAfter: age: ${problem}`);
});

it.each<[unknown, string]>([
  ['report', '"report"'], [null, 'null'], [FlaggedAction, 'a function'],
])('is refused as an option if it is %p', (action, shown) => {
  expect(() => ssh({ action: action as never })).toThrow(
    `FlaggedIngressRule.inAnyGroup: action: got ${shown}; give a FlaggedAction, such as FlaggedAction.report()`,
  );
});

it('to report is refused together with replaceWith, which would do nothing', () => {
  expect(() => ssh({ action: FlaggedAction.report(), replaceWith: [Peer.ipv4('203.0.113.0/24')] })).toThrow(new Error(
    'FlaggedIngressRule.inAnyGroup: replaceWith: got peers together with FlaggedAction.report(), which replaces nothing; '
    + 'leave out one of the two',
  ));
  expect(() => ssh({ action: FlaggedAction.revokeAfter(WEEK), replaceWith: [Peer.ipv4('203.0.113.0/24')] })).not.toThrow();
});
