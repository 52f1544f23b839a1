/** Tests how invocations share the processes of a function. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaPool } from './lambda-pool';
import { LambdaProcess } from './lambda-process';

const HANDLER = 'export const handler = event => event.exit ? process.exit(1) : process.pid;';

const folder = mkdtempSync(join(tmpdir(), 'lambda-pool-'));
const started: LambdaProcess[] = [];

beforeAll(() => writeFileSync(join(folder, 'index.mjs'), HANDLER));
afterEach(() => Promise.all(started.splice(0).map(lambda => lambda.stop())));
afterAll(() => rmSync(folder, { recursive: true }));

async function start(): Promise<LambdaProcess> {
  const lambda = await LambdaProcess.start({ handlerFolder: folder, endpointUrl: 'http://127.0.0.1:1' });
  started.push(lambda);
  return lambda;
}

const pidOf = async (lambda: LambdaProcess): Promise<unknown> => (await lambda.invoke({})).result;

test('an idle process is used again, and no more are started than may run at a time', async () => {
  const pool = new LambdaPool(2, start);
  const pids = await Promise.all([1, 2, 3, 4, 5].map(() => pool.use(pidOf)));
  expect(new Set(pids).size).toBe(2);
  expect(pids).toContain(await pool.use(pidOf));
  expect(pool.all).toEqual(started);
});

test('a process that has ended is replaced', async () => {
  const pool = new LambdaPool(1, start);
  const first = await pool.use(pidOf);
  const died = pool.use(lambda => lambda.invoke({ exit: true }));
  const next = pool.use(pidOf);
  await expect(died).rejects.toThrow('ended with 1');
  expect(await next).not.toBe(first);
  expect(pool.all).toHaveLength(2);
});

test('a process that did not start takes nobody\'s place', async () => {
  let isFirst = true;
  const pool = new LambdaPool(1, async () => {
    if (!isFirst) return start();
    isFirst = false;
    throw new Error('no memory');
  });
  const failed = pool.use(pidOf);
  const next = pool.use(pidOf);
  await expect(failed).rejects.toThrow('no memory');
  expect(await next).toBeGreaterThan(0);
});
