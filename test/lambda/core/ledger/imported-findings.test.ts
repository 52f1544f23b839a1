/** Tests the record of the findings that were imported into Security Hub. */
import * as fc from 'fast-check';
import {
  CLAIMED, claiming, FAILED, failing, forgetting, importedOf, type ImportBooks, partOf, PARTS, readImports,
  type RecordChange, recording, rewriteImports, ruleKey, subjectOf, unusedGroupKey,
} from '../../../../lambda/core/ledger/imported-findings';
import type { Imported } from '../../../../lambda/core/model/security-hub';
import { awsError } from '../../../support/aws-error';
import { iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';

const NONE: ImportBooks = { parts: new Map(), unreadable: new Map() };
const at = (minutes: number): Date => new Date(iso(minutes));

function keyOf(number: number): string {
  const digits = String(number).padStart(17, '0');
  return ruleKey({ groupId: `sg-${digits}`, securityGroupRuleId: `sgr-${digits}` });
}

const write = (
  ledger: MemoryLedger, changes: Iterable<readonly [string, RecordChange]>, books = NONE,
) => rewriteImports(new Map(changes), books, { id: 'sweep-1', ledger });

test('the key of a finding says which rule or group it is about', () => {
  const rule = { groupId: 'sg-1', securityGroupRuleId: 'sgr-1' };
  expect(subjectOf(ruleKey(rule))).toEqual({ rule });
  expect(subjectOf(unusedGroupKey('sg-1'))).toEqual({ unusedGroupId: 'sg-1' });
});

test('findings are spread over all parts about evenly', () => {
  const sizes = new Map<number, number>();
  for (let number = 0; number < 32_000; number++) {
    const part = partOf(keyOf(number));
    sizes.set(part, (sizes.get(part) ?? 0) + 1);
  }
  expect([...sizes.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: PARTS }, (_, part) => part));
  expect(Math.max(...sizes.values())).toBeLessThan(1200);
  expect(Math.min(...sizes.values())).toBeGreaterThan(800);
});

test('100,000 findings fit into items of 400 KB, and those for which there is no room are said to be left out', async () => {
  const ledger = new MemoryLedger();
  const claims = (from: number, to: number): Array<[string, RecordChange]> =>
    Array.from({ length: to - from }, (_, index) => [keyOf(from + index), recording('0123456789a', at(0))]);
  const { books, leftOut, failed } = await write(ledger, claims(0, 100_000));
  expect([leftOut.size, failed]).toEqual([0, []]);
  const more = await write(ledger, claims(100_000, 200_000), books);
  expect(more.failed).toEqual([]);
  expect(more.leftOut.size).toBeGreaterThan(10_000);
  const kept = [...more.books.parts.values()].flatMap(({ findings }) => Object.keys(findings));
  expect(kept.length + more.leftOut.size).toBe(200_000);
  for (const entry of ledger.importedParts.values()) {
    expect(Buffer.byteLength(JSON.stringify(entry)) + 100).toBeLessThan(400 * 1024);
  }
  const [first] = more.leftOut;
  expect(importedOf(more.books, first)).toBeUndefined();
  // Nothing that is recorded is lost, and what is forgotten makes room.
  const inPart = kept.find(key => partOf(key) === partOf(first)) ?? '';
  const again = await write(ledger, [[inPart, forgetting(at(1))], [first, claiming(at(1))]], more.books);
  expect(again.leftOut.size).toBe(0);
  expect(importedOf(again.books, first)).toEqual([CLAIMED, iso(1)]);
});

test('only the parts of changed findings are written, and none if nothing changes', async () => {
  const ledger = new MemoryLedger();
  const { books } = await write(ledger, [['a', recording('x', at(0))]]);
  expect([...ledger.importedParts.keys()]).toEqual([partOf('a')]);
  ledger.calls.length = 0;
  await write(ledger, [['a', claiming(at(1))], ['b', forgetting(at(1))]], books);
  expect(ledger.calls).toEqual([]);
});

test('a part that cannot be written costs its own findings only', async () => {
  const ledger = new MemoryLedger();
  const [first, second] = ['a', 'b'];
  expect(partOf(first)).not.toBe(partOf(second));
  const error = awsError('InternalServerError');
  ledger.on('putImportedFindings', { naming: String(partOf(first)), throws: error });
  const { books, failed } = await write(ledger, [[first, claiming(at(0))], [second, claiming(at(0))]]);
  expect(failed).toEqual([{ error, keys: [first] }]);
  expect([importedOf(books, first), importedOf(books, second)]).toEqual([undefined, [CLAIMED, iso(0)]]);
});

test('a part that cannot be read is not written', async () => {
  const ledger = new MemoryLedger();
  const unreadable = new Map([[partOf('a'), 'cannot be read']]);
  const { failed, leftOut } = await write(ledger, [['a', claiming(at(0))]], { parts: new Map(), unreadable });
  expect([failed, leftOut.size, ledger.calls]).toEqual([[], 0, []]);
});

test('only the parts of the findings that are asked for are read', async () => {
  const ledger = new MemoryLedger();
  await write(ledger, ['a', 'b', 'c', 'd', 'e'].map(key => [key, claiming(at(0))] as const));
  const books = await readImports(ledger, ['a', 'a']);
  expect([...books.parts.keys()]).toEqual([partOf('a')]);
  expect((await readImports(ledger)).parts.size).toBe(new Set(['a', 'b', 'c', 'd', 'e'].map(partOf)).size);
});

test('a change is made to what another run has written meanwhile', async () => {
  const ledger = new MemoryLedger();
  await write(ledger, [['a', recording('other', at(5))]]);
  const { books } = await write(ledger, [['a', recording('mine', at(3))]]);
  expect(importedOf(books, 'a')).toEqual(['other', iso(5)]);
});

describe('a record', () => {
  const DONE: Imported = ['x', iso(10)];
  const BEGUN: Imported = [CLAIMED, iso(10)];
  const NOT_DONE: Imported = [FAILED, iso(10)];

  test.each<[string, Imported | undefined, RecordChange, ReturnType<RecordChange>]>([
    ['that does not exist is claimed', undefined, claiming(at(20)), [CLAIMED, iso(20)]],
    ['that exists is not claimed', DONE, claiming(at(20)), undefined],
    ['of a claim has what was imported', BEGUN, recording('y', at(10)), ['y', iso(10)]],
    ['of a failure has what was imported', NOT_DONE, recording('y', at(10)), ['y', iso(10)]],
    ['has what was imported last', DONE, recording('y', at(20)), ['y', iso(20)]],
    ['keeps what another run has imported later', DONE, recording('y', at(5)), undefined],
    ['keeps what another run has imported at the same time', DONE, recording('y', at(10)), undefined],
    ['keeps what another run has claimed later', BEGUN, recording('y', at(5)), undefined],
    ['is forgotten', DONE, forgetting(at(20)), 'forget'],
    ['of a claim is forgotten', BEGUN, forgetting(at(10)), 'forget'],
    ['is kept if another run has imported the finding later', DONE, forgetting(at(5)), undefined],
    ['is kept if another run has imported the finding at the same time', DONE, forgetting(at(10)), undefined],
    ['of an import that fails keeps its time', DONE, failing(at(20)), [FAILED, iso(10)]],
    ['of an import that fails again does not change', NOT_DONE, failing(at(20)), undefined],
  ])('%s', (_, known, change, expected) => {
    expect(change(known)).toEqual(expected);
  });
});

test('law: writers in any order never lose the latest import of a finding', async () => {
  const importing = fc.record({ key: fc.constantFrom('a', 'b', 'c'), minute: fc.nat(20), digest: fc.constantFrom('x', 'y') });
  await fc.assert(fc.asyncProperty(fc.array(importing, { minLength: 1, maxLength: 10 }), async imports => {
    const ledger = new MemoryLedger();
    await Promise.all(imports.map(({ key, digest, minute }) => write(ledger, [[key, recording(digest, at(minute))]])));
    const books = await readImports(ledger);
    for (const key of new Set(imports.map(each => each.key))) {
      const latest = Math.max(...imports.filter(each => each.key === key).map(({ minute }) => minute));
      expect(importedOf(books, key)?.[1]).toBe(iso(latest));
    }
  }));
});
