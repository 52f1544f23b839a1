import { isDeepStrictEqual } from 'node:util';

/**
 * The same as `expect(actual).toEqual(expected)`, for what is compared thousands of times: each `expect` makes all of
 * Jest's matchers, and an error with a stack trace, before it compares anything.
 */
export function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}
