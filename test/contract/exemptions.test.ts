/** Tests which tags exempt. The handler and the policies of its role use the same module. */
import * as fc from 'fast-check';
import {
  EXEMPT_REASON_TAG, EXEMPT_TAG, EXEMPT_TAG_KEY, EXEMPT_UNTIL_TAG, exemptionOf, exempts, exemptTagKeys,
} from '../../src/contract/exemptions';

const NOW = new Date('2026-11-30T12:00:00Z');

/** Returns the key of the tag that exempts now. */
function exemptingTag(tags: Record<string, string>, exemptTags: string[], now = NOW): string | undefined {
  const exemption = exemptionOf(tags, exemptTags);
  return exempts(exemption, now) ? exemption?.tag : undefined;
}

describe('a tag', () => {
  test.each(['', 'true', 'false', 'no', 'until Friday'])('exempts with the value "%s"', value => {
    expect(exemptingTag({ [EXEMPT_TAG]: value }, [])).toBe(EXEMPT_TAG);
  });

  test.each(['Network-Hygiene:Exempt', 'NETWORK-HYGIENE:EXEMPT', 'nETWORK-hYGIENE:eXEMPT'])(
    'exempts in the spelling %s, as it is written there',
    key => {
      expect(exemptingTag({ Name: 'web', [key]: '' }, [])).toBe(key);
    },
  );

  test.each(['network-hygiene:exempted', 'network-hygiene', 'exempt', ' network-hygiene:exempt', 'Name', ''])(
    'does not exempt when it is "%s"',
    key => {
      expect(exemptingTag({ [key]: 'true' }, [])).toBeUndefined();
    },
  );

  test('of the user exempts in any case, too, and takes nothing from the one that always does', () => {
    expect(exemptingTag({ 'TEAM:keep': '' }, ['Team:Keep'])).toBe('TEAM:keep');
    expect(exemptingTag({ [EXEMPT_TAG]: '' }, ['Team:Keep'])).toBe(EXEMPT_TAG);
    expect(exemptingTag({ 'TEAM:keep': '' }, [])).toBeUndefined();
  });

  test('exempts where only some letters have a case: a doubt keeps', () => {
    // The small letter of the Kelvin sign is k, and the capital of the long s is S.
    expect(exemptingTag({ ['network-hygiene:exempt'.replace('k', '\u212a')]: '' }, [])).toBeDefined();
    expect(exemptingTag({ ['keep'.replace('k', '\u212a')]: '' }, ['keep'])).toBeDefined();
    expect(exemptingTag({ ſtay: '' }, ['stay'])).toBeDefined();
  });

  test('is not there where there are no tags', () => {
    expect(exemptingTag({}, ['keep'])).toBeUndefined();
  });

  test('exempts in each spelling that IAM, which folds at least ASCII, would match', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: EXEMPT_TAG.length, maxLength: EXEMPT_TAG.length }), large => {
        const key = [...EXEMPT_TAG].map((letter, index) => (large[index] ? letter.toUpperCase() : letter)).join('');
        expect(exemptingTag({ [key]: '' }, [])).toBe(key);
      }),
    );
  });
});

describe('the keys that exempt', () => {
  test('are the built-in one and those of the user, without duplicates', () => {
    expect(exemptTagKeys([])).toEqual([EXEMPT_TAG]);
    expect(exemptTagKeys(['a', 'B', 'b', 'A', 'Network-Hygiene:EXEMPT'])).toEqual([EXEMPT_TAG, 'a', 'B']);
  });

  test.each(['a', 'cost center', 'aws:cloudformation:stack-name', 'k'.repeat(128), 'Größe'])('may be %s', key => {
    expect(EXEMPT_TAG_KEY.test(key)).toBe(true);
  });

  test.each(['', ' a', 'a ', 'ключ', '保持', 'k'.repeat(129), 'a*', 'a?', '${aws:username}', 'a"b', 'a\nb'])(
    'may not be %j',
    key => {
      expect(EXEMPT_TAG_KEY.test(key)).toBe(false);
    },
  );
});

describe('a tag with a date', () => {
  const until = (value: string, now: string): string | undefined =>
    exemptingTag({ [EXEMPT_UNTIL_TAG]: value }, [], new Date(now));

  test.each([
    ['2027-03-31', '2027-03-31T23:59:59.999Z', '2027-04-01T00:00:00Z'],
    ['2026-12-31', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
    ['2028-02-29', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00Z'],
    ['2027-02-28', '2027-02-28T23:59:59.999Z', '2027-03-01T00:00:00Z'],
  ])('exempts until the end of the day %s in UTC', (day, last, first) => {
    expect(until(day, last)).toBe(EXEMPT_UNTIL_TAG);
    expect(until(day, first)).toBeUndefined();
    expect(exemptionOf({ [EXEMPT_UNTIL_TAG]: day }, [])).toMatchObject({ kind: 'until', until: first.replace('Z', '.000Z') });
  });

  test.each([
    '', 'true', '2027-02-29', '2027-02-30', '2027-04-31', '2027-13-01', '2027-00-10', '2027-01-00', '2027-1-1', '20270331',
    '2027-03-31T00:00:00Z', '31.03.2027', ' 2027-03-31', '2027-03-31 ', '+02027-03-31', '12027-03-31', '2027/03/31', 'never',
    '\u0662\u0660\u0662\u0667-\u0660\u0663-\u0663\u0661',
  ])('exempts for ever with the value "%s", which is no day', value => {
    expect(exemptionOf({ [EXEMPT_UNTIL_TAG]: value }, [])).toEqual({ kind: 'invalid', tag: EXEMPT_UNTIL_TAG, value });
    expect(until(value, '9999-12-31T00:00:00Z')).toBe(EXEMPT_UNTIL_TAG);
  });

  test('exempts at a time that is not known', () => {
    expect(exempts(exemptionOf({ [EXEMPT_UNTIL_TAG]: '2000-01-01' }, []), new Date(NaN))).toBe(true);
  });

  test('exempts on each day up to its own, and on none after, whatever the year', () => {
    const aDay = fc.date({ min: new Date('1971-01-02'), max: new Date('9998-12-30'), noInvalidDate: true });
    fc.assert(fc.property(aDay, fc.integer({ min: -100_000, max: 100_000 }), (day, hours) => {
      const value = day.toISOString().slice(0, 10);
      const now = new Date(day.getTime() + hours * 3_600_000);
      fc.pre(now.getUTCFullYear() > 0 && now.getUTCFullYear() < 10_000);
      // ISO 8601 days of four-digit years compare as texts.
      expect(until(value, now.toISOString()) !== undefined).toBe(now.toISOString().slice(0, 10) <= value);
    }));
  });

  test('gives way to a tag that exempts for ever, and to a later day, in whatever case the keys are', () => {
    const [early, late] = ['network-hygiene:EXEMPT-UNTIL', 'Network-Hygiene:exempt-until'];
    expect(exemptionOf({ [early]: '2020-01-01', [late]: '2021-01-01' }, [])).toMatchObject({ tag: late, kind: 'until' });
    expect(exemptionOf({ [early]: '2999-01-01', [late]: 'x' }, [])).toMatchObject({ tag: late, kind: 'invalid' });
    expect(exemptionOf({ [late]: 'x', [EXEMPT_TAG]: '' }, [])).toMatchObject({ tag: EXEMPT_TAG, kind: 'forever' });
    expect(exemptionOf({ [late]: '2999-01-01', keep: '2000-01-01' }, ['keep'])).toMatchObject({ tag: 'keep', kind: 'forever' });
  });

  test('is not what the tag that exempts for ever is, whatever date its value is', () => {
    expect(exemptingTag({ [EXEMPT_TAG]: '2000-01-01' }, [])).toBe(EXEMPT_TAG);
    expect(exemptTagKeys([])).not.toContain(EXEMPT_UNTIL_TAG);
  });

  test('comes with a reason if another tag gives one, which exempts nothing itself', () => {
    expect(exemptionOf({ [EXEMPT_UNTIL_TAG]: '2027-03-31', [EXEMPT_REASON_TAG]: 'SEC-12' }, [])).toMatchObject({ reason: 'SEC-12' });
    expect(exemptionOf({ [EXEMPT_REASON_TAG]: 'SEC-12' }, [])).toBeUndefined();
  });
});
