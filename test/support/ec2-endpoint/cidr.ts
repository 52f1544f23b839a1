import { isIPv4, isIPv6 } from 'node:net';
import { ServiceError } from './service-error';

/**
 * CIDR blocks in the form EC2 stores them: host bits cleared, IPv6 in lower case and shortened.
 */
export function canonicalIpv4(cidr: string): string {
  const { address, prefixLength } = split(cidr, 32, isIPv4);
  const octets = address.split('.').map(Number);
  return `${clearHostBits(octets, 8, prefixLength).join('.')}/${prefixLength}`;
}

export function canonicalIpv6(cidr: string): string {
  const { address, prefixLength } = split(cidr, 128, isIPv6);
  return `${shorten(clearHostBits(expand(address), 16, prefixLength))}/${prefixLength}`;
}

function split(cidr: string, maxLength: number, isAddress: (text: string) => boolean): { address: string; prefixLength: number } {
  const [address, length, ...rest] = cidr.split('/');
  const prefixLength = Number(length);
  if (rest.length > 0 || !isAddress(address) || !/^\d+$/.test(length ?? '') || prefixLength > maxLength) {
    throw new ServiceError('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
  }
  return { address, prefixLength };
}

function clearHostBits(parts: readonly number[], bitsPerPart: number, prefixLength: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(Math.max(prefixLength - index * bitsPerPart, 0), bitsPerPart);
    const unit = 2 ** (bitsPerPart - kept);
    return Math.floor(part / unit) * unit;
  });
}

function expand(address: string): number[] {
  const [head, tail] = withoutDottedTail(address).split('::');
  const headParts = hexParts(head);
  const tailParts = hexParts(tail ?? '');
  const zeros = Array.from({ length: 8 - headParts.length - tailParts.length }, () => 0);
  return [...headParts, ...zeros, ...tailParts];
}

function withoutDottedTail(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_text, a: string, b: string, c: string, d: string) =>
    `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`);
}

function hexParts(text: string): number[] {
  return text === '' ? [] : text.split(':').map(part => parseInt(part, 16));
}

function shorten(parts: readonly number[]): string {
  const text = parts.map(part => part.toString(16)).join(':');
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  return text.replace(new RegExp(`(^|:)${longest}(:|$)`), '::');
}
