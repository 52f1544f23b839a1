/** Tests leases of places: of two invocations, only one works on a place at a time. */
import { giveBackLease, lease } from '../../../../lambda/core/organization/lease';
import { MemoryOrganizationLedger } from '../../../support/memory-organization';
import { MemoryClock, MemoryLog } from '../../../support/recorders';

const PLACE = { account: '222222222222', region: 'eu-central-1' };

function leasing(holder: string, clock: MemoryClock, ledger = new MemoryOrganizationLedger().at(PLACE)) {
  return { ledger, clock, log: new MemoryLog().log, holder, until: new Date(clock.now().getTime() + 900_000) };
}

test('a place is leased to one invocation, and the other one is told until when', async () => {
  const one = leasing('one', new MemoryClock());
  expect(await lease(one)).toBeUndefined();
  expect(await lease({ ...one, holder: 'two' })).toMatchObject({ holder: 'one', until: one.until.toISOString() });
  // The same invocation may have lost the answer to its first call.
  expect(await lease(one)).toBeUndefined();
});

test('a lease that is given back is free at once', async () => {
  const one = leasing('one', new MemoryClock());
  await lease(one);
  await giveBackLease(one);
  expect(await lease({ ...one, holder: 'two' })).toBeUndefined();
  await giveBackLease(one);
  expect((await one.ledger.lease())?.holder).toBe('two');
});

test('the lease of an invocation that died ends when its function has ended in any case', async () => {
  const clock = new MemoryClock();
  const one = leasing('one', clock);
  await lease(one);
  clock.advance(899_999);
  expect(await lease({ ...one, holder: 'two' })).toMatchObject({ holder: 'one' });
  clock.advance(1);
  expect(await lease({ ...one, holder: 'two' })).toBeUndefined();
});

test('a lease whose end cannot be read does not end', async () => {
  const one = leasing('one', new MemoryClock());
  one.ledger.leaseEntry = { revision: 1, writtenBy: 'x', holder: 'x', until: 'soon' };
  expect(await lease(one)).toMatchObject({ holder: 'x' });
});

test('of two invocations that ask at the same time, one gets the place', async () => {
  const one = leasing('one', new MemoryClock());
  const answers = await Promise.all([lease(one), lease({ ...one, holder: 'two' })]);
  expect(answers.filter(answer => answer === undefined)).toHaveLength(1);
});
