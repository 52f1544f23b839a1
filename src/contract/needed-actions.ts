/**
 * The EC2 actions that a configuration needs, each with its reason. The permissions of the function are derived from
 * them, and the preflight tries them.
 */
import { Configuration, looksAtRules, revokesAnything } from './configuration';

type NeededRead =
  | 'DescribeSecurityGroupRules' | 'DescribeSecurityGroups' | 'DescribeVpcs' | 'DescribeStaleSecurityGroups'
  | 'DescribeVpnConnections' | 'DescribeVpcEndpoints' | 'DescribeManagedPrefixLists' | 'GetManagedPrefixListEntries'
  | 'DescribeNetworkInterfaces';
type NeededChange = 'RevokeSecurityGroupIngress' | 'AuthorizeSecurityGroupIngress';

/** An EC2 action, without its prefix. */
export type NeededAction = NeededRead | NeededChange;

type Reading = Pick<Configuration, 'staleRules' | 'functionNetwork'> & {
  readonly flaggedIngressRules: Parameters<typeof looksAtRules>[0]['flaggedIngressRules'];
  readonly vpnConnections: Pick<Configuration['vpnConnections'], 'kind'>;
};

type Changing = Parameters<typeof revokesAnything>[0] & Pick<Configuration, 'allowRestore'>;

/** @param configuration encoded or decoded */
export function neededReads(configuration: Reading): NeededRead[] {
  return [
    // Needed even if no rules are looked at, to settle what an earlier configuration left open or half done.
    'DescribeSecurityGroupRules',
    // A sweep or a restore needs the group of a rule and its VPC, too.
    ...looksAtRules(configuration) ? ['DescribeSecurityGroups', 'DescribeVpcs'] as const : [],
    // Only EC2 knows which rules are stale.
    ...configuration.staleRules !== 'ignore' ? ['DescribeStaleSecurityGroups'] as const : [],
    // The function must keep the rules through which it reaches AWS.
    ...looksAtRules(configuration) && configuration.functionNetwork ? ['DescribeVpcEndpoints'] as const : [],
    ...configuration.vpnConnections.kind !== 'none' ? ['DescribeVpnConnections'] as const : [],
  ];
}

/** @param configuration encoded or decoded */
export function neededChanges(configuration: Changing): NeededChange[] {
  return [
    ...revokesAnything(configuration) ? ['RevokeSecurityGroupIngress'] as const : [],
    // Needed even if nothing is revoked, because the ledger may hold rules that an earlier configuration revoked.
    ...configuration.allowRestore ? ['AuthorizeSecurityGroupIngress'] as const : [],
  ];
}
