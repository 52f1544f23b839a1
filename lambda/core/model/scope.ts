/** The scope of a run, and its trigger. */
import type { Change } from './change';
import type { Pass, Place } from '../../../src/contract/organization';

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
 * - `change`: a change of the network
 */
export type Trigger = 'schedule' | 'deployment' | 'request' | 'change';

/** The place of an organization that a run is about, and the pass of the organization's run. */
export interface Part extends Place {
  readonly pass: Pass;
  /** The number of rules that earlier calls for this part have revoked, or have tried to. Absent: none. */
  readonly spent?: number;
}

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
  /** The changes that triggered the run. Absent if nothing is known about them. */
  readonly changes?: readonly Change[];
  /** The number of changes, in the batch that triggered the run, of which no id could be taken. */
  readonly changesUnread?: number;
  /**
   * The time at which a run last learned that CloudFormation made a change that may be about any rule, if changes
   * triggered this run.
   */
  readonly stackChangeAt?: string;
  /**
   * Present if this run is a part of a run of an organization, which opens the allowance for all of its parts.
   */
  readonly part?: Part;
}
