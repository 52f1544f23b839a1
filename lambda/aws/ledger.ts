/**
 * Implements the ledger port with DynamoDB, using only consistent reads and conditional writes.
 *
 * A rule is stored as one attribute of JSON text, so that it is read back exactly as it was written. Further attributes
 * are for people who search in the console. The sort key of a rule's entry begins with its group. VPN connections, the
 * latest sweep, the published series, the configuration and the control record are separate items with ids of their
 * own.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  ASKED_PREFIX, attributes, decode, decodeAsked, decodeChanges, decodeConfigurationRecord, decodeControl,
  decodeImported, decodeProofs, decodeSeries, decodeSweep, decodeUnusedGroup, decodeVpnConnection, encode,
  entriesOfGroup, entryId, groupIdOf, groupPrefix, IMPORTED_PREFIX, importedId, isMoved, type Item, readable, SETTLED,
  TEXT, textOf, UNUSED_GROUP_PREFIX,
} from './ledger-items';
import {
  CONTROL_ID, DynamoDbLedgerReader, ENTRY_PREFIX, type Found, isLost, ITEMS_AT_A_TIME, joined, LATEST_SWEEP_ID,
  mayBeLost, notIn, type Search,
} from './ledger-reader';
import { PutItemCommand } from '../../bundle/sdk';
import { LEDGER_EXPIRY, LEDGER_SORT_KEY } from '../../src/contract/names';
import { errorFacts } from '../core/errors';
import { inParallel, inPartsOf } from '../core/lists';
import type {
  AskedEntry, ChangesEntry, ConfigurationRecord, ControlEntry, EntryKey, Items, LedgerEntry, ProofsEntry, PutResult,
  SeriesEntry, SweepEntry, UnusedGroupEntry, VpnConnectionEntry,
} from '../core/model/ledger';
import type { ImportedEntry } from '../core/model/security-hub';
import type { Ledger } from '../core/ports';

const GROUP_PREFIX = 'sg-';
const CONFIGURATION_ID = 'configuration';
const CHANGES_ID = 'changes';
const PROOFS_ID = 'proofs';
const SERIES_ID = 'series';

/** An id that no item has, for the preflight. */
const NO_ID = 'none';

/** The number of values that DynamoDB accepts in one list of a condition. */
const VALUES_PER_LIST = 100;

/** The time for which a replaced item is kept. */
const MOVED_SECONDS = 90 * 24 * 3600;

/** With more groups per page of all entries than this, reading all entries takes less than a query for each group. */
const GROUPS_PER_PAGE = 50;

export class DynamoDbLedger extends DynamoDbLedgerReader implements Ledger {
  /** The number of pages of all entries, as far as it is known. */
  private pageCount = Infinity;

  async unsettled(
    groupIds?: readonly string[], securityGroupRuleIds: readonly string[] = [],
  ): Promise<Items<LedgerEntry>> {
    const found = groupIds === undefined
      ? [await this.unsettledOfAll()]
      : await Promise.all([...new Set(groupIds)].map(groupPrefix).map(prefix =>
        this.entries({ ...notIn(SETTLED), prefix })));
    // Items of earlier versions do not have the group in their ids.
    if (groupIds !== undefined) found.push(await this.unsettledEarlier(withoutItem(securityGroupRuleIds, found)));
    await inParallel(
      ITEMS_AT_A_TIME,
      found.flatMap(({ replaced }) => replaced),
      entry => this.retire(entry),
    );
    return joined(found);
  }

  async openEntries(): Promise<Items<LedgerEntry>> {
    return joined([await this.entries({ ...notIn(SETTLED), prefix: ENTRY_PREFIX })]);
  }

  async configuration(): Promise<ConfigurationRecord | undefined> {
    const item = await this.item(CONFIGURATION_ID);
    return item && decodeConfigurationRecord(item);
  }

  async changes(): Promise<ChangesEntry | undefined> {
    const item = await this.item(CHANGES_ID);
    return item && decodeChanges(item);
  }

  async putChanges(entry: ChangesEntry): Promise<PutResult<ChangesEntry>> {
    const item = { revision: { N: String(entry.revision) }, changes: { S: JSON.stringify(entry) } };
    return this.putOver(entry, { ...this.key(CHANGES_ID), ...item }, decodeChanges);
  }

  async proofs(): Promise<ProofsEntry | undefined> {
    const item = await this.item(PROOFS_ID);
    return item && decodeProofs(item);
  }

  async putProofs(entry: ProofsEntry): Promise<PutResult<ProofsEntry>> {
    const item = { revision: { N: String(entry.revision) }, proofs: { S: JSON.stringify(entry) } };
    return this.putOver(entry, { ...this.key(PROOFS_ID), ...item }, decodeProofs);
  }

  async series(): Promise<SeriesEntry | undefined> {
    const item = await this.item(SERIES_ID);
    return item && decodeSeries(item);
  }

  async putSeries(entry: SeriesEntry): Promise<PutResult<SeriesEntry>> {
    const item = { revision: { N: String(entry.revision) }, series: { S: JSON.stringify(entry) } };
    return this.putOver(entry, { ...this.key(SERIES_ID), ...item }, decodeSeries);
  }

  async asked(sweepId: string): Promise<AskedEntry | undefined> {
    const item = await this.item(`${ASKED_PREFIX}${sweepId}`);
    return item && decodeAsked(item);
  }

  async putAsked(entry: AskedEntry): Promise<PutResult<AskedEntry>> {
    const item = {
      revision: { N: String(entry.revision) }, asked: { S: JSON.stringify(entry) },
      [LEDGER_EXPIRY]: { N: String(entry.expiresAt) },
    };
    return this.putOver(entry, { ...this.key(`${ASKED_PREFIX}${entry.sweepId}`), ...item }, decodeAsked);
  }

  async importedFindings(parts?: readonly number[]): Promise<Items<ImportedEntry>> {
    const items = parts === undefined
      ? await this.query({ prefix: IMPORTED_PREFIX })
      : (await Promise.all(parts.map(part => this.item(importedId(part))))).filter(item => item !== undefined);
    return readable(items, decodeImported);
  }

  putImportedFindings(entry: ImportedEntry): Promise<PutResult<ImportedEntry>> {
    return this.putText(importedId(entry.part), entry, decodeImported);
  }

  async ofGroup(groupId: string): Promise<Items<LedgerEntry>> {
    return entriesOfGroup(await this.query({ prefix: groupPrefix(groupId) }));
  }

  async ofGroups(groupIds: readonly string[]): Promise<ReadonlyMap<string, Items<LedgerEntry>>> {
    const items = new Map<string, Item[]>(groupIds.map(id => [id, []]));
    if (items.size > GROUPS_PER_PAGE * this.pageCount) {
      for await (const page of this.pages({ prefix: GROUP_PREFIX })) {
        for (const item of page) items.get(groupIdOf(item))?.push(item);
      }
    } else {
      await inParallel(ITEMS_AT_A_TIME, [...items], async ([id, own]) => {
        own.push(...await this.query({ prefix: groupPrefix(id) }));
      });
    }
    return new Map([...items].map(([id, own]) => [id, entriesOfGroup(own)]));
  }

  async revokedBy(sweepId: string): Promise<Items<LedgerEntry>> {
    const FilterExpression = 'attemptedBy = :sweep OR revokedBy = :sweep OR recordedBy = :sweep';
    return joined([
      await this.entries({ prefix: ENTRY_PREFIX, FilterExpression, values: { ':sweep': { S: sweepId } } }),
    ]);
  }

  async get(key: EntryKey): Promise<LedgerEntry | undefined> {
    const item = await this.item(entryId(key));
    return item && decode(item);
  }

  async find(securityGroupRuleIds: readonly string[]): Promise<Items<LedgerEntry>> {
    const ids = [...new Set(securityGroupRuleIds)];
    const items = await Promise.all(
      inPartsOf(VALUES_PER_LIST, ids).map(part =>
        this.query({ prefix: GROUP_PREFIX, ...isOneOf('securityGroupRuleId', part) }),
      ),
    );
    const found = readable(items.flat(), decode);
    const certain = new Set([
      ...found.entries.filter(entry => !mayBeLost(entry)).map(({ securityGroupRuleId }) => securityGroupRuleId),
      ...found.unreadable.map(({ id }) => id),
    ]);
    const earlier = await this.earlierItems(ids.filter(id => !certain.has(id)));
    return oneEach(joined([found, readable(earlier, decode)]));
  }

  async put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>> {
    if (entry.securityGroupRuleId === '') {
      throw Object.assign(new Error('An entry needs the id of its rule'), { name: 'ValidationException' });
    }
    const id = entryId(entry.rule);
    const { earlierRevision, ...current } = entry;
    const result = await this.putOver(current, { ...this.key(id), ...encode(current) }, decode);
    if (earlierRevision !== undefined) await this.retire(entry);
    return result;
  }

  async putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>> {
    const { vpnConnectionId, revision, name, status, since, expiresAt } = entry;
    const item = attributes({
      revision: { N: String(revision) },
      name: textOf(name),
      status: textOf(status),
      since: textOf(since),
      connection: { S: JSON.stringify(entry) },
      [LEDGER_EXPIRY]: expiresAt === undefined ? undefined : { N: String(expiresAt) },
    });
    return this.putOver(entry, { ...this.key(vpnConnectionId), ...item }, decodeVpnConnection);
  }

  async putUnusedGroup(entry: UnusedGroupEntry): Promise<PutResult<UnusedGroupEntry>> {
    const { groupId, groupName, vpcId, stackName, state, since, reportedAt, revision, expiresAt } = entry;
    const item = attributes({
      revision: { N: String(revision) },
      groupId: textOf(groupId),
      groupName: textOf(groupName),
      vpcId: textOf(vpcId),
      stackName: textOf(stackName),
      state: textOf(state),
      since: textOf(since),
      reportedAt: textOf(reportedAt),
      group: { S: JSON.stringify(entry) },
      [LEDGER_EXPIRY]: expiresAt === undefined ? undefined : { N: String(expiresAt) },
    });
    return this.putOver(entry, { ...this.key(`${UNUSED_GROUP_PREFIX}${groupId}`), ...item }, decodeUnusedGroup);
  }

  async putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>> {
    const { revision, startedAt } = entry;
    const item = {
      revision: { N: String(revision) },
      startedAt: { S: startedAt },
      sweep: { S: JSON.stringify(entry) },
    };
    return this.putOver(entry, { ...this.key(LATEST_SWEEP_ID), ...item }, decodeSweep);
  }

  async putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>> {
    const { revision, pause } = entry;
    const item = attributes({
      revision: { N: String(revision) },
      pausedUntil: pause && textOf(pause.resumedAt ?? pause.until),
      control: { S: JSON.stringify(entry) },
    });
    return this.putOver(entry, { ...this.key(CONTROL_ID), ...item }, decodeControl);
  }

  async putConfiguration(record: ConfigurationRecord): Promise<PutResult<ConfigurationRecord>> {
    const item = { revision: { N: String(record.revision) }, record: { S: JSON.stringify(record) } };
    return this.putOver(record, { ...this.key(CONFIGURATION_ID), ...item }, decodeConfigurationRecord);
  }

  /** Writes an item that is one attribute of JSON text. */
  protected putText<T extends { readonly revision: number }>(
    id: string, entry: T, read: (item: Item) => T,
  ): Promise<PutResult<T>> {
    const item = { ...this.key(id), revision: { N: String(entry.revision) }, [TEXT]: { S: JSON.stringify(entry) } };
    return this.putOver(entry, item, read);
  }

  async preflight(): Promise<void> {
    try {
      const FilterExpression = 'revokedBy = :sweep';
      await this.query({ prefix: ENTRY_PREFIX, FilterExpression, values: { ':sweep': { S: NO_ID } }, Limit: 1 });
      await this.item(NO_ID);
      // The condition never holds, so nothing is written; a missing permission and wrong keys are reported first.
      const ConditionExpression = `attribute_exists(${LEDGER_SORT_KEY})`;
      await this.client.send(
        new PutItemCommand({ TableName: this.tableName, Item: this.key(NO_ID), ConditionExpression }),
      );
    } catch (error) {
      const { code, message, requestId, attempts } = errorFacts(error);
      if (code === 'ConditionalCheckFailedException') return;
      throw Object.assign(new Error(`table ${this.tableName}: ${message}`), {
        name: code,
        $metadata: { requestId, attempts },
      });
    }
  }

  /** Settles an item of an earlier version after its new entry has been written. */
  private async retire({
    securityGroupRuleId,
    rule,
    earlierRevision: revision = 0,
    ...entry
  }: LedgerEntry): Promise<void> {
    const item = {
      ...this.key(securityGroupRuleId),
      revision: { N: String(revision + 1) },
      state: { S: 'HEALED' },
      movedTo: { S: entryId({ securityGroupRuleId, groupId: rule.groupId }) },
      [LEDGER_EXPIRY]: { N: String(Math.floor(Date.parse(entry.lastSeen) / 1000) + MOVED_SECONDS) },
      writtenBy: { S: entry.writtenBy },
    };
    const condition = {
      ConditionExpression: 'revision = :before',
      ExpressionAttributeValues: { ':before': { N: String(revision) } },
    };
    try {
      await this.client.send(new PutItemCommand({ TableName: this.tableName, Item: item, ...condition }));
    } catch {
      // A failure does no harm: the new entry takes precedence wherever both are read.
    }
  }

  /** Writes revision 1 only if there is no item, and any other revision only over the one before it. */
  private async putOver<T extends { readonly revision: number }>(
    entry: T,
    item: Item,
    read: (item: Item) => T,
  ): Promise<PutResult<T>> {
    try {
      await this.client.send(
        new PutItemCommand({
          TableName: this.tableName,
          Item: item,
          ...(entry.revision === 1
            ? { ConditionExpression: `attribute_not_exists(${LEDGER_SORT_KEY})` }
            : {
              ConditionExpression: 'revision = :before',
              ExpressionAttributeValues: { ':before': { N: String(entry.revision - 1) } },
            }),
        }),
      );
      return { isWritten: true };
    } catch (error) {
      if (errorFacts(error).code !== 'ConditionalCheckFailedException') throw withRepair(error);
      const there = await this.item(item[LEDGER_SORT_KEY]?.S ?? '');
      const instead = there && read(there);
      // If the first attempt of the SDK succeeded and its response was lost, the retry fails on the item that the first
      // attempt wrote.
      if (isDeepStrictEqual(there, item)) return { isWritten: true };
      return { isWritten: false, instead };
    }
  }

  private async unsettledOfAll(): Promise<Found> {
    const items: Item[] = [];
    let pageCount = 0;
    for await (const page of this.pages({ ...notIn(SETTLED), prefix: ENTRY_PREFIX })) {
      items.push(...page);
      pageCount += 1;
    }
    this.pageCount = pageCount;
    return this.currentOf(readable(items, decode));
  }

  private async unsettledEarlier(securityGroupRuleIds: readonly string[]): Promise<Found> {
    const items = await this.earlierItems(securityGroupRuleIds);
    const isSettled = ({ state }: Item): boolean => SETTLED.some(each => each === state?.S);
    return this.currentOf(readable(items.filter(item => !isSettled(item)), decode));
  }

  /** Returns the items of earlier versions that no entry has replaced. */
  private async earlierItems(securityGroupRuleIds: readonly string[]): Promise<Item[]> {
    const items: Item[] = [];
    await inParallel(ITEMS_AT_A_TIME, securityGroupRuleIds, async id => {
      const item = await this.item(id);
      if (item !== undefined && !isMoved(item)) items.push(item);
    });
    return items;
  }

}

function isOneOf(attribute: string, values: readonly string[]): Omit<Search, 'prefix'> {
  const names = values.map((_, index) => `:value${index}`);
  return {
    FilterExpression: `${attribute} IN (${names.join(', ')})`,
    values: Object.fromEntries(values.map((value, index) => [names[index], { S: value }])),
  };
}

/** Returns the rules for which nothing was found yet. */
function withoutItem(securityGroupRuleIds: readonly string[], found: ReadonlyArray<Items<LedgerEntry>>): string[] {
  const { entries, unreadable } = joined(found);
  const known = new Set([...entries.map(entry => entry.securityGroupRuleId), ...unreadable.map(({ id }) => id)]);
  return [...new Set(securityGroupRuleIds)].filter(id => !known.has(id));
}

/** Returns one entry for each rule. The new entry takes precedence over an item of an earlier version. */
function oneEach({ entries, unreadable }: Items<LedgerEntry>): Items<LedgerEntry> {
  const byRule = new Map<string, LedgerEntry>();
  for (const entry of entries) {
    const other = byRule.get(entry.securityGroupRuleId);
    if (other === undefined || isLost(entry, other)) byRule.set(entry.securityGroupRuleId, entry);
  }
  return { entries: [...byRule.values()], unreadable };
}

/** Adds the fix to the error for an item that is too large. Other errors stay as they are. */
function withRepair(error: unknown): unknown {
  const { code, message } = errorFacts(error);
  if (!(error instanceof Error) || code !== 'ValidationException' || !/item size/i.test(message)) return error;
  return Object.assign(error, { message: `${message}. ${TOO_LARGE}` });
}

const TOO_LARGE = 'A record has at most 400 KB, so the rule is kept: shorten its tags, or the reasons of the declarations that flag it';

