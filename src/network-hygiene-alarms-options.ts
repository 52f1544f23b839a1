import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Options for an alarm: whether to create it, and how far back it looks.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export interface SweepAlarmOptions {
  /**
   * Whether to create the alarm.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * The period of the metric, in whole minutes.
   *
   * @default - the time between two sweeps, at most a day; an hour when the schedule is not a rate. For `sweepMissing`,
   * at least 15 minutes, and a day when the schedule is not a rate. For `changesNotDelivered`, `changesFailed`,
   * `changesDelayed`, `runsFailed` and `runsTimedOut`, 5 minutes
   */
  readonly period?: Duration;

  /**
   * The number of most recent periods to evaluate. Together they may span at most a day, or at most 7 days when the
   * period is an hour or longer.
   *
   * @default - 1, with two exceptions: 2 for `vpnConnectionsDegraded`, `vpnConnectionsWithoutRoutes` and `scanErrors`
   * when every period holds a sweep; for `sweepMissing` 2, or as many periods as two intervals of the schedule span, up
   * to 7 days
   */
  readonly evaluationPeriods?: number;

  /**
   * The number of evaluated periods that must reach the threshold.
   *
   * @default - all evaluated periods
   */
  readonly datapointsToAlarm?: number;
}

/**
 * Options for an alarm on a count.
 */
export interface CountAlarmOptions extends SweepAlarmOptions {
  /**
   * The lowest count at which the alarm goes off.
   *
   * @default 1
   */
  readonly threshold?: number;
}

/**
 * Options for the alarm on VPN connections that are down.
 */
export interface VpnConnectionsDownAlarmOptions extends CountAlarmOptions {
  /**
   * Whether to create one alarm for each VPN connection, in place of one alarm for all of them. A single alarm is
   * already in ALARM when a second connection goes down, so it does not report the second one.
   *
   * This requires `VpnConnections.withIds`, because an alarm is created for each id, and `resourceMetrics`, because
   * each alarm watches the `TunnelsUp` of its connection. A `threshold` is not accepted.
   *
   * @default false
   */
  readonly perConnection?: boolean;
}

/**
 * Options for an alarm on an age.
 */
export interface AgeAlarmOptions extends SweepAlarmOptions {
  /**
   * The age at which the alarm goes off.
   *
   * @default - for `staleRulesPresent`, one day more than a stale rule waits before it is revoked; 14 days when stale
   * rules are not revoked, or are revoked without waiting. For `changesDelayed`, 45 minutes
   */
  readonly olderThan?: Duration;
}

/**
 * Options for the alarms of a NetworkHygiene.
 *
 * No alarm is created for something that the NetworkHygiene does not look at or does not do, because such an alarm
 * could never go off.
 */
export interface NetworkHygieneAlarmsOptions {
  /**
   * The action that runs when any of the alarms goes off, such as an SnsAction.
   *
   * Use a LambdaAction for the alarms of one construct only: CDK names the permission that it creates after the alarm
   * alone.
   *
   * @default - no action, except for those that `addAlarmAction` adds
   */
  readonly action?: cloudwatch.IAlarmAction;

  /**
   * The alarm that goes off when a stale rule that is not exempt has been there for too long.
   *
   * @default - goes off one day after `StaleRules.revokeAfter` would revoke the rule, or after 14 days
   */
  readonly staleRulesPresent?: AgeAlarmOptions;

  /**
   * The alarm that goes off when a VPN connection has no tunnel up, or is missing.
   *
   * @default - one alarm for all VPN connections, which goes off when one sweep finds such a connection
   */
  readonly vpnConnectionsDown?: VpnConnectionsDownAlarmOptions;

  /**
   * The alarm that goes off when a VPN connection has some tunnels up and some not.
   *
   * @default - goes off when two sweeps in a row find such a connection; one sweep is enough when the schedule is not a
   * rate, or when sweeps are more than a day apart
   */
  readonly vpnConnectionsDegraded?: CountAlarmOptions;

  /**
   * The alarm that goes off when a VPN connection uses BGP, has a tunnel up, and accepts no routes over the tunnels
   * that are up.
   *
   * @default - goes off when two sweeps in a row find such a connection, because BGP takes a moment to exchange routes;
   * one sweep is enough when the schedule is not a rate, or when sweeps are more than a day apart
   */
  readonly vpnConnectionsWithoutRoutes?: CountAlarmOptions;

  /**
   * The alarm that goes off when a security group has been unused for the declared time. It exists only with
   * `unusedSecurityGroups`.
   *
   * @default - goes off at the first such group
   */
  readonly unusedSecurityGroupsPresent?: CountAlarmOptions;

  /**
   * The alarm that goes off when no sweep could look at anything.
   *
   * @default - goes off after two intervals of the schedule without a sweep, at least 30 minutes and at most 7 days;
   * after two days when the schedule is not a rate
   */
  readonly sweepMissing?: SweepAlarmOptions;

  /**
   * The alarm that goes off when sweeps could not look at something.
   *
   * @default - goes off after two such sweeps in a row; one sweep is enough when the schedule is not a rate, or when
   * sweeps are more than a day apart
   */
  readonly scanErrors?: CountAlarmOptions;

  /**
   * The alarm that goes off when a rule could not be revoked, or had changed by the time it was revoked.
   *
   * @default - goes off at the first such rule
   */
  readonly revocationsFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when a sweep planned revocations and did not try them.
   *
   * @default - goes off at the first such rule
   */
  readonly revocationsWithheld?: CountAlarmOptions;

  /**
   * The alarm that goes off when an event or a notification could not be delivered.
   *
   * @default - goes off at the first failed delivery
   */
  readonly deliveriesFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when EventBridge could not put a change into the queue. It exists only with
   * `changeTrigger`.
   *
   * @default - goes off at the first failed invocation of the queue
   */
  readonly changesNotDelivered?: CountAlarmOptions;

  /**
   * The alarm that goes off when a change is in the dead-letter queue, because the function could not deal with it. It
   * exists only with `changeTrigger`.
   *
   * @default - goes off at the first message in the dead-letter queue
   */
  readonly changesFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when a change has been waiting in the queue for too long. It exists only with
   * `changeTrigger`.
   *
   * @default - goes off after 45 minutes, or after the longest delay and batching window, `visibilityTimeout` and
   * `timeout` together if that is more, so that one failed run does not set it off
   */
  readonly changesDelayed?: AgeAlarmOptions;

  /**
   * The alarm that goes off when accounts of an organization could not be swept. It exists only for a
   * NetworkHygieneOrganization.
   *
   * @default - goes off when more accounts fail than `toleratedFailures`
   */
  readonly accountsFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when Regions of accounts could not be swept. It exists only for a
   * NetworkHygieneOrganization.
   *
   * @default - goes off at the first such Region
   */
  readonly regionsFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when a run over the organization fails: an execution of the state machine that failed, or
   * in which more accounts failed than `toleratedFailures`. It exists only for a NetworkHygieneOrganization.
   *
   * @default - goes off at the first failed execution
   */
  readonly runsFailed?: CountAlarmOptions;

  /**
   * The alarm that goes off when a run over the organization does not end within 4 hours. It exists only for a
   * NetworkHygieneOrganization.
   *
   * @default - goes off at the first execution that times out
   */
  readonly runsTimedOut?: CountAlarmOptions;
}
