/** Determines what has to be read, in addition to a rule and its group, to decide on the rule. */
import { appliesTo } from './flagged-ingress';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { dependsOnGroupUse, dependsOnPrefixLists, namedPrefixLists } from '../../../src/contract/depends-on';
import { judge, type PrefixLists } from '../../../src/contract/rules/judge';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';


const NO_LISTS: PrefixLists = new Map();

/**
 * Returns the prefix list that is the source of a rule, if its entries matter: a declaration is undecided without them,
 * or replaces the rule.
 */
export function neededSourceList(
  rule: SecurityGroupRule, declared: readonly FlaggedIngressRule[], group: SecurityGroup | undefined,
): string | undefined {
  if (rule.isEgress || rule.prefixListId === undefined) return undefined;
  const live = trafficOf(rule);
  const isNeeded = declared.some(each => {
    if (!dependsOnPrefixLists(each) || !appliesTo(each, rule.groupId, group)) return false;
    const { relation } = judge(live, each, NO_LISTS);
    return relation === 'unknown' || (relation === 'yes' && each.replaceWith !== undefined);
  });
  return isNeeded ? rule.prefixListId : undefined;
}

/** Returns the prefix lists that declarations name, and whose entries matter. */
export function neededNamedLists(declared: readonly FlaggedIngressRule[]): string[] {
  return [...new Set(declared.filter(dependsOnPrefixLists).flatMap(namedPrefixLists))];
}

/** Whether the use of a group decides about its rules. */
export function isUseNeeded(
  declared: readonly FlaggedIngressRule[], groupId: string, group: SecurityGroup | undefined,
): boolean {
  return declared.some(each => dependsOnGroupUse(each) && appliesTo(each, groupId, group));
}
