/** The shipped bundle, killed after or before each of its calls in turn: each rule is there, or in the ledger whole. */
import { KILLED_RESTORES, KILLED_SWEEPS, type MOMENTS, RESTORE_CALLS, SWEEP_CALLS } from './cases';
import { Scene } from './scene';
import { printTable, type Row } from './table';
import type { ArrivalHook, Hook } from '../support/ec2-endpoint';

/** Kills the function's process at a call. @returns whether it has come to that */
function killAt(scene: Scene, action: string, call: number, moment: typeof MOMENTS[number]): () => boolean {
  const { world } = scene;
  let count = 0;
  let isKilled = false;
  const kill = async (): Promise<void> => {
    isKilled = true;
    await world.lambda.stop('SIGKILL');
  };
  const isIt = (): boolean => (count += 1) === call && !isKilled;
  const endpoint = ['Query', 'GetItem', 'PutItem'].includes(action) ? world.dynamoDb : world.ec2;
  const arrived: ArrivalHook = async () => {
    if (isKilled) return 'drop';
    if (!isIt()) return undefined;
    await kill();
    return 'drop';
  };
  const after: Hook = async () => {
    if (isIt()) await kill();
  };
  if (moment === 'before the effect') endpoint.arrived(action, arrived);
  else endpoint.after(action, after);
  return () => isKilled;
}

const rows: Row[] = [];
afterAll(() => printTable('Killed', rows));

test('a sweep of the scene makes the calls that the cases are about', async () => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    expect({ ...scene.world.ec2.callsByAction(), ...scene.world.dynamoDb.callsByAction() }).toEqual(SWEEP_CALLS);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(KILLED_SWEEPS)('a sweep that is killed at $action $call, $moment', async ({ action, call, moment }) => {
  const scene = await Scene.start();
  try {
    const isKilled = killAt(scene, action, call, moment);

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

test.concurrent.each(KILLED_RESTORES)('a restore that is killed at $action $call, $moment', async ({ action, call, moment }) => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    const { network, ec2, dynamoDb } = scene.world;
    network.addPeering(scene.ids.own, scene.ids.partner);
    const isKilled = killAt(scene, action, call, moment);

    await scene.world.restore({ securityGroupRuleIds: scene.toldIds }).catch(() => undefined);

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    ec2.clearHooks();
    dynamoDb.clearHooks();
    await scene.world.startAnother();
    const { error } = await scene.world.restore({ securityGroupRuleIds: scene.toldIds });
    expect(error).toBeUndefined();
    expect([...(await scene.world.entries()).values()].filter(({ state }) => state === 'RESTORED')).toHaveLength(4);
    // Each once, and none of them is revoked again.
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
    const before = { ...scene.world.ec2.callsByAction(), ...scene.world.dynamoDb.callsByAction() };
    await scene.world.restore({ securityGroupRuleIds: scene.toldIds });
    const after = { ...scene.world.ec2.callsByAction(), ...scene.world.dynamoDb.callsByAction() };
    const made = Object.entries(after).map(([action, count]) => [action, count - (before[action] ?? 0)] as const).filter(([, count]) => count > 0);
    expect(Object.fromEntries(made)).toEqual(RESTORE_CALLS);
  } finally {
    await scene.world.stop();
  }
});
