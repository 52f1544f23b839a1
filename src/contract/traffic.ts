/**
 * Traffic as security group rules describe it: a protocol, its ports (or ICMP type and code) and one source.
 *
 * Every spelling that EC2 documents is parsed into one form, so that comparisons compare meanings. The constructs use
 * this file to validate what a user declares, and the handler to read EC2's responses. It imports nothing.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */

/** An IANA protocol number, or `all` (EC2's `-1`). */
export type Protocol = 'all' | number;

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** The protocol names that EC2 documents. Every other protocol is a number. */
const PROTOCOL_NAMES: Readonly<Record<string, Protocol>> = {
  '-1': 'all',
  'all': 'all',
  'tcp': TCP,
  'udp': UDP,
  'icmp': ICMP,
  'icmpv6': ICMPV6,
};

/**
 * The ports of a rule.
 *
 * - `all`: every port, or every ICMP type and code
 * - `range`: TCP and UDP ports, both ends included
 * - `icmp`: one ICMP type, with one code or (`-1`) all of its codes
 * - `unclear`: something that EC2 does not explain, such as ports of a protocol that has none; the two numbers only
 *   show whether two such rules are equal
 */
export type Ports =
  | { readonly kind: 'all' }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number }
  | { readonly kind: 'unclear'; readonly from: number | undefined; readonly to: number | undefined };

/** A CIDR block as the interval of its addresses. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefixLength: number;
}

/** The source of traffic. Each rule has exactly one. */
export type Source =
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  | { readonly kind: 'prefixList'; readonly prefixListId: string }
  | { readonly kind: 'securityGroup'; readonly groupId: string; readonly userId?: string }
  | { readonly kind: 'unclear'; readonly text: string };

export interface Traffic {
  readonly protocol: Protocol | undefined;
  readonly ports: Ports;
  readonly source: Source;
}

/**
 * Reads a protocol in any of its spellings (`tcp`, `TCP`, `6`, `-1`).
 *
 * @returns undefined for a name that EC2 does not document or a number out of range
 */
export function parseProtocol(text: string): Protocol | undefined {
  const name = text.trim().toLowerCase();
  if (Object.hasOwn(PROTOCOL_NAMES, name)) return PROTOCOL_NAMES[name];
  return /^\d{1,3}$/.test(name) && Number(name) <= 255 ? Number(name) : undefined;
}

/**
 * Interprets FromPort and ToPort as the protocol defines them.
 *
 * `-1` and absent mean the same. For the protocol `all`, EC2 ignores ports.
 */
export function parsePorts(protocol: Protocol | undefined, from?: number, to?: number): Ports {
  const absent = (from ?? -1) === -1 && (to ?? -1) === -1;
  const unclear: Ports = { kind: 'unclear', from, to };
  if (protocol === 'all') return { kind: 'all' };
  if (protocol === undefined) return unclear;
  if (absent) return { kind: 'all' };
  if (protocol === TCP || protocol === UDP) {
    if (from === undefined || to === undefined || !isWithin(from, 0, 65535) || !isWithin(to, 0, 65535) || from > to) {
      return unclear;
    }
    return from === 0 && to === 65535 ? { kind: 'all' } : { kind: 'range', from, to };
  }
  if (protocol === ICMP || protocol === ICMPV6) {
    if (from === undefined || !isWithin(from, 0, 255) || !isWithin(to ?? -1, -1, 255)) return unclear;
    return { kind: 'icmp', type: from, code: to ?? -1 };
  }
  return unclear;
}

/**
 * Reads a CIDR block.
 *
 * @throws when it is not a CIDR block, or has bits set behind its prefix; the message names the value and the fix
 */
export function parseCidr(text: string): Cidr {
  const { cidr, address } = readCidr(text);
  if (address !== cidr.first) {
    throw new Error(
      `"${text}" has address bits behind its prefix. Did you mean "${formatCidr(cidr)}", or one address, "${text.split('/')[0]}/${width(cidr.family)}"?`,
    );
  }
  return cidr;
}

/** Reads a CIDR block from an EC2 response. A text that cannot be read becomes `unclear`. */
export function cidrSource(text: string): Source {
  try {
    return { kind: 'cidr', cidr: readCidr(text).cidr };
  } catch {
    return { kind: 'unclear', text };
  }
}

function readCidr(text: string): { cidr: Cidr; address: bigint } {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text);
  if (!match) throw new Error(`"${text}" is not a CIDR block such as "203.0.113.0/24" or "2001:db8::/32"`);
  const family = match[1].includes(':') ? 6 : 4;
  const address = family === 4 ? parseIpv4(match[1]) : parseIpv6(match[1]);
  if (address === undefined) throw new Error(`"${text}" has no valid IPv${family} address`);
  const prefixLength = Number(match[2]);
  if (prefixLength > width(family)) throw new Error(`"${text}" has a prefix longer than ${width(family)} bits`);
  const size = 2n ** BigInt(width(family) - prefixLength);
  const first = address - (address % size);
  return { cidr: { family, first, last: first + size - 1n, prefixLength }, address };
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every(octet => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) {
    return undefined;
  }
  return octets.reduce((address, octet) => address * 256n + BigInt(octet), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  const ipv4NotLast = /\..*:/.test(text);
  if (halves.length > 2 || ipv4NotLast) return undefined;
  const [head, tail] = halves.map(half => half === '' ? [] : half.split(':').flatMap(ipv6Groups));
  const missing = 8 - head.length - (tail ?? []).length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((address, group) => address * 65536n + BigInt(`0x${group}`), 0n);
}

/** Splits an IPv4 address at the end, as in ::ffff:192.0.2.1, into two groups. */
function ipv6Groups(text: string): string[] {
  if (!text.includes('.')) return [text];
  const address = parseIpv4(text);
  return address === undefined ? ['invalid'] : [(address / 65536n).toString(16), (address % 65536n).toString(16)];
}

export const formatCidr = ({ family, first, prefixLength }: Cidr): string =>
  `${formatAddress(family, first)}/${prefixLength}`;

/** Writes an address in its short form, such as `2001:db8::1`. */
export function formatAddress(family: 4 | 6, address: bigint): string {
  const [count, base, radix, separator] = family === 4 ? [4, 256n, 10, '.'] as const : [8, 65536n, 16, ':'] as const;
  const parts = Array.from({ length: count }, (_, index) =>
    ((address / base ** BigInt(count - 1 - index)) % base).toString(radix),
  );
  return parts.join(separator).replace(/(^|:)(0(:|$)){2,}/, '::');
}

const width = (family: 4 | 6): number => family === 4 ? 32 : 128;

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
