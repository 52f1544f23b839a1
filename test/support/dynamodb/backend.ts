/// <reference path="./dynalite.d.ts" />
/** dynalite, in memory and in this process. It listens on no port: requests are passed to it as a server would. */
import type { OutgoingHttpHeaders, RequestListener } from 'node:http';
import dynalite from 'dynalite';
import { inject } from 'light-my-request';
import type { Parameters } from '../endpoint';

export interface BackendAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** dynalite requires a signature, but does not check it. */
const SIGNATURE = {
  'authorization': 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=x, Signature=x',
  'x-amz-date': '20000101T000000Z',
};

export class Backend {
  private readonly listener = dynalite({ createTableMs: 0 }).listeners('request')[0] as RequestListener;

  /** Passes a request on as it arrived. */
  public async send(headers: OutgoingHttpHeaders, body: Buffer): Promise<BackendAnswer> {
    const answer = await inject(this.listener, {
      method: 'POST', url: '/', headers: endToEnd(headers), payload: body,
    });
    return { status: answer.statusCode, headers: endToEnd(answer.headers), body: answer.rawPayload };
  }

  /** Makes a call for the test itself. @throws when it is refused */
  public async call(action: string, parameters: Parameters): Promise<Parameters> {
    const headers = {
      ...SIGNATURE,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
    };
    const { status, body } = await this.send(headers, Buffer.from(JSON.stringify(parameters)));
    if (status !== 200) throw new Error(`${action} failed: ${body.toString()}`);
    return JSON.parse(body.toString()) as Parameters;
  }
}

/** Removes headers that concern a single connection. */
function endToEnd({
  connection,
  'keep-alive': keepAlive,
  'transfer-encoding': encoding,
  ...headers
}: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers;
}
