/**
 * Reads values of unknown shape, and reports any other shape by its path. This file imports only traffic.ts.
 */
import { Cidr, parseCidr } from './traffic';

/** A value of unknown shape together with its path. */
export class Reader {
  /**
   * @param path where the value is, for messages
   * @param tokens recognizes values that are not known yet
   * @param isSecret whether messages show only the type of the value
   */
  constructor(
    private readonly path: string,
    private readonly value: unknown,
    private readonly tokens: (value: unknown) => boolean,
    private readonly isSecret = false,
  ) {}

  /** Returns the same value, which messages do not show. */
  secret(): Reader {
    return new Reader(this.path, this.value, this.tokens, true);
  }

  /** Returns the same value, which messages show again. */
  shown(): Reader {
    return new Reader(this.path, this.value, this.tokens);
  }

  get isToken(): boolean {
    return this.tokens(this.value);
  }

  hasToken(...keys: string[]): boolean {
    return keys.some(key => this.tokens(this.object()[key]));
  }

  object(): Record<string, unknown> {
    if (!isRecord(this.value)) throw this.error('give an object');
    return this.value;
  }

  /** Refuses other keys, because a misspelled key would widen what is flagged. */
  allow(...keys: string[]): void {
    const unknown = Object.keys(this.object()).find(key => !keys.includes(key));
    if (unknown === undefined) return;
    const meant = keys.find(key => key.toLowerCase() === unknown.toLowerCase());
    throw new Error(
      `${this.path || 'configuration'}: "${unknown}" is unknown. ${meant ? `Did you mean "${meant}"?` : `Known here: ${keys.join(', ')}`}`,
    );
  }

  get(key: string): Reader {
    return new Reader(this.path === '' ? key : `${this.path}.${key}`, this.object()[key], this.tokens, this.isSecret);
  }

  optional(key: string): Reader | undefined {
    return this.object()[key] === undefined ? undefined : this.get(key);
  }

  /** @param ifEmpty what to do instead, if an empty list is refused */
  list(ifEmpty?: string): Reader[] {
    if (this.isToken) return [];
    if (!Array.isArray(this.value)) throw this.error('give a list');
    if (ifEmpty !== undefined && this.value.length === 0) throw this.error(ifEmpty);
    return this.value.map((item, index) => new Reader(`${this.path}[${index}]`, item, this.tokens, this.isSecret));
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
    if (this.isToken) return least;
    if (typeof this.value !== 'number' || !Number.isInteger(this.value) || this.value < least || this.value > most) {
      throw this.error(`give a whole number from ${least} to ${most}`);
    }
    return this.value;
  }

  number(least: number, most: number): number {
    if (this.isToken) return least;
    if (typeof this.value !== 'number' || !(this.value >= least && this.value <= most)) {
      throw this.error(`give a number from ${least} to ${most}`);
    }
    return this.value;
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
      throw new Error(`${this.path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  error(fix: string): Error {
    return new Error(
      `${this.path || 'configuration'}: got ${this.isSecret ? kindOf(this.value) : show(this.value)}; ${fix}`,
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return show(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
