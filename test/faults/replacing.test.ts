/**
 * Tests the shipped bundle while it replaces rules. After every single call, each group admits the narrower traffic or
 * the broader one, and never more than before. The ledger or the network has every rule that was ever there.
 */
import { callsOf, callsSince, endpointOf, killAt } from './kill';
import {
  CHANGED_LISTS, FAULTY_REPLACEMENTS, INTERRUPTED_REPLACEMENTS, KILLED_AND_NARROWED, KILLED_AND_NO_LONGER_WANTED,
  KILLED_AND_RUN_AGAIN, KILLED_REPLACEMENTS, KILLED_TAKING_BACK, narrow, QUOTAS, REPLACING_CALLS, REPLACING_OVERLAPS,
  SHARED_REPLACEMENTS, SMALL_REPLACING_CALLS, TAKING_BACK_CALLS,
} from './replacing-cases';
import { LATER_MILLIS, REPLACED, REPLACED_IF_BROAD, ReplacingScene, REPORTED } from './replacing-scene';
import { printTable, type Row } from './table';

const rows: Row[] = [];
afterAll(() => printTable('Replaced', rows));

/** Runs a case in a scene, and stops the scene whatever happens. */
async function within(
  work: (scene: ReplacingScene) => Promise<void>, options: Parameters<typeof ReplacingScene.start>[0] = {},
): Promise<void> {
  const scene = await ReplacingScene.start(options);
  try {
    await work(scene);
  } finally {
    await scene.world.stop();
  }
}

test('a sweep and a restore of the scene make the calls that the cases are about', () => within(async scene => {
  const { world } = scene;
  expect((await scene.sweep())?.error).toBeUndefined();
  expect(callsOf(world)).toEqual(REPLACING_CALLS);
  expect(await scene.unaccounted()).toEqual([]);
  expect(await scene.unfinished()).toEqual([]);
  const before = callsOf(world);
  const { result } = await world.restore({ securityGroupRuleIds: scene.broad });
  expect(callsSince(world, before)).toEqual(TAKING_BACK_CALLS);
  expect(result).toMatchObject({ counts: { RESTORED: 2 } });
  expect(await scene.unaccounted()).toEqual([]);
  expect(scene.unrestored()).toEqual([]);
}));

test('a sweep that replaces one rule makes the calls that the cases are about', () => within(async scene => {
  await scene.sweep();
  expect(callsOf(scene.world)).toEqual(SMALL_REPLACING_CALLS);
  expect(await scene.unfinished()).toEqual([]);
}, { isSmall: true }));

test('rules are added and revoked one by one, and never modified', () => within(async scene => {
  await scene.sweep();
  expect(scene.world.actions().filter(action => /^(Modify|Update|Create)/.test(action))).toEqual([]);
}));

test.concurrent.each(KILLED_REPLACEMENTS)('a sweep that is killed at $action $call, $moment', ({ action, call, moment }) =>
  within(async scene => {
    const isKilled = killAt(scene.world, action, call, moment);

    await scene.sweep();

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, ${action} ${call}, ${moment}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(await scene.leftBehind()).toEqual([]);
    await scene.world.restore({ securityGroupRuleIds: scene.broad });
    expect(await scene.unaccounted()).toEqual([]);
  }));

test.concurrent.each(KILLED_AND_RUN_AGAIN)(
  'another sweep right after one that was killed at $action $call, $moment', ({ action, call, moment }) =>
    within(async scene => {
      killAt(scene.world, action, call, moment);
      await scene.sweep();
      await scene.recover(REPLACED, 0);
      await scene.world.startAnother();

      await scene.sweep();

      expect(await scene.unaccounted()).toEqual([]);
      await scene.recover();
      expect(await scene.unaccounted()).toEqual([]);
      expect(await scene.unfinished()).toEqual([]);
    }));

test.concurrent.each(KILLED_AND_NO_LONGER_WANTED)('a sweep that is killed at $action $call, $moment, before its declaration only reports', ({
  action, call, moment,
}) => within(async scene => {
  const isKilled = killAt(scene.world, action, call, moment);
  await scene.sweep();
  expect(isKilled()).toBe(true);
  const isThere = scene.row.kept === 1;

  await scene.recover(REPORTED);

  expect(await scene.unaccounted()).toEqual([]);
  expect(scene.row.kept === 1).toBe(isThere);
  expect(await scene.leftBehind()).toEqual([]);
  rows.push({ case: `no longer wanted, ${action} ${call}, ${moment}`, ...scene.row });
}, { isSmall: true }));

test.concurrent.each(KILLED_AND_NARROWED)('a sweep that is killed at $action $call, $moment, before someone narrows the broader rule', ({
  action, call, moment,
}) => within(async scene => {
  const isKilled = killAt(scene.world, action, call, moment);
  await scene.sweep();
  expect(isKilled()).toBe(true);
  const ids = (): string[] => scene.added().map(({ securityGroupRuleId }) => securityGroupRuleId);
  const added = ids();
  scene.elsewhere(() => narrow(scene));

  await scene.recover();

  expect(await scene.unaccounted()).toEqual([]);
  expect(ids()).toEqual(added);
  expect(await scene.leftBehind()).toEqual([]);
  rows.push({ case: `narrowed, ${action} ${call}, ${moment}`, ...scene.row });
}, { isSmall: true }));

test.concurrent.each(SHARED_REPLACEMENTS)('one of two rules that share their narrower rules is narrowed right before $action $call', ({
  action, call,
}) => within(async scene => {
  let count = 0;
  endpointOf(scene.world, action).before(action, () => {
    if ((count += 1) === call) scene.elsewhere(() => narrow(scene));
  });

  await scene.sweep(REPLACED_IF_BROAD);

  expect(count).toBeGreaterThanOrEqual(call);
  expect(await scene.unaccounted()).toEqual([]);
  rows.push({ case: `shared, ${action} ${call}`, ...scene.row });
  await scene.recover(REPLACED_IF_BROAD);
  expect(await scene.unaccounted()).toEqual([]);
  expect(scene.world.network.rules.has(scene.broad[1])).toBe(false);
}, { isSmall: true, isShared: true }));

test.concurrent.each(INTERRUPTED_REPLACEMENTS)('$what right before $action $call', ({ action, call, what, act, isTooLate }) =>
  within(async scene => {
    let count = 0;
    endpointOf(scene.world, action).before(action, () => {
      if ((count += 1) === call) scene.elsewhere(() => act(scene), isTooLate);
    });

    await scene.sweep();

    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `${action} ${call}, ${what}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.leftBehind()).toEqual([]);
  }, { isSmall: true }));

test.concurrent.each(FAULTY_REPLACEMENTS)('a sweep while of $action $what', ({ action, what, fault }) => within(async scene => {
  endpointOf(scene.world, action).fault({ action, ...fault });

  await scene.sweep();

  expect(await scene.unaccounted()).toEqual([]);
  rows.push({ case: `sweep, of ${action} ${what}`, ...scene.row });
  await scene.recover();
  expect(await scene.unaccounted()).toEqual([]);
  expect(await scene.unfinished()).toEqual([]);
}));

test.concurrent.each(QUOTAS)('groups that have room for $quota rules', ({ quota, kept }) => within(async scene => {
  const { network } = scene.world;
  network.rulesPerGroup = quota;

  await scene.sweep();

  expect(await scene.unaccounted()).toEqual([]);
  expect(scene.row.kept).toBe(kept);
  expect(scene.added(scene.groups.web)).toEqual([]);
  const failed = scene.world.logged('Revocation').filter(({ outcome }) => outcome === 'FAILED');
  expect(failed.map(({ detail }) => String(detail).includes('no room for a rule'))).toEqual(Array(kept).fill(true));
  rows.push({ case: `quota of ${quota}`, ...scene.row });
  network.rulesPerGroup = 60;
  await scene.recover();
  expect(await scene.unaccounted()).toEqual([]);
  expect(await scene.unfinished()).toEqual([]);
}));

test.concurrent.each(REPLACING_OVERLAPS.map((millis, index) => ({ millis, index })))('two sweeps at once, $millis ms apart ($index)', ({
  millis, index,
}) => within(async scene => {
  const { world } = scene;
  const first = world.lambda;
  const second = await world.startAnother();
  await world.putIntoForce(REPLACED);

  const outcomes = await Promise.all([
    world.sweepIn(first, REPLACED),
    new Promise(done => setTimeout(done, millis)).then(() => world.sweepIn(second, REPLACED)),
  ]);

  expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(await scene.unaccounted()).toEqual([]);
  rows.push({ case: `two sweeps, ${millis} ms apart (${index})`, ...scene.row });
  await scene.recover();
  expect(await scene.unaccounted()).toEqual([]);
  expect(await scene.unfinished()).toEqual([]);
}));

test.concurrent.each(KILLED_TAKING_BACK)('a restore that is killed at $action $call, $moment', ({ action, call, moment }) =>
  within(async scene => {
    await scene.sweep();
    const isKilled = killAt(scene.world, action, call, moment);

    await scene.world.restore({ securityGroupRuleIds: scene.broad }).catch(() => undefined);

    expect(isKilled()).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    await scene.recover(REPLACED, 0);
    await scene.world.startAnother(LATER_MILLIS);
    expect((await scene.world.restore({ securityGroupRuleIds: scene.broad })).error).toBeUndefined();
    expect(await scene.unaccounted()).toEqual([]);
    expect(scene.unrestored()).toEqual([]);
    await scene.sweep();
    expect(scene.unrestored()).toEqual([]);
    rows.push({ case: `restore, ${action} ${call}, ${moment}`, revoked: 0, kept: 2 });
  }));

test.concurrent.each(CHANGED_LISTS)('the entries of the prefix list that is replaced change right before reading $reading of them', ({ reading }) => within(async scene => {
  const { network, ec2 } = scene.world;
  const list = network.addPrefixList(['203.0.0.0/8']);
  const [broad] = scene.broad;
  scene.elsewhere(() => void network.modifyRule(broad, { cidrIpv4: undefined, prefixListId: list.prefixListId }), true);
  let readings = 0;
  ec2.before('GetManagedPrefixListEntries', () => {
    if ((readings += 1) === reading) network.modifyPrefixList(list.prefixListId, ['10.0.0.0/8']);
  });
  const permission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.0.0/8' }] };
  const declared = { anyGroup: true, match: 'COVERS', ipPermissions: [permission], replaceWith: [{ CidrIp: '203.0.113.0/24' }] };

  await scene.sweep({ ...REPLACED, flaggedIngressRules: [declared] });

  expect(readings).toBeGreaterThanOrEqual(reading);
  expect(network.rules.has(broad)).toBe(true);
  // What was added before the change stays, because the broader rule does not admit it any more.
  expect(scene.added()).toHaveLength(reading === 3 ? 1 : 0);
  expect(ec2.callsByAction().AuthorizeSecurityGroupIngress ?? 0).toBe(reading === 3 ? 1 : 0);
  expect(await scene.unaccounted()).toEqual([]);
  rows.push({ case: `prefix list, reading ${reading}`, ...scene.row });
}, { isSmall: true }));

test('a restore leaves an added rule that someone has changed', () => within(async scene => {
  await scene.sweep();
  const [mine] = scene.added(scene.groups.web);
  scene.elsewhere(network => network.modifyRule(mine.securityGroupRuleId, { description: 'mine' }));

  const { result } = await scene.world.restore({ securityGroupRuleIds: scene.broad.slice(0, 1) });

  expect(scene.added(scene.groups.web).map(({ description }) => description)).toEqual(['mine']);
  const { rules: [{ replacedBy }] } = result as { rules: Array<{ replacedBy: Array<Record<string, string>> }> };
  expect(replacedBy.find(({ securityGroupRuleId: id }) => id === mine.securityGroupRuleId)).toMatchObject({ outcome: 'LEFT' });
}));
