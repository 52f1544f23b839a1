/**
 * What TypeScript and jsii check of an interface of properties, for callers in plain JavaScript; and what of a value is
 * known at all.
 */
import { Token } from 'aws-cdk-lib';

/** What a property has to be, in words, and whether a value is that. */
export interface Kind {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
  /** Of a list, what each of its members has to be. */
  readonly each?: Kind;
}

/** Of each property. */
export type Kinds<T> = { readonly [K in keyof Required<T>]: Kind };

/**
 * @param where the construct and, if any, the method; it starts every message
 * @param kinds every property that there is; undefined passes, for what is required says so itself
 * @throws when a property is unknown, or of another kind; the message names it, what was got and the fix
 */
export function requireKinds<T extends object>(where: string, props: T, kinds: Kinds<T>): void {
  const known = Object.keys(kinds);
  if (typeof props !== 'object' || props === null) {
    throw new Error(`${where}: got ${shownValue(props)}; give an object with any of ${known.join(', ')}`);
  }
  requireKnown(`${where}: `, props, known, 'property');
  for (const [name, kind] of Object.entries<Kind>(kinds)) {
    const value: unknown = props[name as keyof T];
    if (value !== undefined) requireKind(`${where}: ${name}`, value, kind);
  }
}

/** @throws when an object has a key that is not known; the message names it, and those that are */
export function requireKnown(
  prefix: string,
  given: object,
  known: readonly string[],
  what: 'property' | 'option',
): void {
  const unknown = Object.keys(given).find(key => !known.includes(key));
  if (unknown !== undefined) throw new Error(`${prefix}${unknown}: no such ${what}; known are ${known.join(', ')}`);
}

/** @throws when a value is of another kind */
export function requireKind(where: string, value: unknown, { what, is, each }: Kind): void {
  if (!is(value)) throw new Error(`${where}: got ${shownValue(value)}; give ${what}`);
  // By index, because holes in a list are members, too.
  if (each && Array.isArray(value)) {
    Array.from(value, (member: unknown, index) => requireKind(`${where}[${index}]`, member, each));
  }
}

export function shownValue(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? 'an object of another kind'
    : (JSON.stringify(value) ?? typeof value);
}

export const A_TEXT: Kind = {
  what: 'a text that is not empty',
  is: value => typeof value === 'string' && value !== '',
};

export function anInteger(least: number, most: number): Kind {
  return {
    what: `an integer from ${least} to ${most}`,
    is: value => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** An object that has a member. */
export function having(member: string, what: string): Kind {
  return { what, is: value => typeof value === 'object' && value !== null && member in value };
}

/** Of a class, whose constructor may be private. */
export function instanceOf(type: { [Symbol.hasInstance](value: unknown): boolean }, what: string): Kind {
  return { what, is: value => type[Symbol.hasInstance](value) };
}

export function listOf(each: Kind): Kind {
  return { what: `a list of ${each.what}`, is: Array.isArray, each };
}

/** Whether two values are different, as far as is known now. */
export function areKnownToDiffer(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
