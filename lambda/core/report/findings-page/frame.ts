/** The frame around every page, and the page of an error. */
import { html, type Value } from './html';
import type { PageRequest } from './request';
import { icon, style } from './style';

/** An error that is shown instead of the lists, because empty lists would look as if nothing was found. */
export interface Problem {
  /** The activity that failed, such as `Reading the ledger`. */
  readonly doing: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export function errorPage({ doing, code, message, advice }: Problem, request: PageRequest): string {
  return frame(
    request,
    html`<div class="alert severe" role="alert"><p class="strong">${icon('bad')}The findings could not be read</p>
<p>${doing} failed with <span class="strong">${code}</span>: ${message}</p>
<p>${advice}</p></div>
<p class="muted">This says nothing about how many findings there are.</p>`,
  );
}

export function frame({ theme, isSmall }: PageRequest, content: Value): string {
  return html`<div class="cwdb-no-default-styles"></div>${style(theme)}<div class="nh${isSmall ? ' narrow' : ''}">${content}</div>`
    .text;
}
