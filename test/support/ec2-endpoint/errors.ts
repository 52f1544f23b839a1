/** EC2's errors. */
import { ServiceError } from '../endpoint/service-error';

export const notAuthorized = (action: string): ServiceError =>
  new ServiceError(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User is not authorized to perform: ec2:${action}`,
    403,
  );

export const invalidValue = (parameter: string, value: unknown, why: string): ServiceError =>
  new ServiceError('InvalidParameterValue', `Value (${String(value)}) for parameter ${parameter} is invalid. ${why}`);

export const missing = (parameter: string): ServiceError =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`);
