/**
 * Determines the status of VPN connections from their tunnels.
 *
 * The status of a tunnel counts. Its status message is free text, which is only shown. Accepted routes count only if
 * EC2 says that the connection uses BGP, because they stay 0 with static routing. A count that EC2 leaves out is not 0.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
 */
import type { TunnelState, VpnConnectionState, VpnStatus } from '../model/finding';
import type { VpnConnection, VpnTunnel } from '../model/network';

export interface VpnCheck {
  /** The ids of the connections that must exist. Absent: the connections that EC2 lists are checked. */
  readonly expectedIds?: readonly string[];
  readonly staleAfterSeconds?: number;
  readonly now: Date;
}

/** Returns the state of each connection. Those that are deleted or being deleted count only if expected. */
export function vpnConnections(
  connections: readonly VpnConnection[],
  { expectedIds, staleAfterSeconds, now }: VpnCheck,
): VpnConnectionState[] {
  const living = connections.filter(({ state }) => state !== 'deleting' && state !== 'deleted');
  const found = new Set(living.map(({ vpnConnectionId }) => vpnConnectionId));
  const missing = [...new Set(expectedIds ?? [])].filter(id => !found.has(id));
  return [
    ...living.map(connection => connectionState(connection, now, staleAfterSeconds)),
    ...missing.map((vpnConnectionId): VpnConnectionState => ({
      vpnConnectionId,
      status: 'MISSING',
      stale: false,
      tunnels: [],
      state: connections.find(connection => connection.vpnConnectionId === vpnConnectionId)?.state,
    })),
  ];
}

function connectionState(connection: VpnConnection, now: Date, staleAfterSeconds?: number): VpnConnectionState {
  const tunnels = connection.tunnels.map(tunnel => tunnelState(tunnel, now));
  const status = connectionStatus(connection, tunnels);
  return {
    vpnConnectionId: connection.vpnConnectionId,
    name: connection.tags.Name,
    status,
    stale:
      status === 'DOWN'
      && staleAfterSeconds !== undefined
      && tunnels.every(
        ({ secondsSinceStatusChange }) =>
          secondsSinceStatusChange !== undefined && secondsSinceStatusChange >= staleAfterSeconds,
      ),
    state: connection.state,
    gateway:
      connection.vpnGatewayId
      ?? connection.vpnConcentratorId
      ?? connection.transitGatewayId
      ?? connection.coreNetworkAttachmentArn
      ?? connection.coreNetworkArn,
    customerGatewayId: connection.customerGatewayId,
    staticRoutesOnly: connection.staticRoutesOnly,
    tunnels,
  };
}

function connectionStatus({ state, staticRoutesOnly }: VpnConnection, tunnels: readonly TunnelState[]): VpnStatus {
  if (state === 'pending') return 'PENDING';
  if (tunnels.length === 0 || tunnels.some(({ status }) => status === 'UNKNOWN')) return 'UNKNOWN';
  const up = tunnels.filter(({ status }) => status === 'UP');
  if (up.length === 0) return 'DOWN';
  // This comes before DEGRADED, because a connection that carries nothing is worse than one that has lost a tunnel.
  if (staticRoutesOnly === false && up.every(({ acceptedRoutes }) => acceptedRoutes === 0)) return 'NO_ROUTES';
  return up.length === tunnels.length ? 'UP' : 'DEGRADED';
}

function tunnelState(
  { outsideIpAddress, status, statusMessage, acceptedRouteCount, lastStatusChange }: VpnTunnel,
  now: Date,
): TunnelState {
  return {
    outsideIpAddress,
    status: status === 'UP' || status === 'DOWN' ? status : 'UNKNOWN',
    statusMessage,
    acceptedRoutes: acceptedRouteCount,
    lastStatusChange: lastStatusChange?.toISOString(),
    secondsSinceStatusChange:
      lastStatusChange && Math.max(0, Math.round((now.getTime() - lastStatusChange.getTime()) / 1000)),
  };
}
