/** DynamoDB's errors. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
import type { Fault, Parameters } from '../ec2-endpoint';
import { record } from '../ec2-endpoint/query';
import { ServiceError } from '../ec2-endpoint/service-error';

export function encodeError({ code, message }: ServiceError): string {
  return JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message });
}

/** @returns nothing of a body that is no JSON object */
export function readParameters(body: Buffer): Parameters {
  try {
    return record(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

export function faultError({ kind, code = 'InternalServerError', message = 'The request processing has failed', status }: Fault): ServiceError {
  return kind === 'throttle'
    ? new ServiceError('ProvisionedThroughputExceededException', 'The level of configured provisioned throughput for the table was exceeded.')
    : new ServiceError(code, message, status ?? (code === 'InternalServerError' ? 500 : 400));
}

export const accessDenied = (action: string): ServiceError =>
  new ServiceError('AccessDeniedException', `User is not authorized to perform: dynamodb:${action}`);

/** What is answered when the endpoint itself, or a hook of the test, goes wrong. */
export const unexpected = (error: unknown): ServiceError =>
  new ServiceError('InternalServerError', error instanceof Error ? error.stack ?? error.message : String(error), 500);
