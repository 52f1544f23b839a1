import * as fc from 'fast-check';
import { scheduledSweeps as planned } from '../../../cli/planning/schedule';

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
