/**
 * Tests conditional writes and reads as DynamoDB documents them, through the SDK, and what a test can read and change
 * without the SDK.
 */
import {
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  paginateQuery,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { connect, disconnect, ITEM, KEY, MARSHALLED_KEY, put, refusal, type Wire } from './over-the-wire';

afterEach(disconnect);

describe('the table', () => {
  test('is ready, empty, and has the keys of the ledger', async () => {
    const { dynamoDb, endpoint } = await connect();
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: 'ledger' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      KeySchema: [{ AttributeName: 'hygiene', KeyType: 'HASH' }, { AttributeName: 'id', KeyType: 'RANGE' }],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    });
    expect(await endpoint.items()).toEqual([]);
  });

  test('can have another name, and then there is none of the usual one', async () => {
    const wire = await connect({ tableName: 'Other-Table' });
    await put(wire, 1);
    expect(await wire.endpoint.items()).toEqual([ITEM]);
    expect(await refusal(put(wire, 1, { TableName: 'ledger' }))).toMatchObject({
      code: 'ResourceNotFoundException',
      status: 400,
    });
  });

  test('is one of each endpoint', async () => {
    const [one, other] = [await connect(), await connect()];
    await put(one, 1);
    expect(await other.endpoint.items()).toEqual([]);
  });
});

describe('a write on the condition that there is no item', () => {
  test('is done when there is none', async () => {
    const wire = await connect();
    await put(wire, 1);
    expect(await wire.endpoint.items()).toEqual([ITEM]);
  });

  test('fails when there is one, and leaves that as it is', async () => {
    const wire = await connect();
    await wire.endpoint.put({ ...ITEM, state: 'HEALED' });
    expect(await refusal(put(wire, 1))).toMatchObject({
      code: 'ConditionalCheckFailedException', message: 'The conditional request failed', status: 400, item: undefined,
    });
    expect(await wire.endpoint.items()).toEqual([{ ...ITEM, state: 'HEALED' }]);
  });

  test('of several at once is done once', async () => {
    const wire = await connect();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        put(wire, 1).then(
          () => 'OK',
          (error: Error) => error.name,
        ),
      ),
    );
    expect(outcomes.sort()).toEqual([...Array<string>(9).fill('ConditionalCheckFailedException'), 'OK']);
  });
});

describe('a write on the condition that the item is of the revision before', () => {
  test('is done when it is', async () => {
    const wire = await connect();
    for (const revision of [1, 2, 3]) await put(wire, revision);
    expect(await wire.endpoint.items()).toMatchObject([{ revision: 3 }]);
  });

  test.each([
    ['is of another', { ...ITEM, revision: 3 }],
    ['has none', KEY],
    ['has one that is a text', { ...ITEM, revision: '1' }],
  ])('fails when it %s', async (_, item) => {
    const wire = await connect();
    await wire.endpoint.put(item);
    expect(await refusal(put(wire, 2))).toMatchObject({ code: 'ConditionalCheckFailedException' });
    expect(await wire.endpoint.items()).toEqual([item]);
  });

  test('fails when there is no item', async () => {
    const wire = await connect();
    expect(await refusal(put(wire, 2))).toMatchObject({ code: 'ConditionalCheckFailedException' });
    expect(await wire.endpoint.items()).toEqual([]);
  });
});

describe('a write that fails on its condition and asks for the item that is there', () => {
  const asking = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

  test('is told that', async () => {
    const wire = await connect();
    await wire.endpoint.put(ITEM);
    const item = { ...MARSHALLED_KEY, revision: { N: '1' }, state: { S: 'OPEN' } };
    expect(await refusal(put(wire, 1, asking))).toMatchObject({
      code: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      item,
    });
    const request = {
      TableName: 'ledger',
      Key: MARSHALLED_KEY,
      ConditionExpression: 'attribute_not_exists(hygiene)',
      ...asking,
    };
    expect(await refusal(wire.dynamoDb.send(new DeleteItemCommand(request)))).toMatchObject({
      code: 'ConditionalCheckFailedException',
      item,
    });
    expect(
      await refusal(wire.dynamoDb.send(new UpdateItemCommand({ ...request, UpdateExpression: 'REMOVE revision' }))),
    ).toMatchObject({ code: 'ConditionalCheckFailedException', item });
    expect(await wire.endpoint.items()).toEqual([ITEM]);
  });

  test('is told nothing when there is none', async () => {
    expect(await refusal(put(await connect(), 2, asking))).toMatchObject({
      code: 'ConditionalCheckFailedException',
      item: undefined,
    });
  });
});

describe('a query', () => {
  const QUERY: QueryCommandInput = {
    TableName: 'ledger',
    ConsistentRead: true,
    KeyConditionExpression: 'hygiene = :h',
    FilterExpression: '#state IN (:a, :b)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':h': { S: 'App/Hygiene' }, ':a': { S: 'OPEN' }, ':b': { S: 'PENDING' } },
  };

  test('that filters has the items of its partition that pass, in the order of their sort key', async () => {
    const { dynamoDb, endpoint } = await connect();
    for (const [index, state] of ['OPEN', 'HEALED', 'PENDING', 'REVOKED', 'OPEN'].entries()) {
      await endpoint.put({ ...KEY, id: `sgr-${index}`, state });
      await endpoint.put({ hygiene: 'App/Other', id: `sgr-${index}`, state });
    }
    const { Items, Count, ScannedCount, LastEvaluatedKey } = await dynamoDb.send(new QueryCommand(QUERY));
    expect(Items?.map(({ hygiene, id, state }) => [hygiene.S, id.S, state.S])).toEqual([
      ['App/Hygiene', 'sgr-0', 'OPEN'], ['App/Hygiene', 'sgr-2', 'PENDING'], ['App/Hygiene', 'sgr-4', 'OPEN'],
    ]);
    expect([Count, ScannedCount, LastEvaluatedKey]).toEqual([3, 5, undefined]);
  });

  test('of more than 1 MB pages to the end, by way of pages that the filter leaves empty', async () => {
    const { dynamoDb, endpoint } = await connect();
    const ids = Array.from({ length: 40 }, (_, index) => `sgr-${String(index).padStart(2, '0')}`);
    const isOpen = (id: string): boolean => id < 'sgr-05' || id >= 'sgr-35';
    for (const id of ids) {
      await endpoint.put({ ...KEY, id, state: isOpen(id) ? 'OPEN' : 'HEALED', filler: 'x'.repeat(100_000) });
    }

    const pages: string[][] = [];
    for await (const { Items = [] } of paginateQuery({ client: dynamoDb }, QUERY)) {
      pages.push(Items.map(({ id }) => id.S ?? ''));
    }

    expect(pages.flat()).toEqual(ids.filter(isOpen));
    expect(pages.length).toBeGreaterThanOrEqual(4);
    expect(pages.slice(1, -1)).toContainEqual([]);
    expect(endpoint.callsByAction()).toEqual({ Query: pages.length });
    expect((await endpoint.items()).map(({ id }) => id)).toEqual(ids);
  });
});

describe('past the SDK', () => {
  test('an item of any shape is written as the SDK reads it, read as plain JavaScript, and deleted', async () => {
    const { dynamoDb, endpoint } = await connect();
    const item = {
      ...KEY,
      text: '',
      count: -1.5,
      yes: true,
      no: false,
      nothing: null,
      list: [1, 'x', [null]],
      map: { inner: { deep: 'x' }, empty: {} },
    };
    await endpoint.put({ ...item, leftOut: undefined });
    expect(await endpoint.items()).toEqual([item]);
    const { Item } = await dynamoDb.send(
      new GetItemCommand({ TableName: 'ledger', Key: MARSHALLED_KEY, ConsistentRead: true }),
    );
    expect(Item).toEqual({
      ...MARSHALLED_KEY,
      text: { S: '' },
      count: { N: '-1.5' },
      yes: { BOOL: true },
      no: { BOOL: false },
      nothing: { NULL: true },
      list: { L: [{ N: '1' }, { S: 'x' }, { L: [{ NULL: true }] }] },
      map: { M: { inner: { M: { deep: { S: 'x' } } }, empty: { M: {} } } },
    });
    await endpoint.delete({ ...KEY, id: 'sgr-2' });
    expect(await endpoint.items()).toHaveLength(1);
    await endpoint.delete(KEY);
    expect(await endpoint.items()).toEqual([]);
  });

  test('neither faults, hooks nor denials are met, and nothing is journalled', async () => {
    const { endpoint } = await connect();
    const hook = jest.fn();
    endpoint.fault({ action: '*', kind: 'error' });
    for (const action of ['Scan', 'PutItem', 'DeleteItem']) endpoint.deny(action);
    endpoint.arrived('*', hook);
    await endpoint.put(ITEM);
    expect(await endpoint.items()).toEqual([ITEM]);
    await endpoint.delete(KEY);
    expect(hook).not.toHaveBeenCalled();
    expect(endpoint.calls).toEqual([]);
  });
});

test('an item without its keys, and one above 400 KB, are refused', async () => {
  const { dynamoDb, endpoint } = await connect();
  const send = (Item: PutItemCommand['input']['Item']) =>
    refusal(dynamoDb.send(new PutItemCommand({ TableName: 'ledger', Item })));
  expect(await send({ hygiene: { S: 'App/Hygiene' } })).toMatchObject({ code: 'ValidationException', status: 400 });
  expect(await send({ ...MARSHALLED_KEY, filler: { S: 'x'.repeat(409_600) } })).toMatchObject({
    code: 'ValidationException',
  });
  expect(await endpoint.items()).toEqual([]);
});

describe('the capacity that a call consumes', () => {
  const LARGE = { ...MARSHALLED_KEY, state: { S: 'x'.repeat(5000) } };
  const query = (prefix: string, ConsistentRead = true): QueryCommand => new QueryCommand({
    TableName: 'ledger', ConsistentRead, KeyConditionExpression: 'hygiene = :h AND begins_with(id, :p)',
    ExpressionAttributeValues: { ':h': MARSHALLED_KEY.hygiene, ':p': { S: prefix } },
  });
  const units = ({ endpoint }: Wire): unknown[] =>
    endpoint.calls.splice(0).map(({ action, capacityUnits }) => [action, capacityUnits]);

  test('is in the journal: 1 KB of a write, and 4 KB of a consistent read', async () => {
    const wire = await connect({ measuresCapacity: true });
    const { dynamoDb } = wire;
    await put(wire, 1);
    await dynamoDb.send(new PutItemCommand({ TableName: 'ledger', Item: LARGE }));
    await dynamoDb.send(new GetItemCommand({ TableName: 'ledger', Key: MARSHALLED_KEY, ConsistentRead: true }));
    await dynamoDb.send(new GetItemCommand({ TableName: 'ledger', Key: MARSHALLED_KEY }));
    await dynamoDb.send(query('sgr-'));
    await dynamoDb.send(query('sgr-', false));
    expect(units(wire)).toEqual([
      ['PutItem', 1], ['PutItem', 5], ['GetItem', 2], ['GetItem', 1], ['Query', 2], ['Query', 1],
    ]);
  });

  test('is that of the least if nothing is found, and that of the item if a condition fails', async () => {
    const wire = await connect({ measuresCapacity: true });
    await wire.dynamoDb.send(query('sgr-'));
    await wire.dynamoDb.send(query('sgr-', false));
    await refusal(put(wire, 2));
    await refusal(put(wire, 2, { Item: LARGE }));
    expect(units(wire)).toEqual([['Query', 1], ['Query', 0.5], ['PutItem', 1], ['PutItem', 5]]);
  });

  test('is nothing for a call that is refused, and is not measured unless it is asked for', async () => {
    const wire = await connect({ measuresCapacity: true });
    await refusal(put(wire, 1, { TableName: 'Other' }));
    expect(units(wire)).toEqual([['PutItem', 0]]);
    const other = await connect();
    await put(other, 1);
    expect(units(other)).toEqual([['PutItem', undefined]]);
  });
});
