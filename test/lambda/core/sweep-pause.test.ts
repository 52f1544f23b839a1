/** Tests that sweeps revoke nothing during a pause, and report each change of the pause once. */
import { pause, type PausingDependencies, resume } from '../../../lambda/core/pausing';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, DEPLOYED } from '../../support/builders';
import { violations } from '../../support/event-schemas';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { aControlEntry } from '../../support/pauses';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryNotifications } from '../../support/recorders';
import { REVOKE, run, type Swept, VPN_ONLY, vpcs } from '../../support/swept';

const START = new Date('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
const DUE = ['sgr-flagged-1', 'sgr-stale-1'];

const at = (hours: number): string => new Date(START.getTime() + hours * HOUR).toISOString();

/** Sweeps and invocations with one network and ledger, at hours after the start. */
class Series {
  readonly clock = new MemoryClock(START);
  readonly events = new MemoryEvents();
  readonly notifications = new MemoryNotifications();
  readonly log = new MemoryLog();
  private count = 0;

  constructor(readonly network = new MemoryNetwork(vpcs(1)), readonly ledger = new MemoryLedger()) {}

  async sweep(hour: number, configuration = REVOKE): Promise<Swept> {
    this.moveTo(hour);
    const { network, ledger, clock, events, notifications } = this;
    const told = { ...configuration, notificationsTopicArn: TOPIC };
    return run(told, network, { ledger, clock, events, notifications, sweepId: `sweep-${this.count}` });
  }

  async pause(hour: number, until: number): Promise<void> {
    this.moveTo(hour);
    await pause({ until: at(until), reason: 'change freeze' }, this.dependencies());
  }

  async resume(hour: number): Promise<void> {
    this.moveTo(hour);
    await resume(this.dependencies());
  }

  /** Returns the changes that were reported since the last call, with their texts. */
  told(): unknown[] {
    const sent = this.events.sent.splice(0).filter(({ type }) => type === EventType.PAUSE_CHANGED);
    for (const { type, detail } of sent) {
      const sentDetail = JSON.parse(JSON.stringify(detail)) as unknown;
      expect(violations({ 'source': 'cdk-network-hygiene', 'detail-type': type, 'detail': sentDetail })).toEqual([]);
    }
    return sent.map(({ detail: { change, due } }) => `${String(change)} ${String(due)}`);
  }

  get isRevoked(): boolean {
    return DUE.every(id => !this.network.rules.has(id));
  }

  get isWhole(): boolean {
    return DUE.every(id => this.network.rules.has(id));
  }

  keepReasons(): unknown[] {
    return DUE.map(id => this.ledger.entries.get(id)?.keepReason);
  }

  private moveTo(hour: number): void {
    this.count += 1;
    this.clock.advance(START.getTime() + hour * HOUR - this.clock.now().getTime());
  }

  private dependencies(): PausingDependencies {
    const { ledger, clock, events, notifications, log: { log } } = this;
    return {
      ledger,
      clock,
      events,
      notifications,
      log,
      id: `invocation-${this.count}`,
      hygiene: REVOKE.hygiene,
      table: DEPLOYED.table,
      tellUntil: new Date(clock.now().getTime() + HOUR),
    };
  }
}

describe('while revoking is paused', () => {
  test('nothing is revoked, and the ledger and the log say why', async () => {
    const series = new Series();
    await series.pause(0, 48);
    const { result, log, metrics, error } = await series.sweep(1);
    expect(error).toBeUndefined();
    expect(series.isWhole).toBe(true);
    expect(series.network.methods).not.toContain('revokeIngress');
    expect(series.keepReasons()).toEqual(['PAUSED', 'PAUSED']);
    expect(result?.plan.revoke).toEqual([]);
    const logged = log.ofEvent('RuleKept').map(({ fields }) => fields.keepReason);
    expect(logged.sort()).toEqual(['EGRESS', 'PAUSED', 'PAUSED']);
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, RevocationsWithheld: 0, ScanErrors: 0 });
    expect(series.events.ofType(EventType.REVOCATION_WITHHELD)).toEqual([]);
  });

  test('each sweep logs that, and what is due', async () => {
    const series = new Series();
    await series.pause(0, 48);
    await series.sweep(1);
    const { log } = await series.sweep(2);
    expect(log.ofEvent('Pause')).toMatchObject([{
      level: 'INFO',
      message: expect.stringMatching(/^Revoking is paused until 2026-01-03 00:00 UTC: change freeze\. 2 rules/),
      fields: { until: at(48), reason: 'change freeze', due: 2, maxRevocationsPerSweep: 1000, change: undefined },
    }]);
  });

  test('grace goes on, so that rules fall due', async () => {
    const grace = { seconds: 7200, sightings: 2, maxGapSeconds: 7200 };
    const graceful = aDecodedConfiguration({ staleRules: 'revoke', grace });
    const series = new Series();
    await series.pause(0, 48);
    for (const hour of [1, 2]) await series.sweep(hour, graceful);
    expect(series.ledger.entries.get('sgr-stale-1')).toMatchObject({
      keepReason: 'WITHIN_GRACE',
      stale: { sightings: 2 },
    });
    await series.sweep(3, graceful);
    expect(series.ledger.entries.get('sgr-stale-1')).toMatchObject({ keepReason: 'PAUSED', stale: { sightings: 3 } });
  });

  test('more rules than the limit are paused, and withheld when it is over', async () => {
    const series = new Series();
    const limited = { ...REVOKE, maxRevocationsPerSweep: 1 };
    await series.pause(0, 24);
    await series.sweep(1, limited);
    expect(series.keepReasons()).toEqual(['PAUSED', 'PAUSED']);
    const [{ detail }] = series.events.ofType(EventType.PAUSE_CHANGED);
    expect(detail).toMatchObject({ due: 2, maxRevocationsPerSweep: 1, withinLimit: false });
    const { metrics } = await series.sweep(25, limited);
    expect(series.isWhole).toBe(true);
    expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 2 });
  });

  test.each([
    ['dryRun', { ...REVOKE, dryRun: true }, 'DRY_RUN'],
    ['enabled', { ...REVOKE, enabled: false }, 'DISABLED'],
  ])('what %s keeps is kept for that, and is not due', async (_, configuration, reason) => {
    const series = new Series();
    await series.pause(0, 48);
    await series.sweep(1, configuration);
    expect(series.keepReasons()).toEqual([reason, reason]);
    expect(series.told()).toEqual(['BEGUN 0']);
  });

  test('a sweep of VPN connections alone still tells when it ends', async () => {
    const series = new Series(new MemoryNetwork());
    await series.pause(0, 24);
    await series.sweep(1, VPN_ONLY);
    await series.sweep(25, VPN_ONLY);
    expect(series.told()).toEqual(['BEGUN 0', 'ENDING 0', 'ENDED 0']);
  });
});

describe('a pause is told', () => {
  test('when it has begun, within a day of its end, and when it has ended, once each', async () => {
    const series = new Series();
    await series.sweep(0, { ...REVOKE, enabled: false });
    await series.pause(1, 72);
    expect(series.told()).toEqual(['BEGUN 0']);
    for (const hour of [2, 24, 47]) await series.sweep(hour);
    expect(series.told()).toEqual([]);
    await series.sweep(48);
    expect(series.told()).toEqual(['ENDING 2']);
    for (const hour of [49, 71]) await series.sweep(hour);
    expect(series.told()).toEqual([]);
    expect(series.isWhole).toBe(true);
    await series.sweep(72);
    expect(series.isRevoked).toBe(true);
    expect(series.told()).toEqual(['ENDED 2']);
    await series.sweep(73);
    expect(series.told()).toEqual([]);
    expect(series.ledger.controlEntry?.pause?.told).toEqual(['BEGUN', 'ENDING', 'ENDED']);
  });

  test('by the first sweep, when it was begun before any', async () => {
    const series = new Series();
    await series.pause(0, 72);
    expect(series.told()).toEqual([]);
    await series.sweep(1);
    expect(series.told()).toEqual(['BEGUN 2']);
    await series.sweep(50);
    expect(series.told()).toEqual(['ENDING 2']);
    await series.sweep(72);
    expect(series.told()).toEqual(['ENDED 2']);
  });

  test('by the next sweep, when it began and ended between two', async () => {
    const series = new Series();
    await series.pause(0, 1);
    const { log } = await series.sweep(2);
    expect(series.events.ofType(EventType.PAUSE_CHANGED).map(({ detail: { message } }) => message)).toEqual([
      'Revoking was paused until 2026-01-01 01:00 UTC: change freeze. The pause is over',
      'Revoking is no longer paused: the pause until 2026-01-01 01:00 UTC is over (change freeze). '
      + '2 rules are due; maxRevocationsPerSweep is 1000, so this sweep revokes them',
    ]);
    const logged = log.ofEvent('Pause').map(({ level, fields: { change } }) => [level, change]);
    expect(logged).toEqual([['WARN', 'BEGUN'], ['WARN', 'ENDED']]);
    expect(series.isRevoked).toBe(true);
    await series.sweep(3);
    expect(series.told()).toEqual(['BEGUN 2', 'ENDED 2']);
  });

  test('together with those before it that no sweep could tell of', async () => {
    const series = new Series();
    await series.pause(0, 1);
    await series.pause(2, 3);
    await series.resume(2.5);
    await series.pause(4, 100);
    await series.sweep(5);
    expect(series.told()).toEqual(['BEGUN 2', 'ENDED 2', 'BEGUN 2', 'ENDED 2', 'BEGUN 2']);
    expect(series.ledger.controlEntry?.earlier).toBeUndefined();
    await series.sweep(6);
    expect(series.told()).toEqual([]);
  });

  test('at once by who resumes; the next sweep revokes, and tells nothing more', async () => {
    const series = new Series();
    await series.pause(0, 72);
    await series.sweep(1);
    await series.resume(2);
    expect(series.told()).toEqual(['BEGUN 2', 'ENDED 2']);
    expect(series.isWhole).toBe(true);
    await series.sweep(3);
    expect(series.isRevoked).toBe(true);
    expect(series.told()).toEqual([]);
  });

  test('again that it ends, when it was extended within its last day', async () => {
    const series = new Series();
    await series.pause(0, 24);
    await series.sweep(1);
    expect(series.told()).toEqual(['BEGUN 2', 'ENDING 2']);
    await series.pause(20, 100);
    await series.sweep(21);
    expect(series.told()).toEqual([]);
    await series.sweep(80);
    expect(series.told()).toEqual(['ENDING 2']);
  });

  test('once by two sweeps at once', async () => {
    const series = new Series();
    await series.pause(0, 72);
    await Promise.all([series.sweep(1), series.sweep(1)]);
    expect(series.told()).toEqual(['BEGUN 2']);
  });

  test('to a person, in a section of its own', async () => {
    const series = new Series();
    await series.pause(0, 48);
    await series.sweep(1);
    const [{ subject, message }] = series.notifications.published;
    expect(subject).toMatch(/^1 pause change, /);
    expect(message).toContain('Pause (1)\n- Revoking is paused until 2026-01-03 00:00 UTC: change freeze. '
      + '2 rules are due; maxRevocationsPerSweep is 1000, so the first sweep after that revokes them\n');
  });

  test('by the next sweep, when the ledger does not take that it is told', async () => {
    // The first write is that of the pause, and the second that of the allowance.
    const ledger = new MemoryLedger().on('putControl', { call: 3, throws: awsError('InternalServerError') });
    const series = new Series(undefined, ledger);
    await series.pause(0, 72);
    const { metrics, log, error } = await series.sweep(1);
    expect(error).toBeUndefined();
    expect(series.told()).toEqual([]);
    expect(metrics.aggregates).toMatchObject({ ScanErrors: 1 });
    const doing = 'recording which changes of the pause were reported in the ledger';
    expect(log.ofEvent('ScanError').map(({ fields }) => fields.doing)).toEqual([doing]);
    await series.sweep(2);
    expect(series.told()).toEqual(['BEGUN 2']);
  });
});

describe('when it cannot be read whether revoking is paused', () => {
  const unreadable = (): Error =>
    Object.assign(new Error("the ledger's item control cannot be read. Delete the item"), { name: 'UnreadableItem' });

  test('nothing is revoked, and due rules count as withheld, because no one decided so', async () => {
    const series = new Series(undefined, new MemoryLedger().on('control', { throws: unreadable() }));
    const { metrics, log, error } = await series.sweep(1);
    expect(error).toBeUndefined();
    expect(series.isWhole).toBe(true);
    expect(series.network.methods).not.toContain('revokeIngress');
    expect(series.keepReasons()).toEqual(['LEDGER_UNAVAILABLE', 'LEDGER_UNAVAILABLE']);
    expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 2, ScanErrors: 1, IngressRulesRevoked: 0 });
    const withheld = [{ reason: 'LEDGER_UNAVAILABLE', count: 2 }];
    expect(series.ledger.sweep).toMatchObject({ scanErrors: 1, withheld });
    expect(log.ofEvent('ScanError')).toMatchObject([{
      level: 'ERROR', message: expect.stringContaining("the ledger's item control cannot be read. Delete the item"),
      fields: { doing: 'reading whether revoking is paused from the ledger', error: { code: 'UnreadableItem' } },
    }]);
    expect(series.told()).toEqual([]);
  });

  test('the next sweep that can read it revokes', async () => {
    const series = new Series(undefined, new MemoryLedger().on('control', { call: 1, throws: unreadable() }));
    await series.sweep(1);
    await series.sweep(2);
    expect(series.isRevoked).toBe(true);
  });

  test('because the ledger fails, the sweep fails, as it does for any other failure of the ledger', async () => {
    const ledger = new MemoryLedger().on('control', { throws: awsError('AccessDeniedException') });
    const series = new Series(undefined, ledger);
    const { error, metrics } = await series.sweep(1);
    const message = expect.stringContaining('The ledger failed, and without it nothing further is revoked') as string;
    expect(error).toMatchObject({ message });
    expect(series.isWhole).toBe(true);
    expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 2, Sweeps: 1 });
  });

  test('a ledger that does not answer is not asked for its entries, which would take as long again', async () => {
    const series = new Series(undefined, new MemoryLedger().on('control', { throws: awsError('TimeoutError') }));
    const { metrics } = await series.sweep(1);
    expect(series.isWhole).toBe(true);
    expect(series.ledger.calls.map(({ method }) => method)).not.toContain('unsettled');
    expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 2 });
  });
});

test('a ledger that nothing was deployed with has nothing revoked, and is not paused', async () => {
  const series = new Series();
  series.ledger.controlEntry = undefined;
  const { result, metrics, error } = await series.sweep(1);
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ pause: { state: 'none' }, hold: { reason: 'CONFIGURATION_CHANGING' } });
  expect(series.keepReasons()).toEqual(['CONFIGURATION_CHANGING', 'CONFIGURATION_CHANGING']);
  expect(series.network.methods).not.toContain('revokeIngress');
  expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 0, IngressRulesRevoked: 0 });
  expect(series.ledger.controlEntry).toBeUndefined();
});

describe('a pause that is over, and was told in full, costs a sweep no write', () => {
  const OVER = { until: at(-5), told: ['BEGUN', 'ENDED'] as const };

  test('except for that of the allowance, which does not change it', async () => {
    const series = new Series();
    series.ledger.controlEntry = aControlEntry(OVER);
    await series.sweep(1);
    expect(series.ledger.calls.filter(({ method }) => method === 'putControl')).toHaveLength(1);
    expect(series.ledger.controlEntry).toMatchObject({ pause: aControlEntry(OVER).pause, allowance: { used: 2 } });
    expect(series.isRevoked).toBe(true);
  });

  test('but that, where nothing is to be revoked', async () => {
    for (const configuration of [aDecodedConfiguration({ staleRules: 'report' }), { ...REVOKE, dryRun: true }]) {
      const series = new Series();
      series.ledger.controlEntry = aControlEntry(OVER);
      await series.sweep(1, configuration);
      expect(series.ledger.calls.filter(({ method }) => method === 'putControl')).toHaveLength(1);
      expect(series.ledger.controlEntry).toMatchObject({ pause: aControlEntry(OVER).pause, allowance: { used: 0 } });
    }
  });

  test('at all, where no rules are looked at', async () => {
    const series = new Series();
    series.ledger.controlEntry = aControlEntry(OVER);
    await series.sweep(1, VPN_ONLY);
    expect(series.ledger.calls.map(({ method }) => method)).not.toContain('putControl');
  });
});

describe('a run that nobody scheduled, while revoking is paused,', () => {
  test('of some groups revokes nothing, and leaves it to the next full one to tell of the pause', async () => {
    const series = new Series();
    await series.pause(0, 48);
    const { ledger, network, clock, events } = series;
    const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
    const { result } = await run(REVOKE, network, {
      ledger,
      clock,
      events,
      scope,
      trigger: 'request',
      sweepId: 'run-1',
    });
    expect(result).toMatchObject({ pause: { state: 'holds' }, hold: { reason: 'PAUSED' }, pauseChanges: [] });
    expect(series.keepReasons()).toEqual(['PAUSED', 'PAUSED']);
    expect(series.isWhole).toBe(true);
    expect(series.told()).toEqual([]);
    await series.sweep(1);
    expect(series.told()).toEqual(['BEGUN 2']);
  });

  test('of everything tells of it, and revokes nothing', async () => {
    const series = new Series();
    await series.pause(0, 48);
    const { ledger, network, clock, events } = series;
    await run(REVOKE, network, { ledger, clock, events, trigger: 'request', sweepId: 'run-1' });
    expect(series.isWhole).toBe(true);
    expect(series.told()).toEqual(['BEGUN 2']);
  });
});

test('a pause that begins between the reading and the reservation pauses every rule of the plan', async () => {
  const series = new Series();
  const holding = aControlEntry({ until: at(48) }, { revision: 2 });
  // The first read is that of the sweep. The control item that it decides by has changed when it reserves.
  series.ledger.on('control', { call: 1, after: () => void (series.ledger.controlEntry = holding) });
  const { result, metrics } = await series.sweep(1);
  expect(result?.plan.revoke).toEqual([]);
  expect(result?.hold?.reason).toBe('PAUSED');
  expect(result?.plan.keep.map(({ reason }) => reason).sort()).toEqual(['EGRESS', 'PAUSED', 'PAUSED']);
  expect(series.isWhole).toBe(true);
  expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 0, IngressRulesRevoked: 0 });
  expect(series.ledger.controlEntry?.allowance).toBeUndefined();
});
