/** EC2's Query protocol: decodes a form body into nested parameters. `Filter.1.Value.2=x` becomes `{ Filter: [{ Value: [, 'x'] }] }`, without holes. */
export type Parameters = { [key: string]: Parameter };
/** A form has only texts; AWS JSON has the others too. */
export type Parameter = string | number | boolean | null | Parameter[] | Parameters;

export function decodeQuery(body: string): Parameters {
  const root: Parameters = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const keys = path.split('.');
    let node = root;
    for (const key of keys.slice(0, -1)) {
      const next = node[key];
      node = isRecord(next) ? next : node[key] = {};
    }
    node[keys[keys.length - 1]] = value;
  }
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, toLists(value)]));
}

/** Objects with numbers as keys are lists. */
function toLists(value: Parameter): Parameter {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, toLists(member)] as const);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, member]) => member);
  return Object.fromEntries(entries);
}

export const text = (value: Parameter | undefined): string | undefined => typeof value === 'string' ? value : undefined;

export const list = (value: Parameter | undefined): Parameter[] => Array.isArray(value) ? value : value === undefined ? [] : [value];

export const texts = (value: Parameter | undefined): string[] => list(value).flatMap(item => typeof item === 'string' ? item : []);

export const record = (value: Parameter | undefined): Parameters => isRecord(value) ? value : {};

/** @returns nothing for what is left out, and for what is no number */
export function number(value: Parameter | undefined): number | undefined {
  const given = Number(text(value) ?? NaN);
  return Number.isNaN(given) ? undefined : given;
}

function isRecord(value: Parameter | undefined): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
