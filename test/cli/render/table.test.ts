/** Tests what a terminal and a pipe get. */
import * as fc from 'fast-check';
import {
  aDocument, aLongDocument, anyDocument, aSection, aTable, HOSTILE, MANY, millisOf, OBEYED,
  PATIENCE_MILLIS, showing, textsOf,
} from './documents';
import { fit } from '../../../cli/render/layout';
import { oneLine } from '../../../cli/render/one-line';
import { tableText } from '../../../cli/render/table';
import { widthOf } from '../../../cli/render/width';

const WIDTHS = [40, 60, 80, 120, 200];

const inPipe = { isColored: false };

const linesOf = (text: string): string[] => text.slice(0, -1).split('\n');

const withoutColors = (text: string): string => text.replace(/\u001b\[\d+m/g, '');

/** Removes white space, of which wrapping adds and drops some. */
const dense = (text: string): string => text.replace(/\s/g, '');

describe('in a pipe', () => {
  test('every row is one line, with columns that stand below each other', () => {
    expect(tableText(aDocument(), inPipe)).toBe([
      'Account 111122223333 in eu-west-1',
      'Nothing was changed.',
      'Plan of Network/NetworkHygiene',
      '',
      'Rules to revoke',
      '2 rules are due.',
      '',
      'Rule                   Traffic                Reason',
      'sgr-0123456789abcdef0  tcp 22 from 0.0.0.0/0  '
      + 'flagged by the declaration on SSH, which AWS asks to close for everyone',
      'sgr-1                  all traffic from sg-9  stale',
      '',
      'The next sweep revokes 2 rules.',
      '',
    ].join('\n'));
  });

  test('a very long name is complete, and does not widen the other lines', () => {
    const name = 'x'.repeat(10_000);
    const text = tableText(aDocument({
      sections: [aSection({ tables: [aTable([[{ text: name }, { text: 'a' }], [{ text: 'b' }, { text: 'c' }]])] })],
    }), inPipe);
    expect(text).toContain(`\n${name}  a\n`);
    expect(linesOf(text).filter(({ length }) => length > 200)).toHaveLength(1);
  });

  test('every text of a document is in a line of its own, or of its row', () => {
    fc.assert(fc.property(anyDocument, document => {
      const lines = linesOf(tableText(document, inPipe));
      for (const text of textsOf(document)) expect(lines.some(line => line.includes(oneLine(text)))).toBe(true);
    }));
  });
});

describe('in a terminal', () => {
  test('sentences are wrapped at words, and ids are left whole', () => {
    expect(tableText(aDocument(), { width: 80, isColored: false })).toBe([
      'Account 111122223333 in eu-west-1',
      'Nothing was changed.',
      'Plan of Network/NetworkHygiene',
      '',
      'Rules to revoke',
      '2 rules are due.',
      '',
      'Rule                   Traffic                Reason',
      'sgr-0123456789abcdef0  tcp 22 from 0.0.0.0/0  flagged by the declaration on SSH,',
      '                                              which AWS asks to close for',
      '                                              everyone',
      'sgr-1                  all traffic from sg-9  stale',
      '',
      'The next sweep revokes 2 rules.',
      '',
    ].join('\n'));
  });

  test('each row becomes a block if the columns do not fit side by side', () => {
    const text = tableText(aDocument(), { width: 40, isColored: false });
    expect(text).toContain([
      'Rule: sgr-0123456789abcdef0',
      'Traffic: tcp 22 from 0.0.0.0/0',
      'Reason: flagged by the declaration on',
      '  SSH, which AWS asks to close for',
      '  everyone',
      '',
      'Rule: sgr-1',
      'Traffic: all traffic from sg-9',
      'Reason: stale',
      '',
      'The next sweep',
    ].join('\n'));
  });

  test('wide characters do not move the columns after them', () => {
    const rows = ['web', '日本', '😀', 'e\u0301'].map(name => [{ text: name }, { text: 'after' }]);
    const columns = [{ title: 'Name' }, { title: 'Next' }];
    const document = aDocument({ sections: [aSection({ tables: [{ columns, rows }] })] });
    const text = tableText(document, { width: 80, isColored: false });
    const starts = linesOf(text).filter(line => /(?:Next|after)$/.test(line))
      .map(line => widthOf(line.replace(/(?:Next|after)$/, '')));
    expect(starts).toEqual([6, 6, 6, 6, 6]);
  });

  test.each(WIDTHS)('no line is wider than %i columns, and nothing is lost', width => {
    fc.assert(fc.property(anyDocument, document => {
      const text = tableText(document, { width, isColored: false });
      expect(linesOf(text).filter(line => widthOf(line) > width)).toEqual([]);
      const characters = countCharacters(text);
      for (const [character, count] of countCharacters(textsOf(document).map(oneLine).join(''))) {
        expect(characters.get(character) ?? 0).toBeGreaterThanOrEqual(count);
      }
    }));
  });

  test.each([0, 1, 20])('a width of %i is no error', width => {
    expect(dense(tableText(aDocument(), { width, isColored: false }))).toContain('sgr-0123456789abcdef0');
  });
});

/** Counts characters by their number, because a sequence of marks may be divided between two lines. */
function countCharacters(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const character of dense(text)) counts.set(character, (counts.get(character) ?? 0) + 1);
  return counts;
}

describe('a table without rows', () => {
  test('is left out', () => {
    const text = tableText(aDocument({ sections: [aSection({ tables: [aTable([])] })] }), inPipe);
    expect(text).toContain('2 rules are due.\n\nThe next sweep');
    expect(text).not.toContain('Traffic');
  });
});

describe('a row that is too short', () => {
  test('has empty cells', () => {
    const text = tableText(aDocument({ sections: [aSection({ tables: [aTable([[{ text: 'sgr-1' }]])] })] }), inPipe);
    expect(text).toContain('\nsgr-1\n');
  });
});

describe('colors', () => {
  test('show the tones and the titles', () => {
    const text = tableText(aDocument(), { width: 120, isColored: true });
    expect(text).toContain('\u001b[1mPlan of Network/NetworkHygiene\u001b[0m\n');
    expect(text).toContain('\n\u001b[32mNothing was changed.\u001b[0m\n');
    expect(text).toContain('\n\u001b[33m2 rules are due.\u001b[0m\n');
    expect(text).toContain('\u001b[1mRule\u001b[0m                   \u001b[1mTraffic\u001b[0m');
    expect(text).toContain('all traffic from sg-9  \u001b[2mstale\u001b[0m\n');
    expect(text).toContain('\n\u001b[31mThe next sweep revokes 2 rules.\u001b[0m\n');
  });

  test.each([undefined, ...WIDTHS])('change nothing else: width %p', width => {
    fc.assert(fc.property(anyDocument, document => {
      const plainly = tableText(document, { width, isColored: false });
      expect(withoutColors(tableText(document, { width, isColored: true }))).toBe(plainly);
      expect(plainly).not.toContain('\u001b');
    }), { numRuns: 50 });
  });
});

describe('a hostile text', () => {
  test.each(HOSTILE.map(text => [text.slice(0, 40), text]))('%j is never obeyed by the terminal', (_, text) => {
    for (const width of [undefined, ...WIDTHS]) {
      const shown = tableText(showing(text, 'bad'), { width, isColored: false });
      expect(shown).not.toMatch(OBEYED);
      expect(linesOf(shown).filter(line => width !== undefined && widthOf(line) > width)).toEqual([]);
      expect(withoutColors(tableText(showing(text, 'bad'), { width, isColored: true }))).toBe(shown);
    }
  });

  test('cannot look like another row or column', () => {
    const forged = 'web\n\nsgr-9      all traffic';
    const [, row] = linesOf(tableText(aDocument({
      title: '', lead: [], closing: [],
      sections: [aSection({ title: '', sentences: [], tables: [aTable([[{ text: forged }, { text: 'next' }]])] })],
    }), inPipe));
    expect(row.split(/ {2,}/)).toEqual(['web sgr-9 all traffic', 'next']);
  });

  test('that is anything is never obeyed, and the document ends with one line end', () => {
    fc.assert(fc.property(anyDocument, fc.constantFrom(undefined, ...WIDTHS), (document, width) => {
      const text = tableText(document, { width, isColored: false });
      expect(text).not.toMatch(OBEYED);
      expect(text).toMatch(/(?:^|[^\n])\n$/);
      expect(text).not.toMatch(/ \n/);
    }));
  });
});

describe('many rows', () => {
  test.each([['web'], ['日本語の名前'], ['x'.repeat(255)]])('of %s are rendered at once', name => {
    const document = aLongDocument(name);
    for (const width of [undefined, ...WIDTHS]) {
      expect(millisOf(() => tableText(document, { width, isColored: true }))).toBeLessThan(PATIENCE_MILLIS);
    }
    const rows = linesOf(tableText(document, inPipe)).filter(line => line.startsWith('sgr-'));
    expect(rows).toHaveLength(MANY);
  });

  test('have the layout that they would have without one very long name', () => {
    const columns = [{ title: 'Name' }, { title: 'Reason', isProse: true }];
    expect(fit(columns, [10_000, 30], 80)).toEqual([40, 30]);
  });
});

describe('the widths of columns', () => {
  const id = { title: 'Id' };
  const prose = { title: 'Prose', isProse: true };

  test.each([
    ['that fit are as wanted', [id, prose], [20, 30], 80, [20, 30]],
    ['of prose take what the ids leave', [id, prose], [21, 300], 80, [21, 57]],
    ['of prose are shared, and a short one keeps its width', [prose, prose, prose], [10, 300, 200], 80, [10, 33, 33]],
    ['of ids stay whole while the sentences have enough', [id, prose], [50, 300], 80, [50, 28]],
    ['of very long ids are cut only if they must be', [id, id], [90, 20], 80, [40, 20]],
    ['do not exist if nothing fits', [id, id, prose], [21, 21, 300], 60, undefined],
  ])('%s', (_, columns, wanted, width, widths) => {
    expect(fit(columns, wanted, width)).toEqual(widths);
  });
});
