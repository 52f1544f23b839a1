/**
 * The groups in which a configuration may revoke and add rules. The policies of the role are derived from them, and the
 * preflight tries its changes in them.
 */
import {
  FlaggedIngressRule, FlaggedIngressRuleConfiguration, isToRevoke, StaleRulesAction, TaggedGroups, tellsToRevoke,
} from './configuration';

/** Groups that are named, and groups by a tag; or any group in scope. */
export type ChangeScope = 'anyGroup' | {
  readonly groupIds: readonly string[];
  readonly tagged: readonly TaggedGroups[];
};

type Declared = FlaggedIngressRuleConfiguration | FlaggedIngressRule;

interface Declaring {
  readonly staleRules: StaleRulesAction;
  readonly flaggedIngressRules: readonly Declared[];
}

/** @param configuration encoded or decoded */
export function revokeScope(configuration: Declaring): ChangeScope {
  // A stale rule may be in any group.
  if (configuration.staleRules === 'revoke') return 'anyGroup';
  return scopeOf(configuration.flaggedIngressRules.filter(isToRevoke));
}

/**
 * Returns the groups in which rules may be put back. A declaration that only reports now may have revoked before.
 *
 * @param configuration encoded or decoded
 */
export function restoreScope(configuration: Declaring): ChangeScope {
  // Nothing says where an earlier configuration revoked.
  if (configuration.staleRules === 'revoke' || !tellsToRevoke(configuration)) return 'anyGroup';
  return scopeOf(configuration.flaggedIngressRules);
}

/** Whether a group is in a scope. */
export function isInScope(
  scope: ChangeScope, { groupId, tags }: { readonly groupId: string; readonly tags: Readonly<Record<string, string>> },
): boolean {
  if (scope === 'anyGroup') return true;
  return scope.groupIds.includes(groupId)
    || scope.tagged.some(({ key, values }) => Object.hasOwn(tags, key) && values.includes(tags[key]));
}

function scopeOf(declared: readonly Declared[]): ChangeScope {
  const [groupIds, tagged] = [new Set<string>(), [] as TaggedGroups[]];
  for (const declaration of declared) {
    const groups = groupsOf(declaration);
    if (groups === 'anyGroup') return 'anyGroup';
    if (typeof groups === 'object') tagged.push(groups);
    else groupIds.add(groups);
  }
  return { groupIds: [...groupIds], tagged };
}

/** Returns the id of the one group, or the tag. A default group may be any group, because IAM sees no group names. */
function groupsOf(declared: Declared): string | TaggedGroups | 'anyGroup' {
  if (!('groups' in declared)) return declared.groupId ?? declared.groupsTagged ?? 'anyGroup';
  const { groups } = declared;
  switch (groups.kind) {
    case 'named': return groups.groupId;
    case 'tagged': return { key: groups.key, values: groups.values };
    case 'any': case 'default': return 'anyGroup';
  }
}
