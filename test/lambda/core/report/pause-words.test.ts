/** Tests the words about a pause. */
import type { Pause } from '../../../../lambda/core/model/ledger';
import {
  heldBack, isWithinLimit, moment, pauseAttribute, pauseMessage, reasonOf,
} from '../../../../lambda/core/report/pause-words';
import { aPause, aPauseReading } from '../../../support/pauses';

const HELD = { due: 2, maxRevocationsPerSweep: 20 };

describe('what a pause keeps back', () => {
  test.each([
    [{}, 'How many rules are due cannot be read'],
    [{ maxRevocationsPerSweep: 20 }, 'How many rules are due cannot be read'],
    [{ due: 0, maxRevocationsPerSweep: 0 }, 'No rule is due now'],
    [{ due: 1 }, '1 rule is due; maxRevocationsPerSweep is not known before a sweep has recorded it'],
    [{ due: 1, maxRevocationsPerSweep: 1 }, '1 rule is due; maxRevocationsPerSweep is 1, so the next sweep revokes it'],
    [
      { due: 20, maxRevocationsPerSweep: 20 },
      '20 rules are due; maxRevocationsPerSweep is 20, so the next sweep revokes them',
    ],
    [
      { due: 21, maxRevocationsPerSweep: 20 },
      '21 rules are due; maxRevocationsPerSweep is 20, so none is revoked, unless it is raised or some are made exempt',
    ],
    [
      { due: 1, maxRevocationsPerSweep: 0 },
      '1 rule is due; maxRevocationsPerSweep is 0, so none is revoked, unless it is raised or it is made exempt',
    ],
  ])('%j is put so', (held, words) => {
    expect(heldBack(held, 'the next sweep')).toBe(words);
  });

  test('is within the limit up to the limit, where both are known', () => {
    const limits = [{ due: 20, maxRevocationsPerSweep: 20 }, { due: 21, maxRevocationsPerSweep: 20 }, { due: 1 }, {}];
    expect(limits.map(isWithinLimit)).toEqual([true, false, undefined, undefined]);
  });
});

describe('a change', () => {
  const said = (change: 'BEGUN' | 'ENDING' | 'ENDED', pause: Partial<Pause> = {}, holds = true): string =>
    pauseMessage({ change, pause: aPause(pause), holds }, HELD, 'this sweep');
  const due = '2 rules are due; maxRevocationsPerSweep is 20, so';
  const until = '2026-01-11 00:00 UTC';

  test('says until when and why revoking is paused', () => {
    const then = `${due} the first sweep after that revokes them`;
    expect(said('BEGUN')).toBe(`Revoking is paused until ${until}: change freeze. ${then}`);
    expect(said('ENDING')).toBe(`The pause of revoking ends within a day, at ${until}: change freeze. ${then}`);
  });

  test('says that it was, when that is over by the time it is told', () => {
    expect(said('BEGUN', {}, false)).toBe(`Revoking was paused until ${until}: change freeze. The pause is over`);
  });

  test('says whether the pause was over or someone ended it', () => {
    const ended = said('ENDED', {}, false);
    expect(ended).toBe(
      `Revoking is no longer paused: the pause until ${until} is over (change freeze). ${due} this sweep revokes them`,
    );
    const resumed = said('ENDED', { resumedAt: '2026-01-02T03:04:05.678Z' }, false);
    expect(resumed).toContain('was ended at 2026-01-02 03:04:05 UTC (change freeze)');
  });
});

test('the attribute is "none", the end with the reason in one line, or that it cannot be read', () => {
  expect(pauseAttribute({ state: 'none' })).toBe('none');
  expect(pauseAttribute(aPauseReading({ reason: 'year\nend' }))).toBe('until 2026-01-11T00:00:00.000Z: year end');
  expect(pauseAttribute({ state: 'unreadable' })).toBe('unreadable, so nothing is revoked');
});

test('a moment has seconds where there are some, and any other text is left as it is', () => {
  const moments = ['2026-01-02T03:04:00.000Z', '2026-01-02T03:04:05.000Z', 'soon'].map(moment);
  expect(moments).toEqual(['2026-01-02 03:04 UTC', '2026-01-02 03:04:05 UTC', 'soon']);
});

test.each([
  ['year end.', 'year end'], [' two\nlines… ', 'two lines…'],
])('the reason %j goes into a sentence as %j', (reason, words) => {
  expect(reasonOf({ reason })).toBe(words);
});
