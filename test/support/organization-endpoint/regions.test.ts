/** Tests which Regions an account has, and how Regions answer that it has not. */
import { DescribeRegionsCommand, type DescribeRegionsCommandInput, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { OrganizationEndpoint } from './';
import { configOf, ec2In, HUB_REGION, start, stopAll } from './over-the-wire';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const [ONE, OTHER] = ['222233334444', '333344445555'];

async function regions(endpoint: OrganizationEndpoint, account: string, input: DescribeRegionsCommandInput = {}) {
  const { Regions = [] } = await ec2In(endpoint, account, HUB_REGION).send(new DescribeRegionsCommand(input));
  return Object.fromEntries(Regions.map(({ RegionName = '', OptInStatus }) => [RegionName, OptInStatus]));
}

test('an account has the Regions that need no opt-in, and those that it has opted in to', async () => {
  const endpoint = await start();
  endpoint.disableRegion('me-south-1', ONE);
  const [one, other] = [await regions(endpoint, ONE), await regions(endpoint, OTHER)];
  expect(one).toMatchObject({ 'eu-west-1': 'opt-in-not-required', 'eu-south-2': 'opted-in' });
  expect(one).not.toHaveProperty('me-south-1');
  expect(other).toEqual({ ...one, 'me-south-1': 'opted-in' });
});

test('a Region is answered with its endpoint', async () => {
  const endpoint = await start();
  const { Regions } = await ec2In(endpoint, ONE, HUB_REGION).send(new DescribeRegionsCommand({ RegionNames: ['eu-north-1'] }));
  expect(Regions).toEqual([
    { RegionName: 'eu-north-1', Endpoint: 'ec2.eu-north-1.amazonaws.com', OptInStatus: 'opt-in-not-required' },
  ]);
});

test('disabled Regions are answered if a call asks for all Regions, or for them by name', async () => {
  const endpoint = await start();
  endpoint.disableRegion('me-south-1', ONE);
  expect(await regions(endpoint, ONE, { AllRegions: true })).toMatchObject({ 'me-south-1': 'not-opted-in' });
  const named = { RegionNames: ['me-south-1', 'eu-west-1'] };
  expect(await regions(endpoint, ONE, named)).toEqual({ 'eu-west-1': 'opt-in-not-required', 'me-south-1': 'not-opted-in' });
});

test.each([
  [{ Name: 'opt-in-status', Values: ['not-opted-in'] }, ['me-south-1']],
  [{ Name: 'region-name', Values: ['eu-west-*'] }, ['eu-west-1', 'eu-west-2', 'eu-west-3']],
  [{ Name: 'endpoint', Values: ['ec2.us-east-1.amazonaws.com'] }, ['us-east-1']],
])('Regions are filtered by %j', async (filter, expected) => {
  const endpoint = await start();
  endpoint.disableRegion('me-south-1', ONE);
  expect(Object.keys(await regions(endpoint, ONE, { AllRegions: true, Filters: [filter] }))).toEqual(expected);
});

test('a name that no Region has is refused', async () => {
  const endpoint = await start();
  expect(await refusal(regions(endpoint, ONE, { RegionNames: ['eu-nowhere-1'] }))).toMatchObject({ code: 'InvalidParameterValue' });
});

test.each(['DISABLED', 'DISABLING', 'ENABLING'] as const)('a Region that is %s knows no key of the account', async status => {
  const endpoint = await start();
  endpoint.setRegion('me-south-1', status, ONE);
  const config = configOf(endpoint, ONE, 'me-south-1');
  expect(await refusal(ec2In(endpoint, ONE, 'me-south-1').send(new DescribeVpcsCommand({})))).toMatchObject({
    code: 'AuthFailure', status: 401, message: 'AWS was not able to validate the provided access credentials',
  });
  const events = closing(new EventBridgeClient(config)).send(new PutEventsCommand({ Entries: [] }));
  expect(await refusal(events)).toMatchObject({ code: 'UnrecognizedClientException', status: 403 });
  const identity = closing(new STSClient(config)).send(new GetCallerIdentityCommand({}));
  expect(await refusal(identity)).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
  await ec2In(endpoint, OTHER, 'me-south-1').send(new DescribeVpcsCommand({}));
  await ec2In(endpoint, ONE, 'eu-west-1').send(new DescribeVpcsCommand({}));
});

test('a Region can be enabled again', async () => {
  const endpoint = await start();
  endpoint.disableRegion('me-south-1', ONE);
  endpoint.setRegion('me-south-1', 'ENABLED', ONE);
  await ec2In(endpoint, ONE, 'me-south-1').send(new DescribeVpcsCommand({}));
  expect(await regions(endpoint, ONE)).toMatchObject({ 'me-south-1': 'opted-in' });
});

test('nobody can disable a Region that needs no opt-in', async () => {
  const endpoint = await start();
  expect(() => endpoint.disableRegion('eu-west-1', ONE)).toThrow('No account can disable eu-west-1');
});
