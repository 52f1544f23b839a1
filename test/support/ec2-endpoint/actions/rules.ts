/** DescribeSecurityGroupRules, and the actions that change rules. */
import { Ec2Error, notAuthorized } from '../ec2-error';
import { applyFilters, filterValues, page } from '../filters';
import type { Network, SecurityGroup, SecurityGroupRule } from '../network';
import { list, type Parameter, type Parameters, record, text, texts } from '../query';
import { shownReference } from '../staleness';
import type { Xml } from '../xml';
import type { Action, ActionContext } from './context';
import { type Permission, readPermissions, sameRule } from './permissions';
import { requireGroup, requireWellFormed } from './security-groups';
import { readTags, tagSet } from './tags';

export const describeSecurityGroupRules: Action = (parameters, context) => {
  const { network, paging } = context;
  const ids = texts(parameters.SecurityGroupRuleId);
  for (const id of ids) requireRule(network, id);
  for (const id of filterValues(parameters, 'group-id') ?? []) requireWellFormed(id);
  const found = applyFilters([...candidates(parameters, ids, context), ...context.lingering()], parameters, {
    'group-id': ({ groupId }) => [groupId], 'security-group-rule-id': ({ securityGroupRuleId }) => [securityGroupRuleId],
  });
  const { items, nextToken } = page('DescribeSecurityGroupRules', found, parameters, paging, [5, 1000]);
  return { securityGroupRuleSet: items.map(rule => shownRule(network, rule)), nextToken };
};

function candidates(parameters: Parameters, ids: readonly string[], { network }: ActionContext): SecurityGroupRule[] {
  const wanted = ids.length > 0 ? ids : filterValues(parameters, 'security-group-rule-id');
  if (wanted) return [...new Set(wanted)].flatMap(id => network.rules.get(id) ?? []);
  const groups = filterValues(parameters, 'group-id');
  return groups && !groups.some(id => /[*?]/.test(id)) ? [...new Set(groups)].flatMap(id => network.rulesOf(id)) : [...network.rules.values()];
}

function shownRule(network: Network, rule: SecurityGroupRule): Xml {
  const { reference } = rule;
  const shown = reference && shownReference(network, { ...rule, reference });
  return {
    securityGroupRuleId: rule.securityGroupRuleId, groupId: rule.groupId, groupOwnerId: network.groups.get(rule.groupId)?.ownerId, isEgress: rule.isEgress,
    ipProtocol: rule.ipProtocol, fromPort: rule.fromPort ?? -1, toPort: rule.toPort ?? -1,
    cidrIpv4: rule.cidrIpv4, cidrIpv6: rule.cidrIpv6, prefixListId: rule.prefixListId,
    referencedGroupInfo: shown && {
      groupId: shown.groupId, userId: shown.userId, vpcId: shown.vpcId, vpcPeeringConnectionId: shown.vpcPeeringConnectionId, peeringStatus: shown.peeringStatus,
    },
    description: rule.description, tagSet: tagSet(rule.tags),
  };
}

export const revokeSecurityGroupIngress: Action = (parameters, context) => revoke(parameters, context, false);
export const revokeSecurityGroupEgress: Action = (parameters, context) => revoke(parameters, context, true);

function revoke(parameters: Parameters, { network }: ActionContext, isEgress: boolean): { readonly [name: string]: Xml } {
  const group = revokedGroup(parameters, network);
  requireOwner(network, group, isEgress ? 'RevokeSecurityGroupEgress' : 'RevokeSecurityGroupIngress');
  const ids = texts(parameters.SecurityGroupRuleId);
  const permissions = readPermissions(parameters);
  if (ids.length > 0 && permissions.length > 0) throw new Ec2Error('InvalidParameterCombination', 'Rule ids and IpPermissions cannot be combined');
  if (ids.length === 0 && permissions.length === 0) throw new Ec2Error('MissingParameter', 'Either rule ids or IpPermissions must be specified');
  const { rules, unknown } = ids.length > 0
    ? { rules: ids.map(id => ruleOf(network, group, id, isEgress)), unknown: [] }
    : matching(network, group, permissions, isEgress);
  // In a default VPC a mismatch is no error; elsewhere it is, and then nothing is revoked.
  if (unknown.length > 0 && network.vpcs.get(group.vpcId)?.isDefault !== true) {
    throw new Ec2Error('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
  }
  for (const { securityGroupRuleId } of rules) network.removeRule(securityGroupRuleId);
  return {
    return: true,
    unknownIpPermissionSet: unknown.map(({ ipProtocol, fromPort, toPort }) => ({ ipProtocol, fromPort, toPort })),
    revokedSecurityGroupRuleSet: rules.map(rule => ({
      securityGroupRuleId: rule.securityGroupRuleId, groupId: rule.groupId, isEgress: rule.isEgress, ipProtocol: rule.ipProtocol, fromPort: rule.fromPort ?? -1, toPort: rule.toPort ?? -1,
      cidrIpv4: rule.cidrIpv4, cidrIpv6: rule.cidrIpv6, prefixListId: rule.prefixListId, referencedGroupId: rule.reference?.groupId, description: rule.description,
    })),
  };
}

/** By id or, in a default VPC, by name. */
function revokedGroup({ GroupId, GroupName }: Parameters, network: Network): SecurityGroup {
  const [id, name] = [text(GroupId), text(GroupName)];
  if (id !== undefined) return requireGroup(network, id);
  if (name === undefined) throw new Ec2Error('MissingParameter', 'The request must contain the parameter GroupName or GroupId');
  const found = [...network.groups.values()].find(({ groupName, vpcId }) => groupName === name && network.vpcs.get(vpcId)?.isDefault === true);
  if (!found) throw new Ec2Error('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC 'none'`);
  return found;
}

function ruleOf(network: Network, group: SecurityGroup, id: string, isEgress: boolean): SecurityGroupRule {
  const rule = requireRule(network, id);
  if (rule.groupId !== group.groupId || rule.isEgress !== isEgress) throw unknownRule(id);
  return rule;
}

function matching(network: Network, group: SecurityGroup, permissions: readonly Permission[], isEgress: boolean): { rules: SecurityGroupRule[]; unknown: Permission[] } {
  const rules: SecurityGroupRule[] = [];
  const unknown: Permission[] = [];
  for (const permission of permissions) {
    const rule = network.rulesOf(group.groupId).find(each => each.isEgress === isEgress && sameRule(each, permission));
    if (rule) rules.push(rule);
    else unknown.push(permission);
  }
  return { rules, unknown };
}

export const authorizeSecurityGroupIngress: Action = (parameters, { network }) => {
  const group = requireGroup(network, text(parameters.GroupId) ?? '');
  requireOwner(network, group, 'AuthorizeSecurityGroupIngress');
  const permissions = readPermissions(parameters);
  const duplicate = permissions.find(permission => network.rulesOf(group.groupId).some(rule => !rule.isEgress && sameRule(rule, permission)));
  if (permissions.length === 0) throw new Ec2Error('MissingParameter', 'The request must contain IpPermissions');
  if (duplicate) throw new Ec2Error('InvalidPermission.Duplicate', 'the specified rule already exists');
  const tags = Object.assign({}, ...list(parameters.TagSpecification).map(specification => readTags(record(specification).Tag)));
  const missing = permissions.find(({ reference }) => reference && !network.groups.has(reference.groupId));
  if (missing) throw new Ec2Error('InvalidGroup.NotFound', `The security group '${missing.reference?.groupId}' does not exist`);
  const rules = permissions.map(permission => network.addIngress(group.groupId, { ...permission, tags: { ...tags } }));
  return { return: true, securityGroupRuleSet: rules.map(rule => shownRule(network, rule)) };
};

/** Keeps the id, and so is the trap for whoever trusts an id that was read before. */
export const modifySecurityGroupRules: Action = (parameters, { network }) => {
  const group = requireGroup(network, text(parameters.GroupId) ?? '');
  for (const update of list(parameters.SecurityGroupRule).map(record)) {
    const rule = requireRule(network, text(update.SecurityGroupRuleId) ?? '');
    if (rule.groupId !== group.groupId) throw unknownRule(rule.securityGroupRuleId);
    const changes = record(update.SecurityGroupRule);
    const sources = [changes.CidrIpv4, changes.CidrIpv6, changes.PrefixListId, changes.ReferencedGroupId].filter(source => source !== undefined);
    if (sources.length !== 1) throw new Ec2Error(sources.length === 0 ? 'MissingParameter' : 'InvalidParameterCombination', 'Specify exactly one source');
    const number = (value: Parameter | undefined): number | undefined => text(value) === undefined ? undefined : Number(text(value));
    network.modifyRule(rule.securityGroupRuleId, {
      ipProtocol: text(changes.IpProtocol) ?? rule.ipProtocol, fromPort: number(changes.FromPort), toPort: number(changes.ToPort),
      cidrIpv4: text(changes.CidrIpv4), cidrIpv6: text(changes.CidrIpv6), prefixListId: text(changes.PrefixListId),
      reference: text(changes.ReferencedGroupId) === undefined ? undefined : { groupId: text(changes.ReferencedGroupId) ?? '', path: 'peering', pathExists: true },
      description: text(changes.Description),
    });
  }
  return { return: true };
};

function requireOwner(network: Network, group: SecurityGroup, action: string): void {
  if (group.ownerId !== network.accountId) throw notAuthorized(action);
}

function requireRule(network: Network, id: string): SecurityGroupRule {
  if (!/^sgr-[0-9a-f]{17}$/.test(id)) throw new Ec2Error('InvalidSecurityGroupRuleId.Malformed', `The security group rule ID '${id}' is malformed`);
  const rule = network.rules.get(id);
  if (!rule) throw unknownRule(id);
  return rule;
}

const unknownRule = (id: string): Ec2Error => new Ec2Error('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
