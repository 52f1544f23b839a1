/**
 * The interfaces through which the core uses the outside world. `aws/` implements them with the SDK, tests in memory.
 */
import type { AwaitedResource } from './model/change';
import type {
  HygieneEvent,
  LogLevel,
  MetricDatum,
  Publication,
  RefusedDatum,
  UndeliveredEvent,
} from './model/delivery';
import type {
  AskedEntry, ChangesEntry, ConfigurationRecord, ControlEntry, EntryKey, Items, LedgerEntry, ProofsEntry, PutResult,
  SeriesEntry, SweepEntry, UnusedGroupEntry, VpnConnectionEntry,
} from './model/ledger';
import type {
  GroupAssociation, LoggedCalls, PreflightAction, PrefixList, PrefixListEntries, RevokeAnswer, SecurityGroup,
  SecurityGroupRule, Stack, StaleSecurityGroup, Tags, Trail, Vpc, VpnConnection,
} from './model/network';
import type { FailedImport, ImportedEntry, SecurityFinding } from './model/security-hub';
import type { Filter } from '../../src/contract/configuration';
import type { GroupHolderName } from '../../src/contract/group-holders';
import type { LogEventName } from '../../src/contract/log-events';
import type { HubPlace } from '../../src/contract/security-hub';

/** Selects security groups. */
export type GroupsBy = { readonly vpcIds: readonly string[] } | { readonly groupIds: readonly string[] };

/** Selects rules. */
export type RulesBy = { readonly groupIds: readonly string[] } | { readonly ruleIds: readonly string[] };

/**
 * Reads EC2. Every list is read to its end, and every call is paced.
 *
 * Each method throws an `UnusableAnswer` if a response lacks required data or contains something that was not asked
 * for. The error holds the usable part. Pages are handed over before the error is thrown.
 */
export interface NetworkReader {
  /** @param vpcIds the VPCs to read, without those that do not exist; absent: every VPC */
  vpcs(vpcIds?: readonly string[]): Promise<Vpc[]>;
  staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]>;
  /** Takes at most 200 ids per call. Ids that do not exist are left out of the result. */
  securityGroups(by: GroupsBy): Promise<SecurityGroup[]>;
  /**
   * Takes at most 200 ids per call. It returns page by page, because there may be many rules. Ids that do not exist are
   * left out of the result.
   */
  securityGroupRules(by: RulesBy): AsyncIterable<SecurityGroupRule[]>;
  /** Returns every security group of the account and Region, page by page. */
  allSecurityGroups(): AsyncIterable<SecurityGroup[]>;
  /** Returns every rule of the account and Region, page by page. It is one call for a thousand rules. */
  allSecurityGroupRules(): AsyncIterable<SecurityGroupRule[]>;
  /** Returns the associations of security groups with further VPCs, in every state. */
  groupAssociations(): Promise<GroupAssociation[]>;
  /** Returns the security groups of the VPC's endpoints, of every type and in every state. */
  interfaceEndpointGroupIds(vpcId: string): Promise<string[]>;
  vpnConnections(filters: readonly Filter[]): Promise<VpnConnection[]>;
  /**
   * Takes at most 100 ids per call. Lists that do not exist, or that another account no longer shares, are left out of
   * the result.
   */
  prefixLists(prefixListIds: readonly string[]): Promise<PrefixList[]>;
  /** Returns the entries of the list's current version. */
  prefixListEntries(prefixListId: string): Promise<PrefixListEntries>;
  /** Takes at most 200 ids per call. @returns those of the groups that at least one network interface has */
  usedGroupIds(groupIds: readonly string[]): Promise<string[]>;
}

/** Reads the resources that connect VPCs. */
export interface Topology {
  /** Returns the state of the resource as EC2 has it, such as `deleted`; undefined if there is no such resource. */
  stateOf(resource: AwaitedResource): Promise<string | undefined>;
}

/** The security groups that a check of `GROUP_HOLDERS` found to be held. */
export interface Held {
  readonly groupIds: ReadonlySet<string>;
  /** Groups that a resource names without their ids. Any group of that name may be meant. */
  readonly groupNames: ReadonlySet<string>;
}

/** The place of the function, which decides what an address that does not exist means. */
export interface Whereabouts {
  /** Whether the function is in a VPC, whose resolver may hide addresses that exist. */
  readonly isInVpc: boolean;
}

/** Loads what reads the use of security groups. */
export type GroupHoldersLoader = (whereabouts: Whereabouts) => Promise<GroupHolders>;

/**
 * Reads what uses security groups. Every list is read to its end. Each method throws if it could not look everywhere,
 * or if a response was not one.
 */
export interface GroupHolders {
  /** Returns every security group that EC2 shows to the account. */
  securityGroups(): Promise<SecurityGroup[]>;
  /** Returns the ids of the groups that a rule of any group refers to. */
  groupsInRules(): Promise<ReadonlySet<string>>;
  /** Returns the ids of the groups that are associated with a further VPC, or may be. */
  associatedGroups(): Promise<ReadonlySet<string>>;
  held(holder: GroupHolderName): Promise<Held>;
  /** Takes at most 100 ids per call. @returns those to which a rule of a group in another VPC refers */
  groupsReferenced(groupIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Changes EC2. Every call is paced. */
export interface NetworkWriter {
  /**
   * Waits until EC2's token bucket admits a revocation, and reserves as many as it admits, up to `upTo`. Each reserved
   * token allows one call of {@link revokeIngress}.
   */
  admitRevocations(upTo: number): Promise<number>;
  revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer>;
  /** Adds a rule with its description and tags. @returns the id of the new rule; undefined if EC2 does not return it */
  authorizeIngress(rule: SecurityGroupRule, tags: Tags): Promise<string | undefined>;
  /** Adds tags to an existing rule. */
  tagRule(ruleId: string, tags: Tags): Promise<void>;
  /** Calls the action with DryRun. It returns if EC2 would allow the action, and throws EC2's error otherwise. */
  preflight(action: PreflightAction): Promise<void>;
}

export interface Network extends NetworkReader, NetworkWriter {}

/** Reads the ledger of one construct. Reads are consistent. */
export interface LedgerReader {
  /** Returns every entry that is OPEN, PENDING or REVOKED, or may be, because its state cannot be read. */
  unsettledAndRevoked(): Promise<Items<LedgerEntry>>;
  /** Returns every known VPN connection. */
  vpnConnections(): Promise<Items<VpnConnectionEntry>>;
  /** Returns every security group that sweeps found unused, and those that were. */
  unusedGroups(): Promise<Items<UnusedGroupEntry>>;
  latestSweep(): Promise<SweepEntry | undefined>;
  /** @throws when it cannot be read, in which case nothing is revoked */
  control(): Promise<ControlEntry | undefined>;
}

/** The ledger of one construct. Reads are consistent, and writes are conditional. */
export interface Ledger extends LedgerReader {
  /**
   * Returns every entry that is OPEN or PENDING, or may be, because its state cannot be read.
   *
   * @param groupIds the groups whose entries to read, and no others; absent: all groups
   * @param securityGroupRuleIds rules of these groups, for which earlier versions may have written items
   */
  unsettled(groupIds?: readonly string[], securityGroupRuleIds?: readonly string[]): Promise<Items<LedgerEntry>>;
  /** Returns every entry that is OPEN or PENDING, or may be, and changes nothing. */
  openEntries(): Promise<Items<LedgerEntry>>;
  /** @throws `UnreadableItem` if the item cannot be read; so do the writes, if there is such an item */
  get(key: EntryKey): Promise<LedgerEntry | undefined>;
  /** Returns the entries of rules of which only the ids are known. */
  find(securityGroupRuleIds: readonly string[]): Promise<Items<LedgerEntry>>;
  /** Returns every entry of a group, in any state. Items that versions before 0.2 wrote are left out. */
  ofGroup(groupId: string): Promise<Items<LedgerEntry>>;
  /** Returns the same for each of several groups, by group. */
  ofGroups(groupIds: readonly string[]): Promise<ReadonlyMap<string, Items<LedgerEntry>>>;
  /**
   * Returns the entries of rules that a sweep revoked, began to revoke, or found revoked by an earlier sweep. Rules
   * that were restored since are included.
   */
  revokedBy(sweepId: string): Promise<Items<LedgerEntry>>;
  /** Writes revision 1 only if there is no entry, and any other revision only over the one before it. */
  put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>>;
  putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>>;
  putUnusedGroup(entry: UnusedGroupEntry): Promise<PutResult<UnusedGroupEntry>>;
  putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>>;
  putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>>;
  /** Returns what runs of changes have read and asked for. @throws `UnreadableItem` if the item cannot be read */
  changes(): Promise<ChangesEntry | undefined>;
  putChanges(entry: ChangesEntry): Promise<PutResult<ChangesEntry>>;
  /** Returns how sweeps look for stale rules. @throws `UnreadableItem` if the item cannot be read */
  proofs(): Promise<ProofsEntry | undefined>;
  putProofs(entry: ProofsEntry): Promise<PutResult<ProofsEntry>>;
  /** Returns the series per resource that sweeps publish. @throws `UnreadableItem` if the item cannot be read */
  series(): Promise<SeriesEntry | undefined>;
  putSeries(entry: SeriesEntry): Promise<PutResult<SeriesEntry>>;
  /** Returns the rules whose approval a sweep has asked for. @throws `UnreadableItem` if the item cannot be read */
  asked(sweepId: string): Promise<AskedEntry | undefined>;
  putAsked(entry: AskedEntry): Promise<PutResult<AskedEntry>>;
  /**
   * Returns what was imported into Security Hub. An unreadable part has its number as its id.
   *
   * @param parts the numbers of the parts to read; absent: all
   */
  importedFindings(parts?: readonly number[]): Promise<Items<ImportedEntry>>;
  putImportedFindings(entry: ImportedEntry): Promise<PutResult<ImportedEntry>>;
  configuration(): Promise<ConfigurationRecord | undefined>;
  putConfiguration(record: ConfigurationRecord): Promise<PutResult<ConfigurationRecord>>;
  /** Tries to read and write without changing anything. It throws DynamoDB's error. */
  preflight(): Promise<void>;
}

/** The part of the ledger that a run needs to decide. */
export type DecidingLedger = Pick<
  Ledger, 'unsettled' | 'ofGroups' | 'put' | 'control' | 'putControl' | 'changes'
>;

/** Reads CloudFormation. */
export interface Stacks {
  /** @returns undefined if there is no such stack any more */
  stack(stackId: string): Promise<Stack | undefined>;
}

/** Reads CloudTrail. */
export interface Trails {
  /** The Region of the function. */
  readonly region: string;
  /** Returns the trails that are to log events of this Region. */
  trails(): Promise<Trail[]>;
  /** Whether the trail is logging. */
  isLogging(trailArn: string): Promise<boolean>;
  /** Returns the calls that the trail logs while it is logging. */
  loggedCalls(trailArn: string): Promise<LoggedCalls>;
}

/** Starts sweeps of everything, and reminds of requested ones. */
export interface FullSweeps {
  /** Starts a sweep in another invocation, and does not wait for it. */
  start(): Promise<void>;
  /** Sends a message to the queue of changes that arrives after a delay of at most 900 seconds. */
  remindIn(seconds: number): Promise<void>;
}

export interface Metrics {
  /**
   * Publishes data. A refused datum does not prevent the others from being published.
   *
   * @param closing creates one more, last datum from the number of refused ones
   * @returns the refused data
   * @throws any other error of a call, after all calls were tried; and a refusal that leaves nothing published
   */
  publish(
    namespace: string, data: readonly MetricDatum[], timestamp: Date, closing?: (refused: number) => MetricDatum,
  ): Promise<RefusedDatum[]>;
}

export interface Sending {
  /** The time of the events. */
  readonly time: Date;
  /** No call starts after this time. */
  readonly until: Date;
}

export interface Events {
  /**
   * Sends events, and retries those that EventBridge does not accept.
   *
   * @returns the events that it did not accept in the end
   */
  send(eventBus: string, events: readonly HygieneEvent[], when: Sending): Promise<UndeliveredEvent[]>;
  /** Tries the permission to send without sending anything. It throws EventBridge's error. */
  preflight(eventBus: string): Promise<void>;
}

export interface Notifications {
  publish(topicArn: string, publication: Publication): Promise<void>;
}

export interface SecurityHub {
  /** The account and the Region that findings are imported into, and that they have to be about. */
  readonly place: HubPlace;
  /**
   * Imports findings in calls of the size that Security Hub accepts. One that it refuses does not affect the others.
   *
   * @param until no call starts after this time
   * @returns the findings that were not imported; those that were not tried for lack of time have the code `OutOfTime`
   */
  import(findings: readonly SecurityFinding[], until: Date): Promise<FailedImport[]>;
}

/** Makes the port when it is needed. @returns undefined if the function does not know its account */
export type SecurityHubLoader = () => SecurityHub | undefined;

/** The fields of a log line in addition to its message. Saved queries filter by `event`. */
export interface LogFields {
  readonly event?: LogEventName;
  readonly [name: string]: unknown;
}

/** Writes one structured line per call. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Time and randomness, so that tests can control both. */
export interface Clock {
  now(): Date;
  sleep(millis: number): Promise<void>;
  /** Returns a number from 0 to 1. Random waits keep callers from retrying in step. */
  random(): number;
}
