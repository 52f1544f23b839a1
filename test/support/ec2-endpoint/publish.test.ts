/** Tests SNS's Publish, which has the same address as EC2. */
import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { connect, disconnect, refusal, type Wire } from './over-the-wire';

afterEach(disconnect);

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:changes';

function publish({ sns }: Wire, input: Partial<PublishCommandInput> = {}) {
  return sns.send(
    new PublishCommand({ TopicArn: TOPIC, Subject: 'Something happened', Message: 'This happened.', ...input }),
  );
}

describe('a message', () => {
  test('is kept with every character, and has an id', async () => {
    const wire = await connect();
    const Message = 'Zürich & <b> "日本" 🔥\n=Version=2016-11-15&x';
    expect(await publish(wire, { Message })).toMatchObject({ MessageId: expect.any(String) as string });
    await publish(wire, { Subject: undefined });
    expect(wire.endpoint.messages).toEqual([
      { topicArn: TOPIC, subject: 'Something happened', message: Message },
      { topicArn: TOPIC, subject: undefined, message: 'This happened.' },
    ]);
  });

  test('may have a subject of 100 characters and be 256 KB', async () => {
    const wire = await connect();
    await publish(wire, { Subject: 's'.repeat(100), Message: 'm'.repeat(262_144) });
    expect(wire.endpoint.messages).toHaveLength(1);
  });

  test.each<[string, Partial<PublishCommandInput>, string]>([
    ['a subject of 101 characters', { Subject: 's'.repeat(101) }, 'Subject'],
    ['a subject that is empty', { Subject: '' }, 'Subject'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'Subject'],
    ['a subject with a control character', { Subject: 'a\u0007b' }, 'Subject'],
    ['a subject that is not ASCII', { Subject: 'Zürich' }, 'Subject'],
    ['a subject that starts with a space', { Subject: ' a' }, 'Subject'],
    ['nothing in it', { Message: '' }, 'Empty message'],
    ['more than 256 KB', { Message: 'm'.repeat(262_145) }, 'Message too long'],
    ['more than 256 KB in fewer characters', { Message: 'ü'.repeat(131_073) }, 'Message too long'],
    ['no topic', { TopicArn: undefined }, 'no value for required parameter'],
    ['a topic that is no ARN', { TopicArn: 'changes' }, 'does not start with arn'],
    ['a topic that is half an ARN', { TopicArn: 'arn:aws:sns:changes' }, 'at least 6 elements, not 4'],
  ])('is refused with %s', async (_, input, message) => {
    const wire = await connect();
    expect(await refusal(publish(wire, input))).toMatchObject({
      code: 'InvalidParameterException',
      status: 400,
      message: expect.stringContaining(message) as string,
      requestId: wire.endpoint.calls[0].requestId,
    });
    expect(wire.endpoint.messages).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ action: 'Publish', outcome: 'InvalidParameter' }]);
  });

  test('to another topic is refused where the test has said which there are', async () => {
    const wire = await connect();
    wire.endpoint.addTopic(TOPIC);
    expect(await refusal(publish(wire, { TopicArn: `${TOPIC}2` }))).toMatchObject({
      code: 'NotFoundException',
      status: 404,
      message: 'Topic does not exist',
    });
    await publish(wire);
    expect(wire.endpoint.messages).toMatchObject([{ topicArn: TOPIC }]);
  });
});

describe('a message with a text per protocol', () => {
  const json = (texts: unknown): Partial<PublishCommandInput> =>
    ({ MessageStructure: 'json', Message: JSON.stringify(texts) });

  test('has the default text for every protocol without one; other keys and what is no text are ignored', async () => {
    const wire = await connect();
    await publish(wire, json({ default: 'all "others"\n', https: '{"a":"ü"}', sms: 7, pigeon: 'x' }));
    expect(wire.endpoint.messages).toEqual([{
      topicArn: TOPIC, subject: 'Something happened', message: 'all "others"\n', byProtocol: { https: '{"a":"ü"}' },
    }]);
  });

  test.each<[string, Partial<PublishCommandInput>, string]>([
    ['no default text', json({ https: 'x' }), 'No default entry in JSON message body'],
    ['a default that is no text', json({ default: {} }), 'No default entry in JSON message body'],
    ['a list', json(['default']), 'No default entry in JSON message body'],
    ['no object', json('default'), 'JSON message body failed to parse'],
    ['no JSON', { MessageStructure: 'json', Message: 'This happened.' }, 'JSON message body failed to parse'],
    ['another structure', { MessageStructure: 'xml' }, 'MessageStructure'],
    ['more than 256 KB for all protocols together', json({ default: 'm'.repeat(131_072), https: 'm'.repeat(131_072) }), 'Message too long'],
  ])('is refused with %s', async (_, input, message) => {
    const wire = await connect();
    expect(await refusal(publish(wire, input))).toMatchObject({
      code: 'InvalidParameterException', status: 400, message: expect.stringContaining(message) as string,
    });
    expect(wire.endpoint.messages).toEqual([]);
  });
});

describe('a call', () => {
  test('can be denied, which publishes nothing', async () => {
    const wire = await connect();
    wire.endpoint.deny('Publish');
    expect(await refusal(publish(wire))).toMatchObject({
      code: 'AuthorizationErrorException', status: 403, message: expect.stringContaining('SNS:Publish') as string,
    });
    expect(wire.endpoint.messages).toEqual([]);
  });

  test('can be throttled, dropped, or erred at after its effect', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'Publish', kind: 'throttle', times: 1 });
    expect(await refusal(publish(wire))).toMatchObject({ code: 'Throttling', status: 400 });
    wire.endpoint.fault({ action: '*', kind: 'drop-socket', times: 1 });
    await expect(publish(wire)).rejects.toThrow('socket hang up');
    expect(wire.endpoint.messages).toEqual([]);
    wire.endpoint.fault({ action: 'Publish', kind: 'error-after-effect', times: 1 });
    expect(await refusal(publish(wire))).toMatchObject({ code: 'InternalErrorException', status: 500 });
    expect(wire.endpoint.messages).toHaveLength(1);
  });

  test('is in the journal as it was on the wire, and runs hooks around its effect', async () => {
    const wire = await connect();
    const seen: unknown[] = [];
    wire.endpoint.before('Publish', () => void seen.push(wire.endpoint.messages.length));
    wire.endpoint.after('Publish', () => void seen.push(wire.endpoint.messages.length));
    const { $metadata } = await publish(wire);
    expect(seen).toEqual([0, 1]);
    expect(wire.endpoint.calls).toMatchObject([{
      action: 'Publish', outcome: 'OK', attempt: 1, requestId: $metadata.requestId,
      parameters: { TopicArn: TOPIC, Subject: 'Something happened', Message: 'This happened.' },
    }]);
  });

  test('of another operation of SNS, or of EC2 by that name, is not served', async () => {
    const { endpoint } = await connect();
    for (const body of [
      'Action=CreateTopic&Version=2010-03-31&Name=x',
      `Action=Publish&Version=2016-11-15&TopicArn=${TOPIC}&Message=x`,
    ]) {
      const response = await fetch(endpoint.url, { method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('<Code>InvalidAction</Code>');
    }
    expect(endpoint.messages).toEqual([]);
  });
});
