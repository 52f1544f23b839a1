import { inParallel, inPartsOf } from '../../../lambda/core/lists';

/** Work that a test ends item by item, in any order. */
class Work {
  readonly begun: string[] = [];
  underWay = 0;
  mostAtOnce = 0;
  private readonly ends = new Map<string, (error?: Error) => void>();

  readonly begin = async (item: string): Promise<void> => {
    this.begun.push(item);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.underWay);
    try {
      await new Promise<void>((resolve, reject) => this.ends.set(item, error => error ? reject(error) : resolve()));
    } finally {
      this.underWay--;
    }
  };

  async end(item: string, error?: Error): Promise<void> {
    const end = this.ends.get(item);
    if (end === undefined) throw new Error(`${item} has not begun`);
    end(error);
    await settle();
  }
}

/** Waits until nothing happens without a further event. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Watches whether a promise has settled. */
function watch(promise: Promise<void>): { state: 'under way' | 'done' | Error } {
  const watched: { state: 'under way' | 'done' | Error } = { state: 'under way' };
  promise.then(() => { watched.state = 'done'; }, (error: Error) => { watched.state = error; });
  return watched;
}

describe('inParallel', () => {
  test('works on as many items at a time as it is told, and on no more', async () => {
    const work = new Work();
    const all = watch(inParallel(2, ['a', 'b', 'c', 'd'], work.begin));
    await settle();
    expect(work.begun).toEqual(['a', 'b']);
    await work.end('b');
    expect(work.begun).toEqual(['a', 'b', 'c']);
    await work.end('a');
    await work.end('c');
    expect(all.state).toBe('under way');
    await work.end('d');
    expect(all.state).toBe('done');
    expect(work).toMatchObject({ begun: ['a', 'b', 'c', 'd'], mostAtOnce: 2, underWay: 0 });
  });

  test('begins each item once, with more items than places or fewer', async () => {
    for (const [count, length] of [[3, 10], [10, 3], [1, 4], [5, 5]]) {
      const begun: number[] = [];
      const items = Array.from({ length }, (_, index) => index);
      await inParallel(count, items, async item => { begun.push(item); });
      expect(begun).toEqual(items);
    }
  });

  test('leaves the list that it is given as it is', async () => {
    const items = ['a', 'b'];
    await inParallel(1, items, async () => undefined);
    expect(items).toEqual(['a', 'b']);
  });

  test('has nothing to do for an empty list', async () => {
    const work = new Work();
    await expect(inParallel(3, [], work.begin)).resolves.toBeUndefined();
    expect(work.begun).toEqual([]);
  });

  test('begins nothing once an item has failed, waits for those under way, and then throws what failed', async () => {
    const work = new Work();
    const all = watch(inParallel(2, ['a', 'b', 'c', 'd'], work.begin));
    await settle();
    await work.end('a', new Error('a failed'));
    expect(all.state).toBe('under way');
    await work.end('b');
    expect(all.state).toEqual(new Error('a failed'));
    expect(work.begun).toEqual(['a', 'b']);
  });

  test('throws the first of several failures', async () => {
    const work = new Work();
    const all = watch(inParallel(3, ['a', 'b', 'c'], work.begin));
    await settle();
    await work.end('c', new Error('c failed'));
    await work.end('a', new Error('a failed'));
    await work.end('b');
    expect(all.state).toEqual(new Error('c failed'));
  });

  test('takes work that fails before it waits for anything like any other', async () => {
    const begun: string[] = [];
    await expect(inParallel(1, ['a', 'b'], item => {
      begun.push(item);
      throw new Error(`${item} failed`);
    })).rejects.toThrow('a failed');
    expect(begun).toEqual(['a']);
  });

  test('throws even a value that is not an error, and even undefined', async () => {
    await expect(inParallel(1, ['a'], () => Promise.reject(undefined as unknown as Error))).rejects.toBeUndefined();
  });
});

test('inPartsOf cuts a list into parts of a size, the last of them smaller, and none for an empty list', () => {
  expect(inPartsOf(2, ['a', 'b', 'c', 'd', 'e'])).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect(inPartsOf(2, ['a', 'b'])).toEqual([['a', 'b']]);
  expect(inPartsOf(2, [])).toEqual([]);
});
