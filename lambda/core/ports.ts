/** What the core needs of the world, as small interfaces. `aws/` implements them over the SDK; tests in memory. */
import type {
  HygieneEvent,
  LogLevel,
  MetricDatum,
  Notification,
  RefusedDatum,
  UndeliveredEvent,
} from './model/delivery';
import type {
  ConfigurationRecord, ControlEntry, EntryKey, Items, LedgerEntry, PutResult, SweepEntry, VpnConnectionEntry,
} from './model/ledger';
import type {
  PreflightAction, RevokeAnswer, SecurityGroup, SecurityGroupRule, StaleSecurityGroup, Tags, Vpc, VpnConnection,
} from './model/network';
import type { Filter } from '../../src/contract/configuration';
import type { LogEventName } from '../../src/contract/log-events';

/** Which groups are asked for. */
export type GroupsBy = { readonly vpcIds: readonly string[] } | { readonly groupIds: readonly string[] };

/** Which rules are asked for. */
export type RulesBy = { readonly groupIds: readonly string[] } | { readonly ruleIds: readonly string[] };

/**
 * What reads EC2. Every list is read to its end; every call is paced.
 *
 * Each method throws an `UnusableAnswer` where an answer lacks what is needed or holds what was not asked for. The
 * error has the usable part; what is read page by page is handed over before it is thrown.
 */
export interface NetworkReader {
  /** @param vpcIds absent: every VPC; ids that do not exist are left out of the answer */
  vpcs(vpcIds?: readonly string[]): Promise<Vpc[]>;
  staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]>;
  /** At most 200 ids a call; ids that do not exist are left out of the answer. */
  securityGroups(by: GroupsBy): Promise<SecurityGroup[]>;
  /**
   * At most 200 ids a call; page by page, because they can be many; ids that do not exist are left out of the answer.
   */
  securityGroupRules(by: RulesBy): AsyncIterable<SecurityGroupRule[]>;
  vpnConnections(filters: readonly Filter[]): Promise<VpnConnection[]>;
}

/** What changes EC2. Every call is paced. */
export interface NetworkWriter {
  /**
   * Waits until EC2's token bucket admits a revocation and reserves as many as it admits, at most `upTo`. Each pays for
   * one call of {@link revokeIngress}.
   */
  admitRevocations(upTo: number): Promise<number>;
  revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer>;
  /** Adds a rule with its description and tags. @returns its new id; undefined when EC2 does not tell */
  authorizeIngress(rule: SecurityGroupRule, tags: Tags): Promise<string | undefined>;
  /** Adds tags to a rule that is there. */
  tagRule(ruleId: string, tags: Tags): Promise<void>;
  /** Calls the action with DryRun. Returns when EC2 would have allowed it, throws what EC2 says otherwise. */
  preflight(action: PreflightAction): Promise<void>;
}

/** EC2. */
export interface Network extends NetworkReader, NetworkWriter {}

/** What reads the ledger of one construct. Reads are consistent. */
export interface LedgerReader {
  /** Every entry that is OPEN, PENDING or REVOKED, and what may be one. */
  unsettledAndRevoked(): Promise<Items<LedgerEntry>>;
  /** Every VPN connection that is known. */
  vpnConnections(): Promise<Items<VpnConnectionEntry>>;
  latestSweep(): Promise<SweepEntry | undefined>;
  /** @throws when it cannot be read; then nothing is revoked */
  control(): Promise<ControlEntry | undefined>;
}

/** The ledger of one construct. Reads are consistent, writes conditional. */
export interface Ledger extends LedgerReader {
  /**
   * Every entry that is OPEN or PENDING, and what may be one: an item whose state cannot be read.
   *
   * @param groupIds absent: of every group; it reads no item of another group
   * @param securityGroupRuleIds rules of these groups, of which earlier versions may have written something
   */
  unsettled(groupIds?: readonly string[], securityGroupRuleIds?: readonly string[]): Promise<Items<LedgerEntry>>;
  /** @throws `UnreadableItem` for an item that cannot be read; so do the writes, where there is one */
  get(key: EntryKey): Promise<LedgerEntry | undefined>;
  /** The entries of rules that are known by their ids alone. */
  find(securityGroupRuleIds: readonly string[]): Promise<Items<LedgerEntry>>;
  /**
   * The entries of rules that a sweep revoked, began to, or found revoked by an earlier one; those put back since
   * included.
   */
  revokedBy(sweepId: string): Promise<Items<LedgerEntry>>;
  /** Writes an entry of revision 1 where there is none, and any other over the revision before it. */
  put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>>;
  putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>>;
  putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>>;
  putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>>;
  configuration(): Promise<ConfigurationRecord | undefined>;
  putConfiguration(record: ConfigurationRecord): Promise<PutResult<ConfigurationRecord>>;
  /** Tries to read and to write, and changes nothing. Throws what DynamoDB refuses. */
  preflight(): Promise<void>;
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

/** What a line of the log says besides its message; its event is what saved queries ask for. */
export interface LogFields {
  readonly event?: LogEventName;
  readonly [name: string]: unknown;
}

/** One structured line per call. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Time and chance, so that the core can be tested without either. */
export interface Clock {
  now(): Date;
  sleep(millis: number): Promise<void>;
  /** From 0 to 1. Waits that vary by it do not stay in step with what they wait for. */
  random(): number;
}
