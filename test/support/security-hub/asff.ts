/** Checks findings with a JSON schema of the AWS Security Finding Format. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';

const schema = JSON.parse(readFileSync(join(__dirname, 'asff.schema.json'), 'utf8')) as {
  readonly definitions: Readonly<Record<string, object>>;
};

const ajv = new Ajv({ allErrors: true, strictTypes: false });
const validateRequest = ajv.compile(schema);
const validateFinding = ajv.compile({
  $ref: '#/definitions/AwsSecurityFinding', definitions: schema.definitions,
});

function violationsBy(validate: typeof validateFinding, value: unknown): string[] {
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message} ${JSON.stringify(params)}`);
}

/** Returns how a finding violates the format. */
export const violationsOfFinding = (finding: unknown): string[] => violationsBy(validateFinding, finding);

/** Returns how the parameters of a call of BatchImportFindings violate the format of the request itself. */
export function violationsOfRequest(parameters: { readonly Findings?: unknown }): string[] {
  const { Findings: findings } = parameters;
  return violationsBy(validateRequest, parameters).filter(violation =>
    !Array.isArray(findings) || !/^\/Findings\/\d/.test(violation));
}
