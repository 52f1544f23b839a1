/** Tests that streams of changes neither put off the full sweep that they ask for, nor start too many. */
import * as fc from 'fast-check';
import {
  ChangeScene, type Message, MINUTE, ofGateway, ofGroup, ofPeering, reminder, revoking, SECOND, unreadable,
} from '../../../support/change-scene';
import { ON_SCHEDULE } from '../../../support/swept';

const STALE = revoking({ staleRules: 'report' });

const TICK = 20 * SECOND;
const TEN_MINUTES = 10 * MINUTE;
const LONGEST_WAIT = 15 * MINUTE;

/** Reminders come within a minute. */
const SLACK = 3 * MINUTE;

/** A batch that comes this long after a reminder was due takes it for lost. */
const LATE = 7 * MINUTE;

/** A deployed function whose queue delivers reminders when they are due, in ticks of 20 seconds. */
class Queue {
  static async of(isLost: (nth: number) => boolean = () => false): Promise<Queue> {
    return new Queue(await ChangeScene.of(STALE), isLost);
  }

  /** The times at which full sweeps were started. */
  readonly starts: number[] = [];
  private due: number[] = [];

  private constructor(readonly scene: ChangeScene, private readonly isLost: (nth: number) => boolean) {
    scene.fullSweeps.before = call => {
      if (call === 'start') this.starts.push(this.now);
    };
  }

  get now(): number {
    return this.scene.now.getTime();
  }

  /** Delivers messages with the reminders that are due, in one batch or more at the same time, and passes a tick. */
  async tick(messages: readonly Message[], batches = 1): Promise<void> {
    const { fullSweeps } = this.scene;
    const all = [...messages, ...this.due.filter(at => at <= this.now).map(reminder)];
    this.due = this.due.filter(at => at > this.now);
    const before = fullSweeps.reminders.length;
    const handled = await Promise.all(Array.from({ length: batches }, async (_, batch) => {
      const part = all.filter((__, index) => index % batches === batch);
      return part.length > 0 ? (await this.scene.receive(...part)).again : [];
    }));
    expect(handled.flat()).toEqual([]);
    fullSweeps.reminders.slice(before).forEach((seconds, index) => {
      if (!this.isLost(before + index)) this.due.push(this.now + seconds * SECOND);
    });
    this.scene.clock.advance(TICK);
  }

  /** The times between the starts, and those from the first change and to the end. */
  gaps(from: number): number[] {
    const times = [from, ...this.starts, this.now];
    return times.slice(1).map((time, index) => time - times[index]);
  }
}

describe('for six hours, modifications every 20 seconds', () => {
  const hours = 6;
  const streams: Array<[name: string, state: string, idAt: (tick: number) => string]> = [
    ['of one transit gateway', 'available', () => 'tgw-1'],
    ['of one transit gateway that EC2 always shows as being modified', 'modifying', () => 'tgw-1'],
    ['of another transit gateway each time', 'available', tick => `tgw-${tick}`],
  ];

  test.each(streams)('%s are swept for every 15 minutes, and no more than every 10', async (_, state, idAt) => {
    const queue = await Queue.of();
    const from = queue.now;
    for (let tick = 0; tick < hours * 180; tick++) {
      queue.scene.topology.states.set(idAt(tick), state);
      await queue.tick([ofGateway(idAt(tick), { eventTime: queue.scene.ago(5) })]);
    }
    const gaps = queue.gaps(from);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(LONGEST_WAIT + TICK);
    expect(Math.min(...gaps.slice(1, -1))).toBeGreaterThanOrEqual(TEN_MINUTES);
  });

  test('that end are followed by one more sweep, after EC2 shows the last one', async () => {
    const queue = await Queue.of();
    queue.scene.topology.states.set('tgw-1', 'available');
    for (let tick = 0; tick < 48; tick++) await queue.tick([ofGateway('tgw-1', { eventTime: queue.scene.ago(5) })]);
    const last = queue.now;
    expect(queue.starts).toHaveLength(1);
    expect(queue.scene.ledger.changesEntry?.requested).toMatchObject({
      askedSince: new Date(queue.starts[0]).toISOString(), awaited: [{ id: 'tgw-1' }],
    });
    for (let tick = 0; tick < 180; tick++) await queue.tick([]);
    expect(queue.starts).toHaveLength(2);
    expect(queue.starts[1]).toBeGreaterThan(last + 5 * SECOND);
    expect(queue.starts[1]).toBeLessThan(queue.starts[0] + TEN_MINUTES + SLACK);
    expect(queue.scene.ledger.changesEntry?.requested).toBeUndefined();
  });
});

/** A change that a test makes. EC2 shows its new state when it has lasted for some seconds. */
interface Made {
  readonly tick: number;
  readonly kind: 'gateway' | 'peering' | 'unread';
  readonly name: string;
  readonly lasts: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const STREAM_TICKS = 150;

const someChanges = fc.array(fc.record<Made>({
  tick: fc.nat(STREAM_TICKS - 1),
  kind: fc.constantFrom('gateway', 'peering', 'unread'),
  name: fc.constantFrom('a', 'b', 'c'),
  lasts: fc.constantFrom(0, 60, 300, 590, NEVER),
}), { minLength: 1, maxLength: 20 });

/** A change in every tick for a while, of one gateway or of many. */
const aStream = fc.record({
  from: fc.nat(STREAM_TICKS), ticks: fc.nat(STREAM_TICKS), isOne: fc.boolean(), lasts: fc.constantFrom(0, 300),
}).map(({ from, ticks, isOne, lasts }) => Array.from({ length: ticks }, (_, index): Made =>
  ({ tick: from + index, kind: 'gateway', name: isOne ? 'd' : `e${index}`, lasts })));

test('a change is followed by a full sweep within 25 minutes unless reminders are lost, after EC2 shows it, and starts are ten minutes apart', async () => {
  const seen = { lost: 0, starts: 0 };
  await fc.assert(fc.asyncProperty(
    someChanges, fc.option(aStream, { nil: [] }), fc.array(fc.boolean(), { maxLength: 30 }),
    fc.uniqueArray(fc.nat(2 * STREAM_TICKS), { maxLength: 2 }), fc.constantFrom(1, 2),
    async (some, stream, lost, scheduled, batches) => {
      const made = [...some, ...stream];
      const queue = await Queue.of(nth => lost.at(nth) ?? false);
      const { scene } = queue;
      const sweeps: number[] = [];
      const changed = new Map<Made, { readonly at: number; readonly received: number }>();
      const settles = new Map<string, number>();
      const idOf = ({ kind, name }: Made): string => `${kind === 'gateway' ? 'tgw' : 'pcx'}-${name}`;
      const lastTick = Math.max(...made.map(({ tick }) => tick)) + 90;
      for (let tick = 0; tick <= lastTick; tick++) {
        if (scheduled.includes(tick)) {
          sweeps.push(queue.now);
          await scene.run(ON_SCHEDULE);
          scene.clock.advance(SECOND);
        }
        const messages = made.filter(each => each.tick === tick).map(each => {
          const [id, at] = [idOf(each), scene.ago(5)];
          changed.set(each, { at: at.getTime(), received: queue.now });
          settles.set(id, Math.max(settles.get(id) ?? 0, at.getTime() + each.lasts * SECOND));
          if (each.kind === 'unread') return unreadable({ eventTime: at });
          return each.kind === 'gateway' ? ofGateway(id, { eventTime: at }) : ofPeering(id, { eventTime: at });
        });
        for (const [id, settled] of settles) {
          const isSettled = settled <= queue.now;
          const isGateway = id.startsWith('tgw-');
          const [before, after] = isGateway ? ['modifying', 'available'] : ['deleting', 'deleted'];
          scene.topology.states.set(id, isSettled ? after : before);
        }
        // Changes of groups come all the time, so a lost reminder is noticed.
        if (tick % 3 === 0) messages.push(ofGroup('sg-1', { eventTime: scene.ago(5) }));
        await queue.tick(messages, batches);
      }
      const all = [...queue.starts, ...sweeps];
      for (const [each, { at, received }] of changed) {
        const settled = each.kind === 'unread' ? at : settles.get(idOf(each)) ?? at;
        const same = made.filter(other => idOf(other) === idOf(each));
        const isLast = each.tick === Math.max(...same.map(({ tick }) => tick));
        const from = isLast && settled - at <= TEN_MINUTES ? Math.max(at, settled) : at;
        const by = received + LONGEST_WAIT + TEN_MINUTES + SLACK + lost.filter(isLost => isLost).length * LATE;
        expect(all.filter(time => time >= from && time <= by)).not.toEqual([]);
      }
      queue.starts.slice(1).forEach((time, index) =>
        expect(time - queue.starts[index]).toBeGreaterThanOrEqual(TEN_MINUTES));
      seen.lost += lost.filter((isLost, nth) => isLost && nth < scene.fullSweeps.reminders.length).length;
      seen.starts += queue.starts.length;
    },
  ), { numRuns: 40 });
  expect(seen.lost).toBeGreaterThan(10);
  expect(seen.starts).toBeGreaterThan(40);
});
