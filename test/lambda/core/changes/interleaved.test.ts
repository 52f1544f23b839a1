/**
 * Lets bursts of changes, a scheduled sweep and a deployment run at the same time, whatever the order in which EC2 and
 * the ledger answer them.
 */
import * as fc from 'fast-check';
import { aGroup, aRuleFromAnywhere } from '../../../support/builders';
import { ChangeScene, type Handled, type Message, MINUTE, ofGroup, revoking } from '../../../support/change-scene';
import { MemoryNetwork } from '../../../support/memory-network';
import { ON_SCHEDULE, type Ran } from '../../../support/swept';

const GROUPS = [1, 2, 3, 4, 5, 6];
const RULES_EACH = 2;

const network = (): MemoryNetwork => new MemoryNetwork({
  vpcs: [{ vpcId: 'vpc-1' }],
  groups: GROUPS.map(n => aGroup({ groupId: `sg-${n}` })),
  rules: GROUPS.flatMap(n => Array.from({ length: RULES_EACH }, (_, index) =>
    aRuleFromAnywhere({ securityGroupRuleId: `sgr-${n}-${index}`, groupId: `sg-${n}` }))),
});

/** Batches of changes, by the numbers of their groups. Events may be delivered twice. */
const batch = fc.array(fc.constantFrom(...GROUPS), { minLength: 1, maxLength: 5 });
const batches = fc.array(batch, { minLength: 2, maxLength: 5 });

const world = fc.record({
  batches,
  delays: fc.array(fc.nat(30), { minLength: 1, maxLength: 30 }),
  limit: fc.constantFrom(3, 6, 50),
  others: fc.subarray(['schedule', 'deployment'] as const),
});

type Left = Pick<Handled | Ran, 'log' | 'metrics'> & { readonly told: string[] };

test('the allowance holds over all of them, a run takes its rules whole or not at all, and each rule is revoked and told once', async () => {
  const shares = new Set<string>();
  await fc.assert(fc.asyncProperty(world, async ({ batches: bursts, delays, limit, others }) => {
    const configuration = revoking({ maxRevocationsPerSweep: limit });
    const scene = await ChangeScene.of(configuration, network());
    let calls = 0;
    const before = async (): Promise<void> => {
      for (let turns = delays[calls++ % delays.length]; turns > 0; turns--) await Promise.resolve();
    };
    for (const method of ['vpcs', 'securityGroups', 'securityGroupRules', 'admitRevocations', 'revokeIngress'] as const) {
      scene.network.on(method, { before });
    }
    for (const method of [
      'configuration', 'control', 'unsettled', 'ofGroup', 'get', 'put', 'putControl', 'changes', 'putChanges',
    ] as const) {
      scene.ledger.on(method, { before });
    }
    // One event per group, so that batches share events: a duplicate has the same id.
    const messages = new Map(GROUPS.map(n => [n, ofGroup(`sg-${n}`, { eventTime: scene.ago(20) })]));
    const message = (messageId: string): Message =>
      ({ messageId, body: messages.get(Number(messageId.split('-')[0]))?.body ?? '' });
    const handling = bursts.map(async burst => scene.receive(...burst.map((n, index) => message(`${n}-${index}`))));
    const running = others.map(async other =>
      other === 'schedule' ? scene.run(ON_SCHEDULE) : scene.deploy(configuration));
    const [first, ran] = await Promise.all([Promise.all(handling), Promise.all(running)]);
    // A run leaves its rules when the schedule opens the next allowance, or a full sweep finds too many: its messages
    // are delivered again.
    const again = new Set(first.flatMap(each => each.again));
    expect(again.size === 0 || others.length > 0).toBe(true);
    scene.clock.advance(12 * MINUTE);
    const last = await Promise.all([...again].map(async messageId =>
      scene.receive({ ...message(messageId), receiveCount: 2 })));
    const handled = [...first, ...last];
    expect([last.flatMap(each => each.again), ran.map(({ error }) => error)]).toEqual([[], ran.map(() => undefined)]);
    const all: Left[] = [
      ...handled.map(({ log, metrics, events }) => ({ log, metrics, told: toldBy(events.sent) })),
      ...ran.map(({ log, metrics, events }) => ({ log, metrics, told: toldBy(events) })),
    ];
    const revoked = scene.network.idsOf('revokeIngress').flatMap(([, ...ruleIds]) => ruleIds);
    expect(new Set(revoked).size).toBe(revoked.length);
    expect(revoked.length).toBeLessThanOrEqual(limit * (others.includes('schedule') ? 2 : 1));
    const { allowance } = scene.ledger.controlEntry ?? {};
    expect(allowance?.used).toBeLessThanOrEqual(limit);
    expect(all.flatMap(({ told }) => told).sort()).toEqual([...revoked].sort());
    const counts = all.map(({ metrics: { aggregates } }) => aggregates.IngressRulesRevoked ?? 0);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(revoked.length);
    expect(all.map(({ metrics: { aggregates } }) => aggregates.ScanErrors ?? 0)).toEqual(all.map(() => 0));
    for (const { log } of all) {
      const isWithheld = log.ofEvent('RuleKept').some(({ fields }) => fields.keepReason === 'LIMIT_USED');
      expect(isWithheld && log.ofEvent('Revoking').length > 0).toBe(false);
    }
    for (const id of revoked) expect(scene.ledger.entries.get(id)).toMatchObject({ state: 'REVOKED' });
    // Groups of which no change was received were looked at by the full sweeps only.
    const named = new Set(bursts.flat());
    const looked = others.length > 0 ? GROUPS : [...named];
    const most = looked.length * RULES_EACH;
    // A deployment leaves its rules when the schedule opens the next allowance. Others have left these rules to it, so
    // they wait for the next scheduled sweep.
    if (limit === 50 && others.length < 2) expect(revoked).toHaveLength(most);
    if (limit === 50 && revoked.length < most) {
      await scene.run(ON_SCHEDULE);
      expect([...scene.network.rules.keys()].filter(id => looked.includes(Number(id.split('-')[1])))).toEqual([]);
    }
    shares.add(counts.join('-'));
  }), { numRuns: 100 });
  expect(shares.size).toBeGreaterThan(10);
});

const toldBy = (events: Handled['events']['sent'] | Ran['events']): string[] =>
  events.filter(({ type }) => type === 'Ingress Rule Revoked').map(({ detail }) => (detail as { securityGroupRuleId?: string }).securityGroupRuleId ?? '');
