/** Tests the table of reasons for keeping a rule, and their consequences. */
import {
  type HoldReason, isDue, KEEP_REASONS, type KeepKind, type KeepReason, keepFacts, type LimitReason,
} from '../../../../lambda/core/decide/reasons';

const REASONS = Object.keys(KEEP_REASONS) as KeepReason[];

const ofKind = (...kinds: KeepKind[]): KeepReason[] =>
  REASONS.filter(reason => kinds.includes(KEEP_REASONS[reason].kind)).sort();

const HOLDS: Readonly<Record<HoldReason, true>> = {
  CONFIGURATION_CHANGING: true, COUNTING: true, LEDGER_UNAVAILABLE: true, LEDGER_UNTRUSTED: true, PAUSED: true,
  SETTLING: true,
};

const LIMITS: Readonly<Record<LimitReason, true>> = { LIMIT_USED: true, OVER_LIMIT: true };

test('each reason is of one kind', () => {
  const kinds: Readonly<Record<KeepKind, readonly KeepReason[]>> = {
    'by-hand': ['EGRESS', 'IN_USE', 'NOT_NARROWER', 'NOT_REPLACEABLE', 'REPORT_ONLY', 'UNDECIDED'],
    'exempt': ['EXEMPT_BY_FUNCTION', 'EXEMPT_BY_GROUP_TAG', 'EXEMPT_BY_PROP', 'EXEMPT_BY_RULE_TAG', 'EXEMPT_UNTIL_INVALID'],
    'out-of-scope': ['OTHER_OWNER', 'OUTSIDE_VPCS'],
    'unclear': ['ENDPOINTS_UNREAD', 'GROUP_UNREAD', 'PEERS_UNREAD', 'RULE_NOT_FOUND', 'STACK_UNREAD', 'USE_UNREAD'],
    'other-run': ['LEFT_TO_OTHER'],
    'not-yet': ['AWAITING_APPROVAL', 'OUTSIDE_WINDOW', 'STACK_IN_PROGRESS', 'WITHIN_GRACE', 'WITHIN_NOTICE'],
    'returning': ['COMES_BACK'],
    'off': ['ACCOUNT_REPORT_ONLY', 'DISABLED', 'DRY_RUN'],
    'held': ['CONFIGURATION_CHANGING', 'COUNTING', 'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED', 'PAUSED', 'SETTLING'],
    'limit': ['LIMIT_USED', 'OVER_LIMIT'],
  };
  for (const [kind, reasons] of Object.entries(kinds)) expect(ofKind(kind as KeepKind)).toEqual(reasons);
  expect(Object.values(kinds).flat().sort()).toEqual([...REASONS].sort());
});

test('what holds back revoking as a whole, and what is too many, are kinds of their own', () => {
  expect(ofKind('held')).toEqual(Object.keys(HOLDS));
  expect(ofKind('limit')).toEqual(Object.keys(LIMITS));
});

test.each(REASONS)('%s has words that go on after "kept:", and that no other has', reason => {
  const { words } = KEEP_REASONS[reason];
  // Words may contain a property name as it is spelled.
  expect(words).toMatch(/^[a-z].*[^.\s]$/);
  expect(REASONS.filter(other => KEEP_REASONS[other].words === words)).toEqual([reason]);
});

describe('a rule is due', () => {
  test('that nothing keeps', () => {
    expect(isDue(undefined)).toBe(true);
  });

  test.each(ofKind('held', 'limit'))('that only %s keeps: it goes as soon as that is over', reason => {
    expect(isDue(reason)).toBe(true);
  });

  test.each(REASONS.filter(reason => !ofKind('held', 'limit').includes(reason)))('not that %s keeps', reason => {
    expect(isDue(reason)).toBe(false);
  });

  test.each(['A_LATER_REASON', '', 'toString', '__proto__', 'constructor', 'over_limit'])(
    'not for a reason that is not known: "%s"', reason => {
      expect(isDue(reason)).toBe(false);
    });
});

describe('a person should look', () => {
  test('exactly if a revocation was withheld that no one has postponed, or a tag is wrong', () => {
    const withheld = REASONS.filter(reason => KEEP_REASONS[reason].isWithheld);
    expect(withheld.sort()).toEqual(['COMES_BACK', 'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED', 'LIMIT_USED', 'OVER_LIMIT']);
    // Rules that wait for the next scheduled sweep need no person. A tag that is wrong does.
    expect(REASONS.filter(reason => KEEP_REASONS[reason].level === 'WARN').sort())
      .toEqual([...withheld.filter(reason => reason !== 'LIMIT_USED'), 'EXEMPT_UNTIL_INVALID'].sort());
  });

  test('nowhere else', () => {
    for (const reason of REASONS) expect(['INFO', 'WARN']).toContain(KEEP_REASONS[reason].level);
  });

  test('only where the rule is due, or comes back each time it is revoked', () => {
    const others = REASONS.filter(each => KEEP_REASONS[each].isWithheld && !isDue(each));
    expect(others).toEqual(['COMES_BACK']);
  });
});

describe('what is known of a reason', () => {
  test.each(REASONS)('is what the table says: %s', reason => {
    expect(keepFacts(reason)).toBe(KEEP_REASONS[reason]);
  });

  test.each([undefined, '', 'A_LATER_REASON', 'toString', '__proto__', 'hasOwnProperty'])(
    'is nothing for %p', reason => {
      expect(keepFacts(reason)).toBeUndefined();
    });
});
