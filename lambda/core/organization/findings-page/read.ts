/** Reads what the pages of an organization show from its ledger. */
import { type Overview, stateOf } from './coverage';
import type { PlaceContents, PlaceItems } from './place-state';
import type { Place } from '../../../../src/contract/organization';
import { inParallel } from '../../lists';
import type { AccountInRun, OrganizationRun } from '../../model/organization';
import type { OrganizationReader } from '../../organization-ports';
import { pauseOf, readContents, readItem } from '../../report/findings-page/read';

const ITEMS_AT_A_TIME = 25;

/** @throws when the ledger cannot be read. Single items that cannot be read are part of the overview */
export async function readOverview(ledger: OrganizationReader, now: Date): Promise<Overview> {
  const [before, places, sweep, pause] = await Promise.all([
    readItem(() => ledger.run()), ledger.places(), readItem(() => ledger.latestSweep()), pauseOf(ledger, now),
  ]);
  // The items of places may be of a run that has begun while they were read. A run that is in progress claims nothing.
  const run = stateOf(before.entry, now) === 'running' ? before : await readItem(() => ledger.run());
  const { accounts, isWhole, unreadable } = await accountsOf(run.entry, ledger);
  return {
    run: run.entry, runUnreadable: run.unreadable, accounts, areAccountsKnown: isWhole, places: places.entries,
    sweep: sweep.entry, pause,
    unreadable: [
      ...sweep.unreadable === undefined ? [] : [sweep.unreadable], ...unreadable,
      ...places.unreadable.map(({ message }) => message),
    ],
  };
}

interface AccountsOfRun {
  readonly accounts: readonly AccountInRun[];
  readonly isWhole: boolean;
  readonly unreadable: readonly string[];
}

/** A run that begins replaces the items one by one. */
async function accountsOf(run: OrganizationRun | undefined, ledger: OrganizationReader): Promise<AccountsOfRun> {
  const parts = Array.from({ length: run?.parts ?? 0 }, (_, part) => part);
  const accounts: AccountInRun[] = [];
  const unreadable: string[] = [];
  await inParallel(ITEMS_AT_A_TIME, parts, async part => {
    const item = await readItem(() => ledger.accounts(part));
    if (item.entry?.runId === run?.runId) accounts.push(...item.entry?.accounts ?? []);
    if (item.unreadable !== undefined) unreadable.push(item.unreadable);
  });
  return { accounts, isWhole: run !== undefined && accounts.length === run.accounts, unreadable };
}

/** @throws when the ledger cannot be read. Single items that cannot be read are part of the contents */
export async function readPlace(ledger: OrganizationReader, place: Place, now: Date): Promise<PlaceContents> {
  const [items, contents] = await Promise.all([readPlaceItems(ledger, place), readContents(ledger.at(place), now)]);
  return { ...items, contents };
}

/** @throws when the ledger cannot be read. Single items that cannot be read are part of the result */
export async function readPlaceItems(
  ledger: Pick<OrganizationReader, 'run' | 'place'>, place: Place,
): Promise<PlaceItems> {
  const [run, account, region] = await Promise.all([
    readItem(() => ledger.run()), readItem(() => ledger.place({ account: place.account })),
    readItem(() => ledger.place(place)),
  ]);
  return {
    run: run.entry, account: account.entry, region: region.entry,
    unreadable: [run, account, region].flatMap(({ unreadable }) => unreadable ?? []),
  };
}
