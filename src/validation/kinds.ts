/**
 * Run-time checks of properties for callers in plain JavaScript, which TypeScript and jsii do for others.
 */
import { Token } from 'aws-cdk-lib';

/** A description of what a property must be, and a check for it. */
export interface Kind {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
  /** The kind of each member, if the property is a list. */
  readonly each?: Kind;
}

/** The kind of each property. */
export type Kinds<T> = { readonly [K in keyof Required<T>]: Kind };

/**
 * @param where the construct and, if any, the method; it starts every message
 * @param kinds all known properties; undefined passes here, because required properties have their own check
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

/** @throws when an object has an unknown key; the message names it, and the known keys */
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
  // Array.from also visits the holes of a sparse list.
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

/** An object that has a certain member. */
export function having(member: string, what: string): Kind {
  return { what, is: value => typeof value === 'object' && value !== null && member in value };
}

/** An instance of a class, even if its constructor is private. */
export function instanceOf(type: { [Symbol.hasInstance](value: unknown): boolean }, what: string): Kind {
  return { what, is: value => type[Symbol.hasInstance](value) };
}

export function listOf(each: Kind): Kind {
  return { what: `a list of ${each.what}`, is: Array.isArray, each };
}

/** Whether two values are known to differ. A token may turn out to be equal. */
export function areKnownToDiffer(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
