/** Tests the items of unused security groups over the wire, with a double of DynamoDB. */
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import { anEntry, aRule } from '../../support/builders';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { aSweepEntry } from '../../support/findings';
import { anUnusedGroup } from '../../support/ledger-builders';

afterEach(disconnect);

async function aLedger(): Promise<Wire & { readonly ledger: DynamoDbLedger }> {
  const wire = await connect();
  return { ...wire, ledger: new DynamoDbLedger(wire.dynamoDb, wire.endpoint.tableName, 'App/Hygiene') };
}

const FULL = anUnusedGroup({
  groupName: 'web', vpcId: 'vpc-1', stackName: 'shop', countedFor: '2026-01-31T00:00:00.000Z',
  notLookedAt: ['EKS clusters'], usedBy: 'Lambda functions', state: 'HEALED', expiresAt: 1_777_777_777,
});

test('an item comes back as it was written, with its age, state and expiry for the console', async () => {
  const { ledger, endpoint } = await aLedger();
  await ledger.putUnusedGroup(FULL);
  await ledger.putUnusedGroup(anUnusedGroup({ groupId: 'sg-2', reportedAt: undefined }));
  const { entries, unreadable } = await ledger.unusedGroups();
  expect(unreadable).toEqual([]);
  expect(entries).toEqual([FULL, JSON.parse(JSON.stringify(anUnusedGroup({ groupId: 'sg-2', reportedAt: undefined })))]);
  expect((await endpoint.items()).find(({ id }) => String(id) === 'group#sg-1')).toMatchObject({
    state: 'HEALED', since: FULL.since, groupName: 'web', stackName: 'shop', expiresAt: 1_777_777_777,
  });
});

test('an item is no entry of a rule, and a rule is no item of a group', async () => {
  const { ledger } = await aLedger();
  await ledger.put(anEntry({ rule: aRule(), revision: 1 }));
  await ledger.putUnusedGroup(anUnusedGroup());
  expect((await ledger.unsettled()).entries).toHaveLength(1);
  expect((await ledger.unsettled(['sg-1'])).entries).toHaveLength(1);
  expect((await ledger.unsettledAndRevoked()).entries).toHaveLength(1);
  expect((await ledger.unusedGroups()).entries).toHaveLength(1);
});

test('an item is written over the revision before it, and over no other', async () => {
  const { ledger } = await aLedger();
  await ledger.putUnusedGroup(anUnusedGroup());
  await expect(ledger.putUnusedGroup(anUnusedGroup({ sightings: 4 })))
    .resolves.toEqual({ isWritten: false, instead: anUnusedGroup() });
  await expect(ledger.putUnusedGroup(anUnusedGroup({ revision: 2 }))).resolves.toEqual({ isWritten: true });
});

test.each([
  ['group', 'not JSON', /its attribute group is not a JSON object/],
  ['group', JSON.stringify({ ...anUnusedGroup(), sightings: -1 }), /group\.sightings is not a whole number/],
  ['group', JSON.stringify({ ...anUnusedGroup(), since: 'yesterday' }), /group\.since is not a time/],
  ['group', JSON.stringify({ ...anUnusedGroup(), state: 'DELETED' }), /group\.state is not one of OPEN, HEALED/],
  ['group', JSON.stringify({ ...anUnusedGroup(), groupId: 'sg-2' }), /group contains another security group, sg-2/],
  ['revision', 7, /revision differs from the one in group/],
])('an item whose %s is %s cannot be read, and the others can', async (attribute, value, message) => {
  const { ledger, endpoint } = await aLedger();
  await ledger.putUnusedGroup(anUnusedGroup());
  await ledger.putUnusedGroup(anUnusedGroup({ groupId: 'sg-9' }));
  const item = (await endpoint.items()).find(({ id }) => String(id) === 'group#sg-1');
  await endpoint.put({ ...item, [attribute]: value });
  const { entries, unreadable } = await ledger.unusedGroups();
  expect(entries.map(({ groupId }) => groupId)).toEqual(['sg-9']);
  expect(unreadable).toEqual([{ id: 'sg-1', message: expect.stringMatching(message) as string }]);
});

test('the record of a sweep says whether the use of groups was read', async () => {
  const { ledger } = await aLedger();
  await ledger.putLatestSweep(aSweepEntry({ groupUse: 'part' }));
  await expect(ledger.latestSweep()).resolves.toMatchObject({ groupUse: 'part' });
});
