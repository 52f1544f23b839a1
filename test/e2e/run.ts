/**
 * End to end: the CDK CLI deploys examples/monitored.ts to a local AWS, where a real function is run by a real schedule; then it is changed, and goes away.
 *
 * Usage: npm run e2e [-- --keep]
 * With --keep all stays up when the steps are done, for looking at, until Ctrl+C.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CdkCli } from './cdk-cli';
import { CREDENTIALS, LocalAws } from './local-aws';
import type { RestoreReport } from '../../lambda/revocation/restore';
import { EXEMPT_TAG, HYGIENE_DIMENSION } from '../../src/private/contract';
import { Ec2Endpoint, Network } from '../support/ec2-endpoint';

const CONTEXT = { minutes: '1' };
const HYGIENE = 'Monitored/NetworkHygiene';

const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  try {
    const result = await work();
    console.log(`  done    ${what} (${seconds(since)})`);
    return result;
  } catch (error) {
    console.log(`  FAILED  ${what} (${seconds(since)})`);
    throw error;
  }
}

function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Not so: ${what}`);
}

/** Asks again until there is something, or the time is over. */
async function eventually<T>(what: string, withinSeconds: number, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const until = Date.now() + withinSeconds * 1000; Date.now() < until; await sleep(500)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`Not within ${withinSeconds} seconds: ${what}`);
}

interface Sample {
  readonly network: Network;
  /** Ids of rules. */
  readonly flagged: string[];
  readonly others: string[];
}

/** Two VPCs, two flagged rules among three that are not, and a VPN connection with both tunnels up. */
function sampleNetwork(): Sample {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const groups = [network.addSecurityGroup({ vpcId, groupName: 'web' }), network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupName: 'db' })];
  const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
  const flagged = groups.map(({ groupId }, index) =>
    network.addIngress(groupId, { ...ssh, cidrIpv4: '0.0.0.0/0', description: `opened by ${index}`, tags: { Ticket: `NET-${index}` } }));
  const others = [
    network.addIngress(groups[0].groupId, { ...ssh, cidrIpv4: '10.0.0.0/8' }),
    network.addIngress(groups[0].groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }),
    network.addIngress(groups[1].groupId, { ...ssh, cidrIpv4: '0.0.0.0/0', tags: { [EXEMPT_TAG]: 'bastion' }, ipProtocol: 'udp' }),
  ];
  network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }, { outsideIpAddress: '192.0.2.2', status: 'UP' }] });
  const ids = (rules: ReadonlyArray<{ securityGroupRuleId: string }>): string[] => rules.map(({ securityGroupRuleId }) => securityGroupRuleId);
  return { network, flagged: ids(flagged), others: ids(others) };
}

async function main(keep: boolean): Promise<void> {
  console.log('End to end, on a local AWS');
  const sample = sampleNetwork();
  const ec2 = await Ec2Endpoint.start({ network: sample.network });
  const aws = new LocalAws();
  const cdk = new CdkCli(aws, 'monitored');
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= (async () => {
    await cdk.stop();
    await aws.stop();
    await ec2.stop();
  })();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop().finally(() => process.exit(1)));
  try {
    await step('Python environment, MiniStack, and EC2 in its place', () => aws.start(ec2.url));
    await useIt(aws, cdk, ec2, sample, keep);
    console.log(`All steps done in ${seconds(started)}`);
  } finally {
    await stop();
  }
}

async function useIt(aws: LocalAws, cdk: CdkCli, ec2: Ec2Endpoint, { network, flagged, others }: Sample, keep: boolean): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS;
  const client = { endpoint: aws.url, region, credentials: { accessKeyId, secretAccessKey } };
  const [cloudWatch, logs, dynamoDb] = [new CloudWatchClient(client), new CloudWatchLogsClient(client), new DynamoDBClient(client)];
  const [lambda, sns, sqs] = [new LambdaClient(client), new SNSClient(client), new SQSClient(client)];
  const there = (id: string): boolean => network.rules.has(id);
  const sweeps = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && !isDryRun).length;

  await step('cdk bootstrap', () => cdk.bootstrap());
  const outputs = await step('cdk deploy', () => cdk.deploy(CONTEXT));
  await step('the outputs have the counts of the sweep at deployment', async () => {
    expect(outputs.IngressRulesRevoked === '2' && outputs.FlaggedIngressRules === '2' && outputs.ScanErrors === '0', `counts, got ${JSON.stringify(outputs)}`);
  });
  await step('the flagged rules are gone, and the others are there', async () => {
    expect(!flagged.some(there) && others.every(there), 'exactly the flagged rules are gone');
  });
  const deployed = sweeps();

  const queueUrl = await step('a queue subscribes to the topic of the alarm', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'alarms' }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    await sns.send(new SubscribeCommand({ TopicArn: outputs.TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn, Attributes: { RawMessageDelivery: 'true' } }));
    return QueueUrl;
  });
  const [{ telemetry: [, tunnel] }] = network.vpnConnections.values();
  tunnel.status = 'DOWN';
  await step('the schedule fires by itself: a second sweep', () => eventually('a second sweep', 90, () => sweeps() > deployed || undefined));
  await step('GetMetricData has the metrics', () => eventually('metrics', 20, async () => {
    const query = (Id: string, MetricName: string) => ({
      Id, MetricStat: { Metric: { Namespace: 'NetworkHygiene', MetricName, Dimensions: [{ Name: HYGIENE_DIMENSION, Value: HYGIENE }] }, Period: 60, Stat: 'Sum' },
    });
    const now = Date.now();
    const { MetricDataResults = [] } = await cloudWatch.send(new GetMetricDataCommand({
      StartTime: new Date(now - 600_000), EndTime: new Date(now + 60_000), MetricDataQueries: [query('revoked', 'IngressRulesRevoked'), query('sweeps', 'Sweeps')],
    }));
    const sum = (id: string): number => (MetricDataResults.find(({ Id }) => Id === id)?.Values ?? []).reduce((total, value) => total + value, 0);
    return (sum('revoked') === 2 && sum('sweeps') >= 2) || undefined;
  }));
  await step('the alarm goes off, and reaches the queue', async () => {
    const message = await eventually('a message', 20, async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1 }));
      return Messages.find(({ Body }) => Body?.includes('VpnDegraded'));
    });
    expect(message.Body?.includes('ALARM') === true, 'the message says ALARM');
  });
  await step('the log has a structured line for each revocation', () => eventually('log lines', 20, async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: outputs.LogGroupName }));
    const lines = events.flatMap(({ message = '' }) => message.startsWith('{') ? [JSON.parse(message) as Record<string, unknown>] : []);
    return lines.filter(({ event, outcome }) => event === 'Revocation' && outcome === 'REVOKED').length === 2 || undefined;
  }));

  await step('a property changes, cdk deploy, and it sweeps again', async () => {
    // Only a sweep at deployment tries its permissions first.
    const preflights = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && isDryRun).length;
    const [before, swept] = [preflights(), sweeps()];
    await cdk.deploy({ ...CONTEXT, maxRevocations: '21' });
    expect(preflights() > before && sweeps() > swept, 'the update swept');
  });
  const restoredAs = await step('invoking the function restores a rule', async () => {
    const Payload = JSON.stringify({ restore: { securityGroupRuleIds: [flagged[0]] } });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: outputs.RestoreWith, Payload }));
    const report = JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as RestoreReport;
    const rule = network.rules.get(report.rules?.[0]?.restoredAs ?? '');
    expect(rule?.description === 'opened by 0' && rule.tags.Ticket === 'NET-0' && EXEMPT_TAG in rule.tags, `the rule is there again, got ${JSON.stringify(report)}`);
    return rule.securityGroupRuleId;
  });
  if (keep) {
    console.log(`\nUp until Ctrl+C: AWS_ENDPOINT_URL=${aws.url} AWS_ENDPOINT_URL_EC2=${ec2.url} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1`);
    await new Promise(() => setInterval(() => {}, 60_000));
  }

  const remaining = async (): Promise<unknown[][]> => {
    const [{ Functions = [] }, { logGroups = [] }, { Topics = [] }, { MetricAlarms = [] }, { Schedules = [] }, { Roles = [] }] = await Promise.all([
      lambda.send(new ListFunctionsCommand({})), logs.send(new DescribeLogGroupsCommand({})), sns.send(new ListTopicsCommand({})),
      cloudWatch.send(new DescribeAlarmsCommand({})), new SchedulerClient(client).send(new ListSchedulesCommand({})),
      new IAMClient(client).send(new ListRolesCommand({})),
    ]);
    return [Functions, logGroups, Topics, MetricAlarms, Schedules, Roles.filter(({ RoleName = '' }) => RoleName.startsWith('Monitored'))];
  };
  const rules = network.snapshot();
  await step('there is something to remove of each kind', async () => {
    expect((await remaining()).every(({ length }) => length > 0), 'functions, log groups, topics, alarms, schedules and roles are listed');
  });
  await step('cdk destroy', () => cdk.destroy(CONTEXT));
  await step('the rules are as they were, the restored one included', async () => {
    expect(JSON.stringify(network.snapshot()) === JSON.stringify(rules) && there(restoredAs), 'destroying touched no rule');
  });
  await step('the ledger is kept, and nothing else', async () => {
    const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName: outputs.LedgerTableName }));
    const states = Items.map(({ state }) => state.S).sort().join();
    expect(states.includes('RESTORED') && states.includes('REVOKED'), `the ledger has both rules, got ${states}`);
    const { TableNames = [] } = await dynamoDb.send(new ListTablesCommand({}));
    const left = (await remaining()).flat();
    expect(left.length === 0 && TableNames.length === 1, `nothing else is left, got ${JSON.stringify(left)} and the tables ${TableNames.join()}`);
  });
}

main(process.argv.includes('--keep')).catch(error => {
  console.error(error);
  process.exitCode = 1;
});
