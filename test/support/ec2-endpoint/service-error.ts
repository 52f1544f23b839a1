/**
 * An error as the service answers it: a code, a message and an HTTP status.
 *
 * Everything else that is thrown while a call is served is a bug of the endpoint or of a hook,
 * and `Ec2Endpoint.stop()` reports it.
 */
export class ServiceError extends Error {
  constructor(readonly code: string, message: string, readonly status: number = 400) {
    super(message);
    this.name = code;
  }
}
