/** Tests sweeps in which each declaration has an action of its own. */
import type { DecodedConfiguration, FlaggedActionConfiguration, FlaggedIngressRule } from '../../../src/contract/configuration';
import { aDecodedConfiguration, aFlaggedIngressRule, aGrace, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { findingsPageOf } from '../../support/findings';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { ACCOUNT, type Circumstances, run, START, type Swept } from '../../support/swept';

const DAY_MILLIS = 86_400_000;
const REPORT: FlaggedActionConfiguration = { kind: 'report' };
const AFTER_TWO_DAYS: FlaggedActionConfiguration = {
  kind: 'revoke', grace: aGrace({ seconds: 2 * 86_400, sightings: 2, maxGapSeconds: 1.5 * 86_400 }),
};

/** Declarations of SSH from anywhere. They differ in their digest, as they would if their traffic differed. */
const ssh = (id: string, action: FlaggedActionConfiguration): FlaggedIngressRule => aFlaggedIngressRule({ id, action });

/** Names declarations by their order, as the configuration does. */
const declare = (...rules: FlaggedIngressRule[]): DecodedConfiguration => aDecodedConfiguration({
  flaggedIngressRules: rules.map((rule, index) => ({ ...rule, name: `flaggedIngressRules[${index}]` })),
});

class Scene {
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT })], rules: [aRuleFromAnywhere()],
  });
  readonly ledger = new MemoryLedger();
  readonly clock = new MemoryClock(START);
  private count = 0;

  get isThere(): boolean {
    return this.network.rules.has('sgr-1');
  }

  /** Runs a sweep a day after the one before. */
  async sweep(configuration: DecodedConfiguration, circumstances: Circumstances = {}): Promise<Swept> {
    this.clock.advance(DAY_MILLIS);
    this.count += 1;
    const { network, ledger, clock, count } = this;
    return run(configuration, network, { ledger, clock, sweepId: `sweep-${count}`, ...circumstances });
  }
}

const reasons = ({ result }: Swept): Array<string | undefined> => (result?.plan.keep ?? []).map(({ reason }) => reason);

test('a rule is revoked when the wait of its declaration is over, and not before; the table says when', async () => {
  const scene = new Scene();
  const configuration = declare(ssh('a', AFTER_TWO_DAYS));
  for (const sweeps of [1, 2]) {
    const swept = await scene.sweep(configuration);
    expect(reasons(swept)).toEqual(['WITHIN_GRACE']);
    expect(swept.metrics.aggregates).toMatchObject({ FlaggedIngressRules: 1, RevocationsWithheld: 0, RulesKept: 1 });
    expect(findingsPageOf(scene)).toContain(
      `Revoked by the first sweep after 2026-01-04 00:00 UTC, if still flagged (seen ${sweeps === 1 ? '1 of 2 needed times' : '2 times, 2 needed'})`,
    );
    expect(scene.isThere).toBe(true);
  }
  expect((await scene.sweep(configuration)).metrics.aggregates.IngressRulesRevoked).toBe(1);
  expect(scene.isThere).toBe(false);
});

test('a rule that is only reported stays, counts for no limit, and the table names the action to change', async () => {
  const scene = new Scene();
  const swept = await scene.sweep({ ...declare(ssh('a', REPORT), ssh('b', REPORT)), maxRevocationsPerSweep: 0 });
  expect(reasons(swept)).toEqual(['REPORT_ONLY']);
  expect(swept.result?.due).toBe(0);
  expect(swept.metrics.aggregates).toMatchObject({ FlaggedIngressRules: 1 });
  expect(swept.metrics.aggregates).not.toHaveProperty('RevocationsWithheld');
  expect(findingsPageOf(scene))
    .toContain('Reported only: remove it, or change the action of flaggedIngressRules[0], flaggedIngressRules[1]');
  expect(scene.isThere).toBe(true);
});

test('another declaration before it neither ends, shortens nor restarts a wait', async () => {
  const scene = new Scene();
  await scene.sweep(declare(ssh('a', AFTER_TWO_DAYS)));
  const longer = { ...AFTER_TWO_DAYS, grace: aGrace({ seconds: 30 * 86_400 }) };
  await scene.sweep(declare(ssh('b', longer), ssh('a', AFTER_TWO_DAYS)));
  expect(scene.isThere).toBe(true);
  await scene.sweep(declare(ssh('b', longer), ssh('a', AFTER_TWO_DAYS)));
  expect(scene.isThere).toBe(false);
});

test('the count goes on while a declaration only reports, and in a dry run', async () => {
  const scene = new Scene();
  await scene.sweep(declare(ssh('a', REPORT)));
  const dryRun = await scene.sweep({ ...declare(ssh('a', AFTER_TWO_DAYS)), dryRun: true });
  expect(reasons(dryRun)).toEqual(['WITHIN_GRACE']);
  await scene.sweep(declare(ssh('a', AFTER_TWO_DAYS)));
  expect(scene.isThere).toBe(false);
});

test('a gap that is too long for the declaration starts its wait over', async () => {
  const scene = new Scene();
  const configuration = declare(ssh('a', AFTER_TWO_DAYS));
  await scene.sweep(configuration);
  scene.clock.advance(5 * DAY_MILLIS);
  await scene.sweep(configuration);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(true);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(false);
});

test('a rule that is modified starts its wait over', async () => {
  const scene = new Scene();
  const configuration = declare(aFlaggedIngressRule({ id: 'a', action: AFTER_TWO_DAYS, match: 'COVERS' }));
  await scene.sweep(configuration);
  await scene.sweep(configuration);
  scene.network.rules.set('sgr-1', aRuleFromAnywhere({ toPort: 23 }));
  await scene.sweep(configuration);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(true);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(false);
});

test('runs over some groups do not count, and one event that starts two sweeps at once counts once', async () => {
  const scene = new Scene();
  const configuration = declare(ssh('a', { ...AFTER_TWO_DAYS, grace: aGrace({ seconds: 0, sightings: 3 }) }));
  await scene.sweep(configuration, { trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } });
  const { network, ledger, clock } = scene;
  await Promise.all(['x', 'y'].map(async sweepId =>
    run(configuration, network, { ledger, clock, sweepId, scheduledTime: '2026-01-02T00:00:00.000Z' })));
  expect(ledger.entries.get('sgr-1')?.flagged?.declarations).toMatchObject([{ id: 'a', sightings: 1 }]);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(true);
  await scene.sweep(configuration);
  expect(scene.isThere).toBe(false);
});

test('a deployment says when waits of declarations end', async () => {
  const scene = new Scene();
  const configuration = declare(ssh('a', AFTER_TWO_DAYS));
  await scene.sweep(configuration);
  const { result } = await scene.sweep(configuration, { trigger: 'deployment' });
  expect(result?.forecast).toMatchObject({ due: 0, graceEnds: [{ day: '2026-01-04', count: 1 }] });
});
