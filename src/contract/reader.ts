/**
 * Reads values of unknown shape, and reports any other shape by its path. This file imports only traffic.ts.
 */
import { Cidr, parseCidr } from './traffic';

/** How messages name paths and values. The constructs use the words of the user, the handler those of the JSON. */
export interface Words {
  /** Whether CloudFormation fills the value in at deployment. The handler never sees such a value. */
  readonly isToken: (value: unknown) => boolean;
  readonly path: (path: string) => string;
  readonly value: (value: unknown) => string;
  /** Says that a key is unknown. */
  readonly unknown: (key: string, known: readonly string[]) => string;
}

const WORDS_OF_JSON: Words = {
  isToken: () => false,
  path: path => path || 'configuration',
  value: value => shortened(JSON.stringify(value) ?? String(value)),
  unknown: (key, known) => `"${key}" is unknown. Known here: ${known.join(', ')}`,
};

/** A value of unknown shape together with its path. */
export class Reader {
  /**
   * @param path where the value is, for messages
   * @param isSecret whether messages show only the type of the value
   */
  constructor(
    private readonly path: string,
    private readonly value: unknown,
    private readonly words = WORDS_OF_JSON,
    private readonly isSecret = false,
  ) {}

  /** Returns the same value, which messages do not show. */
  secret(): Reader {
    return new Reader(this.path, this.value, this.words, true);
  }

  /** Returns the same value, which messages show again. */
  shown(): Reader {
    return new Reader(this.path, this.value, this.words);
  }

  get isToken(): boolean {
    return this.words.isToken(this.value);
  }

  is(value: unknown): boolean {
    return this.value === value;
  }

  hasToken(...keys: string[]): boolean {
    return keys.some(key => this.words.isToken(this.object()[key]));
  }

  /** Whether the value, or anything in it, is filled in at deployment. */
  holdsToken(): boolean {
    const holds = (value: unknown): boolean => this.words.isToken(value)
      || (typeof value === 'object' && value !== null && Object.values(value).some(holds));
    return holds(this.value);
  }

  object(): Record<string, unknown> {
    if (!isRecord(this.value)) throw this.error('give an object');
    return this.value;
  }

  /** Refuses other keys, because a misspelled key would widen what is flagged. */
  allow(...keys: string[]): void {
    const unknown = Object.keys(this.object()).find(key => !keys.includes(key));
    if (unknown !== undefined) throw this.problem(this.words.unknown(unknown, keys));
  }

  get(key: string): Reader {
    return new Reader(this.path === '' ? key : `${this.path}.${key}`, this.object()[key], this.words, this.isSecret);
  }

  optional(key: string): Reader | undefined {
    return this.object()[key] === undefined ? undefined : this.get(key);
  }

  /** @param ifEmpty what to do instead, if an empty list is refused */
  list(ifEmpty?: string): Reader[] {
    if (!Array.isArray(this.value)) throw this.error('give a list');
    if (this.isToken) return [];
    if (ifEmpty !== undefined && this.value.length === 0) throw this.error(ifEmpty);
    return this.value.map((item, index) => new Reader(`${this.path}[${index}]`, item, this.words, this.isSecret));
  }

  string(pattern: RegExp, fix: string): string {
    if (typeof this.value !== 'string' || (!this.isToken && !pattern.test(this.value))) throw this.error(`give ${fix}`);
    return this.value;
  }

  id(prefix: 'sg' | 'vpc' | 'pl' | 'vpn'): string {
    return this.string(new RegExp(`^${prefix}-[0-9a-zA-Z]{1,32}$`), `an id that starts with "${prefix}-"`);
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.error('give true or false');
    return this.value;
  }

  integer(least: number, most: number): number {
    return this.inRange(least, most, Number.isInteger, 'whole number');
  }

  number(least: number, most: number): number {
    return this.inRange(least, most, Number.isFinite, 'number');
  }

  private inRange(least: number, most: number, isOne: (value: number) => boolean, what: string): number {
    const { value } = this;
    if (typeof value === 'number' && this.isToken) return least;
    if (typeof value === 'number' && isOne(value) && value >= least && value <= most) return value;
    throw this.error(`give a ${what} from ${least} to ${most}`);
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const choice = choices.find(each => each === this.value);
    if (choice === undefined) throw this.error(`give one of ${choices.join(', ')}`);
    return choice;
  }

  cidr(family: 4 | 6): Cidr {
    const text = this.string(/^[^]*$/, 'a CIDR block');
    if (this.isToken) return parseCidr(family === 4 ? '0.0.0.0/0' : '::/0');
    try {
      const cidr = parseCidr(text);
      if (cidr.family !== family) {
        throw new Error(
          `"${text}" is IPv${cidr.family}; put it in ${cidr.family === 4 ? 'IpRanges.CidrIp' : 'Ipv6Ranges.CidrIpv6'}`,
        );
      }
      return cidr;
    } catch (error) {
      throw this.problem(error instanceof Error ? error.message : String(error));
    }
  }

  error(fix: string): Error {
    const { isSecret, value, words } = this;
    return this.problem(`got ${(isSecret && !this.isToken && kindOf(value)) || words.value(value)}; ${fix}`);
  }

  problem(text: string): Error {
    return new Error(`${this.words.path(this.path)}: ${text}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined if there is nothing to hide */
function kindOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

/** Returns a text as messages show it: cut off if it is long. */
export function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
