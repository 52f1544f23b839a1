/**
 * EC2 normalizes a range to its first address: 100.68.0.18/18 becomes 100.68.0.0/18, and 2001:DB8::1/32 becomes
 * 2001:db8::/32.
 */
import { isIPv6 } from 'node:net';
import { invalidValue } from '../errors';

/** @throws when the text is not an IPv4 range */
export function canonicalIpv4(cidr: string): string {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match || match.slice(1, 5).some(octet => Number(octet) > 255) || Number(match[5]) > 32) {
    throw notCidr('cidrIp', cidr);
  }
  const address = match.slice(1, 5).reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = address - address % 2 ** (32 - Number(match[5]));
  return `${[16777216, 65536, 256, 1].map(unit => Math.floor(first / unit) % 256).join('.')}/${match[5]}`;
}

/** @throws when the text is not an IPv6 range */
export function canonicalIpv6(cidr: string): string {
  const [, address, digits] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(cidr) ?? [];
  const length = Number(digits);
  if (address === undefined || !isIPv6(address) || length > 128) throw notCidr('cidrIpv6', cidr);
  const first = groupsOf(address).map(
    (group, index) => group - (group % 2 ** (16 - Math.min(16, Math.max(0, length - 16 * index)))),
  );
  return `${shortest(first.map(group => group.toString(16)).join(':'))}/${length}`;
}

function groupsOf(address: string): number[] {
  const [head, tail = ''] = shortest(address).split('::');
  const [before, after] = [head, tail].map(part =>
    part === '' ? [] : part.split(':').map(group => parseInt(group, 16)),
  );
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** Returns the form of RFC 5952, to which URLs are normalized. */
const shortest = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

const notCidr = (parameter: string, cidr: string): Error =>
  invalidValue(parameter, cidr, 'This is not a valid CIDR block.');
