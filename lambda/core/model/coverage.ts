/** Describes where a run has proved to have looked, per check and per group. */
import type { Check } from './finding';

export interface CheckCoverage {
  /** VPCs in which every group was looked at. A group that EC2 does not list there is gone. */
  readonly vpcIds: ReadonlySet<string>;
  /** Groups that were looked at, no matter what is known about their VPCs. */
  readonly groupIds: ReadonlySet<string>;
  /** Groups that could not be looked at, even if their VPC was. */
  readonly unreadGroupIds: ReadonlySet<string>;
}

/** The coverage of the stale check. EC2 may name a group for each VPC that it is associated with. */
export interface StaleCoverage extends CheckCoverage {
  /** Further VPCs whose response was read completely, although not for every group in them. */
  readonly readVpcIds?: ReadonlySet<string>;
  /** VPCs that could not be read. Any other VPC is gone or out of scope. Absent: nothing is known about other VPCs. */
  readonly unreadVpcIds?: ReadonlySet<string>;
}

export interface Coverage extends Readonly<Record<Check, CheckCoverage>> {
  readonly stale: StaleCoverage;
}
