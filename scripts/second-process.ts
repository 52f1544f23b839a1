/** Starts the second process of a benchmark, and talks to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { EndpointAddress, EndpointOptions, EndpointReport, OpenedRule } from './bench-sweep-endpoint';

/**
 * Starts a script of this folder with its options, in JSON.
 *
 * @returns the process and its first message
 */
export async function startSecond<T>(script: string, options: object): Promise<{ child: ChildProcess; first: T }> {
  const child = fork(join(__dirname, script), [JSON.stringify(options)]);
  const first = await new Promise<T>((done, fail) => {
    child.once('message', message => done(message as T));
    child.once('exit', code => fail(new Error(`${script} ended with ${code}`)));
  });
  return { child, first };
}

/** Sends a message and returns the answer. The answer to each message has to be there before the next one is sent. */
export function ask<T>(child: ChildProcess, message: string | object): Promise<T> {
  return new Promise<T>((done, fail) => {
    const ended = (code: number | null): void => fail(new Error(`The second process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', received => {
      child.off('exit', ended);
      done(received as T);
    });
    child.send(message);
  });
}

export async function startEndpoint(options: EndpointOptions): Promise<EndpointAddress & { child: ChildProcess }> {
  const { child, first } = await startSecond<EndpointAddress>('bench-sweep-endpoint.ts', options);
  return { child, ...first };
}

/** Returns what has happened since the last report. */
export const report = (child: ChildProcess): Promise<EndpointReport> => ask(child, 'report');

/** Opens SSH to the internet, each time in a group of its own. */
export const openRules = (child: ChildProcess, count: number): Promise<OpenedRule[]> => ask(child, { open: count });
