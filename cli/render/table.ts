/** Renders a document for a terminal, or for a pipe. */
import type { Cell, Column, Document, Section, Table } from './document';
import { fit, GAP } from './layout';
import { oneLine } from './one-line';
import { colored, type Look, type Paint, uncolored } from './paint';
import { widthOf, wrap } from './width';

export interface Terminal {
  /** The number of columns. Absent: the text goes to a pipe or a file, so that no line is wrapped. */
  readonly width?: number;
  readonly isColored: boolean;
}

interface Page {
  readonly width: number | undefined;
  readonly paint: Paint;
}

interface Text {
  readonly text: string;
  readonly look?: Look;
}

const LEAST_WIDTH = 20;

/** In a pipe, a text that is wider shifts the rest of its line, instead of widening every other line. */
const MOST_PADDING = 160;

export function tableText(document: Document, { width, isColored }: Terminal): string {
  const page: Page = {
    width: width === undefined ? undefined : Math.max(width, LEAST_WIDTH),
    paint: isColored ? colored : uncolored,
  };
  const parts = [
    [...sentenceLines(document.lead, page), ...titleLines(document.title, page)],
    ...document.sections.flatMap(section => sectionParts(section, page)),
    sentenceLines(document.closing, page),
  ];
  return `${parts.filter(({ length }) => length > 0).map(lines => lines.join('\n')).join('\n\n').trimEnd()}\n`;
}

function sectionParts({ title, sentences, tables }: Section, page: Page): ReadonlyArray<readonly string[]> {
  return [
    [...titleLines(title, page), ...sentenceLines(sentences, page)],
    ...tables.map(table => tableLines(table, page)),
  ];
}

const titleLines = (title: string, page: Page): readonly string[] =>
  paragraph({ text: oneLine(title), look: 'title' }, page);

const sentenceLines = (cells: readonly Cell[], page: Page): readonly string[] =>
  cells.flatMap(cell => paragraph(textOf(cell), page));

function paragraph({ text, look }: Text, { width, paint }: Page): readonly string[] {
  if (text === '') return [];
  return (width === undefined ? [text] : wrap(text, width)).map(line => paint(line, look));
}

const textOf = (cell: Cell | undefined): Text => ({ text: oneLine(cell?.text ?? ''), look: cell?.tone });

/** Returns no lines for a table without rows. */
function tableLines({ columns, rows }: Table, page: Page): readonly string[] {
  if (rows.length === 0) return [];
  const titles = columns.map(({ title }): Text => ({ text: oneLine(title), look: 'title' }));
  const body = rows.map(row => columns.map((_, index) => textOf(row[index])));
  const widths = widthsOf(columns, [titles, ...body], page);
  return widths === undefined
    ? body.flatMap((row, index) => [...index === 0 ? [] : [''], ...block(titles, row, page)])
    : [titles, ...body].flatMap(row => sideBySide(row, widths, page));
}

function widthsOf(
  columns: readonly Column[], rows: ReadonlyArray<readonly Text[]>, { width }: Page,
): readonly number[] | undefined {
  const wanted = columns.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[index].text)), 0));
  return width === undefined ? wanted.map(each => Math.min(each, MOST_PADDING)) : fit(columns, wanted, width);
}

/** Returns the lines of one row. No line ends with spaces. */
function sideBySide(row: readonly Text[], widths: readonly number[], { width, paint }: Page): readonly string[] {
  const wrapped = row.map(({ text }, index) => width === undefined ? [text] : wrap(text, widths[index]));
  const height = Math.max(...wrapped.map(({ length }) => length));
  return Array.from({ length: height }, (_, lineIndex) => {
    let line = '';
    let spaces = 0;
    row.forEach(({ look }, index) => {
      const text = wrapped[index][lineIndex] ?? '';
      if (text !== '') {
        line += ' '.repeat(spaces) + paint(text, look);
        spaces = 0;
      }
      spaces += Math.max(widths[index] - widthOf(text), 0) + GAP;
    });
    return line;
  });
}

const INDENTATION = '  ';

/** Returns one row as lines that each begin with the title of a column. */
function block(titles: readonly Text[], row: readonly Text[], { width = Infinity, paint }: Page): readonly string[] {
  return row.flatMap(({ text, look }, index) => {
    const label = `${titles[index].text}:`;
    const [first, ...others] = wrap(`${label} ${text}`.trimEnd(), width - INDENTATION.length);
    return [
      first.startsWith(label)
        ? paint(label, 'title') + paint(first.slice(label.length), look)
        : paint(first, 'title'),
      ...others.map(line => INDENTATION + paint(line, look)),
    ];
  });
}
