/** An error as EC2 answers it. */
export class Ec2Error extends Error {
  constructor(public readonly code: string, message: string, public readonly status = 400) {
    super(message);
  }
}

export const notAuthorized = (action: string): Ec2Error =>
  new Ec2Error('UnauthorizedOperation', `You are not authorized to perform this operation. User is not authorized to perform: ec2:${action}`, 403);

export const invalidValue = (parameter: string, value: unknown, why: string): Ec2Error =>
  new Ec2Error('InvalidParameterValue', `Value (${String(value)}) for parameter ${parameter} is invalid. ${why}`);
