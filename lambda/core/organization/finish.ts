/**
 * Ends a run: adds up what was seen, publishes the totals, tells which accounts and Regions could not be looked at and
 * which can again, and decides whether the run has failed.
 */
import { accountsOfRun } from './accounts-of-run';
import { type Configured, configured, type ConfiguringDependencies, type OrganizationsConfiguration } from './configured';
import type { Executions, OrganizationLedger } from '../organization-ports';
import { publishTotals } from './publishing';
import { recordEnd } from './recording';
import { isRevokedBy, partId } from './sweep-place';
import { tellRun } from './telling';
import { type Counts, type FailedPlace, placeName, type Totals, totalsOf } from './totals';
import { Metric } from '../../../src/contract/names';
import { isOpen, openedAt } from '../../../src/contract/revocation-window';
import { errorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import { recordMismatch } from '../ledger/configuration';
import { next } from '../ledger/pause';
import { inParallel } from '../lists';
import type { ControlEntry } from '../model/ledger';
import type { OrganizationRun } from '../model/organization';
import type { Clock, Log, Metrics } from '../ports';
import type { TellDependencies } from '../report/tell';

export interface FinishDependencies extends TellDependencies, ConfiguringDependencies {
  readonly ledger: OrganizationLedger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly executions: Executions;
}

/** The answer that the state machine reads. */
export interface FinishAnswer {
  readonly failed: boolean;
  readonly message: string;
}

/** @throws when the ledger cannot be used, or the metrics could not be published */
export async function finish(
  { runId }: { readonly runId: string }, { configuration, deployed, mismatch }: Configured,
  dependencies: FinishDependencies,
): Promise<FinishAnswer> {
  const { ledger, clock, fingerprint } = dependencies;
  const run = await ledger.run();
  if (run?.runId !== runId) {
    return { failed: true, message: `The run ${runId} was replaced by ${run?.runId ?? 'none'} before it ended` };
  }
  // An earlier call may have died after it had recorded the end.
  const outcome = run.outcome ?? await end(run, { configuration, deployed, mismatch }, dependencies);
  if (mismatch !== undefined && run.isScheduled) {
    const found = { fingerprint, scheduledTime: run.scheduledTime };
    await recordMismatch(ledger, found, { id: runId, now: clock.now() });
  }
  await startAnother(run, { configuration, mismatch }, dependencies);
  return outcome;
}

/** Tells the end of the run, publishes the totals, and records both. */
async function end(
  run: OrganizationRun, { configuration, deployed, mismatch }: Configured, dependencies: FinishDependencies,
): Promise<FinishAnswer> {
  const { ledger, clock, log } = dependencies;
  const { runId } = run;
  const now = clock.now();
  const [accounts, places] = await Promise.all([accountsOfRun(run, ledger), ledger.places()]);
  const seen = totalsOf(run, accounts, places.entries, now);
  const totals = withRevoked(seen, await revokedIn(run, seen, ledger));
  const outcome = outcomeOf(run, totals, configuration, mismatch);
  log(outcome.failed ? 'ERROR' : 'INFO', outcome.message, {
    event: 'OrganizationRun', runId, accounts: accounts.length, accountsSwept: totals.swept.length,
    accountsFailed: totals.failedAccounts.length, regionsFailed: totals.failedRegions.length, ...totals.counts,
  });
  await endCount(run, dependencies);
  const about = { configuration, accounts, places: places.entries };
  const failedDeliveries = await tellRun(run, totals, about, dependencies);
  await publishTotals(run, totals, { configuration, failedDeliveries, ...dependencies });
  await recordEnd(run, totals, { configuration, deployed, outcome, ...dependencies });
  return outcome;
}

/**
 * Starts a run if another configuration was deployed, or the revocation window opened, while this run was at work. The
 * execution that was to begin then has found this one, and did nothing. It found none after the end was recorded, so
 * this is asked after that.
 */
async function startAnother(
  { runId, execution, digest, startedAt }: OrganizationRun, { configuration, mismatch }: Omit<Configured, 'deployed'>,
  dependencies: FinishDependencies,
): Promise<void> {
  const { executions, log } = dependencies;
  const fields = { event: 'OrganizationRun', runId } as const;
  const opened = mismatch === undefined ? openedSince(startedAt, configuration, dependencies) : undefined;
  const why = opened ? 'the revocation window opened' : 'another configuration was deployed';
  try {
    if (opened === undefined && !await isDeployedSince(digest, dependencies)) return;
    // Only a scheduled run opens an allowance.
    const started = await executions.startAnother(execution, opened);
    log('INFO', `${started} goes on, because ${why} while the run ${runId} was at work`, fields);
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `It could not be found out whether ${why} while the run ${runId} was at work, or no run could be started, `
      + `so the next one is that of the schedule: ${code}: ${message}`, fields);
  }
}

/** Returns when the revocation window has opened that is open now, if that was after a time. */
function openedSince(
  startedAt: string, { revocationWindow }: OrganizationsConfiguration, { clock }: FinishDependencies,
): string | undefined {
  const now = clock.now();
  const opened = revocationWindow && isOpen(revocationWindow, now) ? openedAt(revocationWindow, now) : undefined;
  return opened !== undefined && opened > new Date(startedAt) ? opened.toISOString() : undefined;
}

async function isDeployedSince(digest: string, dependencies: FinishDependencies): Promise<boolean> {
  const { deployed, mismatch } = await configured(dependencies);
  return mismatch === undefined && deployed.digest !== digest;
}

const PLACES_AT_A_TIME = 25;

/**
 * Counts the rules that the run revoked or found revoked by an earlier one, from the ledgers of the places in which it
 * did so or was to do so. A child that was killed may have revoked rules without saying so.
 *
 * @returns the numbers by account
 */
async function revokedIn(
  run: OrganizationRun, { rows }: Totals, ledger: OrganizationLedger,
): Promise<ReadonlyMap<string, number>> {
  const revoked = new Map<string, number>();
  const revoking = rows.filter(({ observed }) =>
    observed && (observed.planned > 0 || (observed.counts[Metric.INGRESS_RULES_REVOKED] ?? 0) > 0));
  await inParallel(PLACES_AT_A_TIME, revoking, async ({ account, region = '' }) => {
    const id = partId(run, { account, region });
    const { entries } = await ledger.at({ account, region }).revokedBy(id);
    const own = entries.filter(entry => isRevokedBy(id, entry)).length;
    revoked.set(account, (revoked.get(account) ?? 0) + own);
  });
  return revoked;
}

/** The first pass has counted the rules as kept that the second pass has revoked. */
function withRevoked(totals: Totals, revoked: ReadonlyMap<string, number>): Totals {
  const after = (counts: Counts, count: number): Counts => {
    const kept = counts[Metric.RULES_KEPT];
    return {
      ...counts, [Metric.INGRESS_RULES_REVOKED]: count,
      ...kept !== undefined && { [Metric.RULES_KEPT]: Math.max(0, kept - count) },
    };
  };
  const all = [...revoked.values()].reduce((sum, count) => sum + count, 0);
  const byAccount = [...totals.byAccount].map(([account, counts]) =>
    [account, after(counts, revoked.get(account) ?? 0)] as const);
  return { ...totals, counts: after(totals.counts, all), byAccount: new Map(byAccount) };
}

function outcomeOf(
  { runId, unread, isPartial }: OrganizationRun, { swept, failedAccounts, failedRegions, rows }: Totals,
  { organization: { toleratedFailures } }: OrganizationsConfiguration, mismatch: string | undefined,
): FinishAnswer {
  const accounts = new Set([...failedAccounts, ...failedRegions].map(({ account }) => account));
  const failures = accounts.size + unread.length;
  const parts = [
    `${swept.length} accounts were swept`,
    ...failedAccounts.length > 0 ? [`${failedAccounts.length} could not be entered (${named(failedAccounts)})`] : [],
    ...failedRegions.length > 0 ? [`${failedRegions.length} Regions could not be swept (${named(failedRegions)})`] : [],
    ...isPartial ? ['accounts are missing'] : [],
    ...unread,
    ...mismatch === undefined ? [] : [`nothing was revoked, because ${mismatch}`],
  ];
  return {
    // Without a place that was looked at, the totals say nothing. If accounts may be missing, nobody knows how many.
    failed: failures > toleratedFailures || rows.length === 0 || isPartial === true,
    message: `The run ${runId} is over: ${parts.join('; ')}`.slice(0, MESSAGE_LENGTH),
  };
}

const MESSAGE_LENGTH = 4000;
const MOST_NAMED = 20;

function named(failed: readonly FailedPlace[]): string {
  const first = failed.slice(0, MOST_NAMED).map(placeName);
  return failed.length > MOST_NAMED ? `${first.join(', ')} and ${failed.length - MOST_NAMED} more` : first.join(', ');
}

/** Ends the count, if the run has ended before it was counted. */
async function endCount({ runId }: OrganizationRun, { ledger, clock }: FinishDependencies): Promise<void> {
  const writer = { id: runId, now: clock.now() };
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), await ledger.control(), current =>
    current?.counting?.runId === runId ? { ...next(current, writer), counting: undefined } : undefined);
}
