/** Nothing but looking: what is stale, what the VPN tunnels do, and what would be revoked if it were not a dry run. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygiene } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'ReportOnly');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.POSTGRES)],
  dryRun: true,
});

new Alarm(stack, 'CouldNotLook', {
  metric: hygiene.metricScanErrors({ period: Duration.hours(1) }),
  threshold: 0,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  evaluationPeriods: 1,
});

app.synth();
