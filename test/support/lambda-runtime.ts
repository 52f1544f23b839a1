/**
 * A process that plays Lambda's runtime.
 * It serves one function after another, each with an environment and a module of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** What the process is told of a function. */
export interface LoadedFunction {
  readonly env: Readonly<Record<string, string>>;
  readonly handlerFile: string;
  readonly clockOffsetMillis: number;
}

/** Ends what a task has printed, on standard output and on standard error. JSON has no such character. */
const MARK = '\0';

/** Each load leaves the module of the one before in memory. */
const MOST_LOADS = 60;

export class LambdaRuntime {
  /** @returns a process that waits, or a new one */
  public static take(env: LoadedFunction['env']): LambdaRuntime {
    return waiting.pop() ?? new LambdaRuntime(env);
  }

  /** Ends the processes that wait. */
  public static async stopWaiting(): Promise<void> {
    await Promise.all(waiting.splice(0).map(runtime => runtime.stop('SIGKILL')));
  }

  /** When the process has ended, however it did, and all that it printed has come. */
  public readonly exited: Promise<void>;

  private readonly child: ChildProcess;
  private output: string[] = [];
  private marksToCome = 0;
  private printedAll: (() => void) | undefined;
  private loads = 0;
  private isBusy = false;

  private constructor(env: LoadedFunction['env']) {
    this.child = fork(join(__dirname, 'lambda-bootstrap.mjs'), [], { silent: true, execArgv: [], env });
    this.exited = new Promise(done => this.child.once('close', () => done()));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.print(text));
    }
  }

  public get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** All that the function has printed on standard output and standard error. */
  public get printed(): string {
    return this.output.join('');
  }

  public async load(input: LoadedFunction): Promise<void> {
    this.output = [];
    this.loads += 1;
    await this.run('load', input);
  }

  /** @throws when the process ends before it answers */
  public invoke(input: unknown): Promise<unknown> {
    return this.run('invoke', input);
  }

  /** Gives the process back. Another function may have it, unless the one that had it is still at work. */
  public async release(): Promise<void> {
    const isReusable = !this.isBusy && this.loads < MOST_LOADS && await this.isAtRest();
    if (isReusable) waiting.push(this);
    else await this.stop('SIGKILL');
  }

  public async stop(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.exited;
  }

  private async isAtRest(): Promise<boolean> {
    const settled = this.run('settle', undefined) as Promise<{ isAtRest: boolean }>;
    return (await settled.catch(() => ({ isAtRest: false }))).isAtRest;
  }

  private async run(task: 'load' | 'invoke' | 'settle', input: unknown): Promise<unknown> {
    if (this.isBusy) throw new Error('The process is at work: Lambda gives it one invocation at a time');
    const printedAll = new Promise<void>(done => this.printedAll = done);
    const answer = new Promise((resolve, reject) => {
      this.child.once('message', resolve);
      void this.exited.then(() => {
        const { signalCode, exitCode } = this.child;
        reject(new Error(`The handler's process ended with ${signalCode ?? exitCode}:\n${this.printed}`));
      });
    });
    this.marksToCome += 2;
    this.isBusy = true;
    // That the process is gone is told by its end, not by what cannot be sent to it.
    this.child.send({ task, input }, () => {});
    const answered = await answer;
    await Promise.race([printedAll, this.exited]);
    this.isBusy = false;
    return answered;
  }

  private print(text: string): void {
    const parts = text.split(MARK);
    this.output.push(...parts);
    this.marksToCome -= parts.length - 1;
    if (this.marksToCome === 0) this.printedAll?.();
  }
}

const waiting: LambdaRuntime[] = [];
