/** One bad part costs itself alone. */

/** Items for which something could not be done, all of one place. */
export interface Isolated<T> {
  readonly items: readonly T[];
  readonly error: unknown;
}

export interface Isolating<T> {
  /** Where an item is. A place is the smallest part that an error is told for. */
  readonly placeOf: (item: T) => string | undefined;
  readonly work: (items: readonly T[]) => Promise<void>;
  /** Whether an error says nothing about any place, so that smaller calls would meet it, too. */
  readonly isAboutAll?: (error: unknown) => boolean;
}

/**
 * Does something for several items in one go; on an error in halves, until it is known which place the error strikes.
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
