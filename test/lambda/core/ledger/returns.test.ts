/** Tests what the ledger says about rules that come back. */
import { retried, returnedOf } from '../../../../lambda/core/ledger/returns';
import type { LedgerEntry, Returned } from '../../../../lambda/core/model/ledger';
import { anEntry, aRule, type EntryInShort } from '../../../support/builders';
import { after, anAttempt, iso } from '../../../support/ledger-builders';

const DAY = 24 * 60;
const COMES_BACK = { revocations: 3, withinSeconds: 86_400 };

/** The rule that is there now. */
const NOW_THERE = aRule({ securityGroupRuleId: 'sgr-now' });

/** The entry of a rule with the same traffic, which was there from one minute to another. */
function earlier(id: number, from: number, to: number, overrides: EntryInShort = {}): LedgerEntry {
  const rule = aRule({ securityGroupRuleId: `sgr-${id}`, ...overrides.rule });
  return anEntry({ state: 'HEALED', firstSeen: iso(from), lastSeen: iso(to), ...overrides, rule });
}

const REVOKED = (at: number): Pick<LedgerEntry, 'state' | 'outcome'> =>
  ({ state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-before', at: iso(at) } });

const revokedAt = (id: number, from: number, at: number, overrides: EntryInShort = {}): LedgerEntry =>
  earlier(id, from, from, { ...REVOKED(at), ...overrides });

const returned = (
  entries: readonly LedgerEntry[], now: number, comesBack: typeof COMES_BACK | undefined = COMES_BACK,
): Returned | undefined => returnedOf(NOW_THERE, entries, { comesBack, now: after(now) });

const THREE = [revokedAt(1, 0, 1), revokedAt(2, 60, 61), revokedAt(3, 120, 121)];

describe('a rule has come back', () => {
  test('when this construct revoked the same traffic in the same group, and it says how often and when', () => {
    expect(returned(THREE.slice(0, 2), 100)).toEqual({ revocations: 2, since: iso(1), latest: iso(61) });
    expect(returned(THREE.slice(0, 1), 100)).toEqual({ revocations: 1, since: iso(1), latest: iso(1) });
  });

  test.each<[why: string, entries: LedgerEntry[]]>([
    ['there was no rule before', []],
    ['the earlier rule was never revoked', [earlier(1, 0, 1)]],
    ['other traffic was revoked', [revokedAt(1, 0, 1, { rule: { fromPort: 23 } as never })]],
    ['traffic to another group was revoked', [revokedAt(1, 0, 1, { rule: { groupId: 'sg-2' } as never })]],
    ['EC2 shows the revoked rule itself once more', [{ ...revokedAt(1, 0, 1), securityGroupRuleId: 'sgr-now' }]],
  ])('not when %s', (_, entries) => {
    expect(returned(entries, 100)).toBeUndefined();
  });

  test('not when a restore put it back, however often it was revoked', () => {
    const restored = { securityGroupRuleId: 'sgr-now', restoreId: 'restore-1', at: iso(122) };
    expect(returned([...THREE.slice(0, 2), { ...THREE[2], state: 'RESTORED', restored }], 130)).toBeUndefined();
  });

  test('even if its description and its tags are others', () => {
    expect(returned([revokedAt(1, 0, 1, { rule: { description: 'older', tags: { a: 'b' } } as never })], 100))
      .toMatchObject({ revocations: 1 });
  });

  test('when an attempt may have revoked the earlier one, because EC2 allows no second rule with the same traffic', () => {
    const pending = earlier(1, 0, 0, { state: 'PENDING', attempt: anAttempt(1) });
    expect(returned([pending], 5)).toMatchObject({ revocations: 1, latest: iso(1) });
  });

  test('and the tags of its group are there for the person who looks for its owner', () => {
    const groupTags = { team: 'payments' };
    expect(returnedOf(NOW_THERE, THREE, { comesBack: COMES_BACK, groupTags, now: after(130) }))
      .toMatchObject({ groupTags });
  });
});

describe('a rule that comes back is kept', () => {
  test('once it was revoked as often as it may be, and not before', () => {
    expect(returned(THREE, 130)).toEqual({ revocations: 3, since: iso(1), latest: iso(121), isKept: true });
    expect(returned(THREE.slice(1), 130)).not.toHaveProperty('isKept');
  });

  test('for three revocations within 24 hours, also if it returns much later', () => {
    const slowly = [revokedAt(1, 0, 1), revokedAt(2, 720, 721), revokedAt(3, 1440, 1441)];
    expect(returned(slowly, 1 + DAY)).toMatchObject({ revocations: 3, isKept: true });
    expect(returned(slowly, 2 + DAY)).toMatchObject({ revocations: 3, isKept: true });
  });

  test('not for three revocations that are further apart', () => {
    const apart = [revokedAt(1, 0, 1), revokedAt(2, 720, 721), revokedAt(3, 1440, 1442)];
    expect(returned(apart, 2 + DAY)).toEqual({ revocations: 3, since: iso(1), latest: iso(1442) });
  });

  test('at every return, if these are ten hours apart', () => {
    const every = (hours: number, count: number): LedgerEntry[] =>
      Array.from({ length: count }, (_, index) => revokedAt(index, index * hours * 60, index * hours * 60 + 1));
    expect(returned(every(10, 3), 30 * 60)).toMatchObject({ revocations: 3, isKept: true });
    expect(returned(every(13, 3), 39 * 60)).not.toHaveProperty('isKept');
  });

  test('for as long as one that was kept has not been absent for 24 hours, however that one went', () => {
    const kept = earlier(4, 130, 3000, { returned: { revocations: 3, latest: iso(121), isKept: true } });
    expect(returned([...THREE, kept], 3000 + DAY - 1)).toMatchObject({ isKept: true, revocations: 3 });
    expect(returned([...THREE, kept], 3000 + DAY)).toEqual({ revocations: 0, latest: iso(121) });
  });

  test('even if someone has deleted the records of its revocations', () => {
    const kept = earlier(4, 130, 200, { returned: { revocations: 3, latest: iso(121), isKept: true } });
    expect(returned([kept], 300)).toEqual({ revocations: 0, latest: iso(121), isKept: true });
  });

  test('never when the configuration keeps revoking, but it is told', () => {
    expect(returnedOf(NOW_THERE, THREE, { now: after(130) }))
      .toEqual({ revocations: 3, since: iso(1), latest: iso(121) });
  });
});

describe('the count starts over', () => {
  test('when the rule has been absent for 24 hours since it was revoked', () => {
    expect(returned(THREE, 121 + DAY)).toEqual({ revocations: 0, latest: iso(121) });
    expect(returned(THREE, 120 + DAY)).toMatchObject({ revocations: 3 });
  });

  test('when it had been absent for 24 hours in between', () => {
    const later = [revokedAt(4, 200 + DAY, 201 + DAY), revokedAt(5, 300 + DAY, 301 + DAY)];
    expect(returned([...THREE, ...later], 310 + DAY))
      .toEqual({ revocations: 2, since: iso(201 + DAY), latest: iso(301 + DAY) });
  });

  test('not while it was there all the time, in whatever state it was found', () => {
    const there = earlier(4, 130, 130 + 5 * DAY);
    expect(returned([...THREE, there], 131 + 5 * DAY)).toMatchObject({ revocations: 3, isKept: true });
  });

  test('with a retry: what was before does not count, and the revocation that followed does', () => {
    const returnedThen = { revocations: 3, latest: iso(121), retriedAt: iso(140) };
    const retriedOne = revokedAt(4, 130, 150, { returned: returnedThen });
    expect(returned([...THREE, retriedOne], 160)).toEqual({ revocations: 1, since: iso(150), latest: iso(150) });
    const again = [...THREE, retriedOne, revokedAt(5, 160, 161), revokedAt(6, 170, 171)];
    expect(returned(again, 180)).toMatchObject({ revocations: 3, since: iso(150), isKept: true });
  });
});

describe('a clock that was ahead', () => {
  test.each(['firstSeen', 'lastSeen'] as const)('has a rule kept rather than revoked once more (%s)', key => {
    const entries = THREE.map(each => ({ ...each, [key]: iso(400 * DAY) }));
    expect(returned(entries, 130)).toMatchObject({ revocations: 3, isKept: true });
  });

  test('counts a revocation as made now', () => {
    const entries = [THREE[0], THREE[1], revokedAt(3, 120, 400 * DAY)];
    expect(returned(entries, 130)).toEqual({ revocations: 3, since: iso(1), latest: iso(130), isKept: true });
  });

  test('does not have a retry forget what came after it', () => {
    const retriedThen = { revocations: 3, latest: iso(121), retriedAt: iso(400 * DAY) };
    const retriedOne = revokedAt(4, 130, 400 * DAY, { firstSeen: iso(400 * DAY), returned: retriedThen });
    expect(returned([retriedOne, revokedAt(5, 160, 161), revokedAt(6, 170, 171)], 180)).toMatchObject({ isKept: true });
  });
});

describe('a retry', () => {
  const kept = anEntry({ returned: { revocations: 3, since: iso(1), latest: iso(121), isKept: true } });
  const writer = { id: 'retry-1', now: after(200) };

  test('lets a rule be revoked that is kept, and leaves the rest of its entry as it is', () => {
    const { returned: before, ...rest } = kept;
    const { isKept: _, ...history } = before ?? fail();
    expect(retried(kept, writer))
      .toEqual({ ...rest, revision: 3, writtenBy: 'retry-1', returned: { ...history, retriedAt: iso(200) } });
  });

  test.each<[what: string, entry: LedgerEntry | undefined]>([
    ['no rule', undefined],
    ['a rule that does not come back', anEntry()],
    ['a rule that is not kept', anEntry({ returned: { revocations: 1, latest: iso(1) } })],
    ['a rule that is gone', { ...kept, state: 'HEALED' }],
    ['a rule that was retried', retried(kept, writer)],
  ])('changes nothing about %s', (_, entry) => {
    expect(retried(entry, writer)).toBeUndefined();
  });
});
