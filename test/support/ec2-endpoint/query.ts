/** EC2's Query protocol: decodes a form body into nested parameters. `Filter.1.Value.2=x` becomes `{ Filter: [{ Value: [, 'x'] }] }`, without holes. */
export type Parameters = { [key: string]: Parameter };
export type Parameter = string | Parameter[] | Parameters;

export function decodeQuery(body: string): Parameters {
  const root: Parameters = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const keys = path.split('.');
    let node = root;
    for (const key of keys.slice(0, -1)) {
      const next = node[key];
      node = typeof next === 'object' && !Array.isArray(next) ? next : node[key] = {};
    }
    node[keys[keys.length - 1]] = value;
  }
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, toLists(value)]));
}

/** Objects with numbers as keys are lists. */
function toLists(value: Parameter): Parameter {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, toLists(member)] as const);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, member]) => member);
  return Object.fromEntries(entries);
}

export const text = (value: Parameter | undefined): string | undefined => typeof value === 'string' ? value : undefined;

export const list = (value: Parameter | undefined): Parameter[] => Array.isArray(value) ? value : value === undefined ? [] : [value];

export const texts = (value: Parameter | undefined): string[] => list(value).flatMap(item => typeof item === 'string' ? item : []);

export const record = (value: Parameter | undefined): Parameters => typeof value === 'object' && !Array.isArray(value) ? value : {};
