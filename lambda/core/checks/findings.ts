/** Combines the results of the checks, rule by rule. */
import type { Finding, FlaggedRule, StaleRule } from '../model/finding';

/** Returns one finding per rule, no matter how many checks found it. */
export function findings(stale: readonly StaleRule[], flagged: readonly FlaggedRule[]): Finding[] {
  const byRule = new Map<string, Finding>();
  const unidentified: Finding[] = [];
  for (const each of stale) {
    if (each.rule === undefined) unidentified.push({ groupId: each.groupId, stale: each });
    else byRule.set(each.rule.securityGroupRuleId, { groupId: each.groupId, rule: each.rule, stale: each });
  }
  for (const each of flagged) {
    const id = each.rule.securityGroupRuleId;
    byRule.set(id, { ...byRule.get(id), groupId: each.rule.groupId, rule: each.rule, flagged: each });
  }
  return [...byRule.values(), ...unidentified];
}
