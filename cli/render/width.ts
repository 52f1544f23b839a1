/** Measures and wraps texts for a terminal, which shows some characters in two columns and others in none. */

const ASCII = /^[\x20-\x7e]*$/;

const EMOJI = String.raw`(?:\p{EBase}\p{EMod}|\p{ExtPict}\ufe0f?)`;

/** A flag, a keycap or a sequence of emoji, which is shown as one; or any single character. */
const SYMBOL = new RegExp(String.raw`\p{RI}{2}|[#*0-9]\ufe0f|${EMOJI}(?:\u200d${EMOJI})*|[^]`, 'gu');

/** Characters of East Asian scripts and emoji. A Hangul filler is wide, although nothing is to be seen. */
const WIDE = new RegExp(
  String.raw`[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff`
  + String.raw`\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}`
  + String.raw`\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{EPres}]`,
  'u',
);

/** Combining marks, invisible characters, and the vowels and finals of Hangul. */
const NARROWEST = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** A soft hyphen and signs before numbers, which are shown, although they are formatting characters. */
const SHOWN = /[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

/** Returns the number of columns in which a terminal shows the text. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : symbols(text).reduce((width, symbol) => width + widthOfSymbol(symbol), 0);
}

const symbols = (text: string): readonly string[] => text.match(SYMBOL) ?? [];

function widthOfSymbol(symbol: string): number {
  const isSequence = symbol.length > String.fromCodePoint(symbol.codePointAt(0) ?? 0).length;
  if (!isSequence && NARROWEST.test(symbol) && !SHOWN.test(symbol)) return 0;
  return isSequence || WIDE.test(symbol) ? 2 : 1;
}

/**
 * Wraps a text at its spaces. A word that is wider than a line is broken.
 *
 * @param width at least 2, because some characters are that wide
 */
export function wrap(text: string, width: number): readonly string[] {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line: string | undefined;
  let used = 0;
  for (const word of text.split(' ')) {
    for (const [index, piece] of piecesOf(word, width).entries()) {
      const more = widthOf(piece);
      if (line !== undefined && index === 0 && used + 1 + more <= width) {
        line += ` ${piece}`;
        used += 1 + more;
      } else {
        if (line !== undefined) lines.push(line);
        line = piece;
        used = more;
      }
    }
  }
  return [...lines, line ?? ''];
}

/** Breaks a word into pieces that fit. A mark stays with the character before it. */
function piecesOf(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width) return [word];
  const pieces = [''];
  let used = 0;
  for (const symbol of symbols(word)) {
    const more = widthOfSymbol(symbol);
    if (used + more > width) {
      pieces.push('');
      used = 0;
    }
    pieces[pieces.length - 1] += symbol;
    used += more;
  }
  return pieces;
}
