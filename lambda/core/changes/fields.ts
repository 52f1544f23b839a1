/** Reads values of JSON of unknown shape. */
import { isRecord } from '../invocation/requests';

/** Returns the value under a key, whose case does not matter. @returns undefined if there is no such key */
export function field(value: unknown, name: string): unknown {
  if (!isRecord(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const key = Object.keys(value).find(each => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** Returns a scalar as text. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
