/** Durations in seconds and in words. */
import { Duration } from 'aws-cdk-lib';

export const DAY = 86_400;

/** @throws when the value is not a Duration, or is known at deployment only */
export function seconds(path: string, value: Duration, example: string): number {
  if (typeof value?.toSeconds !== 'function') throw wrong(path, value, `a Duration, such as ${example}`);
  if (value.isUnresolved()) {
    throw new Error(
      `${path}: got a value that is known at deployment only; give a Duration of a number, such as ${example}`,
    );
  }
  return value.toSeconds({ integral: false });
}

/** Returns a text such as `8 days` or `1 hour 30 minutes`. */
export function human(time: number): string {
  return Duration.seconds(time).toHumanString();
}

/** Returns an error that says what was got and what to give instead. */
export function wrong(path: string, value: unknown, give: string): Error {
  return new Error(`${path}: got ${typeof value === 'number' ? value : JSON.stringify(value)}; give ${give}`);
}
