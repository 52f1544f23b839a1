/** What a run saw, as plain data. */
import type { Coverage } from './coverage';
import type { FlaggedRule, StaleRule, VpnConnectionState } from './finding';
import type { SecurityGroup } from './network';
import type { ErrorFacts } from '../errors';

/** Something that was to be looked at, and could not be. */
export interface ScanError {
  /** What was being done: `reading stale security groups`. */
  readonly doing: string;
  /** Absent when it is not about one VPC. */
  readonly vpcId?: string;
  /** The security group, the rule, the VPN connection or the item of the ledger in question. */
  readonly resourceId?: string;
  readonly error: ErrorFacts;
}

/** The VPCs of a run. */
export interface ObservedVpcs {
  readonly inScope: ReadonlySet<string>;
  /** The accounts that own them. */
  readonly ownerIds: ReadonlySet<string>;
  /** Those that every check could look at. */
  readonly scanned: ReadonlySet<string>;
  /** VPCs of other accounts in which this account may not look for stale rules. */
  readonly notCovered: ReadonlySet<string>;
  /** Those with groups of which the rules that may be flagged were read. */
  readonly flagged: ReadonlySet<string>;
  /** Whether each check could look anywhere; a count of what it found says nothing otherwise. */
  readonly sawStaleRules: boolean;
  readonly sawFlaggedRules: boolean;
}

export interface Observation {
  /** Absent when no check looks at VPCs. */
  readonly vpcs?: ObservedVpcs;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly stale: readonly StaleRule[];
  readonly flagged: readonly FlaggedRule[];
  readonly coverage: Coverage;
  /** Absent when they are not looked at, or could not be. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  /** Whether a VPN connection that is not among them is not there. */
  readonly isVpnAnswerWhole: boolean;
  readonly errors: readonly ScanError[];
}
