/** The items of accounts and Regions after a run. The functions are pure, except for the last one. */
import type { Pass, Place } from '../../../src/contract/organization';
import type { ErrorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import type { OrganizationRun, PlaceEntry } from '../model/organization';
import type { OrganizationLedger, PlaceId } from '../organization-ports';

/** Returns the next item, without the fields that every write has. */
export type RowWriter = (about: { readonly runId: string; readonly at: string }) =>
Omit<PlaceEntry, 'revision' | 'writtenBy' | 'runId' | 'at'>;

type AccountFacts = Pick<PlaceEntry, 'account' | 'name' | 'mayRevoke' | 'regions' | 'disabledRegions' | 'regionsNote'>;

/** The account was entered. */
export function accountSwept(before: PlaceEntry | undefined, facts: AccountFacts): RowWriter {
  const { account, name, mayRevoke, regions, disabledRegions, regionsNote } = facts;
  return ({ runId, at }) => ({
    ...kept(before), account, name, mayRevoke, regions, enteredBy: runId, disabledRegions, regionsNote,
    succeededAt: at,
  });
}

type SweptFacts = Pick<PlaceEntry, 'observed' | 'revoked' | 'news' | 'hasFindings' | 'mayRevoke'> & {
  readonly place: Place;
};

export function swept(before: PlaceEntry | undefined, facts: SweptFacts): RowWriter {
  const { place: { account, region }, observed, revoked, news, hasFindings, mayRevoke } = facts;
  return ({ at }) => ({
    ...kept(before), account, region, mayRevoke, observed, revoked, news, succeededAt: at,
    hasFindings: before?.hasFindings || hasFindings,
  });
}

type FailedFacts = Pick<PlaceEntry, 'account' | 'name' | 'region' | 'mayRevoke'> & {
  readonly error: ErrorFacts; readonly pass: Pass;
};

const MESSAGE_LENGTH = 500;

/** A place that fails again has failed since the first time. The counts of the first pass stay for the totals. */
export function failed(
  before: PlaceEntry | undefined, { account, name, region, mayRevoke, error: { code, message }, pass }: FailedFacts,
): RowWriter {
  return ({ runId, at }) => ({
    ...kept(before), account, name: region === undefined ? name : undefined, region, mayRevoke,
    ...before?.runId === runId && { observed: before.observed, news: before.news },
    failure: { code, message: message.slice(0, MESSAGE_LENGTH), since: before?.failure?.since ?? at, pass },
  });
}

/** The fields that outlive a run. */
const kept = (before: PlaceEntry | undefined): Partial<PlaceEntry> => before === undefined ? {} : {
  regions: before.regions, enteredBy: before.enteredBy, disabledRegions: before.disabledRegions,
  toldFailure: before.toldFailure, succeededAt: before.succeededAt, hasFindings: before.hasFindings,
};

/** @throws when the ledger cannot be read or written */
export async function writeRow(
  place: PlaceId, follow: (before: PlaceEntry | undefined) => RowWriter,
  { ledger, run: { runId }, now, before }: {
    readonly ledger: OrganizationLedger; readonly run: Pick<OrganizationRun, 'runId'>; readonly now: Date;
    /** The item as it was read. Absent: it is read now. */
    readonly before?: PlaceEntry;
  },
): Promise<void> {
  const at = now.toISOString();
  await changeBy<PlaceEntry>(
    entry => ledger.putPlace(entry), before ?? await ledger.place(place),
    current => ({
      ...follow(current)({ runId, at }), revision: (current?.revision ?? 0) + 1, writtenBy: runId, runId, at,
    }),
  );
}
