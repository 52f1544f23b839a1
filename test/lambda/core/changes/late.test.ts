/**
 * Tests changes of groups that another run has read since the call, and what such changes still say: that
 * CloudFormation changes a rule, and who made it.
 */
import { aRuleFromAnywhere } from '../../../support/builders';
import {
  anEvent, ChangeScene, type EventParts, type Message, messageOf, MINUTE, ofGroup, ofPeering, revoking, unreadable,
} from '../../../support/change-scene';
import { MemoryNetwork } from '../../../support/memory-network';
import { ON_REQUEST, ON_SCHEDULE, type Ran, vpcs } from '../../../support/swept';

const RULE = 'sgr-0a1';

/** A network with one flagged rule more, which events can name. */
function world(): MemoryNetwork {
  const { rules, ...others } = vpcs(1);
  return new MemoryNetwork({
    ...others, rules: [...rules, aRuleFromAnywhere({ securityGroupRuleId: RULE, groupId: 'sg-1' })],
  });
}

/** A message about a rule that was added, with its id. */
const opened = (parts: EventParts & { readonly byStack?: boolean } = {}): Message => {
  const event = anEvent({
    requestParameters: { groupId: 'sg-1', ipPermissions: {} },
    responseElements: { securityGroupRuleSet: { items: [{ groupId: 'sg-1', securityGroupRuleId: RULE }] } },
    ...parts,
  }) as { detail: { userIdentity: object } };
  if (parts.byStack) Object.assign(event.detail.userIdentity, { invokedBy: 'cloudformation.amazonaws.com' });
  return messageOf(event);
};

const keepReason = (scene: ChangeScene): string | undefined => scene.ledger.entries.get(RULE)?.keepReason;
const isThere = (scene: ChangeScene): boolean => scene.network.rules.has(RULE);

/** Someone else changes the group a minute later. */
async function laterByHand(scene: ChangeScene): Promise<void> {
  scene.clock.advance(MINUTE);
  await scene.receive(ofGroup('sg-1', { eventTime: scene.now }));
}

async function schedule(scene: ChangeScene): Promise<void> {
  scene.clock.advance(60 * MINUTE);
  await scene.run(ON_SCHEDULE);
}

describe('a rule that CloudFormation made is left to the next scheduled sweep', () => {
  test('even if something else kept it when the event came', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    const group = scene.network.groups.get('sg-1')!;
    scene.network.groups.set('sg-1', { ...group, tags: { 'network-hygiene:exempt': '' } });
    await scene.receive(opened({ byStack: true, eventTime: scene.ago(20) }));
    expect(keepReason(scene)).toBe('EXEMPT_BY_GROUP_TAG');
    scene.network.groups.set('sg-1', group);
    await laterByHand(scene);
    expect([isThere(scene), keepReason(scene)]).toEqual([true, 'STACK_IN_PROGRESS']);
    await schedule(scene);
    expect(isThere(scene)).toBe(false);
  });

  test('even if another run has read the group before the event came, without reading it again', async () => {
    const scene = await ChangeScene.of(revoking({ settleSeconds: 7200 }), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(keepReason(scene)).toBe('SETTLING');
    scene.forget();
    const { again } = await scene.receive(opened({ byStack: true, eventTime: scene.ago(15) }));
    expect([again, scene.network.calls]).toEqual([[], []]);
    scene.clock.advance(120 * MINUTE);
    await laterByHand(scene);
    expect([isThere(scene), keepReason(scene)]).toEqual([true, 'STACK_IN_PROGRESS']);
    await schedule(scene);
    expect(isThere(scene)).toBe(false);
  });

  test('even if a scheduled sweep is about to revoke it when the event comes', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    scene.clock.advance(60 * MINUTE);
    let isFirst = true;
    scene.ledger.on('putControl', {
      before: async () => {
        if (!isFirst) return;
        isFirst = false;
        // The sweep has decided. Now it reserves what it revokes.
        scene.clock.advance(1000);
        await scene.receive(opened({ byStack: true, eventTime: scene.ago(20) }));
      },
    });
    const { delivered } = await scene.run(ON_SCHEDULE);
    expect(isThere(scene)).toBe(true);
    expect(delivered?.result.outcomes.map(({ rule, outcome }) => [rule.securityGroupRuleId, outcome]).sort())
      .toEqual([[RULE, 'SKIPPED'], ['sgr-flagged-1', 'ALREADY_GONE']]);
    scene.clock.advance(60 * MINUTE);
    await scene.run(ON_SCHEDULE);
    expect(isThere(scene)).toBe(false);
  });

  test('and is revoked at once if a scheduled sweep has looked long since the call', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
    await schedule(scene);
    scene.clock.advance(20 * MINUTE);
    await scene.receive(opened({ byStack: true, eventTime: scene.ago(100 * 60) }));
    expect(scene.ledger.entries.get(RULE)?.stackChangeAt).toBeUndefined();
  });

  test('even if the time of a mark is that of a clock that was far ahead', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(opened({ byStack: true, eventTime: scene.ago(20) }));
    const entry = scene.ledger.entries.get(RULE)!;
    scene.ledger.entries.set(RULE, { ...entry, stackChangeAt: '2031-01-01T00:00:00.000Z' });
    await laterByHand(scene);
    expect(isThere(scene)).toBe(true);
    await schedule(scene);
    expect(isThere(scene)).toBe(false);
  });

  test('even if the control item cannot be read when a late event comes', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    scene.ledger.on('control', { throws: new Error('no') });
    await scene.receive(opened({ byStack: true, eventTime: scene.ago(15) }));
    expect(scene.ledger.entries.get(RULE)?.stackChangeAt).toBeDefined();
  });

  test('or else its message is delivered again, if that cannot be recorded', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    scene.ledger.on('ofGroup', { throws: new Error('no') });
    const late = opened({ byStack: true, eventTime: scene.ago(15) });
    expect((await scene.receive(late)).again).toEqual([late.messageId]);
  });
});

describe('a change of CloudFormation that may be about any rule', () => {
  /** Someone's call, with the mark of CloudFormation. */
  const byStack = (message: Message): Message => {
    const event = JSON.parse(message.body) as { detail: { userIdentity: object } };
    Object.assign(event.detail.userIdentity, { invokedBy: 'cloudformation.amazonaws.com' });
    return { ...message, body: JSON.stringify(event) };
  };

  test('starts a full sweep, which opens findings and leaves every rule to the next scheduled sweep', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    const { again, metrics } = await scene.receive(byStack(unreadable()));
    expect([again, metrics.aggregates.ChangesUnread, scene.fullSweeps.started]).toEqual([[], 1, 1]);
    const { log } = await scene.sweepFully();
    expect(log.ofEvent('RuleKept').map(({ fields }) => fields.keepReason)).toContain('STACK_IN_PROGRESS');
    expect([isThere(scene), scene.ledger.entries.get(RULE)?.state]).toEqual([true, 'OPEN']);
    await laterByHand(scene);
    await scene.run(ON_REQUEST);
    expect(isThere(scene)).toBe(true);
    await schedule(scene);
    expect(isThere(scene)).toBe(false);
  });

  test('makes no difference to the limit: too many rules are withheld and told as ever, and nothing is reserved', async () => {
    const scene = await ChangeScene.of(revoking({ maxRevocationsPerSweep: 1 }), world());
    const told = async (run: Promise<Ran>): Promise<unknown[]> =>
      (await run).events.filter(({ type }) => type === 'Revocation Withheld').map(({ detail }) => Reflect.get(detail, 'reason') as unknown);
    scene.clock.advance(60 * MINUTE);
    expect(await told(scene.run(ON_SCHEDULE))).toEqual(['OVER_LIMIT']);
    await scene.receive(byStack(unreadable()));
    expect(await told(scene.sweepFully())).toEqual([]);
    expect(scene.ledger.controlEntry?.allowance).toMatchObject({ used: 0, overLimit: { planned: 2 } });
    expect(await told(scene.run(ON_REQUEST))).toEqual([]);
    scene.clock.advance(60 * MINUTE);
    expect(await told(scene.run(ON_SCHEDULE))).toEqual([]);
    expect(scene.network.idsOf('revokeIngress')).toEqual([]);
  });

  test('leaves the allowance whole for the rules that are revoked later', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(byStack(unreadable()));
    await scene.sweepFully();
    expect(scene.ledger.controlEntry?.allowance?.used).toBe(0);
  });

  test('keeps the rules of other changes of the same batch, and of later ones', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(byStack(unreadable()), ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(scene.network.idsOf('revokeIngress')).toEqual([]);
    scene.network.rules.set('sgr-0b2', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-0b2', groupId: 'sg-1' }));
    await laterByHand(scene);
    expect(scene.network.rules.has('sgr-0b2')).toBe(true);
    await schedule(scene);
    expect(scene.ruleIds.filter(id => id.startsWith('sgr-0'))).toEqual([]);
  });

  test('is also the end of a peering connection', async () => {
    const scene = await ChangeScene.of(revoking({ staleRules: 'revoke' }), world());
    await scene.receive(byStack(ofPeering('pcx-1', { eventTime: scene.ago(20) })));
    await scene.sweepFully();
    expect(scene.network.idsOf('revokeIngress')).toEqual([]);
    await schedule(scene);
    expect(scene.ruleIds).not.toContain('sgr-stale-1');
  });

  test('no longer matters when a scheduled sweep has looked, or if nobody else made the change', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(byStack(unreadable()));
    scene.network.rules.delete(RULE);
    await schedule(scene);
    scene.network.rules.set(RULE, aRuleFromAnywhere({ securityGroupRuleId: RULE, groupId: 'sg-1' }));
    await laterByHand(scene);
    expect(isThere(scene)).toBe(false);
  });

  test('is taken for granted by a full sweep that cannot read the ledger\'s item', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    scene.ledger.on('changes', { throws: Object.assign(new Error('no'), { name: 'UnreadableItem' }) });
    const { log } = await scene.sweepFully();
    expect(isThere(scene)).toBe(true);
    expect(log.ofEvent('Ledger')).toMatchObject([{ level: 'WARN' }]);
  });
});

describe('who made a rule is told', () => {
  test('in the ledger and in the log, even if another run has revoked the rule before the event came', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20), eventName: 'CreateSecurityGroup' }));
    expect([isThere(scene), scene.ledger.entries.get(RULE)?.changedBy]).toEqual([false, undefined]);
    scene.forget();
    const arn = 'arn:aws:iam::111122223333:user/bob';
    const { again, log, metrics, events } = await scene.receive(opened({ arn, eventTime: scene.ago(15) }));
    expect([again, scene.network.calls, metrics.published, events.sent]).toEqual([[], [], [], []]);
    expect(scene.ledger.entries.get(RULE)).toMatchObject({ state: 'REVOKED', changedBy: { arn } });
    expect(log.ofEvent('Change')).toMatchObject([{ fields: { arn, securityGroupRuleIds: [RULE] } }]);
  });

  test('once: a duplicate of the event is not even looked up', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    const late = opened({ eventTime: scene.ago(15) });
    await scene.receive(late);
    scene.forget();
    await scene.receive(late);
    expect(scene.ledger.calls.map(({ method }) => method)).not.toContain('ofGroup');
    expect(scene.network.calls).toEqual([]);
  });

  test('of no rule that someone else has changed later', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
    const [bob, ann] = ['bob', 'ann'].map(name => `arn:aws:iam::111122223333:user/${name}`);
    await scene.receive(opened({ arn: ann, eventTime: scene.ago(10) }));
    await scene.receive(opened({ arn: bob, eventTime: scene.ago(15) }));
    expect(scene.ledger.entries.get(RULE)?.changedBy?.arn).toBe(ann);
  });
});

test('while the configuration is changing, every message is delivered again, for its deployment may fail', async () => {
  const scene = await ChangeScene.of();
  const { fingerprint } = scene;
  scene.fingerprint = 'another one';
  const messages = [ofGroup('sg-1', { eventTime: scene.ago(20) }), unreadable()];
  const { again, log, metrics } = await scene.receive(...messages);
  expect(again).toEqual(messages.map(({ messageId }) => messageId));
  expect([scene.network.calls, scene.fullSweeps.started]).toEqual([[], 0]);
  expect(log.ofEvent('Change')).toMatchObject([{ level: 'WARN' }]);
  expect(metrics.published).toEqual([]);
  scene.fingerprint = fingerprint;
  expect((await scene.receive(...messages)).again).toEqual([]);
  expect(scene.ruleIds).not.toContain('sgr-flagged-1');
});

test('a rule without its group, which a full sweep has read since, is not read again', async () => {
  const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
  await schedule(scene);
  scene.forget();
  const SecurityGroupRule = { SecurityGroupRuleId: RULE, tag: 1 };
  const event = anEvent({
    eventName: 'ModifySecurityGroupRules', eventTime: scene.ago(120 * 60),
    requestParameters: { ModifySecurityGroupRulesRequest: { SecurityGroupRule } },
  });
  const { again, log } = await scene.receive(messageOf(event), messageOf(event));
  expect([again, scene.network.calls]).toEqual([[], []]);
  expect(log.ofEvent('Change')).toHaveLength(1);
});
