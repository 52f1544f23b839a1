/**
 * Implements the events port with EventBridge's PutEvents.
 *
 * Delivery is at least once: if a response is lost, the SDK sends the same events again. The order of events is not
 * kept.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
import type { PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { type EventBridgeClient, PutEventsCommand } from '../../bundle/sdk';
import { EVENT_SOURCE } from '../../src/contract/names';
import { errorFacts, isDenied } from '../core/errors';
import { inParallel } from '../core/lists';
import type { HygieneEvent, UndeliveredEvent } from '../core/model/delivery';
import type { Clock, Events } from '../core/ports';

/** The number of entries that EventBridge accepts in one call. */
const ENTRIES_PER_CALL = 10;

/**
 * EventBridge accepts less than 256 KB in one call (1 MB in some Regions), and its targets accept 256 KB including the
 * envelope of the event.
 */
const BYTES_PER_CALL = 250_000;

const CALLS_AT_A_TIME = 4;

/** The delays before failed events are sent again. */
const DELAYS_MILLIS = [200, 800];

/**
 * After this many calls in a row that deliver nothing, the event bus counts as broken.
 */
const CALLS_IN_VAIN = 2 * CALLS_AT_A_TIME;

/**
 * Errors that a retry does not fix: those that EventBridge documents, and a response that leaves open what was
 * delivered.
 */
const FINAL = new Set([
  'AccessDeniedException',
  'InvalidAccountIdException',
  'InvalidArgument',
  'MalformedDetail',
  'RedactionFailure',
  'NotAuthorizedForSourceException',
  'NotAuthorizedForDetailTypeException',
  'UnexpectedAnswer',
]);

/** An event and the entry that carries it. */
interface Outgoing {
  readonly event: HygieneEvent;
  readonly entry: PutEventsRequestEntry;
  readonly bytes: number;
}

export function eventBridgeEvents(client: EventBridgeClient, clock: Clock): Events {
  return {
    send: async (eventBus, events, { time, until }) => {
      const { outgoing, undelivered } = prepare(eventBus, events, time);
      let callsInVain = 0;
      let stoppedBy: UndeliveredEvent | undefined;
      const send = async (call: readonly Outgoing[]): Promise<void> => {
        if (clock.now() >= until) {
          undelivered.push(
            ...call.map(({ event }) => ({
              event,
              code: 'OutOfTime',
              message: 'Not tried, because the function is running out of time',
            })),
          );
          return;
        }
        if (stoppedBy !== undefined) {
          const { code, message } = stoppedBy;
          undelivered.push(
            ...call.map(({ event }) => ({
              event,
              code,
              message: `Not tried, because other events failed: ${message}`,
            })),
          );
          return;
        }
        const failed = await deliver(call, DELAYS_MILLIS, { client, clock, until });
        undelivered.push(...failed);
        callsInVain = failed.length === call.length ? callsInVain + 1 : 0;
        const last = failed[failed.length - 1];
        if (callsInVain >= CALLS_IN_VAIN || (callsInVain > 0 && isDenied(last))) stoppedBy = last;
      };
      const [first, ...others] = inCalls(outgoing);
      // The first call goes alone, because an access denial would apply to all calls.
      if (first !== undefined) await send(first);
      await inParallel(CALLS_AT_A_TIME, others, send);
      return undelivered;
    },
    preflight: async eventBus => {
      // EventBridge has no dry run. After it has checked the caller's permission, it refuses an entry whose detail is
      // not JSON, so nothing is delivered. A missing event bus stays unnoticed here and later: EventBridge accepts
      // events for it and drops them (https://github.com/aws/aws-cli/issues/9186).
      const entry = {
        EventBusName: eventBus,
        Source: EVENT_SOURCE,
        DetailType: 'Preflight',
        Detail: 'not JSON, so that it is not delivered',
      };
      const [{ ErrorCode: code, ErrorMessage: message }] = await put(client, [entry]);
      if (code !== undefined && code !== 'MalformedDetail') {
        throw Object.assign(new Error(message ?? code), { name: code });
      }
    },
  };
}

/** Prepares events for sending, and sorts out those that cannot be sent. */
function prepare(
  eventBus: string,
  events: readonly HygieneEvent[],
  time: Date,
): { outgoing: Outgoing[]; undelivered: UndeliveredEvent[] } {
  const outgoing: Outgoing[] = [];
  const undelivered: UndeliveredEvent[] = [];
  for (const event of events) {
    try {
      const entry = {
        EventBusName: eventBus,
        Source: EVENT_SOURCE,
        DetailType: event.type,
        Detail: JSON.stringify(event.detail),
        Time: time,
      };
      const bytes =
        14 + [entry.Source, entry.DetailType, entry.Detail].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if (bytes <= BYTES_PER_CALL) {outgoing.push({ event, entry, bytes });} else {
        undelivered.push({
          event,
          code: 'EventTooLarge',
          message: `The event has ${bytes} bytes, more than the ${BYTES_PER_CALL} that are sent to EventBridge`,
        });
      }
    } catch (error) {
      const { code, message } = errorFacts(error);
      undelivered.push({ event, code, message });
    }
  }
  return { outgoing, undelivered };
}

/** Divides the events into calls of the size that EventBridge accepts. */
function inCalls(outgoing: readonly Outgoing[]): Outgoing[][] {
  const calls: Outgoing[][] = [];
  let bytes = Infinity;
  for (const each of outgoing) {
    const call = calls.at(-1);
    if (call !== undefined && call.length < ENTRIES_PER_CALL && bytes + each.bytes <= BYTES_PER_CALL) {
      call.push(each);
      bytes += each.bytes;
    } else {
      calls.push([each]);
      bytes = each.bytes;
    }
  }
  return calls;
}

interface Delivery {
  readonly client: EventBridgeClient;
  readonly clock: Clock;
  readonly until: Date;
}

/** Sends the events of one call, and retries the events that fail. @returns the events that failed in the end */
async function deliver(
  call: readonly Outgoing[],
  [delay, ...delays]: readonly number[],
  delivery: Delivery,
): Promise<UndeliveredEvent[]> {
  const { client, clock, until } = delivery;
  const failed = await failures(client, call);
  const isLast = delay === undefined || clock.now().getTime() + delay >= until.getTime();
  const again = isLast ? [] : failed.filter(({ code }) => !FINAL.has(code) && !isDenied({ code, message: '' }));
  const undelivered = failed
    .filter(each => !again.includes(each))
    .map(({ outgoing: { event }, code, message }) => ({ event, code, message }));
  if (isLast || again.length === 0) return undelivered;
  await clock.sleep(delay);
  return [
    ...undelivered,
    ...(await deliver(
      again.map(({ outgoing }) => outgoing),
      delays,
      delivery,
    )),
  ];
}

interface Failure {
  readonly outgoing: Outgoing;
  readonly code: string;
  readonly message: string;
}

/** Sends the events of one call once. @returns the events that EventBridge did not accept */
async function failures(client: EventBridgeClient, call: readonly Outgoing[]): Promise<Failure[]> {
  try {
    const results = await put(client, call.map(({ entry }) => entry));
    return call.flatMap((outgoing, index) => {
      const {
        EventId: id,
        ErrorCode: code = 'Unknown',
        ErrorMessage: message = 'EventBridge did not say why',
      } = results[index];
      return id === undefined ? [{ outgoing, code, message }] : [];
    });
  } catch (error) {
    const { code, message } = errorFacts(error);
    return call.map(outgoing => ({ outgoing, code, message }));
  }
}

/** @returns one result per entry, in the order of the entries */
async function put(client: EventBridgeClient, entries: PutEventsRequestEntry[]): Promise<PutEventsResultEntry[]> {
  const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
  if (results.length === entries.length) return results;
  const message = `EventBridge answered ${entries.length} entries with ${results.length} results; whether they were delivered is unknown`;
  throw Object.assign(new Error(message), { name: 'UnexpectedAnswer' });
}
