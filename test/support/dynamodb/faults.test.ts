/** Tests faults on demand, hooks around a call, the journal of calls, and how the endpoint stops. */
import { crc32 } from 'node:zlib';
import { GetItemCommand, ListTablesCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { connect, disconnect, ITEM, KEY, MARSHALLED_KEY, put, refusal, type Wire } from './over-the-wire';
import type { ArrivalHook, Fault } from '../endpoint';

afterEach(disconnect);

const get = ({ dynamoDb }: Wire, options: { abortSignal?: AbortSignal } = {}) =>
  dynamoDb.send(new GetItemCommand({ TableName: 'ledger', Key: MARSHALLED_KEY }), options);

describe('a fault', () => {
  test.each<[Omit<Fault, 'action'>, string, number]>([
    [{ kind: 'throttle' }, 'ProvisionedThroughputExceededException', 400],
    [{ kind: 'error' }, 'InternalServerError', 500],
    [{ kind: 'error', code: 'ServiceUnavailable', status: 503 }, 'ServiceUnavailable', 503],
    [
      { kind: 'error', code: 'ResourceNotFoundException', message: 'Requested resource not found' },
      'ResourceNotFoundException',
      400,
    ],
  ])('%j is answered as %s %d, without effect', async (fault, code, status) => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutItem', ...fault });
    expect(await refusal(put(wire, 1))).toMatchObject({
      code,
      status,
      message: fault.message ?? (expect.stringMatching(/./) as string),
    });
    expect(await wire.endpoint.items()).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ action: 'PutItem', outcome: code }]);
  });

  test('error-after-effect errs when the item is written: a second attempt finds it there', async () => {
    const wire = await connect({ maxAttempts: 3 });
    wire.endpoint.fault({ action: 'PutItem', kind: 'error-after-effect', times: 1 });
    expect(await refusal(put(wire, 1))).toMatchObject({ code: 'ConditionalCheckFailedException' });
    expect(await wire.endpoint.items()).toEqual([ITEM]);
    expect(wire.endpoint.calls).toMatchObject([
      { attempt: 1, outcome: 'InternalServerError' }, { attempt: 2, outcome: 'ConditionalCheckFailedException' },
    ]);
  });

  test('error-after-effect does not hide a refusal', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutItem', kind: 'error-after-effect' });
    expect(await refusal(put(wire, 2))).toMatchObject({ code: 'ConditionalCheckFailedException' });
  });

  test('drop-socket closes the connection without an answer or an effect', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutItem', kind: 'drop-socket' });
    await expect(put(wire, 1)).rejects.toThrow('socket hang up');
    expect(await wire.endpoint.items()).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ outcome: 'drop-socket' }]);
  });

  test('hang never answers, and does not keep the endpoint from stopping', async () => {
    const wire = await connect();
    const { endpoint } = wire;
    endpoint.fault({ action: 'GetItem', kind: 'hang' });
    const given = new AbortController();
    const givenUp = refusal(get(wire, { abortSignal: given.signal }));
    while (endpoint.calls.length < 1) await new Promise(setImmediate);
    given.abort();
    await expect(givenUp).resolves.toBeDefined();
    const hanging = refusal(get(wire));
    while (endpoint.calls.length < 2) await new Promise(setImmediate);
    await endpoint.stop();
    await expect(hanging).resolves.toBeDefined();
    expect(endpoint.calls.map(({ outcome }) => outcome)).toEqual(['hang', 'hang']);
  });

  test('delay makes the call late, which then succeeds', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutItem', kind: 'delay', delayMillis: 60 });
    const started = performance.now();
    await put(wire, 1);
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
    expect(await wire.endpoint.items()).toEqual([ITEM]);
  });

  test.each<Fault['kind']>(['throttle', 'error', 'drop-socket'])(
    '%s is overcome by the SDK, when it passes',
    async kind => {
      const wire = await connect({ maxAttempts: 3 });
      wire.endpoint.fault({ action: '*', kind, times: 1 });
      await put(wire, 1);
      expect(await wire.endpoint.items()).toEqual([ITEM]);
      expect(wire.endpoint.calls).toMatchObject([{ attempt: 1 }, { attempt: 2, outcome: 'OK' }]);
      expect(wire.endpoint.calls[0].outcome).not.toBe('OK');
    },
  );

  test('strikes its action only, those calls that it picks by their parameters, and none when faults are cleared', async () => {
    const wire = await connect();
    wire.endpoint.fault({
      action: 'PutItem',
      kind: 'throttle',
      when: ({ ConditionExpression }) => ConditionExpression === 'revision = :r',
    });
    await put(wire, 1);
    await get(wire);
    expect(await refusal(put(wire, 2))).toMatchObject({ code: 'ProvisionedThroughputExceededException' });
    wire.endpoint.clearFaults();
    await put(wire, 2);
    expect(await wire.endpoint.items()).toMatchObject([{ revision: 2 }]);
  });
});

test('an action that is denied is AccessDeniedException, and has no effect', async () => {
  const wire = await connect();
  wire.endpoint.deny('PutItem');
  expect(await refusal(put(wire, 1))).toMatchObject({
    code: 'AccessDeniedException',
    status: 400,
    message: expect.stringContaining('not authorized to perform: dynamodb:PutItem') as string,
  });
  expect(await wire.endpoint.items()).toEqual([]);
  await expect(get(wire)).resolves.toBeDefined();
});

describe('hooks', () => {
  test('run on arrival, and before and after the effect, with the parameters and the action', async () => {
    const wire = await connect();
    const { endpoint } = wire;
    const seen: unknown[] = [];
    const note = (moment: string) => async ({ TableName }: { TableName?: unknown }, action: string) => {
      seen.push([moment, action, TableName, (await endpoint.items()).length]);
    };
    endpoint.arrived('PutItem', note('arrived'));
    endpoint.before('*', note('before'));
    endpoint.after('PutItem', note('after'));
    endpoint.after('GetItem', note('never'));
    await put(wire, 1);
    expect(seen).toEqual([
      ['arrived', 'PutItem', 'ledger', 0],
      ['before', 'PutItem', 'ledger', 0],
      ['after', 'PutItem', 'ledger', 1],
    ]);
    endpoint.clearHooks();
    await get(wire);
    expect(seen).toHaveLength(3);
  });

  test('before a write can be faster than that', async () => {
    const wire = await connect();
    wire.endpoint.before('PutItem', () => wire.endpoint.put({ ...ITEM, state: 'HEALED' }));
    expect(await refusal(put(wire, 1))).toMatchObject({ code: 'ConditionalCheckFailedException' });
    expect(await wire.endpoint.items()).toMatchObject([{ state: 'HEALED' }]);
  });

  test('after the effect do not run for what DynamoDB refuses; neither those nor the ones before run for what is denied or struck', async () => {
    const wire = await connect();
    const [before, after] = [jest.fn(), jest.fn()];
    wire.endpoint.before('*', before);
    wire.endpoint.after('*', after);
    await refusal(put(wire, 2));
    expect(before).toHaveBeenCalledTimes(1);
    wire.endpoint.fault({ action: 'PutItem', kind: 'error', times: 1 });
    await refusal(put(wire, 1));
    wire.endpoint.deny('PutItem');
    await refusal(put(wire, 1));
    expect(before).toHaveBeenCalledTimes(1);
    expect(after).not.toHaveBeenCalled();
  });

  test.each<[string, ArrivalHook]>([
    ['says drop', () => 'drop'], ['rejects', () => Promise.reject(new Error('the caller is gone'))],
  ])('on arrival, when one %s, leave the call without effect and answer', async (_, hook) => {
    const wire = await connect();
    const before = jest.fn();
    wire.endpoint.arrived('PutItem', hook);
    wire.endpoint.before('*', before);
    await expect(put(wire, 1)).rejects.toThrow('socket hang up');
    expect(before).not.toHaveBeenCalled();
    expect(await wire.endpoint.items()).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ action: 'PutItem', outcome: 'drop-socket' }]);
  });

  test('that throw make the call an InternalServerError that says why', async () => {
    const wire = await connect();
    wire.endpoint.before('PutItem', () => {
      throw new Error('the hook is broken');
    });
    expect(await refusal(put(wire, 1))).toMatchObject({
      code: 'InternalServerError', status: 500, message: expect.stringContaining('the hook is broken') as string,
    });
    expect(await wire.endpoint.items()).toEqual([]);
  });
});

describe('the journal', () => {
  test('has each call with its parameters, time, attempt, outcome, and the id that the caller was told', async () => {
    const wire = await connect();
    const { endpoint, dynamoDb } = wire;
    const answered = [(await put(wire, 1)).$metadata.requestId, (await refusal(put(wire, 1))).requestId];
    const query = {
      TableName: 'ledger',
      KeyConditionExpression: 'hygiene = :h',
      ExpressionAttributeValues: { ':h': { S: KEY.hygiene } },
    };
    await dynamoDb.send(new QueryCommand(query));
    expect(endpoint.calls).toMatchObject([
      {
        action: 'PutItem',
        attempt: 1,
        outcome: 'OK',
        parameters: { TableName: 'ledger', Item: { ...MARSHALLED_KEY, revision: { N: '1' } } },
      },
      { action: 'PutItem', attempt: 1, outcome: 'ConditionalCheckFailedException' },
      { action: 'Query', attempt: 1, outcome: 'OK', parameters: query },
    ]);
    expect(endpoint.calls.slice(0, 2).map(({ requestId }) => requestId)).toEqual(answered);
    expect(new Set(endpoint.calls.map(({ requestId }) => requestId)).size).toBe(3);
    const times = endpoint.calls.map(({ at }) => at);
    expect(times[0]).toBeGreaterThan(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(endpoint.callsByAction()).toEqual({ PutItem: 2, Query: 1 });
  });

  test('has a call that is under way as pending', async () => {
    const wire = await connect();
    let seen: string | undefined;
    wire.endpoint.before('PutItem', () => void (seen = wire.endpoint.calls[0].outcome));
    await put(wire, 1);
    expect(seen).toBe('pending');
  });
});

describe('the wire', () => {
  const SIGNED = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': 'x',
    'authorization': 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=x, Signature=x',
  };
  const send = async ({ endpoint }: Wire, action: string, body: unknown, headers: Record<string, string> = SIGNED) => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${action}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      checksum: response.headers.get('x-amz-crc32'),
      text,
      body: JSON.parse(text) as unknown,
    };
  };

  test('has the checksum of what DynamoDB answers, and a wrong one of nothing', async () => {
    const wire = await connect();
    const item = { TableName: 'ledger', Item: MARSHALLED_KEY, ConditionExpression: 'attribute_not_exists(hygiene)' };
    const written = await send(wire, 'PutItem', item);
    expect(written).toMatchObject({ status: 200, checksum: String(crc32(written.text)) });
    const refused = await send(wire, 'PutItem', item);
    expect(refused).toMatchObject({
      status: 400,
      checksum: String(crc32(refused.text)),
      body: {
        __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
        message: 'The conditional request failed',
      },
    });
    const withItem = await send(wire, 'PutItem', { ...item, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(withItem).toMatchObject({ status: 400, checksum: null });
    expect(withItem.body).toEqual({ ...refused.body as object, Item: MARSHALLED_KEY });
    wire.endpoint.fault({ action: '*', kind: 'throttle' });
    expect(await send(wire, 'PutItem', item)).toMatchObject({
      status: 400,
      checksum: null,
      body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' },
    });
  });

  test('fails for an invalid body, for an unknown action, and without credentials', async () => {
    const wire = await connect();
    expect(await send(wire, 'PutItem', '{')).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining('#SerializationException') as string },
    });
    expect(await send(wire, 'Frobnicate', {})).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining('#UnknownOperationException') as string },
    });
    expect(await send(wire, 'PutItem', {}, { 'content-type': 'application/x-amz-json-1.0' })).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining('#MissingAuthenticationTokenException') as string },
    });
    expect(wire.endpoint.calls.map(({ outcome }) => outcome))
      .toEqual(['SerializationException', 'UnknownOperationException', 'MissingAuthenticationTokenException']);
  });

  test('carries every character of a text', async () => {
    const wire = await connect();
    const text = '" \\ \n & < \u00fc \u4f60\u597d \u{1f600}';
    await put(wire, 1, { Item: { ...MARSHALLED_KEY, text: { S: text } } });
    expect(await wire.endpoint.items()).toEqual([{ ...KEY, text }]);
    expect((await get(wire)).Item?.text.S).toBe(text);
  });
});

describe('stopping', () => {
  test('leaves no port, and can be repeated', async () => {
    const { endpoint } = await connect();
    const { url } = endpoint;
    await expect(fetch(url)).resolves.toBeDefined();
    await endpoint.stop();
    await endpoint.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  test('leaves a call that is under way without an answer, and nothing behind that could still fail', async () => {
    const wire = await connect();
    let proceed = (): void => undefined;
    const arrived = new Promise<void>(done => wire.endpoint.before('ListTables', async () => {
      done();
      await new Promise<void>(go => proceed = go);
    }));
    const call = refusal(wire.dynamoDb.send(new ListTablesCommand({})));
    await arrived;
    await wire.endpoint.stop();
    expect(await call).toMatchObject({ message: expect.stringContaining('socket hang up') as string });
    proceed();
    while (wire.endpoint.calls[0].outcome === 'pending') await new Promise(setImmediate);
    expect(wire.endpoint.calls).toMatchObject([{ outcome: 'OK' }]);
  });
});
