/**
 * Reads what the AWS CLI takes for `--ip-permissions`, as a list of objects, as JSON text or in the CLI's shorthand.
 *
 * Only the notation is read here; whether it says what EC2 documents is checked where the configuration is decoded.
 *
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
 */
import { IpPermission } from './contract';

export function readIpPermissions(input: unknown): IpPermission[] {
  const value = typeof input === 'string' ? parseText(input.trim()) : input;
  // Its keys and values are checked, each by its path, when the configuration is decoded.
  return (Array.isArray(value) ? value : [value]).map(withoutAbsent) as IpPermission[];
}

function parseText(text: string): unknown {
  if (text.startsWith('[') || text.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`flaggedIngressRules: the IpPermissions are not JSON (${error instanceof Error ? error.message : error}): ${text.slice(0, 100)}`);
    }
  }
  // The CLI takes several permissions as several arguments.
  return text.split(/\s+(?=IpProtocol=|FromPort=|ToPort=|IpRanges=|Ipv6Ranges=|PrefixListIds=|UserIdGroupPairs=)/).map(each => new Shorthand(each).read());
}

/** Callers in other languages of jsii send absent members as null. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && member !== undefined).map(([key, member]) => [key, withoutAbsent(member)]));
}

/** `Key=value,Key=[{Key=value},{Key=value}]`, where a value is bare, in double quotes or in single quotes. */
class Shorthand {
  private position = 0;

  constructor(private readonly text: string) {}

  public read(): unknown {
    const members = this.members(() => this.position >= this.text.length);
    return members;
  }

  private members(isEnd: () => boolean): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (;;) {
      const key = this.take(/[A-Za-z0-9]+/y, 'a key');
      this.take(/=/y, `"=" behind ${key}`);
      members[key] = this.value();
      if (isEnd()) return members;
      this.take(/,/y, '","');
    }
  }

  private value(): unknown {
    switch (this.text[this.position]) {
      case '[': return this.list();
      case '{': return this.object();
      case '"':
      case "'": return this.take(/"[^"]*"|'[^']*'/y, 'a closing quote').slice(1, -1);
      default: {
        const word = this.take(/[^,[\]{}]+/y, 'a value');
        return /^-?\d+$/.test(word) && !/IpProtocol=$|UserId=$/.test(this.text.slice(0, this.position - word.length)) ? Number(word) : word;
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
    const members = this.members(() => this.text[this.position] === '}');
    this.take(/\}/y, '"}"');
    return members;
  }

  private take(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) {
      throw new Error(`flaggedIngressRules: the IpPermissions "${this.text.slice(0, 100)}" lack ${what} at character ${this.position + 1}; give a list of objects, JSON, or the CLI's shorthand such as IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]`);
    }
    this.position = pattern.lastIndex;
    return match[0];
  }
}
