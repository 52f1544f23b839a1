/**
 * The Lambda function: custom resource and scheduled job in one.
 *
 * Builds the clients once per process and hands each invocation to who knows it. All the configuration is in the event.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { logTo } from './aws/log';
import { cloudWatchMetrics } from './aws/metrics';
import { Ec2Network, paceRetries } from './aws/network';
import { Pacer } from './aws/pacing';
import { putResponse } from './aws/response';
import { CloudWatchClient, EC2Client } from './aws/sdk';
import { checkAnswers } from './aws/wire';
import { handleCustomResource } from './custom-resource';
import { errorFacts } from './errors';
import { parseInvocation } from './invocation';
import type { Clock } from './ports';
import { preflight } from './preflight';
import { aggregates, type Aggregates } from './report/metric-data';
import { sweep, type SweepDependencies } from './sweep';
import { type DecodedConfiguration, Metric } from '../src/private/contract';

/** A call that hangs is ended and tried again; a throttled one waits 1, 2 and 4 seconds at most. */
const CLIENT = { maxAttempts: 4, retryMode: 'standard', requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true } } as const;

/** What is kept for reporting must be enough for every attempt. */
const METRICS_CLIENT = { ...CLIENT, maxAttempts: 3, requestHandler: { ...CLIENT.requestHandler, requestTimeout: 5000 } } as const;

/** Local emulators may leave the time out of the context. */
const DEFAULT_TIME_MILLIS = 60_000;

const ec2 = new EC2Client(CLIENT);
const revoker = new EC2Client({ ...CLIENT, maxAttempts: 1 });
const metrics = cloudWatchMetrics(new CloudWatchClient(METRICS_CLIENT));
const pacer = new Pacer();
for (const client of [ec2, revoker]) {
  paceRetries(client, pacer);
  checkAnswers(client);
}

const clock: Clock = { now: () => new Date(), sleep: millis => sleep(millis) };

/** @returns the counts of the sweep */
export async function handler(event: unknown, context: Partial<Context> = {}): Promise<Aggregates | undefined> {
  const log = logTo(process.stdout, context.awsRequestId);
  const time = timeLimits(context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MILLIS, Date.now());
  const outOfTime = new AbortController();
  const timer = setTimeout(() => outOfTime.abort(new Error('The function is running out of time')), time.stopAt - Date.now());
  const dependencies: SweepDependencies = {
    network: new Ec2Network(ec2, revoker, pacer, outOfTime.signal),
    metrics, log, clock,
    revokeUntil: new Date(time.revokeUntil),
    accountId: /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context.invokedFunctionArn ?? '')?.[1],
  };
  const run = async (configuration: DecodedConfiguration, before?: typeof preflight): Promise<Aggregates> => {
    pacer.scale(configuration.requestRateFactor ?? 1);
    await before?.(configuration, dependencies);
    return aggregates(await sweep(configuration, dependencies), configuration);
  };
  try {
    const invocation = parseInvocation(event);
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

/** Every name, lest a template that asks for one fail: CloudFormation knows no attribute that is not there. */
function attributes(counts: Aggregates): Record<string, number | string> {
  return Object.fromEntries(Object.values(Metric).map(name => [name, counts[name] ?? 'unknown']));
}

/** The function's time, shared out: revoking ends first, so that outcomes are read back; then reading, so that there is time to report and to answer. */
function timeLimits(remainingMillis: number, now: number): { revokeUntil: number; stopAt: number; answerBy: number } {
  const reserve = (share: number, atMost: number): number => now + remainingMillis - Math.min(atMost, remainingMillis * share);
  return { revokeUntil: reserve(0.3, 45_000), stopAt: reserve(0.2, 30_000), answerBy: reserve(0.1, 10_000) };
}
