/** Tests that full sweeps and runs that changes trigger report withheld revocations once between them. */
import * as fc from 'fast-check';
import { claimWithheld } from '../../../lambda/core/ledger/told-withheld';
import { awsError } from '../../support/aws-error';
import { aControl, aGroup, aRule, aRuleFromAnywhere } from '../../support/builders';
import { ChangeScene, MINUTE, ofGroup, revoking } from '../../support/change-scene';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';

const APP = 'arn:aws:cloudformation:eu-central-1:111122223333:stack/App/0123';
const HOUR = 60 * MINUTE;
const IDS = [1, 2];

/** The outcome of a run. */
interface Left {
  /** The number and the reason of each report. */
  readonly told: readonly string[];
  /** The metric `RevocationsWithheld`. */
  readonly counted: number;
}

/** Groups of a stack that has been in progress for 7 hours, each with a flagged rule. */
class StuckScene {
  static async of(count = 1): Promise<StuckScene> {
    const ids = IDS.slice(0, count);
    const scene = await ChangeScene.of(revoking(), new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }],
      groups: IDS.map(n => aGroup({
        groupId: `sg-${n}`, tags: { 'aws:cloudformation:stack-id': APP, 'aws:cloudformation:stack-name': 'App' },
      })),
      rules: ids.map(ruleOf),
    }));
    scene.stacks.stacks[APP] = { status: 'UPDATE_IN_PROGRESS', since: scene.ago(7 * 3600).toISOString() };
    return new StuckScene(scene);
  }

  private constructor(readonly scene: ChangeScene) {}

  /** Receives a change of a group, a minute later. */
  async change(n = 1): Promise<Left> {
    this.scene.clock.advance(MINUTE);
    const { events, metrics } = await this.scene.receive(ofGroup(`sg-${n}`, { eventTime: this.scene.ago(5) }));
    return this.left(events.sent, metrics.aggregates);
  }

  /** Runs a scheduled sweep, a minute later. */
  async schedule(): Promise<Left> {
    this.scene.clock.advance(MINUTE);
    const { events, metrics, error } = await this.scene.run();
    expect(error).toBeUndefined();
    return this.left(events, metrics.aggregates);
  }

  add(n: number): void {
    this.scene.network.rules.set(`sgr-${n}`, ruleOf(n));
  }

  remove(n: number): void {
    this.scene.network.rules.delete(`sgr-${n}`);
  }

  private left(
    events: ReadonlyArray<{ readonly type: string; readonly detail: object }>, aggregates: Record<string, number>,
  ): Left {
    const told = events.filter(({ type }) => type === 'Revocation Withheld').map(({ detail }) => detail);
    return {
      told: told.map(detail => Object.entries(detail).filter(([key]) => ['reason', 'count'].includes(key))
        .map(([, value]) => String(value)).sort().join(' ')),
      counted: aggregates.RevocationsWithheld ?? 0,
    };
  }
}

const ruleOf = (n: number): ReturnType<typeof aRule> =>
  aRuleFromAnywhere({ securityGroupRuleId: `sgr-${n}`, groupId: `sg-${n}` });

const ONE = { told: ['1 STACK_IN_PROGRESS'], counted: 1 };
const BOTH = { told: ['2 STACK_IN_PROGRESS'], counted: 2 };
const silent = (counted: number): Left => ({ told: [], counted });

describe('revocations that a stack in progress withholds', () => {
  test('are told by the run that a change has triggered, and not by the sweeps after it, which count them', async () => {
    const stuck = await StuckScene.of();
    expect((await stuck.change()).told).toEqual(ONE.told);
    expect([await stuck.schedule(), await stuck.schedule()]).toEqual([silent(1), silent(1)]);
    expect((await stuck.change()).told).toEqual([]);
  });

  test('are told by the sweep, and not by the runs of changes after it', async () => {
    const stuck = await StuckScene.of();
    expect(await stuck.schedule()).toEqual(ONE);
    expect([(await stuck.change()).told, (await stuck.change()).told]).toEqual([[], []]);
    expect(await stuck.schedule()).toEqual(silent(1));
  });

  test.each(['change', 'schedule'] as const)('are told again by the next run if they have ended in between: %s', async next => {
    for (const first of ['change', 'schedule'] as const) {
      const stuck = await StuckScene.of();
      expect((await stuck[first]()).told).toEqual(ONE.told);
      await stuck.schedule();
      stuck.remove(1);
      expect(await stuck.schedule()).toEqual(silent(0));
      stuck.add(1);
      expect((await stuck[next]()).told).toEqual(ONE.told);
      expect([await stuck.schedule(), (await stuck.change()).told]).toEqual([silent(1), []]);
    }
  });

  test('are told again after a sweep that withheld other rules, although a run has told them before', async () => {
    const stuck = await StuckScene.of();
    await stuck.change();
    stuck.remove(1);
    stuck.add(2);
    expect(await stuck.schedule()).toEqual(ONE);
    stuck.remove(2);
    stuck.add(1);
    expect(await stuck.schedule()).toEqual(ONE);
  });

  test('are told as often as the sets of rules differ, and not again by runs while the stack is in progress', async () => {
    const stuck = await StuckScene.of(2);
    expect([(await stuck.change(1)).told, (await stuck.change(2)).told]).toEqual([ONE.told, ONE.told]);
    expect([await stuck.schedule(), await stuck.schedule()]).toEqual([BOTH, silent(2)]);
    expect([(await stuck.change(1)).told, (await stuck.change(2)).told]).toEqual([[], []]);
    stuck.remove(2);
    expect(await stuck.schedule()).toEqual(ONE);
  });

  test('are told by a sweep or a run at least, if both meet them at the same time', async () => {
    const methods = ['control', 'putControl', 'latestSweep', 'putLatestSweep', 'put', 'unsettled'] as const;
    const delays = fc.array(fc.nat(30), { minLength: 1, maxLength: 20 });
    const counts = new Set<number>();
    await fc.assert(fc.asyncProperty(delays, async turns => {
      const stuck = await StuckScene.of();
      let calls = 0;
      for (const method of methods) {
        stuck.scene.ledger.on(method, {
          before: async () => {
            for (let left = turns[calls++ % turns.length]; left > 0; left--) await Promise.resolve();
          },
        });
      }
      const [changed, swept] = await Promise.all([stuck.change(), stuck.schedule()]);
      const count = [...changed.told, ...swept.told].length;
      expect(count).toBeGreaterThanOrEqual(1);
      expect([await stuck.schedule(), (await stuck.change()).told]).toEqual([silent(1), []]);
      counts.add(count);
    }));
    expect(counts).toContain(1);
  });

  test('are told again by a sweep if the record of what runs have told cannot be read', async () => {
    const stuck = await StuckScene.of();
    await stuck.change();
    const { ledger } = stuck.scene;
    const reads = ledger.calls.filter(({ method }) => method === 'control').length;
    // The sweep reads the item first, to know whether revoking is paused.
    ledger.on('control', { call: reads + 2, throws: awsError('InternalServerError') });
    expect(await stuck.schedule()).toEqual(ONE);
  });

  test('are told again by a run if the record of the latest sweep cannot be read', async () => {
    const stuck = await StuckScene.of();
    await stuck.schedule();
    const { ledger } = stuck.scene;
    const reads = ledger.calls.filter(({ method }) => method === 'latestSweep').length;
    ledger.on('latestSweep', { call: reads + 2, throws: awsError('InternalServerError') });
    expect((await stuck.change()).told).toEqual(ONE.told);
    expect((await stuck.change()).told).toEqual([]);
  });
});

test('a report of an earlier version, which has no time, keeps runs over groups from reporting again', async () => {
  const [ledger, now] = [new MemoryLedger(), new Date('2026-01-01T00:00:00Z')];
  const withheld = [{ reason: 'COMES_BACK', rules: [aRule()] }] as const;
  ledger.controlEntry = aControl();
  await claimWithheld({ control: ledger.controlEntry }, withheld, ledger, { id: 'run-1', now });
  const [told] = ledger.controlEntry.toldWithheld ?? [];
  expect(told).toMatchObject({ reason: 'COMES_BACK', at: now.toISOString() });
  ledger.controlEntry = { ...ledger.controlEntry, toldWithheld: [{ ...told, at: undefined }] };
  const sweep = { startedAt: new Date(now.getTime() + HOUR).toISOString(), withheld: [] };
  const later = { id: 'run-2', now: new Date(now.getTime() + 2 * HOUR) };
  expect(await claimWithheld({ control: ledger.controlEntry, sweep }, withheld, ledger, later)).toEqual([]);
});
