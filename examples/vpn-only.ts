/** Branch offices: the VPN connections of one transit gateway, looked at every minute, with an alarm for "both tunnels down" and one for "one tunnel down". */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { NetworkHygiene, StaleRules, VpnConnections } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'VpnOnly');

const vpn = new NetworkHygiene(stack, 'BranchOffices', {
  staleRules: StaleRules.ignore(),
  vpnConnections: VpnConnections.matching({ transitGatewayIds: ['tgw-0123456789abcdef0'], tags: { Kind: ['branch-office'] } }, { staleAfter: Duration.days(30) }),
  schedule: ScheduleExpression.rate(Duration.minutes(1)),
});

vpn.metricVpnConnectionsDown({ period: Duration.minutes(1) }).createAlarm(stack, 'Down', { threshold: 1, evaluationPeriods: 3 });
vpn.metricVpnConnectionsDegraded({ period: Duration.minutes(1) }).createAlarm(stack, 'Degraded', { threshold: 1, evaluationPeriods: 60 });

app.synth();
