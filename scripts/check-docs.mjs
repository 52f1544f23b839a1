// Fails when API.md differs from what the docstrings generate.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'api-docs-'));
try {
  execFileSync('jsii-docgen', ['-o', join(folder, 'API.md')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (readFileSync(join(folder, 'API.md'), 'utf8') !== readFileSync(join(root, 'API.md'), 'utf8')) {
    throw new Error('API.md is not up to date. Run "npx projen compile && npx projen docgen" and commit it.');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
