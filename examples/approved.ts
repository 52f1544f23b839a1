/**
 * Revokes a rule only after people were told about it, have had time to object, and have approved it, and only in
 * office hours. Messages go to mailboxes and chats, findings to AWS Security Hub, and events to a program, such as one
 * that opens a ticket for each request.
 *
 * Security Hub must be on in the account and Region. Context: `-c noticeMinutes=60` is the notice,
 * `-c from=08:00 -c to=12:00 -c timeZone=Europe/Paris` are the office hours, `-c everyDay=true` on Saturday and Sunday,
 * too, and `-c settleMinutes=0` is the settle time.
 */
import { App, CfnOutput, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  DayOfWeek, FlaggedAction, FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, NotificationFormat,
} from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Approved');
const context = (name: string, otherwise: string): string => String(app.node.tryGetContext(name) ?? otherwise);

// People and channels of Slack or Microsoft Teams subscribe to the topic.
const people = new Topic(stack, 'People', { enforceSSL: true });

const { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY } = DayOfWeek;
const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  flaggedIngressRules: [
    FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager', action: FlaggedAction.revoke() }),
  ],
  finalNotice: Duration.minutes(Number(context('noticeMinutes', '4320'))),
  approval: true,
  revocationWindow: {
    days: context('everyDay', 'false') === 'true' ? undefined : [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY],
    from: context('from', '09:00'),
    to: context('to', '16:00'),
    timeZone: TimeZone.of(context('timeZone', 'Europe/Berlin')),
  },
  settle: Duration.minutes(Number(context('settleMinutes', '60'))),
  notifications: people,
  notificationFormat: NotificationFormat.CHAT,
  securityHub: true,
});

// Those who assume this role may approve revocations, and nothing else.
hygiene.grantApprove(new Role(stack, 'Approvers', { assumedBy: new AccountRootPrincipal() }));

// The table shows what waits for a person, and until when an exemption lasts.
const { dashboard } = new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });

// A queue for a program. A request has the command that approves what it shows.
const failed = new Queue(stack, 'FailedWaits', { enforceSSL: true });
const waits = new Queue(stack, 'Waits', { enforceSSL: true, deadLetterQueue: { queue: failed, maxReceiveCount: 5 } });
const target = new SqsQueue(waits);
hygiene.onRevocationAnnounced('Announced', { target });
hygiene.onRevocationCalledOff('CalledOff', { target });
hygiene.onApprovalRequested('ApprovalRequested', { target });
hygiene.onExemptionChanged('ExemptionChanged', { target });

new CfnOutput(stack, 'TopicArn', { value: people.topicArn });
new CfnOutput(stack, 'QueueUrl', { value: waits.queueUrl });
new CfnOutput(stack, 'DashboardName', { value: dashboard.dashboardName });
new CfnOutput(stack, 'LogGroupName', { value: hygiene.logGroup.logGroupName });
new CfnOutput(stack, 'LedgerTableName', { value: hygiene.ledger.tableName });
new CfnOutput(stack, 'FunctionName', { value: hygiene.lambdaFunction.functionName });

app.synth();
