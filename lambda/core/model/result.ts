/** The decisions and actions of a run, as plain data. Acting and reporting share them. */
import type { MetricDatum } from './delivery';
import type { Because, Finding } from './finding';
import type {
  ControlEntry, LedgerEntry, Pause, PauseChange, ReplacingRule, SeriesEntry, UnusedGroupEntry, VpnConnectionEntry,
} from './ledger';
import type { SecurityGroup, SecurityGroupRule, Stack } from './network';
import type { Observation, ScanError } from './observation';
import type { Run } from './scope';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { Outcome } from '../act/outcomes';
import type { KeepReason, WithheldKeepReason } from '../decide/reasons';
import type { ErrorFacts } from '../errors';

export interface PlannedRevocation {
  readonly rule: SecurityGroupRule;
  readonly group: SecurityGroup;
  readonly because: Because;
  readonly finding: Finding;
  /** The ledger entry of the rule. */
  readonly entry: LedgerEntry;
  /** The traffic of the rules that are added before this one is revoked. Absent: it is revoked and not replaced. */
  readonly replacing?: readonly RuleTraffic[];
  /** These rules as they were read back, once they are there. */
  readonly standIns?: readonly SecurityGroupRule[];
}

/** A stack that CloudFormation is changing. */
export interface ChangingStack extends Stack {
  readonly stackId: string;
  /** Whether it takes so long that a person has to look. False if it is not known when the operation began. */
  readonly isStuck: boolean;
}

export interface KeptRule extends Finding {
  readonly reason: KeepReason;
  readonly entry?: LedgerEntry;
  /** The stack of its group, if the rule is kept while CloudFormation changes it. */
  readonly stack?: ChangingStack;
}

export interface Plan {
  readonly revoke: readonly PlannedRevocation[];
  readonly keep: readonly KeptRule[];
}

/** The outcome of a planned revocation. */
export interface RevocationOutcome {
  readonly rule: SecurityGroupRule;
  readonly because: Because;
  readonly group?: SecurityGroup;
  readonly outcome: Outcome;
  /** The observation that led to the outcome. */
  readonly detail?: string;
  readonly error?: ErrorFacts;
  /** The error of the ledger, if it could not be read or written. */
  readonly ledgerError?: ErrorFacts;
  /** The error of EC2, if the rule could not be read again and so was not tried. */
  readonly readError?: ErrorFacts;
  /** The prefix lists because of which it was not tried: why each could not be read, by its id. */
  readonly unreadLists?: ReadonlyMap<string, ErrorFacts>;
  /** Why the rule was not tried, if the second decision kept it. */
  readonly heldBy?: KeepReason;
  /** Another run that had already recorded the rule as revoked or gone, and counted it. */
  readonly recordedBy?: string;
  /** The rules that are in its place now. */
  readonly replacedBy?: readonly ReplacingRule[];
  /** Whether it counts towards the limit, because a call of this run revoked the rule or may have. */
  readonly isUsed?: boolean;
}

/**
 * - `OPENED`: a rule was found that was not open before
 * - `HEALED`: a rule is no longer found, or someone else removed it
 * - `LET_GO`: the configuration no longer looks for the rule
 * - `FINISHED`: a rule that an earlier run was about to revoke is gone
 * - `EXEMPTION_ENDING`: the exemption of the rule ends within a week
 * - `EXEMPTION_ENDED`: the exemption of the rule has ended
 * - `EXEMPTION_INVALID`: the tag that exempts the rule until a day has a value that is no day
 * - `CALLED_OFF`: the announced revocation of the rule is called off
 * - `APPROVAL_REQUESTED`: a person has to approve the revocation of the rule
 */
export interface EntryChange {
  readonly change:
  | 'OPENED' | 'HEALED' | 'LET_GO' | 'FINISHED' | 'EXEMPTION_ENDING' | 'EXEMPTION_ENDED' | 'EXEMPTION_INVALID'
  | 'CALLED_OFF' | 'APPROVAL_REQUESTED';
  readonly entry: LedgerEntry;
  /** The entry before, if a revocation is called off. */
  readonly previous?: LedgerEntry;
}

/** A connection whose status has changed, or that of one of its tunnels. */
export interface VpnConnectionChange {
  readonly entry: VpnConnectionEntry;
  /** Absent if the connection was not known before. */
  readonly previous?: VpnConnectionEntry;
}

/** The addresses of the tunnels that flapped, by VPN connection. Connections without such a tunnel are absent. */
export type TunnelFlaps = ReadonlyMap<string, readonly string[]>;

/**
 * A change of an unused security group that counts as a finding.
 *
 * - `OPENED`: it has been unused for long enough
 * - `HEALED`: something uses it again, or it is gone
 * - `LET_GO`: the configuration no longer looks for unused groups
 * - `WAITING`: the configuration now asks for a longer wait, so the group is only being watched
 */
export interface UnusedGroupChange {
  readonly change: 'OPENED' | 'HEALED' | 'LET_GO' | 'WAITING';
  readonly entry: UnusedGroupEntry;
}

/** The unused security groups after a run. */
export interface UnusedGroups {
  /** The groups that are unused or may be, whether or not they count as findings. */
  readonly entries: readonly UnusedGroupEntry[];
  readonly changes: readonly UnusedGroupChange[];
  /** Whether the ledger could be read and written, except for single items. */
  readonly isWhole: boolean;
}

/** Why planned revocations were withheld. */
export type WithheldReason = WithheldKeepReason | 'STACK_IN_PROGRESS' | 'OUTSIDE_WINDOW' | 'SKIPPED';

/** Revocations that a run planned and did not make, for one reason. */
export interface Withheld {
  readonly reason: WithheldReason;
  readonly rules: readonly SecurityGroupRule[];
  /** The stacks that CloudFormation has been changing for too long, if that is the reason. */
  readonly stacks?: readonly ChangingStack[];
}

/** Whether a pause is in force. `unreadable` counts as a pause. */
export type PauseState = 'none' | 'holds' | 'unreadable';

export interface PauseReading {
  readonly state: PauseState;
  /** The pause that is in force. */
  readonly pause?: Pause;
  readonly control?: ControlEntry;
  /** The error, if it cannot be read. */
  readonly error?: ErrorFacts;
}

/** A change of a pause, and the pause with the change marked as reported. */
export interface ToldChange {
  readonly change: PauseChange;
  readonly pause: Pause;
  /** Whether the pause is still in force. */
  readonly holds: boolean;
}

/** The rules that will be revoked, and when, if nothing changes. */
export interface Forecast {
  /** The time at which revoking starts again, in ISO 8601 and UTC. */
  readonly from: string;
  /** The number of rules that the first sweep after that would revoke. */
  readonly due: number;
  /** The number of further rules whose wait ends, by day, such as `2026-12-08`. */
  readonly graceEnds: ReadonlyArray<{ readonly day: string; readonly count: number }>;
  readonly limit: number;
  /** The names of what each rule waits for besides its grace, such as `its final notice`. Absent: nothing. */
  readonly onlyAfter?: string;
}

/** The approvals that a run asks for. */
export interface Asked {
  readonly entries: readonly LedgerEntry[];
  /** Whether the ledger has a record of them. If not, a request has to name the rules. */
  readonly isRecorded: boolean;
}

/** A series that says nothing any more. */
export interface SeriesEnd {
  readonly datum: MetricDatum;
  /** The time at which a run was last about to publish that it says something. */
  readonly saidAt: string;
}

/** The series per resource that a run publishes. A run over some groups publishes none. */
export interface RunSeries {
  /** The series that say something, and those that alarms depend on. */
  readonly data: readonly MetricDatum[];
  readonly ends: readonly SeriesEnd[];
  /** The item of the ledger. Absent if there is none, or if it could not be read. */
  readonly entry?: SeriesEntry;
}

export interface SweepResult {
  readonly run: Run;
  readonly observation: Observation;
  readonly plan: Plan;
  /** The outcomes for the rules of the plan, and for rules that an earlier run had begun to revoke. */
  readonly outcomes: readonly RevocationOutcome[];
  readonly changes: readonly EntryChange[];
  readonly vpnConnectionChanges: readonly VpnConnectionChange[];
  /** The connections that have been pending for longer than a day, which this run has to report. */
  readonly newlyLongPending: readonly VpnConnectionEntry[];
  /** The tunnels that flapped since the previous sweep. Absent if the ledger could not be read or written. */
  readonly tunnelFlaps?: TunnelFlaps;
  /** Absent if unused groups are not looked for, or if the ledger could not be read. */
  readonly unusedGroups?: UnusedGroups;
  /** The revocations that were planned and not made. */
  readonly withheld: readonly Withheld[];
  /** The withheld revocations that were not reported yet. */
  readonly newlyWithheld: readonly Withheld[];
  /** Whether rules waited for the next allowance at both this and the previous scheduled sweep. */
  readonly isLimitUsedAgain: boolean;
  /** VPCs of other accounts that could be looked at, or were not there, at the previous sweep. */
  readonly newlyNotCovered: readonly string[];
  /** The ledger entries of the rules found. Absent if the ledger could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** The open entries of rules in places where the run could not look. */
  readonly hidden: readonly LedgerEntry[];
  /** The state of the pause when the run decided. */
  readonly pause: PauseReading;
  /** The changes of a pause that this run has to report. */
  readonly pauseChanges: readonly ToldChange[];
  /** The hold on revoking as a whole when the run decided. */
  readonly hold?: { readonly reason: KeepReason; readonly detail: string; readonly until?: string };
  /** The number of rules that are due, even if revoking is on hold. Absent if the ledger could not be read. */
  readonly due?: number;
  /** The number of rules that count for the limit. Absent if the ledger could not be read. */
  readonly forLimit?: number;
  /** The approvals that this run asks for. Absent: none. */
  readonly asked?: Asked;
  /** Present after a deployment and while the configuration settles. */
  readonly forecast?: Forecast;
  readonly series: RunSeries;
  /** Errors of reading or writing the ledger. */
  readonly ledgerErrors: readonly ScanError[];
  /** The first of these errors that concerns more than one item, and so prevents revocations. */
  readonly ledgerFailure?: ScanError;
  readonly startedAt: Date;
  readonly durationMillis: number;
}

