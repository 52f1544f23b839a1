/** Other programs, run to their end. What they print is shown when they fail. */
import { spawn, spawnSync } from 'node:child_process';

/** Ends what runs, and starts nothing more. */
export const stopping = new AbortController();

/** @throws with the end of all that it printed, when it fails */
export async function run(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  stopping.signal.throwIfAborted();
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    // tsx hands on where this test's own tsconfig.json is.
    env: { ...process.env, TSX_TSCONFIG_PATH: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, for build tools start others.
    detached: true,
  });
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  stopping.signal.addEventListener('abort', stop, { once: true });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => printed.push(text));
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  stopping.signal.removeEventListener('abort', stop);
  if (code !== 0) {
    throw new Error(`${command.join(' ')} ended with ${code}:\n${Buffer.concat(printed).toString().slice(-6000)}`);
  }
}

/** One that is there and does not work is no reason to skip anything. */
export function isThere(program: string): boolean {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return (error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';
}
