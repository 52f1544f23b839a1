/** Tests that the page is well-formed, complete and harmless, whoever wrote the texts. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import {
  aDocument, aLongDocument, anyDocument, aSection, aTable, HOSTILE, MANY, millisOf, OBEYED,
  PATIENCE_MILLIS, showing, textsOf,
} from './documents';
import { type Element, elementsIn, readHtml, textIn } from './read-html';
import type { Document } from '../../../cli/render/document';
import { htmlText } from '../../../cli/render/html';

const ELEMENTS = [
  'html', 'head', 'meta', 'title', 'style', 'body', 'main', 'h1', 'h2', 'p', 'section', 'div', 'table', 'caption',
  'thead', 'tbody', 'tr', 'th', 'td', 'span',
];

const ATTRIBUTES = [
  'lang', 'charset', 'http-equiv', 'content', 'name', 'class', 'scope', 'role', 'aria-label', 'tabindex',
];

const pageOf = (document: Document): Element => readHtml(htmlText(document));

/** A text as a page shows it. Characters that cannot be shown have another one in their place. */
const shown = (text: string): string => text
  .replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd\s]+/gu, '');

const textsShown = (page: Element): string[] =>
  ['h1', 'h2', 'p', 'th', 'td'].flatMap(name => elementsIn(page, name)).map(textIn);

const withoutSign = (text: string): string => text.replace(/^[✖▲✔] /, '');

/** Expects that nothing of a page is there because of a text. */
function expectHarmless(document: Document): void {
  const html = htmlText(document);
  const page = readHtml(html);
  for (const { name, attributes } of elementsIn(page)) {
    expect(ELEMENTS).toContain(name);
    for (const attribute of attributes.keys()) expect(ATTRIBUTES).toContain(attribute);
  }
  expect(elementsIn(page, 'style')).toHaveLength(1);
  expect(html).not.toMatch(OBEYED);
  expect(html).toMatch(/[^\n]\n$/);
  const isShown = (text: string): boolean => text !== '';
  expect(textsShown(page).map(withoutSign).map(shown).filter(isShown).sort())
    .toEqual(textsOf(document).map(shown).filter(isShown).sort());
}

describe('a page', () => {
  const page = pageOf(aDocument());

  test('has a language, an encoding and a title', () => {
    expect(page.attributes.get('lang')).toBe('en');
    expect(elementsIn(page, 'meta')[0].attributes.get('charset')).toBe('utf-8');
    expect(elementsIn(page, 'title').map(textIn)).toEqual(['Plan of Network/NetworkHygiene']);
  });

  test('allows its own style, and nothing else', () => {
    const [style] = elementsIn(page, 'style').map(textIn);
    const [policy] = elementsIn(page, 'meta').filter(({ attributes }) => attributes.has('http-equiv'));
    expect(policy.attributes.get('http-equiv')).toBe('Content-Security-Policy');
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.attributes.get('content'))
      .toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    expect(style).toContain('prefers-color-scheme: dark');
    expect(style).not.toMatch(/url\(|@import|[<>&]/);
  });

  test('shows headings, sentences and tables', () => {
    expect(elementsIn(page, 'h1').map(textIn)).toEqual(['Plan of Network/NetworkHygiene']);
    expect(elementsIn(page, 'h2').map(textIn)).toEqual(['Rules to revoke']);
    expect(elementsIn(page, 'p').map(textIn)).toEqual([
      'Account 111122223333 in eu-west-1', '✔ Nothing was changed.', '▲ 2 rules are due.',
      '✖ The next sweep revokes 2 rules.',
    ]);
    expect(elementsIn(page, 'tr').map(row => row.children.map(cell => textIn(cell as Element)))).toEqual([
      ['Rule', 'Traffic', 'Reason'],
      [
        'sgr-0123456789abcdef0', 'tcp 22 from 0.0.0.0/0',
        '✖ flagged by the declaration on SSH, which AWS asks to close for everyone',
      ],
      ['sgr-1', 'all traffic from sg-9', 'stale'],
    ]);
  });

  test('has tables that a screen reader can tell apart and read by column', () => {
    expect(elementsIn(page, 'caption').map(textIn)).toEqual(['Rules to revoke: 2 rows']);
    expect(elementsIn(page, 'th').map(({ attributes }) => attributes.get('scope'))).toEqual(['col', 'col', 'col']);
    const signs = elementsIn(page, 'span').filter(({ attributes }) => attributes.get('role') === 'img');
    expect(signs.map(({ attributes }) => attributes.get('aria-label')))
      .toEqual(['Good', 'Warning', 'Problem', 'Problem']);
  });

  test('does not break ids, unless they are long', () => {
    const isId = ({ attributes }: Element): boolean => attributes.get('class') === 'id';
    expect(elementsIn(page, 'td').map(isId)).toEqual([true, true, false, true, true, false]);
    const long = pageOf(aDocument({ sections: [aSection({ tables: [aTable([[{ text: 'x'.repeat(300) }]])] })] }));
    expect(elementsIn(long, 'td').map(isId)).toEqual([false, true, false]);
  });

  test('has no table without rows', () => {
    expect(elementsIn(pageOf(aDocument({ sections: [aSection({ tables: [aTable([])] })] })), 'table')).toEqual([]);
  });
});

describe('a text', () => {
  test.each(HOSTILE.map(text => [text.slice(0, 40), text]))('such as %j is shown, and is no markup', (_, text) => {
    expectHarmless(showing(text, 'warn'));
  });

  test('that is long is complete', () => {
    const text = '0123456789'.repeat(1000);
    expect(elementsIn(pageOf(showing(text)), 'td').map(textIn)).toEqual([text, text]);
    expect(elementsIn(pageOf(showing('😀'.repeat(2000))), 'td').map(textIn)[0]).toBe('😀'.repeat(2000));
  });

  test('that is anything is shown, and is no markup', () => {
    fc.assert(fc.property(anyDocument, expectHarmless), { numRuns: 300 });
  });
});

test('many rows are rendered at once', () => {
  const document = aLongDocument();
  expect(millisOf(() => htmlText(document))).toBeLessThan(PATIENCE_MILLIS);
  expect(elementsIn(pageOf(document), 'tr')).toHaveLength(MANY + 1);
});
