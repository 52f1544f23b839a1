/** Tests how wide texts are in a terminal, and where they are wrapped. */
import * as fc from 'fast-check';
import { anyText, HOSTILE } from './documents';
import { oneLine } from '../../../cli/render/one-line';
import { widthOf, wrap } from '../../../cli/render/width';

describe('the width of a text', () => {
  test.each([
    ['', 0],
    ['sgr-0123', 8],
    ['für alle', 8],
    ['日本語', 6],
    ['한글', 4],
    ['\u1112\u1161\u11ab', 2],
    ['ｆｕｌｌ', 8],
    ['ｶﾅ', 2],
    ['か\u3099', 2],
    ['e\u0301', 1],
    ['a\u200bb', 2],
    ['\u00ad', 1],
    ['\u3164', 2],
    ['😀', 2],
    ['✔', 1],
    ['❤\ufe0f', 2],
    ['1\ufe0f\u20e3', 2],
    ['👍🏽', 2],
    ['👩\u200d👩\u200d👧', 2],
    ['🇩🇪🇫🇷', 4],
    ['שלום', 4],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe('a text that is wrapped', () => {
  test('is left alone if it fits', () => {
    expect(wrap('two words', 9)).toEqual(['two words']);
    expect(wrap('', 5)).toEqual(['']);
  });

  test('is broken at spaces, and a word only if it does not fit in a line', () => {
    expect(wrap('a rule that is open', 8)).toEqual(['a rule', 'that is', 'open']);
    expect(wrap('an abcdefghijkl id', 5)).toEqual(['an', 'abcde', 'fghij', 'kl id']);
  });

  test('keeps wide characters whole, and marks with the characters that they belong to', () => {
    expect(wrap('日本語', 5)).toEqual(['日本', '語']);
    expect(wrap('ae\u0301i', 2)).toEqual(['ae\u0301', 'i']);
    expect(wrap('👩\u200d👧👍🏽', 3)).toEqual(['👩\u200d👧', '👍🏽']);
  });

  test('never has a line that is too wide, and loses nothing but spaces at the ends of lines', () => {
    const texts = fc.oneof(anyText, fc.constantFrom(...HOSTILE));
    fc.assert(fc.property(texts, fc.integer({ min: 2, max: 80 }), (any, width) => {
      const text = oneLine(any);
      const lines = wrap(text, width);
      expect(lines.filter(line => widthOf(line) > width)).toEqual([]);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      const words = new Set(text.split(' '));
      const wholeWords = lines.flatMap(line => line.split(' ')).filter(word => words.has(word));
      expect(wholeWords).toEqual(expect.arrayContaining([...words].filter(word => widthOf(word) <= width)));
    }), { numRuns: 500 });
  });
});
