/**
 * Sweeps a security group as soon as someone changes it, so that a flagged rule stays for seconds instead of minutes.
 * The schedule goes on, because CloudTrail does not promise to deliver each event. It has alarms, messages to people, a
 * dashboard whose findings table names who made a change, and events for a program.
 *
 * A trail must log the management events of the Region. The output `ChangeTrigger` says whether one does. Context:
 * `-c settleMinutes=0` is the settle time.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ChangeTrigger, FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Reactive');

// The topic of the people on call is there already.
const onCall = Topic.fromTopicArn(stack, 'OnCall', stack.formatArn({ service: 'sns', resource: 'on-call' }));

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' })],
  changeTrigger: ChangeTrigger.cloudTrail(),
  settle: Duration.minutes(Number(app.node.tryGetContext('settleMinutes') ?? 60)),
  notifications: onCall,
});

// Three of the alarms are about changes that do not get into the queue, wait for too long, or cannot be dealt with.
hygiene.addAlarms({ action: new SnsAction(onCall) });
const { dashboard } = new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });

// A queue for a program. Each event says who made the rule, in `changedBy`.
const failed = new Queue(stack, 'FailedChanges', { enforceSSL: true });
const changes = new Queue(stack, 'Changes', { enforceSSL: true, deadLetterQueue: { queue: failed, maxReceiveCount: 5 } });
const target = new SqsQueue(changes);
hygiene.onFindingOpened('FindingOpened', { target });
hygiene.onIngressRuleRevoked('IngressRuleRevoked', { target });

new CfnOutput(stack, 'ChangeTrigger', { value: hygiene.customResource.getAttString('ChangeTrigger') });
new CfnOutput(stack, 'QueueUrl', { value: changes.queueUrl });
new CfnOutput(stack, 'DashboardName', { value: dashboard.dashboardName });
new CfnOutput(stack, 'LogGroupName', { value: hygiene.logGroup.logGroupName });
new CfnOutput(stack, 'LedgerTableName', { value: hygiene.ledger.tableName });
if (hygiene.restoreAlias) new CfnOutput(stack, 'RestoreWith', { value: hygiene.restoreAlias.functionName });
if (hygiene.changeFunction) new CfnOutput(stack, 'ChangeFunctionName', { value: hygiene.changeFunction.functionName });
if (hygiene.changeQueue) new CfnOutput(stack, 'ChangeQueueUrl', { value: hygiene.changeQueue.queueUrl });
if (hygiene.changeDeadLetterQueue) new CfnOutput(stack, 'DeadLetterQueueUrl', { value: hygiene.changeDeadLetterQueue.queueUrl });

app.synth();
