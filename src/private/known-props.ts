/** What TypeScript and jsii check of an interface of properties, for callers in plain JavaScript. */

/** What a property has to be, in words, and whether a value is that. */
export interface Kind {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
}

/**
 * @param where the construct and, if any, the method; it starts every message
 * @param kinds every property that there is; undefined passes, for what is required says so itself
 * @throws when a property is unknown, or of another kind; the message names it, what was got and the fix
 */
export function requireKinds<T extends object>(where: string, props: T, kinds: { readonly [K in keyof Required<T>]: Kind }): void {
  const known = Object.keys(kinds);
  const unknown = Object.keys(props).find(key => !known.includes(key));
  if (unknown !== undefined) throw new Error(`${where}: ${unknown}: no such property; known are ${known.join(', ')}`);
  for (const [name, { what, is }] of Object.entries<Kind>(kinds)) {
    const value: unknown = props[name as keyof T];
    if (value !== undefined && !is(value)) throw new Error(`${where}: ${name}: got ${shown(value)}; give ${what}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object of another kind' : JSON.stringify(value) ?? typeof value;
}

export const A_TEXT: Kind = { what: 'a text that is not empty', is: value => typeof value === 'string' && value !== '' };

export function anInteger(least: number, most: number): Kind {
  return { what: `an integer from ${least} to ${most}`, is: value => Number.isInteger(value) && Number(value) >= least && Number(value) <= most };
}
