/**
 * A test environment of Node.js with a temporary folder for each test file. The file fails when it leaves something
 * there. This cannot be a setup file, because os.tmpdir() reads the environment variables of the real process, and code
 * in a test file has a copy of them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';
import { CDK_FOLDER, describeLeft } from './left-behind';

/** The storages that the test file uses. */
const storages = new Set<AsyncLocalStorage<unknown>>();

// Collects the storages, so that they can be disabled after the file. jest-circus uses one for each file and leaves it
// enabled, so that it would see each promise of every later file.
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (this: AsyncLocalStorage<unknown>, ...given: Parameters<typeof run>) {
  storages.add(this);
  return run.apply(this, given);
} as typeof run;

export default class TemporaryFolderEnvironment extends TestEnvironment {
  private readonly outer = tmpdir();
  private readonly folder = mkdtempSync(join(this.outer, 'f-'));

  public async setup(): Promise<void> {
    await super.setup();
    process.env.TMPDIR = this.folder;
    this.global.process.env.TMPDIR = this.folder;
  }

  /** Checks the folder after the last hook, while an error still counts as one of the file's. */
  public handleTestEvent(event: { readonly name: string }, state: { readonly unhandledErrors: unknown[] }): void {
    if (event.name !== 'run_finish') return;
    const left = readdirSync(this.folder).filter(name => !name.startsWith(CDK_FOLDER));
    if (left.length === 0) return;
    state.unhandledErrors.push(new Error(`The tests left this in the temporary folder:\n${describeLeft(left)}`));
  }

  public async teardown(): Promise<void> {
    process.env.TMPDIR = this.outer;
    rmSync(this.folder, { recursive: true, force: true });
    for (const storage of storages) storage.disable();
    storages.clear();
    await super.teardown();
  }
}
