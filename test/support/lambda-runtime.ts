/**
 * A process that plays Lambda's runtime. It serves one function after another, each with its own environment and
 * module.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** The facts about a function that the process gets. */
export interface LoadedFunction {
  readonly env: Readonly<Record<string, string>>;
  readonly handlerFile: string;
  readonly clockOffsetMillis: number;
}

/** Marks the end of a task's output, on standard output and on standard error. JSON contains no such character. */
const MARK = '\0';

/** The number of loads per process, because each load leaves the previous module in memory. */
const MOST_LOADS = 60;

export class LambdaRuntime {
  /** @returns an idle process, or a new one */
  public static take(env: LoadedFunction['env']): LambdaRuntime {
    return waiting.pop() ?? new LambdaRuntime(env);
  }

  /** Stops the idle processes. */
  public static async stopWaiting(): Promise<void> {
    await Promise.all(waiting.splice(0).map(runtime => runtime.stop('SIGKILL')));
  }

  /** Resolves when the process has ended for any reason, and all of its output has arrived. */
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

  /** Everything that the function has printed on standard output and standard error. */
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

  /** Returns the process. Another function may use it, unless the previous one is still working. */
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
    // The end of the process is reported by its exit event, so an error of sending is ignored.
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
