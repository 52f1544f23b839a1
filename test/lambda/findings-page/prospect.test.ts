/** What will happen to a finding and when, in words, and what comes first. */
import { inOrder, prospect } from '../../../lambda/findings-page/prospect';
import { timeFormat } from '../../../lambda/findings-page/time';
import type { LedgerEntry, SweepEntry } from '../../../lambda/ports';
import { KEPT } from '../../../lambda/report/wording';
import { aGrace, anEntry, aRule } from '../../support/builders';
import { aSweepEntry, NOW } from '../../support/findings';

const sentence = (entry: Partial<LedgerEntry>, sweep?: Partial<SweepEntry>, offset = '+00:00'): string =>
  prospect(anEntry(entry), { sweep: sweep && aSweepEntry(sweep), now: NOW, time: timeFormat(offset) }).sentence;

const outcome = (name: string, detail?: string): Partial<LedgerEntry> => ({ outcome: { name, sweepId: 'sweep-before', at: '2026-01-01T00:00:00.000Z', detail } });

describe('a finding that nothing keeps', () => {
  test('is revoked by the next sweep', () => {
    expect(sentence({}, {})).toBe('Revoked by the next sweep');
    expect(sentence({})).toBe('Revoked by the next sweep');
  });

  test('is withheld when the latest sweep had more than it may revoke', () => {
    const withheld = [{ reason: 'SKIPPED', count: 3, digest: 'd' }, { reason: 'OVER_LIMIT', count: 25, digest: 'd' }];
    expect(sentence({}, { withheld, maxRevocationsPerSweep: 20 })).toBe('Withheld: 25 rules are to be revoked and maxRevocationsPerSweep is 20; a person has to decide');
  });

  test('is withheld by a limit of none, and one rule is not many', () => {
    expect(sentence({}, { withheld: [{ reason: 'OVER_LIMIT', count: 1, digest: 'd' }], maxRevocationsPerSweep: 0 }))
      .toBe('Withheld: 1 rule is to be revoked and maxRevocationsPerSweep is 0; a person has to decide');
  });

  test('is withheld for the sake of rules that could not be looked at', () => {
    expect(sentence({}, { withheld: [{ reason: 'OVER_LIMIT', count: 15, digest: 'd' }], maxRevocationsPerSweep: 20 }))
      .toBe('Withheld: 15 rules are to be revoked, with those that could not be looked at more than maxRevocationsPerSweep, which is 20; a person has to decide');
  });

  test('is not withheld for what was skipped', () => {
    expect(sentence({}, { withheld: [{ reason: 'SKIPPED', count: 25, digest: 'd' }] })).toBe('Revoked by the next sweep');
  });

  test('is tried again after a failure, which is told', () => {
    expect(sentence(outcome('FAILED', 'EC2 refused'), {})).toBe('Revocation failed: EC2 refused; the next sweep tries again');
    expect(sentence(outcome('FAILED'), {})).toBe('Revocation failed: no reason is recorded; the next sweep tries again');
  });

  test.each(['SKIPPED', 'CHANGED_MEANWHILE'])('is tried again when the latest attempt ended as %s', name => {
    expect(sentence(outcome(name, 'time has run out'), {})).toBe('Not revoked by the latest attempt: time has run out; the next sweep tries again');
  });
});

test('a rule that is being revoked is checked by the next sweep', () => {
  expect(sentence({ state: 'PENDING', ...outcome('FAILED', 'EC2 refused') }, { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] }))
    .toBe('Being revoked; the next sweep checks');
});

describe('a rule within its grace', () => {
  const within = (entry: Partial<LedgerEntry>, sweep: Partial<SweepEntry> = {}, offset?: string): string =>
    sentence({ keepReason: 'WITHIN_GRACE', ...entry }, { grace: aGrace({ sightings: 5 }), ...sweep }, offset);

  test('is revoked by the first sweep after it', () => {
    expect(within({ sightings: 7 })).toBe('Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 7 times, 5 needed)');
    expect(within({ sightings: 1 }, { grace: aGrace({ sightings: 1 }) })).toMatch(/\(seen once, 1 needed\)$/);
  });

  test('is told in the time zone of the dashboard', () => {
    expect(within({ sightings: 7 }, {}, '+05:30')).toContain('after 2026-01-07 05:30 +05:30,');
  });

  test('has to be seen often enough, too', () => {
    expect(within({ sightings: 2 })).toBe('Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale and seen often enough (seen 2 of 5 needed times)');
  });

  test('has the sweep that revokes it counted', () => {
    expect(within({ sightings: 4 })).toBe('Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 4 of 5 needed times)');
  });

  test.each([
    [4, 'Revoked by the next sweep, if still stale (seen 4 of 5 needed times)'],
    [5, 'Revoked by the next sweep, if still stale (seen 5 times, 5 needed)'],
    [2, 'Revoked when 3 more sweeps have found it stale (seen 2 of 5 needed times)'],
  ])('has waited long enough and was seen %i times', (sightings, expected) => {
    expect(within({ firstSeen: '2025-12-20T00:00:00.000Z', sightings })).toBe(expected);
  });

  test('would be revoked, in a dry run', () => {
    expect(within({ sightings: 7 }, { dryRun: true }))
      .toBe('Would be revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 7 times, 5 needed); this is a dry run');
  });

  test('starts over when no sweep has found it for too long', () => {
    expect(within({ lastSeen: '2025-12-28T00:00:00.000Z' }, { startedAt: '2025-12-27T00:00:00.000Z' }))
      .toBe('Kept: no sweep has found it for too long, so its wait starts over with the next that does');
  });

  test('is kept, for all that is known, when the latest sweep has no grace', () => {
    expect(within({}, { grace: undefined })).toBe(`Kept: ${KEPT.WITHIN_GRACE}`);
  });
});

describe('a rule that is kept', () => {
  const others = Object.entries(KEPT).filter(([reason]) => !['DRY_RUN', 'WITHIN_GRACE', 'OVER_LIMIT'].includes(reason));

  test.each(others)('for %s says why', (keepReason, why) => {
    expect(sentence({ keepReason, ...outcome('FAILED', 'EC2 refused') }, { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] })).toBe(`Kept: ${why}`);
  });

  test('for a reason of another version says that', () => {
    expect(sentence({ keepReason: 'toString' }, {})).toBe('Kept: toString');
  });

  test('would be revoked, in a dry run', () => {
    expect(sentence({ keepReason: 'DRY_RUN' }, { dryRun: true })).toBe('Would be revoked; this is a dry run');
  });

  test('is kept when rules are not looked at any more', () => {
    expect(sentence({}, { looksAtRules: false })).toBe('Kept: rules are not looked at any more');
  });
});

test('a rule that the latest sweep did not see is told to be so', () => {
  expect(sentence({ lastSeen: '2025-12-31T23:00:00.000Z' }, {})).toBe('Revoked by the next sweep. The latest sweep did not see it');
  expect(sentence({ lastSeen: '2025-12-31T23:00:00.000Z', keepReason: 'EGRESS' }, {})).toBe('Kept: egress rules are never revoked. The latest sweep did not see it');
});

describe('the order', () => {
  const grace = aGrace();
  const ids = (entries: readonly LedgerEntry[], sweep: Partial<SweepEntry> = {}): string[] => {
    const context = { sweep: aSweepEntry({ grace, ...sweep }), now: NOW, time: timeFormat(undefined) };
    return inOrder(entries.map(entry => ({ entry, prospect: prospect(entry, context) }))).map(({ entry }) => entry.securityGroupRuleId);
  };
  const named = (securityGroupRuleId: string, entry: Partial<LedgerEntry> = {}): LedgerEntry =>
    anEntry({ rule: aRule({ securityGroupRuleId }), ...entry });

  test('begins with what needs a person, goes on with what is soonest to be revoked, and ends with what is kept', () => {
    const entries = [
      named('kept', { keepReason: 'EGRESS', firstSeen: '2020-01-01T00:00:00.000Z' }),
      named('later', { keepReason: 'WITHIN_GRACE', firstSeen: '2025-12-31T00:00:00.000Z' }),
      named('dry', { keepReason: 'DRY_RUN' }),
      named('sooner', { keepReason: 'WITHIN_GRACE', firstSeen: '2025-12-30T00:00:00.000Z' }),
      named('next'),
      named('failed', outcome('FAILED')),
    ];
    expect(ids(entries)).toEqual(['failed', 'next', 'sooner', 'later', 'dry', 'kept']);
    expect(ids(entries, { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] })[5]).toBe('kept');
  });

  test('has the withheld before all else', () => {
    expect(ids([named('a', { state: 'PENDING' }), named('b')], { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] })).toEqual(['b', 'a']);
  });

  test('has the oldest first among equals, and is the same whatever order they come in', () => {
    const entries = [named('c'), named('b'), named('a', { firstSeen: '2025-12-31T01:00:00.000Z' }), named('d', { firstSeen: '2025-01-01T00:00:00.000Z' })];
    expect(ids(entries)).toEqual(['d', 'b', 'c', 'a']);
    expect(ids([...entries].reverse())).toEqual(['d', 'b', 'c', 'a']);
  });
});
