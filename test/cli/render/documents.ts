/** Documents to render: an ordinary one, one with 5,000 rows, and any others. */
import * as fc from 'fast-check';
import type { Cell, Column, Document, Section, Table, Tone } from '../../../cli/render/document';

export const COLUMNS: readonly Column[] = [{ title: 'Rule' }, { title: 'Traffic' }, { title: 'Reason', isProse: true }];

const ROWS: ReadonlyArray<readonly Cell[]> = [
  [
    { text: 'sgr-0123456789abcdef0' },
    { text: 'tcp 22 from 0.0.0.0/0' },
    { text: 'flagged by the declaration on SSH, which AWS asks to close for everyone', tone: 'bad' },
  ],
  [
    { text: 'sgr-1' },
    { text: 'all traffic from sg-9' },
    { text: 'stale', tone: 'quiet' },
  ],
];

export const aTable = (rows = ROWS, columns = COLUMNS): Table => ({ columns, rows });

export function aSection(overrides: Partial<Section> = {}): Section {
  return {
    title: 'Rules to revoke', sentences: [{ text: '2 rules are due.', tone: 'warn' }], tables: [aTable()], ...overrides,
  };
}

export function aDocument(overrides: Partial<Document> = {}): Document {
  return {
    title: 'Plan of Network/NetworkHygiene',
    lead: [{ text: 'Account 111122223333 in eu-west-1' }, { text: 'Nothing was changed.', tone: 'good' }],
    sections: [aSection()],
    closing: [{ text: 'The next sweep revokes 2 rules.', tone: 'bad' }],
    data: { due: 2 },
    records: { columns: ['rule', 'traffic'], rows: [['sgr-1', 'tcp 22 from 0.0.0.0/0']] },
    ...overrides,
  };
}

/** Returns a document that shows a text everywhere. */
export function showing(text: string, tone?: Tone): Document {
  const cell: Cell = { text, tone };
  return {
    title: text,
    lead: [cell],
    sections: [{
      title: text,
      sentences: [cell],
      tables: [{ columns: [{ title: text }, { title: text, isProse: true }], rows: [[cell, cell]] }],
    }],
    closing: [cell],
    data: { [text]: text },
    records: { columns: [text, text], rows: [[text, text]] },
  };
}

export const MANY = 5000;

/** Returns a document with many rows of the size that findings have. */
export function aLongDocument(name = 'web', count = MANY): Document {
  const rows = Array.from({ length: count }, (_, index): Cell[] => [
    { text: `sgr-${String(index).padStart(17, '0')}` },
    { text: `sg-0123456789abcdef0 (${name})` },
    { text: 'tcp 22 from 203.0.113.0/24' },
    { text: 'flagged by flaggedIngressRules[0] (use Session Manager); it is due since yesterday', tone: 'bad' },
  ]);
  const columns: Column[] = [
    { title: 'Rule' }, { title: 'Group' }, { title: 'Traffic' }, { title: 'Reason', isProse: true },
  ];
  return aDocument({
    sections: [aSection({ tables: [{ columns, rows }] })],
    data: rows,
    records: { columns: columns.map(({ title }) => title), rows: rows.map(row => row.map(({ text }) => text)) },
  });
}

/** Texts that try to be something else. */
export const HOSTILE: readonly string[] = [
  '\u001b[31mred\u001b[0m', '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007', '\u009b2J', 'two\nlines',
  'a\r\nb', 'a\tb', '\0', '\u2028', '\u2029', 'abc\u202edef', '\u2066x\u2069', '\ud800 alone', 'alone \udfff',
  '=HYPERLINK("https://evil.example";"click")', '+1', '-1', '@SUM(A1)', ' \t=1', '\uff1d1', '\u200b=1', "'=1", 'a|b',
  '|', '\\|', '\\', '`code`', '```', '``', '**bold**', '_it_', '~~gone~~', '# heading', '#123', 'owner/name#4', 'GH-12',
  '> quote', '- item', '+ item', '-', '---', '- - -', '===', '1. item', '2)', '    code', '~~~', '[ ] task',
  '- [x] task', '<script>alert(1)</script>', '<!-- comment', '-->', '<img src=x onerror=alert(1)>', '</style><script>',
  '&lt;b&gt;', '&#64;x', '![image](https://evil.example/x.png)', '[click](javascript:alert(1))',
  '](javascript:alert(1))', '[a]: https://evil.example', '<https://evil.example>', 'https://evil.example',
  'HTTP://evil.example', 'ftp://evil.example', 'www.evil.example', '(WWW.a.b)', 'someone@evil.example',
  'mailto:someone@evil.example', '@someone', '@org/team', '[^1]', '$x^2$', '$$x$$', '$`x`$', ':tada:', ':+1:',
  '2001:100:a::/48', 'arn:aws:iam::111122223333:role/x', ':tada:|:tada:', '[!NOTE]', '"quoted"', 'a,b;c', "it's",
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f1e9}\u{1f1ea}', '日本語の名前', 'e\u0301\u0301\u0301', '\u200b', '\u3164',
  '', ' ', 'x'.repeat(10_000), '語'.repeat(10_000), '|`*'.repeat(3000), 'word '.repeat(2000), ':a'.repeat(5000),
];

/** Any texts, with many of those characters that mean something to a format. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      ...' \t\n\r\0\u001b\\|`*_~<>[]!#&@:/.-+=$"\'(),;1aw\u202e\u200b\ufeff\ud800語\u0301',
      'www.', '://', '&#', '<!--', ':a:',
    ),
    maxLength: 60,
  }),
  fc.constantFrom(...HOSTILE.filter(({ length }) => length < 100)),
);

const anyCell = fc.record(
  { text: anyText, tone: fc.constantFrom<Tone>('bad', 'warn', 'good', 'quiet') }, { requiredKeys: ['text'] },
);

const anyTable: fc.Arbitrary<Table> = fc.integer({ min: 1, max: 6 }).chain(count => fc.record({
  columns: fc.array(
    fc.record({ title: anyText, isProse: fc.boolean() }, { requiredKeys: ['title'] }),
    { minLength: count, maxLength: count },
  ),
  rows: fc.array(fc.array(anyCell, { minLength: count, maxLength: count }), { maxLength: 5 }),
}));

export const anyDocument: fc.Arbitrary<Document> = fc.record({
  title: anyText,
  lead: fc.array(anyCell, { maxLength: 3 }),
  sections: fc.array(fc.record({
    title: anyText,
    sentences: fc.array(anyCell, { maxLength: 3 }),
    tables: fc.array(anyTable, { maxLength: 2 }),
  }), { maxLength: 3 }),
  closing: fc.array(anyCell, { maxLength: 3 }),
  data: fc.jsonValue(),
  records: fc.integer({ min: 1, max: 5 }).chain(count => {
    const row = fc.array(anyText, { minLength: count, maxLength: count });
    return fc.record({ columns: row, rows: fc.array(row, { maxLength: 5 }) });
  }),
});

/** Returns every text of a document, except for data and records. */
export function textsOf({ title, lead, sections, closing }: Document): string[] {
  return [
    title, ...textsIn(lead), ...sections.flatMap(({ title: heading, sentences, tables }) => [
      heading, ...textsIn(sentences), ...tables.filter(({ rows }) => rows.length > 0).flatMap(({ columns, rows }) => [
        ...columns.map(column => column.title), ...rows.flatMap(textsIn),
      ]),
    ]), ...textsIn(closing),
  ];
}

const textsIn = (cells: readonly Cell[]): string[] => cells.map(({ text }) => text);

/** Everything that a terminal obeys, or that reorders a text; but not the line feed. */
export const OBEYED = /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * Longer than any rendering takes on a busy machine, and shorter than one whose time grows with the square of its text.
 */
export const PATIENCE_MILLIS = 30_000;

export function millisOf(run: () => unknown): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}
