/**
 * What the core needs of the world, as plain data and small interfaces. `aws/` implements them over the SDK; tests in memory.
 *
 * Answers hold only what is named here. That matters most for VPN connections, whose real answers carry pre-shared keys.
 */
import type { EventTypeName, Filter, Grace, StaleRulesAction } from '../../src/private/contract';

export type Tags = Readonly<Record<string, string>>;

export interface Vpc {
  readonly vpcId: string;
  readonly ownerId?: string;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId?: string;
  readonly ownerId?: string;
  readonly tags: Tags;
}

/** The group that a rule refers to. */
export interface ReferencedGroup {
  readonly groupId: string;
  readonly userId?: string;
  readonly vpcId?: string;
  readonly vpcPeeringConnectionId?: string;
  readonly peeringStatus?: string;
}

/** One rule, one source: what DescribeSecurityGroupRules answers. */
export interface SecurityGroupRule {
  readonly securityGroupRuleId: string;
  readonly groupId: string;
  readonly groupOwnerId?: string;
  readonly isEgress: boolean;
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
  readonly prefixListId?: string;
  readonly referencedGroup?: ReferencedGroup;
  readonly description?: string;
  readonly tags: Tags;
}

/** A stale rule as DescribeStaleSecurityGroups answers it: without an id, and with its reference alone. */
export interface StalePermission {
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  /** Without an id where EC2 leaves it out; then the rule cannot be identified. */
  readonly reference: Partial<ReferencedGroup> & { readonly groupName?: string };
}

export interface StaleSecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly ingress: readonly StalePermission[];
  readonly egress: readonly StalePermission[];
}

export interface VpnTunnel {
  readonly outsideIpAddress: string;
  readonly status?: string;
  readonly statusMessage?: string;
  readonly acceptedRouteCount?: number;
  readonly lastStatusChange?: Date;
}

export interface VpnConnection {
  readonly vpnConnectionId: string;
  readonly state?: string;
  readonly category?: string;
  readonly type?: string;
  readonly customerGatewayId?: string;
  readonly vpnGatewayId?: string;
  readonly transitGatewayId?: string;
  readonly vpnConcentratorId?: string;
  readonly coreNetworkArn?: string;
  readonly coreNetworkAttachmentArn?: string;
  readonly gatewayAssociationState?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly VpnTunnel[];
  readonly tags: Tags;
}

/** A rule as EC2 lists it among those it revoked: without tags, and of a referenced group the id alone. */
export type RevokedRule = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'ipProtocol' | 'fromPort' | 'toPort' | 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'description'>
  & { readonly referencedGroupId?: string };

/** What EC2 said of a revocation; only reading the rules again proves it. */
export interface RevokeAnswer {
  /** Absent where EC2 does not list them. */
  readonly revokedRules?: readonly RevokedRule[];
  /** Permissions that EC2 did not know, and so did not revoke. */
  readonly unknownPermissions: number;
}

/** An EC2 action that the preflight can try. */
export type PreflightAction =
  | { readonly action: 'DescribeVpcs' | 'DescribeSecurityGroups' | 'DescribeSecurityGroupRules' | 'DescribeVpnConnections' }
  | { readonly action: 'DescribeStaleSecurityGroups'; readonly vpcId: string }
  | { readonly action: 'RevokeSecurityGroupIngress' | 'AuthorizeSecurityGroupIngress'; readonly groupId: string };

/**
 * EC2. Every list is read to its end; every call is paced.
 *
 * Each method that reads throws an `UnusableAnswer` where an answer lacks what is needed or holds what was not asked for. The error has the usable part;
 * what is read page by page is handed over before it is thrown.
 */
export interface Network {
  /** @param vpcIds absent: every VPC; ids that do not exist are left out of the answer */
  vpcs(vpcIds?: readonly string[]): Promise<Vpc[]>;
  staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]>;
  /** At most 200 ids a call; ids that do not exist are left out of the answer. */
  securityGroups(by: { readonly vpcIds: readonly string[] } | { readonly groupIds: readonly string[] }): Promise<SecurityGroup[]>;
  /** At most 200 ids a call; page by page, because they can be many; ids that do not exist are left out of the answer. */
  securityGroupRules(by: { readonly groupIds: readonly string[] } | { readonly ruleIds: readonly string[] }): AsyncIterable<SecurityGroupRule[]>;
  vpnConnections(filters: readonly Filter[]): Promise<VpnConnection[]>;
  /** Waits until EC2's token bucket admits a revocation and reserves as many as it admits, at most `upTo`. Each pays for one call of {@link revokeIngress}. */
  admitRevocations(upTo: number): Promise<number>;
  revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer>;
  /** Adds a rule with its description and tags. @returns its new id; undefined when EC2 does not tell */
  authorizeIngress(rule: SecurityGroupRule, tags: Tags): Promise<string | undefined>;
  /** Adds tags to a rule that is there. */
  tagRule(ruleId: string, tags: Tags): Promise<void>;
  /** Calls the action with DryRun. Returns when EC2 would have allowed it, throws what EC2 says otherwise. */
  preflight(action: PreflightAction): Promise<void>;
}

/**
 * - `OPEN`: found, and there
 * - `PENDING`: about to be revoked, or just revoked; EC2 tells which
 * - `REVOKED`: revoked by this construct
 * - `HEALED`: no longer found, or removed by someone else
 * - `RESTORED`: revoked, and put back
 */
export type LedgerState = 'OPEN' | 'PENDING' | 'REVOKED' | 'HEALED' | 'RESTORED';

/** What the ledger knows of one rule. Times are ISO 8601 in UTC. */
export interface LedgerEntry {
  readonly securityGroupRuleId: string;
  readonly state: LedgerState;
  /** Counts the writes. An entry is written only over the revision that it was made from. */
  readonly revision: number;
  /** The sweep or the restore that wrote it last. */
  readonly writtenBy: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Sweeps that found it since `firstSeen`, without a break. */
  readonly sightings: number;
  /** The whole rule as it was read. */
  readonly rule: SecurityGroupRule;
  readonly groupName?: string;
  readonly vpcId?: string;
  /** The CloudFormation stack that its group is tagged with: whose template to fix. */
  readonly stackName?: string;
  /** Why it was found. */
  readonly because: Because;
  /** Why the latest sweep that found it would keep it, by itself; absent: it is to be revoked. What holds back all at once, such as the limit, is not here. */
  readonly keepReason?: string;
  /** The latest attempt to revoke it, while that may still have its effect. */
  readonly attempt?: { readonly sweepId: string; readonly at: string };
  /** What became of the latest attempt. */
  readonly outcome?: {
    readonly name: string;
    /** Whose attempt it was. */
    readonly sweepId: string;
    /** The sweep that found out, where that is another. */
    readonly recordedBy?: string;
    readonly at: string;
    readonly detail?: string;
  };
  /** The rule that was made when it was put back. */
  readonly restored?: { readonly securityGroupRuleId: string; readonly restoreId: string; readonly at: string };
  /** When the entry may be forgotten, in seconds since 1970; absent: never. */
  readonly expiresAt?: number;
}

/** A tunnel as the ledger keeps it: what changes with every look is left out. */
export interface VpnTunnelEntry {
  readonly outsideIpAddress: string;
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN';
  readonly statusMessage?: string;
  readonly acceptedRoutes?: number;
  /** ISO 8601 in UTC. */
  readonly lastStatusChange?: string;
}

/**
 * What the ledger knows of one VPN connection. Times are ISO 8601 in UTC.
 *
 * The status is that of the check, such as `UP`, `DEGRADED` or `DOWN`; or `GONE`, when the connection is no longer among those that are looked at.
 */
export interface VpnConnectionEntry {
  readonly vpnConnectionId: string;
  /** Counts the writes, which are made when something has changed. */
  readonly revision: number;
  readonly writtenBy: string;
  /** When the sweep that wrote it had looked. */
  readonly writtenAt: string;
  readonly status: string;
  /** When it was first seen with this status. */
  readonly since: string;
  /** Down, and every tunnel without a change for the configured time. */
  readonly stale: boolean;
  readonly name?: string;
  readonly gateway?: string;
  readonly customerGatewayId?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly VpnTunnelEntry[];
  /** When the entry may be forgotten, in seconds since 1970; absent: never. */
  readonly expiresAt?: number;
}

/** What the latest sweep did, for who reads the ledger. Times are ISO 8601 in UTC. */
export interface SweepEntry {
  readonly revision: number;
  readonly sweepId: string;
  readonly startedAt: string;
  readonly durationMillis: number;
  /** Times that something could not be looked at; while it is not 0, nothing else is complete. */
  readonly scanErrors: number;
  /** The first of them, in words. */
  readonly errors: readonly string[];
  /** VPCs of other accounts in which this account may not look. Absent in what earlier versions wrote. */
  readonly vpcsNotCovered?: readonly string[];
  readonly looksAtRules: boolean;
  readonly looksAtVpnConnections: boolean;
  /** Whether VPN connections could be read, and what was read recorded. */
  readonly recordedVpnConnections: boolean;
  /** Findings whose rule could not be told, so that they have no entry: EC2 called a rule stale that its group does not have, or that is one of several. */
  readonly unidentified: number;
  /** What it was told. Absent in what earlier versions wrote: it was. */
  readonly enabled?: boolean;
  readonly dryRun: boolean;
  readonly staleRules: StaleRulesAction;
  readonly grace?: Grace;
  readonly maxRevocationsPerSweep: number;
  /** The audience of its changes, for invocations that know no configuration; absent in entries of earlier versions. */
  readonly eventBus?: string;
  readonly notificationsTopicArn?: string;
  /** Revocations that it planned and did not try, by reason. */
  readonly withheld: ReadonlyArray<{
    readonly reason: string;
    readonly count: number;
    /** Tells one set of rules from another. */
    readonly digest: string;
  }>;
}

/** Someone else may be faster: then nothing is written, and what is there instead is told, unless it is gone. */
export type PutResult<T> = { readonly isWritten: true } | { readonly isWritten: false; readonly instead?: T };

/** Why a rule was found: stale, flagged by declarations, or possibly meant by some. */
export interface Because {
  readonly stale?: string;
  readonly verdict?: 'flagged' | 'undecided';
  readonly declarations: ReadonlyArray<{ readonly name: string; readonly reason?: string }>;
}

/** Revoking is paused. Times are ISO 8601 in UTC. */
export interface Pause {
  readonly until: string;
  /** What the person who paused says of it. */
  readonly reason: string;
  readonly begunAt: string;
  /** The invocation that began it. */
  readonly pauseId: string;
  /** When someone resumed it before its time. */
  readonly resumedAt?: string;
  /** What has been told of it. */
  readonly told: readonly PauseChange[];
}

/** What there is to tell of a pause: it has begun, it ends within a day, it has ended. */
export type PauseChange = 'BEGUN' | 'ENDING' | 'ENDED';

/** What holds for all that this construct does: the item `control` of the ledger. */
export interface ControlEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The latest pause, whether it is over or not. */
  readonly pause?: Pause;
  /** Pauses before it that have a change which is still to be told. */
  readonly earlier?: readonly Pause[];
}

/** An item that cannot be read. */
export interface UnreadableItem {
  readonly id: string;
  /** What is wrong with it, and how to repair it. */
  readonly message: string;
}

/** What was asked for, as far as it can be read: one item that cannot be costs itself alone. */
export interface Items<T> {
  readonly entries: readonly T[];
  readonly unreadable: readonly UnreadableItem[];
}

/** What the findings table reads of the ledger. */
export interface LedgerReader {
  /** Every entry that is OPEN, PENDING or REVOKED, and what may be one. */
  unsettledAndRevoked(): Promise<Items<LedgerEntry>>;
  /** Every VPN connection that is known. */
  vpnConnections(): Promise<Items<VpnConnectionEntry>>;
  latestSweep(): Promise<SweepEntry | undefined>;
  /** @throws when it cannot be read, which is a pause */
  control(): Promise<ControlEntry | undefined>;
}

/** The ledger of one construct. Reads are consistent, writes conditional. */
export interface Ledger extends LedgerReader {
  /** Every entry that is OPEN or PENDING, and what may be one: an item whose state cannot be read. */
  unsettled(): Promise<Items<LedgerEntry>>;
  /** @throws `UnreadableItem` for an item that cannot be read; so do the writes, where there is one */
  get(securityGroupRuleId: string): Promise<LedgerEntry | undefined>;
  /** The entries of rules that a sweep revoked, began to, or found revoked by an earlier one; those put back since included. */
  revokedBy(sweepId: string): Promise<Items<LedgerEntry>>;
  /** Writes an entry of revision 1 where there is none, and any other over the revision before it. */
  put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>>;
  putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>>;
  putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>>;
  putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>>;
  /** Tries to read and to write, and changes nothing. Throws what DynamoDB refuses. */
  preflight(): Promise<void>;
}

export interface MetricDatum {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds';
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A datum that CloudWatch does not take. */
export interface RefusedDatum {
  readonly datum: MetricDatum;
  readonly code: string;
  readonly message: string;
}

/** CloudWatch. */
export interface Metrics {
  /**
   * Publishes data. One that is refused keeps back no other.
   *
   * @param closing makes one datum more, the last, from the number of those that were refused
   * @returns the data that were refused
   * @throws what a call meets otherwise, once the others have been tried; and a refusal that leaves nothing published
   */
  publish(
    namespace: string, data: readonly MetricDatum[], timestamp: Date, closing?: (refused: number) => MetricDatum,
  ): Promise<RefusedDatum[]>;
}

/** An event as it goes to EventBridge. */
export interface HygieneEvent {
  readonly type: EventTypeName;
  readonly detail: EventDetail;
}

/** What the detail of every event has. */
export interface EventDetail {
  /** What happened, in a sentence for a person. */
  readonly message: string;
  /** The path of the construct. */
  readonly hygiene: string;
  readonly sweepId: string;
  readonly [name: string]: unknown;
}

/** An event that could not be delivered. */
export interface UndeliveredEvent {
  readonly event: HygieneEvent;
  readonly code: string;
  readonly message: string;
}

export interface Sending {
  /** When it happened. */
  readonly time: Date;
  /** After this no call is begun. */
  readonly until: Date;
}

/** EventBridge. */
export interface Events {
  /** Sends events, some of them again where EventBridge took not all. @returns those that it did not take in the end */
  send(eventBus: string, events: readonly HygieneEvent[], when: Sending): Promise<UndeliveredEvent[]>;
  /** Tries to send, and sends nothing. Throws what EventBridge refuses. */
  preflight(eventBus: string): Promise<void>;
}

/** SNS. */
export interface Notifications {
  publish(topicArn: string, notification: Notification): Promise<void>;
}

/** An e-mail, to a person. */
export interface Notification {
  /** At most 100 characters of printable ASCII. */
  readonly subject: string;
  readonly message: string;
}

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** One structured line per call. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Time and chance, so that the core can be tested without either. */
export interface Clock {
  now(): Date;
  sleep(millis: number): Promise<void>;
  /** From 0 to 1. Waits that vary by it do not stay in step with what they wait for. */
  random(): number;
}
