/**
 * The Lambda function: custom resource, scheduled job, restore, pause, resume, retry and adopt in one.
 *
 * It creates the clients once per process, and passes each invocation to the module for it. The environment names the
 * ledger and has the fingerprint of the deployed configuration; the configuration itself is in the ledger.
 */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { eventBridgeEvents } from './aws/events';
import { DynamoDbLedger } from './aws/ledger';
import { logTo } from './aws/log';
import { cloudWatchMetrics } from './aws/metrics';
import { Ec2Network, paceRetries } from './aws/network';
import { snsNotifications } from './aws/notifications';
import { Pacer } from './aws/pacing';
import { putResponse } from './aws/response';
import { checkAnswers } from './aws/wire';
import {
  CloudWatchClient, DynamoDBClient, EC2Client, EventBridgeClient, SNSClient,
} from '../bundle/sdk';
import { restore, type RestoreDependencies, type RestoreReport } from './core/act/restore';
import { retry, type RetryDependencies, type RetryReport } from './core/act/retry';
import { errorFacts } from './core/errors';
import { handleCustomResource } from './core/invocation/custom-resource';
import { type Invocation, parseInvocation } from './core/invocation/invocation';
import { adopt, type AdoptAnswer, pause, type PauseAnswer, type PausingDependencies, resume } from './core/pausing';
import type { Clock, Log } from './core/ports';
import { PROPAGATION_MILLIS } from './core/preflight';
import { attributes } from './core/report/attributes';
import type { Aggregates } from './core/report/metric-data';
import { runAtDeployment, runByLedger, type RunDependencies } from './core/run';
import {
  FINGERPRINT_VARIABLE,
  HYGIENE_VARIABLE,
  LEDGER_TABLE_VARIABLE,
  PAUSE_ALIAS,
  RESTORE_ALIAS,
  RESUME_ALIAS,
  RETRY_ALIAS,
} from '../src/contract/names';

/** A call that hangs is ended and retried. A throttled call waits at most 1, 2 and 4 seconds. */
const CLIENT = {
  maxAttempts: 4, retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true },
} as const;

const withLimits = (maxAttempts: number, requestTimeout: number): object =>
  ({ ...CLIENT, maxAttempts, requestHandler: { ...CLIENT.requestHandler, requestTimeout } });

/** All attempts must fit into the time reserved for recording and reporting. */
const REPORTING_CLIENT = withLimits(3, 5000);

/** Events and messages get less time, because nothing waits for them and almost all metrics are already published. */
const TELLING_CLIENT = withLimits(2, 3000);

/** Local emulators may omit the time from the context. */
const DEFAULT_TIME_MILLIS = 60_000;

const ec2 = new EC2Client(CLIENT);
const revoker = new EC2Client({ ...CLIENT, maxAttempts: 1 });
const metrics = cloudWatchMetrics(new CloudWatchClient(REPORTING_CLIENT));
const notifications = snsNotifications(new SNSClient(TELLING_CLIENT));
const dynamoDb = new DynamoDBClient(REPORTING_CLIENT);
const pacer = new Pacer();
for (const client of [ec2, revoker]) {
  paceRetries(client, pacer);
  checkAnswers(client);
}

const clock: Clock = { now: () => new Date(), sleep: millis => sleep(millis), random: () => Math.random() };
const events = eventBridgeEvents(new EventBridgeClient(TELLING_CLIENT), clock);

/** The counts of a sweep, the outcomes of a restore or retry, or the answer to a request to pause, resume or adopt. */
type Answer = Aggregates | RestoreReport | RetryReport | PauseAnswer | AdoptAnswer | undefined;

export async function handler(event: unknown, context: Partial<Context> = {}): Promise<Answer> {
  const log = logTo(process.stdout, context.awsRequestId);
  const time = timeLimits(context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MILLIS, Date.now());
  const timer = endingAt(time.stopAt);
  try {
    const invocation = parseInvocation(event, clock.now());
    requireAlias(invocation, context);
    return await answer(invocation, time, dependenciesOf(context, time, timer.signal, log));
  } catch (error) {
    const facts = errorFacts(error);
    log('ERROR', facts.message, { event: 'Failed', error: facts });
    // Lambda logs and returns the thrown error. This copy has the message and the stack trace only, because the
    // original may hold requests and responses.
    const stack = error instanceof Error ? error.stack : undefined;
    throw Object.assign(new Error(facts.message), { name: facts.code, stack });
  } finally {
    timer.clear();
  }
}

type Dependencies = RunDependencies & RestoreDependencies & PausingDependencies & RetryDependencies;

async function answer(invocation: Invocation, { answerBy }: TimeLimits, dependencies: Dependencies): Promise<Answer> {
  switch (invocation.kind) {
    case 'restore': return restore(invocation.request, dependencies);
    case 'pause': return pause(invocation.request, dependencies);
    case 'resume': return resume(dependencies);
    case 'retry': return retry(invocation.request, dependencies);
    case 'adopt': return adopt(dependencies);
    case 'sweep': return (await runByLedger(invocation.request, dependencies))?.counts;
    case 'custom-resource':
      await handleCustomResource(invocation, {
        log: dependencies.log,
        respond: putResponse,
        fingerprint: dependencies.fingerprint,
        run: async deployment => attributes(await runAtDeployment(deployment, dependencies)),
        answerWithinMillis: answerBy - Date.now(),
      });
      return undefined;
  }
}

function dependenciesOf(context: Partial<Context>, time: TimeLimits, signal: AbortSignal, log: Log): Dependencies {
  const { table, hygiene, fingerprint, functionName } = environment();
  const id = runId(clock.now());
  const until = new Date(time.revokeUntil);
  return {
    network: new Ec2Network(ec2, revoker, pacer, signal),
    ledger: new DynamoDbLedger(dynamoDb, table, hygiene),
    metrics, events, notifications, clock, table, hygiene, fingerprint,
    log: (level, message, fields) => log(level, message, { sweepId: id, ...fields }),
    id, runId: id, restoreId: id, until,
    preflightUntil: new Date(Math.min(Date.now() + PROPAGATION_MILLIS, time.revokeUntil)),
    revokeUntil: until,
    tellUntil: new Date(time.tellUntil),
    restoreFunctionName: functionName && `${functionName}:${RESTORE_ALIAS}`,
    accountId: /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context.invokedFunctionArn ?? '')?.[1],
    scaleRequests: factor => pacer.scale(factor),
  };
}

interface Environment {
  readonly table: string;
  readonly hygiene: string;
  readonly fingerprint: string;
  readonly functionName?: string;
}

/** @throws when an environment variable is missing, because the construct did not deploy the function */
function environment(): Environment {
  const required = (name: string): string => {
    const value = process.env[name];
    if (value) return value;
    throw new Error(`The function has no environment variable ${name}. Nothing was done; deploy the stack again`);
  };
  return {
    table: required(LEDGER_TABLE_VARIABLE), hygiene: required(HYGIENE_VARIABLE),
    fingerprint: required(FINGERPRINT_VARIABLE), functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  };
}

/** Returns a unique id for a run or a restore that sorts by time, such as `20261121T080000Z-0f3a9c2e`. */
function runId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
}

/**
 * The kinds of requests that each alias accepts. The permission to invoke the function through an alias allows nothing
 * else.
 */
const KINDS_BY_ALIAS: ReadonlyMap<string | undefined, ReadonlyArray<Invocation['kind']>> = new Map([
  [RESTORE_ALIAS, ['restore']], [PAUSE_ALIAS, ['pause', 'adopt']], [RESUME_ALIAS, ['resume']], [RETRY_ALIAS, ['retry']],
]);

/** @throws when the request is of a kind that the alias does not accept */
function requireAlias({ kind }: Invocation, { invokedFunctionArn = '' }: Partial<Context>): void {
  const alias = invokedFunctionArn.split(':')[7];
  const taken = KINDS_BY_ALIAS.get(alias);
  if (taken !== undefined && !taken.includes(kind)) {
    throw new Error(`The alias ${alias} takes requests to ${taken.join(' or to ')} only. Nothing was done`);
  }
}

interface TimeLimits {
  readonly revokeUntil: number;
  readonly stopAt: number;
  readonly tellUntil: number;
  readonly answerBy: number;
}

/**
 * Divides the function's time. Revoking ends first, so that outcomes can be read back. Reading and sending events end
 * next, so that there is time left to report and to answer.
 */
function timeLimits(remainingMillis: number, now: number): TimeLimits {
  const reserve = (share: number, atMost: number): number =>
    now + remainingMillis - Math.min(atMost, remainingMillis * share);
  return {
    revokeUntil: reserve(0.3, 45_000), stopAt: reserve(0.2, 30_000), tellUntil: reserve(0.15, 18_000),
    answerBy: reserve(0.1, 10_000),
  };
}

/** Returns a signal that aborts the calls in progress when time runs out. */
function endingAt(stopAt: number): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  // Each call in progress adds a listener. With more than ten, Node would log a warning.
  setMaxListeners(0, controller.signal);
  const end = Object.assign(new Error('The function is running out of time'), { name: 'OutOfTime' });
  const timer = setTimeout(() => controller.abort(end), stopAt - Date.now());
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
