/**
 * Decodes the form body of EC2's Query protocol into nested parameters. `Filter.1.Value.2=x` becomes
 * `{ Filter: [{ Value: [, 'x'] }] }`, but without holes.
 */
import { isRecord, type Parameter, type Parameters } from '../endpoint/parameters';

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

/** Converts objects with numeric keys to lists. */
function toLists(value: Parameter): Parameter {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, toLists(member)] as const);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, member]) => member);
  }
  return Object.fromEntries(entries);
}
