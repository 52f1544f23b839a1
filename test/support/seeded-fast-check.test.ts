/** Tests that the random cases of a test follow from what is committed, unless a seed is given. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Returns the first number that fast-check draws in a new process. */
function drawnWith(variables: Record<string, string>): string {
  const path = JSON.stringify(join(__dirname, 'seeded-fast-check.js'));
  const program = `const fc = require(${path}); console.log(fc.sample(fc.integer(), 10).join());`;
  const { FAST_CHECK_SEED: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', env: { ...env, ...variables } });
  expect(stderr).toBe('');
  return stdout.trim();
}

test('two runs of one commit meet the same cases', () => {
  expect(drawnWith({})).toBe(drawnWith({}));
});

test('FAST_CHECK_SEED gives other cases, the same ones for the same seed', () => {
  expect(drawnWith({ FAST_CHECK_SEED: '42' })).toBe(drawnWith({ FAST_CHECK_SEED: '42' }));
  expect(drawnWith({ FAST_CHECK_SEED: '42' })).not.toBe(drawnWith({ FAST_CHECK_SEED: '43' }));
  expect(drawnWith({ FAST_CHECK_SEED: '42' })).not.toBe(drawnWith({}));
});

test('FAST_CHECK_SEED=random gives other cases in each run', () => {
  expect(drawnWith({ FAST_CHECK_SEED: 'random' })).not.toBe(drawnWith({ FAST_CHECK_SEED: 'random' }));
});

test('without Git, each run meets other cases', () => {
  expect(drawnWith({ PATH: '' })).not.toBe(drawnWith({ PATH: '' }));
});
