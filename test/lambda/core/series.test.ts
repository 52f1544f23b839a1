/** Tests which series per resource sweeps publish, and what the ledger holds of them. */
import type { MetricDatum } from '../../../lambda/core/model/delivery';
import type { SeriesEntry } from '../../../lambda/core/model/ledger';
import type { VpnConnection } from '../../../lambda/core/model/network';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aVpnConnection } from '../../support/builders';
import { iso } from '../../support/ledger-builders';
import { MemoryLedger, type LedgerMethod } from '../../support/memory-ledger';
import { MemoryNetwork, type World } from '../../support/memory-network';
import { MemoryClock, MemoryMetrics } from '../../support/recorders';
import { START, type Swept, run, vpcs } from '../../support/swept';

const ALL = aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' }, resourceMetrics: true });

const WRONG = vpcs(1);
const RIGHT: World = { vpcs: [{ vpcId: 'vpc-1' }] };

const SAID = [
  'RulesKept=1 EGRESS', 'RulesKept=1 REPORT_ONLY', 'StaleEgressRules=1 vpc-1', 'StaleIngressRules=1 vpc-1',
  'StaleSecurityGroups=1 vpc-1',
];
const ENDED = SAID.map(text => text.replace('=1', '=0'));
const IDS = [
  'RulesKept?KeepReason=REPORT_ONLY', 'RulesKept?KeepReason=EGRESS', 'StaleIngressRules?VpcId=vpc-1',
  'StaleEgressRules?VpcId=vpc-1', 'StaleSecurityGroups?VpcId=vpc-1',
];

/** Returns the series per resource that a sweep published, as texts such as `TunnelsDown=1 vpn-1`. */
function published({ metrics }: Pick<Swept, 'metrics'>): string[] {
  const data = metrics.published.flatMap((each): readonly MetricDatum[] => each.data);
  return data.flatMap(({ name, value, dimensions: { Hygiene: _, ...own } }) =>
    Object.keys(own).length === 0 ? [] : [[`${name}=${value}`, ...Object.values(own)].join(' ')]).sort();
}

class Scene {
  readonly ledger = new MemoryLedger();
  private minute = 0;
  private before = 0;

  /** Sweeps an hour later, unless a test gives another number of minutes. */
  async sweep(
    world: World, configuration: DecodedConfiguration = ALL,
    { minutes = 60, metrics = new MemoryMetrics(), network = new MemoryNetwork(world) } = {},
  ): Promise<Swept> {
    this.minute += minutes;
    this.before = this.ledger.calls.length;
    const clock = new MemoryClock(new Date(START.getTime() + this.minute * 60_000));
    return run(configuration, network, { ledger: this.ledger, clock, metrics, sweepId: `sweep-${this.minute}` });
  }

  /** The calls of the ledger about series in the latest sweep. */
  get calls(): LedgerMethod[] {
    return this.ledger.calls.slice(this.before).map(({ method }) => method).filter(method => /series/i.test(method));
  }

  get live(): SeriesEntry['live'] | undefined {
    return this.ledger.seriesEntry?.live;
  }
}

describe('an account in which nothing is wrong', () => {
  test('has no series per resource, and the ledger is read once and never written for them', async () => {
    const scene = new Scene();
    for (let hour = 0; hour < 3; hour++) {
      const swept = await scene.sweep({ ...RIGHT, vpnConnections: [aVpnConnection()] });
      expect(published(swept)).toEqual([]);
      expect(scene.calls).toEqual(['series']);
    }
    expect(scene.ledger.seriesEntry).toBeUndefined();
  });
});

describe('what is wrong', () => {
  test('is recorded before it is published, and published by each sweep that finds it', async () => {
    const scene = new Scene();
    const metrics = new MemoryMetrics();
    scene.ledger.on('putSeries', { call: 1, before: () => expect(metrics.published).toEqual([]) });
    const swept = await scene.sweep(WRONG, ALL, { metrics });
    expect(published(swept)).toEqual(SAID);
    expect(scene.live).toEqual({ [iso(60)]: IDS });
    expect(published(await scene.sweep(WRONG))).toEqual(SAID);
    expect(scene.live).toEqual({ [iso(120)]: IDS });
  });

  test('ends once it is right: its end is published once, and the ledger drops it', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    expect(published(await scene.sweep(RIGHT))).toEqual(ENDED);
    expect(scene.calls).toEqual(['series', 'putSeries']);
    expect(scene.live).toEqual({});
    expect(published(await scene.sweep(RIGHT))).toEqual([]);
    expect(scene.calls).toEqual(['series']);
  });

  test('ends with the resource, and with the check', async () => {
    for (const [world, configuration] of [
      [{}, ALL],
      [WRONG, { ...ALL, resourceMetrics: false }],
      [WRONG, { ...ALL, staleRules: 'ignore' }],
    ] as const) {
      const scene = new Scene();
      await scene.sweep(WRONG);
      expect(published(await scene.sweep(world, configuration))).toEqual(ENDED);
      expect(published(await scene.sweep(world, configuration))).toEqual([]);
      expect(scene.live).toEqual({});
    }
  });

  test('does not end because nobody could look', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    for (const method of ['vpcs', 'staleSecurityGroups'] as const) {
      const network = new MemoryNetwork(WRONG).on(method, { throws: awsError('UnauthorizedOperation') });
      expect(published(await scene.sweep(WRONG, ALL, { network }))).toEqual([]);
      expect(Object.values(scene.live ?? {}).flat().sort()).toEqual([...IDS].sort());
    }
    expect(published(await scene.sweep(RIGHT))).toEqual(ENDED);
  });

  test('does not end because its end was refused, or not published', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    const metrics = new MemoryMetrics(undefined, ({ name }) => name === 'StaleIngressRules');
    await scene.sweep(RIGHT, ALL, { metrics });
    expect(Object.values(scene.live ?? {}).flat()).toEqual(['StaleIngressRules?VpcId=vpc-1']);
    await scene.sweep(RIGHT, ALL, { metrics: new MemoryMetrics(awsError('InternalFailure')) });
    expect(published(await scene.sweep(RIGHT))).toEqual(['StaleIngressRules=0 vpc-1']);
    expect(scene.live).toEqual({});
  });

  test('ends once more if another sweep may still have published it, and no more often', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    expect(published(await scene.sweep(RIGHT, ALL, { minutes: 15 }))).toEqual(ENDED);
    expect(scene.live).toEqual({ [iso(60)]: IDS });
    expect(published(await scene.sweep(RIGHT, ALL, { minutes: 1 }))).toEqual(ENDED);
    expect(scene.live).toEqual({});
  });

  test('ends again if the ledger could not drop it, which is logged and fails nothing', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    scene.ledger.on('putSeries', { call: 2, throws: awsError('InternalServerError') });
    const { error, log } = await scene.sweep(RIGHT);
    expect(error).toBeUndefined();
    expect(log.ofEvent('Ledger')).toMatchObject([{ level: 'WARN', fields: { error: { code: 'InternalServerError' } } }]);
    expect(published(await scene.sweep(RIGHT))).toEqual(ENDED);
  });
});

describe('a connection that withIds names', () => {
  const named = aDecodedConfiguration({ vpnConnections: { kind: 'withIds', ids: ['vpn-1'] }, resourceMetrics: true });
  const down = (overrides: Partial<VpnConnection> = {}): VpnConnection => aVpnConnection({
    tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'DOWN', acceptedRouteCount: 5 }], ...overrides,
  });

  test('has its tunnels up in each publication, without a record', async () => {
    const scene = new Scene();
    expect(published(await scene.sweep({ vpnConnections: [aVpnConnection()] }, named))).toEqual(['TunnelsUp=2 vpn-1']);
    expect(scene.ledger.seriesEntry).toBeUndefined();
    expect(published(await scene.sweep({ vpnConnections: [down()] }, named)))
      .toEqual(['TunnelsDown=1 vpn-1', 'TunnelsUp=0 vpn-1']);
    expect(published(await scene.sweep({}, named))).toEqual(['TunnelsDown=0 vpn-1', 'TunnelsUp=0 vpn-1']);
    expect(published(await scene.sweep({ vpnConnections: [aVpnConnection()] }, named))).toEqual(['TunnelsUp=2 vpn-1']);
  });

  test('has them although the ledger fails', async () => {
    const scene = new Scene();
    for (const method of ['series', 'latestSweep'] as const) scene.ledger.on(method, { throws: awsError('InternalServerError') });
    const swept = await scene.sweep({ vpnConnections: [down()] }, named);
    expect(published(swept)).toEqual(['TunnelsUp=0 vpn-1']);
    expect(swept.metrics.aggregates).toMatchObject({ TunnelsDown: 1, ScanErrors: 2 });
  });
});

describe('if the item of the series fails,', () => {
  const failing = (method: LedgerMethod): Scene => {
    const scene = new Scene();
    scene.ledger.on(method, { call: 1, throws: awsError('InternalServerError') });
    return scene;
  };

  test.each(['series', 'putSeries'] as const)('what is wrong is published and named in the record of the sweep: %s', async method => {
    const scene = failing(method);
    const swept = await scene.sweep(WRONG);
    expect(published(swept)).toEqual(SAID);
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1, StaleIngressRules: 1 });
    expect(swept.log.ofEvent('ScanError').map(({ message }) => message)).toEqual([
      expect.stringContaining('recording series of metrics in the ledger'),
    ]);
    expect(scene.ledger.sweep).toMatchObject({ scanErrors: 1, unrecordedSeries: IDS });
  });

  test('the next sweep adopts it: it ends, once no other sweep can publish it', async () => {
    const scene = failing('series');
    await scene.sweep(WRONG);
    expect(published(await scene.sweep(RIGHT))).toEqual(ENDED);
    expect(scene.ledger.sweep).not.toHaveProperty('unrecordedSeries', expect.anything());
    expect(published(await scene.sweep(RIGHT))).toEqual(ENDED);
    expect(published(await scene.sweep(RIGHT))).toEqual([]);
    expect(scene.live).toEqual({});
  });

  test('and the record of the sweep, too, only what the ledger holds is published, and the totals', async () => {
    const scene = new Scene();
    scene.ledger.on('series', { throws: awsError('InternalServerError') });
    scene.ledger.on('putLatestSweep', { throws: awsError('InternalServerError') });
    const swept = await scene.sweep(WRONG);
    expect(published(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ StaleIngressRules: 1, RulesKept: 2, ScanErrors: 2 });
  });

  test('what it held already is published all the same', async () => {
    const scene = new Scene();
    await scene.sweep(WRONG);
    scene.ledger.on('putSeries', { throws: awsError('InternalServerError') });
    scene.ledger.on('putLatestSweep', { throws: awsError('InternalServerError') });
    expect(published(await scene.sweep(WRONG))).toEqual(SAID);
  });
});

test('the item never outgrows DynamoDB: series without room are not published, and are an error', async () => {
  const scene = new Scene();
  const ids = Array.from({ length: 5300 }, (_, index) => `vpc-${String(index).padStart(17, '0')}`);
  const full = ids.map(vpcId => `StaleIngressRules?VpcId=${vpcId}`);
  scene.ledger.seriesEntry = { revision: 1, writtenBy: 'sweep-0', live: { [iso(0)]: full } };
  const swept = await scene.sweep(WRONG);
  expect(published(swept).filter(text => SAID.includes(text))).toEqual([]);
  expect(swept.metrics.aggregates).toMatchObject({ StaleIngressRules: 1, ScanErrors: 1 });
  expect(swept.log.ofEvent('ScanError')).toMatchObject([{ fields: { error: { code: 'TooManySeries' } } }]);
  expect(JSON.stringify(scene.ledger.seriesEntry).length).toBeLessThan(400_000);
  // The others have ended, so there is room again.
  expect(published(await scene.sweep(WRONG))).toEqual(SAID);
});

test('a run over some groups neither reads nor publishes series', async () => {
  const ledger = new MemoryLedger();
  const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
  const swept = await run(ALL, new MemoryNetwork(WRONG), { ledger, scope, trigger: 'request' });
  expect(published(swept)).toEqual([]);
  expect(ledger.calls.filter(({ method }) => /series/i.test(method))).toEqual([]);
});
