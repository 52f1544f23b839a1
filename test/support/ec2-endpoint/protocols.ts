/** The two wire formats: EC2's Query protocol with its XML, and CloudWatch's AWS JSON. */
import { decodeQuery, type Parameters, text } from './query';
import { ServiceError } from './service-error';
import { encodeXml, type Xml } from './xml';

export type Answer = { readonly [name: string]: Xml };

export interface Protocol {
  readonly contentType: string;
  /** @throws for a body that is none */
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

export const AWS_JSON: Protocol = {
  contentType: 'application/x-amz-json-1.0',
  decode: body => {
    try {
      return JSON.parse(body) as Parameters;
    } catch {
      throw new ServiceError('SerializationException', 'The body is not JSON');
    }
  },
  encode: (_action, answer) => JSON.stringify(answer),
  encodeError: ({ code, message }) => JSON.stringify({ __type: `com.amazonaws.cloudwatch#${code}`, message }),
};

/** AWS JSON names its action in a header, the Query protocol in the body. */
export function actionOf(target: string | undefined, parameters: Parameters): string {
  return target === undefined ? text(parameters.Action) ?? '' : target.split('.')[1] ?? '';
}
