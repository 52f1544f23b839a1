/**
 * The CDK CLI deploys examples/reactive.ts. Then someone opens SSH, and the event of it goes through the rule, the
 * queue and the mapping to the function that changes trigger. Other events must not get there.
 */
import { Account, type ReceivedEvent, type TopicMessage } from './account';
import { findingsFunction, findingsPage, sections, unaskedLogGroup } from './findings-table';
import { eventually, expect, seconds, step } from './steps';
import type { World } from './world';
import { restoreCommand } from '../../lambda/core/report/wording';
import { CLI, functionCaller } from '../support/cloudtrail/callers';
import { authorizeIngress, type CloudTrailEvent, deletePeering, revokeIngress } from '../support/cloudtrail/records';
import { violations } from '../support/event-schemas';

const EXAMPLE = 'examples/reactive.ts';
const STACK = 'Reactive';
const HYGIENE = `${STACK}/NetworkHygiene`;
/** The change is the first thing that the function deals with, so the configuration settles at deployment. */
const CONTEXT = { settleMinutes: '0' };
const TRAIL = 'management-events';

export async function reactive({ aws, cdk, ec2, sample }: World): Promise<void> {
  const { network } = sample;
  const account = new Account(aws.url, STACK);
  const calls = (action: string): number => ec2.calls.filter(call => call.action === action && !call.isDryRun).length;
  // Only sweeps of everything look at VPN connections.
  const sweeps = (): number => calls('DescribeVpnConnections');
  const connection = sample.connect();
  const everything = async (): Promise<Array<string | undefined>> =>
    [...Object.values(await account.resources()).flat(), ...await account.consumers()];

  await step('a trail logs management events', () => account.createTrail(TRAIL));
  const subscriber = await step('a queue subscribes to the topic, as the people on call would', async () =>
    account.subscribeQueue(await account.createTopic('on-call'), 'on-call'));
  const before = await everything();
  const outputs = await step('cdk deploy', () => cdk.deploy(EXAMPLE, CONTEXT));
  await step('an output has the trail from which changes arrive', async () => {
    expect(outputs.ChangeTrigger.startsWith(`The trail ${TRAIL} logs`), `it names ${TRAIL}, got ${outputs.ChangeTrigger}`);
  });
  for (const queueUrl of [outputs.QueueUrl, subscriber]) await account.drain(queueUrl);
  const [deployed, revoked] = [sweeps(), calls('RevokeSecurityGroupIngress')];

  const { ruleId, groupId } = sample.openSsh();
  const opened = authorizeIngress({ groupId, ruleIds: [ruleId], caller: CLI, at: now() });
  const leftOut = await eventsThatAreLeftOut(account, outputs.ChangeFunctionName, groupId);
  await step('someone opens SSH, and the event of it goes through rule, queue and mapping: the rule is gone', async () => {
    const since = performance.now();
    // CloudTrail and EventBridge may deliver an event twice.
    await account.putEvents([...leftOut, opened, opened]);
    await eventually('the revocation', 60, () => !sample.has(ruleId) || undefined);
    console.log(`          ${seconds(since)} from the event to the revocation; MiniStack does not wait for the batching window`);
  });
  await step('the queue is empty, and the second event has changed nothing', async () => {
    await eventually('an empty queue', 60, async () => await account.queued(outputs.ChangeQueueUrl) === 0 || undefined);
    const revocations = calls('RevokeSecurityGroupIngress') - revoked;
    expect(revocations === 1, `one call revoked it, got ${revocations}`);
    expect(sweeps() === deployed, 'no sweep of everything followed');
  });
  await step('a failed call, and a call of the function itself, did not get through the rule', async () => {
    const batches = await eventually('log lines', 20, async () => {
      const lines = (await account.logLines(outputs.LogGroupName)).filter(line => line.leftOut !== undefined);
      return lines.length > 0 ? lines : undefined;
    });
    const received = batches.map(batch => [batch.changes, batch.unread, batch.unusable, batch.leftOut]);
    expect(
      received.every(counts => String(counts) === '1,0,0,0'),
      `each batch has the one change, got ${JSON.stringify(received)}`,
    );
  });
  await step('events say once that the rule was found and revoked, who made it, and how to put it back', async () => {
    const events = await eventually('both events', 20, async () => {
      const all = await account.drain<ReceivedEvent>(outputs.QueueUrl);
      return all.length > 0 ? all : undefined;
    });
    const types = events.map(event => event['detail-type']).sort().join();
    expect(types === 'Finding Opened,Ingress Rule Revoked', `there is one of each, got ${types}`);
    const { arn } = CLI.userIdentity;
    const wrong = events.filter(({ detail }) => detail.securityGroupRuleId !== ruleId || detail.changedBy?.arn !== arn);
    expect(wrong.length === 0, `they are about the rule, and name ${String(arn)}, got ${JSON.stringify(wrong)}`);
    const command = restoreCommand(outputs.RestoreWith, { securityGroupRuleIds: [ruleId] });
    expect(events.some(({ detail }) => detail.restoreCommand === command), `one has ${command}, got ${JSON.stringify(events)}`);
    const violated = events.flatMap(violations);
    expect(violated.length === 0, `they fit their schemas: ${violated.join('; ')}`);
  });
  await step('the topic\'s subscriber is told once, and who made the rule', async () => {
    const told = (await account.drain<TopicMessage>(subscriber)).filter(({ Message }) => !Message.startsWith('{'));
    expect(told.length === 1 && told[0].Message.includes(String(CLI.userIdentity.arn)), `one message names the caller, got ${JSON.stringify(told)}`);
  });
  const findings = await findingsFunction(account, outputs.DashboardName);
  await step('the findings table names who made the rule', async () => {
    const { revocations } = sections(await findingsPage(account, findings));
    expect(revocations.includes(ruleId) && revocations.includes(String(CLI.userIdentity.arn)), `it has the rule and the caller, got ${revocations}`);
  });

  network.deletePeering(connection.peeringId);
  await step('someone deletes a peering connection: a sweep of everything follows, and finds the stale rule', async () => {
    await account.putEvents([deletePeering({ peeringId: connection.peeringId, at: now() })]);
    const event = await eventually('the finding', 90, async () =>
      (await account.drain<ReceivedEvent>(outputs.QueueUrl))
        .find(({ detail }) => detail.securityGroupRuleId === connection.ruleId));
    expect(event['detail-type'] === 'Finding Opened', `the finding is opened, got ${event['detail-type']}`);
    expect(sweeps() - deployed === 1 && sample.has(connection.ruleId), `one sweep found it and left it, got ${sweeps() - deployed}`);
  });
  await step('a message that nobody can read ends in the dead-letter queue', async () => {
    const message = 'no JSON';
    await account.sendImpatiently(outputs.ChangeQueueUrl, message);
    const dead = await eventually('the message', 90, async () => (await account.drainTexts(outputs.DeadLetterQueueUrl)).at(0));
    expect(dead === message, `it is there as it was sent, got ${dead}`);
    expect(await account.queued(outputs.ChangeQueueUrl) === 0, 'it is not in the queue any more');
  });
  await step('GetMetricData has the metrics of changes', () => eventually('metrics', 20, async () => {
    const sums = await account.sums(HYGIENE, 'ChangesSwept', 'ChangesUnread', 'ReactionTime');
    // Runs at the same time may both count a change that is delivered twice.
    return (sums.ChangesSwept ?? 0) >= 1 && (sums.ChangesUnread ?? 0) >= 1 && (sums.ReactionTime ?? 0) > 0 || undefined;
  }));

  await step('cdk destroy', () => cdk.destroy(EXAMPLE, CONTEXT));
  await step('the ledger is kept, and nothing else', async () => {
    const { states } = await account.ledger(outputs.LedgerTableName);
    expect(states.includes('REVOKED'), `the ledger has the rule, got ${states.join()}`);
    const known = [...before, unaskedLogGroup(findings)];
    const left = (await everything()).filter(name => !known.includes(name));
    expect(left.length === 0, `nothing else is left, got ${left.join()}`);
  });
}

/** The time for a new event. CloudTrail's times have whole seconds. */
const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** Events of a call that failed, and of a call that the function made. */
async function eventsThatAreLeftOut(
  account: Account, functionName: string, groupId: string,
): Promise<CloudTrailEvent[]> {
  const own = functionCaller('', functionName);
  const userIdentity = { ...own.userIdentity, arn: await account.sessionOf(functionName) };
  return [
    authorizeIngress({ groupId, at: now(), errorCode: 'Client.UnauthorizedOperation' }),
    revokeIngress({ groupId, at: now(), caller: { ...own, userIdentity } }),
  ];
}
