/**
 * Lambda's Invoke with the invocation type Event, which Lambda accepts before the function runs. The double runs no
 * function.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
import type { Network } from './network';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface Invocation {
  readonly functionName: string;
  /** The parsed payload; undefined if there is none. */
  readonly payload: unknown;
}

/** Lambda accepts at most 1 MB for an asynchronous invocation. */
const PAYLOAD_BYTES = 1_048_576;

const FUNCTION_NAME = /^(?:arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:)?([\w-]{1,64})$/;

/**
 * @param functions the names of the existing functions; empty: any exists
 * @throws when Lambda would refuse the call
 */
export function readInvoke(
  { FunctionName, InvocationType, Payload, Qualifier }: Parameters,
  functions: ReadonlySet<string>,
  { accountId, region }: Network,
): Invocation {
  const given = text(FunctionName) ?? '';
  const functionName = FUNCTION_NAME.exec(given)?.[1];
  if (functionName === undefined) throw invalid(`Value '${given}' at 'functionName' failed to satisfy constraint`);
  if (InvocationType !== 'Event') throw invalid(`The invocation type ${String(InvocationType)} is not served here`);
  const body = text(Payload) ?? '';
  if (Buffer.byteLength(body) > PAYLOAD_BYTES) {
    const message = `${Buffer.byteLength(body)} byte payload is too large for the Event invocation type`;
    throw new ServiceError('RequestTooLargeException', message, 413);
  }
  const payload = parsed(body);
  const isThere = functions.size === 0 || functions.has(functionName);
  if (!isThere || Qualifier !== undefined) {
    const arn = `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
    const qualified = Qualifier === undefined ? arn : `${arn}:${String(Qualifier)}`;
    throw new ServiceError('ResourceNotFoundException', `Function not found: ${qualified}`, 404);
  }
  return { functionName, payload };
}

function parsed(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValueException', message);
