/** The findings of the checks, as plain data. */
import type { ReferencedGroup, SecurityGroupRule, StalePermission } from './network';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';

/** A check of security group rules. */
export type Check = 'stale' | 'flagged';

/**
 * Why a rule is stale. EC2 does not say so; the reason is inferred from its response.
 *
 * - `DELETED_PEERING`: the peering connection is no longer active
 * - `DELETED_GROUP`: the account of the referenced group is missing, which is so once a group is deleted
 * - `OTHER`: neither, for example because a transit gateway or a VPC association is gone
 */
export type StaleReason = 'DELETED_PEERING' | 'DELETED_GROUP' | 'OTHER';

export interface StaleRule {
  readonly direction: 'ingress' | 'egress';
  /** The VPC for which EC2 named the rule: that of its group, or one that the group is associated with. */
  readonly vpcId: string;
  /** Further VPCs for which EC2 named the rule. */
  readonly otherVpcIds?: readonly string[];
  readonly groupId: string;
  readonly groupName: string;
  readonly reason: StaleReason;
  readonly permission: StalePermission;
  /** Absent if no rule of the group matches what EC2 named, or if more than one does. */
  readonly rule?: SecurityGroupRule;
}

/** The fields of a reference that show why a rule is stale. */
export type StaleReference = Pick<Partial<ReferencedGroup>, 'peeringStatus' | 'userId'>;

/** A declaration that flags a rule: its name in the configuration, and the reason its author gave. */
export interface Declaration extends Pick<FlaggedIngressRule, 'name' | 'reason'> {
  /** The digest of the declaration. Absent in ledger entries of earlier versions. */
  readonly id?: string;
  /** The traffic that the rule admits and no exception does, in words. Absent if there are no exceptions. */
  readonly admits?: string;
  /** The traffic that the declaration allows, in words. Absent if it has no exceptions. */
  readonly allows?: string;
  /** The groups that the declaration is for, in words. Absent if it names one group, or is for every group. */
  readonly scope?: string;
}

export interface FlaggedRule {
  readonly rule: SecurityGroupRule;
  /**
   * `flagged`: proved. `undecided`: a declaration may match, but this cannot be proved, so the rule is not revoked for
   * it.
   */
  readonly verdict: 'flagged' | 'undecided';
  /** The declarations on which the verdict is based. */
  readonly declarations: readonly Declaration[];
  /** Further declarations that may match a flagged rule. Absent if there are none. */
  readonly undecided?: readonly Declaration[];
}

/** The results of the checks for one rule. `rule` is absent for a stale rule that could not be identified. */
export interface Finding {
  readonly groupId: string;
  readonly rule?: SecurityGroupRule;
  readonly stale?: StaleRule;
  readonly flagged?: FlaggedRule;
}

/** A finding whose rule is known. */
export type FoundRule = Finding & { readonly rule: SecurityGroupRule };

/** Why a rule was found: it is stale, declarations flag it, or declarations may match it. */
export interface Because {
  readonly stale?: string;
  readonly verdict?: 'flagged' | 'undecided';
  readonly declarations: readonly Declaration[];
}

/**
 * - `UP`: every tunnel is up
 * - `DEGRADED`: some tunnels are up, some are not
 * - `NO_ROUTES`: the connection uses BGP, a tunnel is up, and the tunnels that are up accept 0 routes
 * - `DOWN`: no tunnel is up
 * - `PENDING`: being created, so nothing to expect of its tunnels yet
 * - `MISSING`: named in the configuration, but deleted or never there; counts as down
 * - `UNKNOWN`: EC2 gives no telemetry, or a status it does not document; counts as something that could not be looked
 *   at
 */
export type VpnStatus = 'UP' | 'DEGRADED' | 'NO_ROUTES' | 'DOWN' | 'PENDING' | 'MISSING' | 'UNKNOWN';

export interface TunnelState {
  readonly outsideIpAddress: string;
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN';
  readonly statusMessage?: string;
  readonly acceptedRoutes?: number;
  readonly secondsSinceStatusChange?: number;
  /** ISO 8601 in UTC. */
  readonly lastStatusChange?: string;
}

export interface VpnConnectionState {
  readonly vpnConnectionId: string;
  /** The tag `Name`. */
  readonly name?: string;
  readonly status: VpnStatus;
  /** Down, and every tunnel without a change for the configured time. */
  readonly stale: boolean;
  readonly state?: string;
  /** The connection is attached to this: a virtual private gateway, a transit gateway, a core network, or nothing. */
  readonly gateway?: string;
  readonly customerGatewayId?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly TunnelState[];
}
