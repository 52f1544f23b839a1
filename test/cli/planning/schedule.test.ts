import * as fc from 'fast-check';
import { openings, scheduledSweeps as planned, untilWindow } from '../../../cli/planning/schedule';

const scheduledSweeps = (...given: Parameters<typeof planned>): readonly Date[] => planned(...given).times;

const NOW = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const MOST = 100;
const NO_WAITS = { most: MOST, mostSightings: 0, shortestGap: Infinity };

test('with a schedule that is not a rate, the only sweep is the first one that may revoke', () => {
  expect(scheduledSweeps({ phase: NOW }, NOW, after(3600), NO_WAITS)).toEqual([after(3600)]);
  expect(scheduledSweeps({ phase: NOW }, NOW, after(-5), NO_WAITS)).toEqual([NOW]);
});

test('sweeps follow from the phase, and the last is the first at or after the end', () => {
  const phase = after(-100);
  expect(scheduledSweeps({ everySeconds: 900, phase }, NOW, after(1700), NO_WAITS)).toEqual([after(800), after(1700)]);
  expect(scheduledSweeps({ everySeconds: 900, phase }, NOW, after(1701), NO_WAITS))
    .toEqual([after(800), after(1700), after(2600)]);
});

test('without a hold, the only sweep is the next one, which is later than now', () => {
  expect(scheduledSweeps({ everySeconds: 900, phase: NOW }, NOW, NOW, NO_WAITS)).toEqual([after(900)]);
});

test('many sweeps are left out only in the middle, with no gap that ends a wait, and as many at the end as a wait needs', () => {
  fc.assert(fc.property(
    fc.integer({ min: 60, max: 3600 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 500 }),
    fc.integer({ min: 0, max: 2_592_000 }),
    (everySeconds, mostSightings, gaps, until) => {
      const shortestGap = gaps * everySeconds;
      const waits = { most: MOST, mostSightings, shortestGap };
      const sweeps = scheduledSweeps({ everySeconds, phase: NOW }, NOW, after(until), waits)
        .map(at => (at.getTime() - NOW.getTime()) / 1000);
      const count = Math.max(1, Math.ceil(until / everySeconds));
      expect(sweeps[0]).toBe(everySeconds);
      expect(sweeps.at(-1)).toBe(count * everySeconds);
      if (count <= MOST) expect(sweeps).toHaveLength(count);
      expect(planned({ everySeconds, phase: NOW }, NOW, after(until), waits).count).toBe(count);
      sweeps.slice(1).forEach((at, index) => expect(at - sweeps[index]).toBeLessThanOrEqual(shortestGap));
      const last = Math.min(count, mostSightings);
      expect(sweeps.slice(-mostSightings))
        .toEqual(Array.from({ length: last }, (_, index) => (count - last + index + 1) * everySeconds));
    },
  ), { numRuns: 300 });
});

describe('with a revocation window', () => {
  const EVERY = 3600;
  const window = { from: '02:30', to: '04:00', timeZone: 'Europe/Berlin' };
  const at = (iso: string): Date => new Date(iso);

  test('there is also a sweep whenever it opens, which may be the last', () => {
    // Half past two in Berlin is half past one in UTC.
    const sweeps = scheduledSweeps({ everySeconds: EVERY, phase: NOW, window }, NOW, at('2026-01-01T01:10:00Z'), NO_WAITS);
    expect(sweeps).toEqual([at('2026-01-01T01:00:00Z'), at('2026-01-01T01:30:00Z')]);
  });

  test('a time that the clock skips has no sweep of its own, and the window opens when the clock goes on', () => {
    const skipped = [at('2026-03-28T12:00:00Z'), at('2026-03-29T12:00:00Z')] as const;
    expect(openings({ window }, ...skipped)).toEqual([]);
    expect(openings({ window }, at('2026-03-27T12:00:00Z'), at('2026-03-31T12:00:00Z')))
      .toEqual([at('2026-03-28T01:30:00Z'), at('2026-03-30T00:30:00Z'), at('2026-03-31T00:30:00Z')]);
  });

  test('a sweep that comes after the window has closed again is not the first within it', () => {
    const schedule = { everySeconds: 86_400, phase: NOW, window };
    // The next sweep of the schedule is at midnight, and the one at the opening comes sooner than the next within it.
    expect(untilWindow(schedule, NOW, at('2026-01-01T02:00:00Z'))).toEqual(at('2026-01-02T01:30:00Z'));
    const within = { ...schedule, phase: at('2025-12-31T02:00:00Z') };
    expect(untilWindow(within, NOW, at('2026-01-01T01:45:00Z'))).toEqual(at('2026-01-01T02:00:00Z'));
  });

  test('with a schedule that is not a rate, the sweep is looked for from the opening on', () => {
    expect(untilWindow({ phase: NOW, window }, NOW, NOW)).toEqual(at('2026-01-01T01:30:00Z'));
    expect(untilWindow({ phase: NOW, window }, NOW, at('2026-01-01T02:00:00Z'))).toEqual(at('2026-01-01T02:00:00Z'));
    expect(untilWindow({ phase: NOW }, NOW, NOW)).toEqual(NOW);
  });
});

test('the first sweep after an end that matters is never left out', () => {
  const ends = [after(1234 * 60 + 1), after(777 * 60)];
  const times = scheduledSweeps({ everySeconds: 60, phase: NOW }, NOW, after(3000 * 60), { ...NO_WAITS, ends });
  expect(times.length).toBeLessThan(MOST);
  expect(times).toEqual(expect.arrayContaining([after(1235 * 60), after(777 * 60)]));
});
