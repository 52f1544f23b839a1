/** An error as EC2, CloudWatch, EventBridge or SNS answers it. */
export class ServiceError extends Error {
  constructor(public readonly code: string, message: string, public readonly status = 400) {
    super(message);
  }
}

export const notAuthorized = (action: string): ServiceError =>
  new ServiceError('UnauthorizedOperation', `You are not authorized to perform this operation. User is not authorized to perform: ec2:${action}`, 403);

export const invalidValue = (parameter: string, value: unknown, why: string): ServiceError =>
  new ServiceError('InvalidParameterValue', `Value (${String(value)}) for parameter ${parameter} is invalid. ${why}`);

export const missing = (parameter: string): ServiceError =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`);

/** What is answered when the endpoint itself, or a hook of the test, goes wrong. */
export const unexpected = (error: unknown): ServiceError =>
  new ServiceError('InternalError', error instanceof Error ? error.stack ?? error.message : String(error), 500);
