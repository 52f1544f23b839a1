/**
 * The fingerprint of a configuration. It is the same at synthesis, when some values are still tokens, and at
 * deployment, when CloudFormation has filled them in.
 *
 * The function has the fingerprint in its environment, which only a deployment changes. A configuration that was
 * altered in any other way is therefore detected, except in values that are unknown at synthesis. This file imports
 * only Node.js modules.
 */
import { createHash } from 'node:crypto';

/** The position of a value in a configuration: object keys and list indexes, from the outside in. */
export type Path = ReadonlyArray<string | number>;

/** Replaces values that CloudFormation fills in. The paths distinguish it from a value with the same text. */
const PLACEHOLDER = '<filled in at deployment>';

/**
 * Returns the paths of all values that CloudFormation fills in, in the order of the configuration.
 *
 * @param isToken recognizes such values; a text that contains a token counts as a whole, and so does a list that is one
 */
export function deployTimePaths(configuration: unknown, isToken: (value: unknown) => boolean): Path[] {
  if (isToken(configuration)) return [[]];
  const below = (value: unknown): Path[] => deployTimePaths(value, isToken);
  return entriesOf(configuration).flatMap(([key, value]) => below(value).map(path => [key, ...path]));
}

/**
 * Returns the SHA-256 hash, in hexadecimal digits, of the paths and of the configuration without the values at these
 * paths.
 *
 * The order of keys makes no difference, and neither does an undefined member, because JSON text has none.
 *
 * @param paths where CloudFormation fills in values; naming more or fewer of them gives another fingerprint
 * @throws when the configuration has nothing at a path
 */
export function fingerprintOf(configuration: unknown, paths: readonly Path[] = []): string {
  const known = paths.reduce<unknown>((whole, path) => withPlaceholder(whole, path), configuration);
  return createHash('sha256').update(canonical([known, paths])).digest('hex');
}

/** Returns a copy with the placeholder at a path, of which the first `behind` steps are already done. */
function withPlaceholder(part: unknown, path: Path, behind = 0): unknown {
  if (behind === path.length) return PLACEHOLDER;
  const step = path[behind];
  const entries = entriesOf(part);
  if (!entries.some(([key]) => key === step)) {
    throw new Error(`The configuration has nothing at ${JSON.stringify(path)}, which is to be filled in at deployment`);
  }
  const copy = entries.map(([key, value]) =>
    [key, key === step ? withPlaceholder(value, path, behind + 1) : value] as const);
  return Array.isArray(part) ? copy.map(([, value]) => value) : Object.fromEntries(copy);
}

/** JSON text with the keys of every object in a fixed order. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = entriesOf(value);
  if (Array.isArray(value)) return `[${entries.map(([, member]) => canonical(member)).join()}]`;
  const members = entries.map(([key, member]) => [JSON.stringify(key), canonical(member)] as const);
  return `{${members.sort(([one], [other]) => one < other ? -1 : 1).map(member => member.join(':')).join()}}`;
}

/**
 * Returns the members that JSON text would have: all members of a list, and those members of an object that are not
 * undefined.
 */
function entriesOf(value: unknown): Array<readonly [key: string | number, value: unknown]> {
  if (Array.isArray(value)) return Array.from(value, (member: unknown, index) => [index, member] as const);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter(([, member]) => member !== undefined);
}
