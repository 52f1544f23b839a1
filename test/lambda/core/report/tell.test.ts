/** Tests in which form a message reaches the topic, and that a form that cannot be created costs only itself. */
import type { Notification } from '../../../../lambda/core/model/delivery';
import { notification } from '../../../../lambda/core/report/notification';
import { type Audience, publish } from '../../../../lambda/core/report/tell';
import { EventType } from '../../../../src/contract/names';
import { awsError } from '../../../support/aws-error';
import { customNotification, type Texts } from '../../../support/custom-notification';
import { MemoryClock, MemoryLog, MemoryNotifications } from '../../../support/recorders';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
const TEXT: Audience = { eventBus: 'default', notificationsTopicArn: TOPIC };
const CHAT: Audience = { ...TEXT, notificationFormat: 'chat' };

const MESSAGE = notification([{
  type: EventType.FINDING_OPENED, detail: { message: 'Found sgr-1', hygiene: 'Prod/Hygiene', sweepId: 'sweep-1' },
}]) as Notification;
const { subject, message } = MESSAGE;

async function published(
  told: Notification | undefined, audience: Audience, notifications = new MemoryNotifications(),
): Promise<{ failed: number; sent: MemoryNotifications['published']; log: MemoryLog }> {
  const log = new MemoryLog();
  const { failed } = await publish(told, audience, { notifications, clock: new MemoryClock(), log: log.log });
  return { failed, sent: notifications.published, log };
}

test('a text goes to the topic as it is, without a structure, and without what it was made from', async () => {
  const { failed, sent, log } = await published(MESSAGE, TEXT);
  expect([failed, log.lines]).toEqual([0, []]);
  expect(sent).toStrictEqual([{ topicArn: TOPIC, subject, message }]);
});

test('a message for chats has the same subject, and the same text for mailboxes', async () => {
  const { failed, sent: [sent], log } = await published(MESSAGE, CHAT);
  const texts = JSON.parse(sent.message) as Texts;
  expect([failed, log.lines, sent.subject, sent.structure, texts.default]).toEqual([0, [], subject, 'json', message]);
  expect(customNotification(texts).content.description).toBe('*New findings (1)*\n- `Found sgr-1`');
});

test.each<[string, Partial<Notification>, string]>([
  ['is longer than SNS takes', { message: '"'.repeat(262_144) }, 'the texts have '],
  ['has no section', { news: { ...MESSAGE.news, sections: [] } }, 'no event is of a known type'],
])('the text is sent alone if the message for chats %s; that is counted and logged', async (_, change, why) => {
  const told = { ...MESSAGE, ...change };
  const { failed, sent, log } = await published(told, CHAT);
  expect(failed).toBe(1);
  expect(sent).toStrictEqual([{ topicArn: TOPIC, subject, message: told.message }]);
  expect(log.ofEvent('DeliveryFailed')).toMatchObject([{ level: 'ERROR', fields: { topicArn: TOPIC } }]);
  expect(log.lines[0].message).toContain(
    `The message for a chat could not be created, so ${TOPIC} gets only the text for mailboxes: Error: ${why}`,
  );
});

test.each([['text', TEXT], ['chats', CHAT]])('a message for %s that SNS refuses is one failed delivery', async (_, audience) => {
  const { failed, log } = await published(MESSAGE, audience, new MemoryNotifications(awsError('AuthorizationErrorException')));
  expect(failed).toBe(1);
  expect(log.lines).toHaveLength(1);
});

test.each([
  ['there is nothing to tell', undefined, CHAT],
  ['there is no topic', MESSAGE, { ...CHAT, notificationsTopicArn: undefined }],
])('nothing is sent if %s', async (_, told, audience) => {
  expect(await published(told, audience)).toMatchObject({ failed: 0, sent: [], log: { lines: [] } });
});
