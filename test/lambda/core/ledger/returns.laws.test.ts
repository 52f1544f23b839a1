/** Laws about rules that come back, over histories of one rule that is revoked, goes, and returns. */
import * as fc from 'fast-check';
import { retried, returnedOf } from '../../../../lambda/core/ledger/returns';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import { anEntry, aRule } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { after, iso } from '../../../support/ledger-builders';

const COMES_BACK = { revocations: 3, withinSeconds: 86_400 };
const WITHIN = 24 * 60;

/** One time that the rule was there. */
interface Visit {
  /** The minutes for which it was absent before, and for which it is there. */
  readonly absent: number;
  readonly there: number;
  /** How it goes if nothing keeps it. Someone else removes it if it is kept. */
  readonly isRevoked: boolean;
  readonly isRetried: boolean;
}

const aVisit: fc.Arbitrary<Visit> = fc.record({
  absent: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 600 }) }, fc.integer({ min: 1, max: 3000 })),
  there: fc.oneof({ weight: 6, arbitrary: fc.nat(30) }, fc.nat(3000)),
  isRevoked: fc.constantFrom(true, true, true, false),
  isRetried: fc.constantFrom(false, false, false, true),
});

/** An independent account of the same history, kept step by step. */
interface Account {
  readonly revokedAt: readonly number[];
  readonly isKept: boolean;
}

interface Step {
  readonly entry: LedgerEntry;
  readonly expected: Account;
  readonly entries: readonly LedgerEntry[];
  readonly at: number;
}

function play(visits: readonly Visit[], comesBack: typeof COMES_BACK | undefined = COMES_BACK): Step[] {
  let at = 0;
  let account: Account = { revokedAt: [], isKept: false };
  const entries: LedgerEntry[] = [];
  return visits.map((visit, index) => {
    at += visit.absent;
    if (visit.absent >= WITHIN) account = { revokedAt: [], isKept: false };
    const isTooOften = account.revokedAt.some(last =>
      account.revokedAt.filter(each => each <= last && last - each <= WITHIN).length >= 3);
    const isKept = comesBack !== undefined && (account.isKept || isTooOften);
    account = { revokedAt: account.revokedAt, isKept };
    const expected = account;
    const rule = aRule({ securityGroupRuleId: `sgr-${index}` });
    const found = anEntry({
      rule, firstSeen: iso(at), lastSeen: iso(at), returned: returnedOf(rule, entries, { comesBack, now: after(at) }),
    });
    const step = { entry: found, expected, entries: [...entries], at };
    const wish = visit.isRetried && isKept ? retried(found, { id: 'retry', now: after(at) }) : undefined;
    if (wish) account = { revokedAt: [], isKept: false };
    at += visit.there;
    const goes = { ...wish ?? found, lastSeen: iso(at) };
    if (visit.isRevoked && !account.isKept) {
      entries.push({ ...goes, state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep', at: iso(at) } });
      account = { ...account, revokedAt: [...account.revokedAt, at] };
    } else {
      entries.push({ ...goes, state: 'HEALED' });
    }
    return step;
  });
}

const histories = fc.array(aVisit, { minLength: 1, maxLength: 30, size: 'max' });

test('what follows from the entries is what an account kept step by step says', () => {
  let [kept, over] = [0, 0];
  fc.assert(fc.property(histories, visits => {
    for (const { entry: { returned }, expected } of play(visits)) {
      const { isKept = false, revocations = 0 } = returned ?? {};
      expectEqual([isKept, revocations], [expected.isKept, expected.revokedAt.length]);
      kept += Number(expected.isKept);
      over += Number(returned?.revocations === 0);
    }
  }), { numRuns: 2000 });
  expect(Math.min(kept, over)).toBeGreaterThan(1000);
});

test('no rule is revoked more than three times in 24 hours, unless a person retried it', () => {
  fc.assert(fc.property(histories, visits => {
    const steps = play(visits.map(each => ({ ...each, isRetried: false })));
    const revoked = (steps.at(-1)?.entries ?? []).flatMap(({ state, outcome }) =>
      state === 'REVOKED' ? Date.parse(outcome?.at ?? '') : []);
    for (const at of revoked) {
      expectEqual(revoked.filter(each => each > at - WITHIN * 60_000 && each <= at).length <= 3, true);
    }
  }), { numRuns: 1000 });
});

test('the order of the entries, and entries of other traffic, change nothing', () => {
  const others = [
    anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-x', fromPort: 1 }), state: 'REVOKED' }),
    anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-y', groupId: 'sg-2' }), state: 'REVOKED' }),
  ];
  fc.assert(fc.property(histories, fc.infiniteStream(fc.nat()), (visits, random) => {
    const last = play(visits).at(-1);
    if (last === undefined) return;
    const shuffled = [...last.entries, ...others].map(entry => ({ entry, rank: random.next().value as number }))
      .sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
    expectEqual(
      returnedOf(last.entry.rule, shuffled, { comesBack: COMES_BACK, now: after(last.at) }), last.entry.returned,
    );
  }), { numRuns: 500 });
});

test('a clock that was ahead for one of the entries never has a rule revoked that would be kept', () => {
  const ahead = fc.record({ index: fc.nat(29), keys: fc.subarray(['firstSeen', 'lastSeen', 'outcome'], { minLength: 1 }) });
  let kept = 0;
  fc.assert(fc.property(histories, ahead, (visits, { index, keys }) => {
    const last = play(visits).at(-1);
    if (last?.entry.returned?.isKept !== true) return;
    kept += 1;
    const far = iso(1e6);
    const entries = last.entries.map((each, position): LedgerEntry => position !== index ? each : {
      ...each,
      ...keys.includes('firstSeen') && { firstSeen: far },
      ...keys.includes('lastSeen') && { lastSeen: far },
      ...keys.includes('outcome') && each.outcome && { outcome: { ...each.outcome, at: far } },
    });
    const now = returnedOf(last.entry.rule, entries, { comesBack: COMES_BACK, now: after(last.at) });
    expectEqual(now?.isKept, true);
  }), { numRuns: 3000 });
  expect(kept).toBeGreaterThan(100);
});

test('a configuration that keeps revoking never keeps a rule', () => {
  fc.assert(fc.property(histories, visits => {
    const last = play(visits).at(-1);
    if (last === undefined) return;
    const { isKept } = returnedOf(last.entry.rule, last.entries, { now: after(last.at) }) ?? {};
    expectEqual(isKept, undefined);
  }), { numRuns: 500 });
});
