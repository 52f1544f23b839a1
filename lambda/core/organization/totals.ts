/** The result of a run: the totals of all places, and the accounts and Regions that could not be looked at. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { Metric } from '../../../src/contract/names';
import type { AccountInRun, OrganizationRun, PlaceEntry, PlaceFailure } from '../model/organization';
import type { PlaceId } from '../organization-ports';

export type Counts = Readonly<Record<string, number>>;

/** A place that a run could not look at, with its item if there is one. */
export interface FailedPlace {
  readonly account: string;
  readonly region?: string;
  readonly failure: PlaceFailure;
  readonly row?: PlaceEntry;
}

export interface Totals {
  readonly counts: Counts;
  readonly byAccount: ReadonlyMap<string, Counts>;
  /** The accounts that could be entered, even if a Region failed. */
  readonly swept: readonly string[];
  readonly failedAccounts: readonly FailedPlace[];
  readonly failedRegions: readonly FailedPlace[];
  /** The items of the places that the run looked at. */
  readonly rows: readonly PlaceEntry[];
}

/** Returns the number of rules that wait for the revocation window, if none of them will be revoked when it opens. */
export function backlogOf(
  { counts }: Pick<Totals, 'counts'>, { maxRevocationsPerSweep }: Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>,
): number | undefined {
  const waiting = counts[Metric.RULES_OUTSIDE_WINDOW] ?? 0;
  return waiting > maxRevocationsPerSweep ? waiting : undefined;
}

/** The metrics that say how long something is ago or takes. The others are added. */
const LARGEST: readonly string[] = [Metric.OLDEST_STALE_RULE_AGE, Metric.OLDEST_PROOF_CHECK_AGE];
const SMALLEST: readonly string[] = [Metric.SECONDS_SINCE_STATUS_CHANGE];
/** The metrics that are not those of a part of a run. */
const OF_RUN: readonly string[] = [Metric.SWEEPS, Metric.SWEEP_DURATION];

export function totalsOf(
  run: OrganizationRun, accounts: readonly AccountInRun[], places: readonly PlaceEntry[], now: Date,
): Totals {
  const byId = new Map(places.map(place => [placeName(place), place]));
  const at = now.toISOString();
  const failedAccounts: FailedPlace[] = [];
  const failedRegions: FailedPlace[] = [];
  const rows: PlaceEntry[] = [];
  const byAccount = new Map<string, Counts>();
  const swept: string[] = [];
  for (const { account } of accounts) {
    const row = byId.get(account);
    const failure = failureIn(run, row, at);
    if (failure) failedAccounts.push({ account, failure, row });
    // The Regions that were seen count, even if the account failed after that.
    const names = row?.enteredBy === run.runId ? row.regions ?? [] : [];
    const regions = names.map(region => ({ region, of: byId.get(placeName({ account, region })) }));
    for (const { region, of } of regions) {
      const failed = failureIn(run, of, at);
      const isNamed = failure === undefined || of?.runId === run.runId;
      if (failed && isNamed) failedRegions.push({ account, region, failure: failed, row: of });
    }
    const seen = regions.flatMap(({ of }) => of?.runId === run.runId && of.observed !== undefined ? [of] : []);
    rows.push(...seen);
    byAccount.set(account, totalOf(seen.flatMap(countsOf)));
    if (!failure) swept.push(account);
  }
  return { counts: totalOf([...byAccount.values()]), byAccount, swept, failedAccounts, failedRegions, rows };
}

/** Names an account, or a Region of it. */
export const placeName = ({ account, region }: PlaceId): string =>
  region === undefined ? account : `${account} ${region}`;

/** A place without an outcome is not one without findings. */
function failureIn({ runId }: OrganizationRun, row: PlaceEntry | undefined, at: string): PlaceFailure | undefined {
  if (row?.runId === runId) return row.failure;
  const message = 'the run ended without an outcome for it; the log of the function has what happened';
  return { code: 'NoOutcome', message, since: row?.failure?.since ?? at, pass: 'observe' };
}

const countsOf = ({ observed, revoked }: PlaceEntry): Counts[] =>
  [...observed ? [observed.counts] : [], ...revoked ? [revoked.counts] : []];

function totalOf(all: readonly Counts[]): Counts {
  const total: Record<string, number> = {};
  for (const [name, value] of all.flatMap(Object.entries<number>)) {
    if (OF_RUN.includes(name)) continue;
    const before = total[name];
    total[name] = before === undefined ? value
      : LARGEST.includes(name) ? Math.max(before, value)
        : SMALLEST.includes(name) ? Math.min(before, value) : before + value;
  }
  return total;
}
