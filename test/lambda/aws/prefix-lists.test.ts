/** Tests how prefix lists are read from EC2. */
import { Ec2Network } from '../../../lambda/aws/network';
import { Pacer } from '../../../lambda/aws/pacing';
import { UnusableAnswer } from '../../../lambda/core/errors';
import { type Distortion, Network } from '../../support/ec2-endpoint';
import { connect, disconnect, type WireOptions } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

async function reader(network: Network, options: WireOptions = {}) {
  const { ec2, endpoint } = await connect({ network, ...options });
  return { port: new Ec2Network(ec2, ec2, new Pacer()), endpoint };
}

const blocks = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.${index}.0.0/16`);

describe('prefix lists', () => {
  test.each([{ pageSize: 1 }, { pageSize: 2, emptyPages: true }, {}])('of every page are read, and no others: %p', async paging => {
    const network = new Network();
    const own = network.addPrefixList(['10.0.0.0/8']).prefixListId;
    const ofAws = network.addPrefixList(['120.52.22.96/27'], { ownerId: 'AWS' }).prefixListId;
    const changing = network.addPrefixList(['192.0.2.0/24'], { state: 'modify-in-progress', version: 7 }).prefixListId;
    network.addPrefixList(['0.0.0.0/0']);
    const { port, endpoint } = await reader(network, paging);

    const lists = await port.prefixLists([own, ofAws, changing, 'pl-0123456789abcdef0']);

    expect(lists).toEqual([
      { prefixListId: own, state: 'create-complete', version: 1, ownerId: '111122223333' },
      { prefixListId: ofAws, state: 'create-complete', version: undefined, ownerId: 'AWS' },
      { prefixListId: changing, state: 'modify-in-progress', version: 7, ownerId: '111122223333' },
    ]);
    for (const { parameters } of endpoint.calls) expect(parameters).toMatchObject({ Filter: [{ Name: 'prefix-list-id' }] });
  });

  test.each<[name: string, distorted: object, flaw: string]>([
    ['a list without its id', { prefixListId: undefined }, 'a prefix list without its id'],
    ['a list without its state', { state: undefined }, 'without its state'],
    ['a list that was not asked for', { prefixListId: 'pl-0123456789abcdef0' }, 'a prefix list that was not asked for'],
  ])('an answer with %s is unusable, and hands over the others', async (_, distorted, flaw) => {
    const network = new Network();
    const ids = [1, 2].map(() => network.addPrefixList(['10.0.0.0/8']).prefixListId);
    const { port, endpoint } = await reader(network);
    endpoint.distort('DescribeManagedPrefixLists', answer => {
      const [first, ...others] = answer.prefixListSet as object[];
      return { ...answer, prefixListSet: [{ ...first, ...distorted }, ...others] } as typeof answer;
    });

    const error: unknown = await port.prefixLists(ids).catch(each => each);

    expect(error).toBeInstanceOf(UnusableAnswer);
    expect((error as UnusableAnswer).message).toContain(flaw);
    expect((error as UnusableAnswer).usable).toMatchObject([{ prefixListId: ids[1] }]);
  });
});

describe('entries', () => {
  test('of every page are read, and it is known whether they came at once', async () => {
    const network = new Network();
    const [short, long, none] = [blocks(100), blocks(201), []].map(cidrs => network.addPrefixList(cidrs).prefixListId);
    const { port, endpoint } = await reader(network);
    expect(await port.prefixListEntries(short)).toEqual({ cidrs: blocks(100), isOneAnswer: true });
    expect(await port.prefixListEntries(none)).toEqual({ cidrs: [], isOneAnswer: true });
    expect(endpoint.calls).toHaveLength(2);
    expect(await port.prefixListEntries(long)).toEqual({ cidrs: blocks(201), isOneAnswer: false });
    expect(endpoint.calls).toHaveLength(5);
  });

  test.each<[name: string, distortion: Distortion]>([
    ['no list', answer => ({ ...answer, entrySet: undefined })],
    ['an entry without its CIDR block', answer => ({ ...answer, entrySet: [{ description: 'office' }] })],
  ])('are never empty for an answer with %s', async (_, distortion) => {
    const network = new Network();
    const { prefixListId } = network.addPrefixList(['0.0.0.0/0']);
    const { port, endpoint } = await reader(network);
    endpoint.distort('GetManagedPrefixListEntries', distortion);
    await expect(port.prefixListEntries(prefixListId)).rejects.toBeInstanceOf(UnusableAnswer);
  });

  test('are not those of the first page if the second one fails', async () => {
    const network = new Network();
    const { prefixListId } = network.addPrefixList(blocks(101));
    const { port, endpoint } = await reader(network);
    endpoint.fault({ action: 'GetManagedPrefixListEntries', kind: 'error', code: 'InternalError', when: ({ NextToken }) => NextToken !== undefined });
    await expect(port.prefixListEntries(prefixListId)).rejects.toMatchObject({ name: 'InternalError' });
  });
});

describe('a trial of the permission', () => {
  test.each(['DescribeManagedPrefixLists', 'GetManagedPrefixListEntries', 'DescribeNetworkInterfaces'] as const)('%s reads nothing', async action => {
    const { port, endpoint } = await reader(new Network());
    await port.preflight({ action });
    expect(endpoint.calls).toMatchObject([{ action, isDryRun: true, outcome: 'DryRunOperation' }]);
    endpoint.deny(action);
    await expect(port.preflight({ action })).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  });

  test.each(['InvalidPrefixListID.NotFound', 'InvalidPrefixListId.NotFound'])('to read entries is passed if EC2 says that the list does not exist: %s', async code => {
    const { port, endpoint } = await reader(new Network());
    endpoint.fault({ action: '*', kind: 'error', code });
    await port.preflight({ action: 'GetManagedPrefixListEntries' });
    await expect(port.preflight({ action: 'DescribeManagedPrefixLists' })).rejects.toMatchObject({ name: code });
  });
});
