import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { NetworkHygiene } from './network-hygiene';
import { AlarmName, plannedAlarms } from './private/alarm-plan';
import { DAY, human } from './private/alarm-timing';
import { Kind, requireKind } from './private/known-props';
import { shortened } from './private/names';

/**
 * How far an alarm looks back, or whether to have it at all.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export interface SweepAlarmOptions {
  /**
   * Whether to have the alarm.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * The time over which the metric is taken together, in whole minutes.
   *
   * @default - the time between two sweeps, at most a day; an hour when the schedule is not a rate. For `sweepMissing` at least
   * 15 minutes, and a day when the schedule is not a rate
   */
  readonly period?: Duration;

  /**
   * How many of the latest periods to look at. Together at most a day, or 7 days when the period is an hour or longer.
   *
   * @default - 2 for `vpnConnectionsDegraded` and `scanErrors`, unless sweeps are rarer than periods, or it is not known how often they come; for
   * `sweepMissing` 2, or as many as two intervals need, where CloudWatch looks back that far; otherwise 1
   */
  readonly evaluationPeriods?: number;

  /**
   * How many of these periods must reach the threshold.
   *
   * @default - all of them
   */
  readonly datapointsToAlarm?: number;
}

/**
 * When an alarm for a count goes off.
 */
export interface CountAlarmOptions extends SweepAlarmOptions {
  /**
   * The least count to go off for.
   *
   * @default 1
   */
  readonly threshold?: number;
}

/**
 * When an alarm for an age goes off.
 */
export interface AgeAlarmOptions extends SweepAlarmOptions {
  /**
   * How long it must have been so.
   *
   * @default - a day longer than a stale rule has to be there to be revoked; 14 days when none is revoked, or none is kept for a time before it is
   */
  readonly olderThan?: Duration;
}

/**
 * What alarms to have. Those that could never go off, because of what the NetworkHygiene does not look at or do, are not made.
 */
export interface NetworkHygieneAlarmsOptions {
  /**
   * What to do when any of the alarms goes off, such as an SnsAction.
   *
   * A LambdaAction is for the alarms of one construct only, because CDK names the permission that it makes by the alarm alone.
   *
   * @default - nothing, but what `addAlarmAction` adds
   */
  readonly action?: cloudwatch.IAlarmAction;

  /**
   * A stale rule that nothing exempts has been there for long.
   *
   * @default - when it has been there for a day longer than `StaleRules.revokeAfter` says, otherwise for 14 days
   */
  readonly staleRulesPresent?: AgeAlarmOptions;

  /**
   * A VPN connection has no tunnel up, or is missing.
   *
   * @default - when a sweep finds one
   */
  readonly vpnConnectionsDown?: CountAlarmOptions;

  /**
   * A VPN connection has some tunnels up and some not.
   *
   * @default - when two sweeps in a row find one; when one does, where the schedule is not a rate or sweeps are more than a day apart
   */
  readonly vpnConnectionsDegraded?: CountAlarmOptions;

  /**
   * No sweep has come that could look at anything.
   *
   * @default - when there is none for two intervals of the schedule, or for the 7 days that CloudWatch looks back; at least 30 minutes; two days when
   * the schedule is not a rate
   */
  readonly sweepMissing?: SweepAlarmOptions;

  /**
   * Sweeps could not look at something.
   *
   * @default - when two in a row could not; when one could not, where the schedule is not a rate or sweeps are more than a day apart
   */
  readonly scanErrors?: CountAlarmOptions;

  /**
   * Rules could not be revoked, or were not what they had been when they were.
   *
   * @default - when there is one
   */
  readonly revocationsFailed?: CountAlarmOptions;

  /**
   * Rules were to be revoked, and that was not tried.
   *
   * @default - when there is one
   */
  readonly revocationsWithheld?: CountAlarmOptions;

  /**
   * Events or notifications were not delivered.
   *
   * @default - when there is one
   */
  readonly deliveriesFailed?: CountAlarmOptions;
}

/**
 * Properties of NetworkHygieneAlarms.
 */
export interface NetworkHygieneAlarmsProps extends NetworkHygieneAlarmsOptions {
  /**
   * What they are about.
   */
  readonly hygiene: NetworkHygiene;
}

/**
 * The alarms of a NetworkHygiene: one metric each, without metric math. A member is undefined when its alarm is switched off, or could never go off.
 *
 * Between two sweeps an alarm keeps its state.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export class NetworkHygieneAlarms extends Construct {
  /**
   * A stale rule that nothing exempts has been there for long.
   */
  public readonly staleRulesPresent?: cloudwatch.Alarm;

  /**
   * A VPN connection has no tunnel up, or is missing.
   */
  public readonly vpnConnectionsDown?: cloudwatch.Alarm;

  /**
   * A VPN connection has some tunnels up and some not.
   */
  public readonly vpnConnectionsDegraded?: cloudwatch.Alarm;

  /**
   * No sweep has come that could look at anything: the heartbeat. Missing data means that it goes off.
   */
  public readonly sweepMissing?: cloudwatch.Alarm;

  /**
   * Sweeps could not look at something.
   */
  public readonly scanErrors?: cloudwatch.Alarm;

  /**
   * Rules could not be revoked, or were not what they had been when they were.
   */
  public readonly revocationsFailed?: cloudwatch.Alarm;

  /**
   * Rules were to be revoked, and that was not tried.
   */
  public readonly revocationsWithheld?: cloudwatch.Alarm;

  /**
   * Events or notifications were not delivered.
   */
  public readonly deliveriesFailed?: cloudwatch.Alarm;

  /**
   * Every alarm that there is.
   */
  public readonly all: cloudwatch.Alarm[];

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props what they are about, and what to have otherwise, alarm by alarm
   * @throws when an option is wrong, or is for an alarm that could never go off, or for one that would go off while every sweep is in order; the
   * message names the option and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneAlarmsProps) {
    super(scope, id);
    const { hygiene, ...options } = props ?? {};
    if (hygiene?._configuration === undefined) throw new Error(`${this.node.path}: hygiene: not given, or of another kind; give a NetworkHygiene`);
    if (options.action !== undefined) requireKind(`${this.node.path}: action`, options.action, AN_ACTION);
    const isBeside = Stack.of(this) === Stack.of(hygiene);
    const { logGroupName } = hygiene.logGroup;
    const planned = plannedAlarms(this.node.path, options, {
      configuration: hygiene._configuration,
      intervalSeconds: hygiene._intervalSeconds,
      // A stack that may be deployed first, because the other needs something of it, cannot refer to what is there.
      logGroupName: isBeside || !Token.isUnresolved(logGroupName) ? logGroupName : undefined,
    });
    // Those of addAlarms are named like what they are about.
    const name = scope === hygiene && id === 'Alarms' ? hygiene._hygiene : this.node.path;
    const alarms: Partial<Record<AlarmName, cloudwatch.Alarm>> = {};
    for (const alarm of planned) {
      alarms[alarm.name] = new cloudwatch.Alarm(this, alarm.title, {
        ...alarm.options,
        alarmName: shortened(`${name}/${alarm.title}`, LONGEST_NAME),
        metric: hygiene.metric(alarm.metricName, { statistic: alarm.statistic, period: alarm.period }),
      });
    }
    this.staleRulesPresent = alarms.staleRulesPresent;
    this.vpnConnectionsDown = alarms.vpnConnectionsDown;
    this.vpnConnectionsDegraded = alarms.vpnConnectionsDegraded;
    this.sweepMissing = alarms.sweepMissing;
    this.scanErrors = alarms.scanErrors;
    this.revocationsFailed = alarms.revocationsFailed;
    this.revocationsWithheld = alarms.revocationsWithheld;
    this.deliveriesFailed = alarms.deliveriesFailed;
    this.all = Object.values(alarms);
    // Before the first sweep all are missing.
    if (isBeside) this.sweepMissing?.node.addDependency(hygiene.customResource);
    const isTuned = options.sweepMissing?.period !== undefined || options.sweepMissing?.evaluationPeriods !== undefined;
    if (this.sweepMissing && hygiene._intervalSeconds === undefined && !isTuned) {
      Annotations.of(this).addWarningV2('cdk-network-hygiene:sweepMissingNotTuned', `sweepMissing: the schedule is not a rate, so it is not known how far apart sweeps are; the alarm goes off when there is none for ${human(2 * DAY)}. Tell it with sweepMissing, such as { period: Duration.hours(1), evaluationPeriods: 3 }`);
    }
    if (options.action) this.addAlarmAction(options.action);
  }

  /**
   * Does something when any of the alarms goes off.
   *
   * @param actions what to do, such as an SnsAction
   * @throws when one is no action
   */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addAlarmAction', actions);
    for (const alarm of this.all) alarm.addAlarmAction(...actions);
  }

  /**
   * Does something when any of the alarms is over.
   *
   * @param actions what to do, such as an SnsAction
   * @throws when one is no action
   */
  public addOkAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addOkAction', actions);
    for (const alarm of this.all) alarm.addOkAction(...actions);
  }

  private requireActions(method: string, actions: unknown[]): void {
    for (const action of actions) requireKind(`${this.node.path}: ${method}`, action, AN_ACTION);
  }
}

/** CloudWatch takes no longer ones. */
const LONGEST_NAME = 255;

const AN_ACTION: Kind = {
  what: 'an IAlarmAction, such as an SnsAction of aws-cloudwatch-actions',
  is: action => typeof (action as Partial<cloudwatch.IAlarmAction> | null | undefined)?.bind === 'function',
};
