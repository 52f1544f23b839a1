/**
 * Tests the shipped bundle while one part fails and the others do not: a rule, a group or a VPC. Only what fails is
 * named and counted.
 */
import { BAD_RULES, HARDSHIPS } from './cases';
import { Scene } from './scene';
import { printTable, type Row } from './table';

const rows: Row[] = [];
afterAll(() => printTable('One part that fails', rows));

test.concurrent.each(BAD_RULES)('a sweep while EC2 answers each call that holds the rule $rule with $code', async ({ rule, code }) => {
  const scene = await Scene.start();
  try {
    const { ec2, network } = scene.world;
    const bad = scene.toldIds[rule];
    ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'error', code, when: ({ SecurityGroupRuleId }) => [SecurityGroupRuleId].flat().includes(bad) });

    const outcome = await scene.sweep();

    expect(outcome?.error).toBeUndefined();
    expect(scene.toldIds.filter(id => network.rules.has(id))).toEqual([bad]);
    expect([scene.counted, scene.world.aggregate('RevocationsFailed'), scene.world.aggregate('RevocationsWithheld')]).toEqual([3, 1, 0]);
    const failed = scene.world.logged('Revocation').filter(each => each.outcome === 'FAILED');
    expect(failed).toMatchObject([{ error: { code }, rule: { securityGroupRuleId: bad } }]);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, ${code} for rule ${rule}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(4);
    expect(scene.told).toEqual([...scene.toldIds].sort());
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(HARDSHIPS)('a sweep while $what', async ({ what, harm, revoked, scanErrors, withheld }) => {
  const scene = await Scene.start();
  try {
    harm(scene);

    const outcome = await scene.sweep();

    expect(outcome?.error).toBeUndefined();
    const { world } = scene;
    expect([scene.counted, ...['ScanErrors', 'RevocationsWithheld', 'RevocationsFailed'].map(name => world.aggregate(name))])
      .toEqual([revoked, scanErrors, withheld, 0]);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, ${what}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.told).toEqual([...scene.toldIds].sort());
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});
