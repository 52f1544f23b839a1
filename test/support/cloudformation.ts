/** CloudFormation's side of the custom resource protocol: requests, and the pre-signed URL for responses. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CustomResourceResponse } from '../../lambda/core/invocation/custom-resource';

export interface ReceivedResponse {
  readonly method: string;
  readonly contentType: string | undefined;
  readonly bytes: number;
  readonly body: CustomResourceResponse;
}

/** The secret part of the URL, which must appear nowhere. */
export const SIGNATURE = 'X-Amz-Signature-secret-of-the-response-url';

export class ResponseBucket {
  public static async start(): Promise<ResponseBucket> {
    const bucket = new ResponseBucket();
    await new Promise<void>(done => bucket.server.listen(0, '127.0.0.1', done));
    return bucket;
  }

  public readonly received: ReceivedResponse[] = [];
  /** Responds to the next requests with these HTTP statuses, and then with 200. */
  public failures: number[] = [];

  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const status = this.failures.shift() ?? 200;
      const text = Buffer.concat(chunks);
      if (status === 200) {
        this.received.push({
          method: request.method ?? '',
          contentType: request.headers['content-type'],
          bytes: text.length,
          body: JSON.parse(text.toString()),
        });
      }
      response.writeHead(status).end();
    });
  });

  private constructor() {}

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/response?${SIGNATURE}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }
}

/** @param before the properties before an update; absent: none that this version knows */
export function customResourceEvent(
  requestType: 'Create' | 'Update' | 'Delete', responseUrl: string, properties: Record<string, unknown>,
  before: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    RequestType: requestType,
    ResponseURL: responseUrl,
    StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Quickstart/11111111-2222-3333-4444-555555555555',
    RequestId: '66666666-7777-8888-9999-000000000000',
    ResourceType: 'Custom::NetworkHygiene',
    LogicalResourceId: 'NetworkHygieneSweep',
    ...requestType !== 'Create' && { PhysicalResourceId: 'NetworkHygieneSweep' },
    ...requestType === 'Update' && { OldResourceProperties: before },
    ResourceProperties: properties,
  };
}
