/** Tests EventBridge's PutEvents, which has the same address as EC2. */
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { connect, disconnect, refusal, type Wire } from './over-the-wire';

afterEach(disconnect);

const ENTRY: PutEventsRequestEntry = { Source: 'app', DetailType: 'Happened', Detail: '{"n":1}' };
const ARN = 'arn:aws:events:eu-central-1:111122223333:event-bus/custom';

function put({ eventBridge }: Wire, ...Entries: PutEventsRequestEntry[]) {
  return eventBridge.send(new PutEventsCommand({ Entries }));
}

const numbered = (count: number): PutEventsRequestEntry[] =>
  Array.from({ length: count }, (_, n) => ({ ...ENTRY, Detail: JSON.stringify({ n }) }));

/** An entry of the given size, as EventBridge counts it. */
function ofBytes(bytes: number): PutEventsRequestEntry {
  const entry = { Source: 'a', DetailType: 'b', Detail: '{"x":""}', Time: new Date() };
  return { ...entry, Detail: entry.Detail.replace('""', `"${'x'.repeat(bytes - 14 - 2 - entry.Detail.length)}"`) };
}

describe('what is sent', () => {
  test('is kept in its order, with its bus, time and parsed detail, and each has an id of its own', async () => {
    const wire = await connect();
    wire.endpoint.addEventBus('custom');
    wire.endpoint.addEventBus(ARN);
    const { FailedEntryCount, Entries } = await put(
      wire,
      { ...ENTRY, EventBusName: 'custom', Time: new Date('2026-11-21T08:00:00Z') },
      {
        ...ENTRY,
        EventBusName: ARN,
        Detail: '{"text":"Zürich 日本","deep":{"list":[1,null]}}',
        Time: new Date('2026-11-21T08:00:01.500Z'),
      },
    );
    expect(wire.endpoint.events).toEqual([
      {
        eventBus: 'custom',
        source: 'app',
        detailType: 'Happened',
        detail: { n: 1 },
        time: new Date('2026-11-21T08:00:00Z'),
      },
      {
        eventBus: ARN,
        source: 'app',
        detailType: 'Happened',
        detail: { text: 'Zürich 日本', deep: { list: [1, null] } },
        time: new Date('2026-11-21T08:00:01.500Z'),
      },
    ]);
    expect(FailedEntryCount).toBe(0);
    expect(Entries).toEqual([{ EventId: expect.any(String) as string }, { EventId: expect.any(String) as string }]);
    expect(new Set(Entries?.map(({ EventId }) => EventId)).size).toBe(2);
  });

  test('goes to the default bus, now, when it does not say', async () => {
    const wire = await connect();
    const before = Date.now();
    await put(wire, ENTRY);
    expect(wire.endpoint.events).toMatchObject([{ eventBus: 'default' }]);
    expect(wire.endpoint.events[0].time.getTime()).toBeGreaterThanOrEqual(before);
  });

  test('to a bus that there is not is answered like any other, and dropped', async () => {
    const wire = await connect();
    const { FailedEntryCount, Entries } = await put(wire, { ...ENTRY, EventBusName: 'misspelt' }, ENTRY);
    expect(FailedEntryCount).toBe(0);
    expect(Entries?.every(({ EventId }) => EventId !== undefined)).toBe(true);
    expect(wire.endpoint.events).toMatchObject([{ eventBus: 'default' }]);
  });

  test('may be ten events, and just less than 256 KB', async () => {
    const wire = await connect();
    await put(wire, ...numbered(10));
    await put(wire, ofBytes(100), ofBytes(256 * 1024 - 101));
    expect(wire.endpoint.events).toHaveLength(12);
  });
});

describe('a whole call fails, and delivers nothing,', () => {
  test.each<[string, PutEventsRequestEntry[], string]>([
    ['for eleven entries', numbered(11), 'less than or equal to 10'],
    ['for none', [], 'greater than or equal to 1'],
    [
      'for 256 KB',
      [ENTRY, ofBytes(100), ofBytes(256 * 1024 - 100 - 'appHappened{"n":1}'.length)],
      'Total size of the entries in the request is over the limit.',
    ],
    [
      'for 256 KB of characters that have more bytes than one',
      [{ ...ENTRY, Detail: JSON.stringify({ x: 'ü'.repeat(132_000) }) }],
      'over the limit',
    ],
    ['for the name of a bus that is none', [ENTRY, { ...ENTRY, EventBusName: 'no bus' }], 'eventBusName'],
    [
      'for the ARN of something else',
      [{ ...ENTRY, EventBusName: 'arn:aws:sns:eu-central-1:111122223333:topic' }],
      'eventBusName',
    ],
  ])('%s', async (_, entries, message) => {
    const wire = await connect();
    expect(await refusal(put(wire, ...entries))).toMatchObject({
      code: 'ValidationException',
      status: 400,
      message: expect.stringContaining(message) as string,
    });
    expect(wire.endpoint.events).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ action: 'PutEvents', outcome: 'ValidationException' }]);
  });

  test.each([
    ['for no entries at all', '{}', 'ValidationException'],
    ['for entries that are no list', '{"Entries":{}}', 'SerializationException'],
    [
      'for a time that is a text',
      '{"Entries":[{"Source":"a","DetailType":"b","Detail":"{}","Time":"now"}]}',
      'SerializationException',
    ],
    ['for a body that is not JSON', '{', 'SerializationException'],
  ])('%s', async (_, body, code) => {
    const { endpoint } = await connect();
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSEvents.PutEvents' },
      body,
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/x-amz-json-1.1');
    expect(await response.json()).toMatchObject({ __type: code });
    expect(endpoint.events).toEqual([]);
  });

  test('for another operation, and for one of another service', async () => {
    const { endpoint } = await connect();
    for (const target of [
      'AWSEvents.ListRules',
      'AWSEvents.PutMetricData',
      'GraniteServiceVersion20100801.PutEvents',
    ]) {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: { 'x-amz-target': target },
        body: JSON.stringify({ Entries: [ENTRY] }),
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('UnknownOperationException');
    }
    expect(endpoint.events).toEqual([]);
  });
});

describe('an entry fails by itself, and the others are delivered,', () => {
  test.each<[string, PutEventsRequestEntry, string]>([
    ['without a source', { ...ENTRY, Source: undefined }, 'InvalidArgument'],
    ['with an empty source', { ...ENTRY, Source: '' }, 'InvalidArgument'],
    ['without a detail type', { ...ENTRY, DetailType: undefined }, 'InvalidArgument'],
    ['without a detail', { ...ENTRY, Detail: undefined }, 'InvalidArgument'],
    ['with a detail type of 129 characters', { ...ENTRY, DetailType: 'd'.repeat(129) }, 'InvalidArgument'],
    ['with a detail that is not JSON', { ...ENTRY, Detail: '{n:1}' }, 'MalformedDetail'],
    ['with a list as its detail', { ...ENTRY, Detail: '[]' }, 'MalformedDetail'],
    ['with a text as its detail', { ...ENTRY, Detail: '"text"' }, 'MalformedDetail'],
    ['with null as its detail', { ...ENTRY, Detail: 'null' }, 'MalformedDetail'],
    ['from a service of AWS', { ...ENTRY, Source: 'aws.ec2' }, 'NotAuthorizedForSourceException'],
  ])('%s', async (_, entry, code) => {
    const wire = await connect();
    const { FailedEntryCount, Entries } = await put(wire, ENTRY, entry, { ...ENTRY, DetailType: 'd'.repeat(128) });
    expect(FailedEntryCount).toBe(1);
    const delivered = { EventId: expect.any(String) as string };
    expect(Entries).toEqual([delivered, { ErrorCode: code, ErrorMessage: expect.any(String) as string }, delivered]);
    expect(wire.endpoint.events).toMatchObject([{ detailType: 'Happened' }, { detailType: 'd'.repeat(128) }]);
    expect(wire.endpoint.calls).toMatchObject([{ outcome: 'OK' }]);
  });

  test('even when no other is in the call', async () => {
    const wire = await connect();
    expect(await put(wire, { ...ENTRY, Source: undefined })).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'InvalidArgument' }],
    });
  });
});

describe('events that a test has fail', () => {
  const delivered = ({ endpoint }: Wire): unknown[] => endpoint.events.map(({ detail }) => detail.n);

  test('are each n-th, as often as it says, over all calls', async () => {
    const wire = await connect();
    wire.endpoint.failEvents({ code: 'InternalFailure', message: 'not now', every: 3, times: 2 });
    const { FailedEntryCount, Entries } = await put(wire, ...numbered(5));
    expect(FailedEntryCount).toBe(1);
    expect(Entries?.[2]).toEqual({ ErrorCode: 'InternalFailure', ErrorMessage: 'not now' });
    await put(wire, ...numbered(10));
    expect(delivered(wire)).toEqual([0, 1, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('are those that it picks, and not those that are refused anyway', async () => {
    const wire = await connect();
    wire.endpoint.failEvents({
      code: 'ThrottlingException',
      when: ({ detail, eventBus }) => eventBus === 'default' && detail.n === 1,
      times: 1,
    });
    const { Entries } = await put(wire, { ...ENTRY, Source: 'aws.ec2' }, ...numbered(3));
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'NotAuthorizedForSourceException',
      undefined,
      'ThrottlingException',
      undefined,
    ]);
    expect(delivered(wire)).toEqual([0, 2]);
  });

  test('are none once faults are cleared', async () => {
    const wire = await connect();
    wire.endpoint.failEvents({ code: 'InternalFailure' });
    wire.endpoint.clearFaults();
    expect(await put(wire, ENTRY)).toMatchObject({ FailedEntryCount: 0 });
  });
});

describe('a call', () => {
  test('can be denied, which delivers nothing', async () => {
    const wire = await connect();
    wire.endpoint.deny('PutEvents');
    expect(await refusal(put(wire, ENTRY))).toMatchObject({
      code: 'AccessDeniedException', status: 400, message: expect.stringContaining('events:PutEvents') as string,
    });
    expect(wire.endpoint.events).toEqual([]);
  });

  test('can be throttled, dropped, or erred at after its effect', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutEvents', kind: 'throttle', times: 1 });
    expect(await refusal(put(wire, ENTRY))).toMatchObject({ code: 'ThrottlingException', status: 400 });
    wire.endpoint.fault({ action: '*', kind: 'drop-socket', times: 1 });
    await expect(put(wire, ENTRY)).rejects.toThrow('socket hang up');
    expect(wire.endpoint.events).toEqual([]);
    wire.endpoint.fault({ action: 'PutEvents', kind: 'error-after-effect', times: 1 });
    expect(await refusal(put(wire, ENTRY))).toMatchObject({ code: 'InternalError', status: 500 });
    expect(wire.endpoint.events).toHaveLength(1);
  });

  test('is in the journal as it was on the wire, and runs hooks around its effect', async () => {
    const wire = await connect();
    const seen: unknown[] = [];
    wire.endpoint.before('PutEvents', () => void seen.push(wire.endpoint.events.length));
    wire.endpoint.after('PutEvents', () => void seen.push(wire.endpoint.events.length));
    const { $metadata } = await put(wire, ENTRY);
    expect(seen).toEqual([0, 1]);
    expect(wire.endpoint.calls).toMatchObject([
      {
        action: 'PutEvents',
        outcome: 'OK',
        attempt: 1,
        requestId: $metadata.requestId,
        parameters: { Entries: [ENTRY] },
      },
    ]);
  });

  test('takes nothing from the buckets of EC2', async () => {
    const wire = await connect({ tokenBuckets: true, now: () => 0 });
    for (let count = 0; count < 101; count++) await put(wire, ENTRY);
    await expect(wire.ec2.send(new DescribeVpcsCommand({}))).resolves.toBeDefined();
  });
});
