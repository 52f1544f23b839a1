/**
 * Sends what a run or an invocation changed or saw change: events to EventBridge, and a message to people. A failed
 * delivery does not fail the run.
 */
import { chatPublication, textInChat } from './chat';
import { type Commands, events, notices } from './events';
import { notification } from './notification';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { errorFacts } from '../errors';
import type { HygieneEvent, Notification, Publication, UndeliveredEvent } from '../model/delivery';
import type { SweepResult } from '../model/result';
import type { Clock, Events, Log, Notifications } from '../ports';

/** The events and the message to send. */
export interface Tidings {
  readonly events: readonly HygieneEvent[];
  readonly notification?: Notification;
  /** 1 if the texts could not be created. */
  readonly failed: 0 | 1;
}

/** The event bus and the topic, with the format of its messages. */
export type Audience = Pick<DecodedConfiguration, 'eventBus' | 'notificationsTopicArn' | 'notificationFormat'>;

export interface TellDependencies {
  readonly events: Events;
  readonly notifications: Notifications;
  readonly clock: Clock;
  readonly log: Log;
  /** No call that sends events starts after this time. */
  readonly tellUntil: Date;
}

/** At most this many failure lines per sweep; the metric counts all of them. */
const DELIVERY_LINES = 100;

export function tidingsOf(
  result: SweepResult, configuration: DecodedConfiguration,
  { log, restoreFunctionName, approveFunctionName }: Commands & { readonly log: Log },
): Tidings {
  try {
    const changed = events(result, configuration, {
      ...configuration.allowRestore && { restoreFunctionName }, ...configuration.approval && { approveFunctionName },
    });
    const told = notification([...changed, ...notices(result, configuration)]);
    return { events: changed, notification: told, failed: 0 };
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('ERROR', `The texts about the changes of the sweep could not be created: ${code}: ${message}`, {
      event: 'DeliveryFailed',
      error: { code, message },
    });
    return { events: [], failed: 1 };
  }
}

/** The events and messages that could not be delivered. */
export interface Failed {
  readonly events: ReadonlySet<HygieneEvent>;
  /** The number of messages: 0 or 1. */
  readonly messages: 0 | 1;
  /** The text that people got. Absent: none. */
  readonly text?: string;
}

/** Sends the events, and the notification if there is a topic. */
export async function tell(
  tidings: Tidings, configuration: DecodedConfiguration, dependencies: TellDependencies,
): Promise<Failed> {
  const [undelivered, { failed: messages, text }] = await Promise.all([
    send(tidings.events, configuration, dependencies),
    publish(tidings.notification, configuration, dependencies),
  ]);
  return { events: new Set(undelivered.map(({ event }) => event)), messages, text };
}

/** @returns the events that could not be delivered */
export async function send(
  changed: readonly HygieneEvent[],
  { eventBus }: Audience,
  { clock, events: bus, log, tellUntil: until }: TellDependencies,
): Promise<UndeliveredEvent[]> {
  const undelivered = await bus.send(eventBus, changed, { time: clock.now(), until });
  for (const { event, code, message } of undelivered.slice(0, DELIVERY_LINES)) {
    const { securityGroupRuleId, vpnConnectionId, groupId } = event.detail;
    const about = securityGroupRuleId ?? vpnConnectionId ?? groupId;
    const what = `${event.type}${about === undefined ? '' : ` of ${String(about)}`}`;
    const fields = { eventBus, detailType: event.type, securityGroupRuleId, vpnConnectionId, error: { code, message } };
    log('ERROR', `The event ${what} was not delivered to the event bus ${eventBus}: ${code}: ${message}`, {
      event: 'DeliveryFailed',
      ...fields,
    });
  }
  return undelivered;
}

/**
 * Sends the text alone if the message for a chat cannot be created. This counts as a failed delivery, because the chat
 * then gets nothing.
 *
 * @returns the number of failed deliveries, 0 or 1, and the text that people got
 */
export async function publish(
  message: Notification | undefined,
  { notificationsTopicArn: topicArn, notificationFormat }: Audience,
  dependencies: Pick<TellDependencies, 'notifications' | 'clock' | 'log'>,
): Promise<{ readonly failed: 0 | 1; readonly text?: string }> {
  if (message === undefined || topicArn === undefined) return { failed: 0 };
  const { notifications, log } = dependencies;
  const isForChat = notificationFormat === 'chat';
  const forChat = isForChat ? publicationForChat(message, topicArn, dependencies) : undefined;
  try {
    await notifications.publish(topicArn, forChat ?? { subject: message.subject, message: message.message });
    const isUnsent = isForChat && forChat === undefined;
    if (isUnsent) return { failed: 1 };
    return { failed: 0, text: forChat === undefined ? message.message : textInChat(forChat) };
  } catch (error) {
    const facts = errorFacts(error);
    log('ERROR', `The notification was not delivered to ${topicArn}: ${facts.code}: ${facts.message}`, {
      event: 'DeliveryFailed',
      topicArn,
      error: facts,
    });
    return { failed: 1 };
  }
}

/** @returns undefined if it cannot be created */
function publicationForChat(
  message: Notification, topicArn: string, { clock, log }: Pick<TellDependencies, 'clock' | 'log'>,
): Publication | undefined {
  try {
    return chatPublication(message, { topicArn, now: clock.now() });
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The message for a chat could not be created, so ${topicArn} gets only the text for mailboxes`;
    log('ERROR', `${text}: ${facts.code}: ${facts.message}`, { event: 'DeliveryFailed', topicArn, error: facts });
    return undefined;
  }
}
