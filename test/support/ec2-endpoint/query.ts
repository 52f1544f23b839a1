import { ServiceError } from './service-error';

/**
 * The Query protocol's form body as a tree.
 *
 * `Filter.1.Value.2=x` becomes `{ Filter: [{ Value: [..., 'x'] }] }`. Names stay those of the wire,
 * where a list is named in the singular (`SecurityGroupRuleId`), and every leaf stays text.
 */
export type Param = string | readonly Param[] | Params;

export interface Params {
  readonly [name: string]: Param;
}

interface Branch {
  [name: string]: Branch | string;
}

export function decodeQuery(form: URLSearchParams): Params {
  const root: Branch = {};
  for (const [key, value] of form) place(root, key, value);
  return Object.fromEntries(Object.entries(root).map(([name, node]) => [name, freeze(node)]));
}

function place(root: Branch, key: string, value: string): void {
  const path = key.split('.');
  const last = path.pop() ?? key;
  let branch = root;
  for (const name of path) {
    const next = branch[name] ??= {};
    if (typeof next === 'string') throw malformed(key);
    branch = next;
  }
  if (branch[last] !== undefined) throw malformed(key);
  branch[last] = value;
}

function malformed(key: string): ServiceError {
  return new ServiceError('MalformedQueryString', `The query string contains a syntax error at ${key}`);
}

function freeze(node: Branch | string): Param {
  if (typeof node === 'string') return node;
  const names = Object.keys(node);
  if (names.every(name => /^\d+$/.test(name))) {
    return names.map(Number).sort((a, b) => a - b).map(index => freeze(node[String(index)]));
  }
  return Object.fromEntries(names.map(name => [name, freeze(node[name])]));
}

export function text(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new ServiceError('InvalidParameterValue', `The parameter ${name} must be a single value`);
}

export function requiredText(params: Params, name: string): string {
  const value = text(params, name);
  if (value === undefined || value === '') throw missing(name);
  return value;
}

export function missing(name: string): ServiceError {
  return new ServiceError('MissingParameter', `The request must contain the parameter ${name}`);
}

export function integer(params: Params, name: string): number | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value)) throw new ServiceError('InvalidParameterValue', `Invalid value '${value}' for ${name}. Must be an integer`);
  return Number(value);
}

export function flag(params: Params, name: string): boolean {
  const value = text(params, name);
  if (value === undefined) return false;
  if (value !== 'true' && value !== 'false') {
    throw new ServiceError('InvalidParameterValue', `Invalid value '${value}' for ${name}. Must be true or false`);
  }
  return value === 'true';
}

export function texts(params: Params, name: string): readonly string[] {
  return members(params, name).map(member => {
    if (typeof member === 'string' && member !== '') return member;
    throw new ServiceError('InvalidParameterValue', `The list ${name} has an empty member`);
  });
}

export function structures(params: Params, name: string): readonly Params[] {
  return members(params, name).map(member => {
    if (isStructure(member)) return member;
    throw new ServiceError('InvalidParameterValue', `The list ${name} has an empty member`);
  });
}

export function isStructure(param: Param | undefined): param is Params {
  return typeof param === 'object' && !Array.isArray(param);
}

function members(params: Params, name: string): readonly Param[] {
  const value = params[name];
  if (value === undefined) return [];
  // What an SDK sends when it serialises an empty list: `IpRanges=`. EC2 refuses the whole request.
  if (typeof value === 'string' || isStructure(value)) throw new ServiceError('InvalidRequest', 'The request received was invalid.');
  return value;
}
