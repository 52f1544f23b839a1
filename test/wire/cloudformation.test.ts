/** Tests the shipped bundle as a custom resource. CloudFormation gets a response in every case. */
import { configuration, DENIED_MILLIS, networkWithStaleRules, World } from './world';
import { Metric } from '../../src/contract/names';
import { customResourceProperties } from '../support/deployment';

describe('CloudFormation', () => {
  test.concurrent('is answered with counts after Create', async () => {
    const { network } = networkWithStaleRules(1, 2);
    await using world = await World.start({ network });

    const answer = await world.deploy('Create', { staleRules: 'revoke' });

    expect(answer).toMatchObject({ method: 'PUT', contentType: '' });
    expect(answer.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'NetworkHygieneSweep', LogicalResourceId: 'NetworkHygieneSweep' });
    expect(answer.body.Data).toMatchObject({ StaleIngressRules: '2', IngressRulesRevoked: '2', ScanErrors: '0' });
    expect(answer.bytes).toBeLessThan(4096);
  });

  test.concurrent('is answered the same physical id after Update and Delete, and Delete calls nothing', async () => {
    await using world = await World.start();
    const update = await world.deploy('Update');
    const calls = world.ec2.calls.length;
    const remove = await world.deployWith('Delete', { Configuration: 'garbage of an older version' });

    expect([update.body.PhysicalResourceId, remove.body.PhysicalResourceId]).toEqual(['NetworkHygieneSweep', 'NetworkHygieneSweep']);
    expect(remove.body.Status).toBe('SUCCESS');
    expect(world.ec2.calls).toHaveLength(calls);
  });

  test.concurrent.each([
    ['answers 500', { kind: 'error' as const }],
    ['is denied', { kind: 'error' as const, code: 'UnauthorizedOperation', status: 403, message: `not allowed ${'x'.repeat(6000)}` }],
    ['drops the connection', { kind: 'drop-socket' as const }],
    ['is throttled', { kind: 'throttle' as const }],
  ])('is answered FAILED in fewer than 4,096 bytes when every call to AWS %s', async (_, fault) => {
    await using world = await World.start();
    world.ec2.fault({ action: '*', ...fault });

    const answer = await world.deploy('Create', { staleRules: 'revoke' }, DENIED_MILLIS * 2);

    expect(answer.body.Status).toBe('FAILED');
    expect(answer.body.Reason).toBeTruthy();
    expect(answer.bytes).toBeLessThan(4096);
  }, 60_000);

  test.concurrent('is answered before the function runs out of time when AWS does not answer', async () => {
    await using world = await World.start();
    world.ec2.fault({ action: '*', kind: 'hang' });

    const answer = await world.deploy('Create', {}, 3000);

    expect(answer.body.Status).toBe('FAILED');
  });

  test.concurrent('is answered at the second try when the bucket fails once', async () => {
    await using world = await World.start();
    world.bucket.failures = [503];

    expect((await world.deploy('Create')).body.Status).toBe('SUCCESS');
  });

  test.concurrent('is told which permission is missing', async () => {
    const { network } = networkWithStaleRules(1, 1);
    await using world = await World.start({ network });
    const before = network.snapshot();
    world.ec2.deny('RevokeSecurityGroupIngress');

    const answer = await world.deploy('Create', { staleRules: 'revoke' }, DENIED_MILLIS);

    expect(answer.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ec2:RevokeSecurityGroupIngress') });
    expect(network.snapshot()).toEqual(before);
  }, 30_000);

  test.concurrent('waits for IAM, which may know a permission only 15 seconds after the role is made', async () => {
    const { network } = networkWithStaleRules(1, 1);
    await using world = await World.start({ network });
    const from = Date.now();
    world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'error', code: 'UnauthorizedOperation', status: 403, when: () => Date.now() - from < 15_000 });

    const answer = await world.deploy('Create', { staleRules: 'revoke' }, 120_000);

    expect(answer.body).toMatchObject({ Status: 'SUCCESS', Data: { IngressRulesRevoked: '1' } });
  });

  test.concurrent.each([
    ['a version of the contract that it does not know', JSON.stringify({ version: 1, staleRules: 'revoke' }), /version: got 1/],
    ['a configuration that is no JSON', '{', /not JSON/],
    ['a bad value', JSON.stringify({ version: 3, hygiene: 'H', metricNamespace: 'N', eventBus: 'default', resourceMetrics: true, dryRun: 'false' }), /dryRun: got "false"/],
  ])('is answered FAILED for %s, and nothing is called', async (_, text, reason) => {
    const { network } = networkWithStaleRules(1, 1);
    await using world = await World.start({ network });

    const answer = await world.deployWith('Update', { ...customResourceProperties(configuration()), Configuration: text });

    expect(answer.body.Status).toBe('FAILED');
    expect(answer.body.Reason).toMatch(reason);
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });

  test.concurrent('is answered SUCCESS when the first group is exempt, where the permission to revoke is denied on purpose', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const [exempt] = network.groupsOf([...network.vpcs.keys()][0]);
    exempt.tags['network-hygiene:exempt'] = '';
    await using world = await World.start({ network });
    world.ec2.deny('RevokeSecurityGroupIngress', { groupId: exempt.groupId });

    expect((await world.deploy('Create', { staleRules: 'revoke' })).body.Status).toBe('SUCCESS');
    expect(world.aggregate('IngressRulesRevoked')).toBe(2);
  });

  test.concurrent('is told that metrics may not be published before anything is revoked', async () => {
    const { network } = networkWithStaleRules(1, 1);
    await using world = await World.start({ network });
    const before = network.snapshot();
    world.ec2.deny('PutMetricData');

    const answer = await world.deploy('Create', { staleRules: 'revoke' }, DENIED_MILLIS);

    expect(answer.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('cloudwatch:PutMetricData') });
    expect(network.snapshot()).toEqual(before);
  });

  test.concurrent('is answered when a request says no type', async () => {
    await using world = await World.start();

    await world.lambda.invoke({ ResponseURL: world.bucket.url, StackId: 's', RequestId: 'r', LogicalResourceId: 'l', ResourceProperties: {} });

    expect(world.bucket.received.at(-1)?.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('RequestType') });
  });

  test.concurrent('knows every attribute, even those without a value', async () => {
    await using world = await World.start();

    const { Data } = (await world.deploy('Create', { staleRules: 'ignore' })).body;

    expect(Data).toMatchObject({ VpnConnections: '0', StaleIngressRules: 'unknown', ScanErrors: '0' });
    const facts = ['ChangeTrigger', 'Forecast', 'Pause', 'SecurityHub'];
    expect(Object.keys(Data ?? {}).sort()).toEqual([...Object.values(Metric), ...facts].sort());
  });
});
