import type { Tone } from './document';

export type Look = Tone | 'title';

/** Adds the escape sequences of a look to a text. */
export type Paint = (text: string, look: Look | undefined) => string;

/** Parameters of the escape sequence SGR: bold, red, yellow, green and dim. */
const CODES: Readonly<Record<Look, number>> = { title: 1, bad: 31, warn: 33, good: 32, quiet: 2 };

export const colored: Paint = (text, look) =>
  look === undefined || text === '' ? text : `\u001b[${CODES[look]}m${text}\u001b[0m`;

export const uncolored: Paint = text => text;
