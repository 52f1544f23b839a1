/**
 * The Lambda function: custom resource, scheduled job, restore, pause and resume in one.
 *
 * Builds the clients once per process and hands each invocation to who knows it. All the configuration is in the event; the environment says only where
 * the ledger is, which a request to restore, to pause or to resume does not.
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
import { CloudWatchClient, DynamoDBClient, EC2Client, EventBridgeClient, SNSClient } from '../bundle/sdk';
import { checkAnswers } from './aws/wire';
import { restore, type RestoreDependencies, type RestoreReport } from './core/act/restore';
import { errorFacts } from './core/errors';
import { handleCustomResource } from './core/invocation/custom-resource';
import { type Invocation, parseInvocation } from './core/invocation/invocation';
import { pause, type PauseAnswer, type PausingDependencies, resume } from './core/pausing';
import type { Clock } from './core/ports';
import { preflight, type PreflightDependencies, PROPAGATION_MILLIS } from './core/preflight';
import { aggregates, type Aggregates } from './core/report/metric-data';
import { pauseAttribute } from './core/report/pause-words';
import { sweep, type SweepDependencies, type SweepResult } from './core/sweep';
import {
  type DecodedConfiguration, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, Metric, PAUSE_ALIAS, PAUSE_ATTRIBUTE,
  RESTORE_ALIAS, RESUME_ALIAS,
} from '../src/private/contract';

/** A call that hangs is ended and tried again; a throttled one waits 1, 2 and 4 seconds at most. */
const CLIENT = { maxAttempts: 4, retryMode: 'standard', requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true } } as const;

/** What is kept for recording and reporting must be enough for every attempt. */
const REPORTING_CLIENT = { ...CLIENT, maxAttempts: 3, requestHandler: { ...CLIENT.requestHandler, requestTimeout: 5000 } } as const;

/** Nobody waits for these, and all metrics but one are out by then. */
const TELLING_CLIENT = { ...CLIENT, maxAttempts: 2, requestHandler: { ...CLIENT.requestHandler, requestTimeout: 3000 } } as const;

/** Local emulators may leave the time out of the context. */
const DEFAULT_TIME_MILLIS = 60_000;

const ec2 = new EC2Client(CLIENT);
const revoker = new EC2Client({ ...CLIENT, maxAttempts: 1 });
const metrics = cloudWatchMetrics(new CloudWatchClient(REPORTING_CLIENT));
const notifications = snsNotifications(new SNSClient(TELLING_CLIENT));
const { [LEDGER_TABLE_VARIABLE]: table, [HYGIENE_VARIABLE]: hygiene, AWS_LAMBDA_FUNCTION_NAME: functionName } = process.env;
const ledger = table && hygiene ? new DynamoDbLedger(new DynamoDBClient(REPORTING_CLIENT), table, hygiene) : undefined;
const pacer = new Pacer();
for (const client of [ec2, revoker]) {
  paceRetries(client, pacer);
  checkAnswers(client);
}

const clock: Clock = { now: () => new Date(), sleep: millis => sleep(millis), random: () => Math.random() };
const events = eventBridgeEvents(new EventBridgeClient(TELLING_CLIENT), clock);

/** The counts of a sweep, what became of each rule that was to be restored, or whether revoking is paused now. */
type Answer = Aggregates | RestoreReport | PauseAnswer | undefined;

export async function handler(event: unknown, context: Partial<Context> = {}): Promise<Answer> {
  const log = logTo(process.stdout, context.awsRequestId);
  const time = timeLimits(context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MILLIS, Date.now());
  const outOfTime = new AbortController();
  // Each call under way listens to it; above ten, Node would print a warning into the log.
  setMaxListeners(0, outOfTime.signal);
  const end = Object.assign(new Error('The function is running out of time'), { name: 'OutOfTime' });
  const timer = setTimeout(() => outOfTime.abort(end), time.stopAt - Date.now());
  const network = new Ec2Network(ec2, revoker, pacer, outOfTime.signal);
  const dependencies: SweepDependencies & PreflightDependencies = {
    network, ledger, metrics, events, notifications, log, clock,
    sweepId: runId(clock.now()),
    preflightUntil: new Date(Math.min(Date.now() + PROPAGATION_MILLIS, time.revokeUntil)),
    revokeUntil: new Date(time.revokeUntil),
    tellUntil: new Date(time.tellUntil),
    restoreFunctionName: functionName && `${functionName}:${RESTORE_ALIAS}`,
    accountId: /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context.invokedFunctionArn ?? '')?.[1],
  };
  const run = async (configuration: DecodedConfiguration, before?: typeof preflight): Promise<SweepResult> => {
    if (ledger && configuration.hygiene !== hygiene) throw new Error(`The configuration is for ${configuration.hygiene}, but this function is that of ${hygiene}. Nothing was done`);
    pacer.scale(configuration.requestRateFactor ?? 1);
    await before?.(configuration, dependencies);
    return sweep(configuration, dependencies);
  };
  const withLedger = (what: string): RestoreDependencies & PausingDependencies => {
    if (!ledger || !hygiene) throw new Error(`Nothing can be ${what}: the function was deployed without a ledger`);
    return { ...dependencies, ledger, hygiene, id: dependencies.sweepId, restoreId: dependencies.sweepId, until: dependencies.revokeUntil };
  };
  try {
    const invocation = parseInvocation(event, clock.now());
    requireAlias(invocation, context);
    switch (invocation.kind) {
      case 'restore':
        return await restore(invocation.request, withLedger('restored'));
      case 'pause':
        return await pause(invocation.request, withLedger('paused'));
      case 'resume':
        return await resume(withLedger('resumed'));
      case 'sweep':
        return aggregates(await run(invocation.configuration), invocation.configuration);
      case 'custom-resource':
        await handleCustomResource(invocation, {
          log,
          respond: putResponse,
          run: async configuration => attributes(await run(configuration, preflight), configuration),
          answerWithinMillis: time.answerBy - Date.now(),
        });
        return undefined;
    }
  } catch (error) {
    const facts = errorFacts(error);
    log('ERROR', facts.message, { event: 'Failed', error: facts });
    // Lambda logs and returns what is thrown: the text and the trace, but none of the requests and answers that an error may hold.
    throw Object.assign(new Error(facts.message), { name: facts.code, stack: error instanceof Error ? error.stack : undefined });
  } finally {
    clearTimeout(timer);
  }
}

/** A name for a sweep or a restore that sorts by time and is its alone: `20261121T080000Z-0f3a9c2e`. */
function runId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
}

/** The aliases that take one kind of request each: leave to invoke the function through one is leave for that alone. */
const KIND_BY_ALIAS: ReadonlyMap<string | undefined, Invocation['kind']> = new Map([
  [RESTORE_ALIAS, 'restore'], [PAUSE_ALIAS, 'pause'], [RESUME_ALIAS, 'resume'],
]);

/** @throws when an alias is given what it does not take, such as a configuration of the caller's own */
function requireAlias({ kind }: Invocation, { invokedFunctionArn = '' }: Partial<Context>): void {
  const alias = invokedFunctionArn.split(':')[7];
  const taken = KIND_BY_ALIAS.get(alias);
  if (taken !== undefined && kind !== taken) {
    throw new Error(`The alias ${alias} takes requests to ${taken} only. Nothing was done`);
  }
}

/** Every name, because a template that asks for one would fail: CloudFormation knows no attribute that is not there. */
function attributes(result: SweepResult, configuration: DecodedConfiguration): Record<string, number | string> {
  const counts = aggregates(result, configuration);
  const known = Object.values(Metric).map(name => [name, counts[name] ?? 'unknown'] as const);
  return { ...Object.fromEntries(known), [PAUSE_ATTRIBUTE]: pauseAttribute(result.pause) };
}

/**
 * The function's time, shared out: revoking ends first, so that outcomes are read back; then reading, and telling, so
 * that there is time to report and to answer.
 */
function timeLimits(remainingMillis: number, now: number): { revokeUntil: number; stopAt: number; tellUntil: number; answerBy: number } {
  const reserve = (share: number, atMost: number): number => now + remainingMillis - Math.min(atMost, remainingMillis * share);
  return { revokeUntil: reserve(0.3, 45_000), stopAt: reserve(0.2, 30_000), tellUntil: reserve(0.15, 18_000), answerBy: reserve(0.1, 10_000) };
}
