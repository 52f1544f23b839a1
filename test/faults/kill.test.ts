/**
 * Tests the shipped bundle when it is killed before or after each of its calls. Each rule is either in its group or
 * whole in the ledger.
 */
import {
  CHANGE_CALLS, GROUPS_CALLS, KILLED_CHANGES, KILLED_DEPLOYMENTS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_SWEEPS,
  RESTORE_CALLS, SWEEP_CALLS,
} from './cases';
import { callsOf, callsSince, killAt } from './kill';
import { CHANGE_TRIGGER, PROPS, Scene } from './scene';
import { printTable, type Row } from './table';

const rows: Row[] = [];
afterAll(() => printTable('Killed', rows));

test('a sweep of the scene makes the calls that the cases are about', async () => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    expect(callsOf(scene.world)).toEqual(SWEEP_CALLS);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_SWEEPS)('a sweep that is killed at $action $call, $moment', async ({ action, call, moment }) => {
  const scene = await Scene.start();
  try {
    const isKilled = killAt(scene.world, action, call, moment);

    await scene.sweep();

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, ${action} ${call}, ${moment}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test('a run of the groups of the scene makes the calls that the cases are about', async () => {
  const scene = await Scene.start();
  try {
    await scene.openLimit();
    const before = callsOf(scene.world);
    const outcome = await scene.sweepGroups();
    expect(outcome?.error).toBeUndefined();
    expect(callsSince(scene.world, before)).toEqual(GROUPS_CALLS);
    expect(await scene.unfinished()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_RUNS_OF_GROUPS)('a run of some groups that is killed at $action $call, $moment', async ({
  action, call, moment,
}) => {
  const scene = await Scene.start();
  try {
    // The limit is just enough, because the reservation of a run that died cannot be used again.
    const limit = { maxRevocationsPerSweep: 4 };
    await scene.openLimit(limit);
    const isKilled = killAt(scene.world, action, call, moment);

    await scene.sweepGroups(limit);

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `groups, ${action} ${call}, ${moment}`, ...scene.row });
    scene.world.ec2.clearHooks();
    scene.world.dynamoDb.clearHooks();
    await scene.world.startAnother();
    await scene.sweepGroups(limit);
    expect(await scene.unaccounted()).toEqual([]);
    expect((await scene.control()).allowance?.used).toBeLessThanOrEqual(4);
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test('a run that changes of the groups trigger makes the calls that the cases are about', async () => {
  const scene = await Scene.start();
  try {
    await scene.openLimit(CHANGE_TRIGGER);
    const before = callsOf(scene.world);
    const outcome = await scene.change();
    expect(outcome?.result).toEqual({ batchItemFailures: [] });
    expect(callsSince(scene.world, before)).toEqual(CHANGE_CALLS);
    expect(await scene.unfinished()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_CHANGES)('a run that changes trigger is killed at $action $call, $moment', async ({
  action, call, moment,
}) => {
  const scene = await Scene.start();
  try {
    const limit = { ...CHANGE_TRIGGER, maxRevocationsPerSweep: 4 };
    await scene.openLimit(limit);
    const isKilled = killAt(scene.world, action, call, moment, await scene.world.startChange());

    await scene.change(limit);

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `changes, ${action} ${call}, ${moment}`, ...scene.row });
    // A repetition is a risk only after an effect. Otherwise, the next scheduled sweep has to do without it.
    if (moment === 'after the effect') {
      scene.world.ec2.clearHooks();
      scene.world.dynamoDb.clearHooks();
      await scene.change(limit, await scene.world.startChange());
      expect(await scene.unaccounted()).toEqual([]);
      expect((await scene.control()).allowance?.used).toBeLessThanOrEqual(4);
    }
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_DEPLOYMENTS)('a deployment that is killed at $action $call, $moment', async ({
  action, call, moment, revokes,
}) => {
  const scene = await Scene.start();
  try {
    const { world } = scene;
    const before = { ...PROPS, maxRevocationsPerSweep: 10 };
    await world.putIntoForce(before);
    const isKilled = killAt(scene.world, action, call, moment);

    await world.deploy('Update', PROPS).catch(() => undefined);

    expect(isKilled()).toBe(true);
    expect(scene.row.revoked).toBe(0);
    world.ec2.clearHooks();
    world.dynamoDb.clearHooks();
    await world.startAnother();
    // Depending on the configuration in force, the old function may revoke, the new one, or neither.
    const [older, newer] = [before, PROPS];
    if (revokes !== 'newer') await world.invokeDeployed(newer);
    else await world.invokeDeployed(older);
    expect(scene.row.revoked).toBe(0);
    await world.invokeDeployed(older);
    expect(scene.row.revoked).toBe(revokes === 'older' ? 4 : 0);
    await world.invokeDeployed(newer);
    expect(scene.row.revoked).toBe(revokes === 'none' ? 0 : 4);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `deployment, ${action} ${call}, ${moment}`, ...scene.row });
    expect((await world.deploy('Update', PROPS)).body.Status).toBe('SUCCESS');
    expect((await world.invokeDeployed(PROPS)).error).toBeUndefined();
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(4);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_RESTORES)('a restore that is killed at $action $call, $moment', async ({ action, call, moment }) => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    const { network, ec2, dynamoDb } = scene.world;
    network.addPeering(scene.ids.own, scene.ids.partner);
    const isKilled = killAt(scene.world, action, call, moment);

    await scene.world.restore({ securityGroupRuleIds: scene.toldIds }).catch(() => undefined);

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    ec2.clearHooks();
    dynamoDb.clearHooks();
    await scene.world.startAnother();
    const { error } = await scene.world.restore({ securityGroupRuleIds: scene.toldIds });
    expect(error).toBeUndefined();
    expect([...(await scene.world.entries()).values()].filter(({ state }) => state === 'RESTORED')).toHaveLength(4);
    // Each rule was restored once, and none is revoked again.
    expect(network.rules.size).toBe(scene.before.length);
    await scene.sweep();
    expect(network.rules.size).toBe(scene.before.length);
    rows.push({ case: `restore, ${action} ${call}, ${moment}`, revoked: 0, kept: network.rules.size });
  } finally {
    await scene.world.stop();
  }
});

test('a restore of the scene makes the calls that the cases are about', async () => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    scene.world.network.addPeering(scene.ids.own, scene.ids.partner);
    const before = callsOf(scene.world);
    await scene.world.restore({ securityGroupRuleIds: scene.toldIds });
    expect(callsSince(scene.world, before)).toEqual(RESTORE_CALLS);
  } finally {
    await scene.world.stop();
  }
});
