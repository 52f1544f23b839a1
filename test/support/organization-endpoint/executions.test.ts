/** Tests Step Functions' StartExecution and DescribeExecution over the wire. */
import {
  DescribeExecutionCommand, SFNClient, StartExecutionCommand, type StartExecutionCommandInput,
} from '@aws-sdk/client-sfn';
import type { OrganizationEndpoint } from './';
import { configOf, HUB, HUB_REGION, start, stopAll } from './over-the-wire';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const MACHINE = `arn:aws:states:${HUB_REGION}:${HUB}:stateMachine:hygiene`;
const EXECUTION = `arn:aws:states:${HUB_REGION}:${HUB}:execution:hygiene:first`;

async function withMachine() {
  const endpoint = await start();
  expect(endpoint.addStateMachine('hygiene')).toBe(MACHINE);
  return { endpoint, ...clientOf(endpoint) };
}

function clientOf(endpoint: OrganizationEndpoint, account = HUB) {
  const sfn = closing(new SFNClient(configOf(endpoint, account)));
  return {
    begin: (input: Partial<StartExecutionCommandInput> = {}) =>
      sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'first', input: '{"a":1}', ...input })),
    describe: (executionArn = EXECUTION) => sfn.send(new DescribeExecutionCommand({ executionArn })),
  };
}

test('an execution is recorded, and runs until a test ends it', async () => {
  const { endpoint, begin, describe: describing } = await withMachine();
  const before = Date.now();
  const { executionArn, startDate } = await begin();
  expect(executionArn).toBe(EXECUTION);
  expect(startDate?.getTime()).toBeGreaterThanOrEqual(before - 1);
  expect(endpoint.executions.all).toMatchObject([{ executionArn, stateMachineArn: MACHINE, input: '{"a":1}' }]);
  expect(await describing()).toMatchObject({
    executionArn, stateMachineArn: MACHINE, name: 'first', status: 'RUNNING', input: '{"a":1}', startDate,
  });
  expect(await describing()).not.toHaveProperty('stopDate');
  endpoint.executions.end(EXECUTION, { status: 'FAILED', error: 'Failed', cause: 'because' });
  expect(await describing()).toMatchObject({
    status: 'FAILED', error: 'Failed', cause: 'because', stopDate: expect.any(Date) as Date,
  });
});

test('an execution without a name or an input gets them', async () => {
  const { endpoint, begin } = await withMachine();
  const [one, other] = [await begin({ name: undefined, input: undefined }), await begin({ name: undefined })];
  expect(one.executionArn).not.toBe(other.executionArn);
  expect(endpoint.executions.all[0]).toMatchObject({ input: '{}' });
});

test('the same start again answers with the execution while it runs, and starts no other one', async () => {
  const { endpoint, begin } = await withMachine();
  const first = await begin();
  expect((await begin()).startDate).toEqual(first.startDate);
  const exists = { code: 'ExecutionAlreadyExists', status: 400 };
  expect(await refusal(begin({ input: '{}' }))).toMatchObject(exists);
  endpoint.executions.end(EXECUTION, { status: 'SUCCEEDED', output: '{}' });
  expect(await refusal(begin())).toMatchObject(exists);
  expect(endpoint.executions.all).toHaveLength(1);
});

test.each<[string, Partial<StartExecutionCommandInput>]>([
  ['StateMachineDoesNotExist', { stateMachineArn: `${MACHINE}-other` }],
  ['InvalidArn', { stateMachineArn: 'hygiene' }],
  ['InvalidName', { name: 'a b' }],
  ['InvalidExecutionInput', { input: '{' }],
  ['InvalidExecutionInput', { input: JSON.stringify('x'.repeat(262_144)) }],
])('a start is refused as %s', async (code, input) => {
  const { endpoint, begin } = await withMachine();
  expect(await refusal(begin(input))).toMatchObject({ code, status: 400 });
  expect(endpoint.executions.all).toEqual([]);
});

test('an execution that is not there is not described', async () => {
  const { describe: describing } = await withMachine();
  expect(await refusal(describing())).toMatchObject({ code: 'ExecutionDoesNotExist', status: 400 });
  expect(await refusal(describing('first'))).toMatchObject({ code: 'InvalidArn' });
});

test('another account is denied, and the hub is when a test says so', async () => {
  const { endpoint, begin, describe: describing } = await withMachine();
  await begin();
  const denied = { code: 'AccessDeniedException', status: 400 };
  const stranger = clientOf(endpoint, '222233334444');
  expect(await refusal(stranger.begin({ name: 'second' }))).toMatchObject(denied);
  expect(await refusal(stranger.describe())).toMatchObject(denied);
  endpoint.deny('StartExecution');
  expect(await refusal(begin({ name: 'second' }))).toMatchObject(denied);
  await describing();
  endpoint.fault({ action: 'DescribeExecution', kind: 'throttle', times: 1 });
  expect(await refusal(describing())).toMatchObject({ code: 'ThrottlingException', status: 400 });
  expect(endpoint.executions.all).toHaveLength(1);
});
