/** The words of errors: how they show a value, and how they name what was meant. */
import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { shortened, Words } from '../contract/reader';

/** Returns an error that says what was got and what to give instead. */
export function wrong(path: string, value: unknown, give: string): Error {
  return new Error(`${path}: got ${shown(value)}; give ${give}`);
}

/** Returns a text for a value of any kind, including kinds that JSON does not have. A long text is cut off. */
export function shown(value: unknown): string {
  return shortened(inWords(value, MOST_DEPTH));
}

/** A list of permissions has 4 levels. The limit also ends objects that contain themselves. */
const MOST_DEPTH = 5;

function inWords(value: unknown, depth: number): string {
  if (isToken(value)) return `a ${kindOfToken(value)} that is known at deployment only`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? objectInWords(value, depth) : String(value);
}

/** Whether CloudFormation fills a value in at deployment. CDK takes a Stack for a token, because it has `resolve`. */
export function isToken(value: unknown): boolean {
  return Token.isUnresolved(value) && !Construct.isConstruct(value);
}

function kindOfToken(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'value';
}

function objectInWords(value: object, depth: number): string {
  if (Array.isArray(value)) {
    return depth === 0 ? '[…]' : `[${Array.from(value, (each: unknown) => inWords(each, depth - 1)).join()}]`;
  }
  if (!isPlain(value)) return `an object of ${classOf(value)}`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (depth === 0 && members.length > 0) return '{…}';
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${inWords(member, depth - 1)}`).join()}}`;
}

/** Whether JSON can hold the object. Objects of another realm count, too. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf({ constructor }: object): string {
  if (typeof constructor !== 'function' || constructor.name === '') return 'a class without a name';
  // jsii knows the exported name of a class. The class itself has another one in some versions of CDK, such as Stack2.
  const jsii = Object.getOwnPropertyDescriptor(constructor, Symbol.for('jsii.rtti')) as { value: { fqn: string } } | undefined;
  return `the class ${jsii?.value.fqn.split('.').at(-1) ?? constructor.name}`;
}

/** Returns a text that says that a name is unknown, and names the one that was meant, or all that are known. */
export function unknownName(name: string, known: readonly string[]): string {
  return `"${name}" is unknown. ${meant(name, known) ?? `Known here: ${known.join(', ')}`}`;
}

/** Returns the question whether a similar name was meant. Undefined if no known name is similar. */
export function meant(name: string, known: readonly string[]): string | undefined {
  const distances = known.map(each => edits(name.toLowerCase(), each.toLowerCase()));
  const least = Math.min(...distances);
  if (least > (name.length < 10 ? 1 : 2)) return undefined;
  const nearest = known.filter((_, index) => distances[index] === least).map(each => `"${each}"`);
  return `Did you mean ${nearest.join(' or ')}?`;
}

/** Returns how many letters differ: one that is added, removed, replaced or swapped with the next counts once. */
function edits(one: string, other: string): number {
  const table: number[][] = [];
  for (let i = 0; i <= one.length; i++) {
    table.push([]);
    for (let j = 0; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      table[i].push(i === 0 || j === 0 ? i + j : Math.min(
        table[i - 1][j] + 1,
        table[i][j - 1] + 1,
        table[i - 1][j - 1] + (isSame ? 0 : 1),
        isSwapped ? table[i - 2][j - 2] + 1 : Infinity,
      ));
    }
  }
  return table[one.length][other.length];
}

/**
 * Returns the words for reading what a user declared in the way in which the handler reads it.
 *
 * @param path returns the name that the user knows for a path of the configuration
 * @param value returns the value that the user gave for a value of the configuration
 */
export function usersWords(path: Words['path'], value: (value: unknown) => unknown = each => each): Words {
  return { isToken, path, value: each => shown(value(each)), unknown: unknownName };
}

/** Returns the same words for values that have to be known at synthesis. */
export function plainWords(path: Words['path']): Words {
  return { ...usersWords(path), isToken: () => false };
}
