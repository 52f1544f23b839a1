/**
 * Renders records for spreadsheets.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
import type { Records } from './document';
import { plain } from '../../lambda/core/report/wording';

const LINE_END = '\r\n';

/** The signs that make a formula, also as full-width and small forms, after anything that is not to be seen. */
const FORMULA = /^[\s\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]/u;

/** Spreadsheets drop some of these, so that a formula can follow. */
const CONTROL_FIRST = /^\s*[\t\r]/;

/** A text that means the same whichever separator a spreadsheet expects. */
const NEEDS_NO_QUOTES = /^[\w.:/-](?:[\w .:/-]*[\w.:/-])?$/;

/** Texts that a spreadsheet would take for a formula get an apostrophe in front. */
export function csvText({ columns, rows }: Records): string {
  return [columns, ...rows].map(row => line(row) + LINE_END).join('');
}

function line(texts: readonly string[]): string {
  const [only, ...others] = texts;
  // An empty line may mean no row at all.
  return only === '' && others.length === 0 ? '""' : texts.map(cell).join(',');
}

function cell(text: string): string {
  const shown = plain(text);
  const safe = FORMULA.test(shown) || CONTROL_FIRST.test(text) ? `'${shown}` : shown;
  return safe === '' || NEEDS_NO_QUOTES.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`;
}
