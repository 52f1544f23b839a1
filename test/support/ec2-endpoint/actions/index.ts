import type { Action } from './context';
import { authorizeSecurityGroupIngress, describeSecurityGroupRules, modifySecurityGroupRules, revokeSecurityGroupEgress, revokeSecurityGroupIngress } from './rules';
import { deleteSecurityGroup, describeSecurityGroups, describeStaleSecurityGroups } from './security-groups';
import { createTags, deleteTags } from './tags';
import { describeVpcPeeringConnections, describeVpcs } from './vpcs';
import { describeVpnConnections } from './vpn-connections';

export const ACTIONS: Readonly<Record<string, Action>> = {
  AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
  CreateTags: createTags,
  DeleteSecurityGroup: deleteSecurityGroup,
  DeleteTags: deleteTags,
  DescribeSecurityGroupRules: describeSecurityGroupRules,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeStaleSecurityGroups: describeStaleSecurityGroups,
  DescribeVpcPeeringConnections: describeVpcPeeringConnections,
  DescribeVpcs: describeVpcs,
  DescribeVpnConnections: describeVpnConnections,
  ModifySecurityGroupRules: modifySecurityGroupRules,
  RevokeSecurityGroupEgress: revokeSecurityGroupEgress,
  RevokeSecurityGroupIngress: revokeSecurityGroupIngress,
};
