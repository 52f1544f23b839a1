/**
 * Only reports: which rules are stale, what the VPN tunnels do, and what would be revoked without the dry run. It has
 * saved queries of the log, and alarms.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FlaggedAction, FlaggedIngressRule, NetworkHygiene } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'ReportOnly');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  flaggedIngressRules: [
    FlaggedIngressRule.fromInternet(Port.POSTGRES),
    // Everything but web traffic is reported, and still is without the dry run.
    FlaggedIngressRule.fromInternet(Port.allTraffic(), {
      except: [{ ports: [Port.HTTP, Port.HTTPS] }],
      action: FlaggedAction.report(),
    }),
  ],
  dryRun: true,
});

// The console shows them in CloudWatch, Logs Insights, Saved queries.
hygiene.addQueryDefinitions();
// The topic of the people on call is there already.
const onCall = Topic.fromTopicArn(stack, 'OnCall', stack.formatArn({ service: 'sns', resource: 'on-call' }));
hygiene.addAlarms({ action: new SnsAction(onCall), staleRulesPresent: { olderThan: Duration.days(30) } });

app.synth();
