/** Reads the ledger from DynamoDB with consistent reads. The findings function uses only this class. */
import {
  decode, decodeControl, decodeSweep, decodeUnusedGroup, decodeVpnConnection, entryId, type Item, readable, SETTLED,
  UNUSED_GROUP_PREFIX,
} from './ledger-items';
import { type DynamoDBClient, GetItemCommand, QueryCommand } from '../../bundle/sdk';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../src/contract/names';
import { inParallel } from '../core/lists';
import type {
  ControlEntry, Items, LedgerEntry, SweepEntry, UnreadableItem, UnusedGroupEntry, VpnConnectionEntry,
} from '../core/model/ledger';
import type { LedgerReader } from '../core/ports';

export interface Search {
  /** The prefix of the ids to find. */
  readonly prefix: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  /** The values that the filter expression refers to. */
  readonly values?: Item;
  /** The number of items to read, whether or not they pass the filter. */
  readonly Limit?: number;
}

/** The ids of entries begin with a group id. In earlier versions they begin with a rule id. */
export const ENTRY_PREFIX = 'sg';
const VPN_CONNECTION_PREFIX = 'vpn-';
export const LATEST_SWEEP_ID = 'latest-sweep';
export const CONTROL_ID = 'control';

/** The result of a search. `replaced` holds items of earlier versions whose rules have a new entry. */
export interface Found extends Items<LedgerEntry> {
  readonly replaced: readonly LedgerEntry[];
}

/** The number of items to read at a time. */
export const ITEMS_AT_A_TIME = 25;

export class DynamoDbLedgerReader implements LedgerReader {
  /** @param hygiene the name of the construct, which is its partition in the table */
  constructor(
    protected readonly client: DynamoDBClient,
    protected readonly tableName: string,
    private readonly hygiene: string,
  ) {}

  async unsettledAndRevoked(): Promise<Items<LedgerEntry>> {
    return joined([
      await this.entries({ ...notIn(SETTLED.filter(state => state !== 'REVOKED')), prefix: ENTRY_PREFIX }),
    ]);
  }

  async vpnConnections(): Promise<Items<VpnConnectionEntry>> {
    return readable(await this.query({ prefix: VPN_CONNECTION_PREFIX }), decodeVpnConnection);
  }

  async unusedGroups(): Promise<Items<UnusedGroupEntry>> {
    return readable(await this.query({ prefix: UNUSED_GROUP_PREFIX }), decodeUnusedGroup);
  }

  async latestSweep(): Promise<SweepEntry | undefined> {
    const item = await this.item(LATEST_SWEEP_ID);
    return item && decodeSweep(item);
  }

  async control(): Promise<ControlEntry | undefined> {
    const item = await this.item(CONTROL_ID);
    return item && decodeControl(item);
  }

  protected async item(id: string): Promise<Item | undefined> {
    // DynamoDB refuses an empty key.
    if (id === '') return undefined;
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.key(id), ConsistentRead: true });
    return (await this.client.send(command)).Item;
  }

  protected async entries(search: Search): Promise<Found> {
    return this.currentOf(readable(await this.query(search), decode));
  }

  /**
   * Drops an item of an earlier version if its rule has a new entry, even if the search does not find that entry. If
   * the new entry is unreadable, the earlier item is not used either, because it may be outdated.
   */
  protected async currentOf({ entries, unreadable }: Items<LedgerEntry>): Promise<Found> {
    const replaced = new Set<LedgerEntry>();
    const doubtful = new Map<LedgerEntry, UnreadableItem>();
    await inParallel(ITEMS_AT_A_TIME, entries.filter(isEarlier), async entry => {
      const item = await this.item(entryId(entry.rule));
      if (item === undefined) return;
      const { entries: [current], unreadable: [wrong] } = readable([item], decode);
      if (wrong !== undefined) doubtful.set(entry, wrong);
      else if (!isLost(entry, current)) replaced.add(entry);
    });
    return {
      entries: entries.filter(entry => !replaced.has(entry) && !doubtful.has(entry)),
      unreadable: eachOnce([...unreadable, ...doubtful.values()]),
      replaced: [...replaced],
    };
  }

  protected async query(search: Search): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages(search)) items.push(...page);
    return items;
  }

  /** Yields the items page by page, because there may be many. */
  protected async *pages({ prefix, values, ...query }: Search): AsyncGenerator<Item[]> {
    let from: Item | undefined;
    do {
      const answer = await this.client.send(
        new QueryCommand({
          TableName: this.tableName,
          ConsistentRead: true,
          KeyConditionExpression: `${LEDGER_PARTITION_KEY} = :hygiene AND begins_with(${LEDGER_SORT_KEY}, :prefix)`,
          ...query,
          ExpressionAttributeValues: { ...values, ':hygiene': { S: this.hygiene }, ':prefix': { S: prefix } },
          ExclusiveStartKey: from,
        }),
      );
      yield answer.Items ?? [];
      from = query.Limit === undefined ? answer.LastEvaluatedKey : undefined;
    } while (from && Object.keys(from).length > 0);
  }

  protected key(id: string): Item {
    return { [LEDGER_PARTITION_KEY]: { S: this.hygiene }, [LEDGER_SORT_KEY]: { S: id } };
  }
}

/**
 * Finds the items in any other state than these. An item without a readable state is included, because it may be in any
 * state.
 */
export function notIn(states: readonly string[]): Omit<Search, 'prefix'> {
  const names = states.map(state => `:${state.toLowerCase()}`);
  return {
    FilterExpression: `attribute_not_exists(#state) OR NOT #state IN (${names.join(', ')})`,
    ExpressionAttributeNames: { '#state': 'state' },
    values: Object.fromEntries(states.map((state, index) => [names[index], { S: state }])),
  };
}

/** Joins several lists. */
export function joined(lists: ReadonlyArray<Items<LedgerEntry>>): Items<LedgerEntry> {
  return {
    entries: lists.flatMap(({ entries }) => entries),
    unreadable: lists.flatMap(({ unreadable }): readonly UnreadableItem[] => unreadable),
  };
}

const eachOnce = (items: readonly UnreadableItem[]): UnreadableItem[] =>
  [...new Map(items.map(item => [item.id, item])).values()];

/** Whether an entry records no revocation. Then an item of an earlier version may hold the only record of one. */
export const mayBeLost = ({ state }: LedgerEntry): boolean => state === 'OPEN' || state === 'HEALED';

/** Whether an item of an earlier version records a revocation that the new entry of the same rule does not record. */
export const isLost = (earlier: LedgerEntry, current: LedgerEntry): boolean =>
  earlier.state === 'REVOKED' && mayBeLost(current);

const isEarlier = ({ earlierRevision }: LedgerEntry): boolean => earlierRevision !== undefined;
