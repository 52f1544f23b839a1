/** Makes the messages of AWS's errors fit to be shown: without secrets, and with the name of a call that was denied. */
import { types } from 'node:util';
import type { HandlerExecutionContext, InitializeMiddleware } from '@smithy/types';

/** A client to which middleware can be added. */
export interface Client {
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, object>, options: object): void;
  };
}

const HIDDEN = '(not shown)';

/** Parts of messages that are not shown, or are said in another way. */
const REPLACEMENTS: ReadonlyArray<readonly [found: RegExp, shown: string]> = [
  // A message about a wrong signature quotes all of the request, with the session token.
  // See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
  [/\s*The Canonical String for this request should have been[^]*/, ''],
  // Node.js quotes the whole command of a credential_process, and what the command has written.
  [/\bCommand failed: [^]*/, 'Command failed'],
  // Node.js quotes a part of a file that is not JSON, such as a file with tokens.
  [/\bUnexpected token [^]* is not valid JSON/, 'it is not valid JSON'],
  [/\s*Deserialization error: to see the raw response, inspect the hidden field [^]*/, ''],
  // Access keys by the prefixes that IAM documents, and the header with the session token.
  [/\b(?:ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{12,}\b|x-amz-security-token:\s*\S+/gi, HIDDEN],
  // The user and the password of a proxy.
  [/(?<=:\/\/)[^\s/]+(?=@)/g, HIDDEN],
  [
    /@smithy\/node-http-handler - \[\w+\] a request has exceeded the configured (\d+) ms requestTimeout\./,
    'the endpoint did not answer within $1 ms',
  ],
  [
    /@smithy\/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of (\d+) ms\./,
    'no connection was established within $1 ms',
  ],
];

/** Leaves out of a message what it quotes of a request, a command or a file. */
export const discreetMessage = (message: string): string =>
  REPLACEMENTS.reduce((text, [found, shown]) => text.replace(found, shown), message);

/** @returns the client, whose errors now have discreet messages */
export function discreet<C extends Client>(client: C): C {
  const clean: InitializeMiddleware<object, object> = (next, context) => async args => {
    try {
      return await next(args);
    } catch (error) {
      if (isError(error)) restate(error, context);
      throw error;
    }
  };
  client.middlewareStack.add(clean, { name: 'discreet', step: 'initialize', priority: 'high' });
  return client;
}

/** Under jest, errors from Node.js modules belong to another realm, so instanceof fails for them. */
const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

function restate(error: Error, context: HandlerExecutionContext): void {
  // If no address of a host can be reached, the error has a code, but the messages are in the errors that it joins.
  if (error.name === 'AggregateError' && 'code' in error && 'errors' in error && Array.isArray(error.errors)) {
    error.name = 'Error';
    error.message ||= error.errors.map(each => isError(each) ? each.message : '').join('; ');
  }
  const message = discreetMessage(error.message);
  error.message = isDenied(error) && !NAMES_ACTION.test(message) ? `${message} The call was ${actionOf(context)}` : message;
}

const isDenied = ({ name }: Error): boolean =>
  name === 'UnauthorizedOperation' || name === 'AccessDenied' || name === 'AccessDeniedException';

/** An action of IAM, such as `ec2:DescribeVpcs`. */
const NAMES_ACTION = /\b[a-z\d-]+:[A-Z][a-z]/;

/** The clients and commands of the SDK are named after the services and actions of IAM, except for Lambda's Invoke. */
function actionOf({ clientName = '', commandName = '' }: HandlerExecutionContext): string {
  const command = commandName.replace(/Command$/, '');
  return `${clientName.replace(/Client$/, '').toLowerCase()}:${command === 'Invoke' ? 'InvokeFunction' : command}`;
}
