/** Sorts the messages of a batch of the queue of changes. */
import { type Identified, parseMessage, type ParseOptions, type UnreadFacts } from './parse';
import { isRecord } from '../invocation/requests';
import type { Change } from '../model/change';

/** A change, with the ids of the messages that are about it: SQS and EventBridge may deliver an event twice. */
export interface ChangeMessage extends Identified {
  readonly messageIds: readonly string[];
  readonly change: Change;
  /** Whether a run has received it before, and could not deal with it. */
  readonly isRedelivered: boolean;
}

/** A change of which no id could be taken, with the ids of the messages that are about it. */
export interface UnreadChange extends UnreadFacts, Identified {
  readonly messageIds: readonly string[];
}

export interface Batch {
  readonly changes: readonly ChangeMessage[];
  readonly unread: readonly UnreadChange[];
  /** The ids of messages that remind of a requested sweep. */
  readonly reminders: readonly string[];
  /** The ids of messages that hold no JSON object. */
  readonly unusable: readonly string[];
  /** The number of these that are delivered for the first time. */
  readonly newlyUnusable: number;
  /** The number of calls that failed, or that the functions of this construct made. */
  readonly leftOut: number;
}

/** @throws when the event is not a batch of SQS */
export function batchOf(event: unknown, options: ParseOptions): Batch {
  const changes = new Map<string, ChangeMessage>();
  const unread = new Map<string, UnreadChange>();
  const reminders: string[] = [];
  const unusable: string[] = [];
  let [newlyUnusable, leftOut] = [0, 0];
  for (const { messageId, body, isRedelivered } of messagesOf(event)) {
    const message = parseMessage(body, options);
    switch (message.kind) {
      case 'change': {
        const { change, identity } = message;
        const key = identity ?? `message ${messageId}`;
        const before = changes.get(key);
        changes.set(key, {
          messageIds: [...before?.messageIds ?? [], messageId], change, identity,
          isRedelivered: isRedelivered || before?.isRedelivered === true,
        });
        break;
      }
      case 'unread': {
        const { facts, identity } = message;
        const key = identity ?? `message ${messageId}`;
        unread.set(key, { ...facts, identity, messageIds: [...unread.get(key)?.messageIds ?? [], messageId] });
        break;
      }
      case 'reminder': reminders.push(messageId); break;
      case 'unusable': {
        unusable.push(messageId);
        if (!isRedelivered) newlyUnusable += 1;
        break;
      }
      case 'left-out': leftOut += 1; break;
    }
  }
  return { changes: [...changes.values()], unread: [...unread.values()], reminders, unusable, newlyUnusable, leftOut };
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly isRedelivered: boolean;
}

function messagesOf(event: unknown): Message[] {
  const records: unknown = isRecord(event) ? event.Records : undefined;
  if (!Array.isArray(records)) throw noBatch('it has no list Records');
  const messages = records.flatMap((each: unknown): Message[] => {
    if (!isRecord(each) || typeof each.messageId !== 'string') return [];
    const { messageId, body, attributes } = each;
    return [{ messageId, body: typeof body === 'string' ? body : '', isRedelivered: isRecord(attributes) && Number(attributes.ApproximateReceiveCount) > 1 }];
  });
  if (messages.length < records.length) {
    throw noBatch(`${records.length - messages.length} of its Records have no messageId`);
  }
  return messages;
}

const noBatch = (what: string): Error =>
  new Error(`The event is not a batch of SQS: ${what}. Nothing was done. Only the queue of changes invokes this function`);
