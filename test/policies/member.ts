/** Members of an organization as they are deployed: their roles, and the part of the configuration that they share. */
import { Template as Synthesized } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { Deployed, REGION, type Template } from './deployed';
import type { Role } from './simulator';
import { FlaggedIngressRule, NetworkHygieneMember, type NetworkHygieneMemberProps, StaleRules } from '../../src';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import { RESTORE_ROLE_NAME, SWEEP_ROLE_NAME } from '../../src/contract/organization';
import { memberOf } from '../../src/function/member-configuration';
import { aStack } from '../support/synthesized-stack';

export const HUB = '999988887777';
export const ORGANIZATION = 'o-a1b2c3d4e5';
export const EXTERNAL_ID = 'cdk-network-hygiene';
export const REQUIRED = { hubAccount: HUB, organizationId: ORGANIZATION };

export const REPLACED = FlaggedIngressRule.inGroupsTagged('Exposure', ['private', 'hidden'], Peer.ipv4('198.51.100.0/24'), Port.tcp(3389), {
  replaceWith: [Peer.ipv4('198.51.100.0/28')],
});

/** The event bus of the hub. */
export const BUS = `arn:aws:events:${REGION}:${HUB}:event-bus/hygiene`;

/** The properties that let a member do the most. */
const MOST: NetworkHygieneMemberProps = {
  ...REQUIRED, mayRevoke: true,
  staleRules: StaleRules.revoke(),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH), FlaggedIngressRule.inDefaultGroups(), REPLACED],
  exemptTags: ['Pinned', 'Cost Center'],
  securityHub: true,
  forwardChangesTo: BUS,
};

export interface Member {
  readonly deployed: Deployed;
  readonly sweep: Role;
  readonly restore: Role;
  readonly configuration: DecodedConfiguration;
}

/** @param props the properties in which the member differs from one that may do the most */
export function member(props: Partial<NetworkHygieneMemberProps> = {}): Member {
  const stack = aStack();
  new NetworkHygieneMember(stack, 'Member', { ...MOST, ...props });
  const deployed = new Deployed(Synthesized.fromStack(stack).toJSON() as Template);
  const { mayRevoke: _, createRoles: __, ...options } = { ...MOST, ...props };
  return {
    deployed, sweep: deployed.roleNamed(SWEEP_ROLE_NAME), restore: deployed.roleNamed(RESTORE_ROLE_NAME),
    configuration: decodeConfiguration(JSON.stringify(memberOf('Member', options).configuration)),
  };
}
