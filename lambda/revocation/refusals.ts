/** What EC2's refusals of a revocation mean. */
import { type ErrorFacts, isDenied, isNotFound } from '../errors';

export const isAboutOneRule = (error: ErrorFacts): boolean => isNotFound(error) || /^Invalid|^Missing/.test(error.code);

/** EC2 did nothing where it says that the call was wrong, not allowed or too much. */
export const mayHaveHadEffect = (error: ErrorFacts): boolean =>
  (error.attempts ?? 1) > 1 || !(isDenied(error) || isAboutOneRule(error) || isThrottled(error));

export const isWorthRetrying = (error: ErrorFacts): boolean => !isDenied(error) && !isAboutOneRule(error);

const isThrottled = ({ code }: ErrorFacts): boolean => /^RequestLimitExceeded$|Throttl/.test(code);
