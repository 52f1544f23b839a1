/** The bundled handler in a process of its own, with the environment that Lambda gives it and nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface InvocationOutcome {
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string };
  /** The most memory that the process has had so far. */
  readonly peakRssBytes: number;
}

export interface LambdaProcessOptions {
  /** The folder with index.mjs. */
  readonly handlerFolder: string;
  /** Where every AWS service is. */
  readonly endpointUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class LambdaProcess {
  public static async start(options: LambdaProcessOptions): Promise<LambdaProcess> {
    const child = fork(join(__dirname, 'lambda-bootstrap.mjs'), {
      silent: true,
      execArgv: [],
      env: {
        LAMBDA_TASK_ROOT: options.handlerFolder,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret-access-key-for-tests',
        AWS_SESSION_TOKEN: 'session-token-for-tests',
        AWS_ENDPOINT_URL: options.endpointUrl,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...options.env,
      },
    });
    const lambda = new LambdaProcess(child);
    await lambda.message();
    return lambda;
  }

  private readonly output: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.output.push(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.output.push(text));
  }

  /** All that has left the process on standard output and standard error. */
  public get printed(): string {
    return this.output.join('');
  }

  /** Its structured log lines. @throws when a line is not JSON */
  public get logLines(): Array<Record<string, unknown>> {
    return this.printed.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Record<string, unknown>);
  }

  /** @param timeoutMillis the function's timeout, as its context tells; nothing enforces it */
  public async invoke(event: unknown, timeoutMillis = 60_000): Promise<InvocationOutcome> {
    const context = { awsRequestId: '00000000-0000-4000-8000-000000000001', invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:handler' };
    const answer = this.message();
    this.child.send({ event, context, timeoutMillis });
    const outcome = await answer as unknown;
    // What was printed before the answer is on its way through another pipe.
    await new Promise(done => setTimeout(done, 20));
    return outcome as InvocationOutcome;
  }

  public async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise(done => this.child.once('exit', done));
    this.child.kill(signal);
    await exited;
  }

  private message(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const exit = (code: number | null, signal: string | null): void => reject(new Error(`The handler's process ended with ${signal ?? code}:\n${this.printed}`));
      this.child.once('exit', exit);
      this.child.once('message', message => {
        this.child.off('exit', exit);
        resolve(message);
      });
    });
  }
}
