/** Tests the words of the forecast. */
import type { Forecast } from '../../../../lambda/core/model/result';
import { forecastMessage } from '../../../../lambda/core/report/forecast-words';

const aForecast = (overrides: Partial<Forecast> = {}): Forecast =>
  ({ from: '2026-12-01T08:00:00.000Z', due: 2, graceEnds: [], limit: 20, ...overrides });

const said = (overrides?: Partial<Forecast>): string => forecastMessage(aForecast(overrides));

const AFTER = 'The first sweep after 2026-12-01 08:00 UTC would revoke';

describe('what is due', () => {
  test.each([
    [0, `${AFTER} no rule`],
    [1, `${AFTER} 1 rule`],
    [20, `${AFTER} 20 rules`],
  ])('is told with when revoking begins again: %i', (due, words) => {
    expect(said({ due })).toBe(words);
  });

  test('is not promised where it is more than the limit, of which the words say what lets it go', () => {
    expect(said({ due: 21 })).toBe(
      `${AFTER} 21 rules; the limit is 20, so none will be revoked unless maxRevocationsPerSweep is raised or some are `
      + 'made exempt',
    );
    expect(said({ due: 1, limit: 0 })).toContain('1 rule; the limit is 0, so none will be revoked');
    expect(said({ due: 20 })).not.toContain('limit');
  });

  test('of 0 rules is never over the limit, whatever it is', () => {
    expect(said({ due: 0, limit: 0 })).toBe(`${AFTER} no rule`);
  });

  test('has seconds where there are some', () => {
    expect(said({ from: '2026-12-01T08:00:07.123Z' })).toContain('after 2026-12-01 08:00:07 UTC ');
  });
});

describe('days on which waits end', () => {
  const days = (...counts: number[]): Forecast['graceEnds'] =>
    counts.map((count, index) => ({ day: `2026-12-0${index + 1}`, count }));

  test('are told one by one, with how many rules', () => {
    expect(said({ graceEnds: [{ day: '2026-12-08', count: 1 }, { day: '2027-01-31', count: 12 }] })).toBe(
      `${AFTER} 2 rules. 1 rule ends its grace on 8 December 2026. 12 rules end their grace on 31 January 2027`,
    );
  });

  test('on which more rules than the limit end are told to be so, each by itself', () => {
    const words = said({ graceEnds: days(21, 3) });
    expect(words).toContain('21 rules end their grace on 1 December 2026; the limit is 20, so none will be revoked');
    expect(words).toMatch(/3 rules end their grace on 2 December 2026$/);
  });

  test('are named up to the fifth; of later ones the rules are counted together', () => {
    const five = said({ graceEnds: days(1, 1, 1, 1, 1) });
    expect(five).toMatch(/5 December 2026$/);
    expect(five).not.toContain('later');
    const seven = said({ graceEnds: days(1, 1, 1, 1, 1, 2, 3) });
    expect(seven).toMatch(/5 December 2026\. 5 rules later$/);
    expect(seven).not.toMatch(/ [67] December/);
    expect(said({ graceEnds: days(1, 1, 1, 1, 1, 1) })).toMatch(/\. 1 rule later$/);
  });

  test.each([
    ['01', 'January'], ['02', 'February'], ['03', 'March'], ['04', 'April'], ['05', 'May'], ['06', 'June'],
    ['07', 'July'], ['08', 'August'], ['09', 'September'], ['10', 'October'], ['11', 'November'], ['12', 'December'],
  ])('have their month in words: %s is %s', (month, name) => {
    expect(said({ graceEnds: [{ day: `2026-${month}-09`, count: 1 }] })).toContain(`on 9 ${name} 2026`);
  });
});

test('the sentence has no full stop, because it goes into other texts', () => {
  const all = [{}, { due: 21 }, { graceEnds: [{ day: '2026-12-08', count: 1 }] }];
  for (const overrides of all) expect(said(overrides)).not.toMatch(/\.$/);
});
