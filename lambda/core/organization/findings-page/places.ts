/** The section about the Regions of accounts in which there is something to see. */
import { type Overview, wantedIn } from './coverage';
import { placeOf } from './request';
import { Metric, type MetricName } from '../../../../src/contract/names';
import type { Place } from '../../../../src/contract/organization';
import type { PlaceEntry } from '../../model/organization';
import { html, type Html, type Value } from '../../report/findings-page/html';
import { order, type Page } from '../../report/findings-page/paging';
import {
  type Call, callButton, count, heading, none, number, pageButtons, range, table,
} from '../../report/findings-page/parts';
import { icon } from '../../report/findings-page/style';
import { ago, type TimeFormat } from '../../report/findings-page/time';
import { placeName } from '../totals';

export const PLACES_PER_PAGE = 25;

/** A Region of an account, with the numbers of the run that looked at it. An absent number is not known. */
export interface SeenPlace {
  readonly account: string;
  readonly region: string;
  readonly row: PlaceEntry;
  /** Whether the latest run is to look at it. If not, its numbers do not count. */
  readonly isWanted: boolean;
  /** The number of rules that were found, each once. */
  readonly found?: number;
  /** How many of these are still there. */
  readonly open?: number;
  readonly stale?: number;
  readonly flagged?: number;
  readonly due: number;
  readonly planned: number;
  readonly revoked: number;
  readonly errors: number;
  /** Further things that were found, in words. */
  readonly others: readonly string[];
}

/** Returns the places in which there is something to see, those with most to do first. */
export function seenPlaces(overview: Overview): SeenPlace[] {
  const isWanted = wantedIn(overview);
  const seen = overview.places.flatMap(row =>
    row.region === undefined ? [] : [seenPlace(row, row.region, isWanted(row))]);
  // Where nothing is known, there may be anything.
  const rank = ({ found }: SeenPlace): number => found ?? Infinity;
  return seen.filter(isWorthSeeing).sort((a, b) =>
    Number(b.isWanted) - Number(a.isWanted) || b.due - a.due || descending(rank(a), rank(b))
    || order(placeName(a), placeName(b)));
}

const descending = (a: number, b: number): number => a === b ? 0 : b - a;

function seenPlace(row: PlaceEntry, region: string, isWanted: boolean): SeenPlace {
  const { account, observed, revoked } = row;
  const metric = (name: MetricName): number | undefined => observed?.counts[name];
  const both = (name: MetricName): number => (metric(name) ?? 0) + (revoked?.counts[name] ?? 0);
  const found = metric(Metric.RULES_KEPT);
  // The counts of the first pass include the rules that the second pass revoked.
  const gone = revoked?.counts[Metric.INGRESS_RULES_REVOKED] ?? 0;
  return {
    account, region, row, isWanted, found, open: found === undefined ? undefined : Math.max(0, found - gone),
    stale: added(metric(Metric.STALE_INGRESS_RULES), metric(Metric.STALE_EGRESS_RULES)),
    flagged: metric(Metric.FLAGGED_INGRESS_RULES),
    due: observed?.due ?? 0, planned: observed?.planned ?? 0, revoked: both(Metric.INGRESS_RULES_REVOKED),
    errors: both(Metric.SCAN_ERRORS) + both(Metric.REVOCATIONS_FAILED),
    others: OTHERS.flatMap(([name, words]) => {
      const value = metric(name) ?? 0;
      return value > 0 ? [words(value)] : [];
    }),
  };
}

const added = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

const OTHERS: ReadonlyArray<readonly [MetricName, (value: number) => string]> = [
  [Metric.VPN_CONNECTIONS_DOWN, value => `${count(value, 'VPN connection')} down`],
  [Metric.VPN_CONNECTIONS_WITHOUT_ROUTES, value => `${count(value, 'VPN connection')} without routes`],
  [Metric.VPN_CONNECTIONS_DEGRADED, value => `${count(value, 'VPN connection')} degraded`],
  [Metric.UNUSED_SECURITY_GROUPS, value => count(value, 'unused security group')],
];

const isWorthSeeing = (
  { row, found = 0, stale = 0, flagged = 0, due, planned, revoked, errors, others }: SeenPlace,
): boolean =>
  row.hasFindings === true || found + stale + flagged + due + planned + revoked + errors + others.length > 0;

export interface PlacesView {
  readonly now: Date;
  readonly time: TimeFormat;
  readonly endpoint: string;
  readonly names: ReadonlyMap<string, string>;
  /** Why an empty list does not mean that there is nothing. Absent: it does. */
  readonly doubt?: string;
  /** The id of the latest run. */
  readonly runId?: string;
  readonly callFor: (page: number) => Call;
  /** Returns the event that opens a place. */
  readonly callOf: (place: Place) => Call;
}

/** @param all the places of all pages */
export function placesSection(places: Page<SeenPlace>, all: readonly SeenPlace[], view: PlacesView): Html {
  const { doubt } = view;
  if (places.total === 0) {
    return html`${heading(HEADING, doubt === undefined ? 0 : undefined)}${openFindings(all, view)}`;
  }
  const columns = [
    ['Account and Region', 28], ['Findings', 20], ['Due', 10], ['Revoked', 10], ['Errors', 20], ['Also', 12],
  ] as const;
  const caption = `${range(places, 'accounts and Regions')} with something to see: those with most rules due first, then with most findings`;
  return html`${heading(HEADING, places.total)}${openFindings(all, view)}
${table(caption, columns, places.items.map(place => placeRow(place, view)))}
${pageButtons(places, 'accounts and Regions with findings', view.endpoint, view.callFor)}`;
}

const HEADING = 'Findings by account and Region';

function openFindings(all: readonly SeenPlace[], { doubt }: PlacesView): Html {
  const open = sumOf(all, place => place.open);
  if (open > 0) {
    const findings = count(open, 'open finding');
    return doubt === undefined
      ? html`<p>The latest run found ${findings}.</p>`
      : html`<p>${findings} ${open === 1 ? 'is' : 'are'} recorded. There may be more.</p>`;
  }
  if (doubt !== undefined) return html`<p>${doubt}</p>`;
  return html`<p><span class="good status">${icon('good')}No open findings.</span> The latest run looked everywhere.</p>`;
}

/** Adds up a number of the places that the latest run is to look at. */
export function sumOf(all: readonly SeenPlace[], of: (place: SeenPlace) => number | undefined): number {
  return all.filter(({ isWanted }) => isWanted).reduce((sum, place) => sum + (of(place) ?? 0), 0);
}

function placeRow(place: SeenPlace, view: PlacesView): readonly Value[] {
  const { account, region, row, due, planned, revoked, errors, others } = place;
  const name = view.names.get(account);
  return [
    html`<span class="line strong">${account}</span><span class="line">${region}</span>${
      name === undefined ? undefined : html`<span class="line muted">${name}</span>`}${opening(place, view)}`,
    html`${findingsCell(place)}${whenSeen(place, view)}`,
    html`${number(due)}${planned === due ? undefined : html`<span class="line muted">${number(planned)} may be revoked</span>`}`,
    number(revoked),
    errors === 0 ? number(errors) : html`<span class="warning">${icon('warning')}${number(errors)}</span>${
      (row.observed?.errors ?? []).map(error => html`<span class="line small">${error}</span>`)}`,
    others.length === 0 ? none('nothing') : others.map(other => html`<span class="line">${other}</span>`),
  ];
}

function findingsCell({ found, stale, flagged }: SeenPlace): Html {
  if (found === undefined) return html`<span class="warning">${icon('warning')}unknown</span>`;
  const parts = [
    ...stale === undefined ? [] : [`${number(stale)} stale`],
    ...flagged === undefined ? [] : [`${number(flagged)} flagged`],
  ];
  return html`<span class="line strong">${number(found)}</span><span class="line muted">${parts.join(', ')}</span>`;
}

/** Tells when a place was looked at, unless the latest run did. */
function whenSeen({ row, isWanted }: SeenPlace, { runId, now, time }: PlacesView): Html | undefined {
  const { succeededAt, failure } = row;
  if (row.runId === runId && failure === undefined) return undefined;
  const seen = succeededAt === undefined
    ? 'never looked at' : `last looked at ${ago(succeededAt, now)} (${time(succeededAt)})`;
  const why = failure ? 'It could not be looked at'
    : isWanted ? 'The latest run has not looked at it' : 'It is no longer looked at';
  return html`<span class="line ${failure ? 'warning' : 'muted'} small">${why}; ${seen}</span>`;
}

function opening({ account, region }: SeenPlace, { endpoint, callOf }: PlacesView): Html {
  const place = placeOf({ account, region });
  if (place === undefined) return none('its account or Region is not one of AWS');
  return callButton('Show', { label: `Show ${placeName(place)}`, endpoint, call: callOf(place) });
}
