/** Works out what the latest run could not look at, and whether an empty list means that there is nothing. */
import { Metric } from '../../../../src/contract/names';
import type { SweepEntry } from '../../model/ledger';
import type { AccountInRun, OrganizationRun, PlaceEntry } from '../../model/organization';
import type { PauseReading } from '../../model/result';
import type { PlaceId } from '../../organization-ports';
import { order } from '../../report/findings-page/paging';
import { isOld } from '../../report/findings-page/sweep-line';
import { type FailedPlace, placeName, totalsOf } from '../totals';

/** Everything that the overview is made of. */
export interface Overview {
  /** The latest run. Absent: there has been none, or its record cannot be read. */
  readonly run?: OrganizationRun;
  /** Why the record of the latest run cannot be read. */
  readonly runUnreadable?: string;
  readonly accounts: readonly AccountInRun[];
  /** Whether these are all accounts of the run. */
  readonly areAccountsKnown: boolean;
  readonly places: readonly PlaceEntry[];
  /** The latest run that has ended, as a sweep. Absent: none has, or its record cannot be read. */
  readonly sweep?: SweepEntry;
  readonly pause?: PauseReading;
  /** Why further items of the ledger cannot be read. */
  readonly unreadable: readonly string[];
}

/** `lost`: the time of the run is over, and its end was not recorded. */
export type RunState = 'none' | 'running' | 'ended' | 'lost';

export function stateOf(run: OrganizationRun | undefined, now: Date): RunState {
  if (run === undefined) return 'none';
  if (run.endedAt !== undefined) return 'ended';
  return now.getTime() < Date.parse(run.until) ? 'running' : 'lost';
}

/** Returns the names of accounts, as far as they have any. */
export function namesOf({ accounts, places }: Pick<Overview, 'accounts' | 'places'>): ReadonlyMap<string, string> {
  const named = [...places.filter(({ region }) => region === undefined), ...accounts];
  return new Map(named.flatMap(({ account, name }) => name === undefined ? [] : [[account, name] as const]));
}

/** Returns the accounts and then the Regions that could not be looked at, those that have failed the longest first. */
export function failuresOf(overview: Overview, now: Date): FailedPlace[] {
  const state = stateOf(overview.run, now);
  const failures = state === 'ended' || state === 'lost' ? failuresOfRun(overview) : failuresSoFar(overview);
  return failures.sort((a, b) =>
    Number(a.region !== undefined) - Number(b.region !== undefined)
    || order(a.failure.since, b.failure.since) || order(placeName(a), placeName(b)));
}

function failuresOfRun({ run, accounts, places }: Overview): FailedPlace[] {
  if (run === undefined) return [];
  const { failedAccounts, failedRegions } = totalsOf(run, accounts, places, new Date(run.endedAt ?? run.until));
  const counted = [...failedAccounts, ...failedRegions];
  const names = new Set(counted.map(placeName));
  // The accounts of the run may be known in part only.
  const others = places.filter(place => place.runId === run.runId && !names.has(placeName(place)));
  return [...counted, ...others.flatMap(failedPlace)];
}

/** Until a run has ended, what earlier runs could not look at counts. */
function failuresSoFar(overview: Overview): FailedPlace[] {
  return overview.places.filter(wantedIn(overview)).flatMap(failedPlace);
}

/** Tells whether the latest run is to look at a place. If that is not known, it is. */
export function wantedIn(
  { accounts, areAccountsKnown, places }: Pick<Overview, 'accounts' | 'areAccountsKnown' | 'places'>,
): (place: PlaceId) => boolean {
  const inRun = new Set(accounts.map(({ account }) => account));
  const regions = new Map(places.flatMap(({ account, region, regions: names }) =>
    region === undefined && names ? [[account, new Set(names)] as const] : []));
  const isInRegions = ({ account, region }: PlaceId): boolean =>
    region === undefined || regions.get(account)?.has(region) !== false;
  return place => !areAccountsKnown || (inRun.has(place.account) && isInRegions(place));
}

function failedPlace(row: PlaceEntry): FailedPlace[] {
  const { account, region, failure } = row;
  return failure === undefined ? [] : [{ account, region, failure, row }];
}

/**
 * Returns why an empty list does not mean that there is nothing, as a sentence. Returns nothing if everything was
 * looked at.
 */
export function doubtOf(overview: Overview, failures: readonly FailedPlace[], now: Date): string | undefined {
  const { run, runUnreadable, areAccountsKnown, places, sweep, unreadable } = overview;
  if (run === undefined) {
    return runUnreadable === undefined
      ? 'Unknown: no run has been recorded yet.' : 'Unknown: the record of the latest run cannot be read.';
  }
  if (sweep?.looksAtRules === false) return 'Security group rules are not looked at.';
  const state = stateOf(run, now);
  if (state !== 'ended') {
    if (sweep === undefined) return 'Unknown: no run has ended yet.';
    const why = state === 'running' ? 'has not ended yet' : 'did not get to its end';
    return `No open findings are recorded, but the latest run ${why}.`;
  }
  if (unreadable.length > 0 || !areAccountsKnown) return 'No open findings that can be read are recorded.';
  const seen = places.filter(({ region, runId }) => region !== undefined && runId === run.runId);
  const isPartial = failures.length > 0 || run.unread.length > 0 || run.outcome?.failed !== false
    || sweep?.sweepId !== run.runId || sweep.scanErrors > 0 || seen.some(({ observed }) => observed === undefined);
  if (isPartial) return 'No open findings are recorded, but the latest run could not look at or record everything.';
  const isNarrow = run.leftOut.length > 0 || isOld(run, now)
    || seen.some(({ observed }) => (observed?.counts[Metric.VPCS_NOT_COVERED] ?? 0) > 0);
  return isNarrow ? 'The latest run found no open findings where it looked.' : undefined;
}
