/**
 * Tests the shipped bundle where revoking waits: for its notice, for a person, for the revocation window, and for the
 * end of an exemption. Processes with clocks of their own stand for sweeps at other times. All are in the last two
 * weeks, because CloudWatch accepts no other data.
 */
import { configuration, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { EXEMPT_UNTIL_TAG } from '../../src/contract/exemptions';
import { EventType } from '../../src/contract/names';
import { type DeliveredEvent, Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import { violations } from '../support/event-schemas';
import type { InvocationOutcome } from '../support/lambda-process';

afterEach(stopWorlds);

const [HOUR_SECONDS, HOUR_MILLIS, DAY_MILLIS] = [3600, 3_600_000, 86_400_000];
const FLAGGING = { staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE], vpnConnections: { kind: 'none' } };
const NOTICE = { ...FLAGGING, finalNoticeSeconds: HOUR_SECONDS };
const APPROVAL = { ...FLAGGING, approval: { validSeconds: 24 * HOUR_SECONDS } };

/** The time at which each world begins. */
const START_MILLIS = Date.now() - 7 * DAY_MILLIS;

interface Flagged {
  readonly world: World;
  readonly rules: readonly SecurityGroupRule[];
  readonly ids: readonly string[];
  isThere(index?: number): boolean;
}

/** A world with two flagged rules. */
async function flaggedWorld(tags: Record<string, string> = {}): Promise<Flagged> {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const rules = ['web', 'db'].map(groupName => network.addIngress(
    network.addSecurityGroup({ vpcId, groupName }).groupId,
    { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', tags },
  ));
  const ids = rules.map(({ securityGroupRuleId }) => securityGroupRuleId);
  const world = await World.start({ network, clockOffsetMillis: START_MILLIS - Date.now() });
  return { world, rules, ids, isThere: (index = 0) => network.rules.has(ids[index]) };
}

/** Lets the clock of the function show a time, in hours after the start. */
async function at(world: World, hours: number): Promise<void> {
  await world.startAnother(START_MILLIS + hours * HOUR_MILLIS - Date.now());
}

/** Sweeps without an error. */
async function sweep(world: World, overrides: Record<string, unknown>): Promise<void> {
  expect((await world.sweep(overrides)).error).toBeUndefined();
}

/** Returns the events of a type, after checking each against its schema. */
function told({ ec2 }: World, type: string): DeliveredEvent[] {
  const events = ec2.events.filter(({ detailType }) => detailType === type);
  for (const { source, detailType, detail } of events) {
    expect(violations({ source, 'detail-type': detailType, detail })).toEqual([]);
  }
  return events;
}

const toldRules = (world: World, type: string): unknown[] =>
  told(world, type).map(({ detail: { securityGroupRuleId } }) => securityGroupRuleId).sort();

const clockIn = (hours: number): string => new Date(START_MILLIS + hours * HOUR_MILLIS).toISOString().slice(11, 16);

/** Returns a window of an hour that opens some hours after the start. */
const windowIn = (hours: number): object => ({ from: clockIn(hours), to: clockIn(hours + 1), timeZone: 'UTC' });

const keepReasons = async (world: World): Promise<unknown[]> =>
  [...(await world.entries()).values()].map(entry => (entry as { keepReason?: string }).keepReason);

const hasRevoked = ({ ec2 }: World): boolean => 'RevokeSecurityGroupIngress' in ec2.callsByAction();

describe('the final notice', () => {
  test('is announced once per rule, and the rules go when it is old enough', async () => {
    const { world, ids, isThere } = await flaggedWorld();
    await sweep(world, NOTICE);
    await sweep(world, NOTICE);
    expect(toldRules(world, EventType.REVOCATION_ANNOUNCED)).toEqual([...ids].sort());
    expect(await keepReasons(world)).toEqual(['WITHIN_NOTICE', 'WITHIN_NOTICE']);
    expect(hasRevoked(world)).toBe(false);
    await at(world, 0.9);
    await sweep(world, NOTICE);
    expect(hasRevoked(world)).toBe(false);
    await at(world, 3);
    await sweep(world, NOTICE);
    expect([isThere(0), isThere(1)]).toEqual([false, false]);
    expect(told(world, EventType.REVOCATION_ANNOUNCED)).toHaveLength(2);
    expect(told(world, EventType.REVOCATION_CALLED_OFF)).toEqual([]);
  });

  test('does not run while the event about it cannot be sent', async () => {
    const { world, isThere } = await flaggedWorld();
    world.ec2.fault({ action: 'PutEvents', kind: 'error' });
    await sweep(world, NOTICE);
    world.ec2.clearFaults();
    await at(world, 3);
    await sweep(world, NOTICE);
    expect([isThere(0), hasRevoked(world)]).toEqual([true, false]);
    await at(world, 4.1);
    await sweep(world, NOTICE);
    expect(isThere(0)).toBe(false);
  });

  test('is called off when the rule is exempted or modified, and that is told', async () => {
    const { world, ids, isThere } = await flaggedWorld();
    await sweep(world, NOTICE);
    const [first, second] = ids.map(id => world.network.rules.get(id));
    if (first && second) {
      world.network.rules.set(ids[0], { ...first, tags: { [EXEMPT_UNTIL_TAG]: '2099-12-31' } });
      world.network.rules.set(ids[1], { ...second, cidrIpv4: '10.0.0.0/8' });
    }
    await at(world, 3);
    await sweep(world, NOTICE);
    expect([isThere(0), isThere(1), hasRevoked(world)]).toEqual([true, true, false]);
    expect(toldRules(world, EventType.REVOCATION_CALLED_OFF)).toEqual([...ids].sort());
  });

  test('is new for a rule that was modified between two sweeps', async () => {
    const { world, ids, isThere } = await flaggedWorld();
    await sweep(world, { ...NOTICE, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, match: 'OVERLAPS' }] });
    const rule = world.network.rules.get(ids[0]);
    if (rule) world.network.rules.set(ids[0], { ...rule, cidrIpv4: '0.0.0.0/1' });
    await at(world, 3);
    await sweep(world, { ...NOTICE, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, match: 'OVERLAPS' }] });
    expect([isThere(0), isThere(1)]).toEqual([true, false]);
    expect(toldRules(world, EventType.REVOCATION_ANNOUNCED).filter(id => id === ids[0])).toHaveLength(2);
  });

  test('binds a run over some groups, too', async () => {
    const { world, rules, isThere } = await flaggedWorld();
    await sweep(world, NOTICE);
    await world.sweepGroups([rules[0].groupId], NOTICE);
    expect(isThere()).toBe(true);
    await at(world, 3);
    await world.sweepGroups([rules[0].groupId], NOTICE);
    expect([isThere(0), isThere(1)]).toEqual([false, true]);
  });
});

describe('an approval', () => {
  const approve = ({ lambda }: World, request: object, qualifier = 'approve'): Promise<InvocationOutcome> =>
    lambda.invoke({ approve: request }, 60_000, { qualifier });

  interface Asked {
    readonly sweepId: string;
    readonly digest: string;
    readonly rules: ReadonlyArray<{ readonly securityGroupRuleId: string; readonly digest: string }>;
  }

  const askedBy = (world: World): Asked | undefined =>
    told(world, EventType.APPROVAL_REQUESTED).at(-1)?.detail as unknown as Asked | undefined;

  test('of all that a sweep has asked for lets the next sweep revoke it, and nothing else', async () => {
    const { world, ids, isThere, rules } = await flaggedWorld();
    await sweep(world, APPROVAL);
    await sweep(world, APPROVAL);
    expect(await keepReasons(world)).toEqual(['AWAITING_APPROVAL', 'AWAITING_APPROVAL']);
    expect(told(world, EventType.APPROVAL_REQUESTED)).toHaveLength(1);
    const { sweepId, digest } = askedBy(world) ?? {};
    const later = world.network.addIngress(rules[0].groupId, {
      ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', cidrIpv6: undefined, description: 'later',
    });
    world.network.rules.delete(ids[0]);
    const { result } = await approve(world, { sweepId, digest, approvedBy: 'Jo' });
    expect(result).toMatchObject({ counts: { APPROVED: 2 }, approvedBy: 'Jo' });
    expect(hasRevoked(world)).toBe(false);
    await sweep(world, APPROVAL);
    expect(world.network.rules.has(later.securityGroupRuleId)).toBe(true);
    expect(isThere(1)).toBe(false);
  });

  test('of one rule is of that rule', async () => {
    const { world, ids, isThere } = await flaggedWorld();
    await sweep(world, APPROVAL);
    const digest = askedBy(world)?.rules.find(({ securityGroupRuleId }) => securityGroupRuleId === ids[1])?.digest;
    const { result } = await approve(world, { securityGroupRuleIds: [ids[1]], digest });
    expect(result).toMatchObject({ counts: { APPROVED: 1 } });
    await sweep(world, APPROVAL);
    expect([isThere(0), isThere(1)]).toEqual([true, false]);
  });

  test('that names another digest, or comes through another alias, changes nothing', async () => {
    const { world, ids } = await flaggedWorld();
    await sweep(world, APPROVAL);
    const { sweepId, digest } = askedBy(world) ?? {};
    expect((await approve(world, { sweepId, digest: '0123456789abcdef' })).error?.message).toContain('Nothing was approved');
    const { result } = await approve(world, { securityGroupRuleIds: ids, digest: '0123456789abcdef' });
    expect(result).toMatchObject({ counts: { CHANGED: 2 } });
    for (const qualifier of ['restore', 'pause', 'resume', 'retry']) {
      expect((await approve(world, { sweepId, digest }, qualifier)).error).toBeDefined();
    }
    await sweep(world, APPROVAL);
    expect(hasRevoked(world)).toBe(false);
  });

  test('ends when the rule is modified, and after its time', async () => {
    const { world, ids, isThere } = await flaggedWorld();
    await sweep(world, APPROVAL);
    const { sweepId, digest } = askedBy(world) ?? {};
    await approve(world, { sweepId, digest });
    const rule = world.network.rules.get(ids[0]);
    if (rule) world.network.rules.set(ids[0], { ...rule, description: 'for another purpose' });
    await at(world, 30);
    await sweep(world, APPROVAL);
    expect([isThere(0), isThere(1), hasRevoked(world)]).toEqual([true, true, false]);
    const again = askedBy(world);
    expect(again?.digest).not.toBe(digest);
    await approve(world, { sweepId: again?.sweepId, digest: again?.digest });
    const later = world.network.rules.get(ids[0]);
    if (later) world.network.rules.set(ids[0], { ...later, description: 'changed after the approval' });
    await sweep(world, APPROVAL);
    expect([isThere(0), isThere(1)]).toEqual([true, false]);
  });

  test('lifts nothing else: not the notice, not the window, not an exemption, not a pause', async () => {
    const { world, ids } = await flaggedWorld();
    const all = { ...APPROVAL, ...NOTICE, revocationWindow: windowIn(6) };
    await sweep(world, all);
    const { sweepId, digest } = askedBy(world) ?? {};
    expect((await approve(world, { sweepId, digest })).result).toMatchObject({ counts: { APPROVED: 2 } });
    await sweep(world, all);
    expect(await keepReasons(world)).toEqual(['WITHIN_NOTICE', 'WITHIN_NOTICE']);
    await at(world, 2);
    await sweep(world, all);
    expect(await keepReasons(world)).toEqual(['OUTSIDE_WINDOW', 'OUTSIDE_WINDOW']);
    await at(world, 6.5);
    const until = new Date(START_MILLIS + DAY_MILLIS).toISOString();
    await world.lambda.invoke({ pause: { until, reason: 'freeze' } }, 60_000, { qualifier: 'pause' });
    await sweep(world, all);
    expect(hasRevoked(world)).toBe(false);
    await world.lambda.invoke({ resume: {} }, 60_000, { qualifier: 'resume' });
    const rule = world.network.rules.get(ids[0]);
    if (rule) world.network.rules.set(ids[0], { ...rule, tags: { [EXEMPT_UNTIL_TAG]: '2099-01-01' } });
    await sweep(world, all);
    expect(world.network.rules.has(ids[0])).toBe(true);
    expect(world.network.rules.has(ids[1])).toBe(false);
  });
});

describe('the revocation window', () => {
  test('keeps rules outside it, counts them apart, and lets the first sweep in it revoke them', async () => {
    const { world, isThere } = await flaggedWorld();
    const later = { ...FLAGGING, revocationWindow: windowIn(6) };
    await sweep(world, later);
    expect(await keepReasons(world)).toEqual(['OUTSIDE_WINDOW', 'OUTSIDE_WINDOW']);
    expect([world.aggregate('RulesOutsideWindow'), hasRevoked(world)]).toEqual([2, false]);
    await at(world, 6.5);
    await sweep(world, later);
    expect([isThere(0), isThere(1), world.aggregate('RulesOutsideWindow')]).toEqual([false, false, 0]);
  });

  test('does not bind a declaration that says anytime', async () => {
    const { world, isThere } = await flaggedWorld();
    const declaration = { ...SSH_FROM_ANYWHERE, action: { kind: 'revoke', anytime: true } };
    await sweep(world, { ...FLAGGING, flaggedIngressRules: [declaration], revocationWindow: windowIn(6) });
    expect(isThere()).toBe(false);
  });

  test('that cannot be read changes nothing', async () => {
    const { world, isThere } = await flaggedWorld();
    for (const revocationWindow of [
      { from: '25:00', to: '26:00', timeZone: 'UTC' }, { from: '01:00', to: '01:00', timeZone: 'UTC' },
      { from: '01:00', to: '02:00', timeZone: 'Mars/Olympus' }, { from: '01:00', to: '02:00', timeZone: 'UTC', days: [] },
    ]) {
      const { Status, Reason } = (await world.deploy('Create', { ...FLAGGING, revocationWindow })).body;
      expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining('revocationWindow')]);
    }
    expect([isThere(), hasRevoked(world)]).toEqual([true, false]);
  });
});

describe('an exemption until a day', () => {
  const grace = { seconds: 2 * HOUR_SECONDS, sightings: 2, maxGapSeconds: 10 * 86_400 };
  const GRACE = { ...FLAGGING, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, action: { kind: 'revoke', grace } }] };
  const day = new Date(START_MILLIS).toISOString().slice(0, 10);
  const hoursToMidnight = (Date.parse(`${day}T24:00:00Z`) - START_MILLIS) / HOUR_MILLIS;

  test('holds for the whole day in UTC, and the grace begins after it', async () => {
    const { world, isThere } = await flaggedWorld({ [EXEMPT_UNTIL_TAG]: day });
    const minutesAfterMidnight = (minutes: number): Promise<void> => at(world, hoursToMidnight + minutes / 60);
    await minutesAfterMidnight(-1);
    await sweep(world, GRACE);
    expect(await keepReasons(world)).toEqual(['EXEMPT_BY_RULE_TAG', 'EXEMPT_BY_RULE_TAG']);
    for (const minutes of [1, 60, 120]) {
      await minutesAfterMidnight(minutes);
      await sweep(world, GRACE);
      const expected = [minutes, ['WITHIN_GRACE', 'WITHIN_GRACE'], false];
      expect([minutes, await keepReasons(world), hasRevoked(world)]).toEqual(expected);
    }
    await minutesAfterMidnight(122);
    await sweep(world, GRACE);
    expect([isThere(0), isThere(1)]).toEqual([false, false]);
  });

  test.each(['2027-02-30', 'tomorrow', ''])('that says "%s" does not end, and is told', async value => {
    const { world, isThere } = await flaggedWorld({ [EXEMPT_UNTIL_TAG]: value });
    await sweep(world, FLAGGING);
    await at(world, 5 * 24);
    await sweep(world, FLAGGING);
    expect([isThere(), hasRevoked(world)]).toEqual([true, false]);
    expect(told(world, EventType.EXEMPTION_CHANGED).map(({ detail: { change } }) => change)).toEqual(['INVALID', 'INVALID']);
  });
});

test('a configuration of an earlier version, without any of these, revokes as before', async () => {
  const { world, isThere } = await flaggedWorld();
  expect(Object.keys(configuration(FLAGGING))).not.toEqual(expect.arrayContaining(['finalNoticeSeconds']));
  await sweep(world, FLAGGING);
  expect(isThere()).toBe(false);
});
