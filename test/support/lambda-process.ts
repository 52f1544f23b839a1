/** The bundled handler in a process of its own, with the environment that Lambda gives it and nothing else. */
import { randomUUID } from 'node:crypto';
import { LambdaRuntime } from './lambda-runtime';

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
  /** Environment variables that a deployment has changed. */
  readonly env?: Readonly<Record<string, string>>;
}

const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:handler';

export class LambdaProcess {
  public static async start(options: LambdaProcessOptions): Promise<LambdaProcess> {
    const env = {
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
    };
    const { handlerFile = 'index.mjs', clockOffsetMillis = 0 } = options;
    const runtime = LambdaRuntime.take(env);
    await runtime.load({ env, handlerFile, clockOffsetMillis });
    return new LambdaProcess(runtime);
  }

  /** Ends the processes that were released. */
  public static stopReleased(): Promise<void> {
    return LambdaRuntime.stopWaiting();
  }

  /** When the process has ended, however it did, and all that it printed has come. */
  public readonly exited: Promise<void>;

  private lastPrinted = '';

  /** @param runtime absent once it is released */
  private constructor(private runtime: LambdaRuntime | undefined) {
    this.exited = runtime?.exited ?? Promise.resolve();
  }

  /** Whether the process has ended. */
  public get hasExited(): boolean {
    return this.runtime?.hasExited ?? true;
  }

  /** All that has left the process on standard output and standard error. */
  public get printed(): string {
    return this.runtime?.printed ?? this.lastPrinted;
  }

  /** Its structured log lines. @throws when a line is not JSON */
  public get logLines(): Array<Record<string, unknown>> {
    const lines = this.printed.split('\n').filter(line => line !== '');
    return lines.map(line => JSON.parse(line) as Record<string, unknown>);
  }

  /**
   * @param timeoutMillis the function's timeout, as its context tells; nothing enforces it
   * @throws when the process ends before it answers
   */
  public async invoke(
    event: unknown, timeoutMillis = 60_000, options: InvocationOptions = {},
  ): Promise<InvocationOutcome> {
    if (!this.runtime) throw new Error('The process is released');
    const { qualifier, requestId = randomUUID(), env = {} } = options;
    const invokedFunctionArn = qualifier === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${qualifier}`;
    const context = { awsRequestId: requestId, invokedFunctionArn };
    return await this.runtime.invoke({ event, context, timeoutMillis, env }) as InvocationOutcome;
  }

  public async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.runtime?.stop(signal);
  }

  /** Ends the function. Its process can be another's, which saves to start one. */
  public async release(): Promise<void> {
    const { runtime } = this;
    if (!runtime) return;
    this.lastPrinted = runtime.printed;
    this.runtime = undefined;
    await runtime.release();
  }
}
