/**
 * The actions of EC2 that a configuration needs, each with why. The permissions of the function are made of them, and
 * the preflight tries them.
 */
import { Configuration, looksAtRules, revokesAnything } from './configuration';

type NeededRead =
  | 'DescribeSecurityGroupRules' | 'DescribeSecurityGroups' | 'DescribeVpcs' | 'DescribeStaleSecurityGroups'
  | 'DescribeVpnConnections' | 'DescribeVpcEndpoints';
type NeededChange = 'RevokeSecurityGroupIngress' | 'AuthorizeSecurityGroupIngress';

/** An action of EC2, without its prefix. */
export type NeededAction = NeededRead | NeededChange;

type Reading = Pick<Configuration, 'staleRules' | 'functionNetwork'> & {
  readonly flaggedIngressRules: readonly unknown[];
  readonly vpnConnections: Pick<Configuration['vpnConnections'], 'kind'>;
};

type Changing = Parameters<typeof revokesAnything>[0] & Pick<Configuration, 'allowRestore'>;

/** @param configuration encoded or decoded */
export function neededReads(configuration: Reading): NeededRead[] {
  return [
    // Also where no rules are looked at: what an earlier configuration has left open or half done is settled.
    'DescribeSecurityGroupRules',
    // Whoever looks at a rule, or restores one, needs its group, too, and the VPC of that.
    ...looksAtRules(configuration) ? ['DescribeSecurityGroups', 'DescribeVpcs'] as const : [],
    // EC2 alone knows which rules are stale.
    ...configuration.staleRules !== 'ignore' ? ['DescribeStaleSecurityGroups'] as const : [],
    // The function keeps the rules through which it reaches AWS.
    ...looksAtRules(configuration) && configuration.functionNetwork ? ['DescribeVpcEndpoints'] as const : [],
    ...configuration.vpnConnections.kind !== 'none' ? ['DescribeVpnConnections'] as const : [],
  ];
}

/** @param configuration encoded or decoded */
export function neededChanges(configuration: Changing): NeededChange[] {
  return [
    ...revokesAnything(configuration) ? ['RevokeSecurityGroupIngress'] as const : [],
    // Also where nothing is revoked: the ledger may hold rules that an earlier configuration revoked.
    ...configuration.allowRestore ? ['AuthorizeSecurityGroupIngress'] as const : [],
  ];
}
