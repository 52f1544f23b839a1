/**
 * The CDK CLI deploys a hub and three members to the local AWS, whose Step Functions runs the state machine. One
 * account revokes, one only reports and has a Region less, and one lets nobody in.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Account, type ReceivedEvent } from './account';
import { type Ended, Executions } from './executions';
import { ACCOUNT, CREDENTIALS } from './local-aws';
import { DENYING, MEMBERS, OPT_IN_REGION, REGIONS, REPORTED, REVOKING } from './organization-accounts';
import { OrganizationWorld } from './organization-world';
import { RunSchedule } from './run-schedule';
import { eventually, expect, step } from './steps';
import type { World } from './world';
import { DynamoDbOrganizationReader } from '../../lambda/aws/organization/ledger-reader';
import type { RestoreReport } from '../../lambda/core/act/restore';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { violations } from '../support/event-schemas';

const APP = 'test/e2e/organization-app.ts';
const STACK = 'Hub';
const HYGIENE = `${STACK}/NetworkHygiene`;
const LIMIT = 4;

export async function organization({ aws, cdk, ec2 }: World): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS;
  const client = { endpoint: aws.url, region, credentials: { accessKeyId, secretAccessKey } };
  const account = new Account(aws.url, STACK);
  const world = new OrganizationWorld(ec2, aws.url);
  const context = { organizationId: ec2.organization.id, hubAccount: ACCOUNT, maxRevocations: String(LIMIT) };
  const everything = async (): Promise<Array<string | undefined>> => Object.values(await account.resources()).flat();
  const calls = ec2.calls.length;
  const before = await everything();

  await step('cdk bootstrap in three more accounts', async () => {
    for (const member of MEMBERS) await cdk.bootstrap(member);
  });
  const outputs = await step('cdk deploy, which makes the members and then the hub', () =>
    cdk.deploy(APP, { ...context, settleMinutes: '60' }));
  const executions = new Executions(aws.url, outputs.StateMachineArn);
  const ledger = new DynamoDbOrganizationReader(new DynamoDBClient(client), outputs.LedgerTableName, HYGIENE);

  await step('the deployment has started a run, which fails and names the account that denies', async () => {
    expect(outputs.Accounts === '3', `there are 3 accounts, got ${outputs.Accounts}`);
    expectOnlyDenied(await executions.ended(outputs.FirstRun));
    const started = await executions.all();
    expect(started.join() === outputs.FirstRun, `${outputs.FirstRun} is the only run, got ${started.join()}`);
  });
  await step('its distributed map has read the accounts from the bucket, and no child has failed', async () => {
    const maps = JSON.stringify(await executions.mapRuns(outputs.FirstRun));
    expect(maps === JSON.stringify([{ label: 'Observe', children: 3, failed: 0 }]), `one map had 3 children, got ${maps}`);
  });
  await step('the ledger has an item for each account and Region, and why one could not be entered', async () => {
    const { entries } = await ledger.places();
    const names = entries.map(place => [place.account, place.region].filter(Boolean).join(' ')).sort();
    const expected = [
      REVOKING, ...REGIONS.map(each => `${REVOKING} ${each}`),
      REPORTED, ...REGIONS.filter(each => each !== OPT_IN_REGION).map(each => `${REPORTED} ${each}`), DENYING,
    ].sort();
    expect(names.join() === expected.join(), `the items are ${expected.join()}, got ${names.join()}`);
    const failed = entries.filter(({ failure }) => failure !== undefined);
    const codes = failed.map(place => `${place.account} ${place.failure?.code}`).join();
    expect(codes === `${DENYING} AccessDenied`, `one has failed, got ${codes}`);
  });
  await step('a Region that is not enabled in an account is left out by name, and is no failure', async () => {
    const leftOut = (await account.logLines(outputs.LogGroupName)).filter(({ event }) => event === 'RegionsLeftOut');
    const named = JSON.stringify(leftOut.map(line => [line.account, line.regions]));
    expect(named === JSON.stringify([[REPORTED, [OPT_IN_REGION]]]), `a line names the Region, got ${named}`);
    const asked = ec2.calls.some(({ place }) => place?.account === REPORTED && place.region === OPT_IN_REGION);
    expect(!asked, 'EC2 is not asked about it');
  });
  await step('GetMetricData has the totals of the accounts that could be entered', async () => {
    await expectTotals(account, {
      AccountsSwept: 2, AccountsFailed: 1, RegionsFailed: 0, ScanErrors: 1, FlaggedIngressRules: 7,
      IngressRulesRevoked: 0, DeliveriesFailed: 0,
    });
  });
  await step('nothing is revoked while the configuration settles, and one event tells what could not be looked at', async () => {
    expect(world.changes() === 0, `no call has changed a rule, got ${world.changes()}`);
    const events = await receive(account, outputs.QueueUrl, 1);
    const [{ 'detail-type': type, detail }] = events;
    expect(type === 'Coverage Lost' && detail.account === DENYING, `it is about ${DENYING}, got ${JSON.stringify(events)}`);
  });

  await step('cdk deploy without a change starts no run', async () => {
    await cdk.deploy(APP, { ...context, settleMinutes: '60' });
    const started = await executions.all();
    expect(started.length === 1, `there is one run, got ${started.length}`);
  });
  await step('a property changes, cdk deploy, and a run revokes the flagged rules of the account that may', async () => {
    const deployed = await cdk.deploy(APP, { ...context, settleMinutes: '0' });
    expect(deployed.FirstRun !== outputs.FirstRun, `another run has begun, got ${deployed.FirstRun}`);
    expectOnlyDenied(await executions.ended(deployed.FirstRun));
    const maps = (await executions.mapRuns(deployed.FirstRun)).map(({ label, children }) => `${label} ${children}`).sort();
    expect(maps.join() === 'Observe 3,Revoke 1', `the second pass has one account, got ${maps.join()}`);
    expect(world.open(REVOKING).length === 0, `no flagged rule is left, got ${world.open(REVOKING).length}`);
  });
  await step('rules that are not flagged, and all rules of the other accounts, are untouched', async () => {
    expect(world.hasOthers, 'no rule that is not flagged is gone');
    expect(world.open(REPORTED).length === 4 && world.open(DENYING).length === 1, 'no flagged rule elsewhere is gone');
    const elsewhere = [REPORTED, DENYING, ACCOUNT].map(each => world.changes(each));
    expect(elsewhere.every(count => count === 0), `no call tried to change them, got ${elsewhere.join()}`);
    const policies = ec2.calls.filter(({ action, parameters }) =>
      action === 'AssumeRole' && String(parameters.RoleArn).includes(REPORTED));
    expect(policies.every(({ parameters }) => !String(parameters.Policy).includes('Revoke')), 'no session may revoke there');
  });
  await step('an event for each revocation names the account and the Region, and the lost account is not told again', async () => {
    const events = await receive(account, outputs.QueueUrl, 4);
    const places = events.map(({ 'detail-type': type, detail }) => `${type}: ${detail.account} ${detail.region}`).sort();
    const expected = world.flagged.filter(({ place }) => place.account === REVOKING)
      .map(({ place }) => `Ingress Rule Revoked: ${place.account} ${place.region}`).sort();
    expect(places.join() === expected.join(), `the events are ${expected.join()}, got ${places.join()}`);
  });

  const schedule = new RunSchedule(aws.url, outputs.ScheduleName);
  await step('more rules are due than the limit, and a run of the schedule revokes none of them anywhere', async () => {
    const [changes, seen] = [world.changes(), await totalsIn(account)];
    world.openSsh({ account: REVOKING, region: 'us-east-1' }, 3);
    world.openSsh({ account: REVOKING, region: 'eu-west-1' }, LIMIT - 2);
    const run = await executions.start(await schedule.input());
    expectOnlyDenied(await executions.ended(run));
    const maps = (await executions.mapRuns(run)).map(({ label }) => label).join();
    expect(maps === 'Observe', `no second pass has begun, got ${maps}`);
    expect(world.changes() === changes, 'no call has changed a rule');
    expect(world.open(REVOKING).length === LIMIT + 1, 'all of them are there');
    await expectTotals(account, { RevocationsWithheld: LIMIT + 1, IngressRulesRevoked: 0 }, seen);
    const [{ detail }] = await receive(account, outputs.QueueUrl, 1);
    expect(detail.reason === 'OVER_LIMIT' && detail.count === LIMIT + 1, `an event says so, got ${JSON.stringify(detail)}`);
  });

  await step('an execution is stopped while a child works, and the next one waits for the child, and goes on', async () => {
    world.open(REVOKING).slice(0, 3).forEach(rule => world.close(rule));
    const [since, seen, place] = [ec2.calls.length, await totalsIn(account), { account: REVOKING, region: 'us-east-1' }];
    const { arrived, letGo } = world.hold('DescribeVpcs', place);
    const stopped = await executions.start(await schedule.input());
    await arrived;
    await executions.stop(stopped);
    const next = await executions.start(await schedule.input());
    await eventually('the other Regions of the account', 60, async () => {
      const [run, { entries }] = [await ledger.run(), await ledger.places(REVOKING)];
      const swept = entries.filter(each => each.region !== undefined && each.runId === run?.runId);
      return run?.execution === next && swept.length === REGIONS.length - 1 || undefined;
    });
    letGo();
    expectOnlyDenied(await executions.ended(next));
    const { status } = await executions.ended(stopped);
    expect(status === 'ABORTED', `the first one stays stopped, got ${status}`);
    world.expectOneAtATime(since);
    expect(world.open(REVOKING).length === 0, `no rule is lost, got ${world.open(REVOKING).length}`);
    await expectTotals(account, { IngressRulesRevoked: 2, AccountsSwept: 2, RegionsFailed: 0 }, seen);
  });
  await step('two executions at once: one does the work, and the other nothing', async () => {
    const [since, seen, input] = [ec2.calls.length, await totalsIn(account), await schedule.input()];
    world.openSsh({ account: REVOKING, region: 'us-east-1' }, 1);
    world.openSsh({ account: REVOKING, region: 'eu-west-1' }, 1);
    const both = await Promise.all([executions.run(input), executions.run(input)]);
    const [working, idle] = both.sort((one, other) => one.status.localeCompare(other.status));
    expectOnlyDenied(working);
    expect(idle.status === 'SUCCEEDED', `the other one has succeeded, got ${JSON.stringify(idle)}`);
    world.expectOneAtATime(since);
    expect(world.open(REVOKING).length === 0, `no rule is left, got ${world.open(REVOKING).length}`);
    await expectTotals(
      account, { IngressRulesRevoked: 2, AccountsSwept: 2, AccountsFailed: 1, RegionsFailed: 0 }, seen,
    );
    const { states } = await account.ledger(outputs.LedgerTableName);
    const revoked = states.filter(state => state === 'REVOKED').length;
    expect(revoked === 8, `the ledger has 8 revoked rules, got ${states.join()}`);
  });

  const [{ place: at, rule }] = world.flagged;
  const request = { restore: { ...at, securityGroupRuleIds: [rule.securityGroupRuleId] } };
  await step('the role that sweeps cannot put a rule back, because the member lets in another role for that', async () => {
    const changes = world.changes();
    const refusal = await account.invoke(outputs.RestoreWith, request).then(() => 'nothing', String);
    expect(refusal.includes('is not authorized to perform: sts:AssumeRole'), `STS refuses it, got ${refusal}`);
    expect(world.changes() === changes, 'no call has changed a rule');
  });
  await step('the function that restores puts a rule back in its account and Region', async () => {
    world.actAsRestoring();
    const { rules = [] } = await account.invoke<RestoreReport>(outputs.RestoreWith, request);
    const restored = ec2.place(at.account, at.region).rules.get(rules[0]?.restoredAs ?? '');
    const isWhole = restored !== undefined && restored.groupId === rule.groupId
      && restored.description === rule.description && restored.tags.Ticket === 'NET-1' && EXEMPT_TAG in restored.tags;
    expect(isWhole, `the rule is there again with its text and tags, got ${JSON.stringify({ rules, restored })}`);
  });
  await step('a person starts a run without an input, and it leaves that rule where it is', async () => {
    world.actAsSweeping();
    const changes = world.changes();
    expectOnlyDenied(await executions.run());
    expect(world.changes() === changes, 'no call has changed a rule');
  });
  await step('the schedule, once it has a shorter rate, starts a run by itself', async () => {
    const known = await executions.all();
    await schedule.change('ENABLED');
    const isNew = (arn: string): boolean => !known.includes(arn);
    const started = await eventually('an execution', 90, async () => (await executions.all()).find(isNew));
    await schedule.change('DISABLED');
    expectOnlyDenied(await executions.ended(started));
  });

  await step('the hub has looked at no network of its own account', async () => {
    const own = ec2.calls.slice(calls).filter(({ place }) => place?.account === ACCOUNT).map(({ action }) => action);
    const wrong = own.filter(action => !['AssumeRole', 'ListAccounts', 'ListRegions'].includes(action));
    expect(wrong.length === 0, `it has only asked for accounts, Regions and sessions, got ${wrong.join()}`);
  });
  await step('there are a state machine, and the roles of the hub and of the members', async () => {
    const [machines, roles] = [await executions.stateMachines(), await world.deployedRoles()];
    expect(machines.join() === outputs.StateMachineArn, `${outputs.StateMachineArn} is there, got ${machines.join()}`);
    expect(roles.length === 8, `there are two for the hub and two for each member, got ${roles.join()}`);
  });
  const rules = MEMBERS.flatMap(member => REGIONS.map(each => ec2.place(member, each).snapshot()));
  await step('cdk destroy', () => cdk.destroy(APP, { ...context, settleMinutes: '0' }));
  await step('the ledger and the bucket for lists are kept, and nothing else', async () => {
    const after = MEMBERS.flatMap(member => REGIONS.map(each => ec2.place(member, each).snapshot()));
    expect(JSON.stringify(after) === JSON.stringify(rules), 'destroying touched no rule');
    const { states } = await account.ledger(outputs.LedgerTableName);
    expect(states.includes('REVOKED') && states.includes('RESTORED'), `the ledger has the rules, got ${states.join()}`);
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets.some(({ Name }) => Name === outputs.BucketName), `${outputs.BucketName} is there`);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: outputs.BucketName }));
    expect(Contents.length > 0 && Contents.every(({ Key }) => Key?.startsWith('runs/')), 'it has the lists of the runs');
    const made = [...await everything(), ...await executions.stateMachines(), ...await world.deployedRoles()];
    const left = made.filter(name => !before.includes(name));
    expect(left.length === 0, `nothing else is left, got ${left.join()}`);
  });
}

/** A run that has looked at everything but the account that denies. */
function expectOnlyDenied({ status, error, cause = '' }: Ended): void {
  const expected = `2 accounts were swept; 1 could not be entered (${DENYING})`;
  const isSo = status === 'FAILED' && error === 'AccountsFailed' && cause.endsWith(expected);
  expect(isSo, `it has failed, because ${expected}, got ${status} ${error}: ${cause}`);
}

/** @returns the events that have reached the queue, whose number has to be this one */
async function receive(account: Account, queueUrl: string, count: number): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  await eventually(`${count} events`, 20, async () => {
    events.push(...await account.drain<ReceivedEvent>(queueUrl));
    return events.length >= count || undefined;
  });
  expect(events.length === count, `there are ${count} events, got ${JSON.stringify(events)}`);
  const wrong = events.flatMap(violations);
  expect(wrong.length === 0, `they fit their schemas: ${wrong.join('; ')}`);
  return events;
}

const TOTALS = [
  'AccountsSwept', 'AccountsFailed', 'RegionsFailed', 'ScanErrors', 'FlaggedIngressRules', 'IngressRulesRevoked',
  'RevocationsWithheld', 'DeliveriesFailed',
] as const;

type RunTotals = Partial<Record<typeof TOTALS[number], number>>;

/** @returns the sums of the totals of all runs */
const totalsIn = (account: Account): Promise<RunTotals> => account.sums(HYGIENE, ...TOTALS);

/** @param seen the sums before the runs that are expected to add these totals */
async function expectTotals(account: Account, expected: RunTotals, seen: RunTotals = {}): Promise<void> {
  const sums = await totalsIn(account);
  for (const name of TOTALS.filter(each => expected[each] !== undefined)) {
    const sum = sums[name];
    const added = sum === undefined ? undefined : sum - (seen[name] ?? 0);
    expect(added === expected[name], `${name} is ${expected[name]}, got ${added}`);
  }
}
