/**
 * Tests the shipped bundle over the wire when CloudWatch refuses some metrics. Only those are lost, and they are named
 * and counted.
 */
import { networkWithStaleRules, stopWorlds, World } from './world';
import { Network, type Parameters } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const REPORT = { staleRules: 'report' };

/** With this factor, the sweep is as fast as the endpoint. */
const FAST = { requestRateFactor: 1000 };

interface Sent {
  readonly MetricName: string;
  readonly Dimensions: ReadonlyArray<{ readonly Name: string; readonly Value: string }>;
}

/** Makes CloudWatch refuse each call that contains certain data. */
function refuse(world: World, isBad: (datum: Sent) => boolean, message = 'The value is invalid.'): void {
  const when = ({ MetricData: list }: Parameters): boolean => (list as unknown as Sent[]).some(isBad);
  world.ec2.fault({ action: 'PutMetricData', kind: 'error', code: 'InvalidParameterValueException', message, when });
}

const isOf = (dimension: string, value: string) => ({ Dimensions: list }: Sent): boolean =>
  list.some(({ Name, Value }) => Name === dimension && Value === value);

/** Each datum except for the count of failed deliveries, which comes last. */
const published = ({ ec2: { metrics } }: World): string[] => metrics
  .flatMap(({ name, dimensions }) => name === 'DeliveriesFailed' ? [] : JSON.stringify([name, dimensions])).sort();

const counts = ({ ec2: { metrics } }: World): number[] =>
  metrics.filter(({ name }) => name === 'DeliveriesFailed').map(({ value }) => value);

/** Returns the lines about failed deliveries. Node.js may print a warning among them when many calls wait at once. */
function named({ lambda }: World): Array<Record<string, unknown> & { error: { code: string; message: string } }> {
  const lines = lambda.printed.split('\n').filter(line => line.includes('"event":"DeliveryFailed"'));
  return lines.map(line => JSON.parse(line) as ReturnType<typeof named>[number]);
}

/** Adds a VPN connection with two tunnels, with three routes each. */
function addVpnConnection(network: Network, ...outsideIpAddresses: string[]): Network {
  const up = { status: 'UP', acceptedRouteCount: 3 };
  network.addVpnConnection({ telemetry: outsideIpAddresses.map(outsideIpAddress => ({ outsideIpAddress, ...up })) });
  return network;
}

/** Returns what the sweep publishes when nothing is refused. */
async function inFull(network: () => Network, props: Record<string, unknown>): Promise<string[]> {
  const world = await World.start({ network: network() });
  await world.sweep(props);
  return published(world);
}

describe('a datum that CloudWatch refuses', () => {
  test.each([
    ['with something to tell', REPORT, 4],
    ['with nothing to tell', { staleRules: 'ignore' }, 0],
  ])('is lost alone, in a sweep %s', async (_, props, events) => {
    const network = (): Network => addVpnConnection(networkWithStaleRules(4, 1).network, '192.0.2.1', '192.0.2.2');
    const whole = await inFull(network, props);
    const world = await World.start({ network: network() });
    const isOfTunnel = isOf('TunnelOutsideIpAddress', '192.0.2.2');
    refuse(world, datum => datum.MetricName === 'AcceptedRoutes' && isOfTunnel(datum));

    const { error, result } = await world.sweep(props);

    expect(error).toBeUndefined();
    const lost = whole.filter(key => key.includes('AcceptedRoutes') && key.includes('192.0.2.2'));
    expect(lost).toHaveLength(1);
    expect(published(world)).toEqual(whole.filter(key => !lost.includes(key)));
    expect(world.aggregate('Sweeps')).toBe(1);
    expect(counts(world)).toEqual([1]);
    expect(result).toMatchObject({ DeliveriesFailed: 1 });
    const dimensions = { Hygiene: 'Test/Hygiene', TunnelOutsideIpAddress: '192.0.2.2' };
    const refusal = { code: 'InvalidParameterValueException', message: 'The value is invalid.' };
    expect(named(world)).toMatchObject([{ metricName: 'AcceptedRoutes', dimensions, value: '3', error: refusal }]);
    expect(world.ec2.events).toHaveLength(events);
  });

  test('for what CloudWatch documents is not even sent', async () => {
    const world = await World.start({ network: addVpnConnection(new Network(), '192.0.2.1', 'tunnel-ü') });

    const { error } = await world.sweep({ staleRules: 'ignore' });

    expect(error).toBeUndefined();
    expect(world.ec2.calls.filter(({ action }) => action === 'PutMetricData')).toMatchObject([{ outcome: 'OK' }]);
    expect(['Sweeps', 'AcceptedRoutes', 'DeliveriesFailed'].map(name => world.aggregate(name))).toEqual([1, 6, 1]);
    const message = 'The value of the dimension TunnelOutsideIpAddress has characters other than printable ASCII';
    expect(named(world)).toMatchObject([{ metricName: 'AcceptedRoutes', error: { code: 'InvalidDatum', message } }]);
  });

  test('keeps back none of the data of later calls', async () => {
    const world = await World.start({ network: networkWithStaleRules(350, 1).network });
    const [partner, refused, ...others] = [...world.network.vpcs.keys()];
    refuse(world, isOf('VpcId', refused));

    const { error } = await world.sweep({ ...REPORT, ...FAST }, 60_000);

    expect(error).toBeUndefined();
    const stale = world.ec2.metrics.filter(({ name }) => name === 'StaleIngressRules');
    expect(stale.flatMap(({ dimensions }) => dimensions.VpcId ?? []).sort()).toEqual([partner, ...others].sort());
    expect(new Set(published(world)).size).toBe(published(world).length);
    expect(counts(world)).toEqual([3]);
    expect(named(world)).toHaveLength(3);
  }, 90_000);
});

test('the heartbeat is there, whatever else CloudWatch refuses, and no call is spent without end', async () => {
  const world = await World.start({ network: networkWithStaleRules(100, 1).network });
  refuse(world, ({ MetricName: name }) => name !== 'Sweeps' && name !== 'DeliveriesFailed');

  const { error } = await world.sweep({ ...REPORT, ...FAST }, 60_000);

  expect(error).toBeUndefined();
  expect(world.ec2.metrics.map(({ name }) => name)).toEqual(['Sweeps', 'DeliveriesFailed']);
  expect(counts(world)[0]).toBeGreaterThan(300);
  expect(named(world)).toHaveLength(100);
  // One call that is halved, a hundred more, and one for the count of failed deliveries.
  expect(world.ec2.callsByAction().PutMetricData).toBeLessThanOrEqual(102);
}, 90_000);

test('a sweep of which CloudWatch takes nothing fails, once it has done and told all else', async () => {
  const { network, stale } = networkWithStaleRules(1, 2);
  const world = await World.start({ network });
  refuse(world, () => true, 'The namespace is invalid.');

  const { error } = await world.sweep({ staleRules: 'revoke' });

  expect(error?.message).toContain('failed with InvalidParameterValueException: The namespace is invalid.');
  expect(world.ec2.metrics).toEqual([]);
  expect(world.gone(stale)).toHaveLength(2);
  expect(world.ec2.events.filter(({ detailType }) => detailType === 'Ingress Rule Revoked')).toHaveLength(2);
});

test('a deployment whose heartbeat CloudWatch refuses fails in its sweep, and not in the preflight', async () => {
  const world = await World.start();
  refuse(world, () => true);

  const { body } = await world.deploy('Create', REPORT);

  const reason = expect.stringContaining('InvalidParameterValueException') as string;
  expect(body).toMatchObject({ Status: 'FAILED', Reason: reason });
  expect(world.logged('Preflight')).toEqual([expect.objectContaining({ action: 'cloudwatch:PutMetricData' })]);
});
