/** Tests the shipped bundle itself. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { HANDLER_FOLDER } from './world';

const files = readdirSync(HANDLER_FOLDER);

test('stays within its budget of 950,000 bytes', () => {
  expect(files.reduce((sum, file) => sum + statSync(join(HANDLER_FOLDER, file)).size, 0)).toBeLessThan(950_000);
});

test('holds the handler, the findings table and the SDK, and nothing else', () => {
  expect(files.sort()).toEqual(['findings.mjs', 'index.mjs', 'sdk.mjs']);
});

test.each(files)('%s imports nothing that Lambda does not have', file => {
  // A pattern would also find the word in texts.
  const { metafile } = buildSync({ entryPoints: [join(HANDLER_FOLDER, file)], bundle: true, external: ['*'], platform: 'node', format: 'esm', write: false, metafile: true });
  const imports = Object.values(metafile.outputs).flatMap(output => output.imports).map(({ path }) => path);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter(name => !name.startsWith('node:') && !builtinModules.includes(name) && name !== './sdk.mjs')).toEqual([]);
});

test('comes with the licences of what is bundled', () => {
  const licenses = readFileSync(join(HANDLER_FOLDER, '..', 'THIRD_PARTY_LICENSES'), 'utf8');
  expect(licenses).toContain('@aws-sdk/client-ec2');
  expect(licenses).toContain('Apache License');
});
