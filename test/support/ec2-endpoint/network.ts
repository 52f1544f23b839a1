/**
 * The network that the EC2 endpoint serves: plain mutable state, with builders that fill in what a test does not give.
 * Staleness is not part of it; staleness.ts derives it from groups and peerings, as AWS documents it.
 */
import type { Xml } from './xml';

export type Tags = Record<string, string>;

export interface Vpc {
  vpcId: string;
  cidrBlock: string;
  isDefault: boolean;
  ownerId: string;
  tags: Tags;
}

export interface SecurityGroup {
  groupId: string;
  groupName: string;
  description: string;
  vpcId: string;
  ownerId: string;
  tags: Tags;
}

/** How a rule reaches a group in another VPC. */
export type ReferencePath = 'peering' | 'transit-gateway' | 'association';

export interface GroupReference {
  groupId: string;
  /** The VPC and account of the group, which EC2 remembers after the group is gone. */
  vpcId?: string;
  userId?: string;
  path: ReferencePath;
  /** Whether the transit gateway or the association still exists. Their own states have no effect on it. */
  pathExists: boolean;
  /** The peering connection over which the rule was created. */
  vpcPeeringConnectionId?: string;
}

export interface SecurityGroupRule {
  securityGroupRuleId: string;
  groupId: string;
  isEgress: boolean;
  ipProtocol: string;
  fromPort?: number;
  toPort?: number;
  cidrIpv4?: string;
  cidrIpv6?: string;
  prefixListId?: string;
  reference?: GroupReference;
  description?: string;
  tags: Tags;
}

/** The fields of a rule that a test gives, with exactly one source. */
export type RuleSpecification = Partial<Omit<SecurityGroupRule, 'reference'>> & {
  reference?: Partial<GroupReference> & { groupId: string };
};

export interface VpcPeeringConnection {
  vpcPeeringConnectionId: string;
  requester: { vpcId: string; ownerId: string };
  accepter: { vpcId: string; ownerId: string };
  status: 'active' | 'deleted' | 'pending-acceptance' | 'rejected' | 'expired';
}

export interface TransitGateway {
  transitGatewayId: string;
  ownerId: string;
  /** A deleted one is visible for a while. */
  state: 'pending' | 'available' | 'modifying' | 'deleting' | 'deleted';
  securityGroupReferencingSupport: 'enable' | 'disable';
  tags: Tags;
}

export interface TransitGatewayAttachment {
  transitGatewayAttachmentId: string;
  transitGatewayId: string;
  vpcId: string;
  vpcOwnerId: string;
  state: 'initiating' | 'initiatingRequest' | 'pendingAcceptance' | 'rollingBack' | 'pending' | 'available'
  | 'modifying' | 'deleting' | 'deleted' | 'failed' | 'rejected' | 'rejecting' | 'failing';
  securityGroupReferencingSupport: 'enable' | 'disable';
  tags: Tags;
}

/** The association of a security group with a second VPC. */
export interface SecurityGroupVpcAssociation {
  groupId: string;
  groupOwnerId: string;
  vpcId: string;
  vpcOwnerId: string;
  state: 'associating' | 'associated' | 'association-failed' | 'disassociating' | 'disassociated'
  | 'disassociation-failed';
}

export interface VpcEndpoint {
  vpcEndpointId: string;
  vpcEndpointType: 'Interface' | 'Gateway' | 'GatewayLoadBalancer' | 'Resource' | 'ServiceNetwork' | 'Tunnel';
  vpcId: string;
  serviceName: string;
  state: 'pendingAcceptance' | 'pending' | 'available' | 'deleting' | 'deleted' | 'rejected' | 'failed';
  /** The security groups of its network interfaces. EC2 answers the list of a gateway endpoint empty. */
  groupIds?: string[];
  routeTableIds?: string[];
  subnetIds?: string[];
  networkInterfaceIds?: string[];
  dnsEntries?: Array<{ dnsName: string; hostedZoneId: string }>;
  policyDocument?: string;
  privateDnsEnabled?: boolean;
  requesterManaged?: boolean;
  ipAddressType?: 'ipv4' | 'dualstack' | 'ipv6';
  serviceRegion?: string;
  creationTimestamp: Date;
  ownerId: string;
  tags: Tags;
}

export interface PrefixListEntry {
  cidr: string;
  description?: string;
}

export interface PrefixList {
  prefixListId: string;
  prefixListName: string;
  addressFamily: 'IPv4' | 'IPv6';
  state: PrefixListState;
  stateMessage?: string;
  /** AWS's own lists have neither. */
  version?: number;
  maxEntries?: number;
  /** An account, or `AWS`. */
  ownerId: string;
  /** The accounts with which the owner shares the list. */
  sharedWith: string[];
  entries: PrefixListEntry[];
  /** The entries of earlier versions. */
  earlier: Map<number, PrefixListEntry[]>;
  tags: Tags;
}

export type PrefixListState = `${'create' | 'modify' | 'restore' | 'delete'}-${'in-progress' | 'complete' | 'failed'}`;

export interface NetworkInterface {
  networkInterfaceId: string;
  groupIds: string[];
  vpcId: string;
  subnetId: string;
  status: 'available' | 'in-use' | 'attaching' | 'detaching' | 'associated' | 'pending';
  interfaceType: string;
  description: string;
  ownerId: string;
  /** Whether an AWS service manages it, and the account has set such resources to hidden. */
  isHidden: boolean;
  tags: Tags;
}

export interface Telemetry {
  outsideIpAddress: string;
  status?: string;
  statusMessage?: string;
  acceptedRouteCount?: number;
  lastStatusChange?: Date;
  certificateArn?: string;
}

export interface VpnConnection {
  vpnConnectionId: string;
  state: 'pending' | 'available' | 'deleting' | 'deleted';
  category: string;
  type: string;
  customerGatewayId: string;
  vpnGatewayId?: string;
  transitGatewayId?: string;
  vpnConcentratorId?: string;
  coreNetworkArn?: string;
  coreNetworkAttachmentArn?: string;
  gatewayAssociationState?: string;
  bgpAsn?: string;
  staticRoutesOnly: boolean;
  staticRoutes: string[];
  /** Secrets that every describe call of the connection returns. */
  customerGatewayConfiguration: string;
  preSharedKey: string;
  telemetry: Telemetry[];
  tags: Tags;
}

/** A launch template. Its versions are numbered from 1. */
export interface LaunchTemplate {
  launchTemplateId: string;
  launchTemplateName: string;
  defaultVersion: number;
  /** Whether an AWS service manages it, so that EC2 shows it only if asked to. */
  isHidden?: boolean;
  versions: LaunchTemplateVersion[];
}

/** The security groups of a version of a launch template. */
export interface LaunchTemplateVersion {
  groupIds?: string[];
  groupNames?: string[];
  interfaceGroupIds?: string[];
}

/** Resources that name security groups, as EC2 answers about them. */
export interface HeldByEc2 {
  readonly spotFleets: Xml[];
  readonly spotInstances: Xml[];
  readonly fleets: Xml[];
  readonly clientVpnEndpoints: Xml[];
  readonly instanceConnectEndpoints: Xml[];
  readonly verifiedAccessEndpoints: Xml[];
}

/** A reference from a security group of another VPC. */
export interface SecurityGroupReference {
  groupId: string;
  referencingVpcId: string;
  vpcPeeringConnectionId?: string;
}

export class Network {
  public readonly vpcs = new Map<string, Vpc>();
  public readonly groups = new Map<string, SecurityGroup>();
  public readonly rules = new Map<string, SecurityGroupRule>();
  public readonly peerings = new Map<string, VpcPeeringConnection>();
  public readonly transitGateways = new Map<string, TransitGateway>();
  public readonly transitGatewayAttachments = new Map<string, TransitGatewayAttachment>();
  public readonly associations: SecurityGroupVpcAssociation[] = [];
  public readonly vpcEndpoints = new Map<string, VpcEndpoint>();
  public readonly vpnConnections = new Map<string, VpnConnection>();
  public readonly prefixLists = new Map<string, PrefixList>();
  public readonly networkInterfaces = new Map<string, NetworkInterface>();
  public readonly launchTemplates = new Map<string, LaunchTemplate>();
  public readonly referencesOfOthers: SecurityGroupReference[] = [];
  public readonly heldByEc2: HeldByEc2 = {
    spotFleets: [], spotInstances: [], fleets: [], clientVpnEndpoints: [], instanceConnectEndpoints: [],
    verifiedAccessEndpoints: [],
  };


  // Indexes, because a network with a hundred thousand rules must not be searched for each call.
  private readonly groupIdsByVpc = new Map<string, Set<string>>();
  private readonly ruleIdsByGroup = new Map<string, Set<string>>();

  /**
   * @param rulesPerGroup the quota of rules per group and direction, for IPv4 and for IPv6 each; builders ignore it
   * @param lastId the number after which ids begin, so that two networks have different ones
   */
  constructor(
    public readonly accountId = '111122223333',
    public readonly region = 'eu-central-1',
    public rulesPerGroup = 60,
    private lastId = 0,
  ) {}

  public addVpc(vpc: Partial<Vpc> = {}): Vpc {
    return keep(this.vpcs, 'vpcId', {
      vpcId: this.newId('vpc'),
      cidrBlock: '10.0.0.0/16',
      isDefault: false,
      ownerId: this.accountId,
      tags: {},
      ...vpc,
    });
  }

  public deleteVpc(vpcId: string): void {
    for (const [id, endpoint] of this.vpcEndpoints) if (endpoint.vpcId === vpcId) this.vpcEndpoints.delete(id);
    for (const { groupId } of this.groupsOf(vpcId)) this.deleteSecurityGroup(groupId);
    this.vpcs.delete(vpcId);
  }

  public addSecurityGroup(group: Partial<SecurityGroup> & { vpcId: string }): SecurityGroup {
    const groupId = group.groupId ?? this.newId('sg');
    const ids = this.groupIdsByVpc.get(group.vpcId) ?? new Set();
    this.groupIdsByVpc.set(group.vpcId, ids.add(groupId));
    return keep(this.groups, 'groupId', {
      groupId,
      groupName: groupId,
      description: 'made for a test',
      ownerId: this.accountId,
      tags: {},
      ...group,
    });
  }

  public groupsOf(vpcId: string): SecurityGroup[] {
    return [...(this.groupIdsByVpc.get(vpcId) ?? [])].flatMap(id => this.groups.get(id) ?? []);
  }

  /** Deletes the group with its rules. Rules of other groups that refer to it remain. */
  public deleteSecurityGroup(groupId: string): void {
    for (const { securityGroupRuleId } of this.rulesOf(groupId)) this.removeRule(securityGroupRuleId);
    this.groups.delete(groupId);
  }

  public addIngress(groupId: string, rule: RuleSpecification = {}): SecurityGroupRule {
    return this.addRule({ ...rule, groupId, isEgress: false });
  }

  public addEgress(groupId: string, rule: RuleSpecification = {}): SecurityGroupRule {
    return this.addRule({ ...rule, groupId, isEgress: true });
  }

  public modifyRule(securityGroupRuleId: string, { reference, ...changes }: RuleSpecification): SecurityGroupRule {
    const rule = this.rules.get(securityGroupRuleId);
    if (!rule) throw new Error(`The network has no rule ${securityGroupRuleId}`);
    return Object.assign(rule, changes, { reference: reference && this.referenceFrom(rule.groupId, reference) });
  }

  public removeRule(securityGroupRuleId: string): void {
    const rule = this.rules.get(securityGroupRuleId);
    if (rule) this.ruleIdsByGroup.get(rule.groupId)?.delete(securityGroupRuleId);
    this.rules.delete(securityGroupRuleId);
  }

  public rulesOf(groupId: string): SecurityGroupRule[] {
    return [...(this.ruleIdsByGroup.get(groupId) ?? [])].flatMap(id => this.rules.get(id) ?? []);
  }

  public addPeering(
    requesterVpcId: string,
    accepterVpcId: string,
    peering: Partial<VpcPeeringConnection> = {},
  ): VpcPeeringConnection {
    const side = (vpcId: string): { vpcId: string; ownerId: string } => ({
      vpcId,
      ownerId: this.vpcs.get(vpcId)?.ownerId ?? this.accountId,
    });
    return keep<'vpcPeeringConnectionId', VpcPeeringConnection>(this.peerings, 'vpcPeeringConnectionId', {
      vpcPeeringConnectionId: this.newId('pcx'),
      requester: side(requesterVpcId),
      accepter: side(accepterVpcId),
      status: 'active',
      ...peering,
    });
  }

  public deletePeering(vpcPeeringConnectionId: string): void {
    const peering = this.peerings.get(vpcPeeringConnectionId);
    if (peering) peering.status = 'deleted';
  }

  public addTransitGateway(gateway: Partial<TransitGateway> = {}): TransitGateway {
    return keep<'transitGatewayId', TransitGateway>(this.transitGateways, 'transitGatewayId', {
      transitGatewayId: this.newId('tgw'),
      ownerId: this.accountId,
      state: 'available',
      securityGroupReferencingSupport: 'disable',
      tags: {},
      ...gateway,
    });
  }

  public addTransitGatewayAttachment(
    transitGatewayId: string, vpcId: string, attachment: Partial<TransitGatewayAttachment> = {},
  ): TransitGatewayAttachment {
    return keep<'transitGatewayAttachmentId', TransitGatewayAttachment>(
      this.transitGatewayAttachments, 'transitGatewayAttachmentId', {
        transitGatewayAttachmentId: this.newId('tgw-attach'),
        transitGatewayId,
        vpcId,
        vpcOwnerId: this.vpcs.get(vpcId)?.ownerId ?? this.accountId,
        state: 'available',
        securityGroupReferencingSupport: 'enable',
        tags: {},
        ...attachment,
      });
  }

  public addAssociation(
    groupId: string, vpcId: string, association: Partial<SecurityGroupVpcAssociation> = {},
  ): SecurityGroupVpcAssociation {
    const added: SecurityGroupVpcAssociation = {
      groupId,
      groupOwnerId: this.groups.get(groupId)?.ownerId ?? this.accountId,
      vpcId,
      vpcOwnerId: this.vpcs.get(vpcId)?.ownerId ?? this.accountId,
      state: 'associated',
      ...association,
    };
    this.associations.push(added);
    return added;
  }

  /** @param groupIds of its network interfaces */
  public addInterfaceEndpoint(vpcId: string, groupIds: string[], endpoint: Partial<VpcEndpoint> = {}): VpcEndpoint {
    return this.addVpcEndpoint({
      vpcEndpointType: 'Interface', vpcId, serviceName: `com.amazonaws.${this.region}.ec2`, groupIds,
      ipAddressType: 'ipv4', privateDnsEnabled: true, routeTableIds: [], subnetIds: [this.newId('subnet')],
      networkInterfaceIds: [this.newId('eni')], ...endpoint,
    });
  }

  /** It has no network interface, and so no security group. */
  public addGatewayEndpoint(vpcId: string, endpoint: Partial<VpcEndpoint> = {}): VpcEndpoint {
    return this.addVpcEndpoint({
      vpcEndpointType: 'Gateway', vpcId, serviceName: `com.amazonaws.${this.region}.dynamodb`, groupIds: [],
      privateDnsEnabled: false, routeTableIds: [this.newId('rtb')], subnetIds: [], networkInterfaceIds: [], ...endpoint,
    });
  }

  public addVpcEndpoint(
    endpoint: Partial<VpcEndpoint> & Pick<VpcEndpoint, 'vpcEndpointType' | 'vpcId' | 'serviceName'>,
  ): VpcEndpoint {
    return keep<'vpcEndpointId', VpcEndpoint>(this.vpcEndpoints, 'vpcEndpointId', {
      vpcEndpointId: this.newId('vpce'),
      state: 'available',
      creationTimestamp: new Date('2025-01-01T00:00:00Z'),
      ownerId: this.accountId,
      tags: {},
      ...endpoint,
    });
  }

  public addPrefixList(cidrs: readonly string[], list: Partial<PrefixList> = {}): PrefixList {
    const prefixListId = list.prefixListId ?? this.newId('pl');
    return keep<'prefixListId', PrefixList>(this.prefixLists, 'prefixListId', {
      prefixListId,
      prefixListName: prefixListId,
      addressFamily: cidrs[0]?.includes(':') ? 'IPv6' : 'IPv4',
      state: 'create-complete',
      ...(list.ownerId !== 'AWS' && { version: 1, maxEntries: Math.max(1, cidrs.length) }),
      ownerId: this.accountId,
      sharedWith: [],
      entries: cidrs.map(cidr => ({ cidr })),
      earlier: new Map(),
      tags: {},
      ...list,
    });
  }

  /** Replaces the entries. Unless the list is one of AWS, that is a new version. */
  public modifyPrefixList(prefixListId: string, cidrs: readonly string[]): void {
    const list = this.prefixLists.get(prefixListId);
    if (!list) throw new Error(`The network has no prefix list ${prefixListId}`);
    if (list.version !== undefined) {
      list.earlier.set(list.version, list.entries);
      list.version += 1;
    }
    Object.assign(list, { state: 'modify-complete', entries: cidrs.map(cidr => ({ cidr })) });
  }

  public addNetworkInterface(groupIds: string[], networkInterface: Partial<NetworkInterface> = {}): NetworkInterface {
    return keep<'networkInterfaceId', NetworkInterface>(this.networkInterfaces, 'networkInterfaceId', {
      networkInterfaceId: this.newId('eni'),
      groupIds,
      vpcId: this.groups.get(groupIds[0])?.vpcId ?? this.newId('vpc'),
      subnetId: this.newId('subnet'),
      status: 'in-use',
      interfaceType: 'interface',
      description: '',
      ownerId: this.accountId,
      isHidden: false,
      tags: {},
      ...networkInterface,
    });
  }

  public addVpnConnection(connection: Partial<VpnConnection> = {}): VpnConnection {
    const vpnConnectionId = connection.vpnConnectionId ?? this.newId('vpn');
    const preSharedKey = connection.preSharedKey ?? `pre-shared-key-of-${vpnConnectionId}`;
    return keep(this.vpnConnections, 'vpnConnectionId', {
      vpnConnectionId,
      preSharedKey,
      state: 'available',
      category: 'VPN',
      type: 'ipsec.1',
      customerGatewayId: this.newId('cgw'),
      bgpAsn: '65000',
      staticRoutesOnly: false,
      staticRoutes: [],
      customerGatewayConfiguration: `<vpn_connection id="${vpnConnectionId}"><ike><pre_shared_key>${preSharedKey}</pre_shared_key></ike></vpn_connection>`,
      telemetry: [],
      tags: {},
      ...connection,
    });
  }

  /** Returns every rule as plain data, sorted by id, to compare before and after. */
  public snapshot(): SecurityGroupRule[] {
    return structuredClone(
      [...this.rules.values()].sort((a, b) => (a.securityGroupRuleId < b.securityGroupRuleId ? -1 : 1)),
    );
  }

  public newId(prefix: string): string {
    this.lastId += 1;
    return `${prefix}-0${this.lastId.toString(16).padStart(16, '0')}`;
  }

  private addRule(rule: RuleSpecification & { groupId: string; isEgress: boolean }): SecurityGroupRule {
    const { reference, ...rest } = rule;
    const hasSource = [rule.cidrIpv4, rule.cidrIpv6, rule.prefixListId, reference].some(source => source !== undefined);
    const added = keep(this.rules, 'securityGroupRuleId', {
      securityGroupRuleId: this.newId('sgr'),
      ipProtocol: 'tcp',
      tags: {},
      ...(rule.ipProtocol === undefined && { fromPort: 443, toPort: 443 }),
      ...(!hasSource && { cidrIpv4: '10.0.0.0/8' }),
      ...rest,
      ...(reference && { reference: this.referenceFrom(rule.groupId, reference) }),
    });
    const ids = this.ruleIdsByGroup.get(rule.groupId) ?? new Set();
    this.ruleIdsByGroup.set(rule.groupId, ids.add(added.securityGroupRuleId));
    return added;
  }

  /** Returns what EC2 remembers about a reference when the rule is created. */
  private referenceFrom(groupId: string, reference: Partial<GroupReference> & { groupId: string }): GroupReference {
    const [from, to] = [this.groups.get(groupId), this.groups.get(reference.groupId)];
    const vpcId = reference.vpcId ?? to?.vpcId;
    const peering = [...this.peerings.values()].find(
      ({ requester, accepter, status }) =>
        status === 'active'
        && [requester.vpcId, accepter.vpcId].every(each => each === vpcId || each === from?.vpcId)
        && vpcId !== from?.vpcId,
    );
    return {
      path: 'peering',
      pathExists: true,
      vpcId,
      userId: to?.ownerId,
      vpcPeeringConnectionId: peering?.vpcPeeringConnectionId,
      ...reference,
    };
  }
}

function keep<K extends string, T extends Record<K, string>>(map: Map<string, T>, key: K, value: T): T {
  map.set(value[key], value);
  return value;
}
