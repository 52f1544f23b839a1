/** What the apps in the other languages have to synthesize, too. */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { FlaggedIngressRule, NetworkHygiene, RuleMatch, StaleRules, VpnConnections } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Network');
const bastion = SecurityGroup.fromSecurityGroupId(stack, 'Bastion', 'sg-0123456789abcdef0');

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
});

hygiene.metricVpnConnectionsDown({ period: Duration.minutes(15) }).createAlarm(stack, 'VpnDown', { threshold: 1, evaluationPeriods: 2 });
new CfnOutput(stack, 'IngressRulesRevoked', { value: hygiene.customResource.getAttString('IngressRulesRevoked') });

app.synth();
