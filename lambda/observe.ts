/**
 * Reads the network as far as the configuration asks for it, and hands what was read to the checks.
 *
 * An error costs only the VPC, or the VPN connections, that it struck: it is recorded there and the rest is read. What could not be read is
 * never mistaken for what is not there.
 */
import type { DecodedConfiguration } from '../src/private/contract';
import { flaggedIngress, type FlaggedRule } from './checks/flagged-ingress';
import { type StaleRule, staleRules } from './checks/stale-rules';
import { vpnConnections, type VpnConnectionState } from './checks/vpn-connections';
import { type ErrorFacts, errorFacts } from './errors';
import { inPartsOf } from './lists';
import type { Network, SecurityGroup, SecurityGroupRule, StaleSecurityGroup } from './ports';

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
    /** Those that every check could look at. */
    readonly scanned: ReadonlySet<string>;
  };
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly stale: readonly StaleRule[];
  readonly flagged: readonly FlaggedRule[];
  /** Absent when they are not looked at, or could not be. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  readonly errors: readonly ScanError[];
}

/** EC2 takes at most 200 values in a filter. */
const GROUPS_PER_CALL = 200;

/** Fewer than EC2 takes, so that one VPC that cannot be read is told from its neighbours in few steps. */
const VPCS_PER_CALL = 20;

const VPN_CONNECTIONS_PER_CALL = 200;

export async function observe(configuration: DecodedConfiguration, network: Network, now: Date): Promise<Observation> {
  const observer = new Observer(configuration, network);
  const [vpn] = await Promise.all([observer.vpnConnections(now), observer.securityGroupRules()]);
  return { ...observer.observation(), vpnConnections: vpn };
}

class Observer {
  private readonly errors: ScanError[] = [];
  private readonly groups = new Map<string, SecurityGroup>();
  private readonly stale: StaleRule[] = [];
  private readonly flagged = new Map<string, FlaggedRule>();
  private vpcIds: string[] | undefined;

  constructor(private readonly configuration: DecodedConfiguration, private readonly network: Network) {}

  observation(): Observation {
    const failed = new Set(this.errors.map(({ vpcId }) => vpcId));
    return {
      vpcs: this.vpcIds && { inScope: new Set(this.vpcIds), scanned: new Set(this.vpcIds.filter(vpcId => !failed.has(vpcId))) },
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
        ? inPartsOf(VPN_CONNECTIONS_PER_CALL, [...new Set(ids)]).map(values => [{ name: 'vpn-connection-id', values }])
        : [filters];
      const answers = await Promise.all(calls.map(call => this.network.vpnConnections(call)));
      const states = vpnConnections(answers.flat(), { expectedIds: kind === 'withIds' ? ids : undefined, staleAfterSeconds, now });
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
      const found = (await this.network.vpcs(named)).map(({ vpcId }) => vpcId);
      for (const vpcId of new Set(named?.filter(each => !found.includes(each)))) {
        this.fail('looking for a VPC', { code: 'InvalidVpcID.NotFound', message: `the VPC ${vpcId} is named in vpcs, but EC2 does not know it` }, { vpcId });
      }
      return found;
    } catch (error) {
      this.fail('listing VPCs', errorFacts(error));
      return named === undefined ? [] : [...new Set(named)];
    }
  }

  private async readStaleRules(vpcIds: readonly string[]): Promise<void> {
    const staleByVpc = new Map<string, StaleSecurityGroup[]>();
    await Promise.all(vpcIds.map(async vpcId => {
      try {
        const groups = await this.network.staleSecurityGroups(vpcId);
        if (groups.length > 0) staleByVpc.set(vpcId, groups);
      } catch (error) {
        this.fail('reading stale security groups', errorFacts(error), { vpcId });
      }
    }));
    const stale = [...staleByVpc].flatMap(([vpcId, groups]) => groups.map(({ groupId }) => ({ vpcId, groupId })));
    const referencing = new Map<string, Map<string, SecurityGroupRule>>();
    await Promise.all([
      this.readGroups(stale.filter(({ groupId }) => !this.groups.has(groupId))),
      this.readRules(stale, rule => {
        if (rule.referencedGroup === undefined) return;
        const rules = referencing.get(rule.groupId) ?? new Map<string, SecurityGroupRule>();
        referencing.set(rule.groupId, rules.set(rule.securityGroupRuleId, rule));
      }),
    ]);
    for (const [vpcId, groups] of staleByVpc) {
      this.stale.push(...staleRules(vpcId, groups, groupId => [...referencing.get(groupId)?.values() ?? []]));
    }
  }

  private async readFlaggedRules(vpcIds: readonly string[]): Promise<void> {
    const declared = this.configuration.flaggedIngressRules;
    const named = [...new Set(declared.flatMap(({ groupId }) => groupId ?? []))];
    const anyGroup = declared.some(({ groupId }) => groupId === undefined);
    const groups = new Map<string, { groupId: string; vpcId?: string }>();
    const add = (group: SecurityGroup): unknown => groups.set(group.groupId, group);
    if (anyGroup) await this.readGroupsOfVpcs(vpcIds, add);
    const errorsBefore = this.errors.length;
    await this.readGroups(named.filter(groupId => !groups.has(groupId)).map(groupId => ({ groupId })), add);
    for (const groupId of this.errors.length > errorsBefore ? [] : named.filter(each => !groups.has(each))) {
      this.fail('looking for a security group', { code: 'InvalidGroup.NotFound', message: `the security group ${groupId} is named in flaggedIngressRules, but could not be found` }, { resourceId: groupId });
    }
    const byVpc = [...groups.values()].sort((a, b) => (a.vpcId ?? '').localeCompare(b.vpcId ?? ''));
    await this.readRules(byVpc, rule => {
      const flagged = flaggedIngress(rule, declared);
      if (flagged) this.flagged.set(rule.securityGroupRuleId, flagged);
    });
  }

  private async readGroupsOfVpcs(vpcIds: readonly string[], onGroup: (group: SecurityGroup) => unknown): Promise<void> {
    const parts = inPartsOf(VPCS_PER_CALL, vpcIds.map(vpcId => ({ vpcId })));
    await Promise.all(parts.map(part => this.isolated('reading security groups', part, async vpcs => {
      for (const group of await this.network.securityGroups({ vpcIds: vpcs.map(({ vpcId }) => vpcId) })) this.take(group, onGroup);
    })));
  }

  private async readGroups(groups: ReadonlyArray<{ groupId: string; vpcId?: string }>, onGroup?: (group: SecurityGroup) => unknown): Promise<void> {
    await Promise.all(inPartsOf(GROUPS_PER_CALL, groups).map(part => this.isolated('reading security groups', part, async items => {
      for (const group of await this.network.securityGroups({ groupIds: items.map(({ groupId }) => groupId) })) this.take(group, onGroup);
    })));
  }

  private take(group: SecurityGroup, onGroup?: (group: SecurityGroup) => unknown): void {
    this.groups.set(group.groupId, group);
    onGroup?.(group);
  }

  /** Hands over each rule once or, after an error half-way, more than once. */
  private async readRules(groups: ReadonlyArray<{ groupId: string; vpcId?: string }>, onRule: (rule: SecurityGroupRule) => void): Promise<void> {
    await Promise.all(inPartsOf(GROUPS_PER_CALL, groups).map(part => this.isolated('reading security group rules', part, async items => {
      for await (const page of this.network.securityGroupRules({ groupIds: items.map(({ groupId }) => groupId) })) page.forEach(onRule);
    })));
  }

  /** Reads what belongs to several VPCs in one go; on an error in halves, until it is known which VPC it strikes. */
  private async isolated<T extends { vpcId?: string }>(doing: string, items: readonly T[], read: (items: readonly T[]) => Promise<void>): Promise<void> {
    try {
      await read(items);
    } catch (error) {
      const vpcIds = [...new Set(items.map(({ vpcId }) => vpcId))];
      if (vpcIds.length === 1) return this.fail(doing, errorFacts(error), { vpcId: vpcIds[0] });
      const half = new Set(vpcIds.slice(0, Math.ceil(vpcIds.length / 2)));
      await Promise.all([
        this.isolated(doing, items.filter(({ vpcId }) => half.has(vpcId)), read),
        this.isolated(doing, items.filter(({ vpcId }) => !half.has(vpcId)), read),
      ]);
    }
  }

  private fail(doing: string, error: ErrorFacts, about: Pick<ScanError, 'vpcId' | 'resourceId'> = {}): void {
    this.errors.push({ doing, ...about, error });
  }
}
