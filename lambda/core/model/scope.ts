/** The scope of a run, and its trigger. */

/** Everything that the configuration names, or the rules of some security groups. */
export type Scope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'groups'; readonly groupIds: readonly string[] };

export const EVERYTHING: Scope = { kind: 'everything' };

/**
 * The trigger of a run.
 *
 * - `schedule`: the schedule; only these runs count as sightings and open an allowance
 * - `deployment`: the custom resource
 * - `request`: the request of a person or a program
 */
export type Trigger = 'schedule' | 'deployment' | 'request';

export interface Run {
  /** The id of the run in the ledger and in the log. */
  readonly id: string;
  readonly trigger: Trigger;
  readonly scope: Scope;
  /**
   * The time at which the scheduled run was due, in ISO 8601 and UTC. It identifies an event that is delivered twice.
   * Absent if not known.
   */
  readonly scheduledTime?: string;
}
