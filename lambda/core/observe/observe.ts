/**
 * Reads the network as far as the configuration asks for it, and hands what was read to the checks.
 *
 * An error costs only the VPC, or the VPN connections, that it struck: it is recorded there and the rest is read. What could not be read is
 * never mistaken for what is not there. Two things are no errors: a VPC that is gone by the time it is read, and a VPC of another account that this
 * account may not look at, which will stay so.
 */
import { type DecodedConfiguration, type Filter, FILTER_VALUES_PER_CALL } from '../../../src/private/contract';
import { flaggedIngress, type FlaggedRule } from '../checks/flagged-ingress';
import { type StaleRule, staleRules } from '../checks/stale-rules';
import { vpnConnections as vpnConnectionStates, type VpnConnectionState } from '../checks/vpn-connections';
import { type ErrorFacts, errorFacts, isDenied, takeUsable, UnusableAnswer } from '../errors';
import { isolate } from '../isolate';
import { inPartsOf } from '../lists';
import type { Network, SecurityGroup, SecurityGroupRule, StaleSecurityGroup, VpnConnection } from '../ports';

/** Something that was to be looked at, and could not be. */
export interface ScanError {
  /** What was being done: `reading stale security groups`. */
  readonly doing: string;
  /** Absent when it is not about one VPC. */
  readonly vpcId?: string;
  /** The security group, the rule, the VPN connection or the item of the ledger in question. */
  readonly resourceId?: string;
  readonly error: ErrorFacts;
}

export interface Observation {
  /** The VPCs in scope; absent when no check looks at VPCs. */
  readonly vpcs?: {
    readonly inScope: ReadonlySet<string>;
    /** The accounts that own them. */
    readonly ownerIds: ReadonlySet<string>;
    /** Those that every check could look at. */
    readonly scanned: ReadonlySet<string>;
    /** VPCs of other accounts in which this account may not look for stale rules. */
    readonly notCovered: ReadonlySet<string>;
    /** Those in which flagged rules could be looked for everywhere. */
    readonly coveredForFlagged: ReadonlySet<string>;
    /** Those with groups of which the rules that may be flagged were read. */
    readonly flagged: ReadonlySet<string>;
    /** Whether the stale rules, and the rules that may be flagged, could be looked at anywhere; a count of them says nothing otherwise. */
    readonly sawStaleRules: boolean;
    readonly sawFlaggedRules: boolean;
  };
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly stale: readonly StaleRule[];
  readonly flagged: readonly FlaggedRule[];
  /** Absent when they are not looked at, or could not be. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  /** Whether a VPN connection that is not among them is not there. */
  readonly isVpnAnswerWhole: boolean;
  readonly errors: readonly ScanError[];
}

/** Fewer than EC2 takes, so that one VPC that cannot be read is told from its neighbours in few steps. */
const VPCS_PER_CALL = 20;

/** @param accountId the function's own account, where it is known */
export async function observe(configuration: DecodedConfiguration, network: Network, now: Date, accountId?: string): Promise<Observation> {
  const observer = new Observer(configuration, network, accountId);
  const [vpn] = await Promise.all([observer.vpnConnections(now), observer.securityGroupRules()]);
  return { ...observer.observation(), vpnConnections: vpn };
}

/** Whether there was something to look at, and nothing could be looked at. */
export function sawNothing({ vpcs, vpnConnections: vpn, errors }: Observation, configuration: DecodedConfiguration): boolean {
  const sawRules = (configuration.staleRules !== 'ignore' && vpcs?.sawStaleRules) || (configuration.flaggedIngressRules.length > 0 && vpcs?.sawFlaggedRules);
  return (errors.length > 0 || (vpcs?.notCovered.size ?? 0) > 0) && vpn === undefined && !sawRules;
}

class Observer {
  private readonly errors: ScanError[] = [];
  private readonly groups = new Map<string, SecurityGroup>();
  private readonly stale: StaleRule[] = [];
  private readonly flagged = new Map<string, FlaggedRule>();
  private vpcIds: string[] | undefined;
  /** The account that owns each VPC, where EC2 tells. */
  private readonly owners = new Map<string, string>();
  private readonly goneVpcIds = new Set<string>();
  private readonly notCoveredVpcIds = new Set<string>();
  private isVpnAnswerWhole = true;
  private readonly stalePlaces = new Places();
  private readonly flaggedPlaces = new Places();
  private flaggedVpcIds: ReadonlySet<string> = new Set();
  /** Whether a group of which the VPC is not known could not be read: then it may be in any. */
  private isFlaggedVpcUnknown = false;

  constructor(
    private readonly configuration: DecodedConfiguration, private readonly network: Network, private readonly accountId: string | undefined,
  ) {}

  observation(): Observation {
    const failed = new Set(this.errors.map(({ vpcId }) => vpcId));
    const sawStaleRules = this.stalePlaces.sawAny;
    const sawFlaggedRules = this.configuration.flaggedIngressRules.length === 0 || this.flaggedPlaces.sawAny;
    const isFlaggedSeen = (vpcId: string): boolean => sawFlaggedRules && (!this.isFlaggedVpcUnknown || this.flaggedVpcIds.has(vpcId));
    const there = (this.vpcIds ?? []).filter(vpcId => !this.goneVpcIds.has(vpcId));
    const coveredForFlagged = there.filter(vpcId => isFlaggedSeen(vpcId) && !failed.has(vpcId));
    const scanned = coveredForFlagged.filter(vpcId => !this.notCoveredVpcIds.has(vpcId));
    return {
      vpcs: this.vpcIds && {
        inScope: new Set(there), ownerIds: new Set(this.owners.values()), scanned: new Set(scanned), notCovered: this.notCoveredVpcIds,
        coveredForFlagged: new Set(coveredForFlagged), flagged: this.flaggedVpcIds, sawStaleRules, sawFlaggedRules,
      },
      groups: this.groups,
      stale: this.stale,
      flagged: [...this.flagged.values()],
      isVpnAnswerWhole: this.isVpnAnswerWhole,
      errors: this.errors,
    };
  }

  async vpnConnections(now: Date): Promise<VpnConnectionState[] | undefined> {
    const { kind, ids = [], filters = [], staleAfterSeconds } = this.configuration.vpnConnections;
    if (kind === 'none') return undefined;
    try {
      // By filter and not by id: an unknown id would fail the call for all.
      const calls = kind === 'withIds'
        ? inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(ids)]).map(values => [{ name: 'vpn-connection-id', values }])
        : [filters];
      const connections: VpnConnection[] = [];
      await Promise.all(calls.map(async call => this.readVpnConnections(call, connection => connections.push(connection))));
      // One of those that are expected may be the one without an id.
      const expectedIds = kind === 'withIds' && this.isVpnAnswerWhole ? ids : undefined;
      const states = vpnConnectionStates(connections, { expectedIds, staleAfterSeconds, now });
      for (const { vpnConnectionId: resourceId } of states.filter(({ status }) => status === 'UNKNOWN')) {
        this.fail('reading the telemetry of a VPN connection', { code: 'NoTelemetry', message: 'EC2 gave no telemetry, or a tunnel status it does not document' }, { resourceId });
      }
      return states;
    } catch (error) {
      this.fail('reading VPN connections', errorFacts(error));
      return undefined;
    }
  }

  private async readVpnConnections(call: readonly Filter[], take: (connection: VpnConnection) => void): Promise<void> {
    try {
      await takeUsable(this.network.vpnConnections(call), take);
    } catch (error) {
      if (!(error instanceof UnusableAnswer)) throw error;
      this.isVpnAnswerWhole = false;
      this.fail('reading VPN connections', errorFacts(error));
    }
  }

  async securityGroupRules(): Promise<void> {
    const { staleRules: action, flaggedIngressRules } = this.configuration;
    if (action === 'ignore' && flaggedIngressRules.length === 0) return;
    const vpcIds = await this.readVpcIds();
    this.vpcIds = vpcIds;
    await Promise.all([
      action === 'ignore' ? undefined : this.readStaleRules(vpcIds),
      flaggedIngressRules.length === 0 ? undefined : this.readFlaggedRules(vpcIds),
    ]);
  }

  private async readVpcIds(): Promise<string[]> {
    const named = this.configuration.vpcIds;
    try {
      const found = await this.listVpcs(named);
      for (const vpcId of new Set(named?.filter(each => !found.includes(each)))) {
        this.stalePlaces.unseen();
        this.flaggedPlaces.unseen();
        this.fail('looking for a VPC', { code: 'InvalidVpcID.NotFound', message: `the VPC ${vpcId} is named in vpcs, but EC2 does not know it` }, { vpcId });
      }
      return found;
    } catch (error) {
      this.fail('listing VPCs', errorFacts(error));
      if (named === undefined) {
        this.stalePlaces.unseen();
        this.flaggedPlaces.unseen();
      }
      return named === undefined ? [] : [...new Set(named)];
    }
  }

  /** What is usable of an answer is looked at, whatever else it holds. */
  private async listVpcs(named: readonly string[] | undefined): Promise<string[]> {
    const found: string[] = [];
    try {
      await takeUsable(this.network.vpcs(named), ({ vpcId, ownerId }) => {
        found.push(vpcId);
        if (ownerId !== undefined) this.owners.set(vpcId, ownerId);
      });
    } catch (error) {
      if (!(error instanceof UnusableAnswer)) throw error;
      this.stalePlaces.unseen();
      this.flaggedPlaces.unseen();
      this.fail('listing VPCs', errorFacts(error));
    }
    return found;
  }

  private async readStaleRules(vpcIds: readonly string[]): Promise<void> {
    const staleByVpc = new Map<string, StaleSecurityGroup[]>();
    await Promise.all(vpcIds.map(async vpcId => {
      const groups: StaleSecurityGroup[] = [];
      try {
        await takeUsable(this.network.staleSecurityGroups(vpcId), group => groups.push(group));
        this.stalePlaces.seen();
      } catch (error) {
        const facts = errorFacts(error);
        if (await this.isGone(vpcId, facts)) return;
        // What is usable of an answer was seen.
        if (error instanceof UnusableAnswer && groups.length > 0) this.stalePlaces.seen();
        else this.stalePlaces.unseen();
        // Another account's VPC that is shared with this one: it is not for this account to look there, and that will not change.
        if (isDenied(facts) && this.isOfOther(vpcId)) this.notCoveredVpcIds.add(vpcId);
        else this.fail('reading stale security groups', facts, { vpcId });
      }
      if (groups.length > 0) staleByVpc.set(vpcId, groups);
    }));
    const stale = [...staleByVpc].flatMap(([vpcId, groups]) => groups.map(({ groupId }) => ({ vpcId, groupId })));
    const referencing = new Map<string, Map<string, SecurityGroupRule>>();
    await Promise.all([
      this.readGroups(stale),
      this.readRules(stale, rule => {
        if (rule.referencedGroup === undefined) return;
        const rules = referencing.get(rule.groupId) ?? new Map<string, SecurityGroupRule>();
        referencing.set(rule.groupId, rules.set(rule.securityGroupRuleId, rule));
      }),
    ]);
    for (const { vpcId, groupId } of stale) {
      const isUnread = referencing.has(groupId) && !this.groups.has(groupId) && !this.errors.some(error => error.vpcId === vpcId);
      if (isUnread) this.fail('reading security groups', GROUP_NOT_SHOWN, { vpcId, resourceId: groupId });
    }
    // A group that is associated with several VPCs may be named for each.
    const known = new Set<string>();
    for (const [vpcId, groups] of staleByVpc) {
      for (const each of staleRules(vpcId, groups, groupId => [...referencing.get(groupId)?.values() ?? []])) {
        if (each.rule && known.has(each.rule.securityGroupRuleId)) continue;
        if (each.rule) known.add(each.rule.securityGroupRuleId);
        this.stale.push(each);
      }
    }
  }

  /** Whether a VPC was deleted between the listing and the reading. One that is named in the configuration is missed. */
  private async isGone(vpcId: string, { code }: ErrorFacts): Promise<boolean> {
    if (code !== 'InvalidVpcID.NotFound' || this.configuration.vpcIds?.includes(vpcId)) return false;
    try {
      if ((await this.network.vpcs([vpcId])).length > 0) return false;
    } catch {
      return false;
    }
    this.goneVpcIds.add(vpcId);
    return true;
  }

  private async readFlaggedRules(vpcIds: readonly string[]): Promise<void> {
    const declared = this.configuration.flaggedIngressRules;
    const named = [...new Set(declared.flatMap(({ groupId }) => groupId ?? []))];
    const anyGroup = declared.some(({ groupId }) => groupId === undefined);
    const groups = new Map<string, { groupId: string; vpcId?: string }>();
    const add = (group: SecurityGroup): unknown => groups.set(group.groupId, group);
    const unread = anyGroup ? await this.readGroupsOfVpcs(vpcIds, add) : [];
    const notYetRead = named.filter(groupId => !groups.has(groupId)).map(groupId => ({ groupId }));
    const unreadGroups = new Set((await this.readGroups(notYetRead, add)).map(({ groupId }) => groupId));
    for (const groupId of named.filter(each => !groups.has(each) && !unreadGroups.has(each))) {
      this.flaggedPlaces.unseen();
      this.fail('looking for a security group', { code: 'InvalidGroup.NotFound', message: `the security group ${groupId} is named in flaggedIngressRules, but could not be found` }, { resourceId: groupId });
    }
    const byVpc = [...groups.values()].sort((a, b) => (a.vpcId ?? '').localeCompare(b.vpcId ?? ''));
    const unreadRules = await this.readRules(byVpc, rule => {
      const flagged = flaggedIngress(rule, declared);
      if (flagged) this.flagged.set(rule.securityGroupRuleId, flagged);
    });
    const unreadIds = new Set(unreadRules.map(({ groupId }) => groupId));
    const readVpcIds = new Set(byVpc.filter(({ groupId }) => !unreadIds.has(groupId)).map(({ vpcId }) => vpcId ?? ''));
    const withGroups = new Set(byVpc.map(({ vpcId }) => vpcId));
    const emptyVpcIds = anyGroup ? vpcIds.filter(vpcId => !withGroups.has(vpcId) && !unread.some(each => each.vpcId === vpcId)) : [];
    this.flaggedPlaces.unseen(unread.length + unreadGroups.size + unreadRules.length);
    this.flaggedPlaces.seen(readVpcIds.size + emptyVpcIds.length);
    this.flaggedVpcIds = new Set([...readVpcIds, ...emptyVpcIds]);
    this.isFlaggedVpcUnknown = unreadGroups.size > 0;
  }

  /** @returns the VPCs whose groups could not be read */
  private async readGroupsOfVpcs(vpcIds: readonly string[], onGroup: (group: SecurityGroup) => unknown): Promise<Item[]> {
    return this.inParts(VPCS_PER_CALL, vpcIds.map(vpcId => ({ vpcId })), 'reading security groups', async vpcs => {
      await takeUsable(this.network.securityGroups({ vpcIds: vpcs.map(({ vpcId }) => vpcId) }), group => this.take(group, onGroup));
    });
  }

  /** @returns the groups that could not be read */
  private async readGroups(groups: readonly GroupItem[], onGroup?: (group: SecurityGroup) => unknown): Promise<GroupItem[]> {
    return this.inParts(FILTER_VALUES_PER_CALL, groups, 'reading security groups', async items => {
      await takeUsable(this.network.securityGroups({ groupIds: items.map(({ groupId }) => groupId) }), group => this.take(group, onGroup));
    });
  }

  private take(group: SecurityGroup, onGroup?: (group: SecurityGroup) => unknown): void {
    this.groups.set(group.groupId, group);
    onGroup?.(group);
  }

  /** Hands over each rule once or, after an error half-way, more than once. @returns the groups whose rules could not be read */
  private async readRules(groups: readonly GroupItem[], onRule: (rule: SecurityGroupRule) => void): Promise<GroupItem[]> {
    return this.inParts(FILTER_VALUES_PER_CALL, groups, 'reading security group rules', async items => {
      for await (const page of this.network.securityGroupRules({ groupIds: items.map(({ groupId }) => groupId) })) page.forEach(onRule);
    });
  }

  private async inParts<T extends Item>(size: number, items: readonly T[], doing: string, read: Read<T>): Promise<T[]> {
    const isolated = await Promise.all(inPartsOf(size, items).map(part => isolate(part, { placeOf: place, work: read })));
    return isolated.flat().flatMap(({ items: unread, error }) => {
      const [{ vpcId, groupId }] = unread;
      this.fail(doing, errorFacts(error), { vpcId, resourceId: vpcId === undefined ? groupId : undefined });
      return unread;
    });
  }

  private fail(doing: string, error: ErrorFacts, about: Pick<ScanError, 'vpcId' | 'resourceId'> = {}): void {
    this.errors.push({ doing, ...about, error });
  }

  private isOfOther(vpcId: string): boolean {
    const owner = this.owners.get(vpcId);
    return this.accountId !== undefined && owner !== undefined && owner !== this.accountId;
  }
}

const GROUP_NOT_SHOWN: ErrorFacts = { code: 'UnusableAnswer', message: 'EC2 shows rules of the group, but not the group' };

/** Something to read: a VPC, or a group with the VPC it is known to be in. */
interface Item {
  readonly vpcId?: string;
  readonly groupId?: string;
}

interface GroupItem extends Item {
  readonly groupId: string;
}

type Read<T> = (items: readonly T[]) => Promise<void>;

const place = ({ vpcId, groupId }: Item): string | undefined => vpcId ?? groupId;

/** Whether a check could look anywhere. A check with nowhere to look has seen all there is. */
class Places {
  private seenCount = 0;
  private unseenCount = 0;

  get sawAny(): boolean {
    return this.seenCount > 0 || this.unseenCount === 0;
  }

  seen(count = 1): void {
    this.seenCount += count;
  }

  unseen(count = 1): void {
    this.unseenCount += count;
  }
}
