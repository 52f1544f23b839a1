/**
 * An app with the hub of an organization, and a member in each account. It revokes, which examples/organization.ts
 * does not.
 *
 * Context: `-c organizationId=o-…`, `-c hubAccount=…`, `-c settleMinutes=…` and `-c maxRevocations=…`.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FlaggedIngressRule, HygieneAccounts, NetworkHygieneMember, NetworkHygieneOrganization } from 'cdk-network-hygiene';
import { DENYING, MEMBERS, REGIONS, REVOKING } from './organization-accounts';

const app = new App();
const context = (key: string): string => String(app.node.getContext(key));
const hubAccount = context('hubAccount');
const region = 'us-east-1';

const shared = {
  organizationId: context('organizationId'),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' })],
  regions: REGIONS,
};

const members = MEMBERS.map(account => {
  const stack = new Stack(app, `Member${account}`, { env: { account, region } });
  new NetworkHygieneMember(stack, 'Member', {
    ...shared, hubAccount, mayRevoke: account === REVOKING,
    externalId: account === DENYING ? 'another-hub' : undefined,
  });
  return stack;
});

const hub = new Stack(app, 'Hub', { env: { account: hubAccount, region } });
const hygiene = new NetworkHygieneOrganization(hub, 'NetworkHygiene', {
  ...shared,
  accounts: HygieneAccounts.all({ except: [hubAccount] }),
  revokeIn: HygieneAccounts.list([REVOKING]),
  maxRevocationsPerSweep: Number(context('maxRevocations')),
  settle: Duration.minutes(Number(context('settleMinutes'))),
});
// The hub enters members when it is deployed, so they come first.
hub.node.addDependency(...members);

const events = new Queue(hub, 'Events', { enforceSSL: true });
const target = new SqsQueue(events);
hygiene.onCoverageLost('CoverageLost', { target });
hygiene.onIngressRuleRevoked('IngressRuleRevoked', { target });
hygiene.onRevocationWithheld('RevocationWithheld', { target });

const outputs = {
  Accounts: hygiene.customResource.getAttString('Accounts'),
  FirstRun: hygiene.customResource.getAttString('Execution'),
  StateMachineArn: hygiene.stateMachine.stateMachineArn,
  ScheduleName: hygiene.schedule.scheduleName,
  LedgerTableName: hygiene.ledger.tableName,
  BucketName: hygiene.bucket.bucketName,
  LogGroupName: hygiene.logGroup.logGroupName,
  RestoreWith: hygiene.restoreFunction!.functionName,
  QueueUrl: events.queueUrl,
};
for (const [name, value] of Object.entries(outputs)) new CfnOutput(hub, name, { value });

app.synth();
