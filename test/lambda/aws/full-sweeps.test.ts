/** Tests how sweeps of everything are started with Lambda, and reminders are sent with SQS. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { fullSweeps } from '../../../lambda/aws/full-sweeps';
import { errorFacts } from '../../../lambda/core/errors';
import { CHANGE_SWEEP_INPUT, SWEEP_REMINDER } from '../../../src/contract/names';
import { clientOf, closing, connect, disconnect } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

async function connected({ maxAttempts = 1 } = {}) {
  const { endpoint } = await connect();
  const config = clientOf(endpoint, maxAttempts);
  const [lambda, sqs] = [closing(new LambdaClient(config)), closing(new SQSClient(config))];
  const queueUrl = endpoint.addQueue('changes');
  endpoint.addFunction('sweeper');
  return { endpoint, queueUrl, port: fullSweeps(lambda, sqs, { functionName: 'sweeper', queueUrl }) };
}

test('a sweep is started by an invocation that nobody waits for, with the constant event', async () => {
  const { endpoint, port } = await connected();
  await port.start();
  expect(endpoint.invocations).toEqual([{ functionName: 'sweeper', payload: CHANGE_SWEEP_INPUT }]);
  expect(endpoint.calls).toMatchObject([{ action: 'Invoke', parameters: { InvocationType: 'Event' } }]);
});

test('a reminder is a message of the queue of changes that arrives later, and names nothing', async () => {
  const { endpoint, queueUrl, port } = await connected();
  await port.remindIn(600);
  expect(endpoint.sentMessages).toEqual([{ queueUrl, body: JSON.stringify(SWEEP_REMINDER), delaySeconds: 600 }]);
  expect(endpoint.invocations).toEqual([]);
});

test('a call whose answer is lost is made again', async () => {
  const { endpoint, port } = await connected({ maxAttempts: 2 });
  endpoint.fault({ action: '*', kind: 'error-after-effect', times: 1 });
  await port.start();
  expect(endpoint.invocations).toHaveLength(2);
});

test.each([
  ['Invoke', 'AccessDeniedException'],
  ['SendMessage', 'AccessDenied'],
])('%s fails with what AWS says', async (action, code) => {
  const { endpoint, port } = await connected();
  endpoint.deny(action);
  const error: unknown = await (action === 'Invoke' ? port.start() : port.remindIn(60)).catch((refused: unknown) => refused);
  expect(errorFacts(error)).toMatchObject({
    code: expect.stringContaining(code) as string, requestId: endpoint.calls[0].requestId,
  });
  expect([...endpoint.invocations, ...endpoint.sentMessages]).toEqual([]);
});
