/** The state of one Region of an account, as the items of the organization have it. */
import { stateOf } from './coverage';
import type { SweepEntry } from '../../model/ledger';
import type { OrganizationRun, PlaceEntry } from '../../model/organization';
import type { Contents } from '../../report/findings-page/page';

/** The items of the organization about a place. */
export interface PlaceItems {
  readonly run?: OrganizationRun;
  /** The items of the account and of the Region. */
  readonly account?: PlaceEntry;
  readonly region?: PlaceEntry;
  /** Why items of the organization cannot be read. */
  readonly unreadable: readonly string[];
}

export interface PlaceContents extends PlaceItems {
  readonly contents: Contents;
}

/** Whether the latest run has looked at the place. */
export function isSeenBy(items: PlaceItems, now: Date): boolean {
  const { run, region, unreadable } = items;
  if (unreadable.length > 0 || failureOf(items) !== undefined) return false;
  return run !== undefined && (region?.runId === run.runId || (region !== undefined && stateOf(run, now) === 'running'));
}

/** An account that could not be entered has no Region that could be looked at. */
export const failureOf = ({ account, region }: Pick<PlaceItems, 'account' | 'region'>): PlaceEntry['failure'] =>
  account?.failure ?? region?.failure;

export const whatFailed = ({ account }: Pick<PlaceItems, 'account'>): string =>
  account?.failure ? 'The account could not be entered, or not looked at to its end' : 'It could not be looked at';

/** Whether everything in the account is only reported. */
export const isOnlyReported = ({ region }: Pick<PlaceItems, 'region'>): boolean =>
  region !== undefined && !region.mayRevoke;

/** The limit is that of the organization, so that its latest run knows whether too many rules are due. */
export function withCount(sweep: SweepEntry, run: OrganizationRun | undefined): SweepEntry {
  const counted = run?.counted;
  if (!counted?.isOverLimit) return sweep;
  return { ...sweep, withheld: [{ reason: 'OVER_LIMIT', count: counted.planned, digest: run?.runId ?? '' }] };
}
