/**
 * A double of DynamoDB on this machine, with a table for the ledger. It is dynalite, which follows DynamoDB's
 * documentation, behind a proxy that journals every call, runs hooks around it, and has faults on demand.
 */
import type { IncomingMessage } from 'node:http';
import { Backend, type BackendAnswer } from './backend';
import { accessDenied, encodeError, readParameters, throughputExceeded } from './errors';
import { type Item, marshalItem, unmarshalItem } from './items';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../../src/contract/names';
import { type Call, Endpoint, type HttpAnswer, type Parameters, type Received } from '../endpoint';
import { record, text } from '../endpoint/parameters';
import type { ServiceError } from '../endpoint/service-error';

export type { Item } from './items';

export interface DynamoDbEndpointOptions {
  readonly tableName?: string;
  /**
   * The largest number of items on a page of a query without a limit. For each page, dynalite reads everything that
   * the key condition finds from there on, even if the page is full at 1 MB. In a large table that takes most of the
   * time, unless a page has a limit.
   *
   * @default - no limit but 1 MB
   */
  readonly mostItemsPerPage?: number;
  /** Whether to journal the capacity that each call consumes. Default: false. */
  readonly measuresCapacity?: boolean;
}

interface Consumed {
  /** The units of capacity that the call has consumed, if they are measured. */
  capacityUnits?: number;
}

export class DynamoDbEndpoint extends Endpoint<Consumed> {
  public static async start(
    { tableName = 'ledger', ...options }: DynamoDbEndpointOptions = {},
  ): Promise<DynamoDbEndpoint> {
    const endpoint = new DynamoDbEndpoint(tableName, new Backend(), options);
    await endpoint.createTable();
    await endpoint.listen();
    return endpoint;
  }

  protected readonly internalError = 'InternalServerError';

  private readonly denied = new Set<string>();

  private constructor(
    public readonly tableName: string,
    private readonly backend: Backend,
    private readonly options: Omit<DynamoDbEndpointOptions, 'tableName'>,
  ) {
    super();
  }

  /** Removes the permission for an action. */
  public deny(action: string): void {
    this.denied.add(action);
  }

  /** Returns every item of the table. Like the next methods, it bypasses faults, hooks and the journal. */
  public async items(): Promise<Item[]> {
    const items: Item[] = [];
    let start: Parameters = {};
    do {
      const { Items, LastEvaluatedKey } = await this.backend.call('Scan', {
        TableName: this.tableName,
        ConsistentRead: true,
        ...start,
      });
      items.push(...(Items as Parameters[]).map(unmarshalItem));
      start = LastEvaluatedKey === undefined ? {} : { ExclusiveStartKey: LastEvaluatedKey };
    } while (start.ExclusiveStartKey !== undefined);
    return items;
  }

  public async put(item: Item): Promise<void> {
    await this.backend.call('PutItem', { TableName: this.tableName, Item: marshalItem(item) });
  }

  /** Writes many items in fewer calls. */
  public async putAll(items: readonly Item[]): Promise<void> {
    for (let start = 0; start < items.length; start += MOST_ITEMS_PER_WRITE) {
      const requests = items.slice(start, start + MOST_ITEMS_PER_WRITE)
        .map(item => ({ PutRequest: { Item: marshalItem(item) } }));
      await this.backend.call('BatchWriteItem', { RequestItems: { [this.tableName]: requests } });
    }
  }

  public async delete(key: Item): Promise<void> {
    await this.backend.call('DeleteItem', { TableName: this.tableName, Key: keyOf(marshalItem(key)) });
  }

  protected receive({ headers }: IncomingMessage, body: Buffer): Received<Consumed> {
    return {
      action: headers['x-amz-target']?.toString().split('.')[1] ?? '',
      parameters: readParameters(body),
      details: {},
      act: call => this.answerOf(call, headers, body),
      encodeError: error => ({ headers: { 'content-type': 'application/x-amz-json-1.0' }, body: encodeError(error) }),
    };
  }

  protected throttled(): ServiceError {
    return throughputExceeded();
  }

  private async createTable(): Promise<void> {
    const keys = [
      [LEDGER_PARTITION_KEY, 'HASH'],
      [LEDGER_SORT_KEY, 'RANGE'],
    ];
    await this.backend.call('CreateTable', {
      TableName: this.tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(([AttributeName]) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    });
    let status: string | undefined;
    do {
      const { Table } = await this.backend.call('DescribeTable', { TableName: this.tableName });
      status = text(record(Table).TableStatus);
    } while (status !== 'ACTIVE');
  }

  private async answerOf(
    call: Call & Consumed,
    headers: HttpAnswer['headers'],
    body: Buffer,
  ): Promise<HttpAnswer> {
    const { action, parameters } = call;
    if (this.denied.has(action)) throw accessDenied(action);
    await this.hooks.run('before', { action, parameters });
    const answer = await this.backend.send(...this.amended({ action, parameters }, headers, body));
    const code = codeOf(answer);
    if (this.options.measuresCapacity) call.capacityUnits = consumed(call, answer);
    if (code !== undefined) return { ...(await this.withItem(parameters, answer)), code };
    await this.hooks.run('after', { action, parameters });
    return answer;
  }

  /** Adds to a request what the options ask for. */
  private amended(
    { action, parameters }: Pick<Call, 'action' | 'parameters'>, headers: HttpAnswer['headers'], body: Buffer,
  ): [HttpAnswer['headers'], Buffer] {
    const { mostItemsPerPage, measuresCapacity = false } = this.options;
    const isLimited = action === 'Query' && mostItemsPerPage !== undefined && !('Limit' in parameters);
    if (!isLimited && !measuresCapacity) return [headers, body];
    const amended = Buffer.from(JSON.stringify({
      ...parameters, ...isLimited && { Limit: mostItemsPerPage },
      ...measuresCapacity && { ReturnConsumedCapacity: 'TOTAL' },
    }));
    return [{ ...headers, 'content-length': String(amended.length) }, amended];
  }

  /**
   * Adds the item to a failed condition, because dynalite does not support ReturnValuesOnConditionCheckFailure. It is
   * read a moment later than DynamoDB would read it.
   */
  private async withItem(
    { ReturnValuesOnConditionCheckFailure, Item, Key }: Parameters,
    answer: BackendAnswer,
  ): Promise<BackendAnswer> {
    const isUnmet = codeOf(answer) === 'ConditionalCheckFailedException';
    if (ReturnValuesOnConditionCheckFailure !== 'ALL_OLD' || !isUnmet) return answer;
    const found = await this.backend.call('GetItem', {
      TableName: this.tableName,
      Key: keyOf(record(Item ?? Key)),
      ConsistentRead: true,
    });
    if (found.Item === undefined) return answer;
    const body = Buffer.from(JSON.stringify({ ...readParameters(answer.body), Item: found.Item }));
    const { 'x-amz-crc32': _, ...headers } = answer.headers;
    return { ...answer, body, headers: { ...headers, 'content-length': String(body.length) } };
  }
}

/** DynamoDB takes no more. */
const MOST_ITEMS_PER_WRITE = 25;

/**
 * Returns the units that a call has consumed. A read that finds nothing takes as much as one of a small item. A write
 * whose condition fails takes as much as one that succeeds.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
function consumed({ action, parameters: { ConsistentRead, Item: item } }: Call, answer: BackendAnswer): number {
  const code = codeOf(answer);
  if (code !== undefined && code !== 'ConditionalCheckFailedException') return 0;
  const { CapacityUnits: units } = record(readParameters(answer.body).ConsumedCapacity);
  const least = READS.has(action) && ConsistentRead !== true ? 0.5 : 1;
  return Math.max(least, Number(units ?? Math.ceil(bytesOf(record(item)) / 1024)));
}

const READS: ReadonlySet<string> = new Set(['GetItem', 'Query', 'Scan']);

/** Returns the size of an item: the names and the values of its attributes. */
const bytesOf = (item: Parameters): number => Object.entries(item).reduce((sum, [name, attribute]) =>
  sum + Buffer.byteLength(name) + Object.values(record(attribute)).reduce<number>((size, value) =>
    size + Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)), 0), 0);

const keyOf = (attributes: Parameters): Parameters =>
  ({ [LEDGER_PARTITION_KEY]: attributes[LEDGER_PARTITION_KEY], [LEDGER_SORT_KEY]: attributes[LEDGER_SORT_KEY] });

function codeOf({ status, body }: BackendAnswer): string | undefined {
  return status === 200 ? undefined : text(readParameters(body).__type)?.split('#').at(-1) ?? `HTTP ${status}`;
}
