/** Tests which VPCs are read although they are covered by proof, and how often. */
import fc from 'fast-check';
import { checksOf, isSuspended } from '../../../../lambda/core/checks/proofs';
import { afterSweep } from '../../../../lambda/core/ledger/proofs';
import type { ProofsEntry } from '../../../../lambda/core/model/ledger';

const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3600;
const DAY = 24 * HOUR;
const NONE: ReadonlySet<string> = new Set();

const at = (seconds: number): Date => new Date(START + seconds * 1000);
const vpcs = (count: number): string[] => Array.from({ length: count }, (_, index) => `vpc-${index}`);

/** Sweeps over VPCs that are all covered by proof. @returns the times at which each was read, and the oldest ages */
function simulate(count: number, everySeconds: number, sweeps: number, scheduleSeconds?: number) {
  const vpcIds = vpcs(count);
  const readAt = new Map(vpcIds.map(vpcId => [vpcId, [0]]));
  const reads: number[] = [];
  let oldest = 0;
  let entry: ProofsEntry | undefined;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const now = at(sweep * everySeconds);
    const { vpcIds: checked, oldestAgeSeconds } = checksOf(vpcIds, entry, { now, scheduleSeconds });
    for (const vpcId of checked) readAt.get(vpcId)?.push(sweep * everySeconds);
    reads.push(checked.size);
    oldest = Math.max(oldest, oldestAgeSeconds);
    entry = afterSweep(entry, {
      candidates: new Map(), checked, proved: new Set(vpcIds.filter(vpcId => !checked.has(vpcId))),
      readVpcIds: checked, staleVpcIds: NONE, openVpcIds: NONE, wrong: NONE, doubtful: NONE,
      isListWhole: true, isScheduled: true, table: 'ledger',
    }, { id: 'sweep', now });
  }
  return { readAt, reads, oldest };
}

test('each VPC is read within a week, and no more of them than that takes', () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 400 }), fc.constantFrom(HOUR, 6 * HOUR, DAY, 3 * DAY), fc.boolean(),
    (count, every, isKnown) => {
      const sweeps = Math.ceil(22 * DAY / every);
      const { readAt, reads, oldest } = simulate(count, every, sweeps, isKnown ? every : undefined);
      // The first sweep of an unknown schedule does not know how many sweeps come in a week.
      const longest = 7 * DAY + (isKnown ? 0 : every);
      for (const times of readAt.values()) {
        const gaps = times.slice(1).map((time, index) => time - times[index]);
        expect(Math.max(...gaps)).toBeLessThanOrEqual(longest);
      }
      expect(oldest).toBeLessThanOrEqual(longest);
      const most = Math.min(count, Math.max(10, Math.ceil(count / Math.floor(7 * DAY / every))));
      expect(Math.max(...reads)).toBe(most);
    },
  ), { numRuns: 40 });
});

test('a thousand VPCs and a sweep an hour take ten reads a sweep, from the first sweep on', () => {
  expect(simulate(1000, HOUR, 24, HOUR).reads).toEqual(Array<number>(24).fill(10));
});

test('a VPC that a clock in the future has read is read first', () => {
  const entry: ProofsEntry = {
    revision: 1, writtenBy: 'sweep', table: 'ledger', at: at(0).toISOString(),
    vpcs: Object.fromEntries(vpcs(50).map(vpcId => [vpcId, { readAt: at(vpcId === 'vpc-30' ? 9 * DAY : 0).toISOString() }])),
  };
  expect(checksOf(vpcs(50), entry, { now: at(HOUR), scheduleSeconds: HOUR }).vpcIds).toContain('vpc-30');
});

test('proofs are suspended until the time in the record, and not after it', () => {
  const entry: ProofsEntry = {
    revision: 1, writtenBy: 'sweep', table: 'ledger', at: at(0).toISOString(), suspendedUntil: at(DAY).toISOString(),
    vpcs: {},
  };
  expect([undefined, entry].map(each => isSuspended(each, at(HOUR)))).toEqual([false, true]);
  expect(isSuspended(entry, at(DAY))).toBe(false);
});
