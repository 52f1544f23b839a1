/** Tests that a flap is reported exactly when it could be seen, for any history of a tunnel and any times of sweeps. */
import * as fc from 'fast-check';
import { flapped, withFlaps } from '../../../../lambda/core/ledger/tunnel-flaps';
import type { VpnTunnelEntry } from '../../../../lambda/core/model/ledger';
import { after, iso } from '../../../support/ledger-builders';

type Status = VpnTunnelEntry['status'];

/** The history of a tunnel: the status that it has from each minute on. */
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

/** Returns the response of EC2 at a minute. */
function answer(history: History, minute: number): VpnTunnelEntry {
  const { status, minute: changed } = history.filter(each => each.minute <= minute).at(-1)!;
  return { outsideIpAddress: '192.0.2.1', status, lastStatusChange: iso(changed) };
}

/** Writes each response to the ledger. Returns whether it shows a flap. */
function told(answers: ReadonlyArray<readonly [minute: number, tunnel: VpnTunnelEntry]>): boolean[] {
  let before: VpnTunnelEntry[] = [];
  return answers.map(([minute, tunnel]) => {
    const next = withFlaps([tunnel], before, after(minute));
    const isFlap = flapped(next, before).length > 0;
    before = next;
    return isFlap;
  });
}

test('a flap is reported if the tunnel changed between two looks, and both see the same status', () => {
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

test('neither an outdated response nor a repeated one shows a flap', () => {
  fc.assert(fc.property(histories, looks, fc.integer({ min: 0, max: END }), (history, minutes, earlier) => {
    const last = minutes[minutes.length - 1];
    fc.pre(earlier < last && answer(history, earlier).status === answer(history, last).status);
    const known = minutes.map(minute => [minute, answer(history, minute)] as const);
    const [late, again] = [earlier, last].map(minute => [last + 1, answer(history, minute)] as const);
    expect(told([...known, late, again]).slice(-2)).toEqual([false, false]);
  }), { numRuns: 2000 });
});

test('a repeated response does not change the entry, however much later it comes', () => {
  fc.assert(fc.property(histories, looks, (history, minutes) => {
    const last = minutes[minutes.length - 1];
    let tunnels: VpnTunnelEntry[] = [];
    for (const minute of minutes) tunnels = withFlaps([answer(history, minute)], tunnels, after(minute));
    expect(withFlaps([answer(history, last)], tunnels, after(last + 60))).toEqual(tunnels);
  }), { numRuns: 500 });
});
