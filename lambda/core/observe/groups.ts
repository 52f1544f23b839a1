/**
 * Reads the rules of some security groups for every check that the configuration asks for. Each group is read once,
 * whatever its checks are.
 */
import { readGroups, readRulesOfGroups, sawAny } from './reading';
import { readStaleRules, type StaleReading } from './stale-rules';
import { readVpcs } from './vpcs';
import type { DecodedConfiguration } from '../../../src/private/contract';
import { flaggedIngress } from '../checks/flagged-ingress';
import type { FlaggedRule } from '../model/finding';
import type { SecurityGroup } from '../model/network';
import type { Observation } from '../model/observation';
import type { NetworkReader } from '../ports';

const NO_GROUPS: ReadonlySet<string> = new Set();

const NOT_READ: StaleReading = {
  stale: [], groups: new Map(), notCovered: new Set(), gone: new Set(), sawAny: true, errors: [],
  coverage: { vpcIds: NO_GROUPS, groupIds: NO_GROUPS, unreadGroupIds: NO_GROUPS },
};

export async function observeGroups(
  groupIds: readonly string[], configuration: DecodedConfiguration, network: NetworkReader, accountId?: string,
): Promise<Omit<Observation, 'vpnConnections' | 'isVpnAnswerWhole'>> {
  const { flaggedIngressRules: declared } = configuration;
  const groups = new Map<string, SecurityGroup>();
  const asked = [...new Set(groupIds)].map(groupId => ({ groupId }));
  const ofGroups = await readGroups(asked, network, group => groups.set(group.groupId, group));
  const unreadGroups = new Set(ofGroups.unread.map(({ groupId }) => groupId));
  const isInScope = ({ vpcId }: SecurityGroup): boolean =>
    vpcId !== undefined && (configuration.vpcIds?.includes(vpcId) ?? true);
  const inScope = [...groups.values()].filter(isInScope);
  const vpcs = await readVpcs([...new Set(inScope.flatMap(({ vpcId }) => vpcId ?? []))], network);
  // A VPC that is gone by now takes its groups with it.
  const vpcErrors = vpcs.errors.filter(({ error }) => error.code !== 'InvalidVpcID.NotFound');
  const flagged = new Map<string, FlaggedRule>();
  const isDeclared = ({ groupId }: SecurityGroup): boolean =>
    declared.some(each => each.groupId === undefined || each.groupId === groupId);
  const [ofRules, stale] = await Promise.all([
    readRulesOfGroups(inScope.filter(isDeclared), network, rule => {
      const each = flaggedIngress(rule, declared);
      if (each) flagged.set(rule.securityGroupRuleId, each);
    }),
    configuration.staleRules === 'ignore' ? NOT_READ : readStaleRules({
      vpcIds: vpcs.vpcIds, owners: vpcs.owners, unseen: vpcs.unseen + unreadGroups.size, accountId,
      groupIds: new Set(inScope.map(({ groupId }) => groupId)),
    }, network),
  ]);
  const gone = asked.map(({ groupId }) => groupId).filter(id => !groups.has(id) && !unreadGroups.has(id));
  const unreadRules = new Set(ofRules.unread.map(({ groupId }) => groupId));
  const staleGroupIds = inScope
    .filter(
      ({ vpcId, groupId }) => stale.coverage.vpcIds.has(vpcId ?? '') && !stale.coverage.unreadGroupIds.has(groupId),
    )
    .map(({ groupId }) => groupId);
  const flaggedGroupIds = inScope.filter(isDeclared).map(({ groupId }) => groupId).filter(id => !unreadRules.has(id));
  return {
    vpcs: {
      inScope: new Set(vpcs.vpcIds),
      ownerIds: new Set(vpcs.owners.values()),
      scanned: NO_GROUPS,
      notCovered: NO_GROUPS,
      flagged: NO_GROUPS,
      sawStaleRules: stale.sawAny,
      sawFlaggedRules: sawAny(flaggedGroupIds.length, unreadRules.size + unreadGroups.size),
    },
    groups: new Map([...stale.groups, ...groups]),
    stale: stale.stale,
    flagged: [...flagged.values()],
    coverage: {
      stale: { vpcIds: NO_GROUPS, groupIds: new Set([...staleGroupIds, ...gone]), unreadGroupIds: NO_GROUPS },
      flagged: { vpcIds: NO_GROUPS, groupIds: new Set([...flaggedGroupIds, ...gone]), unreadGroupIds: unreadRules },
    },
    errors: [...ofGroups.errors, ...vpcErrors, ...ofRules.errors, ...stale.errors],
  };
}
