/**
 * What the entries of the function share: the clients, which are created once per process, and the dependencies of one
 * invocation. The environment names the ledger and has the fingerprint of the deployed configuration.
 */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { eventBridgeEvents } from './aws/events';
import { fullSweeps } from './aws/full-sweeps';
import { DynamoDbLedger } from './aws/ledger';
import { logTo } from './aws/log';
import { cloudWatchMetrics } from './aws/metrics';
import { Ec2Network } from './aws/network';
import { snsNotifications } from './aws/notifications';
import { paceRetries } from './aws/pace-retries';
import { Pacer } from './aws/pacing';
import { securityHub } from './aws/security-hub';
import { cloudFormationStacks } from './aws/stacks';
import { ec2Topology } from './aws/topology';
import { cloudTrailTrails } from './aws/trails';
import { checkAnswers } from './aws/wire';
import {
  CloudFormationClient, CloudTrailClient, CloudWatchClient, DynamoDBClient, EC2Client, EventBridgeClient, LambdaClient,
  SecurityHubClient, SNSClient, SQSClient,
} from '../bundle/sdk';
import type { ApproveDependencies } from './core/act/approve';
import type { RestoreDependencies } from './core/act/restore';
import type { RetryDependencies } from './core/act/retry';
import { errorFacts } from './core/errors';
import type { PausingDependencies } from './core/pausing';
import type { Clock, FullSweeps, Log, SecurityHub, Topology } from './core/ports';
import { PROPAGATION_MILLIS } from './core/preflight';
import type { RunDependencies } from './core/run';
import {
  CHANGE_QUEUE_VARIABLE, FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, APPROVE_ALIAS, RESTORE_ALIAS,
  ROLE_NAME_VARIABLE, SWEEPING_FUNCTION_VARIABLE,
} from '../src/contract/names';

/** A call that hangs is ended and retried. A throttled call waits at most 1, 2 and 4 seconds. */
export const CLIENT = {
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
export const dynamoDb = new DynamoDBClient(REPORTING_CLIENT);
const cloudFormation = new CloudFormationClient(REPORTING_CLIENT);
const cloudTrail = new CloudTrailClient(REPORTING_CLIENT);
const lambda = new LambdaClient(TELLING_CLIENT);
const sqs = new SQSClient(TELLING_CLIENT);
const pacer = new Pacer();
for (const client of [ec2, revoker]) {
  paceRetries(client, pacer);
  checkAnswers(client);
}

export const clock: Clock = { now: () => new Date(), sleep: millis => sleep(millis), random: () => Math.random() };
const events = eventBridgeEvents(new EventBridgeClient(TELLING_CLIENT), clock);

/** The dependencies of one invocation. */
export type Dependencies =
  RunDependencies & RestoreDependencies & PausingDependencies & RetryDependencies & ApproveDependencies;

export function dependenciesOf(
  context: Partial<Context>, time: TimeLimits, signal: AbortSignal, log: Log,
): Dependencies & { readonly ledger: DynamoDbLedger } {
  const { table, hygiene, fingerprint, functionName } = environment();
  const id = runId(clock.now());
  const until = new Date(time.revokeUntil);
  return {
    network: new Ec2Network(ec2, revoker, pacer, signal),
    ledger: new DynamoDbLedger(dynamoDb, table, hygiene),
    groupHolders: async place => (await import('./aws/holders')).groupHolders({ ...place, pacer, signal }),
    stacks: cloudFormationStacks(cloudFormation, signal),
    trails: cloudTrailTrails(cloudTrail, process.env.AWS_REGION ?? '', signal),
    securityHub: () => securityHubOf(context),
    metrics, events, notifications, clock, table, hygiene, fingerprint,
    log: (level, message, fields) => log(level, message, { sweepId: id, ...fields }),
    id, runId: id, restoreId: id, until,
    preflightUntil: new Date(Math.min(Date.now() + PROPAGATION_MILLIS, time.revokeUntil)),
    revokeUntil: until,
    tellUntil: new Date(time.tellUntil),
    restoreFunctionName: functionName && `${functionName}:${RESTORE_ALIAS}`,
    approveFunctionName: functionName && `${functionName}:${APPROVE_ALIAS}`,
    accountId: /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context.invokedFunctionArn ?? '')?.[1],
    scaleRequests: factor => pacer.scale(factor),
  };
}

/** The client is made when it is needed, because few functions import findings. */
function securityHubOf({ invokedFunctionArn = '' }: Partial<Context>): SecurityHub | undefined {
  const [, partition, region, account] = /^arn:([^:]*):lambda:([^:]*):(\d{12}):/.exec(invokedFunctionArn) ?? [];
  if (account === undefined) return undefined;
  return securityHub(new SecurityHubClient(CLIENT), { partition, account, region }, clock);
}

interface Environment {
  readonly table: string;
  readonly hygiene: string;
  readonly fingerprint: string;
  /** The name of the function that has the aliases: the one that sweeps everything. */
  readonly functionName?: string;
}

/** @throws when the environment variable is missing, because the construct did not deploy the function */
export function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`The function has no environment variable ${name}. Nothing was done; deploy the stack again`);
}

function environment(): Environment {
  return {
    table: required(LEDGER_TABLE_VARIABLE), hygiene: required(HYGIENE_VARIABLE),
    fingerprint: required(FINGERPRINT_VARIABLE),
    functionName: process.env[SWEEPING_FUNCTION_VARIABLE] ?? process.env.AWS_LAMBDA_FUNCTION_NAME,
  };
}

/** Returns a unique id for a run or a restore that sorts by time, such as `20261121T080000Z-0f3a9c2e`. */
function runId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
}

/** The further dependencies of the function that changes trigger. */
export interface ChangeDependencies {
  readonly topology: Topology;
  readonly fullSweeps: FullSweeps;
  /** The ends of the ARNs of the sessions in which the functions of this construct make calls. */
  readonly ownSessions: readonly string[];
}

export function changeDependencies(signal: AbortSignal): ChangeDependencies {
  const functionName = required(SWEEPING_FUNCTION_VARIABLE);
  const roleName = required(ROLE_NAME_VARIABLE);
  const own = [functionName, process.env.AWS_LAMBDA_FUNCTION_NAME ?? ''].filter(each => each !== '');
  return {
    topology: ec2Topology(ec2, pacer, signal),
    fullSweeps: fullSweeps(lambda, sqs, { functionName, queueUrl: required(CHANGE_QUEUE_VARIABLE) }),
    ownSessions: own.map(each => `:assumed-role/${roleName}/${each}`),
  };
}

export interface TimeLimits {
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

/** An invocation of an entry, with the limits of its time. */
export interface Invoked {
  readonly time: TimeLimits;
  /** Aborts the calls in progress when time runs out. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Runs an invocation, and logs its error. @throws a copy of the error that holds no requests and responses */
export async function invoked<T>(context: Partial<Context>, work: (invocation: Invoked) => Promise<T>): Promise<T> {
  const log = logTo(process.stdout, context.awsRequestId);
  const time = timeLimits(context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MILLIS, Date.now());
  const timer = endingAt(time.stopAt);
  try {
    return await work({ time, signal: timer.signal, log });
  } catch (error) {
    const facts = errorFacts(error);
    log('ERROR', facts.message, { event: 'Failed', error: facts });
    // Lambda logs and returns the thrown error. This copy has the message and the stack trace only.
    const stack = error instanceof Error ? error.stack : undefined;
    throw Object.assign(new Error(facts.message), { name: facts.code, stack });
  } finally {
    timer.clear();
  }
}
