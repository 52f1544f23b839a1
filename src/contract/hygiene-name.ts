import { createHash } from 'crypto';

/** The format of `hygieneName`, and its description in messages. */
export const HYGIENE_NAME = /^[A-Za-z0-9._/-]{0,127}[A-Za-z0-9._-]$/;
export const HYGIENE_NAME_WORDS = '1 to 128 letters, digits, ".", "_", "-" and "/", without a "/" at the end';

/**
 * Shortens a name that is too long: keeps its end, and puts a hash of the whole name in front so that different names
 * stay different.
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
 * Derives a name from a path. CloudWatch accepts ASCII only, and SEARCH cannot escape quotes. Where characters are
 * replaced, a hash keeps different paths different.
 */
export function nameOfPath(path: string): string {
  const ascii = path.replace(/[^\x20-\x7e]|['"\\]/g, '_');
  return shortened(ascii === path ? path : `${ascii}-${shortHash(path)}`, LONGEST_HYGIENE);
}

/** Returns the first 8 hexadecimal digits of the SHA-256 hash. */
export const shortHash = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8);
