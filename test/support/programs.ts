/** Runs other programs to their end. Their output is shown only when they fail. */
import { spawn, spawnSync } from 'node:child_process';

/** Aborts running programs, and starts no more. */
export const stopping = new AbortController();

/** @throws with the end of the output when the program fails */
export async function run(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  stopping.signal.throwIfAborted();
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    // tsx passes on the location of this test's own tsconfig.json.
    env: { ...process.env, TSX_TSCONFIG_PATH: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The new process group includes the processes that build tools start.
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

/** A program that exists but does not work is no reason to skip a language. */
export function isThere(program: string): boolean {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return (error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';
}
