/**
 * The ledger port over DynamoDB: consistent reads, conditional writes, nothing else.
 *
 * The rule is one attribute of JSON text, so that it comes back exactly as it was read; what people look for in the console is beside it.
 */
import { LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../src/private/contract';
import { errorFacts } from '../errors';
import type { Ledger, LedgerEntry, LedgerState, PutResult } from '../ports';
import { type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from './sdk';

type Item = Record<string, AttributeValue>;

interface Search {
  readonly FilterExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  /** Of the expression. */
  readonly values: Item;
  /** The first so many items only, whether they pass the filter or not. */
  readonly Limit?: number;
}

const STATES: readonly LedgerState[] = ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'];

/** A key that no rule has, for the preflight. */
const NO_RULE_ID = 'none';

export class DynamoDbLedger implements Ledger {
  /** @param hygiene the construct's path: the partition that is its own */
  constructor(private readonly client: DynamoDBClient, private readonly tableName: string, private readonly hygiene: string) {}

  async unsettled(): Promise<LedgerEntry[]> {
    return this.query({
      FilterExpression: '#state IN (:open, :pending)',
      ExpressionAttributeNames: { '#state': 'state' },
      values: { ':open': { S: 'OPEN' }, ':pending': { S: 'PENDING' } },
    });
  }

  async revokedBy(sweepId: string): Promise<LedgerEntry[]> {
    return this.query({ FilterExpression: 'attemptedBy = :sweep OR revokedBy = :sweep OR recordedBy = :sweep', values: { ':sweep': { S: sweepId } } });
  }

  async get(securityGroupRuleId: string): Promise<LedgerEntry | undefined> {
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.key(securityGroupRuleId), ConsistentRead: true });
    const { Item: item } = await this.client.send(command);
    return item && decode(item);
  }

  async put(entry: LedgerEntry): Promise<PutResult> {
    try {
      await this.client.send(new PutItemCommand({
        TableName: this.tableName,
        Item: { ...this.key(entry.securityGroupRuleId), ...encode(entry) },
        ...entry.revision === 1
          ? { ConditionExpression: `attribute_not_exists(${LEDGER_SORT_KEY})` }
          : { ConditionExpression: 'revision = :before', ExpressionAttributeValues: { ':before': { N: String(entry.revision - 1) } } },
      }));
      return { isWritten: true };
    } catch (error) {
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw error;
      const instead = await this.get(entry.securityGroupRuleId);
      // A retry of the SDK fails on what its first attempt has written.
      if (instead?.revision === entry.revision && instead.writtenBy === entry.writtenBy) return { isWritten: true };
      return { isWritten: false, instead };
    }
  }

  async preflight(): Promise<void> {
    await this.query({ FilterExpression: 'revokedBy = :sweep', values: { ':sweep': { S: NO_RULE_ID } }, Limit: 1 });
    await this.get(NO_RULE_ID);
    try {
      // Never true, so that nothing is written; who may not write is told so first.
      const ConditionExpression = `attribute_exists(${LEDGER_SORT_KEY})`;
      await this.client.send(new PutItemCommand({ TableName: this.tableName, Item: this.key(NO_RULE_ID), ConditionExpression }));
    } catch (error) {
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw error;
    }
  }

  private async query({ values, ...query }: Search): Promise<LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    let from: Item | undefined;
    do {
      const answer = await this.client.send(new QueryCommand({
        TableName: this.tableName,
        ConsistentRead: true,
        KeyConditionExpression: `${LEDGER_PARTITION_KEY} = :hygiene`,
        ...query,
        ExpressionAttributeValues: { ...values, ':hygiene': { S: this.hygiene } },
        ExclusiveStartKey: from,
      }));
      entries.push(...(answer.Items ?? []).map(decode));
      from = query.Limit === undefined ? answer.LastEvaluatedKey : undefined;
    } while (from && Object.keys(from).length > 0);
    return entries;
  }

  private key(securityGroupRuleId: string): Item {
    return { [LEDGER_PARTITION_KEY]: { S: this.hygiene }, [LEDGER_SORT_KEY]: { S: securityGroupRuleId } };
  }
}

function encode(entry: LedgerEntry): Item {
  const { rule, attempt, outcome, restored } = entry;
  return Object.fromEntries(Object.entries({
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
    attempt: attempt && { S: JSON.stringify(attempt) },
    attemptedBy: text(attempt?.sweepId),
    outcome: outcome && { S: JSON.stringify(outcome) },
    ...outcome?.name === 'REVOKED' && { revokedBy: text(outcome.sweepId), recordedBy: text(outcome.recordedBy) },
    restored: restored && { S: JSON.stringify(restored) },
    [LEDGER_EXPIRY]: entry.expiresAt === undefined ? undefined : { N: String(entry.expiresAt) },
  }).filter((attribute): attribute is [string, AttributeValue] => attribute[1] !== undefined));
}

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
    because: json<LedgerEntry['because']>('because') ?? { declarations: [] },
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
