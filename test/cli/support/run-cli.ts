/** Runs the bundled command line in a process of its own, with only the environment that a test gives it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const BUNDLE = resolve(__dirname, '..', '..', '..', 'assets', 'cli', 'index.mjs');

export interface CliOptions {
  /** Further environment variables. An undefined one is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The time by which the clock of the process is ahead. */
  readonly clockOffsetMillis?: number;
  /** Files in the home folder, by their paths, such as `.aws/config`. */
  readonly home?: Readonly<Record<string, string>>;
  /** Files in the folder in which the command runs. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the reader closes the pipe after it has read something. */
  readonly closesPipe?: boolean;
}

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** The files that are in the folder of the command after it has run, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** The places in which the SDK would look beyond the environment and the home folder. */
const NOWHERE = { AWS_EC2_METADATA_DISABLED: 'true' };

/** @throws when the bundle was not made, or the process is ended by a signal */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  if (!existsSync(BUNDLE)) throw new Error('There is no bundle of the command line: run node scripts/bundle.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  const [home, work] = [join(folder, 'home'), join(folder, 'work')];
  try {
    write(home, options.home);
    write(work, options.files);
    const env = { HOME: home, ...NOWHERE, ...shifted(options), ...options.env };
    const ended = await run(args, work, env, options.closesPipe === true);
    return { ...ended, files: filesIn(work) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SHIFT = pathToFileURL(resolve(__dirname, '..', '..', 'support', 'shift-clock.mjs')).href;

const shifted = ({ clockOffsetMillis }: CliOptions): Record<string, string> => clockOffsetMillis === undefined ? {}
  : { NODE_OPTIONS: `--import=${SHIFT}`, CLOCK_OFFSET_MILLIS: String(clockOffsetMillis) };

/** A slow machine shows progress, which no test is about. */
const withoutProgress = (stderr: string): string =>
  stderr.replace(/^.*: (?:read .* VPCs.*|read .* (?:rules|groups|VPN connections).*|going through sweep .*)\n/gm, '');

function write(folder: string, files: Readonly<Record<string, string>> = {}): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap(each => each.isFile() ? [each.name] : []);
  return Object.fromEntries(names.map(name => [name, readFileSync(join(folder, name), 'utf8')]));
}

function run(
  args: readonly string[], cwd: string, env: Readonly<Record<string, string | undefined>>, closesPipe: boolean,
): Promise<Omit<CliResult, 'files'>> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [BUNDLE, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.push(text);
      if (closesPipe) child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    child.once('error', fail);
    child.once('close', (exitCode, signal) => {
      const result = { stdout: out.join(''), stderr: withoutProgress(err.join('')) };
      if (exitCode === null) fail(new Error(`The command line ended with ${String(signal)}:\n${result.stderr}`));
      else done({ ...result, exitCode });
    });
  });
}
