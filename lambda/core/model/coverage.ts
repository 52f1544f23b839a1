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

export type Coverage = Readonly<Record<Check, CheckCoverage>>;
