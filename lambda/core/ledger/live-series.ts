/**
 * Remembers the series per resource that say something, so that the end of each is published, even if the run that saw
 * it dies.
 *
 * A series is recorded before it is published, and dropped after its end was published. If two sweeps run at once, one
 * may still publish what the other has just ended. Therefore the record has the time at which a sweep last said
 * something, and a series is dropped only when no such sweep can be running any more.
 */
import { changeBy } from './change';
import { ATTEMPT_MILLIS } from '../decide/attempts';
import { isAhead } from '../decide/times';
import type { MetricDatum } from '../model/delivery';
import type { SeriesEntry } from '../model/ledger';
import type { SeriesEnd } from '../model/result';
import type { Ledger } from '../ports';

/** The fields that distinguish a series of this construct from its others. */
export type SeriesKey = Pick<MetricDatum, 'name' | 'dimensions'>;

/** Returns a text such as `StaleIngressRules?VpcId=vpc-1`. */
export const seriesId = ({ name, dimensions }: SeriesKey): string =>
  `${name}?${new URLSearchParams(dimensions).toString()}`;

export function seriesKey(id: string): SeriesKey {
  const [name, dimensions] = id.split('?', 2);
  return { name, dimensions: Object.fromEntries(new URLSearchParams(dimensions)) };
}

/** Returns the time at which each series was last about to be published, by its id. */
export function liveSeries(entry: SeriesEntry | undefined): Map<string, string> {
  return new Map(Object.entries(entry?.live ?? {}).flatMap(([at, ids]) => ids.map(id => [id, at] as const)));
}

/** The run that writes, and the current time. */
export interface SeriesWriter {
  readonly id: string;
  readonly now: Date;
}

/** An item has 400 KB. Even if every series has a time of its own, it holds ids with this many characters. */
const MOST_CHARACTERS = 250_000;

/** The quotes and the comma of an id in the item. */
const PUNCTUATION = 3;

export interface Recorded {
  readonly entry?: SeriesEntry;
  /** The series for which the item has no room. */
  readonly leftOut: ReadonlySet<string>;
}

/** Records series before they are published. @throws when the ledger cannot be written */
export async function recordSeries(
  ids: readonly string[], before: SeriesEntry | undefined, ledger: Pick<Ledger, 'putSeries'>, writer: SeriesWriter,
): Promise<Recorded> {
  let leftOut = new Set<string>();
  const { entry } = await changeBy<SeriesEntry>(next => ledger.putSeries(next), before, current => {
    const live = liveSeries(current);
    leftOut = new Set(withoutRoom(ids, live));
    const fitting = ids.filter(id => !leftOut.has(id));
    for (const id of fitting) live.set(id, writer.now.toISOString());
    return fitting.length === 0 ? undefined : entryOf(current, live, writer);
  });
  return { entry, leftOut };
}

/** A series that is in the item already keeps its place, so that its end is not lost. */
function withoutRoom(ids: readonly string[], live: ReadonlyMap<string, string>): string[] {
  let room = [...live.keys()].reduce((left, id) => left - id.length - PUNCTUATION, MOST_CHARACTERS);
  return ids.filter(id => {
    if (live.has(id)) return false;
    room -= id.length + PUNCTUATION;
    return room < 0;
  });
}

/** Whether every run that may have said something at this time has ended. */
function isOver(saidAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(saidAt) >= ATTEMPT_MILLIS || isAhead(saidAt, now);
}

/**
 * Drops series whose end was published. A series that another run has said something of since stays.
 *
 * @param publishedAt the time before the publication
 * @throws when the ledger cannot be written
 */
export async function dropSeries(
  ends: readonly SeriesEnd[], entry: SeriesEntry | undefined, ledger: Pick<Ledger, 'putSeries'>,
  { id, publishedAt }: { readonly id: string; readonly publishedAt: Date },
): Promise<void> {
  const over = ends.filter(({ saidAt }) => isOver(saidAt, publishedAt));
  if (over.length === 0) return;
  await changeBy<SeriesEntry>(next => ledger.putSeries(next), entry, current => {
    const live = liveSeries(current);
    const dropped = over.map(({ datum, saidAt }) => [seriesId(datum), saidAt] as const)
      .filter(([series, saidAt]) => live.get(series) === saidAt);
    for (const [series] of dropped) live.delete(series);
    return dropped.length === 0 ? undefined : entryOf(current, live, { id, now: publishedAt });
  });
}

function entryOf(
  before: SeriesEntry | undefined, series: ReadonlyMap<string, string>, { id }: SeriesWriter,
): SeriesEntry {
  const live: Record<string, string[]> = {};
  for (const [each, at] of series) (live[at] ??= []).push(each);
  return { revision: (before?.revision ?? 0) + 1, writtenBy: id, live };
}
