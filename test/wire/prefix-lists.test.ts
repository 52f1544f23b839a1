/** Tests the shipped bundle over the wire with rules whose source is a prefix list. */
import { DENIED_MILLIS, stopWorlds, World, type WorldOptions } from './world';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const FROM_INTERNET = {
  anyGroup: true, match: 'COVERS', ipPermissions: [SSH], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 16 },
};
const PROPS = {
  staleRules: 'ignore', flaggedIngressRules: [FROM_INTERNET], vpnConnections: { kind: 'none' }, requestRateFactor: 1000,
};
const CLOUD_FRONT = ['120.52.22.96/27', '205.251.249.0/24', '180.163.57.128/26'];

interface Staged {
  readonly network: Network;
  readonly world: World;
  /** The ids of the lists. */
  readonly cloudFront: string;
  readonly everyone: string;
  readonly shared: string;
  /** The ids of the rules. */
  readonly ofCloudFront: string;
  readonly ofEveryone: string;
  readonly ofShared: string;
}

/** Two groups that admit SSH from lists: one of AWS, one that contains the internet, and a narrow, shared one. */
async function stage(options: WorldOptions = {}): Promise<Staged> {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const [first, second] = [1, 2].map(() => network.addSecurityGroup({ vpcId }).groupId);
  const cloudFront = network.addPrefixList(CLOUD_FRONT, { ownerId: 'AWS' }).prefixListId;
  const everyone = network.addPrefixList(['192.0.2.0/24', '0.0.0.0/0']).prefixListId;
  const shared = network.addPrefixList(['198.51.100.0/24'], {
    ownerId: '444455556666', sharedWith: [network.accountId],
  }).prefixListId;
  const rule = (groupId: string, prefixListId: string): string =>
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, prefixListId }).securityGroupRuleId;
  const ofCloudFront = rule(first, cloudFront);
  const ofEveryone = rule(first, everyone);
  const ofShared = rule(second, shared);
  const world = await World.start({ network, ...options });
  return { network, world, cloudFront, everyone, shared, ofCloudFront, ofEveryone, ofShared };
}

const keepReasons = (world: World): unknown[] => world.logged('RuleKept').map(({ keepReason }) => keepReason);

const entriesRead = ({ ec2 }: World): unknown[] => ec2.calls
  .filter(({ action }) => action === 'GetManagedPrefixListEntries').map(({ parameters }) => parameters.PrefixListId);

test('a list that contains the internet is flagged and revoked, and those of CloudFront and of an office are not', async () => {
  const { world, network, everyone, cloudFront, shared, ofCloudFront, ofEveryone, ofShared } = await stage();

  const { error } = await world.sweep(PROPS);

  expect(error).toBeUndefined();
  expect([ofCloudFront, ofEveryone, ofShared].map(id => network.rules.has(id))).toEqual([true, false, true]);
  expect(['FlaggedIngressRules', 'ScanErrors', 'IngressRulesRevoked'].map(name => world.aggregate(name))).toEqual([1, 0, 1]);
  expect(keepReasons(world)).toEqual([]);
  // Each list is read once, and the one of the planned rule once more before the call.
  expect(entriesRead(world).sort()).toEqual([cloudFront, everyone, everyone, shared].sort());
  expect(world.ec2.callsByAction().DescribeManagedPrefixLists).toBe(4);
});

test('each list is read once for a dry run, no matter how many rules name it', async () => {
  const { world, network, everyone, cloudFront, shared } = await stage();
  for (const { groupId } of [...network.groups.values()]) {
    for (let port = 1; port <= 30; port++) {
      network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 0, toPort: 1000 + port, prefixListId: everyone });
    }
  }
  await world.sweep({ ...PROPS, dryRun: true });
  expect(world.aggregate('FlaggedIngressRules')).toBe(61);
  expect(entriesRead(world).sort()).toEqual([cloudFront, everyone, shared].sort());
  expect(world.ec2.callsByAction()).toMatchObject({ DescribeManagedPrefixLists: 2, GetManagedPrefixListEntries: 3 });
});

test('an entry on the third page decides', async () => {
  const { world, network, ofShared, shared } = await stage();
  const entries = Array.from({ length: 250 }, (_, index) => ({ cidr: `198.51.${index}.0/24` }));
  Object.assign(network.prefixLists.get(shared) ?? {}, { entries: [...entries, { cidr: '::/0' }] });
  await world.sweep(PROPS);
  expect(network.rules.has(ofShared)).toBe(false);
  expect(world.aggregate('ScanErrors')).toBe(0);
});

test('calls that EC2 throttles are repeated, and no list is taken for empty', async () => {
  const { world, network, ofEveryone, ofCloudFront } = await stage();
  for (const action of ['DescribeManagedPrefixLists', 'GetManagedPrefixListEntries']) {
    world.ec2.fault({ action, kind: 'throttle', every: 2 });
  }
  await world.sweep(PROPS);
  expect([network.rules.has(ofEveryone), network.rules.has(ofCloudFront)]).toEqual([false, true]);
  expect(world.aggregate('ScanErrors')).toBe(0);
});

describe.each(['DescribeManagedPrefixLists', 'GetManagedPrefixListEntries'])('if %s', action => {
  test.each(['error', 'drop-socket'] as const)('fails all the time, no rule from a list is revoked: %s', async kind => {
    const { world, network, ofEveryone, everyone } = await stage();
    world.ec2.fault({ action, kind, status: 500 });
    await world.sweep(PROPS);
    expect(network.rules.has(ofEveryone)).toBe(true);
    expect(world.logged('ScanError')).toContainEqual(expect.objectContaining({ resourceId: everyone }));
    expect(world.aggregate('FlaggedIngressRules')).toBe(0);
  });

  test.each(['error', 'drop-socket'] as const)('fails for a moment, the call is repeated: %s', async kind => {
    const { world, network, ofEveryone } = await stage();
    world.ec2.fault({ action, kind, status: 500, times: 1 });
    await world.sweep(PROPS);
    expect([network.rules.has(ofEveryone), world.aggregate('ScanErrors')]).toEqual([false, 0]);
  });
});

describe('a list that is not known for sure', () => {
  test.each<[name: string, code: string, prepare: (staged: Staged) => unknown]>([
    ['is being modified', 'PrefixListChanging', ({ network, everyone }) =>
      Object.assign(network.prefixLists.get(everyone) ?? {}, { state: 'modify-in-progress' })],
    ['is modified while it is read', 'PrefixListChanging', ({ network, world, everyone }) =>
      world.ec2.after('GetManagedPrefixListEntries', () => network.modifyPrefixList(everyone, ['0.0.0.0/0']))],
    ['is no longer shared', 'InvalidPrefixListID.NotFound', ({ network, everyone }) =>
      Object.assign(network.prefixLists.get(everyone) ?? {}, { ownerId: '444455556666' })],
    ['may not be read', 'UnauthorizedOperation', ({ world }) => world.ec2.deny('GetManagedPrefixListEntries')],
    ['may not be described', 'UnauthorizedOperation', ({ world }) => world.ec2.deny('DescribeManagedPrefixLists')],
    ['is answered without its entries', 'UnusableAnswer', ({ world }) =>
      world.ec2.distort('GetManagedPrefixListEntries', answer => ({ ...answer, entrySet: undefined }))],
    ['is answered without its state', 'UnusableAnswer', ({ world }) =>
      world.ec2.distort('DescribeManagedPrefixLists', answer => ({
        ...answer,
        prefixListSet: (answer.prefixListSet as object[]).map(list => ({ ...list, state: undefined })) as never,
      }))],
  ])('leaves its rule undecided and open, if it %s', async (_, code, prepare) => {
    const staged = await stage();
    const { world, network, everyone, ofEveryone } = staged;
    prepare(staged);

    await world.sweep(PROPS);

    expect(network.rules.has(ofEveryone)).toBe(true);
    expect(world.logged('RuleKept')).toContainEqual(expect.objectContaining({ keepReason: 'UNDECIDED' }));
    expect(world.logged('ScanError')).toContainEqual(expect.objectContaining({
      error: expect.objectContaining({ code }), resourceId: everyone,
    }));
    expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBeUndefined();
    expect(world.aggregate('Sweeps')).toBe(1);
  });

  test('does not heal a finding, nor does its next reading open it again', async () => {
    const { world, ofEveryone } = await stage();
    const props = { ...PROPS, dryRun: true };
    await world.sweep(props);
    world.ec2.fault({ action: 'GetManagedPrefixListEntries', kind: 'error', code: 'UnauthorizedOperation', times: 3 });
    await world.sweep(props);
    expect((await world.entries()).get(ofEveryone)?.state).toBe('OPEN');
    await world.sweep(props);
    const about = world.ec2.events.filter(({ detail }) => detail.securityGroupRuleId === ofEveryone);
    expect(about.map(({ detailType }) => detailType)).toEqual(['Finding Opened']);
  });
});

describe('a list that changes', () => {
  test('heals the finding of its rule if it no longer contains the internet', async () => {
    const { world, network, everyone, ofEveryone } = await stage();
    await world.sweep({ ...PROPS, dryRun: true });
    network.modifyPrefixList(everyone, ['198.51.100.0/24']);
    await world.sweep({ ...PROPS, dryRun: true });
    expect((await world.entries()).get(ofEveryone)?.state).toBe('HEALED');
  });

  test('between the finding and the call keeps its rule, although the rule itself is the same', async () => {
    const { world, network, everyone, ofEveryone } = await stage();
    world.ec2.before('DescribeManagedPrefixLists', () => {
      if (world.ec2.callsByAction().DescribeManagedPrefixLists === 3) network.modifyPrefixList(everyone, ['198.51.100.0/24']);
    });

    await world.sweep(PROPS);

    expect(network.rules.has(ofEveryone)).toBe(true);
    expect(world.ec2.callsByAction()).toMatchObject({ DescribeManagedPrefixLists: 4 });
    expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBeUndefined();
    expect(world.aggregate('IngressRulesRevoked')).toBe(0);
  });

  test('and cannot be read again keeps its rule, and is an error that names it', async () => {
    const { world, network, everyone, ofEveryone } = await stage();
    let entries = 0;
    world.ec2.fault({
      action: 'GetManagedPrefixListEntries', kind: 'error', code: 'UnauthorizedOperation', when: () => ++entries > 3,
    });
    await world.sweep(PROPS);
    expect(network.rules.has(ofEveryone)).toBe(true);
    expect(world.logged('ScanError')).toEqual([
      expect.objectContaining({ resourceId: everyone, error: expect.objectContaining({ code: 'UnauthorizedOperation' }) }),
    ]);
    expect(world.aggregate('IngressRulesRevoked')).toBe(0);
  });
});

describe('a prefix list of replaceWith that cannot be read', () => {
  async function stagePeer() {
    const staged = await stage();
    const { network, shared, cloudFront, ofEveryone } = staged;
    network.rules.delete(ofEveryone);
    const [{ groupId }] = [...network.groups.values()];
    const { securityGroupRuleId: broad } = network.addIngress(groupId, {
      ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0',
    });
    const props = {
      ...PROPS,
      flaggedIngressRules: [{
        ...FROM_INTERNET, anyGroup: undefined, groupId,
        replaceWith: [{ CidrIp: '203.0.113.0/24' }, { PrefixListId: shared }, { PrefixListId: cloudFront }],
      }],
    };
    return { ...staged, broad, props };
  }

  test('keeps the rule and adds none, and the next sweep that can read it replaces the rule', async () => {
    const { world, network, shared, broad, props } = await stagePeer();
    Object.assign(network.prefixLists.get(shared) ?? {}, { state: 'modify-in-progress' });
    await world.sweep(props);
    expect(network.rules.has(broad)).toBe(true);
    expect(world.ec2.callsByAction().AuthorizeSecurityGroupIngress).toBeUndefined();
    expect(keepReasons(world)).toEqual(['PEERS_UNREAD']);
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ resourceId: shared })]);

    Object.assign(network.prefixLists.get(shared) ?? {}, { state: 'modify-complete' });
    await world.sweep(props);
    expect(network.rules.has(broad)).toBe(false);
    expect(world.ec2.callsByAction().AuthorizeSecurityGroupIngress).toBe(3);
  });

  test('right before the call keeps the rule, and each such list is an error that names it', async () => {
    const { world, network, shared, cloudFront, broad, props } = await stagePeer();
    const error = { action: 'GetManagedPrefixListEntries', kind: 'error', code: 'UnauthorizedOperation' } as const;
    let calls = 0;
    world.ec2.fault({
      ...error, when: ({ PrefixListId }) => [shared, cloudFront].includes(String(PrefixListId)) && ++calls > 2,
    });
    await world.sweep(props);
    expect(network.rules.has(broad)).toBe(true);
    expect(world.ec2.callsByAction().AuthorizeSecurityGroupIngress).toBeUndefined();
    expect(world.logged('ScanError').map(({ resourceId }) => resourceId).sort()).toEqual([cloudFront, shared].sort());
  });
});

test('an exception by a list lets stay what the list admits', async () => {
  const { world, network, shared } = await stage();
  const [{ groupId }] = [...network.groups.values()];
  const from = (cidrIpv4: string): string =>
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4 }).securityGroupRuleId;
  network.modifyPrefixList(shared, ['8.8.8.0/24']);
  const [office, around] = [from('8.8.8.7/32'), from('8.8.8.0/23')];

  await world.sweep({
    ...PROPS,
    flaggedIngressRules: [{
      anyGroup: true, match: 'OVERLAPS', ipPermissions: [SSH], fromAnyPublicAddress: true,
      except: [{ ...SSH, PrefixListIds: [{ PrefixListId: shared }] }],
    }],
  });

  expect([office, around].map(id => network.rules.has(id))).toEqual([true, false]);
});

test('a deployment is refused without the permission to read the entries', async () => {
  const { world } = await stage();
  world.ec2.deny('GetManagedPrefixListEntries');
  const { body } = await world.deploy('Create', PROPS, DENIED_MILLIS);
  expect([body.Status, body.Reason]).toEqual(['FAILED', expect.stringContaining('ec2:GetManagedPrefixListEntries')]);
});
