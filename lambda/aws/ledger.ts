/**
 * The ledger port over DynamoDB: consistent reads, conditional writes, nothing else.
 *
 * A rule is one attribute of JSON text, so that it comes back exactly as it was read; what people look for in the console is beside it. VPN connections and the
 * latest sweep are items of their own, told apart by their ids.
 */
import { LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../src/private/contract';
import { errorFacts } from '../errors';
import type { Ledger, LedgerEntry, LedgerState, PutResult, SweepEntry, VpnConnectionEntry } from '../ports';
import { type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from './sdk';

type Item = Record<string, AttributeValue>;

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

const STATES: readonly LedgerState[] = ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'];

const RULE_PREFIX = 'sgr-';
const VPN_CONNECTION_PREFIX = 'vpn-';
const LATEST_SWEEP_ID = 'latest-sweep';

/** An id that no item has, for the preflight. */
const NO_ID = 'none';

const STATE_NAME = { '#state': 'state' };
const OPEN_AND_PENDING: Item = { ':open': { S: 'OPEN' }, ':pending': { S: 'PENDING' } };

export class DynamoDbLedger implements Ledger {
  /** @param hygiene the construct's path: the partition that is its own */
  constructor(private readonly client: DynamoDBClient, private readonly tableName: string, private readonly hygiene: string) {}

  async unsettled(): Promise<LedgerEntry[]> {
    return this.rules({ FilterExpression: '#state IN (:open, :pending)', ExpressionAttributeNames: STATE_NAME, values: OPEN_AND_PENDING });
  }

  async unsettledAndRevoked(): Promise<LedgerEntry[]> {
    const values = { ...OPEN_AND_PENDING, ':revoked': { S: 'REVOKED' } };
    return this.rules({ FilterExpression: '#state IN (:open, :pending, :revoked)', ExpressionAttributeNames: STATE_NAME, values });
  }

  async vpnConnections(): Promise<VpnConnectionEntry[]> {
    return (await this.query({ prefix: VPN_CONNECTION_PREFIX })).map(item => decodeText(item, 'connection', isVpnConnection));
  }

  async latestSweep(): Promise<SweepEntry | undefined> {
    const item = await this.item(LATEST_SWEEP_ID);
    return item && decodeText(item, 'sweep', isSweep);
  }

  async revokedBy(sweepId: string): Promise<LedgerEntry[]> {
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
      revision: { N: String(revision) }, name: text(name), status: text(status), since: text(since), connection: { S: JSON.stringify(entry) },
      [LEDGER_EXPIRY]: expiresAt === undefined ? undefined : { N: String(expiresAt) },
    });
    return this.putOver(entry, { ...this.key(vpnConnectionId), ...item }, each => decodeText(each, 'connection', isVpnConnection));
  }

  async putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>> {
    const item = { revision: { N: String(entry.revision) }, startedAt: { S: entry.startedAt }, sweep: { S: JSON.stringify(entry) } };
    return this.putOver(entry, { ...this.key(LATEST_SWEEP_ID), ...item }, each => decodeText(each, 'sweep', isSweep));
  }

  async preflight(): Promise<void> {
    await this.rules({ FilterExpression: 'revokedBy = :sweep', values: { ':sweep': { S: NO_ID } }, Limit: 1 });
    await this.get(NO_ID);
    try {
      // Never true, so that nothing is written; who may not write is told so first.
      const ConditionExpression = `attribute_exists(${LEDGER_SORT_KEY})`;
      await this.client.send(new PutItemCommand({ TableName: this.tableName, Item: this.key(NO_ID), ConditionExpression }));
    } catch (error) {
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw error;
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
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw error;
      const there = await this.item(item[LEDGER_SORT_KEY]?.S ?? '');
      const instead = there && read(there);
      // A retry of the SDK fails on what its first attempt has written.
      if (instead?.revision === entry.revision && writerOf(instead) === writerOf(entry)) return { isWritten: true };
      return { isWritten: false, instead };
    }
  }

  private async item(id: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.key(id), ConsistentRead: true });
    return (await this.client.send(command)).Item;
  }

  private async rules(search: Omit<Search, 'prefix'>): Promise<LedgerEntry[]> {
    return (await this.query({ ...search, prefix: RULE_PREFIX })).map(decode);
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

function encode(entry: LedgerEntry): Item {
  const { rule, attempt, outcome, restored } = entry;
  return attributes({
    state: { S: entry.state },
    revision: { N: String(entry.revision) },
    sightings: { N: String(entry.sightings) },
    writtenBy: { S: entry.writtenBy },
    firstSeen: { S: entry.firstSeen },
    lastSeen: { S: entry.lastSeen },
    groupId: { S: rule.groupId },
    groupName: text(entry.groupName),
    vpcId: text(entry.vpcId),
    stackName: text(entry.stackName),
    rule: { S: JSON.stringify(rule) },
    because: { S: JSON.stringify(entry.because) },
    keepReason: text(entry.keepReason),
    attempt: attempt && { S: JSON.stringify(attempt) },
    attemptedBy: text(attempt?.sweepId),
    outcome: outcome && { S: JSON.stringify(outcome) },
    ...outcome?.name === 'REVOKED' && { revokedBy: text(outcome.sweepId), recordedBy: text(outcome.recordedBy) },
    restored: restored && { S: JSON.stringify(restored) },
    [LEDGER_EXPIRY]: entry.expiresAt === undefined ? undefined : { N: String(entry.expiresAt) },
  });
}

function attributes(values: Record<string, AttributeValue | undefined>): Item {
  return Object.fromEntries(Object.entries(values).filter((attribute): attribute is [string, AttributeValue] => attribute[1] !== undefined));
}

/** Reads an item that is one attribute of JSON text. @throws for what is none */
function decodeText<T>(item: Item, name: string, is: (value: unknown) => value is T): T {
  const id = item[LEDGER_SORT_KEY]?.S;
  try {
    const value = JSON.parse(item[name]?.S ?? '') as unknown;
    if (is(value)) return value;
  } catch {
    // Said below.
  }
  throw new Error(`The ledger's item ${id} has no readable ${name}. Delete the item; the next sweep writes it anew`);
}

const has = (value: unknown, key: string, type: 'string' | 'number'): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, key) === type;

function isVpnConnection(value: unknown): value is VpnConnectionEntry {
  return ['vpnConnectionId', 'status', 'since', 'writtenAt', 'writtenBy'].every(key => has(value, key, 'string'))
    && has(value, 'revision', 'number') && Array.isArray((value as VpnConnectionEntry).tunnels);
}

function isSweep(value: unknown): value is SweepEntry {
  return ['sweepId', 'startedAt'].every(key => has(value, key, 'string')) && ['revision', 'scanErrors'].every(key => has(value, key, 'number'))
    && Array.isArray((value as SweepEntry).withheld) && Array.isArray((value as SweepEntry).errors);
}

const writerOf = (entry: object): unknown => Reflect.get(entry, 'writtenBy') ?? Reflect.get(entry, 'sweepId');

const text = (value: string | undefined): AttributeValue | undefined => value === undefined || value === '' ? undefined : { S: value };

/** @throws for what is no entry: what cannot be read must not be taken for something else */
function decode(item: Item): LedgerEntry {
  const id = item[LEDGER_SORT_KEY]?.S ?? '(without an id)';
  const required = (name: string): string => {
    const { S, N } = item[name] ?? {};
    const value = S ?? N;
    if (value === undefined) throw new Error(`The ledger's entry of ${id} has no ${name}; it cannot be read`);
    return value;
  };
  const json = <T>(name: string): T | undefined => {
    const value = item[name]?.S;
    try {
      return value === undefined ? undefined : JSON.parse(value) as T;
    } catch {
      throw new Error(`The ledger's entry of ${id} has no JSON as ${name}; it cannot be read`);
    }
  };
  const count = (name: string): number => {
    const value = Number(required(name));
    if (!Number.isInteger(value)) throw new Error(`The ledger's entry of ${id} has no whole number as ${name}; it cannot be read`);
    return value;
  };
  const attempt = json<LedgerEntry['attempt']>('attempt');
  if (attempt !== undefined && !isAttempt(attempt)) throw new Error(`The ledger's entry of ${id} has an attempt without a sweep or a time; it cannot be read`);
  const because = json<LedgerEntry['because']>('because') ?? { declarations: [] };
  if (!Array.isArray(because.declarations)) throw new Error(`The ledger's entry of ${id} has a because without declarations; it cannot be read`);
  const state = STATES.find(each => each === required('state'));
  if (state === undefined) throw new Error(`The ledger's entry of ${id} has the state ${required('state')}, which this version does not know`);
  const rule = json<LedgerEntry['rule']>('rule');
  if (rule?.securityGroupRuleId !== id) throw new Error(`The ledger's entry of ${id} holds another rule, or none; it cannot be read`);
  return {
    securityGroupRuleId: id,
    state,
    revision: count('revision'),
    sightings: count('sightings'),
    writtenBy: required('writtenBy'),
    firstSeen: required('firstSeen'),
    lastSeen: required('lastSeen'),
    groupName: item.groupName?.S,
    vpcId: item.vpcId?.S,
    stackName: item.stackName?.S,
    rule,
    because,
    keepReason: item.keepReason?.S,
    attempt,
    outcome: json('outcome'),
    restored: json('restored'),
    expiresAt: item[LEDGER_EXPIRY]?.N === undefined ? undefined : Number(item[LEDGER_EXPIRY].N),
  };
}

function isAttempt(value: unknown): boolean {
  const { sweepId, at } = typeof value === 'object' && value !== null ? value as { sweepId?: unknown; at?: unknown } : {};
  return typeof sweepId === 'string' && typeof at === 'string' && Number.isFinite(Date.parse(at));
}
