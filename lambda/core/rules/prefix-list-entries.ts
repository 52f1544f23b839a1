/** Reads and compares the entries of prefix lists. */
import { createHash } from 'node:crypto';
import { type Cidr, cidrSource } from '../../../src/contract/traffic';

/** @returns undefined if a text is not a CIDR block */
export function parseEntries(texts: readonly string[]): Cidr[] | undefined {
  const cidrs = texts.map(cidrSource).flatMap(source => source.kind === 'cidr' ? [source.cidr] : []);
  return cidrs.length === texts.length ? cidrs : undefined;
}

/** Returns a digest that is the same for the same blocks, in whatever order and spelling EC2 returns them. */
export function digestOfEntries(cidrs: readonly Cidr[]): string {
  const blocks = new Set(cidrs.map(({ family, first, prefixLength }) => `${family}:${first}/${prefixLength}`));
  return createHash('sha256').update([...blocks].sort().join()).digest('hex').slice(0, 16);
}
