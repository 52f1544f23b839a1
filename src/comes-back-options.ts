import { Duration } from 'aws-cdk-lib';

/**
 * Options for `ComesBack.keepAfter`.
 */
export interface ComesBackOptions {
  /**
   * The time within which the revocations were made, in whole seconds, up to 90 days.
   *
   * The count starts over when the rule has been absent for this long.
   *
   * @default Duration.hours(24)
   */
  readonly within?: Duration;
}
