/**
 * Reads the copy of IANA's registries of special-purpose addresses. The copy is of 2026-09-29, and the registries are
 * of 2025-10-09. It differs from what IANA serves only in its line ends. A newer copy replaces the two files and their
 * hashes. The tests then name the rows that `src/contract/rules/address-space.ts` lacks.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row concerns one block or, if its first cell names two, two blocks. */
export interface RegisteredBlock {
  readonly block: string;
  readonly name: string;
  /** True, False, N/A, or empty if the block was given up. Footnotes are left out. */
  readonly globallyReachable: string;
}

/**
 * The SHA-256 hashes of the files that IANA serves.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv
 */
export const SERVED = {
  'iana-ipv4-special-registry-1.csv': 'e3e39e76d00b1677335db8e9a805c7b9480ea2f4dc9e33f0b93cd3a905128d73',
  'iana-ipv6-special-registry-1.csv': '775feea0621dec8735a44fbf30f762e721e8f0a1b3ab7eb341961a88cfce2139',
};

type RegistryFile = keyof typeof SERVED;

const read = (file: RegistryFile): string => readFileSync(join(__dirname, file), 'utf8').replaceAll('\r\n', '\n');

/** Hashes a copy with IANA's line ends: CRLF after a row, LF within a cell. */
export function hashAsServed(file: RegistryFile): string {
  const served = read(file).replace(/("[^"]*")|\n/g, (_, quoted?: string) => quoted ?? '\r\n');
  return createHash('sha256').update(served).digest('hex');
}

/** Reads every block of a registry, in its order. */
export function registeredBlocks(file: RegistryFile): RegisteredBlock[] {
  const [header, ...rows] = cells(read(file));
  const columns = ['Address Block', 'Name', 'Globally Reachable'].map(name => header.indexOf(name));
  return rows.flatMap(row => {
    const [blocks, name, globallyReachable] = columns.map(column => row[column].replace(/ \[\d+\]/g, ''));
    return blocks.split(', ').map(block => ({ block, name, globallyReachable }));
  });
}

export const REGISTERED_BLOCKS: readonly RegisteredBlock[] =
  (Object.keys(SERVED) as RegistryFile[]).flatMap(registeredBlocks);

/** Splits a CSV file. A quoted cell may hold commas, line ends and, doubled, quotes. */
function cells(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows[rows.length - 1].push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
