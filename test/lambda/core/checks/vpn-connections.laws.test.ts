/** Tests laws that the status of a connection obeys for any tunnels. */
import * as fc from 'fast-check';
import { vpnConnections } from '../../../../lambda/core/checks/vpn-connections';
import type { VpnStatus } from '../../../../lambda/core/model/finding';
import type { VpnConnection, VpnTunnel } from '../../../../lambda/core/model/network';
import { aTunnel, aVpnConnection } from '../../../support/builders';

const tunnels: fc.Arbitrary<VpnTunnel[]> = fc.array(
  fc.record({
    status: fc.constantFrom('UP', 'UP', 'DOWN', 'SIDEWAYS', undefined),
    acceptedRouteCount: fc.constantFrom(0, 0, 1, 100, undefined),
  }).map(aTunnel),
  { maxLength: 4 },
);

const connections: fc.Arbitrary<VpnConnection> = fc.record({
  tunnels,
  staticRoutesOnly: fc.constantFrom(false, false, true, undefined),
  state: fc.constantFrom('available', 'available', 'pending', undefined),
}).map(aVpnConnection);

const statusOf = (connection: VpnConnection): VpnStatus =>
  vpnConnections([connection], { now: new Date('2026-01-01T00:00:00Z') })[0].status;

const holds = (law: (connection: VpnConnection) => void): void =>
  fc.assert(fc.property(connections, law), { numRuns: 3000 });

test('a connection is without routes exactly if it uses BGP, has a tunnel up, and EC2 counts 0 routes for all tunnels that are up', () => {
  holds(connection => {
    const { state, staticRoutesOnly, tunnels: all } = connection;
    const accepted = all.filter(({ status }) => status === 'UP').map(({ acceptedRouteCount }) => acceptedRouteCount);
    const isKnown = all.every(({ status }) => status === 'UP' || status === 'DOWN');
    const isWithout = state !== 'pending' && isKnown && staticRoutesOnly === false
      && accepted.length > 0 && accepted.filter(count => count !== 0).length === 0;
    expect(statusOf(connection) === 'NO_ROUTES').toBe(isWithout);
  });
});

test('the order of the tunnels makes no difference', () => {
  holds(connection => {
    expect(statusOf({ ...connection, tunnels: [...connection.tunnels].reverse() })).toBe(statusOf(connection));
  });
});

test('accepted routes change the status from NO_ROUTES to UP or DEGRADED, and no other status', () => {
  holds(connection => {
    const withRoutes = connection.tunnels.map(tunnel => ({ ...tunnel, acceptedRouteCount: 1 }));
    const [status, other] = [statusOf(connection), statusOf({ ...connection, tunnels: withRoutes })];
    expect(status === 'NO_ROUTES' ? ['UP', 'DEGRADED'] : [status]).toContain(other);
  });
});
