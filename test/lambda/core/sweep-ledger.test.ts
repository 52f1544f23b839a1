import { restore } from '../../../lambda/core/act/restore';
import type { Trigger } from '../../../lambda/core/model/scope';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import {
  ACCOUNT, aDecodedConfiguration, aGrace, aGroup, anEntry, aRuleFromAnywhere, type EntryInShort,
} from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../support/recorders';
import { REVOKE, run, sshFlagged, START, type Swept, vpcs, VPN, VPN_ONLY } from '../../support/swept';

const UNAVAILABLE = awsError('ProvisionedThroughputExceededException', 'slow down');
const REVOKE_STALE = aDecodedConfiguration({ staleRules: 'revoke' });
const MINUTES = 60_000;

const states = ({ ledger }: Swept): Record<string, string> =>
  Object.fromEntries([...ledger.entries].map(([id, { state }]) => [id, state]));

const revocationCalls = ({ network }: Swept): string[] =>
  network.methods.filter(method => method === 'revokeIngress' || method === 'admitRevocations');

const messageOf = ({ error }: Swept): string => error instanceof Error ? error.message : '';

/** Returns why each rule was kept, by its id. */
const reasons = ({ result }: Swept): Record<string, string> =>
  Object.fromEntries(result?.plan.keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason]) ?? []);

describe('a sweep writes to the ledger', () => {
  test('an entry for each rule that it found, before it revokes any, and none for a healthy one', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    let before: string[] = [];
    network.on('revokeIngress', { call: 1, before: () => { before = [...ledger.entries.keys()].sort(); } });
    const swept = await run(REVOKE, network, { ledger });
    expect(before).toEqual(['sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1']);
    expect(states(swept)).toEqual({ 'sgr-egress-1': 'OPEN', 'sgr-flagged-1': 'REVOKED', 'sgr-stale-1': 'REVOKED' });
    expect(swept.log.ofEvent('Finding').map(({ fields }) => fields.change)).toEqual(['OPENED', 'OPENED', 'OPENED']);
  });

  test.each<[name: string, configuration: DecodedConfiguration]>([
    ['only reports', aDecodedConfiguration({ staleRules: 'report' })],
    ['makes a dry run', { ...REVOKE_STALE, dryRun: true }],
    ['may revoke nothing', { ...REVOKE_STALE, maxRevocationsPerSweep: 0 }],
  ])('what it found also when it %s', async (_, configuration) => {
    const swept = await run(configuration, new MemoryNetwork(vpcs(1)));
    expect(states(swept)).toEqual({ 'sgr-egress-1': 'OPEN', 'sgr-stale-1': 'OPEN' });
    expect(swept.error).toBeUndefined();
  });

  test('its name, and of itself and its allowance alone when nothing was found', async () => {
    const { ledger } = await run(REVOKE, new MemoryNetwork(vpcs(1)), { sweepId: 'sweep-7' });
    expect([...(ledger?.entries.values() ?? [])].map(({ writtenBy }) => writtenBy)).toEqual([
      'sweep-7',
      'sweep-7',
      'sweep-7',
    ]);
    const idle = await run(REVOKE, new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }] }));
    const methods = idle.ledger?.calls.map(({ method }) => method);
    expect(methods).toEqual(['control', 'unsettled', 'putControl', 'series', 'latestSweep', 'putLatestSweep']);
    expect(idle.ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'sweep-1', limit: 1000, used: 0 });
  });
});

describe('every line that a sweep logs', () => {
  test('names it, that of what is about to be revoked, too: by that name it can be undone', async () => {
    const { log } = await run(REVOKE, new MemoryNetwork(vpcs(1)), { sweepId: 'sweep-7' });
    expect(log.ofEvent('Revoking')).toHaveLength(2);
    expect(new Set(log.lines.map(({ fields }) => fields.sweepId))).toEqual(new Set(['sweep-7']));
  });
});

describe('a sweep that EC2 does not tell of the rules that it no longer finds', () => {
  const MISSING = anEntry({ rule: aRuleFromAnywhere({ securityGroupRuleId: 'sgr-missing' }), vpcId: 'vpc-1' });
  const SLOW_DOWN = awsError('RequestLimitExceeded', 'slow down');
  const networkOf = (): MemoryNetwork =>
    new MemoryNetwork(vpcs(1)).on('securityGroupRules', { naming: 'sgr-missing', throws: SLOW_DOWN });

  test('revokes what it found, counts the error as one of looking, and does not blame the ledger', async () => {
    const ledger = new MemoryLedger([MISSING]);
    const swept = await run(REVOKE, networkOf(), { ledger });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates)
      .toMatchObject({ IngressRulesRevoked: 2, RevocationsWithheld: 0, ScanErrors: 1, Sweeps: 1 });
    expect(swept.result?.ledgerErrors).toEqual([]);
    expect(swept.log.ofEvent('ScanError').map(({ message }) => message)).toEqual([
      'Could not look: reading the rules of the ledger that were not found (sg-1) failed with RequestLimitExceeded: slow down',
    ]);
    expect(ledger.entries.get('sgr-missing')).toEqual(MISSING);
  });

  test('revokes nothing where that, with what it found, would be more than it may', async () => {
    const because = { verdict: 'flagged', declarations: [] } as const;
    const ledger = new MemoryLedger([anEntry({ rule: MISSING.rule, vpcId: 'vpc-1', because })]);
    const swept = await run({ ...REVOKE, maxRevocationsPerSweep: 2 }, networkOf(), { ledger });
    expect(revocationCalls(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, RevocationsWithheld: 2 });
  });
});

test('a sweep ends no finding in a declared group that EC2 does not show although it shows the rule', async () => {
  const network = new MemoryNetwork(vpcs(1));
  const configuration = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged('sg-1')], dryRun: true });
  const { ledger } = await run(configuration, network);
  network.groups.delete('sg-1');
  const swept = await run(configuration, network, { ledger });
  expect(states(swept)).toEqual({ 'sgr-flagged-1': 'OPEN' });
  expect(swept.result?.observation.errors).toMatchObject([{ resourceId: 'sg-1' }]);
});

describe('a sweep whose ledger fails,', () => {
  const failing: ReadonlyArray<readonly [name: string, doing: string, ledger: () => MemoryLedger, says: string]> = [
    [
      'that cannot be read',
      'reading the ledger',
      () => new MemoryLedger().on('unsettled', { throws: UNAVAILABLE }),
      'ProvisionedThroughputExceededException: slow down',
    ],
    [
      'that cannot be written',
      'writing to the ledger',
      () => new MemoryLedger().on('put', { throws: UNAVAILABLE }),
      'ProvisionedThroughputExceededException: slow down',
    ],
    [
      'in which one rule that is kept cannot be written',
      'writing to the ledger',
      () => new MemoryLedger().on('put', { naming: 'sgr-egress-2', throws: UNAVAILABLE }),
      'ProvisionedThroughputExceededException: slow down',
    ],
  ];

  test.each(failing)(
    '%s (%s) revokes nothing, publishes what it found and withheld, and fails then',
    async (_, doing, ledger, says) => {
      const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger: ledger() });
      expect(revocationCalls(swept)).toEqual([]);
      expect(swept.network.rules.size).toBe(8);
      expect(swept.metrics.published.filter(({ data }) => data.some(({ name }) => name === 'Sweeps'))).toHaveLength(1);
      expect(swept.metrics.aggregates).toMatchObject({
        StaleIngressRules: 2,
        FlaggedIngressRules: 2,
        RulesKept: 6,
        IngressRulesRevoked: 0,
        RevocationsFailed: 0,
        RevocationsWithheld: 4,
        ScanErrors: 1,
        Sweeps: 1,
      });
      expect(swept.metrics.aggregates).not.toHaveProperty('OldestStaleRuleAge');
      expect(messageOf(swept)).toContain(`${doing} failed with ${says}`);
      expect(swept.log.ofEvent('ScanError')).toEqual([
        expect.objectContaining({ level: 'ERROR', message: `The ledger failed: ${doing} failed with ${says}` }),
      ]);
      const warnings = swept.log.ofEvent('RuleKept').filter(({ level }) => level === 'WARN');
      expect(warnings.map(({ fields }) => fields.keepReason)).toEqual(
        Array.from({ length: 4 }, () => 'LEDGER_UNAVAILABLE'),
      );
    },
  );

  test('in which one rule that is to be revoked cannot be written revokes no rule that is claimed with it, and fails', async () => {
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-stale-2', throws: UNAVAILABLE });
    const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger });
    // The claim waits for EC2's token bucket, and writes the sighting as well.
    expect(revocationCalls(swept)).toEqual(['admitRevocations']);
    expect(swept.network.rules.size).toBe(8);
    expect(swept.metrics.aggregates).toMatchObject({
      StaleIngressRules: 2, FlaggedIngressRules: 2, RulesKept: 2, IngressRulesRevoked: 0, RevocationsFailed: 0,
      RevocationsWithheld: 4, ScanErrors: 1, Sweeps: 1,
    });
    expect(swept.metrics.aggregates).not.toHaveProperty('OldestStaleRuleAge');
    expect(messageOf(swept)).toContain('writing to the ledger failed with ProvisionedThroughputExceededException: slow down');
    expect(swept.log.ofEvent('Revocation').map(({ fields }) => fields.outcome)).toEqual(Array.from({ length: 4 }, () => 'SKIPPED'));
    const next = await run(REVOKE, swept.network, {
      ledger: new MemoryLedger([...ledger.entries.values()]), sweepId: 'sweep-2', clock: new MemoryClock(new Date(START.getTime() + 60 * MINUTES)),
    });
    expect([next.error, next.metrics.aggregates.IngressRulesRevoked]).toEqual([undefined, 4]);
  });

  test.each(failing)('%s (%s) does not fail when it only reports, and withholds nothing', async (_, __, ledger) => {
    const swept = await run(aDecodedConfiguration({ staleRules: 'report' }), new MemoryNetwork(vpcs(2)), {
      ledger: ledger(),
    });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ StaleIngressRules: 2, ScanErrors: 1, Sweeps: 1 });
    expect(swept.metrics.aggregates).not.toHaveProperty('RevocationsWithheld');
    expect(swept.log.lines.at(-1)).toMatchObject({
      level: 'WARN',
      message: 'Sweep done, but incomplete: 1 thing could not be read or written',
    });
  });

  test.each(failing)('%s (%s) does not fail in a dry run, and withholds nothing', async (_, __, ledger) => {
    const swept = await run({ ...REVOKE, dryRun: true }, new MemoryNetwork(vpcs(2)), { ledger: ledger() });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1 });
    expect(swept.metrics.aggregates).not.toHaveProperty('RevocationsWithheld');
  });

  test('which cannot be reserved from, revokes nothing, publishes what it found, and fails then', async () => {
    const ledger = new MemoryLedger().on('putControl', { throws: UNAVAILABLE });
    const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger });
    expect(revocationCalls(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({
      StaleIngressRules: 2, FlaggedIngressRules: 2, IngressRulesRevoked: 0, RevocationsWithheld: 4, ScanErrors: 1,
      Sweeps: 1,
    });
    const says = 'reserving revocations in the ledger failed with ProvisionedThroughputExceededException: slow down';
    expect(messageOf(swept)).toBe(`The ledger failed, and without it nothing further is revoked: ${says}`);
    expect(swept.result?.plan.keep.map(({ reason }) => reason).sort())
      .toEqual(['EGRESS', 'EGRESS', ...Array.from({ length: 4 }, () => 'LEDGER_UNAVAILABLE')]);
    // A reason that holds for all rules is not recorded for each, because the next sweep may find the ledger working.
    expect([...ledger.entries.values()].map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'OPEN'));
  });

  test('which does not take back what was reserved and not used, fails nothing, and says so', async () => {
    const network = new MemoryNetwork(vpcs(1)).on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
    const ledger = new MemoryLedger().on('putControl', { call: 2, throws: UNAVAILABLE });
    const swept = await run(REVOKE, network, { ledger });
    expect(swept.error).toBeUndefined();
    expect(ledger.controlEntry?.allowance).toMatchObject({ used: 2, limit: 1000 });
    expect(swept.log.ofEvent('Ledger')).toEqual([{
      level: 'WARN', fields: { event: 'Ledger', sweepId: 'sweep-1' },
      message: 'Revocations that were reserved and not used stay reserved until the next scheduled sweep: '
        + 'ProvisionedThroughputExceededException: slow down',
    }]);
    expect(swept.metrics.aggregates).toMatchObject({ RevocationsFailed: 2, Sweeps: 1 });
  });

  test('fails nothing when it looks at VPN connections alone, and says that it could not settle what is open', async () => {
    const ledger = new MemoryLedger().on('unsettled', { throws: UNAVAILABLE });
    const swept = await run(VPN_ONLY, new MemoryNetwork({ vpnConnections: [VPN] }), { ledger });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1, Sweeps: 1 });
    expect(Object.keys(swept.metrics.aggregates)).not.toEqual(expect.arrayContaining(['RulesKept']));
    const methods = ledger.calls.map(({ method }) => method);
    expect(methods)
      .toEqual(['control', 'unsettled', 'vpnConnections', 'putVpnConnection', 'series', 'latestSweep', 'putLatestSweep']);
  });

  test('half-way fails, too: what is not recorded is counted as an error, and by the next sweep as revoked', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger().on('put', { call: 3, throws: UNAVAILABLE });
    const first = await run(REVOKE_STALE, network, { ledger });
    expect(network.rules.has('sgr-stale-1')).toBe(false);
    expect(first.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, ScanErrors: 1 });
    expect(messageOf(first)).toContain('writing to the ledger failed with ProvisionedThroughputExceededException');
    expect(first.log.ofEvent('Revocation').map(({ fields }) => fields.outcome)).toEqual(['UNRECORDED']);
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'PENDING', rule: vpcs(1).rules[2] });
    const second = await run(REVOKE_STALE, network, { ledger, sweepId: 'sweep-2' });
    expect(second.error).toBeUndefined();
    expect(second.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, ScanErrors: 0 });
  });
});

describe('an error of the ledger', () => {
  test('that many rules met is told once', async () => {
    const network = new MemoryNetwork(vpcs(3));
    const ledger = new MemoryLedger();
    // This happens after all findings are written and all rules to revoke are claimed.
    network.on('revokeIngress', {
      call: 1, before: () => {
        ledger.on('put', { throws: UNAVAILABLE });
      },
    });
    const swept = await run(REVOKE_STALE, network, { ledger });
    expect(swept.log.ofEvent('Revocation').map(({ fields }) => fields.outcome)).toEqual([
      'UNRECORDED',
      'UNRECORDED',
      'UNRECORDED',
    ]);
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, ScanErrors: 1 });
    expect(swept.log.ofEvent('ScanError')).toHaveLength(1);
    expect(messageOf(swept)).toBe('The ledger failed, and without it nothing further is revoked: '
      + 'writing to the ledger failed with ProvisionedThroughputExceededException: slow down');
  });

  test('that came after the write took effect does not count: the sweep that revoked the rule counts it, and no other', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const clock = new MemoryClock(START);
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-stale-1', call: 3, throwsAfter: UNAVAILABLE });
    const first = await run(REVOKE_STALE, network, { ledger, clock });
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'REVOKED', writtenBy: 'sweep-1' });
    clock.advance(60 * MINUTES);
    const second = await run(REVOKE_STALE, network, { ledger, clock, sweepId: 'sweep-2' });
    const became = [first, second].map(({ error, metrics: { aggregates } }) => [
      error,
      aggregates.IngressRulesRevoked,
      aggregates.ScanErrors,
    ]);
    expect(became).toEqual([
      [undefined, 1, 0],
      [undefined, 0, 0],
    ]);
  });
});

describe('what a sweep that died had begun to revoke', () => {
  const rule = vpcs(1).rules[2];
  const because = { stale: 'DELETED_GROUP', declarations: [] };
  const dead: EntryInShort = {
    state: 'PENDING', writtenBy: 'sweep-dead', vpcId: 'vpc-1', because,
    attempt: { sweepId: 'sweep-dead', at: '2026-01-01T00:00:01.000Z' },
  };

  test.each<[name: string, configuration: DecodedConfiguration]>([
    ['revokes', REVOKE_STALE],
    ['only reports', aDecodedConfiguration({ staleRules: 'report' })],
    ['makes a dry run', { ...REVOKE_STALE, dryRun: true }],
  ])('and is gone is counted once, by the next sweep that looks, though that %s', async (_, configuration) => {
    const network = new MemoryNetwork({ ...vpcs(1), stale: {} });
    network.rules.delete('sgr-stale-1');
    const ledger = new MemoryLedger([anEntry({ rule, ...dead })]);
    const clock = new MemoryClock(new Date(START.getTime() + 60 * MINUTES));
    const next = await run(configuration, network, { ledger, clock });
    expect(next.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, ScanErrors: 0 });
    expect(next.metrics.aggregates.RevocationsFailed ?? 0).toBe(0);
    expect(next.log.ofEvent('Revocation')).toEqual([
      expect.objectContaining({
        level: 'INFO',
        fields: expect.objectContaining({ outcome: 'REVOKED', rule, because }),
      }),
    ]);
    expect(next.log.ofEvent('Finding')).toEqual([]);
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({
      state: 'REVOKED',
      rule,
      outcome: { name: 'REVOKED', sweepId: 'sweep-dead' },
    });
    expect(revocationCalls(next)).toEqual([]);
    const after = await run(configuration, network, { ledger, clock, sweepId: 'sweep-2' });
    expect(after.metrics.aggregates.IngressRulesRevoked ?? 0).toBe(0);
    expect(after.log.ofEvent('Revocation')).toEqual([]);
  });

  test('and is still there is revoked by the next one, and counted once', async () => {
    const ledger = new MemoryLedger([anEntry({ rule, ...dead })]);
    const clock = new MemoryClock(new Date(START.getTime() + 60 * MINUTES));
    const swept = await run(REVOKE_STALE, new MemoryNetwork(vpcs(1)), { ledger, clock });
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1 });
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({
      state: 'REVOKED',
      rule,
      outcome: { sweepId: 'sweep-1' },
    });
  });

  test('is not taken for revoked when someone else removed it: an entry without an attempt is healed', async () => {
    const network = new MemoryNetwork({ ...vpcs(1), stale: {} });
    network.rules.delete('sgr-stale-1');
    const ledger = new MemoryLedger([anEntry({ rule, ...dead, state: 'OPEN', attempt: undefined })]);
    const swept = await run(REVOKE_STALE, network, { ledger });
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0 });
    expect(swept.log.ofEvent('Finding').map(({ fields }) => fields.change)).toEqual(['HEALED']);
    expect(ledger.entries.get('sgr-stale-1')?.state).toBe('HEALED');
  });
});

describe('a rule that is no longer declared, where it could not be read whether it is stale,', () => {
  const because = { stale: 'DELETED_GROUP', verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]' }] } as const;

  test.each<[reason: string, configuration: DecodedConfiguration]>([
    ['REPORT_ONLY', aDecodedConfiguration({ staleRules: 'report' })],
    ['GROUP_UNREAD', aDecodedConfiguration({ staleRules: 'revoke' })],
  ])('is due no more by that declaration: it is kept for what is left of it (%s)', async (reason, configuration) => {
    const network = new MemoryNetwork(vpcs(1)).on('staleSecurityGroups', { throws: awsError('InternalError') });
    const ledger = new MemoryLedger([anEntry({ rule: network.rules.get('sgr-stale-1'), vpcId: 'vpc-1', because })]);
    const swept = await run(configuration, network, { ledger });
    const entry = ledger.entries.get('sgr-stale-1');
    expect(entry).toMatchObject({ state: 'OPEN', keepReason: reason, stale: { sightings: 2 } });
    expect(entry?.flagged).toBeUndefined();
    expect(swept.result?.due).toBe(0);
  });
});

describe('a configuration that looks at no rules any more', () => {
  const attempt = { sweepId: 'sweep-dead', at: new Date(START.getTime() - 60 * MINUTES).toISOString() };
  const rules = ['sgr-open', 'sgr-removed', 'sgr-there', 'sgr-revoked']
    .map(securityGroupRuleId => aRuleFromAnywhere({ securityGroupRuleId }));
  const [open, removed, there, revoked] = rules;

  /** A ledger and network of an earlier configuration, whose sweep died when it was about to revoke. */
  function left(): { readonly ledger: MemoryLedger; readonly network: MemoryNetwork } {
    const because = { verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]' }] } as const;
    const ledger = new MemoryLedger([
      ...[open, removed].map(rule => anEntry({ rule, because })),
      ...[there, revoked].map(rule => anEntry({ rule, because, state: 'PENDING', attempt })),
    ]);
    return { ledger, network: new MemoryNetwork({ rules: [open, there], vpnConnections: [VPN] }) };
  }

  test('lets go what is open, and finishes what was begun, of which EC2 tells whether it is gone', async () => {
    const { ledger, network } = left();
    const swept = await run(VPN_ONLY, network, { ledger });
    expect(swept.error).toBeUndefined();
    expect(states(swept)).toEqual({
      'sgr-open': 'HEALED', 'sgr-removed': 'HEALED', 'sgr-there': 'HEALED', 'sgr-revoked': 'REVOKED',
    });
    const names = [...ledger.entries.values()].map(({ outcome }) => outcome?.name);
    expect(names).toEqual(['NO_LONGER_LOOKED_FOR', 'HEALED', 'NO_LONGER_LOOKED_FOR', 'REVOKED']);
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, ScanErrors: 0, Sweeps: 1 });
    expect(swept.metrics.aggregates).not.toHaveProperty('RulesKept');
    expect(revocationCalls(swept)).toEqual([]);
    network.calls.length = 0;
    await run(VPN_ONLY, network, { ledger, sweepId: 'sweep-2' });
    expect(network.methods).toEqual(['vpnConnections']);
  });

  test('leaves all as it is while EC2 does not tell, and says so', async () => {
    const { ledger, network } = left();
    const before = new Map(ledger.entries);
    network.on('securityGroupRules', { throws: awsError('UnauthorizedOperation') });
    const swept = await run(VPN_ONLY, network, { ledger });
    expect(ledger.entries).toEqual(before);
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1, Sweeps: 1 });
    expect(swept.log.ofEvent('ScanError')).toMatchObject([{ fields: { error: { code: 'UnauthorizedOperation' } } }]);
  });

  test('is left to full runs to be let go by, and a run of its group finishes what was begun', async () => {
    const { ledger, network } = left();
    await run(VPN_ONLY, network, { ledger, trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } });
    expect([...ledger.entries.values()].map(({ state }) => state)).toEqual(['OPEN', 'HEALED', 'OPEN', 'REVOKED']);
  });
});

test('what someone else removed between two dry runs is not put back: it was not this construct that removed it', async () => {
  const network = new MemoryNetwork(vpcs(1));
  const ledger = new MemoryLedger();
  const clock = new MemoryClock(START);
  await run({ ...REVOKE, dryRun: true }, network, { ledger, clock });
  network.rules.delete('sgr-flagged-1');
  clock.advance(60 * MINUTES);
  await run({ ...REVOKE, dryRun: true }, network, { ledger, clock, sweepId: 'sweep-2' });
  const { rules } = await restore(
    { securityGroupRuleIds: ['sgr-flagged-1'] },
    { network, ledger, clock, log: new MemoryLog().log, restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger' },
  );
  expect(rules).toMatchObject([{ outcome: 'NOT_REVOKED' }]);
  expect(network.methods).not.toContain('authorizeIngress');
  expect(network.rules.has('sgr-flagged-1')).toBe(false);
});

describe('grace', () => {
  const configuration = { ...REVOKE_STALE, grace: aGrace({ seconds: 3600, maxGapSeconds: 7200 }) };

  test('keeps a stale rule until it has been seen for long enough, whatever happens to the function in between', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    const clock = new MemoryClock(START);
    const sweeps: Swept[] = [];
    for (const minutes of [0, 30, 29, 1]) {
      clock.advance(minutes * MINUTES);
      sweeps.push(await run(configuration, network, { ledger, clock, sweepId: `sweep-${sweeps.length}` }));
    }
    expect(sweeps.map(each => reasons(each)['sgr-stale-1'])).toEqual([
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      undefined,
    ]);
    expect(
      sweeps.map(({ metrics: { aggregates } }) => [aggregates.IngressRulesRevoked, aggregates.OldestStaleRuleAge]),
    ).toEqual([
      [0, 0],
      [0, 1800],
      [0, 3540],
      [1, 3600],
    ]);
    expect(sweeps.map(({ metrics: { aggregates } }) => aggregates.RevocationsWithheld)).toEqual([0, 0, 0, 0]);
  });

  test('begins again when the rule was not stale in between', async () => {
    const ledger = new MemoryLedger();
    const clock = new MemoryClock(START);
    const stale = new MemoryNetwork(vpcs(1));
    const healthy = new MemoryNetwork({ ...vpcs(1), stale: {} });
    const sweeps: Swept[] = [];
    for (const network of [stale, healthy, stale]) {
      sweeps.push(await run(configuration, network, { ledger, clock, sweepId: `sweep-${sweeps.length}` }));
      clock.advance(60 * MINUTES);
    }
    expect(sweeps.map(each => reasons(each)['sgr-stale-1'])).toEqual(['WITHIN_GRACE', undefined, 'WITHIN_GRACE']);
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({
      state: 'OPEN',
      firstSeen: '2026-01-01T02:00:00.000Z',
      stale: { sightings: 1 },
    });
    expect(stale.rules.has('sgr-stale-1')).toBe(true);
  });
});

describe('a run that nobody scheduled', () => {
  const configuration = { ...REVOKE_STALE, grace: aGrace({ seconds: 3600, maxGapSeconds: 7200 }) };

  test.each<Trigger>(['request', 'deployment'])('is no sighting, however often there is one: %s', async trigger => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    const clock = new MemoryClock(START);
    const sweeps: Swept[] = [];
    for (const each of ['schedule', trigger, trigger, trigger] as const) {
      sweeps.push(
        await run(configuration, network, { ledger, clock, trigger: each, sweepId: `sweep-${sweeps.length}` }),
      );
      clock.advance(60 * MINUTES);
    }
    expect(sweeps.map(each => reasons(each)['sgr-stale-1'])).toEqual(Array.from({ length: 4 }, () => 'WITHIN_GRACE'));
    const { stale } = ledger.entries.get('sgr-stale-1') ?? {};
    expect(stale).toMatchObject({ sightings: 1, countedAt: START.toISOString(), lastSeen: '2026-01-01T03:00:00.000Z' });
    expect(network.rules.has('sgr-stale-1')).toBe(true);
  });

  test('revokes what scheduled sweeps have found often and long enough', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    const clock = new MemoryClock(START);
    for (const trigger of ['schedule', 'schedule', 'request'] as const) {
      await run(configuration, network, { ledger, clock, trigger, sweepId: `sweep-${clock.now().getTime()}` });
      clock.advance(40 * MINUTES);
    }
    expect(network.rules.has('sgr-stale-1')).toBe(false);
    expect(ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'REVOKED', stale: { sightings: 2 } });
  });
});

describe('a grace of a week', () => {
  const configuration = { ...REVOKE_STALE, grace: aGrace() };
  const DAYS = 24 * 60 * MINUTES;

  /** Returns the reasons for which sweeps on these days kept the stale rule. */
  async function swept(
    daysApart: readonly number[], isBlind: (index: number) => boolean = () => false,
  ): Promise<unknown[]> {
    const network = new MemoryNetwork(vpcs(1));
    network.on('staleSecurityGroups', {
      before: () => {
        if (isBlind(reasonsInTurn.length)) throw awsError('RequestLimitExceeded');
      },
    });
    const ledger = new MemoryLedger();
    const clock = new MemoryClock(START);
    const reasonsInTurn: unknown[] = [];
    for (const days of daysApart) {
      clock.advance(days * DAYS);
      const sweepId = `sweep-${reasonsInTurn.length}`;
      reasonsInTurn.push(reasons(await run(configuration, network, { ledger, clock, sweepId }))['sgr-stale-1']);
    }
    return reasonsInTurn;
  }

  test('is not made up of two sightings with a month between, in which nobody looked and the rule may have been in use', async () => {
    expect(await swept([0, 30])).toEqual(['WITHIN_GRACE', 'WITHIN_GRACE']);
  });

  test('starts over after a gap of more than half of it, and goes on over one of no more', async () => {
    expect(await swept([0, 3, 3.6, 3.4])).toEqual(['WITHIN_GRACE', 'WITHIN_GRACE', 'WITHIN_GRACE', 'WITHIN_GRACE']);
    expect(await swept([0, 3, 3.5, 0.5])).toEqual(['WITHIN_GRACE', 'WITHIN_GRACE', 'WITHIN_GRACE', undefined]);
    expect(await swept([0, 3, 3.6, 3.4, 3.5, 0.1])).toEqual([
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      'WITHIN_GRACE',
      undefined,
    ]);
  });

  test('has a gap, too, where sweeps ran that could not look at the VPC', async () => {
    const became = await swept([0, 2, 2, 2, 2], index => index >= 1 && index <= 3);
    expect(became).toEqual(['WITHIN_GRACE', undefined, undefined, undefined, 'WITHIN_GRACE']);
  });
});

describe('a plan of more revocations than a sweep may make', () => {
  test('is not exceeded step by step when a part of the network cannot be seen, because known rules count', async () => {
    const network = new MemoryNetwork({
      vpcs: [1, 2].map(n => ({ vpcId: `vpc-${n}` })),
      groups: [1, 2].map(n => aGroup({ groupId: `sg-${n}`, vpcId: `vpc-${n}`, ownerId: ACCOUNT })),
      rules: [1, 2].flatMap(n =>
        Array.from({ length: 15 }, (_, index) =>
          aRuleFromAnywhere({ securityGroupRuleId: `sgr-${n}-${index}`, groupId: `sg-${n}` }),
        ),
      ),
    });
    const configuration = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()], maxRevocationsPerSweep: 20 });
    const ledger = new MemoryLedger();
    let isHidden = false;
    network.on('securityGroups', {
      naming: 'vpc-2',
      before: () => {
        if (isHidden) throw awsError('RequestLimitExceeded');
      },
    });
    const withheld: unknown[] = [];
    for (const [index, hidden] of [false, true, false].entries()) {
      isHidden = hidden;
      const clock = new MemoryClock(new Date(START.getTime() + index * 60 * MINUTES));
      const {
        metrics: { aggregates },
      } = await run(configuration, network, { ledger, clock, sweepId: `sweep-${index}` });
      withheld.push([aggregates.VpcsScanned, aggregates.RevocationsWithheld, aggregates.IngressRulesRevoked]);
    }
    expect(withheld).toEqual([
      [2, 30, 0],
      [1, 15, 0],
      [2, 30, 0],
    ]);
    expect(network.rules.size).toBe(30);
    expect(network.methods).not.toContain('revokeIngress');
  });

  test('is not begun, does not fail the sweep, and is counted as withheld', async () => {
    const swept = await run({ ...REVOKE, maxRevocationsPerSweep: 3 }, new MemoryNetwork(vpcs(2)));
    expect(swept.error).toBeUndefined();
    expect(revocationCalls(swept)).toEqual([]);
    expect(swept.metrics.aggregates)
      .toMatchObject({ IngressRulesRevoked: 0, RevocationsWithheld: 4, RulesKept: 6, ScanErrors: 0 });
    expect(swept.log.ofEvent('RevocationsWithheld')).toEqual([
      expect.objectContaining({
        level: 'WARN',
        fields: expect.objectContaining({ planned: 4, maxRevocationsPerSweep: 3 }),
      }),
    ]);
  });

  test('is begun when it is as many as it may', async () => {
    const swept = await run({ ...REVOKE, maxRevocationsPerSweep: 4 }, new MemoryNetwork(vpcs(2)));
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 4, RevocationsWithheld: 0 });
    expect(swept.log.ofEvent('RevocationsWithheld')).toEqual([]);
  });
});
