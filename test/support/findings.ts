/** Small values for the findings table, seen at a fixed moment. */
import type { MemoryLedger } from './memory-ledger';
import type { SweepEntry, VpnConnectionEntry } from '../../lambda/core/model/ledger';
import type { Clock } from '../../lambda/core/ports';
import { findingsPage } from '../../lambda/core/report/findings-page/page';
import { parseRequest } from '../../lambda/core/report/findings-page/request';

/** Five minutes after `anEntry()` was last seen. */
export const NOW = new Date('2026-01-01T00:05:00Z');

/** A sweep that looked at everything, just before `anEntry()` was last seen. */
export function aSweepEntry(overrides: Partial<SweepEntry> = {}): SweepEntry {
  return {
    revision: 1,
    sweepId: 'sweep-before',
    startedAt: '2025-12-31T23:59:00.000Z',
    durationMillis: 61_000,
    scanErrors: 0,
    errors: [],
    looksAtRules: true,
    looksAtVpnConnections: true,
    recordedVpnConnections: true,
    unidentified: 0,
    dryRun: false,
    staleRules: 'revoke',
    maxRevocationsPerSweep: 20,
    withheld: [],
    ...overrides,
  };
}

/** A connection with two tunnels that has been up since the day before. */
export function aVpnConnectionEntry(overrides: Partial<VpnConnectionEntry> = {}): VpnConnectionEntry {
  return {
    vpnConnectionId: 'vpn-1',
    revision: 1,
    writtenBy: 'sweep-before',
    writtenAt: '2026-01-01T00:00:00.000Z',
    status: 'UP',
    since: '2025-12-31T00:00:00.000Z',
    stale: false,
    gateway: 'vgw-1',
    customerGatewayId: 'cgw-1',
    staticRoutesOnly: false,
    tunnels: [
      { outsideIpAddress: '198.51.100.1', status: 'UP', acceptedRoutes: 1 },
      { outsideIpAddress: '198.51.100.2', status: 'UP', acceptedRoutes: 2 },
    ],
    ...overrides,
  };
}

/** Returns the findings table for what is in a ledger, in UTC. */
export function findingsPageOf({ ledger, clock }: { readonly ledger: MemoryLedger; readonly clock: Clock }): string {
  const request = parseRequest({});
  if (request === 'describe') throw new Error('The request asks for a page');
  const contents = { entries: [...ledger.entries.values()], vpnConnections: [], sweep: ledger.sweep };
  return findingsPage(contents, request, { now: clock.now(), endpoint: 'arn:function', table: 'ledger' });
}
