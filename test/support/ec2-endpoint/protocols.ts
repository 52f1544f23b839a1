/**
 * The wire formats: the Query protocols of EC2, SNS, CloudFormation and STS with their XML, AWS JSON for CloudWatch,
 * EventBridge, SQS, CloudTrail, Organizations and Step Functions, and the REST of Lambda, Account Management, Security
 * Hub and S3.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { EC2_KEY_ERRORS, JSON_KEY_ERRORS, type KeyErrors, QUERY_KEY_ERRORS, S3_KEY_ERRORS } from './callers';
import { decodeQuery } from './query';
import { encodeXml, type Xml } from './xml';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export type Answer = { readonly [name: string]: Xml };

/** The parts of a request beside its body. */
export interface Request {
  readonly method: string;
  /** The path with the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Protocol {
  readonly contentType: string;
  /** Returns the status and further headers of a call that succeeds. Default: 200. */
  readonly success?: (answer: Answer) => { readonly status: number; readonly headers?: OutgoingHttpHeaders };
  /** @throws when the body is malformed */
  readonly decode: (body: string, request: Request) => Parameters;
  readonly encode: (action: string, answer: Answer, requestId: string) => string;
  readonly encodeError: (error: ServiceError, requestId: string) => string;
  /** Returns further headers of an error. */
  readonly errorHeaders?: (error: ServiceError) => OutgoingHttpHeaders;
  /** The errors for access keys that are not accepted. */
  readonly keyErrors: KeyErrors;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

export const EC2_QUERY: Protocol = {
  contentType: 'text/xml',
  decode: decodeQuery,
  encode: (action, answer, requestId) =>
    `${XML}<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${encodeXml({ requestId, ...answer })}</${action}Response>`,
  encodeError: ({ code, message }, requestId) =>
    XML + encodeXml({ Response: { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId } }),
  keyErrors: EC2_KEY_ERRORS,
};

/** The Query protocol of services other than EC2. @param itemName the element of each item of a list */
function query(service: string, version: string, itemName = 'member'): Protocol {
  const namespace = `xmlns="http://${service}.amazonaws.com/doc/${version}/"`;
  return {
    contentType: 'text/xml',
    decode: decodeQuery,
    encode: (action, answer, requestId) =>
      `${XML}<${action}Response ${namespace}>`
      + `${encodeXml({ [`${action}Result`]: answer, ResponseMetadata: { RequestId: requestId } }, itemName)}</${action}Response>`,
    encodeError: ({ code, message, status }, requestId) =>
      `${XML}<ErrorResponse ${namespace}>`
      + `${encodeXml({ Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message }, RequestId: requestId })}</ErrorResponse>`,
    keyErrors: QUERY_KEY_ERRORS,
  };
}

const SNS_VERSION = '2010-03-31';
const CLOUDFORMATION_VERSION = '2010-05-15';
const STS_VERSION = '2011-06-15';

export const SNS_QUERY = query('sns', SNS_VERSION);
export const CLOUDFORMATION_QUERY = query('cloudformation', CLOUDFORMATION_VERSION);
export const STS_QUERY = query('sts', STS_VERSION);

/** The services of the Query protocol besides EC2, by the version that their requests name. */
const QUERY_BY_VERSION: Readonly<Record<string, Protocol>> = {
  [SNS_VERSION]: SNS_QUERY, [CLOUDFORMATION_VERSION]: CLOUDFORMATION_QUERY, [STS_VERSION]: STS_QUERY,
};

/** The services whose error for an unknown action is InvalidAction. */
export const QUERIES: readonly Protocol[] = Object.values(QUERY_BY_VERSION);

/** @param namespace the prefix of error codes */
function awsJson(version: '1.0' | '1.1', namespace: string): Protocol {
  return {
    contentType: `application/x-amz-json-${version}`,
    decode: body => {
      try {
        return JSON.parse(body) as Parameters;
      } catch {
        throw new ServiceError('SerializationException', 'The body is not JSON');
      }
    },
    encode: (_action, answer) => JSON.stringify(answer),
    encodeError: ({ code, message }) => JSON.stringify({ __type: `${namespace}${code}`, message }),
    keyErrors: JSON_KEY_ERRORS,
  };
}

export const CLOUDWATCH_JSON = awsJson('1.0', 'com.amazonaws.cloudwatch#');
export const EVENTBRIDGE_JSON = awsJson('1.1', '');
export const CLOUDTRAIL_JSON = awsJson('1.1', '');
export const ORGANIZATIONS_JSON = awsJson('1.1', '');
export const STEP_FUNCTIONS_JSON = awsJson('1.0', '');

/** The codes that SQS's errors had in its Query protocol. A header of its JSON protocol still has them. */
const SQS_QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
};

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html */
export const SQS_JSON: Protocol = {
  ...awsJson('1.0', 'com.amazonaws.sqs#'),
  errorHeaders: ({ code, status }) =>
    ({ 'x-amzn-query-error': `${SQS_QUERY_CODES[code] ?? code};${status < 500 ? 'Sender' : 'Receiver'}` }),
};

const FUNCTIONS = /^\/2015-03-31\/functions\/([^/?]+)\/(invocations|configuration)(?:\?(.*))?$/;

/**
 * Lambda's REST. The payload of an invocation is a parameter as text. It is the body of the answer, too, unless the
 * invocation is asynchronous.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const LAMBDA_REST: Protocol = {
  contentType: 'application/json',
  decode: (body, { url, headers }) => {
    const [, name = '', path, search = ''] = FUNCTIONS.exec(url) ?? [];
    const qualifier = new URLSearchParams(search).get('Qualifier');
    const about = {
      FunctionName: decodeURIComponent(name), ...qualifier !== null && { Qualifier: qualifier },
    };
    if (path === 'configuration') return { Action: 'GetFunctionConfiguration', ...about };
    return {
      Action: 'Invoke', ...about, Payload: body,
      InvocationType: String(headers['x-amz-invocation-type'] ?? 'RequestResponse'),
    };
  },
  success: ({ StatusCode, FunctionError }) => ({
    status: Number(StatusCode ?? 200),
    headers: {
      ...typeof FunctionError === 'string' && { 'x-amz-function-error': FunctionError },
      ...StatusCode === 200 && { 'x-amz-executed-version': '$LATEST' },
    },
  }),
  encode: (action, answer) => action === 'Invoke' ? String(answer.Payload ?? '') : JSON.stringify(answer),
  encodeError: ({ message, status }) => JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message }),
  errorHeaders: ({ code }) => ({ 'x-amzn-errortype': code }),
  keyErrors: JSON_KEY_ERRORS,
};

/** @see https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html */
export const ACCOUNT_REST: Protocol = {
  contentType: 'application/json',
  decode: body => ({ ...JSON.parse(body) as Parameters, Action: 'ListRegions' }),
  encode: (_action, answer) => JSON.stringify(answer),
  encodeError: ({ message }) => JSON.stringify({ message }),
  errorHeaders: ({ code }) => ({ 'x-amzn-errortype': code }),
  keyErrors: JSON_KEY_ERRORS,
};

/** @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html */
export const SECURITY_HUB_REST: Protocol = {
  contentType: 'application/json',
  decode: (body, { method, url }) => ({
    ...JSON.parse(body) as Parameters,
    Action: method === 'POST' && url === '/findings/import' ? 'BatchImportFindings' : `${method} ${url}`,
  }),
  encode: (_action, answer) => JSON.stringify(answer),
  encodeError: ({ code, message }) => JSON.stringify({ Code: code, Message: message }),
  errorHeaders: ({ code }) => ({ 'x-amzn-errortype': code }),
  keyErrors: JSON_KEY_ERRORS,
};

const S3_ACTIONS: Readonly<Record<string, string>> = { GET: 'GetObject', PUT: 'PutObject' };

/**
 * S3's REST, with buckets in the path. The content of an object is a parameter and a member of the answer.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
 */
export const S3_REST: Protocol = {
  contentType: 'application/xml',
  decode: (body, { method, url, headers }) => {
    if (headers['content-encoding']?.includes('aws-chunked')) {
      throw new ServiceError('NotImplemented', 'A body in chunks is not served here.', 501);
    }
    const { pathname } = new URL(url, 'http://localhost');
    const [, bucket = '', ...key] = pathname.split('/').map(decodeURIComponent);
    return {
      Action: S3_ACTIONS[method] ?? method, Bucket: bucket, Key: key.join('/'), ...method === 'PUT' && { Body: body },
      ...headers['content-type'] !== undefined && { ContentType: headers['content-type'] },
    };
  },
  success: ({ ETag, ContentType }) => ({
    status: 200, headers: { etag: String(ETag), ...typeof ContentType === 'string' && { 'content-type': ContentType } },
  }),
  encode: (_action, { Body }) => typeof Body === 'string' ? Body : '',
  encodeError: ({ code, message }, requestId) =>
    XML + encodeXml({ Error: { Code: code, Message: message, RequestId: requestId } }),
  keyErrors: S3_KEY_ERRORS,
};

/** The services of AWS JSON, by the first part of the header that names the action. */
const JSON_BY_TARGET: Readonly<Record<string, Protocol>> = {
  AWSEvents: EVENTBRIDGE_JSON, AmazonSQS: SQS_JSON, CloudTrail_20131101: CLOUDTRAIL_JSON,
  AWSOrganizationsV20161128: ORGANIZATIONS_JSON, AWSStepFunctions: STEP_FUNCTIONS_JSON,
};

/**
 * Determines the protocol. AWS JSON names its service in a header. REST has paths, or is signed for S3 or Security Hub.
 * Services of the Query protocol differ by their versions.
 */
export function protocolOf({ url, headers }: Request, body: string): Protocol {
  const target = targetOf(headers);
  if (target !== undefined) return JSON_BY_TARGET[target.split('.')[0]] ?? CLOUDWATCH_JSON;
  if (FUNCTIONS.test(url)) return LAMBDA_REST;
  if (url === '/listRegions') return ACCOUNT_REST;
  if (headers.authorization?.includes('/s3/aws4_request')) return S3_REST;
  if (headers.authorization?.includes('/securityhub/aws4_request')) return SECURITY_HUB_REST;
  const version = /(?:^|&)Version=([\d-]+)(?:&|$)/.exec(body)?.[1] ?? '';
  return Object.hasOwn(QUERY_BY_VERSION, version) ? QUERY_BY_VERSION[version] : EC2_QUERY;
}

/** Returns the action, which is in a header for AWS JSON, and a parameter otherwise. */
export function actionOf({ headers }: Request, parameters: Parameters): string {
  const target = targetOf(headers);
  return target === undefined ? text(parameters.Action) ?? '' : target.split('.')[1] ?? '';
}

const targetOf = (headers: IncomingHttpHeaders): string | undefined => headers['x-amz-target']?.toString();
