/** Reads values of JSON of unknown shape. */
import { isRecord } from '../invocation/requests';

/** Returns the value under a key, whose case does not matter. @returns undefined if there is no such key */
export function field(value: unknown, name: string): unknown {
  if (!isRecord(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const key = Object.keys(value).find(each => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/**
 * Returns the scalars in a value as text, no matter what is around them.
 *
 * It keeps its own stack, because a value may be nested deeper than calls can be.
 *
 * @param name only the scalars under this key, whose case does not matter
 */
export function textsIn(value: unknown, name?: string): string[] {
  const texts: string[] = [];
  const stack = [{ value, isNamed: name === undefined }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value: each, isNamed } = next;
    if (typeof each === 'object' && each !== null) {
      const entries: ReadonlyArray<[string, unknown]> = Object.entries(each);
      for (const [key, entry] of entries) {
        stack.push({ value: entry, isNamed: isNamed || key.toLowerCase() === name?.toLowerCase() });
      }
    } else {
      const found = text(each);
      if (isNamed && found !== undefined) texts.push(found);
    }
  }
  return texts;
}

/** Returns a scalar as text. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
