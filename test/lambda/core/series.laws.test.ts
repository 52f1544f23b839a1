/**
 * Tests what CloudWatch has of series per resource, for any history of sweeps over a network whose parts go wrong and
 * heal: sweeps that are killed at any call, that run at once, whose ledger or metrics fail, and that cannot look.
 */
import * as fc from 'fast-check';
import type { MetricDatum, RefusedDatum } from '../../../lambda/core/model/delivery';
import type { Metrics } from '../../../lambda/core/ports';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import {
  ACCOUNT, aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere, aVpnConnection,
} from '../../support/builders';
import { after } from '../../support/ledger-builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryMetrics } from '../../support/recorders';
import { run } from '../../support/swept';

// ---- the network, and which series it makes say something

interface NetworkState {
  /** The number of flagged rules of each VPC. Absent: the VPC does not exist. */
  readonly vpcs: ReadonlyArray<number | undefined>;
  /** The accepted routes of the tunnels of each VPN connection. Absent: the tunnel is down, or no connection exists. */
  readonly connections: ReadonlyArray<ReadonlyArray<number | undefined> | undefined>;
}

const HEALTHY = [5, 5] as const;

const states: fc.Arbitrary<NetworkState> = fc.record({
  vpcs: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, undefined)),
    { minLength: 2, maxLength: 2 }),
  connections: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(HEALTHY) }, fc.constant(undefined),
      fc.tuple(fc.constantFrom(0, 5, undefined), fc.constantFrom(0, 5, undefined)),
    ), { minLength: 2, maxLength: 2 },
  ),
});

const address = (tunnel: number): string => `192.0.2.${tunnel + 1}`;

function networkOf({ vpcs, connections }: NetworkState): MemoryNetwork {
  const there = vpcs.flatMap((count, index) => count === undefined ? [] : [[`vpc-${index}`, count] as const]);
  return new MemoryNetwork({
    vpcs: there.map(([vpcId]) => ({ vpcId })),
    groups: there.map(([vpcId]) => aGroup({ groupId: `sg-${vpcId}`, vpcId, ownerId: ACCOUNT })),
    rules: there.flatMap(([vpcId, count]) => Array.from({ length: count }, (_, rule) =>
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-${vpcId}-${rule}`, groupId: `sg-${vpcId}` }))),
    vpnConnections: connections.flatMap((tunnels, index) => tunnels === undefined ? [] : [aVpnConnection({
      vpnConnectionId: `vpn-${index}`,
      tunnels: tunnels.map((routes, tunnel) => ({
        outsideIpAddress: address(tunnel), status: routes === undefined ? 'DOWN' : 'UP', acceptedRouteCount: routes ?? 0,
      })),
    })]),
  });
}

/** An oracle: the series per resource with what they would say, by their ids, and which of them say something. */
function seriesIn({ vpcs, connections }: NetworkState): { values: Map<string, number>; saying: Set<string> } {
  const values = new Map<string, number>();
  const saying = new Set<string>();
  const add = (id: string, value: number, says: boolean): void => {
    values.set(id, value);
    if (says) saying.add(id);
  };
  vpcs.forEach((count, index) => {
    if (count !== undefined) add(`FlaggedIngressRules VpcId=vpc-${index}`, count, count > 0);
  });
  const flagged = vpcs.reduce<number>((sum, count = 0) => sum + count, 0);
  add('RulesKept KeepReason=REPORT_ONLY', flagged, flagged > 0);
  connections.forEach((tunnels, index) => {
    if (tunnels === undefined) return;
    const id = `VpnConnectionId=vpn-${index}`;
    const routes = tunnels.map((each = 0) => each);
    const down = tunnels.filter(each => each === undefined).length;
    add(`TunnelsDown ${id}`, down, down > 0);
    add(`AcceptedRoutes ${id}`, routes[0] + routes[1], routes[0] + routes[1] === 0);
    routes.forEach((each, tunnel) =>
      add(`AcceptedRoutes ${id} TunnelOutsideIpAddress=${address(tunnel)}`, each, each === 0));
  });
  return { values, saying };
}

/** Returns a text for a datum such as `TunnelsDown VpnConnectionId=vpn-1`, or only its name for a total. */
function idOf({ name, dimensions: { Hygiene: _, ...dimensions } }: MetricDatum): string {
  return [name, ...Object.entries(dimensions).map(([key, value]) => `${key}=${value}`)].join(' ');
}

// ---- CloudWatch

interface Cloud {
  /** The latest value of each series. */
  readonly latest: Map<string, number>;
  /** The publications that CloudWatch accepted at least in part. */
  readonly publications: ReadonlyArray<ReadonlySet<string>>;
}

type Publishing = 'works' | 'fails' | 'fails after its effect' | 'refuses series';

class CloudMetrics extends MemoryMetrics implements Metrics {
  constructor(
    private readonly cloud: Cloud & { publications: Array<ReadonlySet<string>> }, private readonly how: Publishing,
  ) {
    super();
  }

  async publish(
    _: string, data: readonly MetricDatum[], __: Date, closing?: (refused: number) => MetricDatum,
  ): Promise<RefusedDatum[]> {
    await Promise.resolve();
    if (this.how === 'fails') throw awsError('InternalFailure');
    const refused = data.filter(({ dimensions }) => this.how === 'refuses series' && Object.keys(dimensions).length > 1);
    const taken = data.filter(datum => !refused.includes(datum));
    for (const datum of taken) this.cloud.latest.set(idOf(datum), datum.value);
    this.cloud.publications.push(new Set([...taken, ...closing ? [closing(refused.length)] : []].map(idOf)));
    if (this.how === 'fails after its effect') throw awsError('InternalFailure');
    return refused.map(datum => ({ datum, code: 'ValidationError', message: 'no' }));
  }
}

// ---- sweeps

interface Sweep {
  readonly network: NetworkState;
  /** The minutes since the sweep before. */
  readonly minutes: number;
  readonly resourceMetrics: boolean;
  readonly looks: 'everywhere' | 'not at VPCs' | 'not at VPN connections';
  readonly publishing: Publishing;
  /** The calls of the ledger that fail. */
  readonly ledgerFails: ReadonlyArray<'series' | 'putSeries' | 'putLatestSweep' | 'putVpnConnection'>;
  /** The call of the ledger about series, or of metrics, at which the sweep dies. Absent: it lives. */
  readonly diesAt?: { readonly call: number; readonly isAfterEffect: boolean };
  /** Whether the next sweep starts at the same time. */
  readonly isDoubled: boolean;
}

const GOOD = { looks: 'everywhere', publishing: 'works', ledgerFails: [], diesAt: undefined, isDoubled: false } as const;

const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const sweeps: fc.Arbitrary<Sweep> = fc.record({
  network: states,
  minutes: fc.constantFrom(1, 5, 20, 60),
  resourceMetrics: mostly(true, false),
  looks: mostly<Sweep['looks']>('everywhere', 'not at VPCs', 'not at VPN connections'),
  publishing: mostly<Publishing>('works', 'fails', 'fails after its effect', 'refuses series'),
  ledgerFails: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    fc.subarray<Sweep['ledgerFails'][number]>(['series', 'putSeries', 'putLatestSweep', 'putVpnConnection']),
  ),
  diesAt: fc.option(
    fc.record({ call: fc.integer({ min: 1, max: 6 }), isAfterEffect: fc.boolean() }), { freq: 3, nil: undefined },
  ),
  isDoubled: mostly(false, true),
});

/** The calls around which a sweep may die, or wait for the other one. */
const AROUND: readonly PropertyKey[] = ['series', 'putSeries', 'latestSweep', 'putLatestSweep', 'publish'];

interface Hooks {
  readonly turn: () => Promise<unknown>;
  readonly die: (isAfterEffect: boolean) => boolean;
  readonly died: () => void;
}

/** Makes each of these calls wait for its turn. At one of them, it never returns. */
function around<T extends object>(port: T, hooks: Hooks): T {
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const isWatched = AROUND.includes(key);
        const never = (): Promise<never> => {
          hooks.died();
          return new Promise(() => undefined);
        };
        if (isWatched) await hooks.turn();
        if (isWatched && hooks.die(false)) return never();
        const answer = await (member as (...all: unknown[]) => Promise<unknown>).apply(target, args);
        return isWatched && hooks.die(true) ? never() : answer;
      };
    },
  });
}

const IDS = ['vpn-0', 'vpn-1'];

function configurationOf({ resourceMetrics }: Sweep, kind: 'all' | 'withIds'): DecodedConfiguration {
  const report = aFlaggedIngressRule({ action: { kind: 'report' } });
  return aDecodedConfiguration({
    flaggedIngressRules: [report], vpnConnections: kind === 'all' ? { kind } : { kind, ids: IDS }, resourceMetrics,
  });
}

class History {
  readonly ledger = new MemoryLedger();
  readonly cloud = { latest: new Map<string, number>(), publications: [] as Array<ReadonlySet<string>> };
  /** Every series that said something in a network that a sweep looked at. */
  readonly said = new Set<string>();
  private minute = 0;
  private count = 0;

  constructor(private readonly kind: 'all' | 'withIds', private readonly scheduler: fc.Scheduler) {}

  async play(sweepsToRun: readonly Sweep[]): Promise<void> {
    for (let index = 0; index < sweepsToRun.length; index++) {
      const sweep = sweepsToRun[index];
      this.minute += sweep.minutes;
      const others = sweep.isDoubled && index + 1 < sweepsToRun.length ? [sweepsToRun[index += 1]] : [];
      const running = [sweep, ...others].map(each => this.sweep(each));
      await this.scheduler.waitFor(Promise.all(running));
    }
  }

  private async sweep(sweep: Sweep): Promise<void> {
    const { network: state, looks, publishing, ledgerFails, diesAt } = sweep;
    for (const id of seriesIn(state).saying) this.said.add(id);
    const network = networkOf(state);
    if (looks === 'not at VPCs') network.on('vpcs', { throws: awsError('InternalError') });
    if (looks === 'not at VPN connections') network.on('vpnConnections', { throws: awsError('InternalError') });
    let calls = 0;
    let died = (): void => undefined;
    const death = new Promise<void>(resolve => { died = resolve; });
    const turn = async (): Promise<void> => {
      calls += 1;
      await this.scheduler.schedule(Promise.resolve());
    };
    const die = (isAfterEffect: boolean): boolean => diesAt?.call === calls && diesAt.isAfterEffect === isAfterEffect;
    const hooks = { turn, die, died };
    const ledger = around(failing(this.ledger, ledgerFails), hooks);
    const metrics = around(new CloudMetrics(this.cloud, publishing), hooks);
    const clock = new MemoryClock(after(this.minute));
    const sweepId = `sweep-${this.count += 1}`;
    const running = run(configurationOf(sweep, this.kind), network, { ledger, metrics, clock, sweepId });
    await Promise.race([running, death]);
  }
}

function failing(ledger: MemoryLedger, fails: Sweep['ledgerFails']): MemoryLedger {
  return new Proxy(ledger, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return fails.some(each => each === key)
        ? () => Promise.reject(awsError('ProvisionedThroughputExceededException')) : member.bind(target) as unknown;
    },
  });
}

const NOTHING_SAID: ReturnType<typeof seriesIn> = { values: new Map(), saying: new Set() };

const isSeries = (id: string): boolean => id.includes(' ');

const histories = fc.record({
  sweeps: fc.array(sweeps, { minLength: 1, maxLength: 7 }), last: states, resourceMetrics: mostly(true, false),
  kind: fc.constantFrom('all' as const, 'withIds' as const),
});

/** Expects that what CloudWatch and the ledger have follows from the network that the last sweeps saw. */
function expectSettled({ cloud, ledger }: History, last: NetworkState, resourceMetrics: boolean): void {
  const { values, saying } = resourceMetrics ? seriesIn(last) : NOTHING_SAID;
  for (const [id, value] of cloud.latest) {
    if (!isSeries(id) || id.startsWith('TunnelsUp')) continue;
    if (!id.startsWith('AcceptedRoutes')) expect([id, value]).toEqual([id, values.get(id) ?? 0]);
    // A series of routes ends only with some.
    else if (values.has(id)) expect([id, value === 0]).toEqual([id, saying.has(id)]);
  }
  const live = Object.values(ledger.seriesEntry?.live ?? {}).flat().map(id => id.replace(/[?&]/g, ' '));
  // No value ends the routes of a connection that is gone.
  expect(live.filter(id => !id.startsWith('AcceptedRoutes') || values.has(id)).sort()).toEqual([...saying].sort());
}

const hourly = (network: NetworkState): Sweep => ({ ...GOOD, network, minutes: 60, resourceMetrics: true });

describe('a series that said something and says nothing any more has ended,', () => {
  test('whatever happened on the way', async () => {
    await fc.assert(fc.asyncProperty(histories, fc.scheduler(), async (given, scheduler) => {
      const { sweeps: before, last, resourceMetrics, kind } = given;
      const history = new History(kind, scheduler);
      const good = { ...hourly(last), resourceMetrics };
      await history.play([...before, good, good, good]);
      expectSettled(history, last, resourceMetrics);
    }), { numRuns: 300 });
  }, 120_000);

  const simple = fc.boolean().map((isWrong): NetworkState => ({ vpcs: [isWrong ? 1 : 0], connections: [] }));
  const pairs = fc.array(fc.tuple(simple, simple), { minLength: 1, maxLength: 2 });

  test('even if two sweeps at once saw different things', async () => {
    await fc.assert(fc.asyncProperty(simple, pairs, simple, fc.scheduler(), async (first, doubled, last, scheduler) => {
      const history = new History('all', scheduler);
      const both = doubled.flatMap(([one, other]) => [{ ...hourly(one), isDoubled: true }, hourly(other)]);
      await history.play([hourly(first), ...both, hourly(last), hourly(last), hourly(last)]);
      expectSettled(history, last, true);
    }), { numRuns: 500 });
  }, 120_000);
});

test('without failures, a series is published by the sweeps that find it saying something, and its end once', async () => {
  const several = fc.array(states, { minLength: 1, maxLength: 6 });
  await fc.assert(fc.asyncProperty(several, fc.scheduler(), async (networks, scheduler) => {
    const history = new History('all', scheduler);
    await history.play(networks.map(hourly));
    const published = history.cloud.publications.filter(ids => ids.has('Sweeps')).map(ids => [...ids].filter(isSeries));
    const open = new Set<string>();
    const expected = networks.map(network => {
      const { saying, values } = seriesIn(network);
      const ended = [...open].filter(id => !saying.has(id) && (values.has(id) || !id.startsWith('AcceptedRoutes')));
      for (const id of ended) open.delete(id);
      for (const id of saying) open.add(id);
      return [...saying, ...ended].sort();
    });
    expect(published.map(ids => ids.sort())).toEqual(expected);
  }), { numRuns: 300 });
}, 60_000);

test('no series is published that never said anything, whatever happens', async () => {
  await fc.assert(fc.asyncProperty(histories, fc.scheduler(), async ({ sweeps: before, kind }, scheduler) => {
    const history = new History(kind, scheduler);
    await history.play(before);
    for (const id of history.cloud.latest.keys()) {
      if (isSeries(id) && !id.startsWith('TunnelsUp')) expect(history.said).toContain(id);
    }
  }), { numRuns: 300 });
}, 60_000);

test('each publication has the totals of what the sweep looked at, and the series that alarms depend on', async () => {
  await fc.assert(fc.asyncProperty(sweeps, fc.scheduler(), async (sweep, scheduler) => {
    const history = new History('withIds', scheduler);
    await history.play([{ ...sweep, publishing: 'works', isDoubled: false }]);
    for (const ids of history.cloud.publications) {
      if (![...ids].some(id => id === 'Sweeps')) continue;
      const isVpnSeen = sweep.looks !== 'not at VPN connections';
      const totals = ['VpnConnections', 'VpnConnectionsDown', 'VpnConnectionsDegraded', 'VpnConnectionsWithoutRoutes', 'TunnelsUp', 'TunnelsDown'];
      for (const total of totals) expect([total, ids.has(total)]).toEqual([total, isVpnSeen]);
      expect(ids.has('FlaggedIngressRules')).toBe(sweep.looks !== 'not at VPCs');
      for (const id of IDS) {
        expect(ids.has(`TunnelsUp VpnConnectionId=${id}`)).toBe(isVpnSeen && sweep.resourceMetrics);
      }
    }
  }), { numRuns: 300 });
}, 60_000);
