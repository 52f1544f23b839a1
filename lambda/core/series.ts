/**
 * Chooses the series per resource that a run publishes, and records them first. After their publication, those that
 * have ended are dropped.
 *
 * If the item of the series cannot be read or written, the record of the sweep names the series instead. The next sweep
 * that can use the item adopts them.
 */
import { errorFacts, isUnreachable } from './errors';
import { forgetUnrecorded, type NewsOfSweep } from './ledger/latest-sweep';
import { dropSeries, liveSeries, recordSeries, seriesId, seriesKey, type SeriesWriter } from './ledger/live-series';
import type { MetricDatum, RefusedDatum } from './model/delivery';
import type { SeriesEntry } from './model/ledger';
import type { ScanError } from './model/observation';
import type { RunSeries, SeriesEnd } from './model/result';
import type { Ledger, Log } from './ports';
import { datumOf } from './report/metric-data';
import { mayStillSay, type Seen, seriesSeen, type SeriesSeen } from './report/series';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { HYGIENE_DIMENSION } from '../../src/contract/names';

/** The dependencies with which a run chooses series. */
export interface Publishing {
  readonly configuration: DecodedConfiguration;
  readonly ledger: Pick<Ledger, 'series' | 'putSeries' | 'latestSweep' | 'putLatestSweep'>;
  readonly writer: SeriesWriter;
}

/** The series that a run has seen, and what the ledger holds of them. */
export interface Claim {
  readonly seen: Seen;
  readonly series: SeriesSeen;
  /** Absent if there is no item, or if it could not be read. */
  readonly entry?: SeriesEntry;
  /** Whether the ledger holds every series that says something, except for those without room. */
  readonly isRecorded: boolean;
  /** The series for which the item has no room. */
  readonly leftOut: ReadonlySet<string>;
  readonly errors: readonly ScanError[];
}

const DOING = 'recording series of metrics in the ledger';

const failed = (error: unknown): ScanError => ({ doing: DOING, error: errorFacts(error) });

/**
 * Records the series that say something, before they are published.
 *
 * @param earlier the errors of the ledger so far; if it did not respond, it is not asked again
 */
export async function claimSeries(
  seen: Seen, { configuration, ledger, writer }: Publishing, earlier: readonly ScanError[],
): Promise<Claim> {
  const series = seriesSeen(seen, configuration);
  const unrecorded = { seen, series, isRecorded: false, leftOut: new Set<string>() };
  if (earlier.some(({ error }) => isUnreachable(error))) {
    const error = { code: 'NotTried', message: 'the ledger had not responded before' };
    return { ...unrecorded, errors: series.saying.length > 0 ? [{ doing: DOING, error }] : [] };
  }
  let before: SeriesEntry | undefined;
  try {
    before = await ledger.series();
    const recorded = await recordSeries(series.saying.map(seriesId), before, ledger, writer);
    return { seen, series, ...recorded, isRecorded: true, errors: tooMany(recorded.leftOut.size) };
  } catch (error) {
    return { ...unrecorded, entry: before, errors: [failed(error)] };
  }
}

function tooMany(count: number): ScanError[] {
  if (count === 0) return [];
  const message = `${count} series that say something are not published, because the item series is full. The totals `
    + 'count them. Set resourceMetrics to false, or divide the VPCs among several constructs';
  return [{ doing: DOING, error: { code: 'TooManySeries', message } }];
}

/** Returns the ids of the series that a run wants to publish, and that the item may not hold. */
export const unrecordedOf = ({ isRecorded, series: { saying } }: Claim): string[] =>
  isRecorded ? [] : saying.map(seriesId);

export interface Chosen {
  readonly series: RunSeries;
  readonly errors: readonly ScanError[];
}

/** @param news absent if the sweep could not be recorded */
export async function chooseSeries(
  claim: Claim, news: NewsOfSweep | undefined, publishing: Publishing,
): Promise<Chosen> {
  const { unrecordedSeries = [], namedSeries = [] } = news ?? {};
  try {
    const whole = claim.isRecorded && unrecordedSeries.length > 0
      ? await adopt(unrecordedSeries, claim, publishing)
      : claim;
    return { series: seriesOf(whole, namedSeries, publishing.configuration), errors: [] };
  } catch (error) {
    return { series: seriesOf(claim, namedSeries, publishing.configuration), errors: [failed(error)] };
  }
}

/** Records the series that earlier runs could not record, so that those that say nothing end now. */
async function adopt(ids: readonly string[], claim: Claim, { ledger, writer }: Publishing): Promise<Claim> {
  const { entry, leftOut } = await recordSeries(ids, claim.entry, ledger, writer);
  await forgetUnrecorded(new Set(ids.filter(id => !leftOut.has(id))), writer.id, ledger);
  return { ...claim, entry };
}

/** @param named the series that the record of the sweep names, because the item may not hold them */
function seriesOf(claim: Claim, named: readonly string[], configuration: DecodedConfiguration): RunSeries {
  const { seen, series: { always, saying, silent }, entry, isRecorded, leftOut } = claim;
  const live = liveSeries(entry);
  // If a series is recorded nowhere, its end could be lost. The totals count what it says.
  const held = new Set([...named, ...live.keys()]);
  const isPublished = (id: string): boolean => isRecorded ? !leftOut.has(id) : held.has(id);
  return {
    data: [...always, ...saying.filter(datum => isPublished(seriesId(datum)))],
    ends: endsOf(live, { seen, saying, silent }, configuration),
    entry,
  };
}

function endsOf(
  live: ReadonlyMap<string, string>, { seen, saying, silent }: Omit<SeriesSeen, 'always'> & { readonly seen: Seen },
  configuration: DecodedConfiguration,
): SeriesEnd[] {
  const isSaid = new Set(saying.map(seriesId));
  const values = new Map(silent.map(datum => [seriesId(datum), datum]));
  return [...live].flatMap(([id, saidAt]): SeriesEnd[] => {
    if (isSaid.has(id)) return [];
    const datum = values.get(id) ?? zeroOf(id);
    return values.has(id) || !mayStillSay(datum, seen, configuration) ? [{ datum, saidAt }] : [];
  });
}

/** Ends a series whose resource is gone, or that the configuration no longer asks for. */
function zeroOf(id: string): MetricDatum {
  const { name, dimensions } = seriesKey(id);
  return datumOf(name, 0, dimensions);
}

/** The data that the metrics port has refused, and the time at which it was called. */
export interface Publication {
  readonly refused: readonly RefusedDatum[];
  readonly at: Date;
}

/** Drops the series whose end was published. A failure does no harm, because the next sweep publishes the end again. */
export async function endSeries(
  { ends, entry }: RunSeries, { refused, at: publishedAt }: Publication,
  { runId: id, ledger, log }: { readonly runId: string; readonly ledger: Pick<Ledger, 'putSeries'>; readonly log: Log },
): Promise<void> {
  const isRefused = new Set(refused.map(({ datum: { name, dimensions: { [HYGIENE_DIMENSION]: _, ...dimensions } } }) =>
    seriesId({ name, dimensions })));
  try {
    await dropSeries(ends.filter(({ datum }) => !isRefused.has(seriesId(datum))), entry, ledger, { id, publishedAt });
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The end of series was published, but could not be recorded in the ledger, so the next sweep publishes it again: ${facts.code}: ${facts.message}`;
    log('WARN', text, { event: 'Ledger', error: facts });
  }
}
