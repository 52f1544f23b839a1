import { Duration } from 'aws-cdk-lib';

/**
 * Options of revoking stale rules after some time.
 */
export interface RevokeAfterOptions {
  /**
   * How many sweeps must have found the rule stale without a break, from 1 to 1000.
   *
   * With 2 or more, one wrong answer of EC2's alone revokes nothing.
   *
   * @default 2
   */
  readonly sightings?: number;

  /**
   * How long no sweep may have looked at a rule for it to count as stale without a break, in whole seconds. After a
   * longer gap it starts over, because it may have healed in between.
   *
   * Give at least two intervals of the schedule, so that one missed sweep is no gap. A schedule that is not a rate has
   * no one interval, so `maxGap` has to be given with it, unless the age is 0 and `sightings` is 1. NetworkHygiene
   * refuses a gap with which sweeps on its schedule could never end the wait, because then nothing is ever revoked.
   *
   * @default - half of the age, or two intervals of the schedule where that is longer; required where the schedule is
   * not a rate
   */
  readonly maxGap?: Duration;
}
