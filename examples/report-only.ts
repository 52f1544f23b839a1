/**
 * Only reports: which rules are stale, what the VPN tunnels do, and what would be revoked without the dry run. It has
 * saved queries of the log, and alarms.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FlaggedIngressRule, NetworkHygiene } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'ReportOnly');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.POSTGRES)],
  dryRun: true,
});

// The console shows them in CloudWatch, Logs Insights, Saved queries.
hygiene.addQueryDefinitions();
// The topic of the people on call is there already.
const onCall = Topic.fromTopicArn(stack, 'OnCall', stack.formatArn({ service: 'sns', resource: 'on-call' }));
hygiene.addAlarms({ action: new SnsAction(onCall), staleRulesPresent: { olderThan: Duration.days(30) } });

app.synth();
