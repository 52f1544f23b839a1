/**
 * Tests the shipped bundle while the control item or the configuration cannot be read or written, or is changed by
 * others. In doubt nothing is revoked, and never more than the limit.
 */
import { CORRUPTED_CONTROLS, type ControlMoment, HELD_BACK, STRUCK_CONTROLS } from './cases';
import { PROPS, Scene } from './scene';
import { printTable, type Row } from './table';
import type { Parameters } from '../support/ec2-endpoint';

const rows: Row[] = [];
afterAll(() => printTable('What holds for all', rows));

const LIMIT = 4;
const LIMITED = { maxRevocationsPerSweep: LIMIT };

interface Written {
  readonly Item?: { readonly id?: { readonly S: string }; readonly state?: { readonly S: string } };
  readonly Key?: { readonly id?: { readonly S: string } };
}

/** Returns how far the sweep is, judging from the states of the entries. */
function progressOf({ world }: Scene): { hasFound: boolean; hasClaimed: boolean; hasRecorded: boolean } {
  const writes = world.dynamoDb.calls.filter(({ action }) => action === 'PutItem');
  const states = writes.flatMap(({ parameters }) => (parameters as Written).Item?.state?.S ?? []);
  const [found, claimed] = [states.indexOf('OPEN'), states.indexOf('PENDING')];
  return {
    hasFound: found >= 0, hasClaimed: claimed >= 0,
    hasRecorded: claimed >= 0 && states.slice(claimed).some(state => state !== 'PENDING'),
  };
}

const ACTIONS: Readonly<Record<ControlMoment, 'GetItem' | 'PutItem'>> = {
  configuration: 'GetItem', begin: 'GetItem', reserve: 'PutItem', claim: 'PutItem', call: 'GetItem', record: 'PutItem',
  readReserved: 'GetItem', giveBack: 'PutItem',
};

/** Whether a call of the action is the one that belongs to the moment. */
function isAt(moment: ControlMoment, scene: Scene, parameters: Parameters): boolean {
  const { Item: item, Key: key } = parameters as Written;
  const id = item?.id?.S ?? key?.id?.S;
  const { hasFound, hasClaimed, hasRecorded } = progressOf(scene);
  switch (moment) {
    case 'configuration': return id === 'configuration';
    case 'begin': return id === 'control' && !hasFound;
    case 'reserve': return id === 'control' && !hasClaimed;
    case 'claim': return item?.state?.S === 'PENDING';
    case 'call': return id === 'control' && hasClaimed && !hasRecorded;
    case 'record': return item?.state?.S === 'REVOKED';
    case 'readReserved':
    case 'giveBack': return id === 'control' && hasRecorded;
  }
}

/** Makes EC2 refuse one rule, so that a part of the reservation is not used. */
function refuseOne({ world, toldIds: [refused] }: Scene): void {
  world.ec2.fault({
    action: 'RevokeSecurityGroupIngress', kind: 'error', code: 'OperationNotPermitted',
    when: ({ SecurityGroupRuleId }) => [SecurityGroupRuleId].flat().includes(refused),
  });
}

const isGivingBack = (moment: ControlMoment): boolean => moment === 'readReserved' || moment === 'giveBack';

/** Returns the lines of an event that the latest sweep logged. */
function linesOfLatest({ world }: Scene, event: string): Array<Record<string, unknown>> {
  const { sweepId } = world.logged('Sweep').at(-1) ?? {};
  return world.logged(event).filter(line => line.sweepId === sweepId);
}

async function expectRecovery(scene: Scene): Promise<void> {
  await scene.recover();
  expect(await scene.unaccounted()).toEqual([]);
  expect(await scene.unfinished()).toEqual([]);
  expect(scene.counted).toBe(4);
  expect(scene.told).toEqual([...scene.toldIds].sort());
  expect(await scene.unrestored()).toEqual([]);
}

test.concurrent.each(STRUCK_CONTROLS)('a sweep whose ledger $what when $when', async ({
  moment, when, what, fault, revoked, used, fails,
}) => {
  const scene = await Scene.start();
  try {
    const { world } = scene;
    await world.putIntoForce({ ...PROPS, ...LIMITED });
    if (isGivingBack(moment)) refuseOne(scene);
    let struck = 0;
    world.dynamoDb.fault({
      ...fault, action: ACTIONS[moment], when: parameters => isAt(moment, scene, parameters) && (struck += 1) > 0,
    });

    const outcome = await scene.sweep(LIMITED);

    expect(struck).toBeGreaterThan(0);
    expect(scene.row.revoked).toBe(revoked);
    expect((await scene.control()).allowance?.used ?? 0).toBe(used);
    expect(await scene.unaccounted()).toEqual([]);
    if (fails) expect(outcome?.error?.message).toMatch(/ledger/);
    else expect(outcome?.error).toBeUndefined();
    if (moment === 'configuration') expect(world.ec2.calls).toEqual([]);
    else expect([world.aggregate('Sweeps'), world.aggregate('RevocationsWithheld')]).toEqual([1, fails ? 4 : 0]);
    if (isGivingBack(moment) && used === LIMIT) {
      expect(linesOfLatest(scene, 'Ledger')).toEqual([expect.objectContaining({
        level: 'WARN', message: expect.stringMatching(/^Revocations that were reserved and not used stay reserved until the next scheduled sweep: /) as string,
      })]);
    }
    rows.push({ case: `the ledger ${what} when ${when}`, ...scene.row });
    await expectRecovery(scene);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(CORRUPTED_CONTROLS)('a sweep for which the control item cannot be read any more, right before $when', async ({
  moment, when, least, most,
}) => {
  const scene = await Scene.start();
  try {
    const { world } = scene;
    await world.putIntoForce({ ...PROPS, ...LIMITED });
    if (isGivingBack(moment)) refuseOne(scene);
    const key = { hygiene: 'Test/Hygiene', id: 'control' };
    let isCorrupt = false;
    world.dynamoDb.before(ACTIONS[moment], async parameters => {
      if (isCorrupt || !isAt(moment, scene, parameters)) return;
      isCorrupt = true;
      await world.dynamoDb.put({ ...key, revision: 99, control: '{' });
    });

    const outcome = await scene.sweep(LIMITED);

    expect(isCorrupt).toBe(true);
    // Only this item is affected.
    expect(outcome?.error).toBeUndefined();
    expect(scene.row.revoked).toBeGreaterThanOrEqual(least);
    expect(scene.row.revoked).toBeLessThanOrEqual(most);
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.item('control')).toEqual({ ...key, revision: 99, control: '{' });
    if (!isGivingBack(moment)) {
      expect(world.aggregate('RevocationsWithheld')).toBe(4 - scene.row.revoked);
      expect(linesOfLatest(scene, 'ScanError')[0]?.message).toContain("the ledger's item control cannot be read: its attribute control");
    }
    rows.push({ case: `an unreadable control item, right before ${when}`, ...scene.row });
    // This is the repair that the error advises.
    await world.dynamoDb.delete(key);
    world.ec2.clearFaults();
    world.dynamoDb.clearHooks();
    expect((await world.deploy('Update', { ...PROPS, dryRun: true })).body.Status).toBe('SUCCESS');
    await expectRecovery(scene);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(HELD_BACK)('a sweep while $what, right before $when', async ({
  what, moment, when, come, lift, most, isWithheld, isMismatch = false,
}) => {
  const scene = await Scene.start();
  try {
    const { world } = scene;
    await world.putIntoForce(PROPS);
    const first = world.lambda;
    const other = await world.startAnother();
    let hasCome = false;
    world.dynamoDb.before(ACTIONS[moment], async parameters => {
      if (hasCome || !isAt(moment, scene, parameters)) return;
      hasCome = true;
      await come(scene, other);
    });

    const outcome = await world.sweepIn(first, PROPS);

    expect(hasCome).toBe(true);
    expect(outcome.error).toBeUndefined();
    const { revoked } = scene.row;
    expect(revoked).toBeLessThanOrEqual(most);
    if (moment === 'record') expect(revoked).toBe(4);
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.pending()).toEqual([]);
    if (revoked === 0) expect(world.logged('Revoking')).toEqual([]);
    rows.push({ case: `${what}, right before ${when}`, ...scene.row });
    // The hold stays in force for the sweeps after this one.
    world.dynamoDb.clearHooks();
    const later = await world.invokeDeployed(PROPS);
    // The first sweep has found it as well, unless it came after the decision.
    const isSecond = isMismatch && ['begin', 'reserve'].includes(moment);
    expect(later.error?.message.slice(0, 24)).toBe(isSecond ? '2 scheduled sweeps in a ' : undefined);
    expect(scene.row.revoked).toBe(revoked);
    expect(world.aggregate('RevocationsWithheld')).toBe(isWithheld ? 4 - revoked : 0);
    await lift(scene);
    expect((await world.invokeDeployed(PROPS)).error).toBeUndefined();
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(4);
    expect(scene.told).toEqual([...scene.toldIds].sort());
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});
