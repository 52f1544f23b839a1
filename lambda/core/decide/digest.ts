/** Computes a digest that identifies a set of rules. */
import { createHash } from 'node:crypto';
import type { SecurityGroupRule } from '../model/network';

export function digestOfRules(rules: readonly SecurityGroupRule[]): string {
  const ids = rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
  return createHash('sha256').update(ids.join()).digest('hex').slice(0, 16);
}
