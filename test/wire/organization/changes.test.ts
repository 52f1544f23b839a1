/** Tests changes that members forward: which places they reach, and what is revoked there. */
import { ONE, OrganizationWorld, stopWorlds, THREE, TWO } from './world';
import { authorizeIngress } from '../../support/cloudtrail/records';
import type { SecurityGroupRule } from '../../support/ec2-endpoint';

afterEach(stopWorlds);

const REGION = 'eu-west-1';
const CONFIGURED = [{ changeTrigger: 'cloudTrail' }] as const;
const SCHEDULED = { scheduledTime: '2026-11-01T00:00:00Z', configured: CONFIGURED };

/** Opens a rule in a member, and returns the event as EventBridge forwards it. */
function opened(world: OrganizationWorld, account: string, region = REGION): object {
  const [rule] = world.addRules(account, region, 1);
  return forwarded(rule, account, region);
}

function forwarded({ groupId, securityGroupRuleId }: SecurityGroupRule, account: string, region = REGION): object {
  const event = authorizeIngress({ groupId, ruleIds: [securityGroupRuleId], at: new Date().toISOString() });
  return { ...event, account, region };
}

async function afterRun(): Promise<OrganizationWorld> {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 0 });
  expect((await world.run(SCHEDULED)).status).toBe('SUCCEEDED');
  return world;
}

test('a change is swept in the account and Region that it comes from, and revoked where the latest run could', async () => {
  const world = await afterRun();
  const { result, error } = await world.change([opened(world, ONE), opened(world, THREE)], CONFIGURED);
  expect(error).toBeUndefined();
  expect(result).toEqual({ batchItemFailures: [] });
  expect([world.left(ONE), world.left(THREE)]).toEqual([0, 1]);
  expect(await world.states(ONE, REGION)).toEqual(['REVOKED']);
  expect(await world.states(THREE, REGION)).toEqual(['OPEN']);
  expect(await world.states(ONE, 'eu-central-1')).toEqual([]);
});

test('a change in an account that no run has looked at is left, and nobody enters it', async () => {
  const world = await afterRun();
  const stranger = '555566667777';
  world.aws.addMember(stranger);
  const entered = world.aws.calls.length;
  const { result } = await world.change([opened(world, stranger), opened(world, ONE, 'ap-south-1')], CONFIGURED);
  expect(result).toEqual({ batchItemFailures: [] });
  expect(world.aws.calls.slice(entered).filter(({ action }) => action === 'AssumeRole')).toEqual([]);
  expect(world.left(stranger)).toBe(1);
});

test('nothing is revoked while a run counts, and the run finds it', async () => {
  const world = await afterRun();
  let left = 0;
  await world.run({
    configured: CONFIGURED, scheduledTime: '2026-11-02T00:00:00Z', before: async ({ step }) => {
      if (step !== 'count') return;
      expect((await world.change([opened(world, ONE)], CONFIGURED)).error).toBeUndefined();
      left = world.left(ONE);
    },
  });
  expect(left).toBe(1);
  await world.run({ configured: CONFIGURED, scheduledTime: '2026-11-03T00:00:00Z' });
  expect(world.left(ONE)).toBe(0);
});

test('changes and the run draw on one limit', async () => {
  const configured = [{ changeTrigger: 'cloudTrail', maxRevocationsPerSweep: 2 }] as const;
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 0 });
  world.addRules(ONE, REGION, 1);
  await world.run({ configured, scheduledTime: '2026-11-01T00:00:00Z' });
  for (let count = 0; count < 3; count++) await world.change([opened(world, TWO)], configured);
  expect([world.left(ONE), world.left(TWO)]).toEqual([0, 2]);
});

test('after another configuration was deployed, a change is only reported until the next run', async () => {
  const world = await afterRun();
  const configured = [{ changeTrigger: 'cloudTrail' }, { revokeIn: { kind: 'list', ids: [TWO, ONE] } }] as const;
  await world.change([opened(world, ONE)], configured);
  expect(world.left(ONE)).toBe(1);
});

test('a message that names no place is delivered again', async () => {
  const world = await afterRun();
  const { result } = await world.change(['no JSON', { detail: {} }, opened(world, ONE)], CONFIGURED);
  expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }, { itemIdentifier: 'message-2' }] });
  expect(world.left(ONE)).toBe(0);
});

test('a change in an account that is no longer swept is left, and nobody enters it', async () => {
  const world = await afterRun();
  const without = [{ changeTrigger: 'cloudTrail' }, { accounts: { kind: 'list', ids: [ONE, THREE] } }] as const;
  await world.run({ configured: without, scheduledTime: '2026-11-02T00:00:00Z' });
  const entered = world.aws.calls.length;
  await world.change([opened(world, TWO)], without);
  expect(world.aws.calls.slice(entered).filter(({ action }) => action === 'AssumeRole')).toEqual([]);
  expect(await world.states(TWO, REGION)).toEqual([]);
});

test('a change is only reported once a run could not read which accounts there are', async () => {
  const world = await OrganizationWorld.start();
  const configured = [{ changeTrigger: 'cloudTrail' }, { accounts: { kind: 'all' }, toleratedFailures: 1 }] as const;
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 0 });
  expect((await world.run({ configured, scheduledTime: '2026-11-01T00:00:00Z' })).status).toBe('SUCCEEDED');
  world.aws.deny('ListAccounts');
  expect((await world.run({ configured, scheduledTime: '2026-11-02T00:00:00Z' })).status).toBe('FAILED');
  expect((await world.change([opened(world, ONE)], configured)).error).toBeUndefined();
  expect(world.left(ONE)).toBe(1);
  expect(await world.states(ONE, REGION)).toEqual(['OPEN']);
});

test('a change without an id is left to the next run, and nothing says that everything is swept', async () => {
  const world = await afterRun();
  const [rule] = world.addRules(ONE, REGION, 1);
  const event = forwarded(rule, ONE) as { detail: Record<string, unknown> };
  const detail = { ...event.detail, requestParameters: { omitted: true }, responseElements: {} };
  const unreadable = { ...event, detail };
  const { result } = await world.change([unreadable], CONFIGURED);
  expect(result).toEqual({ batchItemFailures: [] });
  expect(world.logged('ChangeUnread').map(({ message }) => message))
    .toEqual([expect.stringContaining('the next run finds it')]);
  expect(world.logged('FullSweep')).toEqual([]);
  await world.run({ configured: CONFIGURED, scheduledTime: '2026-11-02T00:00:00Z' });
  expect(world.left(ONE)).toBe(0);
});
