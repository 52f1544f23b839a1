/** Tests the ledger of an organization over the wire: the reader reads what was written, and of no other place. */
import { DynamoDbOrganizationLedger } from '../../../lambda/aws/organization/ledger';
import { DynamoDbOrganizationReader } from '../../../lambda/aws/organization/ledger-reader';
import { aControl, anEntry } from '../../support/builders';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { aSweepEntry } from '../../support/findings';
import {
  anAccountEntry, aRegionEntry, aRun, aSweepOfRun, FRANKFURT, IRELAND, ONE, TWO,
} from '../../support/organization-builders';

const HYGIENE = 'App/Hygiene';

interface Connected extends Wire {
  readonly ledger: DynamoDbOrganizationLedger;
  readonly reader: DynamoDbOrganizationReader;
}

async function anOrganizationsLedger(): Promise<Connected> {
  const wire = await connect();
  const { dynamoDb, endpoint: { tableName } } = wire;
  return {
    ...wire, ledger: new DynamoDbOrganizationLedger(dynamoDb, tableName, HYGIENE),
    reader: new DynamoDbOrganizationReader(dynamoDb, tableName, HYGIENE),
  };
}

afterEach(disconnect);

test('the reader and the writer read what the writer has written', async () => {
  const { ledger, reader, endpoint } = await anOrganizationsLedger();
  const run = aRun({ revision: 1 });
  const accounts = { revision: 1, writtenBy: 'run-2', runId: 'run-2', accounts: [{ account: ONE, mayRevoke: true as const }] };
  const places = [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT), aRegionEntry(ONE, IRELAND), anAccountEntry(TWO)];
  await ledger.putRun(run);
  await ledger.putAccounts(0, accounts);
  for (const place of places) await ledger.putPlace(place);
  endpoint.calls.splice(0);
  for (const each of [reader, ledger]) {
    expect(await each.run()).toEqual(run);
    expect(await each.accounts(0)).toEqual(accounts);
    expect(await each.accounts(1)).toBeUndefined();
    expect(await each.place({ account: ONE, region: IRELAND })).toEqual(places[2]);
    expect(await each.place({ account: TWO, region: IRELAND })).toBeUndefined();
    expect(await each.places()).toEqual({ entries: places, unreadable: [] });
    expect(await each.places(TWO)).toEqual({ entries: [places[3]], unreadable: [] });
  }
  expect(new Set(endpoint.calls.map(({ action }) => action))).toEqual(new Set(['GetItem', 'Query']));
});

test('a place has rules and a latest sweep of its own, and the control item of the organization', async () => {
  const { ledger, reader } = await anOrganizationsLedger();
  const [here, there] = [{ account: ONE, region: FRANKFURT }, { account: ONE, region: IRELAND }];
  await ledger.putControl(aControl({ revision: 1 }));
  await ledger.putLatestSweep(aSweepOfRun());
  await ledger.at(here).put(anEntry({ revision: 1 }));
  await ledger.at(here).putLatestSweep(aSweepEntry());
  expect((await reader.at(here).unsettledAndRevoked()).entries).toHaveLength(1);
  expect(await reader.at(here).latestSweep()).toEqual(aSweepEntry());
  expect((await reader.at(there).unsettledAndRevoked()).entries).toEqual([]);
  expect(await reader.at(there).latestSweep()).toBeUndefined();
  expect((await reader.unsettledAndRevoked()).entries).toEqual([]);
  expect(await reader.latestSweep()).toEqual(aSweepOfRun());
  for (const place of [here, there]) expect(await reader.at(place).control()).toEqual(aControl({ revision: 1 }));
});

test('an item of a place that has another place in it cannot be read, and the others can', async () => {
  const { ledger, reader, endpoint } = await anOrganizationsLedger();
  await ledger.putPlace(anAccountEntry(ONE));
  const foreign = JSON.stringify(aRegionEntry(TWO, IRELAND));
  await endpoint.put({ hygiene: HYGIENE, id: `place-${ONE}-${FRANKFURT}`, revision: 1, record: foreign });
  const { entries, unreadable } = await reader.places();
  expect(entries).toEqual([anAccountEntry(ONE)]);
  expect(unreadable).toEqual([
    { id: expect.anything(), message: expect.stringContaining(`record contains another place, ${TWO} in ${IRELAND}`) },
  ]);
  await expect(reader.place({ account: ONE, region: FRANKFURT })).rejects.toMatchObject({ name: 'UnreadableItem' });
});
