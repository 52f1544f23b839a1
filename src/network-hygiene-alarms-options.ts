import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

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
   * @default - the time between two sweeps, at most a day; an hour when the schedule is not a rate. For `sweepMissing`
   * at least 15 minutes, and a day when the schedule is not a rate
   */
  readonly period?: Duration;

  /**
   * How many of the latest periods to look at. Together at most a day, or 7 days when the period is an hour or longer.
   *
   * @default - 2 for `vpnConnectionsDegraded` and `scanErrors`, unless sweeps are rarer than periods, or it is not
   * known how often they come; for `sweepMissing` 2, or as many as two intervals need, where CloudWatch looks back that
   * far; otherwise 1
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
   * @default - a day longer than a stale rule has to be there to be revoked; 14 days when none is revoked, or none is
   * kept for a time before it is
   */
  readonly olderThan?: Duration;
}

/**
 * What alarms to have. Those that could never go off, because of what the NetworkHygiene does not look at or do, are
 * not made.
 */
export interface NetworkHygieneAlarmsOptions {
  /**
   * What to do when any of the alarms goes off, such as an SnsAction.
   *
   * A LambdaAction is for the alarms of one construct only, because CDK names the permission that it makes by the alarm
   * alone.
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
   * @default - when two sweeps in a row find one; when one does, where the schedule is not a rate or sweeps are more
   * than a day apart
   */
  readonly vpnConnectionsDegraded?: CountAlarmOptions;

  /**
   * No sweep has come that could look at anything.
   *
   * @default - when there is none for two intervals of the schedule, or for the 7 days that CloudWatch looks back; at
   * least 30 minutes; two days when the schedule is not a rate
   */
  readonly sweepMissing?: SweepAlarmOptions;

  /**
   * Sweeps could not look at something.
   *
   * @default - when two in a row could not; when one could not, where the schedule is not a rate or sweeps are more
   * than a day apart
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
