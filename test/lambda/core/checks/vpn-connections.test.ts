import { type VpnCheck, vpnConnections } from '../../../../lambda/core/checks/vpn-connections';
import type { VpnConnectionState, VpnStatus } from '../../../../lambda/core/model/finding';
import type { VpnConnection, VpnTunnel } from '../../../../lambda/core/model/network';
import { aTunnel, aVpnConnection } from '../../../support/builders';

const NOW = new Date('2026-01-01T01:00:00Z');
const HOUR = 3600;

function ago(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1000);
}

function check(connections: readonly VpnConnection[], options: Partial<VpnCheck> = {}): VpnConnectionState[] {
  return vpnConnections(connections, { now: NOW, ...options });
}

function stateOf(connection: Partial<VpnConnection>, options: Partial<VpnCheck> = {}): VpnConnectionState {
  const states = check([aVpnConnection(connection)], options);
  expect(states).toHaveLength(1);
  return states[0];
}

const UP = aTunnel();
const DOWN = aTunnel({ status: 'DOWN' });

describe('the status of a connection', () => {
  test.each<[name: string, status: VpnStatus, tunnels: readonly VpnTunnel[]]>([
    ['is up when both tunnels are', 'UP', [UP, UP]],
    ['is up when its only tunnel is', 'UP', [UP]],
    ['is degraded when one of two tunnels is down', 'DEGRADED', [UP, DOWN]],
    ['is degraded when one of many tunnels is up', 'DEGRADED', [DOWN, DOWN, UP, DOWN]],
    ['is down when both tunnels are', 'DOWN', [DOWN, DOWN]],
    ['is down when its only tunnel is', 'DOWN', [DOWN]],
    ['is unknown without telemetry', 'UNKNOWN', []],
    ['is unknown when a tunnel has no status', 'UNKNOWN', [UP, aTunnel({ status: undefined })]],
    [
      'is unknown when a tunnel has a status that EC2 does not document',
      'UNKNOWN',
      [DOWN, aTunnel({ status: 'SIDEWAYS' })],
    ],
    ['is unknown when a status is spelt in another way', 'UNKNOWN', [aTunnel({ status: 'up' })]],
    ['does not depend on the message of a tunnel', 'UP', [aTunnel({ statusMessage: 'IPSEC IS DOWN' })]],
  ])('%s', (_, status, tunnels) => {
    expect(stateOf({ tunnels }).status).toBe(status);
  });

  const EMPTY = aTunnel({ acceptedRouteCount: 0 });
  const routes = (acceptedRouteCount: number | undefined): VpnTunnel => aTunnel({ acceptedRouteCount });

  test.each<[name: string, status: VpnStatus, tunnels: readonly VpnTunnel[]]>([
    ['is without routes when every tunnel is up and none accepts any', 'NO_ROUTES', [EMPTY, EMPTY]],
    ['is without routes when its only tunnel accepts none', 'NO_ROUTES', [EMPTY]],
    ['is without routes, and not degraded, when one of the tunnels is down', 'NO_ROUTES', [EMPTY, DOWN]],
    [
      'is without routes, whatever a tunnel that is down has accepted',
      'NO_ROUTES',
      [EMPTY, aTunnel({ status: 'DOWN', acceptedRouteCount: 5 })],
    ],
    ['is up when one tunnel accepts routes', 'UP', [EMPTY, routes(1)]],
    ['is degraded when the tunnel that is up accepts routes', 'DEGRADED', [routes(1), DOWN]],
    ['is down, and not without routes, when no tunnel is up', 'DOWN', [aTunnel({ status: 'DOWN', acceptedRouteCount: 0 })]],
    ['is unknown when the status of a tunnel is', 'UNKNOWN', [EMPTY, aTunnel({ status: undefined })]],
    ['is not without routes when EC2 gives no count', 'UP', [routes(undefined), routes(undefined)]],
    ['is not without routes when EC2 gives one count of two', 'UP', [EMPTY, routes(undefined)]],
    ['is not without routes when the count of the only tunnel up is not given', 'DEGRADED', [routes(undefined), DOWN]],
    ['is not without routes when a count is no number', 'UP', [routes(Number.NaN)]],
    ['is not without routes when a count is negative', 'UP', [routes(-1)]],
  ])('%s', (_, status, tunnels) => {
    expect(stateOf({ staticRoutesOnly: false, tunnels }).status).toBe(status);
  });

  test.each<[name: string, staticRoutesOnly: boolean | undefined]>([
    ['with static routing, for which routes stay 0', true],
    ['if EC2 does not say how it is routed', undefined],
  ])('does not depend on routes %s', (_, staticRoutesOnly) => {
    expect(stateOf({ staticRoutesOnly, tunnels: [EMPTY, EMPTY] }).status).toBe('UP');
    expect(stateOf({ staticRoutesOnly, tunnels: [EMPTY, DOWN] }).status).toBe('DEGRADED');
  });

  test('is pending, and not without routes, while it is created', () => {
    expect(stateOf({ state: 'pending', tunnels: [EMPTY, EMPTY] }).status).toBe('PENDING');
  });

  test.each<[name: string, tunnels: readonly VpnTunnel[]]>([
    ['without telemetry', []],
    ['with tunnels down', [DOWN, DOWN]],
    ['with an unknown status', [aTunnel({ status: 'SIDEWAYS' })]],
  ])('is pending while it is created, %s', (_, tunnels) => {
    expect(stateOf({ state: 'pending', tunnels }).status).toBe('PENDING');
  });

  test.each(['available', 'modifying', undefined])('depends on the tunnels in the state %s', state => {
    expect(stateOf({ state, tunnels: [DOWN, UP] }).status).toBe('DEGRADED');
  });
});

describe('the connections', () => {
  const connections = ['available', 'pending', 'deleting', 'deleted'].map(state =>
    aVpnConnection({ vpnConnectionId: `vpn-${state}`, state }),
  );
  const ids = (states: readonly VpnConnectionState[]): string[] => states.map(({ vpnConnectionId }) => vpnConnectionId);

  test('are none if EC2 lists none', () => {
    expect(check([])).toEqual([]);
  });

  test('are all that EC2 lists, except for those that are deleted or being deleted', () => {
    expect(ids(check(connections))).toEqual(['vpn-available', 'vpn-pending']);
  });

  test('are missing when they are expected and EC2 does not know them', () => {
    expect(check([], { expectedIds: ['vpn-1'] })).toEqual([
      { vpnConnectionId: 'vpn-1', status: 'MISSING', stale: false, tunnels: [], state: undefined },
    ]);
  });

  test.each(['deleting', 'deleted'])('are missing when they are expected and %s, and say so', state => {
    const [missing, ...others] = check([aVpnConnection({ state })], { expectedIds: ['vpn-1'] });
    expect(missing).toMatchObject({ vpnConnectionId: 'vpn-1', status: 'MISSING', state, tunnels: [] });
    expect(others).toEqual([]);
  });

  test('are not missing when they are expected and pending', () => {
    expect(stateOf({ state: 'pending' }, { expectedIds: ['vpn-1'] }).status).toBe('PENDING');
  });

  test('are missing once if they are expected twice', () => {
    expect(ids(check(connections, { expectedIds: ['vpn-1', 'vpn-available', 'vpn-1'] }))).toEqual([
      'vpn-available',
      'vpn-pending',
      'vpn-1',
    ]);
  });

  test('are never stale when missing, because nobody knows since when', () => {
    expect(check([], { expectedIds: ['vpn-1'], staleAfterSeconds: 1 })[0].stale).toBe(false);
  });
});

describe('a connection is stale', () => {
  const down = (...seconds: Array<number | undefined>): { tunnels: VpnTunnel[] } => ({
    tunnels: seconds.map(each => ({ ...DOWN, lastStatusChange: each === undefined ? undefined : ago(each) })),
  });

  test('when it is down and no tunnel changed for longer than is allowed', () => {
    expect(stateOf(down(HOUR + 1, 2 * HOUR), { staleAfterSeconds: HOUR }).stale).toBe(true);
  });

  test('when it is down for exactly as long', () => {
    expect(stateOf(down(HOUR, HOUR), { staleAfterSeconds: HOUR }).stale).toBe(true);
  });

  test.each<[name: string, connection: Partial<VpnConnection>, staleAfterSeconds: number | undefined]>([
    ['while one tunnel changed more recently', down(HOUR, HOUR - 1), HOUR],
    ['while the last change of one tunnel is unknown', down(HOUR, undefined), HOUR],
    ['while the last changes of all tunnels are unknown', down(undefined, undefined), HOUR],
    ['if the configuration states no time', down(HOUR, HOUR), undefined],
    ['while one tunnel is up', { tunnels: [...down(HOUR).tunnels, { ...UP, lastStatusChange: ago(HOUR) }] }, HOUR],
    ['while every tunnel is up', { tunnels: [{ ...UP, lastStatusChange: ago(HOUR) }] }, HOUR],
    [
      'while one tunnel has an unknown status',
      { tunnels: [...down(HOUR).tunnels, aTunnel({ status: undefined, lastStatusChange: ago(HOUR) })] },
      HOUR,
    ],
    ['without telemetry', { tunnels: [] }, HOUR],
    ['while it is created', { ...down(HOUR), state: 'pending' }, HOUR],
  ])('not %s', (_, connection, staleAfterSeconds) => {
    expect(stateOf(connection, { staleAfterSeconds }).stale).toBe(false);
  });
});

describe('a tunnel', () => {
  function tunnelOf(tunnel: Partial<VpnTunnel>): VpnConnectionState['tunnels'][number] {
    return stateOf({ tunnels: [aTunnel(tunnel)] }).tunnels[0];
  }

  test('has all fields that are known', () => {
    expect(
      tunnelOf({ status: 'DOWN', statusMessage: 'IPSEC IS DOWN', acceptedRouteCount: 7, lastStatusChange: ago(90) }),
    ).toEqual({
      outsideIpAddress: '198.51.100.1',
      status: 'DOWN',
      statusMessage: 'IPSEC IS DOWN',
      acceptedRoutes: 7,
      secondsSinceStatusChange: 90,
      lastStatusChange: ago(90).toISOString(),
    });
  });

  test('lacks the fields that are unknown', () => {
    expect(tunnelOf({ status: undefined, statusMessage: undefined, acceptedRouteCount: undefined })).toEqual({
      outsideIpAddress: '198.51.100.1',
      status: 'UNKNOWN',
    });
  });

  test('changed whole seconds ago', () => {
    expect(tunnelOf({ lastStatusChange: ago(1.4) }).secondsSinceStatusChange).toBe(1);
    expect(tunnelOf({ lastStatusChange: ago(1.6) }).secondsSinceStatusChange).toBe(2);
  });

  test('changed 0 seconds ago when it changes at this moment, or when the clocks disagree', () => {
    expect(tunnelOf({ lastStatusChange: NOW }).secondsSinceStatusChange).toBe(0);
    expect(tunnelOf({ lastStatusChange: ago(-300) }).secondsSinceStatusChange).toBe(0);
  });

  test('that changed when time began changed long ago', () => {
    expect(tunnelOf({ lastStatusChange: new Date(0) }).secondsSinceStatusChange).toBe(NOW.getTime() / 1000);
  });
});

describe('the state of a connection', () => {
  const detached = { vpnGatewayId: undefined };

  test('has its name, state and customer gateway, and how it is routed', () => {
    expect(stateOf({ tags: { Name: 'Frankfurt' }, staticRoutesOnly: true })).toMatchObject({
      vpnConnectionId: 'vpn-1',
      name: 'Frankfurt',
      state: 'available',
      customerGatewayId: 'cgw-1',
      staticRoutesOnly: true,
    });
  });

  test('has no name if the connection has none', () => {
    expect(stateOf({ tags: { name: 'not the tag' } }).name).toBeUndefined();
  });

  test.each<[name: string, connection: Partial<VpnConnection>, gateway: string | undefined]>([
    ['a virtual private gateway', { vpnGatewayId: 'vgw-1' }, 'vgw-1'],
    ['a transit gateway', { ...detached, transitGatewayId: 'tgw-1' }, 'tgw-1'],
    ['a VPN concentrator', { ...detached, vpnConcentratorId: 'vcn-1' }, 'vcn-1'],
    [
      'a VPN concentrator, with the transit gateway that it is attached to',
      { ...detached, vpnConcentratorId: 'vcn-1', transitGatewayId: 'tgw-1' },
      'vcn-1',
    ],
    [
      'an attachment to a core network',
      { ...detached, coreNetworkAttachmentArn: 'arn:attachment', coreNetworkArn: 'arn:core' },
      'arn:attachment',
    ],
    ['a core network', { ...detached, coreNetworkArn: 'arn:core' }, 'arn:core'],
    ['nothing', detached, undefined],
  ])('says what it is attached to: %s', (_, connection, gateway) => {
    expect(stateOf(connection).gateway).toBe(gateway);
  });
});
