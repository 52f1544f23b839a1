import { createHash } from 'crypto';

/**
 * A name that is no longer than what takes it: of a long one the end is kept, with a hash of the whole in front, so
 * that two names stay two.
 */
export function shortened(name: string, atMost: number): string {
  if (name.length <= atMost) return name;
  const hash = hashOf(name);
  return `${hash}-${name.slice(hash.length + 1 - atMost)}`;
}

/**
 * CloudWatch takes 1,024 characters as the value of a dimension, and as a SEARCH; CDK's metrics take 255, with which no
 * SEARCH is too long.
 */
const LONGEST_HYGIENE = 255;

/**
 * How metrics, events and the ledger name a construct: its path. CloudWatch takes ASCII only, and SEARCH has no way to
 * write quotes; what is replaced is made up for by a hash.
 */
export function hygieneName(path: string): string {
  const ascii = path.replace(/[^\x20-\x7e]|['"\\]/g, '_');
  return shortened(ascii === path ? path : `${ascii}-${hashOf(path)}`, LONGEST_HYGIENE);
}

const hashOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8);
