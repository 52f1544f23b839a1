/** Tests Account Management's ListRegions over the wire. */
import {
  AccountClient, ListRegionsCommand, type ListRegionsCommandInput, paginateListRegions,
} from '@aws-sdk/client-account';
import type { OrganizationEndpoint } from './';
import { configOf, HUB, start, stopAll } from './over-the-wire';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const [ONE, OTHER, MANAGEMENT] = ['222233334444', '333344445555', '999988887777'];

const clientOf = (endpoint: OrganizationEndpoint, account = HUB): AccountClient =>
  closing(new AccountClient(configOf(endpoint, account, 'us-east-1')));

const listing = (input: ListRegionsCommandInput = {}) => new ListRegionsCommand(input);

async function statuses(client: AccountClient, input: ListRegionsCommandInput) {
  const { Regions = [] } = await client.send(listing(input));
  return Object.fromEntries(Regions.map(({ RegionName = '', RegionOptStatus }) => [RegionName, RegionOptStatus]));
}

async function withMembers(options: Parameters<typeof start>[0] = {}) {
  const endpoint = await start(options);
  for (const account of [ONE, OTHER]) endpoint.organization.addAccount(account);
  return endpoint;
}

const DENIED = { code: 'AccessDeniedException', status: 403 };

test('the hub learns which Regions a member has', async () => {
  const endpoint = await withMembers();
  endpoint.disableRegion('me-south-1', ONE);
  endpoint.setRegion('ap-east-1', 'ENABLING', ONE);
  endpoint.setRegion('af-south-1', 'DISABLING', ONE);
  const client = clientOf(endpoint);
  expect(await statuses(client, { AccountId: ONE })).toMatchObject({
    'eu-west-1': 'ENABLED_BY_DEFAULT', 'eu-south-2': 'ENABLED', 'me-south-1': 'DISABLED', 'ap-east-1': 'ENABLING',
    'af-south-1': 'DISABLING',
  });
  expect(await statuses(client, { AccountId: OTHER })).toMatchObject({ 'me-south-1': 'ENABLED' });
});

test('Regions are listed by their statuses', async () => {
  const endpoint = await withMembers();
  endpoint.disableRegion('me-south-1', ONE);
  const client = clientOf(endpoint);
  const asked = (...RegionOptStatusContains: ListRegionsCommandInput['RegionOptStatusContains'] & object) =>
    statuses(client, { AccountId: ONE, RegionOptStatusContains });
  expect(await asked('DISABLED')).toEqual({ 'me-south-1': 'DISABLED' });
  const usable = await asked('ENABLED', 'ENABLED_BY_DEFAULT');
  expect(Object.keys(usable)).toHaveLength(31);
  expect(usable).not.toHaveProperty('me-south-1');
  expect(await refusal(asked('ON' as 'ENABLED'))).toMatchObject({ code: 'ValidationException', status: 400 });
});

test('a page has as many Regions as a call asks for, and at most 50', async () => {
  const client = clientOf(await withMembers());
  const found: number[] = [];
  for await (const { Regions = [] } of paginateListRegions({ client, pageSize: 12 }, { AccountId: ONE })) {
    found.push(Regions.length);
  }
  expect(found).toEqual([12, 12, 8]);
  for (const MaxResults of [0, 51]) {
    expect(await refusal(client.send(listing({ MaxResults })))).toMatchObject({ code: 'ValidationException', status: 400 });
  }
});

test('the token of another account is refused', async () => {
  const client = clientOf(await withMembers());
  const { NextToken } = await client.send(listing({ AccountId: ONE, MaxResults: 5 }));
  expect(await refusal(client.send(listing({ AccountId: OTHER, NextToken })))).toMatchObject({ code: 'ValidationException' });
});

test('the management account may ask about itself only without its id', async () => {
  const client = clientOf(await withMembers());
  const refused = await refusal(client.send(listing({ AccountId: HUB })));
  expect(refused).toMatchObject(DENIED);
  expect(refused.message).toContain('standalone context');
  expect(await statuses(client, {})).toMatchObject({ 'eu-west-1': 'ENABLED_BY_DEFAULT' });
});

test('a delegated administrator may ask about itself and about members, and not about the management account', async () => {
  const client = clientOf(await withMembers({ managementAccount: MANAGEMENT }));
  await client.send(listing({ AccountId: HUB }));
  await client.send(listing({ AccountId: ONE }));
  expect(await refusal(client.send(listing({ AccountId: MANAGEMENT })))).toMatchObject(DENIED);
});

test('a member may ask about itself only', async () => {
  const endpoint = await withMembers();
  endpoint.disableRegion('me-south-1', ONE);
  const client = clientOf(endpoint, ONE);
  expect(await statuses(client, {})).toMatchObject({ 'me-south-1': 'DISABLED' });
  for (const AccountId of [ONE, OTHER]) {
    expect(await refusal(client.send(listing({ AccountId })))).toMatchObject(DENIED);
  }
});

test('nobody may ask about an account of another organization', async () => {
  const client = clientOf(await withMembers());
  expect(await refusal(client.send(listing({ AccountId: '444455556666' })))).toMatchObject(DENIED);
  expect(await refusal(client.send(listing({ AccountId: 'me' })))).toMatchObject({ code: 'ValidationException' });
});

test('the call is denied and throttled on demand', async () => {
  const endpoint = await withMembers();
  const client = clientOf(endpoint);
  endpoint.fault({ action: 'ListRegions', kind: 'throttle', times: 1 });
  const asking = () => client.send(listing({ AccountId: ONE }));
  expect(await refusal(asking())).toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  endpoint.deny('ListRegions');
  expect(await refusal(asking())).toMatchObject(DENIED);
});
