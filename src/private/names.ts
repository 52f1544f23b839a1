import { createHash } from 'crypto';

/** A name that is no longer than what takes it: of a long one the end is kept, with a hash of the whole in front, so that two names stay two. */
export function shortened(name: string, atMost: number): string {
  if (name.length <= atMost) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${hash}-${name.slice(hash.length + 1 - atMost)}`;
}
