/**
 * A proxy in front of MiniStack that fixes what the CDK CLI and the SDK do not accept: MiniStack takes a stack's ARN
 * for its name when it deletes the stack, sends CloudWatch's times as text instead of numbers, and returns the text of
 * a function without quotes, which is not JSON.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '../support/endpoint/requests';

export class FrontProxy {
  public static async start(targetPort: number): Promise<FrontProxy> {
    const proxy = new FrontProxy(targetPort);
    await new Promise<void>(done => proxy.server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  private readonly server: Server;

  private constructor(private readonly targetPort: number) {
    this.server = createServer((request, response) => {
      this.pass(request, response).catch(() => response.destroy());
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isCloudWatch = String(request.headers['x-amz-target'] ?? '').startsWith('GraniteServiceVersion20100801');
    const body = deleteByName(await readBody(request));
    const headers = withLength(request.headers, body);
    const answer = await send(
      { host: '127.0.0.1', port: this.targetPort, method: request.method, path: request.url, headers },
      body,
    );
    const isInvocation = /^\/2015-03-31\/functions\/[^/]+\/invocations/.test(request.url ?? '');
    const answered = isCloudWatch ? withEpochTimes(answer.body) : isInvocation ? asJson(answer.body) : answer.body;
    response.writeHead(answer.status, withLength(answer.headers, answered)).end(answered);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function send(options: object, body: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    httpRequest(options, answer => {
      readBody(answer).then(
        read => done({ status: answer.statusCode ?? 502, headers: answer.headers, body: read }),
        fail,
      );
    }).on('error', fail).end(body);
  });
}

/** Sets the length of a body that is sent in one piece, instead of chunks. */
function withLength(
  { 'transfer-encoding': _, ...headers }: IncomingMessage['headers'],
  body: Buffer,
): IncomingMessage['headers'] {
  return { ...headers, 'content-length': String(body.length) };
}

function deleteByName(body: Buffer): Buffer {
  const text = body.toString('latin1');
  if (!/(^|&)Action=DeleteStack(&|$)/.test(text)) return body;
  return Buffer.from(text.replace(/StackName=arn%3A[^&]*?%3Astack%2F([^&%]+)%2F[^&]*/i, 'StackName=$1'), 'latin1');
}

/** CloudWatch's JSON protocol has times in seconds since 1970. */
function withEpochTimes(body: Buffer): Buffer {
  return Buffer.from(
    body
      .toString()
      .replace(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00:00)?"/g, (_, time: string) =>
        String(Date.parse(`${time}Z`) / 1000),
      ),
  );
}

/** Lambda returns a function's result as JSON. */
function asJson(body: Buffer): Buffer {
  try {
    JSON.parse(body.toString());
    return body;
  } catch {
    return Buffer.from(JSON.stringify(body.toString()));
  }
}
