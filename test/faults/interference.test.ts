/** Tests the shipped bundle while someone else changes the network right before any of its calls takes effect. */
import { INTERRUPTED_SWEEPS } from './cases';
import { Scene } from './scene';
import { printTable, type Row } from './table';

const rows: Row[] = [];
afterAll(() => printTable('Changed in between', rows));

test.concurrent.each(INTERRUPTED_SWEEPS)('$what right before $action $call', async ({ action, call, what, act, canRestore }) => {
  const scene = await Scene.start();
  try {
    let count = 0;
    let hasActed = false;
    scene.endpointOf(action).before(action, () => {
      if ((count += 1) !== call) return;
      hasActed = true;
      scene.elsewhere(() => act(scene));
    });

    await scene.sweep();

    // If the group is already gone, there is no call to revoke its rules.
    if (!(action === 'RevokeSecurityGroupIngress' && call === 2)) expect(hasActed).toBe(true);
    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `${action} ${call}, ${what}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.pending()).toEqual([]);
    expect(scene.counted).toBe(await scene.recorded());
    // Each rule is counted once, no matter which run finished it.
    expect(scene.told).toHaveLength(scene.counted);
    expect(new Set(scene.told).size).toBe(scene.counted);
    if (canRestore) expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});
