/** Interprets the errors with which EC2 refuses a revocation. */
import { type ErrorFacts, isDenied, isNotFound, isThrottled } from '../errors';

const isAboutOneRule = (error: ErrorFacts): boolean => isNotFound(error) || /^Invalid|^Missing/.test(error.code);

/** EC2 did nothing if it says that the call was invalid, denied or throttled. */
export const mayHaveHadEffect = (error: ErrorFacts): boolean =>
  (error.attempts ?? 1) > 1 || !(isDenied(error) || isAboutOneRule(error) || isThrottled(error));

/** Whether the same call for one rule may succeed when it is retried. */
export const isWorthRetrying = (error: ErrorFacts): boolean => !isDenied(error) && !isAboutOneRule(error);
