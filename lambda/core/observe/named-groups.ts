/** Reads groups of which only the ids are known. */
import { groupNotShown, readGroups, readRulesOfGroups } from './reading';
import type { SecurityGroup } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface NamedGroups {
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** Groups that could not be read, or that exist although EC2 does not return them. */
  readonly unread: ReadonlySet<string>;
  readonly errors: readonly ScanError[];
}

/**
 * Reads the groups. A group that EC2 does not return counts as gone only if it has no rules. The rules of a group that
 * is gone need no proof here.
 */
export async function readNamed(groupIds: readonly string[], network: NetworkReader): Promise<NamedGroups> {
  const groups = new Map<string, SecurityGroup>();
  const asked = [...new Set(groupIds)].map(groupId => ({ groupId }));
  const ofGroups = await readGroups(asked, network, group => groups.set(group.groupId, group));
  const unread = new Set(ofGroups.unread.map(({ groupId }) => groupId));
  const missing = asked.filter(({ groupId }) => !groups.has(groupId) && !unread.has(groupId));
  const notShown = new Set<string>();
  const ofRules = await readRulesOfGroups(missing, network, ({ groupId }) => notShown.add(groupId));
  for (const groupId of [...notShown, ...ofRules.unread.map(each => each.groupId)]) unread.add(groupId);
  return {
    groups,
    unread,
    errors: [...ofGroups.errors, ...ofRules.errors, ...[...notShown].map(groupId => groupNotShown({ groupId }))],
  };
}
