/** Tests the calls of Organizations over the wire. */
import {
  ListAccountsCommand, type ListAccountsCommandInput, ListAccountsForParentCommand,
  ListOrganizationalUnitsForParentCommand, ListParentsCommand, ListRootsCommand, OrganizationsClient,
  paginateListAccounts,
} from '@aws-sdk/client-organizations';
import type { OrganizationEndpoint } from './';
import { configOf, HUB, start, stopAll } from './over-the-wire';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const clientOf = (endpoint: OrganizationEndpoint, account = HUB): OrganizationsClient =>
  closing(new OrganizationsClient(configOf(endpoint, account, 'us-east-1')));

const account = (number: number) => String(200_000_000_000 + number);

async function withAccounts(count: number, options: Parameters<typeof start>[0] = {}) {
  const endpoint = await start(options);
  for (let number = 0; number < count; number++) endpoint.organization.addAccount(account(number));
  return { endpoint, client: clientOf(endpoint) };
}

async function pages(client: OrganizationsClient, input: ListAccountsCommandInput = {}): Promise<string[][]> {
  const found: string[][] = [];
  for await (const { Accounts = [] } of paginateListAccounts({ client }, input)) found.push(Accounts.map(({ Id = '' }) => Id));
  return found;
}

test('accounts are listed with what Organizations knows about them', async () => {
  const { endpoint, client } = await withAccounts(0);
  endpoint.organization.addAccount(account(1), { name: 'shop' });
  const { Accounts, NextToken } = await client.send(new ListAccountsCommand({}));
  expect(NextToken).toBeUndefined();
  expect(Accounts).toEqual([
    expect.objectContaining({ Id: HUB, Name: 'management' }),
    {
      Id: account(1), Arn: `arn:aws:organizations::${HUB}:account/o-exampleorgid/${account(1)}`, Name: 'shop',
      Email: `${account(1)}@example.com`, State: 'ACTIVE', Status: 'ACTIVE', JoinedMethod: 'CREATED',
      JoinedTimestamp: new Date('2024-01-01T00:00:00Z'),
    },
  ]);
});

test('a page has at most 20 accounts', async () => {
  const { client } = await withAccounts(44);
  expect((await pages(client)).map(({ length }) => length)).toEqual([20, 20, 5]);
  expect((await pages(client, { MaxResults: 15 })).map(({ length }) => length)).toEqual([15, 15, 15]);
  expect(new Set((await pages(client)).flat()).size).toBe(45);
  for (const MaxResults of [0, 21]) {
    expect(await refusal(client.send(new ListAccountsCommand({ MaxResults })))).toMatchObject({ code: 'InvalidInputException' });
  }
});

test('pages are empty or shorter if a test asks for it, and nothing is lost', async () => {
  const { client } = await withAccounts(4, { listing: { emptyPages: true, pageSize: 2 } });
  const found = await pages(client);
  expect(found.map(({ length }) => length)).toEqual([0, 2, 0, 2, 0, 1]);
  expect(new Set(found.flat()).size).toBe(5);
});

test('the token of another list is refused', async () => {
  const { client, endpoint } = await withAccounts(30);
  const { NextToken } = await client.send(new ListAccountsCommand({}));
  const other = new ListAccountsForParentCommand({ ParentId: endpoint.organization.rootId, NextToken });
  expect(await refusal(client.send(other))).toMatchObject({ code: 'InvalidInputException' });
});

test.each([
  ['CLOSED', 'SUSPENDED'], ['SUSPENDED', 'SUSPENDED'], ['PENDING_CLOSURE', 'PENDING_CLOSURE'],
  ['PENDING_ACTIVATION', 'SUSPENDED'],
] as const)('an account that is %s has the status %s', async (State, Status) => {
  const { endpoint, client } = await withAccounts(2);
  endpoint.organization.closeAccount(account(1), State);
  const { Accounts } = await client.send(new ListAccountsCommand({}));
  expect(Accounts?.map(each => [each.State, each.Status])).toEqual([['ACTIVE', 'ACTIVE'], ['ACTIVE', 'ACTIVE'], [State, Status]]);
});

describe('a tree of organizational units', () => {
  async function tree() {
    const { endpoint, client } = await withAccounts(3);
    const { organization } = endpoint;
    const workloads = organization.addUnit('Workloads');
    const production = organization.addUnit('Production', workloads);
    organization.addUnit('Sandbox');
    organization.moveAccount(account(1), workloads);
    organization.moveAccount(account(2), production);
    const accountsOf = async (ParentId: string) =>
      (await client.send(new ListAccountsForParentCommand({ ParentId }))).Accounts?.map(({ Id }) => Id);
    const unitsOf = async (ParentId: string) =>
      (await client.send(new ListOrganizationalUnitsForParentCommand({ ParentId }))).OrganizationalUnits;
    return { endpoint, client, organization, workloads, production, accountsOf, unitsOf };
  }

  test('is listed level by level from its root', async () => {
    const { client, organization, workloads, production, accountsOf, unitsOf } = await tree();
    expect((await client.send(new ListRootsCommand({}))).Roots).toMatchObject([{ Id: organization.rootId, Name: 'Root' }]);
    expect(await unitsOf(organization.rootId)).toMatchObject([{ Id: workloads, Name: 'Workloads' }, { Name: 'Sandbox' }]);
    expect(await unitsOf(workloads)).toEqual([{
      Id: production, Name: 'Production', Arn: `arn:aws:organizations::${HUB}:ou/o-exampleorgid/${production}`,
    }]);
    expect(await unitsOf(production)).toEqual([]);
    expect(await accountsOf(organization.rootId)).toEqual([HUB, account(0)]);
    expect(await accountsOf(workloads)).toEqual([account(1)]);
    expect(await accountsOf(production)).toEqual([account(2)]);
  });

  test('says the parent of an account and of a unit', async () => {
    const { client, organization, workloads, production } = await tree();
    const parents = async (ChildId: string) => (await client.send(new ListParentsCommand({ ChildId }))).Parents;
    expect(await parents(account(0))).toEqual([{ Id: organization.rootId, Type: 'ROOT' }]);
    expect(await parents(account(2))).toEqual([{ Id: production, Type: 'ORGANIZATIONAL_UNIT' }]);
    expect(await parents(production)).toEqual([{ Id: workloads, Type: 'ORGANIZATIONAL_UNIT' }]);
    expect(await refusal(parents(account(9)))).toMatchObject({ code: 'ChildNotFoundException', status: 400 });
    expect(await refusal(parents('me'))).toMatchObject({ code: 'InvalidInputException' });
  });

  test('changes when an account moves or leaves', async () => {
    const { organization, workloads, accountsOf } = await tree();
    organization.moveAccount(account(0), workloads);
    organization.removeAccount(account(1));
    expect(await accountsOf(workloads)).toEqual([account(0)]);
  });

  test('has no parent that nobody has added', async () => {
    const { accountsOf, unitsOf } = await tree();
    for (const unknown of ['ou-exam-99999999', 'r-othr']) {
      expect(await refusal(accountsOf(unknown))).toMatchObject({ code: 'ParentNotFoundException', status: 400 });
      expect(await refusal(unitsOf(unknown))).toMatchObject({ code: 'ParentNotFoundException' });
    }
    expect(await refusal(accountsOf('Workloads'))).toMatchObject({ code: 'InvalidInputException' });
  });
});

describe('nobody lists accounts', () => {
  const listing = new ListAccountsCommand({});

  test('from a member, but from the management account and the hub', async () => {
    const { endpoint } = await withAccounts(1, { managementAccount: '999988887777' });
    expect(await refusal(clientOf(endpoint, account(0)).send(listing))).toMatchObject({ code: 'AccessDeniedException', status: 400 });
    for (const administrator of ['999988887777', HUB]) {
      const { Accounts } = await clientOf(endpoint, administrator).send(listing);
      expect(Accounts?.map(({ Id }) => Id)).toEqual(['999988887777', HUB, account(0)]);
    }
  });

  test('when it is denied', async () => {
    const { endpoint, client } = await withAccounts(1);
    endpoint.deny('ListAccounts');
    expect(await refusal(client.send(listing))).toMatchObject({ code: 'AccessDeniedException', status: 400 });
    await client.send(new ListRootsCommand({}));
  });

  test('while it is throttled', async () => {
    const { endpoint, client } = await withAccounts(1);
    endpoint.fault({ action: 'ListAccounts', kind: 'throttle', times: 1 });
    expect(await refusal(client.send(listing))).toMatchObject({ code: 'TooManyRequestsException', status: 400 });
    await client.send(listing);
    expect(endpoint.calls.map(({ outcome, place }) => [outcome, place?.region]))
      .toEqual([['TooManyRequestsException', 'us-east-1'], ['OK', 'us-east-1']]);
  });
});
