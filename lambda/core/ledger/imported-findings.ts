/**
 * Remembers which findings were imported into Security Hub, so that only new, changed and ended ones are imported, and
 * that the end of each is imported, even if the run that imported it dies.
 *
 * A finding is recorded before it is imported for the first time, and forgotten after it was archived. If two runs
 * import a finding at once, the record has the time of each import, so that neither forgets what the other has imported
 * after it.
 */
import { createHash } from 'node:crypto';
import { changeBy } from './change';
import { isLater } from '../decide/times';
import { inParallel } from '../lists';
import type { EntryKey } from '../model/ledger';
import type { Imported, ImportedEntry } from '../model/security-hub';
import type { Ledger } from '../ports';

/** An item has 400 KB. With this many, they have room for more than 100,000 findings. */
export const PARTS = 32;

/** The number of characters that are used of an item. */
const MOST_CHARACTERS = 380_000;

/** Stands for the digest of a finding that a run was about to import for the first time, or could not import. */
export const [CLAIMED, FAILED] = ['claimed', 'failed'] as const;

const SEPARATOR = '#';
const GROUP = 'group';

/** The key of the finding about a rule. It has all that is needed to read the entry of the rule. */
export const ruleKey = ({ groupId, securityGroupRuleId }: EntryKey): string =>
  `${groupId}${SEPARATOR}${securityGroupRuleId}`;

export const unusedGroupKey = (groupId: string): string => `${GROUP}${SEPARATOR}${groupId}`;

/** Returns the rule or the group that a key names. */
export function subjectOf(key: string): { readonly rule: EntryKey } | { readonly unusedGroupId: string } {
  const [first, second] = key.split(SEPARATOR, 2);
  return first === GROUP ? { unusedGroupId: second } : { rule: { groupId: first, securityGroupRuleId: second } };
}

/** Returns the part that has a finding. */
export const partOf = (key: string): number => createHash('sha256').update(key).digest()[0] % PARTS;

/** The records of imports in the ledger. */
export interface ImportBooks {
  /** The parts by their numbers. */
  readonly parts: ReadonlyMap<number, ImportedEntry>;
  /** The parts that cannot be read: why, and how to repair each. Nothing is known of their findings. */
  readonly unreadable: ReadonlyMap<number, string>;
}

/** @param keys the findings to read about; absent: all. @throws when the ledger cannot be read */
export async function readImports(
  ledger: Pick<Ledger, 'importedFindings'>, keys?: readonly string[],
): Promise<ImportBooks> {
  const { entries, unreadable } = await ledger.importedFindings(keys && [...new Set(keys.map(partOf))]);
  return {
    parts: new Map(entries.map(entry => [entry.part, entry])),
    unreadable: new Map(unreadable.map(({ id, message }) => [Number(id), message])),
  };
}

export const importedOf = ({ parts }: ImportBooks, key: string): Imported | undefined => {
  const findings = parts.get(partOf(key))?.findings ?? {};
  return Object.hasOwn(findings, key) ? findings[key] : undefined;
};

/** A change of the record of one finding. */
export type RecordChange = (known: Imported | undefined) => Imported | 'forget' | undefined;

/** The run that writes. */
export interface ImportWriter {
  readonly id: string;
  readonly ledger: Pick<Ledger, 'putImportedFindings'>;
}

export interface Rewritten {
  /** The record as it is now. */
  readonly books: ImportBooks;
  /** The changes for which there is no room. */
  readonly leftOut: ReadonlySet<string>;
  /** Why a part could not be written, and the keys of the changes in it. */
  readonly failed: ReadonlyArray<{ readonly error: unknown; readonly keys: readonly string[] }>;
}

const PARTS_AT_A_TIME = 8;

/** Changes the records of findings, part by part. A part that cannot be written costs its own findings only. */
export async function rewriteImports(
  changes: ReadonlyMap<string, RecordChange>, books: ImportBooks, writer: ImportWriter,
): Promise<Rewritten> {
  const byPart = new Map<number, string[]>();
  for (const key of changes.keys()) byPart.set(partOf(key), [...byPart.get(partOf(key)) ?? [], key]);
  const leftOut = new Set<string>();
  const failed: Array<Rewritten['failed'][number]> = [];
  const parts = new Map(books.parts);
  await inParallel(PARTS_AT_A_TIME, [...byPart], async ([part, keys]) => {
    if (books.unreadable.has(part)) return;
    try {
      const put = (entry: ImportedEntry) => writer.ledger.putImportedFindings(entry);
      const { entry } = await changeBy<ImportedEntry>(put, books.parts.get(part), before => {
        const after = rewritten(before, keys.map(key => [key, changes.get(key)] as const));
        for (const key of keys) leftOut.delete(key);
        for (const key of after.leftOut) leftOut.add(key);
        return after.findings && {
          part, revision: (before?.revision ?? 0) + 1, writtenBy: writer.id, findings: after.findings,
        };
      });
      if (entry) parts.set(part, entry);
    } catch (error) {
      failed.push({ error, keys });
    }
  });
  return { books: { ...books, parts }, leftOut, failed };
}

/** The characters of an item besides the keys and the records in it. */
const PUNCTUATION = 12;

/** @returns no findings if nothing changes */
function rewritten(
  before: ImportedEntry | undefined, changes: ReadonlyArray<readonly [key: string, change: RecordChange | undefined]>,
): { readonly findings?: ImportedEntry['findings']; readonly leftOut: readonly string[] } {
  const findings = new Map(Object.entries(before?.findings ?? {}));
  const sizeOf = ([key, [digest, at]]: readonly [string, Imported]): number =>
    key.length + digest.length + at.length + PUNCTUATION;
  let room = [...findings].reduce((left, each) => left - sizeOf(each), MOST_CHARACTERS);
  const leftOut: string[] = [];
  let isChanged = false;
  for (const [key, change] of changes) {
    const known = findings.get(key);
    const next = change?.(known);
    if (next === undefined || (next === 'forget' && known === undefined)) continue;
    const added = (next === 'forget' ? 0 : sizeOf([key, next])) - (known ? sizeOf([key, known]) : 0);
    if (known === undefined && added > room) {
      leftOut.push(key);
      continue;
    }
    if (next === 'forget') findings.delete(key);
    else findings.set(key, next);
    room -= added;
    isChanged = true;
  }
  return { ...isChanged && { findings: Object.fromEntries(findings) }, leftOut };
}

/** Claims a finding that was not imported before. */
export const claiming = (at: Date): RecordChange => known =>
  known === undefined ? [CLAIMED, at.toISOString()] : undefined;

/** Records an import. */
export const recording = (digest: string, at: Date): RecordChange => known =>
  isOfOther(known, at) ? undefined : [digest, at.toISOString()];

/** Forgets a finding that was archived. */
export const forgetting = (at: Date): RecordChange => known => isOfOther(known, at) ? undefined : 'forget';

/** Records that an import has failed. The time stays that of the latest one that did not. */
export const failing = (at: Date): RecordChange => known =>
  known?.[0] === FAILED ? undefined : [FAILED, known?.[1] ?? at.toISOString()];

/**
 * Whether another run has claimed or imported a finding after this one has. Security Hub ignores an import that is not
 * later than the one before, so of two at the same time it may have either.
 */
function isOfOther(known: Imported | undefined, at: Date): boolean {
  if (known === undefined) return false;
  const [digest, time] = known;
  const isSame = time === at.toISOString() && digest !== CLAIMED && digest !== FAILED;
  return isSame || isLater(time, at.toISOString(), at);
}
