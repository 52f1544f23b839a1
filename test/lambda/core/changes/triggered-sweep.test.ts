/** Tests the sweep of everything that changes start: it is a full sweep, but not one of the schedule. */
import { aGrace } from '../../../support/builders';
import { ChangeScene, MINUTE, revoking } from '../../../support/change-scene';
import { ON_SCHEDULE } from '../../../support/swept';

const PATIENT = revoking({ staleRules: 'revoke', grace: aGrace({ seconds: 0, sightings: 2 }), maxRevocationsPerSweep: 20 });

test('it looks at everything, revokes what is due, publishes totals, and records itself', async () => {
  const scene = await ChangeScene.of(PATIENT);
  const { delivered, metrics, error } = await scene.sweepFully();
  expect(error).toBeUndefined();
  expect(delivered?.result.run).toMatchObject({ trigger: 'change', scope: { kind: 'everything' } });
  expect(scene.ruleIds.filter(id => id.startsWith('sgr-flagged'))).toEqual([]);
  expect(metrics.aggregates).toMatchObject({
    FlaggedIngressRules: 2, StaleIngressRules: 2, VpcsScanned: 2, IngressRulesRevoked: 2,
  });
  expect(scene.ledger.sweep).toMatchObject({ startedAt: scene.now.toISOString(), scanErrors: 0 });
});

test('it publishes no heartbeat, so that it does not hide that the schedule has stopped', async () => {
  const scene = await ChangeScene.of(PATIENT);
  expect((await scene.sweepFully()).metrics.aggregates).not.toHaveProperty('Sweeps');
  expect((await scene.run(ON_SCHEDULE)).metrics.aggregates).toMatchObject({ Sweeps: 1 });
});

test('it counts no sightings: however many there are, a rule waits for those of the schedule', async () => {
  const scene = await ChangeScene.of(PATIENT);
  for (let sweep = 0; sweep < 3; sweep++) {
    await scene.sweepFully();
    scene.clock.advance(10 * MINUTE);
  }
  expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 0 } });
  await scene.run(ON_SCHEDULE);
  scene.clock.advance(10 * MINUTE);
  await scene.run(ON_SCHEDULE);
  expect(scene.ledger.entries.get('sgr-stale-1')?.state).toBe('REVOKED');
});

test('it opens no allowance: the limit holds over it and the runs before it', async () => {
  const scene = await ChangeScene.of(revoking({ maxRevocationsPerSweep: 2 }));
  const { allowance } = scene.ledger.controlEntry ?? {};
  scene.clock.advance(10 * MINUTE);
  await scene.sweepFully();
  expect(scene.ledger.controlEntry?.allowance).toMatchObject({ openedBy: allowance?.openedBy, used: 2 });
});

test('it does not count as a scheduled sweep that found another configuration in force', async () => {
  const scene = await ChangeScene.of();
  scene.fingerprint = 'another one';
  for (let sweep = 0; sweep < 3; sweep++) expect((await scene.sweepFully()).error).toBeUndefined();
  expect(scene.ledger.controlEntry?.mismatch).toBeUndefined();
  expect(scene.ruleIds).toHaveLength(8);
});
