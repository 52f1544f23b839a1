import { change, changeBy } from '../../../../lambda/core/ledger/change';
import type { ControlEntry, LedgerEntry } from '../../../../lambda/core/model/ledger';
import { awsError } from '../../../support/aws-error';
import { aControl, anEntry } from '../../../support/builders';
import { aVpnConnectionEntry } from '../../../support/findings';
import { MemoryLedger } from '../../../support/memory-ledger';

const THERE = anEntry({ revision: 2 });

/** Returns the next entry, with the next revision and this writer. */
const mine = (entry: LedgerEntry | undefined): LedgerEntry => ({
  ...(entry ?? anEntry()),
  revision: (entry?.revision ?? 0) + 1,
  writtenBy: 'me',
});

/** Writes the entry as another run would, without calling hooks. */
function otherWrites(ledger: MemoryLedger): () => void {
  return () => {
    const entry = ledger.entries.get('sgr-1');
    ledger.entries.set('sgr-1', { ...entry ?? anEntry(), revision: (entry?.revision ?? 0) + 1, writtenBy: 'other' });
  };
}

const puts = (ledger: MemoryLedger): number => ledger.calls.filter(({ method }) => method === 'put').length;

test('the new entry is written over the current one, and both are returned', async () => {
  const ledger = new MemoryLedger([THERE]);
  const entry = { ...THERE, revision: 3, writtenBy: 'me' };
  await expect(change(ledger, THERE, mine)).resolves.toEqual({ isWritten: true, previous: THERE, entry });
  expect(ledger.written).toEqual([entry]);
});

test('what follows from nothing is written where there is nothing', async () => {
  const ledger = new MemoryLedger();
  const result = await change(ledger, undefined, mine);
  expect(result).toMatchObject({ isWritten: true, entry: { revision: 1, writtenBy: 'me' } });
  expect(result.previous).toBeUndefined();
});

test('an entry that should not change is not written, and is returned', async () => {
  const ledger = new MemoryLedger([THERE]);
  const unchanged = await change(ledger, THERE, () => undefined);
  expect(unchanged).toEqual({ isWritten: false, previous: THERE, entry: THERE });
  const nothing = await change(ledger, undefined, () => undefined);
  expect(nothing).toEqual({ isWritten: false, previous: undefined, entry: undefined });
  expect(ledger.calls).toEqual([]);
});

test('when someone else was faster, the new entry is computed again from theirs', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { call: 1, before: otherWrites(ledger) }).on('put', { call: 2, before: otherWrites(ledger) });
  const from: Array<LedgerEntry | undefined> = [];
  const result = await change(ledger, THERE, entry => {
    from.push(entry);
    return mine(entry);
  });
  expect(from).toMatchObject([
    { revision: 2 },
    { revision: 3, writtenBy: 'other' },
    { revision: 4, writtenBy: 'other' },
  ]);
  expect(result).toMatchObject({
    isWritten: true, previous: { revision: 4, writtenBy: 'other' }, entry: { revision: 5, writtenBy: 'me' },
  });
  expect(ledger.written).toHaveLength(1);
});

test('when their entry leaves nothing to do, it is not overwritten, and is returned', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { before: otherWrites(ledger) });
  const result = await change(ledger, THERE, entry => entry?.writtenBy === 'other' ? undefined : mine(entry));
  const other = { revision: 3, writtenBy: 'other' };
  expect(result).toMatchObject({ isWritten: false, previous: other, entry: other });
  expect(ledger.written).toEqual([]);
});

test('an entry that was taken to be new, and is not, is followed from as it is', async () => {
  const ledger = new MemoryLedger([THERE]);
  const result = await change(ledger, undefined, mine);
  expect(result).toMatchObject({ isWritten: true, previous: THERE, entry: { revision: 3, writtenBy: 'me' } });
});

test('an entry that has expired in the meantime counts as absent', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { call: 1, before: () => { ledger.entries.clear(); } });
  const from: Array<LedgerEntry | undefined> = [];
  const result = await change(ledger, THERE, entry => {
    from.push(entry);
    return mine(entry);
  });
  expect(from).toEqual([THERE, undefined]);
  expect(result).toMatchObject({ isWritten: true, entry: { revision: 1 } });
  expect(result.previous).toBeUndefined();
});

test('an expired entry with nothing to write is returned as absent', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { call: 1, before: () => { ledger.entries.clear(); } });
  const result = await change(ledger, THERE, entry => entry && mine(entry));
  expect(result).toEqual({ isWritten: false, previous: undefined, entry: undefined });
  expect(ledger.entries.size).toBe(0);
});

/** This is more than the number of runs that may work at once. */
const ATTEMPTS = 100;

test('it is worked out twenty times at most, and then the rule is named', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { before: otherWrites(ledger) });
  const message = `Other runs changed the entry of sgr-1 ${ATTEMPTS} times in a row`;
  await expect(change(ledger, THERE, mine)).rejects.toThrow(message);
  expect(puts(ledger)).toBe(ATTEMPTS);
  expect(ledger.written).toEqual([]);
});

test('the twentieth time is good enough', async () => {
  const ledger = new MemoryLedger([THERE]);
  for (let call = 1; call < ATTEMPTS; call++) ledger.on('put', { call, before: otherWrites(ledger) });
  const result = await change(ledger, THERE, mine);
  expect(result).toMatchObject({ isWritten: true, entry: { revision: 2 + ATTEMPTS } });
});

test('a refusal is not a conflict, and is not retried', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { throws: awsError('AccessDeniedException') });
  await expect(change(ledger, THERE, mine)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(puts(ledger)).toBe(1);
});

describe('an entry that is not of a rule', () => {
  test('is written over what it follows from, too, and both are told', async () => {
    const ledger = new MemoryLedger();
    const other = aControl({ revision: 2, writtenBy: 'other' });
    ledger.on('putControl', { call: 1, before: () => { ledger.controlEntry = other; } });
    const follow = (entry: ControlEntry | undefined): ControlEntry =>
      aControl({ revision: (entry?.revision ?? 0) + 1, writtenBy: 'me' });
    const result = await changeBy<ControlEntry>(entry => ledger.putControl(entry), aControl(), follow);
    expect(result).toMatchObject({ isWritten: true, previous: other, entry: { revision: 3, writtenBy: 'me' } });
    expect(ledger.controlEntry).toEqual(result.entry);
  });

  test.each<[string, object, string]>([
    ['a VPN connection', aVpnConnectionEntry(), 'Other runs changed the entry of vpn-1'],
    ['what has no name', { revision: 1 }, 'Other runs changed the entry'],
  ])('is named when others write it all the time, where it has a name: %s', async (_, entry, message) => {
    const put = async (): Promise<{ isWritten: false; instead: object }> => ({ isWritten: false, instead: entry });
    await expect(changeBy<object>(put, entry, each => each)).rejects.toThrow(message);
  });
});
