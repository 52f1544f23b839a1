import { createHash } from 'crypto';

/** What `hygieneName` takes, and how messages say it. */
export const HYGIENE_NAME = /^[A-Za-z0-9._/-]{0,127}[A-Za-z0-9._-]$/;
export const HYGIENE_NAME_WORDS = '1 to 128 letters, digits, ".", "_", "-" and "/", without a "/" at the end';

/**
 * Shortens a name that is too long: keeps its end, with a hash of the whole name in front, so that two names stay two.
 */
export function shortened(name: string, atMost: number): string {
  if (name.length <= atMost) return name;
  const hash = shortHash(name);
  return `${hash}-${name.slice(hash.length + 1 - atMost)}`;
}

/**
 * CloudWatch accepts 1,024 characters in a dimension value and in a SEARCH expression, but CDK metrics accept only 255,
 * which also keeps every SEARCH short enough.
 */
const LONGEST_HYGIENE = 255;

/**
 * Makes a name from a path. CloudWatch takes ASCII only, and SEARCH has no way to write quotes; a hash makes up for the
 * characters that are replaced.
 */
export function nameOfPath(path: string): string {
  const ascii = path.replace(/[^\x20-\x7e]|['"\\]/g, '_');
  return shortened(ascii === path ? path : `${ascii}-${shortHash(path)}`, LONGEST_HYGIENE);
}

/** The first 8 hexadecimal digits of a SHA-256. */
export const shortHash = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8);
