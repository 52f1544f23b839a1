import { plain } from '../../lambda/core/report/wording';
import { shortened } from '../../src/contract/reader';

/**
 * The command line was used wrongly. The message has one line. It says which argument is wrong, why, and what to give
 * instead.
 */
export class UsageError extends Error {
  public readonly name = 'UsageError';

  constructor(message: string) {
    super(plain(message));
  }
}

/** Returns a value as messages show it: in quotes, and cut off if it is long. */
export const quoted = (value: string): string => JSON.stringify(shortened(value));
