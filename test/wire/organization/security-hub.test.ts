/** Tests imports of an organization over the wire: with the sessions of the members, into the Security Hub of each. */
import { ONE, OrganizationWorld, stopWorlds, THREE, TWO } from './world';

afterEach(stopWorlds);

const IMPORTING = { securityHub: true, vpnConnections: { kind: 'none' } };
const REGIONS = ['eu-central-1', 'eu-west-1'];

const calls = (world: OrganizationWorld) => world.aws.calls.filter(({ action }) => action === 'BatchImportFindings');
const delivered = (world: OrganizationWorld): unknown[] =>
  world.logged('DeliveryFailed').map(({ message, account, region }) => `${String(account)} ${String(region)} ${String(message)}`).sort();

test('each account and Region imports what is found there, in a session of the member for that alone', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 2, [TWO]: 1, [THREE]: 2 });
  const { status } = await world.run({ configured: [IMPORTING], scheduledTime: '2026-11-01T00:00:00Z' });
  expect(status).toBe('SUCCEEDED');
  // The rules of the first two accounts were revoked, so their findings have ended. The third is only reported on.
  expect([ONE, TWO, THREE].map(account => world.left(account))).toEqual([0, 0, 4]);
  for (const [account, active, archived] of [[ONE, 0, 2], [TWO, 0, 1], [THREE, 2, 0]] as const) {
    for (const region of REGIONS) {
      const { findings } = world.aws.securityHub({ account, region });
      const states = [...findings.values()].map(({ RecordState }) => RecordState);
      expect(states.filter(state => state === 'ACTIVE')).toHaveLength(active);
      expect(states.filter(state => state === 'ARCHIVED')).toHaveLength(archived);
    }
  }
  expect(calls(world).every(({ outcome, caller }) => outcome === 'OK' && caller.includes(':assumed-role/network-hygiene-sweep/'))).toBe(true);
  const policies = world.aws.calls.filter(({ action }) => action === 'AssumeRole').map(({ parameters: { Policy } }) => String(Policy));
  for (const policy of policies) {
    expect(policy.match(/securityhub:[^"]*/g)).toEqual(['securityhub:BatchImportFindings']);
    expect(policy.length).toBeLessThan(2048);
  }
});

test('without securityHub, no session may import, and none does', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 1 });
  await world.run();
  expect(calls(world)).toEqual([]);
  const policies = world.aws.calls.filter(({ action }) => action === 'AssumeRole').map(({ parameters: { Policy } }) => String(Policy));
  expect(policies.length).toBeGreaterThan(0);
  expect(policies.filter(policy => policy.includes('securityhub'))).toEqual([]);
});

test('an account where Security Hub is off fails no run, and is told of once with its Region', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 1 });
  world.aws.securityHub({ account: THREE, region: 'eu-west-1' }).state = 'off';
  for (const hour of ['00', '01']) {
    const { status } = await world.run({ configured: [IMPORTING], scheduledTime: `2026-11-01T${hour}:00:00Z` });
    expect(status).toBe('SUCCEEDED');
  }
  expect(delivered(world)).toEqual([
    expect.stringMatching(new RegExp(`^${THREE} eu-west-1 Security Hub: .*Security Hub is off in ${THREE} in eu-west-1`)),
  ]);
  expect(world.aws.securityHub({ account: THREE, region: 'eu-central-1' }).active.size).toBe(1);
});

test('a member whose role may not import is swept all the same, and named', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 1 });
  world.aws.deny('BatchImportFindings', { account: THREE });
  const { status } = await world.run({ configured: [IMPORTING] });
  expect(status).toBe('SUCCEEDED');
  expect(world.left(ONE)).toBe(0);
  expect(delivered(world)).toEqual(REGIONS.map(region => expect.stringMatching(new RegExp(`^${THREE} ${region} .*Allow securityhub:BatchImportFindings`)) as string));
});

describe('a deployment of the hub', () => {
  const attribute = ({ body: { Data } }: { readonly body: { readonly Data?: object } }): unknown =>
    (Data as { SecurityHub?: string } | undefined)?.SecurityHub;
  const said = (world: OrganizationWorld): unknown[] =>
    world.logged('SecurityHub').map(({ level, account, region }) => [level, account, region]).sort();

  test('says for the first members whether findings can be imported there, and imports nothing active', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 1, [THREE]: 1 });
    world.aws.securityHub({ account: TWO, region: 'eu-central-1' }).state = 'off';
    world.aws.deny('BatchImportFindings', { account: THREE });
    const answer = await world.deploy('Create', [IMPORTING]);
    expect(answer.body.Status).toBe('SUCCESS');
    expect(attribute(answer)).toContain(`Findings are imported into Security Hub of ${ONE} in eu-central-1`);
    expect(attribute(answer)).toContain(`${TWO} in eu-central-1: Security Hub is off in ${TWO}`);
    expect(String(attribute(answer)).length).toBeLessThanOrEqual(400);
    expect(said(world)).toEqual([
      ['INFO', ONE, 'eu-central-1'], ['WARN', TWO, 'eu-central-1'], ['WARN', THREE, 'eu-central-1'],
    ].sort());
    expect(world.aws.securityHub({ account: ONE, region: 'eu-central-1' }).active.size).toBe(0);
    const policies = world.aws.calls.filter(({ action }) => action === 'AssumeRole').map(({ parameters: { Policy } }) => String(Policy));
    expect(policies.filter(policy => policy.includes('RevokeSecurityGroupIngress'))).toEqual([]);
  });

  test('goes on if a member cannot be entered, and says that it does not know', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 1, [THREE]: 1 });
    world.aws.removeMember(ONE);
    const answer = await world.deploy('Create', [IMPORTING]);
    expect(answer.body.Status).toBe('SUCCESS');
    expect(attribute(answer)).toContain(`It is unknown whether findings can be imported in ${ONE}: AccessDenied`);
  });

  test('tries nothing without securityHub, and says so', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 1, [THREE]: 1 });
    expect(attribute(await world.deploy('Create'))).toBe('findings are not imported');
    expect(calls(world)).toEqual([]);
  });
});
