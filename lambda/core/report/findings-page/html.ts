/**
 * HTML templates that escape every value, unless it is HTML itself.
 *
 * Other people write names, descriptions, tags and messages, so these are not trusted.
 */

/** A text that is already HTML. */
export class Html {
  constructor(public readonly text: string) {}
}

export type Value = Html | string | number | undefined | readonly Value[];

/** Fills a template: html`<td>${name}</td>`. Lists are joined, and undefined values are left out. */
export function html(template: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(template.reduce((page, text, index) => `${page}${encode(values[index - 1])}${text}`));
}

/** Marks a text as HTML. Use it only for texts from this folder. */
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
 * Control characters, lone surrogates and bidirectional formatting characters. They are invisible, and can make one
 * text look like another.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Longer than anything that people can enter in AWS, except for policies. */
const MOST_CHARACTERS = 1000;

function escape(text: string): string {
  const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return shown
    .replace(/\s+/g, ' ')
    .replace(UNPRINTABLE, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES[character]);
}
