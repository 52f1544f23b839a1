/** Tests how often each declaration was found to flag a rule, on which its own wait depends. */
import * as fc from 'fast-check';
import { maxGapsOf, sightOf } from '../../../../lambda/core/decide/flagged';
import { waitOf } from '../../../../lambda/core/decide/grace';
import { seen } from '../../../../lambda/core/ledger/entry';
import type { FoundRule } from '../../../../lambda/core/model/finding';
import type { DeclarationSight, LedgerEntry } from '../../../../lambda/core/model/ledger';
import { aFlaggedIngressRule, aFlaggedRule, aGrace, aGroup, aRule } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { after, aWriter, iso } from '../../../support/ledger-builders';

const HOUR = { maxGapSeconds: 3600 };
const LOOKED = { stale: 'looked', flagged: 'looked' } as const;
const NOT_LOOKED = { stale: 'looked', flagged: 'not-looked' } as const;
const GAPS = new Map([['a', HOUR.maxGapSeconds], ['b', 2 * HOUR.maxGapSeconds]]);
const SCHEDULED = { counts: true, looks: LOOKED, maxGapSeconds: Infinity, flaggedGaps: GAPS };

/** A finding of declarations, which are given by their digests. Their names follow from their order. */
function flaggedBy(ids: readonly string[], overrides: Partial<NonNullable<FoundRule['flagged']>> = {}): FoundRule {
  const rule = overrides.rule ?? aRule();
  const declarations = ids.map((id, index) => ({ id, name: `flaggedIngressRules[${index}]` }));
  return { groupId: rule.groupId, rule, flagged: aFlaggedRule({ rule, declarations, ...overrides }) };
}

const STALE: FoundRule = {
  groupId: 'sg-1', rule: aRule(),
  stale: {
    direction: 'ingress', vpcId: 'vpc-1', groupId: 'sg-1', groupName: 'web', reason: 'OTHER', rule: aRule(),
    permission: { ipProtocol: 'tcp', reference: { groupId: 'sg-gone' } },
  },
};

const sightings = (entry: LedgerEntry | undefined): Record<string, number | undefined> =>
  Object.fromEntries(entry?.flagged?.declarations.map(each => [each.id, each.sightings]) ?? []);

/** Returns the entry after scheduled sweeps at these minutes. */
function sweptAt(minutes: readonly number[], ids: readonly string[] = ['a', 'b'], entry?: LedgerEntry): LedgerEntry {
  const last = minutes.reduce<LedgerEntry | undefined>((current, minute) =>
    seen(current, flaggedBy(ids), aGroup(), aWriter(minute), SCHEDULED) ?? current, entry);
  return last ?? fail();
}

const fail = (): never => {
  throw new Error('There is no entry');
};

describe('each declaration has a count of its own', () => {
  test('which each scheduled sweep adds to, from its first one on', () => {
    expect(sweptAt([0, 30, 60]).flagged?.declarations).toEqual(['a', 'b'].map((id, index) => ({
      id, name: `flaggedIngressRules[${index}]`, sightings: 3, countedSince: iso(1), countedAt: iso(61),
    })));
  });

  test('which remembers the longest gap while no wait is declared, so that a wait does not go back beyond it', () => {
    const none = new Map<string, number>();
    const sweep = (entry: LedgerEntry | undefined, minute: number, flaggedGaps = none): LedgerEntry =>
      seen(entry, flaggedBy(['a']), aGroup(), aWriter(minute), { ...SCHEDULED, flaggedGaps }) ?? fail();
    const sweeps = (...minutes: number[]): LedgerEntry =>
      minutes.reduce((entry, minute) => sweep(entry, minute), sweep(undefined, 0));
    const reported = sweeps(30, 600, 630);
    const grace = aGrace({ seconds: 60, sightings: 2, maxGapSeconds: HOUR.maxGapSeconds });
    const stateAt = (entry: LedgerEntry, minute: number): string =>
      waitOf(sightOf('a', entry.flagged), grace, after(minute)).state;
    expect(sightings(reported)).toEqual({ a: 4 });
    expect(stateAt(reported, 640)).toBe('broken');
    const again = sweep(reported, 660, GAPS);
    expect([sightings(again), stateAt(again, 661)]).toEqual([{ a: 1 }, 'waiting']);
    expect(stateAt(sweeps(30, 60, 90), 100)).toBe('over');
  });

  test('which starts later for a declaration that is added later', () => {
    expect(sightings(sweptAt([60], ['a', 'b'], sweptAt([0, 30], ['a'])))).toEqual({ a: 3, b: 1 });
  });

  test('which follows it when another is put before it, whatever its name is then', () => {
    const entry = sweptAt([60], ['c', 'a', 'b'], sweptAt([0, 30]));
    expect(entry.flagged?.declarations).toMatchObject([
      { id: 'c', name: 'flaggedIngressRules[0]', sightings: 1 }, { id: 'a', name: 'flaggedIngressRules[1]', sightings: 3 },
      { id: 'b', name: 'flaggedIngressRules[2]', sightings: 3 },
    ]);
  });

  test('which it loses when it no longer flags the rule', () => {
    const without = sweptAt([60], ['a'], sweptAt([0, 30]));
    expect(sightings(without)).toEqual({ a: 3 });
    expect(sightings(sweptAt([90], ['a', 'b'], without))).toEqual({ a: 4, b: 1 });
  });

  test('which starts over after a gap that is too long for it, and for it alone', () => {
    expect(sightings(sweptAt([0, 30, 100]))).toEqual({ a: 1, b: 3 });
  });

  test('which goes on after any gap when the declaration has no wait', () => {
    const entry = sweptAt([0, 30], ['c']);
    expect(sightings(sweptAt([1e6], ['c'], entry))).toEqual({ c: 3 });
  });

  test('which starts over when the rule is modified', () => {
    const rule = aRule({ toPort: 23 });
    const next = seen(sweptAt([0, 30]), flaggedBy(['a'], { rule }), aGroup(), aWriter(60), SCHEDULED);
    expect(sightings(next)).toEqual({ a: 1 });
  });

  test('which starts over when a run finds the rule modified that could not look for flagged rules', () => {
    const rule = aRule({ toPort: 23 });
    const next = seen(sweptAt([0, 30]), { ...STALE, rule }, aGroup(), aWriter(60), { ...SCHEDULED, looks: NOT_LOOKED });
    expect(sightings(next)).toEqual({ a: 0, b: 0 });
    expect(next?.flagged?.declarations[0]).not.toMatchObject({ countedSince: expect.anything() });
  });

  test('which stays as it is when a run could not look', () => {
    const entry = sweptAt([0, 30]);
    const next = seen(entry, STALE, aGroup(), aWriter(60), { ...SCHEDULED, looks: NOT_LOOKED });
    expect(next?.flagged).toEqual(entry.flagged);
  });

  test('which stays as it is when a sweep cannot prove that the declaration flags the rule', () => {
    const undecided = flaggedBy(['a', 'b'], { verdict: 'undecided' });
    const next = seen(sweptAt([0, 30]), undecided, aGroup(), aWriter(60), SCHEDULED);
    expect(sightings(next)).toEqual({ a: 2, b: 2 });
    expect(next?.flagged?.declarations[0]).toMatchObject({ countedAt: iso(31) });
  });

  test('which runs other than scheduled sweeps leave as it is', () => {
    const next = seen(sweptAt([0, 30]), flaggedBy(['a', 'b']), aGroup(), aWriter(60), { ...SCHEDULED, counts: false });
    expect(sightings(next)).toEqual({ a: 2, b: 2 });
  });

  test('which an event of the schedule that is delivered twice adds to once', () => {
    const entry = [60, 90].reduce<LedgerEntry | undefined>((current, minute) =>
      seen(current, flaggedBy(['a']), aGroup(), aWriter(minute), { ...SCHEDULED, scheduledTime: iso(60) }), undefined);
    expect(sightings(entry)).toEqual({ a: 1 });
  });

  test('which two sweeps at once add to once', () => {
    const first = seen(sweptAt([0]), flaggedBy(['a']), aGroup(), aWriter(60, { id: 'x', now: 64 }), SCHEDULED);
    const second = seen(first, flaggedBy(['a']), aGroup(), aWriter(62, { id: 'y', now: 66 }), SCHEDULED);
    expect(sightings(second)).toEqual({ a: 2 });
  });

  test('which entries of earlier versions begin at 1', () => {
    const { flagged, ...entry } = sweptAt([0]);
    const old = { ...entry, flagged: flagged && { ...flagged, declarations: [{ name: 'flaggedIngressRules[0]' }] } };
    expect(sightings(sweptAt([30], ['a'], old))).toEqual({ a: 1 });
  });
});

test('the shortest gap applies to declarations that differ in their action only', () => {
  const declared = [3600, 60, 7200].map(maxGapSeconds =>
    aFlaggedIngressRule({ id: 'a', action: { kind: 'revoke', grace: aGrace({ maxGapSeconds }) } }));
  expect(maxGapsOf([...declared, aFlaggedIngressRule({ id: 'b' })])).toEqual(new Map([['a', 60]]));
});

describe('laws', () => {
  const GRACE = aGrace({ seconds: 3 * 3600, sightings: 3, maxGapSeconds: 3600 });

  interface Look {
    readonly minutes: number;
    /** Whether the declaration flags the rule; `not-looked` if the run could not look. */
    readonly found: 'flagged' | 'undecided' | 'not' | 'not-looked';
    readonly isScheduled: boolean;
    readonly isModified: boolean;
    readonly skew: number;
    /** Declarations that stand before it. */
    readonly others: number;
  }

  const aLook: fc.Arbitrary<Look> = fc.record({
    minutes: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 50 }) }, { weight: 1, arbitrary: fc.nat(300) }),
    found: fc.oneof(
      { weight: 12, arbitrary: fc.constant('flagged' as const) },
      { weight: 1, arbitrary: fc.constantFrom('undecided' as const, 'not' as const, 'not-looked' as const) },
    ),
    isScheduled: fc.constantFrom(true, true, true, false),
    isModified: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, fc.constant(true)),
    skew: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, fc.constant(10_000)),
    others: fc.nat(3),
  });

  interface After {
    readonly at: number;
    readonly sight: DeclarationSight | undefined;
  }

  /** @param isAlone whether the declaration is the only one */
  function play(looks: readonly Look[], isAlone = false): After[] {
    let [at, port] = [0, 22];
    let entry: LedgerEntry | undefined;
    return looks.map(({ minutes, found, isScheduled: counts, isModified, skew, others }, index) => {
      at += minutes;
      port += Number(isModified);
      const rule = aRule({ toPort: port });
      const before = isAlone ? [] : Array.from({ length: others }, (_, each) => `other-${each}`);
      const ids = [...before, ...found === 'not' ? ['last'] : ['a']];
      const finding = found === 'not-looked' ? { ...STALE, rule }
        : flaggedBy(ids, { rule, verdict: found === 'undecided' ? 'undecided' : 'flagged' });
      entry = seen(entry, finding, aGroup(), aWriter(at + skew, { id: `sweep-${index}` }), {
        ...SCHEDULED, counts, looks: found === 'not-looked' ? NOT_LOOKED : LOOKED,
      }) ?? entry;
      return { at: at + 1, sight: sightOf('a', entry?.flagged) };
    });
  }

  const histories = fc.array(aLook, { minLength: 5, maxLength: 40, size: 'max' });

  test('a wait is never over before sweeps have found the rule for as long, and as often, as it says', () => {
    let over = 0;
    fc.assert(fc.property(histories, looks => {
      play(looks).forEach(({ at, sight }, index) => {
        if (waitOf(sight, GRACE, after(at)).state !== 'over') return;
        over += 1;
        // Scheduled sweeps with a right clock that found the rule, back to the first break.
        let [first, count, next, minute] = [at, 0, at, at - 1];
        for (let each = index; each >= 0; each--) {
          const { found, isScheduled, isModified, minutes, skew } = looks[each];
          if (found === 'not') break;
          if (isScheduled && found === 'flagged') {
            if (next - (minute + 1) > 61) break;
            count += 1;
            next = minute + 1;
            first = skew === 0 ? next : first;
          }
          if (isModified) break;
          minute -= minutes;
        }
        expectEqual([count >= GRACE.sightings, at - first >= 180], [true, true]);
      });
    }), { numRuns: 2000 });
    expect(over).toBeGreaterThan(1000);
  });

  test('declarations that stand before it change no count', () => {
    fc.assert(fc.property(histories, looks => {
      const counts = (steps: readonly After[]): unknown[] => steps.map(({ sight }) =>
        sight && [sight.sightings, sight.countedSince, sight.countedAt]);
      expectEqual(counts(play(looks)), counts(play(looks, true)));
    }), { numRuns: 1000 });
  });
});
