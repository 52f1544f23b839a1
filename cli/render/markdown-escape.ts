/**
 * Escapes texts for Markdown on GitHub.
 *
 * GitHub looks for mentions, references, links and emoji after it has removed backslashes and decoded entities.
 * Therefore these are broken by an invisible character.
 *
 * @see https://github.github.com/gfm/
 * @see
 * https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
import { oneLine } from './one-line';

/** A zero-width space. */
const BREAK = '\u200b';

/** A colon that may begin an emoji such as `:100:`. Addresses and ARNs may contain such names, too. */
const EMOJI = /:(?=[\w+-]+:)/g;

/** A word that has no special characters, so that it can be shown as code. It can then be copied as it is. */
const CODE = /^[\w:/.,+=@%-]+$/;

const PUNCTUATION = /[\\`*_~<>[\]!#&|]/g;

/** Returns the text in one line, of which nothing is markup. Words that look like ids are left as they are. */
export function escapeMarkdown(text: string): string {
  const words = oneLine(text).split(' ');
  return escapeMath(escapeListMarker(words.map(escapeWord).join(' ')));
}

function escapeWord(word: string): string {
  const hasEmoji = word.search(EMOJI) >= 0;
  if (hasEmoji && CODE.test(word)) return `\`${word}\``;
  return word
    .replace(EMOJI, `:${BREAK}`)
    .replace(/:(?=\/\/)/g, `:${BREAK}`)
    .replace(/www(?=\.)/gi, `$&${BREAK}`)
    .replace(/@/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bgh-(?=\d)/gi, `$&${BREAK}`)
    .replace(PUNCTUATION, '\\$&');
}

/** Escapes what makes a line an item of a list, or a horizontal rule. */
function escapeListMarker(line: string): string {
  return line.replace(/^[-+](?=[- ]|$)/, '\\$&').replace(/^(\d+)([.)])(?= |$)/, '$1\\$2');
}

/** Two dollar signs may enclose a formula. GitHub's documentation tells to escape them by an element. */
function escapeMath(line: string): string {
  return line.indexOf('$') === line.lastIndexOf('$') ? line : line.replaceAll('$', '<span>$</span>');
}
