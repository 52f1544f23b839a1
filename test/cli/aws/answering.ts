/** A server that gives every request the same answer, in the place of a service of AWS. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SameAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns the answer of a service whose protocol is JSON. */
export const jsonError = (code: string, status: number, body: object): SameAnswer => ({
  status, body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
});

const running = new Set<Server>();

export interface Answering {
  readonly url: string;
  /** The methods and paths of the requests. */
  readonly asked: readonly string[];
}

export async function answering({ status, body, headers }: SameAnswer): Promise<Answering> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`);
    request.resume();
    response.writeHead(status, headers).end(body);
  });
  running.add(server);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Stops every server that a test has started, whatever its result. */
export function stopAnswering(): void {
  for (const server of running) {
    server.closeAllConnections();
    server.close();
  }
  running.clear();
}
