/** Tests the shipped bundle over the wire when things go wrong. Failures are counted, and everything else is done. */
import { networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { SIGNATURE } from '../support/cloudformation';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

/** Secrets that EC2's responses contain, and that must not appear anywhere else. */
const SECRETS = [SIGNATURE, 'pre-shared-key', 'pre_shared_key', 'customer gateway secret', 'secret-access-key-for-tests', 'session-token-for-tests'];

function everythingThatLeft(world: World): string {
  return JSON.stringify([world.lambda.printed, world.ec2.metrics, world.bucket.received]);
}

describe('one VPC that cannot be looked at', () => {
  test.each([
    ['throttled', 'RequestLimitExceeded', (world: World, vpcId: string) => world.ec2.fault({ action: 'DescribeStaleSecurityGroups', when: ({ VpcId }) => VpcId === vpcId, kind: 'throttle' })],
    ['denied', 'UnauthorizedOperation', (world: World, vpcId: string) => world.ec2.deny('DescribeStaleSecurityGroups', { vpcId })],
  ])('is counted when it is %s, and the rest is swept', async (_, code, harm) => {
    const { network } = networkWithStaleRules(4, 2);
    const [, harmed] = [...network.vpcs.keys()];
    const world = await World.start({ network });
    harm(world, harmed);

    const { error } = await world.sweep({ staleRules: 'revoke' });

    expect(error).toBeUndefined();
    expect(world.aggregate('ScanErrors')).toBe(1);
    expect(world.aggregate('VpcsScanned')).toBe(4);
    expect(world.aggregate('IngressRulesRevoked')).toBe(6);
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ vpcId: harmed, error: expect.objectContaining({ code }) })]);
    expect(world.ec2.metrics.filter(({ dimensions }) => dimensions.VpcId === harmed)).toEqual([]);
  });

  test('is isolated from its neighbors when groups are read for many VPCs at once', async () => {
    const network = new Network();
    const vpcIds = Array.from({ length: 9 }, () => network.addVpc().vpcId);
    for (const vpcId of vpcIds) network.addIngress(network.addSecurityGroup({ vpcId }).groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    const world = await World.start({ network });
    world.ec2.deny('DescribeSecurityGroups', { vpcId: vpcIds[4] });

    await world.sweep({ staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE] });

    expect(world.aggregate('IngressRulesRevoked')).toBe(8);
    expect(world.aggregate('ScanErrors')).toBe(1);
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ vpcId: vpcIds[4] })]);
  });

  test('is one that is named and does not exist', async () => {
    const network = new Network();
    const { vpcId } = network.addVpc();
    const world = await World.start({ network });

    await world.sweep({ vpcIds: [vpcId, 'vpc-0ffffffffffffffff'] });

    expect([world.aggregate('ScanErrors'), world.aggregate('VpcsScanned')]).toEqual([1, 1]);
  });
});

describe('throttling', () => {
  test('gets through when every third call is throttled', async () => {
    const { network } = networkWithStaleRules(3, 2);
    const world = await World.start({ network });
    world.ec2.fault({ action: 'DescribeStaleSecurityGroups', kind: 'throttle', every: 3 });
    world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'throttle', every: 3 });

    await world.sweep({ staleRules: 'revoke' });

    expect(world.aggregate('ScanErrors')).toBe(0);
    expect(world.aggregate('IngressRulesRevoked')).toBe(6);
  });
});

describe('secrets', () => {
  test('do not leave the process, whether all goes well or the answer to CloudFormation fails', async () => {
    const network = new Network();
    network.addVpnConnection({ customerGatewayConfiguration: '<customer gateway secret>', telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }, { outsideIpAddress: '192.0.2.2', status: 'DOWN' }] });
    network.addVpnConnection({ telemetry: [] });
    const world = await World.start({ network });

    await world.deploy('Create');
    await world.sweep();
    world.ec2.fault({ action: 'DescribeVpnConnections', kind: 'drop-socket', times: 4 });
    await world.sweep();
    world.bucket.failures = Array<number>(5).fill(403);
    await world.deploy('Update');
    world.ec2.fault({ action: '*', kind: 'error' });
    await world.deploy('Update', {}, 30_000);

    for (const secret of SECRETS) expect(everythingThatLeft(world)).not.toContain(secret);
  }, 60_000);
});

describe('events that it does not know', () => {
  test.each([
    ['null', null], ['a text', 'sweep'], ['a number', 7], ['a list', []], ['an empty object', {}],
    ['an EventBridge event', { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} }],
    ['a configuration of its own', { version: 3, staleRules: 'revoke' }],
    ['a configuration of an unknown version', { version: 99, staleRules: 'revoke' }],
    ['a sweep with a configuration beside it', { sweep: {}, dryRun: false }],
    ['a sweep with a configuration in it', { sweep: { dryRun: false } }],
    ['a request without a URL', { RequestType: 'Create', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' }],
    ['a request with a file URL', { RequestType: 'Create', ResponseURL: 'file:///etc/passwd', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' }],
  ])('fails for %s and calls nothing', async (_, event) => {
    const world = await World.start();

    const { error } = await world.lambda.invoke(event);

    expect(error?.message).toBeTruthy();
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });

  test('fails with a stack trace that can be read', async () => {
    const world = await World.start();

    const { error } = await world.lambda.invoke({});

    expect(error?.stack).toMatch(/at parseInvocation \(.*index\.mjs:\d+:\d+\)/);
    const [first, ...lines] = error?.stack?.split('\n') ?? [];
    expect(first).toBe(`Error: ${error?.message}`);
    expect(lines.every(line => line.length < 400)).toBe(true);
  });
});
