/**
 * VPN connections: what their tunnels add up to.
 *
 * A tunnel's status decides; its status message is free text and only shown. Accepted routes decide where the
 * connection is known to use BGP: for static routing they stay 0. A count that EC2 does not give is not 0.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
 */
import type { TunnelState, VpnConnectionState, VpnStatus } from '../model/finding';
import type { VpnConnection, VpnTunnel } from '../model/network';

export interface VpnCheck {
  /** Connections that have to be there. Absent: whatever EC2 lists. */
  readonly expectedIds?: readonly string[];
  readonly staleAfterSeconds?: number;
  readonly now: Date;
}

/** The state of each connection. Those being deleted or deleted are left out, unless they are expected. */
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
  // This comes before DEGRADED: a connection that carries nothing is worse than one with a tunnel less.
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
