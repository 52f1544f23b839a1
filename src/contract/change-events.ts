/** The calls of EC2 that change what a sweep finds, by the names that CloudTrail gives them. */
import { Configuration, looksAtRules, reactsToTopology } from './configuration';

/** Calls that change security groups or their rules. */
export const GROUP_EVENTS = [
  'AuthorizeSecurityGroupEgress',
  'AuthorizeSecurityGroupIngress',
  'CreateSecurityGroup',
  'DeleteSecurityGroup',
  'ModifySecurityGroupRules',
  'RevokeSecurityGroupEgress',
  'RevokeSecurityGroupIngress',
] as const;

/** Calls after which rules of any group may be stale. */
export const TOPOLOGY_EVENTS = [
  'DeleteTransitGateway',
  'DeleteTransitGatewayVpcAttachment',
  'DeleteVpcPeeringConnection',
  'DisassociateSecurityGroupVpc',
  'ModifyTransitGateway',
  'ModifyTransitGatewayVpcAttachment',
] as const;

export type TopologyEvent = typeof TOPOLOGY_EVENTS[number];

type Reacting = Parameters<typeof looksAtRules>[0] & Pick<Configuration, 'changeTrigger' | 'staleRules'>;

/** Returns the calls that matter to a configuration. @param configuration encoded or decoded */
export function changeEvents(configuration: Reacting): string[] {
  return [...GROUP_EVENTS, ...reactsToTopology(configuration) ? TOPOLOGY_EVENTS : []];
}
