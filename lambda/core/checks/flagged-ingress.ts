/** Finds flagged ingress: the live rules that match a declaration. */
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { judge } from '../../../src/contract/rules/judge';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Relation } from '../../../src/contract/rules/relation';
import { allowedWords } from '../../../src/contract/rules/words';
import type { Declaration, FlaggedRule } from '../model/finding';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';

/** The facts that decide whether a rule is flagged, in addition to the rule itself. */
export interface FlaggedFacts {
  readonly declared: readonly FlaggedIngressRule[];
  /** The groups that could be read. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** The prefix lists that could be read. */
  readonly prefixLists: PrefixLists;
}

/** Returns the declarations that match a rule; undefined if none does. */
export function flaggedIngress(rule: SecurityGroupRule, facts: FlaggedFacts): FlaggedRule | undefined {
  if (rule.isEgress) return undefined;
  const live = trafficOf(rule);
  const judged = facts.declared
    .filter(each => appliesTo(each, rule.groupId, facts.groups.get(rule.groupId)))
    .map(declaration => ({ declaration, ...judge(live, declaration, facts.prefixLists) }));
  const declarationsOf = (relation: Relation): Declaration[] =>
    judged.filter(each => each.relation === relation).map(({ declaration, admits }) => {
      const { id, name, reason } = declaration;
      const allows = allowedWords(declaration) || undefined;
      return { id, name, reason, admits, allows, scope: scopeOf(declaration) };
    });
  const [flagging, undecided] = [declarationsOf('yes'), declarationsOf('unknown')];
  if (flagging.length === 0) {
    return undecided.length > 0 ? { rule, verdict: 'undecided', declarations: undecided } : undefined;
  }
  return { rule, verdict: 'flagged', declarations: flagging, ...undecided.length > 0 && { undecided } };
}

/** Returns the groups of a declaration, in words that follow "for". */
function scopeOf({ groups }: FlaggedIngressRule): string | undefined {
  switch (groups.kind) {
    case 'default': return 'default groups';
    case 'tagged': return `groups tagged ${groups.key}=${groups.values.join(' or ')}`;
    default: return undefined;
  }
}

/**
 * Whether a declaration is for a group.
 *
 * @param group undefined if it could not be read; such a group is in no tag's scope, and is no default group
 */
export function appliesTo(declaration: FlaggedIngressRule, groupId: string, group: SecurityGroup | undefined): boolean {
  const { groups, exceptGroupIds } = declaration;
  if (exceptGroupIds.includes(groupId)) return false;
  switch (groups.kind) {
    case 'named': return groups.groupId === groupId;
    case 'any': return true;
    // EC2 reserves the name: no other group can have it.
    case 'default': return group?.groupName === 'default';
    // Keys are compared exactly here, and folded where they exempt, so that a rule is kept in doubt.
    case 'tagged': return group !== undefined && Object.hasOwn(group.tags, groups.key)
      && groups.values.includes(group.tags[groups.key]);
  }
}

/** Whether a declaration may be for a group, of which nothing but the id may be known. */
export function mayApplyTo(
  declaration: FlaggedIngressRule, groupId: string, group: SecurityGroup | undefined,
): boolean {
  const { groups: { kind }, exceptGroupIds } = declaration;
  const isUnknown = group === undefined && (kind === 'default' || kind === 'tagged');
  return appliesTo(declaration, groupId, group) || (isUnknown && !exceptGroupIds.includes(groupId));
}
