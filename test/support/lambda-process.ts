/** Runs the bundled handler in its own process, with only the environment that Lambda gives it. */
import { randomUUID } from 'node:crypto';
import { LambdaRuntime } from './lambda-runtime';

export interface InvocationOutcome {
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string };
  /** The time from the event to the answer, in the process. */
  readonly durationMillis: number;
  /** The time for which the invocation has used the processor. */
  readonly cpuMillis: number;
  /** The largest memory of the process so far. */
  readonly peakRssBytes: number;
}

export interface LambdaProcessOptions {
  /** The folder of the bundle. */
  readonly handlerFolder: string;
  /** The file in the folder. Default: index.mjs. */
  readonly handlerFile?: string;
  /** The export of the file that is the handler. Default: handler. */
  readonly handlerName?: string;
  /** The name of the function. Default: handler. */
  readonly functionName?: string;
  /** The address of all AWS services. */
  readonly endpointUrl: string;
  /** The address of DynamoDB, if it is another one. */
  readonly dynamoDbUrl?: string;
  /** The time by which the clock of the process is ahead. */
  readonly clockOffsetMillis?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface InvocationOptions {
  /** The alias or version to invoke. */
  readonly qualifier?: string;
  /** The request id. Default: a new one. */
  readonly requestId?: string;
  /** Environment variables that a deployment has changed. */
  readonly env?: Readonly<Record<string, string>>;
}

export class LambdaProcess {
  public static async start(options: LambdaProcessOptions): Promise<LambdaProcess> {
    const { handlerFile = 'index.mjs', handlerName = 'handler', functionName = 'handler', clockOffsetMillis = 0 } = options;
    const env = {
      LAMBDA_TASK_ROOT: options.handlerFolder,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret-access-key-for-tests',
      AWS_SESSION_TOKEN: 'session-token-for-tests',
      AWS_ENDPOINT_URL: options.endpointUrl,
      ...options.dynamoDbUrl !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: options.dynamoDbUrl },
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...options.env,
    };
    const runtime = LambdaRuntime.take(env);
    await runtime.load({ env, handlerFile, clockOffsetMillis });
    return new LambdaProcess(runtime, handlerName, `arn:aws:lambda:eu-central-1:111122223333:function:${functionName}`);
  }

  /** Stops the processes that were released. */
  public static stopReleased(): Promise<void> {
    return LambdaRuntime.stopWaiting();
  }

  /** Resolves when the process has ended for any reason, and all of its output has arrived. */
  public readonly exited: Promise<void>;

  private lastPrinted = '';

  /** @param runtime undefined after it is released */
  private constructor(
    private runtime: LambdaRuntime | undefined, private readonly handlerName: string, private readonly arn: string,
  ) {
    this.exited = runtime?.exited ?? Promise.resolve();
  }

  /** Whether the process has ended. */
  public get hasExited(): boolean {
    return this.runtime?.hasExited ?? true;
  }

  /** Everything that the process has printed on standard output and standard error. */
  public get printed(): string {
    return this.runtime?.printed ?? this.lastPrinted;
  }

  /** The structured log lines. @throws when a line is not JSON */
  public get logLines(): Array<Record<string, unknown>> {
    const lines = this.printed.split('\n').filter(line => line !== '');
    return lines.map(line => JSON.parse(line) as Record<string, unknown>);
  }

  /**
   * @param timeoutMillis the timeout in the function's context; nothing enforces it
   * @throws when the process ends before it answers
   */
  public async invoke(
    event: unknown, timeoutMillis = 60_000, options: InvocationOptions = {},
  ): Promise<InvocationOutcome> {
    if (!this.runtime) throw new Error('The process is released');
    const { qualifier, requestId = randomUUID(), env = {} } = options;
    const invokedFunctionArn = qualifier === undefined ? this.arn : `${this.arn}:${qualifier}`;
    const context = { awsRequestId: requestId, invokedFunctionArn };
    const { handlerName } = this;
    return await this.runtime.invoke({ handlerName, event, context, timeoutMillis, env }) as InvocationOutcome;
  }

  public async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.runtime?.stop(signal);
  }

  /** Ends the function. Another one can use its process, which saves starting a new one. */
  public async release(): Promise<void> {
    const { runtime } = this;
    if (!runtime) return;
    this.lastPrinted = runtime.printed;
    this.runtime = undefined;
    await runtime.release();
  }
}
