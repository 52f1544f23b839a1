/**
 * What the endpoint knows of a network: plain, mutable records in AWS's own words.
 */
export type Tags = Record<string, string>;

export interface Vpc {
  readonly vpcId: string;
  readonly ownerId: string;
  cidrBlock: string;
  isDefault: boolean;
  state: 'pending' | 'available';
  /** Whether a VPC of another account is shared with this one, so that this one can describe it. */
  isShared: boolean;
  tags: Tags;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly vpcId: string;
  readonly ownerId: string;
  groupName: string;
  description: string;
  tags: Tags;
}

/** The group a rule names as its peer. A group of another VPC is reached by a peering unless one of the last two says otherwise. */
export interface ReferencedGroup {
  groupId: string;
  userId?: string;
  vpcId?: string;
  /** The peering the rule was written over; a later one between the same VPCs takes its place. */
  vpcPeeringConnectionId?: string;
  transitGatewayId?: string;
  securityGroupVpcAssociationId?: string;
}

/** Exactly one of these is present: one rule is one source. */
export interface RuleSource {
  cidrIpv4?: string;
  cidrIpv6?: string;
  prefixListId?: string;
  referencedGroup?: ReferencedGroup;
}

export interface SecurityGroupRule extends RuleSource {
  readonly securityGroupRuleId: string;
  readonly groupId: string;
  isEgress: boolean;
  ipProtocol: string;
  fromPort: number;
  toPort: number;
  description?: string;
  tags: Tags;
}

export type PeeringStatus =
  'initiating-request' | 'pending-acceptance' | 'active' | 'deleted' | 'rejected' | 'failed' | 'expired' | 'provisioning' | 'deleting';

export interface VpcPeeringConnection {
  readonly vpcPeeringConnectionId: string;
  readonly requesterVpcId: string;
  readonly accepterVpcId: string;
  status: PeeringStatus;
  tags: Tags;
}

export interface TransitGateway {
  readonly transitGatewayId: string;
  readonly vpcIds: string[];
  isDeleted: boolean;
  securityGroupReferencingSupport: 'enable' | 'disable';
}

export interface SecurityGroupVpcAssociation {
  readonly securityGroupVpcAssociationId: string;
  readonly groupId: string;
  readonly vpcId: string;
  state: 'associated' | 'disassociated';
}

export interface PrefixList {
  readonly prefixListId: string;
  prefixListName: string;
  addressFamily: 'IPv4' | 'IPv6';
  maxEntries: number;
  ownerId: string;
  tags: Tags;
}

export interface TunnelOption {
  outsideIpAddress: string;
  tunnelInsideCidr?: string;
  tunnelInsideIpv6Cidr?: string;
  preSharedKey?: string;
  phase1LifetimeSeconds?: number;
  phase2LifetimeSeconds?: number;
  rekeyMarginTimeSeconds?: number;
  rekeyFuzzPercentage?: number;
  replayWindowSize?: number;
  dpdTimeoutSeconds?: number;
  dpdTimeoutAction?: string;
  phase1EncryptionAlgorithms?: string[];
  phase2EncryptionAlgorithms?: string[];
  phase1IntegrityAlgorithms?: string[];
  phase2IntegrityAlgorithms?: string[];
  phase1DHGroupNumbers?: number[];
  phase2DHGroupNumbers?: number[];
  ikeVersions?: string[];
  startupAction?: string;
  cloudWatchLogOptions?: {
    logEnabled?: boolean;
    logGroupArn?: string;
    logOutputFormat?: string;
    bgpLogEnabled?: boolean;
    bgpLogGroupArn?: string;
    bgpLogOutputFormat?: string;
  };
  enableTunnelLifecycleControl?: boolean;
}

export interface VpnConnectionOptions {
  enableAcceleration?: boolean;
  staticRoutesOnly?: boolean;
  localIpv4NetworkCidr?: string;
  remoteIpv4NetworkCidr?: string;
  localIpv6NetworkCidr?: string;
  remoteIpv6NetworkCidr?: string;
  outsideIpAddressType?: string;
  transportTransitGatewayAttachmentId?: string;
  tunnelInsideIpVersion?: 'ipv4' | 'ipv6';
  tunnelOptions?: TunnelOption[];
  tunnelBandwidth?: 'standard' | 'large';
}

export interface VgwTelemetry {
  outsideIpAddress: string;
  status: 'UP' | 'DOWN';
  acceptedRouteCount?: number;
  lastStatusChange?: Date;
  statusMessage?: string;
  certificateArn?: string;
}

export interface VpnStaticRoute {
  destinationCidrBlock: string;
  source?: 'Static';
  state: 'pending' | 'available' | 'deleting' | 'deleted';
}

export interface VpnConnection {
  readonly vpnConnectionId: string;
  state: 'pending' | 'available' | 'deleting' | 'deleted';
  type: string;
  category?: string;
  customerGatewayId: string;
  vpnGatewayId?: string;
  transitGatewayId?: string;
  vpnConcentratorId?: string;
  coreNetworkArn?: string;
  coreNetworkAttachmentArn?: string;
  gatewayAssociationState?: 'associated' | 'not-associated' | 'associating' | 'disassociating';
  customerGatewayConfiguration?: string;
  preSharedKeyArn?: string;
  options: VpnConnectionOptions;
  routes: VpnStaticRoute[];
  /** Absent as a whole when undefined; an empty list is answered as an empty list. */
  vgwTelemetry?: VgwTelemetry[];
  /** Not part of the answer; what the filter `bgp-asn` looks at. */
  bgpAsn?: number;
  tags: Tags;
}
