import { plain } from '../../lambda/core/report/wording';

/** Returns the text in one line, with single spaces, so that no text looks like several lines or columns. */
export function oneLine(text: string): string {
  return plain(text).replace(/\s+/g, ' ').trim();
}
