/** Tests CloudFormation's ListStackResources and ListExports, and the parameters and outputs of stacks. */
import {
  CloudFormationClient, DescribeStacksCommand, ListExportsCommand, ListStackResourcesCommand, paginateListExports,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import type { Ec2EndpointOptions, StackResource } from './';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect(options: Partial<Ec2EndpointOptions> = {}) {
  const { endpoint } = await connectEc2(options);
  return { endpoint, client: closing(new CloudFormationClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

async function resourceIds(wire: Wire, StackName: string): Promise<Array<string | undefined>> {
  const ids: Array<string | undefined> = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(wire, { StackName })) {
    ids.push(...StackResourceSummaries.map(each => each.LogicalResourceId));
  }
  return ids;
}

async function exportNames(wire: Wire): Promise<Array<string | undefined>> {
  const names: Array<string | undefined> = [];
  for await (const { Exports = [] } of paginateListExports(wire, {})) names.push(...Exports.map(each => each.Name));
  return names;
}

const resources = (count: number): StackResource[] => Array.from({ length: count }, (_, index) =>
  ({ logicalId: `Group${index}`, physicalId: `sg-${index}`, type: 'AWS::EC2::SecurityGroup' }));

test('the resources of a stack are found by its id and by its name', async () => {
  const { endpoint, client } = await connect();
  const { stackId, creationTime } = endpoint.addStack({
    stackName: 'shop', resources: [
      { logicalId: 'Web', physicalId: 'sg-1', type: 'AWS::EC2::SecurityGroup' },
      { logicalId: 'New', type: 'AWS::EC2::VPC', status: 'CREATE_IN_PROGRESS' },
    ],
  });
  for (const StackName of [stackId, 'shop']) {
    const { StackResourceSummaries, NextToken } = await client.send(new ListStackResourcesCommand({ StackName }));
    expect(StackResourceSummaries).toEqual([
      {
        LogicalResourceId: 'Web', PhysicalResourceId: 'sg-1', ResourceType: 'AWS::EC2::SecurityGroup',
        ResourceStatus: 'CREATE_COMPLETE', LastUpdatedTimestamp: creationTime,
      },
      {
        LogicalResourceId: 'New', ResourceType: 'AWS::EC2::VPC', ResourceStatus: 'CREATE_IN_PROGRESS',
        LastUpdatedTimestamp: creationTime,
      },
    ]);
    expect(NextToken).toBeUndefined();
  }
  expect(endpoint.calls[0]).toMatchObject({
    action: 'ListStackResources', outcome: 'OK', parameters: { StackName: stackId, Version: '2010-05-15' },
  });
});

test('a deleted stack has its resources by its id only', async () => {
  const wire = await connect();
  const { stackId } = wire.endpoint.addStack({ stackName: 'shop', stackStatus: 'DELETE_COMPLETE', resources: resources(1) });
  expect(await resourceIds(wire, stackId)).toEqual(['Group0']);
  expect(await refusal(resourceIds(wire, 'shop'))).toMatchObject({
    code: 'ValidationError', message: 'Stack with id shop does not exist', status: 400,
  });
});

test.each([{ pageSize: undefined, pages: 3 }, { pageSize: 7, pages: 36 }])(
  'long lists have pages of at most 100 items, here $pageSize', async ({ pageSize, pages }) => {
    const wire = await connect({ pageSize });
    const outputs = resources(250).map(({ logicalId }) => ({ key: logicalId, value: 'x', exportName: `shop:${logicalId}` }));
    wire.endpoint.addStack({ stackName: 'shop', resources: resources(250), outputs });
    expect(await resourceIds(wire, 'shop')).toEqual(resources(250).map(({ logicalId }) => logicalId));
    expect(await exportNames(wire)).toEqual(outputs.map(({ exportName }) => exportName));
    expect(wire.endpoint.callsByAction()).toEqual({ ListStackResources: pages, ListExports: pages });
  },
);

test('a token of another list is refused', async () => {
  const { endpoint, client } = await connect({ pageSize: 1 });
  for (const stackName of ['shop', 'other']) endpoint.addStack({ stackName, resources: resources(2) });
  const { NextToken } = await client.send(new ListStackResourcesCommand({ StackName: 'shop' }));
  expect(NextToken).toBeDefined();
  for (const call of [
    client.send(new ListStackResourcesCommand({ StackName: 'other', NextToken })),
    client.send(new ListExportsCommand({ NextToken })),
  ]) expect(await refusal(call)).toMatchObject({ code: 'ValidationError', status: 400 });
});

test('exports are the outputs with a name of the stacks that are there', async () => {
  const { endpoint, client } = await connect();
  const { stackId } = endpoint.addStack({
    stackName: 'shop', outputs: [{ key: 'One', value: '1' }, { key: 'Two', value: '2', exportName: 'shop:Two' }],
  });
  endpoint.addStack({
    stackName: 'gone', stackStatus: 'DELETE_COMPLETE', outputs: [{ key: 'X', value: 'x', exportName: 'gone:X' }],
  });
  expect((await client.send(new ListExportsCommand({}))).Exports).toEqual([
    { ExportingStackId: stackId, Name: 'shop:Two', Value: '2' },
  ]);
});

test('a stack is described with its parameters and outputs', async () => {
  const { endpoint, client } = await connect();
  endpoint.addStack({
    stackName: 'shop', parameters: [{ key: 'Vpc', value: '/vpc/id', resolvedValue: 'vpc-1' }, { key: 'Secret', value: '****' }],
    outputs: [{ key: 'Two', value: '2', exportName: 'shop:Two' }],
  });
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: 'shop' }));
  expect(stack.Parameters).toEqual([
    { ParameterKey: 'Vpc', ParameterValue: '/vpc/id', ResolvedValue: 'vpc-1' },
    { ParameterKey: 'Secret', ParameterValue: '****' },
  ]);
  expect(stack.Outputs).toEqual([{ OutputKey: 'Two', OutputValue: '2', ExportName: 'shop:Two' }]);
});

test.each([
  ['ListStackResources', ({ client }: Wire) => client.send(new ListStackResourcesCommand({ StackName: 'shop' }))],
  ['ListExports', ({ client }: Wire) => client.send(new ListExportsCommand({}))],
] as const)('%s can be denied and throttled', async (action, call) => {
  const wire = await connect();
  wire.endpoint.addStack({ stackName: 'shop' });
  wire.endpoint.fault({ action, kind: 'throttle', times: 1 });
  expect(await refusal(call(wire))).toMatchObject({ code: 'Throttling', status: 400 });
  wire.endpoint.deny(action);
  expect(await refusal(call(wire))).toMatchObject({ code: 'AccessDenied', status: 403 });
});
