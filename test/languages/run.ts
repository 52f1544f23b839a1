/**
 * Packages the library for each language, installs the package in an app as a user of that language would write it, and
 * compares what the app synthesizes with what the TypeScript app does.
 *
 * Usage: npm run test:languages
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Language, LANGUAGES, type Packaged, TYPESCRIPT } from './languages';
import { differences, readTemplate } from './template';
import { compiledPackage } from '../support/compiled-package';
import { isThere, run, stopping } from '../support/programs';

async function step<T>(what: string, work: () => Promise<T> | T): Promise<T> {
  const since = performance.now();
  const seconds = (): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    console.log(`  done    ${what} (${seconds()})`);
    return result;
  } catch (error) {
    console.log(`  FAILED  ${what} (${seconds()})`);
    throw error;
  }
}

/** @returns the template; undefined if there is no app */
async function use(language: Language, packaged: Packaged): Promise<unknown> {
  const app = join(packaged.folder, language.target);
  if (!language.isPackagedOnly) cpSync(join(__dirname, language.target), app, { recursive: true });
  const cloudAssembly = join(app, 'cdk.out');
  for (const [what, work] of language.steps) {
    await step(`${language.name}: ${what}`, () =>
      work(packaged, { CDK_OUTDIR: cloudAssembly, JSII_DEPRECATED: 'fail' }),
    );
  }
  return language.isPackagedOnly ? undefined : readTemplate(cloudAssembly);
}

async function compare(language: Language, packaged: Packaged, expected: unknown): Promise<void> {
  const template = await use(language, packaged);
  if (language.isPackagedOnly) return;
  await step(`${language.name}: the template is the one of TypeScript`, () => {
    const found = differences(expected, template);
    if (found.length > 0) throw new Error(`The template is another one than TypeScript's:\n${found.join('\n')}`);
  });
}

/** @returns the result of each language */
async function main(folder: string): Promise<void> {
  const packaged = await step('jsii compiles', async () => ({ folder, version: await compiledPackage(join(folder, 'source')) }));
  await step('jsii-pacmak writes the bindings', () =>
    run(join(folder, 'source'), [
      join('node_modules', '.bin', 'jsii-pacmak'),
      '--code-only',
      '--outdir',
      join(folder, 'packages'),
      '--targets',
      ...LANGUAGES.map(({ target }) => target),
    ]),
  );
  const expected = await use(TYPESCRIPT, packaged);

  const [same, failed, skipped]: string[][] = [[], [], []];
  for (const language of LANGUAGES) {
    const missing = language.needs.filter(program => !isThere(program));
    if (missing.length > 0) {
      console.log(
        `  SKIPPED ${language.name}: ${missing.join(' and ')} ${missing.length === 1 ? 'was' : 'were'} not found`,
      );
      skipped.push(language.name);
      continue;
    }
    try {
      await compare(language, packaged, expected);
      same.push(language.name);
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      console.error(error instanceof Error ? error.message : error);
      failed.push(language.name);
    }
  }
  const listed = (names: readonly string[]): string => names.join(', ') || 'none';
  console.log(
    `Good: ${listed(same)}. Failed: ${listed(failed)}. SKIPPED: ${listed(skipped)}. ${(performance.now() / 1000).toFixed(0)} seconds.`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const work = mkdtempSync(join(tmpdir(), 'network-hygiene-languages-'));
main(work).catch(error => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}).finally(() => rmSync(work, { recursive: true, force: true }));
