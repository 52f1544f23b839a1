/** The check for security groups that nothing uses. */
import type { SecurityGroup } from '../model/network';
import type { GroupUse } from '../model/unused-groups';

/** The facts about the use of all groups of an account and Region. */
export interface UseFacts {
  /** The function's own account. Absent if that is not certain. */
  readonly accountId?: string;
  /** The owner accounts of VPCs, by VPC. */
  readonly vpcOwners: ReadonlyMap<string, string>;
  /** The use of a group, in words, by the key of its id. */
  readonly usedBy: ReadonlyMap<string, string>;
  /** The same for what names a group without its id. */
  readonly nameUsedBy: ReadonlyMap<string, string>;
  /** The checks that could not look, in words. */
  readonly notLookedAt: readonly string[];
}

/** Returns the key by which ids are compared. Someone may have written an id in capital letters. */
export const idKey = (groupId: string): string => groupId.toLowerCase();

/** The name of the group that every VPC has. It cannot be deleted. */
const DEFAULT_GROUP = 'default';

/** Decides whether a group is used. Any doubt makes it unknown. */
export function groupUse(group: SecurityGroup, facts: UseFacts): GroupUse {
  const by = userOf(group, facts);
  if (by !== undefined) return { kind: 'used', by };
  const notLookedAt = [...facts.notLookedAt, ...doubtsAbout(group, facts)];
  return notLookedAt.length > 0 ? { kind: 'unknown', notLookedAt } : { kind: 'unused' };
}

function userOf(
  { groupId, groupName, ownerId, vpcId }: SecurityGroup,
  { accountId, vpcOwners, usedBy, nameUsedBy }: UseFacts,
): string | undefined {
  const vpcOwner = vpcId === undefined ? undefined : vpcOwners.get(vpcId);
  if (groupName === DEFAULT_GROUP) return 'its VPC, whose default group it is';
  if (isOther(ownerId, accountId)) return `the account ${ownerId}, which owns it`;
  if (isOther(vpcOwner, accountId)) return `the account ${vpcOwner}, which shares the VPC of the group`;
  return usedBy.get(idKey(groupId)) ?? nameUsedBy.get(groupName);
}

const isOther = (owner: string | undefined, accountId: string | undefined): boolean =>
  owner !== undefined && accountId !== undefined && owner !== accountId;

/** Returns what has to be known about the group itself, and is not. */
function doubtsAbout({ ownerId, vpcId }: SecurityGroup, { accountId, vpcOwners }: UseFacts): string[] {
  return [
    ...accountId === undefined || ownerId === undefined ? ['the account that owns the security group'] : [],
    ...vpcId === undefined || !vpcOwners.has(vpcId) ? ['the account that owns the VPC of the security group'] : [],
  ];
}
