/**
 * The scene of every case of the fault suite: two groups with rules to revoke and others, and checks that every rule is
 * accounted for after a fault.
 */
import { endpointOf } from './kill';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { authorizeIngress } from '../support/cloudtrail/records';
import type { Item } from '../support/dynamodb';
import { Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import type { InvocationOutcome, LambdaProcess } from '../support/lambda-process';
import { SSH_FROM_ANYWHERE, World, type WorldOptions } from '../wire/world';

/** The VPC of the function, and the function's own group. */
const FUNCTION = { vpcId: 'vpc-0f000000000000001', groupId: 'sg-0f000000000000001' };

/** Requests are not paced, because these tests are about faults and not about time. */
export const PROPS = {
  functionNetwork: { vpcId: FUNCTION.vpcId, securityGroupIds: [FUNCTION.groupId] },
  staleRules: 'revoke', flaggedIngressRules: [SSH_FROM_ANYWHERE], vpnConnections: { kind: 'none' }, requestRateFactor: 1000,
};

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };

export const CHANGE_TRIGGER = { changeTrigger: 'cloudTrail' };

/** With this configuration everything waits: the rules to revoke are found and recorded, and the allowance is open. */
const WAITING = { flaggedIngressRules: [], grace: { seconds: 86_400, sightings: 9, maxGapSeconds: 86_400 } };

/** The fields of the control item that tests check. */
export interface Control {
  readonly revision: number;
  readonly table?: string;
  readonly allowance?: { readonly used: number; readonly limit: number; readonly overLimit?: object };
  readonly pause?: object;
}

export class Scene {
  public static async start(options: Omit<WorldOptions, 'network'> = {}): Promise<Scene> {
    const network = new Network();
    const [own, partner] = [network.addVpc({ vpcId: FUNCTION.vpcId }), network.addVpc()];
    const peering = network.addPeering(own.vpcId, partner.vpcId);
    const peer = network.addSecurityGroup({ vpcId: partner.vpcId, groupName: 'partner' });
    const web = network.addSecurityGroup({ vpcId: own.vpcId, groupName: 'web', tags: { 'aws:cloudformation:stack-name': 'shop' } });
    const db = network.addSecurityGroup({ vpcId: own.vpcId, groupName: 'db' });
    network.addSecurityGroup({ vpcId: own.vpcId, groupId: FUNCTION.groupId, groupName: 'function' });
    // The function could not reach AWS without the rules of this group.
    const endpoint = network.addSecurityGroup({ vpcId: own.vpcId, groupName: 'endpoint' });
    network.addInterfaceEndpoint(own.vpcId, [endpoint.groupId]);
    const reference = { groupId: peer.groupId };
    const told = [
      network.addIngress(web.groupId, {
        ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference, description: 'orders (#1): {team-a}; $5 & more!', tags: { Owner: 'team-ä "<&>"', Empty: '' },
      }),
      network.addIngress(web.groupId, { ...SSH, cidrIpv4: '0.0.0.0/0', description: 'temporary', tags: { Ticket: 'NET-1' } }),
      network.addIngress(db.groupId, { ipProtocol: 'tcp', fromPort: 5432, toPort: 5440, reference }),
      network.addIngress(db.groupId, { ...SSH, cidrIpv4: '0.0.0.0/0' }),
    ];
    network.addIngress(web.groupId, { ...SSH, cidrIpv6: '::/0' });
    network.addIngress(web.groupId, { ipProtocol: 'tcp', fromPort: 80, toPort: 80, cidrIpv4: '10.0.0.0/8', description: 'health checks' });
    network.addEgress(web.groupId, { ipProtocol: 'tcp', fromPort: 9000, toPort: 9000, reference });
    network.addIngress(db.groupId, { ipProtocol: 'tcp', fromPort: 8443, toPort: 8443, reference, tags: { [EXEMPT_TAG]: 'by hand' } });
    network.addIngress(endpoint.groupId, { ...SSH, cidrIpv4: '0.0.0.0/0' });
    network.deletePeering(peering.vpcPeeringConnectionId);
    const world = await World.start({ network, ...options });
    const ids = { own: own.vpcId, partner: partner.vpcId, web: web.groupId, db: db.groupId };
    return new Scene(world, told.map(({ securityGroupRuleId }) => securityGroupRuleId), ids);
  }

  /** Every rule at the start. */
  public readonly before: readonly SecurityGroupRule[];
  /** Rules that someone else has removed or changed, and their last version. */
  public readonly others = new Map<string, SecurityGroupRule | undefined>();

  private constructor(
    public readonly world: World, public readonly toldIds: readonly string[],
    public readonly ids: { readonly own: string; readonly partner: string; readonly web: string; readonly db: string },
  ) {
    this.before = world.network.snapshot();
  }

  /** Runs a sweep whose process may die. */
  public async sweep(props: Record<string, unknown> = {}): Promise<InvocationOutcome | undefined> {
    return this.world.sweep({ ...PROPS, ...props }).catch(() => undefined);
  }

  /** Runs over the groups with rules to revoke, after a scheduled sweep that has revoked nothing. */
  public async sweepGroups(props: Record<string, unknown> = {}): Promise<InvocationOutcome | undefined> {
    return this.world.sweepGroups([this.ids.web, this.ids.db], { ...PROPS, ...props }).catch(() => undefined);
  }

  /**
   * Delivers the events of changes of these groups to the function that changes trigger. Its configuration has a change
   * trigger.
   */
  public async change(
    props: Record<string, unknown> = {}, lambda?: LambdaProcess,
  ): Promise<InvocationOutcome | undefined> {
    const at = new Date().toISOString();
    const events = [this.ids.web, this.ids.db].map(groupId => authorizeIngress({ groupId, at }));
    return this.world.change(events, { ...PROPS, ...CHANGE_TRIGGER, ...props }, { lambda }).catch(() => undefined);
  }

  /** Runs a scheduled sweep that opens the allowance and revokes nothing. */
  public async openLimit(props: Record<string, unknown> = {}): Promise<void> {
    const outcome = await this.sweep({ ...WAITING, ...props });
    if (outcome === undefined || outcome.error) throw new Error(`The sweep before failed: ${outcome?.error?.message}`);
    await this.world.putIntoForce({ ...PROPS, ...props });
  }

  /** Returns the double that serves an action. */
  public endpointOf(action: string): World['ec2'] | World['dynamoDb'] {
    return endpointOf(this.world, action);
  }

  public async control(): Promise<Control> {
    const item = await this.item('control');
    return JSON.parse(String(item?.control)) as Control;
  }

  public async item(id: string): Promise<Item | undefined> {
    return (await this.world.dynamoDb.items()).find(each => each.id === id);
  }

  /** Writes the control item as another run would. */
  public async changeControl(change: (control: Control) => object): Promise<void> {
    const [item, control] = [await this.item('control'), await this.control()];
    const changed = { ...control, ...change(control), revision: control.revision + 1 };
    await this.world.dynamoDb.put({ ...item, revision: changed.revision, control: JSON.stringify(changed) });
  }

  /** Runs as many sweeps as the schedule would bring next, without faults. */
  public async recover(sweeps = 2): Promise<void> {
    this.world.ec2.clearFaults();
    this.world.ec2.clearHooks();
    this.world.dynamoDb.clearFaults();
    this.world.dynamoDb.clearHooks();
    if (this.world.lambda.hasExited) await this.world.startAnother();
    for (let count = 0; count < sweeps; count++) {
      const outcome = await this.sweep();
      if (outcome?.error) throw new Error(`A sweep failed although nothing was wrong any more: ${outcome.error.message}`);
    }
  }

  /** Changes the network as someone else would, and remembers the change. */
  public elsewhere(change: (network: Network) => void): void {
    const { network } = this.world;
    const rules = new Map(network.snapshot().map(rule => [rule.securityGroupRuleId, rule]));
    change(network);
    const now = new Map(network.snapshot().map(rule => [rule.securityGroupRuleId, rule]));
    for (const [id, rule] of rules) {
      if (JSON.stringify(now.get(id)) !== JSON.stringify(rule)) this.others.set(id, now.get(id));
    }
  }

  /**
   * Checks that each rule is in its group, or whole in the ledger as pending or permanently as revoked.
   *
   * @returns the problems; empty if all rules are accounted for
   */
  public async unaccounted(): Promise<string[]> {
    const entries = await this.world.entries();
    return this.before.flatMap(original => {
      const id = original.securityGroupRuleId;
      const there = this.world.network.rules.get(id);
      const expected = this.others.has(id) ? this.others.get(id) : original;
      if (there) return JSON.stringify(there) === JSON.stringify(expected) ? [] : [`${id} has changed`];
      // Rules that others have removed do not need to be in the ledger.
      if (expected === undefined) return [];
      if (!this.toldIds.includes(id)) return [`${id} is gone, and nothing told to revoke it`];
      const entry = entries.get(id);
      if (!entry) return [`${id} is gone, and the ledger does not know it`];
      const problems = differences(expected, entry.rule);
      return [
        ...['PENDING', 'REVOKED', 'RESTORED', 'OPEN'].includes(entry.state) ? [] : [`${id} is gone, and the ledger has it as ${entry.state}`],
        ...entry.state !== 'RESTORED' && entry.expiresAt !== undefined ? [`${id} is gone, and its entry expires`] : [],
        ...problems.length > 0 ? [`${id} is gone, and its entry differs in ${problems.join(', ')}`] : [],
      ];
    });
  }

  /** Returns the rules that are still pending. None may be after the sweeps recover. */
  public async pending(): Promise<string[]> {
    return [...(await this.world.entries()).values()].filter(({ state }) => state === 'PENDING').map(({ securityGroupRuleId }) => securityGroupRuleId);
  }

  /** Returns the number of rules that the ledger has as revoked. */
  public async recorded(): Promise<number> {
    return [...(await this.world.entries()).values()].filter(({ state }) => state === 'REVOKED').length;
  }

  /**
   * Checks that after recovery every rule that should be revoked is revoked and recorded, and none is pending.
   *
   * @returns the problems
   */
  public async unfinished(): Promise<string[]> {
    const entries = await this.world.entries();
    const left = this.toldIds.filter(id => !this.others.has(id)).flatMap(id => {
      if (this.world.network.rules.has(id)) return [`${id} was to be revoked, and is there`];
      return entries.get(id)?.state === 'REVOKED' ? [] : [`${id} is revoked, and the ledger has it as ${entries.get(id)?.state}`];
    });
    return [...left, ...(await this.pending()).map(id => `${id} is pending`)];
  }

  /** Creates the peering again and restores the revoked rules. @returns the differences from before */
  public async unrestored(): Promise<string[]> {
    const { network } = this.world;
    network.addPeering(this.ids.own, this.ids.partner);
    const entries = [...(await this.world.entries()).values()];
    const revoked = entries.filter(({ state }) => state === 'REVOKED').map(({ securityGroupRuleId }) => securityGroupRuleId);
    if (revoked.length === 0) return [];
    const { result, error } = await this.world.restore({ securityGroupRuleIds: revoked });
    if (error) return [`restoring failed: ${error.message}`];
    const { rules } = result as { rules: Restored[] };
    return rules.flatMap(({ securityGroupRuleId, outcome, restoredAs = '', detail }) => {
      const was = this.before.find(rule => rule.securityGroupRuleId === securityGroupRuleId);
      const is = network.rules.get(restoredAs);
      if (outcome !== 'RESTORED' || !was || !is) return [`${securityGroupRuleId} is not restored: ${outcome} ${detail}`];
      const expected = this.others.get(securityGroupRuleId) ?? was;
      const isSame = JSON.stringify(sorted(comparable(expected))) === JSON.stringify(sorted(comparable(is)));
      return [...isSame ? [] : [`${securityGroupRuleId} is restored, but not as it was`], ...EXEMPT_TAG in is.tags ? [] : [`${restoredAs} is not exempt`]];
    });
  }

  public get row(): { revoked: number; kept: number } {
    const { size } = this.world.network.rules;
    return { revoked: this.before.length - size, kept: size };
  }

  /** Returns the rules that events reported as revoked, including repetitions. */
  public get told(): string[] {
    const events = this.world.ec2.events.filter(({ detailType }) => detailType === 'Ingress Rule Revoked');
    return events.map(({ detail }) => String(detail.securityGroupRuleId)).sort();
  }

  /** Returns the number of rules that all sweeps together counted as revoked. */
  public get counted(): number {
    return this.world.ec2.metrics.filter(({ name, dimensions }) => name === 'IngressRulesRevoked' && Object.keys(dimensions).length === 1)
      .reduce((sum, { value }) => sum + value, 0);
  }
}

interface Restored {
  readonly securityGroupRuleId: string;
  readonly outcome: string;
  readonly restoredAs?: string;
  readonly detail?: string;
}

/**
 * Returns the fields that restoring must bring back: all except the id, the exempt tag, and the peering connection,
 * which is a new one.
 */
function comparable({ securityGroupRuleId: _, reference, tags: marked, ...rule }: SecurityGroupRule): unknown {
  const { [EXEMPT_TAG]: mark, ...tags } = marked;
  return { ...rule, tags, reference: reference?.groupId };
}

/** Returns the fields in which a rule of the network differs from its entry in the ledger. */
function differences(rule: SecurityGroupRule, recorded: Record<string, unknown>): string[] {
  // Restoring always adds the tag, so it does not matter whether someone else has just added it.
  const { reference, tags: { [EXEMPT_TAG]: mark, ...tags }, ...fields } = rule;
  const expected: Record<string, unknown> = { ...fields, tags, referencedGroup: reference?.groupId };
  const { groupId: referencedGroup } = recorded.referencedGroup as { groupId?: string } | undefined ?? {};
  const found: Record<string, unknown> = { ...recorded, referencedGroup };
  const inOrder = (value: unknown): string => JSON.stringify(sorted(value));
  return Object.keys(expected).filter(key => inOrder(expected[key]) !== inOrder(found[key]));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}
