import { Duration } from 'aws-cdk-lib';

/**
 * Options for `UnusedSecurityGroups.report`.
 */
export interface UnusedSecurityGroupsOptions {
  /**
   * The time for which nothing must have used a security group, in whole seconds. 0 is allowed.
   *
   * The time starts with the first sweep that finds the group unused. If a sweep finds it used, the time starts over.
   *
   * @default Duration.days(30)
   */
  readonly after?: Duration;

  /**
   * The number of scheduled sweeps that must have found the group unused, from 1 to 1000.
   *
   * A sweep that could not look everywhere does not count, and does not start the count over.
   *
   * @default 3
   */
  readonly sightings?: number;
}
