/** Tests the forecast of what will be revoked, and when, if nothing changes. */
import * as fc from 'fast-check';
import { forecast, type ForecastContext, latestOf } from '../../../../lambda/core/decide/forecast';
import { KEEP_REASONS, type KeepReason } from '../../../../lambda/core/decide/reasons';
import type { LedgerEntry, StaleSight } from '../../../../lambda/core/model/ledger';
import type { Forecast } from '../../../../lambda/core/model/result';
import { aGrace, anEntry } from '../../../support/builders';

const NOW = new Date('2026-01-01T12:00:00Z');

const GRACE = aGrace({ seconds: 7 * 86_400, sightings: 2, maxGapSeconds: 86_400 });

const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();
const days = (count: number): number => count * 86_400;

/**
 * A rule within its grace. Scheduled sweeps have found it stale for the given number of seconds, most recently just
 * now.
 */
function waiting(seconds: number, sight: Partial<StaleSight> = {}): LedgerEntry {
  const [firstSeen, lastSeen] = ['2025-01-01T00:00:00.000Z', ago(0)];
  const counted = { sightings: 2, countedSince: ago(seconds), countedAt: lastSeen };
  return anEntry({ keepReason: 'WITHIN_GRACE', stale: { reason: 'OTHER', firstSeen, lastSeen, ...counted, ...sight } });
}

const foretold = (entries: readonly LedgerEntry[], context: Partial<ForecastContext> = {}): Forecast =>
  forecast(entries, { grace: GRACE, limit: 20, now: NOW, ...context });

test('nothing is forecast for an empty ledger, and the limit is included', () => {
  expect(foretold([])).toEqual({ from: NOW.toISOString(), due: 0, graceEnds: [], limit: 20 });
  expect(foretold([], { limit: 0 }).limit).toBe(0);
});

describe('the time from which on something may be revoked', () => {
  test('is when it begins again', () => {
    expect(foretold([], { from: new Date('2026-01-01T13:00:00Z') }).from).toBe('2026-01-01T13:00:00.000Z');
  });

  test.each([new Date('2026-01-01T11:59:59Z'), undefined, new Date(NaN)])(
    'is now where that has passed, or is not known: %p', from => {
      expect(foretold([], { from }).from).toBe(NOW.toISOString());
    });
});

describe('the first sweep after that would revoke', () => {
  test('open rules that nothing of their own keeps', () => {
    const held = ['SETTLING', 'PAUSED', 'CONFIGURATION_CHANGING', 'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED'];
    const due = [undefined, ...held, 'OVER_LIMIT', 'LIMIT_USED', 'STACK_IN_PROGRESS'];
    expect(foretold(due.map(keepReason => anEntry({ keepReason })))).toMatchObject({ due: due.length, graceEnds: [] });
  });

  test('more than the limit, if that many are due; the words say that none is revoked then', () => {
    expect(foretold(Array.from({ length: 30 }, () => anEntry()), { limit: 20 })).toMatchObject({ due: 30, limit: 20 });
  });

  const KEPT = (Object.keys(KEEP_REASONS) as KeepReason[])
    .filter(reason => !['held', 'limit', 'not-yet'].includes(KEEP_REASONS[reason].kind));

  test.each([...KEPT, 'A_LATER_REASON'])('none that is kept for %s', keepReason => {
    expect(foretold([anEntry({ keepReason })])).toMatchObject({ due: 0, graceEnds: [] });
  });

  test.each(['PENDING', 'REVOKED', 'HEALED', 'RESTORED'] as const)('none that is %s', state => {
    expect(foretold([anEntry({ state }), { ...waiting(0), state }])).toMatchObject({ due: 0, graceEnds: [] });
  });

  test('rules whose grace has ended by then, to the millisecond', () => {
    const from = new Date('2026-01-01T13:00:00Z');
    const left = (seconds: number): LedgerEntry => waiting(days(7) - seconds);
    const day = '2026-01-01';
    const entries = [left(0), left(3600), left(3600.001)];
    expect(foretold(entries, { from })).toMatchObject({ due: 2, graceEnds: [{ day, count: 1 }] });
    expect(foretold(entries)).toMatchObject({ due: 1, graceEnds: [{ day, count: 2 }] });
  });

  test('no rule that more than one further sweep has to find, which counts as one that does', () => {
    expect(foretold([waiting(days(8), { sightings: 1 })]).due).toBe(1);
    expect(foretold([waiting(days(8), { sightings: 0, countedSince: undefined, countedAt: undefined })]).due).toBe(0);
    expect(foretold([waiting(days(8), { sightings: 1 })], { grace: { ...GRACE, sightings: 3 } }).due).toBe(0);
  });
});

test('items that cannot be read count: each may be of a rule that is due', () => {
  expect(foretold([anEntry()], { unreadable: 2 }).due).toBe(3);
});

describe('the grace of others ends', () => {
  test('on days of UTC, the first of them first, each with the number of its rules', () => {
    const entries = [0, 2, 2, 1, 0].map(past => waiting(days(past)));
    expect(foretold(entries)).toMatchObject({
      due: 0,
      graceEnds: [{ day: '2026-01-06', count: 2 }, { day: '2026-01-07', count: 1 }, { day: '2026-01-08', count: 2 }],
    });
  });

  test('only once as many sweeps have found it as have to, where it is known how often they come', () => {
    const grace = { ...GRACE, sightings: 10 };
    const entries = [waiting(days(8), { sightings: 2 })];
    const daily = { grace, scheduleSeconds: days(1) };
    // Sweeps run for seven more days, and the next one revokes the rule.
    expect(foretold(entries, daily)).toMatchObject({ due: 0, graceEnds: [{ day: '2026-01-08', count: 1 }] });
    expect(foretold(entries, { grace }).graceEnds).toEqual([{ day: '2026-01-01', count: 1 }]);
    expect(foretold([waiting(days(8), { sightings: 9 })], daily)).toMatchObject({ due: 1, graceEnds: [] });
  });

  test('on the day on which midnight begins', () => {
    const midnight = waiting(days(6) - 43_200);
    expect(foretold([midnight]).graceEnds).toEqual([{ day: '2026-01-03', count: 1 }]);
    expect(foretold([waiting(days(6) - 43_200 + 0.001)]).graceEnds).toEqual([{ day: '2026-01-02', count: 1 }]);
  });

  test('in the order of time also where the year changes', () => {
    const [now, grace] = [new Date('2025-12-30T12:00:00Z'), aGrace({ seconds: days(2) })];
    const at = (countedSince: string): LedgerEntry => waiting(0, { countedSince, countedAt: countedSince });
    expect(forecast([at('2025-12-30T00:00:00Z'), at('2025-12-29T00:00:00Z')], { now, grace, limit: 20 }).graceEnds)
      .toEqual([{ day: '2025-12-31', count: 1 }, { day: '2026-01-01', count: 1 }]);
  });

  test('a whole grace from now for what was found by no scheduled sweep yet, or by none for too long', () => {
    const uncounted = waiting(0, { sightings: 0, countedSince: undefined, countedAt: undefined });
    const broken = waiting(days(100), { sightings: 50, countedAt: ago(86_401) });
    expect(foretold([uncounted, broken])).toMatchObject({ due: 0, graceEnds: [{ day: '2026-01-08', count: 2 }] });
  });

  test('never, where it is longer than any date', () => {
    const grace = aGrace({ seconds: Number.MAX_SAFE_INTEGER });
    expect(foretold([waiting(0)], { grace })).toMatchObject({ due: 0, graceEnds: [] });
  });

  test('at a time that is not known, where there is none any more: nothing is said of it', () => {
    expect(foretold([waiting(days(100))], { grace: undefined })).toMatchObject({ due: 0, graceEnds: [] });
  });
});

test('each rule that is due, or whose grace ends, is foretold once; the later it begins, the more are due then', () => {
  const entry = fc.oneof(
    fc.constantFrom(undefined, 'SETTLING', 'PAUSED').map(keepReason => anEntry({ keepReason })),
    fc.integer({ min: 0, max: 10 * 86_400 }).map(seconds => waiting(seconds)),
  );
  fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), fc.nat(10), fc.nat(10), (entries, early, delay) => {
    const [sooner, later] = [early, early + delay].map(past =>
      foretold(entries, { from: new Date(NOW.getTime() + days(past) * 1000) }));
    for (const { due, graceEnds } of [sooner, later]) {
      expect(due + graceEnds.reduce((total, { count }) => total + count, 0)).toBe(entries.length);
      expect(graceEnds.map(({ day }) => day)).toEqual([...new Set(graceEnds.map(({ day }) => day))].sort());
    }
    expect(later.due).toBeGreaterThanOrEqual(sooner.due);
  }), { numRuns: 500 });
});

describe('the latest of some moments', () => {
  test('is the latest of the known ones, in any order and time zone', () => {
    const [early, late] = ['2026-01-01T10:00:00Z', '2026-01-01T10:30:00+00:00'];
    for (const moments of [[early, late], [late, early], [undefined, late, 'an unknown time', early]]) {
      expect(latestOf(...moments)).toEqual(new Date(late));
    }
    expect(latestOf('2026-01-01T12:00:00+05:00', early)).toEqual(new Date(early));
  });

  test('is undefined if none is known', () => {
    expect(latestOf()).toBeUndefined();
    expect(latestOf(undefined, 'an unknown time')).toBeUndefined();
  });
});
