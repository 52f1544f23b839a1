/** The shipped bundle, over the wire, when things go wrong: what failed is counted, what did not is done, and CloudFormation is always answered. */
import { networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { SIGNATURE } from '../support/cloudformation';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

/** What describes hand out and nothing else may. */
const SECRETS = [SIGNATURE, 'pre-shared-key', 'pre_shared_key', 'customer gateway secret', 'secret-access-key-for-tests', 'session-token-for-tests'];

function everythingThatLeft(world: World): string {
  return JSON.stringify([world.lambda.printed, world.ec2.metrics, world.bucket.received]);
}

describe('one VPC that cannot be looked at', () => {
  test.each([
    ['throttled', 'RequestLimitExceeded', (world: World, vpcId: string) => world.ec2.fault({ action: 'DescribeStaleSecurityGroups', when: ({ VpcId }) => VpcId === vpcId, kind: 'throttle' })],
    ['denied', 'UnauthorizedOperation', (world: World, vpcId: string) => world.ec2.deny('DescribeStaleSecurityGroups', { vpcId })],
    ['vanished', 'InvalidVpcID.NotFound', (world: World, vpcId: string) => world.ec2.after('DescribeVpcs', () => world.network.deleteVpc(vpcId))],
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

  test('is told from its neighbours when groups are read for many VPCs at once', async () => {
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

describe('CloudFormation', () => {
  test('is answered with counts after Create', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const world = await World.start({ network });

    const answer = await world.deploy('Create', { staleRules: 'revoke' });

    expect(answer).toMatchObject({ method: 'PUT', contentType: '' });
    expect(answer.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'NetworkHygieneSweep', LogicalResourceId: 'NetworkHygieneSweep' });
    expect(answer.body.Data).toMatchObject({ StaleIngressRules: '2', IngressRulesRevoked: '2', ScanErrors: '0' });
    expect(answer.bytes).toBeLessThan(4096);
  });

  test('is answered the same physical id after Update and Delete, and Delete calls nothing', async () => {
    const world = await World.start();
    const update = await world.deploy('Update');
    const calls = world.ec2.calls.length;
    const remove = await world.deploy('Delete', 'garbage of an older version');

    expect([update.body.PhysicalResourceId, remove.body.PhysicalResourceId]).toEqual(['NetworkHygieneSweep', 'NetworkHygieneSweep']);
    expect(remove.body.Status).toBe('SUCCESS');
    expect(world.ec2.calls).toHaveLength(calls);
  });

  test.each([
    ['answers 500', { kind: 'error' as const }],
    ['is denied', { kind: 'error' as const, code: 'UnauthorizedOperation', status: 403, message: `not allowed ${'x'.repeat(6000)}` }],
    ['drops the connection', { kind: 'drop-socket' as const }],
    ['is throttled', { kind: 'throttle' as const }],
  ])('is answered FAILED in fewer than 4,096 bytes when every call to AWS %s', async (_, fault) => {
    const world = await World.start();
    world.ec2.fault({ action: '*', ...fault });

    const answer = await world.deploy('Create', { staleRules: 'revoke' }, 120_000);

    expect(answer.body.Status).toBe('FAILED');
    expect(answer.body.Reason).toBeTruthy();
    expect(answer.bytes).toBeLessThan(4096);
  }, 60_000);

  test('is answered before the function runs out of time when AWS does not answer', async () => {
    const world = await World.start();
    world.ec2.fault({ action: '*', kind: 'hang' });

    const answer = await world.deploy('Create', {}, 3000);

    expect(answer.body.Status).toBe('FAILED');
  });

  test('is answered at the second try when the bucket fails once', async () => {
    const world = await World.start();
    world.bucket.failures = [503];

    expect((await world.deploy('Create')).body.Status).toBe('SUCCESS');
  });

  test('is told which permission is missing', async () => {
    const { network } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    const before = network.snapshot();
    world.ec2.deny('RevokeSecurityGroupIngress');

    const answer = await world.deploy('Create', { staleRules: 'revoke' });

    expect(answer.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ec2:RevokeSecurityGroupIngress') });
    expect(network.snapshot()).toEqual(before);
  }, 30_000);

  test.each([
    ['a version of the contract that it does not know', JSON.stringify({ version: 2, staleRules: 'revoke' }), /version: got 2/],
    ['a configuration that is no JSON', '{', /not JSON/],
    ['a bad value', JSON.stringify({ version: 1, hygiene: 'H', metricNamespace: 'N', resourceMetrics: true, dryRun: 'false' }), /dryRun: got "false"/],
  ])('is answered FAILED for %s, and nothing is called', async (_, text, reason) => {
    const { network } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });

    const answer = await world.deploy('Update', text);

    expect(answer.body.Status).toBe('FAILED');
    expect(answer.body.Reason).toMatch(reason);
    expect(world.ec2.calls).toEqual([]);
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

describe('events that are none of its own', () => {
  test.each([
    ['null', null], ['a text', 'sweep'], ['a number', 7], ['a list', []], ['an empty object', {}],
    ['an EventBridge event', { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} }],
    ['an unknown version', { version: 99, staleRules: 'revoke' }],
    ['a request without a URL', { RequestType: 'Create', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' }],
    ['a request with a file URL', { RequestType: 'Create', ResponseURL: 'file:///etc/passwd', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' }],
  ])('fails for %s and calls nothing', async (_, event) => {
    const world = await World.start();

    const { error } = await world.lambda.invoke(event);

    expect(error?.message).toBeTruthy();
    expect(world.ec2.calls).toEqual([]);
  });

  test('fails with a stack trace that can be read', async () => {
    const world = await World.start();

    const { error } = await world.lambda.invoke({});

    expect(error?.stack).toMatch(/at parseInvocation \(.*index\.mjs:\d+:\d+\)/);
    expect(error?.stack?.split('\n').every(line => line.length < 400)).toBe(true);
  });
});
