/** Tests pausing and resuming by invocations, while others write the ledger at the same time. */
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import { pause, type PauseAnswer, type PausingDependencies, resume } from '../../../lambda/core/pausing';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aControl, anEntry, aRule, DEPLOYED } from '../../support/builders';
import { customNotification, type Texts } from '../../support/custom-notification';
import { violations } from '../../support/event-schemas';
import { aSweepEntry } from '../../support/findings';
import { MemoryLedger } from '../../support/memory-ledger';
import { aControlEntry } from '../../support/pauses';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryNotifications } from '../../support/recorders';

const START = new Date('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';

const inDays = (days: number): string => new Date(START.getTime() + days * 24 * HOUR).toISOString();

const open = (count: number, overrides: Partial<LedgerEntry> = {}): LedgerEntry[] =>
  Array.from({ length: count }, (_, index) => {
    const rule = aRule({ securityGroupRuleId: `sgr-${overrides.keepReason ?? overrides.state ?? 'due'}-${index}` });
    return anEntry({ rule, ...overrides });
  });

/** A ledger to which a sweep has written, with the receivers of events and messages. */
class Scene {
  readonly clock = new MemoryClock(START);
  readonly log = new MemoryLog();
  events = new MemoryEvents();
  notifications = new MemoryNotifications();
  private count = 0;

  constructor(readonly ledger = new MemoryLedger()) {
    ledger.sweep = aSweepEntry({ eventBus: 'hygiene-bus', notificationsTopicArn: TOPIC, maxRevocationsPerSweep: 20 });
  }

  pause(days: number, reason = 'change freeze'): Promise<PauseAnswer> {
    return pause({ until: inDays(days), reason }, this.dependencies());
  }

  resume(): Promise<PauseAnswer> {
    return resume(this.dependencies());
  }

  /** Returns the changes that were reported since the last call. */
  told(): unknown[] {
    const sent = this.events.sent.splice(0);
    for (const { type, detail } of sent) {
      const sentDetail = JSON.parse(JSON.stringify(detail)) as unknown;
      expect(violations({ 'source': 'cdk-network-hygiene', 'detail-type': type, 'detail': sentDetail })).toEqual([]);
    }
    return sent.map(({ detail }) => detail.change);
  }

  private dependencies(): PausingDependencies {
    const { ledger, clock, log: { log }, events, notifications } = this;
    this.count += 1;
    return {
      ledger, clock, log, events, notifications, id: `invocation-${this.count}`, hygiene: 'Stack/NetworkHygiene',
      table: DEPLOYED.table, tellUntil: new Date(START.getTime() + 1000 * HOUR),
    };
  }
}

describe('a pause', () => {
  test('is kept in the ledger, and answered with what it keeps back', async () => {
    const scene = new Scene(new MemoryLedger([
      ...open(2), ...open(1, { keepReason: 'PAUSED' }), ...open(1, { keepReason: 'EGRESS' }),
      ...open(1, { state: 'REVOKED' }),
    ]));
    expect(await scene.pause(7)).toEqual({
      pausedUntil: inDays(7), reason: 'change freeze', changed: true, due: 3, maxRevocationsPerSweep: 20,
      message: 'Revoking is paused until 2026-01-08 00:00 UTC: change freeze. 3 rules are due; '
        + 'maxRevocationsPerSweep is 20, so the first sweep after that revokes them',
    });
    expect(scene.ledger.controlEntry).toMatchObject({
      pause: { until: inDays(7), reason: 'change freeze', begunAt: START.toISOString(), pauseId: 'invocation-1' },
    });
    expect(scene.log.ofEvent('Pause')).toMatchObject([{
      level: 'WARN', fields: { change: 'BEGUN', until: inDays(7), reason: 'change freeze', due: 3 },
    }]);
  });

  test('says that the limit will not let the rules go', async () => {
    const scene = new Scene(new MemoryLedger(open(21)));
    const { message } = await scene.pause(7);
    expect(message).toContain('21 rules are due; maxRevocationsPerSweep is 20, so none is revoked, ');
  });

  test('counts an item that cannot be read as a rule that is due, as the limit does', async () => {
    const scene = new Scene(new MemoryLedger(open(1)));
    scene.ledger.unreadable.push({ id: 'sgr-broken', message: 'no JSON' });
    expect(await scene.pause(7)).toMatchObject({ due: 2 });
  });

  test('is extended by one that ends later', async () => {
    const scene = new Scene();
    await scene.pause(7);
    const answer = await scene.pause(8, 'another reason');
    expect(scene.ledger.controlEntry?.pause).toMatchObject({
      until: inDays(8), reason: 'another reason', pauseId: 'invocation-1', begunAt: START.toISOString(),
    });
    expect(answer).toMatchObject({ pausedUntil: inDays(8), reason: 'another reason', changed: true });
    expect(answer.message).toMatch(
      /^The pause is extended\. Revoking is paused until 2026-01-09 00:00 UTC: another reason\. /,
    );
    const fields = { change: 'EXTENDED', until: inDays(8) };
    expect(scene.log.ofEvent('Pause')[1]).toMatchObject({ level: 'WARN', fields });
  });

  test.each([['at the same time', 7], ['earlier', 1]])('is not shortened by one that ends %s', async (_, days) => {
    const scene = new Scene();
    await scene.pause(7);
    const answer = await scene.pause(days, 'another reason');
    expect(scene.ledger.controlEntry?.pause).toMatchObject({ until: inDays(7), reason: 'change freeze' });
    expect(answer).toMatchObject({ pausedUntil: inDays(7), reason: 'change freeze', changed: false });
    expect(answer.message).toMatch(/^Nothing was changed: the current pause ends no earlier, /);
    expect(answer.message).toContain('Revoking is paused until 2026-01-08 00:00 UTC: change freeze.');
    expect(scene.log.ofEvent('Pause')[1]).toMatchObject({ level: 'INFO', fields: { change: undefined } });
  });

  test('that is extended is not said to begin anew, but to end soon when it does', async () => {
    const scene = new Scene();
    scene.ledger.controlEntry = aControlEntry({ until: inDays(1), told: ['BEGUN', 'ENDING'] });
    await scene.pause(7);
    expect(scene.told()).toEqual([]);
    expect(scene.ledger.controlEntry.pause?.told).toEqual(['BEGUN']);
  });

  test('begins anew when the one before is over', async () => {
    const scene = new Scene();
    await scene.pause(1);
    scene.clock.advance(48 * HOUR);
    await scene.pause(3);
    const expected = { pauseId: 'invocation-2', begunAt: inDays(2), told: ['BEGUN'] };
    expect(scene.ledger.controlEntry?.pause).toMatchObject(expected);
    expect(scene.told()).toEqual(['BEGUN', 'ENDED', 'BEGUN']);
    expect(scene.ledger.controlEntry?.earlier).toBeUndefined();
  });

  test('leaves what else holds for all as it is, and so does its end', async () => {
    const allowance = { openedBy: 'sweep-1', openedAt: inDays(-1), limit: 20, used: 3 };
    const others = aControl({ allowance, mismatch: { fingerprint: 'another', sweeps: 1 } });
    const scene = new Scene();
    scene.ledger.controlEntry = others;
    await scene.pause(7);
    await scene.resume();
    const { revision, writtenBy, pause: now, ...left } = scene.ledger.controlEntry;
    const { revision: before, writtenBy: _, ...known } = others;
    expect(left).toEqual(known);
    expect([revision > before, writtenBy, now?.resumedAt]).toEqual([true, 'invocation-2', START.toISOString()]);
  });

  test('begins before anything was deployed, too', async () => {
    const { ledger } = new Scene();
    ledger.controlEntry = undefined;
    await new Scene(ledger).pause(7);
    expect(ledger).toMatchObject({ controlEntry: { pause: { until: inDays(7), pauseId: 'invocation-1' } } });
    expect(Object.keys(ledger.controlEntry ?? {})).not.toContain('configuration');
  });

  test.each([[1, 2], [2, 1]])('of two at once, %i and %i days, the longer holds', async (first, second) => {
    const scene = new Scene();
    const answers = await Promise.all([scene.pause(first), scene.pause(second)]);
    expect(scene.ledger.controlEntry?.pause).toMatchObject({ until: inDays(2) });
    expect(answers.some(({ pausedUntil }) => pausedUntil === inDays(2))).toBe(true);
    expect(scene.told()).toEqual(['BEGUN']);
  });

  test('is refused when the item cannot be read, and so is resuming; the error says how to repair it', async () => {
    const said = 'the item control cannot be read. Delete the item';
    const error = Object.assign(new Error(said), { name: 'UnreadableItem' });
    const scene = new Scene(new MemoryLedger().on('control', { throws: error }));
    for (const refused of [scene.pause(7), scene.resume()]) {
      await expect(refused).rejects.toMatchObject({
        name: 'UnreadableItem',
        message: 'Nothing was changed: whether revoking is paused cannot be read. That counts as a pause already, so '
          + `nothing is revoked until it is repaired: ${said}`,
      });
    }
    expect(scene.ledger.calls.filter(({ method }) => method === 'putControl')).toEqual([]);
  });

  test('that cannot be written fails with what the ledger said', async () => {
    const scene = new Scene(new MemoryLedger().on('putControl', { throws: awsError('AccessDeniedException') }));
    await expect(scene.pause(7)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(scene.told()).toEqual([]);
  });

  test('holds whatever else fails, and the answer says what could not be read', async () => {
    const scene = new Scene();
    for (const method of ['unsettled', 'latestSweep'] as const) {
      scene.ledger.on(method, { throws: awsError('InternalServerError') });
    }
    const answer = await scene.pause(7);
    expect(answer).toMatchObject({ changed: true, due: undefined, maxRevocationsPerSweep: undefined });
    expect(answer.message).toMatch(/How many rules are due cannot be read$/);
    expect(scene.log.ofEvent('ScanError').map(({ fields }) => fields.doing)).toEqual([
      'reading the latest sweep from the ledger', 'reading which rules are due from the ledger',
    ]);
  });
});

describe('resuming', () => {
  test('ends the pause that holds', async () => {
    const scene = new Scene(new MemoryLedger(open(1, { keepReason: 'PAUSED' })));
    await scene.pause(7);
    scene.clock.advance(HOUR);
    expect(await scene.resume()).toEqual({
      changed: true, due: 1, maxRevocationsPerSweep: 20,
      message: 'Revoking is resumed: the pause until 2026-01-08 00:00 UTC was ended (change freeze). '
        + '1 rule is due; maxRevocationsPerSweep is 20, so the next sweep revokes it',
    });
    expect(scene.ledger.controlEntry?.pause).toMatchObject({ resumedAt: '2026-01-01T01:00:00.000Z' });
    const { level, fields: { change, pauseId } } = scene.log.ofEvent('Pause')[1];
    expect([level, change, pauseId]).toEqual(['WARN', 'ENDED', 'invocation-1']);
    expect(scene.told()).toEqual(['BEGUN', 'ENDED']);
  });

  test.each([
    ['there is none', undefined],
    ['it is over', aControlEntry({ until: '2025-12-31T00:00:00.000Z', told: ['BEGUN', 'ENDED'] })],
    ['it was resumed', aControlEntry({ resumedAt: '2025-12-31T00:00:00.000Z', told: ['BEGUN', 'ENDED'] })],
  ])('says that nothing is paused when %s, and writes nothing', async (_, control) => {
    const scene = new Scene();
    scene.ledger.controlEntry = control;
    expect(await scene.resume()).toMatchObject({
      changed: false, pausedUntil: undefined,
      message: 'Nothing was changed: revoking is not paused. No rule is due now',
    });
    expect(scene.ledger.calls.filter(({ method }) => method === 'putControl')).toEqual([]);
    expect(scene.log.ofEvent('Pause')).toMatchObject([{ level: 'INFO' }]);
  });

  test('at the same time as another does it once', async () => {
    const scene = new Scene();
    await scene.pause(7);
    const answers = await Promise.all([scene.resume(), scene.resume()]);
    expect(answers.map(({ changed }) => changed).sort()).toEqual([false, true]);
    expect(scene.told()).toEqual(['BEGUN', 'ENDED']);
  });

  test('at the same time as someone pauses for longer leaves no pause that is shorter', async () => {
    const scene = new Scene();
    await scene.pause(1);
    const [, paused] = await Promise.all([scene.resume(), scene.pause(3)]);
    const { until, resumedAt } = scene.ledger.controlEntry?.pause ?? {};
    expect(until).toBe(inDays(3));
    expect(resumedAt === undefined || paused.changed).toBe(true);
  });
});

describe('telling', () => {
  test('is done at once, where the latest sweep told, in the same words as by a sweep', async () => {
    const scene = new Scene(new MemoryLedger(open(2)));
    await scene.pause(7, 'year end.');
    const message = 'Revoking is paused until 2026-01-08 00:00 UTC: year end. 2 rules are due; '
      + 'maxRevocationsPerSweep is 20, so the first sweep after that revokes them';
    expect(scene.events.sent).toEqual([{
      eventBus: 'hygiene-bus',
      type: EventType.PAUSE_CHANGED,
      detail: {
        version: '1', message, hygiene: 'Stack/NetworkHygiene', sweepId: 'invocation-1', change: 'BEGUN',
        pauseId: 'invocation-1', until: inDays(7), reason: 'year end.', begunAt: START.toISOString(), due: 2,
        maxRevocationsPerSweep: 20, withinLimit: true,
      },
    }]);
    const [mail] = scene.notifications.published;
    expect(mail).toMatchObject({ topicArn: TOPIC, subject: '1 pause change in Stack/NetworkHygiene' });
    expect(mail.message.split('\n')).toEqual(expect.arrayContaining([
      'Pause (1)', `- ${message}`,
      'Invocation invocation-1. The log and the ledger of Stack/NetworkHygiene have the rest.',
    ]));
    expect(scene.ledger.controlEntry?.pause?.told).toEqual(['BEGUN']);
  });

  test('is written before the event is sent', async () => {
    const scene = new Scene();
    let told: unknown;
    scene.events = new MemoryEvents(() => {
      told = scene.ledger.controlEntry?.pause?.told;
      return false;
    });
    await scene.pause(7);
    expect(told).toEqual(['BEGUN']);
  });

  test.each([
    ['no sweep is recorded', undefined],
    ['the latest sweep is of a version that recorded nothing for it', aSweepEntry()],
  ])('is left to the next sweep when %s', async (_, sweep) => {
    const scene = new Scene();
    scene.ledger.sweep = sweep;
    expect(await scene.pause(7)).toMatchObject({ changed: true });
    await scene.resume();
    expect(scene.events.sent).toEqual([]);
    expect(scene.ledger.controlEntry?.pause?.told).toEqual([]);
  });

  test('is left to the next sweep when the event is not delivered, and so is the notification', async () => {
    const scene = new Scene();
    scene.events = new MemoryEvents(() => true);
    expect(await scene.pause(7)).toMatchObject({ changed: true });
    expect(scene.ledger.controlEntry?.pause?.told).toEqual([]);
    expect(scene.notifications.published).toEqual([]);
    const fields = { detailType: 'Pause Changed' };
    expect(scene.log.ofEvent('DeliveryFailed')).toMatchObject([{ level: 'ERROR', fields }]);
  });

  test('leaves only the event to the next sweep that is not delivered', async () => {
    const scene = new Scene();
    scene.ledger.controlEntry = aControlEntry({ until: inDays(-1), pauseId: 'pause-0', told: ['BEGUN'] });
    scene.events = new MemoryEvents(({ detail }) => detail.change === 'ENDED');
    await scene.pause(7);
    expect(scene.told()).toEqual(['BEGUN']);
    const earlier = [{ pauseId: 'pause-0', told: ['BEGUN'] }];
    expect(scene.ledger.controlEntry).toMatchObject({ pause: { told: ['BEGUN'] }, earlier });
    expect(scene.notifications.published).toHaveLength(1);
    scene.events = new MemoryEvents();
    await scene.resume();
    expect(scene.events.sent.map(({ detail: { change, pauseId } }) => [change, pauseId])).toEqual([
      ['ENDED', 'pause-0'], ['ENDED', 'invocation-1'],
    ]);
  });

  test('that fails altogether does not fail the pause', async () => {
    const scene = new Scene();
    scene.events.send = async () => {
      throw awsError('InternalFailure');
    };
    expect(await scene.pause(7)).toMatchObject({ changed: true, pausedUntil: inDays(7) });
    expect(scene.ledger.controlEntry?.pause?.told).toEqual([]);
    // The writes so far, the one that resumes, and the one that marks the change as reported.
    const writes = scene.ledger.calls.filter(({ method }) => method === 'putControl').length;
    scene.ledger.on('putControl', { call: writes + 2, throws: awsError('InternalServerError') });
    expect(await scene.resume()).toMatchObject({ changed: true });
    const errors = scene.log.ofEvent('DeliveryFailed').map(({ fields }) => fields.error);
    expect(errors).toMatchObject([{ code: 'InternalFailure' }, { code: 'InternalServerError' }]);
  });

  test('sends messages in the format that the latest sweep has recorded, and text if it is unknown', async () => {
    const scene = new Scene();
    for (const notificationFormat of ['chat', 'a format of a later version', undefined] as ReadonlyArray<'chat'>) {
      scene.ledger.sweep = { ...aSweepEntry({ eventBus: 'hygiene-bus', notificationsTopicArn: TOPIC }), notificationFormat };
      await scene.pause(7, 'change <!here> freeze');
      await scene.resume();
    }
    const [pausedForChat, resumedForChat, ...others] = scene.notifications.published;
    const texts = [pausedForChat, resumedForChat].map(({ message }) => JSON.parse(message) as Texts);
    expect(texts.map(each => customNotification(each).content.title)).toEqual(Array(2).fill('1 pause change in Stack/NetworkHygiene'));
    expect(customNotification(texts[0]).content.description).toContain('change ‹!here› freeze');
    expect(customNotification(texts[0]).metadata.eventType).toBe(EventType.PAUSE_CHANGED);
    expect(texts[0].default).toContain('change <!here> freeze');
    expect([pausedForChat, resumedForChat].map(({ structure }) => structure)).toEqual(['json', 'json']);
    expect(others).toHaveLength(4);
    for (const each of others) expect(Object.keys(each).sort()).toEqual(['message', 'subject', 'topicArn']);
    expect(others[0].message.startsWith('Stack/NetworkHygiene: 1 pause change.')).toBe(true);
  });

  test('sends what was not sent before', async () => {
    const scene = new Scene();
    scene.ledger.controlEntry = aControlEntry({ until: inDays(7) });
    expect(await scene.pause(1)).toMatchObject({ changed: false });
    expect(scene.told()).toEqual(['BEGUN']);
  });

  test('does not say that a pause ends soon: a sweep does, once', async () => {
    const scene = new Scene();
    await scene.pause(0.5);
    await scene.pause(0.25);
    expect(scene.told()).toEqual(['BEGUN']);
  });
});
