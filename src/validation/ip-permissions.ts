/**
 * Reads the value of the AWS CLI option `--ip-permissions`: a list of objects, JSON text, or the CLI's shorthand.
 *
 * This file reads only the notation. Decoding the configuration checks the content.
 *
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
 */
import { IResolvable, Token, Tokenization } from 'aws-cdk-lib';
import { wrong } from './words';
import { IpPermission } from '../contract/configuration';

/** How messages name the input. */
const WHERE = 'FlaggedIngressRule.fromIpPermissions: ipPermissions';

/** @throws when the input has none of these notations */
export function readIpPermissions(input: unknown): IpPermission[] {
  const text = typeof input === 'string' ? input.trim() : undefined;
  const isJson = text !== undefined && /^[[{]/.test(text);
  // JSON text can contain tokens as its texts. A text that is a token as a whole cannot be read, nor can the shorthand.
  if (Token.isUnresolved(input) && !isJson) throw wrong(WHERE, input, WHAT_MAY_HAVE_TOKENS);
  const value = text === undefined ? input : isJson ? parseJson(text) : new Shorthand(text).read();
  if (typeof value !== 'object' || value === null) throw wrong(WHERE, input, `a list of objects, JSON, or ${SHORTHAND}`);
  // Decoding the rule checks keys and values, each by its path.
  return (Array.isArray(value) ? value : [value]).map(each => inOrder(each)) as IpPermission[];
}

const WHAT_MAY_HAVE_TOKENS =
  'a list of objects or JSON, because permissions are read now; each value in them, such as CidrIp, may be known later';

const SHORTHAND =
  "the CLI's shorthand such as IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]";

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${WHERE}: not JSON (${error instanceof Error ? error.message : error}): ${text.slice(0, 100)}`);
  }
}

/**
 * Callers in other jsii languages send absent members as null, and map members in any order. A different order would be
 * a different text, and CloudFormation would see an update.
 */
function inOrder(value: unknown, key = ''): unknown {
  if (Tokenization.isResolvable(value)) return encoded(value, key);
  if (Array.isArray(value)) return value.map(each => inOrder(each));
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    present.sort(([a], [b]) => a < b ? -1 : 1).map(([name, member]) => [name, inOrder(member, name)]),
  );
}

/** Converts a token that CDK represents as an object to the type that the key takes. */
function encoded(value: IResolvable, key: string): string | number {
  return key === 'FromPort' || key === 'ToPort' ? Token.asNumber(value) : Token.asString(value);
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
      if (Object.hasOwn(members, key)) throw this.error(`has ${key} twice`);
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
        // Some versions of CDK, such as 2.276, do not see that a text contains a number that is a token.
        if (Token.isUnresolved(Number(word))) throw wrong(WHERE, Number(word), WHAT_MAY_HAVE_TOKENS);
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
    if (match === undefined) throw this.error(`lacks ${what}`);
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
    const position = `at character ${this.position + 1}`;
    return new Error(
      `${WHERE}: the text "${this.text.slice(0, 100)}" ${what} ${position}; give a list of objects, JSON, or ${SHORTHAND}`,
    );
  }
}
