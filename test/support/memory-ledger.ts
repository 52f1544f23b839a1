/**
 * The ledger port in memory, with conditional writes as in DynamoDB. A test can change the world around any of its
 * calls.
 */
import { aControl } from './builders';
import type {
  AskedEntry,
  ChangesEntry,
  ConfigurationRecord,
  ControlEntry,
  EntryKey,
  Items,
  LedgerEntry,
  ProofsEntry,
  PutResult,
  SeriesEntry,
  SweepEntry,
  UnreadableItem,
  UnusedGroupEntry,
  VpnConnectionEntry,
} from '../../lambda/core/model/ledger';
import type { ImportedEntry } from '../../lambda/core/model/security-hub';
import type { Ledger } from '../../lambda/core/ports';

export type LedgerMethod = keyof Ledger;

/** The interference of a test with calls of a method. */
export interface LedgerInterference {
  /** The number of the call, from 1. Absent: every call. */
  readonly call?: number;
  /** Matches only calls about this rule. */
  readonly naming?: string;
  readonly before?: () => void | Promise<void>;
  /** Thrown after `before`, instead of an answer. */
  readonly throws?: Error;
  readonly after?: () => void | Promise<void>;
  /** Thrown after the call has taken effect. */
  readonly throwsAfter?: Error;
}

export class MemoryLedger implements Ledger {
  readonly calls: Array<{ readonly method: LedgerMethod; readonly id?: string }> = [];
  /** Every entry that was written, in order. */
  readonly written: LedgerEntry[] = [];
  readonly entries: Map<string, LedgerEntry>;
  readonly connections = new Map<string, VpnConnectionEntry>();
  readonly groups = new Map<string, UnusedGroupEntry>();
  /** Unreadable items, in addition to the readable ones. */
  readonly unreadable: UnreadableItem[] = [];
  sweep: SweepEntry | undefined;
  controlEntry: ControlEntry | undefined = aControl();
  configurationRecord: ConfigurationRecord | undefined;
  changesEntry: ChangesEntry | undefined;
  proofsEntry: ProofsEntry | undefined;
  seriesEntry: SeriesEntry | undefined;
  readonly askedEntries = new Map<string, AskedEntry>();
  /** What was imported into Security Hub, by the number of the part. */
  readonly importedParts = new Map<number, ImportedEntry>();

  private readonly interferences: Array<LedgerInterference & { readonly method: LedgerMethod }> = [];

  constructor(entries: readonly LedgerEntry[] = []) {
    this.entries = new Map(entries.map(entry => [entry.securityGroupRuleId, entry]));
  }

  on(method: LedgerMethod, interference: LedgerInterference): this {
    this.interferences.push({ method, ...interference });
    return this;
  }

  async unsettled(groupIds?: readonly string[]): Promise<Items<LedgerEntry>> {
    return this.call('unsettled', groupIds?.join(), () => this.rules(({ state, rule }) =>
      (state === 'OPEN' || state === 'PENDING') && (groupIds?.includes(rule.groupId) ?? true)));
  }

  async openEntries(): Promise<Items<LedgerEntry>> {
    return this.call('openEntries', undefined, () => this.rules(({ state }) => state === 'OPEN' || state === 'PENDING'));
  }

  async unsettledAndRevoked(): Promise<Items<LedgerEntry>> {
    return this.call('unsettledAndRevoked', undefined, () =>
      this.rules(({ state }) => ['OPEN', 'PENDING', 'REVOKED'].includes(state)),
    );
  }

  async vpnConnections(): Promise<Items<VpnConnectionEntry>> {
    return this.call('vpnConnections', undefined, () => ({
      entries: [...this.connections.values()], unreadable: this.unreadable.filter(({ id }) => id.startsWith('vpn-')),
    }));
  }

  async unusedGroups(): Promise<Items<UnusedGroupEntry>> {
    return this.call('unusedGroups', undefined, () => ({
      entries: [...this.groups.values()], unreadable: this.unreadable.filter(({ id }) => id.startsWith('sg-')),
    }));
  }

  async control(): Promise<ControlEntry | undefined> {
    return this.call('control', undefined, () => this.controlEntry);
  }

  async putControl(entry: ControlEntry): Promise<PutResult<ControlEntry>> {
    return this.call('putControl', undefined, () => {
      if ((this.controlEntry?.revision ?? 0) !== entry.revision - 1) {
        return { isWritten: false, instead: this.controlEntry };
      }
      this.controlEntry = entry;
      return { isWritten: true };
    });
  }

  async latestSweep(): Promise<SweepEntry | undefined> {
    return this.call('latestSweep', undefined, () => this.sweep);
  }

  async find(ids: readonly string[]): Promise<Items<LedgerEntry>> {
    return this.call('find', undefined, () => {
      const { entries, unreadable } = this.rules(entry => ids.includes(entry.securityGroupRuleId));
      return { entries, unreadable: unreadable.filter(item => ids.includes(item.id)) };
    });
  }

  async configuration(): Promise<ConfigurationRecord | undefined> {
    return this.call('configuration', undefined, () => this.configurationRecord);
  }

  async putConfiguration(record: ConfigurationRecord): Promise<PutResult<ConfigurationRecord>> {
    return this.call('putConfiguration', undefined, () => {
      const there = this.configurationRecord;
      if ((there?.revision ?? 0) !== record.revision - 1) return { isWritten: false, instead: there };
      this.configurationRecord = record;
      return { isWritten: true };
    });
  }

  async changes(): Promise<ChangesEntry | undefined> {
    return this.call('changes', undefined, () => this.changesEntry);
  }

  async proofs(): Promise<ProofsEntry | undefined> {
    return this.call('proofs', undefined, () => this.proofsEntry);
  }

  async putProofs(entry: ProofsEntry): Promise<PutResult<ProofsEntry>> {
    return this.call('putProofs', undefined, () => {
      const there = this.proofsEntry;
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.proofsEntry = entry;
      return { isWritten: true };
    });
  }

  async putChanges(entry: ChangesEntry): Promise<PutResult<ChangesEntry>> {
    return this.call('putChanges', undefined, () => {
      const there = this.changesEntry;
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.changesEntry = entry;
      return { isWritten: true };
    });
  }

  async series(): Promise<SeriesEntry | undefined> {
    return this.call('series', undefined, () => this.seriesEntry);
  }

  async putSeries(entry: SeriesEntry): Promise<PutResult<SeriesEntry>> {
    return this.call('putSeries', undefined, () => {
      const there = this.seriesEntry;
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.seriesEntry = entry;
      return { isWritten: true };
    });
  }

  async asked(sweepId: string): Promise<AskedEntry | undefined> {
    return this.call('asked', sweepId, () => this.askedEntries.get(sweepId));
  }

  async putAsked(entry: AskedEntry): Promise<PutResult<AskedEntry>> {
    return this.call('putAsked', entry.sweepId, () => {
      const there = this.askedEntries.get(entry.sweepId);
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.askedEntries.set(entry.sweepId, entry);
      return { isWritten: true };
    });
  }

  async importedFindings(parts?: readonly number[]): Promise<Items<ImportedEntry>> {
    return this.call('importedFindings', parts?.join(), () => {
      const wanted = [...this.importedParts.values()].filter(({ part }) => parts?.includes(part) ?? true);
      const unreadable = this.unreadable.filter(({ id }) => /^\d\d$/.test(id) && (parts?.includes(Number(id)) ?? true));
      return { entries: wanted.filter(({ part }) => !unreadable.some(({ id }) => Number(id) === part)), unreadable };
    });
  }

  async putImportedFindings(entry: ImportedEntry): Promise<PutResult<ImportedEntry>> {
    return this.call('putImportedFindings', String(entry.part), () => {
      const there = this.importedParts.get(entry.part);
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.importedParts.set(entry.part, entry);
      return { isWritten: true };
    });
  }

  async get({ securityGroupRuleId: id }: EntryKey): Promise<LedgerEntry | undefined> {
    return this.call('get', id, () => {
      this.requireReadable(id);
      return this.entries.get(id);
    });
  }

  async ofGroup(groupId: string): Promise<Items<LedgerEntry>> {
    return this.call('ofGroup', groupId, () => {
      const { entries, unreadable } = this.rules(({ rule }) => rule.groupId === groupId);
      return { entries, unreadable: unreadable.filter(({ rule }) => (rule?.groupId ?? groupId) === groupId) };
    });
  }

  async ofGroups(groupIds: readonly string[]): Promise<ReadonlyMap<string, Items<LedgerEntry>>> {
    return new Map(await Promise.all(groupIds.map(async id => [id, await this.ofGroup(id)] as const)));
  }

  async revokedBy(sweepId: string): Promise<Items<LedgerEntry>> {
    return this.call('revokedBy', undefined, () =>
      this.rules(
        ({ attempt, outcome }) =>
          attempt?.sweepId === sweepId
          || (outcome?.name === 'REVOKED' && [outcome.sweepId, outcome.recordedBy].includes(sweepId)),
      ),
    );
  }

  async put(entry: LedgerEntry): Promise<PutResult<LedgerEntry>> {
    return this.call('put', entry.securityGroupRuleId, () => {
      this.requireReadable(entry.securityGroupRuleId);
      const there = this.entries.get(entry.securityGroupRuleId);
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.entries.set(entry.securityGroupRuleId, entry);
      this.written.push(entry);
      return { isWritten: true };
    });
  }

  async putVpnConnection(entry: VpnConnectionEntry): Promise<PutResult<VpnConnectionEntry>> {
    return this.call('putVpnConnection', entry.vpnConnectionId, () => {
      const there = this.connections.get(entry.vpnConnectionId);
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.connections.set(entry.vpnConnectionId, entry);
      return { isWritten: true };
    });
  }

  async putUnusedGroup(entry: UnusedGroupEntry): Promise<PutResult<UnusedGroupEntry>> {
    return this.call('putUnusedGroup', entry.groupId, () => {
      const there = this.groups.get(entry.groupId);
      if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
      this.groups.set(entry.groupId, entry);
      return { isWritten: true };
    });
  }

  async putLatestSweep(entry: SweepEntry): Promise<PutResult<SweepEntry>> {
    return this.call('putLatestSweep', undefined, () => {
      if ((this.sweep?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: this.sweep };
      this.sweep = entry;
      return { isWritten: true };
    });
  }

  async preflight(): Promise<void> {
    return this.call('preflight', undefined, () => undefined);
  }

  private rules(isWanted: (entry: LedgerEntry) => boolean): Items<LedgerEntry> {
    const isReadable = ({ securityGroupRuleId }: LedgerEntry): boolean =>
      !this.unreadable.some(({ id }) => id === securityGroupRuleId);
    return {
      entries: [...this.entries.values()].filter(entry => isReadable(entry) && isWanted(entry)),
      unreadable: this.unreadable.filter(({ id }) => id.startsWith('sgr-')),
    };
  }

  private requireReadable(wanted: string): void {
    const item = this.unreadable.find(({ id }) => id === wanted);
    if (item) throw Object.assign(new Error(item.message), { name: 'UnreadableItem' });
  }

  private async call<T>(method: LedgerMethod, id: string | undefined, answer: () => T): Promise<T> {
    this.calls.push({ method, id });
    const count = this.calls.filter(each => each.method === method).length;
    const now = this.interferences.filter(each =>
      each.method === method && (each.call ?? count) === count && (each.naming === undefined || each.naming === id));
    // Answers are asynchronous, as over a network.
    await Promise.resolve();
    for (const { before, throws } of now) {
      await before?.();
      if (throws) throw throws;
    }
    const answered = answer();
    for (const { after, throwsAfter } of now) {
      await after?.();
      if (throwsAfter) throw throwsAfter;
    }
    return answered;
  }
}
