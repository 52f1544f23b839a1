/**
 * Makes texts harmless in a chat. Anyone can write names, tags and descriptions, and a chat turns parts of a text into
 * formatting, mentions and links. Slack and Microsoft Teams have no escape in common, so the characters that do this
 * become others that look like them.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text
 */
import { plain } from './wording';

const REPLACEMENTS: ReadonlyArray<readonly [active: RegExp, inert: string]> = [
  // Slack: <!channel>, <@U0123>, <#C0123>, <https://…|text>. Teams: <at>, and HTML.
  [/</g, '‹'],
  [/>/g, '›'],
  // A text that is unescaped on the way must not become one of them.
  [/&(?=#?\w+;)/g, '＆'],
  [/@/g, '＠'],
  // Slack links the names of channels.
  [/#(?=[\p{L}\p{N}_-])/gu, '＃'],
  [/`/g, '\''],
  [/\*/g, '∗'],
  [/~/g, '∼'],
  [/\\/g, '＼'],
  // Within a word it formats nothing.
  [/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '＿'],
  [/\](?=[([])/g, '] '],
  [/:\/\//g, '：//'],
  [/\bwww\./gi, 'www．'],
];

/** Returns the text in one line, in which nothing is formatting, a mention or a link. */
export function inert(text: string): string {
  return REPLACEMENTS.reduce((inerter, [active, by]) => inerter.replace(active, by), plain(text));
}

/** Returns the text as inline code, which shows it as it is and links no address in it. */
export function asCode(text: string): string {
  return `\`${inert(text).trim() || ' '}\``;
}
