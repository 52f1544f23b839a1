/**
 * Revokes rules that have been stale for a week and two kinds of flagged ingress, the latter within seconds of the call
 * that opened them, and watches the VPN connections.
 * These are the options that most people set.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ChangeTrigger, FlaggedIngressRule, NetworkHygiene, StaleRules, VpnConnections } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Quickstart');

new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [
    FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'use Session Manager' }),
    FlaggedIngressRule.inAnyGroup(Peer.ipv4('198.51.100.0/24'), Port.tcp(3389), { reason: 'the old office' }),
  ],
  vpnConnections: VpnConnections.all({ staleAfter: Duration.days(14) }),
  schedule: ScheduleExpression.rate(Duration.minutes(15)),
  changeTrigger: ChangeTrigger.cloudTrail(), // needs a trail that logs management events
});

app.synth();
