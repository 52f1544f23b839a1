/**
 * Determines which series per resource say something. Each series costs money for every hour in which it has data, so
 * those that say nothing are not published. The totals cover them.
 *
 * A count says something while it is not 0. Accepted routes say something while a VPN connection that uses BGP, or a
 * tunnel of it, accepts none. The state of tunnels is left out, because AWS/VPN already publishes it.
 */
import { data, datumOf, staleCounts } from './metric-data';
import { type DecodedConfiguration, looksAtRules } from '../../../src/contract/configuration';
import {
  KEEP_REASON_DIMENSION, Metric, TUNNEL_DIMENSION, VPC_DIMENSION, VPN_CONNECTION_DIMENSION,
} from '../../../src/contract/names';
import type { SeriesKey } from '../ledger/live-series';
import type { MetricDatum } from '../model/delivery';
import type { TunnelState, VpnConnectionState } from '../model/finding';
import type { Observation } from '../model/observation';
import type { SweepResult } from '../model/result';
import { LISTING_VPCS } from '../observe/vpcs';

/** The part of a result that series follow from. */
export type Seen = Pick<SweepResult, 'observation' | 'plan' | 'tunnelFlaps'>;

export interface SeriesSeen {
  /** The series that are published whatever they say, because alarms depend on them. */
  readonly always: readonly MetricDatum[];
  readonly saying: readonly MetricDatum[];
  /** The series that were looked at and say nothing. A value of each ends the series. */
  readonly silent: readonly MetricDatum[];
}

export function seriesSeen(seen: Seen, configuration: DecodedConfiguration): SeriesSeen {
  if (!configuration.resourceMetrics) return { always: [], saying: [], silent: [] };
  const { tunnelFlaps, observation: { vpnConnections = [] } } = seen;
  const all = [
    ...keptByReason(seen), ...ofVpcs(seen, configuration),
    ...vpnConnections.filter(isKnown).flatMap(each => [
      ...tunnelCountsOf(each, tunnelFlaps), ...routesOf(each),
    ]),
  ];
  return {
    // The alarm of a named connection goes off at 0 tunnels up. A missing connection has 0.
    always: configuration.vpnConnections.kind === 'withIds' ? vpnConnections.filter(isKnown).map(tunnelsUp) : [],
    saying: all.filter(isSaying),
    silent: all.filter(datum => !isSaying(datum)),
  };
}

const isSaying = ({ name, value }: MetricDatum): boolean => (value === 0) === (name === Metric.ACCEPTED_ROUTES);

/**
 * Whether a series that was published may still say something, because the run could not look. If not, its resource is
 * gone, or the configuration no longer asks for it, and a 0 ends the series. A 0 ends no series of accepted routes,
 * which ends only if the VPN connection is there again and accepts some.
 *
 * @param key a series that is not in {@link SeriesSeen}
 */
export function mayStillSay({ name, dimensions }: SeriesKey, seen: Seen, configuration: DecodedConfiguration): boolean {
  if (name === Metric.ACCEPTED_ROUTES) return true;
  if (!configuration.resourceMetrics) return false;
  const { [VPC_DIMENSION]: vpcId, [VPN_CONNECTION_DIMENSION]: vpnConnectionId } = dimensions;
  if (KEEP_REASON_DIMENSION in dimensions) return looksAtRules(configuration) && !areReasonsKnown(seen.observation);
  if (vpcId !== undefined) return isAsked(name, configuration) && isVpcUnseen(vpcId, seen.observation);
  return vpnConnectionId !== undefined && configuration.vpnConnections.kind !== 'none'
    && isVpnUnseen(name, vpnConnectionId, seen);
}

// ---- rules

/** Creates no datum for a reason that kept nothing: {@link areReasonsKnown} says whether its series has ended. */
function keptByReason({ plan }: Seen): MetricDatum[] {
  const counts = new Map<string, number>();
  for (const { reason } of plan.keep) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) =>
    datumOf(Metric.RULES_KEPT, count, { [KEEP_REASON_DIMENSION]: reason }));
}

/** Whether a reason that kept nothing is no longer there. A check that could look nowhere says nothing about it. */
const areReasonsKnown = ({ vpcs }: Observation): boolean =>
  vpcs !== undefined && vpcs.sawStaleRules && vpcs.sawFlaggedRules;

function ofVpcs(
  { observation: { vpcs, stale, flagged, groups } }: Seen, configuration: DecodedConfiguration,
): MetricDatum[] {
  const isIn = (vpcId: string, groupId: string): boolean => groups.get(groupId)?.vpcId === vpcId;
  return [...vpcs?.scanned ?? [], ...vpcs?.proved ?? []].flatMap(vpcId => data({
    ...configuration.staleRules !== 'ignore' && staleCounts(stale.filter(each => each.vpcId === vpcId)),
    ...configuration.flaggedIngressRules.length > 0 && vpcs?.flagged.has(vpcId) && {
      [Metric.FLAGGED_INGRESS_RULES]: flagged.filter(
        ({ rule, verdict }) => verdict === 'flagged' && isIn(vpcId, rule.groupId),
      ).length,
    },
  }, { [VPC_DIMENSION]: vpcId }));
}

const isAsked = (name: string, { staleRules, flaggedIngressRules }: DecodedConfiguration): boolean =>
  name === Metric.FLAGGED_INGRESS_RULES ? flaggedIngressRules.length > 0 : staleRules !== 'ignore';

/** Whether a check could not look at a VPC that is there, or the VPC may be there although EC2 did not list it. */
function isVpcUnseen(vpcId: string, { vpcs, errors }: Observation): boolean {
  if (vpcs?.inScope.has(vpcId)) return !vpcs.scanned.has(vpcId) && !vpcs.proved.has(vpcId);
  return vpcs === undefined || errors.some(({ doing }) => doing === LISTING_VPCS);
}

// ---- VPN connections

/** A connection that is being created has nothing to say yet, and one without telemetry cannot. */
const isKnown = ({ status }: VpnConnectionState): boolean => status !== 'PENDING' && status !== 'UNKNOWN';

const ofConnection = ({ vpnConnectionId }: VpnConnectionState): MetricDatum['dimensions'] =>
  ({ [VPN_CONNECTION_DIMENSION]: vpnConnectionId });

function tunnelsUp(connection: VpnConnectionState): MetricDatum {
  const value = connection.tunnels.filter(({ status }) => status === 'UP').length;
  return datumOf(Metric.TUNNELS_UP, value, ofConnection(connection));
}

function tunnelCountsOf(connection: VpnConnectionState, flaps: SweepResult['tunnelFlaps']): MetricDatum[] {
  const { vpnConnectionId, tunnels } = connection;
  return data({
    [Metric.TUNNELS_DOWN]: tunnels.filter(({ status }) => status === 'DOWN').length,
    ...flaps && { [Metric.TUNNEL_FLAPS]: flaps.get(vpnConnectionId)?.length ?? 0 },
  }, ofConnection(connection));
}

/** Returns the routes of a connection and of each of its tunnels. Static routing accepts none, which says nothing. */
function routesOf(connection: VpnConnectionState): MetricDatum[] {
  const { staticRoutesOnly, tunnels } = connection;
  if (staticRoutesOnly !== false) return [];
  const known = tunnels.flatMap(({ acceptedRoutes }) => acceptedRoutes ?? []);
  const sum = known.reduce((total, routes) => total + routes, 0);
  const isSumKnown = tunnels.length > 0 && (sum > 0 || known.length === tunnels.length);
  const dimensions = ofConnection(connection);
  return [
    ...isSumKnown ? data({ [Metric.ACCEPTED_ROUTES]: sum }, dimensions) : [],
    ...tunnels.filter(hasAddress).flatMap(({ outsideIpAddress, acceptedRoutes }) => acceptedRoutes === undefined ? []
      : data({ [Metric.ACCEPTED_ROUTES]: acceptedRoutes }, { ...dimensions, [TUNNEL_DIMENSION]: outsideIpAddress })),
  ];
}

const hasAddress = ({ outsideIpAddress }: TunnelState): boolean => outsideIpAddress !== '';

function isVpnUnseen(name: string, vpnConnectionId: string, { observation, tunnelFlaps }: Seen): boolean {
  const { vpnConnections, isVpnAnswerWhole } = observation;
  const connection = vpnConnections?.find(each => each.vpnConnectionId === vpnConnectionId);
  if (connection === undefined) return vpnConnections === undefined || !isVpnAnswerWhole;
  // Flaps follow from the ledger, which may have failed.
  return !isKnown(connection) || (name === Metric.TUNNEL_FLAPS && tunnelFlaps === undefined);
}
