import { Duration } from 'aws-cdk-lib';

/**
 * Options for `ChangeTrigger.cloudTrail`.
 */
export interface ChangeTriggerOptions {
  /**
   * The time for which Lambda collects changes before it starts a sweep of their groups, from 1 second to 5 minutes,
   * in whole seconds.
   *
   * One sweep reads a group once, however many of its changes are in the batch. A batch has up to 100 changes, and
   * Lambda requires a window for more than 10. When few changes come, Lambda may wait for 20 seconds even if the window
   * is shorter.
   *
   * @default Duration.seconds(5)
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  readonly batchingWindow?: Duration;

  /**
   * The time for which the queue holds each change back, up to 15 minutes, in whole seconds.
   *
   * A tool may add a rule first and its exempt tag right after that. With a delay, the sweep finds the tag.
   *
   * @default - no delay
   * @see
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
   */
  readonly delay?: Duration;

  /**
   * The number of batches that are swept at the same time, from 2 to 1000.
   *
   * All of them use the same API request limits and the same allowance of `maxRevocationsPerSweep`.
   *
   * @default 2
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   */
  readonly maxConcurrency?: number;

  /**
   * The longest time that the sweep of a batch may take, from 30 seconds to 15 minutes, in whole seconds.
   *
   * The queue delivers the changes that were not dealt with in that time again.
   *
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;

  /**
   * The time after which the queue delivers a change again that was not dealt with, from `timeout` to 12 hours, in
   * whole seconds.
   *
   * Lambda holds a change for `batchingWindow`, or for 20 seconds if that is more, before the sweep begins. If the
   * visibility timeout is shorter than that and `timeout` together, changes can be delivered again without need.
   *
   * After 5 deliveries a change goes to the dead-letter queue. The next scheduled sweep looks at its group in any case.
   *
   * @default - 6 times `timeout`, or that sum if it is more
   * @see
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   */
  readonly visibilityTimeout?: Duration;
}
