/**
 * Reads the part of the network that a run has to look at, and determines where it has proved to have looked.
 *
 * An error is recorded for the VPC, the group or the VPN connections that it concerns, and everything else is read.
 * Something that could not be read is never mistaken for something that does not exist.
 */
import { endpointsUnread, readEndpointGroups } from './endpoints';
import { type FlaggedReading, isForAnyGroup, readFlaggedRules } from './flagged-rules';
import { observeGroups } from './groups';
import { NO_COVERAGE } from './reading';
import { PROOF_FAILED, type ProvedReading, Proving } from './stale-everywhere';
import { readStaleRules, type StaleReading } from './stale-rules';
import { readVpcs, type VpcList } from './vpcs';
import { NO_VPN_CONNECTIONS, readVpnConnections } from './vpn-connections';
import { type DecodedConfiguration, looksAtRules, provesRules } from '../../../src/contract/configuration';
import type { Coverage, StaleCoverage } from '../model/coverage';
import type { ProofMemory } from '../model/ledger';
import type { Listing, Observation, ObservedVpcs } from '../model/observation';
import type { Scope } from '../model/scope';
import type { NetworkReader } from '../ports';

export interface Looking {
  readonly network: NetworkReader;
  readonly now: Date;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
  /**
   * The part of the ledger that decides about proofs. It is read while the network is. Absent: EC2 is asked about the
   * stale rules of every VPC.
   */
  readonly memory?: Promise<ProofMemory>;
  /** Called when all groups and rules were listed, for others who need the lists. */
  readonly onListing?: (listing: Listing) => void;
}

type RulesObservation = Omit<Observation, 'vpnConnections' | 'isVpnAnswerWhole' | 'endpoints'>;

export async function observe(
  scope: Scope, configuration: DecodedConfiguration, looking: Looking,
): Promise<Observation> {
  const { network, now, accountId } = looking;
  const isWhole = scope.kind === 'everything';
  const { functionNetwork } = configuration;
  const [vpn, rules, endpoints] = await Promise.all([
    isWhole ? readVpnConnections(configuration.vpnConnections, network, now) : NO_VPN_CONNECTIONS,
    !looksAtRules(configuration) ? NO_RULES
      : isWhole ? observeRules(configuration, looking)
        : observeGroups(scope.groupIds, configuration, network, accountId),
    looksAtRules(configuration) ? readEndpointGroups(functionNetwork, network) : undefined,
  ]);
  const unread = endpoints?.error ? [endpointsUnread(functionNetwork, endpoints.error)] : [];
  return { ...rules, ...vpn, endpoints, errors: [...rules.errors, ...unread, ...vpn.errors] };
}

/** Whether there was something to look at, but nothing could be looked at. */
export function sawNothing(
  { vpcs, vpnConnections: vpn, groupUses, errors }: Observation, configuration: DecodedConfiguration,
): boolean {
  const sawRules = (configuration.staleRules !== 'ignore' && vpcs?.sawStaleRules)
    || (configuration.flaggedIngressRules.length > 0 && vpcs?.sawFlaggedRules);
  return (errors.length > 0 || (vpcs?.notCovered.size ?? 0) > 0) && vpn === undefined && !sawRules
    && !groupUses?.isListWhole;
}

const NOTHING: ReadonlySet<string> = new Set();
const NO_RULES: RulesObservation = {
  groups: new Map(), stale: [], flagged: [], prefixLists: new Map(),
  coverage: { stale: NO_COVERAGE, flagged: NO_COVERAGE }, errors: [],
};

async function observeRules(configuration: DecodedConfiguration, looking: Looking): Promise<RulesObservation> {
  const vpcs = await readVpcs(configuration.vpcIds, looking.network);
  const { stale, proofs, flagged } = await readRules(vpcs, configuration, looking);
  const errors = [...vpcs.errors, ...stale?.errors ?? [], ...flagged?.errors ?? []];
  // A VPC whose proof was wrong was read.
  const failed = new Set(errors.flatMap(({ vpcId, error: { code } }) => code === PROOF_FAILED ? [] : vpcId ?? []));
  return {
    vpcs: observedVpcs({ ...vpcs, proved: proofs?.proved ?? NOTHING }, failed, stale, flagged),
    proofs,
    groups: new Map([...stale?.groups ?? [], ...flagged?.groups ?? []]),
    stale: stale?.stale ?? [],
    flagged: flagged?.flagged ?? [],
    prefixLists: flagged?.prefixLists ?? new Map(),
    groupUse: flagged?.groupUse,
    coverage: { stale: stale?.coverage ?? NO_COVERAGE, flagged: flagged?.coverage ?? NO_COVERAGE },
    errors,
  };
}

interface RulesReading {
  readonly stale?: StaleReading;
  readonly proofs?: ProvedReading['proofs'];
  readonly flagged?: FlaggedReading;
}

/** Reads all rules only once, if both checks need them. */
async function readRules(
  vpcs: VpcList, { vpcIds: named, staleRules, flaggedIngressRules: declared, scheduleSeconds }: DecodedConfiguration,
  { network, now, accountId, memory, onListing }: Looking,
): Promise<RulesReading> {
  const scope = { ...vpcs, named, accountId };
  const readFlagged = async (listed?: Proving): Promise<FlaggedReading | undefined> =>
    declared.length === 0 ? undefined : readFlaggedRules({ ...vpcs, declared, listed }, network);
  if (staleRules === 'ignore') return { flagged: await readFlagged() };
  if (memory === undefined || !provesRules({ staleRules, vpcIds: named })) {
    const [stale, flagged] = await Promise.all([readStaleRules(scope, network), readFlagged()]);
    return { stale, flagged };
  }
  const proving = await Proving.begin(scope, network);
  const flagged = await readFlagged(isForAnyGroup(declared) ? proving : undefined);
  const stale = await proving.finish({ now, scheduleSeconds, memory, onListing });
  return { stale, proofs: stale.proofs, flagged };
}

function observedVpcs(
  { vpcIds, owners, unseen, proved }: VpcList & Pick<ProvedReading['proofs'], 'proved'>, failed: ReadonlySet<string>, stale?: StaleReading, flagged?: FlaggedReading,
): ObservedVpcs {
  const notCovered = stale?.notCovered ?? NOTHING;
  const there = vpcIds.filter(vpcId => !stale?.gone.has(vpcId));
  const isFlaggedSeen = (vpcId: string): boolean => flagged === undefined
    || (flagged.sawAny && (!flagged.isVpcUnknown || flagged.vpcIds.has(vpcId)));
  const seen = there.filter(vpcId => isFlaggedSeen(vpcId) && !failed.has(vpcId) && !notCovered.has(vpcId));
  return {
    inScope: new Set(there),
    isListWhole: unseen === 0,
    ownerIds: new Set(owners.values()),
    scanned: new Set(seen.filter(vpcId => !proved.has(vpcId))),
    proved: new Set(seen.filter(vpcId => proved.has(vpcId))),
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
