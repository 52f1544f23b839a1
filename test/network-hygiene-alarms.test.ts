/** Tests which alarms are created, when each goes off, what its description says, and what is refused. */
import { isDeepStrictEqual } from 'node:util';
import * as cdk from 'aws-cdk-lib';
import { App, Aspects, CfnParameter, CfnResource, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AlarmBase, AlarmRule, AlarmState, CfnAlarm, CompositeAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnVPNConnection, Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  FlaggedIngressRule,
  NetworkHygiene,
  NetworkHygieneAlarms,
  NetworkHygieneAlarmsOptions,
  NetworkHygieneProps,
  StaleRules,
  VpnConnections,
} from '../src';
import { aDecodedConfiguration } from './support/builders';
import { withChangeTrigger } from './support/change-trigger';
import { page } from './support/pages';
import { aSweepResult } from './support/sweep-result';
import { aStack, joined, type SynthesizedResource } from './support/synthesized-stack';
import type { VpnConnectionState } from '../lambda/core/model/finding';
import { deliveryDatum, metricData } from '../lambda/core/report/metric-data';
import { seriesSeen } from '../lambda/core/report/series';
import { decodeConfiguration } from '../src/contract/decode';

/** The construct looks at everything and revokes, so every alarm is possible. */
const EVERYTHING: NetworkHygieneProps = { staleRules: StaleRules.revokeAfter(Duration.days(7)) };

/** These rules allow any schedule, because the longest gap is given. */
const TAKES_ANY_SCHEDULE = StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(14) });

const ALL = [
  'DeliveriesFailed',
  'RevocationsFailed',
  'RevocationsWithheld',
  'ScanErrors',
  'StaleRulesPresent',
  'SweepMissing',
  'VpnConnectionsDegraded',
  'VpnConnectionsDown',
  'VpnConnectionsWithoutRoutes',
];

/** The alarms that are there with a change trigger, too. */
const ON_CHANGES = ['ChangesDelayed', 'ChangesFailed', 'ChangesNotDelivered'];

const HOUR = 3600;
const DAY = 86_400;
const rate = (duration: Duration): ScheduleExpression => ScheduleExpression.rate(duration);
const anAction = (alarmActionArn: string): IAlarmAction => ({ bind: () => ({ alarmActionArn }) });

type Alarm = Record<string, unknown>;

/** Returns the alarms of a template by the end of their names. */
function alarmsIn(stack: Stack): Record<string, Alarm> {
  const found = Object.values(
    Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'),
  ) as SynthesizedResource[];
  return Object.fromEntries(found.map(({ Properties }) => [String(Properties.AlarmName).split('/').pop(), Properties]));
}

function alarmsOf(
  props: NetworkHygieneProps = EVERYTHING,
  options?: NetworkHygieneAlarmsOptions,
): Record<string, Alarm> {
  const stack = aStack();
  new NetworkHygiene(stack, 'NetworkHygiene', props).addAlarms(options);
  return alarmsIn(stack);
}

/** Returns the alarms of a construct with a change trigger. */
function alarmsOnChanges(
  options?: NetworkHygieneAlarmsOptions, props: NetworkHygieneProps = EVERYTHING,
): Record<string, Alarm> {
  const stack = aStack();
  withChangeTrigger(stack, 'NetworkHygiene', props).addAlarms(options);
  return alarmsIn(stack);
}

/** Returns the error after the construct's path. No alarm may have been created before it. */
function refusal(
  options: unknown, props: NetworkHygieneProps = EVERYTHING, make = (scope: Stack) => new NetworkHygiene(scope, 'NetworkHygiene', props),
): string {
  const stack = aStack();
  const hygiene = make(stack);
  let said: unknown;
  try {
    hygiene.addAlarms(options as NetworkHygieneAlarmsOptions);
  } catch (error) {
    said = error;
  }
  expect(said).toBeInstanceOf(Error);
  const { message } = said as Error;
  expect(message).toMatch(/^Network\/NetworkHygiene\/Alarms: /);
  expect(
    stack.node
      .findAll()
      .filter(each => CfnResource.isCfnResource(each) && each.cfnResourceType === 'AWS::CloudWatch::Alarm'),
  ).toEqual([]);
  return message.slice('Network/NetworkHygiene/Alarms: '.length);
}

describe('by default, where a stale rule is revoked after a week and sweeps are hourly', () => {
  const alarms = alarmsOf();

  test('there is each alarm', () => {
    expect(Object.keys(alarms).sort()).toEqual(ALL);
  });

  test.each<[string, Alarm]>([
    [
      'StaleRulesPresent',
      { MetricName: 'OldestStaleRuleAge', Statistic: 'Maximum', Threshold: 8 * DAY, EvaluationPeriods: 1 },
    ],
    [
      'VpnConnectionsDown',
      { MetricName: 'VpnConnectionsDown', Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 1 },
    ],
    [
      'VpnConnectionsDegraded',
      { MetricName: 'VpnConnectionsDegraded', Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 2 },
    ],
    [
      'VpnConnectionsWithoutRoutes',
      { MetricName: 'VpnConnectionsWithoutRoutes', Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 2 },
    ],
    [
      'SweepMissing',
      {
        MetricName: 'Sweeps',
        Statistic: 'Sum',
        Threshold: 1,
        EvaluationPeriods: 2,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      },
    ],
    ['ScanErrors', { MetricName: 'ScanErrors', Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 2 }],
    ['RevocationsFailed', { MetricName: 'RevocationsFailed', Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 1 }],
    [
      'RevocationsWithheld',
      { MetricName: 'RevocationsWithheld', Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 1 },
    ],
    ['DeliveriesFailed', { MetricName: 'DeliveriesFailed', Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 1 }],
  ])('%s is on one metric of the construct, and nothing else', (name, properties) => {
    expect(alarms[name]).toEqual({
      AlarmName: `Network/NetworkHygiene/${name}`,
      AlarmDescription: expect.anything() as unknown,
      Namespace: 'NetworkHygiene',
      Dimensions: [{ Name: 'Hygiene', Value: 'Network/NetworkHygiene' }],
      Period: HOUR,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'ignore',
      ...properties,
    });
  });

  test('none is on metric math', () => {
    for (const alarm of Object.values(alarms)) expect(alarm).not.toHaveProperty('Metrics');
  });

  test('only the alarm for missing sweeps waits for the first sweep', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING);
    hygiene.addAlarms();
    const waiting = Object.values(
      Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm', { DependsOn: Match.anyValue() }),
    ) as SynthesizedResource[];
    expect(waiting.map(({ Properties }) => Properties.MetricName)).toEqual(['Sweeps']);
    expect(waiting[0].DependsOn?.some(id => id.startsWith('NetworkHygieneSweep'))).toBe(true);
  });
});

describe('the members', () => {
  test('are the alarms, and `all` has each of them once', () => {
    const hygiene = new NetworkHygiene(aStack(), 'NetworkHygiene', EVERYTHING);
    const alarms = hygiene.addAlarms();
    expect(hygiene.alarms).toBe(alarms);
    const members = [
      alarms.staleRulesPresent,
      alarms.vpnConnectionsDown,
      alarms.vpnConnectionsDegraded,
      alarms.vpnConnectionsWithoutRoutes,
      alarms.sweepMissing,
      alarms.scanErrors,
      alarms.revocationsFailed,
      alarms.revocationsWithheld,
      alarms.deliveriesFailed,
    ];
    expect(members.map(alarm => alarm?.node.id)).toEqual([
      'StaleRulesPresent',
      'VpnConnectionsDown',
      'VpnConnectionsDegraded',
      'VpnConnectionsWithoutRoutes',
      'SweepMissing',
      'ScanErrors',
      'RevocationsFailed',
      'RevocationsWithheld',
      'DeliveriesFailed',
    ]);
    expect(alarms.all.map(alarm => members.indexOf(alarm)).sort((a, b) => a - b)).toEqual([...members.keys()]);
    expect(alarms.vpnConnectionDownAlarms).toEqual([]);
  });

  test('are undefined for what is switched off', () => {
    const alarms = new NetworkHygiene(aStack(), 'NetworkHygiene', EVERYTHING).addAlarms({
      scanErrors: { enabled: false },
    });
    expect(alarms.scanErrors).toBeUndefined();
    expect(alarms.all).toHaveLength(ALL.length - 1);
  });
});

describe('an alarm that could never go off is not made:', () => {
  const flaggedIngressRules = [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH)];
  const REVOCATIONS = ['RevocationsFailed', 'RevocationsWithheld'];

  test.each<[string, NetworkHygieneProps, string[]]>([
    [
      'of stale rules, when they are not looked for',
      { staleRules: StaleRules.ignore(), flaggedIngressRules },
      ['StaleRulesPresent'],
    ],
    [
      'of VPN connections, when none is looked at',
      { ...EVERYTHING, vpnConnections: VpnConnections.none() },
      ['VpnConnectionsDegraded', 'VpnConnectionsDown', 'VpnConnectionsWithoutRoutes'],
    ],
    [
      'of VPN connections without routes, when only static routing is looked at',
      { ...EVERYTHING, vpnConnections: VpnConnections.matching({ staticRoutesOnly: true }) },
      ['VpnConnectionsWithoutRoutes'],
    ],
    [
      'but those are that could, when only BGP is looked at',
      { ...EVERYTHING, vpnConnections: VpnConnections.matching({ staticRoutesOnly: false }) },
      [],
    ],
    ['of revocations, when rules are only reported', {}, REVOCATIONS],
    ['of revocations, in a dry run', { ...EVERYTHING, dryRun: true }, REVOCATIONS],
    [
      'of failed revocations, when every one is withheld',
      { ...EVERYTHING, maxRevocationsPerSweep: 0 },
      ['RevocationsFailed'],
    ],
    [
      'of anything about rules, when only VPN connections are looked at',
      { staleRules: StaleRules.ignore() },
      [...REVOCATIONS, 'StaleRulesPresent'],
    ],
    ['but those are that could', { flaggedIngressRules }, []],
    ['but those are that could, when it is not enabled for a while', { ...EVERYTHING, enabled: false }, []],
  ])('%s', (_, props, missing) => {
    expect(Object.keys(alarmsOf(props)).sort()).toEqual(ALL.filter(name => !missing.includes(name)));
  });

  test.each<[string, NetworkHygieneAlarmsOptions, NetworkHygieneProps, string]>([
    [
      'stale rules that are ignored',
      { staleRulesPresent: {} },
      { staleRules: StaleRules.ignore() },
      'staleRulesPresent: this alarm could never go off: stale rules are not looked for; leave it out, or set staleRules to StaleRules.report()',
    ],
    [
      'VPN connections that are not looked at',
      { vpnConnectionsDown: { threshold: 2 } },
      { vpnConnections: VpnConnections.none() },
      'vpnConnectionsDown: this alarm could never go off: VPN connections are not looked at; leave it out, or set vpnConnections to VpnConnections.all()',
    ],
    [
      'VPN connections that are not looked at',
      { vpnConnectionsDegraded: { enabled: true } },
      { vpnConnections: VpnConnections.none() },
      'vpnConnectionsDegraded: this alarm',
    ],
    [
      'routes over BGP, when only static routing is looked at',
      { vpnConnectionsWithoutRoutes: { threshold: 2 } },
      { vpnConnections: VpnConnections.matching({ staticRoutesOnly: true }) },
      'vpnConnectionsWithoutRoutes: this alarm could never go off: only VPN connections with static routes are looked at; leave it out, or leave out staticRoutesOnly',
    ],
    [
      'each VPN connection, when none is looked at',
      { vpnConnectionsDown: { perConnection: true } },
      { vpnConnections: VpnConnections.none() },
      'vpnConnectionsDown: this alarm could never go off: VPN connections are not looked at',
    ],
    [
      'revocations that nothing tells to make',
      { revocationsFailed: { threshold: 2 } },
      {},
      'revocationsFailed: this alarm could never go off: nothing is to be revoked; leave it out, or declare flaggedIngressRules',
    ],
    [
      'revocations in a dry run',
      { revocationsWithheld: { threshold: 2 } },
      { ...EVERYTHING, dryRun: true },
      'revocationsWithheld: this alarm could never go off: a dry run revokes nothing; leave it out, or set dryRun to false',
    ],
    [
      'revocations that are all withheld',
      { revocationsFailed: { threshold: 2 } },
      { ...EVERYTHING, maxRevocationsPerSweep: 0 },
      'revocationsFailed: this alarm could never go off: maxRevocationsPerSweep is 0, so none is tried; leave it out, or raise maxRevocationsPerSweep',
    ],
    ...(['changesNotDelivered', 'changesFailed', 'changesDelayed'] as const).map((name): [
      string, NetworkHygieneAlarmsOptions, NetworkHygieneProps, string,
    ] => [
      `changes without a change trigger (${name})`,
      { [name]: {} },
      EVERYTHING,
      `${name}: this alarm could never go off: changes trigger no sweep; leave it out, or set changeTrigger to ChangeTrigger.cloudTrail()`,
    ]),
  ])('and to ask for one about %s is refused', (_, options, props, message) => {
    expect(refusal(options, props)).toContain(message);
  });

  test('but to tune one is not refused for being not enabled, which has to be quick to set', () => {
    const options = { revocationsFailed: { threshold: 2 }, revocationsWithheld: { threshold: 3 } };
    const alarms = alarmsOf({ ...EVERYTHING, enabled: false }, options);
    expect([alarms.RevocationsFailed.Threshold, alarms.RevocationsWithheld.Threshold]).toEqual([2, 3]);
  });

  test('and to switch it off is not refused', () => {
    const off = { enabled: false };
    const options = {
      staleRulesPresent: off,
      vpnConnectionsDown: off,
      vpnConnectionsDegraded: off,
      vpnConnectionsWithoutRoutes: off,
      revocationsFailed: off,
      revocationsWithheld: off,
      changesNotDelivered: off,
      changesFailed: off,
      changesDelayed: off,
    };
    const props = {
      staleRules: StaleRules.ignore(),
      flaggedIngressRules,
      dryRun: true,
      vpnConnections: VpnConnections.none(),
    };
    expect(Object.keys(alarmsOf(props, options)).sort())
      .toEqual(['DeliveriesFailed', 'ScanErrors', 'SweepMissing']);
  });
});

describe('with a change trigger', () => {
  const stack = aStack();
  const hygiene = withChangeTrigger(stack, 'NetworkHygiene', EVERYTHING);
  const made = hygiene.addAlarms();
  const alarms = alarmsIn(stack);

  test('there are alarms about the way of a change to the function, too', () => {
    expect(Object.keys(alarms).sort()).toEqual([...ALL, ...ON_CHANGES].sort());
    const members = [made.changesNotDelivered, made.changesFailed, made.changesDelayed];
    expect(members.map(alarm => alarm?.node.id)).toEqual(['ChangesNotDelivered', 'ChangesFailed', 'ChangesDelayed']);
    for (const alarm of members) expect(made.all.filter(each => each === alarm)).toHaveLength(1);
  });

  test('the others are as they are without one', () => {
    const without = alarmsOf();
    for (const name of ALL) expect(alarms[name]).toEqual(without[name]);
  });

  const queue = (id: string): unknown => ({
    Name: 'QueueName', Value: { 'Fn::GetAtt': [expect.stringMatching(`^NetworkHygiene${id}[0-9A-F]{8}$`), 'QueueName'] },
  });

  test.each<[string, Alarm]>([
    [
      'ChangesNotDelivered',
      {
        Namespace: 'AWS/Events', MetricName: 'FailedInvocations', Statistic: 'Sum', Threshold: 1,
        Dimensions: [{ Name: 'RuleName', Value: { Ref: expect.stringMatching(/^NetworkHygieneChangeRule/) as unknown } }],
      },
    ],
    [
      'ChangesFailed',
      {
        Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum', Threshold: 1,
        Dimensions: [queue('ChangeDeadLetterQueue')],
      },
    ],
    [
      'ChangesDelayed',
      {
        Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Statistic: 'Maximum', Threshold: 45 * 60,
        Dimensions: [queue('ChangeQueue')],
      },
    ],
  ])('%s is on one metric of AWS, whose missing data are good', (name, properties) => {
    expect(alarms[name]).toEqual({
      AlarmName: `Network/NetworkHygiene/${name}`,
      AlarmDescription: expect.anything() as unknown,
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      ...properties,
    });
  });

  test('none of them waits for the first sweep', () => {
    const found = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')) as SynthesizedResource[];
    const own = found.filter(({ Properties }) => String(Properties.Namespace).startsWith('AWS/'));
    expect(own.map(({ DependsOn }) => DependsOn)).toEqual([undefined, undefined, undefined]);
  });

  test('a change that waits as long as the options of the trigger let it sets nothing off, even if a run fails', () => {
    const [delay, batchingWindow, timeout, visibilityTimeout] = [15, 5, 2, 12].map(minutes => 60 * minutes);
    expect(alarms.ChangesDelayed.Threshold)
      .toBeGreaterThan(delay + batchingWindow + visibilityTimeout + batchingWindow + timeout);
  });

  test.each([
    ['a minute', rate(Duration.minutes(1))], ['6 days', rate(Duration.days(6))],
    ['a cron expression', ScheduleExpression.cron({ hour: '6', minute: '0' })],
  ])('they look at the latest five minutes, whenever sweeps run: %s', (_, schedule) => {
    const scheduled = alarmsOnChanges({}, { staleRules: TAKES_ANY_SCHEDULE, schedule });
    for (const name of ON_CHANGES) expect(scheduled[name]).toMatchObject({ Period: 300, EvaluationPeriods: 1 });
  });

  test('each can be switched off or tuned, and the others stay', () => {
    const tuned = alarmsOnChanges({
      changesNotDelivered: { enabled: false },
      changesFailed: { threshold: 3, period: Duration.minutes(1), evaluationPeriods: 5, datapointsToAlarm: 2 },
      changesDelayed: { olderThan: Duration.hours(2) },
    });
    expect(Object.keys(tuned)).not.toContain('ChangesNotDelivered');
    expect(tuned.ChangesFailed)
      .toMatchObject({ Threshold: 3, Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 2 });
    expect(tuned.ChangesDelayed).toMatchObject({ Threshold: 7200, Period: 300 });
    expect(joined(tuned.ChangesDelayed.AlarmDescription)).toContain(' in the queue, for 2 hours or longer. ');
    expect(tuned.ScanErrors).toEqual(alarms.ScanErrors);
  });

  test('they keep their logical ids when a construct with a fixed name moves within its stack', () => {
    const logicalIds = (...path: string[]): string[] => {
      const moved = aStack();
      const scope = path.reduce<Construct>((parent, id) => new Construct(parent, id), moved);
      withChangeTrigger(scope, 'Hygiene', { ...EVERYTHING, hygieneName: 'Pinned' }).addAlarms();
      return Object.keys(Template.fromStack(moved).findResources('AWS::CloudWatch::Alarm')).sort();
    };
    expect(new Set(logicalIds()).size).toBe(ALL.length + ON_CHANGES.length);
    expect(logicalIds('Moved', 'Twice')).toEqual(logicalIds());
  });

  test.each<[string, object, string]>([
    ['a count of seconds', { changesDelayed: { threshold: 60 } }, 'changesDelayed: "threshold" is unknown. Known here: enabled, period, evaluationPeriods, datapointsToAlarm, olderThan'],
    ['an age that is a number', { changesDelayed: { olderThan: 60 } }, 'changesDelayed.olderThan: got 60; give a Duration, such as Duration.hours(1)'],
    ['an age of nothing', { changesDelayed: { olderThan: Duration.seconds(0) } }, 'changesDelayed.olderThan: got 0 seconds; give more than 0'],
    ['a threshold of 0', { changesFailed: { threshold: 0 } }, 'changesFailed.threshold: got 0; give a number of more than 0'],
    ['an age of what fails', { changesFailed: { olderThan: Duration.hours(1) } }, 'changesFailed: "olderThan" is unknown'],
    ['a period of half a minute', { changesNotDelivered: { period: Duration.seconds(30) } }, 'changesNotDelivered.period: got 30 seconds; give whole minutes'],
    ['more than a day', { changesDelayed: { evaluationPeriods: 289 } }, 'changesDelayed.evaluationPeriods: got 289 of 5 minutes each; give at most 1 day together'],
  ])('%s is refused, before any alarm is made', (_, options, message) => {
    expect(refusal(options, EVERYTHING, scope => withChangeTrigger(scope, 'NetworkHygiene', EVERYTHING))).toContain(message);
  });
});

describe('how long a stale rule has to be there', () => {
  test.each<[string, NetworkHygieneProps, number]>([
    ['14 days, when stale rules are only reported', {}, 14 * DAY],
    ['14 days, when they are revoked at once', { staleRules: StaleRules.revoke() }, 14 * DAY],
    ['14 days, in a dry run', { ...EVERYTHING, dryRun: true }, 14 * DAY],
    ['14 days, when it is not enabled', { ...EVERYTHING, enabled: false }, 14 * DAY],
    ['14 days, when every revocation is withheld', { ...EVERYTHING, maxRevocationsPerSweep: 0 }, 14 * DAY],
    [
      'a day more than the age at which it is revoked',
      { staleRules: StaleRules.revokeAfter(Duration.hours(30)) },
      30 * HOUR + DAY,
    ],
    [
      'a day more than its sightings take, where that is longer',
      { staleRules: StaleRules.revokeAfter(Duration.hours(30), { sightings: 101 }) },
      100 * HOUR + DAY,
    ],
  ])('is %s', (_, props, seconds) => {
    expect(alarmsOf(props).StaleRulesPresent.Threshold).toBe(seconds);
  });

  test('can be given, and is in the description', () => {
    const { Threshold, AlarmDescription } = alarmsOf(
      {},
      { staleRulesPresent: { olderThan: Duration.days(3) } },
    ).StaleRulesPresent;
    expect(Threshold).toBe(3 * DAY);
    expect(joined(AlarmDescription)).toContain('for 3 days or longer');
  });

  test.each<[string, unknown, string]>([
    ['a number', 14, 'staleRulesPresent.olderThan: got 14; give a Duration, such as Duration.days(14)'],
    ['not a time', Duration.seconds(0), 'staleRulesPresent.olderThan: got 0 seconds; give more than 0'],
    [
      'what is no number',
      Duration.days(Number.NaN),
      'staleRulesPresent.olderThan: got NaN seconds; give more than 0',
    ],
    [
      'what is known at deployment only',
      Duration.seconds(Lazy.number({ produce: () => 1 })),
      'staleRulesPresent.olderThan: got a value that is known at deployment only; give a Duration',
    ],
  ])('is never %s', (_, olderThan, message) => {
    expect(refusal({ staleRulesPresent: { olderThan } })).toContain(message);
  });

  test('has to be given where the time until a rule is revoked is known at deployment only', () => {
    const seconds = Lazy.number({ produce: () => 1 });
    const props = { staleRules: StaleRules.revokeAfter(Duration.seconds(seconds), { maxGap: Duration.days(1) }) };
    expect(refusal({}, props)).toContain(
      'staleRulesPresent.olderThan: not given, and StaleRules.revokeAfter has a value that is known at deployment only; give a Duration',
    );
    expect(alarmsOf(props, { staleRulesPresent: { olderThan: Duration.days(3) } }).StaleRulesPresent.Threshold).toBe(
      3 * DAY,
    );
  });
});

describe('the schedule', () => {
  test.each<[string, ScheduleExpression, { count: number[]; twice: number[]; heartbeat: number[] }]>([
    // A sweep may take 15 minutes, and publishes its count at its end.
    ['a minute', rate(Duration.minutes(1)), { count: [60, 1], twice: [60, 2], heartbeat: [900, 2] }],
    ['15 minutes', rate(Duration.minutes(15)), { count: [900, 1], twice: [900, 2], heartbeat: [900, 2] }],
    ['40 minutes', rate(Duration.minutes(40)), { count: [2400, 1], twice: [2400, 2], heartbeat: [2400, 2] }],
    ['an hour', rate(Duration.hours(1)), { count: [HOUR, 1], twice: [HOUR, 2], heartbeat: [HOUR, 2] }],
    ['18 hours', rate(Duration.hours(18)), { count: [18 * HOUR, 1], twice: [18 * HOUR, 2], heartbeat: [18 * HOUR, 2] }],
    ['a day', rate(Duration.days(1)), { count: [DAY, 1], twice: [DAY, 2], heartbeat: [DAY, 2] }],
    // One of two days in a row has no sweep.
    ['25 hours', rate(Duration.hours(25)), { count: [DAY, 1], twice: [DAY, 1], heartbeat: [DAY, 3] }],
    ['3 days', rate(Duration.days(3)), { count: [DAY, 1], twice: [DAY, 1], heartbeat: [DAY, 6] }],
    ['6 days', rate(Duration.days(6)), { count: [DAY, 1], twice: [DAY, 1], heartbeat: [DAY, 7] }],
    [
      'a cron expression',
      ScheduleExpression.cron({ hour: '6', minute: '0' }),
      { count: [HOUR, 1], twice: [HOUR, 1], heartbeat: [DAY, 2] },
    ],
  ])('of %s decides how far the alarms look back', (_, schedule, { count, twice, heartbeat }) => {
    const alarms = alarmsOf({ staleRules: TAKES_ANY_SCHEDULE, schedule });
    const window = (name: string): unknown[] => [alarms[name].Period, alarms[name].EvaluationPeriods];
    for (const name of [
      'StaleRulesPresent',
      'VpnConnectionsDown',
      'RevocationsFailed',
      'RevocationsWithheld',
      'DeliveriesFailed',
    ]) {
      expect(window(name)).toEqual(count);
    }
    for (const name of ['VpnConnectionsDegraded', 'VpnConnectionsWithoutRoutes', 'ScanErrors']) {
      expect(window(name)).toEqual(twice);
    }
    expect(window('SweepMissing')).toEqual(heartbeat);
  });

  test('of a week or more is too rare for CloudWatch to tell whether a sweep is missing, which is refused unless that alarm is switched off', () => {
    const props = { ...EVERYTHING, schedule: rate(Duration.days(7)) };
    expect(refusal({}, props)).toBe(
      'sweepMissing: sweeps are 7 days apart, and CloudWatch looks back 7 days at most, so this alarm would go off between them; set it to { enabled: false }, or sweep more often',
    );
    expect(Object.keys(alarmsOf(props, { sweepMissing: { enabled: false } })).sort()).toEqual(
      ALL.filter(name => name !== 'SweepMissing'),
    );
  });
});

describe('tuning', () => {
  test.each(ALL)('%s can be switched off, and the others stay', name => {
    const option = `${name[0].toLowerCase()}${name.slice(1)}`;
    expect(Object.keys(alarmsOf(EVERYTHING, { [option]: { enabled: false } })).sort()).toEqual(
      ALL.filter(each => each !== name),
    );
  });

  test.each(ALL)('%s takes its own period and periods, and no other does', name => {
    const option = `${name[0].toLowerCase()}${name.slice(1)}`;
    const alarms = alarmsOf(EVERYTHING, {
      [option]: { enabled: true, period: Duration.hours(2), evaluationPeriods: 5, datapointsToAlarm: 3 },
    });
    expect(alarms[name]).toMatchObject({ Period: 7200, EvaluationPeriods: 5, DatapointsToAlarm: 3 });
    const others = Object.entries(alarms).filter(([key]) => key !== name).map(([, alarm]) => alarm);
    expect(
      others.filter(({ Period, DatapointsToAlarm }) => Period !== HOUR || DatapointsToAlarm !== undefined),
    ).toEqual([]);
  });

  test.each(ALL.filter(name => !['StaleRulesPresent', 'SweepMissing'].includes(name)))(
    '%s takes its own threshold',
    name => {
      const option = `${name[0].toLowerCase()}${name.slice(1)}`;
      expect(alarmsOf(EVERYTHING, { [option]: { threshold: 3 } })[name].Threshold).toBe(3);
    },
  );

  test('takes numbers that are known at deployment only', () => {
    const stack = aStack();
    const number = (id: string): number => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING);
    hygiene.addAlarms({
      scanErrors: {
        threshold: number('Least'),
        evaluationPeriods: number('Periods'),
        datapointsToAlarm: number('Datapoints'),
      },
    });
    expect(alarmsIn(stack).ScanErrors).toMatchObject({
      Threshold: { Ref: 'Least' },
      EvaluationPeriods: { Ref: 'Periods' },
      DatapointsToAlarm: { Ref: 'Datapoints' },
    });
  });

  test.each<[string, object, string]>([
    ['a threshold of 0', { scanErrors: { threshold: 0 } }, 'scanErrors.threshold: got 0; give a number of more than 0'],
    ['a negative threshold', { scanErrors: { threshold: -1 } }, 'scanErrors.threshold: got -1; give'],
    ['a threshold that is no number', { scanErrors: { threshold: Number.NaN } }, 'scanErrors.threshold: got NaN; give'],
    ['a threshold as text', { scanErrors: { threshold: '1' } }, 'scanErrors.threshold: got "1"; give'],
    [
      'no periods',
      { scanErrors: { evaluationPeriods: 0 } },
      'scanErrors.evaluationPeriods: got 0; give a whole number from 1',
    ],
    [
      'half periods',
      { scanErrors: { evaluationPeriods: 1.5 } },
      'scanErrors.evaluationPeriods: got 1.5; give a whole number from 1',
    ],
    [
      'no datapoints',
      { scanErrors: { datapointsToAlarm: 0 } },
      'scanErrors.datapointsToAlarm: got 0; give a whole number from 1',
    ],
    [
      'more datapoints than periods',
      { scanErrors: { evaluationPeriods: 3, datapointsToAlarm: 4 } },
      'scanErrors.datapointsToAlarm: got 4; give at most as many as evaluationPeriods, 3',
    ],
    [
      'more datapoints than periods by default',
      { vpnConnectionsDown: { datapointsToAlarm: 2 } },
      'vpnConnectionsDown.datapointsToAlarm: got 2; give at most as many as evaluationPeriods, 1',
    ],
    [
      'a period of 45 seconds',
      { scanErrors: { period: Duration.seconds(45) } },
      'scanErrors.period: got 45 seconds; give whole minutes, because CloudWatch keeps these metrics by the minute',
    ],
    [
      'a period for metrics of a finer resolution',
      { scanErrors: { period: Duration.seconds(30) } },
      'scanErrors.period: got 30 seconds; give whole minutes',
    ],
    [
      'a period of 90 seconds',
      { scanErrors: { period: Duration.seconds(90) } },
      'scanErrors.period: got 90 seconds; give',
    ],
    ['a period of no time', { scanErrors: { period: Duration.seconds(0) } }, 'scanErrors.period: got 0 seconds; give'],
    [
      'a period of less than a second',
      { scanErrors: { period: Duration.millis(60_500) } },
      'scanErrors.period: got 60.5 seconds; give',
    ],
    [
      'a period as a number',
      { scanErrors: { period: 300 } },
      'scanErrors.period: got 300; give a Duration, such as Duration.hours(1)',
    ],
    [
      'a period that is known at deployment only',
      { scanErrors: { period: Duration.minutes(Lazy.number({ produce: () => 5 })) } },
      'scanErrors.period: got a value that is known at deployment only; give a Duration of a number',
    ],
    [
      'more than a day of short periods',
      { scanErrors: { period: Duration.minutes(59), evaluationPeriods: 25 } },
      'scanErrors.evaluationPeriods: got 25 of 59 minutes each; give at most 1 day together: CloudWatch looks back',
    ],
    [
      'more than a week',
      { scanErrors: { period: Duration.hours(1), evaluationPeriods: 169 } },
      'scanErrors.evaluationPeriods: got 169 of 1 hour each; give at most 7 days together',
    ],
    [
      'a period of more than a week',
      { scanErrors: { period: Duration.days(8) } },
      'scanErrors.evaluationPeriods: got 1 of 8 days each; give at most 7 days together',
    ],
    [
      'an alarm that is no object',
      { scanErrors: false },
      'scanErrors: got false; give an object with any of enabled, period,',
    ],
    ['an alarm that is null', { scanErrors: null }, 'scanErrors: got null; give an object'],
    [
      'an alarm that is off in words',
      { scanErrors: { enabled: 'false' } },
      'scanErrors.enabled: got "false"; give true or false',
    ],
    [
      'an option that there is not',
      { scanErrors: { treshold: 3 } },
      'scanErrors: "treshold" is unknown. Did you mean "threshold"?',
    ],
    [
      'an option that there is not, of an alarm that is off',
      { scanErrors: { enabled: false, treshold: 3 } },
      'scanErrors: "treshold" is unknown. Did you mean "threshold"?',
    ],
    [
      'a count of stale rules',
      { staleRulesPresent: { threshold: 3 } },
      'staleRulesPresent: "threshold" is unknown. Known here: enabled, period, evaluationPeriods, datapointsToAlarm, olderThan',
    ],
    [
      'a choice that is neither true nor false',
      { vpnConnectionsDown: { perConnection: 'yes' } },
      'vpnConnectionsDown.perConnection: got "yes"; give true or false',
    ],
    [
      'an alarm for each connection of another kind',
      { vpnConnectionsDegraded: { perConnection: true } },
      'vpnConnectionsDegraded: "perConnection" is unknown. Known here: enabled, period, evaluationPeriods, datapointsToAlarm, threshold',
    ],
    ['an age of errors', { scanErrors: { olderThan: Duration.days(1) } }, 'scanErrors: "olderThan" is unknown. Known here: enabled,'],
    [
      'a count of sweeps',
      { sweepMissing: { threshold: 2 } },
      'sweepMissing: "threshold" is unknown. Known here: enabled, period, evaluationPeriods, datapointsToAlarm',
    ],
    [
      'an action that is none',
      { action: 'arn:aws:sns:eu-central-1:111122223333:topic' },
      'action: got "arn:aws:sns:eu-central-1:111122223333:topic"; give an IAlarmAction',
    ],
  ])('refuses %s, before any alarm is made', (_, options, message) => {
    expect(refusal(options)).toContain(message);
  });

  test.each<[string, Duration, number]>([
    ['a day of short ones', Duration.minutes(48), 30],
    ['a week of hours', Duration.hours(1), 168],
    ['a single week', Duration.days(7), 1],
  ])('takes as many periods as CloudWatch does: %s', (_, period, evaluationPeriods) => {
    const { ScanErrors } = alarmsOf(EVERYTHING, { scanErrors: { period, evaluationPeriods, datapointsToAlarm: 1 } });
    expect(ScanErrors).toMatchObject({ Period: period.toSeconds(), EvaluationPeriods: evaluationPeriods });
  });
});

describe('an alarm of more datapoints than sweeps bring', () => {
  const props = { ...EVERYTHING, schedule: rate(Duration.days(3)) };

  test('is refused, for it would never go off', () => {
    expect(refusal({ vpnConnectionsDegraded: { evaluationPeriods: 2 } }, props)).toBe(
      'vpnConnectionsDegraded: it needs 2 datapoints of 1 day each, but sweeps are 3 days apart, so 2 periods hold at most 1 of them; set datapointsToAlarm to 1, or give a period of 3 days',
    );
    expect(
      refusal({ scanErrors: { period: Duration.minutes(30), evaluationPeriods: 4, datapointsToAlarm: 3 } }),
    ).toContain('4 periods hold at most 2 of them');
  });

  test('is made where sweeps bring as many', () => {
    const { VpnConnectionsDegraded, ScanErrors } = alarmsOf(props, {
      vpnConnectionsDegraded: { evaluationPeriods: 4, datapointsToAlarm: 2 },
      scanErrors: { period: Duration.days(3), evaluationPeriods: 2 },
    });
    expect(VpnConnectionsDegraded).toMatchObject({ Period: DAY, EvaluationPeriods: 4, DatapointsToAlarm: 2 });
    expect(ScanErrors).toMatchObject({ Period: 3 * DAY, EvaluationPeriods: 2 });
  });

  test('is made where it is not known how many they bring', () => {
    const schedule = ScheduleExpression.cron({ minute: '0/5' });
    expect(
      alarmsOf({ staleRules: TAKES_ANY_SCHEDULE, schedule }, { scanErrors: { evaluationPeriods: 3 } }).ScanErrors
        .EvaluationPeriods,
    ).toBe(3);
  });
});

describe('a heartbeat', () => {
  const everyThreeDays = { ...EVERYTHING, schedule: rate(Duration.days(3)) };

  test.each<[string, object, NetworkHygieneProps]>([
    ['one period as long as the interval', { evaluationPeriods: 1 }, EVERYTHING],
    ['any one of two periods as long as the interval', { datapointsToAlarm: 1 }, EVERYTHING],
    [
      'periods that are shorter than the interval together',
      { period: Duration.minutes(10), evaluationPeriods: 5 },
      EVERYTHING,
    ],
    [
      'periods that are as long as the interval together',
      { period: Duration.minutes(10), evaluationPeriods: 6 },
      EVERYTHING,
    ],
    [
      'periods of which every other holds a sweep',
      { period: Duration.minutes(30), evaluationPeriods: 6, datapointsToAlarm: 3 },
      EVERYTHING,
    ],
    ['three days of three', { evaluationPeriods: 3 }, everyThreeDays],
    ['a day of short periods', { period: Duration.minutes(15) }, everyThreeDays],
  ])('that would go off between two sweeps is refused: %s', (_, sweepMissing, props) => {
    expect(refusal({ sweepMissing }, props)).toMatch(
      /^sweepMissing: it would go off between two sweeps that are (1 hour|3 days) apart: .*; give at least \d+ evaluationPeriods and no datapointsToAlarm, or a longer period$/,
    );
  });

  test('is refused with a fix that is accepted', () => {
    expect(refusal({ sweepMissing: { period: Duration.minutes(10), evaluationPeriods: 5 } })).toContain(
      'up to 5 of 5 periods of 10 minutes may hold no sweep, and 5 such periods set it off; give at least 7 evaluationPeriods',
    );
    const taken = alarmsOf(EVERYTHING, { sweepMissing: { period: Duration.minutes(10), evaluationPeriods: 7 } });
    expect(taken.SweepMissing).toMatchObject({ Period: 600, EvaluationPeriods: 7 });
  });

  test.each<[string, object, NetworkHygieneProps, object]>([
    [
      'a period that is longer than the interval',
      { period: Duration.hours(2), evaluationPeriods: 1 },
      EVERYTHING,
      { Period: 7200, EvaluationPeriods: 1 },
    ],
    [
      'two intervals of shorter periods',
      { period: Duration.minutes(15) },
      EVERYTHING,
      { Period: 900, EvaluationPeriods: 8 },
    ],
    ['four days of three', { evaluationPeriods: 4 }, everyThreeDays, { Period: DAY, EvaluationPeriods: 4 }],
    [
      'all but one',
      { period: Duration.minutes(30), evaluationPeriods: 6, datapointsToAlarm: 5 },
      EVERYTHING,
      { EvaluationPeriods: 6, DatapointsToAlarm: 5 },
    ],
    [
      'whatever is given where the interval is not known',
      { period: Duration.hours(1), evaluationPeriods: 1 },
      { schedule: ScheduleExpression.cron({ minute: '0' }) },
      { Period: HOUR, EvaluationPeriods: 1 },
    ],
  ])('takes %s', (_, sweepMissing, props, expected) => {
    expect(alarmsOf(props, { sweepMissing }).SweepMissing).toMatchObject(expected);
  });
});

describe('a description', () => {
  const descriptions = Object.entries(alarmsOnChanges()).map(([name, { AlarmDescription }]): [string, string] => [
    name,
    joined(AlarmDescription),
  ]);

  test.each(descriptions)(
    'of %s says of what construct it is, what has happened, what to look at first and where, and links to its runbook',
    (name, description) => {
      expect(description).toMatch(
        /^Network\/NetworkHygiene: (A|No|Sweeps|Rules|Events|Changes) .{20,}\. Look first at .{20,}\. Log group: <Ref NetworkHygieneLogGroup\w+>\. https:\/\/\S+$/,
      );
      expect(
        description.endsWith(
          ` https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/main/docs/alarms.md#${name.toLowerCase()}`,
        ),
      ).toBe(true);
      expect(description.length).toBeLessThanOrEqual(1024);
    },
  );

  test.each(descriptions)('of %s links to a heading of its own', (name, description) => {
    const { anchors, text } = page('docs/alarms.md');
    expect(anchors).toContain(description.split('#').pop());
    expect(text).toContain(`\n### ${name}\n`);
  });

  test('says how long a stale rule has been there', () => {
    expect(joined(alarmsOf({}).StaleRulesPresent.AlarmDescription)).toContain(
      'A stale security group rule that nothing exempts is still there, for 14 days or longer. Look',
    );
  });

  test('is not longer than CloudWatch accepts, with the longest path and log group name', () => {
    const stack = aStack();
    const logGroup = LogGroup.fromLogGroupName(stack, 'Logs', 'l'.repeat(512));
    withChangeTrigger(stack, `${'M'.repeat(147)}${'N'.repeat(100)}`, { ...EVERYTHING, logGroup }).addAlarms({
      staleRulesPresent: { olderThan: Duration.seconds(123_456_789) },
    });
    for (const { AlarmDescription } of Object.values(alarmsIn(stack))) {
      expect(AlarmDescription).toMatch(/^N{100}: [A-Z].* Log group: l{512}\. .*docs\/alarms\.md#[a-z]+$/);
      expect(String(AlarmDescription).length).toBeLessThanOrEqual(1024);
    }
  });
});

describe('names', () => {
  const names = (stack: Stack): string[] =>
    Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName as string,
    );

  test('of two constructs are different, and follow the path', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'One', EVERYTHING).addAlarms();
    new NetworkHygiene(stack, 'Two', EVERYTHING).addAlarms();
    expect(names(stack)).toHaveLength(2 * ALL.length);
    expect(new Set(names(stack)).size).toBe(2 * ALL.length);
    expect(names(stack)).toEqual(expect.arrayContaining(['Network/One/ScanErrors', 'Network/Two/ScanErrors']));
  });

  test('of alarms of their own follow their own path, so that one construct can have several', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING);
    hygiene.addAlarms();
    new NetworkHygieneAlarms(stack, 'OnCall', { hygiene });
    new NetworkHygieneAlarms(hygiene, 'Mine', { hygiene });
    expect(new Set(names(stack)).size).toBe(3 * ALL.length);
    expect(names(stack)).toEqual(
      expect.arrayContaining([
        'Network/NetworkHygiene/ScanErrors',
        'Network/OnCall/ScanErrors',
        'Network/NetworkHygiene/Mine/ScanErrors',
      ]),
    );
  });

  test('of long paths are as long as CloudWatch takes, keep their end, and stay different', () => {
    const stack = aStack();
    new NetworkHygiene(stack, `${'N'.repeat(245)}1`, EVERYTHING).addAlarms();
    const hygiene = new NetworkHygiene(stack, `${'N'.repeat(245)}2`, EVERYTHING);
    hygiene.addAlarms();
    new NetworkHygieneAlarms(stack, `${'N'.repeat(1000)}3`, { hygiene });
    expect(names(stack)).toHaveLength(3 * ALL.length);
    expect(new Set(names(stack)).size).toBe(3 * ALL.length);
    for (const name of names(stack)) {
      expect(name).toHaveLength(255);
      expect(name).toMatch(/^[0-9a-f]{8}-N+[123]\/[A-Z][A-Za-z]+$/);
    }
  });

  test('differ where only the part that is left out does', () => {
    const [one, two] = ['One', 'Two'].map(id => {
      const stack = aStack(id);
      new NetworkHygiene(stack, 'N'.repeat(251), EVERYTHING).addAlarms();
      return names(stack);
    });
    expect(one.filter(name => two.includes(name))).toEqual([]);
    expect([...one, ...two].filter(name => /One|Two/.test(name) || name.length !== 255)).toEqual([]);
  });
});

describe('actions', () => {
  const each = (stack: Stack, property: string): unknown[] =>
    Object.values(alarmsIn(stack)).map(alarm => alarm[property]);

  test('there are none by default', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING).addAlarms();
    expect(
      [...each(stack, 'AlarmActions'), ...each(stack, 'OKActions'), ...each(stack, 'InsufficientDataActions')].filter(
        Boolean,
      ),
    ).toEqual([]);
  });

  test('that are given or added reach every alarm, each for what it is for', () => {
    const stack = aStack();
    const alarms = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING).addAlarms({ action: anAction('arn:given') });
    alarms.addAlarmAction(anAction('arn:added-1'), anAction('arn:added-2'));
    alarms.addOkAction(anAction('arn:ok'));
    expect(each(stack, 'AlarmActions')).toEqual(ALL.map(() => ['arn:given', 'arn:added-1', 'arn:added-2']));
    expect(each(stack, 'OKActions')).toEqual(ALL.map(() => ['arn:ok']));
    expect(each(stack, 'InsufficientDataActions').filter(Boolean)).toEqual([]);
  });
});

describe('what is no action', () => {
  test.each<['addAlarmAction' | 'addOkAction', unknown]>([
    ['addAlarmAction', null], ['addOkAction', undefined], ['addOkAction', new Topic(aStack('Other'), 'Topic')],
  ])('%s refuses, and no alarm has any', (method, action) => {
    const stack = aStack();
    const alarms = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING).addAlarms();
    expect(() => alarms[method](anAction('arn:fine'), action as never)).toThrow(
      new RegExp(`^Network/NetworkHygiene/Alarms: ${method}: got .*; give an IAlarmAction, such as an SnsAction`),
    );
    expect(Object.values(alarmsIn(stack)).filter(({ AlarmActions, OKActions }) => AlarmActions ?? OKActions)).toEqual(
      [],
    );
  });
});

describe('a heartbeat of a schedule that is not a rate', () => {
  const warnings = (schedule: ScheduleExpression, options?: NetworkHygieneAlarmsOptions): string[] => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', { schedule }).addAlarms({ ...options, action: anAction('arn:given') });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  };
  const cron = ScheduleExpression.cron({ weekDay: 'MON-FRI', hour: '6', minute: '0' });

  test('is warned of, with what it waits for and how to tune it', () => {
    expect(warnings(cron)).toEqual([
      expect.stringMatching(
        /^sweepMissing: the schedule is not a rate.* goes off after 2 days without one; set it, such as sweepMissing: \{ period/,
      ),
    ]);
  });

  test.each<[string, ScheduleExpression, NetworkHygieneAlarmsOptions | undefined]>([
    ['its period is given', cron, { sweepMissing: { period: Duration.days(4) } }],
    ['its periods are given', cron, { sweepMissing: { evaluationPeriods: 4 } }],
    ['it is switched off', cron, { sweepMissing: { enabled: false } }],
    ['the schedule is a rate', rate(Duration.hours(1)), undefined],
  ])('is not where %s', (_, schedule, options) => {
    expect(warnings(schedule, options)).toEqual([]);
  });
});

describe('an alarm for each VPN connection', () => {
  const PER_CONNECTION = { vpnConnectionsDown: { perConnection: true } } as const;
  const IDS = ['vpn-0a', 'vpn-0b', 'vpn-0a'];
  const NAMED: NetworkHygieneProps = { ...EVERYTHING, vpnConnections: VpnConnections.withIds(IDS) };

  /** Returns the alarms about one connection each, by the last part of their names. */
  const eachOf = (stack: Stack): Record<string, Alarm> => Object.fromEntries(
    Object.entries(alarmsIn(stack)).filter(([, { MetricName }]) => MetricName === 'TunnelsUp'));

  test('watches the tunnels of that connection that are up, and replaces the alarm for all', () => {
    const stack = aStack();
    const alarms = new NetworkHygiene(stack, 'NetworkHygiene', NAMED).addAlarms(PER_CONNECTION);
    expect(Object.keys(alarmsIn(stack)).sort())
      .toEqual([...ALL.filter(name => name !== 'VpnConnectionsDown'), 'vpn-0a', 'vpn-0b']);
    expect(Object.keys(eachOf(stack))).toEqual(['vpn-0a', 'vpn-0b']);
    expect(eachOf(stack)['vpn-0b']).toEqual({
      AlarmName: 'Network/NetworkHygiene/VpnConnectionDown/vpn-0b',
      AlarmDescription: expect.anything() as unknown,
      Namespace: 'NetworkHygiene',
      MetricName: 'TunnelsUp',
      Statistic: 'Minimum',
      Dimensions: [
        { Name: 'Hygiene', Value: 'Network/NetworkHygiene' }, { Name: 'VpnConnectionId', Value: 'vpn-0b' },
      ],
      Period: HOUR,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'ignore',
    });
    expect(alarms.vpnConnectionsDown).toBeUndefined();
    expect(alarms.vpnConnectionDownAlarms).toHaveLength(2);
    for (const alarm of alarms.vpnConnectionDownAlarms) expect(alarms.all.includes(alarm)).toBe(true);
    expect(alarms.all).toHaveLength(ALL.length + 1);
  });

  test('says what it is about and what to look at first, and links to the common runbook', () => {
    const { 'vpn-0a': alarm } = alarmsOf(NAMED, PER_CONNECTION);
    expect(joined(alarm.AlarmDescription)).toMatch(
      /^Network\/NetworkHygiene: VPN connection vpn-0a has no tunnel up, or is missing\. Look first at the log lines whose event is VpnConnection and whose vpnConnectionId is vpn-0a, .*\. Log group: .*docs\/alarms\.md#vpnconnectionsdown$/,
    );
  });

  test('goes off only if a sweep finds the connection down or missing', () => {
    const { 'vpn-1': alarm } = alarmsOf(
      { ...EVERYTHING, vpnConnections: VpnConnections.withIds(['vpn-1']) }, PER_CONNECTION);
    const { ComparisonOperator, Threshold, MetricName, Dimensions, Namespace } = alarm as Record<string, never>;
    expect(ComparisonOperator).toBe('LessThanThreshold');
    const published = (status: VpnConnectionState['status'], ...of: Array<'UP' | 'DOWN' | 'UNKNOWN'>): number[] => {
      const tunnels = of.map((each, index) => ({ outsideIpAddress: `192.0.2.${index}`, status: each }));
      const vpnConnections = [{ vpnConnectionId: 'vpn-1', status, stale: false, tunnels }];
      const configuration = aDecodedConfiguration({
        hygiene: 'Network/NetworkHygiene', resourceMetrics: true, vpnConnections: { kind: 'withIds', ids: ['vpn-1'] },
      });
      expect(Namespace).toBe(configuration.metricNamespace);
      const result = aSweepResult({ observation: { vpnConnections } });
      const series = { data: seriesSeen(result, configuration).always, ends: [] };
      return metricData({ ...result, series }, configuration)
        .filter(({ name, dimensions }) => name === MetricName && isDeepStrictEqual(
          Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })), Dimensions))
        .map(({ value }) => value);
    };
    const isAlarming = (values: number[]): boolean => values.some(value => value < Threshold);
    expect(isAlarming(published('DOWN', 'DOWN', 'DOWN'))).toBe(true);
    expect(isAlarming(published('MISSING'))).toBe(true);
    // The connection works, so the alarm ends.
    for (const values of [published('UP', 'UP', 'UP'), published('DEGRADED', 'UP', 'DOWN'), published('NO_ROUTES', 'UP')]) {
      expect(values).toHaveLength(1);
      expect(isAlarming(values)).toBe(false);
    }
    // Nothing is known about the connection, so the alarm keeps its state.
    expect([published('PENDING', 'DOWN'), published('UNKNOWN'), published('UNKNOWN', 'DOWN', 'UNKNOWN')])
      .toEqual([[], [], []]);
  });

  test('has a value in each sweep that finds nothing wrong, because it must not stay in ALARM', () => {
    const { 'vpn-1': { MetricName, Dimensions } } = alarmsOf(
      { ...EVERYTHING, vpnConnections: VpnConnections.withIds(['vpn-1']) }, PER_CONNECTION);
    const tunnels = [{ outsideIpAddress: '192.0.2.1', status: 'UP' as const }];
    const vpnConnections = [{ vpnConnectionId: 'vpn-1', status: 'UP' as const, stale: false, tunnels }];
    const configuration = aDecodedConfiguration({
      resourceMetrics: true, vpnConnections: { kind: 'withIds', ids: ['vpn-1'] },
    });
    const { always, saying } = seriesSeen(aSweepResult({ observation: { vpnConnections } }), configuration);
    expect(saying).toEqual([]);
    expect(always.map(({ name, dimensions }) => [name, dimensions.VpnConnectionId])).toEqual([[MetricName, 'vpn-1']]);
    expect(Dimensions).toContainEqual({ Name: 'VpnConnectionId', Value: 'vpn-1' });
  });

  test('has the timing of the alarm for all', () => {
    const timing = { period: Duration.hours(2), evaluationPeriods: 5, datapointsToAlarm: 3 };
    const alarms = alarmsOf(NAMED, { vpnConnectionsDown: { ...timing, perConnection: true } });
    for (const name of ['vpn-0a', 'vpn-0b']) {
      expect(alarms[name]).toMatchObject({ Period: 7200, EvaluationPeriods: 5, DatapointsToAlarm: 3 });
    }
  });

  test.each([
    ['it is switched off', { enabled: false, perConnection: true }, []],
    ['it is not asked for', { perConnection: false }, ['VpnConnectionsDown']],
  ])('is not made where %s', (_, vpnConnectionsDown, expected) => {
    const names = Object.keys(alarmsOf(NAMED, { vpnConnectionsDown }));
    expect(names.filter(name => /^vpn-|VpnConnectionsDown/.test(name))).toEqual(expected);
  });

  test('has the actions of all alarms', () => {
    const stack = aStack();
    const alarms = new NetworkHygiene(stack, 'NetworkHygiene', NAMED)
      .addAlarms({ ...PER_CONNECTION, action: anAction('arn:given') });
    alarms.addOkAction(anAction('arn:ok'));
    for (const alarm of Object.values(eachOf(stack))) {
      expect(alarm).toMatchObject({ AlarmActions: ['arn:given'], OKActions: ['arn:ok'] });
    }
  });

  test('does not change when another connection is removed from the list', () => {
    const logicalIds = (ids: string[]): string[] => {
      const stack = aStack();
      new NetworkHygiene(stack, 'NetworkHygiene', { vpnConnections: VpnConnections.withIds(ids) })
        .addAlarms(PER_CONNECTION);
      return Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm', {
        Properties: { AlarmName: Match.stringLikeRegexp('/vpn-0c$') },
      }));
    };
    expect(logicalIds(['vpn-0a', 'vpn-0b', 'vpn-0c'])).toHaveLength(1);
    expect(logicalIds(['vpn-0c', 'vpn-0b'])).toEqual(logicalIds(['vpn-0a', 'vpn-0b', 'vpn-0c']));
  });

  test('does not change when a construct with a fixed name moves within its stack', () => {
    const logicalIds = (...path: string[]): string[] => {
      const stack = aStack();
      const scope = path.reduce<Construct>((parent, id) => new Construct(parent, id), stack);
      new NetworkHygiene(scope, 'Hygiene', { ...NAMED, hygieneName: 'Pinned' }).addAlarms(PER_CONNECTION);
      return Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).sort();
    };
    expect(new Set(logicalIds()).size).toBe(ALL.length + 1);
    expect(logicalIds('Moved', 'Twice')).toEqual(logicalIds());
  });

  describe('whose id is known only at deployment', () => {
    const aVpn = (stack: Stack, id: string): CfnVPNConnection =>
      new CfnVPNConnection(stack, id, { type: 'ipsec.1', customerGatewayId: 'cgw-0a', vpnGatewayId: 'vgw-0a' });

    const tokens: Array<[string, (stack: Stack) => string, unknown]> = [
      ['a resource', stack => aVpn(stack, 'Vpn').ref, { Ref: 'Vpn' }],
      ['a parameter', stack => new CfnParameter(stack, 'Id').valueAsString, { Ref: 'Id' }],
      ['an import', () => Fn.importValue('id'), { 'Fn::ImportValue': 'id' }],
    ];

    test.each(tokens)('is named after it, and has its metric: %s', (_, idIn, expected) => {
      const stack = aStack();
      const vpnConnections = VpnConnections.withIds([idIn(stack), 'vpn-0a']);
      new NetworkHygiene(stack, 'NetworkHygiene', { vpnConnections }).addAlarms(PER_CONNECTION);
      const found = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm', {
        Properties: { MetricName: 'TunnelsUp' },
      })) as SynthesizedResource[];
      expect(found).toHaveLength(2);
      expect(found[0].Properties).toMatchObject({
        AlarmName: { 'Fn::Join': ['', ['Network/NetworkHygiene/VpnConnectionDown/', expected]] },
        Dimensions: [
          { Name: 'Hygiene', Value: 'Network/NetworkHygiene' }, { Name: 'VpnConnectionId', Value: expected },
        ],
      });
    });

    test('does not depend on the rest of the list, and has no token in its construct id', () => {
      const logicalIds = (...others: string[]): string[] => {
        const stack = aStack();
        const ids = [...others, 'Kept'].map(id => aVpn(stack, id).ref);
        const { vpnConnectionDownAlarms } = new NetworkHygiene(stack, 'NetworkHygiene', {
          vpnConnections: VpnConnections.withIds([...ids, Fn.importValue('id')]),
        }).addAlarms(PER_CONNECTION);
        expect(vpnConnectionDownAlarms).toHaveLength(others.length + 2);
        for (const { node } of vpnConnectionDownAlarms) expect(node.path).not.toMatch(/Token|\$\{/);
        return vpnConnectionDownAlarms.slice(-2).map(alarm => String(stack.resolve(
          (alarm.node.defaultChild as CfnResource).logicalId)));
      };
      const alone = logicalIds();
      expect(new Set(alone).size).toBe(2);
      expect(logicalIds('One', 'Two')).toEqual(alone);
    });

    test('differs from that of another id made of the same value', () => {
      const stack = aStack();
      const parameter = new CfnParameter(stack, 'End').valueAsString;
      const vpnConnections = VpnConnections.withIds([`vpn-0a${parameter}`, `vpn-0b${parameter}`]);
      const { vpnConnectionDownAlarms } = new NetworkHygiene(stack, 'NetworkHygiene', { vpnConnections })
        .addAlarms(PER_CONNECTION);
      expect(vpnConnectionDownAlarms).toHaveLength(2);
      expect(Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm', {
        Properties: { MetricName: 'TunnelsUp' },
      }))).toHaveLength(2);
    });

    test('differs from that of a connection of the same name in another stack', () => {
      const app = new App();
      const [one, two, watch] = ['One', 'Two', 'Watch'].map(id => new Stack(app, id));
      const hygiene = new NetworkHygiene(watch, 'NetworkHygiene', {
        vpnConnections: VpnConnections.withIds([aVpn(one, 'Vpn').ref, aVpn(two, 'Vpn').ref]),
      });
      expect(hygiene.addAlarms(PER_CONNECTION).vpnConnectionDownAlarms).toHaveLength(2);
      expect(Object.keys(Template.fromStack(watch).findResources('AWS::CloudWatch::Alarm', {
        Properties: { MetricName: 'TunnelsUp' },
      }))).toHaveLength(2);
    });
  });

  test('has a unique name that CloudWatch accepts, even if the path is long', () => {
    const stack = aStack();
    const ids = ['a', 'b'].map(end => `vpn-${'0'.repeat(31)}${end}`);
    for (const end of ['1', '2']) {
      new NetworkHygiene(stack, `${'N'.repeat(245)}${end}`, { vpnConnections: VpnConnections.withIds(ids) })
        .addAlarms(PER_CONNECTION);
    }
    const names = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm', {
      Properties: { MetricName: 'TunnelsUp' },
    })).map(({ Properties }) => Properties.AlarmName as string);
    expect(new Set(names).size).toBe(4);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(255);
      expect(name).toMatch(/^[0-9a-f]{8}-N+[12]\/VpnConnectionDown\/vpn-0+[ab]$/);
    }
  });

  test.each<[string, NetworkHygieneProps, object, string]>([
    [
      'connections that are not named',
      EVERYTHING,
      {},
      'got true with VpnConnections.all(), whose connections are not known before the deployment; give VpnConnections.withIds() the id of each',
    ],
    [
      'connections that a filter finds',
      { vpnConnections: VpnConnections.matching({ vpnConnectionIds: ['vpn-0a'] }) },
      {},
      'got true with VpnConnections.matching(), whose',
    ],
    [
      'a list of ids that is known at deployment only',
      { vpnConnections: VpnConnections.withIds(Fn.split(',', Fn.importValue('ids'))) },
      {},
      'got true with a list of ids whose length is known at deployment only; give VpnConnections.withIds() a list of ids',
    ],
    [
      'connections without a metric each',
      { ...NAMED, resourceMetrics: false },
      {},
      'got true with resourceMetrics false, so no VPN connection has a metric of its own; leave resourceMetrics out',
    ],
    [
      'a count of them',
      NAMED,
      { threshold: 2 },
      'got true with threshold 2, but each alarm is about one VPN connection; leave threshold out',
    ],
  ])('is refused for %s', (_, props, options, message) => {
    expect(refusal({ vpnConnectionsDown: { perConnection: true, ...options } }, props))
      .toContain(`vpnConnectionsDown.perConnection: ${message}`);
  });
});

describe('the metric of each alarm has a value in each sweep that finds nothing wrong, because alarms ignore missing data:', () => {
  test.each<[what: string, props: NetworkHygieneProps]>([
    ['the defaults', {}],
    ['rules that are revoked', EVERYTHING],
    ['a dry run', { ...EVERYTHING, dryRun: true }],
    ['revoking switched off', { ...EVERYTHING, enabled: false }],
    ['without series per resource', { ...EVERYTHING, resourceMetrics: false }],
    ['rules alone', { ...EVERYTHING, vpnConnections: VpnConnections.none() }],
    ['VPN connections alone', { staleRules: StaleRules.ignore() }],
  ])('%s', (_, props) => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', props);
    hygiene.addAlarms();
    const configuration = decodeConfiguration(JSON.stringify(stack.resolve(hygiene._configuration)));
    const data = [...metricData(aSweepResult(), configuration), deliveryDatum(0, configuration)];
    const totals = data.filter(({ dimensions }) => Object.keys(dimensions).join() === 'Hygiene');
    const alarms = Object.values(alarmsIn(stack));
    expect(alarms.length).toBeGreaterThan(3);
    for (const { MetricName, Dimensions } of alarms) {
      expect(totals.map(({ name }) => name)).toContain(MetricName);
      expect(Dimensions).toEqual([{ Name: 'Hygiene', Value: configuration.hygiene }]);
    }
  });
});

describe('alarms of which none has an action', () => {
  const ID = 'cdk-network-hygiene:alarmsWithoutAction';
  const made = (): [Stack, NetworkHygieneAlarms] => {
    const stack = aStack();
    return [stack, new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING).addAlarms()];
  };
  const warnings = (stack: Stack): string[] =>
    Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);

  test('are not warned of where a composite alarm watches one of them', () => {
    const [stack, alarms] = made();
    new CompositeAlarm(stack, 'Any', {
      alarmRule: AlarmRule.fromAlarm(alarms.all[1], AlarmState.ALARM),
    });
    expect(warnings(stack)).toEqual([]);
  });

  test('are warned of, once, with what to do', () => {
    const [stack] = made();
    expect(warnings(stack)).toEqual([
      `/Network/NetworkHygiene/Alarms/StaleRulesPresent: this alarm and the others of Network/NetworkHygiene/Alarms have no action, so nobody is told when one goes off; give action, such as an SnsAction, or call addAlarmAction; where something else watches them, acknowledge this warning [ack: ${ID}]`,
    ]);
    Template.fromStack(stack);
    expect(warnings(stack)).toHaveLength(1);
  });

  test('are warned of where they are made apart', () => {
    const [stack, alarms] = made();
    alarms.addAlarmAction(anAction('arn:told'));
    const hygiene = alarms.node.scope as NetworkHygiene;
    new NetworkHygieneAlarms(stack, 'Others', { hygiene });
    expect(warnings(stack)).toEqual([expect.stringContaining(': this alarm and the others of Network/Others have no action')]);
  });

  test.each<[string, (alarms: NetworkHygieneAlarms, stack: Stack) => void]>([
    ['all get one later', alarms => alarms.addAlarmAction(anAction('arn:told'))],
    ['all do something when they are over', alarms => alarms.addOkAction(anAction('arn:told'))],
    ['one gets one', alarms => alarms.sweepMissing?.addAlarmAction(anAction('arn:told'))],
    [
      'one does something when it has no data',
      alarms => alarms.all[3].addInsufficientDataAction(anAction('arn:told')),
    ],
    ['one gets one as CloudFormation has it', alarms => {
      (alarms.all[3].node.defaultChild as CfnAlarm).alarmActions = ['arn:told'];
    }],
    ['one gets one by an override', alarms => {
      (alarms.all[3].node.defaultChild as CfnAlarm).addPropertyOverride('AlarmActions', ['arn:told']);
    }],
    ['an aspect adds them when CDK synthesizes', (_, stack) => Aspects.of(stack).add({
      visit: node => {
        if (node instanceof AlarmBase) node.addAlarmAction(anAction('arn:told'));
      },
    })],
    ['it is acknowledged', (_, stack) => cdk.Annotations.of(stack).acknowledgeWarning(ID)],
    ['it is acknowledged at the construct', alarms => cdk.Annotations.of(alarms).acknowledgeWarning(ID)],
  ])('are not warned of where %s', (_, act) => {
    const [stack, alarms] = made();
    act(alarms, stack);
    expect(warnings(stack)).toEqual([]);
  });

  test('are not warned of where all are switched off', () => {
    const stack = aStack();
    const off = { enabled: false };
    const { all } = new NetworkHygiene(stack, 'NetworkHygiene', { vpnConnections: VpnConnections.none() }).addAlarms(
      { staleRulesPresent: off, sweepMissing: off, scanErrors: off, deliveriesFailed: off },
    );
    expect(all).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('alarms in another stack', () => {
  test('are about the construct that they are given, and wait for nothing', () => {
    const app = new App();
    const hygiene = new NetworkHygiene(new Stack(app, 'Network'), 'NetworkHygiene', {
      ...EVERYTHING,
      metricNamespace: 'Mine',
    });
    const stack = new Stack(app, 'Watch');
    const alarms = new NetworkHygieneAlarms(stack, 'Alarms', { hygiene });
    expect(alarmsIn(stack).SweepMissing).toMatchObject({
      AlarmName: 'Watch/Alarms/SweepMissing',
      Namespace: 'Mine',
      Dimensions: [{ Name: 'Hygiene', Value: 'Network/NetworkHygiene' }],
    });
    expect(alarmsIn(stack).SweepMissing).not.toHaveProperty('Metrics');
    expect(alarms.sweepMissing).toBeDefined();
    expect(stack.dependencies).toEqual([]);
    expect(alarmsIn(stack).SweepMissing.AlarmDescription).not.toMatch(/Log group/);
    expect(hygiene.alarms).toBeUndefined();
  });

  test('name a log group whose name is known', () => {
    const app = new App();
    const network = new Stack(app, 'Network');
    const hygiene = new NetworkHygiene(network, 'NetworkHygiene', {
      logGroup: LogGroup.fromLogGroupName(network, 'Logs', '/network'),
    });
    const stack = new Stack(app, 'Watch');
    new NetworkHygieneAlarms(stack, 'Alarms', { hygiene });
    expect(alarmsIn(stack).SweepMissing.AlarmDescription).toContain(' Log group: /network. ');
    expect(stack.dependencies).toEqual([]);
  });

  test('name the queues and the rule of the construct, so that their stack is deployed after it', () => {
    const app = new App();
    const network = new Stack(app, 'Network');
    const stack = new Stack(app, 'Watch');
    new NetworkHygieneAlarms(stack, 'Alarms', { hygiene: withChangeTrigger(network, 'NetworkHygiene') });
    const { ChangesNotDelivered, ChangesFailed, ChangesDelayed } = alarmsIn(stack);
    const imported = [ChangesNotDelivered, ChangesFailed, ChangesDelayed].map(({ Dimensions }) => (
      (Dimensions as Array<{ Value: { 'Fn::ImportValue': string } }>)[0].Value['Fn::ImportValue']));
    expect(imported).toEqual(['Rule', 'DeadLetterQueue', 'Queue'].map(
      name => expect.stringMatching(`^Network:ExportsOutput(Ref|FnGetAtt)NetworkHygieneChange${name}[0-9A-F]{8}`) as string));
    expect(stack.dependencies).toEqual([network]);
    expect(network.dependencies).toEqual([]);
  });

  test('cannot be in a stack that the construct needs, unless those about changes are switched off', () => {
    const synthesize = (options: NetworkHygieneAlarmsOptions): Record<string, Alarm> => {
      const app = new App();
      const stack = new Stack(app, 'Watch');
      const notifications = new Topic(stack, 'People');
      const hygiene = withChangeTrigger(new Stack(app, 'Network'), 'NetworkHygiene', { notifications });
      new NetworkHygieneAlarms(stack, 'Alarms', { hygiene, ...options });
      return alarmsIn(stack);
    };
    expect(() => synthesize({})).toThrow(/'Network' depends on 'Watch'|'Watch' depends on 'Network'/);
    const off = { enabled: false };
    const alarms = synthesize({ changesNotDelivered: off, changesFailed: off, changesDelayed: off });
    expect(Object.keys(alarms)).toContain('SweepMissing');
  });

  test('about changes are refused in another account, which does not know the names of the queues', () => {
    const app = new App();
    const [region, account] = ['eu-central-1', '111122223333'];
    const hygiene = withChangeTrigger(new Stack(app, 'Network', { env: { region, account } }), 'NetworkHygiene');
    const stack = new Stack(app, 'Watch', { env: { region, account: '444455556666' } });
    expect(() => new NetworkHygieneAlarms(stack, 'Alarms', { hygiene })).toThrow(
      'Watch/Alarms: changesNotDelivered: this alarm is in another account than Network/NetworkHygiene, and its metric is that of a resource whose name is known at deployment only; make it in a stack of the same account, or set it to { enabled: false }',
    );
    const off = { enabled: false };
    const { all } = new NetworkHygieneAlarms(stack, 'Others', {
      hygiene, changesNotDelivered: off, changesFailed: off, changesDelayed: off,
    });
    expect(all.length).toBeGreaterThan(0);
  });

  test('without a construct to be about are refused', () => {
    expect(() => new NetworkHygieneAlarms(aStack(), 'Alarms', undefined as never)).toThrow(
      'Network/Alarms: got undefined; give an object with any of hygiene, staleRulesPresent,',
    );
    expect(() => new NetworkHygieneAlarms(aStack(), 'Alarms', {} as never)).toThrow(
      'Network/Alarms: hygiene: got undefined; give a NetworkHygiene',
    );
  });
});

test('a second call of addAlarms is refused', () => {
  const hygiene = new NetworkHygiene(aStack(), 'NetworkHygiene');
  hygiene.addAlarms();
  expect(() => hygiene.addAlarms()).toThrow('Network/NetworkHygiene: addAlarms: there are alarms already');
});

test('a construct that is not asked for alarms has none', () => {
  const stack = aStack();
  const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING);
  expect(alarmsIn(stack)).toEqual({});
  expect(hygiene.alarms).toBeUndefined();
});
