/**
 * Reports on every account and Region of an organization from one stack, once a day. Nothing is revoked, because it is
 * a dry run, and `revokeIn` names no account. docs/organization.md goes through it step by step.
 *
 * A stack set deploys the roles to the accounts. The management account has a stack of its own, because a stack set
 * does not deploy to it. The hub has alarms, messages to people, saved queries and a dashboard.
 *
 * Context, all of it required: `-c organizationId=o-…`, `-c root=r-…`, `-c managementAccount=…`, `-c hubAccount=…`,
 * `-c hubRegion=…` and `-c email=…`. The hub may be in the management account, or in that of a delegated administrator.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import {
  FlaggedIngressRule, HygieneAccounts, NetworkHygieneDashboard, NetworkHygieneMember, NetworkHygieneOrganization,
  StaleRules,
} from 'cdk-network-hygiene';

const app = new App();

function context(key: string): string {
  const value: unknown = app.node.tryGetContext(key);
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${key}: not as a text in "context" of cdk.json; add it, or give -c ${key}=...`);
}

const root = context('root');
const managementAccount = context('managementAccount');
const hubAccount = context('hubAccount');
const env = { account: hubAccount, region: context('hubRegion') };

// The hub acts by these rules, and the permissions of the roles in the members follow from them.
const shared = {
  organizationId: context('organizationId'),
  staleRules: StaleRules.report(),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' })],
  dryRun: true,
};

const members = new Stack(app, 'HygieneMembers', { env });
NetworkHygieneMember.stackSet(members, 'Members', {
  ...shared,
  hubAccount,
  organizationalUnits: [root],
  callAs: hubAccount === managementAccount ? 'SELF' : 'DELEGATED_ADMIN',
});

const management = new Stack(app, 'HygieneManagementMember', { env: { ...env, account: managementAccount } });
new NetworkHygieneMember(management, 'Member', { ...shared, hubAccount });

const hub = new Stack(app, 'HygieneHub', { env });
// Its own policy replaces the default one, which lets alarms of the account publish.
const people = new Topic(hub, 'People', { enforceSSL: true });
people.addSubscription(new EmailSubscription(context('email')));
people.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', {
  conditions: { StringEquals: { 'aws:SourceAccount': hub.account } },
}));
const hygiene = new NetworkHygieneOrganization(hub, 'NetworkHygiene', {
  ...shared,
  accounts: HygieneAccounts.all(),
  notifications: people,
});
// The hub enters members when it is deployed, so they come first.
hub.node.addDependency(members, management);

hygiene.addAlarms({ action: new SnsAction(people) });
hygiene.addQueryDefinitions();
const { dashboard } = new NetworkHygieneDashboard(hub, 'Dashboard', { hygienes: [hygiene] });

new CfnOutput(hub, 'Accounts', { value: hygiene.customResource.getAttString('Accounts') });
new CfnOutput(hub, 'FirstRun', { value: hygiene.customResource.getAttString('Execution') });
new CfnOutput(hub, 'StateMachineArn', { value: hygiene.stateMachine.stateMachineArn });
new CfnOutput(hub, 'DashboardName', { value: dashboard.dashboardName });
new CfnOutput(hub, 'LogGroupName', { value: hygiene.logGroup.logGroupName });
if (hygiene.restoreFunction) new CfnOutput(hub, 'RestoreWith', { value: hygiene.restoreFunction.functionName });
if (hygiene.pauseAlias) new CfnOutput(hub, 'PauseWith', { value: hygiene.pauseAlias.functionName });
if (hygiene.resumeAlias) new CfnOutput(hub, 'ResumeWith', { value: hygiene.resumeAlias.functionName });

app.synth();
