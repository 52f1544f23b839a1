/** Tests the record of which VPCs are in doubt, and when each was read. */
import { afterSweep, type ProofFacts, recordProofs } from '../../../../lambda/core/ledger/proofs';
import type { ProofsEntry } from '../../../../lambda/core/model/ledger';
import type { CandidateReason } from '../../../../lambda/core/model/observation';
import { MemoryLedger } from '../../../support/memory-ledger';

const now = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));

const facts = (overrides: Partial<ProofFacts> = {}): ProofFacts => ({
  candidates: new Map(), checked: new Set(), proved: new Set(), wrong: new Set(), doubtful: new Set(),
  readVpcIds: new Set(), staleVpcIds: new Set(), openVpcIds: new Set(), isListWhole: true, isScheduled: true,
  table: 'ledger', ...overrides,
});

const readFor = (reason: CandidateReason, ...stale: string[]): ProofFacts => facts({
  candidates: new Map([['vpc-1', reason]]), readVpcIds: new Set(['vpc-1']), staleVpcIds: new Set(stale),
});

/** It is doubtful, whatever else it is read for. */
const doubtfulFor = (reason: CandidateReason): ProofFacts =>
  ({ ...readFor(reason), doubtful: new Set(['vpc-1']) });

/** @returns the record of vpc-1 after each sweep */
function after(...sweeps: readonly ProofFacts[]): Array<ProofsEntry['vpcs'][string]> {
  let entry: ProofsEntry | undefined;
  return sweeps.map((each, hour) => {
    entry = afterSweep(entry, each, { id: `sweep-${hour}`, now: now(hour) });
    return entry.vpcs['vpc-1'];
  });
}

const cleanReads = (...sweeps: readonly ProofFacts[]): Array<number | undefined> =>
  after(...sweeps).map(each => each.cleanReads);

describe('a VPC in doubt', () => {
  test.each<CandidateReason>(['REFERENCE', 'SUSPENDED', 'SHARED'])('that is read for %s is read three times without a stale rule before it is covered by proof', reason => {
    const clean = readFor('DOUBTED');
    expect(cleanReads(doubtfulFor(reason), clean, clean, clean)).toEqual([0, 1, 2, undefined]);
  });

  test('counts from the start if a stale rule is found or open', () => {
    const clean = readFor('DOUBTED');
    expect(cleanReads(doubtfulFor('REFERENCE'), clean, readFor('DOUBTED', 'vpc-1'), clean)).toEqual([0, 1, 0, 1]);
    expect(cleanReads(doubtfulFor('REFERENCE'), clean, { ...clean, openVpcIds: new Set(['vpc-1']) })).toEqual([0, 1, 0]);
  });

  test('counts no sweep that could not read it', () => {
    const unread = { ...readFor('DOUBTED'), readVpcIds: new Set<string>() };
    expect(cleanReads(doubtfulFor('ASSOCIATED'), readFor('DOUBTED'), unread, readFor('DOUBTED'))).toEqual([0, 1, 1, 2]);
  });

  test.each<CandidateReason>(['SHARED', 'UNREAD', 'SUSPENDED'])('is not one because of %s, which ends with its reason', reason => {
    expect(cleanReads(readFor(reason))).toEqual([undefined]);
  });
});

describe('the time of the last reading', () => {
  const proved = facts({ proved: new Set(['vpc-1']) });
  const checked = facts({ checked: new Set(['vpc-1']), readVpcIds: new Set(['vpc-1']) });

  test('begins with the first proof, and moves with each reading only', () => {
    const hours = after(proved, proved, checked, proved).map(({ readAt }) => new Date(readAt).getUTCHours());
    expect(hours).toEqual([0, 0, 2, 2]);
  });

  test('of a clock that was ahead counts as a week ago until the VPC is read', () => {
    const vpcs = { 'vpc-1': { readAt: now(400).toISOString() } };
    const before: ProofsEntry = { revision: 1, writtenBy: 'sweep', table: 'ledger', at: '', vpcs };
    const readAt = (seen: ProofFacts): string => afterSweep(before, seen, { id: 'sweep', now: now(1) }).vpcs['vpc-1'].readAt;
    expect([readAt(proved), readAt(checked)]).toEqual([now(1 - 7 * 24), now(1)].map(each => each.toISOString()));
  });

  test('stays for a VPC that was not listed, unless the list is whole', () => {
    const [entry] = [afterSweep(undefined, proved, { id: 'sweep', now: now(0) })];
    expect(Object.keys(afterSweep(entry, facts({ isListWhole: false }), { id: 'sweep', now: now(1) }).vpcs)).toEqual(['vpc-1']);
    expect(afterSweep(entry, facts(), { id: 'sweep', now: now(1) }).vpcs).toEqual({});
  });

  test('stays for a month for a VPC in doubt, even if a list leaves it out', () => {
    const entry = afterSweep(undefined, doubtfulFor('REFERENCE'), { id: 'sweep', now: now(0) });
    const later = (hour: number): string[] =>
      Object.keys(afterSweep(entry, facts(), { id: 'sweep', now: now(hour) }).vpcs);
    expect([later(29 * 24), later(31 * 24)]).toEqual([['vpc-1'], []]);
    expect(afterSweep(undefined, facts({ openVpcIds: new Set(['vpc-1']) }), { id: 'sweep', now: now(0) }).vpcs)
      .toMatchObject({ 'vpc-1': { cleanReads: 0 } });
  });
});

test('the time of the latest sweep is that of the schedule, because only that says how many sweeps come in a week', () => {
  const first = afterSweep(undefined, facts({ isScheduled: false }), { id: 'deployment', now: now(0) });
  const second = afterSweep(first, facts(), { id: 'sweep', now: now(1) });
  const third = afterSweep(second, facts({ isScheduled: false }), { id: 'request', now: now(2) });
  expect([first, second, third].map(({ at }) => new Date(at).getUTCHours())).toEqual([0, 1, 1]);
});

describe('a proof that was wrong', () => {
  // Whatever a second reading says.
  const wrong = facts({ checked: new Set(['vpc-1']), wrong: new Set(['vpc-1']) });

  test('suspends proofs for a week, and puts the VPC in doubt', () => {
    const entry = afterSweep(undefined, wrong, { id: 'sweep', now: now(0) });
    expect(entry.suspendedUntil).toBe(now(7 * 24).toISOString());
    expect(entry.vpcs['vpc-1'].cleanReads).toBe(0);
    expect(afterSweep(entry, facts(), { id: 'sweep', now: now(24) }).suspendedUntil).toBe(now(7 * 24).toISOString());
    expect(afterSweep(entry, facts(), { id: 'sweep', now: now(7 * 24) }).suspendedUntil).toBeUndefined();
  });

  test('stays known if another sweep has written the record in the meantime', async () => {
    const ledger = new MemoryLedger();
    await recordProofs(undefined, facts({ proved: new Set(['vpc-1']) }), ledger, { id: 'other', now: now(0) });
    await recordProofs(undefined, wrong, ledger, { id: 'own', now: now(1) });
    await recordProofs(undefined, facts({ proved: new Set(['vpc-1']) }), ledger, { id: 'later', now: now(2) });
    expect(ledger.proofsEntry).toMatchObject({ revision: 3, suspendedUntil: now(7 * 24 + 1).toISOString(), vpcs: { 'vpc-1': { cleanReads: 0 } } });
  });
});
