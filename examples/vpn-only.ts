/**
 * Watches the VPN connections of one transit gateway every minute, as for branch offices. It has one alarm for both
 * tunnels down for three minutes, another for one tunnel down for an hour, and a dashboard.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { NetworkHygiene, StaleRules, VpnConnections } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'VpnOnly');

const vpn = new NetworkHygiene(stack, 'BranchOffices', {
  staleRules: StaleRules.ignore(),
  vpnConnections: VpnConnections.matching({ transitGatewayIds: ['tgw-0123456789abcdef0'], tags: { Kind: ['branch-office'] } }, { staleAfter: Duration.days(30) }),
  schedule: ScheduleExpression.rate(Duration.minutes(1)),
});
// The topic of the people on call is there already.
const onCall = Topic.fromTopicArn(stack, 'OnCall', stack.formatArn({ service: 'sns', resource: 'on-call' }));
vpn.addAlarms({
  action: new SnsAction(onCall),
  vpnConnectionsDown: { evaluationPeriods: 3 },
  vpnConnectionsDegraded: { evaluationPeriods: 60 },
});

const dashboard = new Dashboard(stack, 'Offices');
dashboard.addWidgets(new TextWidget({ markdown: 'Both tunnels down? Call the provider first.', width: 24, height: 2 }));
dashboard.addWidgets(...vpn.widgets());

app.synth();
