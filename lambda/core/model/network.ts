/**
 * EC2's network, as plain data.
 *
 * Only the fields defined here are taken from EC2's responses. This matters most for VPN connections, whose responses
 * contain pre-shared keys.
 */
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';

export type Tags = Readonly<Record<string, string>>;

export interface Vpc {
  readonly vpcId: string;
  readonly ownerId?: string;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId?: string;
  readonly ownerId?: string;
  readonly tags: Tags;
}

/** The association of a security group with a VPC other than its own, in any state. */
export interface GroupAssociation {
  readonly groupId: string;
  readonly vpcId: string;
  /** Such as `associated` or `disassociating`. */
  readonly state?: string;
}

/** The group that a rule refers to. */
export interface ReferencedGroup {
  readonly groupId: string;
  readonly userId?: string;
  readonly vpcId?: string;
  readonly vpcPeeringConnectionId?: string;
  readonly peeringStatus?: string;
}

/** A rule with its one source, as DescribeSecurityGroupRules returns it. */
export interface SecurityGroupRule extends RuleTraffic {
  readonly securityGroupRuleId: string;
  readonly groupId: string;
  readonly groupOwnerId?: string;
  readonly isEgress: boolean;
  readonly referencedGroup?: ReferencedGroup;
  readonly description?: string;
  readonly tags: Tags;
}

/** A stale rule as DescribeStaleSecurityGroups returns it: without an id, and only with its reference. */
export interface StalePermission {
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  /** EC2 may leave out the group id. In that case the rule cannot be identified. */
  readonly reference: Partial<ReferencedGroup> & { readonly groupName?: string };
}

export interface StaleSecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly ingress: readonly StalePermission[];
  readonly egress: readonly StalePermission[];
}

export interface VpcEndpoint {
  readonly vpcEndpointId: string;
  readonly vpcId: string;
  /** Empty for endpoints that have no security groups, such as gateway endpoints. */
  readonly groupIds: readonly string[];
}

/** A managed prefix list: the account's own, one that another account shares, or one of AWS. */
export interface PrefixList {
  readonly prefixListId: string;
  /** Such as `modify-complete` or `modify-in-progress`. */
  readonly state: string;
  /** Every change of the entries raises it. AWS's own lists have none. */
  readonly version?: number;
  readonly ownerId?: string;
}

export interface PrefixListEntries {
  /** CIDR blocks. */
  readonly cidrs: readonly string[];
  /** Whether one response held all entries, so that the list cannot have changed in between. */
  readonly isOneAnswer: boolean;
}

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly groupIds: readonly string[];
}

export interface VpnTunnel {
  readonly outsideIpAddress: string;
  readonly status?: string;
  readonly statusMessage?: string;
  readonly acceptedRouteCount?: number;
  readonly lastStatusChange?: Date;
}

export interface VpnConnection {
  readonly vpnConnectionId: string;
  readonly state?: string;
  readonly category?: string;
  readonly type?: string;
  readonly customerGatewayId?: string;
  readonly vpnGatewayId?: string;
  readonly transitGatewayId?: string;
  readonly vpnConcentratorId?: string;
  readonly coreNetworkArn?: string;
  readonly coreNetworkAttachmentArn?: string;
  readonly gatewayAssociationState?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly VpnTunnel[];
  readonly tags: Tags;
}

/** A CloudFormation stack. */
export interface Stack {
  /** Such as `UPDATE_IN_PROGRESS`. */
  readonly status: string;
  /** The time at which the latest operation began, in ISO 8601 and UTC. Absent if it is not known. */
  readonly since?: string;
}

/** A trail of CloudTrail. */
export interface Trail {
  readonly arn: string;
  readonly name: string;
  /** Whether it is the trail of an organization. */
  readonly isOfOrganization: boolean;
}

/**
 * The calls of EC2 that a trail logs as management events: all changes, some of them, only calls that read, none of
 * EC2, or none at all.
 */
export type LoggedCalls = 'changes' | 'someChanges' | 'readsOnly' | 'noneOfEc2' | 'none';

/** Whether a trail logs the calls that change rules. */
export interface TrailReading {
  /** `unknown` if that cannot be told, such as for the trail of an organization. */
  readonly state: 'logs' | 'none' | 'unknown';
  readonly words: string;
}

/** A rule in the list of those that EC2 revoked. The list has no tags, and only the id of a referenced group. */
export type RevokedRule = Pick<
  SecurityGroupRule,
  | 'securityGroupRuleId'
  | 'ipProtocol'
  | 'fromPort'
  | 'toPort'
  | 'cidrIpv4'
  | 'cidrIpv6'
  | 'prefixListId'
  | 'description'
> & { readonly referencedGroupId?: string };

/** EC2's response to a revocation. Only reading the rules again proves it. */
export interface RevokeAnswer {
  /** Absent if EC2 does not list them. */
  readonly revokedRules?: readonly RevokedRule[];
  /** The number of permissions that EC2 did not find, and so did not revoke. */
  readonly unknownPermissions: number;
}

/** An EC2 action that the preflight can try. */
export type PreflightAction =
  | {
    readonly action:
      | 'DescribeVpcs' | 'DescribeSecurityGroups' | 'DescribeSecurityGroupRules' | 'DescribeVpnConnections'
      | 'DescribeVpcEndpoints' | 'DescribeManagedPrefixLists' | 'GetManagedPrefixListEntries'
      | 'DescribeNetworkInterfaces' | 'DescribeVpcPeeringConnections' | 'DescribeTransitGateways'
      | 'DescribeTransitGatewayVpcAttachments' | 'DescribeSecurityGroupVpcAssociations';
  }
  | { readonly action: 'DescribeStaleSecurityGroups'; readonly vpcId: string }
  | { readonly action: 'RevokeSecurityGroupIngress' | 'AuthorizeSecurityGroupIngress'; readonly groupId: string };
