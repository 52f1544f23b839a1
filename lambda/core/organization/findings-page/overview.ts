/** Renders the findings of an organization: the latest run, what it could not look at, and where findings are. */
import { doubtOf, failuresOf, namesOf, type Overview } from './coverage';
import { FAILURES_PER_PAGE, failuresSection } from './failures';
import { PLACES_PER_PAGE, placesSection, seenPlaces, sumOf } from './places';
import type { OrganizationRequest } from './request';
import { countBanner, membership, runLine } from './run-line';
import { copyBanner, pauseBanner, settlingBanner, unreadableBanner } from '../../report/findings-page/banners';
import { frame } from '../../report/findings-page/frame';
import type { PageContext } from '../../report/findings-page/page';
import { pageOf } from '../../report/findings-page/paging';
import { timeFormat } from '../../report/findings-page/time';

export function overviewPage(overview: Overview, request: OrganizationRequest, context: PageContext): string {
  const { run, sweep, pause, runUnreadable, unreadable } = overview;
  const { now, table, endpoint } = context;
  const time = timeFormat(request.offsetISO);
  const all = seenPlaces(overview);
  const failed = failuresOf(overview, now);
  const failures = pageOf(failed, request.failuresPage, FAILURES_PER_PAGE);
  const places = pageOf(all, request.placesPage, PLACES_PER_PAGE);
  const pages = { failuresPage: failures.page, placesPage: places.page };
  const view = { now, time, endpoint, names: namesOf(overview) };
  const due = run?.counted?.due ?? (unreadable.length === 0 ? sumOf(all, place => place.due) : undefined);
  return frame(request, [
    runLine(overview, view),
    unreadableBanner(runUnreadable === undefined ? unreadable : [runUnreadable, ...unreadable]),
    copyBanner(pause, table),
    settlingBanner(sweep, view),
    pauseBanner(pause, { due, maxRevocationsPerSweep: sweep?.maxRevocationsPerSweep }, time),
    countBanner(overview),
    membership(overview),
    failuresSection(failures, { ...view, callFor: page => ({ ...pages, failuresPage: page }) }),
    placesSection(places, all, {
      ...view, doubt: doubtOf(overview, failed, now), runId: run?.runId,
      callFor: page => ({ ...pages, placesPage: page }), callOf: place => ({ ...place, ...pages }),
    }),
  ]);
}
