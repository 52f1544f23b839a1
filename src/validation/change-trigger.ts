/** Checks the options of ChangeTrigger, and whether it fits the other properties. */
import { Duration } from 'aws-cdk-lib';
import { human, secondsBetween } from './durations';
import { anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKinds } from './kinds';
import { isToken, wrong } from './words';
import type { ChangeTriggerOptions } from '../change-trigger-options';
import { Configuration, looksAtRules } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

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
  return {
    batchingWindowSeconds: secondsBetween(`${method}: batchingWindow`, batchingWindow, [1, 300], 'Duration.seconds(5)'),
    delaySeconds: secondsBetween(`${method}: delay`, delay, [0, HOUR / 4], 'Duration.minutes(1)'),
    maxConcurrency,
    timeoutSeconds,
    visibilityTimeoutSeconds: visibilityTimeout === undefined
      ? VISIBILITY_PER_TIMEOUT * timeoutSeconds
      : visibilitySeconds(`${method}: visibilityTimeout`, visibilityTimeout, timeoutSeconds),
  };
}

function visibilitySeconds(path: string, value: Duration, timeoutSeconds: number): number {
  const count = secondsBetween(path, value, [0, 12 * HOUR], 'Duration.minutes(12)');
  if (count >= timeoutSeconds) return count;
  throw new Error(
    `${path}: got ${human(count)}; give at least ${human(timeoutSeconds)}, which is timeout, because the queue would deliver a change again while it is still dealt with`,
  );
}

/** @throws when no change could matter, or Lambda could not run as many sweeps at once as the trigger asks for */
export function requireChangeTrigger(path: string, props: NetworkHygieneProps, configuration: Configuration): void {
  const { changeTrigger, functionOptions: { reservedConcurrentExecutions } = {} } = props;
  if (changeTrigger === undefined) return;
  if (!looksAtRules(configuration)) {
    throw wrong(`${path}: changeTrigger`, changeTrigger,
      'staleRules or flaggedIngressRules, too, because they leave no rules to look at, so no change matters; or leave changeTrigger out');
  }
  const { maxConcurrency } = changeTrigger._settings;
  if (reservedConcurrentExecutions === undefined) return;
  if ([reservedConcurrentExecutions, maxConcurrency].some(isToken)) return;
  if (reservedConcurrentExecutions >= maxConcurrency) return;
  throw new Error(
    `${path}: functionOptions: reservedConcurrentExecutions: got ${reservedConcurrentExecutions}, and changeTrigger has a maxConcurrency of ${maxConcurrency}, so Lambda would refuse batches of changes until they are in the dead-letter queue; give at least ${maxConcurrency}, or leave it out${maxConcurrency > 2 ? ', or give a lower maxConcurrency' : ''}`,
  );
}
