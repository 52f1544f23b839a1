/** What the ledger keeps, as plain data. Times are ISO 8601 in UTC. */
import type { Declaration } from './finding';
import type { SecurityGroupRule } from './network';
import type { Grace, StaleRulesAction } from '../../../src/contract/configuration';

/**
 * - `OPEN`: found, and there
 * - `PENDING`: about to be revoked, or just revoked; EC2 tells which
 * - `REVOKED`: revoked by this construct
 * - `HEALED`: no longer found, or removed by someone else
 * - `RESTORED`: revoked, and put back
 */
export type LedgerState = 'OPEN' | 'PENDING' | 'REVOKED' | 'HEALED' | 'RESTORED';

/** What the stale check said of a rule. */
export interface StaleSight {
  /** Why it is stale. */
  readonly reason: string;
  /** The VPCs for which EC2 named it. Absent in what earlier versions wrote. */
  readonly vpcIds?: readonly string[];
  /** When a run first found it stale, and when one last did. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Scheduled sweeps that found it stale without a break; the wait for its revocation counts these alone. */
  readonly sightings: number;
  /** When the first and the last of them had looked; absent while there are none. */
  readonly countedSince?: string;
  readonly countedAt?: string;
  /** The time that the schedule was to run the last of them at, where that is known. */
  readonly countedFor?: string;
}

/** What the check for flagged rules said of a rule. */
export interface FlaggedSight {
  readonly verdict: 'flagged' | 'undecided';
  readonly declarations: readonly Declaration[];
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** What the ledger knows of one rule. */
export interface LedgerEntry {
  readonly securityGroupRuleId: string;
  readonly state: LedgerState;
  /** Counts the writes. An entry is written only over the revision that it was made from. */
  readonly revision: number;
  /** The run or the restore that wrote it last. */
  readonly writtenBy: string;
  /** When a run first found the rule, and when one last did, whatever check it was. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** What each check said; absent where it does not hold the entry. */
  readonly stale?: StaleSight;
  readonly flagged?: FlaggedSight;
  /** The whole rule as it was read. */
  readonly rule: SecurityGroupRule;
  readonly groupName?: string;
  readonly vpcId?: string;
  /** The CloudFormation stack that its group is tagged with: whose template to fix. */
  readonly stackName?: string;
  /**
   * Why the latest run that found it would keep it; absent: it is to be revoked. What depends on how many rules there
   * are, such as the limit, is not here.
   */
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
  /** The revision of an item that an earlier version wrote under the rule's id alone, and that this entry replaces. */
  readonly earlierRevision?: number;
}

/** Which entry is meant. */
export type EntryKey = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId'>;

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
 * The status is that of the check, such as `UP`, `DEGRADED` or `DOWN`; or `GONE`, when the connection is no longer
 * among those that are looked at.
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
  /**
   * Findings whose rule could not be told, so that they have no entry: EC2 called a rule stale that its group does not
   * have, or that is one of several.
   */
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
  /** When the settling ended or ends, during which nothing is revoked; absent in what earlier versions wrote. */
  readonly settlesUntil?: string;
  /** Seconds between two scheduled sweeps, where the schedule is a rate. */
  readonly scheduleSeconds?: number;
  /** Revocations that it planned and did not try, by reason. */
  readonly withheld: ReadonlyArray<{
    readonly reason: string;
    readonly count: number;
    /** Tells one set of rules from another. */
    readonly digest: string;
  }>;
  /** Whether rules waited for the next allowance at the latest scheduled sweep. */
  readonly wasLimitUsed?: boolean;
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

/** The configuration that is in force, as the control item names it. */
export interface ConfigurationMark {
  readonly fingerprint: string;
  /** Tells one text of the configuration from another: values that are known at deployment only are part of it. */
  readonly digest: string;
  /** When it last changed. */
  readonly since: string;
}

/** How many revocations there may be until the next scheduled sweep. */
export interface Allowance {
  /** The run that opened it. */
  readonly openedBy: string;
  readonly openedAt: string;
  /** The time that the schedule was to run at, where the run that opened it knows. */
  readonly scheduledTime?: string;
  readonly limit: number;
  /** Revocations that runs have reserved, and not given back. */
  readonly used: number;
  /** How many of them each run has reserved that has not given any back, by its id. */
  readonly reserved?: Readonly<Record<string, number>>;
  /**
   * The latest full sweep planned more than the limit: nothing is revoked until one plans within it. `at` is when it
   * began to look.
   */
  readonly overLimit?: { readonly planned: number; readonly runId: string; readonly at: string };
  /** A digest for each set of rules that was told to wait for the next allowance; the latest are kept. */
  readonly waiting?: readonly string[];
}

/** Scheduled sweeps in a row that found a configuration that is not the function's. */
export interface Mismatch {
  readonly fingerprint: string;
  readonly sweeps: number;
  /** When the schedule was to run the latest of them, where that is known. */
  readonly scheduledTime?: string;
}

/** Revocations that a run of some groups has told to be withheld. */
export interface ToldWithheld {
  readonly reason: string;
  /** Tells one set of rules from another. */
  readonly digest: string;
  /** The run that told it. */
  readonly by: string;
}

/** What holds for all that this construct does: the item `control` of the ledger. */
export interface ControlEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The name of the table that this ledger is kept in: in a copy of it, it is another's. */
  readonly table?: string;
  readonly configuration?: ConfigurationMark;
  readonly allowance?: Allowance;
  readonly mismatch?: Mismatch;
  /** The latest of what runs of some groups have told. */
  readonly toldWithheld?: readonly ToldWithheld[];
  /** The latest pause, whether it is over or not. */
  readonly pause?: Pause;
  /** Pauses before it that have a change which is still to be told. */
  readonly earlier?: readonly Pause[];
}

/** The configuration as it was deployed: the item `configuration` of the ledger. */
export interface ConfigurationRecord {
  readonly revision: number;
  readonly writtenBy: string;
  /** JSON text, as the custom resource got it. */
  readonly text: string;
  /** JSON text of the paths of values that are known at deployment only. */
  readonly deployTimePaths: string;
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

/** Someone else may be faster: then nothing is written, and what is there instead is told, unless it is gone. */
export type PutResult<T> = { readonly isWritten: true } | { readonly isWritten: false; readonly instead?: T };
