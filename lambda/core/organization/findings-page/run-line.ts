/** The part of the overview about the latest run: whether it has ended and how, and what it could look at. */
import { type Overview, stateOf } from './coverage';
import type { SweepEntry } from '../../model/ledger';
import type { OrganizationRun } from '../../model/organization';
import { html, type Html } from '../../report/findings-page/html';
import { order } from '../../report/findings-page/paging';
import { count, firstFew, firstNames, inline, number } from '../../report/findings-page/parts';
import { icon } from '../../report/findings-page/style';
import { nothingRevoked, oldAlert, provedWords } from '../../report/findings-page/sweep-line';
import { ago, duration, type TimeFormat } from '../../report/findings-page/time';
import { withheldWords } from '../../report/wording';
import { overLimitWords } from '../words';

export interface RunView {
  readonly now: Date;
  readonly time: TimeFormat;
}

export function runLine(overview: Overview, view: RunView): Html {
  const { run, runUnreadable, sweep } = overview;
  if (run === undefined) {
    return runUnreadable === undefined
      ? html`<div class="alert"><p><span class="strong">${icon('warning')}No run has been recorded yet.</span>
      The lists below may be empty because nothing has been looked at.</p></div>`
      : html`<div class="alert">
      <p><span class="strong">${icon('warning')}The latest run is unknown, because its record cannot be read.</span>
        The lists below may be old.</p></div>`;
  }
  const by = run.isScheduled ? 'by the schedule' : 'by request or by a deployment';
  return html`<p>Latest run: <span class="strong">${ago(run.startedAt, view.now)}</span>
    <span class="muted">(${view.time(run.startedAt)}, ${by}${took(run)})</span>.${sweep && nothingRevoked(sweep)}</p>${
      endOf(overview, run, view)}${oldAlert(run, view.now)}${sweep && totalsLine(sweep, run)}`;
}

/** Tells what the latest run that has ended read. */
function totalsLine(sweep: SweepEntry, { runId }: OrganizationRun): Html {
  const { vpcsScanned: read = 0, scanErrors: errors } = sweep;
  const what = sweep.sweepId === runId ? 'It' : 'The latest run that has ended';
  const wrong = errors > 0 && `, and could not look at or record ${count(errors, 'thing')}`;
  return html`<p class="muted">${what} read ${count(read, 'VPC')}${wrong || ''}. ${provedWords(sweep)}</p>`;
}

const took = ({ startedAt, endedAt }: OrganizationRun): string =>
  endedAt === undefined ? '' : `, took ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`;

function endOf({ places, sweep }: Overview, run: OrganizationRun, { now, time }: RunView): Html {
  switch (stateOf(run, now)) {
    case 'running': {
      const done = places.filter(({ region, runId }) => region === undefined && runId === run.runId).length;
      const before = sweep
        ? html`Of the others, the lists below show what the run ${ago(sweep.startedAt, now)} and earlier ones found.`
        : html`The lists below may be empty because nothing has been looked at.`;
      return html`<div class="alert"><p><span class="strong">${icon('info')}It is running:</span>
        ${number(done)} of ${number(run.accounts)} accounts have been entered, or could not be. ${before}</p></div>`;
    }
    case 'ended':
      return run.outcome?.failed === false
        ? html`<p class="muted">${run.outcome.message}</p>`
        : html`<div class="alert severe"><p><span class="strong">${icon('bad')}The latest run has failed.</span>
    ${run.outcome?.message}</p></div>`;
    default:
      return html`<div class="alert severe">
<p><span class="strong">${icon('bad')}The latest run did not get to its end, which was due by ${time(run.until)}.</span>
Step Functions has what happened to its execution ${run.execution}.</p></div>`;
  }
}

/** Tells what is due in all accounts and Regions together. */
export function countBanner({ run }: Overview): Html | undefined {
  const counted = run?.counted;
  if (counted === undefined) return undefined;
  if (!counted.isOverLimit) {
    return html`<p class="muted">Due in all accounts and Regions together: ${number(counted.due)}; maxRevocationsPerSweep is ${number(counted.limit)}.</p>`;
  }
  return html`<div class="alert severe"><p><span class="strong">${icon('bad')}${overLimitWords(counted)}:</span>
${withheldWords({ reason: 'OVER_LIMIT' }, counted.limit)}.</p></div>`;
}

/** Tells which accounts and Regions the latest run was not to look at, and what it could not read about them. */
export function membership({ run, accounts, places }: Overview): Html | undefined {
  if (run === undefined) return undefined;
  const { unread, leftOut } = run;
  const doubtful = unread.length > 0 ? html`<div class="alert severe">
<p><span class="strong">${icon('bad')}Which accounts belong to the organization, or to its units, could not be read.</span>
${run.isPartial ? 'Accounts are missing, and nobody has looked at them. ' : ''}Where the right to revoke is in doubt, rules are only reported:</p>${firstFew(unread)}</div>` : undefined;
  const without = leftOut.length > 0 ? html`<p>Accounts that were left out: ${inline(leftOut)}.</p>` : undefined;
  return html`${doubtful}${without}${regionsOf(accounts, places)}`;
}

function regionsOf(accounts: Overview['accounts'], places: Overview['places']): Html {
  const inRun = new Set(accounts.map(({ account }) => account));
  const rows = places.filter(({ account, region }) => region === undefined && inRun.has(account));
  const disabled = new Map<string, string[]>();
  for (const { account, disabledRegions = [] } of rows) {
    for (const region of disabledRegions) {
      const own = disabled.get(region) ?? [];
      own.push(account);
      disabled.set(region, own);
    }
  }
  const names = [...disabled].sort(([a], [b]) => order(a, b))
    .map(([region, of]) => `${region} (${firstNames(of)})`);
  const notes = rows.flatMap(({ account, regionsNote }) => regionsNote === undefined ? [] : [`${account}: ${regionsNote}`]);
  return html`${names.length > 0 ? html`<p class="muted">Regions that are not enabled, and so were left out: ${inline(names)}.</p>` : undefined}${
    notes.length > 0 ? html`<div class="muted"><p>Where the list of Regions was read in another way:</p>${firstFew(notes)}</div>` : undefined}`;
}
