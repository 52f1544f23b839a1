/** Tests how many rules all runs together may revoke from one scheduled sweep to the next. */
import * as fc from 'fast-check';
import { draw, type Drawn, givenBack } from '../../../../lambda/core/decide/allowance';
import type { Allowance } from '../../../../lambda/core/model/ledger';
import type { PlannedRevocation } from '../../../../lambda/core/model/result';
import { EVERYTHING, type Run } from '../../../../lambda/core/model/scope';
import { aGroup, anEntry, aRule } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { aFlaggedFinding, after, iso } from '../../../support/ledger-builders';

/** Planned revocations of the rules `sgr-1`, `sgr-2` and so on. */
function rules(count: number, first = 1): PlannedRevocation[] {
  return Array.from({ length: count }, (_, index) => {
    const rule = aRule({ securityGroupRuleId: `sgr-${first + index}` });
    const [because, finding] = [{ declarations: [] }, aFlaggedFinding(rule)];
    return { rule, group: aGroup(), because, finding, entry: anEntry({ rule }) };
  });
}

const scheduled = (id: string, minutes?: number): Run =>
  ({ id, trigger: 'schedule', scope: EVERYTHING, ...minutes !== undefined && { scheduledTime: iso(minutes) } });
const deployment = (id: string): Run => ({ id, trigger: 'deployment', scope: EVERYTHING });
const requested = (id: string): Run => ({ id, trigger: 'request', scope: EVERYTHING });
const partial = (id: string): Run => ({ id, trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } });

interface Asked {
  /** The time at which the run asks, in minutes after the start. */
  readonly at?: number;
  /** The number of minutes before that at which it began to look. */
  readonly looked?: number;
  /** The number of rules that are due in addition to the planned ones. */
  readonly unseen?: number;
  readonly limit?: number;
  /** Whether the ledger could not be read. */
  readonly isBlind?: boolean;
}

/** Asks for a number of revocations from what is left, by default of a limit of 10. */
function drawn(
  before: Allowance | undefined, run: Run, planned: number | readonly PlannedRevocation[],
  { at = 0, looked = 1, unseen = 0, limit = 10, isBlind = false }: Asked = {},
): Drawn {
  const all = typeof planned === 'number' ? rules(planned) : planned;
  const [startedAt, now] = [after(at - looked), after(at)];
  return draw(before, { run, startedAt, now, limit, planned: all, due: isBlind ? undefined : all.length + unseen });
}

/** Returns the allowance after a request. It fails if the request is not granted. */
function granted(before: Allowance | undefined, run: Run, planned: number, asked: Asked = {}): Allowance {
  const { allowance, withheld } = drawn(before, run, planned, asked);
  expect(withheld).toBeUndefined();
  expect(allowance).toBeDefined();
  return allowance as Allowance;
}

/** An unused allowance that a scheduled sweep has opened at the start. */
const anAllowance = (overrides: Partial<Allowance> = {}): Allowance =>
  ({ openedBy: 'sweep-0', openedAt: iso(0), scheduledTime: iso(0), limit: 10, used: 0, ...overrides });

const OVER = { planned: 25, runId: 'sweep-0', at: iso(-1) };

test('a sweep of everything that a change triggered opens no allowance, even if there is none yet, and revokes nothing then', () => {
  const changed: Run = { id: 'run-1', trigger: 'change', scope: EVERYTHING };
  expect(drawn(undefined, changed, 2)).toEqual({ allowance: undefined, withheld: 'LIMIT_USED' });
  expect(granted(anAllowance(), changed, 2, { at: 60 })).toMatchObject({ openedBy: 'sweep-0', used: 2 });
});

describe('a scheduled sweep', () => {
  test('opens an allowance, and draws on it', () => {
    expect(drawn(undefined, scheduled('sweep-1', 0), 3, { at: 5 })).toEqual({
      allowance: {
        openedBy: 'sweep-1', openedAt: iso(5), startedAt: iso(4), scheduledTime: iso(0), limit: 10, used: 3, reserved: { 'sweep-1': 3 },
      },
    });
  });

  test('opens the next one whole, whatever was used of the one before', () => {
    const before = anAllowance({ used: 10, reserved: { 'run-0': 10 }, waiting: ['d'] });
    const { allowance, withheld } = drawn(before, scheduled('sweep-1', 60), 10, { at: 60 });
    expect(withheld).toBeUndefined();
    expect(allowance).toEqual({
      openedBy: 'sweep-1', openedAt: iso(60), startedAt: iso(59), scheduledTime: iso(60), limit: 10, used: 10,
      reserved: { 'sweep-1': 10 },
    });
  });

  test('opens one, too, where it does not know when it was to run', () => {
    const before = anAllowance({ used: 10, scheduledTime: undefined });
    const { allowance } = drawn(before, scheduled('sweep-1'), 10, { at: 60 });
    expect(allowance).toEqual({
      openedBy: 'sweep-1', openedAt: iso(60), startedAt: iso(59), limit: 10, used: 10, reserved: { 'sweep-1': 10 },
    });
    expect(drawn(allowance, scheduled('sweep-2'), 10, { at: 120 }).allowance)
      .toMatchObject({ openedBy: 'sweep-2', used: 10 });
  });

  test('opens one though it has nothing to revoke', () => {
    expect(drawn(anAllowance({ used: 7 }), scheduled('sweep-1', 60), 0, { at: 60 }))
      .toEqual({
        allowance: {
          openedBy: 'sweep-1', openedAt: iso(60), startedAt: iso(59), scheduledTime: iso(60), limit: 10, used: 0,
        },
      });
  });

  test('opens one by the limit of its own configuration', () => {
    const before = anAllowance({ limit: 3, used: 3 });
    const { allowance } = drawn(before, scheduled('sweep-1', 60), 12, { at: 60, limit: 12 });
    expect(allowance).toMatchObject({ limit: 12, used: 12 });
  });

  test('opens one if the opening time of the latest is invalid', () => {
    const { allowance } = drawn(anAllowance({ openedAt: 'yesterday' }), scheduled('sweep-1', 60), 1, { at: 60 });
    expect(allowance).toMatchObject({ openedBy: 'sweep-1', used: 1 });
  });
});

describe('an event of the schedule that is delivered twice', () => {
  test('opens one allowance: the other run draws on it', () => {
    const first = granted(undefined, scheduled('sweep-1', 0), 6);
    expect(drawn(first, scheduled('sweep-2', 0), 4, { at: 30 }).allowance).toEqual({ ...first, used: 10, reserved: { 'sweep-1': 6, 'sweep-2': 4 } });
    expect(drawn(first, scheduled('sweep-2', 0), 5, { at: 30 }))
      .toMatchObject({ withheld: 'LIMIT_USED', allowance: { openedBy: 'sweep-1', used: 6 } });
  });

  test('is recognized by its time, and cannot be recognized without one', () => {
    const opensWith = (before: Allowance, run: Run): boolean =>
      drawn(before, run, 0, { at: 30 }).allowance?.openedBy === run.id;
    expect(opensWith(anAllowance(), scheduled('sweep-1', 0))).toBe(false);
    expect(opensWith(anAllowance(), scheduled('sweep-1', 60))).toBe(true);
    expect(opensWith(anAllowance(), scheduled('sweep-1'))).toBe(true);
    expect(opensWith(anAllowance({ scheduledTime: undefined }), scheduled('sweep-1'))).toBe(true);
  });

  test('opens none either when an event that does not tell its time came in between', () => {
    const first = granted(undefined, scheduled('sweep-1', 0), 1);
    const timeless = granted(first, scheduled('sweep-2'), 1, { at: 30 });
    expect(timeless.openedBy).toBe('sweep-2');
    expect(drawn(timeless, scheduled('sweep-3', 0), 1, { at: 40 }).allowance?.openedBy).toBe('sweep-2');
  });

  test('opens none when it is delivered once more after the next one has opened its own', () => {
    const next = granted(granted(undefined, scheduled('sweep-1', 0), 10), scheduled('sweep-2', 60), 10, { at: 60 });
    const late = scheduled('sweep-3', 0);
    expect(drawn(next, late, 10, { at: 70 }))
      .toMatchObject({ withheld: 'LIMIT_USED', allowance: { openedBy: 'sweep-2', used: 10 } });
  });
});

describe('a scheduled sweep that began to look before the latest allowance was opened', () => {
  test('opens none but draws on the current one, if it was slow and a later sweep was faster', () => {
    const latest = anAllowance({ openedAt: iso(60), used: 9 });
    const [one, two] = [1, 2].map(planned => drawn(latest, scheduled('sweep-1', 30), planned, { at: 61, looked: 2 }));
    expect(one).toEqual({ allowance: { ...latest, used: 10, reserved: { 'sweep-1': 1 } } });
    expect(two.withheld).toBe('LIMIT_USED');
  });

  test('opens none either when it began at that very moment, and one when it began later', () => {
    const latest = anAllowance({ openedAt: iso(60), used: 9 });
    const [same, later] = [1, 0.9].map(looked => drawn(latest, scheduled('sweep-1', 60), 2, { at: 61, looked }));
    expect(same).toMatchObject({ withheld: 'LIMIT_USED', allowance: { openedBy: 'sweep-0', used: 9 } });
    const opened = { openedBy: 'sweep-1', openedAt: iso(61), scheduledTime: iso(60), used: 2, reserved: { 'sweep-1': 2 } };
    expect(later).toEqual({ allowance: { ...latest, ...opened, startedAt: expect.any(String) as string } });
  });

  test.each([
    [60, 'sweep-0', 'what an hour explains is another sweep'],
    [60.1, 'sweep-1', 'what is further ahead is of a clock that was ahead, and must not keep back every allowance'],
  ])('by %d minutes, leaves the one of %s: %s', (minutes, openedBy) => {
    const ahead = anAllowance({ openedAt: iso(minutes) });
    expect(drawn(ahead, scheduled('sweep-1', 30), 1, { at: 0, looked: 0 }).allowance).toMatchObject({ openedBy });
  });
});

describe('a run that is not scheduled', () => {
  test.each<[name: string, run: Run]>([['a deployment', deployment('run')], ['a request', requested('run')]])(
    'opens the first allowance of all, where it looks at everything: %s', (_, run) => {
      expect(drawn(undefined, run, 4, { at: 5 }))
        .toEqual({ allowance: { openedBy: 'run', openedAt: iso(5), limit: 10, used: 4, reserved: { run: 4 } } });
    });

  test.each<[name: string, run: Run]>([
    ['a deployment', deployment('run')], ['a request', requested('run')], ['a run of some groups', partial('run')],
  ])('draws on what is left, and opens none after that, however late: %s', (_, run) => {
    const before = anAllowance({ used: 4 });
    expect(drawn(before, run, 6, { at: 1_000_000 }).allowance).toEqual({ ...before, used: 10, reserved: { run: 6 } });
    expect(drawn(before, run, 7, { at: 1_000_000 }))
      .toMatchObject({ withheld: 'LIMIT_USED', allowance: { openedBy: 'sweep-0', used: 4 } });
  });

  test('revokes nothing of some groups before all was swept once: how much there is to do is not known', () => {
    expect(drawn(undefined, partial('run'), 1)).toEqual({ allowance: undefined, withheld: 'LIMIT_USED' });
    expect(drawn(undefined, partial('run'), 0)).toEqual({ allowance: undefined });
  });
});

test('a run that reserves once more, because the answer to its first write was lost, has what it planned and no more', () => {
  const first = granted(anAllowance({ used: 1 }), partial('run'), 4);
  const other = granted(first, partial('other'), 3);
  expect(granted(other, partial('run'), 4)).toMatchObject({ used: 8, reserved: { run: 4, other: 3 } });
});

describe('what is left of an allowance', () => {
  test.each([[0, 10], [4, 6], [9, 1]])('allows all if they are not more: %i used, %i planned', (used, planned) => {
    expect(drawn(anAllowance({ used }), requested('run'), planned))
      .toEqual({ allowance: anAllowance({ used: 10, reserved: { run: planned } }) });
  });

  test.each([[1, 10], [4, 7], [10, 1]])(
    'allows none if they are more, and stays unchanged: %i used, %i planned', (used, planned) => {
      const { allowance, withheld, isNewlyWaiting } = drawn(anAllowance({ used }), requested('run'), planned);
      expect([withheld, isNewlyWaiting, allowance?.used]).toEqual(['LIMIT_USED', true, used]);
      expect(granted(allowance, requested('run-2'), 10 - used).used).toBe(10);
    });

  test('is as it was, where nothing is planned: then there is nothing to write', () => {
    const before = anAllowance({ used: 10 });
    expect(drawn(before, requested('run'), 0).allowance).toBe(before);
    expect(drawn(before, partial('run'), 0, { unseen: 100 }).allowance).toBe(before);
  });

  test('is less at once where the limit is lowered', () => {
    const before = anAllowance({ used: 4 });
    expect(drawn(before, deployment('run'), 2, { limit: 5 })).toMatchObject({ withheld: 'LIMIT_USED' });
    expect(granted(before, deployment('run'), 1, { limit: 5 })).toMatchObject({ used: 5, limit: 10 });
    expect(drawn(anAllowance({ used: 8 }), deployment('run'), 1, { limit: 5 }).withheld).toBe('LIMIT_USED');
  });

  test('is no more before the next scheduled sweep where the limit is raised', () => {
    const before = anAllowance({ used: 4 });
    expect(drawn(before, deployment('run'), 7, { limit: 100 })).toMatchObject({ withheld: 'LIMIT_USED' });
    expect(granted(before, deployment('run'), 6, { limit: 100 }).used).toBe(10);
    expect(granted(before, scheduled('sweep-1', 60), 100, { at: 60, limit: 100 }).used).toBe(100);
  });

  test('is nothing with a limit of 0', () => {
    expect(drawn(anAllowance(), requested('run'), 1, { limit: 0 }).withheld).toBe('OVER_LIMIT');
    expect(drawn(anAllowance(), partial('run'), 1, { limit: 0 }).withheld).toBe('LIMIT_USED');
  });
});

describe('rules that wait for the next allowance', () => {
  const full = anAllowance({ used: 10 });

  test('are news once, whoever would revoke them, in whichever order they are found', () => {
    const first = drawn(full, partial('run-1'), rules(3));
    expect(first).toMatchObject({ withheld: 'LIMIT_USED', isNewlyWaiting: true });
    const second = drawn(first.allowance, requested('run-2'), rules(3).reverse());
    expect(second).toMatchObject({ withheld: 'LIMIT_USED', isNewlyWaiting: false });
    expect(second.allowance).toBe(first.allowance);
  });

  test('are news again when they are others', () => {
    const { allowance } = drawn(full, partial('run-1'), rules(3));
    for (const others of [rules(2), rules(4), rules(3, 2)]) {
      const next = drawn(allowance, partial('run-2'), others);
      expect(next).toMatchObject({ withheld: 'LIMIT_USED', isNewlyWaiting: true });
      expect(next.allowance?.waiting).not.toBe(allowance?.waiting);
    }
  });

  test('are news once each, where two sets of them are found in turn', () => {
    const first = drawn(full, partial('run-1'), rules(3));
    const second = drawn(first.allowance, partial('run-2'), rules(3, 10));
    expect(second).toMatchObject({ withheld: 'LIMIT_USED', isNewlyWaiting: true });
    expect(drawn(second.allowance, partial('run-3'), rules(3)).isNewlyWaiting).toBe(false);
    expect(drawn(second.allowance, partial('run-4'), rules(3, 10)).isNewlyWaiting).toBe(false);
  });

  test('are remembered as 20 sets at most', () => {
    let allowance: Allowance | undefined = full;
    for (let index = 1; index <= 30; index++) {
      allowance = drawn(allowance, partial(`run-${index}`), rules(1, index)).allowance;
    }
    expect(allowance?.waiting).toHaveLength(20);
    expect(drawn(allowance, partial('run'), rules(1, 30)).isNewlyWaiting).toBe(false);
  });

  test('wait no longer once the next is opened, and would be news in that', () => {
    const { allowance } = drawn(full, partial('run-1'), rules(3));
    const opened = granted(allowance, scheduled('sweep-1', 60), 0, { at: 60 });
    expect(opened.waiting).toBeUndefined();
    expect(drawn({ ...opened, used: 10 }, partial('run-2'), rules(3)).isNewlyWaiting).toBe(true);
  });

  test('are none where there is nothing to revoke, or all of it may be', () => {
    expect(drawn(full, partial('run'), 0)).not.toHaveProperty('isNewlyWaiting');
    expect(drawn(anAllowance(), partial('run'), 3)).not.toHaveProperty('isNewlyWaiting');
  });

  test('are not those that are over the limit: a person has to decide of these', () => {
    const { allowance, ...said } = drawn(full, requested('run'), 11);
    expect(said).toEqual({ withheld: 'OVER_LIMIT' });
    expect(allowance?.waiting).toBeUndefined();
  });
});

describe('a full sweep with more to revoke than the limit', () => {
  test.each<[name: string, run: Run]>([
    ['a scheduled one', scheduled('run', 60)], ['a deployment', deployment('run')], ['a request', requested('run')],
  ])('revokes nothing, and says how much there was: %s', (_, run) => {
    const { allowance, withheld } = drawn(anAllowance(), run, 11, { at: 60 });
    expectEqual(withheld, 'OVER_LIMIT');
    expect(allowance).toMatchObject({ used: 0, overLimit: { planned: 11, runId: 'run', at: iso(59) } });
  });

  test('counts what is due though it could not be seen, or is held back: what is planned is within the limit', () => {
    expect(drawn(anAllowance(), requested('run'), 1, { unseen: 10 })).toMatchObject({
      withheld: 'OVER_LIMIT', allowance: { used: 0, overLimit: { planned: 11, runId: 'run' } },
    });
    expect(drawn(anAllowance(), requested('run'), 1, { unseen: 9 }))
      .toEqual({ allowance: anAllowance({ used: 1, reserved: { run: 1 } }) });
  });

  test('withholds nothing where it plans nothing, and yet says that there is too much', () => {
    const { allowance, withheld } = drawn(anAllowance(), requested('run'), 0, { unseen: 11 });
    expect(withheld).toBeUndefined();
    expect(allowance?.overLimit).toEqual({ planned: 11, runId: 'run', at: iso(-1) });
  });

  test('is over the limit as it is now, not as it was when the allowance was opened', () => {
    expect(drawn(anAllowance(), requested('run'), 5, { limit: 4 }).withheld).toBe('OVER_LIMIT');
    expect(drawn(anAllowance(), requested('run'), 11, { limit: 11 })).toMatchObject({ withheld: 'LIMIT_USED' });
  });

  test('keeps a run of some groups from revoking, however little, and that has nothing to write', () => {
    const over = anAllowance({ overLimit: OVER });
    for (const planned of [1, 0]) {
      const { allowance, withheld } = drawn(over, partial('run'), planned);
      expect(allowance).toBe(over);
      expectEqual(withheld, planned > 0 ? 'OVER_LIMIT' : undefined);
    }
  });

  test('keeps the next one, which is over it, too, and names that', () => {
    const { allowance, withheld } = drawn(anAllowance({ overLimit: OVER }), scheduled('sweep-1', 60), 12, { at: 60 });
    expectEqual(withheld, 'OVER_LIMIT');
    expect(allowance).toMatchObject({ openedBy: 'sweep-1', overLimit: { planned: 12, runId: 'sweep-1' } });
  });

  test.each<[name: string, run: Run, used: number]>([
    ['a scheduled one', scheduled('run', 60), 10], ['a deployment', deployment('run'), 10],
    ['a request', requested('run'), 10], ['a scheduled one with nothing to do', scheduled('run', 60), 0],
    ['a request with nothing to do', requested('run'), 0],
  ])('keeps all until a full sweep is within the limit: %s', (_, run, planned) => {
    const { allowance, withheld } = drawn(anAllowance({ overLimit: OVER }), run, planned, { at: 60 });
    expect([withheld, allowance?.overLimit, allowance?.used]).toEqual([undefined, undefined, planned]);
    expect(drawn({ ...allowance ?? anAllowance(), used: 0 }, partial('run-2'), 1).withheld).toBeUndefined();
  });

  test('is not forgotten by one that began to look before it did: that knows less', () => {
    const over = anAllowance({ overLimit: { ...OVER, at: iso(60) } });
    for (const run of [requested('run'), deployment('run'), scheduled('run', 50)]) {
      const { allowance, withheld } = drawn(over, run, 1, { at: 70, looked: 11 });
      expect([withheld, allowance?.overLimit]).toEqual(['OVER_LIMIT', over.overLimit]);
    }
    expect(drawn(over, requested('run'), 1, { at: 70, looked: 9 }).withheld).toBeUndefined();
  });

  test('is not made older by one that looked earlier and is over it, too', () => {
    const latest = anAllowance({ overLimit: { ...OVER, at: iso(60) } });
    const slow = drawn(latest, requested('slow'), 11, { at: 70, looked: 20 }).allowance;
    expect(slow?.overLimit).toEqual({ ...OVER, at: iso(60) });
    expect(drawn(slow, requested('middle'), 1, { at: 70, looked: 15 }).withheld).toBe('OVER_LIMIT');
  });

  test('is forgotten by the next one where its clock was ahead', () => {
    const over = anAllowance({ overLimit: { ...OVER, at: iso(1000) } });
    expect(drawn(over, requested('run'), 1, { at: 70 }).allowance?.overLimit).toBeUndefined();
  });

  test('is not changed by a run that could not read the ledger, because it does not know what is due', () => {
    const over = anAllowance({ overLimit: OVER });
    expect(drawn(over, scheduled('run', 60), 0, { at: 60, isBlind: true }).allowance?.overLimit).toEqual(OVER);
    expect(drawn(anAllowance(), scheduled('run', 60), 0, { at: 60, isBlind: true }).allowance?.overLimit).toBeUndefined();
  });

  test('is cleared by a run within the limit, even if not enough is left for it', () => {
    const { allowance, withheld } = drawn(anAllowance({ used: 8, overLimit: OVER }), requested('run'), 3);
    expect([withheld, allowance?.overLimit]).toEqual(['LIMIT_USED', undefined]);
  });
});

describe('what a run has reserved and not used', () => {
  const before = anAllowance({ used: 7, reserved: { 'run-1': 4, 'run-2': 3 } });
  const back = (allowance: Allowance | undefined, count: number, from = 'sweep-0', runId = 'run-1') =>
    givenBack(allowance, { from, runId, count });

  test('is given back to the allowance that it is of', () => {
    expect(back(before, 3)).toEqual(anAllowance({ used: 4, reserved: { 'run-2': 3 } }));
  });

  test('is given back once: a write whose answer was lost is tried again', () => {
    expect(back(back(before, 3), 3)).toBeUndefined();
  });

  test('is gone with that once another is opened', () => {
    expect(back(before, 3, 'sweep-before')).toBeUndefined();
    expect(back(undefined, 3)).toBeUndefined();
  });

  test('is nothing to write where all was used, or the run has reserved nothing', () => {
    expect(back(before, 0)).toBeUndefined();
    expect(back(before, 3, 'sweep-0', 'run-3')).toBeUndefined();
    expect(back(anAllowance({ used: 7 }), 3)).toBeUndefined();
  });

  test('is no more than the run has reserved', () => {
    expect(back(before, 5)?.used).toBe(3);
  });

  test('leaves what else is known of the allowance', () => {
    const known = { overLimit: OVER, waiting: ['d'] };
    expect(back({ ...before, ...known }, 4)).toMatchObject({ used: 3, ...known });
  });

  test('of a run that died is used until the next allowance', () => {
    expect(back(granted(anAllowance(), partial('run'), 4), 4, 'sweep-0', 'run-again')).toBeUndefined();
  });
});

/**
 * The kind of a run in a random sequence. `repeated` delivers the latest event of the schedule again, and `late` the
 * first one.
 */
type Kind = 'scheduled' | 'repeated' | 'late' | 'deployment' | 'request' | 'groups';

interface Step {
  readonly kind: Kind;
  /** The numbers of planned revocations and of other rules that are due. */
  readonly planned: number;
  readonly unseen: number;
  /** The number of minutes for which the run looks before it asks. */
  readonly looked: number;
  /**
   * The number of revocations that the run does not use, and the number of runs after which it returns them. Absent: it
   * dies before that.
   */
  readonly unused: number;
  readonly givesBackAfter?: number;
  readonly limit: number;
}

const step = (kinds: readonly Kind[], limits: readonly number[]): fc.Arbitrary<Step> => fc.record({
  kind: fc.constantFrom(...kinds),
  planned: fc.constantFrom(0, 1, 2, 3, 4, 5, 6),
  unseen: fc.constantFrom(0, 0, 0, 0, 0, 1, 3),
  looked: fc.constantFrom(0, 1, 2, 9, 10, 11, 25),
  unused: fc.nat(6),
  givesBackAfter: fc.constantFrom(undefined, 0, 0, 1, 2, 5),
  limit: fc.constantFrom(...limits),
});

const LIMIT = 6;
const MINUTES_APART = 10;

const KINDS: readonly Kind[] = ['scheduled', 'scheduled', 'repeated', 'deployment', 'request', 'groups', 'groups'];

const rows = (kinds = KINDS, limits: readonly number[] = [LIMIT]): fc.Arbitrary<Step[]> =>
  fc.array(step(kinds, limits), { minLength: 1, maxLength: 30 });

/** The grant of one run of a sequence, and the facts that it knew. */
interface Told {
  readonly step: Step;
  readonly run: Run;
  readonly before: Allowance | undefined;
  readonly after: Allowance | undefined;
  readonly withheld?: string;
  /** The number of rules that the run revoked or may have revoked. */
  readonly revoked: number;
}

/** Plays a sequence of runs, which ask one after the other, and return unused revocations at their end. */
function play(row: readonly Step[]): Told[] {
  let allowance: Allowance | undefined;
  const told: Told[] = [];
  const times: number[] = [];
  const returns: Array<{ at: number; from: string; runId: string; count: number }> = [];
  for (const [index, each] of row.entries()) {
    const at = index * MINUTES_APART;
    const run = runOf(each, index, times);
    const before = allowance;
    const { allowance: next, withheld } = drawn(before, run, each.planned, { ...each, at });
    allowance = next;
    const grant = withheld ? 0 : each.planned;
    const unused = Math.min(each.unused, grant);
    told.push({ step: each, run, before, after: next, withheld, revoked: grant - unused });
    if (each.givesBackAfter !== undefined && next) {
      returns.push({ at: index + each.givesBackAfter, from: next.openedBy, runId: run.id, count: unused });
    }
    for (const { at: _, ...given } of returns.filter(({ at: when }) => when === index)) {
      // The response to the first write is sometimes lost, so that the write is retried.
      for (let attempt = 0; attempt < 2; attempt++) allowance = givenBack(allowance, given) ?? allowance;
    }
  }
  return told;
}

/** @param times the times at which the schedule ran; a new event adds one */
function runOf({ kind, looked }: Step, index: number, times: number[]): Run {
  const id = `run-${index}`;
  switch (kind) {
    case 'scheduled':
      times.push(index * MINUTES_APART - looked);
      return scheduled(id, times.at(-1));
    case 'repeated': return times.length > 0 ? scheduled(id, times.at(-1)) : requested(id);
    case 'late': return times.length > 0 ? scheduled(id, times[0]) : requested(id);
    case 'deployment': return deployment(id);
    case 'request': return requested(id);
    case 'groups': return partial(id);
  }
}

/** Groups the runs by the allowance that they share according to their own answers. */
function byAllowance(told: readonly Told[]): Told[][] {
  const groups = new Map<string, Told[]>();
  for (const each of told) {
    const openedBy = each.after?.openedBy ?? 'nothing';
    groups.set(openedBy, [...groups.get(openedBy) ?? [], each]);
  }
  return [...groups.values()];
}

const sum = (told: readonly Told[]): number => told.reduce((total, { revoked }) => total + revoked, 0);

describe('whatever runs come, even repeated ones, runs over some groups, and runs that die', () => {
  test('no more than the limit are revoked from one opening to the next', () => {
    let full = 0;
    fc.assert(fc.property(rows(), row => {
      for (const shared of byAllowance(play(row))) {
        expect(sum(shared)).toBeLessThanOrEqual(LIMIT);
        full += Number(sum(shared) === LIMIT && shared.length > 2);
      }
    }), { numRuns: 700 });
    expect(full).toBeGreaterThan(5);
  });

  test('no more than the limit by which the allowance was opened, nor than that by which a run decides', () => {
    let lowered = 0;
    fc.assert(fc.property(rows(KINDS, [2, 4, LIMIT, 9]), row => {
      for (const shared of byAllowance(play(row))) {
        const [{ step: { limit: opened } }] = shared;
        expect(sum(shared)).toBeLessThanOrEqual(opened);
        for (const { withheld, step: { planned, limit }, after: then } of shared) {
          if (withheld || planned === 0) continue;
          expect(then?.used).toBeLessThanOrEqual(Math.min(opened, limit));
          lowered += Number(limit < opened);
        }
      }
    }), { numRuns: 700 });
    expect(lowered).toBeGreaterThan(50);
  });

  test('an allowance is opened by the first full run, and then by each event of the schedule once', () => {
    let repeated = 0;
    fc.assert(fc.property(rows(), row => {
      const told = play(row);
      const openings = told.filter(({ before, after: then }) => then?.openedBy !== before?.openedBy);
      for (const { run, before } of openings) {
        expect(run.scope).toEqual(EVERYTHING);
        expect(before === undefined || run.trigger === 'schedule').toBe(true);
      }
      const times = openings.flatMap(({ run }) => run.scheduledTime ?? []);
      expect(times).toHaveLength(new Set(times).size);
      expect(openings.length).toBeLessThanOrEqual(1 + row.filter(({ kind }) => kind === 'scheduled').length);
      expect(sum(told)).toBeLessThanOrEqual(openings.length * LIMIT);
      repeated += told.filter(({ step: { kind }, run }) => kind === 'repeated' && run.trigger === 'schedule').length;
    }), { numRuns: 700 });
    expect(repeated).toBeGreaterThan(100);
  });

  test('no event of the schedule opens two, however late it is delivered again', () => {
    fc.assert(fc.property(rows([...KINDS, 'late']), row => {
      const openings = play(row).filter(({ before, after: then }) => then?.openedBy !== before?.openedBy);
      const times = openings.flatMap(({ run }) => run.scheduledTime ?? []);
      expect(times).toHaveLength(new Set(times).size);
    }), { numRuns: 700 });
  });

  test('a run is granted all that it plans, or nothing, and what is used is that and no more', () => {
    const counts = { all: 0, none: 0 };
    fc.assert(fc.property(rows(), row => {
      for (const { step: { planned }, before, after: then, withheld } of play(row)) {
        const used = before?.openedBy === then?.openedBy ? before?.used ?? 0 : 0;
        expectEqual(then?.used ?? 0, used + (withheld ? 0 : planned));
        expectEqual(withheld !== undefined && planned === 0, false);
        counts.all += Number(!withheld && planned > 0);
        counts.none += Number(withheld !== undefined);
      }
    }), { numRuns: 700 });
    expect(Math.min(counts.all, counts.none)).toBeGreaterThan(300);
  });

  test('while the latest full run had more to revoke than the limit, nothing is granted, and not for that else', () => {
    const counts = { over: 0, within: 0 };
    fc.assert(fc.property(rows(), row => {
      // The time at which the full run that was over the limit began to look.
      let over: number | undefined;
      for (const [index, { step: { planned, unseen, looked }, run, after: then, withheld }] of play(row).entries()) {
        const began = index * MINUTES_APART - looked;
        if (run.scope.kind === 'everything') {
          if (planned + unseen > LIMIT) over = Math.max(over ?? began, began);
          else if (over !== undefined && over <= began) over = undefined;
        }
        const isOver = over !== undefined;
        expectEqual(then?.overLimit !== undefined, isOver);
        if (isOver) expectEqual(withheld, planned > 0 ? 'OVER_LIMIT' : undefined);
        else expect(withheld).not.toBe('OVER_LIMIT');
        counts[isOver ? 'over' : 'within']++;
      }
    }), { numRuns: 700 });
    expect(Math.min(counts.over, counts.within)).toBeGreaterThan(100);
  });

  test('a run is withheld only where too much is due, or not enough is left', () => {
    fc.assert(fc.property(rows(), row => {
      for (const { step: { planned }, before, after: then, withheld } of play(row)) {
        if (withheld !== 'LIMIT_USED' || then === undefined) continue;
        const used = before?.openedBy === then.openedBy ? before.used : 0;
        expect(used + planned).toBeGreaterThan(LIMIT);
      }
    }), { numRuns: 700 });
  });

  test('no step changes the allowance that it is given', () => {
    fc.assert(fc.property(rows(), row => {
      const frozen = new Map<Allowance, string>();
      for (const { before } of play(row)) if (before) frozen.set(before, JSON.stringify(before));
      play(row);
      for (const [allowance, text] of frozen) expect(JSON.stringify(allowance)).toBe(text);
    }), { numRuns: 300 });
  });
});
