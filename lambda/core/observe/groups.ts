/**
 * Reads the rules of some security groups for every check in the configuration. Each group is read only once.
 */
import { readFlaggedOfGroups } from './flagged-of-groups';
import { readNamed } from './named-groups';
import { NO_COVERAGE, sawAny } from './reading';
import { readStaleRules, type StaleReading } from './stale-rules';
import { readVpcs, type VpcList } from './vpcs';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { appliesTo } from '../checks/flagged-ingress';
import type { SecurityGroup } from '../model/network';
import type { Observation } from '../model/observation';
import type { NetworkReader } from '../ports';

const NO_GROUPS: ReadonlySet<string> = new Set();

const NOT_READ: StaleReading = {
  stale: [], groups: new Map(), notCovered: new Set(), gone: new Set(), sawAny: true, errors: [], answers: [],
  coverage: NO_COVERAGE,
};

export async function observeGroups(
  groupIds: readonly string[], configuration: DecodedConfiguration, network: NetworkReader, accountId?: string,
): Promise<Omit<Observation, 'vpnConnections' | 'isVpnAnswerWhole' | 'endpoints'>> {
  const named = await readNamed(groupIds, network);
  const { groups, unread } = named;
  const isInScope = ({ vpcId }: SecurityGroup): boolean =>
    vpcId !== undefined && (configuration.vpcIds?.includes(vpcId) ?? true);
  const inScope = [...groups.values()].filter(isInScope);
  const vpcs = await vpcsOf(inScope, configuration, network);
  // The groups of a deleted VPC are deleted, too, so this is not an error.
  const vpcErrors = vpcs.errors.filter(({ error }) => error.code !== 'InvalidVpcID.NotFound');
  const [flagged, stale] = await Promise.all([
    readFlaggedOfGroups(
      new Map(inScope.map(group => [group.groupId, group])), configuration.flaggedIngressRules, network,
    ),
    configuration.staleRules === 'ignore' ? NOT_READ : readStaleRules({
      vpcIds: vpcs.vpcIds, owners: vpcs.owners, unseen: vpcs.unseen + unread.size, accountId,
      groupIds: new Set(inScope.map(({ groupId }) => groupId)),
    }, network),
  ]);
  const { vpcIds: readVpcIds, unreadGroupIds } = stale.coverage;
  const staleGroupIds = inScope
    .filter(({ vpcId, groupId }) => readVpcIds.has(vpcId ?? '') && !unreadGroupIds.has(groupId))
    .map(({ groupId }) => groupId);
  const flaggedGroupIds = inScope
    .filter(group => configuration.flaggedIngressRules.some(each => appliesTo(each, group.groupId, group)))
    .map(({ groupId }) => groupId)
    .filter(groupId => !flagged.unread.has(groupId));
  return {
    vpcs: {
      inScope: new Set(vpcs.vpcIds),
      ownerIds: new Set(vpcs.owners.values()),
      scanned: NO_GROUPS,
      proved: NO_GROUPS,
      notCovered: NO_GROUPS,
      flagged: NO_GROUPS,
      sawStaleRules: stale.sawAny,
      sawFlaggedRules: sawAny(flaggedGroupIds.length, flagged.unread.size + unread.size),
    },
    groups: new Map([...stale.groups, ...groups]),
    stale: stale.stale,
    flagged: flagged.flagged,
    prefixLists: flagged.prefixLists,
    groupUse: flagged.groupUse,
    coverage: {
      stale: { vpcIds: NO_GROUPS, groupIds: new Set(staleGroupIds), unreadGroupIds: NO_GROUPS, readVpcIds },
      flagged: { vpcIds: NO_GROUPS, groupIds: new Set(flaggedGroupIds), unreadGroupIds: flagged.unread },
    },
    errors: [...named.errors, ...vpcErrors, ...flagged.ruleErrors, ...flagged.factErrors, ...stale.errors],
  };
}

/** Reads the VPCs of the groups for the check for stale rules. The other check needs only their ids. */
async function vpcsOf(
  groups: readonly SecurityGroup[], { staleRules }: DecodedConfiguration, network: NetworkReader,
): Promise<VpcList> {
  const vpcIds = [...new Set(groups.flatMap(({ vpcId }) => vpcId ?? []))];
  return staleRules === 'ignore' ? { vpcIds, owners: new Map(), unseen: 0, errors: [] } : readVpcs(vpcIds, network);
}
