/** Tests the record of which VPCs are in doubt, and when each was read. */
import { afterSweep, type ProofFacts, recordProofs } from '../../../../lambda/core/ledger/proofs';
import type { ProofsEntry } from '../../../../lambda/core/model/ledger';
import type { CandidateReason } from '../../../../lambda/core/model/observation';
import { MemoryLedger } from '../../../support/memory-ledger';

const now = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));

const facts = (overrides: Partial<ProofFacts> = {}): ProofFacts => ({
  candidates: new Map(), checked: new Set(), proved: new Set(), readVpcIds: new Set(), staleVpcIds: new Set(),
  openVpcIds: new Set(), isListWhole: true, ...overrides,
});

const readFor = (reason: CandidateReason, ...stale: string[]): ProofFacts => facts({
  candidates: new Map([['vpc-1', reason]]), readVpcIds: new Set(['vpc-1']), staleVpcIds: new Set(stale),
});

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
  test.each<CandidateReason>(['REFERENCE', 'ASSOCIATED', 'OPEN_FINDING'])('because of %s is read three times without a stale rule before it is covered by proof', reason => {
    const clean = readFor('DOUBTED');
    expect(cleanReads(readFor(reason), clean, clean, clean)).toEqual([0, 1, 2, undefined]);
  });

  test('counts from the start if a stale rule is found or open', () => {
    const clean = readFor('DOUBTED');
    expect(cleanReads(readFor('REFERENCE'), clean, readFor('DOUBTED', 'vpc-1'), clean)).toEqual([0, 1, 0, 1]);
    expect(cleanReads(readFor('REFERENCE'), clean, { ...clean, openVpcIds: new Set(['vpc-1']) })).toEqual([0, 1, 0]);
  });

  test('counts no sweep that could not read it', () => {
    const unread = { ...readFor('DOUBTED'), readVpcIds: new Set<string>() };
    expect(cleanReads(readFor('ASSOCIATED'), readFor('DOUBTED'), unread, readFor('DOUBTED'))).toEqual([0, 1, 1, 2]);
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

  test('of a clock that was ahead is replaced', () => {
    const vpcs = { 'vpc-1': { readAt: now(400).toISOString() } };
    const before: ProofsEntry = { revision: 1, writtenBy: 'sweep', at: '', vpcs };
    expect(afterSweep(before, proved, { id: 'sweep', now: now(1) }).vpcs['vpc-1'].readAt).toBe(now(1).toISOString());
  });

  test('stays for a VPC that was not listed, unless the list is whole', () => {
    const [entry] = [afterSweep(undefined, proved, { id: 'sweep', now: now(0) })];
    expect(Object.keys(afterSweep(entry, facts({ isListWhole: false }), { id: 'sweep', now: now(1) }).vpcs)).toEqual(['vpc-1']);
    expect(afterSweep(entry, facts(), { id: 'sweep', now: now(1) }).vpcs).toEqual({});
  });
});

describe('a proof that was wrong', () => {
  const wrong = facts({ checked: new Set(['vpc-1']), readVpcIds: new Set(['vpc-1']), staleVpcIds: new Set(['vpc-1']) });

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
