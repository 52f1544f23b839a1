/** Runs sweeps over networks of identical VPCs, and returns what they leave behind. */
import { ACCOUNT, aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere, DEPLOYED } from './builders';
import { MemoryGroupHolders } from './memory-group-holders';
import { MemoryLedger } from './memory-ledger';
import type { MemoryNetwork, World } from './memory-network';
import {
  MemoryClock, MemoryEvents, MemoryLog, MemoryMetrics, MemoryNotifications, MemoryStacks, MemoryTrails,
} from './recorders';
import { MemorySecurityHub } from './security-hub/memory-security-hub';
import { deliver, type DeliveryDependencies } from '../../lambda/core/deliver';
import type { SweepRequest } from '../../lambda/core/invocation/requests';
import type { Change } from '../../lambda/core/model/change';
import type { HygieneEvent } from '../../lambda/core/model/delivery';
import type { SecurityGroupRule, StaleSecurityGroup, VpnConnection } from '../../lambda/core/model/network';
import type { SweepResult } from '../../lambda/core/model/result';
import { EVERYTHING, type Scope, type Trigger } from '../../lambda/core/model/scope';
import { type Delivered, runAtDeployment, runByLedger, type RunDependencies } from '../../lambda/core/run';
import { failureOf, sweep } from '../../lambda/core/sweep';
import type { SweepDependencies } from '../../lambda/core/sweeping';
import {
  type Configuration,
  type DecodedConfiguration,
  type FlaggedIngressRule,
} from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import { fingerprintOf, type Path } from '../../src/contract/fingerprint';

export { ACCOUNT };
export const OTHER_ACCOUNT = '444455556666';

export const START = new Date('2026-01-01T00:00:00Z');

/** A declaration of SSH from anywhere, which matches `aRuleFromAnywhere()`. */
export function sshFlagged(groupId?: string): FlaggedIngressRule {
  return aFlaggedIngressRule(groupId === undefined ? {} : { groups: { kind: 'named', groupId } });
}

export const REVOKE = aDecodedConfiguration({ staleRules: 'revoke', flaggedIngressRules: [sshFlagged()] });
export const VPN_ONLY = aDecodedConfiguration({ vpnConnections: { kind: 'all' } });

function staleRule(overrides: Partial<SecurityGroupRule>): SecurityGroupRule {
  return aRuleFromAnywhere({
    cidrIpv4: undefined,
    referencedGroup: { groupId: 'sg-deleted', vpcId: 'vpc-peer' },
    ...overrides,
  });
}

function staleGroup(groupId: string): StaleSecurityGroup {
  const permission = {
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    reference: { groupId: 'sg-deleted', vpcId: 'vpc-peer' },
  };
  return { groupId, groupName: 'web', ingress: [permission], egress: [permission] };
}

/**
 * VPCs `vpc-1`, `vpc-2` and so on. Each has a group with a flagged rule, a healthy rule, and a stale rule in either
 * direction.
 */
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

export const VPN: VpnConnection = {
  vpnConnectionId: 'vpn-1',
  state: 'available',
  tags: {},
  tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }],
};

/** The results of a sweep. */
export interface Swept {
  readonly network: MemoryNetwork;
  readonly ledger: MemoryLedger;
  readonly metrics: MemoryMetrics;
  readonly events: MemoryEvents;
  readonly notifications: MemoryNotifications;
  readonly log: MemoryLog;
  readonly result?: SweepResult;
  /** The number of events, notifications and metric data that could not be delivered. */
  readonly deliveriesFailed?: number;
  readonly error?: unknown;
}

export interface Circumstances {
  /** Absent: an empty ledger. */
  readonly ledger?: MemoryLedger;
  readonly sweepId?: string;
  /** Absent: the schedule. */
  readonly trigger?: Trigger;
  /** Absent: everything. */
  readonly scope?: Scope;
  /** The time at which the schedule was due, if a test gives one. */
  readonly scheduledTime?: string;
  readonly metrics?: MemoryMetrics;
  readonly events?: MemoryEvents;
  readonly notifications?: MemoryNotifications;
  readonly clock?: MemoryClock;
  readonly accountId?: string;
  /** Absent: no stack exists. */
  readonly stacks?: MemoryStacks;
  /** Absent: there are no security groups for the search for unused ones. */
  readonly groupHolders?: MemoryGroupHolders;
  /** Absent: Security Hub is on, and has no findings. */
  readonly securityHub?: MemorySecurityHub;
  /** The changes that triggered the run. */
  readonly changes?: readonly Change[];
  /** Absent: in a minute. */
  readonly revokeUntil?: Date;
}

export async function run(
  configuration: DecodedConfiguration, network: MemoryNetwork, circumstances: Circumstances = {},
): Promise<Swept> {
  const {
    metrics = new MemoryMetrics(),
    clock = new MemoryClock(START),
    accountId,
    sweepId = 'sweep-1',
  } = circumstances;
  const { events = new MemoryEvents(), notifications = new MemoryNotifications() } = circumstances;
  const { ledger = new MemoryLedger(), revokeUntil = new Date(clock.now().getTime() + 60_000) } = circumstances;
  const { trigger = 'schedule', scope = EVERYTHING, scheduledTime } = circumstances;
  const log = new MemoryLog();
  const dependencies = {
    stacks: circumstances.stacks ?? new MemoryStacks(),
    groupHolders: async () => circumstances.groupHolders ?? new MemoryGroupHolders(),
    securityHub: () => circumstances.securityHub ?? new MemorySecurityHub(),
    network, ledger, metrics, events, notifications, clock, accountId, revokeUntil,
    tellUntil: new Date(revokeUntil.getTime() + 60_000), restoreFunctionName: 'sweeper:restore',
    approveFunctionName: 'sweeper:approve',
    log: log.with({ sweepId }),
  } satisfies SweepDependencies & DeliveryDependencies;
  const left = { network, ledger, metrics, events, notifications, log };
  try {
    const { changes } = circumstances;
    const task = { run: { id: sweepId, trigger, scope, scheduledTime, changes }, configuration, deployed: DEPLOYED };
    const result = await sweep(task, dependencies);
    const deliveriesFailed = await deliver(result, configuration, dependencies);
    const error = failureOf(result, configuration);
    return { ...left, result, deliveriesFailed, ...error && { error } };
  } catch (error) {
    return { ...left, error };
  }
}

/** The results of a run of a deployed function. */
export interface Ran {
  readonly delivered?: Delivered;
  readonly metrics: MemoryMetrics;
  /** The events that the run sent. */
  readonly events: readonly HygieneEvent[];
  readonly log: MemoryLog;
  readonly error?: unknown;
}

export interface Deploying {
  /** Whether CloudFormation says that the configuration has changed. */
  readonly isChange?: boolean;
  /** The paths at which CloudFormation has filled in values. */
  readonly paths?: readonly Path[];
}

/** The request of the schedule, without the time at which it was due. */
export const ON_SCHEDULE: SweepRequest = { trigger: 'schedule', scope: EVERYTHING };
export const ON_REQUEST: SweepRequest = { trigger: 'request', scope: EVERYTHING };
export const ofGroups = (...groupIds: string[]): SweepRequest => ({
  trigger: 'request',
  scope: { kind: 'groups', groupIds },
});

/** A function with its ledger, before the first deployment. It goes through deployments and runs. */
export class Installation {
  readonly clock = new MemoryClock(START);
  readonly notifications = new MemoryNotifications();
  readonly stacks = new MemoryStacks();
  readonly trails = new MemoryTrails();
  readonly groupHolders = new MemoryGroupHolders();
  readonly securityHub = new MemorySecurityHub();
  /** The factors that were applied to EC2's request limits. */
  readonly scaled: number[] = [];
  table: string = DEPLOYED.table;
  /** The fingerprint in the environment of the function. */
  fingerprint = 'none yet';
  private count = 0;

  constructor(readonly network: MemoryNetwork, readonly ledger = new MemoryLedger()) {
    ledger.controlEntry = undefined;
  }

  /** Deploys as CloudFormation does: first the function, and then the custom resource. */
  async deploy(configuration: Configuration, { isChange = false, paths = [] }: Deploying = {}): Promise<Ran> {
    this.update(configuration, paths);
    return this.putIntoForce(configuration, { isChange, paths });
  }

  /** Updates the function. The custom resource is still to be called. */
  update(configuration: Configuration, paths: readonly Path[] = []): void {
    this.fingerprint = fingerprintOf(configuration, paths);
  }

  /** Calls the custom resource. */
  async putIntoForce(configuration: Configuration, { isChange = false, paths = [] }: Deploying = {}): Promise<Ran> {
    const text = JSON.stringify(configuration);
    const texts = { text, deployTimePaths: JSON.stringify(paths) };
    const deployment = { ...texts, configuration: decodeConfiguration(text), isChange };
    return this.left(async dependencies => runAtDeployment(deployment, dependencies));
  }

  async run(request = ON_SCHEDULE): Promise<Ran> {
    return this.left(async dependencies => runByLedger(request, dependencies));
  }

  /** Returns the dependencies of a run. */
  dependencies(metrics = new MemoryMetrics(), log = new MemoryLog(), events = new MemoryEvents()): RunDependencies {
    const { network, ledger, clock, notifications, table, fingerprint } = this;
    const now = clock.now().getTime();
    this.count += 1;
    return {
      network, ledger, clock, notifications, metrics, events, log: log.log, table, fingerprint,
      stacks: this.stacks, trails: this.trails, groupHolders: async () => this.groupHolders,
      securityHub: () => this.securityHub,
      runId: `run-${this.count}`, hygiene: REVOKE.hygiene,
      preflightUntil: new Date(now), revokeUntil: new Date(now + 60_000), tellUntil: new Date(now + 120_000),
      scaleRequests: factor => void this.scaled.push(factor),
    };
  }

  private async left(work: (dependencies: RunDependencies) => Promise<Delivered | undefined>): Promise<Ran> {
    const [metrics, log, events] = [new MemoryMetrics(), new MemoryLog(), new MemoryEvents()];
    const left = { metrics, log, events: events.sent };
    try {
      return { ...left, delivered: await work(this.dependencies(metrics, log, events)) };
    } catch (error) {
      return { ...left, error };
    }
  }
}
