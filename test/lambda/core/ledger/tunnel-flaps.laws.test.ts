/** Whatever happens to a tunnel, and whenever it is looked at: a flap is told exactly when there was one to see. */
import * as fc from 'fast-check';
import { flapped, withFlaps } from '../../../../lambda/core/ledger/tunnel-flaps';
import type { VpnTunnelEntry } from '../../../../lambda/core/model/ledger';
import { after, iso } from '../../../support/ledger-builders';

type Status = VpnTunnelEntry['status'];

/** What becomes of a tunnel: from each minute on, it has a status. */
type History = ReadonlyArray<{ readonly minute: number; readonly status: Status }>;

const END = 10_000;

const histories: fc.Arbitrary<History> = fc
  .uniqueArray(
    fc.record({ minute: fc.integer({ min: 1, max: END }), status: fc.constantFrom<Status>('UP', 'DOWN') }),
    { selector: ({ minute }) => minute, maxLength: 12 },
  )
  .map(changes => [{ minute: 0, status: 'UP' as const }, ...changes.sort((a, b) => a.minute - b.minute)]);

const looks = fc
  .uniqueArray(fc.integer({ min: 0, max: END }), { minLength: 1, maxLength: 12 })
  .map(minutes => minutes.sort((a, b) => a - b));

/** What EC2 answers at a minute. */
function answer(history: History, minute: number): VpnTunnelEntry {
  const { status, minute: changed } = history.filter(each => each.minute <= minute).at(-1)!;
  return { outsideIpAddress: '192.0.2.1', status, lastStatusChange: iso(changed) };
}

/** How the ledger has the tunnel after each answer, and whether that tells of a flap. */
function told(answers: ReadonlyArray<readonly [minute: number, tunnel: VpnTunnelEntry]>): boolean[] {
  let before: VpnTunnelEntry[] = [];
  return answers.map(([minute, tunnel]) => {
    const next = withFlaps([tunnel], before, after(minute));
    const isFlap = flapped(next, before).length > 0;
    before = next;
    return isFlap;
  });
}

test('a flap is told where the tunnel changed between two looks, and is at both what it was', () => {
  fc.assert(fc.property(histories, looks, (history, minutes) => {
    const expected = minutes.map((minute, index) => {
      if (index === 0) return false;
      const previous = minutes[index - 1];
      const changes = history.filter(each => each.minute > previous && each.minute <= minute).length;
      return changes > 0 && answer(history, previous).status === answer(history, minute).status;
    });
    expect(told(minutes.map(minute => [minute, answer(history, minute)] as const))).toEqual(expected);
  }), { numRuns: 2000 });
});

test('an answer that is out of date never tells of a flap, nor does the next one that repeats what was known', () => {
  fc.assert(fc.property(histories, looks, fc.integer({ min: 0, max: END }), (history, minutes, earlier) => {
    const last = minutes[minutes.length - 1];
    fc.pre(earlier < last && answer(history, earlier).status === answer(history, last).status);
    const known = minutes.map(minute => [minute, answer(history, minute)] as const);
    const [late, again] = [earlier, last].map(minute => [last + 1, answer(history, minute)] as const);
    expect(told([...known, late, again]).slice(-2)).toEqual([false, false]);
  }), { numRuns: 2000 });
});

test('the ledger is not written for an answer that was known, so that time alone writes nothing', () => {
  fc.assert(fc.property(histories, looks, (history, minutes) => {
    const last = minutes[minutes.length - 1];
    let tunnels: VpnTunnelEntry[] = [];
    for (const minute of minutes) tunnels = withFlaps([answer(history, minute)], tunnels, after(minute));
    expect(withFlaps([answer(history, last)], tunnels, after(last + 60))).toEqual(tunnels);
  }), { numRuns: 500 });
});
