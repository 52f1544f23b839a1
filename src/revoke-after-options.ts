import { Duration } from 'aws-cdk-lib';
import { RevokeOptions } from './revoke-options';

/**
 * Options for `StaleRules.revokeAfter` and `FlaggedAction.revokeAfter`.
 */
export interface RevokeAfterOptions extends RevokeOptions {
  /**
   * The number of scheduled sweeps that must find the rule without a break, from 1 to 1000.
   *
   * With 2 or more, a single wrong answer from EC2 revokes nothing.
   *
   * @default 2
   */
  readonly sightings?: number;

  /**
   * The longest time that two sweeps in a row that look at a rule may be apart, in whole seconds.
   *
   * After a longer gap the wait starts over, because the rule may have been in order in between. Give at least two
   * intervals of the schedule, so that one missed sweep does not start the wait over.
   *
   * A schedule that is not a rate has no fixed interval, so it requires `maxGap`, unless the age is 0 and `sightings`
   * is 1. NetworkHygiene rejects a `maxGap` that is so short that the wait could never end on its schedule.
   *
   * @default - half of the age, or two intervals of the schedule if that is longer; required when the schedule is not a
   * rate
   */
  readonly maxGap?: Duration;
}
