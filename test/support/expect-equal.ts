import { isDeepStrictEqual } from 'node:util';

/**
 * Does the same as `expect(actual).toEqual(expected)`, for thousands of comparisons. Each `expect` creates all of
 * Jest's matchers, and an error with a stack trace, before it compares anything.
 */
export function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}
