/** Reads VPN connections and passes them to their check. */
import { scanError } from './reading';
import { type Filter, type VpnConnectionsConfiguration } from '../../../src/contract/configuration';
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import { vpnConnections as statesOf } from '../checks/vpn-connections';
import { errorFacts, takeUsable, UnusableAnswer } from '../errors';
import { inPartsOf } from '../lists';
import type { VpnConnectionState } from '../model/finding';
import type { VpnConnection } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface VpnReading {
  /** Absent if VPN connections are not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  /** Whether a connection that is not in the list does not exist. */
  readonly isVpnAnswerWhole: boolean;
  readonly errors: readonly ScanError[];
}

export const NO_VPN_CONNECTIONS: VpnReading = { isVpnAnswerWhole: true, errors: [] };

const DOING = 'reading VPN connections';

export async function readVpnConnections(
  { kind, ids = [], filters = [], staleAfterSeconds }: VpnConnectionsConfiguration, network: NetworkReader, now: Date,
): Promise<VpnReading> {
  if (kind === 'none') return NO_VPN_CONNECTIONS;
  const errors: ScanError[] = [];
  try {
    const connections: VpnConnection[] = [];
    await Promise.all(callsFor(kind, ids, filters).map(async call => {
      try {
        await takeUsable(network.vpnConnections(call), connection => connections.push(connection));
      } catch (error) {
        if (!(error instanceof UnusableAnswer)) throw error;
        errors.push(scanError(DOING, errorFacts(error)));
      }
    }));
    const isVpnAnswerWhole = errors.length === 0;
    // An expected connection may be the one that EC2 returned without an id.
    const expectedIds = kind === 'withIds' && isVpnAnswerWhole ? ids : undefined;
    const vpnConnections = statesOf(connections, { expectedIds, staleAfterSeconds, now });
    return { vpnConnections, isVpnAnswerWhole, errors: [...errors, ...vpnConnections.flatMap(withoutTelemetry)] };
  } catch (error) {
    return { isVpnAnswerWhole: false, errors: [...errors, scanError(DOING, errorFacts(error))] };
  }
}

/** Selects by filter and not by id, because an unknown id would fail the whole call. */
function callsFor(kind: string, ids: readonly string[], filters: readonly Filter[]): Array<readonly Filter[]> {
  if (kind !== 'withIds') return [filters];
  return inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(ids)]).map(values => [{ name: 'vpn-connection-id', values }]);
}

function withoutTelemetry({ vpnConnectionId: resourceId, status }: VpnConnectionState): ScanError[] {
  if (status !== 'UNKNOWN') return [];
  const message = 'EC2 gave no telemetry, or a tunnel status it does not document';
  return [scanError('reading the telemetry of a VPN connection', { code: 'NoTelemetry', message }, { resourceId })];
}
