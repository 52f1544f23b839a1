/**
 * Imports the findings of a run into Security Hub.
 *
 * Only what is new, has changed or has ended is imported. A finding is archived only if the ledger says that it has
 * ended, and never because a run could not look. The next full sweep tries again what could not be imported, and
 * settles what an earlier run has left. A failure is told once, and fails no sweep.
 */
import { type Due, isDeleted, isToBeRefreshed, planOf } from './due';
import { digestOf, type Draft, groupFinding, imported, type Importing, resolutionOf, ruleFinding } from './finding';
import { isFinding, seenIn } from './seen';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { type ErrorFacts, errorFacts, isDenied, isSecurityHubOff, isUnreachable } from '../errors';
import { isOpen } from '../ledger/entry';
import {
  claiming, FAILED, failing, forgetting, importedOf, type ImportBooks, partOf, readImports, type RecordChange,
  recording, rewriteImports, subjectOf,
} from '../ledger/imported-findings';
import { inParallel } from '../lists';
import type { SweepResult } from '../model/result';
import type { FailedImport } from '../model/security-hub';
import type { Clock, Ledger, Log, SecurityHub, SecurityHubLoader } from '../ports';

export interface ImportDependencies {
  readonly ledger: Pick<Ledger, 'importedFindings' | 'putImportedFindings' | 'get' | 'unusedGroups'>;
  readonly securityHub: SecurityHubLoader;
  readonly clock: Clock;
  readonly log: Log;
  /** No call of Security Hub starts after this time. */
  readonly tellUntil: Date;
}

export interface ImportOutcome {
  /** The number of findings whose import has failed for the first time, and of failures of the record of them. */
  readonly failed: number;
  /** Why findings are not in Security Hub, whether or not that was told before. Absent: they are. */
  readonly trouble?: string;
}

const NOTHING: ImportOutcome = { failed: 0 };

/** The code of findings that were not tried. The next full sweep imports them. */
const OUT_OF_TIME = 'OutOfTime';

export async function importFindings(
  result: SweepResult, configuration: DecodedConfiguration, dependencies: ImportDependencies,
): Promise<ImportOutcome> {
  // A ledger that did not respond before would take as long again, and its failure is reported already.
  if (result.ledgerErrors.some(({ error }) => isUnreachable(error))) return NOTHING;
  const { log } = dependencies;
  try {
    const hub = dependencies.securityHub();
    if (hub === undefined) throw Object.assign(new Error('the function does not know its account'), { name: 'NoAccount' });
    const { hygiene } = configuration;
    const importing = { hygiene, place: hub.place, prefixLists: result.observation.prefixLists };
    return await new Import(result, importing, hub, dependencies).run();
  } catch (error) {
    const facts = errorFacts(error);
    const trouble = `The findings were not imported into Security Hub: ${facts.code}: ${facts.message}`;
    log('ERROR', trouble, { event: 'DeliveryFailed', error: facts });
    return { failed: 1, trouble };
  }
}

/** The most findings whose entries a sweep reads to learn whether they have ended. The next sweep goes on. */
const MOST_SETTLED = 1000;

const ENTRIES_AT_A_TIME = 25;

/** At most this many failure lines per sweep; the metric counts all of them. */
const FAILURE_LINES = 100;

class Import {
  private readonly isWhole: boolean;
  private readonly due = new Map<string, Due>();
  private readonly troubles: string[] = [];
  private failed = 0;
  private groups?: ReturnType<Ledger['unusedGroups']>;
  /** The record as it is now. */
  private latest: ImportBooks = { parts: new Map(), unreadable: new Map() };

  constructor(
    private readonly result: SweepResult, private readonly importing: Importing, private readonly hub: SecurityHub,
    private readonly dependencies: ImportDependencies,
  ) {
    this.isWhole = result.run.scope.kind === 'everything';
  }

  async run(): Promise<ImportOutcome> {
    const { ledger, clock } = this.dependencies;
    const seen = seenIn(this.result, this.importing);
    const keys = [...seen.open.keys(), ...seen.ended.keys()];
    if (!this.isWhole && keys.length === 0) return NOTHING;
    const books = await readImports(ledger, this.isWhole ? undefined : keys);
    this.latest = books;
    for (const message of books.unreadable.values()) this.tell(message, { code: 'UnreadableItem', message });
    const plan = planOf(seen, books, { isWhole: this.isWhole, now: clock.now() });
    for (const [key, due] of plan.due) this.due.set(key, due);
    const forgotten = await this.settle(plan.unknown, books);
    await this.rewrite(new Map(forgotten.map(key => [key, forgetting(clock.now())])));
    if (this.due.size > 0) await this.send(books);
    return { failed: this.failed, ...this.troubles.length > 0 && { trouble: this.troubles[0] } };
  }

  /**
   * Looks up findings that an earlier run has imported, and that this one neither found nor saw end. Their entries say
   * whether they have ended.
   *
   * @returns the findings to forget, because the ledger has nothing of them, and Security Hub has deleted them
   */
  private async settle(unknown: readonly string[], books: ImportBooks): Promise<string[]> {
    const now = this.dependencies.clock.now();
    const old: string[] = [];
    await inParallel(ENTRIES_AT_A_TIME, unknown.slice(0, MOST_SETTLED), async key => {
      const known = importedOf(books, key);
      const draft = await this.draftOf(key);
      if (draft === 'unknown') return;
      if (draft === 'none') {
        if (known && isDeleted(known, now)) old.push(key);
      } else if (draft.RecordState === 'ARCHIVED' || (known && isToBeRefreshed(key, known, now))) {
        this.due.set(key, { draft, digest: digestOf(draft) });
      }
    });
    return old;
  }

  /** @returns 'none' if the ledger has no such entry, and 'unknown' if it cannot say */
  private async draftOf(key: string): Promise<Draft | 'none' | 'unknown'> {
    const { entries, hold, pause } = this.result;
    // A ledger that could not be read knows nothing, and one that is a copy shows the past.
    if (pause.state === 'unreadable' || hold?.reason === 'LEDGER_UNTRUSTED') return 'unknown';
    const subject = subjectOf(key);
    try {
      if ('unusedGroupId' in subject) {
        const { entries: groups, unreadable } = await (this.groups ??= this.dependencies.ledger.unusedGroups());
        const entry = groups.find(({ groupId }) => groupId === subject.unusedGroupId);
        if (entry === undefined) return unreadable.length === 0 ? 'none' : 'unknown';
        const ended = entry.state === 'HEALED' ? 'HEALED' : 'WAITING';
        return groupFinding(entry, this.importing, isFinding(entry) ? undefined : ended);
      }
      // A run that knows no entries would read the entry of each finding.
      if (entries === undefined) return 'unknown';
      const entry = await this.dependencies.ledger.get(subject.rule);
      if (entry === undefined) return 'none';
      return ruleFinding(entry, this.importing, isOpen(entry) ? undefined : resolutionOf(entry));
    } catch {
      // The sweep tells of entries that cannot be read.
      return 'unknown';
    }
  }

  private async send(books: ImportBooks): Promise<void> {
    const { clock, log, tellUntil } = this.dependencies;
    const at = clock.now();
    const unclaimed = [...this.due.keys()].filter(key => importedOf(books, key) === undefined);
    const unrecorded = await this.rewrite(new Map(unclaimed.map(key => [key, claiming(at)])));
    for (const key of unrecorded) this.due.delete(key);
    const ids = new Map([...this.due].map(([key, { draft }]) => [draft.Id, key]));
    const failures = await this.hub.import([...this.due.values()].map(({ draft }) => imported(draft, at)), tellUntil);
    const byKey = new Map(failures.flatMap(failure => {
      const key = ids.get(failure.id);
      return key === undefined ? [] : [[key, failure] as const];
    }));
    const changes = new Map([...this.due].flatMap(([key, { draft, digest }]): Array<[string, RecordChange]> => {
      const failure = byKey.get(key);
      if (failure?.code === OUT_OF_TIME) return [];
      if (failure) return [[key, failing(at)]];
      return [[key, draft.RecordState === 'ARCHIVED' ? forgetting(at) : recording(digest, at)]];
    }));
    await this.rewrite(changes, 'so they are imported again');
    this.tellFailures(byKey, books);
    const done = [...this.due].filter(([key]) => !byKey.has(key)).map(([, { draft }]) => draft.RecordState);
    const archived = done.filter(state => state === 'ARCHIVED').length;
    const left = failures.filter(({ code }) => code === OUT_OF_TIME).length;
    const later = left === 0 ? '' : `. Time ran out, so ${left} more are left to the next sweep`;
    log('INFO', `Imported ${done.length} findings into Security Hub, ${archived} of them as archived${later}`, {
      event: 'SecurityHub', imported: done.length, archived, failed: byKey.size - left, left,
    });
  }

  /** Changes the record. @returns the findings of which it was not changed */
  private async rewrite(
    changes: ReadonlyMap<string, RecordChange>, effect = 'so they are not imported',
  ): Promise<string[]> {
    if (changes.size === 0) return [];
    const writer = { id: this.result.run.id, ledger: this.dependencies.ledger };
    const { books, leftOut, failed } = await rewriteImports(changes, this.latest, writer);
    this.latest = books;
    if (leftOut.size > 0) {
      const message = `the ledger has room for no more than about 100,000 findings, so ${leftOut.size} are not imported`;
      this.tell(message, { code: 'TooManyFindings', message });
    }
    for (const { error, keys } of failed) {
      const facts = errorFacts(error);
      const about = `${keys.length} findings could not be recorded in the ledger, ${effect}`;
      this.tell(`${about}: ${facts.code}: ${facts.message}`, facts);
    }
    return [...leftOut, ...failed.flatMap(({ keys }) => keys)];
  }

  private tell(text: string, error: ErrorFacts, count = 1): void {
    this.failed += count;
    this.troubles.push(text);
    this.dependencies.log('ERROR', `Security Hub: ${text}`, { event: 'DeliveryFailed', error });
  }

  /** A finding that could not be imported before is not news. */
  private tellFailures(failures: ReadonlyMap<string, FailedImport>, books: ImportBooks): void {
    const { log } = this.dependencies;
    const all = [...failures].filter(([, { code }]) => code !== OUT_OF_TIME);
    const isNew = ([key]: readonly [string, FailedImport]): boolean =>
      importedOf(books, key)?.[0] !== FAILED || books.unreadable.has(partOf(key));
    const [news, known] = [all.filter(isNew), all.filter(each => !isNew(each))];
    const general = all.map(([, failure]) => failure).find(failure => isSecurityHubOff(failure) || isDenied(failure));
    if (general !== undefined && news.length > 0) {
      this.tell(`${news.length} findings were not imported. ${this.advice(general)}`, general, news.length);
      return;
    }
    for (const [, { id, code, message }] of news.slice(0, FAILURE_LINES)) {
      log('ERROR', `The finding ${id} was not imported into Security Hub: ${code}: ${message}`, {
        event: 'DeliveryFailed', findingId: id, error: { code, message },
      });
    }
    this.failed += news.length;
    const first = all.at(0)?.[1];
    if (first === undefined) return;
    const text = `${all.length} findings could not be imported. ${this.advice(first)}`;
    this.troubles.push(text);
    if (known.length === 0) return;
    log('WARN', `Security Hub: ${text} This is told again until it succeeds, and counted once`, {
      event: 'SecurityHub', failed: known.length, error: { code: first.code, message: first.message },
    });
  }

  private advice(failure: FailedImport): string {
    return adviceOn(failure, this.hub);
  }
}

/** Says what failed, and what to do. */
export function adviceOn(error: ErrorFacts, { place: { account, region } }: Pick<SecurityHub, 'place'>): string {
  const { code, message } = error;
  const what = `${code}: ${message.slice(0, 200)}.`;
  if (isSecurityHubOff(error)) {
    return `Security Hub is off in ${account} in ${region} (${what.slice(0, -1)}). Enable AWS Security Hub CSPM there, and the next sweep imports the findings, or set securityHub to false.`;
  }
  if (!isDenied(error)) return `${what} The next full sweep tries again.`;
  return `${what} Allow securityhub:BatchImportFindings to the role, and look for a service control policy that denies it.`;
}
