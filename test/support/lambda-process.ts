/** The bundled handler in a process of its own, with the environment that Lambda gives it and nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

export interface InvocationOutcome {
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string };
  /** The most memory that the process has had so far. */
  readonly peakRssBytes: number;
}

export interface LambdaProcessOptions {
  /** The folder of the bundle. */
  readonly handlerFolder: string;
  /** The file in it; index.mjs, if left out. */
  readonly handlerFile?: string;
  /** Where every AWS service is. */
  readonly endpointUrl: string;
  /** Where DynamoDB is, if not there. */
  readonly dynamoDbUrl?: string;
  /** How far the clock of the process is ahead. */
  readonly clockOffsetMillis?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface InvocationOptions {
  /** The alias or version that is invoked. */
  readonly qualifier?: string;
  /** One of its own, if left out. */
  readonly requestId?: string;
}

const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:handler';

export class LambdaProcess {
  public static async start(options: LambdaProcessOptions): Promise<LambdaProcess> {
    const child = fork(join(__dirname, 'lambda-bootstrap.mjs'), [String(options.clockOffsetMillis ?? 0), options.handlerFile ?? 'index.mjs'], {
      silent: true,
      execArgv: [],
      env: {
        LAMBDA_TASK_ROOT: options.handlerFolder,
        AWS_LAMBDA_FUNCTION_NAME: 'handler',
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret-access-key-for-tests',
        AWS_SESSION_TOKEN: 'session-token-for-tests',
        AWS_ENDPOINT_URL: options.endpointUrl,
        ...options.dynamoDbUrl !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: options.dynamoDbUrl },
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...options.env,
      },
    });
    const lambda = new LambdaProcess(child);
    await lambda.message();
    return lambda;
  }

  /** When the process has ended, however it did, and all that it printed has come. */
  public readonly exited: Promise<void>;

  private readonly output: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise(done => child.once('close', () => done()));
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

  /**
   * @param timeoutMillis the function's timeout, as its context tells; nothing enforces it
   * @throws when the process ends before it answers
   */
  public async invoke(event: unknown, timeoutMillis = 60_000, options: InvocationOptions = {}): Promise<InvocationOutcome> {
    const { qualifier, requestId = randomUUID() } = options;
    const context = { awsRequestId: requestId, invokedFunctionArn: qualifier === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${qualifier}` };
    const answer = this.message();
    // That the process is gone is told by its end, not by what cannot be sent to it.
    this.child.send({ event, context, timeoutMillis }, () => {});
    const outcome = await answer as unknown;
    // What was printed before the answer is on its way through another pipe.
    await new Promise(done => setTimeout(done, 20));
    return outcome as InvocationOutcome;
  }

  public async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.exited;
  }

  private message(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.child.once('message', resolve);
      void this.exited.then(() => {
        const { signalCode, exitCode } = this.child;
        reject(new Error(`The handler's process ended with ${signalCode ?? exitCode}:\n${this.printed}`));
      });
    });
  }
}
