/** Tests Lambda's Invoke that waits for its result, and GetFunctionConfiguration. */
import {
  GetFunctionConfigurationCommand, InvokeCommand, type InvokeCommandInput, LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Invocation } from './';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect() {
  const { endpoint } = await connectEc2();
  const seen: Invocation[] = [];
  endpoint.addFunction('sweeper', {
    aliases: ['restore'], environment: { TABLE: 'ledger' },
    run: invocation => {
      seen.push(invocation);
      return { result: { heard: invocation.payload } };
    },
  });
  return { endpoint, seen, lambda: closing(new LambdaClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

async function invoke({ lambda }: Pick<Wire, 'lambda'>, input: Partial<InvokeCommandInput> = {}) {
  const { StatusCode, FunctionError, Payload } = await lambda.send(new InvokeCommand({
    FunctionName: 'sweeper', Payload: Buffer.from('{"a":1}'), ...input,
  }));
  return { StatusCode, FunctionError, answer: JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown };
}

const ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:sweeper';

test('an invocation returns the result of the function', async () => {
  const wire = await connect();
  expect(await invoke(wire)).toEqual({ StatusCode: 200, FunctionError: undefined, answer: { heard: { a: 1 } } });
  expect(wire.seen).toEqual([{ functionName: 'sweeper', payload: { a: 1 } }]);
  expect(wire.endpoint.invocations).toEqual([]);
  expect(wire.endpoint.calls).toMatchObject([{
    action: 'Invoke', outcome: 'OK',
    parameters: { FunctionName: 'sweeper', InvocationType: 'RequestResponse', Payload: '{"a":1}' },
  }]);
});

test.each<[string, Partial<InvokeCommandInput>]>([
  ['by the qualifier', { Qualifier: 'restore' }],
  ['in the name', { FunctionName: 'sweeper:restore' }],
  ['in the ARN', { FunctionName: `${ARN}:restore` }],
  ['in a partial ARN', { FunctionName: '111122223333:function:sweeper:restore' }],
  ['twice', { FunctionName: `${ARN}:restore`, Qualifier: 'restore' }],
])('an alias is named %s', async (_, input) => {
  const wire = await connect();
  await invoke(wire, input);
  expect(wire.seen).toMatchObject([{ functionName: 'sweeper', qualifier: 'restore' }]);
});

test('a function that throws has an answer that says so', async () => {
  const { endpoint, lambda } = await connect();
  endpoint.addFunction('broken', {
    run: () => ({ error: { name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at here' } }),
  });
  expect(await invoke({ lambda }, { FunctionName: 'broken' })).toEqual({
    StatusCode: 200, FunctionError: 'Unhandled',
    answer: { errorType: 'TypeError', errorMessage: 'no', trace: ['TypeError: no', '    at here'] },
  });
});

test('a function without a result answers null', async () => {
  const { endpoint, lambda } = await connect();
  endpoint.addFunction('silent', { run: () => ({ result: undefined }) });
  expect((await invoke({ lambda }, { FunctionName: 'silent' })).answer).toBeNull();
});

test.each<[string, Partial<InvokeCommandInput>, string, number]>([
  ['of an alias that there is not', { Qualifier: 'pause' }, 'ResourceNotFoundException', 404],
  ['with two aliases', { FunctionName: 'sweeper:restore', Qualifier: 'pause' }, 'InvalidParameterValueException', 400],
  ['with a payload that is not JSON', { Payload: Buffer.from('{') }, 'InvalidRequestContentException', 400],
  ['with more than 6 MB', { Payload: Buffer.from(`"${'x'.repeat(6_291_456)}"`) }, 'RequestTooLargeException', 413],
  ['of the type DryRun', { InvocationType: 'DryRun' }, 'InvalidParameterValueException', 400],
])('an invocation %s fails, and nothing runs', async (_, input, code, status) => {
  const wire = await connect();
  expect(await refusal(invoke(wire, input))).toMatchObject({ code, status });
  expect(wire.seen).toEqual([]);
});

test('more than the limit of an asynchronous invocation is accepted', async () => {
  const wire = await connect();
  await invoke(wire, { Payload: Buffer.from(`"${'x'.repeat(1_048_576)}"`) });
  expect(wire.seen).toHaveLength(1);
});

const configuration = ({ lambda }: Pick<Wire, 'lambda'>, FunctionName = 'sweeper') =>
  lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));

test('the configuration has the environment variables', async () => {
  const wire = await connect();
  for (const name of ['sweeper', ARN]) {
    expect(await configuration(wire, name)).toMatchObject({
      FunctionName: 'sweeper', FunctionArn: ARN, Environment: { Variables: { TABLE: 'ledger' } },
    });
  }
  expect(wire.endpoint.calls[0]).toMatchObject({
    action: 'GetFunctionConfiguration', outcome: 'OK', parameters: { FunctionName: 'sweeper' },
  });
});

test('a function without variables has no environment, and one that cannot be decrypted has an error instead', async () => {
  const { endpoint, lambda } = await connect();
  endpoint.addFunction('plain');
  endpoint.addFunction('encrypted', { environment: { TABLE: 'ledger' }, environmentError: 'KMS access was denied' });
  expect((await configuration({ lambda }, 'plain')).Environment).toBeUndefined();
  const { Environment } = await configuration({ lambda }, 'encrypted');
  expect(Environment).toEqual({ Error: { ErrorCode: 'AccessDeniedException', Message: 'KMS access was denied' } });
});

test('the configuration of another function is not there, and can be denied and throttled', async () => {
  const wire = await connect();
  expect(await refusal(configuration(wire, 'other'))).toMatchObject({
    code: 'ResourceNotFoundException', status: 404,
    message: 'Function not found: arn:aws:lambda:eu-central-1:111122223333:function:other',
  });
  wire.endpoint.fault({ action: 'GetFunctionConfiguration', kind: 'throttle', times: 1 });
  expect(await refusal(configuration(wire))).toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  wire.endpoint.deny('GetFunctionConfiguration');
  expect(await refusal(configuration(wire))).toMatchObject({ code: 'AccessDeniedException', status: 403 });
});
