/** Checks events with the JSON schemas of `docs/events`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';

const FOLDER = join(__dirname, '..', '..', 'docs', 'events');

interface Schema {
  readonly properties: { readonly 'detail-type': { readonly const: string } };
}

const ajv = new Ajv({ allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });

/** The schemas by detail type. */
export const EVENT_SCHEMAS: ReadonlyMap<string, ValidateFunction> = new Map(readdirSync(FOLDER).map(file => {
  const schema = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Schema;
  return [schema.properties['detail-type'].const, ajv.compile(schema)];
}));

/** The sender's fields of an event that EventBridge delivers to a target. */
export interface SentEvent {
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'detail': unknown;
}

/** Returns the violations of an event's schema. */
export function violations(event: SentEvent): string[] {
  const validate = EVENT_SCHEMAS.get(event['detail-type']);
  if (!validate) return [`there is no schema for ${event['detail-type']}`];
  validate(event);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
