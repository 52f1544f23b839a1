/**
 * Sweeps of every kind over one rule: they overlap, look before others and write after them, die between any two steps, cannot read EC2, or are
 * answered with an error by a call that has its effect all the same, later. Others modify the rule at any time, and remove it.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import {
  corrected, type FoundRule, healed, isSameRule, kept, mayHaveRevoked, notFound, pending, revoked, seen, type Writer,
} from '../../../../lambda/core/ledger/entry';
import type { LedgerEntry, SecurityGroupRule } from '../../../../lambda/core/ports';
import { aGroup, aRule } from '../../../support/builders';
import { aFlaggedFinding, aStaleFinding, START } from '../../../support/ledger-builders';

/** A function lives no longer. */
const LIFE_MILLIS = 15 * 60_000;
/** EC2 shows a rule no longer than this once it is gone. */
const LATE_MILLIS = 10_000;

/** How a sweep fares. */
interface Fortune {
  readonly finds: 'stale' | 'flagged' | 'nothing';
  readonly isReadable: boolean;
  readonly isLookedAt: boolean;
  /** Whether EC2 still shows it what is just gone. */
  readonly isLate: boolean;
  readonly looksForSeconds: number;
  /** What EC2 answers when it revokes. */
  readonly answer: 'success' | 'refusal' | 'uncertain';
}

/** A sweep takes its next step, dies, or what it sent has its effect at last; time goes by; or others do something to the rule. */
type Event =
  | { readonly event: 'step' | 'death' | 'effect'; readonly of: number }
  | { readonly event: 'time'; readonly seconds: number }
  | { readonly event: 'modification'; readonly what: 'traffic' | 'description' }
  | { readonly event: 'removal' };

const STEPS = ['write', 'claim', 'call', 'record'] as const;

class Sweep {
  /** Of {@link STEPS}. */
  taken = 0;
  isDead = false;
  /** What it has to go by once it has written. */
  entry?: LedgerEntry;
  /** What it claimed the rule over. */
  over?: LedgerEntry;
  verdict?: 'REVOKED' | 'UNCERTAIN' | 'REFUSED' | 'GONE' | 'CHANGED';

  constructor(
    readonly id: string, readonly startedAt: number, readonly lookedAt: number, readonly finding: FoundRule | undefined,
    readonly exists: boolean | undefined, readonly fortune: Fortune,
  ) {}
}

/** One rule, one entry, and sweeps that do as the handler does. */
class World {
  entry: LedgerEntry | undefined;
  readonly written: LedgerEntry[] = [];
  /** How the rule was when it was removed, and whether by a sweep. */
  removed?: { readonly rule: SecurityGroupRule; readonly at: number; readonly byUs: boolean };
  /** Every shape that the rule ever had. */
  readonly shapes: SecurityGroupRule[] = [aRule()];
  claims = 0;
  sweeps = 0;
  /** Modifications while more than one sweep was under way. */
  modificationsAmid = 0;

  private now = START.getTime();
  private rule: SecurityGroupRule | undefined = aRule();
  /** By place: who is done or dead makes way for a new one. */
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

  /** A sweep that reads all there is, and writes at once. */
  finalSweep(): void {
    this.now += LATE_MILLIS;
    const sweep = this.look({ finds: 'stale', isReadable: true, isLookedAt: true, isLate: false, looksForSeconds: 0, answer: 'success' });
    this.write(sweep);
  }

  /** What the sweeps that are under way still do. */
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
    const find = { stale: aStaleFinding, flagged: aFlaggedFinding, nothing: () => undefined }[fortune.finds];
    return new Sweep(`sweep-${++this.sweeps}`, startedAt, this.now, rule && find(rule), fortune.isReadable ? rule !== undefined : undefined, fortune);
  }

  private write(sweep: Sweep): void {
    const { id, startedAt, lookedAt, finding, exists, fortune: { isLookedAt } } = sweep;
    const writer = { id, startedAt: new Date(startedAt), now: new Date(lookedAt) };
    this.put(finding ? seen(this.entry, finding, aGroup(), writer) : this.entry && notFound(this.entry, { exists, isLookedAt }, writer));
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
    if (this.rule === undefined) sweep.verdict = 'GONE';
    else if (!isDeepStrictEqual(this.rule, sweep.finding?.rule)) sweep.verdict = 'CHANGED';
    else sweep.verdict = ({ success: 'REVOKED', refusal: 'REFUSED', uncertain: 'UNCERTAIN' } as const)[sweep.fortune.answer];
    if (sweep.verdict === 'REVOKED') this.remove(true);
  }

  /** Of a call that was answered with an error, or whose sender died of it. */
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
      // Of its own call a sweep knows what it revoked; otherwise it may have been what another has read and attempted since.
      const rule = verdict === 'REVOKED' || entry.attempt?.sweepId === id ? finding.rule : entry.rule;
      if (entry.state !== 'REVOKED') this.put(revoked(entry, writer, earlier?.sweepId ?? id, undefined, rule));
      else if (!isSameRule(entry.rule, rule)) this.put(corrected(entry, rule, writer));
    } else if (entry.state === 'PENDING' && entry.writtenBy === id) {
      const attempt = verdict === 'UNCERTAIN' ? entry.attempt : over.attempt;
      this.put(verdict === 'GONE' ? healed(entry, writer, 'it was removed by someone else') : kept(entry, attempt, { name: verdict }, writer));
    }
  }

  private modify(what: 'traffic' | 'description'): void {
    if (this.rule === undefined) return;
    if (this.current.filter(sweep => sweep && this.isUnderWay(sweep)).length > 1) this.modificationsAmid++;
    const version = this.shapes.length;
    this.rule = { ...this.rule, ...what === 'traffic' ? { toPort: 22 + version } : { description: `version ${version}` } };
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

const fortune: fc.Arbitrary<Fortune> = fc.record({
  finds: fc.constantFrom('stale', 'stale', 'stale', 'flagged', 'nothing'),
  isReadable: mostly,
  isLookedAt: mostly,
  isLate: fc.boolean(),
  looksForSeconds: fc.integer({ min: 0, max: 60 }),
  answer: fc.constantFrom('success', 'success', 'refusal', 'uncertain', 'uncertain'),
});

const of = fc.nat(PLACES - 1);

function events(backwards: number): fc.Arbitrary<Event[]> {
  const seconds = fc.oneof(fc.integer({ min: -backwards, max: 20 }), fc.nat(1200));
  return fc.array(fc.oneof(
    { weight: 12, arbitrary: fc.record({ event: fc.constant('step' as const), of }) },
    { weight: 2, arbitrary: fc.record({ event: fc.constantFrom('death', 'effect', 'effect'), of }) },
    { weight: 2, arbitrary: fc.record({ event: fc.constant('time' as const), seconds }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constant('modification' as const), what: fc.constantFrom('traffic', 'description') }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constant('removal' as const) }) },
  ), { minLength: 5, maxLength: 40, size: 'max' });
}

/** @param backwards by how many seconds a clock may run behind another */
function forAllLives(numRuns: number, law: (world: World) => void, backwards = 0): void {
  fc.assert(fc.property(fc.array(fortune, { minLength: PLACES, maxLength: PLACES }), events(backwards), (fortunes, life) => {
    const world = new World(fortunes);
    life.forEach(event => world.take(event));
    law(world);
  }), { numRuns });
}

test('a rule that a sweep revoked ends as revoked, never to be forgotten, and exactly as it was', () => {
  const revocations = { all: 0, modifiedAmid: 0 };
  forAllLives(10_000, world => {
    world.finalSweep();
    if (!world.removed?.byUs) return;
    revocations.all++;
    revocations.modifiedAmid += Number(world.modificationsAmid > 0);
    const { rule } = world.removed;
    const expectRecorded = (): void => {
      expect(world.entry).toMatchObject({ state: 'REVOKED', expiresAt: undefined });
      expect(world.entry?.rule).toEqual(rule);
    };
    expectRecorded();
    // Whoever is still under way changes nothing of that.
    world.letAllEnd();
    expectRecorded();
  });
  // A world in which nothing is revoked would agree as well.
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
    if (world.removed && world.entry) expect(world.entry).toMatchObject({ state: 'HEALED', expiresAt: expect.any(Number) as number });
    if (!world.removed) expect(world.entry).toMatchObject({ state: 'OPEN' });
  });
  expect(removals).toBeGreaterThan(500);
});

test('what is revoked, open or pending never expires, and what is only history does', () => {
  forAllLives(3000, ({ written }) => {
    for (const { state, expiresAt } of written) expect([state, expiresAt !== undefined]).toEqual([state, state === 'HEALED']);
  });
});

test('an entry always holds the rule as it was at some time, under its id', () => {
  forAllLives(3000, ({ written, shapes }) => {
    for (const { rule, securityGroupRuleId } of written) {
      expect(shapes).toContainEqual(rule);
      expect(securityGroupRuleId).toBe('sgr-1');
    }
  });
});

test('what is pending has an attempt of the sweep that wrote it; what is settled has none', () => {
  forAllLives(3000, ({ written }) => {
    for (const { state, attempt, writtenBy } of written) {
      if (state === 'PENDING') expect(attempt?.sweepId).toBe(writtenBy);
      else if (state !== 'OPEN') expect(attempt).toBeUndefined();
    }
  });
});

describe('even by clocks that differ by minutes', () => {
  const MINUTES = 300;

  test('every write is one revision on', () => {
    forAllLives(3000, ({ written }) => {
      expect(written.map(({ revision }) => revision)).toEqual(written.map((_, index) => index + 1));
    }, MINUTES);
  });

  test('a rule has no more sightings than there were sweeps, and never none', () => {
    forAllLives(3000, ({ written, sweeps }) => {
      for (const { sightings } of written) {
        expect(sightings).toBeGreaterThanOrEqual(1);
        expect(sightings).toBeLessThanOrEqual(sweeps);
      }
    }, MINUTES);
  });

  test('a rule is not last seen before it was first seen, nor, once it was seen again, earlier than before', () => {
    forAllLives(3000, ({ written }) => {
      written.forEach(({ firstSeen, lastSeen, sightings }, index) => {
        expect(firstSeen <= lastSeen).toBe(true);
        if (sightings > 1) expect(written[index - 1].lastSeen <= lastSeen).toBe(true);
      });
    }, MINUTES);
  });
});
