/** The parameters of a call in any protocol, and helpers to read them. */
export type Parameters = { [key: string]: Parameter };
/** A form has only texts; AWS JSON has the other types, too. */
export type Parameter = string | number | boolean | null | Parameter[] | Parameters;

export const text = (value: Parameter | undefined): string | undefined => typeof value === 'string' ? value : undefined;

export const list = (value: Parameter | undefined): Parameter[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

export const texts = (value: Parameter | undefined): string[] =>
  list(value).flatMap(item => typeof item === 'string' ? item : []);

export const record = (value: Parameter | undefined): Parameters => isRecord(value) ? value : {};

/** @returns nothing if the parameter is absent or not a number */
export function number(value: Parameter | undefined): number | undefined {
  const given = Number(text(value) ?? NaN);
  return Number.isNaN(given) ? undefined : given;
}

export function isRecord(value: Parameter | undefined): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
