/**
 * Cuts EC2's answers down to what the ports name.
 *
 * A list of what is taken, not of what is left out: an answer to DescribeVpnConnections carries pre-shared keys, in fields of today and maybe of tomorrow.
 * What has no id is not usable and is left out.
 */
import type {
  DescribeSecurityGroupRulesResult, DescribeSecurityGroupsResult, DescribeStaleSecurityGroupsResult, DescribeVpcsResult, DescribeVpnConnectionsResult,
  RevokeSecurityGroupIngressResult, StaleIpPermission, Tag,
} from '@aws-sdk/client-ec2';
import type { RevokeAnswer, SecurityGroup, SecurityGroupRule, StalePermission, StaleSecurityGroup, Tags, Vpc, VpnConnection } from '../ports';

/** An empty element is as good as none. */
const some = (text: string | undefined): string | undefined => text === '' ? undefined : text;

export function vpcs({ Vpcs = [] }: DescribeVpcsResult): Vpc[] {
  return Vpcs.flatMap(({ VpcId, OwnerId }) => VpcId ? { vpcId: VpcId, ownerId: some(OwnerId) } : []);
}

export function securityGroups({ SecurityGroups = [] }: DescribeSecurityGroupsResult): SecurityGroup[] {
  return SecurityGroups.flatMap(({ GroupId, GroupName = '', VpcId, OwnerId, Tags }) => GroupId ? { groupId: GroupId, groupName: GroupName, vpcId: some(VpcId), ownerId: some(OwnerId), tags: tags(Tags) } : []);
}

export function securityGroupRules({ SecurityGroupRules = [] }: DescribeSecurityGroupRulesResult): SecurityGroupRule[] {
  return SecurityGroupRules.flatMap(rule => {
    const { SecurityGroupRuleId, GroupId, IpProtocol } = rule;
    if (!SecurityGroupRuleId || !GroupId || !IpProtocol) return [];
    const referenced = rule.ReferencedGroupInfo;
    return {
      securityGroupRuleId: SecurityGroupRuleId,
      groupId: GroupId,
      groupOwnerId: some(rule.GroupOwnerId),
      // Not to know the direction is to treat a rule as one that is never revoked.
      isEgress: rule.IsEgress ?? true,
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
  });
}

export function staleSecurityGroups({ StaleSecurityGroupSet = [] }: DescribeStaleSecurityGroupsResult): StaleSecurityGroup[] {
  return StaleSecurityGroupSet.flatMap(({ GroupId, GroupName = '', StaleIpPermissions = [], StaleIpPermissionsEgress = [] }) => GroupId ? {
    groupId: GroupId,
    groupName: GroupName,
    ingress: StaleIpPermissions.flatMap(stalePermissions),
    egress: StaleIpPermissionsEgress.flatMap(stalePermissions),
  } : []);
}

/** One permission holds several references; each of them is a rule. */
function stalePermissions({ IpProtocol = '', FromPort, ToPort, UserIdGroupPairs = [] }: StaleIpPermission): StalePermission[] {
  return UserIdGroupPairs.flatMap(({ GroupId, GroupName, UserId, VpcId, VpcPeeringConnectionId, PeeringStatus }) => GroupId ? {
    ipProtocol: IpProtocol,
    fromPort: FromPort,
    toPort: ToPort,
    reference: {
      groupId: GroupId,
      groupName: GroupName,
      userId: some(UserId),
      vpcId: some(VpcId),
      vpcPeeringConnectionId: some(VpcPeeringConnectionId),
      peeringStatus: some(PeeringStatus),
    },
  } : []);
}

export function vpnConnections({ VpnConnections = [] }: DescribeVpnConnectionsResult): VpnConnection[] {
  return VpnConnections.flatMap(connection => connection.VpnConnectionId ? {
    vpnConnectionId: connection.VpnConnectionId,
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
    tunnels: (connection.VgwTelemetry ?? []).map(({ OutsideIpAddress = '', Status, StatusMessage, AcceptedRouteCount, LastStatusChange }) => ({
      outsideIpAddress: OutsideIpAddress,
      status: Status,
      statusMessage: StatusMessage,
      acceptedRouteCount: AcceptedRouteCount,
      lastStatusChange: LastStatusChange,
    })),
    tags: tags(connection.Tags),
  } : []);
}

export function revokeAnswer({ Return, UnknownIpPermissions = [], RevokedSecurityGroupRules }: RevokeSecurityGroupIngressResult): RevokeAnswer {
  if (Return === false) throw Object.assign(new Error('EC2 answered that the request did not succeed'), { name: 'ReturnFalse' });
  return {
    revokedRules: RevokedSecurityGroupRules?.length ? RevokedSecurityGroupRules.flatMap(rule => rule.SecurityGroupRuleId ? {
      securityGroupRuleId: rule.SecurityGroupRuleId,
      ipProtocol: rule.IpProtocol ?? '',
      fromPort: rule.FromPort,
      toPort: rule.ToPort,
      cidrIpv4: some(rule.CidrIpv4),
      cidrIpv6: some(rule.CidrIpv6),
      prefixListId: some(rule.PrefixListId),
      referencedGroupId: some(rule.ReferencedGroupId),
      description: some(rule.Description),
    } : []) : undefined,
    unknownPermissions: UnknownIpPermissions.length,
  };
}

function tags(list: readonly Tag[] = []): Tags {
  return Object.fromEntries(list.flatMap(({ Key, Value = '' }) => Key === undefined ? [] : [[Key, Value]]));
}
