/** The records of runs of an organization. Times are in ISO 8601 and UTC. */
import type { Pass } from '../../../src/contract/organization';

/** The latest run: the item `run` of the organization's partition. */
export interface OrganizationRun {
  readonly revision: number;
  readonly writtenBy: string;
  readonly runId: string;
  /** The ARN of the execution of the state machine. */
  readonly execution: string;
  /** The latest time at which a run of the schedule was due. Absent if the schedule has not started any. */
  readonly scheduledTime?: string;
  /** Whether the schedule started this run. */
  readonly isScheduled: boolean;
  readonly startedAt: string;
  /** The time at which the run is over in any case. */
  readonly until: string;
  readonly endedAt?: string;
  /** The digest of the configuration by which it resolved the accounts. */
  readonly digest: string;
  /** The number of accounts, and of the items that list them. */
  readonly accounts: number;
  readonly parts: number;
  /** The things about the membership that could not be read, and the accounts that were left out, in words. */
  readonly unread: readonly string[];
  readonly leftOut: readonly string[];
  /** Whether accounts may be missing, because an organizational unit could not be read. */
  readonly isPartial?: boolean;
  /**
   * The time at which a later run found no account, or could read no membership. Since then no change revokes by the
   * membership of this run.
   */
  readonly unresolvedAt?: string;
  /** The count after the first pass. Absent before it. */
  readonly counted?: Counted;
  /** The number of due rules that was last reported as over the limit. Absent: the latest count was within it. */
  readonly toldOverLimit?: number;
  /** The number of rules that waited for the revocation window when people were last told that it is over the limit. */
  readonly toldOutsideWindow?: number;
  /** The answer to the state machine, once the run has ended. */
  readonly outcome?: { readonly failed: boolean; readonly message: string };
}

/** The rules that are due in all places together. */
export interface Counted {
  /** The number of rules that the second pass may revoke. */
  readonly planned: number;
  /** The number of rules that count for the limit. */
  readonly due: number;
  readonly limit: number;
  /** Whether too many rules are due, so that none is revoked anywhere. */
  readonly isOverLimit?: boolean;
}

/** An account in a run. */
export interface AccountInRun {
  readonly account: string;
  readonly name?: string;
  /** Whether rules may be revoked in it. Absent: everything is only reported. */
  readonly mayRevoke?: true;
  /** Whether it is not known for certain that nothing may be revoked in it. */
  readonly isInDoubt?: true;
}

/** Some of the accounts of a run: an item `accounts-<part>`. */
export interface AccountsEntry {
  readonly revision: number;
  readonly writtenBy: string;
  readonly runId: string;
  readonly accounts: readonly AccountInRun[];
}

/** Why an account or a Region could not be looked at. */
export interface PlaceFailure {
  readonly code: string;
  readonly message: string;
  /** The time of the first run that failed, since when none has succeeded. */
  readonly since: string;
  readonly pass: Pass;
}

/** The outcome of the first pass in a place. */
export interface Observed {
  /** The counts of the sweep, by metric. */
  readonly counts: Readonly<Record<string, number>>;
  /** The number of rules that the second pass may revoke, and the groups that they are in. */
  readonly planned: number;
  readonly groupIds: readonly string[];
  /** The number of rules that count for the limit. */
  readonly due: number;
  /** The first things that could not be read, in words. */
  readonly errors: readonly string[];
}

/** Messages for people about a place. */
export interface PlaceNews {
  /** The number of messages by the type of the event. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first messages. */
  readonly first: readonly PlaceMessage[];
}

export interface PlaceMessage {
  readonly type: string;
  readonly message: string;
  /** The rule that it is about, if it is about one. */
  readonly securityGroupRuleId?: string;
  /** The id of the security group or the VPN connection that it is about, or of the first one of several. */
  readonly resourceId?: string;
  /** The command that puts a revoked rule back. */
  readonly restoreCommand?: string;
  /** The command that approves revocations. */
  readonly approveCommand?: string;
}

/**
 * An account, or a Region of it, as the latest runs found it: an item `place-<account>` or `place-<account>-<region>`.
 */
export interface PlaceEntry {
  readonly revision: number;
  readonly writtenBy: string;
  readonly account: string;
  /** The name of the account, in the item of the account. */
  readonly name?: string;
  /** Absent in the item of the account. */
  readonly region?: string;
  /** The latest run that has looked, or has failed to. */
  readonly runId: string;
  readonly at: string;
  readonly mayRevoke?: boolean;
  /** The Regions to look at, and those that are not enabled, in the item of the account. */
  readonly regions?: readonly string[];
  /** The latest run that has entered the account, and so determined these Regions. */
  readonly enteredBy?: string;
  readonly disabledRegions?: readonly string[];
  /** Why the list of Regions was read in another way than usual. */
  readonly regionsNote?: string;
  /** The outcomes of the passes of that run, in the item of a Region. */
  readonly observed?: Observed;
  readonly revoked?: { readonly counts: Readonly<Record<string, number>> };
  readonly news?: PlaceNews;
  readonly failure?: PlaceFailure;
  /** The `since` of the failure that was reported, until its end is reported. */
  readonly toldFailure?: string;
  /** The latest time at which the place could be looked at. */
  readonly succeededAt?: string;
  /** Whether the ledger may hold rules of the place. Absent: no run has found any. */
  readonly hasFindings?: boolean;
}

/** The right to work on a place: the item `lease` of the place's partition. */
export interface LeaseEntry {
  readonly revision: number;
  readonly writtenBy: string;
  /** The invocation that holds it. */
  readonly holder: string;
  /** The time at which the function of that invocation has ended in any case. */
  readonly until: string;
}
