import { preflight, PROPAGATION_MILLIS } from '../../../lambda/core/preflight';
import type { DecodedConfiguration, FlaggedIngressRule } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aFlaggedIngressRule, aGroup } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryMetrics } from '../../support/recorders';

/** The actions that settling an earlier configuration needs. */
const SETTLING = ['DescribeSecurityGroupRules'];
const READS_OF_RULES = [SETTLING, ['DescribeSecurityGroups'], ['DescribeVpcs']];
const READS_OF_STALE_RULES = [...READS_OF_RULES, ['DescribeSecurityGroupVpcAssociations']];

const flagged = (groupId?: string): FlaggedIngressRule =>
  aFlaggedIngressRule(groupId === undefined ? {} : { groups: { kind: 'named', groupId } });

const taggedAs = (value: string): FlaggedIngressRule =>
  aFlaggedIngressRule({ groups: { kind: 'tagged', key: 'Exposure', values: [value] } });

const revoking = aDecodedConfiguration({ staleRules: 'revoke' });

interface PreflightWorld {
  readonly network: MemoryNetwork;
  readonly ledger: MemoryLedger;
  readonly clock: MemoryClock;
  readonly memory: MemoryLog;
}

function aWorld(): PreflightWorld {
  const groups = [
    aGroup({ groupId: 'sg-1', vpcId: 'vpc-1' }),
    aGroup({ groupId: 'sg-2', vpcId: 'vpc-2', tags: { Exposure: 'private' } }),
  ];
  const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }, { vpcId: 'vpc-2' }], groups });
  return { network, ledger: new MemoryLedger(), clock: new MemoryClock(), memory: new MemoryLog() };
}

async function run(configuration: DecodedConfiguration, world: PreflightWorld = aWorld()): Promise<PreflightWorld> {
  const { network, ledger, clock, memory } = world;
  const preflightUntil = new Date(clock.now().getTime() + PROPAGATION_MILLIS);
  const others = { metrics: new MemoryMetrics(), events: new MemoryEvents() };
  await preflight(configuration, { network, ledger, clock, log: memory.log, preflightUntil, ...others });
  return world;
}

async function tried(configuration: DecodedConfiguration): Promise<Array<readonly string[]>> {
  return (await run(configuration)).network.idsOf('preflight');
}

describe('tries exactly the actions that the configuration needs', () => {
  test.each([
    ['nothing', aDecodedConfiguration(), [SETTLING]],
    ['VPN connections', aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), [SETTLING, ['DescribeVpnConnections']]],
    [
      'to report stale rules',
      aDecodedConfiguration({ staleRules: 'report' }),
      [...READS_OF_STALE_RULES, ['DescribeStaleSecurityGroups', 'vpc-1']],
    ],
    [
      'to revoke stale rules',
      revoking,
      [...READS_OF_STALE_RULES, ['DescribeStaleSecurityGroups', 'vpc-1'], ['RevokeSecurityGroupIngress', 'sg-1']],
    ],
    [
      'to revoke stale rules, as a dry run',
      { ...revoking, dryRun: true },
      [...READS_OF_STALE_RULES, ['DescribeStaleSecurityGroups', 'vpc-1']],
    ],
    [
      'to revoke what is flagged in any group',
      aDecodedConfiguration({ flaggedIngressRules: [flagged()] }),
      [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-1']],
    ],
    [
      'to revoke what is flagged in a named group',
      aDecodedConfiguration({ flaggedIngressRules: [flagged('sg-2')] }),
      [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-2']],
    ],
    [
      'to report what is flagged',
      aDecodedConfiguration({ flaggedIngressRules: [flagged('sg-2')], dryRun: true }),
      READS_OF_RULES,
    ],
    [
      'to revoke nothing, be it as many as none',
      { ...revoking, maxRevocationsPerSweep: 0 },
      [...READS_OF_STALE_RULES, ['DescribeStaleSecurityGroups', 'vpc-1']],
    ],
    [
      'to revoke stale rules, and to restore them',
      { ...revoking, allowRestore: true },
      [
        ...READS_OF_STALE_RULES,
        ['DescribeStaleSecurityGroups', 'vpc-1'],
        ['RevokeSecurityGroupIngress', 'sg-1'],
        ['AuthorizeSecurityGroupIngress', 'sg-1'],
      ],
    ],
    [
      'to restore what was revoked, now that nothing more is',
      { ...revoking, dryRun: true, allowRestore: true },
      [...READS_OF_STALE_RULES, ['DescribeStaleSecurityGroups', 'vpc-1'], ['AuthorizeSecurityGroupIngress', 'sg-1']],
    ],
    [
      'to restore in a named group',
      aDecodedConfiguration({ flaggedIngressRules: [flagged('sg-2')], allowRestore: true }),
      [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-2'], ['AuthorizeSecurityGroupIngress', 'sg-2']],
    ],
    [
      'to revoke in groups with a tag, and not to try in others',
      aDecodedConfiguration({ flaggedIngressRules: [taggedAs('private')] }),
      [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-2']],
    ],
    [
      'to revoke in groups with a tag that no group has, which proves nothing',
      aDecodedConfiguration({ flaggedIngressRules: [taggedAs('Private')] }),
      READS_OF_RULES,
    ],
    [
      'to report in one group and to revoke in another, and to restore in both',
      aDecodedConfiguration({
        flaggedIngressRules: [{ ...flagged('sg-1'), action: { kind: 'report' } }, flagged('sg-2')], allowRestore: true,
      }),
      [...READS_OF_RULES, ['RevokeSecurityGroupIngress', 'sg-2'], ['AuthorizeSecurityGroupIngress', 'sg-1']],
    ],
    [
      'to report what is flagged in a named group, and to revoke nothing',
      aDecodedConfiguration({ flaggedIngressRules: [{ ...flagged('sg-2'), action: { kind: 'report' } }] }),
      READS_OF_RULES,
    ],
    [
      'to replace, though nothing may be restored',
      aDecodedConfiguration({ flaggedIngressRules: [{ ...flagged('sg-2'), replaceWith: [] }] }),
      [
        ...READS_OF_RULES, ['DescribeManagedPrefixLists'], ['GetManagedPrefixListEntries'],
        ['RevokeSecurityGroupIngress', 'sg-2'], ['AuthorizeSecurityGroupIngress', 'sg-2'],
      ],
    ],
    [
      'to keep the default groups that are in use',
      aDecodedConfiguration({
        flaggedIngressRules: [aFlaggedIngressRule({ groups: { kind: 'default', evenInUse: false } })],
      }),
      [...READS_OF_RULES, ['DescribeNetworkInterfaces'], ['RevokeSecurityGroupIngress', 'sg-1']],
    ],
    ['to restore, where no rule is looked at', aDecodedConfiguration({ allowRestore: true }), [SETTLING]],
    [
      "to revoke where the function is in a VPC: the function's own groups are not its to change",
      { ...revoking, allowRestore: true, functionNetwork: { vpcId: 'vpc-1', securityGroupIds: ['sg-1'] } },
      [
        ...READS_OF_STALE_RULES,
        ['DescribeVpcEndpoints'],
        ['DescribeStaleSecurityGroups', 'vpc-1'],
        ['RevokeSecurityGroupIngress', 'sg-2'],
        ['AuthorizeSecurityGroupIngress', 'sg-2'],
      ],
    ],
    [
      'stale rules of one VPC',
      aDecodedConfiguration({ staleRules: 'report', vpcIds: ['vpc-2'] }),
      [...READS_OF_RULES, ['DescribeStaleSecurityGroups', 'vpc-2']],
    ],
  ])('%s', async (_, configuration, actions) => {
    await expect(tried(configuration)).resolves.toEqual(actions);
  });

  test('and changes nothing', async () => {
    const { network } = await run(revoking);
    expect(network.methods.filter(method => method === 'revokeIngress' || method === 'admitRevocations')).toEqual([]);
  });

  test('and adds no rule and no tag, though it may restore', async () => {
    const { network } = await run({ ...revoking, allowRestore: true });
    expect(network.methods.filter(method => method === 'authorizeIngress' || method === 'tagRule')).toEqual([]);
    expect(network.rules.size).toBe(0);
  });

  test('but not to restore into a group that is exempt, where EC2 may be told to refuse', async () => {
    const world = aWorld();
    await run({ ...revoking, allowRestore: true, exemptSecurityGroupIds: ['sg-1', 'sg-2'] }, world);
    expect(world.network.idsOf('preflight').map(([action]) => action)).not.toContain('AuthorizeSecurityGroupIngress');
  });

  test("but not in a group of the function's own, and says so where there is no other", async () => {
    const world = aWorld();
    const functionNetwork = { vpcId: 'vpc-1', securityGroupIds: ['sg-1', 'sg-2'] };
    await run({ ...revoking, functionNetwork }, world);
    expect(world.network.idsOf('preflight').map(([action]) => action)).not.toContain('RevokeSecurityGroupIngress');
    expect(world.memory.lines.map(({ message }) => message)).toEqual([
      "The preflight did not try RevokeSecurityGroupIngress: each group that it looked at is exempt (sg-1 is the function's own, sg-2 is the function's own)",
    ]);
  });

  test('but not on a VPC or a group where there is none', async () => {
    const network = new MemoryNetwork();
    await run(revoking, { ...aWorld(), network });
    expect(network.idsOf('preflight')).toEqual(READS_OF_STALE_RULES);
  });
});

describe('tries the ledger', () => {
  test.each<[name: string, configuration: DecodedConfiguration]>([
    ['stale rules are reported', aDecodedConfiguration({ staleRules: 'report' })],
    ['stale rules are revoked', revoking],
    ['rules are flagged', aDecodedConfiguration({ flaggedIngressRules: [flagged()] })],
    ['this is a dry run', { ...revoking, dryRun: true }],
  ])('when %s, and writes nothing', async (_, configuration) => {
    const { ledger } = await run(configuration);
    expect(ledger.calls).toEqual([{ method: 'preflight', id: undefined }]);
    expect(ledger.written).toEqual([]);
  });

  test('also when no rule is looked at, for VPN connections are kept there, too', async () => {
    const { ledger } = await run(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }));
    expect(ledger.calls).toEqual([{ method: 'preflight', id: undefined }]);
  });

  test('also when nothing is looked at: the configuration is kept there', async () => {
    const { ledger, network } = await run(aDecodedConfiguration());
    expect(ledger.calls).toEqual([{ method: 'preflight', id: undefined }]);
    expect(network.calls).toEqual([{ method: 'preflight', ids: SETTLING }]);
  });

  test('and fails when DynamoDB refuses, naming what to allow', async () => {
    const world = aWorld();
    world.ledger.on('preflight', {
      throws: awsError('AccessDeniedException', 'User is not authorized', { requestId: 'request-1' }),
    });
    await expect(run(revoking, world)).rejects.toThrow(
      /^Preflight: AWS refused dynamodb:Query, dynamodb:GetItem or dynamodb:PutItem \(AccessDeniedException, request request-1\): User is not authorized\. Allow it/,
    );
    expect(world.ledger.calls.length).toBeGreaterThan(5);
    expect(slept(world)).toBe(PROPAGATION_MILLIS);
  });

  test('again, when IAM does not know the role everywhere yet', async () => {
    const world = aWorld();
    world.ledger.on('preflight', { call: 1, throws: awsError('AccessDeniedException') });
    await run(revoking, world);
    expect(world.ledger.calls).toHaveLength(2);
    expect(world.clock.slept).toEqual([2000]);
  });

  test.each(['ResourceNotFoundException', 'ValidationException'])(
    'and fails at once, also where everything is only reported, when it cannot be used: %s', async code => {
      const world = aWorld();
      world.ledger.on('preflight', { throws: awsError(code, 'the table ledger-1: no') });
      await expect(run(aDecodedConfiguration({ staleRules: 'report' }), world)).rejects.toThrow(
        `Preflight: The ledger cannot be used. Give an existing table with the partition key hygiene and the sort key id, both strings: ${code}: the table ledger-1: no.`,
      );
      expect(world.clock.slept).toEqual([]);
    },
  );
});

describe('an error of the ledger that may pass', () => {
  const CODES = [
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'InternalServerError',
    'TimeoutError',
  ];

  test.each(CODES)('is waited out: %s', async code => {
    const world = aWorld();
    world.ledger.on('preflight', { call: 1, throws: awsError(code) });
    await run(revoking, world);
    expect(world.clock.slept).toEqual([2000]);
  });

  test.each(CODES)('fails the deployment when it stays, without wrong advice: %s', async code => {
    const world = aWorld();
    world.ledger.on('preflight', { throws: awsError(code, 'no') });
    await expect(run(revoking, world)).rejects.toThrow(
      `Preflight: The ledger could not be tested. Deploy again when DynamoDB responds: ${code}: no.`,
    );
    expect(slept(world)).toBe(PROPAGATION_MILLIS);
  });
});

const slept = ({ clock }: PreflightWorld): number => clock.slept.reduce((sum, millis) => sum + millis, 0);

describe('fails when EC2 refuses an action', () => {
  test('and names that which only a restore needs: AuthorizeSecurityGroupIngress', async () => {
    const world = aWorld();
    world.network.on('preflight', {
      naming: 'AuthorizeSecurityGroupIngress',
      throws: awsError('UnauthorizedOperation'),
    });
    await expect(run({ ...revoking, allowRestore: true }, world)).rejects.toThrow(
      /^Preflight: AWS refused ec2:AuthorizeSecurityGroupIngress \(UnauthorizedOperation\)/,
    );
    await expect(run(revoking, world)).resolves.toBe(world);
  });

  test('but only warns of it where nothing is revoked, and so nothing new has to be put back', async () => {
    const world = aWorld();
    world.network.on('preflight', {
      naming: 'AuthorizeSecurityGroupIngress',
      throws: awsError('UnauthorizedOperation'),
    });
    await run(aDecodedConfiguration({ staleRules: 'report', allowRestore: true }), world);
    expect(world.memory.lines).toEqual([
      expect.objectContaining({
        level: 'WARN',
        message: expect.stringMatching(/AWS refused ec2:AuthorizeSecurityGroupIngress/),
      }),
    ]);
  });

  test.each([
    'DescribeVpcs',
    'DescribeSecurityGroups',
    'DescribeSecurityGroupRules',
    'DescribeStaleSecurityGroups',
    'DescribeVpcEndpoints',
    'RevokeSecurityGroupIngress',
  ])('and names it: %s', async action => {
    const world = aWorld();
    world.network.on('preflight', {
      naming: action,
      throws: awsError('UnauthorizedOperation', 'You are not authorized.', { requestId: 'request-1' }),
    });
    await expect(run({ ...revoking, functionNetwork: { vpcId: 'vpc-1', securityGroupIds: [] } }, world)).rejects.toThrow(
      new RegExp(
        `^Preflight: AWS refused ec2:${action} \\(UnauthorizedOperation, request request-1\\): You are not authorized\\.`,
      ),
    );
  });

  test('and says what to do', async () => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError('UnauthorizedOperation') });
    await expect(run(revoking, world)).rejects.toThrow(
      /Allow it to the role of the function, .*service control policy or a permissions boundary/,
    );
  });

  test('and names all that are refused, in one error', async () => {
    const world = aWorld();
    world.network.on('preflight', { throws: awsError('UnauthorizedOperation') });
    await expect(run(aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } }), world))
      .rejects.toThrow(/DescribeSecurityGroupRules.*DescribeSecurityGroups.*DescribeVpcs.*DescribeVpnConnections/);
  });

  test.each([
    'UnauthorizedOperation',
    'AccessDenied',
    'AuthFailure',
    'OptInRequired',
    'OperationNotPermitted',
    'ExpiredToken',
  ])('with %s', async code => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError(code) });
    await expect(run(revoking, world)).rejects.toThrow(code);
  });

  test('but shortens what EC2 says, which may be an encoded message of any length', async () => {
    const world = aWorld();
    world.network.on('preflight', {
      naming: 'DescribeVpcs',
      throws: awsError('UnauthorizedOperation', 'x'.repeat(10_000)),
    });
    await expect(run(revoking, world)).rejects.toThrow(/^.{100,1000}$/);
  });
});

describe('a new role, which IAM does not know everywhere yet', () => {
  test.each([1, 2, 3, 5, 8])('passes after %d refusals', async refusals => {
    const world = aWorld();
    let refused = 0;
    world.network.on('preflight', {
      naming: 'DescribeVpnConnections', before: () => {
        if (refused++ < refusals) throw awsError('UnauthorizedOperation');
      },
    });
    await run(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), world);
    const tries = world.network.idsOf('preflight').filter(([action]) => action === 'DescribeVpnConnections');
    expect(tries).toHaveLength(refusals + 1);
    expect(world.clock.slept).toEqual([2000, 4000, 6000, 10_000, 10_000, 10_000, 10_000, 10_000].slice(0, refusals));
  });

  test('is given up after 90 seconds, and not before', async () => {
    const world = aWorld();
    world.network.on('preflight', { throws: awsError('UnauthorizedOperation') });
    await expect(run(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), world)).rejects.toThrow(
      'DescribeVpnConnections',
    );
    expect(slept(world)).toBe(90_000);
  });

  test('has 90 seconds for everything together, not for each action', async () => {
    const world = aWorld();
    world.network.on('preflight', {
      naming: 'DescribeVpcs', before: () => {
        if (slept(world) < 60_000) {
          throw awsError('UnauthorizedOperation');
        }
      },
    });
    world.network.on('preflight', { naming: 'RevokeSecurityGroupIngress', throws: awsError('UnauthorizedOperation') });
    await expect(run(revoking, world)).rejects.toThrow('RevokeSecurityGroupIngress');
    expect(slept(world)).toBe(90_000);
  });

  test('that is allowed everything waits for nothing', async () => {
    expect((await run(revoking)).clock.slept).toEqual([]);
  });
});

describe('passes, with a warning', () => {
  test.each(['RequestLimitExceeded', 'InternalError', 'TimeoutError', 'InvalidVpcID.NotFound'])(
    'when an attempt proves nothing: %s',
    async code => {
      const world = aWorld();
      world.network.on('preflight', { naming: 'DescribeStaleSecurityGroups', throws: awsError(code) });
      const { network, clock, memory } = await run(revoking, world);
      expect(network.idsOf('preflight').filter(([action]) => action === 'DescribeStaleSecurityGroups')).toHaveLength(1);
      expect(clock.slept).toEqual([]);
      expect(memory.lines).toEqual([
        expect.objectContaining({ level: 'WARN', message: expect.stringContaining(code) }),
      ]);
    },
  );

  test.each(['vpcs', 'securityGroups'] as const)('when it cannot look for what to try on: %s', async method => {
    const world = aWorld();
    world.network.on(method, { throws: awsError('RequestLimitExceeded') });
    const { network, memory } = await run(revoking, world);
    expect(network.idsOf('preflight')).toEqual(READS_OF_STALE_RULES);
    expect(memory.lines).toEqual([
      expect.objectContaining({ level: 'WARN', message: expect.stringContaining('RequestLimitExceeded') }),
    ]);
  });
});

describe('a group that is exempt', () => {
  const tagged = (key: string): MemoryNetwork =>
    new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }],
      groups: [
        aGroup({ groupId: 'sg-1', vpcId: 'vpc-1', tags: { [key]: '' } }),
        aGroup({ groupId: 'sg-2', vpcId: 'vpc-1' }),
      ],
    });
  const triedOn = (network: MemoryNetwork): Array<readonly string[]> =>
    network.idsOf('preflight').filter(([action]) => action === 'RevokeSecurityGroupIngress');

  test.each(['network-hygiene:exempt', 'Network-Hygiene:Exempt', 'NETWORK-HYGIENE:EXEMPT', 'team:KEEP'])(
    'by the tag %s is no example to try on',
    async key => {
      const network = tagged(key);
      await run({ ...revoking, exemptTags: ['Team:keep'] }, { ...aWorld(), network });
      expect(triedOn(network)).toEqual([['RevokeSecurityGroupIngress', 'sg-2']]);
    },
  );

  test('and is alone there is named with its tag, and fails nothing', async () => {
    const network = tagged('Network-Hygiene:Exempt');
    network.groups.delete('sg-2');
    const world = { ...aWorld(), network };
    await run(revoking, world);
    expect(triedOn(network)).toEqual([]);
    expect(world.memory.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('sg-1 has the tag Network-Hygiene:Exempt'),
    ]);
  });

  test('since it was read fails nothing, and is named with its tag', async () => {
    const network = tagged('Name');
    network.on('preflight', {
      naming: 'RevokeSecurityGroupIngress',
      before: () =>
        void network.groups.set(
          'sg-1',
          aGroup({ groupId: 'sg-1', vpcId: 'vpc-1', tags: { 'Network-Hygiene:Exempt': '' } }),
        ),
      throws: awsError('UnauthorizedOperation'),
    });
    const world = { ...aWorld(), network };
    await run(revoking, world);
    expect(world.memory.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('sg-1 has the tag Network-Hygiene:Exempt'),
    ]);
    expect(world.clock.slept).toEqual([]);
  });
});

describe('a group that a policy of others protects', () => {
  test('does not fail the deployment where the next one is allowed', async () => {
    const world = aWorld();
    world.network.on('preflight', { naming: 'sg-1', throws: awsError('UnauthorizedOperation') });
    await run(revoking, world);
    expect(world.network.idsOf('preflight')).toContainEqual(['RevokeSecurityGroupIngress', 'sg-2']);
  });

  test('is named with its tag keys, but not their values, where each is refused', async () => {
    const groups = [
      aGroup({ groupId: 'sg-1', vpcId: 'vpc-1', groupName: 'web', tags: { Protected: 'a secret value' } }),
    ];
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups });
    network.on('preflight', { naming: 'RevokeSecurityGroupIngress', throws: awsError('UnauthorizedOperation') });
    const error = await run(revoking, { ...aWorld(), network }).catch(String);
    expect(error).toMatch(
      /It was tried on sg-1 \(web\), whose tags are Protected\. If a policy denies by one of these, name it in exemptTags/,
    );
    expect(error).not.toContain('a secret value');
  });
});
