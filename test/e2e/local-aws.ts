/**
 * Starts a local AWS for one run: MiniStack in its own Python environment, with the EC2 double in place of EC2. All its
 * files are in one folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePythonEnvironment } from '../support/python';

/** The account of the local AWS. */
export const ACCOUNT = '000000000000';

/** The settings of every client of the local AWS. Only a key that is the id of an account is of another account. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };

/** The services that functions find at the double, because MiniStack serves them otherwise than AWS, or not at all. */
const DOUBLED = ['EC2', 'STS', 'ORGANIZATIONS', 'ACCOUNT', 'SECURITYHUB'];

export class LocalAws {
  public readonly folder = mkdtempSync(join(tmpdir(), 'network-hygiene-e2e-'));
  private server: ChildProcess | undefined;
  private port: number | undefined;

  public get url(): string {
    if (this.port === undefined) throw new Error('The local AWS is not started');
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param doubleUrl the address at which functions find the services that MiniStack does not serve */
  public async start(doubleUrl: string): Promise<void> {
    const python = join(
      makePythonEnvironment(this.folder, join(__dirname, 'requirements.txt'), 'The end-to-end test'),
      'python',
    );
    const port = await freePort();
    this.server = startServer(python, this.folder, port, doubleUrl);
    await healthy(this.server, port, this.folder);
    this.port = port;
  }

  /** Stops what has been started so far. */
  public async stop(): Promise<void> {
    if (this.server) await end(this.server);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function startServer(python: string, folder: string, port: number, doubleUrl: string): ChildProcess {
  for (const name of ['state', 'tmp']) mkdirSync(join(folder, name));
  return spawn(python, [join(__dirname, 'start_ministack.py')], {
    // The new process group includes the functions, which are child processes.
    detached: true,
    stdio: ['ignore', openSync(logOf(folder), 'w'), openSync(logOf(folder), 'a')],
    // The functions inherit these variables, too.
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: join(folder, 'tmp'),
      STATE_DIR: join(folder, 'state'),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      // State machines wait a hundredth of the time.
      SFN_WAIT_SCALE: '0.01',
      ...Object.fromEntries(DOUBLED.map(service => [`AWS_ENDPOINT_URL_${service}`, doubleUrl])),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
}

const logOf = (folder: string): string => join(folder, 'ministack.log');

async function healthy(server: ChildProcess, port: number, folder: string): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(100)) {
    if (server.exitCode !== null) {
      throw new Error(
        `MiniStack ended with ${server.exitCode} as it started:\n${readFileSync(logOf(folder), 'utf8').slice(-2000)}`,
      );
    }
    const answer = await fetch(`http://127.0.0.1:${port}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error('MiniStack did not answer within 30 seconds');
}

async function end({ pid, exitCode, signalCode }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-pid, name);
    } catch {
      return false;
    }
  };
  if (exitCode === null && signalCode === null) signal('SIGTERM');
  for (let tries = 0; tries < 30 && signal(0); tries++) await sleep(100);
  signal('SIGKILL');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  return port;
}
