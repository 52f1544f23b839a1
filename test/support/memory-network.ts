/**
 * The network port in memory. It records every call in the order in which it began, and lets a test change the world around any of them.
 *
 * As strict as EC2 where that matters: a call by filter leaves out what does not exist, takes at most 200 values and never none; a revocation by ids is
 * all or nothing.
 */
import { awsError } from './aws-error';
import type { Network, RevokeAnswer, SecurityGroup, SecurityGroupRule, StaleSecurityGroup, Vpc, VpnConnection } from '../../lambda/ports';

export type Method = keyof Network;

export interface Call {
  readonly method: Method;
  /** Whatever ids the call names: of VPCs, groups, rules or VPN connections; the action of a preflight. */
  readonly ids: readonly string[];
}

/** What a test does around calls of a method. */
export interface Interference {
  /** Which call of the method, counted from 1. Absent: every one. */
  readonly call?: number;
  /** Only calls that name this id. */
  readonly naming?: string;
  readonly before?: () => void | Promise<void>;
  /** Thrown after `before`, instead of an answer. */
  readonly throws?: Error;
  /** Of a reading in pages: `throws` comes after that many pages. */
  readonly afterPages?: number;
  readonly after?: () => void | Promise<void>;
}

export interface World {
  readonly vpcs?: readonly Vpc[];
  readonly groups?: readonly SecurityGroup[];
  readonly rules?: readonly SecurityGroupRule[];
  /** By VPC id. */
  readonly stale?: Readonly<Record<string, readonly StaleSecurityGroup[]>>;
  readonly vpnConnections?: readonly VpnConnection[];
}

const FILTER_VALUES_PER_CALL = 200;

export class MemoryNetwork implements Network {
  readonly calls: Call[] = [];
  readonly groups: Map<string, SecurityGroup>;
  readonly rules: Map<string, SecurityGroupRule>;

  /** Rules on a page. */
  pageSize = 1000;
  /** How many revocations are admitted at a time. */
  admits = 1000;
  /** As in a default VPC, where a revocation of what is not there is no error. */
  isDefaultVpc = false;
  /** Whether answers to a revocation list the rules; those of older endpoints do not. */
  listsRevoked = true;

  private readonly interferences: Array<Interference & { readonly method: Method }> = [];

  constructor(private readonly world: World = {}) {
    this.groups = new Map(world.groups?.map(group => [group.groupId, group]));
    this.rules = new Map(world.rules?.map(rule => [rule.securityGroupRuleId, rule]));
  }

  on(method: Method, interference: Interference): this {
    this.interferences.push({ method, ...interference });
    return this;
  }

  /** The ids that each call of a method named. */
  idsOf(method: Method): Array<readonly string[]> {
    return this.calls.filter(call => call.method === method).map(({ ids }) => ids);
  }

  /** The methods in the order in which they were called. */
  get methods(): Method[] {
    return this.calls.map(({ method }) => method);
  }

  async vpcs(vpcIds?: readonly string[]): Promise<Vpc[]> {
    return this.call('vpcs', vpcIds ?? [], () => (this.world.vpcs ?? []).filter(({ vpcId }) => vpcIds?.includes(vpcId) ?? true));
  }

  async staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]> {
    return this.call('staleSecurityGroups', [vpcId], () => [...this.world.stale?.[vpcId] ?? []]);
  }

  async securityGroups(by: Parameters<Network['securityGroups']>[0]): Promise<SecurityGroup[]> {
    const ids = 'vpcIds' in by ? by.vpcIds : by.groupIds;
    return this.call('securityGroups', ids, () => {
      checkFilter(ids);
      return [...this.groups.values()].filter(({ groupId, vpcId = '' }) => ids.includes('vpcIds' in by ? vpcId : groupId));
    });
  }

  async *securityGroupRules(by: Parameters<Network['securityGroupRules']>[0]): AsyncGenerator<SecurityGroupRule[]> {
    const ids = 'ruleIds' in by ? by.ruleIds : by.groupIds;
    const rules = await this.call('securityGroupRules', ids, () => {
      checkFilter(ids);
      return [...this.rules.values()].filter(({ groupId, securityGroupRuleId }) => ids.includes('ruleIds' in by ? securityGroupRuleId : groupId));
    });
    const broken = this.interferences.find(each => each.afterPages !== undefined && (each.naming === undefined || ids.includes(each.naming)));
    for (let page = 0; page * this.pageSize < rules.length; page++) {
      if (broken?.afterPages === page) throw broken.throws;
      yield rules.slice(page * this.pageSize, (page + 1) * this.pageSize);
    }
  }

  async vpnConnections(filters: Parameters<Network['vpnConnections']>[0]): Promise<VpnConnection[]> {
    const ids = filters.find(({ name }) => name === 'vpn-connection-id')?.values;
    return this.call('vpnConnections', filters.flatMap(({ values }) => values), () =>
      (this.world.vpnConnections ?? []).filter(({ vpnConnectionId }) => ids?.includes(vpnConnectionId) ?? true));
  }

  async admitRevocations(upTo: number): Promise<number> {
    return this.call('admitRevocations', [], () => Math.min(upTo, this.admits));
  }

  async revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer> {
    return this.call('revokeIngress', [groupId, ...ruleIds], () => {
      if (ruleIds.length === 0) throw awsError('MissingParameter', 'a revocation without rule ids names the group alone');
      const known = ruleIds.filter(id => this.rules.get(id)?.groupId === groupId);
      if (known.length < ruleIds.length && !this.isDefaultVpc) throw awsError('InvalidSecurityGroupRuleId.NotFound', 'The specified security group rule does not exist');
      known.forEach(id => this.rules.delete(id));
      return { revokedRuleIds: this.listsRevoked ? known : undefined, unknownPermissions: ruleIds.length - known.length };
    });
  }

  async preflight(wanted: Parameters<Network['preflight']>[0]): Promise<void> {
    const about = 'vpcId' in wanted ? [wanted.vpcId] : 'groupId' in wanted ? [wanted.groupId] : [];
    return this.call('preflight', [wanted.action, ...about], () => undefined);
  }

  private async call<T>(method: Method, ids: readonly string[], answer: () => T): Promise<T> {
    this.calls.push({ method, ids });
    const count = this.calls.filter(each => each.method === method).length;
    const now = this.interferences.filter(each => each.method === method && (each.call ?? count) === count
      && (each.naming === undefined || ids.includes(each.naming)));
    // As over a network, an answer never comes at once.
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

function checkFilter(values: readonly string[]): void {
  if (values.length === 0) throw awsError('InvalidParameterValue', 'a filter without values');
  if (values.length > FILTER_VALUES_PER_CALL) throw awsError('FilterLimitExceeded', `${values.length} filter values`);
}
