/** What a run decided and did, as plain data: those who act and those who report share it. */
import type { Because, Finding } from './finding';
import type { ControlEntry, LedgerEntry, Pause, PauseChange, VpnConnectionEntry } from './ledger';
import type { SecurityGroup, SecurityGroupRule } from './network';
import type { Observation, ScanError } from './observation';
import type { Run } from './scope';
import type { Outcome } from '../act/outcomes';
import type { KeepReason, WithheldKeepReason } from '../decide/reasons';
import type { ErrorFacts } from '../errors';

export interface PlannedRevocation {
  readonly rule: SecurityGroupRule;
  readonly group: SecurityGroup;
  readonly because: Because;
  readonly finding: Finding;
  /** What the ledger knows of the rule. */
  readonly entry: LedgerEntry;
}

export interface KeptRule extends Finding {
  readonly reason: KeepReason;
  readonly entry?: LedgerEntry;
}

export interface Plan {
  readonly revoke: readonly PlannedRevocation[];
  readonly keep: readonly KeptRule[];
}

/** What became of a planned revocation. */
export interface RevocationOutcome {
  readonly rule: SecurityGroupRule;
  readonly because: Because;
  readonly group?: SecurityGroup;
  readonly outcome: Outcome;
  /** What was seen that led to the outcome. */
  readonly detail?: string;
  readonly error?: ErrorFacts;
  /** What the ledger said, where it could not be read or written. */
  readonly ledgerError?: ErrorFacts;
  /** What EC2 said, where the rule could not be read again and so was not tried. */
  readonly readError?: ErrorFacts;
  /** Why it was not tried, where it was kept when it was decided once more. */
  readonly heldBy?: KeepReason;
  /** Another run that had recorded it as revoked or gone before, and counted it. */
  readonly recordedBy?: string;
  /** Whether it counts for the limit: a call of this run revoked the rule, or may have. */
  readonly isUsed?: boolean;
}

/**
 * - `OPENED`: a rule that was not open is found
 * - `HEALED`: a rule is no longer found, or was removed by someone else
 * - `LET_GO`: the configuration no longer looks for it
 * - `FINISHED`: a rule that an earlier run was about to revoke is gone
 */
export interface EntryChange {
  readonly change: 'OPENED' | 'HEALED' | 'LET_GO' | 'FINISHED';
  readonly entry: LedgerEntry;
}

/** A connection whose status, or that of a tunnel, is another than it was. */
export interface VpnConnectionChange {
  readonly entry: VpnConnectionEntry;
  /** Absent for a connection that was not known. */
  readonly previous?: VpnConnectionEntry;
}

/** Why revocations were withheld that were planned. */
export type WithheldReason = WithheldKeepReason | 'SKIPPED';

/** Revocations that a run planned and did not do, for one reason. */
export interface Withheld {
  readonly reason: WithheldReason;
  readonly rules: readonly SecurityGroupRule[];
}

/** None holds, one holds, or that cannot be read, which counts as a pause. */
export type PauseState = 'none' | 'holds' | 'unreadable';

export interface PauseReading {
  readonly state: PauseState;
  /** The pause that holds. */
  readonly pause?: Pause;
  readonly control?: ControlEntry;
  /** Why it cannot be read. */
  readonly error?: ErrorFacts;
}

/** A change of a pause, and the pause in which it counts as told. */
export interface ToldChange {
  readonly change: PauseChange;
  readonly pause: Pause;
  /** Whether the pause holds still. */
  readonly holds: boolean;
}

/** What will be revoked, and when, if nothing changes. */
export interface Forecast {
  /** When revoking begins again, ISO 8601 in UTC. */
  readonly from: string;
  /** Rules that the first sweep after that would revoke. */
  readonly due: number;
  /** How many further rules end their wait, by day, such as `2026-12-08`. */
  readonly graceEnds: ReadonlyArray<{ readonly day: string; readonly count: number }>;
  readonly limit: number;
}

export interface SweepResult {
  readonly run: Run;
  readonly observation: Observation;
  readonly plan: Plan;
  /** Of the plan's rules, and of those that an earlier run had begun to revoke. */
  readonly outcomes: readonly RevocationOutcome[];
  readonly changes: readonly EntryChange[];
  readonly vpnConnectionChanges: readonly VpnConnectionChange[];
  /** Revocations that were planned and not done. */
  readonly withheld: readonly Withheld[];
  /** Those of them that were not withheld already when this was last told. */
  readonly newlyWithheld: readonly Withheld[];
  /** Whether rules wait for the next allowance that waited at the scheduled sweep before, too. */
  readonly isLimitUsedAgain: boolean;
  /** VPCs of other accounts that could be looked at, or were not there, at the sweep before. */
  readonly newlyNotCovered: readonly string[];
  /** What the ledger knows of the rules found; absent when it is not kept, or could not be. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Whether revoking was paused when the run decided. */
  readonly pause: PauseReading;
  /** Changes of a pause that this run is the one to tell. */
  readonly pauseChanges: readonly ToldChange[];
  /** What held back revoking as a whole when the run decided. */
  readonly hold?: { readonly reason: KeepReason; readonly detail: string; readonly until?: string };
  /** Rules that are due, be it that revoking is held back; absent when the ledger could not be read. */
  readonly due?: number;
  /** Absent where revoking is not put off. */
  readonly forecast?: Forecast;
  /** Times that the ledger could not be read or written. */
  readonly ledgerErrors: readonly ScanError[];
  /** The first of them that is about more than one item, and that keeps rules from being revoked. */
  readonly ledgerFailure?: ScanError;
  readonly startedAt: Date;
  readonly durationMillis: number;
}

