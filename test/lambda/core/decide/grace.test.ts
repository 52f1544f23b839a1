/** Tests the wait of a stale rule. */
import * as fc from 'fast-check';
import { type Wait, waitOf } from '../../../../lambda/core/decide/grace';
import { notFound, seen } from '../../../../lambda/core/ledger/entry';
import type { LedgerEntry, StaleSight } from '../../../../lambda/core/model/ledger';
import type { Grace } from '../../../../src/contract/configuration';
import { aGrace, aGroup, aRule } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { aFlaggedFinding, aStaleFinding } from '../../../support/ledger-builders';

const NOW = new Date('2026-01-01T00:00:00Z');

const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** A rule that enough scheduled sweeps have found, first an hour ago and last now. */
function aSight(overrides: Partial<StaleSight> = {}): StaleSight {
  return {
    reason: 'OTHER', firstSeen: ago(31_536_000), lastSeen: ago(0),
    sightings: 3, countedSince: ago(3600), countedAt: ago(0), ...overrides,
  };
}

/** A wait of an hour, with three sightings at most half an hour apart. */
const GRACE: Grace = { seconds: 3600, sightings: 3, maxGapSeconds: 1800 };

/** No wait: one counted sighting is enough. */
const NO_LENGTH: Grace = { seconds: 0, sightings: 1, maxGapSeconds: 1800 };

const wait = (sight?: Partial<StaleSight>, grace: Partial<Grace> = {}): Wait =>
  waitOf(sight && aSight(sight), { ...GRACE, ...grace }, NOW);

const stateOf = (sight?: Partial<StaleSight>, grace: Partial<Grace> = {}): Wait['state'] => wait(sight, grace).state;

describe('a wait is over', () => {
  test('when it is long enough and was counted often enough, to the millisecond', () => {
    expect(wait({})).toEqual({ state: 'over', endsAt: NOW.getTime(), missing: 0 });
    expect(wait({ countedSince: ago(3599.999) })).toEqual({ state: 'waiting', endsAt: NOW.getTime() + 1, missing: 0 });
    expect(stateOf({ countedSince: ago(3600.001) })).toBe('over');
  });

  test.each([[0, 3], [1, 2], [2, 1]])(
    'never while it was counted %i times of 3, for however long', (sightings, missing) => {
      expect(wait({ sightings, countedSince: ago(31_536_000) }))
        .toEqual({ state: 'waiting', endsAt: NOW.getTime() - (31_536_000 - 3600) * 1000, missing });
    });

  test.each([3, 4, 1000])('when it was counted %i times of 3', sightings => {
    expect(wait({ sightings })).toEqual({ state: 'over', endsAt: NOW.getTime(), missing: 0 });
  });

  test('at once where it has no length', () => {
    expect(wait({ sightings: 1, countedSince: ago(0) }, NO_LENGTH))
      .toEqual({ state: 'over', endsAt: NOW.getTime(), missing: 0 });
  });

  test('never for the time in which runs that do not count found the rule', () => {
    const unseen = { sightings: 0, countedSince: undefined, countedAt: undefined };
    expect(wait(unseen)).toEqual({ state: 'waiting', endsAt: NOW.getTime() + 3_600_000, missing: 3 });
    expect(stateOf(unseen, NO_LENGTH)).toBe('waiting');
  });

  test('never for a rule that was never found stale', () => {
    expect(wait()).toEqual({ state: 'waiting', endsAt: NOW.getTime() + 3_600_000, missing: 3 });
    expect(waitOf(undefined, NO_LENGTH, NOW)).toEqual({ state: 'waiting', endsAt: NOW.getTime(), missing: 1 });
  });
});

describe('a doubt never ends a wait, even one of no length:', () => {
  test.each([0.001, 1, 86_400])('a first sighting that lies in the future: in %d seconds', seconds => {
    expect(stateOf({ countedSince: ago(-seconds) }, NO_LENGTH)).toBe('waiting');
    expect(wait({ countedSince: ago(-seconds) }).endsAt).toBe(NOW.getTime() + (seconds + 3600) * 1000);
  });

  test.each(['', 'yesterday', '2026-13-01T00:00:00Z', 'NaN'])('a first sighting at no time: "%s"', countedSince => {
    expect(stateOf({ countedSince }, NO_LENGTH)).toBe('waiting');
    expect(wait({ countedSince }).endsAt).toBe(NOW.getTime() + 3_600_000);
  });

  test.each([undefined, '', 'yesterday', '2026-13-01T00:00:00Z'])('a last sighting at no time: %p', countedAt => {
    expect(stateOf({ countedAt }, NO_LENGTH)).not.toBe('over');
    expect(stateOf({ countedAt })).not.toBe('over');
  });

  test('a number of sightings that is none', () => {
    expect(stateOf({ sightings: NaN })).toBe('waiting');
  });

  test('a clock that has no time', () => {
    expect(waitOf(aSight(), NO_LENGTH, new Date(NaN)).state).toBe('waiting');
  });
});

describe('a wait is broken', () => {
  test('when the last scheduled sweep that found the rule is longer ago than the gap, to the millisecond', () => {
    expect(stateOf({ countedAt: ago(1800) })).toBe('over');
    expect(stateOf({ countedAt: ago(1800.001) })).toBe('broken');
  });

  test('whoever else has found the rule since', () => {
    expect(stateOf({ countedAt: ago(1801), lastSeen: ago(0) })).toBe('broken');
  });

  test('however long it was and however often counted, and would begin anew', () => {
    expect(wait({ countedSince: ago(31_536_000), countedAt: ago(1801), sightings: 1000 }))
      .toEqual({ state: 'broken', endsAt: NOW.getTime() + 3_600_000, missing: 3 });
    expect(wait({ countedAt: ago(1801), sightings: 1 }))
      .toEqual({ state: 'broken', endsAt: NOW.getTime() + 3_600_000, missing: 3 });
  });

  test('though it has no length', () => {
    expect(wait({ countedAt: ago(1801) }, NO_LENGTH)).toEqual({ state: 'broken', endsAt: NOW.getTime(), missing: 1 });
  });

  test('never by a last sighting that lies a little in the future, as clocks differ', () => {
    expect(stateOf({ countedAt: ago(-60) })).toBe('over');
  });
});

test('a wait of the largest possible length has an end that is not a date, and is not over', () => {
  const { state, endsAt } = waitOf(aSight(), aGrace({ seconds: Number.MAX_SAFE_INTEGER, sightings: 1 }), NOW);
  expect([state, endsAt > NOW.getTime()]).toEqual(['waiting', true]);
});

const SECONDS = [0, 1, 59, 60, 61, 3599, 3600, 3601, 86_400];

const grace: fc.Arbitrary<Grace> = fc.record({
  seconds: fc.constantFrom(...SECONDS), sightings: fc.integer({ min: 1, max: 4 }),
  maxGapSeconds: fc.constantFrom(1, 60, 3600),
});

test('a wait is over exactly when it is long enough, counted often enough, and not broken', () => {
  const sight = fc.record({
    countedSince: fc.constantFrom(-1, ...SECONDS).map(ago), countedAt: fc.constantFrom(-1, ...SECONDS).map(ago),
    sightings: fc.integer({ min: 0, max: 5 }),
  });
  const counts = { over: 0, waiting: 0, broken: 0 };
  fc.assert(fc.property(sight, grace, (counted, asked) => {
    const { state, endsAt, missing } = waitOf(aSight(counted), asked, NOW);
    const secondsSince = (iso: string): number => (NOW.getTime() - new Date(iso).getTime()) / 1000;
    const isBroken = secondsSince(counted.countedAt) > asked.maxGapSeconds;
    const age = secondsSince(counted.countedSince);
    const isLongEnough = age >= Math.max(0, asked.seconds);
    const isOftenEnough = counted.sightings >= asked.sightings;
    expectEqual(state, isBroken ? 'broken' : isLongEnough && isOftenEnough ? 'over' : 'waiting');
    expectEqual(missing, isBroken ? asked.sightings : Math.max(0, asked.sightings - counted.sightings));
    expectEqual(endsAt, NOW.getTime() + (isBroken ? asked.seconds : asked.seconds - age) * 1000);
    counts[state]++;
  }), { numRuns: 5000 });
  expect(Math.min(counts.over, counts.waiting, counts.broken)).toBeGreaterThan(300);
});

test('a wait that is not broken ends once, and from then on is over until no sweep comes for too long', () => {
  fc.assert(fc.property(grace, fc.constantFrom(...SECONDS), fc.constantFrom(...SECONDS), (asked, age, later) => {
    const sight = aSight({ sightings: asked.sightings, countedSince: ago(age), countedAt: ago(0) });
    const { endsAt } = waitOf(sight, asked, NOW);
    const then = new Date(NOW.getTime() + later * 1000);
    const expected = later > asked.maxGapSeconds ? 'broken' : then.getTime() >= endsAt ? 'over' : 'waiting';
    expectEqual(waitOf(sight, asked, then).state, expected);
  }), { numRuns: 3000 });
});

/** The act of a run about one rule, and the time since the run before it. The minutes are typical of waits. */
interface Step {
  readonly minutes: number;
  /** Whether the run is a scheduled sweep. */
  readonly counts: boolean;
  /** What the run finds: a stale, healthy or modified rule, or nothing because it does not look. */
  readonly finds: 'stale' | 'healthy' | 'unread' | 'modified';
}

const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({
  minutes: fc.constantFrom(1, 5, 10, 10, 10, 29, 30, 31, 60),
  counts: fc.constantFrom(true, true, true, false),
  finds: fc.oneof(
    { weight: 8, arbitrary: fc.constant('stale' as const) },
    { weight: 3, arbitrary: fc.constantFrom('unread' as const, 'healthy' as const, 'modified' as const) },
  ),
}), { minLength: 1, maxLength: 25 });

test('whatever runs come, a wait is over exactly after enough scheduled sweeps in a row, over enough time', () => {
  const asked = fc.record({
    seconds: fc.constantFrom(0, 600, 1800, 3600), sightings: fc.integer({ min: 1, max: 4 }),
    maxGapSeconds: fc.constantFrom(600, 1800),
  });
  const counts = { over: 0, waiting: 0, broken: 0 };
  fc.assert(fc.property(steps, asked, (runs, { seconds, sightings, maxGapSeconds }) => {
    let now = NOW;
    let entry: LedgerEntry | undefined;
    let port = 1;
    /** The times at which scheduled sweeps found the rule, since it was last healthy or modified. */
    let row: number[] = [];
    for (const [index, { minutes, counts: isScheduled, finds }] of runs.entries()) {
      now = new Date(now.getTime() + minutes * 60_000);
      const writer = { id: `run-${index}`, startedAt: now, now };
      const counting = { counts: isScheduled, maxGapSeconds, looks: { stale: 'looked', flagged: 'looked' } } as const;
      if (finds === 'modified') port++;
      const rule = aRule({ fromPort: port, toPort: port });
      if (finds === 'healthy') {
        row = [];
        entry = entry && (notFound(entry, { rule, looks: counting.looks }, writer) ?? entry);
      } else if (finds === 'unread') {
        // The other check still holds the entry, so the known sightings stay.
        const looks = { stale: 'not-looked', flagged: 'looked' } as const;
        entry = seen(entry, aFlaggedFinding(rule), aGroup(), writer, { ...counting, looks });
      } else {
        entry = seen(entry, aStaleFinding(rule), aGroup(), writer, counting);
        if (finds === 'modified' || (isScheduled && now.getTime() - (row.at(-1) ?? 0) > maxGapSeconds * 1000)) row = [];
        if (isScheduled) row.push(now.getTime());
      }
      const age = now.getTime() - (row[0] ?? Infinity);
      const isBroken = row.length > 0 && now.getTime() - (row.at(-1) ?? 0) > maxGapSeconds * 1000;
      const isOver = row.length >= sightings && age >= seconds * 1000;
      const sight = entry?.state === 'OPEN' ? entry.stale : undefined;
      const { state } = waitOf(sight, { seconds, sightings, maxGapSeconds }, now);
      expectEqual(state, isBroken ? 'broken' : isOver ? 'over' : 'waiting');
      counts[state]++;
    }
  }), { numRuns: 2000 });
  expect(Math.min(counts.over, counts.waiting, counts.broken)).toBeGreaterThan(500);
});
