import type { Document } from './document';

/**
 * The characters that a terminal may obey, or that some readers of JSON take for line ends. JSON.stringify escapes the
 * other control characters and lone surrogates.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function jsonText({ data }: Document): string {
  // Outside of strings, JSON has only ASCII characters.
  const json: string = JSON.stringify(data, null, 2) ?? 'null';
  return `${json.replace(UNSAFE, escaped)}\n`;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
