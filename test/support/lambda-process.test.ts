/** Tests what a handler finds in the process that plays Lambda, and how the end of the process is reported. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaProcess, type LambdaProcessOptions } from './lambda-process';

const HANDLER = `
  const started = performance.now();
  let invocations = 0;
  export async function handler(event, context) {
    invocations += 1;
    if (event.leaveTimer) setTimeout(() => {}, 60_000);
    if (event.print) console.log(JSON.stringify(event.print));
    if (event.fail) throw new Error('as told');
    if (event.exit !== undefined) process.exit(event.exit);
    if (event.hang) {
      console.log(JSON.stringify({ event: 'Hanging' }));
      await new Promise(() => setInterval(() => {}, 1000));
    }
    const { awsRequestId, invokedFunctionArn } = context;
    return {
      awsRequestId, invokedFunctionArn, remaining: context.getRemainingTimeInMillis(), env: process.env, now: Date.now(), made: new Date().getTime(),
      called: Date.parse(Date()), epoch: new Date(0).toISOString(), parts: new Date(2026, 0, 31).getDate(), utc: Date.UTC(2026, 0),
      isDate: new Date() instanceof Date && new Date().constructor === Date, copied: structuredClone(new Date(1)) instanceof Date,
      sinceStart: performance.now() - started, pid: process.pid, invocations,
    };
  }
  export const other = (event, { invokedFunctionArn }) => ({ name: process.env.AWS_LAMBDA_FUNCTION_NAME, invokedFunctionArn });
`;

interface Seen {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  readonly remaining: number;
  readonly env: Record<string, string>;
  readonly now: number;
  readonly made: number;
  readonly called: number;
  readonly sinceStart: number;
  readonly pid: number;
  readonly invocations: number;
}

const folder = mkdtempSync(join(tmpdir(), 'lambda-process-'));
const running: LambdaProcess[] = [];

beforeAll(() => writeFileSync(join(folder, 'index.mjs'), HANDLER));
afterEach(() => Promise.all(running.splice(0).map(lambda => lambda.stop())));
afterAll(async () => {
  await LambdaProcess.stopReleased();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<LambdaProcessOptions> = {}): Promise<LambdaProcess> {
  const lambda = await LambdaProcess.start({ handlerFolder: folder, endpointUrl: 'http://127.0.0.1:1', ...options });
  running.push(lambda);
  return lambda;
}

async function seen(
  lambda: LambdaProcess,
  ...options: Parameters<LambdaProcess['invoke']> extends [unknown, ...infer Rest] ? Rest : never
): Promise<Seen> {
  return (await lambda.invoke({}, ...options)).result as Seen;
}

describe('an invocation', () => {
  test('has a request id of its own, unless it is given one', async () => {
    const lambda = await start();
    const ids = [await seen(lambda), await seen(lambda)].map(({ awsRequestId }) => awsRequestId);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await seen(lambda, 1000, { requestId: 'the-same-again' })).toMatchObject({ awsRequestId: 'the-same-again' });
  });

  test('has the ARN of the function, with the alias or version that was invoked', async () => {
    const lambda = await start();
    const { invokedFunctionArn } = await seen(lambda);
    expect(invokedFunctionArn).toMatch(/:function:handler$/);
    expect(await seen(lambda, undefined, { qualifier: 'restore' })).toMatchObject({
      invokedFunctionArn: `${invokedFunctionArn}:restore`,
    });
  });
});

describe('the handler', () => {
  test('is the export that is asked for, in a function of the given name', async () => {
    const lambda = await start({ handlerName: 'other', functionName: 'changes' });
    expect((await lambda.invoke({})).result).toEqual({
      name: 'changes', invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:changes',
    });
  });
});

describe('the environment', () => {
  test('is that of the latest invocation that changed it, as if a deployment had', async () => {
    const lambda = await start({ env: { FINGERPRINT: 'one', TABLE: 'ledger' } });
    expect((await seen(lambda)).env).toMatchObject({ FINGERPRINT: 'one', TABLE: 'ledger' });
    expect((await seen(lambda, 1000, { env: { FINGERPRINT: 'two' } })).env).toMatchObject({
      FINGERPRINT: 'two',
      TABLE: 'ledger',
    });
    expect((await seen(lambda)).env).toMatchObject({ FINGERPRINT: 'two', TABLE: 'ledger' });
  });
});

describe('DynamoDB', () => {
  test('is where it is said to be', async () => {
    expect((await seen(await start({ dynamoDbUrl: 'http://127.0.0.1:2' }))).env).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:2',
    });
  });

  test('is where every service is, if nothing is said of it', async () => {
    expect((await seen(await start())).env).not.toHaveProperty('AWS_ENDPOINT_URL_DYNAMODB');
  });
});

describe('the clock', () => {
  test.each([0, 8 * 86_400_000, -3_600_000])('is %d ms ahead, however it is read', async clockOffsetMillis => {
    const lambda = await start({ clockOffsetMillis });
    const before = Date.now() + clockOffsetMillis;
    const { now, made, called } = await seen(lambda);
    const after = Date.now() + clockOffsetMillis;
    for (const time of [now, made]) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(after);
    }
    // Date() has no milliseconds.
    expect(called).toBeGreaterThan(before - 1000);
    expect(called).toBeLessThanOrEqual(after);
  });

  test('leaves other dates, the time that remains and performance.now as they are', async () => {
    const lambda = await start({ clockOffsetMillis: 86_400_000 });
    const result = await seen(lambda, 5000);
    expect(result).toMatchObject({
      epoch: '1970-01-01T00:00:00.000Z',
      parts: 31,
      utc: Date.UTC(2026, 0),
      isDate: true,
      copied: true,
    });
    expect(result.remaining).toBeGreaterThan(3000);
    expect(result.remaining).toBeLessThanOrEqual(5000);
    expect(result.sinceStart).toBeLessThan(60_000);
  });
});

describe('the end of the process', () => {
  test('in an invocation rejects that with what was printed', async () => {
    const lambda = await start();
    const invocation = lambda.invoke({ hang: true });
    const outcome = expect(invocation).rejects.toThrow(/SIGKILL[^]*Hanging/);
    while (!lambda.printed.includes('Hanging')) await new Promise(setImmediate);
    await lambda.stop();
    await outcome;
    expect(lambda.logLines).toEqual([{ event: 'Hanging' }]);
  });

  test('by the handler itself is told with its exit code', async () => {
    const lambda = await start();
    await expect(lambda.invoke({ exit: 7 })).rejects.toThrow('ended with 7');
    await lambda.exited;
  });

  test('rejects whatever is invoked later, and can be asked for again', async () => {
    const lambda = await start();
    await lambda.stop();
    await expect(lambda.invoke({})).rejects.toThrow('ended with SIGKILL');
    await lambda.stop();
  });

  test('has not come while the process is there', async () => {
    const lambda = await start();
    const outcome = await Promise.race([lambda.exited.then(() => 'exited'), seen(lambda).then(() => 'answered')]);
    expect(outcome).toBe('answered');
  });
});

describe('a process that is released', () => {
  test('is the next function\'s, which has an environment, a clock and a module of its own', async () => {
    const first = await start({ env: { OF_THE_FIRST: 'x' }, clockOffsetMillis: 86_400_000 });
    const { pid } = await seen(first);
    await first.release();
    const second = await start({ endpointUrl: 'http://127.0.0.1:3' });
    const found = await seen(second);
    expect(found).toMatchObject({ pid, invocations: 1, isDate: true, env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:3' } });
    expect(found.env).not.toHaveProperty('OF_THE_FIRST');
    expect(Math.abs(found.now - Date.now())).toBeLessThan(60_000);
  });

  test('keeps what each function has printed apart', async () => {
    const first = await start();
    await first.invoke({ print: { of: 'the first' } });
    await first.release();
    const second = await start();
    await second.invoke({ print: { of: 'the second' } });
    expect([first, second].map(({ logLines }) => logLines)).toEqual([[{ of: 'the first' }], [{ of: 'the second' }]]);
  });

  test('names the file of a handler that fails as the first time', async () => {
    const first = await start();
    const { error } = await first.invoke({ fail: true });
    await first.release();
    const again = await (await start()).invoke({ fail: true });
    expect(again.error?.stack).toMatch(/Error: as told\n *at handler \(.*\/index\.mjs:\d+:\d+\)/);
    expect(again.error?.stack.split('\n')[1]).toBe(error?.stack.split('\n')[1]);
  });

  test('is useless to its former owner', async () => {
    const lambda = await start();
    await lambda.release();
    await expect(lambda.invoke({})).rejects.toThrow('is released');
    await lambda.release();
    await lambda.stop();
    expect((await seen(await start())).invocations).toBe(1);
  });

  test('ends, when something of the function is still under way', async () => {
    const lambda = await start();
    const { pid } = await seen(lambda);
    await lambda.invoke({ leaveTimer: true });
    await lambda.release();
    await lambda.exited;
    expect((await seen(await start())).pid).not.toBe(pid);
  });

  test('ends, when it has not answered yet', async () => {
    const lambda = await start();
    const outcome = expect(lambda.invoke({ hang: true })).rejects.toThrow('ended with SIGKILL');
    await lambda.release();
    await outcome;
    await lambda.exited;
  });
});

test('an invocation beside another is refused, as Lambda would give it another process', async () => {
  const lambda = await start();
  const first = seen(lambda);
  await expect(lambda.invoke({})).rejects.toThrow('one invocation at a time');
  expect((await first).invocations).toBe(1);
});
