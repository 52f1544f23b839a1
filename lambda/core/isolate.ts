/** Isolates the places for which a call fails, so that one bad place does not affect the others. */

/** The items of one place for which the work failed. */
export interface Isolated<T> {
  readonly items: readonly T[];
  readonly error: unknown;
}

export interface Isolating<T> {
  /** Returns the place of an item. A place is the smallest unit that an error is reported for. */
  readonly placeOf: (item: T) => string | undefined;
  readonly work: (items: readonly T[]) => Promise<void>;
  /** Whether an error does not depend on a place, so that smaller calls would fail with it, too. */
  readonly isAboutAll?: (error: unknown) => boolean;
}

/**
 * Does the work for all items at once. On an error it tries halves, until the error is narrowed down to single places.
 *
 * @returns the items of those places, each with its error
 */
export async function isolate<T>(items: readonly T[], isolating: Isolating<T>): Promise<Array<Isolated<T>>> {
  const { placeOf, work, isAboutAll } = isolating;
  try {
    await work(items);
    return [];
  } catch (error) {
    const places = [...new Set(items.map(placeOf))];
    if (places.length === 1 || isAboutAll?.(error)) return [{ items, error }];
    const half = new Set(places.slice(0, Math.ceil(places.length / 2)));
    const halves = [items.filter(item => half.has(placeOf(item))), items.filter(item => !half.has(placeOf(item)))];
    return (await Promise.all(halves.map(each => isolate(each, isolating)))).flat();
  }
}
