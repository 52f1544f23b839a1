/** VPN connections, as a section of every document. */
import type { TunnelState, VpnConnectionState, VpnStatus } from '../../lambda/core/model/finding';
import { duration } from '../../lambda/core/report/findings-page/time';
import { vpnStatusWords } from '../../lambda/core/report/wording';
import type { Section, Tone } from '../render/document';

const TONES: Readonly<Record<VpnStatus, Tone>> = {
  UP: 'good', DEGRADED: 'warn', NO_ROUTES: 'bad', DOWN: 'bad', MISSING: 'bad', PENDING: 'quiet', UNKNOWN: 'warn',
};

/** Whether a connection counts as a finding. A connection without telemetry is one that could not be looked at. */
export const isVpnFinding = ({ status }: VpnConnectionState): boolean =>
  status !== 'UP' && status !== 'PENDING' && status !== 'UNKNOWN';

export function vpnSection(connections: readonly VpnConnectionState[] | undefined): Section[] {
  if (connections === undefined || connections.length === 0) return [];
  const worstFirst = [...connections].sort((a, b) =>
    rank(a) - rank(b) || (a.vpnConnectionId < b.vpnConnectionId ? -1 : 1));
  return [{
    title: 'VPN connections',
    sentences: [],
    tables: [{
      columns: [{ title: 'Status', isProse: true }, { title: 'VPN connection', isProse: true }, { title: 'Gateway' }, { title: 'Tunnels', isProse: true }],
      rows: worstFirst.map(connection => [
        { text: `${vpnStatusWords(connection.status)}${connection.stale ? ', stale' : ''}`, tone: TONES[connection.status] },
        { text: vpnName(connection) },
        { text: connection.gateway ?? '' },
        { text: tunnelsWords(connection) },
      ]),
    }],
  }];
}

/** The fields of a connection as a row. */
export const vpnRow = (connection: VpnConnectionState) => ({
  kind: 'vpnConnection', vpnConnectionId: connection.vpnConnectionId, status: connection.status,
  tunnels: tunnelsWords(connection),
});

const rank = ({ status }: VpnConnectionState): number => {
  const tone = TONES[status];
  return tone === 'bad' ? 0 : tone === 'warn' ? 1 : tone === 'quiet' ? 2 : 3;
};

export const vpnName = ({ vpnConnectionId, name }: VpnConnectionState): string =>
  `${vpnConnectionId}${name === undefined ? '' : ` (${name})`}`;

const tunnelsWords = ({ tunnels }: VpnConnectionState): string => tunnels.map(tunnelWords).join('; ');

/** Such as `203.0.113.1 DOWN for 3 d 4 h (IPSEC IS DOWN)`. */
function tunnelWords({ outsideIpAddress, status, statusMessage, secondsSinceStatusChange }: TunnelState): string {
  const since = secondsSinceStatusChange === undefined ? '' : ` for ${duration(secondsSinceStatusChange * 1000)}`;
  return `${outsideIpAddress} ${status}${since}${statusMessage ? ` (${statusMessage})` : ''}`;
}
