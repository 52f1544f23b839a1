/**
 * Simulates a month of hourly sweeps with the core of the handler, in memory, and counts the series that they publish.
 * The account has 100 VPCs and 10 VPN connections with two tunnels each, and the configuration is that of the defaults.
 */
import { HOURS_PER_MONTH, seriesHoursOf } from './cost-model';
import type { MetricDatum } from '../lambda/core/model/delivery';
import type { VpnConnection } from '../lambda/core/model/network';
import type { SweepResult } from '../lambda/core/model/result';
import { aggregates } from '../lambda/core/report/metric-data';
import type { DecodedConfiguration } from '../src/contract/configuration';
import { aDecodedConfiguration } from '../test/support/builders';
import { MemoryLedger } from '../test/support/memory-ledger';
import { MemoryNetwork, type World } from '../test/support/memory-network';
import { MemoryClock, MemoryMetrics } from '../test/support/recorders';
import { ACCOUNT, run, START, vpcs } from '../test/support/swept';

export const VPCS = 100;
export const VPN_CONNECTIONS = 10;

/** The defaults of the construct, which is scheduled each hour. */
const DEFAULTS = aDecodedConfiguration({
  staleRules: 'report', vpnConnections: { kind: 'all' }, resourceMetrics: true, scheduleSeconds: 3600,
});

/** The hours from the first to the last in which something is wrong. */
interface Trouble {
  readonly from: number;
  readonly to: number;
}

const isDuring = ({ from, to }: Trouble, hour: number): boolean => hour >= from && hour < to;

/** The faults in the account, and their times. */
export interface Troubles {
  /** A VPC each with a stale ingress rule and a stale egress rule. */
  readonly staleVpcs: readonly Trouble[];
  /** A VPN connection each with a tunnel down. */
  readonly degraded: readonly Trouble[];
  /** A VPN connection each that accepts no routes. */
  readonly withoutRoutes: readonly Trouble[];
  /** The hours in which a tunnel flaps. */
  readonly flaps: readonly number[];
}

export const NOTHING_WRONG: Troubles = { staleVpcs: [], degraded: [], withoutRoutes: [], flaps: [] };

const DAY = 24;
const HOUR_MILLIS = 3_600_000;

/** Five VPCs with stale rules for 3 to 30 days, a tunnel down for a week, no routes for a day, and 10 flaps. */
export const SOME_WRONG: Troubles = {
  staleVpcs: [[0, 30], [2, 16], [5, 12], [10, 13], [20, 23]].map(([from, to]) => ({ from: from * DAY, to: to * DAY })),
  degraded: [{ from: 5 * DAY, to: 12 * DAY }],
  withoutRoutes: [{ from: 20 * DAY, to: 21 * DAY }],
  flaps: Array.from({ length: 10 }, (_, index) => (2 * index + 3) * DAY),
};

export interface Month {
  /** The data that the sweeps published. */
  readonly seriesHours: number;
  /** The data that they would publish if every series per resource were published in every hour, and every total. */
  readonly seriesHoursBefore: number;
}

export async function month(troubles: Troubles, hours = HOURS_PER_MONTH): Promise<Month> {
  const ledger = new MemoryLedger();
  const published: string[][] = [];
  const before: string[][] = [];
  for (let hour = 0; hour < hours; hour++) {
    const clock = new MemoryClock(new Date(START.getTime() + hour * HOUR_MILLIS));
    const metrics = new MemoryMetrics();
    const network = new MemoryNetwork(worldAt(hour, troubles));
    const { result, error } = await run(DEFAULTS, network, {
      ledger, clock, metrics, sweepId: `sweep-${hour}`, accountId: ACCOUNT,
    });
    if (error !== undefined || result === undefined) throw new Error(`The sweep of hour ${hour} failed`, { cause: error });
    published.push(metrics.published.flatMap(({ data }) => data.map(idOf)));
    before.push(everySeries(result, DEFAULTS));
  }
  return { seriesHours: seriesHoursOf(published), seriesHoursBefore: seriesHoursOf(before) };
}

const idOf = ({ name, dimensions }: MetricDatum): string => JSON.stringify([name, dimensions]);

function worldAt(hour: number, { staleVpcs, degraded, withoutRoutes, flaps }: Troubles): World {
  const wrong = vpcs(VPCS);
  const stale = Object.entries(wrong.stale).filter((_, index) => staleVpcs[index] && isDuring(staleVpcs[index], hour));
  const flappedAt = flaps.filter(each => each <= hour).at(-1);
  const isStale = (groupId: string): boolean =>
    stale.some(([, groups]) => groups.some(group => group.groupId === groupId));
  return {
    ...wrong, stale: Object.fromEntries(stale),
    vpcs: wrong.vpcs.map(vpc => ({ ...vpc, ownerId: ACCOUNT })),
    // Where no rule is stale, none refers to a group outside of its VPC, as in most VPCs.
    rules: wrong.rules.filter(({ groupId, referencedGroup }) => referencedGroup === undefined || isStale(groupId)),
    vpnConnections: Array.from({ length: VPN_CONNECTIONS }, (_, index): VpnConnection => {
      const isDown = index < degraded.length && isDuring(degraded[index], hour);
      const routes = index < degraded.length ? undefined : withoutRoutes.at(index - degraded.length);
      const acceptedRouteCount = routes !== undefined && isDuring(routes, hour) ? 0 : 12;
      const isFlapping = index === VPN_CONNECTIONS - 1 && flappedAt !== undefined;
      const lastStatusChange = isFlapping ? new Date(START.getTime() + flappedAt * HOUR_MILLIS - 60_000) : START;
      return {
        vpnConnectionId: `vpn-${index}`, state: 'available', tags: {}, staticRoutesOnly: false,
        tunnels: [1, 2].map(tunnel => ({
          outsideIpAddress: `192.0.2.${2 * index + tunnel}`, lastStatusChange,
          ...isDown && tunnel === 2 ? { status: 'DOWN', acceptedRouteCount: 0 } : { status: 'UP', acceptedRouteCount },
        })),
      };
    }),
  };
}

/** Returns all series of a sweep: each total, 3 per VPC, 5 per VPN connection, 2 per tunnel and 1 per reason. */
export function everySeries(result: SweepResult, configuration: DecodedConfiguration): string[] {
  const { observation: { vpcs: observed, vpnConnections = [] }, plan } = result;
  return [
    ...Object.keys(aggregates(result, configuration, 0)),
    ...[...observed?.scanned ?? [], ...observed?.proved ?? []].flatMap(vpcId =>
      ['StaleIngressRules', 'StaleEgressRules', 'StaleSecurityGroups'].map(name => `${name} ${vpcId}`)),
    ...vpnConnections.flatMap(({ vpnConnectionId, tunnels }) => [
      ...['TunnelsUp', 'TunnelsDown', 'TunnelFlaps', 'AcceptedRoutes', 'SecondsSinceStatusChange'].map(name => `${name} ${vpnConnectionId}`),
      ...tunnels.flatMap(({ outsideIpAddress }) =>
        ['AcceptedRoutes', 'SecondsSinceStatusChange'].map(name => `${name} ${vpnConnectionId} ${outsideIpAddress}`)),
    ]),
    ...plan.keep.map(({ reason }) => `RulesKept ${reason}`),
  ];
}
