/**
 * The ledger as a planned sweep would write it. It starts from what the deployed ledger holds, and keeps everything
 * that is written in memory.
 */
import { UNREADABLE_ITEM } from '../../lambda/core/errors';
import type { Items, LedgerEntry, PutResult } from '../../lambda/core/model/ledger';
import type { DecidingLedger, Ledger } from '../../lambda/core/ports';

/** The part of the ledger that planned sweeps need. */
export type PlanningLedger = DecidingLedger & Pick<Ledger, 'configuration' | 'putConfiguration' | 'proofs' | 'openEntries'>;

/** One item of the ledger, or the error with which it was read. */
export type Reading<T> = { readonly item?: T } | { readonly error: unknown };

type ItemOf<Method extends 'control' | 'changes' | 'configuration' | 'proofs'> = Awaited<ReturnType<Ledger[Method]>>;

/** The whole ledger of a construct at one time. */
export interface LedgerSnapshot {
  /** The entries of rules, in every state. */
  readonly rules: Items<LedgerEntry>;
  /** The ids of those unreadable items that are not known to be settled. */
  readonly unsettledUnreadable: ReadonlySet<string>;
  readonly control: Reading<ItemOf<'control'>>;
  readonly changes: Reading<ItemOf<'changes'>>;
  readonly configuration: Reading<ItemOf<'configuration'>>;
  readonly proofs: Reading<ItemOf<'proofs'>>;
}

/** The ledger of a construct that was never deployed. */
export const EMPTY_LEDGER: LedgerSnapshot = {
  rules: { entries: [], unreadable: [] }, unsettledUnreadable: new Set(), control: {}, changes: {}, configuration: {},
  proofs: {},
};

export function plannedLedger(
  { rules, unsettledUnreadable, changes, proofs, ...snapshot }: LedgerSnapshot,
): PlanningLedger {
  const entries = new Map(rules.entries.map(entry => [entry.securityGroupRuleId, entry]));
  const unreadable = new Map(rules.unreadable.map(item => [item.id, item]));
  const control = cell(snapshot.control);
  const configuration = cell(snapshot.configuration);
  const having = (isWanted: (entry: LedgerEntry) => boolean): LedgerEntry[] => [...entries.values()].filter(isWanted);
  const unsettled = async (groupIds?: readonly string[]): Promise<Items<LedgerEntry>> => ({
    entries: having(({ state, rule }) => UNSETTLED.has(state) && (groupIds?.includes(rule.groupId) ?? true)),
    unreadable: rules.unreadable.filter(({ id, rule }) => unsettledUnreadable.has(id)
      && (rule === undefined || (groupIds?.includes(rule.groupId) ?? true))),
  });
  return {
    unsettled,
    openEntries: () => unsettled(),
    ofGroups: async groupIds => new Map(groupIds.map(groupId => [groupId, {
      entries: having(({ rule }) => rule.groupId === groupId),
      unreadable: rules.unreadable.filter(({ rule }) => (rule?.groupId ?? groupId) === groupId),
    }])),
    put: async entry => {
      const { securityGroupRuleId: id } = entry;
      const wrong = unreadable.get(id);
      if (wrong !== undefined) throw Object.assign(new Error(wrong.message), { name: UNREADABLE_ITEM });
      const result = over(entries.get(id), entry);
      if (result.isWritten) entries.set(id, entry);
      return result;
    },
    control: control.get,
    putControl: control.put,
    changes: async () => itemOf(changes),
    proofs: async () => itemOf(proofs),
    configuration: configuration.get,
    putConfiguration: configuration.put,
  };
}

/**
 * Returns the ledgers of the places of an organization. The control item and the configuration are one for all of them.
 *
 * @param snapshots what the ledger of each place holds, with the shared items in the first one
 */
export function plannedPlaceLedgers(snapshots: readonly LedgerSnapshot[]): PlanningLedger[] {
  const [first, ...others] = snapshots.map(each => plannedLedger(withoutCount(each)));
  const { control, putControl, configuration, putConfiguration } = first;
  return [first, ...others.map(each => ({ ...each, control, putControl, configuration, putConfiguration }))];
}

/** A run that is planned begins after the one that counts now. */
function withoutCount(snapshot: LedgerSnapshot): LedgerSnapshot {
  const { control } = snapshot;
  if ('error' in control || control.item?.counting === undefined) return snapshot;
  const { counting: _, ...item } = control.item;
  return { ...snapshot, control: { item } };
}

const UNSETTLED: ReadonlySet<LedgerEntry['state']> = new Set(['OPEN', 'PENDING']);

/** Returns the item. @throws the error with which it was read */
function itemOf<T>(reading: Reading<T>): T | undefined {
  if ('error' in reading) throw reading.error;
  return reading.item;
}

interface Cell<T> {
  readonly get: () => Promise<T | undefined>;
  readonly put: (item: T) => Promise<PutResult<T>>;
}

function cell<T extends { readonly revision: number }>(first: Reading<T | undefined>): Cell<T> {
  let reading = first;
  return {
    get: async () => itemOf(reading),
    put: async item => {
      const result = over(itemOf(reading), item);
      if (result.isWritten) reading = { item };
      return result;
    },
  };
}

/** Whether an item may be written, as DynamoDB decides it: only over the revision before it. */
function over<T extends { readonly revision: number }>(there: T | undefined, item: T): PutResult<T> {
  return (there?.revision ?? 0) === item.revision - 1 ? { isWritten: true } : { isWritten: false, instead: there };
}
