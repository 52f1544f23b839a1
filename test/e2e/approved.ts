/**
 * The CDK CLI deploys examples/approved.ts. Its flagged rules are announced, a person approves one and exempts the
 * other, and the schedule of the window revokes the first one when the window opens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Account, type ReceivedEvent, type TopicMessage } from './account';
import { findingsFunction, findingsPage, sections, unaskedLogGroup } from './findings-table';
import { CREDENTIALS } from './local-aws';
import { eventually, expect, seconds, step } from './steps';
import type { World } from './world';
import { EXEMPT_UNTIL_TAG } from '../../src/contract/exemptions';
import { runCli } from '../cli/support/run-cli';
import { violations } from '../support/event-schemas';

const EXAMPLE = 'examples/approved.ts';
const STACK = 'Approved';
const MINUTE_MILLIS = 60_000;
const NOTICE_MINUTES = 1;
/** The deployment, and the steps up to the opening of the window, take less. */
const MINUTES_UNTIL_OPENING = 4;

interface Request {
  readonly digest: string;
  readonly approveCommand: string;
  readonly rules: ReadonlyArray<{ readonly securityGroupRuleId: string; readonly digest: string }>;
}

/** Returns what the clocks show in UTC. The scheduler of MiniStack knows no other time zone. */
const clockAt = (millis: number): string => new Date(millis).toISOString().slice(11, 16);

export async function approved({ aws, cdk, ec2, sample }: World): Promise<void> {
  const account = new Account(aws.url, STACK);
  const everything = async (): Promise<Array<string | undefined>> => Object.values(await account.resources()).flat();
  const before = await everything();
  const [toApprove, toExempt] = (['web', 'db'] as const).map(name => sample.openSsh(name).ruleId);
  const opensAt = Math.ceil(Date.now() / MINUTE_MILLIS + MINUTES_UNTIL_OPENING) * MINUTE_MILLIS;
  const context = {
    settleMinutes: '0', noticeMinutes: String(NOTICE_MINUTES), everyDay: 'true', timeZone: 'UTC',
    from: clockAt(opensAt), to: clockAt(opensAt + 30 * MINUTE_MILLIS),
  };
  /** Whether Security Hub has an active finding about a rule. */
  const isInSecurityHub = (id: string): boolean =>
    [...ec2.securityHub().active.values()].some(finding => JSON.stringify(finding).includes(id));

  const outputs = await step('cdk deploy, with a window that opens in some minutes', () => cdk.deploy(EXAMPLE, context));
  const announcedAt = Date.now();
  const subscriber = await step('a queue subscribes to the topic, as a person would', () =>
    account.subscribeQueue(outputs.TopicArn, 'approver'));
  const sweep = (): Promise<unknown> => account.invoke(outputs.FunctionName, { sweep: {} });
  const received = async (): Promise<Array<ReceivedEvent & { readonly detail: Partial<Request> }>> => {
    const events = await account.drain<ReceivedEvent & { readonly detail: Partial<Request> }>(outputs.QueueUrl);
    const wrong = events.flatMap(violations);
    expect(wrong.length === 0, `events fit their schemas: ${wrong.join('; ')}`);
    return events;
  };
  const textsOf = async (): Promise<string> =>
    (await account.drain<TopicMessage>(subscriber)).map(({ Message }) => Message).join('\n');

  await step('the deployment has revoked nothing', async () => {
    expect([toApprove, toExempt].every(id => sample.has(id)), 'both rules are there');
  });
  const request = await step('events have announced both revocations, and ask for approvals', async () => {
    const events = await received();
    const of = (type: string): typeof events => events.filter(event => event['detail-type'] === type);
    const announced = of('Revocation Announced').map(({ detail }) => detail.securityGroupRuleId);
    const [asked, ...more] = of('Approval Requested').map(({ detail }) => detail as Request);
    const askedFor = asked?.rules.map(each => each.securityGroupRuleId) ?? [];
    for (const id of [toApprove, toExempt]) {
      const times = [announced, askedFor].map(ids => ids.filter(each => each === id).length).join();
      expect(times === '1,1', `${id} is announced and asked for once, got ${times}`);
    }
    expect(more.length === 0, `one event asks, got ${more.length} more`);
    return asked;
  });
  await step('Security Hub has a finding of each', async () => {
    expect(isInSecurityHub(toApprove) && isInSecurityHub(toExempt), 'both are active');
  });

  const approve = (digest: string): ReturnType<typeof runCli> => runCli(
    ['approve', toApprove, '--digest', digest, '--approved-by', 'Jo', '--function-name', outputs.FunctionName],
    { env: { ...CREDENTIALS, AWS_ENDPOINT_URL: aws.url } },
  );
  await step('an approval of something else than was shown is refused', async () => {
    const { stdout, stderr, exitCode } = await approve('0123456789abcdef');
    expect(exitCode !== 0 && stdout.includes('CHANGED'), `it is refused, got ${exitCode}: ${stderr}${stdout}`);
  });
  await step('a person approves one of the rules with the command line', async () => {
    const digest = request.rules.find(({ securityGroupRuleId }) => securityGroupRuleId === toApprove)?.digest ?? '';
    const { stdout, stderr, exitCode } = await approve(digest);
    expect(exitCode === 0 && stdout.includes('APPROVED'), `it is approved, got ${exitCode}: ${stderr}${stdout}`);
  });
  await step('and exempts the other one until tomorrow, which calls its revocation off', async () => {
    const tomorrow = new Date(Date.now() + 1440 * MINUTE_MILLIS).toISOString().slice(0, 10);
    sample.tag(toExempt, EXEMPT_UNTIL_TAG, tomorrow);
    await sweep();
    const events = await received();
    const about = events.map(({ 'detail-type': type, detail }) => `${type}: ${detail.securityGroupRuleId}`);
    expect(about.includes(`Revocation Called Off: ${toExempt}`), `an event says so, got ${about.join()}`);
    expect(!JSON.stringify(events).includes(toApprove), `no event is about the other rule, got ${JSON.stringify(events)}`);
  });
  await step('the notice is over, and the window is closed: the approved rule is there, and the table says until when', async () => {
    await sleep(Math.max(0, announcedAt + NOTICE_MINUTES * MINUTE_MILLIS + 1000 - Date.now()));
    expect(Date.now() < opensAt, 'the steps before were fast enough for the window');
    await sweep();
    expect(sample.has(toApprove), 'the window keeps it');
    const { open } = sections(await findingsPage(account, await findingsFunction(account, outputs.DashboardName)));
    const opening = new Date(opensAt).toISOString().slice(0, 16).replace('T', ' ');
    expect(open.includes(toApprove) && open.includes(opening), `the table has ${toApprove} and ${opening}, got ${open}`);
  });
  await step('the window opens: a schedule of its own starts a sweep, and the approved rule is gone', async () => {
    await eventually('the revocation', (opensAt - Date.now()) / 1000 + 90, () => !sample.has(toApprove) || undefined);
    expect(Date.now() >= opensAt, 'it was not gone before');
    console.log(`          ${seconds(performance.now() - (Date.now() - opensAt))} from the opening to the revocation`);
    expect(sample.has(toExempt), 'the exempt rule is there');
  });
  await step('its finding in Security Hub is archived', () =>
    eventually('the end of the finding', 20, () => !isInSecurityHub(toApprove) || undefined));
  await step('a message says who approved it, and how to put it back', async () => {
    const texts = await eventually('messages', 20, async () => await textsOf() || undefined);
    const parts = ['by Jo (unverified)', toApprove, ':restore'];
    expect(parts.every(part => texts.includes(part)), `it has ${parts.join(', ')}, got ${texts}`);
  });

  const findings = await findingsFunction(account, outputs.DashboardName);
  await step('cdk destroy', () => cdk.destroy(EXAMPLE, context));
  await step('the ledger is kept, and nothing else', async () => {
    const known = [...before, unaskedLogGroup(findings)];
    const left = (await everything()).filter(name => !known.includes(name));
    expect(left.length === 0, `nothing else is left, got ${left.join()}`);
  });
}
