/** Tests the shipped bundle with VPN connections that lack routes, flap, are pending or are missing. */
import { stopWorlds, World } from './world';
import { type Distortion, Network } from '../support/ec2-endpoint';
import type { Telemetry, VpnConnection } from '../support/ec2-endpoint/network';
import { violations } from '../support/event-schemas';

afterEach(stopWorlds);

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
const VPN_ONLY = { staleRules: 'ignore', notificationsTopicArn: TOPIC };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const aTunnel = (overrides: Partial<Telemetry> = {}): Telemetry => (
  { outsideIpAddress: '192.0.2.1', status: 'UP', statusMessage: '0 BGP ROUTES', acceptedRouteCount: 0, ...overrides });

/** Returns the events and messages that were sent since the last call. */
function told(world: World): { events: unknown[]; subjects: string[] } {
  const events = world.ec2.events.splice(0);
  expect(events.flatMap(({ source, detailType, detail }) => violations({ source, 'detail-type': detailType, detail }))).toEqual([]);
  return {
    events: events.map(({ detailType, detail: { previousStatus, status } }) => [detailType, previousStatus, status]),
    subjects: world.ec2.messages.splice(0).map(({ subject }) => String(subject)),
  };
}

const counts = (world: World): Record<string, number | undefined> => Object.fromEntries(
  ['VpnConnections', 'VpnConnectionsDown', 'VpnConnectionsDegraded', 'VpnConnectionsWithoutRoutes', 'ScanErrors']
    .map(name => [name, world.aggregate(name)]));

const statuses = (world: World): Record<string, unknown> => Object.fromEntries(
  world.logged('VpnConnection').map(({ name, status }) => [String(name), status]));

/** Returns the latest datum of a connection's own series. */
function ownSeries({ ec2 }: World, name: string, vpnConnectionId: string): number | undefined {
  return ec2.metrics.filter(datum => datum.name === name && datum.dimensions.VpnConnectionId === vpnConnectionId
    && Object.keys(datum.dimensions).length === 2).at(-1)?.value;
}

describe('a connection without routes', () => {
  test('uses BGP, has a tunnel up, and accepts no route over the tunnels that are up', async () => {
    const network = new Network();
    const add = (Name: string, telemetry: Telemetry[], overrides: Partial<VpnConnection> = {}): VpnConnection =>
      network.addVpnConnection({ tags: { Name }, telemetry, ...overrides });
    const other = { outsideIpAddress: '192.0.2.2' };
    add('without', [aTunnel(), aTunnel(other)]);
    add('without, and a tunnel down', [aTunnel(), aTunnel({ ...other, status: 'DOWN' })]);
    add('with routes', [aTunnel(), aTunnel({ ...other, acceptedRouteCount: 2 })]);
    add('degraded', [aTunnel({ acceptedRouteCount: 1 }), aTunnel({ ...other, status: 'DOWN' })]);
    add('down', [aTunnel({ status: 'DOWN' })]);
    add('static', [aTunnel(), aTunnel(other)], { staticRoutesOnly: true });
    add('not counted', [aTunnel(), aTunnel({ ...other, acceptedRouteCount: undefined })]);
    add('pending', [aTunnel()], { state: 'pending' });
    const world = await World.start({ network });

    await world.sweep(VPN_ONLY);

    expect(statuses(world)).toEqual({
      'without': 'NO_ROUTES', 'without, and a tunnel down': 'NO_ROUTES', 'with routes': 'UP', 'degraded': 'DEGRADED',
      'down': 'DOWN', 'static': 'UP', 'not counted': 'UP', 'pending': 'PENDING',
    });
    expect(counts(world)).toEqual({
      VpnConnections: 8, VpnConnectionsDown: 1, VpnConnectionsDegraded: 1, VpnConnectionsWithoutRoutes: 2,
      ScanErrors: 0,
    });
  });

  test.each(['many', '', ' ', '0x'])('is not reported for a count that is not a number: "%s"', async acceptedRouteCount => {
    const network = new Network();
    network.addVpnConnection({ tags: { Name: 'garbled' }, telemetry: [aTunnel()] });
    const world = await World.start({ network });
    const garbled: Distortion = answer => {
      const [connection] = answer.vpnConnectionSet as unknown as Array<Record<string, unknown>>;
      const vgwTelemetry = (connection.vgwTelemetry as object[]).map(tunnel => ({ ...tunnel, acceptedRouteCount }));
      return { ...answer, vpnConnectionSet: [{ ...connection, vgwTelemetry }] } as typeof answer;
    };
    world.ec2.distort('DescribeVpnConnections', garbled);

    await world.sweep(VPN_ONLY);

    expect(statuses(world)).toEqual({ garbled: 'UP' });
    expect(counts(world)).toMatchObject({ VpnConnections: 1, VpnConnectionsWithoutRoutes: 0 });
  });

  test('is not reported if EC2 does not say how the connection is routed', async () => {
    const network = new Network();
    network.addVpnConnection({ tags: { Name: 'unsaid' }, telemetry: [aTunnel()] });
    const world = await World.start({ network });
    world.ec2.distort('DescribeVpnConnections', answer => {
      const [connection] = answer.vpnConnectionSet as unknown as Array<Record<string, unknown>>;
      return { ...answer, vpnConnectionSet: [{ ...connection, options: undefined }] } as typeof answer;
    });

    await world.sweep(VPN_ONLY);

    expect(statuses(world)).toEqual({ unsaid: 'UP' });
  });

  test('is reported once when the routes are lost, and once when they are back', async () => {
    const network = new Network();
    const connection = network.addVpnConnection({ telemetry: [aTunnel({ acceptedRouteCount: 3 })] });
    const world = await World.start({ network });
    for (const acceptedRouteCount of [3, 0, 0]) {
      Object.assign(connection, { telemetry: [aTunnel({ acceptedRouteCount })] });
      await world.sweep(VPN_ONLY);
    }
    expect(world.ec2.messages[0].message).toContain(
      `VPN connection ${connection.vpnConnectionId} is NO_ROUTES (a tunnel is up, but no route is accepted over BGP), was UP. Tunnels: 192.0.2.1 UP (0 BGP ROUTES)`);
    expect(told(world)).toEqual({
      events: [['VPN Connection State Changed', 'UP', 'NO_ROUTES']], subjects: ['1 VPN change in Test/Hygiene'],
    });
    Object.assign(connection, { telemetry: [aTunnel({ acceptedRouteCount: 1 })] });
    await world.sweep(VPN_ONLY);
    expect(told(world).events).toEqual([['VPN Connection State Changed', 'NO_ROUTES', 'UP']]);
  });

  test('is in the answer to CloudFormation', async () => {
    const network = new Network();
    network.addVpnConnection({ telemetry: [aTunnel()] });
    const world = await World.start({ network });
    const { Data } = (await world.deploy('Create', { staleRules: 'ignore' })).body;
    expect(Data).toMatchObject({ VpnConnectionsWithoutRoutes: '1', VpnConnectionsDegraded: '0', TunnelFlaps: '0' });
  });
});

describe('a tunnel that flaps', () => {
  const NOW = Math.floor(Date.now() / 1000) * 1000;
  const changed = (ago: number, overrides: Partial<Telemetry> = {}): Telemetry =>
    aTunnel({ acceptedRouteCount: 1, lastStatusChange: new Date(NOW - ago), ...overrides });

  /** Returns a world in which one sweep has run, and the tunnels last changed hours ago. */
  async function sweptOnce(): Promise<{ world: World; connection: VpnConnection; second: Telemetry }> {
    const network = new Network();
    const second = changed(5 * HOUR, { outsideIpAddress: '192.0.2.2' });
    const connection = network.addVpnConnection({ telemetry: [changed(3 * HOUR), second] });
    const world = await World.start({ network });
    await world.sweep(VPN_ONLY);
    return { world, connection, second };
  }

  const flaps = (world: World, { vpnConnectionId }: VpnConnection): Array<number | undefined> =>
    [world.aggregate('TunnelFlaps'), ownSeries(world, 'TunnelFlaps', vpnConnectionId)];

  test('is counted once by each sweep that finds it, and named in the log; nothing else is reported', async () => {
    const { world, connection, second } = await sweptOnce();
    // The connection says nothing yet, so it has no series.
    expect(flaps(world, connection)).toEqual([0, undefined]);
    connection.telemetry = [changed(2 * HOUR), second];
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([1, 1]);
    expect(world.logged('VpnConnection').at(-1)).toMatchObject({
      level: 'INFO', status: 'UP', flappedTunnels: ['192.0.2.1'],
      message: `VPN connection ${connection.vpnConnectionId} is UP. Flapped since the previous sweep: 192.0.2.1`,
    });
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([0, 0]);
    connection.telemetry = [changed(HOUR), { ...changed(HOUR), outsideIpAddress: '192.0.2.2' }];
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([2, 2]);
    expect(told(world)).toEqual({ events: [], subjects: [] });
  });

  test.each<[name: string, tunnel: Telemetry]>([
    ['its status differs', changed(HOUR, { status: 'DOWN' })],
    ['its message differs, and the time is the same', changed(3 * HOUR, { statusMessage: 'IPSEC IS UP' })],
    ['the time is not known', changed(HOUR, { lastStatusChange: undefined })],
    ['the time goes back', changed(4 * HOUR)],
    ['the time has not come yet', changed(-3 * HOUR)],
    ['it is another tunnel', changed(HOUR, { outsideIpAddress: '192.0.2.9' })],
  ])('is not found if %s', async (_, tunnel) => {
    const { world, connection, second } = await sweptOnce();
    connection.telemetry = [tunnel, second];
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([0, undefined]);
    expect(world.logged('VpnConnection').at(-1)).not.toHaveProperty('flappedTunnels');
  });

  test('is counted by only one of two simultaneous sweeps', async () => {
    const { world, connection, second } = await sweptOnce();
    connection.telemetry = [changed(HOUR), second];
    world.ec2.metrics.length = 0;
    const first = world.sweep(VPN_ONLY);
    const other = await world.startAnother();
    await Promise.all([first, world.sweepIn(other, VPN_ONLY)]);
    const counted = world.ec2.metrics.filter(({ name, dimensions }) =>
      name === 'TunnelFlaps' && Object.keys(dimensions).length === 1).map(({ value }) => value);
    expect(counted.sort()).toEqual([0, 1]);
  });

  test('is not counted as 0 if the ledger could not be read', async () => {
    const { world, connection, second } = await sweptOnce();
    connection.telemetry = [changed(HOUR), second];
    world.ec2.metrics.length = 0;
    world.dynamoDb.fault({ action: 'Query', kind: 'error', code: 'AccessDeniedException', status: 400 });
    await world.sweep(VPN_ONLY);
    expect(world.aggregate('TunnelsUp')).toBe(2);
    expect(flaps(world, connection)).toEqual([undefined, undefined]);
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
  });

  test('is found in an item of an earlier version only after a sweep has added the time', async () => {
    const { world, connection, second } = await sweptOnce();
    const [item] = (await world.dynamoDb.items()).filter(({ id }) => id === connection.vpnConnectionId);
    const entry = JSON.parse(String(item.connection)) as { tunnels: object[] };
    const tunnels = entry.tunnels.map(tunnel => ({ ...tunnel, lastStatusChange: undefined }));
    await world.dynamoDb.put({ ...item, connection: JSON.stringify({ ...entry, tunnels }) });
    connection.telemetry = [changed(2 * HOUR), second];
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([0, undefined]);
    connection.telemetry = [changed(HOUR), second];
    await world.sweep(VPN_ONLY);
    expect(flaps(world, connection)).toEqual([1, 1]);
  });
});

describe('a connection that is pending', () => {
  /** Returns a world in which one sweep has run, so many days ago. */
  async function sweptBefore(days: number): Promise<{ world: World; connection: VpnConnection }> {
    const network = new Network();
    const connection = network.addVpnConnection({ state: 'pending', tags: { Name: 'Berlin' } });
    const world = await World.start({ network, clockOffsetMillis: -days * DAY });
    await world.sweep(VPN_ONLY);
    await world.startAnother();
    return { world, connection };
  }

  test('for longer than a day is reported once, in the log and in a message, without an event', async () => {
    const { world, connection } = await sweptBefore(2);
    const { vpnConnectionId } = connection;
    for (let sweeps = 0; sweeps < 3; sweeps++) await world.sweep(VPN_ONLY);
    const message = `VPN connection ${vpnConnectionId} (Berlin) has been PENDING for longer than a day, since `;
    expect(world.logged('VpnConnectionPending')).toEqual([
      expect.objectContaining({ level: 'WARN', vpnConnectionId, name: 'Berlin', message: expect.stringContaining(message) as string }),
    ]);
    expect(world.ec2.messages.map(({ message: text }) => text)).toEqual([expect.stringContaining(`\n- ${message}`)]);
    expect(told(world)).toEqual({ events: [], subjects: ['1 pending VPN connection in Test/Hygiene'] });

    connection.state = 'available';
    connection.telemetry = [aTunnel({ acceptedRouteCount: 1 })];
    await world.sweep(VPN_ONLY);
    expect(told(world).events).toEqual([['VPN Connection State Changed', 'PENDING', 'UP']]);
  });

  test('for less than a day is not reported', async () => {
    const { world } = await sweptBefore(0.9);
    await world.sweep(VPN_ONLY);
    expect(world.logged('VpnConnectionPending')).toEqual([]);
    expect(told(world)).toEqual({ events: [], subjects: [] });
  });

  test('for longer than a day is reported by only one of two simultaneous sweeps', async () => {
    const { world } = await sweptBefore(2);
    const { lambda } = world;
    const another = await world.startAnother();
    await Promise.all([lambda, another].map(each => world.sweepIn(each, VPN_ONLY)));
    expect(world.logged('VpnConnectionPending')).toHaveLength(1);
    expect(told(world).subjects).toHaveLength(1);
  });

  test('for longer than a day is reported in the log if there is no topic', async () => {
    const { world } = await sweptBefore(2);
    await world.sweep({ staleRules: 'ignore' });
    expect(world.logged('VpnConnectionPending')).toHaveLength(1);
    expect(told(world)).toEqual({ events: [], subjects: [] });
    expect(world.aggregate('DeliveriesFailed')).toBe(0);
  });
});

describe('the metrics of a connection that has an alarm of its own', () => {
  const MISSING = 'vpn-0ffffffffffffffff';

  test('count 0 tunnels up when it is down, is deleted or never existed', async () => {
    const network = new Network();
    const add = (state: VpnConnection['state'], status: string): string =>
      network.addVpnConnection({ state, telemetry: [aTunnel({ status, acceptedRouteCount: 1 })] }).vpnConnectionId;
    const [up, down, deleted] = [add('available', 'UP'), add('available', 'DOWN'), add('deleted', 'DOWN')];
    const world = await World.start({ network });
    await world.sweep({ ...VPN_ONLY, vpnConnections: { kind: 'withIds', ids: [up, down, deleted, MISSING] } });
    expect([up, down, deleted, MISSING].map(id => ownSeries(world, 'TunnelsUp', id))).toEqual([1, 0, 0, 0]);
  });

  test('have no datum while it is being created, without telemetry, or while EC2 does not respond', async () => {
    const network = new Network();
    const pending = network.addVpnConnection({ state: 'pending', telemetry: [aTunnel({ status: 'DOWN' })] });
    const dark = network.addVpnConnection({ telemetry: [] });
    const doubtful = network.addVpnConnection({ telemetry: [aTunnel({ status: 'DOWN' }), aTunnel({ status: undefined })] });
    const ids = [pending, dark, doubtful].map(({ vpnConnectionId }) => vpnConnectionId);
    const world = await World.start({ network });
    const named = { ...VPN_ONLY, vpnConnections: { kind: 'withIds', ids: [...ids, MISSING] } };
    await world.sweep(named);
    expect(ids.map(id => ownSeries(world, 'TunnelsUp', id))).toEqual([undefined, undefined, undefined]);
    expect(ownSeries(world, 'TunnelsUp', MISSING)).toBe(0);

    world.ec2.metrics.length = 0;
    world.ec2.deny('DescribeVpnConnections');
    await world.sweep(named);
    expect(ownSeries(world, 'TunnelsUp', MISSING)).toBeUndefined();
  });
});
