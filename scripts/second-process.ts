/** Starts the second process of a benchmark, and talks to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { EndpointAddress, EndpointOptions, EndpointReport, OpenedRule } from './bench-sweep-endpoint';

export async function startEndpoint(options: EndpointOptions): Promise<EndpointAddress & { child: ChildProcess }> {
  const child = fork(join(__dirname, 'bench-sweep-endpoint.ts'), [JSON.stringify(options)]);
  const address = await new Promise<EndpointAddress>((done, fail) => {
    child.once('message', message => done(message as EndpointAddress));
    child.once('exit', code => fail(new Error(`The EC2 endpoint ended with ${code}`)));
  });
  return { child, ...address };
}

/** Returns what has happened since the last report. */
export const report = (child: ChildProcess): Promise<EndpointReport> => ask(child, 'report');

/** Opens SSH to the internet, each time in a group of its own. */
export const openRules = (child: ChildProcess, count: number): Promise<OpenedRule[]> => ask(child, { open: count });

function ask<T>(child: ChildProcess, message: string | object): Promise<T> {
  const answer = new Promise<T>(done => child.once('message', received => done(received as T)));
  child.send(message);
  return answer;
}
