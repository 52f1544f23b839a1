/** Tests which tags exempt. The handler and the policies of its role use the same module. */
import * as fc from 'fast-check';
import { EXEMPT_TAG, EXEMPT_TAG_KEY, exemptingTag, exemptTagKeys } from '../../src/contract/exemptions';

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
