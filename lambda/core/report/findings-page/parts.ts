/** Parts that the sections of the findings table share. */
import { html, type Html, raw, type Value } from './html';
import type { Page } from './paging';

/** @param total absent if it is not known */
export function heading(text: string, total?: number): Html {
  return html`<h2>${text}${total === undefined ? undefined : html` <span>(${number(total)})</span>`}</h2>`;
}

/**
 * Sets the roles explicitly, because a table that is laid out as cards would lose them. The first cell of a row is its
 * header.
 */
export function table(
  caption: string,
  columns: ReadonlyArray<readonly [name: string, percent: number]>,
  rows: ReadonlyArray<readonly Value[]>,
): Html {
  const label = (index: number): Html => html`<span class="label" aria-hidden="true">${columns[index][0]}</span>`;
  const cell = (content: Value, index: number): Html =>
    index === 0
      ? html`<th scope="row" role="rowheader">${content}</th>`
      : html`<td role="cell">${label(index)}${content}</td>`;
  return html`<table role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(([name, percent]) => html`<th scope="col" role="columnheader" style="width: ${percent}%">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
  row => html`<tr role="row">${row.map(cell)}</tr>
`,
)}</tbody></table>`;
}

export const number = (value: number): string => value.toLocaleString('en');

/** @param what the singular, which is followed by an s unless the value is 1 */
export const count = (value: number, what: string): string => `${number(value)} ${what}${value === 1 ? '' : 's'}`;

export const none = (text: string): Html => html`<span class="muted">${text}</span>`;

/** The number of items of which a page names the first ones only. */
const FEW = 5;

/** @param total the number of items, if only the first ones are known. @returns nothing if there is no item */
export function firstFew(items: readonly string[], total = items.length): Html | undefined {
  if (items.length === 0) return undefined;
  const shown = items.slice(0, FEW);
  const rest = total - shown.length;
  return html`<ul>${shown.map(item => html`<li>${item}</li>`)}${rest > 0 ? html`<li>and ${number(rest)} more</li>` : undefined}</ul>`;
}

export function firstNames(names: readonly string[]): string {
  const rest = names.length - FEW;
  return `${names.slice(0, FEW).join(', ')}${rest > 0 ? ` and ${number(rest)} more` : ''}`;
}

/** The number of texts in a sentence. */
const MOST_INLINE = 100;

/** Lists texts in a sentence. Each is escaped and cut for itself. */
export function inline(texts: readonly string[]): Value {
  const rest = texts.length - MOST_INLINE;
  const shown = texts.slice(0, MOST_INLINE).map((text, index) => html`${index > 0 ? '; ' : ''}${text}`);
  return [...shown, ...rest > 0 ? [` and ${number(rest)} more`] : []];
}

/** Names the items of a page, such as `26 to 50 of 60 open findings`. */
export function range({ first, last, total }: Page<unknown>, what: string): string {
  return `${number(first)} to ${number(last)} of ${number(total)} ${what}`;
}

/** The event of a call. It has no text that people or AWS wrote, because it is not escaped. */
export type Call = Readonly<Record<string, string | number>>;

export interface Calling {
  readonly label: string;
  /** The ARN of the function. */
  readonly endpoint: string;
  readonly call: Call;
}

/** A button that calls the function again, and shows the page that it returns. */
export function callButton(word: string, { label, endpoint, call }: Calling): Html {
  // The action belongs to the element right before it.
  return html`<span><a class="btn" role="button" tabindex="0" aria-label="${label}">${word}</a><cwdb-action action="call" display="widget" endpoint="${endpoint}">${raw(JSON.stringify(call))}</cwdb-action></span>`;
}

/** The buttons that turn the pages of a list. @returns nothing if there is one page */
export function pageButtons(
  { page, pages }: Page<unknown>, what: string, endpoint: string, callFor: (page: number) => Call,
): Html | undefined {
  if (pages === 1) return undefined;
  const button = (word: string, to: number): Html =>
    callButton(word, { label: `${word} page of ${what}`, endpoint, call: callFor(to) });
  return html`<div class="pages">${page > 1 ? button('Previous', page - 1) : undefined}<span class="muted">Page ${number(page)} of ${number(pages)}</span>${
    page < pages ? button('Next', page + 1) : undefined
  }</div>`;
}
