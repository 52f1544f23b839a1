/**
 * The sightings of rules that a run is about to revoke. The run writes each of them together with its claim, so that it
 * writes the entry once before the call, and not twice. The sightings of rules that it does not claim after all are
 * written on their own.
 *
 * Until then, the ledger has these rules as other runs have left them. A run that dies loses its own sightings and
 * nothing else: no call is made for a rule before its claim is written. If another run has written an entry since it
 * was read, that run has looked later, so the sighting is dropped.
 */
import { type Change, change, ENTRIES_AT_A_TIME } from './change';
import { inOneWrite } from './entry';
import { newsOf } from './news';
import { inParallel } from '../lists';
import type { LedgerEntry } from '../model/ledger';
import type { EntryChange } from '../model/result';
import type { Ledger } from '../ports';

export interface Sighting {
  /** The entry as it was read. Absent if there was none. */
  readonly known?: LedgerEntry;
  /** The entry after the sighting. */
  readonly seen: LedgerEntry;
}

export class Sightings {
  private readonly unwritten = new Map<string, Sighting>();
  private readonly known = new Map<string, LedgerEntry>();
  private readonly news: EntryChange[] = [];

  add(sighting: Sighting): void {
    this.unwritten.set(sighting.seen.securityGroupRuleId, sighting);
  }

  /** Whether the sighting of a rule is not written yet. */
  has(securityGroupRuleId: string): boolean {
    return this.unwritten.has(securityGroupRuleId);
  }

  /** The number of sightings that are not written yet. */
  get size(): number {
    return this.unwritten.size;
  }

  /** The entries of the other rules, by rule id, after their sightings or as another run has left them. */
  get entries(): ReadonlyMap<string, LedgerEntry> {
    return this.known;
  }

  /** The changes that the written sightings have made. */
  get changes(): readonly EntryChange[] {
    return this.news;
  }

  /**
   * Writes the sighting of a rule, together with the step that follows it.
   *
   * @param step returns the entry after that step; undefined: only the sighting is written
   * @returns whether the step was written, and the entry before and after it
   */
  async write(
    securityGroupRuleId: string, ledger: Pick<Ledger, 'put'>, step: (seen: LedgerEntry) => LedgerEntry | undefined,
  ): Promise<Change<LedgerEntry>> {
    const sighting = this.unwritten.get(securityGroupRuleId);
    if (sighting === undefined) throw new Error(`There is no sighting of ${securityGroupRuleId} to write`);
    const { known, seen } = sighting;
    const following = step(seen);
    const done = await change(ledger, known, current => {
      if (current === known) return following ? inOneWrite(seen, following) : seen;
      return current && step(current);
    });
    this.unwritten.delete(securityGroupRuleId);
    const isSeen = done.isWritten && done.previous === known;
    const before = isSeen ? seen : done.previous;
    if (before) this.known.set(securityGroupRuleId, before);
    if (isSeen) this.news.push(...newsOf(known, seen));
    if (!isSeen) return done;
    return { isWritten: following !== undefined, previous: seen, entry: done.entry };
  }

  /**
   * Writes the sightings that no claim has written.
   *
   * @param alone does the work for one rule, and deals with an error that is about that rule only
   */
  async writeRest(
    ledger: Pick<Ledger, 'put'>, alone: (securityGroupRuleId: string, write: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<void> {
    await inParallel(ENTRIES_AT_A_TIME, [...this.unwritten.keys()], async id => {
      await alone(id, () => this.write(id, ledger, () => undefined));
    });
  }
}
