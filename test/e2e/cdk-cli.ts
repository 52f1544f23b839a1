/** Runs the CDK CLI as a user would, against the local AWS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ACCOUNT, CREDENTIALS, type LocalAws } from './local-aws';

const ROOT = resolve(__dirname, '..', '..');

export class CdkCli {
  private running: ChildProcess | undefined;

  constructor(private readonly aws: LocalAws) {}

  /** @param account MiniStack takes an access key that looks like an account's id for one of that account */
  public async bootstrap(account = ACCOUNT): Promise<void> {
    await this.run(['bootstrap', `aws://${account}/${CREDENTIALS.AWS_REGION}`], { AWS_ACCESS_KEY_ID: account });
  }

  /** The folder with the synthesized app. */
  public get folder(): string {
    return join(this.aws.folder, 'cdk.out');
  }

  /** @param app the path of an app, such as `examples/monitored.ts` */
  public async synth(app: string, context: Readonly<Record<string, string>>): Promise<void> {
    await this.run(['synth', '--quiet', ...appArguments(app), ...contextArguments(context)]);
  }

  /**
   * @param app the path of an app, such as `examples/monitored.ts`
   * @returns the outputs of its only stack that has any
   */
  public async deploy(app: string, context: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const file = join(this.aws.folder, 'outputs.json');
    await this.run(['deploy', '--all', '--require-approval', 'never', '--outputs-file', file, ...appArguments(app), ...contextArguments(context)]);
    const outputs = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>);
    return Object.assign({}, ...outputs);
  }

  /** @param app the path of an app, such as `examples/monitored.ts` */
  public async destroy(app: string, context: Readonly<Record<string, string>>): Promise<void> {
    await this.run(['destroy', '--all', '--force', ...appArguments(app), ...contextArguments(context)]);
  }

  /** Ends the running command, and the app that it may have started. */
  public async stop(): Promise<void> {
    const { running } = this;
    if (running?.pid === undefined) return;
    const closed = new Promise(done => running.once('close', done));
    process.kill(-running.pid, 'SIGKILL');
    await closed;
  }

  /** @throws with the whole output of the CLI if it fails */
  private async run(args: readonly string[], credentials: Readonly<Record<string, string>> = {}): Promise<void> {
    const cli = spawn(process.execPath, [
      join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args, '--output', this.folder, '--no-notices',
      '--no-version-reporting', '--ci',
    ], {
      cwd: this.aws.folder,
      // The new process group includes the app, which is a child of the CLI.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH, HOME: this.aws.folder, TMPDIR: join(this.aws.folder, 'tmp'), CDK_HOME: join(this.aws.folder, 'cdk-home'), CDK_DISABLE_CLI_TELEMETRY: 'true',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', AWS_ENDPOINT_URL: this.aws.url, ...CREDENTIALS, ...credentials,
      },
    });
    this.running = cli;
    const printed: Buffer[] = [];
    for (const stream of [cli.stdout, cli.stderr]) stream.on('data', (text: Buffer) => printed.push(text));
    const code = await new Promise(done => cli.once('close', done));
    this.running = undefined;
    if (code !== 0) throw new Error(`cdk ${args[0]} ended with ${String(code)}:\n${Buffer.concat(printed).toString()}`);
  }
}

function appArguments(app: string): string[] {
  const program = [require.resolve('tsx/cli'), '--tsconfig', join(ROOT, dirname(app), 'tsconfig.json'), join(ROOT, app)];
  return ['--app', `node ${program.map(part => `"${part}"`).join(' ')}`];
}

function contextArguments(context: Readonly<Record<string, string>>): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
}
