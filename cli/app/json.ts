/** Takes JSON of unknown content apart. Only own members count, because a name may be `constructor`. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value if it is an object, and an empty object otherwise. */
export const fieldsOf = (value: unknown): Fields => isFields(value) ? value : {};

/** Returns the value if it is a list, and an empty list otherwise. */
export const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

/** Returns the value if it is a text. */
export const textOf = (value: unknown): string | undefined => typeof value === 'string' ? value : undefined;

export function own<T>(fields: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The name and the argument of an intrinsic function, such as `Ref`. @returns undefined for any other value */
export function functionOf(value: unknown): readonly [name: string, argument: unknown] | undefined {
  if (!isFields(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  return /^(Ref|Fn::\w+(::\w+)*)$/.test(entry[0]) ? entry : undefined;
}
