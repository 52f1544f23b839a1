/**
 * Tells the end of a run: which accounts and Regions cannot be looked at and which can again, that too many rules are
 * due, and the changes of the pause. People get one message about everything.
 */
import type { OrganizationsConfiguration } from './configured';
import type { OrganizationLedger, PlaceId } from '../organization-ports';
import { backlogOf, type FailedPlace, placeName, type Totals } from './totals';
import { backlogEvent, coverageLost, coverageRestored, overLimitEvent, runNotification, type Whereabouts } from './words';
import { changeBy } from '../ledger/change';
import { claimChanges, TOLD_BY_SWEEPS } from '../ledger/pause-changes';
import { inParallel } from '../lists';
import type { HygieneEvent } from '../model/delivery';
import type { AccountInRun, OrganizationRun, PlaceEntry } from '../model/organization';
import { pauseEvents } from '../report/events';
import { publish, send, type TellDependencies } from '../report/tell';

const PLACES_AT_A_TIME = 25;

export interface About {
  readonly configuration: OrganizationsConfiguration;
  readonly accounts: readonly AccountInRun[];
  readonly places: readonly PlaceEntry[];
}

/** Sends the events of the run and one message for people. @returns the number of failed deliveries */
export async function tellRun(
  run: OrganizationRun, totals: Totals, { configuration, accounts, places }: About,
  dependencies: TellDependencies & { readonly ledger: OrganizationLedger },
): Promise<number> {
  const { ledger, clock } = dependencies;
  const teller = { hygiene: configuration.hygiene, sweepId: run.runId };
  const lost = [...totals.failedAccounts, ...totals.failedRegions].filter(({ row }) => row?.toldFailure === undefined);
  const failing = new Set([...totals.failedAccounts, ...totals.failedRegions].map(placeName));
  const inRun = new Set(accounts.map(({ account }) => account));
  const restored = places.filter(place =>
    place.toldFailure !== undefined && !failing.has(placeName(place)) && !failing.has(place.account)
    // An account that is missing may still be one of the accounts.
    && (inRun.has(place.account) || run.isPartial !== true));
  const whereOf = ({ account, runId }: PlaceEntry): Whereabouts =>
    !inRun.has(account) ? 'other account' : runId === run.runId ? 'looked at' : 'other Region';
  const control = await ledger.control();
  const pauses = await claimChanges(control, TOLD_BY_SWEEPS, ledger, { id: run.runId, now: clock.now() });
  const { counted } = run;
  const held = { due: counted?.due, maxRevocationsPerSweep: configuration.maxRevocationsPerSweep };
  const coverage: ReadonlyArray<readonly [HygieneEvent, FailedPlace | PlaceEntry]> = [
    ...lost.map(each => [coverageLost(each, teller), each] as const),
    ...restored.map(each => [coverageRestored(each, whereOf(each), teller), each] as const),
  ];
  const isNewlyOver = counted?.isOverLimit === true && run.toldOverLimit !== counted.due;
  const backlog = backlogOf(totals, configuration);
  const isNewBacklog = backlog !== undefined && run.toldOutsideWindow !== backlog;
  const events = [
    ...coverage.map(([event]) => event),
    ...isNewlyOver ? [overLimitEvent(counted, totals.rows, teller)] : [],
    ...isNewBacklog ? [backlogEvent(backlog, configuration, totals.rows, teller)] : [],
    ...pauseEvents(pauses, held, { ...teller, sweep: 'the next sweep' }),
  ];
  const undelivered = await send(events, configuration, dependencies);
  const failed = new Set(undelivered.map(({ event }) => event));
  const told = coverage.filter(([event]) => !failed.has(event));
  const failures = new Map<PlaceId, FailedPlace>(lost.map(each => [each, each]));
  await inParallel(PLACES_AT_A_TIME, told, ([, place]) =>
    markTold(place, failures.get(place)?.failure, run, dependencies));
  const message = runNotification(run, totals, events, teller);
  const { failed: unpublished } = await publish(message, configuration, dependencies);
  return undelivered.length + unpublished;
}

/**
 * Events are sent before they are marked as sent, so that one is rather sent twice than never. A place that left no
 * outcome may have no item yet.
 */
async function markTold(
  { account, region }: PlaceId, failure: PlaceEntry['failure'], { runId }: OrganizationRun,
  { ledger, clock }: Pick<TellDependencies, 'clock'> & { readonly ledger: OrganizationLedger },
): Promise<void> {
  const toldFailure = failure?.since;
  await changeBy<PlaceEntry>(entry => ledger.putPlace(entry), await ledger.place({ account, region }), current => {
    if (current?.toldFailure === toldFailure) return undefined;
    const written = { revision: (current?.revision ?? 0) + 1, writtenBy: runId, toldFailure };
    return current ? { ...current, ...written }
      : { ...written, account, region, runId, at: clock.now().toISOString(), failure };
  });
}
