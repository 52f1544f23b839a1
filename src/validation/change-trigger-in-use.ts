/** Checks a change trigger against the other properties. */
import { isToken } from './words';
import { Configuration, looksAtRules } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** @throws when no change could matter, or Lambda could not run as many sweeps at once as the trigger asks for */
export function requireChangeTrigger(path: string, props: NetworkHygieneProps, configuration: Configuration): void {
  const { changeTrigger, functionOptions: { reservedConcurrentExecutions } = {} } = props;
  if (changeTrigger === undefined) return;
  if (!looksAtRules(configuration)) {
    throw new Error(
      `${path}: changeTrigger: no change matters, because staleRules and flaggedIngressRules leave no rules to look at; give one of them, or leave changeTrigger out`,
    );
  }
  const { maxConcurrency } = changeTrigger._settings;
  if (reservedConcurrentExecutions === undefined) return;
  if ([reservedConcurrentExecutions, maxConcurrency].some(isToken)) return;
  if (reservedConcurrentExecutions >= maxConcurrency) return;
  throw new Error(
    `${path}: functionOptions: reservedConcurrentExecutions: got ${reservedConcurrentExecutions}, and changeTrigger has a maxConcurrency of ${maxConcurrency}, so Lambda would refuse batches of changes until they are in the dead-letter queue; give at least ${maxConcurrency}, or leave it out${maxConcurrency > 2 ? ', or give a lower maxConcurrency' : ''}`,
  );
}
