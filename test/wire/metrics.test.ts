/**
 * Tests the shipped bundle over the wire when CloudWatch refuses some metrics. Only those are lost, and they are named
 * and counted.
 */
import { networkWithStaleRules, stopWorlds, World } from './world';
import { killAt } from '../faults/kill';
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

/** Adds a VPN connection with two tunnels that are up. The second one accepts no route, so it has a series. */
function addVpnConnection(network: Network, ...outsideIpAddresses: string[]): Network {
  const up = { status: 'UP', acceptedRouteCount: 3 };
  const [first, second] = outsideIpAddresses.map(outsideIpAddress => ({ outsideIpAddress, ...up }));
  network.addVpnConnection({ telemetry: [first, { ...second, acceptedRouteCount: 0 }] });
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
    expect(named(world)).toMatchObject([{ metricName: 'AcceptedRoutes', dimensions, value: '0', error: refusal }]);
    expect(world.ec2.events).toHaveLength(events);
  });

  test('for what CloudWatch documents is not even sent', async () => {
    const world = await World.start({ network: addVpnConnection(new Network(), '192.0.2.1', 'tunnel-ü') });

    const { error } = await world.sweep({ staleRules: 'ignore' });

    expect(error).toBeUndefined();
    expect(world.ec2.calls.filter(({ action }) => action === 'PutMetricData')).toMatchObject([{ outcome: 'OK' }]);
    expect(['Sweeps', 'AcceptedRoutes', 'DeliveriesFailed'].map(name => world.aggregate(name))).toEqual([1, 3, 1]);
    const message = 'The value of the dimension TunnelOutsideIpAddress has characters other than printable ASCII';
    expect(named(world)).toMatchObject([{ metricName: 'AcceptedRoutes', error: { code: 'InvalidDatum', message } }]);
  });

  test('keeps back none of the data of later calls', async () => {
    const world = await World.start({ network: networkWithStaleRules(520, 1).network });
    // Nothing is wrong in the first VPC.
    const [, refused, ...others] = [...world.network.vpcs.keys()];
    refuse(world, isOf('VpcId', refused));

    const { error } = await world.sweep({ ...REPORT, ...FAST }, 60_000);

    expect(error).toBeUndefined();
    const stale = world.ec2.metrics.filter(({ name }) => name === 'StaleIngressRules');
    expect(stale.flatMap(({ dimensions }) => dimensions.VpcId ?? []).sort()).toEqual([...others].sort());
    expect(new Set(published(world)).size).toBe(published(world).length);
    expect(counts(world)).toEqual([2]);
    expect(named(world)).toHaveLength(2);
  }, 90_000);
});

test('the heartbeat is there, whatever else CloudWatch refuses, and no call is spent without end', async () => {
  const world = await World.start({ network: networkWithStaleRules(100, 1).network });
  refuse(world, ({ MetricName: name }) => name !== 'Sweeps' && name !== 'DeliveriesFailed');

  const { error } = await world.sweep({ ...REPORT, ...FAST }, 60_000);

  expect(error).toBeUndefined();
  expect(world.ec2.metrics.map(({ name }) => name)).toEqual(['Sweeps', 'DeliveriesFailed']);
  expect(counts(world)[0]).toBeGreaterThan(200);
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

describe('a series per resource', () => {
  const HOUR = 3_600_000;
  const own = ({ ec2: { metrics } }: World): string[] => metrics
    .filter(({ dimensions }) => Object.keys(dimensions).length > 1).map(({ name, value }) => `${name}=${value}`).sort();

  /** Returns a world in which a sweep has found a stale rule an hour ago. It heals before the next sweep. */
  async function healed(): Promise<World> {
    const { network, stale: [rule] } = networkWithStaleRules(1, 1);
    const world = await World.start({ network, clockOffsetMillis: -HOUR });
    await world.sweep(REPORT);
    expect(own(world)).toEqual(['RulesKept=1', 'StaleIngressRules=1', 'StaleSecurityGroups=1']);
    network.removeRule(rule.securityGroupRuleId);
    world.ec2.metrics.length = 0;
    await world.startAnother();
    return world;
  }

  const ENDS = ['RulesKept=0', 'StaleIngressRules=0', 'StaleSecurityGroups=0'];

  test('ends once with a 0, and from then on there is one read and no write for it', async () => {
    const world = await healed();
    await world.sweep(REPORT);
    expect(own(world)).toEqual(ENDS);
    world.ec2.metrics.length = world.dynamoDb.calls.length = 0;
    await world.sweep(REPORT);
    expect(own(world)).toEqual([]);
    expect(world.aggregate('StaleIngressRules')).toBe(0);
    const about = world.dynamoDb.calls.filter(({ parameters }) => JSON.stringify(parameters).includes('"series"'));
    expect(about.map(({ action }) => action)).toEqual(['GetItem']);
  });

  test('ends again if the sweep that ended it died before it could record that', async () => {
    const world = await healed();
    const isKilled = killAt(world, 'PutMetricData', 1, 'after the effect');
    await world.sweep(REPORT).catch(() => undefined);
    expect(isKilled()).toBe(true);
    expect(own(world)).toEqual(ENDS);
    world.ec2.metrics.length = 0;
    await world.startAnother();
    await world.sweep(REPORT);
    expect(own(world)).toEqual(ENDS);
    world.ec2.metrics.length = 0;
    await world.sweep(REPORT);
    expect(own(world)).toEqual([]);
  });
});
