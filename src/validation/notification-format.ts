/** Checks the format of messages. */
import { Kind } from './kinds';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { NotificationFormat } from '../notification-format';

export const A_NOTIFICATION_FORMAT: Kind = {
  what: Object.keys(NotificationFormat).map(name => `NotificationFormat.${name}`).join(' or '),
  is: value => Object.values<unknown>(NotificationFormat).includes(value),
};

/** @throws when the format has no effect, because there is no topic */
export function requireTopicOfFormat(
  path: string, { notifications, notificationFormat }: Pick<NetworkHygieneProps, 'notifications' | 'notificationFormat'>,
): void {
  if (notificationFormat !== NotificationFormat.CHAT || notifications !== undefined) return;
  throw new Error(
    `${path}: notificationFormat: got NotificationFormat.CHAT, and there is no topic whose messages would have it; give notifications, or leave it out`,
  );
}
