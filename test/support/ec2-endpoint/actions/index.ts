/** The supported actions with their parameters. Unknown parameters are refused, as EC2 does. */
import { authorizeSecurityGroupEgress, authorizeSecurityGroupIngress } from './authorize';
import {
  describeSecurityGroupVpcAssociations, describeTransitGateways, describeTransitGatewayVpcAttachments,
} from './connections';
import type { Action } from './context';
import {
  describeClientVpnEndpoints, describeFleets, describeInstanceConnectEndpoints, describeLaunchTemplateVersions,
  describeSecurityGroupReferences, describeSpotFleetRequests, describeSpotInstanceRequests,
  describeVerifiedAccessEndpoints,
} from './group-holders';
import { modifySecurityGroupRules } from './modify';
import { describeNetworkInterfaces } from './network-interfaces';
import { describeManagedPrefixLists, getManagedPrefixListEntries } from './prefix-lists';
import { describeRegions } from './regions';
import { revokeSecurityGroupEgress, revokeSecurityGroupIngress } from './revoke';
import { describeSecurityGroupRules } from './rules';
import { deleteSecurityGroup, describeSecurityGroups } from './security-groups';
import { describeStaleSecurityGroups } from './stale-security-groups';
import { createTags, deleteTags } from './tags';
import { describeVpcEndpoints } from './vpc-endpoints';
import { describeVpcPeeringConnections, describeVpcs } from './vpcs';
import { describeVpnConnections } from './vpn-connections';
import type { Parameters } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';

const COMMON = ['Action', 'DryRun', 'Version'];
const PAGES = ['MaxResults', 'NextToken'];
const PAGED = ['Filter', 'MaxResults', 'NextToken'];
const FLAT_RULE = ['CidrIp', 'FromPort', 'IpProtocol', 'ToPort'];

const ACTIONS: Readonly<Record<string, { readonly run: Action; readonly parameters: readonly string[] }>> = {
  AuthorizeSecurityGroupEgress: {
    run: authorizeSecurityGroupEgress,
    parameters: ['GroupId', 'IpPermissions', 'TagSpecification'],
  },
  AuthorizeSecurityGroupIngress: {
    run: authorizeSecurityGroupIngress,
    parameters: ['GroupId', 'GroupName', 'IpPermissions', 'TagSpecification', ...FLAT_RULE],
  },
  CreateTags: { run: createTags, parameters: ['ResourceId', 'Tag'] },
  DeleteSecurityGroup: { run: deleteSecurityGroup, parameters: ['GroupId', 'GroupName'] },
  DeleteTags: { run: deleteTags, parameters: ['ResourceId', 'Tag'] },
  DescribeClientVpnEndpoints: { run: describeClientVpnEndpoints, parameters: PAGES },
  DescribeFleets: { run: describeFleets, parameters: PAGES },
  DescribeInstanceConnectEndpoints: { run: describeInstanceConnectEndpoints, parameters: PAGES },
  DescribeLaunchTemplateVersions: {
    run: describeLaunchTemplateVersions,
    parameters: [
      'IncludeManagedResources', 'LaunchTemplateId', 'LaunchTemplateName', 'LaunchTemplateVersion', ...PAGES,
    ],
  },
  DescribeSecurityGroupReferences: { run: describeSecurityGroupReferences, parameters: ['GroupId'] },
  DescribeSpotFleetRequests: { run: describeSpotFleetRequests, parameters: PAGES },
  DescribeSpotInstanceRequests: { run: describeSpotInstanceRequests, parameters: PAGES },
  DescribeVerifiedAccessEndpoints: { run: describeVerifiedAccessEndpoints, parameters: PAGES },
  DescribeManagedPrefixLists: { run: describeManagedPrefixLists, parameters: ['PrefixListId', ...PAGED] },
  DescribeNetworkInterfaces: {
    run: describeNetworkInterfaces,
    parameters: ['IncludeManagedResources', 'NetworkInterfaceId', ...PAGED],
  },
  DescribeRegions: { run: describeRegions, parameters: ['AllRegions', 'Filter', 'RegionName'] },
  DescribeSecurityGroupRules: { run: describeSecurityGroupRules, parameters: ['SecurityGroupRuleId', ...PAGED] },
  DescribeSecurityGroups: { run: describeSecurityGroups, parameters: ['GroupId', 'GroupName', ...PAGED] },
  DescribeSecurityGroupVpcAssociations: { run: describeSecurityGroupVpcAssociations, parameters: PAGED },
  DescribeStaleSecurityGroups: { run: describeStaleSecurityGroups, parameters: ['MaxResults', 'NextToken', 'VpcId'] },
  DescribeTransitGateways: { run: describeTransitGateways, parameters: ['TransitGatewayIds', ...PAGED] },
  DescribeTransitGatewayVpcAttachments: {
    run: describeTransitGatewayVpcAttachments,
    parameters: ['TransitGatewayAttachmentIds', ...PAGED],
  },
  DescribeVpcEndpoints: { run: describeVpcEndpoints, parameters: ['VpcEndpointId', ...PAGED] },
  DescribeVpcPeeringConnections: {
    run: describeVpcPeeringConnections,
    parameters: ['VpcPeeringConnectionId', ...PAGED],
  },
  DescribeVpcs: { run: describeVpcs, parameters: ['VpcId', ...PAGED] },
  DescribeVpnConnections: { run: describeVpnConnections, parameters: ['Filter', 'VpnConnectionId'] },
  GetManagedPrefixListEntries: {
    run: getManagedPrefixListEntries,
    parameters: ['MaxResults', 'NextToken', 'PrefixListId', 'TargetVersion'],
  },
  ModifySecurityGroupRules: { run: modifySecurityGroupRules, parameters: ['GroupId', 'SecurityGroupRule'] },
  RevokeSecurityGroupEgress: {
    run: revokeSecurityGroupEgress,
    parameters: ['GroupId', 'IpPermissions', 'SecurityGroupRuleId'],
  },
  RevokeSecurityGroupIngress: {
    run: revokeSecurityGroupIngress,
    parameters: ['GroupId', 'GroupName', 'IpPermissions', 'SecurityGroupRuleId', ...FLAT_RULE],
  },
};

/** @throws when the action or a parameter is not supported */
export function requireAction(action: string, parameters: Parameters): Action {
  const served = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (!served) throw new ServiceError('InvalidAction', `The action ${action} is not valid for this web service.`);
  const unknown = Object.keys(parameters).find(name => !COMMON.includes(name) && !served.parameters.includes(name));
  if (unknown !== undefined) throw new ServiceError('UnknownParameter', `The parameter ${unknown} is not recognized`);
  return served.run;
}
