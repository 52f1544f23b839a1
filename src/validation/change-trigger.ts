/** Checks the options of ChangeTrigger, and whether it fits the other properties. */
import { Duration } from 'aws-cdk-lib';
import { human, secondsBetween } from './durations';
import { anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKinds } from './kinds';
import type { ChangeTriggerOptions } from '../change-trigger-options';

/** The options with their defaults. */
export interface ChangeTriggerSettings {
  readonly batchingWindowSeconds: number;
  readonly delaySeconds: number;
  /** May be known at deployment only. */
  readonly maxConcurrency: number;
  readonly timeoutSeconds: number;
  readonly visibilityTimeoutSeconds: number;
}

const OPTIONS: Kinds<ChangeTriggerOptions> = {
  batchingWindow: CHECKED_ELSEWHERE,
  delay: CHECKED_ELSEWHERE,
  maxConcurrency: orToken(anInteger(2, 1000)),
  timeout: CHECKED_ELSEWHERE,
  visibilityTimeout: CHECKED_ELSEWHERE,
};

const HOUR = 3600;

/** A call of EC2 that hangs is ended after 15 seconds and tried again. Reporting needs time after that. */
const SHORTEST_TIMEOUT = 30;

/** Lambda recommends it, so that messages that were throttled do not come back while they are dealt with. */
const VISIBILITY_PER_TIMEOUT = 6;

/** @throws when an option is unknown or wrong; the message names the method, the option, what was got and the fix */
export function changeTriggerSettings(method: string, options: ChangeTriggerOptions): ChangeTriggerSettings {
  requireKinds(method, options, OPTIONS);
  const {
    batchingWindow = Duration.seconds(5), delay = Duration.seconds(0), maxConcurrency = 2,
    timeout = Duration.minutes(2), visibilityTimeout,
  } = options;
  const timeoutSeconds = secondsBetween(
    `${method}: timeout`, timeout, [SHORTEST_TIMEOUT, HOUR / 4], 'Duration.minutes(2)',
  );
  const batchingWindowSeconds = secondsBetween(
    `${method}: batchingWindow`, batchingWindow, [1, 300], 'Duration.seconds(5)',
  );
  return {
    batchingWindowSeconds,
    delaySeconds: secondsBetween(`${method}: delay`, delay, [0, HOUR / 4], 'Duration.minutes(1)'),
    maxConcurrency,
    timeoutSeconds,
    visibilityTimeoutSeconds: visibilityTimeout === undefined
      ? Math.max(VISIBILITY_PER_TIMEOUT * timeoutSeconds, longestHeld(batchingWindowSeconds, timeoutSeconds))
      : visibilitySeconds(`${method}: visibilityTimeout`, visibilityTimeout, timeoutSeconds),
  };
}

/** The time for which Lambda waits for messages when few come, even if the batching window is shorter. */
const LONGEST_POLL = 20;

/**
 * Returns the longest time from the receipt of a message to the end of its run, in seconds.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const longestHeld = (batchingWindowSeconds: number, timeoutSeconds: number): number =>
  Math.max(batchingWindowSeconds, LONGEST_POLL) + timeoutSeconds;

function visibilitySeconds(path: string, value: Duration, timeoutSeconds: number): number {
  const count = secondsBetween(path, value, [0, 12 * HOUR], 'Duration.minutes(12)');
  if (count >= timeoutSeconds) return count;
  throw new Error(
    `${path}: got ${human(count)}; give at least ${human(timeoutSeconds)}, which is timeout, because the queue would deliver a change again while it is still dealt with`,
  );
}
