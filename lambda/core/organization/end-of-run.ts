/**
 * The end of the time of a run. Step Functions ends the execution then, so the run has to be done before: an execution
 * that is timed out tells nothing of what it has found. It can also be redriven for two weeks.
 */
import type { OrganizationRun } from '../model/organization';

type Until = Pick<OrganizationRun, 'until'>;

/** If `until` is invalid, the run is over. */
export const isOver = ({ until }: Until, now: Date): boolean => !(now.getTime() < Date.parse(until));

/** The time that is left to the steps after the passes, and to the calls that are at work. */
const RESERVED_MILLIS = 30 * 60_000;

/** Whether a pass begins nothing any more, so that the run ends with its totals. */
export const isEnding = ({ until }: Until, now: Date): boolean =>
  !(now.getTime() < Date.parse(until) - RESERVED_MILLIS);
