/**
 * Run-time checks of properties and options for callers in plain JavaScript, which TypeScript and jsii do for others.
 */
import { Construct } from 'constructs';
import { isToken, unknownName, wrong } from './words';

/** A description of what a property must be, and a check for it. */
export interface Kind {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
  /** The kind of each member, if the property is a list. */
  readonly each?: Kind;
}

/** The kind of each property. */
export type Kinds<T> = { readonly [K in keyof Required<T>]: Kind };

/** Advice for unknown properties that users look for. */
export type Instead = Readonly<Record<string, string>>;

/**
 * @param where the construct or the method, or both; it starts every message
 * @param kinds all known properties; undefined passes here, because required properties have their own check
 * @param instead what to do instead of giving certain unknown properties
 * @throws when a property is unknown, or of another kind; the message names it, what was got and the fix
 */
export function requireKinds<T extends object>(where: string, given: T, kinds: Kinds<T>, instead: Instead = {}): void {
  requireKnown(where, given, Object.keys(kinds), instead);
  for (const [name, kind] of Object.entries<Kind>(kinds)) {
    const value: unknown = given[name as keyof T];
    if (value !== undefined) requireKind(`${where}: ${name}`, value, kind);
  }
}

/**
 * Properties that are missing as a whole would be reported with every property that there is.
 *
 * @param required the names of those that have to be given
 * @throws when the value does not hold properties; the message names those that are required
 */
export function requireGiven(where: string, given: unknown, required: string): void {
  if (!isOptions(given)) throw wrong(where, given, `an object with at least ${required}`);
}

/**
 * Keys that are symbols pass, because jsii adds some to the objects that it receives from other languages.
 *
 * @throws when the value is not an object, or has an unknown key; the message names the key, and the one that was meant
 */
export function requireKnown(where: string, given: object, known: readonly string[], instead: Instead = {}): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || isToken(given)) {
    throw wrong(where, given, `an object with any of ${known.join(', ')}`);
  }
  const unknown = Object.keys(given).find(key => !known.includes(key));
  if (unknown === undefined) return;
  const fix = Object.hasOwn(instead, unknown) ? instead[unknown] : undefined;
  throw new Error(`${where}: ${fix === undefined ? unknownName(unknown, known) : `"${unknown}" is unknown; ${fix}`}`);
}

/** Whether a value is an object that names options: neither a list, nor a token, nor a construct. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isToken(value)
    && !Construct.isConstruct(value);
}

/** @throws when a value is of another kind */
export function requireKind(where: string, value: unknown, { what, is, each }: Kind): void {
  if (!is(value)) throw wrong(where, value, what);
  // Array.from also visits the holes of a sparse list.
  if (each && Array.isArray(value)) {
    Array.from(value, (member: unknown, index) => requireKind(`${where}[${index}]`, member, each));
  }
}

/** The kind of a property whose value is checked where it is used. */
export const CHECKED_ELSEWHERE: Kind = { what: '', is: () => true };

/** The same, but null is refused, because null would mean the default. */
export function notNull(what: string): Kind {
  return { what, is: value => value !== null };
}

export const A_TEXT: Kind = {
  what: 'a text that is not empty',
  is: value => typeof value === 'string' && value !== '',
};

export const A_BOOLEAN: Kind = { what: 'true or false', is: value => typeof value === 'boolean' };

/** A list that is known at synthesis. Each member has its own check. */
export const A_PLAIN_LIST: Kind = { what: 'a list of plain texts', is: value => Array.isArray(value) && !isToken(value) };

export function anInteger(least: number, most: number): Kind {
  return {
    what: `an integer from ${least} to ${most}`,
    is: value => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** A kind of number that may also be known at deployment only. */
export function orToken({ what, is }: Kind): Kind {
  return { what, is: value => (typeof value === 'number' && isToken(value)) || is(value) };
}

/** An object that has a certain member. */
export function having(member: string, what: string): Kind {
  return { what, is: value => typeof value === 'object' && value !== null && member in value };
}

/** A resource that has a certain attribute. */
export function aResource(attribute: string, what: string): Kind {
  return { what, is: value => Construct.isConstruct(value) && attribute in value };
}

/** An object that has a certain method. A class does not count, because every class has the method `bind`. */
export function doing(method: string, what: string): Kind {
  return {
    what, is: value => typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function',
  };
}

/**
 * An instance of a class, even if its constructor is private. JavaScript lets anyone call such a constructor; an
 * instance that is made without arguments has no value.
 */
export function instanceOf(type: { [Symbol.hasInstance](value: unknown): boolean }, what: string): Kind {
  const hasValue = (value: object): boolean => Object.values(value).some(member => member !== undefined);
  return { what, is: value => type[Symbol.hasInstance](value) && hasValue(value as object) };
}

/** A construct of this library that sweeps. The classes of two installed copies of the library differ. */
export const A_NETWORK_HYGIENE: Kind = aResource('_configuration', 'a NetworkHygiene');

export function listOf(each: Kind): Kind {
  return { what: `a list, with each member ${each.what}`, is: Array.isArray, each };
}
