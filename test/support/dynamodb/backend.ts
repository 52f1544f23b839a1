/// <reference path="./dynalite.d.ts" />
/**
 * dynalite, in memory. It listens on a socket in a folder of its own, and not on a port: whatever is asked of it is
 * asked by way of this process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { type OutgoingHttpHeaders, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dynalite from 'dynalite';
import type { Parameters } from '../endpoint';
import { readBody } from '../endpoint/requests';

export interface BackendAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** dynalite wants a signature, and does not check it. */
const SIGNATURE = {
  'authorization': 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=x, Signature=x',
  'x-amz-date': '20000101T000000Z',
};

export class Backend {
  public static async start(): Promise<Backend> {
    const backend = new Backend(await mkdtemp(join(tmpdir(), 'dynamodb-')));
    await new Promise<void>(done => backend.server.listen(backend.socketPath, done));
    return backend;
  }

  private readonly server: Server = dynalite({ createTableMs: 0 });
  private readonly pending = new Set<Promise<unknown>>();

  private constructor(public readonly folder: string) {}

  /** Sends a request on as it came. */
  public async send(headers: OutgoingHttpHeaders, body: Buffer): Promise<BackendAnswer> {
    const answer = this.exchange(headers, body);
    this.pending.add(answer);
    try {
      return await answer;
    } finally {
      this.pending.delete(answer);
    }
  }

  /** A call of the test's own. @throws when it is refused */
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

  public async stop(): Promise<void> {
    // dynalite would bring the process down if its store closed under a call.
    await Promise.allSettled(this.pending);
    await new Promise<void>((resolve, reject) => this.server.close(error => error ? reject(error) : resolve()));
    await rm(this.folder, { recursive: true });
  }

  private get socketPath(): string {
    return join(this.folder, 'socket');
  }

  private exchange(headers: OutgoingHttpHeaders, body: Buffer): Promise<BackendAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { agent: false, socketPath: this.socketPath, method: 'POST', path: '/', headers: endToEnd(headers) },
        response => {
          readBody(response).then(
            read => resolve({ status: response.statusCode ?? 500, headers: endToEnd(response.headers), body: read }),
            reject,
          );
        },
      );
      outgoing.on('error', reject).end(body);
    });
  }
}

/** Without what is about one connection. */
function endToEnd({
  connection,
  'keep-alive': keepAlive,
  'transfer-encoding': encoding,
  ...headers
}: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers;
}
