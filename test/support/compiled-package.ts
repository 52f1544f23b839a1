/** Compiles the package as users get it, from the files that are in the repository now. */
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './programs';

const ROOT = resolve(__dirname, '..', '..');

/**
 * Compiles a copy, so that what is in the repository is neither needed nor changed.
 *
 * @param source the folder of the copy, in which `npm pack --ignore-scripts` then packs
 * @returns the version
 */
export async function compiledPackage(source: string): Promise<string> {
  if (!existsSync(join(ROOT, 'assets', 'handler'))) {
    throw new Error('There is no handler to package; first run: npx projen bundle');
  }
  for (const each of ['package.json', 'tsconfig.json', '.npmignore', 'README.md', 'LICENSE', 'src', 'assets']) {
    cpSync(join(ROOT, each), join(source, each), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  await run(source, [join(source, 'node_modules', '.bin', 'jsii'), '--silence-warnings=reserved-word']);
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  return version;
}
