/** Decides how wide the columns of a table are. */
import type { Column } from './document';
import { share, sum } from './share';

/** The number of spaces between two columns. */
export const GAP = 2;

/** A column of sentences is no narrower, unless its texts are. An id and the name of a declaration fit. */
const LEAST_PROSE = 22;

/** An id that is wider may be broken, so that one very long name does not change the layout of the whole table. */
const LONGEST_ID = 40;

/**
 * Returns the widths with which a table fits, or undefined if its columns do not fit side by side.
 *
 * @param wanted the widths of the columns without any wrapping
 */
export function fit(
  columns: readonly Column[], wanted: readonly number[], width: number,
): readonly number[] | undefined {
  const room = width - GAP * (columns.length - 1);
  const prose = columns.map(({ isProse }, index) => isProse ? wanted[index] : 0);
  const whole = columns.map(({ isProse }, index) => isProse ? 0 : wanted[index]);
  const broken = whole.map(each => Math.min(each, LONGEST_ID));
  const leastProse = sum(prose.map(each => Math.min(each, LEAST_PROSE)));
  const ids = [whole, broken].find(each => sum(each) + leastProse <= room);
  if (ids === undefined) return undefined;
  const shares = share(prose, room - sum(ids));
  return columns.map(({ isProse }, index) => isProse ? shares[index] : ids[index]);
}
