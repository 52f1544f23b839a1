/** Keeps secrets out of the messages of AWS's errors. */
import type { InitializeMiddleware } from '@smithy/types';

/** A client to which middleware can be added. */
export interface Client {
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, object>, options: object): void;
  };
}

/** Access keys by the prefixes that IAM documents, and the header with the session token. */
const SECRETS = /\b(?:ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{12,}\b|x-amz-security-token:\s*\S+/gi;

/**
 * Leaves out of a message what it quotes of the request. A message about a wrong signature quotes all of it, with the
 * session token.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export const discreetMessage = (message: string): string =>
  message.replace(/\s*The Canonical String for this request should have been[^]*/, '').replace(SECRETS, '(not shown)');

/** @returns the client, whose errors now have discreet messages */
export function discreet<C extends Client>(client: C): C {
  const clean: InitializeMiddleware<object, object> = next => async args => {
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error) error.message = discreetMessage(error.message);
      throw error;
    }
  };
  client.middlewareStack.add(clean, { name: 'discreet', step: 'initialize', priority: 'high' });
  return client;
}
