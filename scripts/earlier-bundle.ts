/** Builds the handler of an earlier revision, to compare it with the present one in one run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');

export interface EarlierBundle {
  readonly folder: string;
  readonly remove: () => void;
}

/**
 * Bundles the source of the revision with the packages that are installed now.
 *
 * @param revision such as `HEAD~3`
 */
export function earlierBundle(revision: string): EarlierBundle {
  const work = mkdtempSync(join(tmpdir(), 'earlier-bundle-'));
  const remove = (): void => rmSync(work, { recursive: true, force: true });
  try {
    const archive = execFileSync('git', ['archive', '--format=tar', revision], { cwd: ROOT, maxBuffer: 1e9 });
    execFileSync('tar', ['-x'], { cwd: work, input: archive });
    symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'));
    execFileSync(process.execPath, [join(work, 'scripts', 'bundle.mjs')], { cwd: work, stdio: 'ignore' });
    return { folder: join(work, 'assets', 'handler'), remove };
  } catch (error) {
    remove();
    throw error;
  }
}
