/**
 * The scene of the cases about replacement: SSH from anywhere is replaced by SSH from two blocks. One group has a rule
 * for one of the blocks already. After every single call, the scene checks what the groups admit.
 */
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { REPLACES_TAG } from '../../src/contract/names';
import { Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import type { InvocationOutcome } from '../support/lambda-process';
import { admittedBy, nameOf, packetsOf } from '../support/packets';
import { SSH_FROM_ANYWHERE, World } from '../wire/world';

const OFFICE = '203.0.113.0/24';
const HOME = '198.51.100.7/32';

/** The declaration, without what happens to a rule that it flags. */
const PLAIN = { staleRules: 'ignore', vpnConnections: { kind: 'none' }, requestRateFactor: 1000 };

export const REPLACED = {
  ...PLAIN, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, replaceWith: [{ CidrIp: OFFICE }, { CidrIp: HOME }] }],
};

/** Replaces SSH from every broad source. */
export const REPLACED_IF_BROAD = {
  ...PLAIN, flaggedIngressRules: [{
    anyGroup: true, match: 'COVERS', fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
    ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }], replaceWith: [{ CidrIp: OFFICE }, { CidrIp: HOME }],
  }],
};

/** The same declaration only reports, so what an unfinished replacement has added is no longer wanted. */
export const REPORTED = {
  ...PLAIN, flaggedIngressRules: [
    { ...SSH_FROM_ANYWHERE, action: { kind: 'report' } },
    { ...SSH_FROM_ANYWHERE, ipPermissions: [{ IpProtocol: 'tcp', FromPort: 23, ToPort: 23, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
  ],
};

/** The longest time that a function can work on an entry, and a minute. */
export const LATER_MILLIS = 17 * 60_000;

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
const PACKETS = packetsOf(['tcp', 'udp'], [21, 22, 443], ['203.0.113.9', '198.51.100.7', '198.51.100.8', '10.1.2.3', '8.8.8.8']);

interface Span {
  /** The packets that the group has to admit at any time. */
  floor: ReadonlySet<string>;
  /** The packets that the group may admit. */
  ceiling: ReadonlySet<string>;
}

/** The parts of a ledger entry that account for rules. */
interface Accounted {
  readonly replacement?: {
    readonly isFinal?: boolean;
    readonly rules: ReadonlyArray<{ readonly securityGroupRuleId?: string; readonly ended?: string }>;
  };
  readonly restored?: { readonly securityGroupRuleId: string };
}

export class ReplacingScene {
  /**
   * @param isSmall whether only one rule is to be replaced, so that the order of all calls is known
   * @param isShared whether one group has two broader rules, which are replaced by the same narrower ones
   */
  public static async start({ isSmall = false, isShared = false } = {}): Promise<ReplacingScene> {
    const network = new Network();
    const { vpcId } = network.addVpc();
    const [web, db] = ['web', 'db'].map(groupName => network.addSecurityGroup({ vpcId, groupName }).groupId);
    const broad = (isSmall ? [web] : [web, db]).map(groupId => network.addIngress(groupId, {
      ...SSH, cidrIpv4: '0.0.0.0/0', description: 'SSH (#1); $5 & more!', tags: { Ticket: 'NET-1' },
    }).securityGroupRuleId);
    if (isShared) broad.push(network.addIngress(web, { ...SSH, cidrIpv4: '192.0.0.0/3' }).securityGroupRuleId);
    const duplicate = network.addIngress(db, { ...SSH, cidrIpv4: OFFICE, description: 'by hand' }).securityGroupRuleId;
    network.addIngress(web, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '10.0.0.0/8' });
    return new ReplacingScene(await World.start({ network }), { web, db }, broad, duplicate);
  }

  public readonly before: readonly SecurityGroupRule[];
  /** What went wrong after a call. */
  public readonly violations: string[] = [];
  private readonly spans: ReadonlyMap<string, Span>;
  private readonly everSeen = new Set<string>();
  private readonly removedByOthers = new Set<string>();

  private constructor(
    public readonly world: World, public readonly groups: { readonly web: string; readonly db: string },
    public readonly broad: readonly string[], public readonly duplicate: string,
  ) {
    this.before = world.network.snapshot();
    const narrow = PACKETS.filter(({ protocol, port, from }) =>
      protocol === 'tcp' && port === 22 && ['203.0.113.9', '198.51.100.7'].includes(from)).map(nameOf);
    this.spans = new Map(Object.values(groups).map(groupId => {
      const ceiling = this.admitted(groupId);
      return [groupId, { floor: new Set(narrow.filter(packet => ceiling.has(packet))), ceiling }];
    }));
    this.watch();
  }

  public async sweep(props: Record<string, unknown> = REPLACED): Promise<InvocationOutcome | undefined> {
    return this.world.sweep(props).catch(() => undefined);
  }

  /** Checks the groups after every call, also while faults are armed. */
  public watch(): void {
    this.world.ec2.before('*', (_, action) => this.check(`before ${action}`));
    this.world.ec2.after('*', (_, action) => this.check(`after ${action}`));
    this.world.dynamoDb.after('*', (_, action) => this.check(`after ${action}`));
  }

  /**
   * Changes the network as someone else would. From then on, that is what the groups may and must admit.
   *
   * @param isTooLate whether the change comes between the last reading and the call, so that no reading shows it
   */
  public elsewhere(change: (network: Network) => void, isTooLate = false): void {
    const { network } = this.world;
    const before = new Set(network.rules.keys());
    change(network);
    for (const id of before) if (!network.rules.has(id)) this.removedByOthers.add(id);
    for (const [groupId, span] of this.spans) {
      // What someone else has left of the broader rule stays, and so does what was added by then.
      const now = this.admitted(groupId);
      span.ceiling = new Set([...span.ceiling, ...now]);
      span.floor = new Set(isTooLate ? [] : [...span.floor].filter(packet => now.has(packet)));
    }
  }

  /** Lets nothing fail any more, and runs sweeps when no earlier run can be at work. */
  public async recover(props: Record<string, unknown> = REPLACED, sweeps = 2): Promise<void> {
    const { ec2, dynamoDb } = this.world;
    for (const endpoint of [ec2, dynamoDb]) {
      endpoint.clearFaults();
      endpoint.clearHooks();
    }
    this.watch();
    for (let count = 1; count <= sweeps; count++) {
      await this.world.startAnother(count * LATER_MILLIS);
      const outcome = await this.sweep(props);
      if (outcome === undefined || outcome.error) throw new Error(`A sweep failed although nothing was wrong any more: ${outcome?.error?.message}`);
    }
  }

  /** Returns the rules that this construct has added, and that are there. */
  public added(groupId?: string): SecurityGroupRule[] {
    return this.world.network.snapshot().filter(rule =>
      REPLACES_TAG in rule.tags && (groupId === undefined || rule.groupId === groupId));
  }

  /** Returns the ids of rules that were ever there, and that neither the network nor the ledger has now. */
  public async unaccounted(): Promise<string[]> {
    this.check('at the end');
    const entries = await this.accounts();
    const known = new Set([...entries].flatMap(([id, { replacement, restored }]) => [
      id, restored?.securityGroupRuleId,
      ...replacement?.rules.map(({ securityGroupRuleId }) => securityGroupRuleId) ?? [],
    ]));
    const lost = [...this.everSeen].filter(id =>
      !this.world.network.rules.has(id) && !known.has(id) && !this.removedByOthers.has(id));
    return [...this.violations, ...lost.map(id => `${id} is gone, and the ledger does not know it`)];
  }

  public async accounts(): Promise<Map<string, Accounted>> {
    const items = await this.world.dynamoDb.items();
    const parsed = (value: unknown): unknown => value === undefined ? undefined : JSON.parse(String(value));
    return new Map(items.filter(({ id }) => String(id).startsWith('sg-')).map(item => [
      String(item.id).split('#')[1],
      { replacement: parsed(item.replacement), restored: parsed(item.restored) } as Accounted,
    ]));
  }

  /** Checks that each broad rule is replaced and recorded, and only narrower rules are left. @returns the problems */
  public async unfinished(): Promise<string[]> {
    const entries = await this.world.entries();
    return [
      ...this.broad.filter(id => this.world.network.rules.has(id)).map(id => `${id} is there`),
      ...this.broad.filter(id => entries.get(id)?.state !== 'REVOKED').map(id => `the ledger has ${id} as ${entries.get(id)?.state}`),
      ...Object.values(this.groups).flatMap(groupId => {
        const admitted = [...this.admitted(groupId)].filter(packet => packet.startsWith('tcp 22'));
        const wanted = this.spans.get(groupId)?.floor.size;
        return admitted.length === wanted ? [] : [`${groupId} admits ${admitted.join(', ')}`];
      }),
    ];
  }

  /** Checks that the groups are as they were, apart from ids and the exempt tag. @returns the differences */
  public unrestored(): string[] {
    const plain = ({ groupId, ipProtocol, fromPort, toPort, cidrIpv4, description = '', tags }: SecurityGroupRule): string => {
      const { [EXEMPT_TAG]: mark, ...others } = tags;
      const ownTags = Object.entries(others).sort();
      return JSON.stringify([groupId, ipProtocol, fromPort, toPort, cidrIpv4, description, ownTags]);
    };
    const [is, was] = [this.world.network.snapshot(), this.before].map(rules => rules.map(plain).sort());
    return JSON.stringify(is) === JSON.stringify(was) ? [] : [`before: ${was.join(' ')}; now: ${is.join(' ')}`];
  }

  /**
   * Returns rules that an unfinished replacement has added, that nobody has changed, and that are still there. Those of
   * an exempt group have to stay.
   */
  public async leftBehind(): Promise<string[]> {
    const { network } = this.world;
    const isExempt = (id: string): boolean =>
      EXEMPT_TAG in (network.groups.get(network.rules.get(id)?.groupId ?? '')?.tags ?? {});
    const kept = [...await this.accounts()].filter(([id]) => network.rules.has(id) && !isExempt(id));
    return kept.flatMap(([, { replacement }]) => replacement?.isFinal ? [] : replacement?.rules ?? [])
      .filter(({ ended, securityGroupRuleId: id = '' }) => ended === undefined && this.world.network.rules.has(id))
      .map(({ securityGroupRuleId }) => String(securityGroupRuleId));
  }

  public get row(): { revoked: number; kept: number } {
    const kept = this.broad.filter(id => this.world.network.rules.has(id)).length;
    return { revoked: this.broad.length - kept, kept };
  }

  private admitted(groupId: string): Set<string> {
    return admittedBy(groupId, this.world.network.rules.values(), PACKETS);
  }

  private check(when: string): void {
    for (const id of this.world.network.rules.keys()) this.everSeen.add(id);
    for (const [groupId, { floor, ceiling }] of this.spans) {
      const now = this.admitted(groupId);
      const missing = [...floor].filter(each => !now.has(each));
      const excess = [...now].filter(each => !ceiling.has(each));
      if (missing.length > 0) this.violations.push(`${when}, ${groupId} does not admit ${missing.join(', ')}`);
      if (excess.length > 0) this.violations.push(`${when}, ${groupId} admits ${excess.join(', ')}`);
    }
  }
}
