/**
 * Reads the network as far as the configuration asks for it, and hands what was read to the checks.
 *
 * An error costs only the VPC, or the VPN connections, that it struck: it is recorded there and the rest is read. What could not be read is
 * never mistaken for what is not there.
 */
import { flaggedIngress, type FlaggedRule } from './checks/flagged-ingress';
import { type StaleRule, staleRules } from './checks/stale-rules';
import { vpnConnections as vpnConnectionStates, type VpnConnectionState } from './checks/vpn-connections';
import { type ErrorFacts, errorFacts } from './errors';
import { inPartsOf } from './lists';
import type { Network, SecurityGroup, SecurityGroupRule, StaleSecurityGroup } from './ports';
import { type DecodedConfiguration, FILTER_VALUES_PER_CALL } from '../src/private/contract';

/** Something that was to be looked at, and could not be. */
export interface ScanError {
  /** What was being done: `reading stale security groups`. */
  readonly doing: string;
  /** Absent when it is not about one VPC. */
  readonly vpcId?: string;
  /** The security group or VPN connection in question. */
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
  readonly errors: readonly ScanError[];
}

/** Fewer than EC2 takes, so that one VPC that cannot be read is told from its neighbours in few steps. */
const VPCS_PER_CALL = 20;

export async function observe(configuration: DecodedConfiguration, network: Network, now: Date): Promise<Observation> {
  const observer = new Observer(configuration, network);
  const [vpn] = await Promise.all([observer.vpnConnections(now), observer.securityGroupRules()]);
  return { ...observer.observation(), vpnConnections: vpn };
}

/** Whether errors left nothing that was looked at. */
export function sawNothing({ vpcs, vpnConnections: vpn, errors }: Observation, configuration: DecodedConfiguration): boolean {
  const sawRules = (configuration.staleRules !== 'ignore' && vpcs?.sawStaleRules) || (configuration.flaggedIngressRules.length > 0 && vpcs?.sawFlaggedRules);
  return errors.length > 0 && vpn === undefined && !sawRules;
}

class Observer {
  private readonly errors: ScanError[] = [];
  private readonly groups = new Map<string, SecurityGroup>();
  private readonly stale: StaleRule[] = [];
  private readonly flagged = new Map<string, FlaggedRule>();
  private vpcIds: string[] | undefined;
  private ownerIds: ReadonlySet<string> = new Set();
  private readonly stalePlaces = new Places();
  private readonly flaggedPlaces = new Places();
  private flaggedVpcIds: ReadonlySet<string> = new Set();
  /** Whether a group of which the VPC is not known could not be read: then it may be in any. */
  private isFlaggedVpcUnknown = false;

  constructor(private readonly configuration: DecodedConfiguration, private readonly network: Network) {}

  observation(): Observation {
    const failed = new Set(this.errors.map(({ vpcId }) => vpcId));
    const sawStaleRules = this.stalePlaces.sawAny;
    const sawFlaggedRules = this.configuration.flaggedIngressRules.length === 0 || this.flaggedPlaces.sawAny;
    const isFlaggedSeen = (vpcId: string): boolean => sawFlaggedRules && (!this.isFlaggedVpcUnknown || this.flaggedVpcIds.has(vpcId));
    const scanned = (this.vpcIds ?? []).filter(vpcId => isFlaggedSeen(vpcId) && !failed.has(vpcId));
    return {
      vpcs: this.vpcIds && {
        inScope: new Set(this.vpcIds), ownerIds: this.ownerIds, scanned: new Set(scanned), flagged: this.flaggedVpcIds,
        sawStaleRules, sawFlaggedRules,
      },
      groups: this.groups,
      stale: this.stale,
      flagged: [...this.flagged.values()],
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
      const answers = await Promise.all(calls.map(call => this.network.vpnConnections(call)));
      const states = vpnConnectionStates(answers.flat(), { expectedIds: kind === 'withIds' ? ids : undefined, staleAfterSeconds, now });
      for (const { vpnConnectionId: resourceId } of states.filter(({ status }) => status === 'UNKNOWN')) {
        this.fail('reading the telemetry of a VPN connection', { code: 'NoTelemetry', message: 'EC2 gave no telemetry, or a tunnel status it does not document' }, { resourceId });
      }
      return states;
    } catch (error) {
      this.fail('reading VPN connections', errorFacts(error));
      return undefined;
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
      const vpcs = await this.network.vpcs(named);
      this.ownerIds = new Set(vpcs.flatMap(({ ownerId }) => ownerId ?? []));
      const found = vpcs.map(({ vpcId }) => vpcId);
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

  private async readStaleRules(vpcIds: readonly string[]): Promise<void> {
    const staleByVpc = new Map<string, StaleSecurityGroup[]>();
    await Promise.all(vpcIds.map(async vpcId => {
      try {
        const groups = await this.network.staleSecurityGroups(vpcId);
        if (groups.length > 0) staleByVpc.set(vpcId, groups);
        this.stalePlaces.seen();
      } catch (error) {
        this.stalePlaces.unseen();
        this.fail('reading stale security groups', errorFacts(error), { vpcId });
      }
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
      for (const group of await this.network.securityGroups({ vpcIds: vpcs.map(({ vpcId }) => vpcId) })) this.take(group, onGroup);
    });
  }

  /** @returns the groups that could not be read */
  private async readGroups(groups: readonly GroupItem[], onGroup?: (group: SecurityGroup) => unknown): Promise<GroupItem[]> {
    return this.inParts(FILTER_VALUES_PER_CALL, groups, 'reading security groups', async items => {
      for (const group of await this.network.securityGroups({ groupIds: items.map(({ groupId }) => groupId) })) this.take(group, onGroup);
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
    return (await Promise.all(inPartsOf(size, items).map(part => this.isolated(doing, part, read)))).flat();
  }

  /** Reads what belongs to several VPCs in one go; on an error in halves, until it is known which VPC (or which group of no known VPC) it strikes. */
  private async isolated<T extends Item>(doing: string, items: readonly T[], read: Read<T>): Promise<T[]> {
    try {
      await read(items);
      return [];
    } catch (error) {
      const places = [...new Set(items.map(place))];
      if (places.length === 1) {
        this.fail(doing, errorFacts(error), { vpcId: items[0].vpcId, resourceId: items[0].vpcId === undefined ? items[0].groupId : undefined });
        return [...items];
      }
      const half = new Set(places.slice(0, Math.ceil(places.length / 2)));
      const halves = [items.filter(item => half.has(place(item))), items.filter(item => !half.has(place(item)))];
      return (await Promise.all(halves.map(each => this.isolated(doing, each, read)))).flat();
    }
  }

  private fail(doing: string, error: ErrorFacts, about: Pick<ScanError, 'vpcId' | 'resourceId'> = {}): void {
    this.errors.push({ doing, ...about, error });
  }
}

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
