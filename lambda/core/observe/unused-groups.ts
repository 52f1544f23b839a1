/**
 * Reads which security groups are used, and by what.
 *
 * Each check costs itself alone: if one fails, the groups that another found in use are in use all the same. The
 * groups that no check found become unknown.
 */
import { scanError } from './reading';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { GROUP_HOLDERS, type GroupHolderName } from '../../../src/contract/group-holders';
import { groupUse, idKey, type UseFacts } from '../checks/unused-groups';
import { type ErrorFacts, errorFacts, isNotFound } from '../errors';
import { isolate } from '../isolate';
import { inParallel, inPartsOf } from '../lists';
import type { SecurityGroup } from '../model/network';
import type { GroupUses, Listing, ScanError } from '../model/observation';
import type { GroupHolders, GroupHoldersLoader, NetworkReader } from '../ports';

/** The number of checks that are in progress at a time. */
const CHECKS_AT_A_TIME = 10;

/** The number of groups in one call of DescribeSecurityGroupReferences. */
const GROUPS_PER_CALL = 100;

const REFERENCES = 'references from security groups of other VPCs';

export interface UnusedGroupsLooking {
  readonly network: Pick<NetworkReader, 'vpcs'>;
  /** Loads what reads the use of groups. */
  readonly groupHolders: GroupHoldersLoader;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
  /** The lists that the run reads for other checks. They are not read twice. */
  readonly listing?: Promise<Listing | undefined>;
}

type Asking = Pick<DecodedConfiguration, 'vpcIds' | 'functionNetwork'>;

/** Reads the use of every group in scope. It throws nothing: what could not be looked at is in the result. */
export async function readGroupUses(asking: Asking, looking: UnusedGroupsLooking): Promise<GroupUses> {
  try {
    const isInVpc = asking.functionNetwork !== undefined;
    const [groupHolders, listed] = await Promise.all([looking.groupHolders({ isInVpc }), looking.listing]);
    return await readWith(groupHolders, asking, { ...looking, listed });
  } catch (thrown) {
    const subject = 'all resources';
    const errors = [decidingError(subject, errorFacts(thrown))];
    return { groups: new Map(), isListWhole: false, notLookedAt: [subject], errors };
  }
}

async function readWith(
  groupHolders: GroupHolders, { vpcIds }: Asking,
  { network, accountId, listed }: UnusedGroupsLooking & { readonly listed?: Listing },
): Promise<GroupUses> {
  const usedBy = new Map<string, string>();
  const nameUsedBy = new Map<string, string>();
  const vpcOwners = new Map<string, string>();
  const failures = new Map<string, ErrorFacts>();
  const use = (by: string, groupIds: Iterable<string>): void => {
    for (const groupId of groupIds) if (!usedBy.has(idKey(groupId))) usedBy.set(idKey(groupId), by);
  };
  let groups: readonly SecurityGroup[] | undefined;
  // Each group is listed before its use is read. Otherwise, one that is created meanwhile would look unused.
  const first: readonly Check[] = [
    ['security groups', async () => {
      groups = listed?.groups ?? await groupHolders.securityGroups();
    }],
    ['VPCs', async () => {
      for (const { vpcId, ownerId } of await network.vpcs()) if (ownerId !== undefined) vpcOwners.set(vpcId, ownerId);
    }],
  ];
  const others: readonly Check[] = [
    ['security group rules', async () =>
      use('a security group rule that refers to it', listed?.groupsInRules ?? await groupHolders.groupsInRules())],
    ['associations of security groups with VPCs', async () =>
      use('a further VPC that it is associated with',
        listed?.associatedGroups ?? await groupHolders.associatedGroups())],
    ...(Object.keys(GROUP_HOLDERS) as GroupHolderName[]).map(holder => [what(holder), async () => {
      const { groupIds, groupNames } = await groupHolders.held(holder);
      use(what(holder), groupIds);
      for (const name of groupNames) if (!nameUsedBy.has(name)) nameUsedBy.set(name, what(holder));
    }] as const),
  ];
  for (const checks of [first, others]) {
    await inParallel(CHECKS_AT_A_TIME, checks, async ([doing, look]) => {
      try {
        await look();
      } catch (error) {
        failures.set(doing, errorFacts(error));
      }
    });
  }
  const isInScope = ({ vpcId }: SecurityGroup): boolean =>
    vpcIds === undefined || (vpcId !== undefined && vpcIds.includes(vpcId));
  const inScope = (groups ?? []).filter(isInScope);
  const isOwnAccount = groups?.some(({ ownerId }) => ownerId === accountId);
  const facts: UseFacts = {
    // A local emulator may invent the account in ARNs. An account that owns no group here proves nothing.
    accountId: isOwnAccount ? accountId : undefined,
    vpcOwners, usedBy, nameUsedBy,
    notLookedAt: [...first, ...others].flatMap(([doing]) => failures.has(doing) ? [doing] : []),
  };
  // Every other check costs less, so only groups that all of them found unused are asked about.
  const left = inScope.filter(group => groupUse(group, facts).kind === 'unused').map(({ groupId }) => groupId);
  const unread = await readReferences(left, groupHolders, groupIds => use('a security group of another VPC', groupIds));
  const doubtful = new Set(unread.groupIds);
  return {
    groups: new Map(inScope.map(group => {
      const notLookedAt = doubtful.has(group.groupId) ? [REFERENCES] : facts.notLookedAt;
      return [group.groupId, { group, use: groupUse(group, { ...facts, notLookedAt }) }];
    })),
    isListWhole: groups !== undefined,
    notLookedAt: [...facts.notLookedAt, ...unread.groupIds.length > 0 ? [REFERENCES] : []],
    errors: [...[...failures].map(([doing, error]) => decidingError(doing, error)), ...unread.errors],
  };
}

type Check = readonly [what: string, look: () => Promise<void>];

const what = (holder: GroupHolderName): string => GROUP_HOLDERS[holder].what;

/** Only the use of groups depends on these errors. Every rule was read all the same. */
const decidingError = (subject: string, error: ErrorFacts): ScanError =>
  ({ ...scanError(`looking for the use of security groups by ${subject}`, error), isOnlyDeciding: true });

async function readReferences(
  groupIds: readonly string[], groupHolders: GroupHolders, onReferenced: (groupIds: Iterable<string>) => void,
): Promise<{ readonly groupIds: readonly string[]; readonly errors: readonly ScanError[] }> {
  const isolated = (await Promise.all(inPartsOf(GROUPS_PER_CALL, groupIds).map(part => isolate(part, {
    placeOf: groupId => groupId,
    work: async items => onReferenced(await groupHolders.groupsReferenced(items)),
    // Smaller calls would be denied or time out as well, and EC2 allows only few of them.
    isAboutAll: error => !isNotFound(errorFacts(error)),
  })))).flat();
  const byCode = new Map(isolated.map(({ error }) => [errorFacts(error).code, errorFacts(error)]));
  return {
    groupIds: isolated.flatMap(({ items }) => items),
    errors: [...byCode.values()].map(error => decidingError(REFERENCES, error)),
  };
}
