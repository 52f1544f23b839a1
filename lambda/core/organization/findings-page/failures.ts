/** The section about the accounts and Regions that could not be looked at. */
import type { PlaceEntry } from '../../model/organization';
import { html, type Html, type Value } from '../../report/findings-page/html';
import { type Page } from '../../report/findings-page/paging';
import { type Call, heading, none, pageButtons, range, table } from '../../report/findings-page/parts';
import { age, ago, type TimeFormat } from '../../report/findings-page/time';
import type { FailedPlace } from '../totals';

export const FAILURES_PER_PAGE = 25;

export interface FailuresView {
  readonly now: Date;
  readonly time: TimeFormat;
  readonly endpoint: string;
  readonly names: ReadonlyMap<string, string>;
  readonly callFor: (page: number) => Call;
}

/** Returns nothing if there are none. */
export function failuresSection(failures: Page<FailedPlace>, view: FailuresView): Html | undefined {
  if (failures.total === 0) return undefined;
  const columns = [['Account', 20], ['Region', 14], ['Not looked at', 16], ['Why', 34], ['Last looked at', 16]] as const;
  const caption = `${range(failures, 'accounts and Regions')}: accounts first, then by the time since when they fail`;
  return html`${heading('Not looked at', failures.total)}
${table(caption, columns, failures.items.map(failure => failureRow(failure, view)))}
${pageButtons(failures, 'accounts and Regions that were not looked at', view.endpoint, view.callFor)}`;
}

function failureRow({ account, region, failure, row }: FailedPlace, view: FailuresView): readonly Value[] {
  const { code, message, since, pass } = failure;
  const name = view.names.get(account);
  return [
    html`<span class="line strong">${account}</span>${name === undefined ? undefined : html`<span class="line">${name}</span>`}`,
    region ?? none('the whole account'),
    html`<span class="line">for ${age(since, view.now)}</span><span class="line muted">since ${view.time(since)}</span>`,
    html`<span class="line bad strong">${code}</span><span class="line">${message}</span>${
      pass === 'revoke' ? html`<span class="line muted">while rules were to be revoked, after it was looked at</span>` : undefined}`,
    lastLookedAt(row, view),
  ];
}

export function lastLookedAt(row: PlaceEntry | undefined, { now, time }: Pick<FailuresView, 'now' | 'time'>): Html {
  const at = row?.succeededAt;
  if (at === undefined) return none('never');
  return html`<span class="line">${ago(at, now)}</span><span class="line muted">${time(at)}</span>`;
}
