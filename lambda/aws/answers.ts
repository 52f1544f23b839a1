/**
 * Reduces EC2's responses to the fields that the ports define.
 *
 * The fields are an allow list, because a response of DescribeVpnConnections contains pre-shared keys, and future
 * fields may contain secrets, too. An item without a required value, such as its id, cannot be used. It counts as a
 * flaw, and never as an absent item.
 */
import type {
  DescribeManagedPrefixListsResult,
  DescribeNetworkInterfacesResult,
  DescribeSecurityGroupRulesResult,
  DescribeSecurityGroupsResult,
  DescribeSecurityGroupVpcAssociationsResult,
  DescribeStaleSecurityGroupsResult,
  DescribeVpcEndpointsResult,
  DescribeVpcsResult,
  DescribeVpnConnectionsResult,
  GetManagedPrefixListEntriesResult,
  RevokeSecurityGroupIngressResult,
  SecurityGroupRule as AnsweredRule,
  StaleIpPermission,
  Tag,
  VpnConnection as AnsweredConnection,
} from '@aws-sdk/client-ec2';
import { parseProtocol, TCP, UDP } from '../../src/contract/traffic';
import type {
  GroupAssociation,
  NetworkInterface,
  PrefixList,
  RevokeAnswer,
  SecurityGroup,
  SecurityGroupRule,
  StalePermission,
  StaleSecurityGroup,
  Tags,
  Vpc,
  VpcEndpoint,
  VpnConnection,
} from '../core/model/network';

/** The usable items of a response, and a description of each unusable one. */
export interface Readable<T> {
  readonly items: T[];
  readonly flaws: string[];
}

/** Treats an empty element like a missing one. */
const some = (text: string | undefined): string | undefined => text === '' ? undefined : text;

/**
 * Reads each item of a response. If `read` returns a text, the text says what the item lacks.
 *
 * @param answered an empty list if EC2 returned no items; undefined if the response has no list
 */
function readable<A, T>(answered: readonly A[] | undefined, read: (item: A) => T | string): Readable<T> {
  if (answered === undefined) return { items: [], flaws: ['no list'] };
  const items: T[] = [];
  const flaws: string[] = [];
  for (const each of answered) {
    const item = read(each);
    if (typeof item === 'string') flaws.push(item);
    else items.push(item);
  }
  return { items, flaws };
}

export function vpcs({ Vpcs }: DescribeVpcsResult): Readable<Vpc> {
  return readable(Vpcs, ({ VpcId, OwnerId }) =>
    VpcId ? { vpcId: VpcId, ownerId: some(OwnerId) } : 'a VPC without its id',
  );
}

export function securityGroups({ SecurityGroups }: DescribeSecurityGroupsResult): Readable<SecurityGroup> {
  return readable(SecurityGroups, ({ GroupId, GroupName = '', VpcId, OwnerId, Tags }) => {
    if (!GroupId) return 'a security group without its id';
    if (!VpcId) return `the security group ${GroupId} without its VPC`;
    if (lacksKey(Tags)) return `a tag of the security group ${GroupId} without its key`;
    return { groupId: GroupId, groupName: GroupName, vpcId: VpcId, ownerId: some(OwnerId), tags: tags(Tags) };
  });
}

export function groupAssociations({
  SecurityGroupVpcAssociations,
}: DescribeSecurityGroupVpcAssociationsResult): Readable<GroupAssociation> {
  return readable(SecurityGroupVpcAssociations, ({ GroupId, VpcId, State }) => {
    if (!GroupId) return 'an association without its security group';
    if (!VpcId) return `an association of the security group ${GroupId} without its VPC`;
    return { groupId: GroupId, vpcId: VpcId, state: some(State) };
  });
}

export function securityGroupRules({
  SecurityGroupRules,
}: DescribeSecurityGroupRulesResult): Readable<SecurityGroupRule> {
  return readable(SecurityGroupRules, securityGroupRule);
}

const PROTOCOLS_WITH_PORTS: ReadonlySet<unknown> = new Set([TCP, UDP]);

function securityGroupRule(rule: AnsweredRule): SecurityGroupRule | string {
  const { SecurityGroupRuleId, GroupId, IpProtocol, IsEgress, ReferencedGroupInfo: referenced } = rule;
  if (!SecurityGroupRuleId) return `a rule of ${GroupId || 'an unknown group'} without its id`;
  if (!GroupId) return `the rule ${SecurityGroupRuleId} without its group`;
  if (!IpProtocol || IsEgress === undefined) {
    return `the rule ${SecurityGroupRuleId} without its ${IpProtocol ? 'direction' : 'protocol'}`;
  }
  if (lacksKey(rule.Tags)) return `a tag of the rule ${SecurityGroupRuleId} without its key`;
  // A declaration may leave out ports to mean all of them, but EC2 never does. Without ports, the rule would seem to
  // allow more, and could not be restored.
  if (
    PROTOCOLS_WITH_PORTS.has(parseProtocol(IpProtocol))
    && (rule.FromPort === undefined || rule.ToPort === undefined)
  ) {
    return `the rule ${SecurityGroupRuleId} without its ports`;
  }
  return {
    securityGroupRuleId: SecurityGroupRuleId,
    groupId: GroupId,
    groupOwnerId: some(rule.GroupOwnerId),
    isEgress: IsEgress,
    ipProtocol: IpProtocol,
    fromPort: rule.FromPort,
    toPort: rule.ToPort,
    cidrIpv4: some(rule.CidrIpv4),
    cidrIpv6: some(rule.CidrIpv6),
    prefixListId: some(rule.PrefixListId),
    referencedGroup: referenced?.GroupId ? {
      groupId: referenced.GroupId,
      userId: some(referenced.UserId),
      vpcId: some(referenced.VpcId),
      vpcPeeringConnectionId: some(referenced.VpcPeeringConnectionId),
      peeringStatus: some(referenced.PeeringStatus),
    } : undefined,
    description: some(rule.Description),
    tags: tags(rule.Tags),
  };
}

export function staleSecurityGroups({
  StaleSecurityGroupSet,
}: DescribeStaleSecurityGroupsResult): Readable<StaleSecurityGroup> {
  const flaws: string[] = [];
  const { items, flaws: withoutId } = readable(
    StaleSecurityGroupSet,
    ({ GroupId, GroupName = '', StaleIpPermissions, StaleIpPermissionsEgress }) => {
      if (!GroupId) return 'a stale security group without its id';
      const of = (permissions: StaleIpPermission[] = []): StalePermission[] => permissions.flatMap(stalePermissions);
      const group = {
        groupId: GroupId,
        groupName: GroupName,
        ingress: of(StaleIpPermissions),
        egress: of(StaleIpPermissionsEgress),
      };
      if (group.ingress.length + group.egress.length === 0) {
        flaws.push(`the stale security group ${GroupId} without its stale rules`);
      }
      const unreferenced = [...group.ingress, ...group.egress].filter(
        ({ reference }) => reference.groupId === undefined,
      );
      flaws.push(...unreferenced.map(() => `a stale rule of ${GroupId} without the group that it refers to`));
      return group;
    },
  );
  return { items, flaws: [...withoutId, ...flaws] };
}

/**
 * A permission holds several references, and each is a rule. A permission without references still counts as one rule,
 * which nothing identifies.
 */
function stalePermissions({
  IpProtocol = '',
  FromPort,
  ToPort,
  UserIdGroupPairs = [],
}: StaleIpPermission): StalePermission[] {
  const pairs = UserIdGroupPairs.length > 0 ? UserIdGroupPairs : [{}];
  return pairs.map(({ GroupId, GroupName, UserId, VpcId, VpcPeeringConnectionId, PeeringStatus }) => ({
    ipProtocol: IpProtocol,
    fromPort: FromPort,
    toPort: ToPort,
    reference: {
      groupId: some(GroupId),
      groupName: GroupName,
      userId: some(UserId),
      vpcId: some(VpcId),
      vpcPeeringConnectionId: some(VpcPeeringConnectionId),
      peeringStatus: some(PeeringStatus),
    },
  }));
}

/** The endpoint types that have no security groups. AWS documents groups for every other type. */
const TYPES_WITHOUT_GROUPS: ReadonlySet<string | undefined> = new Set(['Gateway', 'GatewayLoadBalancer']);

export function vpcEndpoints({ VpcEndpoints }: DescribeVpcEndpointsResult): Readable<VpcEndpoint> {
  return readable(VpcEndpoints, ({ VpcEndpointId, VpcId, VpcEndpointType, Groups = [] }) => {
    if (!VpcEndpointId) return 'a VPC endpoint without its id';
    if (!VpcId) return `the VPC endpoint ${VpcEndpointId} without its VPC`;
    const groupIds = Groups.flatMap(({ GroupId }) => GroupId || []);
    if (groupIds.length < Groups.length) return `a security group of the VPC endpoint ${VpcEndpointId} without its id`;
    // EC2 gives an interface endpoint a default group, so an answer without groups is incomplete.
    if (groupIds.length === 0 && !TYPES_WITHOUT_GROUPS.has(VpcEndpointType)) {
      return `the VPC endpoint ${VpcEndpointId} without its security groups`;
    }
    return { vpcEndpointId: VpcEndpointId, vpcId: VpcId, groupIds };
  });
}

export function prefixLists({ PrefixLists }: DescribeManagedPrefixListsResult): Readable<PrefixList> {
  return readable(PrefixLists, ({ PrefixListId, State, Version, OwnerId }) => {
    if (!PrefixListId) return 'a prefix list without its id';
    if (!State) return `the prefix list ${PrefixListId} without its state`;
    return { prefixListId: PrefixListId, state: State, version: Version, ownerId: some(OwnerId) };
  });
}

export function prefixListEntries({ Entries }: GetManagedPrefixListEntriesResult): Readable<{ readonly cidr: string }> {
  return readable(Entries, ({ Cidr }) => Cidr ? { cidr: Cidr } : 'an entry of a prefix list without its CIDR block');
}

export function networkInterfaces({ NetworkInterfaces }: DescribeNetworkInterfacesResult): Readable<NetworkInterface> {
  return readable(NetworkInterfaces, ({ NetworkInterfaceId, Groups = [] }) => {
    if (!NetworkInterfaceId) return 'a network interface without its id';
    const groupIds = Groups.flatMap(({ GroupId }) => GroupId || []);
    if (groupIds.length === 0 || groupIds.length < Groups.length) {
      return `the network interface ${NetworkInterfaceId} without its security groups`;
    }
    return { networkInterfaceId: NetworkInterfaceId, groupIds };
  });
}

export function vpnConnections({ VpnConnections }: DescribeVpnConnectionsResult): Readable<VpnConnection> {
  return readable(VpnConnections, connection =>
    connection.VpnConnectionId
      ? vpnConnection(connection, connection.VpnConnectionId)
      : 'a VPN connection without its id',
  );
}

function vpnConnection(connection: AnsweredConnection, vpnConnectionId: string): VpnConnection {
  return {
    vpnConnectionId,
    state: connection.State,
    category: connection.Category,
    type: connection.Type,
    customerGatewayId: connection.CustomerGatewayId,
    vpnGatewayId: connection.VpnGatewayId,
    transitGatewayId: connection.TransitGatewayId,
    vpnConcentratorId: connection.VpnConcentratorId,
    coreNetworkArn: connection.CoreNetworkArn,
    coreNetworkAttachmentArn: connection.CoreNetworkAttachmentArn,
    gatewayAssociationState: connection.GatewayAssociationState,
    staticRoutesOnly: connection.Options?.StaticRoutesOnly,
    tunnels: (connection.VgwTelemetry ?? []).map(
      ({ OutsideIpAddress = '', Status, StatusMessage, AcceptedRouteCount, LastStatusChange }) => ({
        outsideIpAddress: OutsideIpAddress,
        status: Status,
        statusMessage: StatusMessage,
        // The SDK converts any text to a number, which may be NaN.
        acceptedRouteCount: Number.isFinite(AcceptedRouteCount) ? AcceptedRouteCount : undefined,
        lastStatusChange: LastStatusChange,
      }),
    ),
    tags: tags(connection.Tags),
  };
}

export function revokeAnswer({
  Return,
  UnknownIpPermissions = [],
  RevokedSecurityGroupRules,
}: RevokeSecurityGroupIngressResult): RevokeAnswer {
  if (Return === false) {
    throw Object.assign(new Error('EC2 answered that the request did not succeed'), { name: 'ReturnFalse' });
  }
  const { items, flaws } = readable(RevokedSecurityGroupRules ?? [], rule =>
    rule.SecurityGroupRuleId
      ? {
        securityGroupRuleId: rule.SecurityGroupRuleId,
        ipProtocol: rule.IpProtocol ?? '',
        fromPort: rule.FromPort,
        toPort: rule.ToPort,
        cidrIpv4: some(rule.CidrIpv4),
        cidrIpv6: some(rule.CidrIpv6),
        prefixListId: some(rule.PrefixListId),
        referencedGroupId: some(rule.ReferencedGroupId),
        description: some(rule.Description),
      }
      : 'a revoked rule without its id',
  );
  // If a rule of the list has no id, the list is not used, because it may not name all rules that were revoked.
  return {
    revokedRules: items.length > 0 && flaws.length === 0 ? items : undefined,
    unknownPermissions: UnknownIpPermissions.length,
  };
}

/** The tag without a key may be the exempt tag. */
const lacksKey = (list: readonly Tag[] = []): boolean => list.some(({ Key }) => !Key);

function tags(list: readonly Tag[] = []): Tags {
  return Object.fromEntries(list.flatMap(({ Key, Value = '' }) => Key === undefined ? [] : [[Key, Value]]));
}
