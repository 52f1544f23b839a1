/**
 * The CDK CLI deploys examples/monitored.ts, a real schedule invokes a real function, and that reports in every
 * possible way. Then the stack is changed and deleted.
 */
import { isDeepStrictEqual } from 'node:util';
import { Account, type ReceivedEvent, type TopicMessage } from './account';
import { findingsFunction, findingsPage, sections, unaskedLogGroup } from './findings-table';
import { ACCOUNT, CREDENTIALS } from './local-aws';
import { eventually, expect, step } from './steps';
import type { World } from './world';
import type { RestoreReport } from '../../lambda/core/act/restore';
import { restoreCommand } from '../../lambda/core/report/wording';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { runCli } from '../cli/support/run-cli';
import { violations } from '../support/event-schemas';

/** Revoking starts right after deployment, so that no step has to wait until the configuration has settled. */
const CONTEXT = { minutes: '1', settleMinutes: '0' };
const EXAMPLE = 'examples/monitored.ts';
const STACK = 'Monitored';
const HYGIENE = `${STACK}/NetworkHygiene`;
const DEGRADED = `${HYGIENE}/VpnConnectionsDegraded`;

interface RuleId {
  readonly securityGroupRuleId: string;
}

interface PlanData {
  readonly constructs: ReadonlyArray<{
    readonly ledger: string;
    readonly deployment: {
      readonly kind: string;
      readonly rules?: ReadonlyArray<RuleId & { readonly action: string }>;
    };
    readonly notes: readonly string[];
    readonly couldNotLook: readonly unknown[];
  }>;
}

interface StatusData {
  readonly constructs: ReadonlyArray<{ readonly openFindings: readonly RuleId[]; readonly revoked: readonly RuleId[] }>;
}

const revokedIn = ({ rules = [] }: PlanData['constructs'][number]['deployment']): string[] =>
  rules.filter(({ action }) => action === 'revoke').map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

/** Returns a function that runs the bundled command line against the local AWS, and returns its JSON. */
function commandLineOf({ aws, ec2 }: Pick<World, 'aws' | 'cdk' | 'ec2'>): <T>(...args: string[]) => Promise<T> {
  return async (...args) => {
    const { stdout, stderr, exitCode } = await runCli([...args, '--account', ACCOUNT, '--format', 'json'], {
      env: { ...CREDENTIALS, AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_EC2: ec2.url },
    });
    expect(exitCode === 0 || exitCode === 1, `${args[0]} could look everywhere, got ${exitCode}: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  };
}

/** @param keep whether to keep everything as it is after the steps, until Ctrl+C */
export async function monitored({ aws, cdk, ec2, sample }: World, keep: boolean): Promise<void> {
  const { network, flagged, stale, others } = sample;
  const account = new Account(aws.url, STACK);
  const sweeps = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && !isDryRun).length;

  const commandLine = commandLineOf({ aws, cdk, ec2 });
  await step('before anything is deployed, the plan says which rules the deployment revokes', async () => {
    await cdk.synth(EXAMPLE, CONTEXT);
    const { ledger, deployment } = (await commandLine<PlanData>('plan', cdk.folder)).constructs[0];
    const planned = revokedIn(deployment);
    expect(ledger === 'none' && isDeepStrictEqual(planned, [...flagged].sort()), `it plans ${flagged.join()}, got ${ledger} and ${planned.join()}`);
    expect(flagged.every(id => sample.has(id)), 'the plan has revoked nothing');
  });

  const outputs = await step('cdk deploy', () => cdk.deploy(EXAMPLE, CONTEXT));
  await step('the outputs have the counts of the sweep at deployment', async () => {
    const { IngressRulesRevoked, FlaggedIngressRules, StaleIngressRules, ScanErrors, Forecast } = outputs;
    const counts = [IngressRulesRevoked, FlaggedIngressRules, StaleIngressRules, ScanErrors];
    expect(isDeepStrictEqual(counts, ['2', '2', '1', '0']), `2 revoked of 2 flagged, 1 stale and no errors, got ${counts.join()}`);
    expect(Forecast.includes('1 rule ends its grace on'), `the stale rule waits, got ${Forecast}`);
  });
  await step('the flagged rules are gone, and the others are there, the stale one too', async () => {
    expect(!flagged.some(id => sample.has(id)) && [stale, ...others].every(id => sample.has(id)), 'exactly the flagged rules are gone');
  });
  await step('the plan now reads the ledger, and knows that CloudFormation would change nothing', async () => {
    const { ledger, deployment, notes, couldNotLook } = (await commandLine<PlanData>('plan', cdk.folder)).constructs[0];
    const got = JSON.stringify({ ledger, kind: deployment.kind, notes, couldNotLook });
    expect(ledger === 'read' && deployment.kind === 'unchanged', `the ledger is read, and nothing changes, got ${got}`);
  });
  await step('status shows the open finding, and which rules can be put back', async () => {
    const { openFindings, revoked } = (await commandLine<StatusData>('status', '--app', cdk.folder)).constructs[0];
    const ids = (rules: readonly RuleId[]): string[] => rules.map(each => each.securityGroupRuleId).sort();
    expect(ids(openFindings).includes(stale) && isDeepStrictEqual(ids(revoked), [...flagged].sort()), `it shows ${stale} and ${flagged.join()}, got ${ids(openFindings).join()} and ${ids(revoked).join()}`);
  });
  const deployed = sweeps();

  const subscriber = await step('a queue subscribes to the topic, as a person would', () => account.subscribeQueue(outputs.TopicArn, 'subscriber'));
  sample.tunnel.status = 'DOWN';
  sample.openSsh();
  await step('the schedule fires by itself: a second sweep', () => eventually('a second sweep', 90, () => sweeps() > deployed || undefined));
  await step('GetMetricData has the metrics, and nothing failed to be delivered', async () => {
    const { DeliveriesFailed: failed } = await eventually('metrics', 20, async () => {
      const sums = await account.sums(HYGIENE, 'IngressRulesRevoked', 'Sweeps', 'DeliveriesFailed');
      return sums.IngressRulesRevoked === 3 && (sums.Sweeps ?? 0) >= 2 ? sums : undefined;
    });
    expect(failed === 0, `every event and notification was delivered, got ${failed} that failed`);
  });
  const told: TopicMessage[] = [];
  await step('of the alarms that addAlarms made one goes off, and reaches the topic\'s subscriber', async () => {
    const message = await eventually('a message of an alarm', 20, async () => {
      told.push(...await account.drain<TopicMessage>(subscriber));
      return alarmsIn(told).at(0);
    });
    expect(message.AlarmName === DEGRADED && message.NewStateValue === 'ALARM', `${DEGRADED} went off, got ${JSON.stringify(message)}`);
    const { [DEGRADED]: degraded, ...rest } = await account.alarmStates();
    expect(degraded === 'ALARM' && Object.keys(rest).length === 8 && Object.values(rest).every(state => state === 'OK'), `the eight others did not, got ${JSON.stringify(rest)}`);
  });
  await step('the log has a structured line for each revocation', () => eventually('log lines', 20, async () => {
    const lines = await account.logLines(outputs.LogGroupName);
    return lines.filter(({ event, outcome }) => event === 'Revocation' && outcome === 'REVOKED').length === 3 || undefined;
  }));

  sample.tunnel.status = 'UP';
  await step('a property changes, cdk deploy, and it sweeps again', async () => {
    // Only the sweep at deployment tries its permissions first.
    const preflights = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && isDryRun).length;
    const [before, swept] = [preflights(), sweeps()];
    await cdk.deploy(EXAMPLE, { ...CONTEXT, maxRevocations: '21' });
    expect(preflights() > before && sweeps() > swept, 'the update swept');
  });
  await step('after three sweeps the events of each finding have reached their target once, and fit their schemas', async () => {
    const events = await account.drain<ReceivedEvent>(outputs.QueueUrl);
    const expected = [
      ...[...flagged, stale].map(id => `Finding Opened: ${id}`),
      ...flagged.map(id => `Ingress Rule Revoked: ${id}`),
      // The rule is not for the event that the connection is up again.
      `VPN Connection State Changed: ${sample.vpnConnection.vpnConnectionId}`,
    ].sort();
    const received = events.map(({ 'detail-type': type, 'detail': { securityGroupRuleId, vpnConnectionId } }) => `${type}: ${securityGroupRuleId ?? vpnConnectionId}`).sort();
    expect(isDeepStrictEqual(received, expected), `the events are\n${expected.join('\n')}\nand are\n${received.join('\n')}`);
    const wrong = events.flatMap(violations);
    expect(wrong.length === 0, `they fit their schemas: ${wrong.join('; ')}`);
  });
  await step('each sweep that saw a change has told the topic\'s subscriber, with a subject', async () => {
    told.push(...await account.drain<TopicMessage>(subscriber));
    const notifications = told.filter(({ Message }) => !Message.startsWith('{'));
    const subjects = notifications.map(({ Subject }) => Subject);
    const expected = [`1 VPN change, 1 revoked in ${HYGIENE}`, `1 VPN change in ${HYGIENE}`];
    expect(isDeepStrictEqual(subjects, expected), `the subjects are ${expected.join('; ')}, got ${subjects.join('; ')}`);
    const command = restoreCommand(outputs.RestoreWith, { securityGroupRuleIds: [flagged[2]] });
    expect(notifications[0].Message.includes(command), `the first says how to put the rule back: ${command}, got ${notifications[0].Message}`);
    expect(alarmsIn(told).length === 1, 'no other alarm told it anything');
  });

  const findings = await step('the dashboard is there, and names the function of the findings table', () => findingsFunction(account, outputs.DashboardName));
  await step('that function tells what it is, and its role may read the ledger and nothing else', async () => {
    const { markdown } = await account.invoke<{ markdown?: string }>(findings, { describe: true });
    expect(markdown?.startsWith('## ') === true, `it answers with Markdown, got ${markdown}`);
    const allowed = await account.allowed(findings);
    const reads = ['GetItem', 'Query'].map(action => `dynamodb:${action} arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${outputs.LedgerTableName}`);
    expect(isDeepStrictEqual(allowed, reads), `it may ${reads.join(' and ')}, got ${allowed.join()}`);
  });
  await step('asked as by the dashboard, it shows the open finding, and how to put back what was revoked', async () => {
    const { open, revocations } = sections(await findingsPage(account, findings));
    expect(open.includes(stale) && !flagged.some(id => open.includes(id)), `the stale rule is open, and no other, got ${open}`);
    const commands = flagged.map(id => restoreCommand(outputs.RestoreWith, { securityGroupRuleIds: [id] }));
    expect(commands.every(command => revocations.includes(command)) && !revocations.includes(stale), `it has ${commands.join(' and ')}, got ${revocations}`);
  });

  const restoredAs = await step('invoking the function restores a rule, and the table shows that no longer', async () => {
    const request = { restore: { securityGroupRuleIds: [flagged[0]] } };
    const report = await account.invoke<RestoreReport>(outputs.RestoreWith, request);
    const rule = network.rules.get(report.rules?.[0]?.restoredAs ?? '');
    expect(rule?.description === 'opened by 0' && rule.tags.Ticket === 'NET-0' && EXEMPT_TAG in rule.tags, `the rule is there again, got ${JSON.stringify(report)}`);
    const { revocations } = sections(await findingsPage(account, findings));
    expect(!revocations.includes(flagged[0]) && revocations.includes(flagged[1]), `the table has the others, got ${revocations}`);
    return rule.securityGroupRuleId;
  });
  await step('revoking can be paused, which the table shows, and resumed', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const asked = (): Promise<string> => findingsPage(account, findings);
    const paused = await account.invoke<{ pausedUntil?: string }>(outputs.PauseWith, { pause: { until, reason: 'a change freeze' } });
    expect(paused.pausedUntil === until, `it is paused until ${until}, got ${JSON.stringify(paused)}`);
    expect((await asked()).includes('a change freeze'), 'the table shows the pause with its reason');
    const resumed = await account.invoke<{ changed?: boolean; pausedUntil?: string }>(
      outputs.ResumeWith, { resume: {} },
    );
    expect(resumed.changed === true && resumed.pausedUntil === undefined, `it is resumed, got ${JSON.stringify(resumed)}`);
    expect(!(await asked()).includes('a change freeze'), 'the table shows no pause any more');
  });
  if (keep) {
    console.log(`\nUp until Ctrl+C: AWS_ENDPOINT_URL=${aws.url} AWS_ENDPOINT_URL_EC2=${ec2.url} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1`);
    await new Promise(() => setInterval(() => {}, 60_000));
  }

  const rules = network.snapshot();
  await step('there is something to remove of each kind', async () => {
    const resources = Object.entries(await account.resources());
    const none = resources.filter(([, names]) => names.length === 0).map(([kind]) => kind);
    expect(none.length === 0, `some of each kind are listed, got no ${none.join()}`);
  });
  await step('cdk destroy', () => cdk.destroy(EXAMPLE, CONTEXT));
  await step('the rules are as they were, the restored one included', async () => {
    expect(isDeepStrictEqual(network.snapshot(), rules) && sample.has(restoredAs), 'destroying touched no rule');
  });
  await step('the ledger is kept, and nothing else', async () => {
    const { states, tables } = await account.ledger(outputs.LedgerTableName);
    expect(states.includes('RESTORED') && states.includes('REVOKED'), `the ledger has the rules, got ${states.join()}`);
    const left = Object.values(await account.resources()).flat().filter(name => name !== unaskedLogGroup(findings));
    expect(left.length === 0 && tables.length === 1, `nothing else is left, got ${left.join()} and the tables ${tables.join()}`);
  });
}

interface AlarmMessage {
  readonly AlarmName: string;
  readonly NewStateValue: string;
}

/** Messages of CloudWatch alarms are JSON; the function's own messages are prose. */
function alarmsIn(messages: readonly TopicMessage[]): AlarmMessage[] {
  return messages.flatMap(({ Message }) => Message.startsWith('{') ? [JSON.parse(Message) as AlarmMessage] : []);
}
