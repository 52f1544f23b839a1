/**
 * Reads the value of the AWS CLI option `--ip-permissions`: a list of objects, JSON text, or the CLI's shorthand.
 *
 * This file reads only the notation. Decoding the configuration checks the content.
 *
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
 */
import { IpPermission } from '../contract/configuration';

export function readIpPermissions(input: unknown): IpPermission[] {
  const value = typeof input === 'string' ? parseText(input.trim()) : input;
  // Decoding the configuration checks keys and values, each by its path.
  return (Array.isArray(value) ? value : [value]).map(inOrder) as IpPermission[];
}

function parseText(text: string): unknown {
  if (text.startsWith('[') || text.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(
        `flaggedIngressRules: the IpPermissions are not JSON (${error instanceof Error ? error.message : error}): ${text.slice(0, 100)}`,
      );
    }
  }
  return new Shorthand(text).read();
}

/**
 * Callers in other jsii languages send absent members as null, and map members in any order. A different order would be
 * a different text, and CloudFormation would see an update.
 */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(present.sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => [key, inOrder(member)]));
}

/** An unquoted value within a list or an object. */
const WORD = /[^,[\]{}]+/y;

/** Reads `Key=value,Key=[{Key=value},{Key=value}]`, where a value is unquoted, or in double or single quotes. */
class Shorthand {
  private position = 0;

  constructor(private readonly text: string) {}

  /** Reads several permissions separated by spaces, which are several arguments in the CLI. */
  public read(): unknown[] {
    const permissions: unknown[] = [];
    do permissions.push(this.members(/\s|$/y, /[^\s,[\]{}]+/y)); while (this.skip(/\s+/y));
    return permissions;
  }

  private members(end: RegExp, word: RegExp): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (;;) {
      const key = this.take(/[A-Za-z0-9]+/y, 'a key');
      if (Object.hasOwn(members, key)) throw this.error(`have ${key} twice`);
      this.take(/=/y, `"=" behind ${key}`);
      members[key] = this.value(word);
      if (this.isAt(end)) return members;
      this.take(/,/y, '","');
    }
  }

  private value(bare = WORD): unknown {
    switch (this.text[this.position]) {
      case '[': return this.list();
      case '{': return this.object();
      case '"':
      case "'": return this.take(/"[^"]*"|'[^']*'/y, 'a closing quote').slice(1, -1);
      default: {
        const word = this.take(bare, 'a value');
        return /^-?\d+$/.test(word) && !/IpProtocol=$|UserId=$/.test(this.text.slice(0, this.position - word.length))
          ? Number(word)
          : word;
      }
    }
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    this.take(/\[/y, '"["');
    while (this.text[this.position] !== ']') {
      items.push(this.value());
      if (this.text[this.position] !== ']') this.take(/,/y, '"," or "]"');
    }
    this.take(/\]/y, '"]"');
    return items;
  }

  private object(): Record<string, unknown> {
    this.take(/\{/y, '"{"');
    const members = this.members(/\}/y, WORD);
    this.take(/\}/y, '"}"');
    return members;
  }

  private take(pattern: RegExp, what: string): string {
    const match = this.match(pattern);
    if (match === undefined) throw this.error(`lack ${what}`);
    this.position += match.length;
    return match;
  }

  private skip(pattern: RegExp): boolean {
    const match = this.match(pattern);
    this.position += match?.length ?? 0;
    return match !== undefined;
  }

  private isAt(pattern: RegExp): boolean {
    return this.match(pattern) !== undefined;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    return pattern.exec(this.text)?.[0];
  }

  private error(what: string): Error {
    return new Error(
      `flaggedIngressRules: the IpPermissions "${this.text.slice(0, 100)}" ${what} at character ${this.position + 1}; give a list of objects, JSON, or the CLI's shorthand such as IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]`,
    );
  }
}
