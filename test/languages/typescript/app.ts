/** The app whose template the apps in the other languages must match. */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Role } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  FlaggedIngressRule,
  NetworkHygiene,
  NetworkHygieneDashboard,
  RuleMatch,
  StaleRules,
  VpnConnections,
} from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Network');
const bastion = SecurityGroup.fromSecurityGroupId(stack, 'Bastion', 'sg-0123456789abcdef0');
const engineers = Role.fromRoleName(stack, 'Engineers', 'network-engineers');
const onCall = new Topic(stack, 'OnCall');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7), { sightings: 3 }),
  flaggedIngressRules: [
    FlaggedIngressRule.fromInternet(Port.SSH, { match: RuleMatch.COVERS, reason: 'use Session Manager' }),
    FlaggedIngressRule.inAnyGroup(Peer.ipv4('198.51.100.0/24'), Port.tcp(3389), { reason: 'the old office' }),
    FlaggedIngressRule.fromIpPermissions(bastion, [
      { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5433, IpRanges: [{ CidrIp: '203.0.113.0/24' }] },
    ]),
  ],
  vpnConnections: VpnConnections.all({ staleAfter: Duration.days(14) }),
  schedule: ScheduleExpression.rate(Duration.minutes(15)),
  maxRevocationsPerSweep: 10,
  eventBus: new EventBus(stack, 'NetworkEvents'),
  notifications: onCall,
});
hygiene.grantRestore(engineers);
hygiene.addQueryDefinitions();
new CfnOutput(stack, 'IngressRulesRevoked', { value: hygiene.customResource.getAttString('IngressRulesRevoked') });

hygiene.onIngressRuleRevoked('IngressRuleRevoked', {
  target: new SqsQueue(new Queue(stack, 'Revocations')),
  eventPattern: { detail: { vpcId: ['vpc-0123456789abcdef0'] } },
});

const alarms = hygiene.addAlarms({
  action: new SnsAction(onCall),
  staleRulesPresent: { olderThan: Duration.days(10) },
  vpnConnectionsDown: { threshold: 2, evaluationPeriods: 4, datapointsToAlarm: 3 },
  vpnConnectionsDegraded: { enabled: false },
  sweepMissing: { period: Duration.minutes(30) },
});
alarms.addOkAction(new SnsAction(onCall));
if (alarms.sweepMissing) new CfnOutput(stack, 'Heartbeat', { value: alarms.sweepMissing.alarmArn });
hygiene
  .metricVpnConnectionsStale({ period: Duration.minutes(15) })
  .createAlarm(stack, 'VpnStale', { threshold: 1, evaluationPeriods: 2 });

const { dashboard } = new NetworkHygieneDashboard(stack, 'Dashboard', {
  hygienes: [hygiene],
  defaultInterval: Duration.days(14),
});
dashboard.addWidgets(new TextWidget({ markdown: 'Who is on call: see the wiki', width: 24, height: 1 }));
const overview = new Dashboard(stack, 'Overview');
overview.addWidgets(hygiene.findingsWidget({ title: 'Network', height: 8 }));
overview.addWidgets(...hygiene.widgets());
hygiene.findingsFunction.grantInvoke(engineers);

app.synth();
