/** Tests which prefix lists a sweep reads, how often, and what it does without their entries. */
import { UnusableAnswer } from '../../../../lambda/core/errors';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { Observation } from '../../../../lambda/core/model/observation';
import { EVERYTHING, type Scope } from '../../../../lambda/core/model/scope';
import { observe } from '../../../../lambda/core/observe/observe';
import type { FlaggedIngressRuleConfiguration } from '../../../../src/contract/configuration';
import { parseCidr } from '../../../../src/contract/traffic';
import { awsError } from '../../../support/aws-error';
import { aDeclaration, aDecodedConfiguration, aGroup, anIpPermission, aRuleFromAnywhere, decoded } from '../../../support/builders';
import { type ListInMemory, MemoryNetwork } from '../../../support/memory-network';

const OFFICE = 'pl-0123456789abcdef0';
const CLOUD_FRONT = 'pl-0123456789abcdef1';
const WORLD = 'pl-0123456789abcdef2';
/** The group of every rule, by an id that a declaration may name. */
const GROUP_ID = 'sg-0123456789abcdef0';
const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };

/** SSH from the internet, by broad sources. */
const FROM_INTERNET = aDeclaration({
  match: 'COVERS', ipPermissions: [SSH], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 16 },
});

const LISTS: readonly ListInMemory[] = [
  { prefixListId: OFFICE, version: 3, cidrs: ['198.51.100.0/24', '10.0.0.0/8'] },
  { prefixListId: CLOUD_FRONT, ownerId: 'AWS', state: 'create-complete', cidrs: ['120.52.22.96/27', '205.251.249.0/24'] },
  { prefixListId: WORLD, version: 1, cidrs: ['192.0.2.0/24', '0.0.0.0/0'] },
];

const fromList = (prefixListId: string, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule =>
  aRuleFromAnywhere({ securityGroupRuleId: `sgr-${prefixListId}`, groupId: GROUP_ID, prefixListId, ...overrides });

/** A network with one group, and by default a rule for each of the lists. */
function aNetwork(rules = LISTS.map(({ prefixListId }) => fromList(prefixListId)), lists = LISTS): MemoryNetwork {
  return new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ groupId: GROUP_ID })], rules, prefixLists: lists });
}

const GROUP: Scope = { kind: 'groups', groupIds: [GROUP_ID] };

async function see(
  network: MemoryNetwork, declared: readonly FlaggedIngressRuleConfiguration[] = [FROM_INTERNET],
  scope: Scope = EVERYTHING,
): Promise<Observation> {
  const { flaggedIngressRules } = decoded({ flaggedIngressRules: [...declared] });
  return observe(scope, aDecodedConfiguration({ flaggedIngressRules }), { network, now: new Date('2026-01-01T00:00:00Z') });
}

const verdicts = ({ flagged }: Observation): Record<string, string> =>
  Object.fromEntries(flagged.map(({ rule, verdict }) => [rule.prefixListId ?? rule.securityGroupRuleId, verdict]));

const readings = (network: MemoryNetwork): string[] => network.idsOf('prefixListEntries').flat().sort();

describe('the lists that rules name', () => {
  test.each([['a full run', EVERYTHING], ['a run over some groups', GROUP]])('are read in %s, and decide', async (_, scope) => {
    const observation = await see(aNetwork(), [FROM_INTERNET], scope);
    expect(verdicts(observation)).toEqual({ [WORLD]: 'flagged' });
    expect([...observation.prefixLists.keys()].sort()).toEqual([OFFICE, CLOUD_FRONT, WORLD]);
    expect(observation.prefixLists.get(OFFICE)).toHaveLength(2);
    expect(observation.errors).toEqual([]);
  });

  test('are read once each, no matter how many rules and declarations name them', async () => {
    const rules = Array.from({ length: 50 }, (_, index) => fromList(OFFICE, { securityGroupRuleId: `sgr-${index}` }));
    const network = aNetwork([...rules, fromList(WORLD)]);
    network.pageSize = 7;
    await see(network, [FROM_INTERNET, { ...FROM_INTERNET, reason: 'again' }, aDeclaration({
      match: 'COVERS', ipPermissions: [
        { ...SSH, PrefixListIds: [{ PrefixListId: WORLD }] },
      ],
    })]);
    expect(readings(network)).toEqual([OFFICE, WORLD]);
  });

  test('are described a hundred at a time, before and after', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `pl-${String(index).padStart(8, '0')}`);
    const network = aNetwork(
      ids.map(id => fromList(id)), ids.map(prefixListId => ({ prefixListId, version: 1, cidrs: ['10.0.0.0/8'] })),
    );
    expect((await see(network)).errors).toEqual([]);
    expect(network.idsOf('prefixLists').map(({ length }) => length)).toEqual([100, 50, 100, 50]);
    expect(readings(network)).toEqual(ids);
  });

  test('are not read if no rule names one', async () => {
    const network = aNetwork([aRuleFromAnywhere({ groupId: GROUP_ID })]);
    expect(verdicts(await see(network))).toEqual({ 'sgr-1': 'flagged' });
    expect(network.methods).not.toContain('prefixLists');
  });

  test.each<[name: string, declared: FlaggedIngressRuleConfiguration, verdict: Record<string, string>]>([
    ['the declaration is for other ports', { ...FROM_INTERNET, ipPermissions: [{ ...SSH, FromPort: 3389, ToPort: 3389 }] }, {}],
    ['the declaration compares ids only', aDeclaration(), {}],
    ['every source is flagged', aDeclaration({ match: 'WITHIN', ipPermissions: [SSH], anySource: true }), { [WORLD]: 'flagged' }],
    ['the declaration is for another group', { ...FROM_INTERNET, anyGroup: undefined, groupId: 'sg-0123456789abcdef1' }, {}],
    ['the group is excepted', { ...FROM_INTERNET, exceptGroupIds: [GROUP_ID] }, {}],
  ])('are not read if %s', async (_, declared, expected) => {
    const network = aNetwork([fromList(WORLD)]);
    expect(verdicts(await see(network, [declared]))).toEqual(expected);
    expect(network.methods).not.toContain('prefixLists');
    expect(network.methods).not.toContain('prefixListEntries');
  });

  test('of egress rules are not read', async () => {
    const network = aNetwork([fromList(WORLD, { isEgress: true })]);
    await see(network);
    expect(network.methods).not.toContain('prefixLists');
  });

  test('are read for a rule that will be replaced, although it is flagged without the entries', async () => {
    const network = aNetwork([fromList(WORLD)]);
    const everySource = aDeclaration({ match: 'WITHIN', ipPermissions: [SSH], anySource: true });
    const [declared] = decoded({ flaggedIngressRules: [everySource] }).flaggedIngressRules;
    const cidr = parseCidr('198.51.100.0/24');
    const configuration = aDecodedConfiguration({
      flaggedIngressRules: [{ ...declared, replaceWith: [{ kind: 'cidr', cidr }] }],
    });
    const { prefixLists } = await observe(EVERYTHING, configuration, { network, now: new Date('2026-01-01T00:00:00Z') });
    expect([...prefixLists.keys()]).toEqual([WORLD]);
  });
});

describe('the lists that declarations name', () => {
  test('are read as exceptions and as replacements, even if no rule names them', async () => {
    const network = aNetwork([aRuleFromAnywhere({ groupId: GROUP_ID, securityGroupRuleId: 'sgr-office', cidrIpv4: '198.51.100.0/24' }), aRuleFromAnywhere({ groupId: GROUP_ID })]);
    const declared = aDeclaration({
      match: 'OVERLAPS', ipPermissions: [SSH], fromAnyPublicAddress: true,
      except: [{ ...SSH, PrefixListIds: [{ PrefixListId: OFFICE }] }], replaceWith: [{ PrefixListId: CLOUD_FRONT }],
    });
    const observation = await see(network, [declared]);
    expect(verdicts(observation)).toEqual({ 'sgr-1': 'flagged' });
    expect([...observation.prefixLists.keys()].sort()).toEqual([OFFICE, CLOUD_FRONT]);
    expect(readings(network)).toEqual([OFFICE, CLOUD_FRONT]);
  });

  test('are not read if there is no group in scope', async () => {
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], prefixLists: LISTS });
    await see(network, [aDeclaration({ match: 'COVERS', ipPermissions: [{ ...SSH, PrefixListIds: [{ PrefixListId: OFFICE }] }] })]);
    expect(network.methods).not.toContain('prefixLists');
  });
});

describe('a list that is not known for sure', () => {
  const unsure: ReadonlyArray<readonly [name: string, code: string, prepare: (network: MemoryNetwork) => unknown]> = [
    ...['create-in-progress', 'create-failed', 'modify-in-progress', 'modify-failed', 'restore-in-progress', 'restore-failed', 'delete-in-progress', 'delete-complete', 'delete-failed', 'a-new-state'].map(state => [
      `is ${state}`, 'PrefixListChanging', (network: MemoryNetwork) => network.lists.set(WORLD, { ...LISTS[2], state }),
    ] as const),
    ['is modified while it is read', 'PrefixListChanging', network => network.on('prefixListEntries', {
      naming: WORLD, after: () => void network.lists.set(WORLD, { ...LISTS[2], version: 2 }),
    })],
    ['is being modified after it was read', 'PrefixListChanging', network => network.on('prefixListEntries', {
      naming: WORLD, after: () => void network.lists.set(WORLD, { ...LISTS[2], state: 'modify-in-progress' }),
    })],
    ['vanishes while it is read', 'InvalidPrefixListID.NotFound', network => network.on('prefixListEntries', {
      naming: WORLD, before: () => void network.lists.delete(WORLD),
    })],
    ['vanishes right after it was read', 'InvalidPrefixListID.NotFound', network => network.on('prefixListEntries', {
      naming: WORLD, after: () => void network.lists.delete(WORLD),
    })],
    ['does not exist', 'InvalidPrefixListID.NotFound', network => network.lists.delete(WORLD)],
    ['may not be described', 'UnauthorizedOperation', network => network.on('prefixLists', {
      naming: WORLD, throws: awsError('UnauthorizedOperation'),
    })],
    ['may not be described again', 'UnauthorizedOperation', network => network.on('prefixLists', {
      call: 2, throws: awsError('UnauthorizedOperation'),
    })],
    ['may not be read', 'UnauthorizedOperation', network => network.on('prefixListEntries', {
      naming: WORLD, throws: awsError('UnauthorizedOperation'),
    })],
    ['is not shown because an answer has a flaw', 'UnusableAnswer', network => network.on('prefixLists', {
      call: 1, throws: new UnusableAnswer('a prefix list without its state', []),
    })],
    ['has an entry that is not usable', 'UnusableAnswer', network => network.on('prefixListEntries', {
      naming: WORLD, throws: new UnusableAnswer('an entry without its CIDR block', ['192.0.2.0/24']),
    })],
    ['has an entry that is not a block', 'UnusableAnswer', network => network.lists.set(WORLD, {
      ...LISTS[2], cidrs: ['192.0.2.0/24', 'everything'],
    })],
  ];

  test.each(unsure)('leaves its rules undecided, and is an error that names it, if it %s', async (_, code, prepare) => {
    const network = aNetwork([fromList(WORLD)]);
    prepare(network);
    const observation = await see(network);
    expect(verdicts(observation)).toEqual({ [WORLD]: 'undecided' });
    expect(observation.prefixLists.has(WORLD)).toBe(false);
    expect(observation.errors).toMatchObject([{ doing: 'reading a prefix list', resourceId: WORLD, error: { code } }]);
  });

  test('does not affect other lists, nor rules with other sources', async () => {
    const rules = [fromList(OFFICE), fromList(WORLD), fromList(CLOUD_FRONT), aRuleFromAnywhere({ groupId: GROUP_ID })];
    const network = aNetwork(rules)
      .on('prefixListEntries', { naming: OFFICE, throws: awsError('InternalError') });
    const observation = await see(network);
    expect(verdicts(observation)).toEqual({ [OFFICE]: 'undecided', [WORLD]: 'flagged', 'sgr-1': 'flagged' });
    expect(observation.errors).toMatchObject([{ resourceId: OFFICE }]);
    expect(observation.coverage.flagged.groupIds).toEqual(new Set([GROUP_ID]));
    expect(observation.vpcs?.scanned).toEqual(new Set(['vpc-1']));
  });

  test('is no error if neither a rule nor a declaration names it', async () => {
    const network = aNetwork([aRuleFromAnywhere({ groupId: GROUP_ID })], [{ ...LISTS[2], state: 'modify-in-progress' }]);
    expect((await see(network)).errors).toEqual([]);
  });

  test('is one error if a declaration and many rules name it', async () => {
    const network = aNetwork([fromList(WORLD), fromList(WORLD, { securityGroupRuleId: 'sgr-2' })], []);
    const declared = aDeclaration({ match: 'WITHIN', ipPermissions: [{ ...anIpPermission(), IpRanges: undefined, PrefixListIds: [{ PrefixListId: WORLD }] }] });
    const { errors } = await see(network, [declared, FROM_INTERNET]);
    expect(errors).toMatchObject([{ resourceId: WORLD, error: { code: 'InvalidPrefixListID.NotFound' } }]);
  });
});

describe('a list without a version that came on several pages', () => {
  const paged: ListInMemory = { ...LISTS[1], isOneAnswer: false };

  test('is read twice, and decides if both readings have the same entries in any order', async () => {
    const network = aNetwork([fromList(CLOUD_FRONT)], [paged]).on('prefixListEntries', {
      call: 1, after: () => void network.lists.set(CLOUD_FRONT, { ...paged, cidrs: [...paged.cidrs ?? []].reverse() }),
    });
    const observation = await see(network);
    expect(verdicts(observation)).toEqual({});
    expect(observation.errors).toEqual([]);
    expect(readings(network)).toEqual([CLOUD_FRONT, CLOUD_FRONT]);
  });

  test('is not known for sure if the second reading has other entries', async () => {
    const network = aNetwork([fromList(CLOUD_FRONT)], [paged]).on('prefixListEntries', {
      call: 1, after: () => void network.lists.set(CLOUD_FRONT, { ...paged, cidrs: ['0.0.0.0/0'] }),
    });
    const observation = await see(network);
    expect(verdicts(observation)).toEqual({ [CLOUD_FRONT]: 'undecided' });
    expect(observation.errors).toMatchObject([{ resourceId: CLOUD_FRONT, error: { code: 'PrefixListChanging' } }]);
  });

  test('is read once if it has a version', async () => {
    const network = aNetwork([fromList(OFFICE)], [{ ...LISTS[0], isOneAnswer: false }]);
    await see(network);
    expect(readings(network)).toEqual([OFFICE]);
  });
});
