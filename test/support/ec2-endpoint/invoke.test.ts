/** Tests Lambda's asynchronous Invoke, which has the same address as EC2. */
import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect() {
  const { endpoint } = await connectEc2();
  return { endpoint, lambda: closing(new LambdaClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

function invoke({ lambda }: Wire, input: Partial<InvokeCommandInput> = {}) {
  return lambda.send(new InvokeCommand({
    FunctionName: 'sweeper', InvocationType: 'Event', Payload: Buffer.from('{"sweep":{"trigger":"change"}}'), ...input,
  }));
}

test('an invocation is accepted with its payload, and returns nothing of the function', async () => {
  const wire = await connect();
  wire.endpoint.addFunction('sweeper');
  const answer = await invoke(wire);
  await invoke(wire, { FunctionName: 'arn:aws:lambda:eu-central-1:111122223333:function:sweeper', Payload: undefined });
  expect(answer).toMatchObject({ StatusCode: 202 });
  expect(answer).not.toHaveProperty('FunctionError', expect.anything());
  expect(Buffer.from(answer.Payload ?? []).toString()).toBe('');
  expect(wire.endpoint.invocations).toEqual([
    { functionName: 'sweeper', payload: { sweep: { trigger: 'change' } } },
    { functionName: 'sweeper', payload: undefined },
  ]);
  expect(wire.endpoint.calls[0]).toMatchObject({
    action: 'Invoke', outcome: 'OK', requestId: answer.$metadata.requestId,
    parameters: { FunctionName: 'sweeper', InvocationType: 'Event', Payload: '{"sweep":{"trigger":"change"}}' },
  });
});

test.each<[string, Partial<InvokeCommandInput>, string, number]>([
  ['of a function that there is not', { FunctionName: 'sweeper2' }, 'ResourceNotFoundException', 404],
  ['of an alias that there is not', { Qualifier: 'restore' }, 'ResourceNotFoundException', 404],
  ['of a name that is none', { FunctionName: 'a b' }, 'InvalidParameterValueException', 400],
  ['with a payload that is not JSON', { Payload: Buffer.from('{') }, 'InvalidRequestContentException', 400],
  ['with more than 1 MB', { Payload: Buffer.from(`"${'x'.repeat(1_048_576)}"`) }, 'RequestTooLargeException', 413],
  ['that waits for its result', { InvocationType: 'RequestResponse' }, 'InvalidParameterValueException', 400],
  ['of no type', { InvocationType: undefined }, 'InvalidParameterValueException', 400],
])('an invocation %s fails', async (_, input, code, status) => {
  const wire = await connect();
  wire.endpoint.addFunction('sweeper');
  expect(await refusal(invoke(wire, input))).toMatchObject({ code, status });
  expect(wire.endpoint.invocations).toEqual([]);
});

test('the error for an unknown function names it by its ARN', async () => {
  const wire = await connect();
  wire.endpoint.addFunction('sweeper');
  expect((await refusal(invoke(wire, { FunctionName: 'other' }))).message).toBe(
    'Function not found: arn:aws:lambda:eu-central-1:111122223333:function:other',
  );
});

test('a call can be denied, throttled, or erred at after its effect', async () => {
  const wire = await connect();
  wire.endpoint.fault({ action: 'Invoke', kind: 'throttle', times: 1 });
  expect(await refusal(invoke(wire))).toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  expect(wire.endpoint.invocations).toEqual([]);
  wire.endpoint.fault({ action: 'Invoke', kind: 'error-after-effect', times: 1 });
  expect(await refusal(invoke(wire))).toMatchObject({ status: 500 });
  expect(wire.endpoint.invocations).toHaveLength(1);
  wire.endpoint.deny('Invoke');
  expect(await refusal(invoke(wire))).toMatchObject({ code: 'AccessDeniedException', status: 403 });
  expect(wire.endpoint.invocations).toHaveLength(1);
});
