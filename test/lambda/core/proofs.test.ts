/** Tests sweeps that cover VPCs by proof: what they read, what they say, and when they read everything. */
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aGroup, anEntry, aRule, aRuleFromAnywhere } from '../../support/builders';
import { MemoryGroupHolders } from '../../support/memory-group-holders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork, type World } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { ACCOUNT, run, sshFlagged, START, type Swept } from '../../support/swept';

const STALE = aDecodedConfiguration({ staleRules: 'report' });
const BOTH = aDecodedConfiguration({ staleRules: 'report', flaggedIngressRules: [sshFlagged()] });

const inside = (n: number) => aRule({
  securityGroupRuleId: `sgr-${n}`, groupId: `sg-${n}`, cidrIpv4: undefined,
  referencedGroup: { groupId: `sg-${n}`, userId: ACCOUNT },
});
const outside = (n: number) => aRule({
  securityGroupRuleId: `sgr-out-${n}`, groupId: `sg-${n}`, cidrIpv4: undefined,
  referencedGroup: { groupId: 'sg-deleted', vpcId: 'vpc-peer' },
});
const staleGroup = (n: number) => ({
  groupId: `sg-${n}`, groupName: 'web', egress: [],
  ingress: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: 'sg-deleted', vpcId: 'vpc-peer' } }],
});

/** VPCs of the account, each with a group that refers to itself. */
function aNetwork(count: number, overrides: Partial<World> = {}): MemoryNetwork {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return new MemoryNetwork({
    vpcs: numbers.map(n => ({ vpcId: `vpc-${n}`, ownerId: ACCOUNT })),
    groups: numbers.map(n => aGroup({ groupId: `sg-${n}`, vpcId: `vpc-${n}`, ownerId: ACCOUNT })),
    rules: numbers.map(inside), ...overrides,
  });
}

const aNetworkIds = (count: number): string[] => Array.from({ length: count }, (_, index) => `vpc-${index + 1}`);

class Series {
  readonly clock = new MemoryClock(START);
  private count = 0;

  constructor(readonly network: MemoryNetwork, readonly ledger = new MemoryLedger()) {}

  /** Sweeps an hour later. */
  async sweep(configuration = STALE, hours = 1): Promise<Swept & { readonly read: readonly string[] }> {
    this.clock.advance(hours * 3_600_000);
    this.count += 1;
    const before = this.network.calls.length;
    const { network: swept, ledger, clock } = this;
    const result = await run(configuration, swept, { ledger, clock, accountId: ACCOUNT, sweepId: `sweep-${this.count}` });
    const calls = swept.calls.slice(before).filter(({ method }) => method === 'staleSecurityGroups');
    return { ...result, read: calls.flatMap(({ ids }) => ids) };
  }
}

const vpcCounts = ({ metrics }: Swept) => {
  const { VpcsScanned, VpcsCoveredByProof, ScanErrors } = metrics.aggregates;
  return { VpcsScanned, VpcsCoveredByProof, ScanErrors };
};

describe('VPCs whose rules all refer to groups of the same VPC', () => {
  test('are covered by proof, except for ten that are checked, which change from sweep to sweep', async () => {
    const series = new Series(aNetwork(30));
    const sweeps = [await series.sweep(), await series.sweep(), await series.sweep()];
    for (const each of sweeps) {
      expect(vpcCounts(each)).toEqual({ VpcsScanned: 10, VpcsCoveredByProof: 20, ScanErrors: 0 });
      expect(each.metrics.aggregates).toMatchObject({ StaleIngressRules: 0, StaleSecurityGroups: 0, Sweeps: 1 });
    }
    expect(new Set(sweeps.flatMap(({ read }) => read)).size).toBe(30);
    expect(sweeps.map(({ metrics }) => metrics.aggregates.OldestProofCheckAge)).toEqual([0, 3600, 7200]);
    expect(series.ledger.sweep).toMatchObject({ vpcsScanned: 10, vpcsCoveredByProof: 20 });
  });

  test('are read, all of them, if there are no more than ten', async () => {
    const swept = await new Series(aNetwork(10)).sweep();
    expect(swept.read).toHaveLength(10);
    expect(vpcCounts(swept)).toEqual({ VpcsScanned: 10, VpcsCoveredByProof: 0, ScanErrors: 0 });
  });

  test('have their rules read once, even if every rule is looked at for flagged ingress, too', async () => {
    const found = aNetwork(30);
    found.rules.set('sgr-ssh', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-ssh', groupId: 'sg-30' }));
    const { metrics } = await new Series(found).sweep({ ...BOTH, dryRun: true });
    expect(metrics.aggregates).toMatchObject({ FlaggedIngressRules: 1, VpcsCoveredByProof: 20 });
    expect(found.idsOf('allSecurityGroupRules')).toHaveLength(1);
    expect(found.idsOf('allSecurityGroups')).toHaveLength(1);
    expect([...found.idsOf('securityGroupRules'), ...found.idsOf('securityGroups')]).toEqual([]);
  });
});

test('unused groups are looked for in what was listed for the proofs, and nothing is listed twice', async () => {
  const listed = aNetwork(12);
  const holders = new MemoryGroupHolders();
  const { result } = await run({ ...STALE, unusedSecurityGroups: { afterSeconds: 0, sightings: 1 } }, listed, {
    accountId: ACCOUNT, groupHolders: holders,
  });
  expect(result?.observation.groupUses?.groups.size).toBe(12);
  expect(holders.calls.filter(call => ['groups', 'rules', 'associations'].includes(call))).toEqual([]);
  for (const method of ['allSecurityGroups', 'allSecurityGroupRules', 'groupAssociations'] as const) {
    expect(listed.idsOf(method)).toHaveLength(1);
  }
});

describe('a VPC with a rule that refers to a group outside', () => {
  const crossing = () => {
    const crossed = aNetwork(30, { stale: { 'vpc-29': [staleGroup(29)] } });
    crossed.rules.set('sgr-out-29', outside(29));
    return crossed;
  };

  test('is read at every sweep, and its stale rule is found', async () => {
    const series = new Series(crossing());
    for (let sweep = 0; sweep < 3; sweep++) {
      const swept = await series.sweep();
      expect(swept.read).toContain('vpc-29');
      expect(vpcCounts(swept)).toEqual({ VpcsScanned: 11, VpcsCoveredByProof: 19, ScanErrors: 0 });
      expect(swept.metrics.aggregates.StaleIngressRules).toBe(1);
    }
  });

  test('is read three times more once the rule is gone, and then covered by proof', async () => {
    const series = new Series(crossing());
    await series.sweep();
    series.network.rules.delete('sgr-out-29');
    // The network in memory does not derive which rules are stale.
    Object.assign((series.network as unknown as { world: World }).world, { stale: {} });
    const reasons = [];
    for (let sweep = 0; sweep < 4; sweep++) reasons.push((await series.sweep()).result?.observation.proofs?.candidates.get('vpc-29'));
    expect(reasons).toEqual(['DOUBTED', 'DOUBTED', 'DOUBTED', undefined]);
    expect(series.ledger.entries.get('sgr-out-29')).toMatchObject({ state: 'HEALED' });
  });

  test('is read if only the ledger knows of its open stale rule', async () => {
    const ledger = new MemoryLedger([anEntry({ rule: outside(29), vpcId: 'vpc-29', because: { stale: 'OTHER', declarations: [] } })]);
    const swept = await new Series(aNetwork(30), ledger).sweep();
    expect(swept.result?.observation.proofs?.candidates).toEqual(new Map([['vpc-29', 'OPEN_FINDING']]));
    expect(swept.read).toContain('vpc-29');
  });
});

describe('a stale rule in a VPC that is covered by proof', () => {
  const wrong = (n = 1) => new Series(aNetwork(30, { stale: { [`vpc-${n}`]: [staleGroup(n)] } }));

  test('is a scan error, and has every VPC read at once, and for a week', async () => {
    const series = wrong();
    const first = await series.sweep();
    expect(first.result?.observation.errors).toMatchObject([{ vpcId: 'vpc-1', error: { code: 'PROOF_FAILED' } }]);
    expect(new Set(first.read).size).toBe(30);
    expect(vpcCounts(first)).toEqual({ VpcsScanned: 30, VpcsCoveredByProof: 0, ScanErrors: 1 });
    expect(first.metrics.aggregates.StaleIngressRules).toBe(1);
    const during = await series.sweep(STALE, 7 * 24 - 1);
    expect(during.read).toHaveLength(30);
    expect(vpcCounts(during)).toEqual({ VpcsScanned: 30, VpcsCoveredByProof: 0, ScanErrors: 0 });
    const later = await series.sweep(STALE, 1);
    expect(later.read.length).toBeLessThan(30);
    // It stays in doubt as long as the stale rule is there.
    expect(later.read).toContain('vpc-1');
  });

  test('is found, and has proofs suspended, even if EC2 throttles the reading of the other VPCs', async () => {
    const series = wrong();
    series.network.on('staleSecurityGroups', { naming: 'vpc-20', throws: awsError('RequestLimitExceeded') });
    const { metrics, read, result } = await series.sweep();
    expect(result?.observation.errors.map(({ error }) => error.code)).toEqual(['RequestLimitExceeded', 'PROOF_FAILED']);
    expect(metrics.aggregates.StaleIngressRules).toBe(1);
    // No VPC is read twice.
    expect(read).toHaveLength(30);
    expect(series.ledger.proofsEntry?.suspendedUntil).toBeDefined();
    expect(series.ledger.proofsEntry?.vpcs['vpc-1']).toMatchObject({ cleanReads: 0 });
  });

  test('is found within a week, wherever it is', async () => {
    const series = wrong(30);
    let found: Swept | undefined;
    for (let hour = 0; hour < 7 * 24 && found === undefined; hour++) {
      const swept = await series.sweep();
      if (swept.metrics.aggregates.StaleIngressRules === 1) found = swept;
    }
    expect(found?.result?.observation.errors).toMatchObject([{ error: { code: 'PROOF_FAILED' } }]);
  });
});

describe('every VPC is read, and nothing is called covered by proof', () => {
  const all = async (series: Series) => {
    const swept = await series.sweep();
    expect(swept.read).toHaveLength(30);
    expect(swept.metrics.aggregates).toMatchObject({ VpcsScanned: 30, VpcsCoveredByProof: 0, Sweeps: 1 });
    return swept;
  };

  test('while the associations of groups cannot be read; nothing was left out, so this is a warning', async () => {
    const denied = aNetwork(30).on('groupAssociations', { throws: awsError('UnauthorizedOperation') });
    const { metrics, log } = await all(new Series(denied));
    expect(metrics.aggregates.ScanErrors).toBe(0);
    expect(log.ofEvent('ProofUnavailable')).toMatchObject([{ level: 'WARN', message: expect.stringContaining('UnauthorizedOperation') }]);
  });

  test.each(['proofs', 'openEntries'] as const)('while the ledger cannot be read: %s', async method => {
    const ledger = new MemoryLedger().on(method, { throws: awsError('InternalServerError') });
    const { log } = await all(new Series(aNetwork(30), ledger));
    expect(log.ofEvent('ProofUnavailable')).toHaveLength(1);
  });

  test('while the record of proofs is not readable, and this is said until someone repairs it', async () => {
    const broken = awsError('UnreadableItem', 'proofs is not a JSON object. Delete the item');
    const ledger = new MemoryLedger().on('proofs', { throws: broken }).on('putProofs', { throws: broken });
    const { metrics } = await all(new Series(aNetwork(30), ledger));
    expect(metrics.aggregates.ScanErrors).toBe(1);
  });

  test('while the record was made for another table, which a copy of the ledger still has', async () => {
    const series = new Series(aNetwork(30));
    await series.sweep();
    const before = series.ledger.proofsEntry;
    if (before) series.ledger.proofsEntry = { ...before, table: 'the table before' };
    const { log } = await all(series);
    expect(log.ofEvent('ProofUnavailable')).toMatchObject([{ fields: { error: { code: 'OtherTable' } } }]);
  });

  test('while EC2 shows rules of a group, but not the group, which may be in any VPC', async () => {
    const hidden = aNetwork(30);
    hidden.rules.set('sgr-hidden', { ...outside(99), securityGroupRuleId: 'sgr-hidden' });
    await all(new Series(hidden));
  });

  test('while the account of the function owns none of them', async () => {
    await all(new Series(aNetwork(30, { vpcs: Array.from({ length: 30 }, (_, n) => ({ vpcId: `vpc-${n + 1}` })) })));
  });
});

describe('a part that cannot be read costs itself alone', () => {
  test('a second page of rules: all rules are read group by group, and a group that fails has its VPC read', async () => {
    const broken = aNetwork(30);
    broken.pageSize = 10;
    broken.on('allSecurityGroupRules', { throws: awsError('InternalError'), afterPages: 1 });
    broken.on('securityGroupRules', { naming: 'sg-17', throws: awsError('InternalError') });
    const swept = await new Series(broken).sweep();
    expect(swept.result?.observation.proofs?.candidates).toEqual(new Map([['vpc-17', 'UNREAD']]));
    expect(vpcCounts(swept)).toEqual({ VpcsScanned: 11, VpcsCoveredByProof: 19, ScanErrors: 0 });
    expect(swept.log.ofEvent('ProofUnavailable')).toHaveLength(1);
  });

  test('a second page of groups: they are read VPC by VPC, and a VPC that fails is read', async () => {
    const broken = aNetwork(30);
    broken.pageSize = 10;
    broken.on('allSecurityGroups', { throws: awsError('InternalError'), afterPages: 1 });
    broken.on('securityGroups', { naming: 'vpc-17', throws: awsError('InternalError') });
    const swept = await new Series(broken).sweep();
    expect(swept.result?.observation.proofs?.candidates.get('vpc-17')).toBe('UNREAD');
    expect(swept.result?.observation.proofs?.candidates.size).toBe(1);
    expect(vpcCounts(swept)).toMatchObject({ VpcsCoveredByProof: 19, ScanErrors: 0 });
  });

  test('a group whose rules are looked at for flagged ingress is a scan error, as before', async () => {
    const broken = aNetwork(30).on('allSecurityGroupRules', { throws: awsError('InternalError') });
    broken.on('securityGroupRules', { naming: 'sg-17', throws: awsError('InternalError') });
    const swept = await new Series(broken).sweep(BOTH);
    expect(swept.result?.observation.errors).toMatchObject([{ vpcId: 'vpc-17', doing: 'reading security group rules' }]);
    expect(swept.result?.observation.coverage.flagged.unreadGroupIds).toEqual(new Set(['sg-17']));
  });
});

test('the VPC of a group that was created after groups were listed is read', async () => {
  const late = aNetwork(30);
  late.on('allSecurityGroups', {
    after: () => {
      late.groups.set('sg-late', aGroup({ groupId: 'sg-late', vpcId: 'vpc-25', ownerId: ACCOUNT }));
      late.rules.set('sgr-late', { ...outside(25), securityGroupRuleId: 'sgr-late', groupId: 'sg-late' });
    },
  });
  const swept = await new Series(late).sweep();
  expect(swept.result?.observation.proofs?.candidates).toEqual(new Map([['vpc-25', 'REFERENCE']]));
});

test('a run over some groups reads their VPCs, proves nothing, and counts nothing as covered by proof', async () => {
  const changed = aNetwork(30);
  const { metrics } = await run(STALE, changed, { accountId: ACCOUNT, scope: { kind: 'groups', groupIds: ['sg-7'] }, trigger: 'change' });
  expect(changed.idsOf('staleSecurityGroups')).toEqual([['vpc-7']]);
  expect(changed.idsOf('allSecurityGroupRules')).toEqual([]);
  expect(Object.keys(metrics.aggregates)).not.toContain('VpcsCoveredByProof');
});

test('a few VPCs that the configuration names are all read, because EC2 admits that many calls at once', async () => {
  const named = aNetwork(30);
  const swept = await new Series(named).sweep({ ...STALE, vpcIds: ['vpc-1', 'vpc-2'] });
  expect([...swept.read].sort()).toEqual(['vpc-1', 'vpc-2']);
  expect(swept.metrics.aggregates).toMatchObject({ VpcsScanned: 2, ScanErrors: 0 });
  expect(named.idsOf('allSecurityGroupRules')).toEqual([]);
});

test('of many that it names, those are covered by proof whose rules are inside, and no other VPC is looked at', async () => {
  const named = aNetwork(40);
  for (const n of [2, 39]) named.rules.set(`sgr-out-${n}`, outside(n));
  const swept = await new Series(named).sweep({ ...STALE, vpcIds: aNetworkIds(30) });
  expect(swept.result?.observation.proofs?.candidates).toEqual(new Map([['vpc-2', 'REFERENCE']]));
  expect(vpcCounts(swept)).toEqual({ VpcsScanned: 11, VpcsCoveredByProof: 19, ScanErrors: 0 });
  expect(swept.read).not.toContain('vpc-39');
});

test('a proof closes no finding: the sweep leaves it open, and the next one reads its VPC', async () => {
  const series = new Series(aNetwork(30));
  await series.sweep();
  // As after a deployment of an earlier version, which does not know the record of proofs.
  series.network.rules.set('sgr-30', { ...inside(30), fromPort: 1 });
  const entry = anEntry({ rule: inside(30), vpcId: 'vpc-30', because: { stale: 'OTHER', declarations: [] } });
  series.ledger.entries.set('sgr-30', entry);
  const swept = await series.sweep();
  expect(swept.read).not.toContain('vpc-30');
  expect(series.ledger.entries.get('sgr-30')).toMatchObject({ state: 'OPEN' });
  const next = await series.sweep();
  expect(next.result?.observation.proofs?.candidates.get('vpc-30')).toBe('DOUBTED');
  expect(series.ledger.entries.get('sgr-30')).toMatchObject({ state: 'HEALED' });
});

test('a flagged rule in a VPC that is covered by proof has its series', async () => {
  const flagged = aNetwork(30);
  flagged.rules.set('sgr-ssh', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-ssh', groupId: 'sg-30' }));
  const { metrics, read } = await new Series(flagged).sweep({ ...BOTH, dryRun: true, resourceMetrics: true });
  expect(read).not.toContain('vpc-30');
  expect(metrics.published.flatMap(({ data }) => data)).toContainEqual(expect.objectContaining({
    name: 'FlaggedIngressRules', value: 1, dimensions: expect.objectContaining({ VpcId: 'vpc-30' }),
  }));
});
