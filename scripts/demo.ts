/**
 * The main job on a sample network: synthesizes examples/quickstart.ts and runs its own bundled function against an
 * EC2 endpoint and a DynamoDB-compatible server on this machine. The plan; CloudFormation's Create, which reports; the
 * first sweep once the configuration has settled, which revokes what is flagged; the schedule a week later, which
 * revokes what is stale; a day on which too much is flagged; a request to restore; and someone who opens SSH, and whose
 * call CloudTrail reports. Tells a person what happened, and checks it. At the end it writes to demo-out/ what a
 * dashboard would show.
 */
import { metricsChart, standalone, type Theme, widgetEvent, writeFile } from './demo-files';
import { sampleNetwork, type SampleNetwork } from './demo-network';
import {
  eventLines,
  keptRules,
  ledgerTable,
  metricsTable,
  changeLines,
  restoredRules,
  revokedRules,
  type SweepLog,
  vpnTable,
} from './demo-report';
import { type Configuration } from '../src/contract/configuration';
import {
  CHANGE_QUEUE_VARIABLE,
  CONFIGURATION_PROPERTY,
  FORECAST_ATTRIBUTE,
  Metric,
  RESTORE_ALIAS,
  RESTORE_FUNCTION_VARIABLE,
  ROLE_NAME_VARIABLE,
  SWEEPING_FUNCTION_VARIABLE,
} from '../src/contract/names';
import { runCli } from '../test/cli/support/run-cli';
import { customResourceEvent, ResponseBucket } from '../test/support/cloudformation';
import { CONSOLE } from '../test/support/cloudtrail/callers';
import { authorizeIngress, sqsEvent } from '../test/support/cloudtrail/records';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { type DeliveredEvent, Ec2Endpoint, type PublishedDatum } from '../test/support/ec2-endpoint';
import { LambdaProcess, type LambdaProcessOptions } from '../test/support/lambda-process';
import { SynthesizedApp } from '../test/support/synthesized-app';

const DAY_MILLIS = 86_400_000;

/** One second, in days. */
const SECOND_DAYS = 1000 / DAY_MILLIS;

/** The story ends today, because CloudWatch accepts data of the past but not of the future. */
const STORY_DAYS = 11;

const offsetMillis = (day: number): number => (day - STORY_DAYS) * DAY_MILLIS;

const onDate = (day: number): Date => new Date(Date.now() + offsetMillis(day));

/** The results of an invocation. */
interface Told {
  readonly result: unknown;
  readonly lines: SweepLog[];
  readonly events: DeliveredEvent[];
}

/** The services on this machine that replace AWS, and the function, which gets a process per day. */
class Stage {
  public static async set(app: SynthesizedApp, network: SampleNetwork): Promise<Stage> {
    const [ec2, dynamoDb, bucket] = await Promise.all([
      Ec2Endpoint.start({ network }),
      DynamoDbEndpoint.start(),
      ResponseBucket.start(),
    ]);
    return new Stage(app, ec2, dynamoDb, bucket);
  }

  private constructor(
    public readonly app: SynthesizedApp, public readonly ec2: Ec2Endpoint, public readonly dynamoDb: DynamoDbEndpoint,
    public readonly bucket: ResponseBucket,
  ) {}

  /** The properties that CloudFormation passes to the custom resource. */
  public get properties(): Record<string, unknown> {
    return this.app.customResourceProperties(this.dynamoDb.tableName);
  }

  /** The configuration of the function. */
  public get configuration(): Configuration {
    return JSON.parse(String(this.properties[CONFIGURATION_PROPERTY])) as Configuration;
  }

  /** Invokes the function as the schedule does, on a day of the story. */
  public async sweepOnDay(day: number): Promise<Told> {
    return this.onDay(day, this.app.scheduleInput(onDate(day)));
  }

  /**
   * Invokes the function with its clock set to a day of the story.
   *
   * @param qualifier the alias to invoke
   * @returns its answer, its log lines, and the events that it sent
   */
  public async onDay(day: number, event: unknown, qualifier?: string): Promise<Told> {
    const sent = this.ec2.events.length;
    const [lambda, [result]] = await this.invoke([event], { clockOffsetMillis: offsetMillis(day) }, qualifier);
    return { result, lines: lambda.logLines as unknown[] as SweepLog[], events: this.ec2.events.slice(sent) };
  }

  /** Invokes the function behind the findings table, with today's clock. */
  public async findings(themes: readonly Theme[]): Promise<unknown[]> {
    const env = { [RESTORE_FUNCTION_VARIABLE]: 'network-hygiene:restore' };
    return (await this.invoke(themes.map(widgetEvent), { handlerFile: 'findings.mjs', env }))[1];
  }

  /** Invokes the function that changes trigger with an event of CloudTrail, with today's clock. */
  public async change(event: object): Promise<Told> {
    const sent = this.ec2.events.length;
    const functionName = 'network-hygiene';
    this.ec2.addFunction(functionName);
    const env = this.app.environment(this.dynamoDb.tableName, 'index.change', {
      [CHANGE_QUEUE_VARIABLE]: this.ec2.addQueue('changes'), [SWEEPING_FUNCTION_VARIABLE]: functionName,
      [ROLE_NAME_VARIABLE]: 'network-hygiene',
    });
    const [lambda, [result]] = await this.invoke([sqsEvent(event)], { handlerName: 'change', env });
    return { result, lines: lambda.logLines as unknown[] as SweepLog[], events: this.ec2.events.slice(sent) };
  }

  public async strike(): Promise<void> {
    await Promise.all([this.bucket.stop(), this.ec2.stop(), this.dynamoDb.stop()]);
    this.app.dispose();
  }

  private async invoke(
    events: readonly unknown[], options: Partial<LambdaProcessOptions>, qualifier?: string,
  ): Promise<[lambda: LambdaProcess, results: unknown[]]> {
    const lambda = await LambdaProcess.start({
      handlerFolder: this.app.handlerFolder, endpointUrl: this.ec2.url, dynamoDbUrl: this.dynamoDb.url, ...options,
      env: { ...this.app.environment(this.dynamoDb.tableName), ...options.env },
    });
    try {
      const results: unknown[] = [];
      for (const event of events) {
        const { result, error } = await lambda.invoke(event, undefined, { qualifier });
        if (error) throw new Error(`The function failed: ${error.message}`);
        results.push(result);
      }
      return [lambda, results];
    } finally {
      await lambda.stop();
    }
  }
}

async function main(): Promise<void> {
  const started = performance.now();
  heading('1  Synthesize examples/quickstart.ts');
  const app = SynthesizedApp.fromExample('quickstart');
  const network = sampleNetwork(onDate(0).getTime());
  const stage = await Stage.set(app, network);
  try {
    console.log(
      `   ${Object.keys(app.template.Resources).length} resources; the function is its own bundle, ready to upload`,
    );
    await plan(stage, network);
    await deploy(stage, network);
    const published = await settled(stage, network);
    const revoked = await aWeekLater(stage, network);
    await tooMuchAtOnce(stage, network);
    const open = await putBack(stage, network, revoked);
    const metrics = stage.ec2.metrics.slice(published);
    const opened = await reactToChange(stage, network);
    await leaveFiles(stage, { open, opened, metrics });
    console.log(`\n   EC2, CloudWatch and EventBridge: ${calls(stage.ec2)}\n   DynamoDB: ${calls(stage.dynamoDb)}`);
    console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  } finally {
    await stage.strike();
  }
}

async function plan(stage: Stage, network: SampleNetwork): Promise<void> {
  heading('2  See it before it is deployed: npx cdk-network-hygiene plan');
  const before = network.snapshot().length;
  const { ec2, dynamoDb, app } = stage;
  const { stdout, stderr, exitCode } = await runCli(['plan', app.folder, '--account', network.accountId], {
    clockOffsetMillis: offsetMillis(0),
    env: {
      AWS_REGION: network.region, AWS_ENDPOINT_URL: ec2.url, AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-access-key-for-the-demo',
    },
  });
  if (exitCode === 3) throw new Error(`The plan failed: ${stderr}`);
  console.log(stdout.split('\n').map(line => `   ${line}`.trimEnd()).join('\n'));
  check('it ends with 2, because EC2 does not know one prefix list', exitCode === 2);
  check('it changed nothing', network.snapshot().length === before);
  check('it reads only', ec2.calls.every(({ action }) => /^(Describe|Get|List)/.test(action)));
}

async function deploy(stage: Stage, network: SampleNetwork): Promise<void> {
  heading('3  Deploy: CloudFormation calls the function (Create), which reports');
  const before = network.snapshot().length;
  const { lines, events } = await stage.onDay(0, customResourceEvent('Create', stage.bucket.url, stage.properties));
  const answer = stage.bucket.received.at(-1);
  const why = answer?.body.Reason ? `: ${answer.body.Reason}` : '';
  console.log(`   It answered ${answer?.body.Status} in ${answer?.bytes} bytes${why}`);
  console.log(`   Its attribute Forecast: ${answer?.body.Data?.[FORECAST_ATTRIBUTE]}\n`);
  print('Found, and why it is kept for now', keptRules(lines, network));
  print('VPN connections', vpnTable(lines));
  printEvents('at the deployment', events);
  check('CloudFormation was answered SUCCESS', answer?.body.Status === 'SUCCESS');
  check('nothing is revoked by the deployment itself', network.snapshot().length === before && isQuiet(lines));
  check('what is flagged waits for the configuration to settle, and what is stale for its grace to end',
    kept(lines, 'SETTLING') === 4 && kept(lines, 'WITHIN_GRACE') === 2);
}

/** @returns the number of metric data published before the first sweep that may revoke */
async function settled(stage: Stage, network: SampleNetwork): Promise<number> {
  const { settleSeconds, scheduleSeconds = 0 } = stage.configuration;
  const time = settleSeconds === 3600 ? 'an hour' : `${settleSeconds} seconds`;
  heading(`4  Whoever deployed has ${time} to look; then the configuration has settled`);
  const before = network.snapshot().length;
  const early = await stage.sweepOnDay((settleSeconds - scheduleSeconds) * SECOND_DAYS);
  const told = early.lines.filter(({ event }) => event === 'Ledger' || event === 'Forecast');
  for (const { message } of told) console.log(`   ${message}`);
  check('a sweep before that only reports, too', network.snapshot().length === before && isQuiet(early.lines));
  const published = stage.ec2.metrics.length;
  const { lines, events } = await stage.sweepOnDay((settleSeconds + scheduleSeconds) * SECOND_DAYS);
  console.log();
  print('Revoked by the first sweep after that: what is flagged', revokedRules(lines, network));
  print('Kept, and why', keptRules(lines, network));
  print('Metrics (aggregates)', metricsTable(stage.ec2.metrics));
  printEvents('at that sweep', events);
  const gone = before - network.snapshot().length;
  check(`the ${gone} flagged rules are gone, and no stale one`, gone === 4 && outcomes(lines, 'REVOKED') === 4);
  check('what is stale is within its grace', kept(lines, 'WITHIN_GRACE') === 2);
  return published;
}

/** @returns the ids of the stale rules that are revoked now */
async function aWeekLater(stage: Stage, network: SampleNetwork): Promise<string[]> {
  heading('5  The grace period passes: sweeps on days 3, 6 and 8');
  network.setTunnels('Lyon', 'UP', '2 BGP ROUTES', onDate(2));
  const early = [await stage.sweepOnDay(3), await stage.sweepOnDay(6)];
  early.forEach(({ events }, index) => printEvents(`on day ${[3, 6][index]}`, events));
  check('on days 3 and 6 nothing is revoked', early.every(({ lines }) => isQuiet(lines)));
  check(
    'a sweep that finds what was there before sends no event',
    early[0].events.length === 1 && early[1].events.length === 0,
  );
  network.setTunnels('Hamburg', 'DOWN', '', onDate(7));
  const late = await stage.sweepOnDay(8);
  printEvents('on day 8', late.events);
  print(
    'Revoked on day 8: stale for longer than the seven days that quickstart.ts asks for',
    revokedRules(late.lines, network),
  );
  const revoked = late.lines
    .filter(({ outcome }) => outcome === 'REVOKED')
    .map(({ rule }) => rule?.securityGroupRuleId ?? '');
  check('the two stale ingress rules are revoked, once', revoked.length === 2);
  print('The ledger', ledgerTable(await stage.dynamoDb.items()));
  return revoked;
}

async function tooMuchAtOnce(stage: Stage, network: SampleNetwork): Promise<void> {
  heading('6  Day 9: someone opens SSH to the internet in 25 groups at once');
  const [{ vpcId }] = network.vpcs.values();
  for (let count = 1; count <= 25; count++) {
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: `fleet-${count}` });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
  }
  const before = network.snapshot().length;
  const { lines, events } = await stage.sweepOnDay(9);
  for (const { message } of lines.filter(line => line.event === 'RevocationsWithheld')) console.log(`   ${message}`);
  printEvents('on day 9', events);
  const withheld = stage.ec2.metrics.filter(({ name }) => name === 'RevocationsWithheld').at(-1)?.value;
  check(
    `none of them is revoked; RevocationsWithheld is ${withheld}`,
    withheld === 25 && network.snapshot().length === before,
  );
  network.rules.forEach(({ securityGroupRuleId, groupId }) => {
    if (network.groupName(groupId).startsWith('fleet-')) network.removeRule(securityGroupRuleId);
  });
}

/** @returns the ids of the rules that are still found at the end */
async function putBack(stage: Stage, network: SampleNetwork, revoked: readonly string[]): Promise<string[]> {
  heading('7  Day 10: the peering is made again, and its rule is needed; another peering is deleted');
  network.makePeeringAgain();
  network.deletePeeringsWith('shared-services');
  const request = { restore: { securityGroupRuleIds: [revoked[0]] } };
  console.log(`   aws lambda invoke --function-name <function>:restore --payload '${JSON.stringify(request)}' …\n`);
  const { result } = await stage.onDay(10, request, RESTORE_ALIAS);
  print('The answer', restoredRules(result, network));
  const { rules: [{ restoredAs = '' }] } = result as { rules: Array<{ restoredAs?: string }> };
  const there = network.rules.get(restoredAs);
  check(
    'the rule is there with its description, and exempt',
    there?.description === 'partner API' && 'network-hygiene:exempt' in there.tags,
  );
  const { lines, events } = await stage.sweepOnDay(11);
  printEvents('on day 11', events);
  check('a sweep on day 11 leaves it', network.rules.has(restoredAs) && outcomes(lines, 'REVOKED') === 0);
  const open = lines.filter(line => line.event === 'RuleKept').map(({ rule }) => rule?.securityGroupRuleId ?? '');
  check('it keeps three other rules: one within its grace, one exempt, one undecided', open.length === 3);
  return open;
}

/** @returns the id of the rule that was opened and is revoked */
async function reactToChange(stage: Stage, network: SampleNetwork): Promise<string> {
  heading('8  Day 11, a minute later: someone opens SSH to the internet in the console');
  const group = [...network.groups.values()].find(({ groupName }) => groupName === 'web');
  if (!group) throw new Error('The network has no group web');
  const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', description: 'just for today' };
  const { securityGroupRuleId } = network.addIngress(group.groupId, ssh);
  const at = new Date().toISOString().replace(/\.\d+/, '');
  const before = stage.ec2.calls.length;
  const { lines, events } = await stage.change(
    authorizeIngress({ groupId: group.groupId, ruleIds: [securityGroupRuleId], caller: CONSOLE, at }),
  );
  const made = stage.ec2.calls.slice(before).filter(({ action }) => EC2_ACTION.test(action)).length;
  console.log(`   CloudTrail reports the call; the function reads the group, and makes ${made} calls of EC2 in all\n`);
  print('Revoked by the run that the change triggered', revokedRules(lines, network));
  print('Who made the change', changeLines(lines));
  printEvents('at that run', events);
  check('the rule is gone, and nothing else', !network.rules.has(securityGroupRuleId) && outcomes(lines, 'REVOKED') === 1);
  const reaction = stage.ec2.metrics.find(({ name }) => name === Metric.REACTION_TIME);
  check(`ReactionTime is ${reaction?.value} seconds from the call to the end of the run`, reaction !== undefined);
  return securityGroupRuleId;
}

const EC2_ACTION = /SecurityGroup|Vpcs|PrefixList|NetworkInterfaces/;

interface Left {
  /** The ids of the rules that the findings table must show as open. */
  readonly open: readonly string[];
  /** The id of the rule that someone opened, and that a change run revoked. */
  readonly opened: string;
  /** The data of the sweeps since the configuration settled. */
  readonly metrics: readonly PublishedDatum[];
}

async function leaveFiles(stage: Stage, { open, opened, metrics }: Left): Promise<void> {
  heading('9  What the dashboard shows by now');
  const themes: readonly Theme[] = ['light', 'dark'];
  const pages = (await stage.findings(themes)).map(String);
  const listed = pages.map(page =>
    [...sectionOf(page, 'Open findings').matchAll(/sgr-[0-9a-f]+/g)]
      .map(([id]) => id)
      .sort()
      .join(),
  );
  check(
    'the findings table lists the three rules, and no other, as open',
    listed.every(ids => ids === [...open].sort().join()),
  );
  const who = String(CONSOLE.userIdentity.arn);
  const revocations = pages.map(page => sectionOf(page, 'Recent revocations'));
  check(
    'below, it names who opened SSH',
    revocations.every(each => each.includes(opened) && each.includes(who)),
  );
  const title = 'Findings of the demo';
  const [light, dark] = [
    writeFile('findings.html', standalone(title, 'light', pages[0])),
    writeFile('findings-dark.html', standalone(title, 'dark', pages[1])),
  ];
  console.log(`   The findings table, as its function answers: ${light}, and ${dark} for a dark dashboard`);
  const svg = writeFile('metrics.svg', metricsChart(metrics));
  console.log(`   A chart of the metrics that the sweeps published, from the first that revoked: ${svg}`);
}

const sectionOf = (page: string, name: string): string =>
  page.split('<h2>').find(part => part.startsWith(name)) ?? '';

/** Whether nothing was revoked or tried. */
const isQuiet = (lines: readonly SweepLog[]): boolean => lines.every(({ event }) => event !== 'Revocation');

const kept = (lines: readonly SweepLog[], reason: string): number =>
  lines.filter(({ keepReason }) => keepReason === reason).length;

const outcomes = (lines: readonly SweepLog[], wanted: string): number =>
  lines.filter(({ outcome }) => outcome === wanted).length;

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

function printEvents(when: string, events: readonly DeliveredEvent[]): void {
  console.log(eventLines(when, events).map(line => `   ${line}`).join('\n'));
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
