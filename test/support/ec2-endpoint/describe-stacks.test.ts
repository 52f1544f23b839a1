/** Tests CloudFormation's DescribeStacks, which has the same address as EC2. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect() {
  const { endpoint } = await connectEc2();
  return { endpoint, cloudFormation: closing(new CloudFormationClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

const CREATED = new Date('2026-11-01T08:00:00.000Z');

async function describe({ cloudFormation }: Wire, StackName?: string) {
  return (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks ?? [];
}

test('a stack is found by its id and by its name, with its status and times', async () => {
  const wire = await connect();
  const stack = wire.endpoint.addStack({ stackName: 'shop', creationTime: CREATED });
  wire.endpoint.addStack({ stackName: 'other' });
  const shown = { StackId: stack.stackId, StackName: 'shop', StackStatus: 'CREATE_COMPLETE', CreationTime: CREATED };
  for (const name of [stack.stackId, 'shop']) expect(await describe(wire, name)).toEqual([shown]);
  stack.stackStatus = 'UPDATE_IN_PROGRESS';
  stack.lastUpdatedTime = new Date('2026-11-28T08:00:00.000Z');
  expect(await describe(wire, stack.stackId)).toEqual([
    { ...shown, StackStatus: 'UPDATE_IN_PROGRESS', LastUpdatedTime: stack.lastUpdatedTime },
  ]);
  expect(wire.endpoint.calls[0]).toMatchObject({
    action: 'DescribeStacks', outcome: 'OK', parameters: { StackName: stack.stackId, Version: '2010-05-15' },
  });
});

test('a deleted stack is found by its id only', async () => {
  const wire = await connect();
  const { stackId } = wire.endpoint.addStack({ stackName: 'shop', stackStatus: 'DELETE_COMPLETE', deletionTime: CREATED });
  expect(await describe(wire, stackId)).toMatchObject([{ StackStatus: 'DELETE_COMPLETE', DeletionTime: CREATED }]);
  expect(await refusal(describe(wire, 'shop'))).toMatchObject({ code: 'ValidationError' });
  const { stackId: newer } = wire.endpoint.addStack({ stackName: 'shop' });
  expect(await describe(wire, 'shop')).toMatchObject([{ StackId: newer }]);
  expect(await describe(wire)).toMatchObject([{ StackId: newer }]);
});

test.each(['gone', 'arn:aws:cloudformation:eu-central-1:111122223333:stack/gone/1'])('%s does not exist', async name => {
  const wire = await connect();
  wire.endpoint.addStack({ stackName: 'shop' });
  expect(await refusal(describe(wire, name))).toEqual({
    code: 'ValidationError', message: `Stack with id ${name} does not exist`, status: 400,
    requestId: wire.endpoint.calls[0].requestId,
  });
});

test('an empty name is refused, and is not none', async () => {
  const wire = await connect();
  expect(await refusal(describe(wire, ''))).toMatchObject({
    code: 'ValidationError', message: expect.not.stringContaining('does not exist') as string,
  });
});

test('a call can be denied and throttled', async () => {
  const wire = await connect();
  wire.endpoint.fault({ action: 'DescribeStacks', kind: 'throttle', times: 1 });
  expect(await refusal(describe(wire))).toMatchObject({ code: 'Throttling', status: 400 });
  wire.endpoint.deny('DescribeStacks');
  expect(await refusal(describe(wire))).toMatchObject({ code: 'AccessDenied', status: 403 });
});

test('another operation of CloudFormation is not served', async () => {
  const { endpoint } = await connect();
  const body = 'Action=DeleteStack&Version=2010-05-15&StackName=shop';
  const response = await fetch(endpoint.url, { method: 'POST', body });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('<Code>InvalidAction</Code>');
});
