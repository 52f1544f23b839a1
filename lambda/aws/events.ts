/**
 * The events port over EventBridge's PutEvents.
 *
 * At least once: an answer that is lost makes the SDK send the same events again. Their order is not kept.
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

/** EventBridge takes no more in one call. */
const ENTRIES_PER_CALL = 10;

/**
 * It takes less than 256 KB in one call (1 MB by now, not in every Region), and wraps each event before it hands it to
 * targets that take 256 KB, too.
 */
const BYTES_PER_CALL = 250_000;

const CALLS_AT_A_TIME = 4;

/** Waits before events that failed are sent again. */
const DELAYS_MILLIS = [200, 800];

/**
 * Calls that delivered nothing, however often they were tried, and none that did in between: then the bus is taken for
 * broken.
 */
const CALLS_IN_VAIN = 2 * CALLS_AT_A_TIME;

/** What EventBridge documents as failures that stay, and an answer that leaves open what was delivered. */
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

/** An event and how it is sent. */
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
      // Alone: where the first is denied the others would be, too.
      if (first !== undefined) await send(first);
      await inParallel(CALLS_AT_A_TIME, others, send);
      return undelivered;
    },
    preflight: async eventBus => {
      // EventBridge has no dry run. It refuses an entry whose detail is no JSON by itself, once it has found that the
      // caller may send: nothing is delivered. That a bus does not exist is not found here, nor later: EventBridge
      // takes events for it and drops them (https://github.com/aws/aws-cli/issues/9186).
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

/** Events as they are sent, and those that cannot be. */
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

/** Parts, as long as EventBridge takes them in one call. */
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

/** Sends the events of a call, and again those that fail. @returns those that failed in the end */
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

/** Sends the events of a call once. @returns those that EventBridge did not take */
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

/** @returns one result per entry, in their order */
async function put(client: EventBridgeClient, entries: PutEventsRequestEntry[]): Promise<PutEventsResultEntry[]> {
  const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
  if (results.length === entries.length) return results;
  const message = `EventBridge answered ${entries.length} entries with ${results.length} results; whether they were delivered is unknown`;
  throw Object.assign(new Error(message), { name: 'UnexpectedAnswer' });
}
