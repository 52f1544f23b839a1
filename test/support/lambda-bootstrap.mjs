// Plays Lambda's runtime for lambda-runtime.ts. It loads the handler that it is told, and then runs one invocation per
// message.
import 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import 'node:zlib';

// What lives for a few sweeps is not worth optimizing; it took a sixth of the time of the fault suite. A flag that Node
// is started with, or that comes before its own modules, has V8 compile those anew.
setFlagsFromString('--interrupt-budget=1000000');

const RealDate = Date;

/** Sets how far this process's clock is ahead; performance.now is as it was. */
function shiftClock(millis) {
  const { now } = RealDate;
  const shiftedNow = () => now() + millis;
  globalThis.Date = RealDate.prototype.constructor = millis === 0 ? RealDate : new Proxy(RealDate, {
    apply: Real => new Real(shiftedNow()).toString(),
    construct: (Real, given, newTarget) => (
      Reflect.construct(Real, given.length === 0 ? [shiftedNow()] : given, newTarget)),
    get: (Real, name, receiver) => name === 'now' ? shiftedNow : Reflect.get(Real, name, receiver),
  });
}

let handler;
let loads = 0;
let query = '';

/** Each load makes the handler's module anew, with the clients and all else that it keeps. */
async function load({ env, handlerFile, clockOffsetMillis }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  shiftClock(clockOffsetMillis);
  const { href } = pathToFileURL(join(env.LAMBDA_TASK_ROOT, handlerFile));
  query = loads++ === 0 ? '' : `?load=${loads}`;
  ({ handler } = await import(href + query));
  return {};
}

async function invoke({ event, context, timeoutMillis, env }) {
  // A deployment would start another process with it.
  Object.assign(process.env, env);
  const deadline = Date.now() + timeoutMillis;
  const getRemainingTimeInMillis = () => Math.max(0, deadline - Date.now());
  const outcome = await Promise.resolve()
    .then(() => handler(event, { ...context, getRemainingTimeInMillis }))
    .then(result => ({ result }), ({ name, message, stack }) => ({ error: { name, message, stack: stack.replaceAll(query, '') } }));
  return { ...outcome, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

const SETTLE_MILLIS = 500;

/** The pipes to the parent keep the process alive; a timer that is armed or a connection in use would, too. */
const isAtRest = () => process.getActiveResourcesInfo().every(resource => resource === 'PipeWrap');

async function settle() {
  const until = performance.now() + SETTLE_MILLIS;
  while (!isAtRest() && performance.now() < until) await new Promise(done => setTimeout(done, 1).unref());
  return { isAtRest: isAtRest() };
}

const tasks = { load, invoke, settle };
process.on('message', async ({ task, input }) => {
  const answer = await tasks[task](input);
  // What is printed goes through other pipes than the answer. There the mark is the last of it.
  for (const stream of [process.stdout, process.stderr]) stream.write('\0');
  process.send(answer);
});
