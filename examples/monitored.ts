/**
 * Revokes flagged ingress after the configuration has settled, and stale rules after a week. It has alarms, messages to
 * people, a dashboard with the findings table, events for a program, and outputs for a pipeline.
 *
 * Context: `-c minutes=5` is the time between sweeps, `-c maxRevocations=50` the limit from one sweep to the next, and
 * `-c settleMinutes=0` the settle time.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Monitored');

// The topic that people subscribe to. Its own policy replaces the default one, which lets alarms of the account
// publish.
const topic = new Topic(stack, 'Network', { enforceSSL: true });
topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }));

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' })],
  maxRevocationsPerSweep: Number(app.node.tryGetContext('maxRevocations') ?? 20),
  settle: Duration.minutes(Number(app.node.tryGetContext('settleMinutes') ?? 60)),
  schedule: ScheduleExpression.rate(Duration.minutes(Number(app.node.tryGetContext('minutes') ?? 15))),
  notifications: topic,
});

// The alarms come before the dashboard, so that it shows them.
hygiene.addAlarms({ action: new SnsAction(topic) });
const { dashboard } = new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });

// A queue for a program, such as one that creates tickets.
const failed = new Queue(stack, 'FailedChanges', { enforceSSL: true });
const changes = new Queue(stack, 'Changes', { enforceSSL: true, deadLetterQueue: { queue: failed, maxReceiveCount: 5 } });
const target = new SqsQueue(changes);
hygiene.onFindingOpened('FindingOpened', { target });
hygiene.onIngressRuleRevoked('IngressRuleRevoked', { target });
hygiene.onVpnConnectionStateChanged('VpnConnectionDown', { target, eventPattern: { detail: { status: ['DOWN', 'NO_ROUTES', 'DEGRADED'] } } });

for (const attribute of ['StaleIngressRules', 'FlaggedIngressRules', 'IngressRulesRevoked', 'ScanErrors', 'Forecast']) {
  new CfnOutput(stack, attribute, { value: hygiene.customResource.getAttString(attribute) });
}
new CfnOutput(stack, 'TopicArn', { value: topic.topicArn });
new CfnOutput(stack, 'QueueUrl', { value: changes.queueUrl });
new CfnOutput(stack, 'DashboardName', { value: dashboard.dashboardName });
new CfnOutput(stack, 'LogGroupName', { value: hygiene.logGroup.logGroupName });
new CfnOutput(stack, 'LedgerTableName', { value: hygiene.ledger.tableName });
if (hygiene.restoreAlias) new CfnOutput(stack, 'RestoreWith', { value: hygiene.restoreAlias.functionName });
if (hygiene.pauseAlias) new CfnOutput(stack, 'PauseWith', { value: hygiene.pauseAlias.functionName });
if (hygiene.resumeAlias) new CfnOutput(stack, 'ResumeWith', { value: hygiene.resumeAlias.functionName });

app.synth();
