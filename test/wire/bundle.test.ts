/** Tests the shipped bundle itself. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { HANDLER_FOLDER } from './world';

const files = readdirSync(HANDLER_FOLDER);

/** The files that only a sweep loads that looks for unused security groups. */
const ON_DEMAND = ['holders-sdk.mjs', 'holders.mjs'];

/** The file that only a function loads that imports findings into Security Hub. */
const OF_IMPORTS = 'security-hub-imports.mjs';

/** The file that only the hub of an organization loads. */
const OF_HUB = 'organization-sdk.mjs';

const sizeOf = (names: readonly string[]): number =>
  names.reduce((sum, file) => sum + statSync(join(HANDLER_FOLDER, file)).size, 0);

test('stays within its budgets: 1,225,000 bytes for every function, and the same for the search for unused groups', () => {
  expect(sizeOf(files.filter(file => ![...ON_DEMAND, OF_HUB, OF_IMPORTS].includes(file)))).toBeLessThan(1_225_000);
  expect(sizeOf(ON_DEMAND)).toBeLessThan(1_150_000);
  expect(sizeOf([OF_HUB])).toBeLessThan(600_000);
  expect(sizeOf([OF_IMPORTS])).toBeLessThan(80_000);
});

test('holds the handler, the findings table, the files for some functions and the SDK, and nothing else', () => {
  expect(files.sort()).toEqual(
    ['findings.mjs', 'holders-sdk.mjs', 'holders.mjs', 'index.mjs', OF_HUB, 'sdk.mjs', OF_IMPORTS],
  );
});

test('loads the part of the SDK for organizations only at run time', () => {
  const text = readFileSync(join(HANDLER_FOLDER, 'index.mjs'), 'utf8');
  expect(text).toContain('import("./organization-sdk.mjs")');
  expect(text).not.toMatch(/from\s*["']\.\/organization-sdk/);
});

test('loads the import into Security Hub only at run time', () => {
  const text = readFileSync(join(HANDLER_FOLDER, 'index.mjs'), 'utf8');
  expect(text).toContain('import("./security-hub-imports.mjs")');
  expect(text).not.toMatch(/from\s*["']\.\/security-hub-imports/);
  expect(readFileSync(join(HANDLER_FOLDER, 'findings.mjs'), 'utf8')).not.toContain('./security-hub-imports');
});

test('loads the search for unused groups only at run time', () => {
  const text = readFileSync(join(HANDLER_FOLDER, 'index.mjs'), 'utf8');
  expect(text).toContain('import("./holders.mjs")');
  expect(text).not.toMatch(/from\s*["']\.\/holders/);
  expect(readFileSync(join(HANDLER_FOLDER, 'findings.mjs'), 'utf8')).not.toContain('./holders');
});

test.each(files)('%s imports nothing that Lambda does not have', file => {
  // A pattern would also find the word in texts.
  const { metafile } = buildSync({ entryPoints: [join(HANDLER_FOLDER, file)], bundle: true, external: ['*'], platform: 'node', format: 'esm', write: false, metafile: true });
  const imports = Object.values(metafile.outputs).flatMap(output => output.imports).map(({ path }) => path);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter(name => !name.startsWith('node:') && !builtinModules.includes(name)
    && !files.includes(name.replace('./', '')))).toEqual([]);
});

test('comes with the licences of what is bundled', () => {
  const licenses = readFileSync(join(HANDLER_FOLDER, '..', 'THIRD_PARTY_LICENSES'), 'utf8');
  expect(licenses).toContain('@aws-sdk/client-ec2');
  expect(licenses).toContain('Apache License');
});
