/**
 * VPN connections: what their tunnels add up to.
 *
 * A tunnel's status alone decides; its status message is free text and only shown. Accepted routes mean nothing for static routing, where they stay 0.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
 */
import type { VpnConnection, VpnTunnel } from '../ports';

/**
 * - `UP`: every tunnel is up
 * - `DEGRADED`: some tunnels are up, some are not
 * - `DOWN`: no tunnel is up
 * - `PENDING`: being created, so nothing to expect of its tunnels yet
 * - `MISSING`: named in the configuration, but deleted or never there; counts as down
 * - `UNKNOWN`: EC2 gives no telemetry, or a status it does not document; counts as something that could not be looked at
 */
export type VpnStatus = 'UP' | 'DEGRADED' | 'DOWN' | 'PENDING' | 'MISSING' | 'UNKNOWN';

export interface TunnelState {
  readonly outsideIpAddress: string;
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN';
  readonly statusMessage?: string;
  readonly acceptedRoutes?: number;
  readonly secondsSinceStatusChange?: number;
  /** ISO 8601 in UTC. */
  readonly lastStatusChange?: string;
}

export interface VpnConnectionState {
  readonly vpnConnectionId: string;
  /** The tag `Name`. */
  readonly name?: string;
  readonly status: VpnStatus;
  /** Down, and every tunnel without a change for the configured time. */
  readonly stale: boolean;
  readonly state?: string;
  /** What the connection is attached to: a virtual private gateway, a transit gateway, a core network, or nothing. */
  readonly gateway?: string;
  readonly customerGatewayId?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly TunnelState[];
}

export interface VpnCheck {
  /** Connections that have to be there. Absent: whatever EC2 lists. */
  readonly expectedIds?: readonly string[];
  readonly staleAfterSeconds?: number;
  readonly now: Date;
}

/** The state of each connection. Those being deleted or deleted are left out, unless they are expected. */
export function vpnConnections(connections: readonly VpnConnection[], { expectedIds, staleAfterSeconds, now }: VpnCheck): VpnConnectionState[] {
  const living = connections.filter(({ state }) => state !== 'deleting' && state !== 'deleted');
  const found = new Set(living.map(({ vpnConnectionId }) => vpnConnectionId));
  const missing = [...new Set(expectedIds ?? [])].filter(id => !found.has(id));
  return [
    ...living.map(connection => connectionState(connection, now, staleAfterSeconds)),
    ...missing.map((vpnConnectionId): VpnConnectionState => ({
      vpnConnectionId, status: 'MISSING', stale: false, tunnels: [],
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
    stale: status === 'DOWN' && staleAfterSeconds !== undefined
      && tunnels.every(({ secondsSinceStatusChange }) => secondsSinceStatusChange !== undefined && secondsSinceStatusChange >= staleAfterSeconds),
    state: connection.state,
    gateway: connection.vpnGatewayId ?? connection.vpnConcentratorId ?? connection.transitGatewayId
      ?? connection.coreNetworkAttachmentArn ?? connection.coreNetworkArn,
    customerGatewayId: connection.customerGatewayId,
    staticRoutesOnly: connection.staticRoutesOnly,
    tunnels,
  };
}

function connectionStatus({ state }: VpnConnection, tunnels: readonly TunnelState[]): VpnStatus {
  if (state === 'pending') return 'PENDING';
  if (tunnels.length === 0 || tunnels.some(({ status }) => status === 'UNKNOWN')) return 'UNKNOWN';
  const up = tunnels.filter(({ status }) => status === 'UP').length;
  if (up === tunnels.length) return 'UP';
  return up > 0 ? 'DEGRADED' : 'DOWN';
}

function tunnelState({ outsideIpAddress, status, statusMessage, acceptedRouteCount, lastStatusChange }: VpnTunnel, now: Date): TunnelState {
  return {
    outsideIpAddress,
    status: status === 'UP' || status === 'DOWN' ? status : 'UNKNOWN',
    statusMessage,
    acceptedRoutes: acceptedRouteCount,
    lastStatusChange: lastStatusChange?.toISOString(),
    secondsSinceStatusChange: lastStatusChange && Math.max(0, Math.round((now.getTime() - lastStatusChange.getTime()) / 1000)),
  };
}
