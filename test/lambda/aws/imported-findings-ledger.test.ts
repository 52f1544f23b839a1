/** Tests the items about what was imported into Security Hub over the wire, with a double of DynamoDB. */
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import type { ImportedEntry } from '../../../lambda/core/model/security-hub';
import { anEntry, aRule } from '../../support/builders';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { anUnusedGroup, iso } from '../../support/ledger-builders';

afterEach(disconnect);

async function aLedger(): Promise<Wire & { readonly ledger: DynamoDbLedger }> {
  const wire = await connect();
  return { ...wire, ledger: new DynamoDbLedger(wire.dynamoDb, wire.endpoint.tableName, 'App/Hygiene') };
}

const entry = (part: number, more: Partial<ImportedEntry> = {}): ImportedEntry => ({
  part, revision: 1, writtenBy: 'sweep-1',
  findings: { 'sg-1#sgr-1': ['0123456789a', iso(0)], 'group#sg-1': ['claimed', iso(1)] }, ...more,
});

test('items come back as they were written, in the order of their parts, all or those that are asked for', async () => {
  const { ledger, endpoint } = await aLedger();
  for (const part of [31, 2, 0, 10]) await ledger.putImportedFindings(entry(part));
  await ledger.putImportedFindings(entry(1, { findings: {} }));
  const all = [entry(0), entry(1, { findings: {} }), entry(2), entry(10), entry(31)];
  await expect(ledger.importedFindings()).resolves.toEqual({ entries: all, unreadable: [] });
  const asked = { entries: [entry(31), entry(2)], unreadable: [] };
  await expect(ledger.importedFindings([31, 2, 7])).resolves.toEqual(asked);
  await expect(ledger.importedFindings([])).resolves.toEqual({ entries: [], unreadable: [] });
  expect((await endpoint.items()).map(({ id }) => id)).toEqual(
    ['00', '01', '02', '10', '31'].map(part => `securityHub#${part}`),
  );
});

test('an item is no entry of a rule or of a group, and none of those is such an item', async () => {
  const { ledger } = await aLedger();
  await ledger.putImportedFindings(entry(0));
  await ledger.put(anEntry({ rule: aRule(), revision: 1 }));
  await ledger.putUnusedGroup(anUnusedGroup());
  expect((await ledger.importedFindings()).entries).toEqual([entry(0)]);
  expect((await ledger.unsettled()).entries).toHaveLength(1);
  expect((await ledger.unsettledAndRevoked()).entries).toHaveLength(1);
  expect((await ledger.openEntries()).entries).toHaveLength(1);
  expect((await ledger.unusedGroups()).entries).toHaveLength(1);
});

test('an item is written over the revision before it, and over no other', async () => {
  const { ledger } = await aLedger();
  await expect(ledger.putImportedFindings(entry(0))).resolves.toEqual({ isWritten: true });
  const other = entry(0, { writtenBy: 'sweep-2', findings: {} });
  await expect(ledger.putImportedFindings(other)).resolves.toEqual({ isWritten: false, instead: entry(0) });
  await expect(ledger.putImportedFindings({ ...other, revision: 2 })).resolves.toEqual({ isWritten: true });
  expect((await ledger.importedFindings()).entries).toEqual([{ ...other, revision: 2 }]);
});

const damaged = (more: object): string => JSON.stringify({ ...entry(7), ...more });

test.each([
  ['record', 'not JSON', 'record is not a JSON object'],
  ['record', damaged({ part: 8 }), 'record contains another part, 8'],
  ['record', damaged({ part: -1 }), 'record.part is not a whole number'],
  ['record', damaged({ writtenBy: undefined }), 'record.writtenBy is missing'],
  ['record', damaged({ findings: undefined }), 'record.findings is missing'],
  ['record', damaged({ findings: { a: 'x' } }), 'record.findings.a is not a list'],
  ['record', damaged({ findings: { a: ['x'] } }), 'record.findings.a is not a pair'],
  ['record', damaged({ findings: { a: ['x', iso(0), 1] } }), 'record.findings.a is not a pair'],
  ['record', damaged({ findings: { a: ['', iso(0)] } }), 'record.findings.a[0] is not a name'],
  ['record', damaged({ findings: { a: ['x', 'soon'] } }), 'record.findings.a[1] is not a time'],
  ['revision', 7, 'revision differs from the one in record'],
])('an item whose %s is %s cannot be read, is not overwritten, and costs no other', async (attribute, value, wrong) => {
  const { ledger, endpoint } = await aLedger();
  await ledger.putImportedFindings(entry(7));
  await ledger.putImportedFindings(entry(9));
  const item = (await endpoint.items()).find(({ id }) => String(id) === 'securityHub#07');
  await endpoint.put({ ...item, [attribute]: value });
  const message = `the ledger's item securityHub#07 cannot be read: its attribute ${wrong}. `
    + 'Delete the item, and the next full sweep imports the findings that it was about again';
  const { entries, unreadable } = await ledger.importedFindings();
  expect(entries).toEqual([entry(9)]);
  expect(unreadable).toEqual([{ id: '07', message }]);
  await expect(ledger.putImportedFindings(entry(7))).rejects.toMatchObject({ name: 'UnreadableItem', message });
});
