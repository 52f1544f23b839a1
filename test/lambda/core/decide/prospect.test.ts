/** Tests the predictions for findings, in words, and their order. */
import { digestOfSet } from '../../../../lambda/core/decide/approval';
import { candidates, inOrder, isSettling, prospect } from '../../../../lambda/core/decide/prospect';
import { isDue, KEEP_REASONS } from '../../../../lambda/core/decide/reasons';
import type { Allowance, LedgerEntry, SweepEntry } from '../../../../lambda/core/model/ledger';
import type { PauseReading } from '../../../../lambda/core/model/result';
import { timeFormat } from '../../../../lambda/core/report/findings-page/time';
import { aControl, aGrace, anEntry, aRule, type EntryInShort } from '../../../support/builders';
import { aSweepEntry, NOW } from '../../../support/findings';
import { aPauseReading } from '../../../support/pauses';

interface Seen {
  readonly count?: number;
  readonly offset?: string;
  readonly pause?: PauseReading;
}

function seenBy(
  sweep: Partial<SweepEntry> | undefined, { count = 1, offset = '+00:00', pause }: Seen = {},
): Parameters<typeof prospect>[1] {
  return { sweep: sweep && aSweepEntry(sweep), candidates: count, pause, now: NOW, time: timeFormat(offset) };
}

const sentence = (entry: EntryInShort, sweep?: Partial<SweepEntry>, options?: Seen): string =>
  prospect(anEntry(entry), seenBy(sweep, options)).sentence;

const kind = (entry: EntryInShort, sweep?: Partial<SweepEntry>, options?: Seen): string =>
  prospect(anEntry(entry), seenBy(sweep, options)).kind;

const IS_STALE = { stale: 'OTHER', declarations: [] };
const IS_FLAGGED = { verdict: 'flagged', declarations: [] } as const;

const OVER_LIMIT = [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }];

const outcome = (name: string, detail?: string): Partial<LedgerEntry> => ({
  outcome: { name, sweepId: 'sweep-before', at: '2026-01-01T00:00:00.000Z', detail },
});

describe('a finding that nothing keeps', () => {
  test('is revoked by the next sweep', () => {
    expect(sentence({}, {})).toBe('Revoked by the next sweep');
  });

  test('is promised nothing while no sweep has been recorded', () => {
    expect(sentence({})).toBe('Unknown: no sweep has been recorded yet; the next one decides');
    expect(kind({ keepReason: 'EGRESS' })).toBe('unknown');
  });

  test('is promised nothing while the record of the latest sweep cannot be read', () => {
    expect(prospect(anEntry(), { ...seenBy(undefined), isSweepUnreadable: true })).toEqual({
      kind: 'unknown', sentence: 'Unknown: the record of the latest sweep cannot be read; the next one decides',
    });
  });

  test('is revoked unless too many are due', () => {
    expect(sentence({}, {}, { count: 21 })).toBe('Revoked by the next sweep, unless more than 20 are due then');
    expect(sentence({}, {}, { count: 20 })).toBe('Revoked by the next sweep');
    expect(sentence(outcome('FAILED', 'EC2 refused'), {}, { count: 21 })).toBe(
      'Revocation failed: EC2 refused; the next sweep tries again, unless more than 20 are due then',
    );
  });

  test('is withheld when the latest sweep had more than it may revoke', () => {
    const withheld = [{ reason: 'SKIPPED', count: 3, digest: 'd' }, { reason: 'OVER_LIMIT', count: 25, digest: 'd' }];
    expect(sentence({}, { withheld, maxRevocationsPerSweep: 20 })).toBe(
      'Withheld: 25 rules are to be revoked and maxRevocationsPerSweep is 20; a person has to decide',
    );
  });

  test.each([undefined, 'WITHIN_GRACE'])('is withheld by a limit of 0, due or not: %p', keepReason => {
    const sweep = {
      withheld: [{ reason: 'OVER_LIMIT', count: 1, digest: 'd' }],
      maxRevocationsPerSweep: 0,
      grace: aGrace(),
    };
    expect(sentence({ keepReason }, sweep)).toBe('Withheld: maxRevocationsPerSweep is 0, so nothing is revoked');
    expect(sentence({ keepReason }, { ...sweep, dryRun: true })).toBe(
      'Would be withheld: maxRevocationsPerSweep is 0, so nothing is revoked',
    );
    expect(kind({ keepReason }, sweep)).toBe(keepReason === undefined ? 'decide' : 'by-hand');
  });

  test('is withheld because of rules that could not be looked at', () => {
    expect(
      sentence({}, { withheld: [{ reason: 'OVER_LIMIT', count: 15, digest: 'd' }], maxRevocationsPerSweep: 20 }),
    ).toBe(
      'Withheld: 15 rules are to be revoked, and together with those that could not be looked at or read that is more than maxRevocationsPerSweep, which is 20; a person has to decide',
    );
  });

  test('is not withheld for what was skipped', () => {
    expect(sentence({}, { withheld: [{ reason: 'SKIPPED', count: 25, digest: 'd' }] })).toBe(
      'Revoked by the next sweep',
    );
  });

  test('is tried again after a failure, which is told', () => {
    expect(sentence(outcome('FAILED', 'EC2 refused'), {})).toBe(
      'Revocation failed: EC2 refused; the next sweep tries again',
    );
    expect(sentence(outcome('FAILED'), {})).toBe(
      'Revocation failed: no reason is recorded; the next sweep tries again',
    );
  });

  test.each(['SKIPPED', 'CHANGED_MEANWHILE'])('is looked at again when the latest attempt ended as %s', name => {
    expect(sentence(outcome(name, 'time has run out'), {})).toBe(
      'Not revoked by the latest attempt: time has run out; the next sweep looks again',
    );
  });
});

test('a rule that is being revoked is checked by the next sweep', () => {
  expect(
    sentence(
      { state: 'PENDING', ...outcome('FAILED', 'EC2 refused') },
      { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] },
    ),
  ).toBe('Being revoked; the next sweep checks');
});

describe('a rule within its grace', () => {
  const within = (entry: EntryInShort, sweep: Partial<SweepEntry> = {}, options?: Seen): string => sentence(
    { keepReason: 'WITHIN_GRACE', because: IS_STALE, ...entry }, { grace: aGrace({ sightings: 5 }), ...sweep }, options,
  );

  test('is revoked by the first sweep after it', () => {
    expect(within({ sightings: 7 })).toBe(
      'Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 7 times, 5 needed)',
    );
    expect(within({ sightings: 1 }, { grace: aGrace({ sightings: 1 }) })).toMatch(/\(seen once, 1 needed\)$/);
  });

  test('is told in the time zone of the dashboard', () => {
    expect(within({ sightings: 7 }, {}, { offset: '+05:30' })).toContain('after 2026-01-07 05:30 +05:30,');
  });

  test('has to be seen often enough, too', () => {
    expect(within({ sightings: 2 })).toBe(
      'Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale and seen often enough (seen 2 of 5 needed times)',
    );
  });

  test('has the sweep that revokes it counted', () => {
    expect(within({ sightings: 4 })).toBe(
      'Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 4 of 5 needed times)',
    );
  });

  test.each([
    [4, 'Revoked by the next sweep, if still stale (seen 4 of 5 needed times)'],
    [5, 'Revoked by the next sweep, if still stale (seen 5 times, 5 needed)'],
    [2, 'Revoked when 3 more sweeps have found it stale (seen 2 of 5 needed times)'],
  ])('has waited long enough and was seen %i times', (sightings, expected) => {
    expect(within({ firstSeen: '2025-12-20T00:00:00.000Z', sightings })).toBe(expected);
  });

  test('would be revoked, in a dry run', () => {
    expect(within({ sightings: 7 }, { dryRun: true })).toBe(
      'Would be revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale (seen 7 times, 5 needed); this is a dry run',
    );
  });

  const STARTS_OVER = 'Kept: no sweep has found it for too long, so its wait starts over with the next sweep that finds it';

  test.each(['WITHIN_GRACE', undefined, 'OVER_LIMIT'])(
    'starts over when no sweep has found it for too long, due or not: %p',
    keepReason => {
      const [entry, sweep] = [
        { keepReason, lastSeen: '2025-12-28T00:00:00.000Z' },
        { startedAt: '2025-12-27T00:00:00.000Z' },
      ];
      expect(within(entry, { ...sweep, withheld: OVER_LIMIT })).toBe(STARTS_OVER);
      expect(within({ ...entry, keepReason: undefined, because: IS_FLAGGED }, sweep)).toBe('Revoked by the next sweep');
      expect(within({ ...entry, keepReason: undefined, because: { ...IS_FLAGGED, stale: 'OTHER' } }, sweep)).toBe(
        'Revoked by the next sweep',
      );
    },
  );

  test('starts over when only runs that do not count have found it of late', () => {
    const { stale, ...entry } = anEntry({ because: IS_STALE, lastSeen: '2025-12-28T00:00:00.000Z' });
    const lastSeen = '2026-01-01T00:00:00.000Z';
    const [grace, late] = [aGrace(), { ...entry, lastSeen, stale: stale && { ...stale, lastSeen } }];
    expect(prospect(late, seenBy({ grace })).sentence).toBe(STARTS_OVER);
    const endsAt = NOW.getTime() + grace.seconds * 1000;
    expect(prospect(late, seenBy({ grace }))).toMatchObject({ kind: 'wait', notBefore: endsAt });
    expect(prospect(late, seenBy({ grace, dryRun: true }))).toMatchObject({ kind: 'dry-run', notBefore: endsAt });
  });

  test('begins with the first scheduled sweep that finds it, no matter what other runs found before', () => {
    const seen = { reason: 'OTHER', firstSeen: '2025-12-01T00:00:00.000Z', lastSeen: '2026-01-01T00:00:00.000Z' };
    const uncounted = within({ stale: { ...seen, sightings: 0 } });
    expect(uncounted).toMatch(
      /^Revoked by the first sweep after 2026-01-08 00:05 UTC, if still stale and seen often enough/,
    );
    expect(uncounted).toMatch(/\(seen 0 of 5 needed times\)$/);
    const counted = { countedSince: '2025-12-31T00:00:00.000Z', countedAt: '2026-01-01T00:00:00.000Z' };
    expect(within({ stale: { ...seen, ...counted, sightings: 7 } }))
      .toMatch(/^Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale \(/);
  });

  test('is kept while the construct is disabled, and nothing is promised', () => {
    expect(within({ sightings: 7 }, { enabled: false })).toBe('Kept: enabled is false, so nothing is revoked');
  });

  test('may be held back with too many others', () => {
    const held =
      'Revoked by the first sweep after 2026-01-07 00:00 UTC, if still stale, unless more than 20 are due then (seen 7 times, 5 needed)';
    expect(within({ sightings: 7 }, { withheld: OVER_LIMIT })).toBe(held);
    expect(within({ sightings: 7 }, {}, { count: 21 })).toBe(held);
    expect(
      within({ sightings: 7 }, { withheld: [{ reason: 'SKIPPED', count: 25, digest: 'd' }] }, { count: 20 }),
    ).not.toContain('unless');
    expect(within({ firstSeen: '2025-12-20T00:00:00.000Z', sightings: 5 }, {}, { count: 21 })).toContain(
      'by the next sweep, if still stale, unless more than 20 are due then',
    );
    expect(sentence({ keepReason: 'DRY_RUN' }, { dryRun: true }, { count: 21 })).toBe(
      'Would be revoked, unless more than 20 are due then; this is a dry run',
    );
  });

  test('is kept, for all that is known, when the latest sweep has no grace', () => {
    expect(within({}, { grace: undefined })).toBe(`Kept: ${KEEP_REASONS.WITHIN_GRACE.words}`);
  });
});

describe('a rule that waits for time or people', () => {
  const announced = { by: 'sweep-1', at: '2026-01-01T00:00:00.000Z', told: ['event'], since: '2026-01-01T00:00:00.000Z' } as const;
  const approval = { digest: '0123456789abcdef', by: 'sweep-1', at: '2026-01-01T00:00:00.000Z' };
  const revocationWindow = { from: '08:00', to: '10:00', timeZone: 'Europe/Berlin' };

  test('for its notice says when that is over, and when it was announced', () => {
    expect(sentence({ keepReason: 'WITHIN_NOTICE', announced }, { finalNoticeSeconds: 86_400 })).toBe(
      'Revoked by the first sweep after 2026-01-02 00:00 UTC; announced at 2026-01-01 00:00 UTC');
    expect(kind({ keepReason: 'WITHIN_NOTICE', announced }, { finalNoticeSeconds: 86_400 })).toBe('wait');
  });

  test('for the window says when it opens, after the notice and in the zone of the reader', () => {
    expect(sentence({ keepReason: 'OUTSIDE_WINDOW' }, { revocationWindow }, { offset: '+01:00' }))
      .toBe('Revoked by the first sweep after 2026-01-01 08:00 +01:00');
    expect(sentence({ keepReason: 'WITHIN_NOTICE', announced }, { revocationWindow, finalNoticeSeconds: 86_400 }))
      .toBe('Revoked by the first sweep after 2026-01-02 07:00 UTC; announced at 2026-01-01 00:00 UTC');
  });

  test('for an approval asks a person to decide, with the request and the digest', () => {
    const digest = digestOfSet([{ securityGroupRuleId: 'sgr-1', digest: approval.digest }]);
    expect(sentence({ keepReason: 'AWAITING_APPROVAL', approval }, { approval: { validSeconds: 3600 } })).toBe(
      `Waits for approval: to approve it, send {"approve":{"securityGroupRuleIds":["sgr-1"],"digest":"${digest}"}} through the alias approve`);
    expect(kind({ keepReason: 'AWAITING_APPROVAL', approval }, { approval: { validSeconds: 3600 } })).toBe('decide');
  });

  test('that was approved says by whom, and that nothing verifies it', () => {
    const approved = { ...approval, approved: { by: 'r', at: '2026-01-01T00:01:00.000Z', approvedBy: 'ann' } };
    expect(sentence({ keepReason: 'AWAITING_APPROVAL', approval: approved }, { approval: { validSeconds: 3600 } }))
      .toBe('Revoked by the next sweep; approved at 2026-01-01 00:01 UTC by ann (unverified)');
  });

  test('during a pause says so', () => {
    expect(sentence({ keepReason: 'WITHIN_NOTICE', announced }, { finalNoticeSeconds: 60 }, { pause: aPauseReading() }))
      .toContain(', and not before the pause ends, 2026-01-11 00:00 UTC');
  });
});

describe('a rule that is kept', () => {
  const dueLater = ['DRY_RUN', 'WITHIN_GRACE', 'AWAITING_APPROVAL', 'WITHIN_NOTICE', 'OUTSIDE_WINDOW'];
  const withWords = [
    'REPORT_ONLY', 'EGRESS', 'GROUP_UNREAD', 'ENDPOINTS_UNREAD', 'USE_UNREAD', 'PEERS_UNREAD', 'IN_USE', 'NOT_NARROWER',
    'NOT_REPLACEABLE', 'COMES_BACK', 'STACK_IN_PROGRESS', 'STACK_UNREAD',
  ];
  const others = Object.entries(KEEP_REASONS)
    .filter(([reason]) => !isDue(reason) && ![...dueLater, ...withWords].includes(reason))
    .map(([reason, { words }]) => [reason, words]);

  test('is so for a reason of its own', () => {
    expect(others.map(([reason]) => reason).sort()).toEqual([
      'ACCOUNT_REPORT_ONLY', 'DISABLED', 'EXEMPT_BY_FUNCTION', 'EXEMPT_BY_GROUP_TAG', 'EXEMPT_BY_PROP', 'EXEMPT_BY_RULE_TAG', 'EXEMPT_UNTIL_INVALID', 'LEFT_TO_OTHER',
      'OTHER_OWNER', 'OUTSIDE_VPCS', 'RULE_NOT_FOUND', 'UNDECIDED',
    ]);
  });

  test.each(others)('for %s says why', (keepReason, why) => {
    expect(
      sentence(
        { keepReason, ...outcome('FAILED', 'EC2 refused') },
        { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] },
      ),
    ).toBe(`Kept: ${why}`);
  });

  test('because it is only reported says what a person can do', () => {
    const keepReason = 'REPORT_ONLY';
    expect(sentence({ keepReason }, { staleRules: 'report' })).toBe(
      'Reported only: remove it, or set StaleRules.revokeAfter',
    );
    expect(sentence({ keepReason, stackName: 'Shop' }, { staleRules: 'report' }))
      .toBe('Reported only: remove it, in the template of its stack if it is defined there, or set StaleRules.revokeAfter');
  });

  test('because its declarations only report says which to change', () => {
    const flagged = { because: { verdict: 'flagged', declarations: [{ name: 'a[1]' }, { name: 'a[3]' }] } } as const;
    const keepReason = 'REPORT_ONLY';
    expect(sentence({ keepReason, ...flagged }, {})).toBe('Reported only: remove it, or change the action of a[1], a[3]');
    const both = { because: { ...flagged.because, stale: 'OTHER' } };
    expect(sentence({ keepReason, ...both }, { staleRules: 'report' }))
      .toBe('Reported only: remove it, or set StaleRules.revokeAfter, or change the action of a[1], a[3]');
  });

  test.each([
    ['IN_USE', 'give the interface another group, or set evenInUse: true'],
    ['NOT_NARROWER', 'name a narrower peer there, or remove it yourself'],
    ['NOT_REPLACEABLE', 'add the rules that should stay, and then remove it yourself'],
  ] as const)('for %s says what to do', (keepReason, advice) => {
    expect(prospect(anEntry({ keepReason }), seenBy({})))
      .toEqual({ kind: 'by-hand', sentence: `Kept: ${KEEP_REASONS[keepReason].words}: ${advice}` });
  });

  test.each([
    ['the use of its default group', 'USE_UNREAD'], ['a prefix list of replaceWith', 'PEERS_UNREAD'],
    ['the stack of its group', 'STACK_UNREAD'],
  ] as const)('because %s could not be read is not kept for good', (_, keepReason) => {
    expect(prospect(anEntry({ keepReason }), seenBy({}))).toEqual({
      kind: 'unknown', sentence: `Kept for now: ${KEEP_REASONS[keepReason].words}; the next sweep that can read it decides`,
    });
  });

  test.each([[undefined, 'the stack of its group'], ['Shop', 'its stack Shop']])(
    'while CloudFormation changes it waits for the next scheduled sweep: stack %s', (stackName, stack) => {
      expect(prospect(anEntry({ keepReason: 'STACK_IN_PROGRESS', stackName }), seenBy({}))).toEqual({
        kind: 'wait', notBefore: 0,
        sentence: `Kept for now: CloudFormation is changing it or ${stack}; the next scheduled sweep asks again`,
      });
    });

  describe('because it comes back', () => {
    const back = (overrides: EntryInShort = {}): EntryInShort => ({
      keepReason: 'COMES_BACK', returned: { revocations: 3, latest: '2025-12-31T23:00:00.000Z', isKept: true }, ...overrides,
    });
    const request = '{"retry":{"securityGroupRuleIds":["sgr-1"]}} through the alias retry';

    test('says that its port is open, what to find, and what to send, and is listed first', () => {
      expect(sentence(back(), {}))
        .toBe(`Withheld: ${KEEP_REASONS.COMES_BACK.words}: find what adds it, and then send ${request}`);
      expect(sentence(back({ stackName: 'Shop' }), {})).toContain('find what adds it, for example in the stack Shop, and');
      expect(KEEP_REASONS.COMES_BACK.words).toContain('its port is open');
      expect(kind(back(), {})).toBe('decide');
      expect(candidates([anEntry(back())])).toBe(0);
    });

    test('would be withheld, in a dry run', () => {
      expect(sentence(back(), { dryRun: true })).toMatch(/^Would be withheld: /);
      expect(kind(back(), { dryRun: true })).toBe('dry-run');
    });

    test('is left to the next sweep once it was retried', () => {
      const returned = { revocations: 3, latest: '2025-12-31T23:00:00.000Z', retriedAt: '2026-01-01T00:00:00.000Z' };
      expect(sentence(back({ returned }), {}))
        .toBe('Retried: the next sweep revokes it, unless something else keeps it');
    });
  });

  test('because it is an egress rule says who can remove it', () => {
    expect(sentence({ keepReason: 'EGRESS' }, {})).toBe('Egress rules are never revoked: remove it yourself');
  });

  test('because its group could not be read is not kept for good', () => {
    expect(sentence({ keepReason: 'GROUP_UNREAD' }, {}))
      .toBe(`Kept for now: ${KEEP_REASONS.GROUP_UNREAD.words}; the next sweep that can read it decides`);
    expect(kind({ keepReason: 'GROUP_UNREAD' }, {})).toBe('unknown');
  });

  test("because the endpoints of the function's VPC could not be read is not kept for good", () => {
    expect(sentence({ keepReason: 'ENDPOINTS_UNREAD' }, {}))
      .toBe(`Kept for now: ${KEEP_REASONS.ENDPOINTS_UNREAD.words}; the next sweep that can read them decides`);
    expect(kind({ keepReason: 'ENDPOINTS_UNREAD' }, {})).toBe('unknown');
  });

  test('for a reason of another version says that', () => {
    expect(sentence({ keepReason: 'toString' }, {})).toBe('Kept: toString');
    expect(kind({ keepReason: 'toString' }, {})).toBe('keep');
  });

  test.each([
    ['REPORT_ONLY', 'by-hand'], ['EGRESS', 'by-hand'], ['UNDECIDED', 'by-hand'], ['EXEMPT_BY_PROP', 'keep'],
    ['LEFT_TO_OTHER', 'keep'], ['DISABLED', 'keep'],
  ])('for %s is listed as "%s"', (keepReason, expected) => {
    expect(prospect(anEntry({ keepReason }), seenBy({}))).toMatchObject({ kind: expected });
    expect(prospect(anEntry({ keepReason }), seenBy({}))).not.toHaveProperty('notBefore');
  });

  test('would be revoked, in a dry run', () => {
    expect(sentence({ keepReason: 'DRY_RUN' }, { dryRun: true })).toBe('Would be revoked; this is a dry run');
  });

  test('is kept when rules are not looked at any more', () => {
    expect(sentence({}, { looksAtRules: false })).toBe('Kept: rules are not looked at any more');
    expect(sentence({ state: 'PENDING' }, { looksAtRules: false })).toBe(
      'Unknown: a sweep began to revoke it, and rules are not looked at any more',
    );
  });
});

describe('while revoking is paused', () => {
  const pause = aPauseReading({ until: '2026-01-10T08:00:00.000Z' });
  const paused = (entry: EntryInShort, sweep: Partial<SweepEntry> = {}, options: Seen = {}): string =>
    sentence(entry, sweep, { pause, ...options });

  test.each(['PAUSED', undefined, 'LEDGER_UNAVAILABLE'])('a rule that is due waits for the end: %p', keepReason => {
    const expected = 'Revoked by the first sweep after the pause ends, 2026-01-10 08:00 UTC, if still stale';
    expect(paused({ keepReason })).toBe(expected);
    expect(paused({ keepReason, ...outcome('SKIPPED', 'revoking is paused') })).toBe(expected);
    expect(paused({ keepReason, because: IS_FLAGGED })).toMatch(/, if still flagged$/);
  });

  test('a rule may be held back with too many others when it ends', () => {
    const many = paused({ keepReason: 'PAUSED' }, {}, { count: 21 });
    expect(many).toMatch(/if still stale, unless more than 20 are due then$/);
    expect(paused({ keepReason: 'PAUSED' }, { maxRevocationsPerSweep: 0 }))
      .toBe('Withheld: maxRevocationsPerSweep is 0, so nothing is revoked');
  });

  test('a rule within its grace waits for whichever ends later', () => {
    const within = (end: string): string => sentence(
      { keepReason: 'WITHIN_GRACE', because: IS_STALE }, { grace: aGrace() }, { pause: aPauseReading({ until: end }) },
    );
    expect(within('2026-01-10T08:00:00.000Z'))
      .toMatch(/^Revoked by the first sweep after the pause ends, 2026-01-10 08:00 UTC/);
    expect(within('2026-01-02T08:00:00.000Z')).toMatch(/^Revoked by the first sweep after 2026-01-07 00:00 UTC/);
  });

  test('a rule that another reason keeps is kept for that', () => {
    expect(paused({ keepReason: 'EXEMPT_BY_PROP' })).toBe(`Kept: ${KEEP_REASONS.EXEMPT_BY_PROP.words}`);
    expect(paused({ keepReason: 'DISABLED' })).toBe('Kept: enabled is false, so nothing is revoked');
    expect(paused({ keepReason: 'DRY_RUN' }, { dryRun: true })).toBe('Would be revoked; this is a dry run');
  });

  test('a rule that is due needs a person when that cannot be read', () => {
    const unreadable: PauseReading = { state: 'unreadable', error: { code: 'UnreadableItem', message: 'no JSON' } };
    expect(sentence({}, {}, { pause: unreadable }))
      .toBe('Withheld: whether revoking is paused cannot be read, which counts as a pause');
    expect(prospect(anEntry(), seenBy({}, { pause: unreadable })).kind).toBe('decide');
  });

  test('a rule goes by the next sweep once the pause is over, before a sweep has seen that', () => {
    expect(sentence({ keepReason: 'PAUSED' }, {}, { pause: { state: 'none' } })).toBe('Revoked by the next sweep');
  });
});

describe('while the configuration settles', () => {
  const settlesUntil = '2026-01-01T01:00:00.000Z';
  const settling = (entry: EntryInShort, sweep: Partial<SweepEntry> = {}, options: Seen = {}): string =>
    sentence(entry, { settlesUntil, ...sweep }, options);
  const AFTERWARDS = 'Revoked by the first sweep after the configuration has settled, 2026-01-01 01:00 UTC';

  test('a rule that is due waits for the end', () => {
    expect(settling({ keepReason: 'SETTLING' })).toBe(`${AFTERWARDS}, if still stale`);
    expect(settling({ keepReason: 'SETTLING', because: IS_FLAGGED })).toBe(`${AFTERWARDS}, if still flagged`);
    const failed = outcome('FAILED', 'EC2 refused');
    expect(settling({ keepReason: 'SETTLING', ...failed })).toBe(`${AFTERWARDS}, if still stale`);
    expect(prospect(anEntry({ keepReason: 'SETTLING' }), seenBy({ settlesUntil })))
      .toMatchObject({ kind: 'wait', notBefore: Date.parse(settlesUntil) });
  });

  test('a rule may be held back with too many others when it ends', () => {
    expect(settling({ keepReason: 'SETTLING' }, {}, { count: 21 }))
      .toBe(`${AFTERWARDS}, if still stale, unless more than 20 are due then`);
  });

  test('a rule waits for a pause, too, and for whichever ends later', () => {
    const paused = (until: string): string =>
      settling({ keepReason: 'SETTLING' }, {}, { pause: aPauseReading({ until }) });
    expect(paused('2026-01-01T00:59:00.000Z')).toBe(`${AFTERWARDS}, if still stale`);
    expect(paused('2026-01-01T01:01:00.000Z'))
      .toBe('Revoked by the first sweep after the pause ends, 2026-01-01 01:01 UTC, if still stale');
  });

  test('a rule within its grace waits for whichever ends later', () => {
    const within = (end: string): string =>
      settling({ keepReason: 'WITHIN_GRACE', because: IS_STALE }, { settlesUntil: end, grace: aGrace() });
    expect(within('2026-01-01T01:00:00.000Z')).toMatch(/^Revoked by the first sweep after 2026-01-07 00:00 UTC/);
    expect(within('2026-01-10T08:00:00.000Z'))
      .toMatch(/^Revoked by the first sweep after the configuration has settled, 2026-01-10 08:00 UTC/);
  });

  test('a rule that another reason keeps is kept for that', () => {
    expect(settling({ keepReason: 'EXEMPT_BY_PROP' })).toBe(`Kept: ${KEEP_REASONS.EXEMPT_BY_PROP.words}`);
    expect(settling({ keepReason: 'DRY_RUN' }, { dryRun: true })).toBe('Would be revoked; this is a dry run');
  });

  test('is over at its end, and then a rule goes by the next sweep, before a sweep has seen that', () => {
    const over = { settlesUntil: NOW.toISOString() };
    expect(sentence({ keepReason: 'SETTLING' }, over)).toBe('Revoked by the next sweep');
    expect(isSettling(aSweepEntry(over), NOW)).toBe(false);
    expect(isSettling(aSweepEntry({ settlesUntil: '2026-01-01T00:05:00.001Z' }), NOW)).toBe(true);
  });

  test('is settling only if a sweep says so, and has no end if its time is invalid', () => {
    expect(isSettling(undefined, NOW)).toBe(false);
    expect(isSettling(aSweepEntry(), NOW)).toBe(false);
    expect(isSettling(aSweepEntry({ settlesUntil: 'an unknown time' }), NOW)).toBe(true);
    expect(sentence({ keepReason: 'SETTLING' }, { settlesUntil: 'an unknown time' }))
      .toBe('Revoked by the first sweep after the configuration has settled, at an unknown time, if still stale');
  });
});

describe('a rule that is due while the ledger is not trusted', () => {
  test('needs a person where the ledger was made for another table', () => {
    const entry = { keepReason: 'LEDGER_UNTRUSTED' };
    expect(sentence(entry, {})).toBe(`Withheld: ${KEEP_REASONS.LEDGER_UNTRUSTED.words}`);
    expect(kind(entry, {})).toBe('decide');
    expect(kind(entry, { withheld: OVER_LIMIT })).toBe('decide');
  });

  test('needs a person, too, before a sweep has seen that the ledger is another\'s', () => {
    const expected = { kind: 'decide', sentence: `Withheld: ${KEEP_REASONS.LEDGER_UNTRUSTED.words}` };
    for (const keepReason of [undefined, 'SETTLING', 'PAUSED', 'OVER_LIMIT']) {
      expect(prospect(anEntry({ keepReason }), { ...seenBy({}), isTrusted: false })).toEqual(expected);
      expect(prospect(anEntry({ keepReason }), { ...seenBy({}), isTrusted: true })).not.toEqual(expected);
    }
    expect(prospect(anEntry({ keepReason: 'EXEMPT_BY_PROP' }), { ...seenBy({}), isTrusted: false }))
      .toEqual({ kind: 'keep', sentence: `Kept: ${KEEP_REASONS.EXEMPT_BY_PROP.words}` });
  });

  test('is promised nothing where the configuration is another than that of the function', () => {
    const entry = { keepReason: 'CONFIGURATION_CHANGING' };
    expect(sentence(entry, { withheld: OVER_LIMIT }))
      .toBe(`Kept for now: ${KEEP_REASONS.CONFIGURATION_CHANGING.words}`);
    expect(prospect(anEntry(entry), seenBy({}))).toMatchObject({ kind: 'unknown' });
    expect(prospect(anEntry(entry), seenBy({}))).not.toHaveProperty('notBefore');
  });

  test('is still withheld by a limit of 0, and would be withheld in a dry run', () => {
    for (const keepReason of ['LEDGER_UNTRUSTED', 'CONFIGURATION_CHANGING']) {
      expect(sentence({ keepReason }, { maxRevocationsPerSweep: 0 }))
        .toBe('Withheld: maxRevocationsPerSweep is 0, so nothing is revoked');
      expect(sentence({ keepReason }, { dryRun: true })).toBe('Would be revoked; this is a dry run');
    }
  });
});

describe('a rule that is due, where what may be revoked until the next scheduled sweep is used', () => {
  const waitingSince = (overrides: Partial<Allowance> = {}): Seen => {
    const opened = { openedBy: 'sweep-before', openedAt: '2026-01-01T00:00:00.000Z' };
    const allowance = { ...opened, limit: 20, used: 19, waiting: ['d'], ...overrides };
    return { pause: { state: 'none', control: aControl({ allowance }) } };
  };
  const WAITS = 'maxRevocationsPerSweep is used up until the next scheduled sweep';
  const entry = { keepReason: undefined };

  test('waits for that sweep, which is named where the schedule is a rate', () => {
    expect(sentence(entry, { scheduleSeconds: 3600 }, waitingSince()))
      .toBe(`Waits for the next scheduled sweep, at about 2026-01-01 01:00 UTC: ${WAITS}`);
    expect(prospect(anEntry(entry), seenBy({ scheduleSeconds: 3600 }, waitingSince())))
      .toMatchObject({ kind: 'wait', notBefore: Date.parse('2026-01-01T01:00:00.000Z') });
  });

  test('waits for a sweep at a time that is not known, where the schedule is none', () => {
    expect(sentence(entry, {}, waitingSince())).toBe(`Waits for the next scheduled sweep: ${WAITS}`);
    expect(kind(entry, {}, waitingSince())).toBe('wait');
  });

  test('does not wait while no run was kept from revoking by that, however much is used', () => {
    expect(sentence(entry, { scheduleSeconds: 3600 }, waitingSince({ used: 20, waiting: undefined })))
      .toBe('Revoked by the next sweep');
  });

  test('is withheld where the latest full sweep had more than may be: then a person has to decide', () => {
    expect(sentence(entry, { withheld: OVER_LIMIT, scheduleSeconds: 3600 }, waitingSince()))
      .toMatch(/a person has to decide$/);
    expect(kind(entry, { withheld: OVER_LIMIT }, waitingSince())).toBe('decide');
  });

  test('promises nothing for a rule that something else keeps, or that is within its grace', () => {
    expect(sentence({ keepReason: 'EGRESS' }, {}, waitingSince()))
      .toBe('Egress rules are never revoked: remove it yourself');
    expect(sentence({ keepReason: 'WITHIN_GRACE', because: IS_STALE }, { grace: aGrace() }, waitingSince()))
      .toMatch(/^Revoked by the first sweep after 2026-01-07 00:00 UTC/);
    expect(sentence({ keepReason: 'DRY_RUN' }, { dryRun: true }, waitingSince()))
      .toBe('Would be revoked; this is a dry run');
  });

  test('waits for a pause that holds first', () => {
    const { pause } = waitingSince();
    const paused = aPauseReading({ until: '2026-01-10T08:00:00.000Z' });
    const control = { ...paused.control ?? aControl(), allowance: pause?.control?.allowance };
    expect(sentence({ keepReason: 'PAUSED' }, {}, { pause: { ...paused, control } }))
      .toMatch(/^Revoked by the first sweep after the pause ends/);
  });
});

describe('a rule that the latest sweep did not see', () => {
  const missed = { lastSeen: '2025-12-31T23:58:59.000Z' };

  test.each([undefined, 'REPORT_ONLY', 'EGRESS', 'EXEMPT_BY_PROP', 'WITHIN_GRACE', 'DRY_RUN'])(
    'is promised nothing, whatever an earlier one thought: %p',
    keepReason => {
      const sweep = { withheld: OVER_LIMIT, grace: aGrace() };
      expect(sentence({ ...missed, keepReason }, sweep)).toBe(
        'Unknown: the latest sweep did not see it; the next one that sees it decides',
      );
      expect(kind({ ...missed, keepReason }, sweep)).toBe('unknown');
    },
  );

  test('may have been revoked by an earlier one', () => {
    expect(sentence({ ...missed, state: 'PENDING' }, {})).toBe(
      'Unknown: an earlier sweep began to revoke it, and the latest sweep did not see it; the next one that sees it decides',
    );
  });

  test.each(['2025-12-31T23:59:00.000Z', '2025-12-31T23:59:58.000Z'])(
    'is none that was seen at %s, after that sweep began',
    lastSeen => {
      expect(sentence({ lastSeen }, {})).toBe('Revoked by the next sweep');
    },
  );
});

test('candidates are open, and due now or later', () => {
  const others = [
    { keepReason: 'EGRESS' },
    { keepReason: 'EXEMPT_BY_PROP' },
    { state: 'PENDING' as const },
    { state: 'REVOKED' as const },
    { state: 'HEALED' as const, keepReason: 'STACK_IN_PROGRESS' },
  ];
  const reasons = [
    undefined, 'WITHIN_GRACE', 'DRY_RUN', 'OVER_LIMIT', 'LIMIT_USED', 'PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING',
    'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED', 'STACK_IN_PROGRESS',
  ];
  expect(candidates([...reasons.map(keepReason => ({ keepReason })), ...others].map(anEntry))).toBe(reasons.length);
});

describe('the order', () => {
  const grace = aGrace();
  const ids = (entries: readonly LedgerEntry[], sweep: Partial<SweepEntry> = {}): string[] => {
    const context = seenBy({ grace, ...sweep });
    const found = entries.map(entry => ({ entry, prospect: prospect(entry, context) }));
    return inOrder(found).map(({ entry }) => entry.securityGroupRuleId);
  };
  const named = (securityGroupRuleId: string, entry: Partial<LedgerEntry> = {}): LedgerEntry =>
    anEntry({ rule: aRule({ securityGroupRuleId }), because: IS_STALE, ...entry });

  test('begins with findings that need a person, continues by the time of revocation, and ends with kept rules', () => {
    const entries = [
      named('kept', { keepReason: 'EXEMPT_BY_PROP', firstSeen: '2020-01-01T00:00:00.000Z' }),
      named('egress', { keepReason: 'EGRESS' }),
      named('reported', { keepReason: 'REPORT_ONLY' }),
      named('missed', {
        lastSeen: '2025-12-31T23:00:00.000Z',
        firstSeen: '2020-01-01T00:00:00.000Z',
        keepReason: 'EXEMPT_BY_PROP',
      }),
      named('later', { keepReason: 'WITHIN_GRACE', firstSeen: '2025-12-31T00:00:00.000Z' }),
      named('dry', { keepReason: 'DRY_RUN' }),
      named('sooner', { keepReason: 'WITHIN_GRACE', firstSeen: '2025-12-30T00:00:00.000Z' }),
      named('next'),
      named('failed', outcome('FAILED')),
    ];
    expect(ids(entries)).toEqual(['failed', 'next', 'missed', 'sooner', 'later', 'egress', 'reported', 'dry', 'kept']);
    expect(ids(entries, { withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }] })[8]).toBe('kept');
  });

  test('has the withheld before all else', () => {
    expect(
      ids([named('a', { state: 'PENDING' }), named('b')], {
        withheld: [{ reason: 'OVER_LIMIT', count: 25, digest: 'd' }],
      }),
    ).toEqual(['b', 'a']);
  });

  test('sorts equals by age, and does not depend on the input order', () => {
    const entries = [
      named('c'),
      named('b'),
      named('a', { firstSeen: '2025-12-31T01:00:00.000Z' }),
      named('d', { firstSeen: '2025-01-01T00:00:00.000Z' }),
    ];
    expect(ids(entries)).toEqual(['d', 'b', 'c', 'a']);
    expect(ids([...entries].reverse())).toEqual(['d', 'b', 'c', 'a']);
  });
});
