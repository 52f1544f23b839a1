/** DynamoDB's errors. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
import { type Parameters, record } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export function encodeError({ code, message }: ServiceError): string {
  return JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message });
}

/** @returns nothing if the body is not a JSON object */
export function readParameters(body: Buffer): Parameters {
  try {
    return record(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

export const throughputExceeded = (): ServiceError => new ServiceError(
  'ProvisionedThroughputExceededException',
  'The level of configured provisioned throughput for the table was exceeded.',
);

export const accessDenied = (action: string): ServiceError =>
  new ServiceError('AccessDeniedException', `User is not authorized to perform: dynamodb:${action}`);
