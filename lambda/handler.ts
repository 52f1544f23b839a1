/**
 * The Lambda function: custom resource, scheduled job and restore in one.
 *
 * Builds the clients once per process and hands each invocation to who knows it. All the configuration is in the event; the environment says only where
 * the ledger is, which a request to restore does not.
 */
import { randomBytes } from 'node:crypto';
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
import { CloudWatchClient, DynamoDBClient, EC2Client, EventBridgeClient, SNSClient } from './aws/sdk';
import { checkAnswers } from './aws/wire';
import { handleCustomResource } from './custom-resource';
import { errorFacts } from './errors';
import { parseInvocation } from './invocation';
import type { Clock } from './ports';
import { preflight } from './preflight';
import { aggregates, type Aggregates } from './report/metric-data';
import { restore, type RestoreReport } from './revocation/restore';
import { sweep, type SweepDependencies } from './sweep';
import { type DecodedConfiguration, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, Metric, RESTORE_ALIAS } from '../src/private/contract';

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

const clock: Clock = { now: () => new Date(), sleep: millis => sleep(millis) };
const events = eventBridgeEvents(new EventBridgeClient(TELLING_CLIENT), clock);

/** @returns the counts of the sweep, or what became of each rule that was to be restored */
export async function handler(event: unknown, context: Partial<Context> = {}): Promise<Aggregates | RestoreReport | undefined> {
  const log = logTo(process.stdout, context.awsRequestId);
  const time = timeLimits(context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MILLIS, Date.now());
  const outOfTime = new AbortController();
  const timer = setTimeout(() => outOfTime.abort(new Error('The function is running out of time')), time.stopAt - Date.now());
  const network = new Ec2Network(ec2, revoker, pacer, outOfTime.signal);
  const dependencies: SweepDependencies = {
    network, ledger, metrics, events, notifications, log, clock,
    sweepId: runId(clock.now()),
    revokeUntil: new Date(time.revokeUntil),
    tellUntil: new Date(time.tellUntil),
    restoreFunctionName: functionName && `${functionName}:${RESTORE_ALIAS}`,
    accountId: /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context.invokedFunctionArn ?? '')?.[1],
  };
  const run = async (configuration: DecodedConfiguration, before?: typeof preflight): Promise<Aggregates> => {
    if (ledger && configuration.hygiene !== hygiene) throw new Error(`The configuration is for ${configuration.hygiene}, but this function is that of ${hygiene}. Nothing was done`);
    pacer.scale(configuration.requestRateFactor ?? 1);
    await before?.(configuration, dependencies);
    return aggregates(await sweep(configuration, dependencies), configuration);
  };
  try {
    const invocation = parseInvocation(event);
    if (invocation.kind === 'restore') {
      if (ledger === undefined) throw new Error('Nothing can be restored: the function was deployed without a ledger');
      return await restore(invocation.request, { network, ledger, clock, log, restoreId: dependencies.sweepId });
    }
    // Who may have rules restored may not have others revoked, by a configuration of their own.
    if (isThroughRestoreAlias(context)) throw new Error(`The alias ${RESTORE_ALIAS} takes requests to restore only. Nothing was done`);
    if (invocation.kind === 'sweep') return await run(invocation.configuration);
    await handleCustomResource(invocation, {
      log,
      respond: putResponse,
      run: async configuration => attributes(await run(configuration, preflight)),
      answerWithinMillis: time.answerBy - Date.now(),
    });
    return undefined;
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

function isThroughRestoreAlias({ invokedFunctionArn = '' }: Partial<Context>): boolean {
  return invokedFunctionArn.split(':')[7] === RESTORE_ALIAS;
}

/** Every name, lest a template that asks for one fail: CloudFormation knows no attribute that is not there. */
function attributes(counts: Aggregates): Record<string, number | string> {
  return Object.fromEntries(Object.values(Metric).map(name => [name, counts[name] ?? 'unknown']));
}

/**
 * The function's time, shared out: revoking ends first, so that outcomes are read back; then reading, and telling, so
 * that there is time to report and to answer.
 */
function timeLimits(remainingMillis: number, now: number): { revokeUntil: number; stopAt: number; tellUntil: number; answerBy: number } {
  const reserve = (share: number, atMost: number): number => now + remainingMillis - Math.min(atMost, remainingMillis * share);
  return { revokeUntil: reserve(0.3, 45_000), stopAt: reserve(0.2, 30_000), tellUntil: reserve(0.15, 18_000), answerBy: reserve(0.1, 10_000) };
}
