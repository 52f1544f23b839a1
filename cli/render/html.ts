/** Renders a document as one page that loads nothing and runs nothing. */
import { createHash } from 'node:crypto';
import type { Cell, Document, Section, Table, Tone } from './document';
import { STYLE } from './html-style';
import { html, type Html } from '../../lambda/core/report/findings-page/html';

/** The policy of the page. Even if a text became markup, no script would run and nothing would be loaded. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE.text).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Signs for people who cannot tell the colors apart. A quiet text needs none. */
const SIGNS: Readonly<Record<Tone, { readonly sign: string; readonly label: string } | undefined>> = {
  bad: { sign: '✖', label: 'Problem' },
  warn: { sign: '▲', label: 'Warning' },
  good: { sign: '✔', label: 'Good' },
  quiet: undefined,
};

/** A longer text that is no sentence is wrapped, too. */
const LONGEST_LINE = 40;

export function htmlText({ title, lead, sections, closing }: Document): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${whole(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${whole(title)}</h1>
${lead.map(paragraph)}${sections.map(section)}${closing.map(paragraph)}</main>
</body>
</html>`.text}\n`;
}

function section({ title, sentences, tables }: Section): Html {
  const shown = tables.filter(({ rows }) => rows.length > 0);
  return html`<section>
<h2>${whole(title)}</h2>
${sentences.map(paragraph)}${shown.map(each => table(each, title))}</section>
`;
}

const paragraph = (cell: Cell): Html | undefined => cell.text === '' ? undefined : html`<p>${toned(cell)}</p>\n`;

function table({ columns, rows }: Table, title: string): Html {
  const count = rows.length === 1 ? '1 row' : `${rows.length.toLocaleString('en-US')} rows`;
  return html`<div class="wide" role="region" aria-label="${whole(title)}" tabindex="0"><table>
<caption>${whole(title)}: ${count}</caption>
<thead><tr>${columns.map(column => html`<th scope="col">${whole(column.title)}</th>`)}</tr></thead>
<tbody>
${rows.map(row => html`<tr>${columns.map(({ isProse }, index) => tableCell(row[index], isProse))}</tr>\n`)}</tbody>
</table></div>
`;
}

function tableCell(cell: Cell = { text: '' }, isProse = false): Html {
  return isProse || cell.text.length > LONGEST_LINE
    ? html`<td>${toned(cell)}</td>`
    : html`<td class="id">${toned(cell)}</td>`;
}

function toned({ text, tone }: Cell): Html {
  if (tone === undefined || text === '') return html`${whole(text)}`;
  const sign = SIGNS[tone];
  return html`<span class="${tone}">${sign && html`<span role="img" aria-label="${sign.label}">${sign.sign}</span> `}${
    whole(text)}</span>`;
}

/** Divides a text, because the template shortens a text of more than 1,000 characters. */
const whole = (text: string): readonly string[] => text.match(/[^]{1,500}/gu) ?? [];
