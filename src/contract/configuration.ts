/**
 * The configuration, as the construct writes it and as the handler reads it.
 *
 * Only the custom resource carries it, as one versioned JSON text, because environment variables are limited to 4 KB
 * and CloudFormation turns separate properties into strings. The custom resource writes it to the ledger. Every other
 * run reads it there, and checks it against the fingerprint in the environment of the function.
 */
import { OrganizationConfiguration } from './organization';
import { RevocationWindowConfiguration } from './revocation-window';
import { Source, Traffic } from './traffic';

/** Raise this with every change that an older handler or an older event would misread. */
export const CONTRACT_VERSION = 3;

/** How a live rule must relate to the declared traffic to be flagged. */
export type Match = 'EXACT' | 'WITHIN' | 'COVERS' | 'OVERLAPS';

/** The treatment of stale rules. */
export type StaleRulesAction = 'ignore' | 'report' | 'revoke';

/**
 * The wait before a stale rule is revoked: how long, and in how many sweeps, it must have been seen without a break.
 */
export interface Grace {
  readonly seconds: number;
  readonly sightings: number;
  /** After a longer gap the wait starts over, because the rule may have healed in between. */
  readonly maxGapSeconds: number;
}

/**
 * A source is the internet if its prefix is shorter than these lengths and it contains globally reachable addresses.
 */
export interface InternetSource {
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
}

/** Applies if a declaration gives no prefix lengths. */
export const DEFAULT_INTERNET: InternetSource = { ipv4PrefixLength: 8, ipv6PrefixLength: 12 };

/** EC2's IpPermission, as the AWS CLI writes it. */
export interface IpPermission {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly IpRanges?: Array<{ CidrIp: string; Description?: string }>;
  readonly Ipv6Ranges?: Array<{ CidrIpv6: string; Description?: string }>;
  readonly PrefixListIds?: Array<{ PrefixListId: string; Description?: string }>;
  readonly UserIdGroupPairs?: Array<{ GroupId: string; UserId?: string; Description?: string }>;
}

/** The treatment of the rules that a declaration flags. */
export interface FlaggedActionConfiguration {
  readonly kind: 'report' | 'revoke';
  /** Absent: a flagged rule is revoked by the sweep that finds it. */
  readonly grace?: Grace;
  /** Whether a flagged rule may also be revoked outside the revocation window. Absent: false. */
  readonly anytime?: true;
}

/** The groups that have a tag with this key and one of these values. Both are compared exactly. */
export interface TaggedGroups {
  readonly key: string;
  readonly values: string[];
}

/** The default groups of VPCs. */
export interface DefaultGroups {
  /** Whether rules are revoked even if a network interface uses the group. */
  readonly evenInUse: boolean;
}

/** A peer that replaces a broader source. Exactly one of the members is set. */
export interface ReplacingPeer {
  readonly CidrIp?: string;
  readonly CidrIpv6?: string;
  readonly PrefixListId?: string;
}

/** A flagged rule, as the construct writes it. */
export interface FlaggedIngressRuleConfiguration {
  /** Exactly one of the next four is set, so that a missing group never means any group. */
  readonly groupId?: string;
  readonly anyGroup?: true;
  readonly defaultGroups?: DefaultGroups;
  readonly groupsTagged?: TaggedGroups;
  /** Groups to which the declaration does not apply. Absent: none. */
  readonly exceptGroupIds?: string[];
  readonly match: Match;
  readonly reason?: string;
  /** The permissions have no sources when one of the next three members gives the source. */
  readonly ipPermissions: IpPermission[];
  readonly fromInternet?: InternetSource;
  /** Every source that contains globally reachable addresses, however narrow. */
  readonly fromAnyPublicAddress?: true;
  /** Every source, of every kind. */
  readonly anySource?: true;
  /** The traffic that may stay. A permission without sources lets every source stay. Absent: none. */
  readonly except?: IpPermission[];
  /** Absent: revoke. */
  readonly action?: FlaggedActionConfiguration;
  /** The peers for which a flagged rule is replaced by narrower ones. Absent: it is revoked and not replaced. */
  readonly replaceWith?: ReplacingPeer[];
}

/** The approval of revocations by a person. */
export interface ApprovalConfiguration {
  /** The time after which an approval ends that no sweep has used. */
  readonly validSeconds: number;
}

/** When a rule that returns after it was revoked is no longer revoked. */
export interface ComesBackConfiguration {
  /** The number of revocations of the same traffic in the same group. */
  readonly revocations: number;
  /** The time in which they were made. A rule that has been absent for this long counts from the start. */
  readonly withinSeconds: number;
}

/** Applies if the configuration has no `comesBack`. */
export const DEFAULT_COMES_BACK: ComesBackConfiguration = { revocations: 3, withinSeconds: 86_400 };

/** A filter of DescribeVpnConnections. */
export interface Filter {
  readonly name: string;
  readonly values: string[];
}

/** How long, and in how many scheduled sweeps, nothing must have used a security group before it is reported. */
export interface UnusedSecurityGroupsConfiguration {
  readonly afterSeconds: number;
  readonly sightings: number;
}

export interface VpnConnectionsConfiguration {
  readonly kind: 'none' | 'all' | 'withIds' | 'matching';
  readonly ids?: string[];
  readonly filters?: Filter[];
  readonly staleAfterSeconds?: number;
}

/** The place of the function in a VPC. */
export interface FunctionNetwork {
  readonly vpcId: string;
  /** The security groups of the function itself. */
  readonly securityGroupIds: string[];
}

/** The configuration, as the construct writes it. */
export interface Configuration {
  readonly version: typeof CONTRACT_VERSION;
  /** The name of the construct. */
  readonly hygiene: string;
  readonly metricNamespace: string;
  /** The name or ARN of the event bus that receives the events. */
  readonly eventBus: string;
  /** The SNS topic that receives messages about changes. Absent: no messages. */
  readonly notificationsTopicArn?: string;
  /** `chat`: a message also has a form for chats. Absent: text only. */
  readonly notificationFormat?: 'chat';
  /** Whether to publish series per VPC, VPN connection, tunnel and keep reason, while they say something. */
  readonly resourceMetrics: boolean;
  /** The factor applied to EC2's documented request limits. Absent: 1. */
  readonly requestRateFactor?: number;
  /** Whether anything may be revoked; everything else continues either way. Absent: true. */
  readonly enabled?: boolean;
  readonly dryRun: boolean;
  /** Absent: every VPC of the account and Region. */
  readonly vpcIds?: string[];
  readonly staleRules: StaleRulesAction;
  /** Absent: a stale rule is revoked by the sweep that finds it. */
  readonly grace?: Grace;
  /** Whether a stale rule may also be revoked outside the revocation window. Absent: false. */
  readonly staleRulesAnytime?: true;
  readonly flaggedIngressRules: FlaggedIngressRuleConfiguration[];
  /** When rules may be revoked. Absent: at any time. */
  readonly revocationWindow?: RevocationWindowConfiguration;
  /** The time between the announcement of a revocation and the revocation. Absent: nothing is announced. */
  readonly finalNoticeSeconds?: number;
  /** Present if a person has to approve each revocation. */
  readonly approval?: ApprovalConfiguration;
  /** Absent: the default. `keepRevoking`: a rule is revoked however often it returns. */
  readonly comesBack?: ComesBackConfiguration | 'keepRevoking';
  /**
   * The number of revocations that one scheduled sweep, and all runs until the next, may make. If a full sweep plans
   * more, nothing is revoked.
   */
  readonly maxRevocationsPerSweep: number;
  /** The time after a change of the configuration in which nothing is revoked. 0 means that revoking starts at once. */
  readonly settleSeconds: number;
  /** The seconds between two scheduled sweeps. Absent: the schedule is not a rate. */
  readonly scheduleSeconds?: number;
  /** Whether the function may restore rules. The preflight tries the permission if so. */
  readonly allowRestore: boolean;
  readonly exemptSecurityGroupIds: string[];
  /** The tag keys that exempt, in addition to the built-in one. Absent: none. */
  readonly exemptTags?: string[];
  readonly vpnConnections: VpnConnectionsConfiguration;
  /** Absent: unused security groups are not looked for. */
  readonly unusedSecurityGroups?: UnusedSecurityGroupsConfiguration;
  /** Whether to import findings into Security Hub. Absent: no. */
  readonly securityHub?: true;
  /** The source of the events about changes, which trigger sweeps. Absent: no changes trigger sweeps. */
  readonly changeTrigger?: 'cloudTrail';
  /**
   * The VPC of the function. Absent: the function is in no VPC. The function reaches AWS through the interface
   * endpoints of its VPC, so the security groups of these endpoints and of the function are exempt.
   */
  readonly functionNetwork?: FunctionNetwork;
  /** Absent: the function sweeps its own account and Region. */
  readonly organization?: OrganizationConfiguration;
}

/** The traffic that a declared rule names. */
export type DeclaredTraffic = Omit<Traffic, 'source'> & {
  readonly source: Source | ({ readonly kind: 'internet' } & InternetSource) | { readonly kind: 'any' };
};

/** The groups that a declaration applies to. */
export type DeclaredGroups =
  | { readonly kind: 'named'; readonly groupId: string }
  | { readonly kind: 'any' }
  | ({ readonly kind: 'default' } & DefaultGroups)
  | ({ readonly kind: 'tagged' } & TaggedGroups);

/** A peer as the handler reads it. */
export type ReplacingSource = Extract<Source, { readonly kind: 'cidr' | 'prefixList' }>;

/** A flagged rule as the handler reads it. */
export interface FlaggedIngressRule {
  /**
   * A digest of the groups and the traffic. It stays the same if other declarations are added or removed, and if only
   * the reason or the action changes.
   */
  readonly id: string;
  /** The name used in messages, such as `flaggedIngressRules[2]`. */
  readonly name: string;
  readonly reason?: string;
  readonly groups: DeclaredGroups;
  readonly exceptGroupIds: readonly string[];
  readonly match: Match;
  readonly traffic: readonly DeclaredTraffic[];
  /** The traffic that may stay. */
  readonly except: readonly DeclaredTraffic[];
  readonly action: FlaggedActionConfiguration;
  readonly replaceWith?: readonly ReplacingSource[];
}

/** The configuration as the handler reads it. */
export type DecodedConfiguration = Omit<
  Configuration, 'flaggedIngressRules' | 'enabled' | 'exemptTags' | 'comesBack'
> & {
  readonly flaggedIngressRules: FlaggedIngressRule[];
  /** Absent: a rule is revoked however often it returns. */
  readonly comesBack?: ComesBackConfiguration;
  readonly enabled: boolean;
  readonly exemptTags: string[];
  /** Whether the account is not in `revokeIn`. A run of an organization sets it for each account; nothing brings it. */
  readonly isReportOnlyAccount?: true;
  /** Whether it is not known for certain that the account is not in `revokeIn`. */
  readonly isAccountInDoubt?: true;
};

/** The part of a configuration that concerns rules, encoded or decoded. */
type RuleChecks = Pick<Configuration, 'staleRules'> & {
  readonly flaggedIngressRules: ReadonlyArray<Pick<FlaggedIngressRuleConfiguration, 'action'>>;
};

/** Whether a configuration looks at security group rules. */
export function looksAtRules({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules !== 'ignore' || flaggedIngressRules.length > 0;
}

/** Whether a declaration wants flagged rules to be revoked, now or later. */
export const isToRevoke = ({ action }: Pick<FlaggedIngressRuleConfiguration, 'action'>): boolean =>
  action?.kind !== 'report';

/** Whether changes may make rules stale that the configuration looks for. */
export function reactsToTopology({ changeTrigger, staleRules }: Pick<Configuration, 'changeTrigger' | 'staleRules'>): boolean {
  return changeTrigger !== undefined && staleRules !== 'ignore';
}

/** The number of calls of DescribeStaleSecurityGroups that EC2 admits at once. */
const STALE_CALLS_AT_ONCE = 20;

/**
 * Whether the rules are to prove for most VPCs that none is stale. For a few VPCs that the configuration names, asking
 * EC2 about each takes less than a list of all rules.
 */
export function provesRules({ staleRules, vpcIds }: Pick<Configuration, 'staleRules' | 'vpcIds'>): boolean {
  return staleRules !== 'ignore' && (vpcIds === undefined || vpcIds.length > STALE_CALLS_AT_ONCE);
}

/** Whether a configuration declares anything to revoke, even in a dry run. */
export function tellsToRevoke({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules === 'revoke' || flaggedIngressRules.some(isToRevoke);
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

/**
 * Returns the configuration for an account of an organization in which nothing may be revoked.
 *
 * @param isInDoubt whether it is only not known that something may be revoked there
 */
export function reportOnly(configuration: DecodedConfiguration, isInDoubt = false): DecodedConfiguration {
  return { ...configuration, enabled: false, isReportOnlyAccount: true, ...isInDoubt && { isAccountInDoubt: true } };
}
