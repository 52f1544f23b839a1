/** Tests the sweeps of everything that changes ask for: they wait for EC2, are put off, start once, are not dropped. */
import { isShown, merged, requestOf } from '../../../../lambda/core/changes/full-sweep';
import type { AwaitedResource, Change } from '../../../../lambda/core/model/change';
import type { RequestedSweep } from '../../../../lambda/core/model/ledger';
import { awsError } from '../../../support/aws-error';
import {
  ChangeScene, type Handled, MINUTE, ofGateway, ofGroup, ofPeering, reminder, revoking, SECOND, unreadable,
} from '../../../support/change-scene';
import { ON_SCHEDULE } from '../../../support/swept';

const STALE = revoking({ staleRules: 'report' });

const requested = ({ ledger }: ChangeScene): RequestedSweep | undefined => ledger.changesEntry?.requested;

/** Passes the time until a reminder is delivered, and receives it. */
async function remind(scene: ChangeScene): Promise<Handled> {
  scene.clock.advance((scene.fullSweeps.reminders.at(-1) ?? 0) * SECOND + 200);
  return scene.receive(reminder());
}

/** A deployed function that has just started a full sweep for a change. */
async function justSwept(): Promise<ChangeScene> {
  const scene = await ChangeScene.of(STALE);
  await scene.receive(unreadable());
  expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [] });
  scene.clock.advance(MINUTE);
  return scene;
}

describe('the deletion of a peering connection', () => {
  test('starts a full sweep, once EC2 shows that it is deleted', async () => {
    const scene = await ChangeScene.of(STALE);
    const { again, log } = await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.topology.asked).toMatchObject([{ kind: 'peering', id: 'pcx-1', isEnding: true }]);
    expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [] });
    expect(requested(scene)).toBeUndefined();
    expect(scene.ledger.changesEntry?.sweptAt).toBe(scene.now.toISOString());
    expect(log.ofEvent('FullSweep')).toMatchObject([{ level: 'INFO' }]);
    expect(scene.network.calls).toEqual([]);
  });

  test('is waited for until then: reminders come after 30 to 60 seconds, and no sweep is started', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-1', 'deleting');
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    for (let round = 1; round <= 3; round++) {
      expect(scene.fullSweeps.started).toBe(0);
      expect(scene.fullSweeps.reminders).toHaveLength(round);
      expect(requested(scene)).toMatchObject({ awaited: [{ id: 'pcx-1' }], remindedAt: expect.any(String) });
      expect((await remind(scene)).again).toEqual([]);
    }
    for (const seconds of scene.fullSweeps.reminders) {
      expect(seconds).toBeGreaterThanOrEqual(30);
      expect(seconds).toBeLessThanOrEqual(60);
    }
    scene.topology.states.set('pcx-1', 'deleted');
    await remind(scene);
    expect(scene.fullSweeps.started).toBe(1);
    expect(requested(scene)).toBeUndefined();
  });

  test('is no longer waited for after 15 minutes, and everything is swept', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-1', 'deleting');
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    const handled: Handled[] = [];
    for (let round = 0; round < 40 && scene.fullSweeps.started === 0; round++) handled.push(await remind(scene));
    expect(scene.fullSweeps.started).toBe(1);
    expect(scene.now.getTime() - Date.parse('2026-01-01T01:00:00Z')).toBeLessThan(17 * MINUTE);
    expect(handled.at(-1)?.log.ofEvent('FullSweep')).toMatchObject([{ level: 'WARN' }, { level: 'INFO' }]);
  });

  test('is waited for, and logged, when its state cannot be read', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-1', awsError('RequestLimitExceeded'));
    const { again, log } = await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.fullSweeps).toMatchObject({ started: 0, reminders: [expect.any(Number)] });
    expect(log.ofEvent('FullSweep')[0]).toMatchObject({ level: 'WARN', fields: { error: { code: 'RequestLimitExceeded' } } });
  });

  test('costs nothing when its event is delivered again after the sweep was started', async () => {
    const scene = await ChangeScene.of(STALE);
    const message = ofPeering('pcx-1', { eventTime: scene.ago(20) });
    await scene.receive(message);
    scene.forget();
    expect((await scene.receive(message)).again).toEqual([]);
    expect([scene.topology.asked, scene.fullSweeps.started, scene.fullSweeps.reminders]).toEqual([[], 1, []]);
  });
});

describe('a modification', () => {
  test('is shown half a minute after the change at the earliest: EC2 may show the state before it', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('tgw-1', 'available');
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }));
    expect(scene.fullSweeps).toMatchObject({ started: 0, reminders: [expect.any(Number)] });
    await remind(scene);
    expect(scene.fullSweeps.started).toBe(1);
  });
});

describe('what EC2 shows', () => {
  const now = new Date('2026-01-01T01:00:00Z');
  const awaited = (isEnding: boolean, secondsAgo = 60): RequestedSweep['awaited'][number] => ({
    kind: 'transitGateway', id: 'tgw-1', isEnding, since: new Date(now.getTime() - secondsAgo * SECOND).toISOString(),
  });

  test.each<[state: string | undefined, isEnded: boolean, isModified: boolean]>([
    [undefined, true, true], ['deleted', true, true], ['rejected', true, true], ['expired', true, true],
    ['failed', true, true], ['disassociated', true, true], ['disassociation-failed', true, true],
    ['deleting', false, false], ['disassociating', false, false], ['modifying', false, false], ['pending', false, false],
    ['available', false, true], ['active', false, true], ['', false, false],
  ])('%s', (state, isEnded, isModified) => {
    expect(isShown(awaited(true), state, now)).toBe(isEnded);
    expect(isShown(awaited(false), state, now)).toBe(isModified);
  });

  test('right after the change ends a resource, and completes no modification', () => {
    expect(isShown(awaited(true, 0), 'deleted', now)).toBe(true);
    expect(isShown(awaited(false, 29), 'available', now)).toBe(false);
    expect(isShown(awaited(false, 30), 'available', now)).toBe(true);
  });
});

describe('within 10 minutes of the latest such sweep, a request', () => {
  test('is put off, not dropped: it is swept when the 10 minutes are over', async () => {
    const scene = await justSwept();
    expect((await scene.receive(unreadable())).again).toEqual([]);
    expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [540] });
    await remind(scene);
    expect(scene.fullSweeps.started).toBe(2);
    expect(requested(scene)).toBeUndefined();
  });

  test('joins the one that waits already, and one reminder is enough for both', async () => {
    const scene = await justSwept();
    await scene.receive(unreadable());
    scene.clock.advance(MINUTE);
    await scene.receive(unreadable(), ofPeering('pcx-1'));
    await scene.receive(ofPeering('pcx-2'));
    expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [540] });
    scene.clock.advance(-2 * MINUTE + 540 * SECOND + MINUTE);
    await scene.receive(reminder());
    expect(scene.fullSweeps.started).toBe(2);
    expect(requested(scene)).toBeUndefined();
  });

  test('is not put off by a time that is ahead', async () => {
    const scene = await justSwept();
    const { changesEntry } = scene.ledger;
    if (changesEntry) scene.ledger.changesEntry = { ...changesEntry, sweptAt: '2027-01-01T00:00:00.000Z' };
    await scene.receive(unreadable());
    expect(scene.fullSweeps.started).toBe(2);
  });

  test('is answered by a full sweep that begins by itself meanwhile', async () => {
    const scene = await justSwept();
    await scene.receive(unreadable());
    scene.clock.advance(MINUTE);
    await scene.run(ON_SCHEDULE);
    scene.clock.advance(8 * MINUTE);
    const { again, log } = await scene.receive(reminder());
    expect([again, scene.fullSweeps.started, requested(scene)]).toEqual([[], 1, undefined]);
    expect(log.ofEvent('FullSweep').map(({ message }) => message).join()).toContain('has begun since');
  });

  test('is not answered by a full sweep that could not look somewhere', async () => {
    const scene = await justSwept();
    await scene.receive(unreadable());
    scene.clock.advance(MINUTE);
    await scene.run(ON_SCHEDULE);
    if (scene.ledger.sweep) scene.ledger.sweep = { ...scene.ledger.sweep, scanErrors: 1 };
    scene.clock.advance(9 * MINUTE);
    await scene.receive(reminder());
    expect(scene.fullSweeps.started).toBe(2);
  });
});

test('a full sweep that began before EC2 was seen to show the new state answers no request', async () => {
  const scene = await ChangeScene.of(STALE);
  scene.topology.states.set('pcx-1', 'deleting');
  await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
  scene.clock.advance(10 * SECOND);
  await scene.run(ON_SCHEDULE);
  scene.topology.states.set('pcx-1', 'deleted');
  await remind(scene);
  expect(scene.fullSweeps.started).toBe(1);
});

describe('after 15 minutes, a request for which something is still awaited', () => {
  /** A gateway was modified 14 minutes after a peering was deleted, and EC2 shows neither. */
  async function overdue(): Promise<ChangeScene> {
    const scene = await ChangeScene.of(STALE);
    for (const [id, state] of [['pcx-1', 'deleting'], ['tgw-1', 'modifying']]) scene.topology.states.set(id, state);
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(5) }));
    scene.clock.advance(14 * MINUTE);
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }));
    scene.clock.advance(MINUTE);
    expect(scene.fullSweeps.started).toBe(0);
    return scene;
  }

  test('starts a full sweep, and leaves the rest for the next one, with a reminder', async () => {
    const scene = await overdue();
    const { again, log } = await scene.receive(reminder());
    const now = scene.now.toISOString();
    expect([again, scene.fullSweeps.started, scene.fullSweeps.reminders.at(-1)]).toEqual([[], 1, 600]);
    expect(requested(scene)).toMatchObject({ askedSince: now, awaited: [{ id: 'tgw-1' }] });
    expect(log.ofEvent('FullSweep').at(-1)).toMatchObject({ level: 'INFO', fields: { awaited: ['tgw-1'] } });
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }));
    expect(scene.fullSweeps.started).toBe(1);
    scene.topology.states.set('tgw-1', 'available');
    await remind(scene);
    expect([scene.fullSweeps.started, requested(scene)]).toEqual([2, undefined]);
  });

  test('sends no second reminder while one is under way', async () => {
    const scene = await overdue();
    const { changesEntry } = scene.ledger;
    const remindedAt = new Date(scene.now.getTime() + 30 * SECOND).toISOString();
    if (changesEntry?.requested) {
      scene.ledger.changesEntry = { ...changesEntry, requested: { ...changesEntry.requested, remindedAt } };
    }
    scene.fullSweeps.reminders.length = 0;
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }));
    expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [] });
    expect(requested(scene)).toMatchObject({ remindedAt, awaited: [{ id: 'tgw-1' }] });
  });

  test('stays as it was if the sweep cannot be started, and is tried again after 10 minutes', async () => {
    const scene = await overdue();
    const askedSince = requested(scene)?.askedSince;
    scene.fullSweeps.before = () => { throw awsError('TooManyRequestsException'); };
    const message = reminder();
    expect((await scene.receive(message)).again).toEqual([message.messageId]);
    expect(requested(scene)).toMatchObject({ askedSince, awaited: [{ id: 'tgw-1' }] });
    expect(requested(scene)?.remindedAt).toBeUndefined();
    scene.fullSweeps.before = () => undefined;
    scene.clock.advance(12 * MINUTE);
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }), message);
    expect(scene.fullSweeps.started).toBe(1);
  });

  test('is not swept for twice if only the reminder cannot be sent', async () => {
    const scene = await overdue();
    scene.fullSweeps.before = call => { if (call === 'remindIn') throw awsError('InternalError'); };
    const message = reminder();
    const { again, log } = await scene.receive(message);
    expect(again).toEqual([message.messageId]);
    const line = log.ofEvent('FullSweep').at(-1);
    expect([line?.level, line?.message]).toEqual(['ERROR', expect.stringMatching(/^No reminder/)]);
    expect(requested(scene)).toMatchObject({ askedSince: scene.now.toISOString(), awaited: [{ id: 'tgw-1' }] });
    scene.fullSweeps.before = () => undefined;
    scene.clock.advance(12 * MINUTE);
    await scene.receive(ofGateway('tgw-1', { eventTime: scene.ago(5) }), message);
    expect(scene.fullSweeps.started).toBe(1);
    expect(scene.fullSweeps.reminders.at(-1)).toBeLessThanOrEqual(60);
  });

  test.each([
    ['is missing', undefined], ['is ahead', '2027-01-01T00:00:00.000Z'],
  ])('waits for 15 minutes more if the time of its first change %s', async (_, askedSince) => {
    const scene = await overdue();
    const { changesEntry } = scene.ledger;
    if (changesEntry?.requested) {
      scene.ledger.changesEntry = { ...changesEntry, requested: { ...changesEntry.requested, askedSince } };
    }
    await scene.receive(reminder());
    expect([scene.fullSweeps.started, requested(scene)?.askedSince]).toEqual([0, scene.now.toISOString()]);
  });
});

describe('the reminder', () => {
  test('of a request that is no longer there does nothing', async () => {
    const scene = await ChangeScene.of(STALE);
    const { again } = await scene.receive(reminder());
    expect([again, scene.fullSweeps.started, scene.fullSweeps.reminders]).toEqual([[], 0, []]);
    expect(scene.ledger.calls.map(({ method }) => method)).not.toContain('putChanges');
  });

  test('that is delivered twice is followed by one more, and no other', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-1', 'deleting');
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(5) }));
    await remind(scene);
    await scene.receive(reminder());
    await scene.receive(reminder(), reminder());
    expect(scene.fullSweeps.reminders).toHaveLength(2);
  });

  test.each<[string, (scene: ChangeScene) => Promise<unknown>]>([
    ['request', scene => scene.receive(ofPeering('pcx-2', { eventTime: scene.ago(5) }))],
    ['change of a group', scene => scene.receive(ofGroup('sg-1', { eventTime: scene.ago(5) }))],
  ])('that was lost is sent again by the next %s', async (_, receive) => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-1', 'deleting');
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(5) }));
    scene.clock.advance(MINUTE);
    await receive(scene);
    // It may only be late.
    expect(scene.fullSweeps.reminders).toHaveLength(1);
    scene.clock.advance(8 * MINUTE);
    await receive(scene);
    expect(scene.fullSweeps.reminders).toHaveLength(2);
    expect(requested(scene)?.awaited.map(({ id }) => id)).toContain('pcx-1');
  });
});

describe('when a full sweep cannot be started', () => {
  test('the messages that ask are delivered again, the request stays, and nothing is dropped', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.fullSweeps.before = () => { throw awsError('TooManyRequestsException'); };
    const [message, change] = [ofPeering('pcx-1', { eventTime: scene.ago(20) }), ofGroup('sg-1', { eventTime: scene.ago(20) })];
    const { again, log } = await scene.receive(message, change);
    expect(again).toEqual([message.messageId]);
    expect(log.ofEvent('FullSweep')).toMatchObject([{ level: 'ERROR' }]);
    expect(requested(scene)).toMatchObject({ awaited: [] });
    scene.fullSweeps.before = () => undefined;
    scene.clock.advance(12 * MINUTE);
    expect((await scene.receive(message)).again).toEqual([]);
    expect(scene.fullSweeps.started).toBe(1);
    expect(requested(scene)).toBeUndefined();
  });

  test('a message that comes back within the 10 minutes is put off, and swept then', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.fullSweeps.before = call => { if (call === 'start') throw awsError('TooManyRequestsException'); };
    const message = ofPeering('pcx-1', { eventTime: scene.ago(20) });
    await scene.receive(message);
    scene.fullSweeps.before = () => undefined;
    scene.clock.advance(2 * MINUTE);
    expect((await scene.receive(message)).again).toEqual([]);
    expect(scene.fullSweeps).toMatchObject({ started: 0, reminders: [480] });
    await remind(scene);
    expect(scene.fullSweeps.started).toBe(1);
  });
});

test('a reminder that cannot be sent has the messages that ask delivered again, however soon', async () => {
  const scene = await ChangeScene.of(STALE);
  scene.topology.states.set('pcx-1', 'deleting');
  scene.fullSweeps.before = () => { throw awsError('InternalError'); };
  const message = ofPeering('pcx-1', { eventTime: scene.ago(20) });
  expect((await scene.receive(message)).again).toEqual([message.messageId]);
  scene.fullSweeps.before = () => undefined;
  scene.clock.advance(MINUTE);
  expect((await scene.receive(message)).again).toEqual([]);
  expect(scene.fullSweeps.reminders).toHaveLength(1);
});

describe('of two functions at once', () => {
  test('that ask, one starts the sweep', async () => {
    const scene = await ChangeScene.of(STALE);
    const both = await Promise.all([1, 2].map(async n => scene.receive(ofPeering(`pcx-${n}`, { eventTime: scene.ago(20) }))));
    expect(both.map(({ again }) => again)).toEqual([[], []]);
    expect(scene.fullSweeps.started).toBe(1);
    // The other's request was written before or after the start. If after, it is put off.
    expect(requested(scene) === undefined || scene.fullSweeps.reminders.length === 1).toBe(true);
  });

  test('a newer request is not cleared by the one that starts the sweep', async () => {
    const scene = await ChangeScene.of(STALE);
    scene.topology.states.set('pcx-2', 'deleting');
    scene.fullSweeps.before = async call => {
      if (call !== 'start') return;
      scene.clock.advance(2 * SECOND);
      await scene.receive(ofPeering('pcx-2', { eventTime: scene.now }));
    };
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    expect(scene.fullSweeps).toMatchObject({ started: 1, reminders: [expect.any(Number)] });
    expect(requested(scene)?.awaited).toMatchObject([{ id: 'pcx-2' }]);
  });
});

describe('a request', () => {
  const now = new Date('2026-01-01T01:00:00.000Z');
  const at = (minute: number): string => new Date(now.getTime() - (60 - minute) * MINUTE).toISOString();
  const deletion = (id: string, minute?: number, kind: AwaitedResource['kind'] = 'peering'): Change => ({
    eventName: 'DeleteVpcPeeringConnection', groupIds: [], ruleIds: [], isByCloudFormation: false,
    ...minute !== undefined && { at: at(minute) }, awaits: [{ kind, id, isEnding: true }],
  });

  test('has the time of the latest of its changes; a change without a time is of now', () => {
    expect(requestOf([deletion('a', 1), deletion('b', 3)], [{ at: at(2) }], now)?.since).toBe(at(3));
    expect(requestOf([deletion('a', 1)], [{}], now)?.since).toBe(now.toISOString());
    expect(requestOf([], [], now)).toBeUndefined();
  });

  test('waits for each resource once, since its latest change', () => {
    const request = requestOf([deletion('a', 1), deletion('a', 2), deletion('b', 1), deletion('a', 1, 'association')], [], now);
    expect(request?.awaited.map(({ kind, id, since }) => [kind, id, since]).sort()).toEqual([
      ['association', 'a', at(1)], ['peering', 'a', at(2)], ['peering', 'b', at(1)],
    ]);
  });

  test('waits for 50 resources at most, the latest ones', () => {
    const first = requestOf(Array.from({ length: 40 }, (_, n) => deletion(`a-${n}`, 1)), [], now);
    const second = requestOf(Array.from({ length: 40 }, (_, n) => deletion(`b-${n}`, 2)), [], now);
    const both = merged(first, second);
    expect(both?.awaited).toHaveLength(50);
    expect(both?.awaited.filter(({ id }) => id.startsWith('b-'))).toHaveLength(40);
  });

  test('keeps the time since which it is asked for when another one joins it', () => {
    const [first, second] = [1, 2].map(minute => ({ since: at(minute), askedSince: at(minute), awaited: [] }));
    const both = { ...second, askedSince: at(1) };
    expect([merged(first, second), merged(second, first)]).toEqual([both, both]);
    expect(requestOf([deletion('a', 1)], [], now)?.askedSince).toBe(now.toISOString());
  });

  test('keeps its reminder when another one joins it', () => {
    const waiting = { since: at(1), awaited: [], remindedAt: at(5) };
    expect(merged(waiting, { since: at(2), awaited: [] })).toEqual({ ...waiting, since: at(2) });
    expect([merged(waiting, undefined), merged(undefined, waiting)]).toEqual([waiting, waiting]);
  });
});
