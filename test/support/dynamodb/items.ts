/** Converts items between plain JavaScript and DynamoDB's JSON. */
import { list, type Parameter, type Parameters, record } from '../endpoint/parameters';

export type Item = Readonly<Record<string, unknown>>;

export function unmarshalItem(attributes: Parameter): Item {
  return Object.fromEntries(Object.entries(record(attributes)).map(([name, value]) => [name, unmarshal(value)]));
}

/** Leaves out undefined attributes. */
export function marshalItem(item: Item): Parameters {
  return Object.fromEntries(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, marshal(value)]),
  );
}

function unmarshal(attribute: Parameter): unknown {
  const [[type, value]] = Object.entries(record(attribute));
  switch (type) {
    case 'S': case 'BOOL': return value;
    case 'N': return Number(value);
    case 'NULL': return null;
    case 'L': return list(value).map(unmarshal);
    case 'M': return unmarshalItem(value);
    default: throw new Error(`An attribute of type ${type} is not read here`);
  }
}

function marshal(value: unknown): Parameters {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(marshal) };
  if (typeof value === 'object') return { M: marshalItem(value as Item) };
  throw new Error(`A ${typeof value} is not written here`);
}
