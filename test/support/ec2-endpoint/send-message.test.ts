/** Tests SQS's SendMessage, which has the same address as EC2. */
import { SendMessageCommand, type SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect() {
  const { endpoint } = await connectEc2();
  return { endpoint, sqs: closing(new SQSClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

function send({ endpoint, sqs }: Wire, input: Partial<SendMessageCommandInput> = {}) {
  const QueueUrl = `${endpoint.url}/111122223333/changes`;
  return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"remind":"sweep"}', ...input }));
}

test('a message is kept with every character and its delay, and has an id', async () => {
  const wire = await connect();
  const queueUrl = wire.endpoint.addQueue('changes');
  const MessageBody = 'Zürich & <b> "日本" 🔥\n\t=x';
  const sent = await send(wire, { MessageBody, DelaySeconds: 900 });
  expect(sent).toMatchObject({ MessageId: expect.any(String) as string });
  await send(wire, { DelaySeconds: 0 });
  await send(wire);
  expect(wire.endpoint.sentMessages).toEqual([
    { queueUrl, body: MessageBody, delaySeconds: 900 },
    { queueUrl, body: '{"remind":"sweep"}', delaySeconds: 0 },
    { queueUrl, body: '{"remind":"sweep"}', delaySeconds: undefined },
  ]);
  expect(wire.endpoint.calls).toMatchObject([{ action: 'SendMessage', outcome: 'OK', parameters: { MessageBody } }, {}, {}]);
});

test('a message may be 1 MiB', async () => {
  const wire = await connect();
  await send(wire, { MessageBody: 'm'.repeat(1_048_576) });
  expect(wire.endpoint.sentMessages).toHaveLength(1);
});

test.each<[string, Partial<SendMessageCommandInput>, string]>([
  ['for a delay of 901 seconds', { DelaySeconds: 901 }, 'InvalidParameterValue'],
  ['for a delay below 0', { DelaySeconds: -1 }, 'InvalidParameterValue'],
  ['for a delay that is not a whole number', { DelaySeconds: 0.5 }, 'InvalidParameterValue'],
  ['for more than 1 MiB', { MessageBody: 'm'.repeat(1_048_577) }, 'InvalidParameterValue'],
  ['for more than 1 MiB in fewer characters', { MessageBody: 'ü'.repeat(524_289) }, 'InvalidParameterValue'],
  ['for a control character', { MessageBody: 'a\u0007b' }, 'InvalidMessageContents'],
  ['without a message', { MessageBody: '' }, 'MissingParameter'],
])('a call fails %s', async (_, input, outcome) => {
  const wire = await connect();
  expect(await refusal(send(wire, input))).toMatchObject({ status: 400, requestId: wire.endpoint.calls[0].requestId });
  expect(wire.endpoint.calls).toMatchObject([{ action: 'SendMessage', outcome }]);
  expect(wire.endpoint.sentMessages).toEqual([]);
});

test('a message to another queue is refused where the test has said which there are', async () => {
  const wire = await connect();
  const { url } = wire.endpoint;
  wire.endpoint.addQueue('changes');
  expect(await refusal(send(wire, { QueueUrl: `${url}/111122223333/change` }))).toMatchObject({
    code: 'QueueDoesNotExist', status: 400, message: 'The specified queue does not exist.',
  });
  const response = await fetch(url, {
    method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
    body: JSON.stringify({ QueueUrl: `${url}/111122223333/change`, MessageBody: 'x' }),
  });
  expect(response.headers.get('x-amzn-query-error')).toBe('AWS.SimpleQueueService.NonExistentQueue;Sender');
  expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.sqs#QueueDoesNotExist' });
  expect(wire.endpoint.sentMessages).toEqual([]);
});

test('a call can be denied, throttled, or erred at after its effect', async () => {
  const wire = await connect();
  wire.endpoint.fault({ action: 'SendMessage', kind: 'throttle', times: 1 });
  expect(await refusal(send(wire))).toMatchObject({ code: 'RequestThrottled', status: 400 });
  expect(wire.endpoint.sentMessages).toEqual([]);
  wire.endpoint.fault({ action: 'SendMessage', kind: 'error-after-effect', times: 1 });
  expect(await refusal(send(wire))).toMatchObject({ status: 500 });
  expect(wire.endpoint.sentMessages).toHaveLength(1);
  wire.endpoint.deny('SendMessage');
  expect(await refusal(send(wire))).toMatchObject({ code: expect.stringContaining('AccessDenied') as string, status: 403 });
  expect(wire.endpoint.sentMessages).toHaveLength(1);
});

test.each(['AmazonSQS.ReceiveMessage', 'AmazonSQS.PutEvents'])('the call %s is not served', async target => {
  const { endpoint } = await connect();
  const response = await fetch(endpoint.url, { method: 'POST', headers: { 'x-amz-target': target }, body: '{}' });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('UnknownOperationException');
});
