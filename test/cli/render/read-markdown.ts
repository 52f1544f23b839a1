/** Reads escaped Markdown, and fails on anything that GitHub would take for markup. */

const CODE = /^`[^`|\\<>&\s]+`(?= |$)/;
const ESCAPED = /^\\([!-/:-@[-`{-~])/;
const DOLLAR = /^<span>\$<\/span>/;
const MARKUP = /^[\\`*_~<>[\]!#&|]/;

/** The patterns that GitHub looks for in the text that a page shows. */
const LINKED = [/@[a-z0-9]/i, /#\d/, /:\/\//, /www\./i, /\bgh-\d/i, /:[\w+-]+:/];

const LIST_MARKER = /^(?:[-+]|\d+[.)])(?: |$)/;
const RULE = /^--+$/;
const MATH = /\$.*\$/;
const WHITE_SPACE = /^\s|\s$|\s\s|\n/;

/** Removes the character that breaks links, wherever it stands. */
export const withoutBreaks = (text: string): string => text.replaceAll('\u200b', '');

/**
 * Returns the text that GitHub shows.
 *
 * @throws when a part of the text is markup, or becomes a link
 */
export function readMarkdown(markdown: string): string {
  let shown = '';
  let outsideOfCode = '';
  let rest = markdown;
  const take = (taken: string, text: string, isCode = false): void => {
    shown += text;
    outsideOfCode += isCode ? '`' : text;
    rest = rest.slice(taken.length);
  };
  while (rest !== '') {
    const isWordStart = shown === '' || shown.endsWith(' ');
    const [code] = (isWordStart ? CODE.exec(rest) : null) ?? [];
    const [escaped, punctuation] = ESCAPED.exec(rest) ?? [];
    const [dollar] = DOLLAR.exec(rest) ?? [];
    if (code !== undefined) take(code, code.slice(1, -1), true);
    else if (escaped !== undefined) take(escaped, punctuation);
    else if (dollar !== undefined) take(dollar, '$');
    else if (MARKUP.test(rest)) throw new Error(`This is markup: ${rest.slice(0, 40)} in ${markdown}`);
    else take(rest[0], rest[0]);
  }
  const block = markdown.replaceAll('<span>$</span>', 'S');
  const wrong = [
    ...LINKED.filter(pattern => pattern.test(outsideOfCode)),
    ...[LIST_MARKER, RULE, MATH, WHITE_SPACE].filter(pattern => pattern.test(block)),
  ];
  if (wrong.length > 0) throw new Error(`${wrong.join(' and ')} matches ${markdown}`);
  return shown;
}

/** Returns the cells of a row. A pipe after a backslash is a part of a cell. */
export function cellsOf(row: string): string[] {
  if (!row.startsWith('| ') || !row.endsWith(' |')) throw new Error(`This is no row: ${row}`);
  return [...row.slice(1).matchAll(/ ((?:\\[^]|[^\\|])*?) ?\|/g)].map(([, cell]) => cell);
}
