/** Renders a document as a comment for GitHub. */
import type { Cell, Document, Section, Table } from './document';
import { escapeMarkdown } from './markdown-escape';
import { share, sum } from './share';

/** GitHub accepts 65,536 characters in a comment. A workflow may add some lines. */
const MOST_CHARACTERS = 60_000;

/** More than the line about rows that are not shown has. */
const NOTE_CHARACTERS = 120;

interface Part {
  /** Lines that are always shown. */
  readonly head: string;
  /** Lines of a table, which may be left out from the end. */
  readonly rows: readonly string[];
}

export function markdownText(document: Document): string {
  const parts = [
    ...heading('#', document.title),
    ...paragraphs(document.lead),
    ...document.sections.flatMap(sectionParts),
    ...paragraphs(document.closing),
  ];
  const sizes = parts.map(({ rows }) => charactersIn(rows));
  const heads = charactersIn(parts.map(({ head }) => head)) + parts.length;
  if (heads + sum(sizes) <= MOST_CHARACTERS) return parts.map(whole).join('\n') || '\n';
  const notes = NOTE_CHARACTERS * sizes.filter(size => size > 0).length;
  const shares = share(sizes, MOST_CHARACTERS - heads - notes);
  return cutOff(parts.map((part, index) => cut(part, shares[index])).join('\n'));
}

const REST = 'The rest is not shown. The formats csv and json have everything.';

/** Even without rows, hundreds of sections or sentences may be too long. No table is cut in two. */
function cutOff(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const end = text.lastIndexOf('\n\n', MOST_CHARACTERS - REST.length - 4);
  return `${text.slice(0, Math.max(end, 0))}\n\n${REST}\n`;
}

function sectionParts({ title, sentences, tables }: Section): readonly Part[] {
  return [...heading('##', title), ...paragraphs(sentences), ...tables.flatMap(tablePart)];
}

function heading(level: string, title: string): readonly Part[] {
  const text = escapeMarkdown(title);
  return text === '' ? [] : [{ head: `${level} ${text}\n`, rows: [] }];
}

/** Each sentence is a paragraph, because the second line of a paragraph may turn the first one into a heading. */
function paragraphs(cells: readonly Cell[]): readonly Part[] {
  return cells.map(({ text }) => escapeMarkdown(text)).filter(text => text !== '')
    .map(text => ({ head: `${text}\n`, rows: [] }));
}

function tablePart({ columns, rows }: Table): readonly Part[] {
  if (rows.length === 0) return [];
  return [{
    head: row(columns.map(({ title }) => title)) + line(columns.map(() => '---')),
    rows: rows.map(cells => row(columns.map((_, index) => cells[index]?.text ?? ''))),
  }];
}

const row = (texts: readonly string[]): string => line(texts.map(escapeMarkdown));

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

const charactersIn = (lines: readonly string[]): number => sum(lines.map(({ length }) => length));

const whole = ({ head, rows }: Part): string => head + rows.join('');

/** Keeps as many rows as fit, and says how many are left out. */
function cut(part: Part, characters: number): string {
  const shown = part.rows.slice(0, countFitting(part.rows, characters));
  const missing = part.rows.length - shown.length;
  return missing === 0 ? whole(part) : `${part.head}${shown.join('')}\n${missingWords(missing)}\n`;
}

function countFitting(lines: readonly string[], characters: number): number {
  let count = 0;
  for (let left = characters; count < lines.length && lines[count].length <= left; count++) left -= lines[count].length;
  return count;
}

function missingWords(missing: number): string {
  const count = missing === 1 ? '1 more row is' : `${missing.toLocaleString('en-US')} more rows are`;
  return `${count} not shown. The formats csv and json have all rows.`;
}
