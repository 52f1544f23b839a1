/** Tests the changes of the control item. Each writes its own fields, and keeps those of others. */
import * as fc from 'fast-check';
import {
  adopted, mismatched, type NewConfiguration, putIntoForce, withAllowance,
} from '../../../../lambda/core/ledger/control';
import { type ControlWriter, paused, resumed } from '../../../../lambda/core/ledger/pause';
import { claimChanges, TOLD_BY_SWEEPS, unclaimChanges } from '../../../../lambda/core/ledger/pause-changes';
import type { Allowance, ControlEntry } from '../../../../lambda/core/model/ledger';
import { aControl, DEPLOYED } from '../../../support/builders';
import { after, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { aPause } from '../../../support/pauses';

const WRITER: ControlWriter = { id: 'writer-now', now: after(60) };

const ALLOWANCE: Allowance = { openedBy: 'sweep-1', openedAt: iso(0), limit: 20, used: 7, waiting: ['digest of rules'] };

const MISMATCH = { fingerprint: 'another', sweeps: 2 };

/** A control item of revision 7 with every possible field. */
const FULL = aControl({
  revision: 7, allowance: ALLOWANCE, mismatch: MISMATCH, pause: aPause(), earlier: [aPause({ pauseId: 'pause-0' })],
});

const DEPLOYMENT: NewConfiguration = { ...DEPLOYED, isChange: false };

/** Returns the fields that a change does not own. */
function others({ revision, writtenBy, ...entry }: ControlEntry, ...own: ReadonlyArray<keyof ControlEntry>): object {
  return Object.fromEntries(Object.entries(entry).filter(([key, value]) =>
    value !== undefined && !own.some(each => each === key)));
}

describe('a deployment', () => {
  test('names the configuration and the table, where there is nothing yet', () => {
    expect(putIntoForce(undefined, { ...DEPLOYMENT, isChange: true }, WRITER)).toEqual({
      revision: 1, writtenBy: 'writer-now', table: 'ledger',
      configuration: { fingerprint: 'fingerprint', digest: 'digest', since: iso(60) },
    });
  });

  test('of what is in force already changes nothing of it, since when included', () => {
    const next = putIntoForce(FULL, DEPLOYMENT, WRITER);
    expect(next).toMatchObject({ revision: 8, writtenBy: 'writer-now', configuration: FULL.configuration });
  });

  test.each<[string, Partial<NewConfiguration>]>([
    ['another fingerprint', { fingerprint: 'another' }],
    ['another digest: a value that is known at deployment only', { digest: 'another' }],
    ['what CloudFormation calls a change: it is put back after a rollback, for example', { isChange: true }],
  ])('is a change from now on by %s', (_, change) => {
    const deployment = { ...DEPLOYMENT, ...change };
    const { fingerprint, digest } = deployment;
    expect(putIntoForce(FULL, deployment, WRITER).configuration).toEqual({ fingerprint, digest, since: iso(60) });
  });

  test('is a change, where a control item has no configuration yet', () => {
    const { configuration, ...before } = FULL;
    expect(putIntoForce(before, DEPLOYMENT, WRITER).configuration?.since).toBe(iso(60));
  });

  test('names no other table: a ledger that was made for another is a copy, until a person adopts it', () => {
    expect(putIntoForce(FULL, { ...DEPLOYMENT, table: 'restored' }, WRITER).table).toBe('ledger');
    const { table, ...before } = FULL;
    expect(putIntoForce(before, { ...DEPLOYMENT, table: 'restored' }, WRITER).table).toBe('restored');
  });

  test('ends a mismatch, and leaves the allowance and every pause as they are', () => {
    const next = putIntoForce(FULL, { ...DEPLOYMENT, isChange: true }, WRITER);
    expect(next.mismatch).toBeUndefined();
    expect(others(next, 'configuration')).toEqual(others(FULL, 'configuration', 'mismatch'));
  });
});

describe('a ledger that a person adopts', () => {
  test('is of its own table from then on, and all else stays', () => {
    const next = adopted(FULL, 'restored', WRITER);
    expect(next).toMatchObject({ revision: 8, writtenBy: 'writer-now', table: 'restored' });
    expect(others(next ?? FULL, 'table')).toEqual(others(FULL, 'table'));
  });

  test('is left as it is, when it is of that table already', () => {
    expect(adopted(FULL, 'ledger', WRITER)).toBeUndefined();
  });

  test('names its table, when nothing did, though nothing was deployed with it', () => {
    expect(adopted(undefined, 'ledger', WRITER)).toEqual({ revision: 1, writtenBy: 'writer-now', table: 'ledger' });
    const { table, ...before } = FULL;
    expect(adopted(before, 'ledger', WRITER)?.table).toBe('ledger');
  });
});

describe('a mismatch', () => {
  test('is counted for as long as it is with the same function, and all else stays', () => {
    const other = { fingerprint: 'another' };
    const first = mismatched(aControl({ revision: 7, allowance: ALLOWANCE, pause: aPause() }), other, WRITER);
    const mismatch = { fingerprint: 'another', sweeps: 1 };
    expect(first).toMatchObject({ revision: 8, writtenBy: 'writer-now', mismatch });
    const third = mismatched(mismatched(first, other, WRITER), other, WRITER) ?? aControl();
    expect(third).toMatchObject({ revision: 10, mismatch: { fingerprint: 'another', sweeps: 3 } });
    expect(others(third, 'mismatch')).toEqual(others(FULL, 'mismatch', 'earlier'));
  });

  test('is counted once for an event that the schedule delivers twice', () => {
    const found = { fingerprint: 'another', scheduledTime: '2026-01-01T00:00:00.000Z' };
    const first = mismatched(aControl(), found, WRITER);
    expect(mismatched(first, found, WRITER)).toBeUndefined();
    const next = mismatched(first, { ...found, scheduledTime: '2026-01-01T01:00:00.000Z' }, WRITER);
    expect(next?.mismatch?.sweeps).toBe(2);
  });

  test('with another function is the first', () => {
    expect(mismatched(FULL, { fingerprint: 'a third' }, WRITER)?.mismatch).toEqual({
      fingerprint: 'a third',
      sweeps: 1,
    });
  });

  test('may be the first that there is', () => {
    const mismatch = { fingerprint: 'another', sweeps: 1 };
    expect(mismatched(undefined, { fingerprint: 'another' }, WRITER)).toEqual({
      revision: 1,
      writtenBy: 'writer-now',
      mismatch,
    });
  });
});

test('an allowance takes the place of the one before, ends a mismatch, and all else stays', () => {
  const allowance = { ...ALLOWANCE, used: 9 };
  const next = withAllowance(FULL, allowance, WRITER);
  expect(next).toMatchObject({ revision: 8, writtenBy: 'writer-now', allowance });
  expect(next.mismatch).toBeUndefined();
  expect(others(next, 'allowance')).toEqual(others(FULL, 'allowance', 'mismatch'));
});

describe('a pause written over a control item', () => {
  const FOR_LONGER = { until: '2026-02-01T00:00:00.000Z', reason: 'audit' };
  const KEPT = others(FULL, 'pause', 'earlier');

  const pauseForLonger = (control: ControlEntry): ControlEntry | undefined => paused(control, FOR_LONGER, WRITER);

  test.each<[string, ControlEntry, (control: ControlEntry) => ControlEntry | undefined]>([
    ['begun', aControl({ ...FULL, pause: undefined }), pauseForLonger],
    ['begun after another', aControl({ ...FULL, pause: aPause({ resumedAt: iso(1) }) }), pauseForLonger],
    ['extended', FULL, pauseForLonger],
    ['ended', FULL, control => resumed(control, WRITER)],
  ])('keeps the configuration, the allowance, the table and the mismatch: it is %s', (_, before, follow) => {
    const next = follow(before);
    expect(next).toMatchObject({ revision: 8, writtenBy: 'writer-now' });
    expect(others(next ?? before, 'pause', 'earlier')).toEqual(KEPT);
  });

  test('keeps them when its changes are told, and when they could not be', async () => {
    const ledger = new MemoryLedger();
    ledger.controlEntry = FULL;
    const told = await claimChanges(FULL, TOLD_BY_SWEEPS, ledger, WRITER);
    expect(told).toMatchObject([{ change: 'BEGUN' }, { change: 'BEGUN' }]);
    expect(ledger.controlEntry).toMatchObject({ revision: 8, pause: { told: ['BEGUN'] } });
    expect(others(ledger.controlEntry, 'pause', 'earlier')).toEqual(KEPT);
    await unclaimChanges(told, ledger, WRITER);
    expect(ledger.controlEntry).toMatchObject({ revision: 9, pause: { told: [] } });
    expect(others(ledger.controlEntry, 'pause', 'earlier')).toEqual(KEPT);
  });

  test('is kept by a deployment that read the control item before, and works its step out again', () => {
    const read = aControl({ revision: 6 });
    const written = paused(read, FOR_LONGER, WRITER) ?? read;
    const next = putIntoForce(written, { ...DEPLOYMENT, isChange: true }, WRITER);
    expect(next).toMatchObject({ revision: 8, pause: FOR_LONGER });
  });
});

/** A change, and the fields that it owns. */
interface Step {
  readonly of: ReadonlyArray<keyof ControlEntry>;
  readonly follow: (control: ControlEntry | undefined, writer: ControlWriter) => ControlEntry | undefined;
}

const text = fc.constantFrom('a', 'b', 'c');

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ fingerprint: text, digest: text, table: text, isChange: fc.boolean() }).map((deployment): Step => ({
    of: ['configuration', 'mismatch', 'table'], follow: (control, writer) => putIntoForce(control, deployment, writer),
  })),
  text.map((table): Step => ({ of: ['table'], follow: (control, writer) => adopted(control, table, writer) })),
  text.map((fingerprint): Step => ({
    of: ['mismatch'], follow: (control, writer) => mismatched(control, { fingerprint }, writer),
  })),
  fc.nat(9).map((used): Step => ({
    of: ['allowance', 'mismatch'], follow: (control, writer) => withAllowance(control, { ...ALLOWANCE, used }, writer),
  })),
  fc.nat(5000).map((minutes): Step => ({
    of: ['pause', 'earlier'],
    follow: (control, writer) => paused(control, { until: iso(minutes), reason: 'why' }, writer),
  })),
  fc.constant<Step>({ of: ['pause', 'earlier'], follow: resumed }),
);

test('whatever changes follow each other, each adds one revision, and changes only its own fields', () => {
  let changes = 0;
  fc.assert(fc.property(fc.array(fc.tuple(step, fc.nat(600)), { maxLength: 30, size: 'max' }), steps => {
    let [control, at]: [ControlEntry | undefined, number] = [undefined, 0];
    for (const [index, [{ of, follow }, minutes]] of steps.entries()) {
      at += minutes;
      const before: ControlEntry | undefined = control && Object.freeze(control);
      const next = follow(before, { id: `writer-${index}`, now: after(at) });
      if (next === undefined) continue;
      changes++;
      expect(next).toMatchObject({ revision: (before?.revision ?? 0) + 1, writtenBy: `writer-${index}` });
      expect(others(next, ...of)).toEqual(before ? others(before, ...of) : {});
      // The table name never changes, unless a person adopts the ledger.
      if (of.includes('configuration') && before?.table !== undefined) expect(next.table).toBe(before.table);
      control = next;
    }
  }), { numRuns: 500 });
  expect(changes).toBeGreaterThan(1000);
});
