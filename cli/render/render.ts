import { csvText } from './csv';
import type { Document, Format } from './document';
import { htmlText } from './html';
import { jsonText } from './json';
import { markdownText } from './markdown';
import { tableText, type Terminal } from './table';

const RENDERERS: Readonly<Record<Format, (document: Document, terminal: Terminal) => string>> = {
  table: tableText,
  json: jsonText,
  csv: ({ records }) => csvText(records),
  html: htmlText,
  markdown: markdownText,
};

/** Returns the document as a text that ends with one line end. The terminal matters only for the format `table`. */
export function render(document: Document, format: Format, terminal: Terminal): string {
  return RENDERERS[format](document, terminal);
}
