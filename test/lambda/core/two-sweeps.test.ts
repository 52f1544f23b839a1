import * as fc from 'fast-check';
import { restore } from '../../../lambda/core/act/restore';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aGrace } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../support/recorders';
import { REVOKE, run, sshFlagged, START, type Swept, vpcs } from '../../support/swept';

const TO_REVOKE = ['sgr-flagged-1', 'sgr-flagged-2', 'sgr-stale-1', 'sgr-stale-2'];

interface Shared {
  readonly network: MemoryNetwork;
  readonly ledger: MemoryLedger;
  readonly clock: MemoryClock;
}

const shared = (): Shared =>
  ({ network: new MemoryNetwork(vpcs(2)), ledger: new MemoryLedger(), clock: new MemoryClock(START) });

const sweepOf = async ({ network, ledger, clock }: Shared, sweepId: string, configuration = REVOKE): Promise<Swept> =>
  run(configuration, network, { ledger, clock, sweepId });

/** Returns the ids of the rules that sweeps logged as revoked. */
const revokedIds = (sweeps: readonly Swept[]): string[] => sweeps
  .flatMap(({ log }) => log.ofEvent('Revocation').filter(({ fields }) => fields.outcome === 'REVOKED'))
  .map(({ message }) => /sgr-[\w-]+/.exec(message)?.[0] ?? '')
  .sort();

/**
 * Checks that each rule is revoked by one of the sweeps and recorded, that nothing else is revoked, and that no sweep
 * fails.
 */
function expectEachRevokedOnce({ network, ledger }: Shared, sweeps: readonly Swept[]): void {
  expect(sweeps.map(({ error }) => error)).toEqual(sweeps.map(() => undefined));
  expect([...network.rules.keys()].sort()).toEqual(['sgr-egress-1', 'sgr-egress-2', 'sgr-healthy-1', 'sgr-healthy-2']);
  expect(revokedIds(sweeps)).toEqual(TO_REVOKE);
  const sum = (name: string): number =>
    sweeps.reduce((total, { metrics: { aggregates } }) => total + aggregates[name], 0);
  expect([sum('IngressRulesRevoked'), sum('RevocationsFailed'), sum('ScanErrors')]).toEqual([TO_REVOKE.length, 0, 0]);
  for (const rule of vpcs(2).rules.filter(({ securityGroupRuleId: id }) => TO_REVOKE.includes(id))) {
    expect(ledger.entries.get(rule.securityGroupRuleId)).toMatchObject({
      state: 'REVOKED',
      rule,
      outcome: { name: 'REVOKED' },
    });
  }
}

/** Returns the rules in a sweep's log lines of one event. */
const logged = (
  { log }: Swept, event: string, isMeant: (fields: Readonly<Record<string, unknown>>) => boolean = () => true,
): string[] => log.ofEvent(event).filter(({ fields }) => isMeant(fields))
  .map(({ fields }) => (fields.rule as SecurityGroupRule).securityGroupRuleId);

/**
 * Checks that a restore finds a rule by either sweep in the log: the one that called EC2, and the one that says that
 * the rule is revoked.
 */
async function expectKnownByEither({ ledger }: Shared, sweeps: Readonly<Record<string, Swept>>): Promise<void> {
  for (const [sweepId, swept] of Object.entries(sweeps)) {
    const known = (await ledger.revokedBy(sweepId)).entries.map(({ securityGroupRuleId }) => securityGroupRuleId);
    expect(known).toEqual(expect.arrayContaining(logged(swept, 'Revocation', ({ outcome }) => outcome === 'REVOKED')));
  }
  for (const id of TO_REVOKE) {
    const { outcome, attempt } = ledger.entries.get(id) ?? {};
    // The sweep that made the attempt has logged it before the call.
    expect(logged(sweeps[outcome?.sweepId ?? ''], 'Revoking')).toContain(id);
    expect([outcome?.recordedBy === outcome?.sweepId, attempt]).toEqual([false, undefined]);
    for (const sweepId of [outcome?.sweepId, outcome?.recordedBy]) {
      if (sweepId === undefined) continue;
      const { entries } = await ledger.revokedBy(sweepId);
      expect(entries.map(entry => entry.securityGroupRuleId)).toContain(id);
    }
  }
}

/** Checks that all revoked rules are restored once, when a restore is requested for each sweep. */
async function expectRestoredByBoth({ network, ledger, clock }: Shared, sweepIds: readonly string[]): Promise<void> {
  const restored: string[] = [];
  for (const sweepId of sweepIds) {
    if ((await ledger.revokedBy(sweepId)).entries.length === 0) continue;
    const { rules } = await restore(
      { sweepId },
      {
        network, ledger, clock, log: new MemoryLog().log, restoreId: `restore-${sweepId}`,
        hygiene: 'Network/NetworkHygiene', table: 'ledger',
      },
    );
    restored.push(
      ...rules.filter(({ outcome }) => outcome === 'RESTORED').map(({ securityGroupRuleId }) => securityGroupRuleId),
    );
  }
  expect(restored.sort()).toEqual(TO_REVOKE);
  expect(network.rules.size).toBe(8);
}

describe('of two sweeps at once, each rule is revoked, counted and recorded once', () => {
  test('when they go side by side', async () => {
    const world = shared();
    expectEachRevokedOnce(world, await Promise.all([sweepOf(world, 'sweep-a'), sweepOf(world, 'sweep-b')]));
  });

  test('when there are three', async () => {
    const world = shared();
    expectEachRevokedOnce(
      world,
      await Promise.all(['sweep-a', 'sweep-b', 'sweep-c'].map(async id => sweepOf(world, id))),
    );
  });

  /** Runs the other sweep from start to end while one call of the first sweep waits. */
  async function during(
    meanwhile: (world: Shared, other: () => Promise<void>) => void,
  ): Promise<{ world: Shared; first: Swept; other: Swept }> {
    const world = shared();
    const others: Swept[] = [];
    meanwhile(world, async () => {
      others.push(await sweepOf(world, 'sweep-b'));
    });
    const first = await sweepOf(world, 'sweep-a');
    expect(others).toHaveLength(1);
    return { world, first, other: others[0] };
  }

  test.each<[name: string, meanwhile: (world: Shared, other: () => Promise<void>) => void]>([
    ['reads the ledger', ({ ledger }, before) => ledger.on('unsettled', { call: 1, before })],
    ['has read the ledger', ({ ledger }, after) => ledger.on('unsettled', { call: 1, after })],
    ['writes down the first rule that it found', ({ ledger }, before) => ledger.on('put', { call: 1, before })],
    ['has written down the first rule that it found', ({ ledger }, after) => ledger.on('put', { call: 1, after })],
    ['reserves what it is about to revoke', ({ ledger }, before) => ledger.on('putControl', { call: 1, before })],
    ['has reserved what it is about to revoke', ({ ledger }, after) => ledger.on('putControl', { call: 1, after })],
    ['waits for its turn to revoke', ({ network }, before) => network.on('admitRevocations', { call: 1, before })],
    ['claims a rule', ({ ledger }, before) => ledger.on('put', { call: 3, before })],
    ['has claimed a rule', ({ ledger }, after) => ledger.on('put', { call: 3, after })],
    ['calls EC2 to revoke', ({ network }, before) => network.on('revokeIngress', { call: 1, before })],
    ['has revoked', ({ network }, after) => network.on('revokeIngress', { call: 1, after })],
    ['records that a rule is gone', ({ ledger }, before) => ledger.on('put', { call: 7, before })],
    ['has recorded that a rule is gone', ({ ledger }, after) => ledger.on('put', { call: 7, after })],
  ])('when the other one runs while the first one %s', async (_, meanwhile) => {
    const { world, first, other } = await during(meanwhile);
    expectEachRevokedOnce(world, [first, other]);
    await expectKnownByEither(world, { 'sweep-a': first, 'sweep-b': other });
    await expectRestoredByBoth(world, ['sweep-a', 'sweep-b']);
  });

  test('whatever the order in which EC2 and the ledger answer them', async () => {
    const shares = new Set<string>();
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }), async delays => {
      const world = shared();
      let calls = 0;
      const before = async (): Promise<void> => {
        for (let turns = delays[calls++ % delays.length]; turns > 0; turns--) await Promise.resolve();
      };
      for (const method of [
        'vpcs',
        'staleSecurityGroups',
        'securityGroups',
        'securityGroupRules',
        'admitRevocations',
        'revokeIngress',
      ] as const) {
        world.network.on(method, { before });
      }
      for (const method of ['control', 'unsettled', 'get', 'put', 'putControl'] as const) {
        world.ledger.on(method, { before });
      }
      const sweeps = await Promise.all([sweepOf(world, 'sweep-a'), sweepOf(world, 'sweep-b')]);
      expectEachRevokedOnce(world, sweeps);
      await expectKnownByEither(world, { 'sweep-a': sweeps[0], 'sweep-b': sweeps[1] });
      shares.add(sweeps.map(({ metrics: { aggregates } }) => aggregates.IngressRulesRevoked).join('-'));
    }), { numRuns: 300 });
    // If one of the sweeps had always revoked everything, the test would prove nothing.
    expect(shares.size).toBeGreaterThan(1);
  });
});

test('two sweeps at once count as one sighting: neither revokes a rule that needs two, and the next one does', async () => {
  const world = shared();
  // Looking takes time.
  world.network.on('vpcs', { after: () => world.clock.advance(1000) });
  const patient = { ...REVOKE, flaggedIngressRules: [], grace: aGrace({ seconds: 0 }) };
  const both = await Promise.all([sweepOf(world, 'sweep-a', patient), sweepOf(world, 'sweep-b', patient)]);
  expect(both.map(({ metrics: { aggregates } }) => aggregates.IngressRulesRevoked)).toEqual([0, 0]);
  expect(world.network.methods).not.toContain('revokeIngress');
  const next = await sweepOf(world, 'sweep-c', patient);
  expect(next.metrics.aggregates.IngressRulesRevoked).toBe(2);
});

describe('of two sweeps at once that look at one flagged rule', () => {
  const FLAGGED = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });
  const RULE = 'sgr-flagged-1';
  const MINUTE = 60_000;

  const alone = (): Shared =>
    ({ network: new MemoryNetwork(vpcs(1)), ledger: new MemoryLedger(), clock: new MemoryClock(START) });
  const flaggedSweep = async (world: Shared, sweepId: string): Promise<Swept> => sweepOf(world, sweepId, FLAGGED);
  const entryOf = ({ ledger }: Shared): LedgerEntry | undefined => ledger.entries.get(RULE);
  const revokedBy = (...sweeps: Swept[]): number[] =>
    sweeps.map(({ metrics: { aggregates } }) => aggregates.IngressRulesRevoked);

  /** Changes a rule, and returns it. */
  function modify({ network }: Shared, change: Partial<SecurityGroupRule>): SecurityGroupRule {
    const rule = { ...network.rules.get(RULE) ?? vpcs(1).rules[0], ...change };
    network.rules.set(RULE, rule);
    return rule;
  }

  function aGate(): { readonly opened: Promise<void>; readonly open: () => void } {
    let open = (): void => undefined;
    const opened = new Promise<void>(resolve => { open = resolve; });
    return { opened, open };
  }

  /**
   * One sweep reads the rule. Before it writes, the rule is modified and the other sweep revokes it. Then the test
   * waits for `goesOn`.
   */
  async function afterAnOlderReading(
    goesOn: Promise<void>,
  ): Promise<{ world: Shared; asItWent: SecurityGroupRule; older: Swept; other: Promise<Swept> }> {
    const world = alone();
    let asItWent = vpcs(1).rules[0];
    let other: Promise<Swept> | undefined;
    const revoked = aGate();
    world.ledger.on('unsettled', {
      call: 1,
      before: async () => {
        world.clock.advance(1000);
        asItWent = modify(world, { description: 'modified meanwhile', tags: { Owner: 'someone new' } });
        other = flaggedSweep(world, 'sweep-other');
        await revoked.opened;
      },
    });
    world.network.on('revokeIngress', {
      call: 1,
      after: async () => {
        revoked.open();
        await goesOn;
      },
    });
    const older = await flaggedSweep(world, 'sweep-older');
    if (other === undefined) throw new Error('the other one did not run');
    return { world, asItWent, older, other };
  }

  test('the one with the older reading leaves it to the other, which dies after it had revoked: what is put back is the rule as it went', async () => {
    const { world, asItWent, older } = await afterAnOlderReading(new Promise(() => undefined));
    expect(entryOf(world)).toMatchObject({ state: 'PENDING', rule: asItWent, attempt: { sweepId: 'sweep-other' } });
    world.clock.advance(60 * MINUTE);
    const next = await flaggedSweep(world, 'sweep-next');
    expect(revokedBy(older, next)).toEqual([0, 1]);
    expect(entryOf(world)).toMatchObject({
      state: 'REVOKED',
      rule: asItWent,
      outcome: { sweepId: 'sweep-other', recordedBy: 'sweep-next' },
    });
  });

  test('the one with the older reading leaves it to the other, which is slow to record that it had revoked', async () => {
    const gate = aGate();
    const { world, asItWent, older, other } = await afterAnOlderReading(gate.opened);
    gate.open();
    expect(revokedBy(older, await other)).toEqual([0, 1]);
    expect(entryOf(world)).toMatchObject({
      state: 'REVOKED',
      rule: asItWent,
      writtenBy: 'sweep-other',
      outcome: { sweepId: 'sweep-other' },
    });
  });

  test('the one that starts when the other is about to call EC2 leaves it to it, and undoing the other puts it back', async () => {
    const world = alone();
    const others: Swept[] = [];
    world.network.on('revokeIngress', {
      call: 1,
      before: async () => {
        others.push(await flaggedSweep(world, 'sweep-b'));
      },
    });
    const first = await flaggedSweep(world, 'sweep-a');
    expect(revokedBy(first, ...others)).toEqual([1, 0]);
    expect(world.network.idsOf('revokeIngress')).toEqual([['sg-1', RULE]]);
    expect(others[0].result?.plan.keep.map(({ reason }) => reason)).toEqual(['LEFT_TO_OTHER']);
    expect(entryOf(world)?.outcome).toEqual({ name: 'REVOKED', sweepId: 'sweep-a', at: START.toISOString() });
    const { counts } = await restore(
      { sweepId: 'sweep-a' },
      {
        ...world, log: new MemoryLog().log, restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger',
      },
    );
    expect(counts).toEqual({ RESTORED: 1 });
  });

  test('what EC2 says that it revoked corrects what the other has recorded meanwhile, and is counted once, as a failure too', async () => {
    const world = alone();
    let asItWent = vpcs(1).rules[0];
    const others: Swept[] = [];
    world.network.on('revokeIngress', {
      call: 1,
      before: () => {
        asItWent = modify(world, { cidrIpv4: '203.0.113.7/32', description: 'changed' });
      },
      after: async () => {
        others.push(await flaggedSweep(world, 'sweep-b'));
      },
    });
    const first = await flaggedSweep(world, 'sweep-a');
    expect(revokedBy(first, ...others)).toEqual([0, 1]);
    expect(first.metrics.aggregates.RevocationsFailed).toBe(1);
    expect(entryOf(world)).toMatchObject({
      state: 'REVOKED',
      outcome: { name: 'REVOKED', sweepId: 'sweep-a', recordedBy: 'sweep-b' },
    });
    expect(entryOf(world)?.rule).toEqual(asItWent);
    expect(first.log.ofEvent('Revocation')).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        fields: expect.objectContaining({ outcome: 'REVOKED_CHANGED', rule: asItWent }),
      }),
    ]);
  });

  test('a call that was answered with an error, and has its effect when the other has claimed the rule, is counted by that, as of the one that called', async () => {
    const world = alone();
    const others: Swept[] = [];
    let isFailing = true;
    world.network.on('revokeIngress', {
      before: () => {
        if (isFailing) throw awsError('Unavailable');
      },
    });
    world.network.on('admitRevocations', {
      call: 1,
      before: async () => {
        others.push(await flaggedSweep(world, 'sweep-a'));
        isFailing = false;
      },
    });
    world.ledger.on('put', {
      naming: RULE,
      after: () => {
        if (entryOf(world)?.state === 'PENDING' && entryOf(world)?.writtenBy === 'sweep-b') {
          world.network.rules.delete(RULE);
        }
      },
    });
    const second = await flaggedSweep(world, 'sweep-b');
    expect(others[0].metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, RevocationsFailed: 1 });
    expect(second.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, RevocationsFailed: 0 });
    expect(entryOf(world)).toMatchObject({
      state: 'REVOKED',
      rule: vpcs(1).rules[0],
      outcome: { sweepId: 'sweep-a', recordedBy: 'sweep-b' },
    });
    expect(entryOf(world)?.expiresAt).toBeUndefined();
    for (const sweepId of ['sweep-a', 'sweep-b']) {
      expect((await world.ledger.revokedBy(sweepId)).entries).toHaveLength(1);
    }
  });

  test('a restore of what a sweep has revoked, before that could record it, puts the rule back once, exempt, and the sweep leaves the record', async () => {
    const world = alone();
    const deps = {
      ...world, log: new MemoryLog().log, restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger',
    };
    world.network.on('revokeIngress', {
      call: 1,
      after: async () => {
        await restore({ sweepId: 'sweep-a' }, deps);
      },
    });
    const swept = await flaggedSweep(world, 'sweep-a');
    expect(swept.error).toBeUndefined();
    expect(entryOf(world)).toMatchObject({
      state: 'RESTORED',
      writtenBy: 'restore-1',
      outcome: { name: 'REVOKED', sweepId: 'sweep-a' },
      restored: { securityGroupRuleId: 'sgr-added-1' },
    });
    const sshRules = [...world.network.rules.values()].filter(({ fromPort, isEgress }) => fromPort === 22 && !isEgress);
    expect(sshRules.map(({ securityGroupRuleId, tags }) => [securityGroupRuleId, tags])).toEqual([
      ['sgr-stale-1', {}],
      ['sgr-added-1', { [EXEMPT_TAG]: 'restored' }],
    ]);
    const next = await flaggedSweep(world, 'sweep-b');
    expect(revokedBy(next)).toEqual([0]);
    expect(next.result?.plan.keep.map(({ reason }) => reason)).toEqual(['EXEMPT_BY_RULE_TAG']);
  });
});
