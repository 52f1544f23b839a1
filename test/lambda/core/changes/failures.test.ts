/**
 * Lets each call fail in turn while a batch is dealt with, and checks that no change is lost: its message is delivered
 * again, or what it asks for was done, or will be.
 */
import { awsError } from '../../../support/aws-error';
import {
  ChangeScene, type Handled, type Message, MINUTE, ofGroup, ofPeering, reminder, revoking, SECOND, unreadable,
} from '../../../support/change-scene';
import type { LedgerMethod } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';
import { vpcs } from '../../../support/swept';

const NETWORK = [
  'vpcs', 'staleSecurityGroups', 'securityGroups', 'securityGroupRules', 'admitRevocations', 'revokeIngress',
] as const;
const LEDGER: readonly LedgerMethod[] = [
  'configuration', 'changes', 'latestSweep', 'control', 'unsettled', 'ofGroup', 'get', 'put', 'putControl', 'putChanges',
];

/** Fails one call. Later calls succeed. */
class Failing {
  calls = 0;

  constructor(private readonly at: number, private readonly error: Error) {}

  readonly call = (): void => {
    this.calls += 1;
    if (this.calls === this.at) throw this.error;
  };
}

/** The part that fails: the call itself, or only its response, after it has taken effect. */
type Kind = 'before' | 'after';

async function failingScene(failing: Failing, kind: Kind, state: string | undefined): Promise<ChangeScene> {
  const scene = await ChangeScene.of(
    revoking({ staleRules: 'report' }), new MemoryNetwork({ ...vpcs(1), stale: {} }),
  );
  if (state !== undefined) scene.topology.states.set('pcx-1', state);
  if (kind === 'before') {
    for (const method of NETWORK) scene.network.on(method, { before: failing.call });
    scene.fullSweeps.before = failing.call;
  }
  for (const method of LEDGER) scene.ledger.on(method, { [kind]: failing.call });
  return scene;
}

interface Batch {
  readonly change: Message;
  readonly asking: readonly Message[];
}

const batchOf = (scene: ChangeScene): Batch => ({
  change: ofGroup('sg-1', { eventTime: scene.ago(20) }),
  asking: [ofPeering('pcx-1', { eventTime: scene.ago(20) }), unreadable({ eventTime: scene.ago(20) })],
});

function expectNothingLost(scene: ChangeScene, { again }: Handled, { change, asking }: Batch): void {
  const isRecorded = scene.ledger.entries.has('sgr-flagged-1');
  expect(again.includes(change.messageId) || isRecorded).toBe(true);
  const isOnItsWay = scene.fullSweeps.started > 0
    || (scene.ledger.changesEntry?.requested !== undefined && scene.fullSweeps.reminders.length > 0);
  for (const { messageId } of asking) expect(again.includes(messageId) || isOnItsWay).toBe(true);
}

/** Delivers messages again, and reminders, until there are none. The number of deliveries is that of the queue. */
async function deliverAll(scene: ChangeScene, messages: readonly Message[]): Promise<void> {
  let left = messages;
  scene.topology.states.clear();
  for (let delivery = 2; delivery <= 5 && (left.length > 0 || scene.fullSweeps.started === 0); delivery++) {
    scene.clock.advance(12 * MINUTE);
    const reminders = scene.fullSweeps.reminders.length > 0 ? [reminder()] : [];
    const { again } = await scene.receive(...left.map(each => ({ ...each, receiveCount: delivery })), ...reminders);
    left = left.filter(({ messageId }) => again.includes(messageId));
  }
  expect([left, scene.fullSweeps.started]).toEqual([[], 1]);
  // If the request could not be cleared, the sweep that was started answers it.
  scene.clock.advance(SECOND);
  await scene.sweepFully();
  scene.clock.advance(12 * MINUTE);
  await scene.receive(reminder());
  expect(scene.fullSweeps.started).toBe(1);
  expect(scene.ledger.changesEntry?.requested).toBeUndefined();
}

describe.each<[name: string, state: string | undefined]>([
  ['starts a full sweep', undefined], ['waits for EC2', 'deleting'],
])('of a batch that %s, each call fails in turn', (_, state) => {
  test.each<[Kind, string, string]>([
    ['before', 'it is throttled', 'ProvisionedThroughputExceededException'], ['before', 'it times out', 'TimeoutError'],
    ['after', 'its response is lost', 'TimeoutError'],
  ])('%s it takes effect: %s', async (kind, _why, code) => {
    let tried = 0;
    for (let at = 1; at <= 200; at++) {
      const failing = new Failing(Infinity, awsError(code));
      const scene = await failingScene(failing, kind, state);
      Object.assign(failing, { at, calls: 0 });
      const batch = batchOf(scene);
      const all = [batch.change, ...batch.asking];
      const handled = await scene.receive(...all);
      if (failing.calls < at) break;
      tried += 1;
      expectNothingLost(scene, handled, batch);
      await deliverAll(scene, all.filter(({ messageId }) => handled.again.includes(messageId)));
      expect(scene.network.idsOf('revokeIngress').length).toBeLessThanOrEqual(2);
    }
    expect(tried).toBeGreaterThan(kind === 'before' ? 20 : 10);
  });
});

test('a reminder whose calls fail in turn is delivered again, or is followed by another one, or by the sweep', async () => {
  let tried = 0;
  for (let at = 1; at <= 50; at++) {
    const failing = new Failing(Infinity, awsError('ThrottlingException'));
    const scene = await failingScene(failing, 'before', 'deleting');
    await scene.receive(ofPeering('pcx-1', { eventTime: scene.ago(20) }));
    scene.clock.advance((scene.fullSweeps.reminders.at(-1) ?? 0) * SECOND);
    scene.fullSweeps.reminders.length = 0;
    Object.assign(failing, { at, calls: 0 });
    const message = reminder();
    const { again } = await scene.receive(message);
    if (failing.calls < at) break;
    tried += 1;
    expect(again.includes(message.messageId) || scene.fullSweeps.reminders.length > 0).toBe(true);
    await deliverAll(scene, again.length > 0 ? [message] : []);
  }
  expect(tried).toBeGreaterThan(3);
});
