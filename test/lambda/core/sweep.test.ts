import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryMetrics } from '../../support/recorders';
import { ACCOUNT, OTHER_ACCOUNT, REVOKE, run, sshFlagged, START, vpcs, VPN, VPN_ONLY } from '../../support/swept';

const idsLeft = (network: MemoryNetwork): string[] => [...network.rules.keys()].sort();

const revocationCalls = (network: MemoryNetwork): string[] =>
  network.methods.filter(method => method === 'revokeIngress' || method === 'admitRevocations');

describe('a sweep', () => {
  test('revokes the stale and the flagged ingress rules, and nothing else', async () => {
    const { network } = await run(REVOKE, new MemoryNetwork(vpcs(2)));
    expect(idsLeft(network)).toEqual(['sgr-egress-1', 'sgr-egress-2', 'sgr-healthy-1', 'sgr-healthy-2']);
  });

  test('publishes what it found and did, once, as of its end, and then that all was delivered', async () => {
    const clock = new MemoryClock(START);
    const network = new MemoryNetwork({ ...vpcs(2), vpnConnections: [VPN] }).on('vpcs', {
      before: () => clock.advance(1500),
    });
    const { metrics, result } = await run({ ...REVOKE, vpnConnections: { kind: 'all' } }, network, { clock });
    const timestamp = new Date(START.getTime() + 1500);
    expect(metrics.published).toEqual(
      Array(2).fill(expect.objectContaining({ namespace: 'NetworkHygiene', timestamp })),
    );
    const names = metrics.published.map(({ data }) => data.map(({ name }) => name));
    expect([names[0].includes('Sweeps'), names[0].includes('DeliveriesFailed'), names[1]]).toEqual([
      true,
      false,
      ['DeliveriesFailed'],
    ]);
    expect(metrics.aggregates).toMatchObject({
      StaleIngressRules: 2,
      StaleEgressRules: 2,
      StaleSecurityGroups: 2,
      FlaggedIngressRules: 2,
      IngressRulesRevoked: 4,
      RevocationsFailed: 0,
      RevocationsWithheld: 0,
      VpnConnections: 1,
      VpnConnectionsDown: 0,
      TunnelsUp: 1,
      VpcsScanned: 2,
      ScanErrors: 0,
      SweepDuration: 1500,
      Sweeps: 1,
    });
    expect(result).toMatchObject({ startedAt: START, durationMillis: 1500 });
  });

  test('logs every revocation with the whole rule, every rule that it keeps, and a summary at the end', async () => {
    const world = vpcs(1);
    const { log } = await run(REVOKE, new MemoryNetwork(world));
    expect(log.ofEvent('Revocation').map(({ fields }) => fields.rule)).toEqual(
      expect.arrayContaining([world.rules[0], world.rules[2]]),
    );
    expect(log.ofEvent('RuleKept').map(({ fields }) => fields.keepReason)).toEqual(['EGRESS']);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'INFO',
      message: 'Sweep done',
      fields: { event: 'Sweep', vpcsScanned: 1, outcomes: { REVOKED: 2 } },
    });
    const afterwards = log.lines.filter(({ fields }) => fields.event !== 'Revoking');
    expect(afterwards.map(({ fields }) => fields.sweepId)).toEqual(afterwards.map(() => 'sweep-1'));
  });

  test('finds nothing to do the second time', async () => {
    const network = new MemoryNetwork({ ...vpcs(1), stale: {} });
    const ledger = new MemoryLedger();
    await run(REVOKE, network, { ledger });
    const calls = revocationCalls(network).length;
    const { metrics } = await run(REVOKE, network, { ledger, sweepId: 'sweep-2' });
    expect(revocationCalls(network)).toHaveLength(calls);
    expect(metrics.aggregates).toMatchObject({ FlaggedIngressRules: 0, IngressRulesRevoked: 0, ScanErrors: 0 });
  });

  test('counts failed and withheld revocations, and does not fail for them', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('revokeIngress', {
      naming: 'sg-2',
      throws: awsError('UnauthorizedOperation'),
    });
    const failed = await run(REVOKE, network);
    expect(failed.error).toBeUndefined();
    expect(failed.metrics.aggregates)
      .toMatchObject({ IngressRulesRevoked: 2, RevocationsFailed: 2, RevocationsWithheld: 0 });
    const late = await run(REVOKE, new MemoryNetwork(vpcs(1)), { revokeUntil: START });
    expect(late.metrics.aggregates)
      .toMatchObject({ IngressRulesRevoked: 0, RevocationsFailed: 0, RevocationsWithheld: 2 });
    expect(revocationCalls(late.network)).toEqual([]);
  });
});

describe('nothing is revoked', () => {
  test.each([
    ['in a dry run, whatever there would be to revoke', { ...REVOKE, dryRun: true }],
    ['when stale rules are only reported', aDecodedConfiguration({ staleRules: 'report' })],
    ['when rules are not looked at', VPN_ONLY],
  ])('%s', async (_, configuration) => {
    const world = vpcs(2);
    const { network, metrics } = await run(configuration, new MemoryNetwork(world));
    expect(revocationCalls(network)).toEqual([]);
    expect(network.rules.size).toBe(world.rules.length);
    expect(metrics.aggregates.IngressRulesRevoked ?? 0).toBe(0);
  });

  test('in a dry run, which says what would have been', async () => {
    const { log, metrics } = await run({ ...REVOKE, dryRun: true }, new MemoryNetwork(vpcs(1)));
    expect(
      log
        .ofEvent('RuleKept')
        .map(({ fields }) => fields.keepReason)
        .sort(),
    ).toEqual(['DRY_RUN', 'DRY_RUN', 'EGRESS']);
    expect(metrics.aggregates).toMatchObject({ StaleIngressRules: 1, FlaggedIngressRules: 1 });
  });

  test('of an exempt group or rule', async () => {
    const world = vpcs(3);
    const network = new MemoryNetwork(world);
    network.groups.set('sg-1', aGroup({ groupId: 'sg-1', vpcId: 'vpc-1', tags: { [EXEMPT_TAG]: '' } }));
    for (const id of ['sgr-flagged-2', 'sgr-stale-2']) {
      network.rules.set(id, { ...network.rules.get(id) ?? aRuleFromAnywhere(), tags: { [EXEMPT_TAG]: 'false' } });
    }
    await run({ ...REVOKE, exemptSecurityGroupIds: ['sg-3'] }, network);
    expect(revocationCalls(network)).toEqual([]);
    expect(network.rules.size).toBe(world.rules.length);
  });

  test('of a group whose exemption could not be read', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'sg-2',
      throws: awsError('RequestLimitExceeded'),
    });
    const { log } = await run(aDecodedConfiguration({ staleRules: 'revoke' }), network);
    expect(network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-stale-1']]);
    expect(log.ofEvent('RuleKept').map(({ fields }) => fields.keepReason)).toContain('GROUP_UNREAD');
  });

  test('of a named group outside the VPCs in scope', async () => {
    const { network } = await run(
      aDecodedConfiguration({ flaggedIngressRules: [sshFlagged('sg-2')], vpcIds: ['vpc-1'] }),
      new MemoryNetwork(vpcs(2)),
    );
    expect(revocationCalls(network)).toEqual([]);
  });
});

describe('a group of another account', () => {
  const groups = vpcs(2).groups.map((group, index) => index === 1 ? { ...group, ownerId: OTHER_ACCOUNT } : group);
  const shared = { ...vpcs(2), groups };
  const rules = shared.rules.map(rule => rule.groupId === 'sg-2' ? { ...rule, groupOwnerId: OTHER_ACCOUNT } : rule);

  test('is kept where the account is known', async () => {
    const { network, log } = await run(REVOKE, new MemoryNetwork({ ...shared, rules }), { accountId: ACCOUNT });
    expect(network.idsOf('revokeIngress').map(([groupId]) => groupId)).toEqual(['sg-1']);
    expect(
      log
        .ofEvent('RuleKept')
        .filter(({ fields }) => fields.groupId === 'sg-2')
        .map(({ fields }) => fields.keepReason)
        .sort(),
    ).toEqual(['EGRESS', 'OTHER_OWNER', 'OTHER_OWNER']);
  });

  test('is kept where it is the only one in a VPC of the account: who owns the VPC is known, too', async () => {
    const theirs = {
      ...vpcs(1),
      vpcs: [{ vpcId: 'vpc-1', ownerId: ACCOUNT }],
      groups: vpcs(1).groups.map(group => ({ ...group, ownerId: OTHER_ACCOUNT })),
    };
    const ofTheirs = theirs.rules.map(rule => ({ ...rule, groupOwnerId: OTHER_ACCOUNT }));
    const network = new MemoryNetwork({ ...theirs, rules: ofTheirs });
    const { log } = await run(REVOKE, network, { accountId: ACCOUNT });
    expect(revocationCalls(network)).toEqual([]);
    expect(
      log
        .ofEvent('RuleKept')
        .map(({ fields }) => fields.keepReason)
        .sort(),
    ).toEqual(['EGRESS', 'OTHER_OWNER', 'OTHER_OWNER']);
  });

  test.each([
    ['is not known', undefined],
    ['owns nothing here, as that of a local emulator', '000000000000'],
  ])('is left to EC2 to refuse where the own account %s', async (_, accountId) => {
    const { network, log } = await run(REVOKE, new MemoryNetwork({ ...shared, rules }), { accountId });
    expect(network.idsOf('revokeIngress').map(([groupId]) => groupId).sort()).toEqual(['sg-1', 'sg-2']);
    expect(log.text).not.toContain('OTHER_OWNER');
  });
});

describe('an error in one VPC', () => {
  test.each(['RequestLimitExceeded', 'UnauthorizedOperation', 'InvalidVpcID.NotFound'])(
    'is counted, and the rest is swept: %s',
    async code => {
      const network = new MemoryNetwork(vpcs(3)).on('staleSecurityGroups', { naming: 'vpc-2', throws: awsError(code) });
      const { metrics, log, error } = await run(aDecodedConfiguration({ staleRules: 'revoke' }), network);
      expect(error).toBeUndefined();
      expect(metrics.aggregates).toMatchObject({
        StaleIngressRules: 2,
        IngressRulesRevoked: 2,
        VpcsScanned: 2,
        ScanErrors: 1,
        Sweeps: 1,
      });
      expect(log.ofEvent('ScanError')).toEqual([
        expect.objectContaining({ level: 'ERROR', message: expect.stringMatching(new RegExp(`vpc-2.*${code}`)) }),
      ]);
      expect(log.lines.at(-1)).toMatchObject({
        level: 'WARN',
        message: 'Sweep done, but incomplete: 1 thing could not be read or written',
      });
    },
  );

  test('leaves no series for that VPC, and those of the others', async () => {
    const network = new MemoryNetwork(vpcs(3)).on('staleSecurityGroups', {
      naming: 'vpc-2',
      throws: awsError('InternalError'),
    });
    const { metrics } = await run(aDecodedConfiguration({ staleRules: 'report', resourceMetrics: true }), network);
    const withVpc = metrics.published[0].data
      .filter(({ name }) => name === 'StaleIngressRules')
      .flatMap(({ dimensions }) => dimensions.VpcId ?? []);
    expect(withVpc.sort()).toEqual(['vpc-1', 'vpc-3']);
  });
});

describe('a sweep that could look at nothing', () => {
  const COUNTS = [
    'StaleIngressRules',
    'StaleEgressRules',
    'StaleSecurityGroups',
    'FlaggedIngressRules',
    'VpnConnections',
    'VpnConnectionsDown',
    'TunnelsUp',
  ];

  test.each([
    [
      'VPCs cannot be listed',
      new MemoryNetwork(vpcs(2)).on('vpcs', { throws: awsError('UnauthorizedOperation') }),
      REVOKE,
      'listing VPCs failed with UnauthorizedOperation',
    ],
    [
      'no VPC can be read',
      new MemoryNetwork(vpcs(2))
        .on('staleSecurityGroups', { throws: awsError('RequestLimitExceeded') })
        .on('securityGroups', { throws: awsError('RequestLimitExceeded') }),
      REVOKE,
      'failed with RequestLimitExceeded',
    ],
    [
      'no named VPC is there',
      new MemoryNetwork(),
      { ...REVOKE, vpcIds: ['vpc-9'] },
      'looking for a VPC (vpc-9) failed with InvalidVpcID.NotFound',
    ],
    [
      'VPN connections cannot be read',
      new MemoryNetwork().on('vpnConnections', { throws: awsError('InternalError') }),
      VPN_ONLY,
      'reading VPN connections failed with InternalError',
    ],
    [
      'neither can be read',
      new MemoryNetwork()
        .on('vpcs', { throws: awsError('InternalError') })
        .on('vpnConnections', { throws: awsError('InternalError') }),
      { ...REVOKE, vpnConnections: { kind: 'all' } as const },
      'The sweep could look at nothing',
    ],
  ])(
    'fails after it has published and logged that, without a count of what it did not see: %s',
    async (_, network, configuration, message) => {
      const { error, metrics, log } = await run(configuration, network);
      if (!(error instanceof Error)) throw new Error('it did not fail');
      expect(error.message).toContain(message);
      expect(metrics.published).toHaveLength(1);
      expect(metrics.aggregates).toMatchObject({ Sweeps: 0, ScanErrors: expect.any(Number) });
      expect(metrics.aggregates.ScanErrors).toBeGreaterThan(0);
      const looksAt = (name: string): boolean =>
        name !== 'FlaggedIngressRules' || configuration.flaggedIngressRules.length > 0;
      expect(Object.keys(metrics.aggregates).filter(name => COUNTS.includes(name) && looksAt(name))).toEqual([]);
      expect(log.ofEvent('ScanError').length).toBe(metrics.aggregates.ScanErrors);
      expect(revocationCalls(network)).toEqual([]);
    },
  );

  test.each(['securityGroups', 'securityGroupRules'] as const)(
    'fails, too, when all that it looks at are named groups and they cannot be read: %s',
    async method => {
      const network = new MemoryNetwork(vpcs(1)).on(method, { throws: awsError('UnauthorizedOperation') });
      const { error, metrics } = await run(
        aDecodedConfiguration({ flaggedIngressRules: [sshFlagged('sg-1')] }),
        network,
      );
      expect(metrics.aggregates).not.toHaveProperty('FlaggedIngressRules');
      expect(error).toBeInstanceOf(Error);
    },
  );

  test('is none where there is nothing: its zeros are published', async () => {
    const { error, metrics } = await run({ ...REVOKE, vpnConnections: { kind: 'all' } }, new MemoryNetwork());
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject(
      Object.fromEntries([...COUNTS, 'VpcsScanned', 'ScanErrors'].map(name => [name, 0])),
    );
    expect(metrics.aggregates.Sweeps).toBe(1);
  });
});

describe('a sweep that could look at a part', () => {
  const BOTH = aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } });

  test('does not fail, and counts no VPN connections where they could not be read', async () => {
    const { error, metrics } = await run(
      BOTH,
      new MemoryNetwork(vpcs(1)).on('vpnConnections', { throws: awsError('InternalError') }),
    );
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject({ StaleIngressRules: 1, ScanErrors: 1, Sweeps: 1 });
    expect(Object.keys(metrics.aggregates).filter(name => /^(Vpn|Tunnels|AcceptedRoutes)/.test(name))).toEqual([]);
  });

  test('does not fail, and counts no stale rules where no VPC could be read', async () => {
    const network = new MemoryNetwork({ ...vpcs(1), vpnConnections: [VPN] }).on('staleSecurityGroups', {
      throws: awsError('InternalError'),
    });
    const { error, metrics } = await run(BOTH, network);
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toMatchObject({ VpnConnections: 1, VpcsScanned: 0, ScanErrors: 1, Sweeps: 1 });
    expect(Object.keys(metrics.aggregates).filter(name => name.startsWith('Stale'))).toEqual([]);
  });
});

test('a sweep of VPN connections publishes nothing about VPCs and stale rules', async () => {
  const { metrics, network, ledger } = await run(VPN_ONLY, new MemoryNetwork({ ...vpcs(1), vpnConnections: [VPN] }));
  expect(network.methods).toEqual(['vpnConnections']);
  const methods = ledger?.calls.map(({ method }) => method);
  expect(methods)
    .toEqual(['control', 'unsettled', 'vpnConnections', 'putVpnConnection', 'series', 'latestSweep', 'putLatestSweep']);
  expect(Object.keys(metrics.aggregates).filter(name => /^(Vpcs|Stale)/.test(name))).toEqual([]);
});

describe('metrics that cannot be published', () => {
  const failing = (): MemoryMetrics =>
    new MemoryMetrics(awsError('AccessDenied', 'not authorized to perform: cloudwatch:PutMetricData'));

  test('fail the sweep, and say where to', async () => {
    const { error } = await run(aDecodedConfiguration({ metricNamespace: 'Team/Hygiene' }), new MemoryNetwork(), {
      metrics: failing(),
    });
    if (!(error instanceof Error)) throw new Error('it did not fail');
    expect(error.message).toBe(
      'Publishing the metrics of the sweep to the namespace Team/Hygiene failed with AccessDenied: not authorized to perform: cloudwatch:PutMetricData',
    );
  });

  test('fail it after the work is done and logged', async () => {
    const { error, network, log } = await run(REVOKE, new MemoryNetwork(vpcs(1)), { metrics: failing() });
    expect(error).toBeInstanceOf(Error);
    expect(idsLeft(network)).toEqual(['sgr-egress-1', 'sgr-healthy-1']);
    expect(log.ofEvent('Revocation')).toHaveLength(2);
  });
});
