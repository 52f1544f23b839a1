// Plays Lambda's runtime for lambda-runtime.ts. It loads a handler, and then runs one invocation per message.
import 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import 'node:zlib';
import { shiftClock } from './shift-clock.mjs';

// Raises the threshold for optimizing code, because optimizing took a sixth of the time of the fault suite, and
// processes run only a few sweeps. If the flag were set earlier, V8 would compile Node.js's own modules again.
setFlagsFromString('--interrupt-budget=1000000');

let exported;
let loads = 0;
let query = '';

/** Loads the handler's module anew, with new clients and everything else that it keeps. */
async function load({ env, handlerFile, clockOffsetMillis }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  shiftClock(clockOffsetMillis);
  const { href } = pathToFileURL(join(env.LAMBDA_TASK_ROOT, handlerFile));
  query = loads++ === 0 ? '' : `?load=${loads}`;
  exported = await import(href + query);
  return {};
}

async function invoke({ handlerName, event, context, timeoutMillis, env }) {
  // A deployment would start another process with these variables.
  Object.assign(process.env, env);
  const deadline = Date.now() + timeoutMillis;
  const { [handlerName]: handler } = exported;
  const getRemainingTimeInMillis = () => Math.max(0, deadline - Date.now());
  const before = process.cpuUsage();
  const started = performance.now();
  const outcome = await Promise.resolve()
    .then(() => handler(event, { ...context, getRemainingTimeInMillis }))
    .then(result => ({ result }), ({ name, message, stack }) => ({ error: { name, message, stack: stack.replaceAll(query, '') } }));
  const durationMillis = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { ...outcome, durationMillis, cpuMillis: (user + system) / 1000, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

const SETTLE_MILLIS = 500;

/**
 * Whether only the pipes to the parent keep the process alive. An armed timer or a connection in use would keep it
 * alive, too.
 */
const isAtRest = () => process.getActiveResourcesInfo().every(resource => resource === 'PipeWrap');

async function settle() {
  const until = performance.now() + SETTLE_MILLIS;
  while (!isAtRest() && performance.now() < until) await new Promise(done => setTimeout(done, 1).unref());
  return { isAtRest: isAtRest() };
}

const tasks = { load, invoke, settle };
process.on('message', async ({ task, input }) => {
  const answer = await tasks[task](input);
  // Output goes through other pipes than the answer, so a mark shows its end.
  for (const stream of [process.stdout, process.stderr]) stream.write('\0');
  process.send(answer);
});
