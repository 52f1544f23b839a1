/** Stack sets of members: one with the least that a member can do, and one with all of it. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygieneMember, StaleRules, UnusedSecurityGroups } from '../../src';

const HUB = { hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5' };

/** @param outdir the folder to synthesize to */
export function memberStackSets(outdir: string): object {
  const stack = new Stack(new App({ outdir }), 'Members');
  NetworkHygieneMember.stackSet(stack, 'Least', {
    ...HUB, organizationalUnits: ['r-a1b2'], sweepRoleName: 'network-hygiene-least', staleRules: StaleRules.ignore(), allowRestore: false,
  });
  NetworkHygieneMember.stackSet(stack, 'Most', {
    ...HUB,
    organizationalUnits: ['ou-a1b2-11111111', 'ou-a1b2-22222222'],
    revokeInOrganizationalUnits: ['ou-a1b2-22222222'],
    staleRules: StaleRules.revoke(),
    flaggedIngressRules: [
      FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], Peer.anyIpv4(), Port.SSH, {
        replaceWith: [Peer.ipv4('10.0.0.0/8')],
      }),
    ],
    exemptTags: ['Pinned'],
    unusedSecurityGroups: UnusedSecurityGroups.report(),
    securityHub: true,
    regions: ['eu-central-1', 'us-east-1'],
    forwardChangesTo: 'arn:aws:events:eu-central-1:111122223333:event-bus/hygiene',
    callAs: 'DELEGATED_ADMIN',
  });
  return Template.fromStack(stack).toJSON();
}
