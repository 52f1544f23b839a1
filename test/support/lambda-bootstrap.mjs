// Plays Lambda's runtime for lambda-process.ts: imports the handler, then runs one invocation per message.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// How far this process's clock is ahead; performance.now is as it was.
const clockOffsetMillis = Number(process.argv[2] ?? 0);
if (clockOffsetMillis !== 0) {
  const { now } = Date;
  const shiftedNow = () => now() + clockOffsetMillis;
  globalThis.Date = Date.prototype.constructor = new Proxy(Date, {
    apply: RealDate => new RealDate(shiftedNow()).toString(),
    construct: (RealDate, given, newTarget) => Reflect.construct(RealDate, given.length === 0 ? [shiftedNow()] : given, newTarget),
    get: (RealDate, name, receiver) => name === 'now' ? shiftedNow : Reflect.get(RealDate, name, receiver),
  });
}

const started = performance.now();
const { handler } = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, process.argv[3])).href);
process.send({ ready: true, importMillis: performance.now() - started });

process.on('message', async ({ event, context, timeoutMillis }) => {
  const deadline = Date.now() + timeoutMillis;
  const outcome = await Promise.resolve()
    .then(() => handler(event, { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }))
    .then(result => ({ result }), error => ({ error: { name: error.name, message: error.message, stack: error.stack } }));
  process.send({ ...outcome, peakRssBytes: process.resourceUsage().maxRSS * 1024 });
});
