/** DescribeSecurityGroupRules, and helpers for all actions on rules. */
import { type Parameters, texts } from '../../endpoint/parameters';
import { applyFilters, filterValues, isLiteral, page } from '../filters';
import type { Network, SecurityGroupRule } from '../network';
import { shownReference } from '../staleness';
import type { Xml } from '../xml';
import type { Action, ActionContext } from './context';
import { requireRule, requireWellFormed } from './required';
import { tagSet } from './tags';

export const describeSecurityGroupRules: Action = (parameters, context) => {
  const { network, paging } = context;
  const ids = texts(parameters.SecurityGroupRuleId);
  const lingering = context
    .lingering()
    .filter(({ securityGroupRuleId }) => ids.length === 0 || ids.includes(securityGroupRuleId));
  for (const id of ids) {
    if (!lingering.some(({ securityGroupRuleId }) => securityGroupRuleId === id)) {
      requireRule(network, id);
    }
  }
  for (const id of filterValues(parameters, 'group-id') ?? []) if (isLiteral([id])) requireWellFormed(id);
  const found = applyFilters([...candidates(parameters, ids, context), ...lingering], parameters, {
    'group-id': ({ groupId }) => [groupId],
    'security-group-rule-id': ({ securityGroupRuleId }) => [securityGroupRuleId],
  });
  const { items, nextToken } = page('DescribeSecurityGroupRules', found, parameters, paging, [5, 1000]);
  return { securityGroupRuleSet: items.map(rule => shownRule(network, rule)), nextToken };
};

/** Returns the rules to search, which are only a few if the request names ids. */
function candidates(parameters: Parameters, ids: readonly string[], { network }: ActionContext): SecurityGroupRule[] {
  const wanted = ids.length > 0 ? ids : filterValues(parameters, 'security-group-rule-id');
  if (wanted && isLiteral(wanted)) return [...new Set(wanted)].flatMap(id => network.rules.get(id) ?? []);
  const groups = filterValues(parameters, 'group-id');
  return groups && isLiteral(groups)
    ? [...new Set(groups)].flatMap(id => network.rulesOf(id))
    : [...network.rules.values()];
}

export function shownRule(network: Network, rule: SecurityGroupRule): Xml {
  const { reference } = rule;
  const shown = reference && shownReference(network, { ...rule, reference });
  const groupOwnerId = network.groups.get(rule.groupId)?.ownerId;
  return {
    securityGroupRuleId: rule.securityGroupRuleId,
    groupId: rule.groupId,
    groupOwnerId,
    isEgress: rule.isEgress,
    ipProtocol: rule.ipProtocol,
    fromPort: rule.fromPort ?? -1,
    toPort: rule.toPort ?? -1,
    cidrIpv4: rule.cidrIpv4,
    cidrIpv6: rule.cidrIpv6,
    prefixListId: rule.prefixListId,
    referencedGroupInfo: shown && {
      groupId: shown.groupId,
      userId: shown.userId,
      vpcId: shown.vpcId,
      vpcPeeringConnectionId: shown.vpcPeeringConnectionId,
      peeringStatus: shown.peeringStatus,
    },
    description: rule.description,
    tagSet: tagSet(rule.tags),
    securityGroupRuleArn: `arn:aws:ec2:${network.region}:${groupOwnerId ?? network.accountId}:security-group-rule/${rule.securityGroupRuleId}`,
  };
}
