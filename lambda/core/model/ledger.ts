/** The contents of the ledger, as plain data. Times are in ISO 8601 and UTC. */
import type { AwaitedResource, ChangedBy } from './change';
import type { Declaration } from './finding';
import type { SecurityGroupRule, Tags } from './network';
import type {
  ApprovalConfiguration, FlaggedIngressRule, Grace, StaleRulesAction,
} from '../../../src/contract/configuration';
import type { Exemption } from '../../../src/contract/exemptions';
import type { RevocationWindowConfiguration } from '../../../src/contract/revocation-window';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { ErrorFacts } from '../errors';

/**
 * - `OPEN`: the rule was found and exists
 * - `PENDING`: the rule is about to be revoked or was just revoked; EC2 shows which
 * - `REVOKED`: this construct revoked the rule
 * - `HEALED`: the rule is no longer found, or someone else removed it
 * - `RESTORED`: the rule was revoked and put back
 */
export type LedgerState = 'OPEN' | 'PENDING' | 'REVOKED' | 'HEALED' | 'RESTORED';

/** How often, and for how long, scheduled sweeps have found something without a break. A wait counts only these. */
export interface Sightings {
  readonly sightings: number;
  /** The times at which the first and the last of these sweeps had looked. Absent if there are none. */
  readonly countedSince?: string;
  readonly countedAt?: string;
  /** The time at which the last of these sweeps was due, if known. */
  readonly countedFor?: string;
  /** The longest time between two of these sweeps while no wait was declared. Absent: no longer than it allows. */
  readonly longestGapSeconds?: number;
}

/** The result of the stale check for a rule. */
export interface StaleSight extends Sightings {
  /** The reason why the rule is stale. */
  readonly reason: string;
  /** The VPCs for which EC2 named the rule. Absent in entries of earlier versions. */
  readonly vpcIds?: readonly string[];
  /** The first and the latest time that a run found it stale. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** A declaration that flags a rule, and how often it was found to do so. Earlier versions did not count. */
export interface DeclarationSight extends Declaration, Partial<Sightings> {}

/** The result of the check for flagged rules for a rule. */
export interface FlaggedSight {
  readonly verdict: 'flagged' | 'undecided';
  readonly declarations: readonly DeclarationSight[];
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** The earlier rules with the same traffic in the same group, as the ledger knew them when a rule was found. */
export interface Returned {
  /**
   * The number of their revocations that count. The count starts over when the rule has been absent for long enough,
   * or is retried.
   */
  readonly revocations: number;
  /** The time of the first of these revocations. Absent if none counts. */
  readonly since?: string;
  /** The time of the latest revocation, whether or not it counts. */
  readonly latest: string;
  /** Whether the rule is kept, because it came back too often. Absent: it is not. */
  readonly isKept?: boolean;
  /** The time at which a person asked to revoke it all the same. What was before does not count. */
  readonly retriedAt?: string;
  /** The tags of the group when the rule was found. They tell whose it is. */
  readonly groupTags?: Tags;
}

/** A narrower rule that is, was, or is to be in place of the rule of an entry. */
export interface ReplacingRule {
  readonly traffic: RuleTraffic;
  readonly description?: string;
  /** The id with which EC2 answered the call that added the rule. Absent: this construct has not added it. */
  readonly securityGroupRuleId?: string;
  /** A rule with the same traffic that was there already. This construct never removes it. */
  readonly existingRuleId?: string;
  /** Whether the broader rule was to be revoked by a call when this rule was in place. Then no sweep takes it away. */
  readonly stays?: boolean;
  /**
   * The end of a rule that this construct had added: it took the rule away, or it left the rule alone because
   * someone else had changed or removed it. Absent: it is there.
   */
  readonly ended?: 'TAKEN_AWAY' | 'LEFT';
}

/** The rules that replace the rule of an entry. They are recorded before the first call. */
export interface ReplacementRecord {
  readonly rules: readonly ReplacingRule[];
  /**
   * Present from before the call that revokes the broader rule. From then on, no sweep takes anything away that was
   * added.
   */
  readonly isFinal?: boolean;
}

/** The changes of an exemption that are reported: it ends within a week, it has ended, its date cannot be read. */
export type ExemptionChange = 'ENDING' | 'ENDED' | 'INVALID';

/** An exemption by a tag of the rule, or of its group. */
export type RuleExemption = Exemption & { readonly on: 'rule' | 'group' };

/** The exemption by a tag that the latest run saw. It may be over. */
export type ExemptionRecord = RuleExemption & {
  /** The changes that were reported. Absent: none. */
  readonly told?: readonly ExemptionChange[];
};

/** The ways in which people are told: an event, and the message to the topic. */
export type Channel = 'event' | 'message';

/** The announcement that a rule is going to be revoked. */
export interface Announcement {
  /** The run that makes the announcement, and the time at which it decided to. */
  readonly by: string;
  readonly at: string;
  /** The channels that have accepted it. */
  readonly told: readonly Channel[];
  /** The time at which all of them had. The notice begins then. Absent: a later run tells the rest. */
  readonly since?: string;
  /** The traffic of the rules that are to replace the rule, as it was when the announcement was made. */
  readonly replacing?: readonly RuleTraffic[];
}

/** The approval of a revocation that a person is asked for. */
export interface ApprovalRecord {
  /** The digest of what is shown: the rule, why it was found, and what replaces it. */
  readonly digest: string;
  /** The traffic of the rules that would replace it. Absent: it would be revoked and not replaced. */
  readonly replacing?: readonly RuleTraffic[];
  /** The run that asks, and the time at which it does. */
  readonly by: string;
  readonly at: string;
  /** Whether every channel has accepted the request. Absent: a later run asks again. */
  readonly isTold?: true;
  /** The time in seconds for which an approval is valid. Absent: the record is of an earlier version. */
  readonly validSeconds?: number;
  /** Absent: nobody has approved it. */
  readonly approved?: {
    /** The id of the request that approved it. */
    readonly by: string;
    readonly at: string;
    /** The name that the caller gave. Nothing verifies it. */
    readonly approvedBy?: string;
  };
}

/** The record of one rule. */
export interface LedgerEntry {
  readonly securityGroupRuleId: string;
  readonly state: LedgerState;
  /** The number of writes. An entry is written only over the revision that it was computed from. */
  readonly revision: number;
  /** The run or restore that wrote the entry last. */
  readonly writtenBy: string;
  /** The first and the latest time that a run found the rule with any check. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** The result of each check. Absent if the check does not hold the entry. */
  readonly stale?: StaleSight;
  readonly flagged?: FlaggedSight;
  /** The whole rule as it was read. */
  readonly rule: SecurityGroupRule;
  readonly groupName?: string;
  readonly vpcId?: string;
  /** The CloudFormation stack in the tags of the group. Its template is the one to fix. */
  readonly stackName?: string;
  /**
   * Why the latest run that found the rule would keep it. Absent: it is to be revoked. Reasons that depend on the
   * number of rules, such as the limit, are not recorded here.
   */
  readonly keepReason?: string;
  /**
   * The time at which a run learned that CloudFormation changes the rule or the stack of its group. No run revokes the
   * rule until a scheduled sweep that began later has looked.
   */
  readonly stackChangeAt?: string;
  /** The latest attempt to revoke the rule, while it may still take effect. */
  readonly attempt?: { readonly sweepId: string; readonly at: string };
  /** Present if the rule is or was to be replaced by narrower ones. */
  readonly replacement?: ReplacementRecord;
  /** The outcome of the latest attempt. */
  readonly outcome?: {
    readonly name: string;
    /** The sweep that made the attempt. */
    readonly sweepId: string;
    /** The sweep that noticed the outcome, if it is another one. */
    readonly recordedBy?: string;
    readonly at: string;
    readonly detail?: string;
  };
  /** The rule that was added when this one was put back. */
  readonly restored?: { readonly securityGroupRuleId: string; readonly restoreId: string; readonly at: string };
  /** Present if this construct had revoked the same traffic in the same group before. */
  readonly returned?: Returned;
  /** Present if a tag of the rule or of its group exempts it, or did until a day. */
  readonly exemption?: ExemptionRecord;
  /** Present while it is announced that the rule is going to be revoked. */
  readonly announced?: Announcement;
  /** Present while the revocation of the rule needs an approval. */
  readonly approval?: ApprovalRecord;
  /** The change that a run found the rule by, or that ended it. Absent if no change triggered the run. */
  readonly changedBy?: ChangedBy;
  /** The time after which the entry may be deleted, in seconds since 1970. Absent: never. */
  readonly expiresAt?: number;
  /**
   * The revision of the item that this entry replaces. An earlier version wrote that item, with the rule id as its key.
   */
  readonly earlierRevision?: number;
}

/** The key of an entry. */
export type EntryKey = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId'>;

/** A tunnel in the ledger, without the values that change with every look. */
export interface VpnTunnelEntry {
  readonly outsideIpAddress: string;
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN';
  readonly statusMessage?: string;
  readonly acceptedRoutes?: number;
  /** ISO 8601 in UTC. */
  readonly lastStatusChange?: string;
  /** The time of the last flap: a change between two sweeps that both saw the same status. */
  readonly flappedAt?: string;
}

/**
 * The record of one VPN connection. Times are in ISO 8601 and UTC.
 *
 * The status is that of the check, such as `UP`, `DEGRADED` or `DOWN`; or `GONE` when sweeps no longer find or look at
 * the connection.
 */
export interface VpnConnectionEntry {
  readonly vpnConnectionId: string;
  /** The number of writes. The entry is written only when something has changed. */
  readonly revision: number;
  readonly writtenBy: string;
  /** The time at which the sweep that wrote the entry had looked. */
  readonly writtenAt: string;
  readonly status: string;
  /** The time at which it was first seen with this status. */
  readonly since: string;
  /** Whether it is down, and no tunnel has changed for the configured time. */
  readonly stale: boolean;
  /** Whether it has been pending for longer than a day, and this was reported. */
  readonly longPending?: boolean;
  readonly name?: string;
  readonly gateway?: string;
  readonly customerGatewayId?: string;
  readonly staticRoutesOnly?: boolean;
  readonly tunnels: readonly VpnTunnelEntry[];
  /** The time after which the entry may be deleted, in seconds since 1970. Absent: never. */
  readonly expiresAt?: number;
}

/**
 * The record of one security group that sweeps found unused. Times are in ISO 8601 and UTC.
 *
 * It is `OPEN` while no sweep finds the group used. It counts as a finding once `reportedAt` is set.
 */
export interface UnusedGroupEntry {
  readonly groupId: string;
  readonly state: 'OPEN' | 'HEALED';
  /** The number of writes. The entry is written only when something has changed. */
  readonly revision: number;
  readonly writtenBy: string;
  /** The time at which the sweep that wrote the entry had looked. */
  readonly writtenAt: string;
  /** The time at which a sweep first found the group unused, since when no sweep found it used. */
  readonly since: string;
  /** The number of scheduled sweeps that found it unused. They are counted until there are enough of them. */
  readonly sightings: number;
  /** The time at which the latest counted sweep was due, if known. */
  readonly countedFor?: string;
  /** The time at which it had been unused for long enough. Absent: it is only being watched. */
  readonly reportedAt?: string;
  /** The checks that could not look at the latest sweep, in words. Absent: it looked everywhere. */
  readonly notLookedAt?: readonly string[];
  /** The new use of the group, in words. Absent: the group is gone, or is no longer looked for. */
  readonly usedBy?: string;
  readonly groupName?: string;
  readonly vpcId?: string;
  /** The CloudFormation stack in the tags of the group. */
  readonly stackName?: string;
  /** The time after which the entry may be deleted, in seconds since 1970. Absent: never. */
  readonly expiresAt?: number;
}

/** The record of the latest sweep, for readers of the ledger. Times are in ISO 8601 and UTC. */
export interface SweepEntry {
  readonly revision: number;
  readonly sweepId: string;
  readonly startedAt: string;
  readonly durationMillis: number;
  /** The number of times that something could not be looked at. If it is not 0, the other numbers are incomplete. */
  readonly scanErrors: number;
  /** The first of these errors, in words. */
  readonly errors: readonly string[];
  /**
   * VPCs of other accounts in which this account may not look for stale rules. Absent in entries of earlier versions.
   */
  readonly vpcsNotCovered?: readonly string[];
  /**
   * The number of VPCs that it read, and that it covered by proof. Absent in entries of earlier versions, and if it
   * looked at no rules.
   */
  readonly vpcsScanned?: number;
  readonly vpcsCoveredByProof?: number;
  readonly looksAtRules: boolean;
  readonly looksAtVpnConnections: boolean;
  /** Whether VPN connections could be read and recorded. */
  readonly recordedVpnConnections: boolean;
  /**
   * Whether the use of all security groups could be read and recorded. `left`: it is no longer asked for, and the
   * entries of earlier sweeps are not settled yet. Absent: it was not asked for.
   */
  readonly groupUse?: 'whole' | 'part' | 'left';
  /**
   * The number of findings without an entry, because their rule could not be identified: EC2 called a rule stale that
   * matches no rule of its group, or several.
   */
  readonly unidentified: number;
  /** The `enabled` of its configuration. Absent in entries of earlier versions, which means true. */
  readonly enabled?: boolean;
  readonly dryRun: boolean;
  readonly staleRules: StaleRulesAction;
  readonly grace?: Grace;
  /**
   * The actions of its declarations, and whether they replace rules. Absent in entries of earlier versions: revoke at
   * once.
   */
  readonly flaggedIngressRules?: ReadonlyArray<
    Pick<FlaggedIngressRule, 'id' | 'name' | 'action'> & { readonly isReplacing?: true }
  >;
  /** The conditions of a revocation that people and time decide. Absent in entries of earlier versions: none. */
  readonly revocationWindow?: RevocationWindowConfiguration;
  readonly staleRulesAnytime?: true;
  readonly finalNoticeSeconds?: number;
  readonly approval?: ApprovalConfiguration;
  readonly maxRevocationsPerSweep: number;
  /** The event bus and the topic, for invocations that read no configuration. Absent in entries of earlier versions. */
  readonly eventBus?: string;
  readonly notificationsTopicArn?: string;
  /** The format of its messages. Absent: text. A later version may have written another one, which counts as text. */
  readonly notificationFormat?: 'chat';
  /** The end of the settle time, before which nothing is revoked. Absent in entries of earlier versions. */
  readonly settlesUntil?: string;
  /** The seconds between two scheduled sweeps. Absent if the schedule is not a rate. */
  readonly scheduleSeconds?: number;
  /** The revocations that the sweep planned and did not try, by reason. */
  readonly withheld: ReadonlyArray<{
    readonly reason: string;
    readonly count: number;
    /** A digest that identifies the set of rules. */
    readonly digest: string;
  }>;
  /** Whether rules waited for the next allowance at the latest scheduled sweep. */
  readonly wasLimitUsed?: boolean;
  /**
   * The ids of series that sweeps have published and that the item `series` may not hold, because it could not be read
   * or written. Absent: none.
   */
  readonly unrecordedSeries?: readonly string[];
}

/** A pause of revoking. Times are in ISO 8601 and UTC. */
export interface Pause {
  readonly until: string;
  /** The reason that the person gave. */
  readonly reason: string;
  readonly begunAt: string;
  /** The id of the invocation that began the pause. */
  readonly pauseId: string;
  /** The time at which someone resumed revoking early. */
  readonly resumedAt?: string;
  /** The changes that were reported. */
  readonly told: readonly PauseChange[];
}

/** The changes of a pause that are reported: it has begun, it ends within a day, it has ended. */
export type PauseChange = 'BEGUN' | 'ENDING' | 'ENDED';

/** The configuration that is in force, as the control item has it. */
export interface ConfigurationMark {
  readonly fingerprint: string;
  /** A digest of the configuration, including values that are known at deployment only. */
  readonly digest: string;
  /** The time of the last change. */
  readonly since: string;
}

/** The number of revocations that are allowed until the next scheduled sweep. */
export interface Allowance {
  /** The run that opened the allowance. */
  readonly openedBy: string;
  readonly openedAt: string;
  /** The time at which that run began, if it was a scheduled one. Absent in entries of earlier versions. */
  readonly startedAt?: string;
  /** The time at which that run was due, if known. */
  readonly scheduledTime?: string;
  readonly limit: number;
  /** The number of revocations that runs have reserved and not returned. */
  readonly used: number;
  /** The number that each run has reserved, by run id. A run that has returned some is no longer listed. */
  readonly reserved?: Readonly<Record<string, number>>;
  /**
   * Present if the latest full sweep planned more than the limit. Nothing is revoked until a full sweep plans within
   * it. `at` is the time at which that sweep began to look.
   */
  readonly overLimit?: { readonly planned: number; readonly runId: string; readonly at: string };
  /** Digests of the latest sets of rules that were reported as waiting for the next allowance. */
  readonly waiting?: readonly string[];
}

/** The number of scheduled sweeps in a row that found a configuration other than the function's. */
export interface Mismatch {
  readonly fingerprint: string;
  readonly sweeps: number;
  /** The time at which the latest of them was due, if known. */
  readonly scheduledTime?: string;
}

/** Withheld revocations that a run over some groups has reported. */
export interface ToldWithheld {
  readonly reason: string;
  /** A digest that identifies the set of rules. */
  readonly digest: string;
  /** The run that reported them. */
  readonly by: string;
  /** The time of that run. Absent in entries of earlier versions. */
  readonly at?: string;
}

/** The state that all runs of this construct share: the item `control` of the ledger. */
export interface ControlEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The name of the table that this ledger was made for. A copy of the ledger is in another table. */
  readonly table?: string;
  readonly configuration?: ConfigurationMark;
  readonly allowance?: Allowance;
  readonly mismatch?: Mismatch;
  /** The run of an organization that counts what is due everywhere. Nothing is revoked before it has counted. */
  readonly counting?: { readonly runId: string; readonly until: string };
  /** The latest reports of runs over some groups. */
  readonly toldWithheld?: readonly ToldWithheld[];
  /** The latest pause, even if it is over. */
  readonly pause?: Pause;
  /** Earlier pauses with unreported changes. */
  readonly earlier?: readonly Pause[];
}

/** A sweep of everything that changes have asked for. Times are in ISO 8601 and UTC. */
export interface RequestedSweep {
  /**
   * The time of the latest change that asked for it, or at which EC2 showed the new state of what was awaited. A full
   * sweep that began later is the requested one.
   */
  readonly since: string;
  /**
   * The time at which the first change that no full sweep has been started for was received. Absent in entries of
   * earlier versions.
   */
  readonly askedSince?: string;
  /** The resources whose new state EC2 has not shown yet, each with the time of its change. */
  readonly awaited: ReadonlyArray<AwaitedResource & { readonly since: string }>;
  /** The time at which a message of the queue reminds of the request. Absent if there is none. */
  readonly remindedAt?: string;
}

/** The changes that runs have dealt with: the item `changes` of the ledger. Times are in ISO 8601 and UTC. */
export interface ChangesEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The time at which a run began to read each group, by id. Groups that a full sweep has read since are left out. */
  readonly readAt: Readonly<Record<string, string>>;
  /** Digests of the ids of the latest events. */
  readonly events: readonly string[];
  /** The time at which changes last started a sweep of everything. */
  readonly sweptAt?: string;
  readonly requested?: RequestedSweep;
  /** The time at which a run last learned that CloudFormation made a change that may be about any rule. */
  readonly stackChangeAt?: string;
}

/** The record of a VPC in which sweeps look for stale rules. */
export interface VpcProof {
  /**
   * The time at which a sweep last asked EC2 about it. If none has, the time at which one first covered it by proof.
   */
  readonly readAt: string;
  /** Whether no sweep has asked EC2 about it yet. */
  readonly isUnread?: true;
  /**
   * How often it has been read without a stale rule since it was last in doubt. Absent: it is not in doubt.
   */
  readonly cleanReads?: number;
}

/** How sweeps look for stale rules: the item `proofs` of the ledger. Times are in ISO 8601 and UTC. */
export interface ProofsEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The name of the table that the record was made for. In a copy, it says nothing. */
  readonly table: string;
  /** The time of the latest scheduled sweep; before there is one, that of the first sweep. */
  readonly at: string;
  /** The end of the time in which every VPC is read, because a proof was wrong. */
  readonly suspendedUntil?: string;
  readonly vpcs: Readonly<Record<string, VpcProof>>;
}

/** The facts from the ledger that decide which VPCs are covered by proof. */
export interface ProofMemory {
  /** The error with which the ledger was read. Then every VPC is read. */
  readonly error?: ErrorFacts;
  readonly proofs?: ProofsEntry;
  /** The VPCs for which EC2 has named a stale rule that is still open. */
  readonly openVpcIds: ReadonlySet<string>;
  /** The groups of open stale rules. */
  readonly openGroupIds: ReadonlySet<string>;
}

/**
 * The series per resource that sweeps publish because they say something, and those whose end is not published yet: the
 * item `series` of the ledger.
 */
export interface SeriesEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The ids of the series, by the time at which a sweep was last about to publish that they say something. */
  readonly live: Readonly<Record<string, readonly string[]>>;
}

/** The rules whose approval one sweep has asked for: an item `asked#<sweep>` of the ledger. */
export interface AskedEntry {
  readonly revision: number;
  readonly sweepId: string;
  readonly at: string;
  readonly rules: ReadonlyArray<EntryKey & Pick<ApprovalRecord, 'digest'> & {
    /** The digest of the request that shows the rule together with others. */
    readonly request: string;
  }>;
  /** The time after which the item may be deleted, in seconds since 1970. */
  readonly expiresAt: number;
}

/** The configuration as it was deployed: the item `configuration` of the ledger. */
export interface ConfigurationRecord {
  readonly revision: number;
  readonly writtenBy: string;
  /** The JSON text that the custom resource received. */
  readonly text: string;
  /** JSON text of the paths of values that are known at deployment only. */
  readonly deployTimePaths: string;
}

/** An item that cannot be read. */
export interface UnreadableItem {
  readonly id: string;
  /** The problem with the item, and how to repair it. */
  readonly message: string;
  /** The rule that the item is about, if at least that can be read. */
  readonly rule?: SecurityGroupRule;
}

/** The result of a query. An unreadable item does not affect the others. */
export interface Items<T> {
  readonly entries: readonly T[];
  readonly unreadable: readonly UnreadableItem[];
}

/**
 * The result of a conditional write. If someone else has written first, nothing is written, and `instead` is their
 * item, unless it was deleted.
 */
export type PutResult<T> = { readonly isWritten: true } | { readonly isWritten: false; readonly instead?: T };
