/** Tests what holds for all formats. */
import * as fc from 'fast-check';
import { aDocument, anyDocument, aSection, HOSTILE, OBEYED, showing } from './documents';
import type { Document, Format } from '../../../cli/render/document';
import { render } from '../../../cli/render/render';

const FORMATS: readonly Format[] = ['table', 'json', 'csv', 'html', 'markdown'];

const inTerminal = { width: 80, isColored: true };

const EMPTY: Document = {
  title: '', lead: [], sections: [], closing: [], data: {}, records: { columns: ['rule'], rows: [] },
};

test.each<[format: Format, begin: string]>([
  ['table', 'Account 111122223333 in eu-west-1\n'],
  ['json', '{\n  "due": 2'],
  ['csv', 'rule,traffic\r\n'],
  ['html', '<!doctype html>\n'],
  ['markdown', '# Plan of Network/NetworkHygiene\n'],
])('the format %s begins as expected', (format, begin) => {
  expect(render(aDocument(), format, inTerminal).slice(0, begin.length)).toBe(begin);
});

const FILES = FORMATS.filter(format => format !== 'table');

test.each(FILES)('the format %s has no colors and does not depend on the terminal', format => {
  expect(render(aDocument(), format, inTerminal)).toBe(render(aDocument(), format, { isColored: false }));
});

describe.each(FORMATS)('a document in the format %s', format => {
  const textOf = (document: Document): string => render(document, format, { width: 80, isColored: false });

  test('ends with one line end, even if it is empty', () => {
    for (const document of [EMPTY, aDocument(), aDocument({ closing: [], sections: [aSection({ tables: [] })] })]) {
      expect(textOf(document)).toMatch(/(?:^|[^\n])\n$/);
    }
  });

  test('has nothing that a terminal obeys', () => {
    const carriageReturns = format === 'csv' ? /\r\n/g : /$^/g;
    fc.assert(fc.property(fc.oneof(anyDocument, fc.constantFrom(...HOSTILE).map(text => showing(text))), document => {
      expect(textOf(document).replace(carriageReturns, '\n')).not.toMatch(OBEYED);
    }));
  });
});
