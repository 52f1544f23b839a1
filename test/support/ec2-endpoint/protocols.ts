/**
 * The wire formats: EC2's and SNS's Query protocols with their XML, and AWS JSON for CloudWatch and EventBridge.
 */
import { decodeQuery } from './query';
import { encodeXml, type Xml } from './xml';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export type Answer = { readonly [name: string]: Xml };

export interface Protocol {
  readonly contentType: string;
  /** @throws when the body is malformed */
  readonly decode: (body: string) => Parameters;
  readonly encode: (action: string, answer: Answer, requestId: string) => string;
  readonly encodeError: (error: ServiceError, requestId: string) => string;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

export const EC2_QUERY: Protocol = {
  contentType: 'text/xml',
  decode: decodeQuery,
  encode: (action, answer, requestId) =>
    `${XML}<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${encodeXml({ requestId, ...answer })}</${action}Response>`,
  encodeError: ({ code, message }, requestId) =>
    XML + encodeXml({ Response: { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId } }),
};

const SNS_VERSION = '2010-03-31';

export const SNS_QUERY: Protocol = {
  contentType: 'text/xml',
  decode: decodeQuery,
  encode: (action, answer, requestId) =>
    `${XML}<${action}Response xmlns="http://sns.amazonaws.com/doc/${SNS_VERSION}/">`
    + `${encodeXml({ [`${action}Result`]: answer, ResponseMetadata: { RequestId: requestId } })}</${action}Response>`,
  encodeError: ({ code, message, status }, requestId) =>
    `${XML}<ErrorResponse xmlns="http://sns.amazonaws.com/doc/${SNS_VERSION}/">`
    + `${encodeXml({ Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message }, RequestId: requestId })}</ErrorResponse>`,
};

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
  };
}

export const CLOUDWATCH_JSON = awsJson('1.0', 'com.amazonaws.cloudwatch#');
export const EVENTBRIDGE_JSON = awsJson('1.1', '');

/**
 * Determines the protocol. AWS JSON names its service in a header. Services of the Query protocol differ by their
 * versions.
 */
export function protocolOf(target: string | undefined, body: string): Protocol {
  if (target !== undefined) return target.startsWith('AWSEvents.') ? EVENTBRIDGE_JSON : CLOUDWATCH_JSON;
  return new RegExp(`(^|&)Version=${SNS_VERSION}(&|$)`).test(body) ? SNS_QUERY : EC2_QUERY;
}

/** Returns the action, which is in a header for AWS JSON, and in the body for the Query protocol. */
export function actionOf(target: string | undefined, parameters: Parameters): string {
  return target === undefined ? text(parameters.Action) ?? '' : target.split('.')[1] ?? '';
}
