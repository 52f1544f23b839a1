/**
 * The fingerprint of a configuration. At synthesis, values wait for CloudFormation to fill them in; at deployment they
 * are there. The fingerprint is the same both times.
 *
 * The function has it in its environment, which nothing but a deployment changes. So a configuration that was altered
 * on another way is found out, but for the values that nobody knows at synthesis. Imports nothing but Node.js's own.
 */
import { createHash } from 'node:crypto';

/** Where a value is in a configuration: keys of objects and indexes of lists, from the outside in. */
export type Path = ReadonlyArray<string | number>;

/** Stands for what CloudFormation fills in. A value that is this very text is told from it by the paths. */
const PLACEHOLDER = '<filled in at deployment>';

/**
 * The paths of all values that CloudFormation fills in, in the order in which the configuration has them.
 *
 * @param isToken tells such values; a text that contains a token counts as a whole, and so does a list that is one
 */
export function deployTimePaths(configuration: unknown, isToken: (value: unknown) => boolean): Path[] {
  if (isToken(configuration)) return [[]];
  const below = (value: unknown): Path[] => deployTimePaths(value, isToken);
  return entriesOf(configuration).flatMap(([key, value]) => below(value).map(path => [key, ...path]));
}

/**
 * SHA-256, in hexadecimal digits, of a configuration without the values at some paths, and of these paths.
 *
 * The order of keys makes no difference, and neither does a key that is undefined, because JSON text has none.
 *
 * @param paths where CloudFormation fills values in; who names more of them, or fewer, gets another fingerprint
 * @throws when the configuration has nothing at a path
 */
export function fingerprintOf(configuration: unknown, paths: readonly Path[] = []): string {
  const known = paths.reduce<unknown>((whole, path) => withPlaceholder(whole, path), configuration);
  return createHash('sha256').update(canonical([known, paths])).digest('hex');
}

/** A copy with the placeholder at a path, of which so many steps are behind. */
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

/** JSON text, with the keys of every object in one order. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = entriesOf(value);
  if (Array.isArray(value)) return `[${entries.map(([, member]) => canonical(member)).join()}]`;
  const members = entries.map(([key, member]) => [JSON.stringify(key), canonical(member)] as const);
  return `{${members.sort(([one], [other]) => one < other ? -1 : 1).map(member => member.join(':')).join()}}`;
}

/** Members as JSON text has them: those of an object that are not undefined, and all of a list. */
function entriesOf(value: unknown): Array<readonly [key: string | number, value: unknown]> {
  if (Array.isArray(value)) return Array.from(value, (member: unknown, index) => [index, member] as const);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter(([, member]) => member !== undefined);
}
