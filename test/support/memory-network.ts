/**
 * The network port in memory. It records every call in the order in which it started, and a test can change the world
 * around any of them.
 *
 * It is as strict as EC2 where that matters. A call by filter leaves out what does not exist, accepts at most 200
 * values, and requires at least one. A revocation by ids is all or nothing, and lists the rules that it revoked. An
 * added rule gets a new id, and a group has no two rules for the same traffic.
 */
import { awsError } from './aws-error';
import type {
  GroupAssociation,
  PrefixList,
  PrefixListEntries,
  RevokeAnswer,
  RevokedRule,
  SecurityGroup,
  SecurityGroupRule,
  StaleSecurityGroup,
  Tags,
  Vpc,
  VpnConnection,
} from '../../lambda/core/model/network';
import type { Network } from '../../lambda/core/ports';

export type Method = keyof Network;

export interface Call {
  readonly method: Method;
  /**
   * The ids that the call names: of VPCs, groups, rules, prefix lists or VPN connections; the action of a preflight; or
   * for a rule to add, its group and its former id.
   */
  readonly ids: readonly string[];
}

/** The interference of a test with calls of a method. */
export interface Interference {
  /** The number of the call, from 1. Absent: every call. */
  readonly call?: number;
  /** Matches only calls that name this id. */
  readonly naming?: string;
  readonly before?: () => void | Promise<void>;
  /** Thrown after `before`, instead of an answer. */
  readonly throws?: Error;
  /** The number of pages after which a paged read throws. */
  readonly afterPages?: number;
  readonly after?: () => void | Promise<void>;
}

export interface World {
  readonly vpcs?: readonly Vpc[];
  readonly groups?: readonly SecurityGroup[];
  readonly rules?: readonly SecurityGroupRule[];
  readonly associations?: readonly GroupAssociation[];
  /** The stale groups by VPC id. */
  readonly stale?: Readonly<Record<string, readonly StaleSecurityGroup[]>>;
  readonly vpnConnections?: readonly VpnConnection[];
  /** The security groups of the interface endpoints of each VPC, by its id. */
  readonly endpointGroupIds?: Readonly<Record<string, readonly string[]>>;
  readonly prefixLists?: readonly ListInMemory[];
  /** The groups that network interfaces have. */
  readonly usedGroupIds?: readonly string[];
}

/** A prefix list with its entries. By default, its last change is complete. */
export interface ListInMemory extends Partial<PrefixList>, Partial<PrefixListEntries> {
  readonly prefixListId: string;
}

const PREFIX_LISTS_PER_CALL = 100;

const FILTER_VALUES_PER_CALL = 200;

export class MemoryNetwork implements Network {
  readonly calls: Call[] = [];
  readonly groups: Map<string, SecurityGroup>;
  readonly rules: Map<string, SecurityGroupRule>;
  connections: readonly VpnConnection[];
  endpointGroupIds: Readonly<Record<string, readonly string[]>>;
  readonly lists: Map<string, ListInMemory>;
  readonly used: Set<string>;

  /** The number of rules on a page. */
  pageSize = 1000;
  /** The number of revocations that are admitted at a time. */
  admits = 1000;
  /** Whether groups are in a default VPC, where revoking a missing rule is not an error. */
  isDefaultVpc = false;
  /** Whether responses to a revocation list the rules. Those of older endpoints do not. */
  listsRevoked = true;
  /** Returns how a response to a revocation lists a rule. */
  listing: (rule: SecurityGroupRule) => RevokedRule = listed;

  private readonly interferences: Array<Interference & { readonly method: Method }> = [];
  private added = 0;

  constructor(private readonly world: World = {}) {
    this.groups = new Map(world.groups?.map(group => [group.groupId, group]));
    this.rules = new Map(world.rules?.map(rule => [rule.securityGroupRuleId, rule]));
    this.connections = world.vpnConnections ?? [];
    this.endpointGroupIds = world.endpointGroupIds ?? {};
    this.lists = new Map(world.prefixLists?.map(list => [list.prefixListId, list]));
    this.used = new Set(world.usedGroupIds);
  }

  on(method: Method, interference: Interference): this {
    this.interferences.push({ method, ...interference });
    return this;
  }

  /** Returns the ids that each call of a method named. */
  idsOf(method: Method): Array<readonly string[]> {
    return this.calls.filter(call => call.method === method).map(({ ids }) => ids);
  }

  /** Returns the methods in the order of the calls. */
  get methods(): Method[] {
    return this.calls.map(({ method }) => method);
  }

  async vpcs(vpcIds?: readonly string[]): Promise<Vpc[]> {
    return this.call('vpcs', vpcIds ?? [], () =>
      (this.world.vpcs ?? []).filter(({ vpcId }) => vpcIds?.includes(vpcId) ?? true),
    );
  }

  async staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]> {
    return this.call('staleSecurityGroups', [vpcId], () => [...this.world.stale?.[vpcId] ?? []]);
  }

  async securityGroups(by: Parameters<Network['securityGroups']>[0]): Promise<SecurityGroup[]> {
    const ids = 'vpcIds' in by ? by.vpcIds : by.groupIds;
    return this.call('securityGroups', ids, () => {
      checkFilter(ids);
      return [...this.groups.values()].filter(({ groupId, vpcId = '' }) =>
        ids.includes('vpcIds' in by ? vpcId : groupId),
      );
    });
  }

  async *securityGroupRules(by: Parameters<Network['securityGroupRules']>[0]): AsyncGenerator<SecurityGroupRule[]> {
    const ids = 'ruleIds' in by ? by.ruleIds : by.groupIds;
    const rules = await this.call('securityGroupRules', ids, () => {
      checkFilter(ids);
      return [...this.rules.values()].filter(({ groupId, securityGroupRuleId }) =>
        ids.includes('ruleIds' in by ? securityGroupRuleId : groupId),
      );
    });
    yield* this.pages('securityGroupRules', rules, ids);
  }

  async *allSecurityGroups(): AsyncGenerator<SecurityGroup[]> {
    const groups = await this.call('allSecurityGroups', [], () => [...this.groups.values()]);
    yield* this.pages('allSecurityGroups', groups);
  }

  async *allSecurityGroupRules(): AsyncGenerator<SecurityGroupRule[]> {
    const rules = await this.call('allSecurityGroupRules', [], () => [...this.rules.values()]);
    yield* this.pages('allSecurityGroupRules', rules);
  }

  async groupAssociations(): Promise<GroupAssociation[]> {
    return this.call('groupAssociations', [], () => [...this.world.associations ?? []]);
  }

  async interfaceEndpointGroupIds(vpcId: string): Promise<string[]> {
    return this.call('interfaceEndpointGroupIds', [vpcId], () => [...this.endpointGroupIds[vpcId] ?? []]);
  }

  async vpnConnections(filters: Parameters<Network['vpnConnections']>[0]): Promise<VpnConnection[]> {
    const ids = filters.find(({ name }) => name === 'vpn-connection-id')?.values;
    return this.call('vpnConnections', filters.flatMap(({ values }) => values), () =>
      this.connections.filter(({ vpnConnectionId }) => ids?.includes(vpnConnectionId) ?? true));
  }

  async prefixLists(prefixListIds: readonly string[]): Promise<PrefixList[]> {
    return this.call('prefixLists', prefixListIds, () => {
      checkFilter(prefixListIds, PREFIX_LISTS_PER_CALL);
      return [...this.lists.values()].filter(({ prefixListId }) => prefixListIds.includes(prefixListId))
        .map(({ prefixListId, state = 'modify-complete', version, ownerId }) =>
          ({ prefixListId, state, version, ownerId }));
    });
  }

  async prefixListEntries(prefixListId: string): Promise<PrefixListEntries> {
    return this.call('prefixListEntries', [prefixListId], () => {
      const list = this.lists.get(prefixListId);
      if (list === undefined) {
        throw awsError('InvalidPrefixListID.NotFound', `The prefix list (${prefixListId}) does not exist.`);
      }
      return { cidrs: [...list.cidrs ?? []], isOneAnswer: list.isOneAnswer ?? true };
    });
  }

  async usedGroupIds(groupIds: readonly string[]): Promise<string[]> {
    return this.call('usedGroupIds', groupIds, () => {
      checkFilter(groupIds);
      return groupIds.filter(id => this.used.has(id));
    });
  }

  async admitRevocations(upTo: number): Promise<number> {
    return this.call('admitRevocations', [], () => Math.min(upTo, this.admits));
  }

  async revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer> {
    return this.call('revokeIngress', [groupId, ...ruleIds], () => {
      if (ruleIds.length === 0) {
        throw awsError('MissingParameter', 'a revocation without rule ids names the group alone');
      }
      const known = ruleIds.flatMap(id => this.rules.get(id) ?? []).filter(rule => rule.groupId === groupId);
      if (known.length < ruleIds.length && !this.isDefaultVpc) {
        throw awsError('InvalidSecurityGroupRuleId.NotFound', 'The specified security group rule does not exist');
      }
      known.forEach(({ securityGroupRuleId }) => this.rules.delete(securityGroupRuleId));
      return {
        revokedRules: this.listsRevoked ? known.map(this.listing) : undefined,
        unknownPermissions: ruleIds.length - known.length,
      };
    });
  }

  async authorizeIngress(rule: SecurityGroupRule, tags: Tags): Promise<string | undefined> {
    return this.call('authorizeIngress', [rule.groupId, rule.securityGroupRuleId], () => {
      if (!this.groups.has(rule.groupId)) {
        throw awsError('InvalidGroup.NotFound', `The security group '${rule.groupId}' does not exist`);
      }
      if ([...this.rules.values()].some(each => traffic(each) === traffic(rule))) {
        throw awsError('InvalidPermission.Duplicate', 'the specified rule already exists');
      }
      const securityGroupRuleId = `sgr-added-${++this.added}`;
      this.rules.set(securityGroupRuleId, { ...rule, securityGroupRuleId, isEgress: false, tags: { ...tags } });
      return securityGroupRuleId;
    });
  }

  async tagRule(ruleId: string, tags: Tags): Promise<void> {
    return this.call('tagRule', [ruleId], () => {
      const rule = this.rules.get(ruleId);
      if (rule === undefined) {
        throw awsError('InvalidSecurityGroupRuleId.NotFound', 'The specified security group rule does not exist');
      }
      this.rules.set(ruleId, { ...rule, tags: { ...rule.tags, ...tags } });
    });
  }

  async preflight(wanted: Parameters<Network['preflight']>[0]): Promise<void> {
    const about = 'vpcId' in wanted ? [wanted.vpcId] : 'groupId' in wanted ? [wanted.groupId] : [];
    return this.call('preflight', [wanted.action, ...about], () => undefined);
  }

  private *pages<T>(method: Method, items: readonly T[], ids: readonly string[] = []): Generator<T[]> {
    const broken = this.interferences.find(each => each.method === method && each.afterPages !== undefined
      && (each.naming === undefined || ids.includes(each.naming)));
    for (let page = 0; page * this.pageSize < items.length; page++) {
      if (broken?.afterPages === page) throw broken.throws;
      yield items.slice(page * this.pageSize, (page + 1) * this.pageSize);
    }
  }

  private async call<T>(method: Method, ids: readonly string[], answer: () => T): Promise<T> {
    this.calls.push({ method, ids });
    const count = this.calls.filter(each => each.method === method).length;
    const now = this.interferences.filter(each => each.method === method && (each.call ?? count) === count
      && (each.naming === undefined || ids.includes(each.naming)));
    // Answers are asynchronous, as over a network.
    await Promise.resolve();
    for (const { before, throws, afterPages } of now) {
      await before?.();
      if (throws && afterPages === undefined) throw throws;
    }
    const answered = answer();
    for (const { after } of now) await after?.();
    return answered;
  }
}

/** Lists a revoked rule as EC2 does: without tags, and only with the id of a referenced group. */
function listed(rule: SecurityGroupRule): RevokedRule {
  const {
    securityGroupRuleId,
    ipProtocol,
    fromPort,
    toPort,
    cidrIpv4,
    cidrIpv6,
    prefixListId,
    description,
    referencedGroup,
  } = rule;
  const referencedGroupId = referencedGroup?.groupId;
  return {
    securityGroupRuleId,
    ipProtocol,
    fromPort,
    toPort,
    cidrIpv4,
    cidrIpv6,
    prefixListId,
    description,
    referencedGroupId,
  };
}

/** Returns the traffic, for which a group may have only one rule. An added rule is for ingress. */
function traffic({
  groupId,
  ipProtocol,
  fromPort,
  toPort,
  cidrIpv4,
  cidrIpv6,
  prefixListId,
  referencedGroup,
  isEgress,
}: SecurityGroupRule): string {
  return JSON.stringify([
    groupId,
    isEgress,
    ipProtocol,
    fromPort,
    toPort,
    cidrIpv4 ?? cidrIpv6 ?? prefixListId ?? referencedGroup?.groupId,
  ]);
}

function checkFilter(values: readonly string[], most = FILTER_VALUES_PER_CALL): void {
  if (values.length === 0) throw awsError('InvalidParameterValue', 'a filter without values');
  if (values.length > most) throw awsError('FilterLimitExceeded', `${values.length} filter values`);
}
