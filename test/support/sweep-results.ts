/** What a sweep leaves behind, as plain values: one that looked at everything and found nothing, for tests to say what it found. */
import type { TunnelState, VpnConnectionState } from '../../lambda/checks/vpn-connections';
import type { Observation, ScanError } from '../../lambda/observe';
import type { RevocationOutcome } from '../../lambda/revocation/revoke';
import type { SweepResult } from '../../lambda/sweep';
import { aGroup, aRule } from './samples';

/** The VPCs in scope are those scanned, but for what is said. */
export function vpcsSeen(scanned: readonly string[], overrides: Partial<Required<Observation>['vpcs']> = {}): Required<Observation>['vpcs'] {
  return { inScope: new Set(scanned), scanned: new Set(scanned), sawStaleRules: true, sawFlaggedRules: true, ...overrides };
}

export function anObservation(overrides: Partial<Observation> = {}): Observation {
  return { vpcs: vpcsSeen(['vpc-1']), groups: new Map([['sg-1', aGroup()]]), stale: [], flagged: [], vpnConnections: [], errors: [], ...overrides };
}

export function aSweepResult(observation: Partial<Observation> = {}, overrides: Partial<SweepResult> = {}): SweepResult {
  return {
    observation: anObservation(observation),
    plan: { revoke: [], keep: [] },
    outcomes: [],
    startedAt: new Date('2026-01-01T00:00:00Z'),
    durationMillis: 1500,
    ...overrides,
  };
}

export function aScanError(overrides: Partial<ScanError> = {}): ScanError {
  return { doing: 'reading VPN connections', error: { code: 'InternalError', message: 'AWS says so' }, ...overrides };
}

export function aRevocationOutcome(overrides: Partial<RevocationOutcome> = {}): RevocationOutcome {
  return { outcome: 'REVOKED', rule: aRule(), group: aGroup(), because: { stale: 'DELETED_GROUP', declarations: [] }, ...overrides };
}

export function aTunnelState(overrides: Partial<TunnelState> = {}): TunnelState {
  return { outsideIpAddress: '198.51.100.1', status: 'UP', statusMessage: '', acceptedRoutes: 0, ...overrides };
}

export function aVpnConnectionState(overrides: Partial<VpnConnectionState> = {}): VpnConnectionState {
  return { vpnConnectionId: 'vpn-1', status: 'UP', stale: false, state: 'available', gateway: 'vgw-1', tunnels: [], ...overrides };
}
