/** Tests which of the declarations that flag a rule decides, and what it waits for. */
import * as fc from 'fast-check';
import {
  decidingOf, type FlaggedContext, isOnlyReported, isToldToRevoke, whyNotNow,
} from '../../../../lambda/core/decide/flagged';
import { waitOf } from '../../../../lambda/core/decide/grace';
import { isToldAtOnce, type OwnWait, waitsOf } from '../../../../lambda/core/decide/waiting';
import type { DeclarationSight, FlaggedSight, LedgerEntry, Sightings } from '../../../../lambda/core/model/ledger';
import type { FlaggedActionConfiguration, FlaggedIngressRule, Grace } from '../../../../src/contract/configuration';
import { aFlaggedIngressRule, aGrace, anEntry } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { after, iso } from '../../../support/ledger-builders';

const DAY = 24 * 60;
const REPORT: FlaggedActionConfiguration = { kind: 'report' };
const REVOKE: FlaggedActionConfiguration = { kind: 'revoke' };
const revokeAfter = (grace: Partial<Grace> = {}): FlaggedActionConfiguration => ({ kind: 'revoke', grace: aGrace(grace) });

/** Declarations whose digests are `a`, `b` and so on, with these actions. */
const declared = (...actions: FlaggedActionConfiguration[]): FlaggedIngressRule[] => actions.map((action, index) =>
  aFlaggedIngressRule({ id: 'abcdef'[index], name: `flaggedIngressRules[${index}]`, action }));

const named = (rules: readonly FlaggedIngressRule[]): DeclarationSight[] => rules.map(({ id, name }) => ({ id, name }));

/** The knowledge of the ledger: each declaration was found for some days, ending now. */
function sightOf(rules: readonly FlaggedIngressRule[], days: Readonly<Record<string, number>>): FlaggedSight {
  const counts = (id: string): Partial<Sightings> => id in days
    ? { sightings: 2 + days[id], countedSince: iso(-days[id] * DAY), countedAt: iso(0) } : {};
  const declarations = rules.map(({ id, name }) => ({ id, name, ...counts(id) }));
  return { verdict: 'flagged', declarations, firstSeen: iso(-100 * DAY), lastSeen: iso(0) };
}

const NOW = after(0);

function why(
  rules: FlaggedIngressRule[], days: Record<string, number> = {}, context: Partial<FlaggedContext> = {},
): unknown {
  return whyNotNow('sg-1', named(rules), sightOf(rules, days), { flaggedIngressRules: rules, now: NOW, ...context });
}

describe('the declaration that asks for most decides', () => {
  test('to report only when each of them does', () => {
    expect(why(declared(REPORT, REPORT))).toBe('REPORT_ONLY');
    expect(why(declared(REPORT, REVOKE))).toBeUndefined();
    expect(why(declared(REPORT, revokeAfter()))).toBe('WITHIN_GRACE');
  });

  test('as soon as one wait is over, whatever the others say', () => {
    const rules = declared(REPORT, revokeAfter(), revokeAfter());
    expect(why(rules, { b: 6, c: 6 })).toBe('WITHIN_GRACE');
    expect(why(rules, { b: 6, c: 7 })).toBeUndefined();
    const context = { flaggedIngressRules: rules, now: NOW };
    expect(decidingOf('sg-1', named(rules), sightOf(rules, { b: 6, c: 7 }), context).map(({ id }) => id)).toEqual(['c']);
  });

  test('by its own count, not by that of another one, and not by when the rule was found first', () => {
    expect(why(declared(revokeAfter(), revokeAfter({ seconds: 1e9 })), { b: 100 })).toBe('WITHIN_GRACE');
    expect(why(declared(revokeAfter()))).toBe('WITHIN_GRACE');
  });

  test('by its digest, although others were put before it', () => {
    const rules = declared(REPORT, REVOKE);
    const [, second] = rules;
    const moved = [{ ...rules[0], name: 'flaggedIngressRules[1]' }, { ...second, name: 'flaggedIngressRules[0]' }];
    const context = { flaggedIngressRules: moved, now: NOW };
    expect(whyNotNow('sg-1', [{ id: 'a', name: 'flaggedIngressRules[0]' }], undefined, context)).toBe('REPORT_ONLY');
    expect(whyNotNow('sg-1', [{ id: 'b', name: 'flaggedIngressRules[1]' }], undefined, context)).toBeUndefined();
  });

  test('unless it is for default groups and the group is used, or may be', () => {
    const [rule] = declared(REVOKE);
    const ofDefault = { ...rule, groups: { kind: 'default', evenInUse: false } } as const;
    const use = (...used: string[]): FlaggedContext['groupUse'] => ({ used: new Set(used), unread: new Set() });
    expect(why([ofDefault], {}, { groupUse: use('sg-1') })).toBe('IN_USE');
    expect(why([ofDefault], {}, { groupUse: use('sg-2') })).toBeUndefined();
    expect(why([ofDefault], {}, { groupUse: { used: new Set(), unread: new Set(['sg-1']) } })).toBe('USE_UNREAD');
    expect(why([ofDefault])).toBe('USE_UNREAD');
    expect(why([{ ...ofDefault, groups: { kind: 'default', evenInUse: true } }])).toBeUndefined();
    expect(why([ofDefault, ...declared(REPORT, REVOKE).slice(1)], {}, { groupUse: use('sg-1') })).toBeUndefined();
  });

  test('and one that is no longer declared asks for nothing', () => {
    const context = { flaggedIngressRules: [], now: NOW };
    expect(whyNotNow('sg-1', [{ id: 'z', name: 'flaggedIngressRules[0]' }], undefined, context)).toBe('REPORT_ONLY');
    expect(isToldToRevoke([{ id: 'z', name: 'flaggedIngressRules[0]' }], context)).toBe(false);
    // In doubt, the rule may be due, which only the limit depends on.
    expect(isOnlyReported([{ id: 'z', name: 'flaggedIngressRules[0]' }], context)).toBe(false);
  });

  test('in any order, and none is revoked before one of the waits is over', () => {
    const anAction = fc.oneof(
      fc.constant(REPORT),
      fc.integer({ min: 0, max: 20 }).map(days => revokeAfter({ seconds: days * 86_400, maxGapSeconds: 86_400 })),
    );
    const aCase = fc.array(fc.tuple(anAction, fc.nat(20)), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(aCase, cases => {
      const rules = declared(...cases.map(([action]) => action));
      const days = Object.fromEntries(cases.map(([, each], index) => ['abcdef'[index], each]));
      const isOver = ([{ grace }, each]: typeof cases[number]): boolean =>
        grace !== undefined && each * 86_400 >= grace.seconds && 2 + each >= grace.sightings;
      const expected = cases.some(isOver) ? undefined
        : cases.some(([{ kind }]) => kind === 'revoke') ? 'WITHIN_GRACE' : 'REPORT_ONLY';
      expectEqual(why(rules, days), expected);
      const context = { flaggedIngressRules: [...rules].reverse(), now: NOW };
      expectEqual(whyNotNow('sg-1', named(rules).reverse(), sightOf([...rules].reverse(), days), context), expected);
    }), { numRuns: 1000 });
  });
});

describe('the waits of a finding', () => {
  const GRACE = aGrace({ seconds: 10 * 86_400 });

  function entryOf(rules: FlaggedIngressRule[], days: Record<string, number>, staleDays?: number): LedgerEntry {
    const stale = staleDays === undefined ? {} : {
      stale: {
        reason: 'OTHER', firstSeen: iso(-99 * DAY), lastSeen: iso(0), sightings: 3, countedSince: iso(-staleDays * DAY),
        countedAt: iso(0),
      },
    };
    return anEntry({ keepReason: 'WITHIN_GRACE', flagged: sightOf(rules, days), ...stale });
  }

  const shown = ({ still, seen, endsAt }: OwnWait): unknown => [still, seen, new Date(endsAt).toISOString()];

  test('are those of the stale check and of each declaration, the one that ends first at the beginning', () => {
    const rules = declared(revokeAfter(), REPORT, revokeAfter({ seconds: 86_400 * 20 }));
    const waiting = { staleRules: 'revoke', grace: GRACE, flaggedIngressRules: rules } as const;
    expect(waitsOf(entryOf(rules, { a: 1, b: 50, c: 2 }, 9), waiting, NOW).map(shown)).toEqual([
      ['stale', 3, iso(DAY)], ['flagged', 3, iso(6 * DAY)], ['flagged', 4, iso(18 * DAY)],
    ]);
    expect(waitsOf(entryOf(rules, {}), waiting, NOW)[0]).toMatchObject(waitOf(undefined, aGrace(), NOW));
  });

  test('are none of the stale check when stale rules are only reported', () => {
    expect(waitsOf(entryOf([], {}, 9), { staleRules: 'report', grace: GRACE }, NOW)).toEqual([]);
  });

  test('do not matter when something asks for the revocation at once', () => {
    const [wait, at, report] = declared(revokeAfter(), REVOKE, REPORT);
    const told = (...rules: FlaggedIngressRule[]): boolean =>
      isToldAtOnce(entryOf(rules, {}), { staleRules: 'ignore', flaggedIngressRules: rules });
    expect([told(wait), told(wait, at), told(report)]).toEqual([false, true, false]);
    expect(isToldAtOnce(entryOf([], {}, 9), { staleRules: 'revoke' })).toBe(true);
    // A sweep of an earlier version recorded no declarations, and revoked flagged rules at once.
    expect(isToldAtOnce(entryOf([wait], {}), { staleRules: 'ignore' })).toBe(true);
  });
});
