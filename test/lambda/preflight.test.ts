import { preflight } from '../../lambda/preflight';
import type { DecodedConfiguration, FlaggedIngressRule } from '../../src/private/contract';
import { awsError } from '../support/aws-error';
import { aDecodedConfiguration, aGroup } from '../support/builders';
import { MemoryNetwork } from '../support/memory-network';
import { MemoryClock, MemoryLog, MemoryMetrics } from '../support/recorders';

const READS_OF_RULES = [['DescribeVpcs'], ['DescribeSecurityGroups'], ['DescribeSecurityGroupRules']];

const flagged = (groupId?: string): FlaggedIngressRule => ({ name: 'flaggedIngressRules[0]', match: 'EXACT', groupId, traffic: [] });

const revoking = aDecodedConfiguration({ staleRules: 'revoke' });

function aWorld(): { network: MemoryNetwork; clock: MemoryClock; memory: MemoryLog } {
  const groups = [aGroup({ groupId: 'sg-1', vpcId: 'vpc-1' }), aGroup({ groupId: 'sg-2', vpcId: 'vpc-2' })];
  return { network: new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }, { vpcId: 'vpc-2' }], groups }), clock: new MemoryClock(), memory: new MemoryLog() };
}

async function run(configuration: DecodedConfiguration, world = aWorld()): Promise<ReturnType<typeof aWorld>> {
  await preflight(configuration, { network: world.network, metrics: new MemoryMetrics(), clock: world.clock, log: world.memory.log });
  return world;
}

async function tried(configuration: DecodedConfiguration): Promise<Array<readonly string[]>> {
  return (await run(configuration)).network.idsOf('preflight');
}

describe('tries exactly the actions that the configuration needs', () => {
  test.each([
    ['nothing', aDecodedConfiguration(), []],
    ['VPN connections', aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), [['DescribeVpnConnections']]],
    ['to report stale rules', aDecodedConfiguration({ staleRules: 'report' }), [...READS_OF_RULES, ['DescribeStaleSecurityGroups', 'vpc-1']]],
    ['to revoke stale rules', revoking, [...READS_OF_RULES, ['DescribeStaleSecurityGroups', 'vpc-1'], ['RevokeSecurityGroupIngress', 'sg-1']]],
    ['to revoke stale rules, as a dry run', { ...revoking, dryRun: true }, [...READS_OF_RULES, ['DescribeStaleSecurityGroups', 'vpc-1']]],
    ['to revoke what is flagged in any group', aDecodedConfiguration({ flaggedIngressRules: [flagged()] }), [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-1']]],
    ['to revoke what is flagged in a named group', aDecodedConfiguration({ flaggedIngressRules: [flagged('sg-2')] }), [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-2']]],
    ['to report what is flagged', aDecodedConfiguration({ flaggedIngressRules: [flagged('sg-2')], dryRun: true }), READS_OF_RULES],
    ['stale rules of one VPC', aDecodedConfiguration({ staleRules: 'report', vpcIds: ['vpc-2'] }), [...READS_OF_RULES, ['DescribeStaleSecurityGroups', 'vpc-2']]],
  ])('%s', async (_, configuration, actions) => {
    await expect(tried(configuration)).resolves.toEqual(actions);
  });

  test('and changes nothing', async () => {
    const { network } = await run(revoking);
    expect(network.methods.filter(method => method === 'revokeIngress' || method === 'admitRevocations')).toEqual([]);
  });

  test('but not on a VPC or a group where there is none', async () => {
    const network = new MemoryNetwork();
    await run(revoking, { ...aWorld(), network });
    expect(network.idsOf('preflight')).toEqual(READS_OF_RULES);
  });
});

describe('fails when EC2 refuses an action', () => {
  test.each(['DescribeVpcs', 'DescribeSecurityGroups', 'DescribeSecurityGroupRules', 'DescribeStaleSecurityGroups', 'RevokeSecurityGroupIngress'])('and names it: %s', async action => {
    const world = aWorld();
    world.network.on('preflight', { naming: action, throws: awsError('UnauthorizedOperation', 'You are not authorized.', { requestId: 'request-1' }) });
    await expect(run(revoking, world)).rejects.toThrow(new RegExp(`^Preflight: AWS refused ec2:${action} \\(UnauthorizedOperation, request request-1\\): You are not authorized\\.`));
  });

  test('and says what to do', async () => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError('UnauthorizedOperation') });
    await expect(run(revoking, world)).rejects.toThrow(/Allow it to the role of the function, .*service control policy or a permissions boundary/);
  });

  test('and names all that are refused, in one error', async () => {
    const world = aWorld();
    world.network.on('preflight', { throws: awsError('UnauthorizedOperation') });
    await expect(run(aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } }), world))
      .rejects.toThrow(/DescribeVpcs.*DescribeSecurityGroups.*DescribeSecurityGroupRules.*DescribeVpnConnections/);
  });

  test.each(['UnauthorizedOperation', 'AccessDenied', 'AuthFailure', 'OptInRequired', 'OperationNotPermitted', 'ExpiredToken'])('with %s', async code => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError(code) });
    await expect(run(revoking, world)).rejects.toThrow(code);
  });

  test('but shortens what EC2 says, which may be an encoded message of any length', async () => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError('UnauthorizedOperation', 'x'.repeat(10_000)) });
    await expect(run(revoking, world)).rejects.toThrow(/^.{100,1000}$/);
  });
});

describe('a new role, which IAM does not know everywhere yet', () => {
  test.each([1, 2, 3])('passes after %d refusals', async refusals => {
    const world = aWorld();
    for (let call = 1; call <= refusals; call++) world.network.on('preflight', { call, throws: awsError('UnauthorizedOperation') });
    await run(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), world);
    expect(world.network.idsOf('preflight')).toHaveLength(refusals + 1);
    expect(world.clock.slept).toEqual([2000, 4000, 6000].slice(0, refusals));
  });

  test('is given up after four', async () => {
    const world = aWorld();
    world.network.on('preflight', { throws: awsError('UnauthorizedOperation') });
    await expect(run(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), world)).rejects.toThrow('DescribeVpnConnections');
    expect(world.network.idsOf('preflight')).toHaveLength(4);
  });

  test('that is allowed everything waits for nothing', async () => {
    expect((await run(revoking)).clock.slept).toEqual([]);
  });
});

describe('passes, with a warning', () => {
  test.each(['RequestLimitExceeded', 'InternalError', 'TimeoutError', 'InvalidVpcID.NotFound'])('when an attempt proves nothing: %s', async code => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeStaleSecurityGroups', throws: awsError(code) });
    const { network, clock, memory } = await run(revoking, world);
    expect(network.idsOf('preflight').filter(([action]) => action === 'DescribeStaleSecurityGroups')).toHaveLength(1);
    expect(clock.slept).toEqual([]);
    expect(memory.lines).toEqual([expect.objectContaining({ level: 'WARN', message: expect.stringContaining(code) })]);
  });

  test.each(['vpcs', 'securityGroups'] as const)('when it cannot look for what to try on: %s', async method => {
    const world = aWorld();
    world.network.on(method, { throws: awsError('RequestLimitExceeded') });
    const { network, memory } = await run(revoking, world);
    expect(network.idsOf('preflight')).toEqual(READS_OF_RULES);
    expect(memory.lines).toEqual([expect.objectContaining({ level: 'WARN', message: expect.stringContaining('RequestLimitExceeded') })]);
  });
});
