import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { types } from 'node:util';
import { putResponse } from '../../../lambda/aws/response';

// Replaces waits between attempts, so that these follow each other at once.
jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn(async () => undefined) }));

// Jest gives each test file its own Error, so errors of Node.js modules are not instances of it. In Lambda there is
// only one Error.
Object.defineProperty(Error, Symbol.hasInstance, { value: types.isNativeError });

interface Received {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse) => void;

const ok: Answer = response => response.writeHead(200).end();
const status =
  (code: number): Answer =>
    response =>
      response.writeHead(code).end('<Error><Code>InternalError</Code></Error>');
const dropped: Answer = response => response.destroy();
const droppedHalfWay: Answer = response => {
  response.writeHead(200, { 'content-length': 100 });
  response.write('half', () => response.destroy());
};

const SIGNATURE = 'X-Amz-Signature=0123456789abcdef';
const BODY = JSON.stringify({ Status: 'SUCCESS', Reason: 'größer' });

let server: Server;
let received: Received[];
let url: string;

/** Returns the n-th response to the n-th request, and the last one to all further requests. */
async function listen(...answers: Answer[]): Promise<void> {
  received = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      answers[Math.min(received.length, answers.length) - 1](response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/stack%7Cresource?${SIGNATURE}&X-Amz-Expires=7199`;
}

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await new Promise(resolve => server.close(resolve));
});

async function failureOf(sending: Promise<void>): Promise<Error> {
  const failure = await sending.then(() => undefined, (error: unknown) => error);
  if (!(failure instanceof Error)) throw new Error('it did not fail');
  return failure;
}

test('puts the body to the URL as it was signed: path and query untouched, content type empty, length in bytes', async () => {
  await listen(ok);
  await putResponse(url, BODY);
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({
    method: 'PUT',
    url: `/bucket/stack%7Cresource?${SIGNATURE}&X-Amz-Expires=7199`,
    headers: { 'content-type': '', 'content-length': String(Buffer.byteLength(BODY)) },
    body: BODY,
  });
  expect(received[0].headers).not.toHaveProperty('transfer-encoding');
});

test.each([
  ['a server error', status(500)],
  ['a request to slow down', status(503)],
  ['a dropped connection', dropped],
  ['an answer that breaks off', droppedHalfWay],
])('tries again after %s', async (_, failing) => {
  await listen(failing, failing, ok);
  await putResponse(url, BODY);
  expect(received.map(({ body }) => body)).toEqual([BODY, BODY, BODY]);
});

test.each([
  ['an error status', status(503), 'HTTP status 503'],
  ['a URL that has expired', status(403), 'HTTP status 403'],
  ['a dropped connection', dropped, 'ECONNRESET'],
])('fails after five attempts that end in %s, and says so without the URL', async (_, failing, said) => {
  await listen(failing);
  const failure = await failureOf(putResponse(url, BODY));
  expect(received).toHaveLength(5);
  expect(failure).toMatchObject({ message: said, code: said });
  const told = [
    failure.message,
    failure.stack,
    JSON.stringify(failure),
    JSON.stringify(failure, Object.getOwnPropertyNames(failure)),
    String(failure.cause),
  ].join('\n');
  expect(told).not.toContain(SIGNATURE);
  expect(told).not.toContain('/bucket/');
});

test('fails when nobody listens, and says so without the URL', async () => {
  await listen(ok);
  await new Promise(resolve => server.close(resolve));
  const failure = await failureOf(putResponse(url, BODY));
  expect(failure.message).toBe('ECONNREFUSED');
});
