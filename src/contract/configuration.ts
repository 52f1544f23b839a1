/**
 * The configuration, as the construct writes it and as the handler reads it.
 *
 * It travels in the custom resource alone, as one versioned JSON text. (Environment variables stop at 4 KB, and
 * CloudFormation turns loose properties into strings.) The custom resource writes it to the ledger. Every other run
 * reads it there, and checks it against the fingerprint in the environment of the function.
 */
import { Source, Traffic } from './traffic';

/** Raised with every change that an older handler or an older event would misread. */
export const CONTRACT_VERSION = 3;

/** How a live rule has to lie to the declared traffic to be flagged. */
export type Match = 'EXACT' | 'WITHIN' | 'COVERS';

/** What to do with stale rules. */
export type StaleRulesAction = 'ignore' | 'report' | 'revoke';

/** How long, and by how many sweeps without a break, a rule must have been seen stale before it is revoked. */
export interface Grace {
  readonly seconds: number;
  readonly sightings: number;
  /** When no sweep has looked for longer than this, a rule may have healed meanwhile: it starts over. */
  readonly maxGapSeconds: number;
}

/** Any source that is broad and in part globally reachable: its prefix is shorter than these. */
export interface InternetSource {
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
}

/** EC2's own IpPermission, as the AWS CLI writes it. */
export interface IpPermission {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly IpRanges?: Array<{ CidrIp: string; Description?: string }>;
  readonly Ipv6Ranges?: Array<{ CidrIpv6: string; Description?: string }>;
  readonly PrefixListIds?: Array<{ PrefixListId: string; Description?: string }>;
  readonly UserIdGroupPairs?: Array<{ GroupId: string; UserId?: string; Description?: string }>;
}

/** A flagged rule as it travels. */
export interface FlaggedIngressRuleConfiguration {
  /** Either a group, or `anyGroup`: that a group is missing must never mean any. */
  readonly groupId?: string;
  readonly anyGroup?: true;
  readonly match: Match;
  readonly reason?: string;
  /** Without sources when `fromInternet` is the source. */
  readonly ipPermissions: IpPermission[];
  readonly fromInternet?: InternetSource;
}

/** A filter of DescribeVpnConnections. */
export interface Filter {
  readonly name: string;
  readonly values: string[];
}

export interface VpnConnectionsConfiguration {
  readonly kind: 'none' | 'all' | 'withIds' | 'matching';
  readonly ids?: string[];
  readonly filters?: Filter[];
  readonly staleAfterSeconds?: number;
}

/** Where the function's network interfaces are. */
export interface FunctionNetwork {
  readonly vpcId: string;
  /** The security groups of the function itself. */
  readonly securityGroupIds: string[];
}

/** The configuration as it travels. */
export interface Configuration {
  readonly version: typeof CONTRACT_VERSION;
  /** The name of the construct. */
  readonly hygiene: string;
  readonly metricNamespace: string;
  /** The event bus that events go to: its name, or its ARN. */
  readonly eventBus: string;
  /** The SNS topic that is told of changes, in words; absent: none. */
  readonly notificationsTopicArn?: string;
  /** Whether to publish series per VPC, VPN connection and tunnel. */
  readonly resourceMetrics: boolean;
  /** Times EC2's documented request limits; absent: once. */
  readonly requestRateFactor?: number;
  /** When false, nothing is revoked by anything; everything else goes on. Absent: true. */
  readonly enabled?: boolean;
  readonly dryRun: boolean;
  /** Absent: every VPC of the account and Region. */
  readonly vpcIds?: string[];
  readonly staleRules: StaleRulesAction;
  /** Absent: a stale rule is revoked by the sweep that finds it. */
  readonly grace?: Grace;
  readonly flaggedIngressRules: FlaggedIngressRuleConfiguration[];
  /**
   * Each scheduled sweep opens an allowance of so many revocations, and all that runs until the next draws on it. A
   * full sweep that plans more revokes nothing.
   */
  readonly maxRevocationsPerSweep: number;
  /** How long after any change of the configuration nothing is revoked; 0: revoking starts at once. */
  readonly settleSeconds: number;
  /** Between two scheduled sweeps; absent: the schedule is no rate. */
  readonly scheduleSeconds?: number;
  /** Whether the function may restore rules, for the preflight to try. */
  readonly allowRestore: boolean;
  readonly exemptSecurityGroupIds: string[];
  /** Tag keys that exempt besides the one that always does. Absent: none. */
  readonly exemptTags?: string[];
  readonly vpnConnections: VpnConnectionsConfiguration;
  /**
   * Absent: the function is in no VPC. The function reaches AWS through the interface endpoints of its VPC, so their
   * security groups, and its own, are exempt.
   */
  readonly functionNetwork?: FunctionNetwork;
}

/** The traffic that a declared rule names. */
export type DeclaredTraffic = Omit<Traffic, 'source'> & {
  readonly source: Source | ({ readonly kind: 'internet' } & InternetSource);
};

/** A flagged rule as the handler reads it. */
export interface FlaggedIngressRule extends Omit<
  FlaggedIngressRuleConfiguration,
  'anyGroup' | 'ipPermissions' | 'fromInternet'
> {
  /** Its name in messages: `flaggedIngressRules[2]`. */
  readonly name: string;
  readonly traffic: DeclaredTraffic[];
}

/** The configuration as the handler reads it. */
export type DecodedConfiguration = Omit<Configuration, 'flaggedIngressRules' | 'enabled' | 'exemptTags'> & {
  readonly flaggedIngressRules: FlaggedIngressRule[];
  readonly enabled: boolean;
  readonly exemptTags: string[];
};

/** What of a configuration is about rules, be it encoded or decoded. */
type RuleChecks = Pick<Configuration, 'staleRules'> & { readonly flaggedIngressRules: readonly unknown[] };

/** Whether a configuration looks at security group rules. */
export function looksAtRules({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules !== 'ignore' || flaggedIngressRules.length > 0;
}

/** Whether a configuration tells to revoke anything, be it in a dry run. */
export function tellsToRevoke({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules === 'revoke' || flaggedIngressRules.length > 0;
}

/** Whether a configuration may revoke anything at all. */
export function revokesAnything(
  configuration: RuleChecks & Pick<Configuration, 'enabled' | 'dryRun' | 'maxRevocationsPerSweep'>,
): boolean {
  return (
    configuration.enabled !== false
    && !configuration.dryRun
    && configuration.maxRevocationsPerSweep > 0
    && tellsToRevoke(configuration)
  );
}
