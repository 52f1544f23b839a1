/** Reads rules by their ids. */
import { inPartsOf } from './lists';
import type { Network, SecurityGroupRule } from './ports';
import { FILTER_VALUES_PER_CALL } from '../src/private/contract';

/** EC2 is eventually consistent: when to look again for what it has said. */
export const READ_BACK_DELAYS_MILLIS = [0, 300, 1000, 2700];

/** @returns those that exist, by id */
export async function readRules(ids: Iterable<string>, network: Network): Promise<Map<string, SecurityGroupRule>> {
  const rules = new Map<string, SecurityGroupRule>();
  await Promise.all(inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(ids)]).map(async ruleIds => {
    for await (const page of network.securityGroupRules({ ruleIds })) {
      for (const rule of page) rules.set(rule.securityGroupRuleId, rule);
    }
  }));
  return rules;
}
