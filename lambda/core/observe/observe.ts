/**
 * Reads the part of the network that a run has to look at, and determines where it has proved to have looked.
 *
 * An error is recorded for the VPC, the group or the VPN connections that it concerns, and everything else is read.
 * Something that could not be read is never mistaken for something that does not exist.
 */
import { endpointsUnread, readEndpointGroups } from './endpoints';
import { type FlaggedReading, readFlaggedRules } from './flagged-rules';
import { observeGroups } from './groups';
import { NO_COVERAGE } from './reading';
import { readStaleRules, type StaleReading } from './stale-rules';
import { readVpcs, type VpcList } from './vpcs';
import { NO_VPN_CONNECTIONS, readVpnConnections } from './vpn-connections';
import { type DecodedConfiguration, looksAtRules } from '../../../src/contract/configuration';
import type { Coverage, StaleCoverage } from '../model/coverage';
import type { Observation, ObservedVpcs } from '../model/observation';
import type { Scope } from '../model/scope';
import type { NetworkReader } from '../ports';

export interface Looking {
  readonly network: NetworkReader;
  readonly now: Date;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
}

type RulesObservation = Omit<Observation, 'vpnConnections' | 'isVpnAnswerWhole' | 'endpoints'>;

export async function observe(
  scope: Scope, configuration: DecodedConfiguration, { network, now, accountId }: Looking,
): Promise<Observation> {
  const isWhole = scope.kind === 'everything';
  const { functionNetwork } = configuration;
  const [vpn, rules, endpoints] = await Promise.all([
    isWhole ? readVpnConnections(configuration.vpnConnections, network, now) : NO_VPN_CONNECTIONS,
    !looksAtRules(configuration) ? NO_RULES
      : isWhole ? observeRules(configuration, network, accountId)
        : observeGroups(scope.groupIds, configuration, network, accountId),
    looksAtRules(configuration) ? readEndpointGroups(functionNetwork, network) : undefined,
  ]);
  const unread = endpoints?.error ? [endpointsUnread(functionNetwork, endpoints.error)] : [];
  return { ...rules, ...vpn, endpoints, errors: [...rules.errors, ...unread, ...vpn.errors] };
}

/** Whether there was something to look at, but nothing could be looked at. */
export function sawNothing(
  { vpcs, vpnConnections: vpn, errors }: Observation, configuration: DecodedConfiguration,
): boolean {
  const sawRules = (configuration.staleRules !== 'ignore' && vpcs?.sawStaleRules)
    || (configuration.flaggedIngressRules.length > 0 && vpcs?.sawFlaggedRules);
  return (errors.length > 0 || (vpcs?.notCovered.size ?? 0) > 0) && vpn === undefined && !sawRules;
}

const NOTHING: ReadonlySet<string> = new Set();
const NO_RULES: RulesObservation = {
  groups: new Map(), stale: [], flagged: [], prefixLists: new Map(),
  coverage: { stale: NO_COVERAGE, flagged: NO_COVERAGE }, errors: [],
};

async function observeRules(
  configuration: DecodedConfiguration, network: NetworkReader, accountId?: string,
): Promise<RulesObservation> {
  const { vpcIds: named, staleRules, flaggedIngressRules: declared } = configuration;
  const vpcs = await readVpcs(named, network);
  const [stale, flagged] = await Promise.all([
    staleRules === 'ignore' ? undefined : readStaleRules({ ...vpcs, named, accountId }, network),
    declared.length === 0 ? undefined : readFlaggedRules({ ...vpcs, declared }, network),
  ]);
  const errors = [...vpcs.errors, ...stale?.errors ?? [], ...flagged?.errors ?? []];
  const failed = new Set(errors.flatMap(({ vpcId }) => vpcId ?? []));
  return {
    vpcs: observedVpcs(vpcs, failed, stale, flagged),
    groups: new Map([...stale?.groups ?? [], ...flagged?.groups ?? []]),
    stale: stale?.stale ?? [],
    flagged: flagged?.flagged ?? [],
    prefixLists: flagged?.prefixLists ?? new Map(),
    groupUse: flagged?.groupUse,
    coverage: { stale: stale?.coverage ?? NO_COVERAGE, flagged: flagged?.coverage ?? NO_COVERAGE },
    errors,
  };
}

function observedVpcs(
  { vpcIds, owners, unseen }: VpcList, failed: ReadonlySet<string>, stale?: StaleReading, flagged?: FlaggedReading,
): ObservedVpcs {
  const notCovered = stale?.notCovered ?? NOTHING;
  const there = vpcIds.filter(vpcId => !stale?.gone.has(vpcId));
  const isFlaggedSeen = (vpcId: string): boolean => flagged === undefined
    || (flagged.sawAny && (!flagged.isVpcUnknown || flagged.vpcIds.has(vpcId)));
  return {
    inScope: new Set(there),
    ownerIds: new Set(owners.values()),
    scanned: new Set(there.filter(vpcId => isFlaggedSeen(vpcId) && !failed.has(vpcId) && !notCovered.has(vpcId))),
    notCovered,
    flagged: flagged?.vpcIds ?? NOTHING,
    sawStaleRules: stale?.sawAny ?? unseen === 0,
    sawFlaggedRules: flagged?.sawAny ?? true,
  };
}

/** A group, its VPC, and other VPCs for which EC2 may name it. */
interface CoveredPlace {
  readonly groupId: string;
  readonly vpcId?: string;
  readonly otherVpcIds?: readonly string[];
}

/**
 * Whether a check has proved to have looked at a group. If so, a rule that it did not find there does not belong to the
 * check.
 */
export function covers(
  coverage: Coverage, check: keyof Coverage, { groupId, vpcId, otherVpcIds = [] }: CoveredPlace,
): boolean {
  const { vpcIds, groupIds, unreadGroupIds } = coverage[check];
  return !unreadGroupIds.has(groupId) && (groupIds.has(groupId) || (vpcId !== undefined && vpcIds.has(vpcId)))
    && otherVpcIds.every(each => isReadFor(coverage[check], each));
}

/** Whether the run knows that EC2 does not name a rule for a VPC in which it was not found. */
export function isReadFor({ vpcIds, readVpcIds, unreadVpcIds }: StaleCoverage, vpcId: string): boolean {
  return vpcIds.has(vpcId) || readVpcIds?.has(vpcId) === true || unreadVpcIds?.has(vpcId) === false;
}
