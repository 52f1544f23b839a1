/**
 * Revokes rules in two groups of one VPC only. IAM enforces this, because every flagged rule is declared on a group.
 */
import { App, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygiene, RuleMatch, StaleRules, VpnConnections } from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'NamedGroups');

const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
vpc.addFlowLog('FlowLog');
const web = new SecurityGroup(stack, 'Web', { vpc, description: 'Web servers' });
const database = new SecurityGroup(stack, 'Database', { vpc, description: 'Databases' });

new NetworkHygiene(stack, 'NetworkHygiene', {
  vpcs: [vpc],
  staleRules: StaleRules.report(),
  flaggedIngressRules: [
    FlaggedIngressRule.onGroup(web, Peer.anyIpv4(), Port.SSH, { reason: 'use Session Manager' }),
    FlaggedIngressRule.onGroup(web, Peer.anyIpv6(), Port.SSH, { reason: 'use Session Manager' }),
    FlaggedIngressRule.onGroup(database, Peer.ipv4('10.0.0.0/8'), Port.tcpRange(0, 1023), { match: RuleMatch.WITHIN }),
    // The value of `aws ec2 revoke-security-group-ingress --ip-permissions`.
    FlaggedIngressRule.fromIpPermissions(database, 'IpProtocol=icmp,FromPort=3,ToPort=4,IpRanges=[{CidrIp=0.0.0.0/0}]'),
  ],
  vpnConnections: VpnConnections.none(),
});

app.synth();
