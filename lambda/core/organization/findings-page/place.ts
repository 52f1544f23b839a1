/** Renders the findings of one Region of an account, with what is known of both above them. */
import { lastLookedAt } from './failures';
import { failureOf, isOnlyReported, isSeenBy, type PlaceContents, whatFailed, withCount } from './place-state';
import type { OrganizationRequest } from './request';
import type { Place } from '../../../../src/contract/organization';
import { frame } from '../../report/findings-page/frame';
import { html, type Html } from '../../report/findings-page/html';
import { type Contents, findingsPage, type PageContext } from '../../report/findings-page/page';
import { pageNumber } from '../../report/findings-page/paging';
import { type Call, callButton } from '../../report/findings-page/parts';
import { icon } from '../../report/findings-page/style';
import { age, timeFormat, type TimeFormat } from '../../report/findings-page/time';
import { placeName } from '../totals';

type View = PageContext & { readonly time: TimeFormat };

export function placePage(
  place: Place, read: PlaceContents, request: OrganizationRequest, context: PageContext,
): string {
  const back: Call = { failuresPage: pageNumber(request.failuresPage), placesPage: pageNumber(request.placesPage) };
  const button = callButton('All accounts and Regions', {
    label: 'Show all accounts and Regions', endpoint: context.endpoint, call: back,
  });
  const heading = html`<div class="pages">${button}</div><h2>${nameOf(place, read)}</h2>`;
  if (isUnknown(read)) {
    return frame(request, html`${heading}<div class="alert"><p><span class="strong">${icon('warning')}Nothing is known of ${placeName(place)}.</span>
No run has looked at it, or it is no Region of an account of the organization.</p></div>`);
  }
  const view = { ...context, time: timeFormat(request.offsetISO) };
  const isSeen = isSeenBy(read, context.now);
  return findingsPage(contentsOf(read), request, {
    ...context, place: {
      ...place, call: { ...place, ...back }, due: read.run?.counted?.due, isSeen,
      isReportOnly: isOnlyReported(read),
      top: html`${heading}${rights(read)}${notSeen(read, isSeen, view)}`,
    },
  });
}

function nameOf({ account, region }: Place, { account: row }: PlaceContents): Html {
  return html`${account}${row?.name === undefined ? undefined : ` (${row.name})`} in ${region}`;
}

/** Whether no run has left anything about the place. An item that cannot be read may be about it. */
function isUnknown({ region, contents, unreadable }: PlaceContents): boolean {
  const { entries, vpnConnections, unusedGroups = [], sweep, unreadable: items } = contents;
  const left = [...entries, ...vpnConnections, ...unusedGroups, ...items?.rules ?? [], ...items?.vpnConnections ?? [],
    ...items?.unusedGroups ?? []];
  return region === undefined && sweep === undefined && items?.sweep === undefined && left.length === 0
    && unreadable.length === 0;
}

function rights({ region }: PlaceContents): Html | undefined {
  if (region === undefined) return undefined;
  return region.mayRevoke
    ? html`<p>Rules may be revoked in this account.</p>`
    : html`<p><span class="strong">Everything in this account is only reported,</span> because it is not in revokeIn, or because that could not be read.</p>`;
}

function notSeen(read: PlaceContents, isSeen: boolean, { now, time }: View): Html | undefined {
  if (isSeen) return undefined;
  const { region, unreadable } = read;
  const failure = failureOf(read);
  if (failure === undefined && unreadable.length > 0) {
    return html`<div class="alert"><p><span class="strong">${icon('warning')}Whether the latest run looked at it cannot be read.</span>
The lists below may be old.</p></div>`;
  }
  const last = html`<p>Last looked at: ${lastLookedAt(region, { now, time })}</p>`;
  if (failure === undefined) {
    return html`<div class="alert"><p><span class="strong">${icon('warning')}The latest run did not look at it.</span>
The lists below are as old.</p>${last}</div>`;
  }
  return html`<div class="alert severe"><p><span class="strong">${icon('bad')}${whatFailed(read)}:</span>
<span class="strong">${failure.code}</span>: ${failure.message}</p>
<p>So it is for ${age(failure.since, now)}, since ${time(failure.since)}. The lists below are as old.</p>${last}</div>`;
}

function contentsOf({ run, contents, unreadable }: PlaceContents): Contents {
  const { sweep, unreadable: items } = contents;
  return {
    ...contents, sweep: sweep && withCount(sweep, run),
    unreadable: { rules: [], vpnConnections: [], ...items, others: unreadable },
  };
}
