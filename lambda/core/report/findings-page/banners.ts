/** The warnings above the lists of the page: revoking is held back as a whole, or part of the ledger cannot be read. */
import { html, type Html } from './html';
import { firstFew, number } from './parts';
import { icon } from './style';
import type { TimeFormat } from './time';
import { isTrusted } from '../../decide/hold';
import { isSettling } from '../../decide/prospect';
import type { SweepEntry } from '../../model/ledger';
import type { PauseReading } from '../../model/result';
import { AFTER_IT, heldBack, type HeldBack, reasonOf } from '../pause-words';

/** Lists unreadable items with the way to repair them. The sections below show the other items. */
export function unreadableBanner(messages: readonly string[]): Html | undefined {
  if (messages.length === 0) return undefined;
  const [what, which] = messages.length === 1 ? ['1 item', 'It is'] : [`${number(messages.length)} items`, 'They are'];
  return html`<div class="alert severe">
    <p><span class="strong">${icon('bad')}${what} of the ledger cannot be read.</span> ${which} not listed below:</p>
    ${firstFew(messages)}</div>`;
}

export function pauseBanner(pause: PauseReading | undefined, held: HeldBack, time: TimeFormat): Html | undefined {
  if (pause?.error) {
    return html`<div class="alert severe">
<p><span class="strong">${icon('bad')}Whether revoking is paused cannot be read.</span>
That counts as a pause: nothing is revoked until it is repaired.</p><p>${pause.error.message}.</p></div>`;
  }
  if (pause?.pause === undefined) return undefined;
  const { until } = pause.pause;
  return html`<div class="alert">
<p><span class="strong">${icon('warning')}Revoking is paused until ${time(until)}:</span> ${reasonOf(pause.pause)}.</p>
<p>${heldBack(held, AFTER_IT)}.</p></div>`;
}

/**
 * A ledger that was made for another table is a copy, and may be out of date.
 *
 * @param own the name of the table that is read
 */
export function copyBanner(pause: PauseReading | undefined, own: string): Html | undefined {
  if (isTrusted(pause?.control, { table: own })) return undefined;
  return html`<div class="alert severe">
<p><span class="strong">${icon('bad')}The ledger was made for the table ${pause?.control?.table}, and is kept in ${own}.</span>
Nothing is revoked, and no rule counts as removed, until someone has checked the ledger and adopted it.</p></div>`;
}

/**
 * Shows the person who deployed what is going to happen.
 *
 * @param comingFrom returns what is going to be revoked from the end of the settle time on, in words
 */
export function settlingBanner(
  sweep: SweepEntry | undefined, { now, time }: { readonly now: Date; readonly time: TimeFormat },
  comingFrom?: (settlesUntil: string, sweep: SweepEntry) => string | undefined,
): Html | undefined {
  if (!isSettling(sweep, now) || sweep.dryRun || sweep.enabled === false) return undefined;
  const { settlesUntil } = sweep;
  return html`<div class="alert">
<p><span class="strong">${icon('info')}The configuration has changed: nothing is revoked before ${time(settlesUntil)}.</span>
${comingFrom?.(settlesUntil, sweep)}</p></div>`;
}
