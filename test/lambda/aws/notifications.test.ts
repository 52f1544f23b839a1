/** Tests notifications over the wire, with the SDK's own client and a double of SNS. */
import { snsNotifications } from '../../../lambda/aws/notifications';
import { errorFacts } from '../../../lambda/core/errors';
import { connect, disconnect } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:changes';
const NOTIFICATION = {
  subject: 'Network hygiene: 1 rule revoked',
  message: 'tcp 22 from 0.0.0.0/0 was revoked of sg-1 (Zürich "web" & <b>).\n\nPut it back:\n\taws …',
};

test('a notification is published to its topic as it is', async () => {
  const { endpoint, sns } = await connect();
  await expect(snsNotifications(sns).publish(TOPIC, NOTIFICATION)).resolves.toBeUndefined();
  expect(endpoint.messages).toEqual([{ topicArn: TOPIC, ...NOTIFICATION }]);
  expect(endpoint.calls).toHaveLength(1);
});

test('a notification with a text per protocol is published as such; one without has no structure on the wire', async () => {
  const { endpoint, sns } = await connect();
  const texts = { default: NOTIFICATION.message, https: JSON.stringify({ title: 'Zürich "web"' }) };
  const publication = { subject: NOTIFICATION.subject, message: JSON.stringify(texts), structure: 'json' as const };
  await snsNotifications(sns).publish(TOPIC, publication);
  await snsNotifications(sns).publish(TOPIC, NOTIFICATION);
  expect(endpoint.messages).toEqual([
    { topicArn: TOPIC, ...NOTIFICATION, byProtocol: { https: texts.https } }, { topicArn: TOPIC, ...NOTIFICATION },
  ]);
  expect(endpoint.calls.map(({ parameters }) => parameters)).toMatchObject([{ MessageStructure: 'json' }, {}]);
  expect(endpoint.calls[1].parameters).not.toHaveProperty('MessageStructure');
});

test('a notification whose answer is lost is published again', async () => {
  const { endpoint, sns } = await connect({ maxAttempts: 3 });
  endpoint.fault({ action: 'Publish', kind: 'error-after-effect', times: 1 });
  await snsNotifications(sns).publish(TOPIC, NOTIFICATION);
  expect(endpoint.messages).toEqual([{ topicArn: TOPIC, ...NOTIFICATION }, { topicArn: TOPIC, ...NOTIFICATION }]);
});

test.each([
  ['that is denied', 'AuthorizationErrorException', {}, TOPIC],
  ['with a subject that SNS does not take', 'InvalidParameterException', { subject: 's'.repeat(101) }, TOPIC],
  ['to a topic that there is not', 'NotFoundException', {}, `${TOPIC}-gone`],
])('a notification %s fails with what SNS says', async (why, code, overrides, topicArn) => {
  const { endpoint, sns } = await connect();
  endpoint.addTopic(TOPIC);
  if (why === 'that is denied') endpoint.deny('Publish');
  const error: unknown = await snsNotifications(sns)
    .publish(topicArn, { ...NOTIFICATION, ...overrides })
    .catch((refused: unknown) => refused);
  expect(errorFacts(error)).toMatchObject({ code, requestId: endpoint.calls[0].requestId });
  expect(endpoint.messages).toEqual([]);
});
