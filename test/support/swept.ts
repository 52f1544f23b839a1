/** Sweeps over networks of VPCs that are all alike, and what they leave behind. */
import { ACCOUNT, aDecodedConfiguration, aGroup, aRuleFromAnywhere } from './builders';
import { MemoryLedger } from './memory-ledger';
import type { MemoryNetwork, World } from './memory-network';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryMetrics, MemoryNotifications } from './recorders';
import type { SecurityGroupRule, StaleSecurityGroup, VpnConnection } from '../../lambda/core/ports';
import { sweep, type SweepResult } from '../../lambda/core/sweep';
import type { DecodedConfiguration, FlaggedIngressRule } from '../../src/private/contract';
import { parseCidr, TCP } from '../../src/private/traffic';

export { ACCOUNT };
export const OTHER_ACCOUNT = '444455556666';

export const START = new Date('2026-01-01T00:00:00Z');

/** SSH from anywhere, as `aRuleFromAnywhere()` is. */
export function sshFlagged(groupId?: string): FlaggedIngressRule {
  const source = { kind: 'cidr', cidr: parseCidr('0.0.0.0/0') } as const;
  return { name: 'flaggedIngressRules[0]', match: 'EXACT', groupId, traffic: [{ protocol: TCP, ports: { kind: 'range', from: 22, to: 22 }, source }] };
}

export const REVOKE = aDecodedConfiguration({ staleRules: 'revoke', flaggedIngressRules: [sshFlagged()] });
export const VPN_ONLY = aDecodedConfiguration({ vpnConnections: { kind: 'all' } });

function staleRule(overrides: Partial<SecurityGroupRule>): SecurityGroupRule {
  return aRuleFromAnywhere({ cidrIpv4: undefined, referencedGroup: { groupId: 'sg-deleted', vpcId: 'vpc-peer' }, ...overrides });
}

function staleGroup(groupId: string): StaleSecurityGroup {
  const permission = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: 'sg-deleted', vpcId: 'vpc-peer' } };
  return { groupId, groupName: 'web', ingress: [permission], egress: [permission] };
}

/** VPCs `vpc-1`, `vpc-2` ..., each with a group that has a flagged rule, a healthy one, and a stale one in either direction. */
export function vpcs(count: number): Required<Pick<World, 'vpcs' | 'groups' | 'rules' | 'stale'>> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    vpcs: numbers.map(n => ({ vpcId: `vpc-${n}` })),
    groups: numbers.map(n => aGroup({ groupId: `sg-${n}`, vpcId: `vpc-${n}`, ownerId: ACCOUNT })),
    rules: numbers.flatMap(n => [
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-flagged-${n}`, groupId: `sg-${n}` }),
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-healthy-${n}`, groupId: `sg-${n}`, fromPort: 443, toPort: 443 }),
      staleRule({ securityGroupRuleId: `sgr-stale-${n}`, groupId: `sg-${n}` }),
      staleRule({ securityGroupRuleId: `sgr-egress-${n}`, groupId: `sg-${n}`, isEgress: true }),
    ]),
    stale: Object.fromEntries(numbers.map(n => [`vpc-${n}`, [staleGroup(`sg-${n}`)]])),
  };
}

export const VPN: VpnConnection = { vpnConnectionId: 'vpn-1', state: 'available', tags: {}, tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }] };

/** What a sweep left behind. */
export interface Swept {
  readonly network: MemoryNetwork;
  readonly ledger?: MemoryLedger;
  readonly metrics: MemoryMetrics;
  readonly events: MemoryEvents;
  readonly notifications: MemoryNotifications;
  readonly log: MemoryLog;
  readonly result?: SweepResult;
  readonly error?: unknown;
}

export interface Circumstances {
  /** `none`: the function was deployed without one. Absent: an empty one. */
  readonly ledger?: MemoryLedger | 'none';
  readonly sweepId?: string;
  readonly metrics?: MemoryMetrics;
  readonly events?: MemoryEvents;
  readonly notifications?: MemoryNotifications;
  readonly clock?: MemoryClock;
  readonly accountId?: string;
  /** Absent: in a minute. */
  readonly revokeUntil?: Date;
}

export async function run(configuration: DecodedConfiguration, network: MemoryNetwork, circumstances: Circumstances = {}): Promise<Swept> {
  const { metrics = new MemoryMetrics(), clock = new MemoryClock(START), accountId, sweepId = 'sweep-1' } = circumstances;
  const { events = new MemoryEvents(), notifications = new MemoryNotifications() } = circumstances;
  const { ledger: given = new MemoryLedger(), revokeUntil = new Date(clock.now().getTime() + 60_000) } = circumstances;
  const ledger = given === 'none' ? undefined : given;
  const log = new MemoryLog();
  try {
    const result = await sweep(configuration, {
      network, ledger, metrics, events, notifications, clock, accountId, sweepId, revokeUntil, tellUntil: new Date(revokeUntil.getTime() + 60_000), log: log.log, restoreFunctionName: 'sweeper:restore',
    });
    return { network, ledger, metrics, events, notifications, log, result };
  } catch (error) {
    return { network, ledger, metrics, events, notifications, log, error };
  }
}
