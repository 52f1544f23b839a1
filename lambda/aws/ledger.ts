/**
 * The ledger port over DynamoDB: consistent reads, conditional writes, nothing else.
 *
 * A rule is one attribute of JSON text, so that it comes back exactly as it was read; what people look for in the console is
 * beside it. VPN connections, the latest sweep and what holds for all are items of their own, told apart by their ids.
 */
import {
  attributes, decode, decodeControl, decodeSweep, decodeVpnConnection, encode, type Item, readable, SETTLED, textOf,
} from './ledger-items';
import { type DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '../../bundle/sdk';
import { LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../src/private/contract';
import { errorFacts } from '../core/errors';
import type { ControlEntry, Items, Ledger, LedgerEntry, PutResult, SweepEntry, VpnConnectionEntry } from '../core/ports';

interface Search {
  /** What the ids begin with. */
  readonly prefix: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  /** Of the expression. */
  readonly values?: Item;
  /** The first so many items only, whether they pass the filter or not. */
  readonly Limit?: number;
}

const RULE_PREFIX = 'sgr-';
const VPN_CONNECTION_PREFIX = 'vpn-';
const LATEST_SWEEP_ID = 'latest-sweep';
const CONTROL_ID = 'control';

/** An id that no item has, for the preflight. */
const NO_ID = 'none';

export class DynamoDbLedger implements Ledger {
  /** @param hygiene the construct's path: the partition that is its own */
  constructor(private readonly client: DynamoDBClient, private readonly tableName: string, private readonly hygiene: string) {}

  async unsettled(): Promise<Items<LedgerEntry>> {
    return this.rules(notIn(SETTLED));
  }

  async unsettledAndRevoked(): Promise<Items<LedgerEntry>> {
    return this.rules(notIn(SETTLED.filter(state => state !== 'REVOKED')));
  }

  async vpnConnections(): Promise<Items<VpnConnectionEntry>> {
    return readable(await this.query({ prefix: VPN_CONNECTION_PREFIX }), decodeVpnConnection);
  }

  async latestSweep(): Promise<SweepEntry | undefined> {
    const item = await this.item(LATEST_SWEEP_ID);
    return item && decodeSweep(item);
  }

  async control(): Promise<ControlEntry | undefined> {
    const item = await this.item(CONTROL_ID);
    return item && decodeControl(item);
  }

  async revokedBy(sweepId: string): Promise<Items<LedgerEntry>> {
    return this.rules({ FilterExpression: 'attemptedBy = :sweep OR revokedBy = :sweep OR recordedBy = :sweep', values: { ':sweep': { S: sweepId } } });
  }

  async get(securityGroupRuleId: string): Promise<LedgerEntry | undefined> {
    const item = await this.item(securityGroupRuleId);
    return item && decode(item);
  }

  async put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>> {
    return this.putOver(entry, { ...this.key(entry.securityGroupRuleId), ...encode(entry) }, decode);
  }

  async putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>> {
    const { vpnConnectionId, revision, name, status, since, expiresAt } = entry;
    const item = attributes({
      revision: { N: String(revision) }, name: textOf(name), status: textOf(status), since: textOf(since), connection: { S: JSON.stringify(entry) },
      [LEDGER_EXPIRY]: expiresAt === undefined ? undefined : { N: String(expiresAt) },
    });
    return this.putOver(entry, { ...this.key(vpnConnectionId), ...item }, decodeVpnConnection);
  }

  async putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>> {
    const item = { revision: { N: String(entry.revision) }, startedAt: { S: entry.startedAt }, sweep: { S: JSON.stringify(entry) } };
    return this.putOver(entry, { ...this.key(LATEST_SWEEP_ID), ...item }, decodeSweep);
  }

  async putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>> {
    const { revision, pause } = entry;
    const item = attributes({
      revision: { N: String(revision) }, pausedUntil: pause && textOf(pause.resumedAt ?? pause.until), control: { S: JSON.stringify(entry) },
    });
    return this.putOver(entry, { ...this.key(CONTROL_ID), ...item }, decodeControl);
  }

  async preflight(): Promise<void> {
    try {
      await this.rules({ FilterExpression: 'revokedBy = :sweep', values: { ':sweep': { S: NO_ID } }, Limit: 1 });
      await this.get(NO_ID);
      // The condition never holds, so nothing is written; a missing permission and wrong keys are reported first.
      const ConditionExpression = `attribute_exists(${LEDGER_SORT_KEY})`;
      await this.client.send(new PutItemCommand({ TableName: this.tableName, Item: this.key(NO_ID), ConditionExpression }));
    } catch (error) {
      const { code, message, requestId, attempts } = errorFacts(error);
      if (code === 'ConditionalCheckFailedException') return;
      throw Object.assign(new Error(`table ${this.tableName}: ${message}`), { name: code, $metadata: { requestId, attempts } });
    }
  }

  /** Writes an item where there is none, for revision 1, and any other over the revision before it. */
  private async putOver<T extends { readonly revision: number }>(entry: T, item: Item, read: (item: Item) => T): Promise<PutResult<T>> {
    try {
      await this.client.send(new PutItemCommand({
        TableName: this.tableName,
        Item: item,
        ...entry.revision === 1
          ? { ConditionExpression: `attribute_not_exists(${LEDGER_SORT_KEY})` }
          : { ConditionExpression: 'revision = :before', ExpressionAttributeValues: { ':before': { N: String(entry.revision - 1) } } },
      }));
      return { isWritten: true };
    } catch (error) {
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw withRepair(error);
      const there = await this.item(item[LEDGER_SORT_KEY]?.S ?? '');
      const instead = there && read(there);
      // A retry of the SDK fails on what its first attempt has written.
      if (instead?.revision === entry.revision && writerOf(instead) === writerOf(entry)) return { isWritten: true };
      return { isWritten: false, instead };
    }
  }

  private async item(id: string): Promise<Item | undefined> {
    // DynamoDB refuses to look for it.
    if (id === '') return undefined;
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.key(id), ConsistentRead: true });
    return (await this.client.send(command)).Item;
  }

  private async rules(search: Omit<Search, 'prefix'>): Promise<Items<LedgerEntry>> {
    return readable(await this.query({ ...search, prefix: RULE_PREFIX }), decode);
  }

  private async query({ prefix, values, ...query }: Search): Promise<Item[]> {
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const answer = await this.client.send(new QueryCommand({
        TableName: this.tableName,
        ConsistentRead: true,
        KeyConditionExpression: `${LEDGER_PARTITION_KEY} = :hygiene AND begins_with(${LEDGER_SORT_KEY}, :prefix)`,
        ...query,
        ExpressionAttributeValues: { ...values, ':hygiene': { S: this.hygiene }, ':prefix': { S: prefix } },
        ExclusiveStartKey: from,
      }));
      items.push(...answer.Items ?? []);
      from = query.Limit === undefined ? answer.LastEvaluatedKey : undefined;
    } while (from && Object.keys(from).length > 0);
    return items;
  }

  private key(id: string): Item {
    return { [LEDGER_PARTITION_KEY]: { S: this.hygiene }, [LEDGER_SORT_KEY]: { S: id } };
  }
}

/** Finds the items that have none of these states or no readable state: such an item may be in any state. */
function notIn(states: readonly string[]): Omit<Search, 'prefix'> {
  const names = states.map(state => `:${state.toLowerCase()}`);
  return {
    FilterExpression: `attribute_not_exists(#state) OR NOT #state IN (${names.join(', ')})`,
    ExpressionAttributeNames: { '#state': 'state' },
    values: Object.fromEntries(states.map((state, index) => [names[index], { S: state }])),
  };
}

/** A record that is too large says how it gets smaller; every other error is as it was. */
function withRepair(error: unknown): unknown {
  const { code, message } = errorFacts(error);
  if (!(error instanceof Error) || code !== 'ValidationException' || !/item size/i.test(message)) return error;
  return Object.assign(error, { message: `${message}. ${TOO_LARGE}` });
}

const TOO_LARGE = 'A record has at most 400 KB, so the rule is kept: shorten its tags, or the reasons of what flags it';

const writerOf = (entry: object): unknown => Reflect.get(entry, 'writtenBy') ?? Reflect.get(entry, 'sweepId');
