/** Finds the groups of rules whose event names no group. */
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import { inPartsOf } from '../lists';
import type { Change } from '../model/change';
import type { Ledger, NetworkReader } from '../ports';

interface Reading {
  readonly network: Pick<NetworkReader, 'securityGroupRules'>;
  readonly ledger: Pick<Ledger, 'find'>;
}

/** Whether the event names rules, and neither their group nor a resource that connects VPCs. */
export const namesOnlyRules = ({ groupIds, ruleIds, awaits }: Change): boolean =>
  groupIds.length === 0 && ruleIds.length > 0 && awaits === undefined;

/**
 * Returns the group of each rule, by the id of the rule. EC2 knows the rules that are there, and the ledger those that
 * a sweep has found before. Rules that neither knows are absent.
 *
 * @throws when EC2 or the ledger cannot be read
 */
export async function groupsOfRules(
  ruleIds: readonly string[], { network, ledger }: Reading,
): Promise<ReadonlyMap<string, string>> {
  const groups = new Map<string, string>();
  const ids = [...new Set(ruleIds)];
  if (ids.length === 0) return groups;
  for (const part of inPartsOf(FILTER_VALUES_PER_CALL, ids)) {
    for await (const page of network.securityGroupRules({ ruleIds: part })) {
      for (const { securityGroupRuleId, groupId } of page) groups.set(securityGroupRuleId, groupId);
    }
  }
  const left = ids.filter(id => !groups.has(id));
  const { entries } = left.length > 0 ? await ledger.find(left) : { entries: [] };
  for (const { securityGroupRuleId, rule: { groupId } } of entries) groups.set(securityGroupRuleId, groupId);
  return groups;
}
