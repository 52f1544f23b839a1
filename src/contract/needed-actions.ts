/**
 * The EC2 actions that a configuration needs, each with its reason. The permissions of the function are derived from
 * them, and the preflight tries them.
 */
import {
  Configuration, FlaggedIngressRule, FlaggedIngressRuleConfiguration, isToRevoke, looksAtRules, provesRules,
  reactsToTopology, revokesAnything,
} from './configuration';
import { dependsOnGroupUse, dependsOnPrefixLists } from './depends-on';

/** The actions that show whether a change that may make rules stale has taken effect. */
type TopologyRead =
  'DescribeVpcPeeringConnections' | 'DescribeTransitGateways' | 'DescribeTransitGatewayVpcAttachments';

type NeededRead =
  | 'DescribeSecurityGroupRules' | 'DescribeSecurityGroups' | 'DescribeVpcs' | 'DescribeStaleSecurityGroups'
  | 'DescribeVpnConnections' | 'DescribeVpcEndpoints' | 'DescribeManagedPrefixLists' | 'GetManagedPrefixListEntries'
  | 'DescribeNetworkInterfaces' | 'DescribeSecurityGroupVpcAssociations' | TopologyRead;
type NeededChange = 'RevokeSecurityGroupIngress' | 'AuthorizeSecurityGroupIngress';

/** An EC2 action, without its prefix. */
export type NeededAction = NeededRead | NeededChange;

export const ec2Action = (action: NeededAction): string => `ec2:${action}`;

/** The actions that show what is under way in CloudFormation, and whether a trail makes changes known at all. */
export const CHANGE_TRIGGER_READS = {
  stacks: ['cloudformation:DescribeStacks'],
  trails: ['cloudtrail:DescribeTrails'],
  trail: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus'],
} as const;

interface Declaring {
  readonly flaggedIngressRules: ReadonlyArray<FlaggedIngressRuleConfiguration | FlaggedIngressRule>;
}

type Reading = Pick<Configuration, 'staleRules' | 'vpcIds' | 'functionNetwork' | 'changeTrigger'> & Declaring & {
  readonly vpnConnections: Pick<Configuration['vpnConnections'], 'kind'>;
};

type Changing = Omit<Parameters<typeof revokesAnything>[0], 'flaggedIngressRules'>
  & Declaring & Pick<Configuration, 'allowRestore'>;

/** @param configuration encoded or decoded */
export function neededReads(configuration: Reading): NeededRead[] {
  const { flaggedIngressRules } = configuration;
  return [
    // Needed even if no rules are looked at, to settle what an earlier configuration left open or half done.
    'DescribeSecurityGroupRules',
    // A sweep or a restore needs the group of a rule and its VPC, too.
    ...looksAtRules(configuration) ? ['DescribeSecurityGroups', 'DescribeVpcs'] as const : [],
    // Only EC2 knows which rules are stale.
    ...configuration.staleRules !== 'ignore' ? ['DescribeStaleSecurityGroups'] as const : [],
    // The rules of a VPC with an associated group do not prove that none is stale. A sweep that follows a change of an
    // association waits until EC2 shows it.
    ...provesRules(configuration) || reactsToTopology(configuration)
      ? ['DescribeSecurityGroupVpcAssociations'] as const
      : [],
    // The function must keep the rules through which it reaches AWS.
    ...looksAtRules(configuration) && configuration.functionNetwork ? ['DescribeVpcEndpoints'] as const : [],
    // The entries of a prefix list decide whether a rule is flagged, or what replaces it.
    ...flaggedIngressRules.some(dependsOnPrefixLists)
      ? ['DescribeManagedPrefixLists', 'GetManagedPrefixListEntries'] as const
      : [],
    // A default group that a network interface uses keeps its rules.
    ...flaggedIngressRules.some(dependsOnGroupUse) ? ['DescribeNetworkInterfaces'] as const : [],
    ...configuration.vpnConnections.kind !== 'none' ? ['DescribeVpnConnections'] as const : [],
    // A sweep that follows such a change waits until EC2 shows it.
    ...reactsToTopology(configuration)
      ? ['DescribeVpcPeeringConnections', 'DescribeTransitGateways', 'DescribeTransitGatewayVpcAttachments'] as const
      : [],
  ];
}

/** @param configuration encoded or decoded */
export function neededChanges(configuration: Changing): NeededChange[] {
  return [
    ...revokesAnything(configuration) ? ['RevokeSecurityGroupIngress'] as const : [],
    // Restoring needs it even if nothing is revoked, because the ledger may hold rules that an earlier configuration
    // revoked. Narrower rules are added before a broad one is revoked.
    ...configuration.allowRestore || replacesAnything(configuration) ? ['AuthorizeSecurityGroupIngress'] as const : [],
  ];
}

/**
 * Whether a configuration may replace rules by narrower ones.
 *
 * @param configuration encoded or decoded
 */
export function replacesAnything(configuration: Omit<Changing, 'allowRestore'>): boolean {
  return revokesAnything(configuration)
    && configuration.flaggedIngressRules.some(each => each.replaceWith !== undefined && isToRevoke(each));
}
