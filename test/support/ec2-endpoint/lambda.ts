/**
 * Lambda's Invoke and GetFunctionConfiguration.
 *
 * Lambda accepts an invocation of the type Event before the function runs, and the double does not run it. An
 * invocation that waits for its result is answered by the test.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
 */
import type { Network } from './network';
import type { Answer } from './protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface Invocation {
  readonly functionName: string;
  /** The parsed payload; undefined if there is none. */
  readonly payload: unknown;
  /** The alias; absent: the function itself. */
  readonly qualifier?: string;
}

/** The outcome of a function: its result, or the error that it threw. */
export type FunctionOutcome =
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack?: string } };

export interface LambdaFunction {
  readonly aliases?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The message of the error with which Lambda could not decrypt the environment for the caller. */
  readonly environmentError?: string;
  /** Runs the function for an invocation that waits for its result. Absent: there are no such invocations. */
  readonly run?: (invocation: Invocation) => FunctionOutcome | Promise<FunctionOutcome>;
}

type Functions = ReadonlyMap<string, LambdaFunction>;

/** The most that Lambda accepts as a payload, by the type of the invocation. */
const PAYLOAD_BYTES: Readonly<Record<string, number>> = { Event: 1_048_576, RequestResponse: 6_291_456 };

/** A name, a partial ARN or an ARN, each perhaps with a qualifier. */
const FUNCTION_NAME = /^(?:arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:|\d{12}:function:)?([\w-]{1,64})(?::([\w$-]{1,128}))?$/;

interface Found {
  readonly functionName: string;
  readonly qualifier?: string;
  readonly found: LambdaFunction;
  readonly arn: string;
}

/** @throws when there is no such function or alias */
function find({ FunctionName, Qualifier }: Parameters, functions: Functions, { accountId, region }: Network): Found {
  const given = text(FunctionName) ?? '';
  const [, functionName, ofName] = FUNCTION_NAME.exec(given) ?? [];
  if (functionName === undefined) throw invalid(`Value '${given}' at 'functionName' failed to satisfy constraint`);
  const qualifier = text(Qualifier) ?? ofName;
  if (ofName !== undefined && ofName !== qualifier) {
    throw invalid('The derived qualifier from the function name does not match the specified qualifier.');
  }
  const arn = `arn:aws:lambda:${region}:${accountId}:function:${functionName}${qualifier === undefined ? '' : `:${qualifier}`}`;
  const found = functions.size === 0 ? {} : functions.get(functionName);
  const isThere = qualifier === undefined || qualifier === '$LATEST' || found?.aliases?.includes(qualifier);
  if (found !== undefined && isThere) return { functionName, qualifier, found, arn };
  throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
}

export type Invoked =
  | { readonly kind: 'accepted'; readonly invocation: Invocation }
  | { readonly kind: 'ended'; readonly answer: Answer };

/**
 * @param functions the existing functions by name; empty: any exists
 * @throws when Lambda would refuse the call
 */
export async function invoke(parameters: Parameters, functions: Functions, network: Network): Promise<Invoked> {
  const { InvocationType, Payload } = parameters;
  const type = String(InvocationType);
  const most = Object.hasOwn(PAYLOAD_BYTES, type) ? PAYLOAD_BYTES[type] : undefined;
  if (most === undefined) throw notServed(`The invocation type ${type}`);
  const body = text(Payload) ?? '';
  if (Buffer.byteLength(body) > most) {
    const message = `${Buffer.byteLength(body)} byte payload is too large for the ${type} invocation type`;
    throw new ServiceError('RequestTooLargeException', message, 413);
  }
  const { functionName, qualifier, found } = find(parameters, functions, network);
  const invocation = { functionName, payload: parsed(body), ...qualifier !== undefined && { qualifier } };
  if (type === 'Event') return { kind: 'accepted', invocation };
  if (found.run === undefined) throw notServed(`A result of ${functionName}`);
  return { kind: 'ended', answer: answerOf(await found.run(invocation)) };
}

/** The protocol turns these into a status, headers and a body. */
function answerOf(outcome: FunctionOutcome): Answer {
  if ('result' in outcome) return { StatusCode: 200, Payload: JSON.stringify(outcome.result) ?? 'null' };
  const { name, message, stack = '' } = outcome.error;
  const trace = stack.split('\n');
  return {
    StatusCode: 200, FunctionError: 'Unhandled',
    Payload: JSON.stringify({ errorType: name, errorMessage: message, trace }),
  };
}

/** @throws when there is no such function */
export function getFunctionConfiguration(parameters: Parameters, functions: Functions, network: Network): Answer {
  const { functionName, found: { environment, environmentError }, arn } = find(parameters, functions, network);
  const failure = environmentError !== undefined && { ErrorCode: 'AccessDeniedException', Message: environmentError };
  return {
    FunctionName: functionName, FunctionArn: arn, Runtime: 'nodejs22.x', Handler: 'index.handler', Version: '$LATEST',
    State: 'Active',
    ...(environment !== undefined || failure) && {
      Environment: failure ? { Error: failure } : { Variables: { ...environment } },
    },
  };
}

function parsed(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValueException', message);

const notServed = (what: string): ServiceError => invalid(`${what} is not served here`);
