/**
 * ModifySecurityGroupRules keeps the id of a rule, so code that trusts an id from an earlier read falls into a trap.
 */
import { list, type Parameters, record, text } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { missing } from '../errors';
import type { Network, RuleSpecification, SecurityGroup } from '../network';
import { requireReachable } from './authorize';
import { canonicalIpv4, canonicalIpv6 } from './cidr';
import type { Action } from './context';
import { readDescription, readTraffic } from './permissions';
import { requireOwner, requireRule } from './required';
import { requireGroup } from './security-groups';

export const modifySecurityGroupRules: Action = (parameters, { network }) => {
  const group = requireGroup(network, text(parameters.GroupId) ?? '');
  requireOwner(network, group, 'ModifySecurityGroupRules');
  const updates = list(parameters.SecurityGroupRule).map(record);
  if (updates.length === 0) throw missing('SecurityGroupRules');
  // All changes are read before any is applied, so that a refused call changes nothing.
  const changes = updates.map(update => ({
    rule: requireRule(network, text(update.SecurityGroupRuleId) ?? '', group),
    wanted: readWanted(network, group, record(update.SecurityGroupRule)),
  }));
  for (const { rule, wanted } of changes) network.modifyRule(rule.securityGroupRuleId, wanted);
  return { return: true };
};

function readWanted(network: Network, group: SecurityGroup, rule: Parameters): RuleSpecification {
  const given = [rule.CidrIpv4, rule.CidrIpv6, rule.PrefixListId, rule.ReferencedGroupId].map(text);
  const [cidrIpv4, cidrIpv6, prefixListId, groupId] = given;
  const sources = given.filter(source => source !== undefined).length;
  if (sources !== 1) {
    throw new ServiceError(
      sources === 0 ? 'MissingParameter' : 'InvalidParameterCombination',
      'Specify exactly one source',
    );
  }
  if (groupId !== undefined) requireReachable(network, group, groupId);
  return {
    fromPort: undefined, toPort: undefined, ...readTraffic(rule),
    cidrIpv4: cidrIpv4 === undefined ? undefined : canonicalIpv4(cidrIpv4),
    cidrIpv6: cidrIpv6 === undefined ? undefined : canonicalIpv6(cidrIpv6),
    prefixListId, reference: groupId === undefined ? undefined : { groupId }, description: readDescription(rule),
  };
}
