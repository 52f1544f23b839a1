/**
 * Tests the entry of one rule with random runs: they overlap, look early and write late, die between any two steps,
 * cannot read EC2, or get an error for a call that takes effect later. At any time, others modify or remove the rule.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { type Wait, waitOf } from '../../../../lambda/core/decide/grace';
import {
  type Absence, corrected, healed, isOpen, kept, type Look, type Looks, mayHaveRevoked, notFound, pending, revoked,
  seen, type Writer,
} from '../../../../lambda/core/ledger/entry';
import type { FoundRule } from '../../../../lambda/core/model/finding';
import type { LedgerEntry, StaleSight } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import { isSameRule, isSameTraffic } from '../../../../lambda/core/rules/sameness';
import { aFlaggedRule, aGrace, aGroup, aRule } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { aFlaggedFinding, after, aStaleFinding, START } from '../../../support/ledger-builders';

/** A function runs no longer than this. */
const LIFE_MILLIS = 15 * 60_000;
/** EC2 shows a rule for at most this long after it is gone. */
const LATE_MILLIS = 10_000;

/** The fate of a sweep. */
interface Fortune {
  readonly finds: 'stale' | 'flagged' | 'both' | 'nothing';
  /** Whether it is a scheduled sweep, whose sightings count. */
  readonly counts: boolean;
  readonly isReadable: boolean;
  /** What each check can say if it has not found the rule. */
  readonly looks: Looks;
  /** Whether EC2 still shows the sweep a rule that is just gone. */
  readonly isLate: boolean;
  readonly looksForSeconds: number;
  /** EC2's answer to a revocation. */
  readonly answer: 'success' | 'refusal' | 'uncertain';
}

/**
 * A sweep takes its next step, dies, or its call finally takes effect; time passes; or others change the rule.
 */
type Event =
  | { readonly event: 'step' | 'death' | 'effect'; readonly of: number }
  | { readonly event: 'time'; readonly seconds: number }
  | { readonly event: 'modification'; readonly what: 'traffic' | 'description' }
  | { readonly event: 'removal' };

const STEPS = ['write', 'claim', 'call', 'record'] as const;

const FIND: Readonly<Record<Fortune['finds'], (rule: SecurityGroupRule) => FoundRule | undefined>> = {
  stale: aStaleFinding,
  flagged: aFlaggedFinding,
  both: rule => ({ ...aStaleFinding(rule), ...aFlaggedFinding(rule) }),
  nothing: () => undefined,
};

class Sweep {
  /** The number of {@link STEPS} that were taken. */
  taken = 0;
  isDead = false;
  /** The entry that it has written. */
  entry?: LedgerEntry;
  /** The entry that it has claimed. */
  over?: LedgerEntry;
  verdict?: 'REVOKED' | 'UNCERTAIN' | 'REFUSED' | 'GONE' | 'CHANGED';

  constructor(
    readonly id: string, readonly startedAt: number, readonly lookedAt: number, readonly finding: FoundRule | undefined,
    readonly there: Absence['rule'], readonly fortune: Fortune,
  ) {}
}

/** A world with one rule, one entry, and sweeps that work like the handler. */
class World {
  entry: LedgerEntry | undefined;
  readonly written: LedgerEntry[] = [];
  /** The rule when it was removed, and whether a sweep removed it. */
  removed?: { readonly rule: SecurityGroupRule; readonly at: number; readonly byUs: boolean };
  /** Every version that the rule has had. */
  readonly shapes: SecurityGroupRule[] = [aRule()];
  claims = 0;
  sweeps = 0;
  /** The number of scheduled sweeps. */
  scheduled = 0;
  /** The number of modifications while several sweeps were in progress. */
  modificationsAmid = 0;

  private now = START.getTime();
  private rule: SecurityGroupRule | undefined = aRule();
  /** The sweeps in progress. A new one takes the place of one that is done or dead. */
  private readonly current: Array<Sweep | undefined> = [];

  constructor(private readonly fortunes: readonly Fortune[]) {}

  take(event: Event): void {
    switch (event.event) {
      case 'time': this.now += event.seconds * 1000; break;
      case 'modification': this.modify(event.what); break;
      case 'removal': this.remove(false); break;
      case 'step': this.step(event.of); break;
      case 'death': this.die(this.current[event.of]); break;
      case 'effect': this.haveEffect(this.current[event.of]); break;
    }
  }

  /** Runs a sweep that can read everything, and writes at once. */
  finalSweep(): void {
    this.now += LATE_MILLIS;
    const sweep = this.look({
      finds: 'stale', counts: true, isReadable: true, looks: { stale: 'looked', flagged: 'looked' }, isLate: false,
      looksForSeconds: 0, answer: 'success',
    });
    this.write(sweep);
  }

  /** Lets the sweeps in progress finish. */
  letAllEnd(): void {
    this.current.forEach((sweep, place) => {
      while (sweep && this.isUnderWay(sweep)) this.step(place);
    });
  }

  private step(place: number): void {
    const sweep = this.current[place];
    if (sweep === undefined || !this.isUnderWay(sweep)) {
      this.current[place] = this.look(this.fortunes[place]);
      return;
    }
    this[STEPS[sweep.taken++]](sweep);
  }

  private die(sweep: Sweep | undefined): void {
    if (sweep) sweep.isDead = true;
  }

  private look(fortune: Fortune): Sweep {
    const startedAt = this.now;
    this.now += fortune.looksForSeconds * 1000;
    const isLate = this.removed && fortune.isLate && this.now - this.removed.at < LATE_MILLIS;
    const rule = this.rule ?? (isLate ? this.removed?.rule : undefined);
    const there = fortune.isReadable ? rule ?? 'gone' : undefined;
    if (fortune.counts) this.scheduled++;
    return new Sweep(`sweep-${++this.sweeps}`, startedAt, this.now, rule && FIND[fortune.finds](rule), there, fortune);
  }

  private write(sweep: Sweep): void {
    const { id, startedAt, lookedAt, finding, there: rule, fortune: { looks, counts } } = sweep;
    const writer = { id, startedAt: new Date(startedAt), now: new Date(lookedAt) };
    this.put(finding
      ? seen(this.entry, finding, aGroup(), writer, { looks, counts, maxGapSeconds: Infinity })
      : this.entry && notFound(this.entry, { rule, looks }, writer));
    sweep.entry = finding && this.entry;
  }

  private claim(sweep: Sweep): void {
    const { entry } = this;
    if (sweep.entry?.state !== 'OPEN' || !sweep.finding) return;
    if (entry?.state !== 'OPEN' || !isSameRule(entry.rule, sweep.finding.rule)) return;
    sweep.over = entry;
    this.claims++;
    this.put(pending(entry, sweep.finding.rule, this.writer(sweep)));
  }

  private call(sweep: Sweep): void {
    if (sweep.over === undefined) return;
    if (this.rule === undefined) {sweep.verdict = 'GONE';} else if (!isDeepStrictEqual(this.rule, sweep.finding?.rule)) {sweep.verdict = 'CHANGED';} else {
      sweep.verdict = ({ success: 'REVOKED', refusal: 'REFUSED', uncertain: 'UNCERTAIN' } as const)[
        sweep.fortune.answer
      ];
    }
    if (sweep.verdict === 'REVOKED') this.remove(true);
  }

  /** Lets a call take effect that was answered with an error, or whose sender died. */
  private haveEffect(sweep: Sweep | undefined): void {
    if (sweep?.verdict !== 'UNCERTAIN' || this.now - sweep.startedAt >= LIFE_MILLIS) return;
    if (isDeepStrictEqual(this.rule, sweep.finding?.rule)) this.remove(true);
  }

  private record(sweep: Sweep): void {
    const { verdict, finding, over, id } = sweep;
    const { entry } = this;
    if (verdict === undefined || over === undefined || entry === undefined || finding === undefined) return;
    const writer = this.writer(sweep);
    const earlier = verdict === 'GONE' && mayHaveRevoked(over) ? over.attempt : undefined;
    if (verdict === 'REVOKED' || (verdict === 'UNCERTAIN' && this.rule === undefined) || earlier) {
      // A sweep knows what its own call revoked. Otherwise the revoked rule may be what another sweep has attempted
      // since.
      const rule = verdict === 'REVOKED' || entry.attempt?.sweepId === id ? finding.rule : entry.rule;
      if (entry.state !== 'REVOKED') this.put(revoked(entry, writer, earlier?.sweepId ?? id, undefined, rule));
      else if (!isSameRule(entry.rule, rule)) this.put(corrected(entry, rule, writer));
    } else if (entry.state === 'PENDING' && entry.writtenBy === id) {
      const attempt = verdict === 'UNCERTAIN' ? entry.attempt : over.attempt;
      this.put(
        verdict === 'GONE'
          ? healed(entry, writer, 'it was removed by someone else')
          : kept(entry, attempt, { name: verdict }, writer),
      );
    }
  }

  private modify(what: 'traffic' | 'description'): void {
    if (this.rule === undefined) return;
    if (this.current.filter(sweep => sweep && this.isUnderWay(sweep)).length > 1) this.modificationsAmid++;
    const version = this.shapes.length;
    this.rule = {
      ...this.rule,
      ...(what === 'traffic' ? { toPort: 22 + version } : { description: `version ${version}` }),
    };
    this.shapes.push(this.rule);
  }

  private remove(byUs: boolean): void {
    if (this.rule === undefined) return;
    this.removed = { rule: this.rule, at: this.now, byUs };
    this.rule = undefined;
  }

  private put(entry: LedgerEntry | undefined): void {
    if (entry === undefined) return;
    this.entry = entry;
    this.written.push(entry);
  }

  private writer({ id }: Sweep): Writer {
    return { id, startedAt: new Date(this.now), now: new Date(this.now) };
  }

  private isUnderWay({ taken, isDead, startedAt }: Sweep): boolean {
    return !isDead && taken < STEPS.length && this.now - startedAt < LIFE_MILLIS;
  }
}

const PLACES = 3;

const mostly: fc.Arbitrary<boolean> = fc.constantFrom(true, true, true, false);

const anyLook = fc.constantFrom<Look>('looked', 'looked', 'looked', 'not-looked', 'not-looked', 'not-asked');

const fortune: fc.Arbitrary<Fortune> = fc.record({
  finds: fc.constantFrom('stale', 'stale', 'both', 'flagged', 'nothing'),
  counts: mostly,
  isReadable: mostly,
  looks: fc.record({ stale: anyLook, flagged: anyLook }),
  isLate: fc.boolean(),
  looksForSeconds: fc.integer({ min: 0, max: 60 }),
  answer: fc.constantFrom('success', 'success', 'refusal', 'uncertain', 'uncertain'),
});

const of = fc.nat(PLACES - 1);

function events(backwards: number): fc.Arbitrary<Event[]> {
  const seconds = fc.oneof(fc.integer({ min: -backwards, max: 20 }), fc.nat(1200));
  return fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.record({ event: fc.constant('step' as const), of }) },
      { weight: 2, arbitrary: fc.record({ event: fc.constantFrom('death', 'effect', 'effect'), of }) },
      { weight: 2, arbitrary: fc.record({ event: fc.constant('time' as const), seconds }) },
      {
        weight: 1,
        arbitrary: fc.record({
          event: fc.constant('modification' as const),
          what: fc.constantFrom('traffic', 'description'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ event: fc.constant('removal' as const) }) },
    ),
    { minLength: 5, maxLength: 40, size: 'max' },
  );
}

/** @param backwards the number of seconds by which one clock may be behind another */
function forAllLives(numRuns: number, law: (world: World) => void, backwards = 0): void {
  const allFortunes = fc.array(fortune, { minLength: PLACES, maxLength: PLACES });
  fc.assert(fc.property(allFortunes, events(backwards), (fortunes, life) => {
    const world = new World(fortunes);
    life.forEach(event => world.take(event));
    law(world);
  }), { numRuns });
}

test('a rule that a sweep revoked ends as REVOKED, without expiry, and exactly as it was', () => {
  const revocations = { all: 0, modifiedAmid: 0 };
  forAllLives(10_000, world => {
    world.finalSweep();
    if (!world.removed?.byUs) return;
    revocations.all++;
    revocations.modifiedAmid += Number(world.modificationsAmid > 0);
    const { rule } = world.removed;
    const expectRecorded = (): void => {
      expect(world.entry).toMatchObject({ state: 'REVOKED', expiresAt: undefined });
      expectEqual(world.entry?.rule, rule);
    };
    expectRecorded();
    // Runs that are still in progress do not change this.
    world.letAllEnd();
    expectRecorded();
  });
  // A world in which nothing is revoked would satisfy the law as well.
  expect(revocations.all).toBeGreaterThan(1000);
  expect(revocations.modifiedAmid).toBeGreaterThan(30);
});

test('a rule that no sweep claimed, or that is there, does not end as revoked', () => {
  let removals = 0;
  forAllLives(10_000, world => {
    world.finalSweep();
    if (world.removed && world.claims > 0) return;
    if (world.removed) removals++;
    expect(world.entry?.state).not.toBe('REVOKED');
    if (world.removed && world.entry) {
      expect(world.entry).toMatchObject({ state: 'HEALED', expiresAt: expect.any(Number) as number });
    }
    if (!world.removed) expect(world.entry).toMatchObject({ state: 'OPEN' });
  });
  expect(removals).toBeGreaterThan(500);
});

test('what is revoked, open or pending never expires, and what is only history does', () => {
  forAllLives(3000, ({ written }) => {
    for (const { state, expiresAt } of written) {
      expectEqual([state, expiresAt !== undefined], [state, state === 'HEALED']);
    }
  });
});

test('an entry always holds the rule as it was at some time, under its id', () => {
  forAllLives(3000, ({ written, shapes }) => {
    for (const { rule, securityGroupRuleId } of written) {
      if (!shapes.some(shape => isDeepStrictEqual(shape, rule))) expect(shapes).toContainEqual(rule);
      expectEqual(securityGroupRuleId, 'sgr-1');
    }
  });
});

test('what is open or pending was found by a check, and keeps what it said until the finding has ended', () => {
  forAllLives(3000, ({ written }) => {
    for (const { stale, flagged } of written) expect(stale ?? flagged).toBeDefined();
  });
});

test('what is pending has an attempt of the sweep that wrote it; what is settled has none', () => {
  forAllLives(3000, ({ written }) => {
    for (const { state, attempt, writtenBy } of written) {
      if (state === 'PENDING') expectEqual(attempt?.sweepId, writtenBy);
      else if (state !== 'OPEN') expect(attempt).toBeUndefined();
    }
  });
});

describe('even by clocks that differ by minutes', () => {
  const MINUTES = 300;

  test('every write is one revision on', () => {
    forAllLives(3000, ({ written }) => {
      expectEqual(written.map(({ revision }) => revision), written.map((_, index) => index + 1));
    }, MINUTES);
  });

  test('a rule has no more sightings than there were scheduled sweeps, and none only where none has found it', () => {
    forAllLives(3000, ({ written, scheduled }) => {
      for (const { stale } of written) {
        if (stale === undefined) continue;
        expect(stale.sightings).toBeGreaterThanOrEqual(0);
        expect(stale.sightings).toBeLessThanOrEqual(scheduled);
        const isCounted = stale.sightings > 0;
        expectEqual([stale.countedSince !== undefined, stale.countedAt !== undefined], [isCounted, isCounted]);
      }
    }, MINUTES);
  });

  test('a rule is not last seen before it was first seen, nor, once it was seen again, earlier than before', () => {
    const isOrdered = ({ firstSeen, lastSeen }: Times): boolean => firstSeen <= lastSeen;
    /** A time that is more than an hour ahead does not count. */
    const isLater = (before: Times, { firstSeen, lastSeen }: Times): boolean => before.firstSeen !== firstSeen
      || before.lastSeen <= lastSeen || Date.parse(before.lastSeen) - Date.parse(lastSeen) > 3_600_000;
    forAllLives(3000, ({ written }) => {
      written.forEach((entry, index) => {
        const before = written.at(index - 1) ?? entry;
        for (const part of [(each: LedgerEntry): Times | undefined => each, stalePart, flaggedPart]) {
          const [earlier, now] = [part(before), part(entry)];
          if (now) expectEqual(isOrdered(now), true);
          const isContinued = index > 0 && isOpen(before) && isSameTraffic(before.rule, entry.rule);
          if (isContinued && earlier && now) expectEqual(isLater(earlier, now), true);
        }
      });
    }, MINUTES);
  });

  test('sightings are counted from the first to the latest', () => {
    forAllLives(3000, ({ written }) => {
      for (const { stale } of written) {
        const { countedSince = '', countedAt = '' } = stale ?? {};
        expectEqual(countedSince <= countedAt, true);
      }
    }, MINUTES);
  });
});

type Times = Pick<StaleSight, 'firstSeen' | 'lastSeen'>;

const stalePart = ({ stale }: LedgerEntry): Times | undefined => stale;
const flaggedPart = ({ flagged }: LedgerEntry): Times | undefined => flagged;

describe('runs that are no scheduled sweeps', () => {
  const GRACE = aGrace({ seconds: 6 * 3600, sightings: 3, maxGapSeconds: 4 * 3600 });
  const EXEMPT = { 'network-hygiene:exempt': 'true' };

  /** A run that looks at the rule. */
  interface Run {
    readonly isScheduled: boolean;
    /** The number of minutes after the run before it. */
    readonly minutes: number;
    /** The number of minutes for which it looks, so that it may have begun before others that have already looked. */
    readonly looksFor: number;
    /** The error of its clock. */
    readonly skew: number;
    readonly isStale: boolean;
    readonly verdict?: 'flagged' | 'undecided';
    /** What each check can say if it has not found the rule. */
    readonly looks: Looks;
    readonly isReadable: boolean;
    readonly isExempt: boolean;
    /** Whether someone has changed the port of the rule just before. */
    readonly isModified: boolean;
  }

  /** A run, and the rule at that time. */
  type Taking = Run & { readonly id: string; readonly at: number; readonly rule: SecurityGroupRule };

  function take(entry: LedgerEntry | undefined, run: Taking): LedgerEntry | undefined {
    const { id, at, rule, looks, verdict, isStale, isScheduled: counts } = run;
    const now = at + run.skew;
    const writer = { id, startedAt: after(now - run.looksFor), now: after(now) };
    if (!isStale && verdict === undefined) {
      return entry && (notFound(entry, { rule: run.isReadable ? rule : undefined, looks }, writer) ?? entry);
    }
    const finding: FoundRule = {
      groupId: rule.groupId, rule, ...isStale && aStaleFinding(rule),
      ...verdict && { flagged: aFlaggedRule({ rule, verdict }) },
    };
    return seen(entry, finding, aGroup(), writer, { looks, counts, maxGapSeconds: GRACE.maxGapSeconds }) ?? entry;
  }

  /** Returns the fields that the wait of an open finding depends on. */
  function countOf(entry: LedgerEntry | undefined): Omit<StaleSight, 'reason' | 'firstSeen' | 'lastSeen'> {
    const { sightings = 0, countedSince, countedAt } = (isOpen(entry) ? entry?.stale : undefined) ?? {};
    return { sightings, countedSince, countedAt };
  }

  const waitAt = (entry: LedgerEntry | undefined, at: number): Wait =>
    waitOf(isOpen(entry) ? entry?.stale : undefined, GRACE, after(at));

  const seldom = fc.constantFrom(false, false, false, false, true);
  const aVerdict = fc.constantFrom(undefined, undefined, 'flagged' as const, 'undecided' as const);
  const common = {
    minutes: fc.oneof({ weight: 6, arbitrary: fc.nat(90) }, { weight: 1, arbitrary: fc.nat(600) }),
    looksFor: fc.nat(20), isReadable: mostly, isExempt: fc.boolean(), verdict: aVerdict,
  };

  /** A scheduled sweep that finds the rule stale or not, or does not look. */
  const scheduled = (isModified: fc.Arbitrary<boolean>): fc.Arbitrary<Run> => fc.record({
    ...common, isModified, isScheduled: fc.constant(true), skew: fc.integer({ min: -3, max: 3 }),
    isStale: fc.constantFrom(true, true, true, true, false), looks: fc.record({ stale: anyLook, flagged: anyLook }),
  });

  /** A run over some groups that finds the rule stale, or does not look. Its clock may be far off. */
  const partial = (isModified: fc.Arbitrary<boolean>): fc.Arbitrary<Run> => fc.record({
    ...common, isModified, isScheduled: fc.constant(false),
    skew: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -3, max: 3 }) }, { weight: 1, arbitrary: fc.constant(20_000) },
    ),
    isStale: mostly,
    looks: fc.constantFrom<Looks>(
      { stale: 'not-looked', flagged: 'looked' }, { stale: 'not-looked', flagged: 'not-looked' },
    ),
  });

  function forAllHistories(isModified: fc.Arbitrary<boolean>, law: (history: readonly Compared[]) => void): void {
    const run = fc.oneof(
      { weight: 1, arbitrary: scheduled(isModified) }, { weight: 2, arbitrary: partial(isModified) },
    );
    const history = fc.array(run, { minLength: 5, maxLength: 60, size: 'max' });
    fc.assert(fc.property(history, runs => law(compare(runs))), { numRuns: 2000 });
  }

  /** The entry after one of the runs, and the entry without the runs that are not scheduled. */
  interface Compared {
    readonly run: Taking;
    readonly all: LedgerEntry | undefined;
    readonly scheduledOnly: LedgerEntry | undefined;
  }

  function compare(runs: readonly Run[]): Compared[] {
    let [at, port] = [0, 22];
    let all: LedgerEntry | undefined;
    let scheduledOnly: LedgerEntry | undefined;
    return runs.map((each, index) => {
      at += each.minutes;
      port += Number(each.isModified);
      const rule = aRule({ toPort: port, tags: each.isExempt ? EXEMPT : {}, description: `as run ${index} found it` });
      const run = { ...each, id: `run-${index}`, at, rule };
      all = take(all, run);
      if (run.isScheduled) scheduledOnly = take(scheduledOnly, run);
      return { run, all, scheduledOnly };
    });
  }

  test('neither end, shorten nor restart a wait, whatever else is said of the rule', () => {
    let [waits, ends] = [0, 0];
    forAllHistories(fc.constant(false), history => {
      const facts = ({ run: { at } }: Compared, entry: LedgerEntry | undefined): object =>
        ({ at, count: countOf(entry), wait: waitAt(entry, at) });
      expectEqual(history.map(each => facts(each, each.all)), history.map(each => facts(each, each.scheduledOnly)));
      const amid = history.filter(({ run: { isScheduled } }) => !isScheduled);
      waits += amid.filter(({ all }) => countOf(all).sightings > 0).length;
      ends += amid.filter(({ run: { at }, all }) => waitAt(all, at).state === 'over').length;
    });
    // Histories without a wait would satisfy the law as well.
    expect(waits).toBeGreaterThan(10_000);
    expect(ends).toBeGreaterThan(1000);
  });

  test('leave nothing that a sweep which finds the rule modified would count otherwise', () => {
    let modified = 0;
    forAllHistories(seldom, history => {
      const sightings = history.filter(({ run: { isScheduled, isStale } }) => isScheduled && isStale);
      const counted = sightings.map(({ all }) => countOf(all));
      expectEqual(counted, sightings.map(({ scheduledOnly }) => countOf(scheduledOnly)));
      modified += sightings.filter(({ run: { isModified } }) => isModified).length;
    });
    expect(modified).toBeGreaterThan(1000);
  });

  test('count nothing by themselves', () => {
    fc.assert(fc.property(fc.array(partial(seldom), { minLength: 1, maxLength: 100, size: 'max' }), runs => {
      expectEqual(compare(runs).filter(({ all }) => countOf(all).sightings > 0), []);
    }), { numRuns: 500 });
  });
});
