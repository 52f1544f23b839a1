/**
 * Tests several runs that reserve revocations from one allowance. Each reserves everything that it plans, or nothing.
 */
import * as fc from 'fast-check';
import type { Draw } from '../../../../lambda/core/decide/allowance';
import { giveBack, type Reservation, reserve, type Reserving } from '../../../../lambda/core/ledger/reservation';
import type { Allowance, ControlEntry } from '../../../../lambda/core/model/ledger';
import type { PlannedRevocation } from '../../../../lambda/core/model/result';
import { EVERYTHING, type Run, type Scope } from '../../../../lambda/core/model/scope';
import { awsError } from '../../../support/aws-error';
import { aControl, aGroup, anEntry, aRule, DEPLOYED } from '../../../support/builders';
import { aFlaggedFinding, after, iso } from '../../../support/ledger-builders';
import { type LedgerMethod, MemoryLedger } from '../../../support/memory-ledger';
import { aPause } from '../../../support/pauses';
import { MemoryClock } from '../../../support/recorders';

const GROUP: Scope = { kind: 'groups', groupIds: ['sg-1'] };

/** An allowance that a scheduled sweep opened at the start. */
const ALLOWANCE: Allowance = { openedBy: 'sweep-1', openedAt: iso(0), limit: 20, used: 0 };

/** The request of a run over some groups, by default an hour later. */
interface Asking extends Partial<Omit<Run, 'id'>> {
  readonly id?: string;
  readonly planned?: number;
  /** Absent: the number of planned revocations. */
  readonly due?: number;
  readonly limit?: number;
  readonly hold?: Reserving['hold'];
  readonly settleSeconds?: number;
  /** The control item that the run has read. Absent: the current one. */
  readonly read?: ControlEntry;
}

function plannedRevocations(count: number): PlannedRevocation[] {
  return Array.from({ length: count }, (_, index) => {
    const rule = aRule({ securityGroupRuleId: `sgr-${index}` });
    const finding = aFlaggedFinding(rule);
    return { rule, group: aGroup(), because: { declarations: [] }, finding, entry: anEntry({ rule }) };
  });
}

async function ask(ledger: MemoryLedger, {
  id = 'run-now', trigger = 'request', scope = GROUP, scheduledTime, planned = 1, due = planned, limit = 20, hold,
  settleSeconds = 0, read = ledger.controlEntry,
}: Asking = {}): Promise<Reservation> {
  const run = { id, trigger, scope, scheduledTime };
  const asked: Draw = { run, startedAt: after(59), now: after(60), planned: plannedRevocations(planned), due, limit };
  const deployed = { ...DEPLOYED, settleSeconds };
  return reserve(read, asked, { ledger, clock: new MemoryClock(), writer: { id, now: after(60) }, deployed, hold });
}

/** This run has already reserved 8 revocations, before others. */
const RESERVED: Allowance = { ...ALLOWANCE, used: 8, reserved: { 'run-now': 8 } };

const back = (ledger: MemoryLedger, count: number, from = 'sweep-1', id = 'run-now'): Promise<void> =>
  giveBack(from, count, { ledger, clock: new MemoryClock(), writer: { id, now: after(70) } });

function aLedger(allowance: Allowance | undefined = ALLOWANCE, control: Partial<ControlEntry> = {}): MemoryLedger {
  const ledger = new MemoryLedger();
  ledger.controlEntry = aControl({ allowance, ...control });
  return ledger;
}

/** Writes the control item as another run would, before this run's first write, without calling hooks. */
function otherWrites(ledger: MemoryLedger, change: Partial<ControlEntry>): MemoryLedger {
  return ledger.on('putControl', {
    call: 1,
    before: () => {
      const there = ledger.controlEntry ?? aControl({ revision: 0 });
      ledger.controlEntry = { ...there, ...change, revision: there.revision + 1, writtenBy: 'other' };
    },
  });
}

const writes = ({ calls }: MemoryLedger): number => calls.filter(({ method }) => method === 'putControl').length;

const FULL_SWEEP = { id: 'sweep-2', trigger: 'schedule', scope: EVERYTHING } as const;

describe('a run that reserves what it plans', () => {
  test('gets it, and it is used from then on, before anything is revoked', async () => {
    const ledger = aLedger({ ...ALLOWANCE, used: 3 });
    await expect(ask(ledger, { planned: 5 })).resolves.toEqual({ kind: 'granted', from: 'sweep-1' });
    const allowance = { ...ALLOWANCE, used: 8 };
    expect(ledger.controlEntry).toMatchObject({ revision: 2, writtenBy: 'run-now', allowance });
  });

  test('gets the last of it, and nothing of what is more than that', async () => {
    const ledger = aLedger({ ...ALLOWANCE, used: 15 });
    await expect(ask(ledger, { planned: 6 })).resolves.toEqual({ kind: 'withheld', reason: 'LIMIT_USED', isNew: true });
    expect(ledger.controlEntry?.allowance?.used).toBe(15);
    await expect(ask(ledger, { planned: 5 })).resolves.toMatchObject({ kind: 'granted' });
    await expect(ask(ledger, { id: 'run-2', planned: 1 }))
      .resolves.toMatchObject({ kind: 'withheld', reason: 'LIMIT_USED' });
    expect(ledger.controlEntry?.allowance?.used).toBe(20);
  });

  test('is told once that the same rules have to wait', async () => {
    const ledger = aLedger({ ...ALLOWANCE, used: 20 });
    await expect(ask(ledger, { planned: 2 })).resolves.toMatchObject({ isNew: true });
    await expect(ask(ledger, { planned: 2 })).resolves.toMatchObject({ isNew: false });
    await expect(ask(ledger, { planned: 3 })).resolves.toMatchObject({ isNew: true });
    expect(writes(ledger)).toBe(2);
  });

  test('and plans nothing writes nothing, where nothing is to be opened or to be ended', async () => {
    const ledger = aLedger();
    await expect(ask(ledger, { planned: 0 })).resolves.toMatchObject({ kind: 'granted' });
    expect(writes(ledger)).toBe(0);
  });

  test('gets nothing while the latest full sweep was over the limit, however little it plans', async () => {
    const overLimit = { planned: 21, runId: 'sweep-1', at: iso(0) };
    const ledger = aLedger({ ...ALLOWANCE, overLimit });
    await expect(ask(ledger)).resolves.toMatchObject({ kind: 'withheld', reason: 'OVER_LIMIT' });
    expect(ledger.controlEntry?.allowance).toMatchObject({ used: 0, overLimit });
  });

  test('of everything stops all others while it has more due than the limit, and lets them go on after', async () => {
    const ledger = aLedger();
    await expect(ask(ledger, { ...FULL_SWEEP, planned: 5, due: 21 })).resolves.toMatchObject({ reason: 'OVER_LIMIT' });
    expect(ledger.controlEntry?.allowance).toMatchObject({
      used: 0, overLimit: { planned: 21, runId: 'sweep-2', at: iso(59) },
    });
    await expect(ask(ledger)).resolves.toMatchObject({ reason: 'OVER_LIMIT' });
    const within = { id: 'full', scope: EVERYTHING, planned: 5, due: 20 };
    await expect(ask(ledger, within)).resolves.toEqual({ kind: 'granted', from: 'sweep-2' });
    await expect(ask(ledger)).resolves.toMatchObject({ kind: 'granted' });
    expect(ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'sweep-2', used: 6 });
  });

  test('of some groups gets nothing before there is an allowance, and opens none', async () => {
    const ledger = aLedger(undefined, { allowance: undefined });
    await expect(ask(ledger)).resolves.toMatchObject({ kind: 'withheld', reason: 'LIMIT_USED' });
    expect(ledger.controlEntry?.allowance).toBeUndefined();
  });

  test('ends a mismatch: it runs by the configuration of its function', async () => {
    const ledger = aLedger(ALLOWANCE, { mismatch: { fingerprint: 'another', sweeps: 2 } });
    await ask(ledger, { planned: 0 });
    expect(ledger.controlEntry?.mismatch).toBeUndefined();
    expect(ledger.controlEntry?.allowance).toEqual(ALLOWANCE);
    expect(writes(ledger)).toBe(1);
  });

  test.each<[string, Partial<ControlEntry>]>([
    ['the pause', { pause: aPause({ resumedAt: iso(1) }), earlier: [aPause({ pauseId: 'pause-0' })] }],
    ['the configuration and the table', {}],
  ])('leaves %s as it is', async (_, control) => {
    const ledger = aLedger(ALLOWANCE, control);
    const { table, configuration, pause, earlier } = ledger.controlEntry ?? {};
    await ask(ledger, { planned: 5 });
    expect(ledger.controlEntry).toMatchObject({ table, configuration, allowance: { used: 5 } });
    expect([ledger.controlEntry?.pause, ledger.controlEntry?.earlier]).toEqual([pause, earlier]);
  });

  test('fails when the ledger cannot be written', async () => {
    const ledger = aLedger().on('putControl', { throws: awsError('ProvisionedThroughputExceededException') });
    await expect(ask(ledger)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect(ledger.controlEntry?.allowance?.used).toBe(0);
  });
});

describe('a scheduled sweep that reserves', () => {
  test('opens an allowance, from which it has what it plans, even if that is nothing', async () => {
    for (const planned of [5, 0]) {
      const ledger = aLedger({ ...ALLOWANCE, used: 20 });
      const sweep = { ...FULL_SWEEP, scheduledTime: iso(60), planned };
      await expect(ask(ledger, sweep)).resolves.toEqual({ kind: 'granted', from: 'sweep-2' });
      expect(ledger.controlEntry?.allowance).toEqual({
        openedBy: 'sweep-2', openedAt: iso(60), startedAt: expect.any(String) as string, scheduledTime: iso(60), limit: 20,
        used: planned,
        ...planned > 0 && { reserved: { 'sweep-2': planned } },
      });
    }
  });

  test('whose event was delivered twice opens one allowance, and the second has what the first has left', async () => {
    const ledger = aLedger({ ...ALLOWANCE, used: 20 });
    const once = { ...FULL_SWEEP, scheduledTime: iso(60), planned: 15 };
    await expect(ask(ledger, once)).resolves.toMatchObject({ kind: 'granted' });
    await expect(ask(ledger, { ...once, id: 'sweep-2-again' })).resolves.toMatchObject({ reason: 'LIMIT_USED' });
    const few = { ...once, id: 'sweep-2-again', planned: 5 };
    await expect(ask(ledger, few)).resolves.toEqual({ kind: 'granted', from: 'sweep-2' });
    expect(ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'sweep-2', used: 20 });
  });
});

describe('what has come since the run decided', () => {
  const held = (reason: string): object => ({ kind: 'held', hold: { reason } });

  test.each<[string, Partial<ControlEntry>]>([
    ['PAUSED', { pause: aPause() }],
    ['LEDGER_UNTRUSTED', { table: 'another' }],
    ['CONFIGURATION_CHANGING', { configuration: { fingerprint: 'another', digest: 'digest', since: iso(-1000) } }],
    ['CONFIGURATION_CHANGING', { configuration: { fingerprint: 'fingerprint', digest: 'another', since: iso(-1000) } }],
    ['SETTLING', { configuration: { fingerprint: 'fingerprint', digest: 'digest', since: iso(30) } }],
  ])('holds it back, and nothing is reserved: %s (%j)', async (reason, change) => {
    const ledger = otherWrites(aLedger(), change);
    await expect(ask(ledger, { planned: 5, settleSeconds: 3600 })).resolves.toMatchObject(held(reason));
    expect(ledger.controlEntry).toMatchObject({ revision: 2, writtenBy: 'other', allowance: { used: 0 } });
    expect(writes(ledger)).toBe(1);
  });

  test('holds it back also where the run had read it before it was to write', async () => {
    const ledger = aLedger(ALLOWANCE, { pause: aPause() });
    await expect(ask(ledger)).resolves.toMatchObject(held('PAUSED'));
    expect(writes(ledger)).toBe(0);
  });

  test('is nothing new, where the same held it back when it decided: an allowance is opened all the same', async () => {
    const ledger = aLedger(ALLOWANCE, { pause: aPause() });
    const sweep = { ...FULL_SWEEP, planned: 0, due: 3, hold: { reason: 'PAUSED' } as const };
    await expect(ask(ledger, sweep)).resolves.toMatchObject({ kind: 'granted' });
    expect(ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'sweep-2', used: 0 });
    expect(ledger.controlEntry?.pause).toEqual(aPause());
  });

  test('is another thing, where the reason is another than when it decided', async () => {
    const settling = { fingerprint: 'fingerprint', digest: 'digest', since: iso(30) };
    const ledger = otherWrites(aLedger(ALLOWANCE, { configuration: settling }), { pause: aPause(), table: 'another' });
    const hold = { reason: 'SETTLING' } as const;
    await expect(ask(ledger, { hold, settleSeconds: 3600 })).resolves.toMatchObject(held('LEDGER_UNTRUSTED'));
  });

  test('is looked at before what is left: what others have reserved since counts', async () => {
    const ledger = otherWrites(aLedger(), { allowance: { ...ALLOWANCE, used: 18 } });
    await expect(ask(ledger, { planned: 5 })).resolves.toMatchObject({ kind: 'withheld', reason: 'LIMIT_USED' });
    expect(ledger.controlEntry?.allowance?.used).toBe(18);
    const another = otherWrites(aLedger(), { allowance: { ...ALLOWANCE, used: 15 } });
    await expect(ask(another, { planned: 5 })).resolves.toEqual({ kind: 'granted', from: 'sweep-1' });
    expect(another.controlEntry).toMatchObject({ revision: 3, allowance: { used: 20 } });
  });

  test('may be an allowance of another sweep, from which it has what it plans', async () => {
    const next = { ...ALLOWANCE, openedBy: 'sweep-2', openedAt: iso(59) };
    const ledger = otherWrites(aLedger({ ...ALLOWANCE, used: 20 }), { allowance: next });
    const asking = { planned: 5, read: ledger.controlEntry };
    await expect(ask(ledger, asking)).resolves.toEqual({ kind: 'granted', from: 'sweep-2' });
  });
});

describe('what was reserved and not used', () => {
  test('is given back, and nothing else is changed', async () => {
    const ledger = aLedger(RESERVED, { pause: aPause() });
    await back(ledger, 3);
    expect(ledger.controlEntry).toEqual(aControl({
      revision: 2, writtenBy: 'run-now', allowance: { ...RESERVED, used: 5, reserved: {} }, pause: aPause(),
    }));
  });

  test('is given back over what others write meanwhile', async () => {
    const ledger = otherWrites(aLedger(RESERVED), { allowance: { ...RESERVED, used: 12 } });
    await back(ledger, 3);
    expect(ledger.controlEntry).toMatchObject({ revision: 3, allowance: { used: 9 } });
  });

  test('is given back once, also when the answer to the write is lost and others write before it is tried again', async () => {
    const ledger = aLedger(RESERVED);
    ledger.on('putControl', {
      call: 1,
      before: () => {
        // The first attempt took effect, and another run has reserved 3 since.
        const there = ledger.controlEntry ?? aControl();
        const allowance = { ...RESERVED, used: 5 + 3, reserved: { 'run-other': 3 } };
        ledger.controlEntry = { ...there, revision: there.revision + 2, writtenBy: 'other', allowance };
      },
    });
    await back(ledger, 3);
    expect(ledger.controlEntry?.allowance?.used).toBe(8);
  });

  test('is nothing to read or to write, where all was used', async () => {
    const ledger = aLedger(RESERVED);
    await back(ledger, 0);
    expect(ledger.calls).toEqual([]);
  });

  test('is not given to an allowance that was opened since, nor where there is none', async () => {
    const next = aLedger({ ...RESERVED, openedBy: 'sweep-2' });
    await back(next, 3);
    expect(next.controlEntry).toMatchObject({ revision: 1, allowance: { used: 8 } });
    const none = new MemoryLedger();
    none.controlEntry = undefined;
    await back(none, 3);
    expect([writes(next), writes(none)]).toEqual([0, 0]);
  });

  test.each<LedgerMethod>(['control', 'putControl'])('stays used when the ledger fails at %s', async method => {
    const ledger = aLedger(RESERVED).on(method, { throws: awsError('InternalServerError') });
    await expect(back(ledger, 3)).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(ledger.controlEntry?.allowance?.used).toBe(8);
  });
});

test('runs side by side never have more than the limit together, however they are interleaved', async () => {
  /**
   * A run: the number of planned and of used revocations, and whether it reads the control item before others write it.
   */
  const run = fc.record({ planned: fc.nat(12), used: fc.nat(12), readsFirst: fc.boolean() });
  let [withheld, granted] = [0, 0];
  await fc.assert(fc.asyncProperty(fc.array(run, { minLength: 2, maxLength: 12 }), async runs => {
    const ledger = aLedger();
    const read = ledger.controlEntry;
    const used = await Promise.all(runs.map(async ({ planned, readsFirst, ...each }, index) => {
      const id = `run-${index}`;
      const now = readsFirst ? read : await ledger.control();
      const reservation = await ask(ledger, { id, planned, read: now });
      // At no time do the reservations exceed the limit.
      expect(ledger.controlEntry?.allowance?.used).toBeLessThanOrEqual(20);
      if (reservation.kind !== 'granted') {
        withheld++;
        return 0;
      }
      granted++;
      const use = Math.min(each.used, planned);
      await back(ledger, planned - use, reservation.from, id);
      return use;
    }));
    const sum = used.reduce((all, each) => all + each, 0);
    expect(sum).toBeLessThanOrEqual(20);
    expect(ledger.controlEntry?.allowance?.used).toBe(sum);
  }), { numRuns: 300 });
  expect(withheld).toBeGreaterThan(100);
  expect(granted).toBeGreaterThan(100);
});
