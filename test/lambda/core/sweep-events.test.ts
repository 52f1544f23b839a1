/** Tests what a sweep sends: one event per change, only once, and a message that people can read. */
import type { HygieneEvent } from '../../../lambda/core/model/delivery';
import type { VpnConnection } from '../../../lambda/core/model/network';
import { type DecodedConfiguration, type FlaggedIngressRule } from '../../../src/contract/configuration';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { ACCOUNT, aDecodedConfiguration, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { customNotification, type Texts } from '../../support/custom-notification';
import { violations } from '../../support/event-schemas';
import { MemoryGroupHolders } from '../../support/memory-group-holders';
import { type LedgerMethod, MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { aControlEntry } from '../../support/pauses';
import { MemoryClock, MemoryEvents, MemoryMetrics, MemoryNotifications } from '../../support/recorders';
import { type Circumstances, REVOKE, run, sshFlagged, START, type Swept, VPN, VPN_ONLY, vpcs } from '../../support/swept';

/** The runs of an organization tell the others. */
const TOLD_BY_SWEEPS = Object.values(EventType).filter(type => !/^Coverage/.test(type));

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';

/** Sweeps one after the other with the same network and ledger. */
class Series {
  readonly clock = new MemoryClock(START);
  readonly events = new MemoryEvents();
  readonly notifications = new MemoryNotifications();
  readonly groupHolders = new MemoryGroupHolders();
  private count = 0;

  constructor(readonly network: MemoryNetwork, readonly ledger = new MemoryLedger()) {}

  async sweep(configuration = REVOKE, overrides: Pick<Circumstances, 'events' | 'notifications'> = {}, later = 3_600_000): Promise<Swept> {
    this.clock.advance(later);
    this.count += 1;
    const { network, ledger, clock, events, notifications, groupHolders } = this;
    return run({ ...configuration, notificationsTopicArn: TOPIC }, network, {
      ledger,
      clock,
      events,
      notifications,
      groupHolders,
      accountId: ACCOUNT,
      sweepId: `sweep-${this.count}`,
      ...overrides,
    });
  }

  /** Returns what was sent since the last call. */
  sent(): string[] {
    return this.events.sent.splice(0).map(inShort).sort();
  }
}

const inShort = ({ type, detail }: HygieneEvent): string =>
  [type, detail.securityGroupRuleId ?? detail.vpnConnectionId ?? detail.reason].join(' ');

const opened = (...ids: string[]): string[] => ids.map(id => `${EventType.FINDING_OPENED} ${id}`);
const resolved = (...ids: string[]): string[] => ids.map(id => `${EventType.FINDING_RESOLVED} ${id}`);
const revoked = (...ids: string[]): string[] => ids.map(id => `${EventType.INGRESS_RULE_REVOKED} ${id}`);

/** A declaration of SSH from the deleted group to which the stale rules refer. */
function staleToo(): FlaggedIngressRule {
  const [ssh] = sshFlagged().traffic;
  return { ...sshFlagged(), traffic: [{ ...ssh, source: { kind: 'securityGroup', groupId: 'sg-deleted' } }] };
}

function vpn(...statuses: string[]): VpnConnection {
  return { ...VPN, tunnels: statuses.map((status, index) => ({ outsideIpAddress: `192.0.2.${index}`, status })) };
}

describe('findings', () => {
  test('are opened once, however often they are found', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    const report = aDecodedConfiguration({ staleRules: 'report' });
    await series.sweep(report);
    expect(series.sent()).toEqual(opened('sgr-egress-1', 'sgr-stale-1'));
    await series.sweep(report);
    await series.sweep(report);
    expect(series.sent()).toEqual([]);
    expect(series.notifications.published).toHaveLength(1);
  });

  test('that are revoked at once are opened, revoked and resolved, once each', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    await series.sweep();
    expect(series.sent()).toEqual([
      ...opened('sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1'),
      ...resolved('sgr-flagged-1', 'sgr-stale-1'),
      ...revoked('sgr-flagged-1', 'sgr-stale-1'),
    ]);
    await series.sweep();
    expect(series.sent()).toEqual([]);
  });

  test('that heal are resolved once', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    const report = aDecodedConfiguration({ staleRules: 'report' });
    await series.sweep(report);
    series.sent();
    series.network.rules.delete('sgr-stale-1');
    await series.sweep(report);
    await series.sweep(report);
    expect(series.sent()).toEqual(resolved('sgr-stale-1'));
  });

  test('that someone else removes while the sweep is about to revoke them are resolved, and not called revoked', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    series.network.on('securityGroupRules', { call: 2, before: () => void series.network.rules.delete('sgr-stale-1') });
    await series.sweep();
    expect(series.sent().filter(each => each.endsWith('sgr-stale-1'))).toEqual([
      ...opened('sgr-stale-1'),
      ...resolved('sgr-stale-1'),
    ]);
  });

  test('of two sweeps at once are told of once', async () => {
    const series = new Series(new MemoryNetwork(vpcs(2)));
    await Promise.all([series.sweep(REVOKE, {}, 0), series.sweep(REVOKE, {}, 0)]);
    const found = [...IDS, 'sgr-egress-1', 'sgr-egress-2'].sort();
    expect(series.sent()).toEqual([...opened(...found), ...resolved(...IDS), ...revoked(...IDS)]);
  });

  test('of a rule that is kept say why', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    await series.sweep(aDecodedConfiguration({ staleRules: 'report' }));
    const found = series.events.ofType(EventType.FINDING_OPENED);
    const kept = found.map(({ detail: { securityGroupRuleId, keepReason } }) => [securityGroupRuleId, keepReason]);
    expect(kept.sort()).toEqual([['sgr-egress-1', 'EGRESS'], ['sgr-stale-1', 'REPORT_ONLY']]);
  });
});

describe('findings that the configuration no longer looks for', () => {
  const dry = { ...REVOKE, dryRun: true };

  test.each<[name: string, configuration: DecodedConfiguration, ids: string[]]>([
    ['its declaration was removed', { ...dry, flaggedIngressRules: [] }, ['sgr-flagged-1']],
    ['stale rules are ignored', { ...dry, staleRules: 'ignore' }, ['sgr-egress-1', 'sgr-stale-1']],
    ['its VPC is not named', { ...dry, vpcIds: ['vpc-2'] }, ['sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1']],
  ])('are resolved once, and not as healed, because %s', async (_, configuration, ids) => {
    const series = new Series(new MemoryNetwork(vpcs(2)));
    await series.sweep({ ...dry, vpcIds: ['vpc-1'] });
    expect(series.sent()).toEqual(opened('sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1'));
    await series.sweep({ ...configuration, vpcIds: configuration.vpcIds ?? ['vpc-1'] });
    const ofThem = series.events.sent.filter(({ detail }) => ids.includes(String(detail.securityGroupRuleId)));
    expect(ofThem.map(({ type, detail: { resolution } }) => `${type} ${String(resolution)}`))
      .toEqual(ids.map(() => `${EventType.FINDING_RESOLVED} NO_LONGER_LOOKED_FOR`));
    expect(ofThem[0].detail.message).toMatch(
      /^Resolved, because it is there, and the configuration no longer looks for it: /,
    );
    series.sent();
    await series.sweep({ ...configuration, vpcIds: configuration.vpcIds ?? ['vpc-1'] });
    expect(series.sent()).toEqual([]);
    for (const id of ids) {
      const kept = { state: 'HEALED', outcome: { name: 'NO_LONGER_LOOKED_FOR' } };
      expect(series.ledger.entries.get(id)).toMatchObject(kept);
    }
    expect(series.network.rules.size).toBe(8);
  });

  test('are opened anew when it looks for them again', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    await series.sweep(dry);
    await series.sweep({ ...dry, flaggedIngressRules: [] });
    series.sent();
    await series.sweep(dry);
    expect(series.sent()).toEqual(opened('sgr-flagged-1'));
  });

  test('stay open where another check holds them', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    const both = { ...dry, flaggedIngressRules: [staleToo()] };
    await series.sweep(both);
    series.sent();
    await series.sweep({ ...both, flaggedIngressRules: [] });
    expect(series.sent()).toEqual([]);
    const { state, stale, flagged } = series.ledger.entries.get('sgr-stale-1') ?? {};
    expect([state, stale?.reason, flagged]).toEqual(['OPEN', 'DELETED_GROUP', undefined]);
  });
});

const IDS = ['sgr-flagged-1', 'sgr-flagged-2', 'sgr-stale-1', 'sgr-stale-2'];

test('a finding whose wait starts over, or that is modified, is not opened again', async () => {
  const series = new Series(new MemoryNetwork(vpcs(1)));
  const graceful = aDecodedConfiguration({
    staleRules: 'revoke',
    grace: { seconds: 86_400, sightings: 2, maxGapSeconds: 7200 },
  });
  await series.sweep(graceful);
  series.sent();
  await series.sweep(graceful, {}, 10 * 3_600_000);
  expect(series.ledger.entries.get('sgr-stale-1')).toMatchObject({ stale: { sightings: 1 } });
  expect(series.sent()).toEqual([]);
});

test('a rule that was removed by someone else, and could not be recorded, is resolved once, by the sweep that records it', async () => {
  const series = new Series(new MemoryNetwork(vpcs(1)));
  series.network.on('securityGroupRules', { call: 2, before: () => void series.network.rules.delete('sgr-stale-1') });
  series.ledger
    .on('put', { call: 4, naming: 'sgr-stale-1', throws: awsError('InternalServerError') })
    .on('put', { call: 5, naming: 'sgr-stale-1', throws: awsError('InternalServerError') });
  await series.sweep();
  await series.sweep();
  const told = series.sent().filter(each => each.endsWith('sgr-stale-1') && !each.startsWith(EventType.FINDING_OPENED));
  expect(told.filter(each => each.startsWith(EventType.FINDING_RESOLVED))).toHaveLength(1);
});

describe('a revocation that is withheld', () => {
  const limited = { ...REVOKE, maxRevocationsPerSweep: 1 };

  test('is told once, and again when it is about other rules', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    const withheld = (): string[] => series.sent().filter(each => each.startsWith(EventType.REVOCATION_WITHHELD));
    await series.sweep(limited);
    expect(withheld()).toEqual(['Revocation Withheld OVER_LIMIT']);
    await series.sweep(limited);
    expect(withheld()).toEqual([]);
    series.network.rules.set('sgr-more', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-more', groupId: 'sg-1' }));
    await series.sweep(limited);
    expect(withheld()).toEqual(['Revocation Withheld OVER_LIMIT']);
    expect(series.notifications.published).toHaveLength(2);
  });

  test('is told with the rules and the limit', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    await series.sweep(limited);
    expect(series.events.ofType(EventType.REVOCATION_WITHHELD)).toMatchObject([
      {
        detail: {
          reason: 'OVER_LIMIT',
          count: 2,
          maxRevocationsPerSweep: 1,
          message: expect.stringContaining('Withheld 2 revocations, because one sweep may revoke 1'),
          rules: [
            { securityGroupRuleId: 'sgr-stale-1', groupId: 'sg-1' },
            { securityGroupRuleId: 'sgr-flagged-1', groupId: 'sg-1' },
          ],
        },
      },
    ]);
  });

  test('is not told in a dry run', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    await series.sweep({ ...limited, dryRun: true });
    expect(series.sent()).toEqual(opened('sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1'));
  });

  test('without a ledger is reported by every sweep, because nothing remembers it', async () => {
    const failing = (): MemoryLedger =>
      new MemoryLedger()
        .on('unsettled', { throws: awsError('AccessDeniedException') })
        .on('latestSweep', { throws: awsError('AccessDeniedException') });
    const series = new Series(new MemoryNetwork(vpcs(1)), failing());
    const { error } = await series.sweep();
    expect(error).toBeDefined();
    expect(series.sent()).toEqual(['Revocation Withheld LEDGER_UNAVAILABLE']);
    await series.sweep();
    expect(series.sent()).toEqual(['Revocation Withheld LEDGER_UNAVAILABLE']);
  });
});

describe('a VPN connection', () => {
  test('is reported when its state changes, and not by every sweep', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [vpn('UP', 'UP')] }));
    await series.sweep(VPN_ONLY);
    expect(series.sent()).toEqual([]);
    series.network.connections = [vpn('UP', 'DOWN')];
    await series.sweep(VPN_ONLY);
    await series.sweep(VPN_ONLY);
    expect(series.events.sent).toMatchObject([
      {
        type: EventType.VPN_CONNECTION_STATE_CHANGED,
        detail: {
          vpnConnectionId: 'vpn-1',
          status: 'DEGRADED',
          previousStatus: 'UP',
          tunnels: [
            { status: 'UP', previousStatus: 'UP' },
            { status: 'DOWN', previousStatus: 'UP' },
          ],
          message: 'VPN connection vpn-1 is DEGRADED, was UP. Tunnels: 192.0.2.0 UP, 192.0.2.1 DOWN',
        },
      },
    ]);
    expect(series.notifications.published).toMatchObject([
      { topicArn: TOPIC, subject: '1 VPN change in Stack/NetworkHygiene' },
    ]);
  });

  test('is not GONE when VPN connections could not be read', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [vpn('UP', 'UP')] }));
    await series.sweep(VPN_ONLY);
    series.network.on('vpnConnections', { throws: awsError('InternalError') });
    await series.sweep(VPN_ONLY);
    expect(series.sent()).toEqual([]);
  });

  test('does not keep rules from being revoked when the ledger fails for it, nor fail the sweep, but is counted', async () => {
    const ledger = new MemoryLedger().on('vpnConnections', { throws: awsError('InternalServerError') });
    const series = new Series(new MemoryNetwork({ ...vpcs(1), vpnConnections: [vpn('UP', 'UP')] }), ledger);
    const { metrics, error, log } = await series.sweep({ ...REVOKE, vpnConnections: { kind: 'all' } });
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 2, ScanErrors: 1 });
    expect(error).toBeUndefined();
    expect(log.ofEvent('ScanError')).toMatchObject([
      { fields: { doing: 'recording VPN connections in the ledger', error: { code: 'InternalServerError' } } },
    ]);
    expect(ledger.sweep).toMatchObject({ scanErrors: 1, recordedVpnConnections: false });
  });
});

describe('the format of messages', () => {
  const FOR_CHATS = { ...VPN_ONLY, notificationFormat: 'chat' as const };

  test('for chats has the text of the other format, and is recorded for those that read no configuration', async () => {
    const published = [];
    for (const configuration of [VPN_ONLY, FOR_CHATS]) {
      const series = new Series(new MemoryNetwork({ vpnConnections: [vpn('UP', 'UP')] }));
      await series.sweep(configuration);
      expect(series.ledger.sweep).toMatchObject({ notificationsTopicArn: TOPIC });
      expect(series.ledger.sweep?.notificationFormat).toBe(configuration.notificationFormat);
      series.network.connections = [vpn('UP', 'DOWN')];
      const { metrics } = await series.sweep(configuration);
      expect(metrics.aggregates.DeliveriesFailed).toBe(0);
      published.push(...series.notifications.published);
    }
    const [text, chat] = published;
    expect(text).toEqual({ topicArn: TOPIC, subject: text.subject, message: text.message });
    expect([chat.subject, chat.structure]).toEqual([text.subject, 'json']);
    const texts = JSON.parse(chat.message) as Texts;
    expect(texts.default).toBe(text.message);
    expect(customNotification(texts).content.title).toBe('1 VPN change in Stack/NetworkHygiene');
  });
});

describe('a VPN connection that is pending for longer than a day', () => {
  const pending = { ...VPN, state: 'pending', tunnels: [] };
  const DAY_MILLIS = 24 * 3_600_000;

  test('is reported to a person once, without an event', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [pending] }));
    await series.sweep(VPN_ONLY);
    const { log } = await series.sweep(VPN_ONLY, {}, DAY_MILLIS + 1);
    await series.sweep(VPN_ONLY);
    expect(series.sent()).toEqual([]);
    expect(series.notifications.published.map(({ subject }) => subject))
      .toEqual(['1 pending VPN connection in Stack/NetworkHygiene']);
    expect(log.ofEvent('VpnConnectionPending')).toMatchObject([{ level: 'WARN', fields: { vpnConnectionId: 'vpn-1' } }]);
  });

  test('is counted as a failed delivery if it is the only thing to report, and cannot be reported', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [pending] }));
    await series.sweep(VPN_ONLY);
    const notifications = new MemoryNotifications(new Error('no such topic'));
    const { metrics, error } = await series.sweep(VPN_ONLY, { notifications }, DAY_MILLIS + 1);
    expect(error).toBeUndefined();
    expect(metrics.aggregates.DeliveriesFailed).toBe(1);
  });

  test('is not reported while the ledger cannot be read', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [pending] }));
    await series.sweep(VPN_ONLY);
    series.ledger.on('vpnConnections', { call: 2, throws: awsError('InternalServerError') });
    await series.sweep(VPN_ONLY, {}, DAY_MILLIS + 1);
    expect(series.notifications.published).toEqual([]);
    await series.sweep(VPN_ONLY);
    expect(series.notifications.published).toHaveLength(1);
  });
});

describe('a tunnel that flaps', () => {
  const changed = (lastStatusChange: string): VpnConnection => ({
    ...VPN, tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP', lastStatusChange: new Date(lastStatusChange) }],
  });

  test('is counted by the sweep that finds it, and not by a sweep that cannot read the ledger', async () => {
    const series = new Series(new MemoryNetwork({ vpnConnections: [changed('2025-12-31T00:00:00Z')] }));
    const flaps = async (): Promise<number | undefined> =>
      (await series.sweep(VPN_ONLY)).metrics.aggregates.TunnelFlaps;
    expect(await flaps()).toBe(0);
    series.network.connections = [changed('2025-12-31T12:00:00Z')];
    series.ledger.on('vpnConnections', { call: 2, throws: awsError('InternalServerError') });
    expect(await flaps()).toBeUndefined();
    expect(await flaps()).toBe(1);
    expect(await flaps()).toBe(0);
    expect(series.sent()).toEqual([]);
  });

  test('is counted even if the ledger fails for other connections', async () => {
    const other = { ...VPN, vpnConnectionId: 'vpn-2' };
    const series = new Series(new MemoryNetwork({ vpnConnections: [changed('2025-12-31T00:00:00Z'), other] }));
    await series.sweep(VPN_ONLY);
    series.network.connections = [changed('2025-12-31T12:00:00Z'), { ...other, tunnels: [] }];
    series.ledger.on('putVpnConnection', { naming: 'vpn-2', throws: awsError('InternalServerError') });
    expect((await series.sweep(VPN_ONLY)).metrics.aggregates).toMatchObject({ TunnelFlaps: 1, ScanErrors: 2 });
  });
});

describe('a record that no revocation depends on, and that the ledger refuses,', () => {
  test.each<[name: string, method: LedgerMethod, what: string]>([
    ['how VPN connections were', 'vpnConnections', 'VPN connections'],
    ['how VPN connections are', 'putVpnConnection', 'VPN connections'],
    ['how the sweep before went', 'latestSweep', 'the sweep'],
    ['how the sweep went', 'putLatestSweep', 'the sweep'],
  ])('fails no sweep that has revoked all it was to, but is counted and logged: %s', async (_, method, what) => {
    const ledger = new MemoryLedger().on(method, { throws: awsError('InternalServerError') });
    const series = new Series(new MemoryNetwork({ ...vpcs(1), vpnConnections: [vpn('UP', 'UP')] }), ledger);
    const { metrics, error, log } = await series.sweep({ ...REVOKE, vpnConnections: { kind: 'all' } });
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 2, ScanErrors: 1, Sweeps: 1 });
    expect(log.ofEvent('ScanError').map(({ fields }) => fields.doing)).toEqual([`recording ${what} in the ledger`]);
    expect(error).toBeUndefined();
  });
});

describe('what cannot be delivered', () => {
  test('is counted, logged, and fails neither the sweep nor what it does', async () => {
    const series = new Series(new MemoryNetwork(vpcs(1)));
    const events = new MemoryEvents(({ type }) => type === EventType.INGRESS_RULE_REVOKED);
    const { metrics, log, error } = await series.sweep(REVOKE, { events });
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject({ DeliveriesFailed: 2, IngressRulesRevoked: 2 });
    expect(
      log
        .ofEvent('DeliveryFailed')
        .map(({ level, fields }) => [level, fields.detailType, fields.securityGroupRuleId])
        .sort(),
    ).toEqual([
      ['ERROR', 'Ingress Rule Revoked', 'sgr-flagged-1'],
      ['ERROR', 'Ingress Rule Revoked', 'sgr-stale-1'],
    ]);
    expect(events.sent).toHaveLength(5);
  });

  test('counts a notification, too', async () => {
    const notifications = new MemoryNotifications(awsError('AuthorizationErrorException'));
    const configuration = { ...REVOKE, notificationsTopicArn: TOPIC };
    const { metrics, log, error } = await run(configuration, new MemoryNetwork(vpcs(1)), { notifications });
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject({ DeliveriesFailed: 1, IngressRulesRevoked: 2 });
    expect(log.ofEvent('DeliveryFailed')).toMatchObject([{ level: 'ERROR', fields: { topicArn: TOPIC } }]);
  });

  test('counts a message for chats that is refused once', async () => {
    const notifications = new MemoryNotifications(awsError('AuthorizationErrorException'));
    const configuration = { ...REVOKE, notificationsTopicArn: TOPIC, notificationFormat: 'chat' as const };
    const { metrics } = await run(configuration, new MemoryNetwork(vpcs(1)), { notifications });
    expect(metrics.aggregates.DeliveriesFailed).toBe(1);
  });

  test('is 0 when all was delivered, and nothing is published where there is no topic', async () => {
    const { metrics, notifications, events } = await run(REVOKE, new MemoryNetwork(vpcs(1)));
    expect(metrics.aggregates.DeliveriesFailed).toBe(0);
    expect(notifications.published).toEqual([]);
    expect(events.sent.every(({ eventBus }) => eventBus === 'default')).toBe(true);
  });
});

describe('metrics', () => {
  test('are published before anything is told, and how much could not be delivered after it', async () => {
    const order: string[] = [];
    const metrics = new MemoryMetrics();
    const publish = metrics.publish.bind(metrics);
    metrics.publish = async (...call) => {
      order.push(call[1].some(({ name }) => name === 'Sweeps') ? 'metrics' : call[1].map(({ name }) => name).join());
      return publish(...call);
    };
    const events = new MemoryEvents();
    events.send = async (_, all) => {
      order.push('events');
      return all.map(event => ({ event, code: 'InternalFailure', message: 'try again' }));
    };
    await run(REVOKE, new MemoryNetwork(vpcs(1)), { metrics, events });
    expect(order).toEqual(['metrics', 'events', 'DeliveriesFailed']);
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 2, DeliveriesFailed: 7 });
    order.length = 0;
    await run(VPN_ONLY, new MemoryNetwork(), { metrics, events });
    expect(order).toEqual(['metrics']);
    expect(metrics.published.at(-1)?.data.filter(({ name }) => name === 'DeliveriesFailed')).toMatchObject([
      { value: 0 },
    ]);
  });

  test('that cannot be published keep nothing from being told, but fail the sweep', async () => {
    const { events, error } = await run(REVOKE, new MemoryNetwork(vpcs(1)), {
      metrics: new MemoryMetrics(awsError('AccessDenied')),
    });
    expect(events.sent).toHaveLength(7);
    expect(error).toMatchObject({ message: expect.stringContaining('Publishing the metrics') });
  });

  test.each([
    ['with something to tell', aDecodedConfiguration({ staleRules: 'report' }), 2],
    ['with nothing to tell', VPN_ONLY, 1],
  ])('of a sweep %s lose what is refused alone, and that is named and counted', async (_, configuration, calls) => {
    const metrics = new MemoryMetrics(undefined, ({ name }) => name === 'ScanErrors' || name === 'SweepDuration');
    const { error, log, deliveriesFailed } = await run(configuration, new MemoryNetwork(vpcs(1)), { metrics });
    expect(error).toBeUndefined();
    expect(metrics.published).toHaveLength(calls);
    const published = metrics.published.flatMap(({ data }) => data.map(({ name }) => name));
    expect(published[0]).toBe('Sweeps');
    expect(published).not.toEqual(expect.arrayContaining(['ScanErrors']));
    expect(published.filter(name => name === 'DeliveriesFailed')).toHaveLength(1);
    expect([metrics.aggregates.DeliveriesFailed, deliveriesFailed]).toEqual([2, 2]);
    const refusal = { code: 'InvalidParameterValueException', message: 'no such datum' };
    const dimensions = { Hygiene: 'Stack/NetworkHygiene' };
    expect(log.ofEvent('DeliveryFailed')).toEqual(['ScanErrors', 'SweepDuration'].map(metricName => ({
      level: 'ERROR',
      message: `A datum of the metric ${metricName} was not published: InvalidParameterValueException: no such datum`,
      fields: { event: 'DeliveryFailed', sweepId: 'sweep-1', metricName, dimensions, value: '0', error: refusal },
    })));
  });

  test('that are refused count beside events that are not delivered', async () => {
    const metrics = new MemoryMetrics(undefined, ({ name }) => name === 'SweepDuration');
    const events = new MemoryEvents(({ type }) => type === EventType.INGRESS_RULE_REVOKED);
    const { log } = await run(REVOKE, new MemoryNetwork(vpcs(1)), { metrics, events });
    expect(metrics.aggregates.DeliveriesFailed).toBe(3);
    expect(log.ofEvent('DeliveryFailed')).toHaveLength(3);
  });

  test('that are refused in great number are named a hundred times, and counted', async () => {
    const metrics = new MemoryMetrics(undefined, ({ dimensions }) => 'VpnConnectionId' in dimensions);
    const tunnels = [{ outsideIpAddress: '192.0.2.1', status: 'DOWN', acceptedRouteCount: 0 }];
    const ids = Array.from({ length: 50 }, (_, index) => `vpn-${index}`);
    const vpnConnections = ids.map(vpnConnectionId => ({ ...VPN, vpnConnectionId, staticRoutesOnly: false, tunnels }));
    const configuration = { ...VPN_ONLY, resourceMetrics: true, vpnConnections: { kind: 'withIds', ids } } as const;
    const { log } = await run(configuration, new MemoryNetwork({ vpnConnections }), { metrics });
    expect(log.ofEvent('DeliveryFailed')).toHaveLength(100);
    expect(metrics.aggregates).toMatchObject({ Sweeps: 1, DeliveriesFailed: 200 });
  });

  test('that are refused are named with their value as text, because JSON has no NaN', async () => {
    const metrics = new MemoryMetrics(undefined, ({ value }) => Number.isNaN(value));
    const tunnels = [{ outsideIpAddress: '192.0.2.1', status: 'UP', acceptedRouteCount: NaN }];
    const { log } = await run(VPN_ONLY, new MemoryNetwork({ vpnConnections: [{ ...VPN, tunnels }] }), { metrics });
    expect(log.ofEvent('DeliveryFailed').map(({ fields }) => [fields.metricName, fields.value]))
      .toEqual([['AcceptedRoutes', 'NaN']]);
  });

  test('that are all refused keep nothing from being told, but fail the sweep', async () => {
    const metrics = new MemoryMetrics(undefined, () => true);
    const { events, error } = await run(REVOKE, new MemoryNetwork(vpcs(1)), { metrics });
    expect(events.sent).toHaveLength(7);
    const message = expect.stringContaining('failed with InvalidParameterValueException: no such datum');
    expect(error).toMatchObject({ message });
  });

  test('are published though what changed cannot be put into words', async () => {
    const ledger = new MemoryLedger();
    await run(aDecodedConfiguration({ staleRules: 'report' }), new MemoryNetwork(vpcs(1)), { ledger });
    const broken = ledger.entries.get('sgr-stale-1');
    if (broken) ledger.entries.set('sgr-stale-1', { ...broken, rule: { ...broken.rule, ipProtocol: undefined as never } });
    const { metrics, log, error } = await run(aDecodedConfiguration({ staleRules: 'report' }), new MemoryNetwork(), {
      ledger,
    });
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject({ Sweeps: 1, DeliveriesFailed: 1 });
    expect(log.ofEvent('DeliveryFailed')).toHaveLength(1);
  });

  test('do not wait twice for a ledger that does not answer', async () => {
    const timeout = awsError('TimeoutError');
    const ledger = new MemoryLedger().on('unsettled', { throws: timeout });
    const world = { ...vpcs(1), vpnConnections: [VPN] };
    const { metrics } = await run(
      aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } }),
      new MemoryNetwork(world),
      { ledger },
    );
    // The sweep always tries to record that it could not see everything, so that readers of the ledger do not mistake
    // the last record for this one.
    expect(ledger.calls.map(({ method }) => method)).toEqual(['control', 'unsettled', 'latestSweep', 'putLatestSweep']);
    expect(ledger.sweep).toMatchObject({ scanErrors: 2, recordedVpnConnections: false });
    expect(metrics.aggregates).toMatchObject({ ScanErrors: 2, Sweeps: 1 });
  });
});

test('every event is as its schema says, whatever there is to tell', async () => {
  const world = vpcs(2);
  const series = new Series(new MemoryNetwork({
    ...world, vpcs: [...world.vpcs, { vpcId: 'vpc-owned', ownerId: ACCOUNT }], vpnConnections: [vpn('UP', 'DOWN')],
  }));
  series.network.groups.set('sg-1', aGroup({ groupId: 'sg-1', tags: { 'aws:cloudformation:stack-name': 'shop' } }));
  const all = { ...REVOKE, vpnConnections: { kind: 'all' as const } };
  await series.sweep({ ...all, maxRevocationsPerSweep: 1 });
  await series.sweep({ ...all, allowRestore: true });
  series.network.rules.delete('sgr-egress-1');
  series.network.rules.set('sgr-exempt', aRuleFromAnywhere({
    securityGroupRuleId: 'sgr-exempt', groupId: 'sg-2', tags: { 'network-hygiene:exempt-until': START.toISOString().slice(0, 10) },
  }));
  series.network.connections = [];
  series.ledger.controlEntry = aControlEntry({ until: START.toISOString() });
  series.network.groups.set('sg-unused', aGroup({ groupId: 'sg-unused', ownerId: ACCOUNT, vpcId: 'vpc-owned' }));
  const unusedSecurityGroups = { afterSeconds: 0, sightings: 1 };
  await series.sweep({ ...all, unusedSecurityGroups, flaggedIngressRules: [{ ...sshFlagged(), reason: 'use Session Manager' }] });
  series.groupHolders.heldIds.set('networkInterfaces', ['sg-unused']);
  await series.sweep({ ...all, unusedSecurityGroups });
  series.network.rules.set('sgr-last', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-last', groupId: 'sg-2' }));
  const waiting = {
    ...all, flaggedIngressRules: [sshFlagged()], finalNoticeSeconds: 604_800, approval: { validSeconds: 604_800 },
  };
  await series.sweep(waiting);
  series.network.rules.delete('sgr-last');
  await series.sweep(waiting);
  const events = series.events.sent.map(({ type, detail }) => ({
    'source': 'cdk-network-hygiene',
    'detail-type': type,
    'detail': JSON.parse(JSON.stringify(detail)) as unknown,
  }));
  expect(events.flatMap(violations)).toEqual([]);
  expect(new Set(events.map(event => event['detail-type']))).toEqual(new Set(TOLD_BY_SWEEPS));
  expect(violations({ ...events[0], detail: {} })).not.toEqual([]);
});
