/**
 * Sets of whole numbers, such as addresses, as sorted ranges that neither overlap nor touch. A range ends before its
 * `end`, so that no function has to add or subtract, and the same code serves numbers and bigints.
 */
export interface Range<T extends number | bigint> {
  readonly first: T;
  readonly end: T;
}

export type Ranges<T extends number | bigint> = ReadonlyArray<Range<T>>;

/** Returns the set of the numbers in any of the ranges, which may be in any order and overlap. */
export function union<T extends number | bigint>(ranges: Ranges<T>): Ranges<T> {
  if (ranges.length < 2) return ranges;
  const merged: Array<{ first: T; end: T }> = [];
  for (const { first, end } of [...ranges].sort((a, b) => a.first < b.first ? -1 : Number(a.first > b.first))) {
    const last = merged.at(-1);
    if (last === undefined || last.end < first) {
      merged.push({ first, end });
    } else if (last.end < end) {
      last.end = end;
    }
  }
  return merged;
}

export function intersection<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  const common: Array<Range<T>> = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const first = a[i].first > b[j].first ? a[i].first : b[j].first;
    const end = a[i].end < b[j].end ? a[i].end : b[j].end;
    if (first < end) common.push({ first, end });
    if (a[i].end === end) i++; else j++;
  }
  return common;
}

/** Returns the numbers of the first set that are not in the second. */
export function difference<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  const rest: Array<Range<T>> = [];
  let next = 0;
  for (const range of a) {
    while (next < b.length && b[next].end <= range.first) next++;
    let { first } = range;
    for (let i = next; i < b.length && b[i].first < range.end; i++) {
      if (first < b[i].first) rest.push({ first, end: b[i].first });
      first = b[i].end;
    }
    if (first < range.end) rest.push({ first, end: range.end });
  }
  return rest;
}

export function overlap<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): boolean {
  return a.some(one => b.some(other => one.first < other.end && other.first < one.end));
}

/** Whether the first set contains the second one. An empty set is in every set. */
export function containsRanges<T extends number | bigint>(outer: Ranges<T>, inner: Ranges<T>): boolean {
  return inner.every(one => outer.some(other => other.first <= one.first && one.end <= other.end));
}
