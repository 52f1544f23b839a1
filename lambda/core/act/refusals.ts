/** What EC2's refusals of a revocation mean. */
import { type ErrorFacts, isDenied, isNotFound, isThrottled } from '../errors';

const isAboutOneRule = (error: ErrorFacts): boolean => isNotFound(error) || /^Invalid|^Missing/.test(error.code);

/** EC2 did nothing where it says that the call was wrong, not allowed or too much. */
export const mayHaveHadEffect = (error: ErrorFacts): boolean =>
  (error.attempts ?? 1) > 1 || !(isDenied(error) || isAboutOneRule(error) || isThrottled(error));

/** Whether EC2 may allow the same call for one rule when it is tried again. */
export const isWorthRetrying = (error: ErrorFacts): boolean => !isDenied(error) && !isAboutOneRule(error);
