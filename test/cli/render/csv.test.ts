/** Tests that spreadsheets get every text, and no formula. */
import * as fc from 'fast-check';
import { aLongDocument, anyDocument, anyText, HOSTILE, MANY, millisOf, OBEYED, PATIENCE_MILLIS } from './documents';
import { readCsv } from './read-csv';
import { csvText } from '../../../cli/render/csv';
import { plain } from '../../../lambda/core/report/wording';

const cellOf = (text: string): string => readCsv(csvText({ columns: ['a', 'b'], rows: [[text, '']] }))[1][0];

test('a header line and a line for each row are written, with the line ends of the standard', () => {
  expect(csvText({ columns: ['rule', 'traffic'], rows: [['sgr-1', 'tcp 22 from 10.0.0.0/8'], ['a "b", c', '']] }))
    .toBe('rule,traffic\r\nsgr-1,tcp 22 from 10.0.0.0/8\r\n"a ""b"", c",\r\n');
});

test('a list without rows has a header line', () => {
  expect(csvText({ columns: ['rule'], rows: [] })).toBe('rule\r\n');
});

test('a row with a single empty text is still a row', () => {
  expect(readCsv(csvText({ columns: ['rule'], rows: [[''], ['a']] }))).toEqual([['rule'], [''], ['a']]);
});

test('a text with the separator of another country is quoted', () => {
  expect(csvText({ columns: ['a'], rows: [['x;=1+1']] })).toBe('a\r\n"x;=1+1"\r\n');
});

describe('a text that a spreadsheet takes for a formula', () => {
  test.each([
    '=1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\n=1', '\0=1', '\u00a0=1', '\ufeff=1', '\u200b=1', '\t', '\r', ' \tx',
    '\uff1d1', '\uff0b1', '\uff0d1', '\uff201', '\ufe661', '=HYPERLINK("https://evil.example")',
  ])('gets an apostrophe in front: %j', text => {
    expect(cellOf(text)).toBe(`'${plain(text)}`);
  });

  test.each(['', 'a=1', '1-2', "'=1", 'sg-0123', '10.0.0.0/8', '::/0', 'a\t=1', ' x'])('is not %j', text => {
    expect(cellOf(text)).toBe(plain(text));
  });

  test('is never the first of a cell, also in the header line', () => {
    fc.assert(fc.property(anyText, text => {
      for (const row of readCsv(csvText({ columns: [text, 'b'], rows: [['a', text]] }))) {
        expect(row.filter(cell => /^[\s\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell))).toEqual([]);
      }
    }), { numRuns: 500 });
  });
});

describe('all texts', () => {
  const expectSame = (text: string, shown: string): void =>
    expect([plain(text), `'${plain(text)}`]).toContain(shown);

  test('are read back but for control characters and the apostrophe', () => {
    fc.assert(fc.property(anyDocument, ({ records }) => {
      const text = csvText(records);
      const written = [records.columns, ...records.rows];
      const read = readCsv(text);
      expect(read.map(({ length }) => length)).toEqual(written.map(({ length }) => length));
      read.forEach((row, rowIndex) => row.forEach((cell, index) => expectSame(written[rowIndex][index], cell)));
      expect(text.replaceAll('\r\n', '')).not.toMatch(OBEYED);
      expect(text).toMatch(/[^\r\n]\r\n$/);
    }), { numRuns: 300 });
  });

  test.each(HOSTILE.map(text => [text.slice(0, 40), text]))('%j is one cell', (_, text) => {
    const [header, row, ...others] = readCsv(csvText({ columns: [text, 'b'], rows: [['a', text]] }));
    expectSame(text, header[0]);
    expectSame(text, row[1]);
    expect(row[0]).toBe('a');
    expect(others).toEqual([]);
  });
});

test('many rows are written at once', () => {
  const { records } = aLongDocument();
  expect(millisOf(() => csvText(records))).toBeLessThan(PATIENCE_MILLIS);
  expect(readCsv(csvText(records))).toHaveLength(MANY + 1);
});
