/** Parts that the sections of the findings table share. */
import { html, type Html, type Value } from './html';

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

export const none = (text: string): Html => html`<span class="muted">${text}</span>`;
