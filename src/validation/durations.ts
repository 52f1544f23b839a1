/** Durations in seconds and in words. */
import { Duration, Token } from 'aws-cdk-lib';
import { wrong } from './words';

export const DAY = 86_400;

/** @throws when the value is not a Duration, or is known at deployment only */
export function seconds(path: string, value: Duration, example: string): number {
  requireDuration(path, value, example);
  if (value.isUnresolved()) {
    throw new Error(
      `${path}: got a value that is known at deployment only; give a Duration of a number, such as ${example}`,
    );
  }
  return value.toSeconds({ integral: false });
}

/**
 * Returns the seconds of a duration that may be known at deployment only.
 *
 * @throws when the value is not a Duration, or is known not to be whole seconds, or to be less than `least`
 */
export function wholeSeconds(path: string, value: Duration, least: 0 | 1, example: string): number {
  requireDuration(path, value, example);
  if (value.isUnresolved() && value.unitLabel() !== 'seconds') {
    throw new Error(
      `${path}: got a number of ${value.unitLabel()} that is known at deployment only; `
        + 'give Duration.seconds() with such a number, or a number that is known now',
    );
  }
  const count = value.toSeconds({ integral: false });
  if (!Token.isUnresolved(count) && !(Number.isSafeInteger(count) && count >= least)) {
    throw new Error(
      `${path}: got ${count} seconds; give a Duration of whole seconds, ${least} or more, such as ${example}`,
    );
  }
  return count;
}

/**
 * Returns the seconds of a duration that has a limit, and may be known at deployment only.
 *
 * @throws when the value is not a Duration, or is known not to be whole seconds from 1 to `most`
 */
export function wholeSecondsUpTo(path: string, value: Duration, most: number, example: string): number {
  const count = wholeSeconds(path, value, 1, example);
  if (Token.isUnresolved(count) || count <= most) return count;
  throw new Error(`${path}: got ${human(count)}; give at most ${human(most)}, such as ${example}`);
}

/**
 * Returns the seconds of a duration that has limits.
 *
 * @throws when the value is not a Duration of whole seconds within the limits, or is known at deployment only
 */
export function secondsBetween(
  path: string, value: Duration, [least, most]: readonly [number, number], example: string,
): number {
  const count = seconds(path, value, example);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new Error(`${path}: got ${human(count)}; give whole seconds from ${human(least)} to ${human(most)}`);
}

function requireDuration(path: string, value: Duration, example: string): void {
  if (typeof value?.toSeconds !== 'function') throw wrong(path, value, `a Duration, such as ${example}`);
}

/** Returns a text such as `8 days` or `1 hour 30 minutes`. */
export function human(time: number): string {
  return Duration.seconds(time).toHumanString();
}
