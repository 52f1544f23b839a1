/**
 * The main job on a sample network: synthesizes examples/quickstart.ts and runs its own bundled function against an EC2 endpoint and a DynamoDB-compatible
 * server on this machine: CloudFormation's Create, the schedule a week later, a day on which too much is flagged, and a request to restore. Tells a
 * person what happened, and checks it.
 */
import { sampleNetwork, type SampleNetwork } from './demo-network';
import { keptRules, ledgerTable, metricsTable, restoredRules, revokedRules, type SweepLog, vpnTable } from './demo-report';
import { customResourceEvent, ResponseBucket } from '../test/support/cloudformation';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { Ec2Endpoint } from '../test/support/ec2-endpoint';
import { LambdaProcess } from '../test/support/lambda-process';
import { SynthesizedApp } from '../test/support/synthesized-app';

const DAY_MILLIS = 86_400_000;

/** The story ends today: CloudWatch takes what is past, and nothing that is to come. */
const STORY_DAYS = 11;

/** What runs on this machine in place of AWS, and the function, of which a process is started for each day. */
class Stage {
  public static async set(app: SynthesizedApp, network: SampleNetwork): Promise<Stage> {
    const [ec2, dynamoDb, bucket] = await Promise.all([Ec2Endpoint.start({ network }), DynamoDbEndpoint.start(), ResponseBucket.start()]);
    return new Stage(app, ec2, dynamoDb, bucket);
  }

  private constructor(
    public readonly app: SynthesizedApp, public readonly ec2: Ec2Endpoint, public readonly dynamoDb: DynamoDbEndpoint,
    public readonly bucket: ResponseBucket,
  ) {}

  /** Invokes the function with its clock set to a day of the story. @returns its answer, and what it logged */
  public async onDay(day: number, event: unknown): Promise<{ result: unknown; lines: SweepLog[] }> {
    const lambda = await LambdaProcess.start({
      handlerFolder: this.app.handlerFolder, endpointUrl: this.ec2.url, dynamoDbUrl: this.dynamoDb.url,
      clockOffsetMillis: (day - STORY_DAYS) * DAY_MILLIS,
      env: this.app.environment(this.dynamoDb.tableName),
    });
    try {
      const { result, error } = await lambda.invoke(event);
      if (error) throw new Error(`The function failed: ${error.message}`);
      return { result, lines: lambda.logLines as unknown[] as SweepLog[] };
    } finally {
      await lambda.stop();
    }
  }

  public async strike(): Promise<void> {
    await Promise.all([this.bucket.stop(), this.ec2.stop(), this.dynamoDb.stop()]);
    this.app.dispose();
  }
}

async function main(): Promise<void> {
  const started = performance.now();
  heading('1  Synthesize examples/quickstart.ts');
  const app = SynthesizedApp.fromExample('quickstart');
  const network = sampleNetwork(Date.now() - STORY_DAYS * DAY_MILLIS);
  const stage = await Stage.set(app, network);
  try {
    console.log(`   ${Object.keys(app.template.Resources).length} resources; the function is its own bundle, ready to upload`);
    await deploy(stage, network);
    const revoked = await aWeekLater(stage, network, app.scheduleInput());
    await tooMuchAtOnce(stage, network, app.scheduleInput());
    await putBack(stage, network, app.scheduleInput(), revoked);
    console.log(`\n   EC2 and CloudWatch: ${calls(stage.ec2)}\n   DynamoDB: ${calls(stage.dynamoDb)}`);
    console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  } finally {
    await stage.strike();
  }
}

async function deploy(stage: Stage, network: SampleNetwork): Promise<void> {
  heading('2  Deploy: CloudFormation calls the function (Create)');
  const before = network.snapshot().length;
  const { lines } = await stage.onDay(0, customResourceEvent('Create', stage.bucket.url, stage.app.customResourceProperties()));
  const answer = stage.bucket.received.at(-1);
  console.log(`   It answered ${answer?.body.Status} in ${answer?.bytes} bytes${answer?.body.Reason ? `: ${answer.body.Reason}` : ''}\n`);
  print('Revoked: what is flagged', revokedRules(lines, network));
  print('Kept, and why', keptRules(lines, network));
  print('VPN connections', vpnTable(lines));
  print('Metrics (aggregates)', metricsTable(stage.ec2.metrics));
  const gone = before - network.snapshot().length;
  check('CloudFormation was answered SUCCESS', answer?.body.Status === 'SUCCESS');
  check(`the ${gone} flagged rules are gone, and no stale one`, gone === 4 && outcomes(lines, 'REVOKED') === 4);
  check('what is stale is within its grace', lines.filter(({ keepReason }) => keepReason === 'WITHIN_GRACE').length === 2);
}

/** @returns the ids of the stale rules that are revoked now */
async function aWeekLater(stage: Stage, network: SampleNetwork, event: unknown): Promise<string[]> {
  heading('3  The grace period passes: sweeps on days 3, 6 and 8');
  const early = [await stage.onDay(3, event), await stage.onDay(6, event)];
  check('on days 3 and 6 nothing is revoked', early.flatMap(({ lines }) => lines).every(line => line.event !== 'Revocation'));
  const late = await stage.onDay(8, event);
  print('Revoked on day 8: stale for longer than the seven days that quickstart.ts asks for', revokedRules(late.lines, network));
  const revoked = late.lines.filter(({ outcome }) => outcome === 'REVOKED').map(({ rule }) => rule?.securityGroupRuleId ?? '');
  check('the two stale ingress rules are revoked, once', revoked.length === 2);
  print('The ledger', ledgerTable(await stage.dynamoDb.items()));
  return revoked;
}

async function tooMuchAtOnce(stage: Stage, network: SampleNetwork, event: unknown): Promise<void> {
  heading('4  Day 9: someone opens SSH to the internet in 25 groups at once');
  const [{ vpcId }] = network.vpcs.values();
  for (let count = 1; count <= 25; count++) {
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: `fleet-${count}` });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
  }
  const before = network.snapshot().length;
  const { lines } = await stage.onDay(9, event);
  for (const { message } of lines.filter(line => line.event === 'RevocationsWithheld')) console.log(`   ${message}`);
  const withheld = stage.ec2.metrics.filter(({ name }) => name === 'RevocationsWithheld').at(-1)?.value;
  check(`none of them is revoked; RevocationsWithheld is ${withheld}`, withheld === 25 && network.snapshot().length === before);
  network.rules.forEach(({ securityGroupRuleId, groupId }) => {
    if (network.groupName(groupId).startsWith('fleet-')) network.removeRule(securityGroupRuleId);
  });
}

async function putBack(stage: Stage, network: SampleNetwork, event: unknown, revoked: readonly string[]): Promise<void> {
  heading('5  Day 10: the peering is made again, and its rule is needed');
  network.makePeeringAgain();
  const request = { restore: { securityGroupRuleIds: [revoked[0]] } };
  console.log(`   aws lambda invoke --function-name <function>:restore --payload '${JSON.stringify(request)}' …\n`);
  const { result } = await stage.onDay(10, request);
  print('The answer', restoredRules(result, network));
  const { rules: [{ restoredAs = '' }] } = result as { rules: Array<{ restoredAs?: string }> };
  const there = network.rules.get(restoredAs);
  check('the rule is there with its description, and exempt', there?.description === 'partner API' && 'network-hygiene:exempt' in there.tags);
  const { lines } = await stage.onDay(11, event);
  check('a sweep on day 11 leaves it', network.rules.has(restoredAs) && outcomes(lines, 'REVOKED') === 0);
}

const outcomes = (lines: readonly SweepLog[], wanted: string): number => lines.filter(({ outcome }) => outcome === wanted).length;

const calls = (endpoint: { callsByAction(): Record<string, number> }): string =>
  Object.entries(endpoint.callsByAction()).map(([action, count]) => `${action} ${count}`).join(', ');

function check(what: string, holds: boolean): void {
  console.log(`   ${holds ? 'Checked' : 'NOT SO'}: ${what}`);
  if (!holds) throw new Error(`The demo did not do what it says: ${what}`);
}

function heading(text: string): void {
  console.log(`\n${text}\n${'-'.repeat(text.length)}`);
}

function print(title: string, lines: readonly string[]): void {
  console.log(`   ${title}\n${lines.map(line => `     ${line}`).join('\n')}\n`);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
