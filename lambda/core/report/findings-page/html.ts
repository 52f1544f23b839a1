/**
 * HTML in which everything that is put into a template is text, unless it is HTML itself.
 *
 * Names, descriptions, tags and messages are written by people, some of whom are not to be trusted with a page of their
 * own.
 */

/** Text that is HTML already. */
export class Html {
  constructor(public readonly text: string) {}
}

export type Value = Html | string | number | undefined | readonly Value[];

/** A template: html`<td>${name}</td>`. Lists are joined, and what is undefined is left out. */
export function html(template: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(template.reduce((page, text, index) => `${page}${encode(values[index - 1])}${text}`));
}

/** For what was written in this folder, and for nothing else. */
export function raw(text: string): Html {
  return new Html(text);
}

function encode(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(encode).join('');
  return value === undefined ? '' : escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Control characters, halves of characters, and what turns the direction of the text around it: invisible, and able to
 * make a text look like another.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Longer than anything that AWS lets people write, a policy aside. */
const MOST_CHARACTERS = 1000;

function escape(text: string): string {
  const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return shown
    .replace(/\s+/g, ' ')
    .replace(UNPRINTABLE, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES[character]);
}
