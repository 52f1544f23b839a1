/**
 * Decides which findings are imported: those that are new or have changed, those that have ended, and those that
 * Security Hub would delete soon.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings.html
 */
import { type Draft, digestOf } from './finding';
import type { Seen } from './seen';
import { importedOf, type ImportBooks, partOf } from '../ledger/imported-findings';
import type { Imported } from '../model/security-hub';

const DAY_MILLIS = 24 * 3600_000;

/** Security Hub deletes an active finding that was not updated for this long. */
export const DELETED_AFTER_DAYS = 90;

/**
 * A finding that is open is imported again after this many days at the latest, and up to so many days earlier, so that
 * not all come at once. That leaves room for a schedule of a month.
 */
export const [REFRESHED_AFTER_DAYS, SPREAD_DAYS] = [50, 15] as const;

/** A finding to import. */
export interface Due {
  readonly draft: Draft;
  readonly digest: string;
}

export interface Plan {
  readonly due: ReadonlyMap<string, Due>;
  /** The findings that were imported, and of which the run does not know whether they are open. */
  readonly unknown: readonly string[];
}

interface Planning {
  /** Whether the run has looked at everything, so that it also sees to what it did not find. */
  readonly isWhole: boolean;
  readonly now: Date;
}

export function planOf({ open, hidden, ended, opened }: Seen, books: ImportBooks, { isWhole, now }: Planning): Plan {
  const due = new Map<string, Due>();
  const add = (key: string, draft: Draft, digest = digestOf(draft)): void => void due.set(key, { draft, digest });
  for (const [key, draft] of ended) add(key, draft);
  for (const [key, draft] of open) {
    // Nothing says what was imported of an unreadable part, and importing all of it at each sweep would cost.
    if (books.unreadable.has(partOf(key)) && !opened.has(key)) continue;
    const digest = digestOf(draft);
    const known = importedOf(books, key);
    if (known?.[0] !== digest || (isWhole && isToBeRefreshed(key, known, now))) add(key, draft, digest);
  }
  if (!isWhole) return { due, unknown: [] };
  for (const [key, draft] of hidden) {
    const known = importedOf(books, key);
    if (known !== undefined && isToBeRefreshed(key, known, now)) add(key, draft());
  }
  const unknown = [...books.parts.values()].flatMap(({ findings }) => Object.keys(findings))
    .filter(key => !open.has(key) && !hidden.has(key) && !ended.has(key));
  return { due, unknown };
}

export function isToBeRefreshed(key: string, [, at]: Imported, now: Date): boolean {
  const days = REFRESHED_AFTER_DAYS - (sumOf(key) % (SPREAD_DAYS + 1));
  return now.getTime() - Date.parse(at) >= days * DAY_MILLIS;
}

/** Whether Security Hub has deleted a finding that was imported at a time, and not since. */
export const isDeleted = ([, at]: Imported, now: Date): boolean =>
  now.getTime() - Date.parse(at) >= DELETED_AFTER_DAYS * DAY_MILLIS;

/** A number by which findings differ. */
const sumOf = (key: string): number => [...key].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
