import * as fc from 'fast-check';
import { EMPTY_LEDGER, plannedLedger } from '../../../cli/planning/planned-ledger';
import { aControl, anEntry, aRule } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';

const entryOf = (id: number, state: 'OPEN' | 'PENDING' | 'REVOKED' | 'HEALED' | 'RESTORED', revision: number) => anEntry({
  rule: aRule({ securityGroupRuleId: `sgr-${id}`, groupId: `sg-${id % 2}` }), state, revision,
});

const state = fc.constantFrom('OPEN' as const, 'PENDING' as const, 'REVOKED' as const, 'HEALED' as const, 'RESTORED' as const);
const write = fc.record({ id: fc.nat(3), state, revision: fc.integer({ min: 1, max: 3 }) });

test('it answers as the deployed ledger does, whatever is written', async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(fc.tuple(fc.nat(3), state), { selector: ([id]) => id }), fc.array(write),
    async (before, writes) => {
      const entries = before.map(([id, of]) => entryOf(id, of, 1));
      const deployed = new MemoryLedger(entries);
      const planned = plannedLedger({ ...EMPTY_LEDGER, rules: { entries, unreadable: [] } });
      for (const { id, state: of, revision } of writes) {
        const entry = entryOf(id, of, revision);
        expect(await planned.put(entry)).toEqual(await deployed.put(entry));
      }
      expect(await planned.unsettled()).toEqual(await deployed.unsettled());
      expect(await planned.unsettled(['sg-1'])).toEqual(await deployed.unsettled(['sg-1']));
      expect(await planned.ofGroups(['sg-0', 'sg-1'])).toEqual(await deployed.ofGroups(['sg-0', 'sg-1']));
    }), { numRuns: 200 });
});

test('an unreadable item cannot be written over, and no write changes what was read', async () => {
  const rules = { entries: [entryOf(1, 'OPEN', 1)], unreadable: [{ id: 'sgr-2', message: 'broken' }] };
  const ledger = plannedLedger({ ...EMPTY_LEDGER, rules, unsettledUnreadable: new Set(['sgr-2']) });
  await expect(ledger.put(entryOf(2, 'OPEN', 1))).rejects.toThrow('broken');
  await ledger.put(entryOf(1, 'HEALED', 2));
  expect(rules.entries.map(each => each.state)).toEqual(['OPEN']);
  expect((await ledger.unsettled()).unreadable).toEqual(rules.unreadable);
});

test('an unreadable item that is settled is not one that a sweep reads before it decides', async () => {
  const unreadable = [{ id: 'sgr-1', message: 'broken' }, { id: 'sgr-2', message: 'broken' }];
  const ledger = plannedLedger({
    ...EMPTY_LEDGER, rules: { entries: [], unreadable }, unsettledUnreadable: new Set(['sgr-2']),
  });
  expect((await ledger.unsettled()).unreadable).toEqual([unreadable[1]]);
  expect((await ledger.ofGroups(['sg-1'])).get('sg-1')?.unreadable).toEqual(unreadable);
});

test('an item that could not be read stays so, and is not written over', async () => {
  const error = new Error('no');
  const ledger = plannedLedger({ ...EMPTY_LEDGER, control: { error } });
  await expect(ledger.control()).rejects.toBe(error);
  await expect(ledger.putControl(aControl({ revision: 1 }))).rejects.toBe(error);
});

test('the control item is written only over the revision before it', async () => {
  const ledger = plannedLedger({ ...EMPTY_LEDGER, control: { item: aControl({ revision: 4 }) } });
  expect(await ledger.putControl(aControl({ revision: 4 }))).toMatchObject({ isWritten: false });
  expect(await ledger.putControl(aControl({ revision: 5 }))).toEqual({ isWritten: true });
  expect((await ledger.control())?.revision).toBe(5);
});
