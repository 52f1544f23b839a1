/** Tests the actions on managed prefix lists: filters, pages, versions, and errors. */
import {
  DescribeManagedPrefixListsCommand, type EC2Client, type Filter, GetManagedPrefixListEntriesCommand,
  paginateGetManagedPrefixListEntries,
} from '@aws-sdk/client-ec2';
import { Network, type PrefixList } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

const OTHER_ACCOUNT = '444455556666';

/** The account's own list, one of AWS, one that another account shares, and one that it does not share. */
function aNetwork() {
  const network = new Network();
  const own = network.addPrefixList(['10.0.0.0/8', '192.0.2.0/24'], {
    prefixListName: 'offices', tags: { Owner: 'TeamA' },
  });
  const cloudFront = network.addPrefixList(['120.52.22.96/27'], {
    prefixListName: 'com.amazonaws.global.cloudfront.origin-facing', ownerId: 'AWS',
  });
  const shared = network.addPrefixList(['2001:db8::/32'], { ownerId: OTHER_ACCOUNT, sharedWith: [network.accountId] });
  const foreign = network.addPrefixList(['203.0.113.0/24'], { ownerId: OTHER_ACCOUNT });
  return { network, own, cloudFront, shared, foreign };
}

async function ids(ec2: EC2Client, ...Filters: Filter[]) {
  const { PrefixLists = [] } = await ec2.send(new DescribeManagedPrefixListsCommand({ Filters }));
  return PrefixLists.map(({ PrefixListId }) => PrefixListId);
}

async function cidrs(ec2: EC2Client, PrefixListId: string, TargetVersion?: number) {
  const { Entries } = await ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, TargetVersion }));
  return Entries?.map(({ Cidr }) => Cidr);
}

describe('DescribeManagedPrefixLists', () => {
  test('shows the own lists, those of AWS without a version, and shared ones, but no others', async () => {
    const { network, own, cloudFront, shared } = aNetwork();
    const { ec2 } = await connect({ network });
    const { PrefixLists } = await ec2.send(new DescribeManagedPrefixListsCommand({}));
    expect(PrefixLists).toEqual([
      {
        PrefixListId: own.prefixListId, PrefixListName: 'offices', AddressFamily: 'IPv4', State: 'create-complete',
        PrefixListArn: `arn:aws:ec2:eu-central-1:111122223333:prefix-list/${own.prefixListId}`, MaxEntries: 2,
        Version: 1, OwnerId: '111122223333', Tags: [{ Key: 'Owner', Value: 'TeamA' }],
      },
      {
        PrefixListId: cloudFront.prefixListId, PrefixListName: 'com.amazonaws.global.cloudfront.origin-facing',
        AddressFamily: 'IPv4', State: 'create-complete', OwnerId: 'AWS', Tags: [],
        PrefixListArn: `arn:aws:ec2:eu-central-1:aws:prefix-list/${cloudFront.prefixListId}`,
      },
      expect.objectContaining({ PrefixListId: shared.prefixListId, AddressFamily: 'IPv6', OwnerId: OTHER_ACCOUNT }),
    ]);
  });

  test.each<[name: string, value: string | ((list: PrefixList) => string)]>([
    ['prefix-list-id', ({ prefixListId }) => prefixListId],
    ['prefix-list-name', 'offices'],
    ['owner-id', '111122223333'],
  ])('is filtered by %s', async (Name, value) => {
    const { network, own } = aNetwork();
    const { ec2 } = await connect({ network });
    const Values = [typeof value === 'string' ? value : value(own)];
    expect(await ids(ec2, { Name, Values })).toEqual([own.prefixListId]);
  });

  test('leaves out what a filter names and does not exist', async () => {
    const { network, foreign } = aNetwork();
    const { ec2 } = await connect({ network });
    const Values = [foreign.prefixListId, 'pl-0123456789abcdef0'];
    expect(await ids(ec2, { Name: 'prefix-list-id', Values })).toEqual([]);
  });

  test.each([
    ['an unknown id', { PrefixListIds: ['pl-0123456789abcdef0'] }, 'InvalidPrefixListID.NotFound'],
    ['a malformed id', { PrefixListIds: ['pl-1'] }, 'InvalidPrefixListId.Malformed'],
    ['a filter that it does not have', { Filters: [{ Name: 'group-id', Values: ['sg-1'] }] }, 'InvalidParameterValue'],
    ['more than 100 results', { MaxResults: 101 }, 'InvalidParameterValue'],
    ['a dry run', { DryRun: true }, 'DryRunOperation'],
  ])('fails for %s', async (_, request, code) => {
    const { ec2 } = await connect({ network: aNetwork().network });
    expect(await refusal(ec2.send(new DescribeManagedPrefixListsCommand(request)))).toMatchObject({ code });
  });

  test('fails without the permission', async () => {
    const { ec2, endpoint } = await connect({ network: aNetwork().network });
    endpoint.deny('DescribeManagedPrefixLists');
    expect(await refusal(ids(ec2))).toMatchObject({ code: 'UnauthorizedOperation' });
  });
});

describe('GetManagedPrefixListEntries', () => {
  test('returns the entries of every list that the account sees', async () => {
    const { network, own, cloudFront, shared } = aNetwork();
    const { ec2 } = await connect({ network });
    expect(await cidrs(ec2, own.prefixListId)).toEqual(['10.0.0.0/8', '192.0.2.0/24']);
    expect(await cidrs(ec2, cloudFront.prefixListId)).toEqual(['120.52.22.96/27']);
    expect(await cidrs(ec2, shared.prefixListId)).toEqual(['2001:db8::/32']);
  });

  test('returns the current version by default, and an earlier one on request', async () => {
    const { network, own } = aNetwork();
    const { ec2 } = await connect({ network });
    network.modifyPrefixList(own.prefixListId, ['0.0.0.0/0']);
    expect(await cidrs(ec2, own.prefixListId)).toEqual(['0.0.0.0/0']);
    expect(await cidrs(ec2, own.prefixListId, 1)).toEqual(['10.0.0.0/8', '192.0.2.0/24']);
    expect(await refusal(cidrs(ec2, own.prefixListId, 3))).toMatchObject({ code: 'InvalidParameterValue' });
  });

  test('returns an empty list for a list without entries', async () => {
    const network = new Network();
    const { prefixListId } = network.addPrefixList([]);
    const { ec2 } = await connect({ network });
    expect(await cidrs(ec2, prefixListId)).toEqual([]);
  });

  test('is paged to its end', async () => {
    const network = new Network();
    const all = Array.from({ length: 250 }, (_, index) => `10.0.${index}.0/24`);
    const { prefixListId: PrefixListId } = network.addPrefixList(all);
    const { ec2 } = await connect({ network });
    const pages: number[] = [];
    const paginator = paginateGetManagedPrefixListEntries({ client: ec2, pageSize: 100 }, { PrefixListId });
    for await (const { Entries = [] } of paginator) pages.push(Entries.length);
    expect(pages).toEqual([100, 100, 50]);
  });

  test.each([
    ['an unknown id', { PrefixListId: 'pl-0123456789abcdef0' }, 'InvalidPrefixListID.NotFound'],
    ['a malformed id', { PrefixListId: 'pl-1' }, 'InvalidPrefixListId.Malformed'],
    ['no id', { PrefixListId: undefined }, 'MissingParameter'],
    ['a dry run', { PrefixListId: 'pl-0123456789abcdef0', DryRun: true }, 'DryRunOperation'],
  ])('fails for %s', async (_, request, code) => {
    const { ec2 } = await connect({ network: aNetwork().network });
    expect(await refusal(ec2.send(new GetManagedPrefixListEntriesCommand(request)))).toMatchObject({ code });
  });

  test('fails for a list that is not shared, with a token of another list, and without the permission', async () => {
    const { network, own, foreign, shared } = aNetwork();
    const { ec2, endpoint } = await connect({ network });
    expect(await refusal(cidrs(ec2, foreign.prefixListId))).toMatchObject({ code: 'InvalidPrefixListID.NotFound' });
    const first = new GetManagedPrefixListEntriesCommand({ PrefixListId: own.prefixListId, MaxResults: 1 });
    const { NextToken } = await ec2.send(first);
    const other = new GetManagedPrefixListEntriesCommand({ PrefixListId: shared.prefixListId, NextToken });
    expect(await refusal(ec2.send(other))).toMatchObject({ code: 'InvalidPaginationToken' });
    endpoint.deny('GetManagedPrefixListEntries');
    expect(await refusal(cidrs(ec2, own.prefixListId))).toMatchObject({ code: 'UnauthorizedOperation' });
  });
});
