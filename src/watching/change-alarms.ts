/**
 * Defines the alarms about changes on their way to the function: from the rule into the queue, and out of it. Their
 * metrics are those of EventBridge and SQS, which have no data when nothing happens.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSubject } from './alarm-subject';
import type { NetworkHygieneAlarmsOptions } from '../network-hygiene-alarms-options';
import type { NetworkHygieneBase } from '../network-hygiene-base';

export type ChangeAlarmName = Extract<keyof NetworkHygieneAlarmsOptions, `changes${string}`>;

type Trigger = NonNullable<NetworkHygieneBase['_changeTrigger']>;

interface ChangeAlarm extends Pick<AlarmSubject, 'what' | 'lookAt'> {
  readonly metric: (trigger: Trigger, options: cloudwatch.MetricOptions) => cloudwatch.Metric;
}

export const CHANGE_ALARMS: Readonly<Record<ChangeAlarmName, ChangeAlarm>> = {
  changesNotDelivered: {
    // EventBridge counts what it does not try again, such as what the policy of the queue refuses.
    metric: ({ rule }, options) => new cloudwatch.Metric({
      namespace: 'AWS/Events',
      metricName: 'FailedInvocations',
      dimensionsMap: { RuleName: rule.ruleName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    }).attachTo(rule),
    what: 'Changes did not get into the queue, so no run has looked at them',
    lookAt:
      'the target of the rule, then at the policy of the queue and at that of its key, which have to let EventBridge in',
  },
  changesFailed: {
    metric: ({ deadLetterQueue }, options) => deadLetterQueue.metricApproximateNumberOfMessagesVisible(options),
    what: 'Changes could not be dealt with, and are in the dead-letter queue',
    lookAt: 'the log lines whose event is Failed or ScanError, then at the messages of the dead-letter queue',
  },
  changesDelayed: {
    metric: ({ queue }, options) => queue.metricApproximateAgeOfOldestMessage(options),
    what: 'A change has been waiting in the queue',
    lookAt:
      'the event source mapping of the queue, and at the errors and throttles of the function that it invokes',
  },
};

/** A change waits for 15 minutes of delay, or a reminder for 10, and for a batching window of 5 minutes at most. */
const LONGEST_WAIT = Duration.minutes(20);

const LEAST = Duration.minutes(45);

/**
 * Returns the seconds after which a change has waited for too long: longer than it takes if one run fails. SQS counts
 * from when the message was sent.
 */
export function tooLong({ settings: { visibilityTimeoutSeconds, timeoutSeconds } }: Trigger): number {
  const again = LONGEST_WAIT.toSeconds() + visibilityTimeoutSeconds + timeoutSeconds;
  return Math.max(LEAST.toSeconds(), Math.ceil(again / 60) * 60);
}
