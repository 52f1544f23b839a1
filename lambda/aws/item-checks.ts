/** Checks of the values in ledger items. */

/** @returns the problem with a value, as a text that follows the value's name; undefined if there is no problem */
export type Check = (value: unknown) => string | undefined;

const must = (be: (value: unknown) => boolean, otherwise: string): Check => value =>
  value === undefined ? ' is missing' : be(value) ? undefined : ` is ${otherwise}`;

export const text = must(value => typeof value === 'string', 'not a text');
export const name = must(value => typeof value === 'string' && value !== '', 'not a name');
export const flag = must(value => typeof value === 'boolean', 'neither true nor false');
export const number = must(value => Number.isFinite(value), 'not a number');
export const count = must(value => Number.isSafeInteger(value) && Number(value) >= 0, 'not a whole number');
export const moment = must(value => typeof value === 'string' && Number.isFinite(Date.parse(value)), 'not a time');

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Times are compared as texts, so they must all have the same form. */
export const time: Check = value => moment(value) ?? (UTC.test(String(value)) ? undefined : ' is not a time in UTC');

export const oneOf = (...values: readonly string[]): Check =>
  must(value => values.includes(value as string), `not one of ${values.join(', ')}`);

export const optional = (check: Check): Check => value => value === undefined ? undefined : check(value);

export const object = must(value => typeof value === 'object' && value !== null && !Array.isArray(value), 'not a JSON object');
const array = must(value => Array.isArray(value), 'not a list');

export const members = (checks: Readonly<Record<string, Check>>): Check => value => object(value)
  ?? firstOf(Object.keys(checks).map(key => [`.${key}`, (value as Record<string, unknown>)[key], checks[key]]));

export const recordOf = (check: Check): Check => value => object(value)
  ?? firstOf(Object.entries(value as object).map(([key, each]) => [`.${key}`, each, check]));

export const listOf = (check: Check): Check => value => array(value)
  ?? firstOf((value as unknown[]).map((each, index) => [`[${index}]`, each, check]));

export const pairOf = (first: Check, second: Check): Check => value => array(value)
  ?? ((value as unknown[]).length === 2 ? undefined : ' is not a pair')
  ?? firstOf([first, second].map((check, index) => [`[${index}]`, (value as unknown[])[index], check]));

/** Returns the first problem together with its path. */
export function firstOf(
  parts: ReadonlyArray<readonly [path: string, value: unknown, check: Check]>,
): string | undefined {
  for (const [path, value, check] of parts) {
    const wrong = check(value);
    if (wrong !== undefined) return `${path}${wrong}`;
  }
  return undefined;
}
