/**
 * Tests that a place where a run could not look, or other runs at the same time, neither end a finding nor cause a
 * revocation.
 */
import { claimWithheld } from '../../../lambda/core/ledger/told-withheld';
import { awsError } from '../../support/aws-error';
import { aControl, aDecodedConfiguration, aGrace, aGroup, anEntry, aRule, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { ACCOUNT, OTHER_ACCOUNT, run, sshFlagged, START } from '../../support/swept';

const minutes = (count: number): Date => new Date(START.getTime() + count * 60_000);

const VPCS = [{ vpcId: 'vpc-1' }, { vpcId: 'vpc-2' }];
const DELETED = { groupId: 'sg-deleted' };
const STALE = { stale: 'DELETED_GROUP', declarations: [] };
const FLAGGED = { verdict: 'flagged', declarations: [] } as const;

const aStaleRule = (securityGroupRuleId = 'sgr-1', groupId = 'sg-1') =>
  aRule({ securityGroupRuleId, groupId, cidrIpv4: undefined, referencedGroup: DELETED });
const aStaleGroup = (groupId = 'sg-1') => {
  const permission = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: DELETED };
  return { groupId, groupName: 'web', egress: [], ingress: [permission] };
};

test('a full run keeps a flagged rule that is there, although EC2 leaves its group out, and says so', async () => {
  const rule = aRuleFromAnywhere();
  const network = new MemoryNetwork({ vpcs: VPCS, groups: [], rules: [rule] });
  const ledger = new MemoryLedger([anEntry({ rule, vpcId: 'vpc-1', because: FLAGGED })]);
  const { result } = await run(aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] }), network, { ledger });
  expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', flagged: { verdict: 'flagged' } });
  expect(result?.observation.errors).toMatchObject([{ resourceId: 'sgr-1', error: { code: 'UnusableAnswer' } }]);
});

test('a group that could not be read is where it was: EC2 may call its rules stale for another VPC', async () => {
  const rule = aStaleRule();
  const network = new MemoryNetwork({
    vpcs: VPCS, groups: [aGroup()], rules: [rule], stale: { 'vpc-2': [aStaleGroup()] },
  });
  for (const naming of ['vpc-1', 'sg-1']) network.on('securityGroups', { naming, throws: awsError('InternalError') });
  const ledger = new MemoryLedger([anEntry({ rule, vpcId: 'vpc-1', because: { ...FLAGGED, ...STALE } })]);
  const configuration = aDecodedConfiguration({ staleRules: 'report', flaggedIngressRules: [sshFlagged()] });
  await run(configuration, network, { ledger });
  expect(ledger.entries.get('sgr-1')).toMatchObject({ vpcId: 'vpc-1', flagged: { verdict: 'flagged' } });
});

test('a rule whose group could not be read counts towards the limit', async () => {
  const rules = [aStaleRule('sgr-1', 'sg-1'), aStaleRule('sgr-2', 'sg-2')];
  const network = new MemoryNetwork({
    vpcs: VPCS, groups: [aGroup(), aGroup({ groupId: 'sg-2', vpcId: 'vpc-2' })], rules,
    stale: { 'vpc-1': [aStaleGroup('sg-1')], 'vpc-2': [aStaleGroup('sg-2')] },
  }).on('securityGroups', { naming: 'sg-2', throws: awsError('InternalError') });
  const ledger = new MemoryLedger(rules.map(rule => anEntry({ rule, because: STALE })));
  const configuration = aDecodedConfiguration({ staleRules: 'revoke', maxRevocationsPerSweep: 1 });
  const { result } = await run(configuration, network, { ledger });
  expect(network.idsOf('revokeIngress')).toEqual([]);
  expect(result?.withheld).toMatchObject([{ reason: 'OVER_LIMIT' }]);
});

test('a wait that others have begun anew since the run decided is waited for', async () => {
  const rule = aStaleRule();
  const network = new MemoryNetwork({
    vpcs: VPCS, groups: [aGroup()], rules: [rule], stale: { 'vpc-1': [aStaleGroup()] },
  });
  const ledger = new MemoryLedger([anEntry({ rule, because: STALE, firstSeen: '2025-12-01T00:00:00.000Z' })]);
  // Other runs have seen the rule modified, and modified back.
  ledger.on('putControl', {
    call: 1,
    after: () => {
      const entry = ledger.entries.get('sgr-1');
      const stale = { reason: 'OTHER', firstSeen: START.toISOString(), lastSeen: START.toISOString(), sightings: 0 };
      if (entry) ledger.entries.set('sgr-1', { ...entry, revision: entry.revision + 2, writtenBy: 'other', stale });
    },
  });
  await run(aDecodedConfiguration({ staleRules: 'revoke', grace: aGrace({ maxGapSeconds: 9e6 }) }), network, { ledger });
  expect(network.idsOf('revokeIngress')).toEqual([]);
  expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 0 } });
});

test('a run of a group of another account revokes nothing there, as a full run does not', async () => {
  const aNetwork = (): MemoryNetwork => new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1', ownerId: ACCOUNT }, { vpcId: 'vpc-2', ownerId: OTHER_ACCOUNT }],
    groups: [aGroup({ ownerId: ACCOUNT }), aGroup({ groupId: 'sg-2', vpcId: 'vpc-2', ownerId: OTHER_ACCOUNT })],
    rules: [aRuleFromAnywhere({ securityGroupRuleId: 'sgr-2', groupId: 'sg-2', groupOwnerId: OTHER_ACCOUNT })],
  });
  const configuration = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });
  const [ledger, whole, part] = [new MemoryLedger(), aNetwork(), aNetwork()];
  await run(configuration, whole, { ledger, accountId: ACCOUNT });
  const scope = { kind: 'groups', groupIds: ['sg-2'] } as const;
  const clock = new MemoryClock(minutes(1));
  const circumstances = { ledger, accountId: ACCOUNT, sweepId: 'part', trigger: 'request', scope, clock } as const;
  const { result } = await run(configuration, part, circumstances);
  expect([whole, part].flatMap(network => network.idsOf('revokeIngress'))).toEqual([]);
  expect(result?.plan.keep).toMatchObject([{ reason: 'OTHER_OWNER' }]);
});

test('a rule that a run revoked and did not record is revoked, also when a slower run had read it before the call', async () => {
  const configuration = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });
  const world = { vpcs: VPCS, groups: [aGroup()], rules: [aRuleFromAnywhere()] };
  const [network, slowly] = [new MemoryNetwork(world), new MemoryNetwork(world)];
  const ledger = new MemoryLedger();
  let call = (): void => undefined;
  const isTold = new Promise<void>(done => call = done);
  const isCalling = new Promise<void>(done => {
    // The other sweep revokes the rule when the test says so, and dies.
    network.on('revokeIngress', { before: async () => { done(); await isTold; }, after: () => new Promise(() => undefined) });
  });
  void run(configuration, network, { ledger, sweepId: 'dies', clock: new MemoryClock(START), revokeUntil: minutes(12) });
  await isCalling;
  const clock = new MemoryClock(minutes(5));
  slowly.on('securityGroupRules', {
    call: 1,
    after: async () => {
      call();
      await new Promise(setImmediate);
      slowly.rules.clear();
      clock.advance(12 * 60_000);
    },
  });
  await run(configuration, slowly, { ledger, sweepId: 'slow', clock, revokeUntil: minutes(19) });
  await run(configuration, network, { ledger, sweepId: 'later', clock: new MemoryClock(minutes(60)) });
  expect(network.rules.size).toBe(0);
  expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED' });
  expect(ledger.entries.get('sgr-1')?.expiresAt).toBeUndefined();
});

test('withheld revocations are reported even if the response to the write that marks them is lost and others write since', async () => {
  const ledger = new MemoryLedger();
  ledger.controlEntry = aControl();
  let isFirst = true;
  const lossy: Pick<MemoryLedger, 'putControl'> = {
    putControl: async entry => {
      if (!isFirst) return ledger.putControl(entry);
      isFirst = false;
      const instead = { ...entry, revision: entry.revision + 1, writtenBy: 'other' };
      ledger.controlEntry = instead;
      return { isWritten: false, instead };
    },
  };
  const withheld = [{ reason: 'SKIPPED', rules: [aRule()] }] as const;
  const claim = (id: string) =>
    claimWithheld({ control: ledger.controlEntry }, withheld, lossy, { id, now: minutes(1) });
  expect(await claim('run-1')).toEqual(withheld);
  expect(await claim('run-2')).toEqual([]);
});
