import { change } from '../../../../lambda/core/ledger/change';
import type { LedgerEntry } from '../../../../lambda/core/ports';
import { awsError } from '../../../support/aws-error';
import { anEntry } from '../../../support/builders';
import { MemoryLedger } from '../../../support/memory-ledger';

const THERE = anEntry({ revision: 2 });

/** The entry that follows: the next revision, by this writer. */
const mine = (entry: LedgerEntry | undefined): LedgerEntry => ({ ...entry ?? anEntry(), revision: (entry?.revision ?? 0) + 1, writtenBy: 'me' });

/** What another writer makes of the entry that is there, past every hook. */
function otherWrites(ledger: MemoryLedger): () => void {
  return () => {
    const entry = ledger.entries.get('sgr-1');
    ledger.entries.set('sgr-1', { ...entry ?? anEntry(), revision: (entry?.revision ?? 0) + 1, writtenBy: 'other' });
  };
}

const puts = (ledger: MemoryLedger): number => ledger.calls.filter(({ method }) => method === 'put').length;

test('what follows is written over what it follows from, and told', async () => {
  const ledger = new MemoryLedger([THERE]);
  const entry = { ...THERE, revision: 3, writtenBy: 'me' };
  await expect(change(ledger, THERE, mine)).resolves.toEqual({ isWritten: true, entry });
  expect(ledger.written).toEqual([entry]);
});

test('what follows from nothing is written where there is nothing', async () => {
  const ledger = new MemoryLedger();
  await expect(change(ledger, undefined, mine)).resolves.toMatchObject({ isWritten: true, entry: { revision: 1, writtenBy: 'me' } });
});

test('what is to stay as it is stays, unwritten, and is told', async () => {
  const ledger = new MemoryLedger([THERE]);
  await expect(change(ledger, THERE, () => undefined)).resolves.toEqual({ isWritten: false, entry: THERE });
  await expect(change(ledger, undefined, () => undefined)).resolves.toEqual({ isWritten: false, entry: undefined });
  expect(ledger.calls).toEqual([]);
});

test('when someone else was faster, it is worked out again from what they wrote', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { call: 1, before: otherWrites(ledger) }).on('put', { call: 2, before: otherWrites(ledger) });
  const from: Array<LedgerEntry | undefined> = [];
  const result = await change(ledger, THERE, entry => {
    from.push(entry);
    return mine(entry);
  });
  expect(from).toMatchObject([{ revision: 2 }, { revision: 3, writtenBy: 'other' }, { revision: 4, writtenBy: 'other' }]);
  expect(result).toMatchObject({ isWritten: true, entry: { revision: 5, writtenBy: 'me' } });
  expect(ledger.written).toHaveLength(1);
});

test('when what they wrote leaves nothing to do, nothing is written over it, and it is told', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { before: otherWrites(ledger) });
  const result = await change(ledger, THERE, entry => entry?.writtenBy === 'other' ? undefined : mine(entry));
  expect(result).toMatchObject({ isWritten: false, entry: { revision: 3, writtenBy: 'other' } });
  expect(ledger.written).toEqual([]);
});

test('an entry that was taken to be new, and is not, is followed from as it is', async () => {
  const ledger = new MemoryLedger([THERE]);
  await expect(change(ledger, undefined, mine)).resolves.toMatchObject({ isWritten: true, entry: { revision: 3, writtenBy: 'me' } });
});

test('an entry that has expired meanwhile is followed from as none', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { call: 1, before: () => { ledger.entries.clear(); } });
  const from: Array<LedgerEntry | undefined> = [];
  const result = await change(ledger, THERE, entry => {
    from.push(entry);
    return mine(entry);
  });
  expect(from).toEqual([THERE, undefined]);
  expect(result).toMatchObject({ isWritten: true, entry: { revision: 1 } });
});

test('it is worked out ten times at most, and then the rule is named', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { before: otherWrites(ledger) });
  await expect(change(ledger, THERE, mine)).rejects.toThrow('The entry of sgr-1 was written by others 10 times in a row');
  expect(puts(ledger)).toBe(10);
  expect(ledger.written).toEqual([]);
});

test('the tenth time is good enough', async () => {
  const ledger = new MemoryLedger([THERE]);
  for (let call = 1; call < 10; call++) ledger.on('put', { call, before: otherWrites(ledger) });
  await expect(change(ledger, THERE, mine)).resolves.toMatchObject({ isWritten: true, entry: { revision: 12 } });
});

test('a refusal is no conflict: it is not tried again', async () => {
  const ledger = new MemoryLedger([THERE]);
  ledger.on('put', { throws: awsError('AccessDeniedException') });
  await expect(change(ledger, THERE, mine)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(puts(ledger)).toBe(1);
});
