/** What a run is asked to look at, and what has it begin. */

/** Everything that the configuration names, or the rules of some security groups. */
export type Scope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'groups'; readonly groupIds: readonly string[] };

export const EVERYTHING: Scope = { kind: 'everything' };

/**
 * What has a run begin:
 *
 * - `schedule`: the schedule; it alone counts as a sighting and opens an allowance
 * - `deployment`: the custom resource
 * - `request`: a person or a program that asks for it
 */
export type Trigger = 'schedule' | 'deployment' | 'request';

export interface Run {
  /** Names the run in the ledger and in the log. */
  readonly id: string;
  readonly trigger: Trigger;
  readonly scope: Scope;
  /**
   * The time that the schedule was to run at, ISO 8601 in UTC: a schedule may deliver one event twice. Absent where it
   * is not known.
   */
  readonly scheduledTime?: string;
}
