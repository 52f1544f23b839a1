/** DescribeStaleSecurityGroups. The page size counts groups, not rules. */
import { text } from '../../endpoint/parameters';
import { missing } from '../errors';
import { page } from '../filters';
import { staleRulesOf } from '../staleness';
import type { Xml } from '../xml';
import type { Action } from './context';
import { groupPair } from './security-groups';
import { unknownVpc } from './vpcs';

type Stale = ReturnType<typeof staleRulesOf>;

export const describeStaleSecurityGroups: Action = (parameters, { network, paging }) => {
  const vpcId = text(parameters.VpcId);
  if (vpcId === undefined) throw missing('VpcId');
  if (!network.vpcs.has(vpcId)) throw unknownVpc(vpcId);
  const byGroup = grouped(staleRulesOf(network, vpcId), ({ rule }) => rule.groupId);
  const { items, nextToken } = page(`DescribeStaleSecurityGroups ${vpcId}`, byGroup, parameters, paging, [5, 255]);
  return {
    staleSecurityGroupSet: items.map(stale => {
      const { groupId } = stale[0].rule;
      return {
        groupId,
        groupName: network.groups.get(groupId)?.groupName,
        description: network.groups.get(groupId)?.description,
        vpcId,
        staleIpPermissions: stalePermissions(stale.filter(({ rule }) => !rule.isEgress)),
        staleIpPermissionsEgress: stalePermissions(stale.filter(({ rule }) => rule.isEgress)),
      };
    }),
    nextToken,
  };
};

/** Joins rules with equal protocol and ports into one permission. For the protocol -1, ports are left out. */
function stalePermissions(stale: Stale): Xml {
  return grouped(stale, ({ rule }) => `${rule.ipProtocol} ${rule.fromPort} ${rule.toPort}`).map(same => ({
    ipProtocol: same[0].rule.ipProtocol,
    ...same[0].rule.ipProtocol !== '-1' && { fromPort: same[0].rule.fromPort, toPort: same[0].rule.toPort },
    groups: same.map(({ rule, shown }) => groupPair(shown, rule.description)),
  }));
}

function grouped(stale: Stale, key: (each: Stale[number]) => string): Stale[] {
  const groups = new Map<string, Stale>();
  for (const each of stale) {
    const same = groups.get(key(each));
    if (same) same.push(each);
    else groups.set(key(each), [each]);
  }
  return [...groups.values()];
}
