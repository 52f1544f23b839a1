/** Finds flagged ingress: the live rules that match a declaration. */
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import type { FlaggedRule } from '../model/finding';
import type { SecurityGroupRule } from '../model/network';
import { matches, trafficOf } from '../rules/relation';

/** Returns the declarations that match a rule; undefined if none does. */
export function flaggedIngress(
  rule: SecurityGroupRule,
  declared: readonly FlaggedIngressRule[],
): FlaggedRule | undefined {
  if (rule.isEgress) return undefined;
  const live = trafficOf(rule);
  const inScope = declared.filter(({ groupId }) => groupId === undefined || groupId === rule.groupId);
  for (const [relation, verdict] of [
    ['yes', 'flagged'],
    ['unknown', 'undecided'],
  ] as const) {
    const declarations = inScope
      .filter(({ traffic, match }) => traffic.some(each => matches(live, each, match) === relation))
      .map(({ name, reason }) => ({ name, reason }));
    if (declarations.length > 0) return { rule, verdict, declarations };
  }
  return undefined;
}
