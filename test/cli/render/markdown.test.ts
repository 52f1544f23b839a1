/** Tests that GitHub shows every text as it is, and that a comment is never too long. */
import * as fc from 'fast-check';
import {
  aDocument, aLongDocument, anyDocument, anyText, aSection, aTable, COLUMNS, HOSTILE, millisOf, OBEYED,
  PATIENCE_MILLIS, showing,
  textsOf,
} from './documents';
import { cellsOf, readMarkdown, withoutBreaks } from './read-markdown';
import type { Cell, Table } from '../../../cli/render/document';
import { markdownText } from '../../../cli/render/markdown';
import { escapeMarkdown } from '../../../cli/render/markdown-escape';
import { oneLine } from '../../../cli/render/one-line';

/** The number of characters that GitHub accepts. */
const MOST = 65_536;

test('a document has headings, paragraphs and tables', () => {
  expect(markdownText(aDocument())).toBe([
    '# Plan of Network/NetworkHygiene',
    '',
    'Account 111122223333 in eu-west-1',
    '',
    'Nothing was changed.',
    '',
    '## Rules to revoke',
    '',
    '2 rules are due.',
    '',
    '| Rule | Traffic | Reason |',
    '| --- | --- | --- |',
    '| sgr-0123456789abcdef0 | tcp 22 from 0.0.0.0/0 '
    + '| flagged by the declaration on SSH, which AWS asks to close for everyone |',
    '| sgr-1 | all traffic from sg-9 | stale |',
    '',
    'The next sweep revokes 2 rules.',
    '',
  ].join('\n'));
});

describe('an ordinary text', () => {
  test.each([
    'sg-0123456789abcdef0', 'sgr-0123', 'tcp 22 from 203.0.113.0/24', 'all traffic from sg-9 (web)', '-1', '10.0.0.0/8',
    'fe80::1/128', '::/0', "it's due; see \"log\"", '50 % + 2', '$LATEST', '日本', '2 rules are due.', 'a - b',
    '1.5 s',
  ])('is left as it is: %s', text => {
    expect(escapeMarkdown(text)).toBe(text);
  });

  test.each([
    ['arn:aws:iam::111122223333:role/x', '`arn:aws:iam::111122223333:role/x`'],
    ['tcp 22 from 2001:100:a::/48', 'tcp 22 from `2001:100:a::/48`'],
  ])('in which GitHub would see emoji is code, so that it can be copied: %s', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test.each([
    ['flaggedIngressRules[0]', 'flaggedIngressRules\\[0\\]'],
    ['a|b', 'a\\|b'],
    ['ask @team', 'ask @\u200bteam'],
    ['see #12', 'see \\#\u200b12'],
    ['https://evil.example', 'https:\u200b//evil.example'],
    ['www.evil.example', 'www\u200b.evil.example'],
    ['- item', '\\- item'],
    ['12. item', '12\\. item'],
    ['$a$', '<span>$</span>a<span>$</span>'],
  ])('that would be markup is escaped: %s', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });
});

describe('a text', () => {
  const expectShown = (text: string): void => {
    const escaped = escapeMarkdown(text);
    expect(withoutBreaks(readMarkdown(escaped))).toBe(withoutBreaks(oneLine(text)));
    expect(escaped).not.toMatch(OBEYED);
    expect(escaped).not.toContain('\n');
  };

  test.each(HOSTILE.map(text => [text.slice(0, 40), text]))('such as %j is no markup', (_, text) => {
    expectShown(text);
  });

  test('that is anything is no markup', () => {
    fc.assert(fc.property(anyText, expectShown), { numRuns: 3000 });
  });

  test('may be long', () => {
    for (const text of HOSTILE) expect(millisOf(() => escapeMarkdown(text))).toBeLessThan(PATIENCE_MILLIS);
  });
});

describe('any document', () => {
  test('shows every text in a heading, a paragraph or a cell, and nothing else', () => {
    fc.assert(fc.property(anyDocument, document => {
      const text = markdownText(document);
      const lines = text.split('\n').filter(line => line !== '' && !/^\|(?: --- \|)+$/.test(line));
      const shown = lines.flatMap(line => line.startsWith('| ') ? cellsOf(line) : [line.replace(/^##? /, '')])
        .map(readMarkdown).map(withoutBreaks);
      const isShown = (each: string): boolean => each !== '';
      expect(shown.filter(isShown)).toEqual(textsOf(document).map(oneLine).map(escapeMarkdown).filter(isShown)
        .map(readMarkdown).map(withoutBreaks).filter(isShown));
      expect(text).toMatch(/(?:^|[^\n])\n$/);
      expect(text).not.toContain('\n\n\n');
    }), { numRuns: 300 });
  });

  test('has as many columns in each row, whatever is in them', () => {
    for (const text of HOSTILE) {
      const rows = markdownText(showing(text)).split('\n').filter(line => line.startsWith('| '));
      for (const row of rows) expect(cellsOf(row)).toHaveLength(2);
    }
  });
});

test('a table without rows is left out', () => {
  const text = markdownText(aDocument({ sections: [aSection({ tables: [aTable([])] })] }));
  expect(text).toContain('2 rules are due.\n\nThe next sweep');
  expect(text).not.toContain('|');
});

describe('a document that is too long for a comment', () => {
  const NOTE = 'more rows are not shown. The formats csv and json have all rows.';

  const missingIn = (text: string): number[] =>
    [...text.matchAll(/^([\d,]+) more rows? (?:is|are) not shown\. /gm)]
      .map(([, count]) => Number(count.replaceAll(',', '')));

  const rowsIn = (text: string): string[] => text.split('\n').filter(line => /^\| (?!Rule|---)/.test(line));

  const table = (count: number): Table => aTable(Array.from({ length: count }, (_, index): Cell[] => [
    { text: `sgr-${index}` }, { text: 'tcp 22 from 203.0.113.0/24' }, { text: 'stale' },
  ]), COLUMNS);

  test('says how many rows are not shown, and keeps everything around them', () => {
    const text = markdownText(aLongDocument());
    const [missing] = missingIn(text);
    expect(text).toContain(`\n${missing.toLocaleString('en-US')} ${NOTE}\n`);
    expect(missing + rowsIn(text).length).toBe(5000);
    expect(rowsIn(text).length).toBeGreaterThan(300);
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text.length).toBeGreaterThan(59_000);
    for (const kept of ['Account 111122223333', 'Nothing was changed.', '2 rules are due.', 'revokes 2 rules.']) {
      expect(text).toContain(kept);
    }
    expect(text).toMatch(/\|\n\n[\d,]+ more rows [^\n]*\n\nThe next sweep revokes 2 rules\.\n$/);
  });

  test('shows short tables whole, wherever they stand', () => {
    const [long, short] = [table(4000), table(3)];
    const text = markdownText(aDocument({
      sections: [aSection({ tables: [long, short] }), aSection({ tables: [long] }), aSection({ tables: [short] })],
    }));
    expect(text.match(/more rows are not shown/g)).toHaveLength(2);
    expect(text.match(/^\| sgr-2 /gm)).toHaveLength(4);
    expect(text.length).toBeLessThanOrEqual(60_000);
  });

  test('may leave out a single row, which may be the first', () => {
    const row: Cell[] = [{ text: 'x'.repeat(70_000) }, { text: '' }, { text: '' }];
    const text = markdownText(aDocument({ sections: [aSection({ tables: [aTable([row])] })] }));
    expect(text).toContain('| --- | --- | --- |\n\n1 more row is not shown. The formats');
  });

  test('fits in a comment whatever the number and the length of its rows are', () => {
    fc.assert(fc.property(
      fc.array(fc.record({ count: fc.integer({ min: 1, max: 1500 }), name: anyText }), { minLength: 1, maxLength: 6 }),
      tables => {
        const text = markdownText(aDocument({
          sections: tables.map(({ count, name }) => aSection({
            tables: [aTable(Array.from({ length: count }, () => [{ text: 'sgr-1' }, { text: name }, { text: '' }]))],
          })),
        }));
        const all = tables.reduce((total, { count }) => total + count, 0);
        expect(missingIn(text).reduce((total, count) => total + count, rowsIn(text).length)).toBe(all);
        expect(text.length).toBeLessThan(MOST);
        expect(text).toMatch(/\n\nThe next sweep revokes 2 rules\.\n$/);
      },
    ), { numRuns: 50 });
  });

  test('is rendered at once', () => {
    const document = aLongDocument();
    expect(millisOf(() => markdownText(document))).toBeLessThan(PATIENCE_MILLIS);
  });
});

test('hundreds of sections are cut off between two of them, and the text says so', () => {
  const section = {
    title: 'A section', sentences: [{ text: 'x'.repeat(100) }],
    tables: [{ columns: [{ title: 'Rule' }], rows: [[{ text: 'sgr-1' }]] }],
  };
  const text = markdownText({ ...aDocument(), sections: Array.from({ length: 1000 }, () => section) });
  expect(text.length).toBeLessThanOrEqual(60_000);
  expect(text.length).toBeGreaterThan(50_000);
  expect(text).toMatch(/\n\nThe rest is not shown\. The formats csv and json have everything\.\n$/);
  expect(text.split('\n').filter(line => line.startsWith('|')).every(line => line.endsWith('|'))).toBe(true);
});
