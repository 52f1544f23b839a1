/** The observation of a run, as plain data. */
import type { Coverage } from './coverage';
import type { FlaggedRule, StaleRule, VpnConnectionState } from './finding';
import type { SecurityGroup, Stack } from './network';
import type { GroupWithUse } from './unused-groups';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { ErrorFacts } from '../errors';

/** Something that could not be looked at. */
export interface ScanError {
  /** The activity that failed, such as `reading stale security groups`. */
  readonly doing: string;
  /** Absent if the error does not concern one VPC. */
  readonly vpcId?: string;
  /** The id of the security group, rule, VPN connection or ledger item. */
  readonly resourceId?: string;
  /** Whether every rule was read all the same, and only facts that decide about some of them are missing. */
  readonly isOnlyDeciding?: boolean;
  readonly error: ErrorFacts;
}

/** The VPCs of a run. */
export interface ObservedVpcs {
  readonly inScope: ReadonlySet<string>;
  /** Whether a VPC that is not in scope does not exist, or is not looked at. */
  readonly isListWhole?: boolean;
  /** The accounts that own the VPCs. */
  readonly ownerIds: ReadonlySet<string>;
  /** The VPCs that every check could look at, and for which EC2 was asked for stale rules if they are looked for. */
  readonly scanned: ReadonlySet<string>;
  /** The VPCs that every check could look at, and in which the rules prove that none is stale. */
  readonly proved: ReadonlySet<string>;
  /** VPCs of other accounts in which this account may not look for stale rules. */
  readonly notCovered: ReadonlySet<string>;
  /**
   * The VPCs in which the rules of at least one group were read for the check for flagged rules, and those without
   * groups.
   */
  readonly flagged: ReadonlySet<string>;
  /** Whether each check could look anywhere. If not, its counts mean nothing. */
  readonly sawStaleRules: boolean;
  readonly sawFlaggedRules: boolean;
}

/**
 * Why EC2 has to be asked for the stale rules of a VPC, and the rules alone prove nothing:
 *
 * - `REFERENCE`: a rule may refer to a group outside of the VPC
 * - `SHARED`: the VPC or one of its groups belongs to another account, or its owner is not known
 * - `ASSOCIATED`: a group is associated with a further VPC, and this is one of the two
 * - `UNREAD`: its groups, its rules or the associations could not be read
 * - `OPEN_FINDING`: the ledger has an open stale rule for it
 * - `DOUBTED`: one of these reasons was true lately, or a proof was wrong
 * - `SUSPENDED`: a proof was wrong, or it is not known whether one was, so no VPC is covered by proof
 */
export type CandidateReason =
  | 'REFERENCE' | 'SHARED' | 'ASSOCIATED' | 'UNREAD' | 'OPEN_FINDING' | 'DOUBTED' | 'SUSPENDED';

/** The VPCs of a run by how their stale rules were looked for. Each VPC is in one of them. */
export interface ProofReading {
  /** The VPCs for which EC2 was asked, because the rules prove nothing. */
  readonly candidates: ReadonlyMap<string, CandidateReason>;
  /** The VPCs that the rules prove to have no stale rule, and for which EC2 was asked all the same. */
  readonly checked: ReadonlySet<string>;
  /** The VPCs that the rules prove to have no stale rule, and for which EC2 was not asked. */
  readonly proved: ReadonlySet<string>;
  /** The age in seconds of the oldest check among the VPCs that are covered by proof. */
  readonly oldestCheckAgeSeconds: number;
  /** The errors because of which more VPCs were read than necessary. Everything was looked at all the same. */
  readonly failures: readonly ScanError[];
  /** The checked VPCs for which EC2 named a stale rule all the same. */
  readonly wrong: ReadonlySet<string>;
  /**
   * The VPCs with a reference, an association or an open stale rule, whatever else they are read for. From now on, they
   * are in doubt.
   */
  readonly doubtful: ReadonlySet<string>;
}

/** The lists that a run has read of the whole account and Region. One that broke off is absent. */
export interface Listing {
  readonly groups?: readonly SecurityGroup[];
  /** The ids of the groups that a rule refers to. */
  readonly groupsInRules?: ReadonlySet<string>;
  /** The ids of the groups that are associated with a further VPC, in any state. */
  readonly associatedGroups?: ReadonlySet<string>;
}

/** The security groups of the interface endpoints of the function's VPC. */
export interface EndpointGroups {
  readonly groupIds: ReadonlySet<string>;
  /** The error that may have hidden further groups. Absent if the list is complete. */
  readonly error?: ErrorFacts;
}

/** Which of the default groups that are looked at are used. */
export interface GroupUse {
  /** The groups that at least one network interface has. */
  readonly used: ReadonlySet<string>;
  /** The groups for which this could not be read. */
  readonly unread: ReadonlySet<string>;
}

/** The use of security groups, as a run has read it. */
export interface GroupUses {
  /** The groups in scope, by id. */
  readonly groups: ReadonlyMap<string, GroupWithUse>;
  /** Whether a group that is not in the list does not exist, or is out of scope. */
  readonly isListWhole: boolean;
  /** The checks that could not look, in words. */
  readonly notLookedAt: readonly string[];
  readonly errors: readonly ScanError[];
}

export interface Observation {
  /** Absent if no check looks at VPCs. */
  readonly vpcs?: ObservedVpcs;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly stale: readonly StaleRule[];
  readonly flagged: readonly FlaggedRule[];
  readonly coverage: Coverage;
  /** Absent if the run does not look for stale rules everywhere. */
  readonly proofs?: ProofReading;
  /** The entries of the prefix lists that could be read. */
  readonly prefixLists: PrefixLists;
  /** Absent if no declaration depends on it. */
  readonly groupUse?: GroupUse;
  /** Absent if unused groups are not looked for. */
  readonly groupUses?: GroupUses;
  /** Absent if the function is in no VPC, or if no rules are looked at. */
  readonly endpoints?: EndpointGroups;
  /** Absent if VPN connections are not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  /** Whether a VPN connection that is not in the list does not exist. */
  readonly isVpnAnswerWhole: boolean;
  readonly errors: readonly ScanError[];
}

/** The stacks that a run has asked for, by id. */
export interface StackReading {
  /** Stacks that exist. A stack that was asked for and is in neither member does not exist any more. */
  readonly stacks: ReadonlyMap<string, Stack>;
  readonly asked: ReadonlySet<string>;
  /** Stacks that could not be read. */
  readonly unread: ReadonlySet<string>;
}
