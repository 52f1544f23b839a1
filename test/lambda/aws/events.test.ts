/** Tests events over the wire, with the SDK's own client and a double of EventBridge that fails on demand. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PutEventsCommandOutput, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import * as fc from 'fast-check';
import { eventBridgeEvents } from '../../../lambda/aws/events';
import type { HygieneEvent } from '../../../lambda/core/model/delivery';
import type { Events } from '../../../lambda/core/ports';
import { EventType } from '../../../src/contract/names';
import { connect, disconnect, refusal, type Wire, type WireOptions } from '../../support/ec2-endpoint/over-the-wire';
import { MemoryClock } from '../../support/recorders';

afterEach(disconnect);

const NOW = new Date('2026-11-21T08:00:00Z');
const BUS_ARN = 'arn:aws:events:eu-central-1:111122223333:event-bus/custom';

interface Connected extends Wire {
  readonly clock: MemoryClock;
  readonly events: Events;
  readonly send: (events: readonly HygieneEvent[], eventBus?: string, until?: Date) => ReturnType<Events['send']>;
}

async function connected(options?: WireOptions): Promise<Connected> {
  const wire = await connect(options);
  const clock = new MemoryClock();
  const events = eventBridgeEvents(wire.eventBridge, clock);
  const later = new Date(clock.now().getTime() + 3_600_000);
  return {
    ...wire,
    clock,
    events,
    send: (list, eventBus = 'default', until = later) => events.send(eventBus, list, { time: NOW, until }),
  };
}

function anEvent(n: number, more: Record<string, unknown> = {}): HygieneEvent {
  return {
    type: EventType.FINDING_OPENED,
    detail: { message: 'Something was found', hygiene: 'App/Hygiene', sweepId: 'sweep-1', n, ...more },
  };
}

const events = (count: number): HygieneEvent[] => Array.from({ length: count }, (_, n) => anEvent(n));

/** An event whose entry has the given size, as EventBridge counts it. */
function eventOfBytes(bytes: number, n = 0): HygieneEvent {
  const empty =
    14
    + 'cdk-network-hygiene'.length
    + 'Finding Opened'.length
    + JSON.stringify(anEvent(n, { padding: '' }).detail).length;
  return anEvent(n, { padding: 'x'.repeat(bytes - empty) });
}

const ascending = (numbers: readonly unknown[]): unknown[] => [...numbers].sort((a, b) => Number(a) - Number(b));
const numbersUpTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const delivered = ({ endpoint }: Wire): unknown[] => ascending(endpoint.events.map(({ detail }) => detail.n));
const numbersOf = (returned: Awaited<ReturnType<Events['send']>>): unknown[] =>
  ascending(returned.map(({ event }) => event.detail.n));
const entriesPerCall = ({ endpoint }: Wire): number[] =>
  endpoint.calls.map(({ parameters }) => (parameters.Entries as unknown[]).length);

/** Changes each response before the client sees it. */
function answering(
  { eventBridge }: Wire,
  change: (results: PutEventsResultEntry[]) => PutEventsResultEntry[] | undefined,
): void {
  eventBridge.middlewareStack.add(
    next => async args => {
      const result = await next(args);
      const output = result.output as PutEventsCommandOutput;
      output.Entries = change(output.Entries ?? []);
      return result;
    },
    { step: 'initialize' },
  );
}

describe('an event', () => {
  test('comes to the bus with its type, its time and every character of its detail', async () => {
    const { endpoint, send } = await connected();
    const detail = {
      ...anEvent(0).detail,
      rule: { description: 'Zügang "日本" \\ <b>🔥\u0000\n', tags: {}, ports: [22, null] },
    };
    await expect(send([{ type: EventType.INGRESS_RULE_REVOKED, detail }])).resolves.toEqual([]);
    expect(endpoint.events).toEqual([
      { eventBus: 'default', source: 'cdk-network-hygiene', detailType: 'Ingress Rule Revoked', detail, time: NOW },
    ]);
  });

  test('comes to the bus that is named by its ARN, and to no other', async () => {
    const { endpoint, send } = await connected();
    endpoint.addEventBus(BUS_ARN);
    await send(events(1), BUS_ARN);
    expect(endpoint.events).toMatchObject([{ eventBus: BUS_ARN }]);
  });

  test('that cannot be written as JSON is returned, and the others are delivered', async () => {
    const wire = await connected();
    const returned = await wire.send([anEvent(0), anEvent(1, { bytes: 1n }), anEvent(2)]);
    expect(returned).toEqual([
      { event: anEvent(1, { bytes: 1n }), code: 'TypeError', message: expect.stringContaining('BigInt') as string },
    ]);
    expect(delivered(wire)).toEqual([0, 2]);
  });

  test('that is none makes no call', async () => {
    const { endpoint, send } = await connected();
    await expect(send([])).resolves.toEqual([]);
    expect(endpoint.calls).toEqual([]);
  });
});

describe('events go in calls', () => {
  test('of ten', async () => {
    const wire = await connected();
    await expect(wire.send(events(23))).resolves.toEqual([]);
    expect(entriesPerCall(wire).sort((a, b) => b - a)).toEqual([10, 10, 3]);
    expect(delivered(wire)).toEqual(numbersUpTo(23));
    expect(wire.clock.slept).toEqual([]);
  });

  test('of no more bytes than EventBridge takes', async () => {
    const wire = await connected();
    await expect(wire.send(numbersUpTo(5).map(n => eventOfBytes(100_000, n)))).resolves.toEqual([]);
    expect(entriesPerCall(wire).sort((a, b) => b - a)).toEqual([2, 2, 1]);
    expect(delivered(wire)).toEqual(numbersUpTo(5));
  });

  test('as full as they may be', async () => {
    const wire = await connected();
    await expect(
      wire.send([eventOfBytes(125_000, 0), eventOfBytes(125_000, 1), eventOfBytes(250_000, 2)]),
    ).resolves.toEqual([]);
    expect(entriesPerCall(wire)).toEqual([2, 1]);
  });

  test('without those that are too large by themselves, which are returned', async () => {
    const wire = await connected();
    const characters = anEvent(3, { padding: 'ü'.repeat(130_000) });
    const returned = await wire.send([anEvent(0), eventOfBytes(250_001, 1), anEvent(2), characters]);
    expect(numbersOf(returned)).toEqual([1, 3]);
    expect(returned[0]).toEqual({
      event: eventOfBytes(250_001, 1),
      code: 'EventTooLarge',
      message: expect.stringContaining('has 250001 bytes') as string,
    });
    expect(entriesPerCall(wire)).toEqual([2]);
    expect(delivered(wire)).toEqual([0, 2]);
  });

  test('one first, and then four at a time', async () => {
    const { endpoint, send } = await connected();
    let underWay = 0;
    const seen: number[] = [];
    endpoint.before('PutEvents', async () => {
      seen.push(underWay += 1);
      // After the first one, each waits for three others, as long as they may take under load.
      for (let tries = 0; tries < 100 && seen.length > 1 && seen.length < 5; tries++) await sleep(20);
      await sleep(20);
      underWay -= 1;
    });
    await send(events(120));
    expect(seen[1]).toBe(1);
    expect(Math.max(...seen)).toBe(4);
    expect(seen).toHaveLength(12);
  });
});

describe('an event that fails by itself', () => {
  test('is the only one that is sent again', async () => {
    const wire = await connected();
    wire.endpoint.failEvents({ code: 'InternalFailure', times: 1, when: ({ detail }) => detail.n === 3 });
    await expect(wire.send(events(10))).resolves.toEqual([]);
    expect(entriesPerCall(wire)).toEqual([10, 1]);
    expect(delivered(wire)).toEqual(numbersUpTo(10));
    expect(wire.clock.slept).toEqual([200]);
  });

  test('is sent three times in all, and then returned with what EventBridge said of it', async () => {
    const wire = await connected();
    wire.endpoint.failEvents({
      code: 'ThrottlingException',
      message: 'too fast',
      when: ({ detail }) => detail.n === 3 || detail.n === 7,
    });
    expect(await wire.send(events(10))).toEqual(
      [3, 7].map(n => ({ event: anEvent(n), code: 'ThrottlingException', message: 'too fast' })),
    );
    expect(entriesPerCall(wire)).toEqual([10, 2, 2]);
    expect(delivered(wire)).toEqual([0, 1, 2, 4, 5, 6, 8, 9]);
    expect(wire.clock.slept).toEqual([200, 800]);
  });

  test.each([
    'AccessDeniedException',
    'InvalidAccountIdException',
    'InvalidArgument',
    'MalformedDetail',
    'RedactionFailure',
    'NotAuthorizedForSourceException',
    'NotAuthorizedForDetailTypeException',
  ])('for good is not sent again: %s', async code => {
    const wire = await connected();
    wire.endpoint.failEvents({ code, message: 'never', when: ({ detail }) => detail.n === 1 });
    wire.endpoint.failEvents({ code: 'InternalFailure', times: 1, when: ({ detail }) => detail.n === 2 });
    expect(await wire.send(events(3))).toEqual([{ event: anEvent(1), code, message: 'never' }]);
    expect(entriesPerCall(wire)).toEqual([3, 1]);
    expect(delivered(wire)).toEqual([0, 2]);
  });

  test('is returned with the error, when sending it again fails as a whole', async () => {
    const wire = await connected();
    wire.endpoint.failEvents({ code: 'InternalFailure', when: ({ detail }) => detail.n === 3 });
    wire.endpoint.fault({
      action: 'PutEvents',
      kind: 'error',
      code: 'ServiceUnavailable',
      message: 'not now',
      when: ({ Entries }) => (Entries as unknown[]).length === 1,
    });
    expect(await wire.send(events(10))).toEqual([
      { event: anEvent(3), code: 'ServiceUnavailable', message: 'not now' },
    ]);
    expect(delivered(wire)).toEqual(numbersUpTo(10).filter(n => n !== 3));
  });

  test('without any reason is sent again, too', async () => {
    const wire = await connected();
    answering(wire, results =>
      results.map(({ EventId, ...result }, index) => (index === 0 ? result : { EventId, ...result })),
    );
    expect(await wire.send(events(2))).toEqual([
      { event: anEvent(0), code: 'Unknown', message: 'EventBridge did not say why' },
    ]);
    expect(entriesPerCall(wire)).toEqual([2, 1, 1]);
  });
});

describe('a call that fails', () => {
  test('is sent again by the SDK, so that its events are delivered at least once: twice, if only the answer was lost', async () => {
    const wire = await connected({ maxAttempts: 3 });
    wire.endpoint.fault({ action: 'PutEvents', kind: 'error-after-effect', times: 1 });
    await expect(wire.send(events(2))).resolves.toEqual([]);
    expect(wire.endpoint.calls.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual([
      '1 InternalError',
      '2 OK',
    ]);
    expect(delivered(wire)).toEqual([0, 0, 1, 1]);
  });

  test('is sent again a moment later, so that throttling now and then loses nothing', async () => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'PutEvents', kind: 'throttle', every: 7 });
    await expect(wire.send(events(1000))).resolves.toEqual([]);
    expect(delivered(wire)).toEqual(numbersUpTo(1000));
    expect(wire.clock.slept).toContain(200);
  });

  test('three times returns its events as undelivered, and the others are delivered', async () => {
    const wire = await connected();
    wire.endpoint.fault({
      action: 'PutEvents',
      kind: 'error',
      code: 'ServiceUnavailable',
      message: 'not now',
      status: 503,
      times: 3,
    });
    const returned = await wire.send(events(45));
    expect(numbersOf(returned)).toEqual(numbersUpTo(10));
    expect(returned.every(({ code, message }) => code === 'ServiceUnavailable' && message === 'not now')).toBe(true);
    expect(delivered(wire)).toEqual(numbersUpTo(45).slice(10));
    expect(wire.endpoint.calls).toHaveLength(7);
  });

  test('whose delivery is unknown says so, and is not sent again', async () => {
    const wire = await connected();
    answering(wire, results => results.slice(1));
    const returned = await wire.send(events(3));
    expect(numbersOf(returned)).toEqual([0, 1, 2]);
    expect(returned[0]).toMatchObject({
      code: 'UnexpectedAnswer',
      message: 'EventBridge answered 3 entries with 2 results; whether they were delivered is unknown',
    });
    expect(wire.endpoint.calls).toHaveLength(1);
  });

  test('counts as failed even if it succeeded without any result', async () => {
    const wire = await connected();
    answering(wire, () => undefined);
    expect(await wire.send(events(1))).toMatchObject([{ code: 'UnexpectedAnswer' }]);
  });
});

describe('the rest is not tried, and returned', () => {
  test('after the first call was denied', async () => {
    const wire = await connected({ maxAttempts: 3 });
    wire.endpoint.deny('PutEvents');
    const returned = await wire.send(events(45));
    expect(numbersOf(returned)).toEqual(numbersUpTo(45));
    expect(new Set(returned.map(({ code }) => code))).toEqual(new Set(['AccessDeniedException']));
    expect(
      returned.filter(({ message }) =>
        message.startsWith('Not tried, because other events failed: User is not authorized'),
      ),
    ).toHaveLength(35);
    expect(wire.endpoint.calls).toHaveLength(1);
    expect(wire.clock.slept).toEqual([]);
  });

  test('after a later one was denied, except for those in progress', async () => {
    const wire = await connected();
    wire.endpoint.after('PutEvents', () => wire.endpoint.deny('PutEvents'));
    const returned = await wire.send(events(100));
    expect(delivered(wire)).toEqual(numbersUpTo(10));
    expect(numbersOf(returned)).toEqual(numbersUpTo(100).slice(10));
    expect(wire.endpoint.calls).toHaveLength(5);
  });

  test.each([
    ['are cut off', { action: 'PutEvents', kind: 'drop-socket' }, 'socket hang up'],
    ['fail', { action: 'PutEvents', kind: 'error', message: 'not now' }, 'not now'],
  ] as const)('after eight calls that %s every time, except for those in progress', async (_, fault, said) => {
    const wire = await connected();
    wire.endpoint.fault(fault);
    const returned = await wire.send(events(500));
    expect(numbersOf(returned)).toEqual(numbersUpTo(500));
    expect(returned.every(({ message }) => message.includes(said))).toBe(true);
    const tried = returned.filter(({ message }) => !message.startsWith('Not tried')).length / 10;
    expect(tried).toBeGreaterThanOrEqual(8);
    expect(tried).toBeLessThanOrEqual(11);
    expect(wire.endpoint.calls).toHaveLength(3 * tried);
  });

  test('after eight calls of which every event fails', async () => {
    const wire = await connected();
    wire.endpoint.failEvents({ code: 'InternalFailure', message: 'not now' });
    const returned = await wire.send(events(500));
    expect(numbersOf(returned)).toEqual(numbersUpTo(500));
    expect(wire.endpoint.calls.length).toBeGreaterThanOrEqual(24);
    expect(wire.endpoint.calls.length).toBeLessThanOrEqual(33);
  });

  test('when time is up, and no wait goes past that', async () => {
    const wire = await connected();
    const in500Millis = new Date(wire.clock.now().getTime() + 500);
    // Every call takes time.
    wire.endpoint.before('PutEvents', () => wire.clock.advance(100));
    wire.endpoint.failEvents({ code: 'InternalFailure', message: 'not now' });
    const returned = await wire.send(events(100), 'default', in500Millis);
    expect(numbersOf(returned)).toEqual(numbersUpTo(100));
    expect(wire.clock.now().getTime()).toBeLessThanOrEqual(in500Millis.getTime() + 4 * 100);
    expect(returned.filter(({ code }) => code === 'OutOfTime').length).toBeGreaterThanOrEqual(50);
    const calls = wire.endpoint.calls.length;
    expect(await wire.send(events(20), 'default', wire.clock.now())).toHaveLength(20);
    expect(wire.endpoint.calls).toHaveLength(calls);
  });
});

test('every event is delivered or returned, whatever fails', async () => {
  const wire = await connected();
  const eventFault = fc.record({
    code: fc.constantFrom('InternalFailure', 'ThrottlingException', 'InvalidArgument', 'AccessDeniedException'),
    every: fc.integer({ min: 1, max: 7 }), times: fc.integer({ min: 0, max: 40 }),
  });
  const callFault = fc.record({
    action: fc.constant('PutEvents'), kind: fc.constantFrom('error', 'throttle', 'drop-socket', 'error-after-effect'),
    code: fc.constantFrom('InternalError', 'AccessDeniedException', 'ServiceUnavailable'),
    every: fc.integer({ min: 1, max: 5 }), times: fc.integer({ min: 0, max: 4 }),
  });
  const sizes = fc.array(fc.constantFrom(200, 200, 200, 60_000, 130_000, 250_001), { maxLength: 70 });
  const faults = fc.tuple(fc.array(eventFault, { maxLength: 2 }), fc.array(callFault, { maxLength: 2 }));
  await fc.assert(fc.asyncProperty(sizes, faults, async (list, [eventFaults, callFaults]) => {
    wire.endpoint.events.length = 0;
    wire.endpoint.calls.length = 0;
    wire.endpoint.clearFaults();
    eventFaults.forEach(fault => wire.endpoint.failEvents(fault));
    callFaults.forEach(fault => wire.endpoint.fault(fault));
    const returned = await wire.send(list.map((bytes, n) => eventOfBytes(bytes, n)));

    const numbers = numbersOf(returned);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(ascending([...new Set([...numbers, ...delivered(wire)])])).toEqual(numbersUpTo(list.length));
    expect(wire.endpoint.calls.length).toBeLessThanOrEqual(list.length * 3);
    expect(wire.endpoint.calls.map(({ outcome }) => outcome)).not.toContain('ValidationException');
    // The SDK sends each call once here, so an event can be both delivered and failed only if a response is lost.
    const answersLost = callFaults.some(({ kind }) => kind === 'error-after-effect');
    if (!answersLost) expect(ascending([...numbers, ...delivered(wire)])).toEqual(numbersUpTo(list.length));
  }), { numRuns: 100 });
});

describe('the preflight', () => {
  test.each(['default', BUS_ARN])('makes one call for %s, and delivers nothing', async eventBus => {
    const wire = await connected();
    wire.endpoint.addEventBus(BUS_ARN);
    await expect(wire.events.preflight(eventBus)).resolves.toBeUndefined();
    expect(wire.endpoint.events).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([
      {
        action: 'PutEvents',
        outcome: 'OK',
        parameters: { Entries: [{ EventBusName: eventBus, Source: 'cdk-network-hygiene', DetailType: 'Preflight' }] },
      },
    ]);
  });

  test('fails when the call is denied', async () => {
    const { endpoint, events: port } = await connected();
    endpoint.deny('PutEvents');
    expect(await refusal(port.preflight('default'))).toMatchObject({ code: 'AccessDeniedException' });
  });

  test('fails when EventBridge says that the bus does not exist', async () => {
    const { endpoint, events: port } = await connected();
    endpoint.fault({
      action: 'PutEvents',
      kind: 'error',
      code: 'ResourceNotFoundException',
      message: 'Event bus gone does not exist.',
    });
    expect(await refusal(port.preflight('gone'))).toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'Event bus gone does not exist.',
    });
  });

  test('does not notice a missing bus, because EventBridge does not report it', async () => {
    const { events: port } = await connected();
    await expect(port.preflight('misspelt')).resolves.toBeUndefined();
  });

  test.each([
    [
      { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' },
      'Not authorized for the source.',
    ],
    [{ ErrorCode: 'AccessDeniedException' }, 'AccessDeniedException'],
  ])('fails when the entry is refused for anything but its detail: %j', async (result, message) => {
    const wire = await connected();
    answering(wire, () => [result]);
    expect(await refusal(wire.events.preflight('default'))).toMatchObject({ code: result.ErrorCode, message });
  });
});
