/**
 * Measures the function that changes trigger: the shipped bundle in fresh processes against an EC2 endpoint in another,
 * beside a full sweep of the same network.
 *
 * Usage: npm run bench:change [-- --vpcs 200 --groups 50 --rules 10 --entries 50000 --latency 20 --ledger-latency 5]
 * [--unpaced]
 *
 * Each event is a call that opens SSH to the internet in a group of its own. SQS hands over up to 100 events at a time,
 * to two processes at once. The time runs from the first invocation to the last revocation. It includes the first use
 * of the clients and the doubles of EC2 and DynamoDB, but neither CloudTrail, EventBridge and SQS, nor the start of the
 * processes.
 *
 * EC2's documented buckets are on, and full at the start of each row; --unpaced switches them off.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberOption } from './options';
import { openRules, report, startEndpoint } from './second-process';
import { type Configuration, CONTRACT_VERSION } from '../src/contract/configuration';
import {
  CHANGE_QUEUE_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, ROLE_NAME_VARIABLE, SWEEPING_FUNCTION_VARIABLE,
} from '../src/contract/names';
import { authorizeIngress, sqsEvent } from '../test/support/cloudtrail/records';
import { deployedWith, SCHEDULED } from '../test/support/deployment';
import { LambdaProcess } from '../test/support/lambda-process';

const HYGIENE = 'Bench/Hygiene';
const HANDLER = resolve(__dirname, '..', 'assets', 'handler');

/** The defaults of the construct. */
const BATCH_SIZE = 100;
const MAX_CONCURRENCY = 2;
const TIMEOUT_MILLIS = 120_000;

/** The time in which every bucket of EC2 fills up. */
const REFILL_MILLIS = 12_000;

const EVENTS = [1, 100, 1000];

/** The queue of the construct keeps a message that was delivered this often for people. */
const MOST_DELIVERIES = 5;

const IS_PACED = !process.argv.includes('--unpaced');

const DYNAMODB_ACTIONS = new Set(['GetItem', 'PutItem', 'Query']);

interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly ec2Calls: number;
  readonly dynamoDbCalls: number;
  readonly throttled: number;
  readonly left: number;
}

async function main(): Promise<void> {
  for (const staleRules of ['ignore', 'revoke'] as const) await run(staleRules);
}

async function run(staleRules: Configuration['staleRules']): Promise<void> {
  const configuration = configurationOf(staleRules);
  const [vpcs, groups, rules] = [numberOption('vpcs', 200), numberOption('groups', 50), numberOption('rules', 10)];
  const entries = numberOption('entries', 50_000);
  const [latencyMillis, ledgerLatencyMillis] = [numberOption('latency', 20), numberOption('ledger-latency', 5)];
  const declared = staleRules === 'ignore' ? 'flagged rules' : 'flagged and stale rules';
  console.log(
    `\n${declared} declared: ${vpcs} VPCs x ${groups} groups x ${rules} rules, ${entries} settled entries, `
    + `${latencyMillis} ms a call of EC2, ${ledgerLatencyMillis} ms of DynamoDB, EC2's buckets ${IS_PACED ? 'on' : 'off'}`,
  );
  const { child, url, dynamoDbUrl, tableName } = await startEndpoint({
    vpcs, groups, rules, entries, stale: 0, latencyMillis, ledgerLatencyMillis, tokenBuckets: IS_PACED, configuration,
  });
  const env = { [LEDGER_TABLE_VARIABLE]: tableName, [HYGIENE_VARIABLE]: HYGIENE, ...deployedWith(configuration) };
  const start = (options: Partial<Parameters<typeof LambdaProcess.start>[0]> = {}): Promise<LambdaProcess> =>
    LambdaProcess.start({ handlerFolder: HANDLER, endpointUrl: url, dynamoDbUrl, env, ...options });
  const lambdas: LambdaProcess[] = [];
  /** Measures what `invoke` does, to the last revocation, or to its end if it revokes nothing. */
  const measure = async (what: string, invoke: () => Promise<void>): Promise<Measured> => {
    if (IS_PACED) await sleep(REFILL_MILLIS);
    await report(child);
    const startedAt = Date.now();
    await invoke();
    const endedAt = Date.now();
    const { callsByAction, throttled, openedRulesLeft: left, revokedAt = endedAt } = await report(child);
    const count = (isDynamoDb: boolean): number => Object.entries(callsByAction)
      .filter(([action]) => action !== 'PutMetricData' && action !== 'PutEvents')
      .filter(([action]) => DYNAMODB_ACTIONS.has(action) === isDynamoDb)
      .reduce((sum, [, calls]) => sum + calls, 0);
    return {
      what, seconds: (revokedAt - startedAt) / 1000,
      ec2Calls: count(false), dynamoDbCalls: count(true), throttled, left,
    };
  };
  try {
    const sweeping = await start();
    lambdas.push(sweeping);
    // It opens the limit, too.
    const full = await measure('full sweep', async () => {
      const { error } = await sweeping.invoke(SCHEDULED, 900_000);
      if (error) throw new Error(error.message);
    });
    console.log(rowOf(['', 'time', 'of a full sweep', 'EC2', 'DynamoDB', 'throttled', 'rules left']));
    print(full, full);
    for (const events of EVENTS) {
      const opened = await openRules(child, Math.min(events, vpcs * groups));
      const changes = await Promise.all(Array.from({ length: MAX_CONCURRENCY }, () => start({
        handlerName: 'change', functionName: 'changes',
        env: {
          ...env, [CHANGE_QUEUE_VARIABLE]: `${url}/111122223333/changes`, [SWEEPING_FUNCTION_VARIABLE]: 'handler',
          [ROLE_NAME_VARIABLE]: 'hygiene-role',
        },
      })));
      lambdas.push(...changes);
      print(await measure(`${events} event${events === 1 ? '' : 's'}`, () => deliver(opened, changes)), full);
      await Promise.all(changes.map(lambda => lambda.stop()));
    }
  } finally {
    await Promise.all(lambdas.map(lambda => lambda.stop()));
    child.kill();
  }
}

/** Hands the events over in batches, as SQS does. Messages that fail are delivered again. */
async function deliver(
  opened: Awaited<ReturnType<typeof openRules>>, lambdas: readonly LambdaProcess[],
): Promise<void> {
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const waiting = opened.map(({ groupId, securityGroupRuleId }) =>
    ({ event: authorizeIngress({ groupId, ruleIds: [securityGroupRuleId], at }), deliveries: 0 }));
  await Promise.all(lambdas.map(async lambda => {
    for (let batch = waiting.splice(0, BATCH_SIZE); batch.length > 0; batch = waiting.splice(0, BATCH_SIZE)) {
      const sqs = sqsEvent(...batch.map(({ event }) => event));
      const { result, error } = await lambda.invoke(sqs, TIMEOUT_MILLIS);
      if (error) throw new Error(error.message);
      const { batchItemFailures } = result as { batchItemFailures: Array<{ itemIdentifier: string }> };
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const again = batch.filter((_, index) => failed.has(sqs.Records[index].messageId))
        .map(({ event, deliveries }) => ({ event, deliveries: deliveries + 1 }));
      waiting.push(...again.filter(({ deliveries }) => deliveries < MOST_DELIVERIES));
    }
  }));
}

function configurationOf(staleRules: Configuration['staleRules']): Configuration {
  return {
    version: CONTRACT_VERSION, hygiene: HYGIENE, metricNamespace: 'Bench', eventBus: 'default', resourceMetrics: true,
    requestRateFactor: IS_PACED ? 1 : 1000, dryRun: false, staleRules, maxRevocationsPerSweep: 10_000,
    settleSeconds: 0, allowRestore: false, exemptSecurityGroupIds: [], vpnConnections: { kind: 'none' },
    changeTrigger: 'cloudTrail',
    flaggedIngressRules: [{
      anyGroup: true, match: 'COVERS', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }],
      fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
    }],
  };
}

function print({ what, seconds, ec2Calls, dynamoDbCalls, throttled, left }: Measured, full: Measured): void {
  const ratio = seconds < full.seconds
    ? `1/${Math.round(full.seconds / seconds)}`
    : `${(seconds / full.seconds).toFixed(1)} x`;
  const counts = [ec2Calls, dynamoDbCalls, throttled, left].map(String);
  console.log(rowOf([what, `${seconds.toFixed(2)} s`, ratio, ...counts]));
}

const WIDTHS = [12, 10, 15, 6, 8, 9, 10];

const rowOf = (cells: readonly string[]): string =>
  `  ${cells.map((cell, column) => cell.padEnd(WIDTHS[column])).join('  ').trimEnd()}`;

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
