/** What a run has proved to have looked at, per check and per group. */
import type { Check } from './finding';

export interface CheckCoverage {
  /** VPCs in which each group was looked at. A group of theirs that EC2 does not list is gone. */
  readonly vpcIds: ReadonlySet<string>;
  /** Groups that were looked at, whatever is known of their VPCs. */
  readonly groupIds: ReadonlySet<string>;
  /** Groups that could not be looked at, be it in a VPC that was. */
  readonly unreadGroupIds: ReadonlySet<string>;
}

/** EC2 names a stale group for a VPC: one that is associated with several may be named for each. */
export interface StaleCoverage extends CheckCoverage {
  /** Further VPCs of which the answer was read whole, though not of each group in them. */
  readonly readVpcIds?: ReadonlySet<string>;
  /** VPCs of which it could not be. Any other is gone or out of scope; absent: nothing is known of others. */
  readonly unreadVpcIds?: ReadonlySet<string>;
}

export interface Coverage extends Readonly<Record<Check, CheckCoverage>> {
  readonly stale: StaleCoverage;
}
