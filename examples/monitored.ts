/**
 * Revoke flagged ingress at once and stale rules after a week, tell a topic when a VPN connection loses a tunnel, and give a pipeline outputs to read.
 *
 * Context: `-c minutes=5` between sweeps, `-c maxRevocations=50` in one of them.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FlaggedIngressRule, NetworkHygiene, StaleRules } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Monitored');
const minutes = Number(app.node.tryGetContext('minutes') ?? 15);

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' })],
  maxRevocationsPerSweep: Number(app.node.tryGetContext('maxRevocations') ?? 20),
  schedule: ScheduleExpression.rate(Duration.minutes(minutes)),
});

const topic = new Topic(stack, 'Network', { enforceSSL: true });
const degraded = hygiene.metricVpnConnectionsDegraded({ period: Duration.minutes(minutes) });
degraded.createAlarm(stack, 'VpnDegraded', {
  alarmDescription: 'A VPN connection has a tunnel that is down; its traffic depends on the other one',
  threshold: 1,
  evaluationPeriods: 1,
}).addAlarmAction(new SnsAction(topic));

for (const attribute of ['StaleIngressRules', 'FlaggedIngressRules', 'IngressRulesRevoked', 'ScanErrors']) {
  new CfnOutput(stack, attribute, { value: hygiene.customResource.getAttString(attribute) });
}
new CfnOutput(stack, 'TopicArn', { value: topic.topicArn });
new CfnOutput(stack, 'LogGroupName', { value: hygiene.logGroup.logGroupName });
new CfnOutput(stack, 'FunctionName', { value: hygiene.lambdaFunction.functionName });
if (hygiene.restoreAlias) new CfnOutput(stack, 'RestoreWith', { value: hygiene.restoreAlias.functionName });
if (hygiene.ledger) new CfnOutput(stack, 'LedgerTableName', { value: hygiene.ledger.tableName });

app.synth();
