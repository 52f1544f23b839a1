/**
 * Reads the entries of prefix lists.
 *
 * A list that cannot be read, or that changes meanwhile, is left out, so that nothing is decided by entries that may
 * not be in force.
 */
import { scanError } from './reading';
import { NO_LISTS, type PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Cidr } from '../../../src/contract/traffic';
import { type ErrorFacts, errorFacts, takeUsable } from '../errors';
import { inPartsOf } from '../lists';
import type { PrefixList } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';
import { digestOfEntries, parseEntries } from '../rules/prefix-list-entries';

export interface PrefixListReading {
  readonly prefixLists: PrefixLists;
  /** Why each of the other lists could not be read, by its id. */
  readonly unread: ReadonlyMap<string, ErrorFacts>;
}

export const NO_PREFIX_LISTS: PrefixListReading = { prefixLists: NO_LISTS, unread: new Map() };

type ListReader = Pick<NetworkReader, 'prefixLists' | 'prefixListEntries'>;

const LISTS_PER_CALL = 100;

/** The states in which the entries are those of the current version everywhere. */
const SETTLED: ReadonlySet<string> = new Set(['create-complete', 'modify-complete', 'restore-complete']);

/** Reads each list once. */
export async function readPrefixLists(ids: Iterable<string>, network: ListReader): Promise<PrefixListReading> {
  const before = await describe([...new Set(ids)], network);
  const unread = new Map(before.unread);
  const read = new Map<string, Cidr[]>();
  await Promise.all([...before.lists.values()].map(async list => {
    const entries = SETTLED.has(list.state) ? await entriesOf(list, network) : notSettled(list);
    if ('code' in entries) unread.set(list.prefixListId, entries);
    else read.set(list.prefixListId, entries);
  }));
  // A change during the reading shows in the state or the version.
  const after = await describe([...read.keys()], network);
  for (const id of read.keys()) {
    const error = after.unread.get(id) ?? whyChanged(id, before, after);
    if (error === undefined) continue;
    read.delete(id);
    unread.set(id, error);
  }
  return { prefixLists: read, unread };
}

export function joinReadings(...readings: readonly PrefixListReading[]): PrefixListReading {
  return {
    prefixLists: new Map(readings.flatMap(({ prefixLists }) => [...prefixLists])),
    unread: new Map(readings.flatMap(({ unread }) => [...unread])),
  };
}

export function unreadListErrors({ unread }: PrefixListReading): ScanError[] {
  return [...unread].map(([resourceId, error]) => scanError('reading a prefix list', error, { resourceId }));
}

interface Described {
  readonly lists: ReadonlyMap<string, PrefixList>;
  readonly unread: ReadonlyMap<string, ErrorFacts>;
}

async function describe(ids: readonly string[], network: ListReader): Promise<Described> {
  const lists = new Map<string, PrefixList>();
  const unread = new Map<string, ErrorFacts>();
  await Promise.all(inPartsOf(LISTS_PER_CALL, ids).map(async part => {
    let error: ErrorFacts | undefined;
    try {
      await takeUsable(network.prefixLists(part), list => lists.set(list.prefixListId, list));
    } catch (failure) {
      error = errorFacts(failure);
    }
    for (const id of part) if (!lists.has(id)) unread.set(id, error ?? notFound(id));
  }));
  return { lists, unread };
}

async function entriesOf(list: PrefixList, network: ListReader): Promise<Cidr[] | ErrorFacts> {
  try {
    const { cidrs, isOneAnswer } = await network.prefixListEntries(list.prefixListId);
    const entries = parseEntries(cidrs);
    if (entries === undefined) {
      return { code: 'UnusableAnswer', message: `EC2 returned an entry of ${list.prefixListId} that is not a CIDR block` };
    }
    if (list.version !== undefined || isOneAnswer) return entries;
    // Without a version, only a second reading shows a change between two pages.
    const again = parseEntries((await network.prefixListEntries(list.prefixListId)).cidrs) ?? [];
    return digestOfEntries(again) === digestOfEntries(entries) ? entries : changed(list.prefixListId);
  } catch (error) {
    return errorFacts(error);
  }
}

const CHANGING = 'PrefixListChanging';
const changed = (id: string): ErrorFacts =>
  ({ code: CHANGING, message: `the prefix list ${id} changed while it was read` });

const notSettled = ({ prefixListId, state, ownerId }: PrefixList): ErrorFacts => ({
  code: CHANGING,
  message: `the prefix list ${prefixListId}${ownerId ? ` of ${ownerId}` : ''} is in the state ${state}`,
});

function whyChanged(id: string, { lists: before }: Described, { lists: after }: Described): ErrorFacts | undefined {
  const [first, last] = [before.get(id), after.get(id)];
  return first?.state === last?.state && first?.version === last?.version ? undefined : changed(id);
}

const notFound = (id: string): ErrorFacts => ({
  code: 'InvalidPrefixListID.NotFound',
  message: `EC2 does not know the prefix list ${id}, or its owner no longer shares it`,
});
