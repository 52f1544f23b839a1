/** The data of states: paths that read and write it, and templates that paths fill. */
import { type Fields, isRecord } from './check';

/** An error of a state, which a catcher may take. */
export class Failure extends Error {
  constructor(public readonly error: string, public readonly cause = '') {
    super(`${error}: ${cause}`);
  }
}

/** The data that the paths of a state read. */
export interface Data {
  /** The name of the state. */
  readonly name: string;
  /** `$` stands for it. */
  readonly input: unknown;
  /** `$$` stands for it. */
  readonly context: Fields;
}

/** Returns the data that a state passes on. A path that is null passes nothing on. */
export const readPath = (path: string | null | undefined, data: Data): unknown =>
  path === null ? {} : valueAt(path ?? '$', data);

export function valueAt(path: string, data: Data, error = 'States.Runtime'): unknown {
  const value = find(path, data);
  if (value === undefined) throw new Failure(error, `${data.name} finds nothing at ${path}`);
  return value;
}

/** @returns nothing if there is no such value */
export const find = (path: string, { input, context }: Data): unknown => keysOf(path).reduce<unknown>(
  (value, key) => (value as Fields | null | undefined)?.[key], path.startsWith('$$') ? context : input);

const keysOf = (path: string): string[] => path.match(/[\w-]+/g) ?? [];

/** Replaces the members of a template whose names end with `.$`. */
export function filled(template: unknown, data: Data): unknown {
  if (Array.isArray(template)) return template.map(each => filled(each, data));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => key.endsWith('.$')
    ? [key.slice(0, -2), valueAt(String(value), data, 'States.ParameterPathFailure')]
    : [key, filled(value, data)]));
}

/** Puts a result into the input of a state. A path that is null drops the result. */
export function placed(path: string | null | undefined, input: unknown, result: unknown): unknown {
  if (path === null) return input;
  return keysOf(path ?? '$').reduceRight<(outer: unknown) => unknown>((inner, key) => outer => {
    if (!isRecord(outer)) throw new Failure('States.ResultPathMatchFailure', `${path} does not fit the input`);
    return { ...outer, [key]: inner(outer[key] ?? {}) };
  }, () => result)(input);
}

/** The most bytes of data between states. */
const DATA_BYTES = 262_144;

export function limited(data: unknown): unknown {
  if (Buffer.byteLength(JSON.stringify(data) ?? '') <= DATA_BYTES) return data;
  throw new Failure('States.DataLimitExceeded', `The data has more than ${DATA_BYTES} bytes`);
}

export const copied = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
