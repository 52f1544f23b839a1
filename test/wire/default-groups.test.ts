/** Tests the shipped bundle over the wire with declarations for default groups, and for groups by their tags. */
import { DENIED_MILLIS, stopWorlds, World } from './world';
import { type Distortion, Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const EVERYTHING = { match: 'WITHIN', anySource: true, ipPermissions: [{ IpProtocol: '-1' }] };
const DEFAULTS = { ...EVERYTHING, defaultGroups: { evenInUse: false } };
const TAGGED = { ...EVERYTHING, groupsTagged: { key: 'Tier', values: ['dmz'] } };
const PROPS = { staleRules: 'ignore', flaggedIngressRules: [DEFAULTS], vpnConnections: { kind: 'none' }, requestRateFactor: 1000 };

interface Staged {
  readonly network: Network;
  readonly world: World;
  readonly vpcIds: readonly string[];
  /** The ids of the default groups, and of the other group of each VPC. */
  readonly defaults: readonly string[];
  readonly others: readonly string[];
}

/** Two VPCs, each with a default group that admits itself, and with another group. A third VPC has no findings. */
async function stage(): Promise<Staged> {
  const network = new Network();
  const made = [1, 2].map(() => {
    const { vpcId } = network.addVpc();
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: 'default' });
    network.addIngress(groupId, { ipProtocol: '-1', reference: { groupId } });
    const other = network.addSecurityGroup({ vpcId, tags: { Tier: 'dmz' } }).groupId;
    network.addIngress(other, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    return { vpcId, groupId, other };
  });
  network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupName: 'default' });
  return {
    network, world: await World.start({ network }), vpcIds: made.map(({ vpcId }) => vpcId),
    defaults: made.map(({ groupId }) => groupId), others: made.map(({ other }) => other),
  };
}

const rulesIn = (network: Network, groupIds: readonly string[]): number[] =>
  groupIds.map(groupId => network.rulesOf(groupId).length);

const keptFor = (world: World): unknown[] => world.logged('RuleKept').map(({ keepReason }) => keepReason);

describe('a default group', () => {
  test('that no interface uses loses its rules, and one that is used keeps them', async () => {
    const { network, world, defaults, others } = await stage();
    network.addNetworkInterface([others[1], defaults[1]]);

    const { error } = await world.sweep(PROPS);

    expect(error).toBeUndefined();
    expect(rulesIn(network, [...defaults, ...others])).toEqual([0, 1, 1, 1]);
    expect(keptFor(world)).toEqual(['IN_USE']);
    expect(['FlaggedIngressRules', 'ScanErrors', 'RevocationsWithheld'].map(name => world.aggregate(name))).toEqual([2, 0, 0]);
    // Once for the two groups with findings, and once more before the call.
    expect(world.ec2.callsByAction().DescribeNetworkInterfaces).toBe(2);
  });

  test('is used if only a hidden interface of an AWS service has it', async () => {
    const { network, world, defaults } = await stage();
    network.addNetworkInterface([defaults[0]], { isHidden: true });
    await world.sweep(PROPS);
    expect(rulesIn(network, defaults)).toEqual([1, 0]);
  });

  test('loses its rules even in use, if the declaration says so', async () => {
    const { network, world, defaults } = await stage();
    network.addNetworkInterface([defaults[0]]);
    await world.sweep({ ...PROPS, flaggedIngressRules: [{ ...DEFAULTS, defaultGroups: { evenInUse: true } }] });
    expect(rulesIn(network, defaults)).toEqual([0, 0]);
    expect(world.ec2.callsByAction().DescribeNetworkInterfaces).toBeUndefined();
  });

  test('to which an interface is attached between the finding and the call keeps its rules', async () => {
    const { network, world, defaults } = await stage();
    world.ec2.after('DescribeNetworkInterfaces', () => {
      if (network.networkInterfaces.size === 0) network.addNetworkInterface([defaults[0]]);
    });
    await world.sweep(PROPS);
    expect(rulesIn(network, defaults)).toEqual([1, 0]);
    expect(world.ec2.callsByAction()).toMatchObject({ DescribeNetworkInterfaces: 2, RevokeSecurityGroupIngress: 1 });
  });

  test.each<[name: string, code: string, prepare: (world: World) => void]>([
    ['the call is denied', 'UnauthorizedOperation', ({ ec2 }) => ec2.deny('DescribeNetworkInterfaces')],
    ['the answer has no list', 'UnusableAnswer', ({ ec2 }) =>
      ec2.distort('DescribeNetworkInterfaces', answer => ({ ...answer, networkInterfaceSet: undefined }))],
  ])('whose use cannot be read keeps its rules, which is an error: %s', async (_, code, prepare) => {
    const { network, world, defaults } = await stage();
    prepare(world);
    await world.sweep(PROPS);
    expect(rulesIn(network, defaults)).toEqual([1, 1]);
    expect(keptFor(world)).toEqual(['USE_UNREAD', 'USE_UNREAD']);
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ error: expect.objectContaining({ code }) })]);
    expect(world.aggregate('ScanErrors')).toBe(1);
  });

  test('whose use cannot be read again keeps its rules, which is an error', async () => {
    const { network, world, defaults } = await stage();
    let calls = 0;
    world.ec2.fault({ action: 'DescribeNetworkInterfaces', kind: 'error', code: 'UnauthorizedOperation', when: () => ++calls > 1 });
    await world.sweep(PROPS);
    expect(rulesIn(network, defaults)).toEqual([1, 1]);
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
    expect(world.aggregate('IngressRulesRevoked')).toBe(0);
  });

  test('has its rules read, and no other group has', async () => {
    const { network, world, others } = await stage();
    await world.sweep({ ...PROPS, dryRun: true });
    const asked = JSON.stringify(world.ec2.calls.filter(({ action }) => action === 'DescribeSecurityGroupRules')
      .map(({ parameters }) => parameters));
    for (const groupId of others) expect(asked).not.toContain(groupId);
    for (const { groupId } of [...network.groups.values()].filter(({ groupName }) => groupName === 'default')) {
      expect(asked).toContain(groupId);
    }
  });

  test('has its use tried at deployment', async () => {
    const { world } = await stage();
    world.ec2.deny('DescribeNetworkInterfaces');
    const { body } = await world.deploy('Create', PROPS, DENIED_MILLIS);
    expect([body.Status, body.Reason]).toEqual(['FAILED', expect.stringContaining('ec2:DescribeNetworkInterfaces')]);
  });
});

/** Takes the keys off the tags of a group. */
const withoutTagKeys = (id: string): Distortion => answer => ({
  ...answer,
  securityGroupInfo: (answer.securityGroupInfo as unknown as Array<{ groupId: string; tagSet: object[] }>).map(group =>
    group.groupId === id ? { ...group, tagSet: group.tagSet.map(tag => ({ ...tag, key: undefined })) } : group),
} as typeof answer);

describe('a declaration by a tag', () => {
  const props = { ...PROPS, flaggedIngressRules: [TAGGED] };

  test('is for the groups that have it, and has no other rules read', async () => {
    const { network, world, defaults, others } = await stage();
    network.groups.set(others[1], { ...network.groups.get(others[1])!, tags: { tier: 'dmz', Tier: 'DMZ' } });
    await world.sweep(props);
    expect(rulesIn(network, [...defaults, ...others])).toEqual([1, 1, 0, 1]);
    const asked = JSON.stringify(world.ec2.calls.filter(({ action }) => action === 'DescribeSecurityGroupRules'));
    for (const groupId of [...defaults, others[1]]) expect(asked).not.toContain(groupId);
  });

  test.each<[name: string, code: string, hide: (staged: Staged) => void]>([
    ['has a tag without its key', 'UnusableAnswer', ({ world, others }) =>
      world.ec2.distort('DescribeSecurityGroups', withoutTagKeys(others[0]))],
    ['is in a VPC whose groups may not be described', 'UnauthorizedOperation', ({ world, vpcIds }) =>
      world.ec2.deny('DescribeSecurityGroups', { vpcId: vpcIds[0] })],
  ])('is not for a group that %s, and that is an error', async (_, code, hide) => {
    const staged = await stage();
    const { network, world, vpcIds, others } = staged;
    hide(staged);

    await world.sweep(props);

    expect(rulesIn(network, others)).toEqual([1, 0]);
    expect(world.logged('ScanError')).toEqual([
      expect.objectContaining({ vpcId: vpcIds[0], error: expect.objectContaining({ code }) }),
    ]);
  });

  test.each<[name: string, hide: (staged: Staged) => void]>([
    ['its tags cannot be read', ({ world, others }) => world.ec2.distort('DescribeSecurityGroups', withoutTagKeys(others[0]))],
    ['the groups of its VPC cannot be read', ({ world, vpcIds }) => world.ec2.deny('DescribeSecurityGroups', { vpcId: vpcIds[0] })],
  ])('leaves the findings of a group open if %s', async (_, hide) => {
    const staged = await stage();
    const { network, world, others } = staged;
    await world.sweep({ ...props, dryRun: true });
    hide(staged);
    await world.sweep({ ...props, dryRun: true });
    await world.sweepGroups(others, { ...props, dryRun: true });
    const states = [...(await world.entries()).values()].map(({ state }) => state);
    expect(states).toEqual(['OPEN', 'OPEN']);
    expect(world.ec2.events.filter(({ detailType }) => detailType === 'Finding Resolved')).toEqual([]);
    expect(rulesIn(network, others)).toEqual([1, 1]);
  });

  test('lets a finding go if the group has lost the tag', async () => {
    const { network, world, others } = await stage();
    await world.sweep({ ...props, dryRun: true });
    network.groups.set(others[0], { ...network.groups.get(others[0])!, tags: {} });
    await world.sweep({ ...props, dryRun: true });
    const [{ securityGroupRuleId }] = network.rulesOf(others[0]);
    expect((await world.entries()).get(securityGroupRuleId)?.state).toBe('HEALED');
  });

  test('does not revoke from a group that loses the tag between the finding and the call', async () => {
    const { network, world, others } = await stage();
    world.ec2.after('DescribeSecurityGroupRules', () => {
      network.groups.set(others[0], { ...network.groups.get(others[0])!, tags: {} });
    });
    await world.sweep(props);
    expect(rulesIn(network, others)).toEqual([1, 0]);
  });
});
