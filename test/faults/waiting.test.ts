/**
 * Tests the shipped bundle when it is killed at each of its calls while people are told and asked. No rule is revoked
 * that was not announced in time and approved, and none waits for ever.
 */
import { killed } from './cases';
import { callsOf, killAt } from './kill';
import { Scene } from './scene';
import { printTable, type Row } from './table';
import { EventType } from '../../src/contract/names';
import type { InvocationOutcome } from '../support/lambda-process';

const HOUR_MILLIS = 3_600_000;
const WAITING = { finalNoticeSeconds: 3600, approval: { validSeconds: 7 * 86_400 } };

/**
 * The number of calls of each action that writes or sends in the sweep that tells and asks. A test checks it. Between
 * two of them, it does not matter at which read the process is killed.
 */
const CALLS: Readonly<Record<string, number>> = { PutItem: 16, PutEvents: 2, PutMetricData: 2 };

const rows: Row[] = [];
afterAll(() => printTable('Killed while people are told and asked', rows));

/** The scene at different hours. CloudWatch accepts data of the last two weeks. */
class Waiting {
  static async start(): Promise<Waiting> {
    const start = Date.now() - 72 * HOUR_MILLIS;
    return new Waiting(await Scene.start({ clockOffsetMillis: start - Date.now() }), start);
  }

  private constructor(readonly scene: Scene, private readonly start: number) {}

  async sweepAt(hours: number): Promise<void> {
    const { world } = this.scene;
    world.ec2.clearHooks();
    world.dynamoDb.clearHooks();
    await world.startAnother(this.start + hours * HOUR_MILLIS - Date.now());
    const outcome = await this.scene.sweep(WAITING);
    expect(outcome?.error).toBeUndefined();
  }

  /** Approves what events have asked for, each rule by its own digest. */
  async approve(): Promise<void> {
    const requests = this.told(EventType.APPROVAL_REQUESTED).flatMap(({ rules }) =>
      rules as Array<{ readonly securityGroupRuleId: string; readonly digest: string }>);
    for (const { securityGroupRuleId, digest } of requests) {
      const request = { approve: { securityGroupRuleIds: [securityGroupRuleId], digest, approvedBy: 'Jo' } };
      const { error }: InvocationOutcome = await this.scene.world.lambda.invoke(request, 60_000, { qualifier: 'approve' });
      expect(error).toBeUndefined();
    }
  }

  told(type: string): Array<Record<string, unknown>> {
    return this.scene.world.ec2.events.filter(({ detailType }) => detailType === type).map(({ detail }) => detail);
  }

  get hasRevoked(): boolean {
    return 'RevokeSecurityGroupIngress' in callsOf(this.scene.world);
  }
}

test('the sweep that tells and asks makes the calls that the cases are about', async () => {
  const { scene } = await Waiting.start();
  try {
    await scene.sweep(WAITING);
    const calls = Object.entries(callsOf(scene.world)).filter(([action]) => /^(Put|Revoke|Authorize)/.test(action));
    expect(Object.fromEntries(calls)).toEqual(CALLS);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(killed(CALLS))('a sweep that is killed at $action $call, $moment', async ({ action, call, moment }) => {
  const waiting = await Waiting.start();
  const { scene } = waiting;
  try {
    const isKilled = killAt(scene.world, action, call, moment);
    await scene.sweep(WAITING);
    expect(isKilled()).toBe(true);
    await waiting.sweepAt(1);
    await waiting.approve();
    // Whatever the first sweep has told, the notice of the second one is not over.
    await waiting.sweepAt(1.1);
    const early = waiting.told(EventType.REVOCATION_ANNOUNCED).map(({ securityGroupRuleId: id }) => id);
    expect(scene.toldIds.filter(id => !scene.world.network.rules.has(id) && !early.includes(id))).toEqual([]);
    await waiting.approve();
    await waiting.sweepAt(3);
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    rows.push({ case: `${action} ${call}, ${moment}`, ...scene.row });
  } finally {
    await scene.world.stop();
  }
});

test('without the approval nothing is revoked, however old the notice is', async () => {
  const waiting = await Waiting.start();
  try {
    await waiting.sweepAt(0);
    await waiting.sweepAt(24);
    expect(waiting.hasRevoked).toBe(false);
  } finally {
    await waiting.scene.world.stop();
  }
});
