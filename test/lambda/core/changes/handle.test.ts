/** Tests how a batch of the queue of changes is dealt with: what is read, what is done, and what is delivered again. */
import { awsError } from '../../../support/aws-error';
import { aGrace, aRuleFromAnywhere } from '../../../support/builders';
import {
  anEvent, ChangeScene, type Message, messageOf, MINUTE, ofGroup, ofPeering, OWN_SESSION, reminder, revoking, SECOND,
  unreadable,
} from '../../../support/change-scene';
import { CLOUDFORMATION } from '../../../support/cloudtrail/callers';
import { MemoryNetwork } from '../../../support/memory-network';
import { ACCOUNT, ON_SCHEDULE, vpcs } from '../../../support/swept';

describe('a change of a group', () => {
  test('has what is flagged there revoked at once, with six calls of EC2, and nothing of another group touched', async () => {
    const scene = await ChangeScene.of();
    const { again, metrics, log } = await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.ruleIds).not.toContain('sgr-flagged-1');
    expect(scene.ruleIds).toHaveLength(7);
    expect(scene.network.methods.filter(method => method !== 'admitRevocations')).toEqual([
      'securityGroups', 'securityGroupRules', 'securityGroupRules', 'securityGroups', 'revokeIngress', 'securityGroupRules',
    ]);
    expect(scene.network.calls.flatMap(({ ids }) => ids).filter(id => id.endsWith('-2'))).toEqual([]);
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1 });
    expect(Object.keys(metrics.aggregates)).not.toEqual(expect.arrayContaining(['Sweeps', 'FlaggedIngressRules']));
    expect(log.ofEvent('Revocation')).toHaveLength(1);
    expect(scene.fullSweeps).toMatchObject({ started: 0, reminders: [] });
  });

  test('costs two more calls of EC2 where stale rules are looked for', async () => {
    const scene = await ChangeScene.of(
      revoking({ staleRules: 'report' }), new MemoryNetwork({ ...vpcs(2), stale: {} }),
    );
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    const methods = scene.network.methods.filter(method => method !== 'admitRevocations');
    expect(methods).toHaveLength(8);
    expect(methods).toEqual(expect.arrayContaining(['vpcs', 'staleSecurityGroups', 'revokeIngress']));
  });

  test('opens a stale rule that it finds with no sighting, and leaves it to the schedule', async () => {
    const scene = await ChangeScene.of(revoking({ staleRules: 'revoke', grace: aGrace({ seconds: 0, sightings: 1 }) }));
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 0 } });
    expect(scene.ruleIds).toContain('sgr-stale-1');
    expect(scene.ledger.entries.has('sgr-stale-2')).toBe(false);
  });

  test('resolves the finding of a rule that it has ended', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }));
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(scene.ledger.entries.get('sgr-flagged-1')?.state).toBe('OPEN');
    scene.network.rules.delete('sgr-flagged-1');
    scene.clock.advance(MINUTE);
    const { events } = await scene.receive(
      ofGroup('sg-1', { eventName: 'RevokeSecurityGroupIngress', eventTime: scene.ago(20) }),
    );
    expect(scene.ledger.entries.get('sgr-flagged-1')?.state).toBe('HEALED');
    expect(events.ofType('Finding Resolved')).toHaveLength(1);
  });

  test('neither heals, ages nor counts a finding of another group', async () => {
    const scene = await ChangeScene.of(revoking({ staleRules: 'report', dryRun: true }));
    await scene.run(ON_SCHEDULE);
    const before = new Map([...scene.ledger.entries].filter(([id]) => id.endsWith('-2')));
    expect(before.size).toBeGreaterThan(1);
    for (const id of before.keys()) scene.network.rules.delete(id);
    scene.clock.advance(MINUTE);
    const { again } = await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(new Map([...scene.ledger.entries].filter(([id]) => id.endsWith('-2')))).toEqual(before);
  });

  test('draws on the one limit: beyond it a run takes none of its rules, and the schedule opens the next allowance', async () => {
    const scene = await ChangeScene.of(revoking({ maxRevocationsPerSweep: 1 }));
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    const { again } = await scene.receive(ofGroup('sg-2', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.ruleIds.filter(id => id.startsWith('sgr-flagged'))).toEqual(['sgr-flagged-2']);
    scene.clock.advance(MINUTE);
    await scene.run(ON_SCHEDULE);
    expect(scene.ruleIds.filter(id => id.startsWith('sgr-flagged'))).toEqual([]);
  });

  test('makes few calls of the ledger', async () => {
    const scene = await ChangeScene.of();
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(scene.ledger.calls.map(({ method }) => method)).toEqual([
      'configuration', 'changes', 'latestSweep',
      'control', 'unsettled', 'ofGroup', 'put', 'putControl',
      'put', 'control', 'put', 'putChanges',
    ]);
  });

  test.each([
    ['its group is gone', 'sg-9'], ['its group is in no VPC of the configuration', 'sg-2'],
  ])('is consumed when %s', async (_, groupId) => {
    const scene = await ChangeScene.of(revoking({ vpcIds: ['vpc-1'] }));
    const { again } = await scene.receive(ofGroup(groupId, { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.ruleIds).toHaveLength(8);
  });
});

describe('several changes', () => {
  test('of several groups, and of the same, are one run', async () => {
    const scene = await ChangeScene.of();
    const { again, log } = await scene.receive(
      ofGroup('sg-1', { eventTime: scene.ago(20) }), ofGroup('sg-2', { eventTime: scene.ago(19) }),
      ofGroup('sg-1', { eventTime: scene.ago(18) }),
    );
    expect(again).toEqual([]);
    expect(scene.network.idsOf('securityGroups')[0]).toEqual(['sg-1', 'sg-2']);
    expect(log.ofEvent('Sweep')).toHaveLength(1);
    expect(scene.ruleIds.filter(id => id.startsWith('sgr-flagged'))).toEqual([]);
    expect(scene.ledger.changesEntry?.events).toHaveLength(3);
    expect(Object.keys(scene.ledger.changesEntry?.readAt ?? {})).toEqual(['sg-1', 'sg-2']);
  });

  test.each([
    ['an event that was dealt with', 0], ['an event that is older than the reading of its group', 1],
  ])('cost EC2 nothing and write nothing: %s', async (_, isOther) => {
    const scene = await ChangeScene.of();
    const first = ofGroup('sg-1', { eventID: 'e-1', eventTime: scene.ago(20) });
    await scene.receive(first);
    scene.clock.advance(5 * SECOND);
    scene.forget();
    const next = isOther ? ofGroup('sg-1', { eventTime: scene.ago(7) }) : { ...first, messageId: 'again' };
    expect((await scene.receive(next)).again).toEqual([]);
    expect(scene.network.calls).toEqual([]);
    expect(scene.ledger.calls.map(({ method }) => method)).toEqual(['configuration', 'changes', 'latestSweep']);
  });

  test.each([
    ['in one batch', 1], ['one after the other', 2],
  ])('that share an id are all dealt with, if they name different groups: %s', async (_, batches) => {
    const scene = await ChangeScene.of();
    const messages = ['sg-1', 'sg-2'].map(groupId => ofGroup(groupId, { eventID: 'e-1', eventTime: scene.ago(20) }));
    const parts = batches === 1 ? [messages] : messages.map(each => [each]);
    for (const part of parts) expect((await scene.receive(...part)).again).toEqual([]);
    expect(scene.ruleIds.filter(id => id.startsWith('sgr-flagged'))).toEqual([]);
    expect(scene.ledger.changesEntry?.events).toHaveLength(2);
  });

  test('that share an id are both dealt with, if one of them is unread', async () => {
    const scene = await ChangeScene.of();
    const parts = { eventID: 'e-1', eventTime: scene.ago(20) };
    await scene.receive(ofGroup('sg-1', parts));
    const { metrics } = await scene.receive(unreadable(parts), ofGroup('sg-1', parts));
    expect(metrics.aggregates).toEqual({ ChangesUnread: 1 });
    expect(scene.fullSweeps.started).toBe(1);
  });

  test('are dealt with in whatever order they arrive: a later one is read, an earlier one is not', async () => {
    const scene = await ChangeScene.of();
    const [early, late] = [ofGroup('sg-1', { eventTime: scene.ago(40) }), ofGroup('sg-1', { eventTime: scene.ago(20) })];
    await scene.receive(late);
    scene.forget();
    await scene.receive(early);
    expect(scene.network.calls).toEqual([]);
    scene.clock.advance(30 * SECOND);
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(scene.network.calls).not.toEqual([]);
  });

  test.each([
    ['within the same second', 0], ['half a second later', 0.5],
  ])('are read again when they were made %s than the reading: CloudTrail has whole seconds', async (_, later) => {
    const scene = await ChangeScene.of();
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    const readAt = scene.now;
    scene.clock.advance(20 * SECOND);
    scene.forget();
    await scene.receive(ofGroup('sg-1', { eventTime: new Date(readAt.getTime() + later * SECOND) }));
    expect(scene.network.idsOf('securityGroups')).toEqual([['sg-1']]);
  });

  test('are read when they have no believable time', async () => {
    const scene = await ChangeScene.of();
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    scene.forget();
    await scene.receive(ofGroup('sg-1', { eventTime: new Date(scene.now.getTime() + 60 * MINUTE) }));
    expect(scene.network.calls).not.toEqual([]);
  });

  test('older than the latest full sweep cost nothing, unless that could not look somewhere', async () => {
    const scene = await ChangeScene.of();
    const event = ofGroup('sg-1', { eventTime: scene.ago(61 * 60) });
    await scene.receive(event);
    expect(scene.network.calls).toEqual([]);
    if (scene.ledger.sweep) scene.ledger.sweep = { ...scene.ledger.sweep, scanErrors: 1 };
    await scene.receive(event);
    expect(scene.network.calls).not.toEqual([]);
  });
});

describe('is delivered again, and not recorded as read:', () => {
  test('the change of a group that could not be read, and no other', async () => {
    const scene = await ChangeScene.of();
    scene.network.on('securityGroups', { naming: 'sg-2', throws: awsError('InternalError') });
    const [one, two] = [ofGroup('sg-1', { eventTime: scene.ago(20) }), ofGroup('sg-2', { eventTime: scene.ago(20) })];
    const { again, metrics } = await scene.receive(one, two);
    expect(again).toEqual([two.messageId]);
    expect(Object.keys(scene.ledger.changesEntry?.readAt ?? {})).toEqual(['sg-1']);
    expect(scene.ledger.changesEntry?.events).toHaveLength(1);
    expect(scene.ruleIds).not.toContain('sgr-flagged-1');
    expect(metrics.aggregates).toMatchObject({ ScanErrors: 1 });
  });

  test('every change of a run that throws; the log says why', async () => {
    const scene = await ChangeScene.of();
    scene.ledger.on('unsettled', { throws: awsError('ProvisionedThroughputExceededException') });
    const messages = [ofGroup('sg-1', { eventTime: scene.ago(20) }), ofGroup('sg-2', { eventTime: scene.ago(20) })];
    const { again, log } = await scene.receive(...messages);
    expect(again).toEqual(messages.map(({ messageId }) => messageId));
    expect(scene.ledger.changesEntry).toBeUndefined();
    expect(log.ofEvent('Failed').map(({ message }) => message).join()).toContain('ProvisionedThroughputExceededException');
  });

  test('every change, where nothing is revoked and the ledger fails all the same', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }));
    scene.ledger.on('unsettled', { throws: awsError('ProvisionedThroughputExceededException') });
    expect((await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }))).again).toHaveLength(1);
    expect(scene.ledger.changesEntry).toBeUndefined();
  });

  test.each(['configuration', 'changes', 'latestSweep'] as const)('every message, when the ledger fails: %s', async method => {
    const scene = await ChangeScene.of();
    scene.ledger.on(method, { throws: awsError('ProvisionedThroughputExceededException') });
    const messages = [ofGroup('sg-1'), unreadable(), reminder()];
    const { again, log } = await scene.receive(...messages);
    expect([...again].sort()).toEqual(messages.map(({ messageId }) => messageId).sort());
    expect(scene.network.calls).toEqual([]);
    expect(log.ofEvent('Failed')).toHaveLength(1);
  });

  test('a message that holds no JSON object, counted at its first delivery only', async () => {
    const scene = await ChangeScene.of();
    const [bad, other] = [messageOf('no JSON'), messageOf('[1]')];
    const { again, metrics } = await scene.receive({ ...bad, receiveCount: 2 }, other, { ...bad, receiveCount: 5 });
    expect(again).toEqual([bad.messageId, other.messageId]);
    expect(metrics.aggregates).toEqual({ ChangesUnread: 1 });
    const last = await scene.receive({ ...bad, receiveCount: 5 });
    expect([last.again, last.metrics.published]).toEqual([[bad.messageId], []]);
  });

  test('a message that holds no JSON object, counted while the configuration is changing, too', async () => {
    const scene = await ChangeScene.of();
    scene.fingerprint = 'another one';
    const { again, metrics } = await scene.receive(messageOf('no JSON'), unreadable());
    expect([again.length, metrics.aggregates]).toEqual([2, { ChangesUnread: 1 }]);
  });

  test('a message that holds no JSON object, counted as unread, and the others are dealt with', async () => {
    const scene = await ChangeScene.of();
    const bad = [messageOf('no JSON'), messageOf('[1]'), messageOf('7')];
    const { again, metrics, log } = await scene.receive(...bad, ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual(bad.map(({ messageId }) => messageId));
    expect(metrics.aggregates).toMatchObject({ ChangesUnread: 3, IngressRulesRevoked: 1 });
    expect(log.ofEvent('ChangeUnread')).toHaveLength(3);
    expect(scene.fullSweeps.started).toBe(0);
  });
});

describe('a record that cannot be read is only a saving that is lost:', () => {
  const item = Object.assign(new Error('the item cannot be read'), { name: 'UnreadableItem' });

  test.each([['changes', true], ['latestSweep', false]] as const)('the groups are read, and a warning is logged: %s', async (method, isKept) => {
    const scene = await ChangeScene.of();
    scene.ledger.on(method, { throws: item });
    const { again, log } = await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    // The item may say that CloudFormation has made a change that may be about any rule.
    expect(scene.ruleIds.includes('sgr-flagged-1')).toBe(isKept);
    expect(scene.ledger.entries.get('sgr-flagged-1')?.state).toBe(isKept ? 'OPEN' : 'REVOKED');
    expect(log.ofEvent('ScanError')).toMatchObject([{ level: 'WARN', fields: { error: { code: 'UnreadableItem' } } }]);
  });

  test('a full sweep that is asked for is not lost: its message is delivered again', async () => {
    const scene = await ChangeScene.of();
    scene.ledger.on('changes', { throws: item });
    const message = unreadable();
    const { again, log } = await scene.receive(message);
    expect(again).toEqual([message.messageId]);
    expect(log.ofEvent('FullSweep')).toMatchObject([{ level: 'ERROR' }]);
  });
});

describe('is consumed, and nothing is read:', () => {
  test('an own call and a call that failed, of which only the number is logged', async () => {
    const scene = await ChangeScene.of();
    const own = `arn:aws:sts::${ACCOUNT}${OWN_SESSION}`;
    const { again, log, metrics } = await scene.receive(
      ofGroup('sg-1', { arn: own }), ofGroup('sg-1', { errorCode: 'Client.UnauthorizedOperation' }),
    );
    expect(again).toEqual([]);
    expect([scene.network.calls, scene.ledger.calls, metrics.published]).toEqual([[], [], []]);
    expect(log.lines).toMatchObject([{ level: 'INFO', fields: { leftOut: 2 } }]);
  });

  test('every message where the configuration looks at no rules', async () => {
    const scene = await ChangeScene.of(revoking({ flaggedIngressRules: [], vpnConnections: { kind: 'all' } }));
    const { again, log } = await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }), unreadable());
    expect(again).toEqual([]);
    expect(scene.network.calls).toEqual([]);
    expect(log.ofEvent('Change')).toMatchObject([{ level: 'INFO' }]);
    expect(scene.fullSweeps).toMatchObject({ started: 0, reminders: [] });
  });

  test('the deletion of a peering connection where stale rules are ignored', async () => {
    const scene = await ChangeScene.of();
    const { again } = await scene.receive(ofPeering('pcx-1'));
    expect([again, scene.topology.asked, scene.fullSweeps.started]).toEqual([[], [], 0]);
  });
});

describe('an event of which no id can be taken', () => {
  test('is logged by its keys, counted, and has everything swept', async () => {
    const scene = await ChangeScene.of();
    const { again, log, metrics } = await scene.receive(unreadable({ eventID: 'e-1' }));
    expect(again).toEqual([]);
    expect(log.ofEvent('ChangeUnread')).toMatchObject([
      { level: 'WARN', fields: { eventName: 'AuthorizeSecurityGroupIngress', eventId: 'e-1', keys: expect.any(Array) } },
    ]);
    expect(log.text).not.toContain('omitted":true');
    expect(metrics.aggregates).toEqual({ ChangesUnread: 1 });
    expect(scene.fullSweeps.started).toBe(1);
    expect(scene.network.calls).toEqual([]);
  });

  test('is counted by the run of the batch, if there is one', async () => {
    const scene = await ChangeScene.of();
    const { metrics } = await scene.receive(unreadable(), ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(metrics.aggregates).toMatchObject({ ChangesUnread: 1, IngressRulesRevoked: 1 });
    expect(metrics.published.flatMap(({ data }) => data).filter(({ name }) => name === 'ChangesUnread')).toHaveLength(1);
  });

  test('is counted, too, when the run fails', async () => {
    const scene = await ChangeScene.of();
    scene.ledger.on('unsettled', { throws: awsError('ProvisionedThroughputExceededException') });
    const change = ofGroup('sg-1', { eventTime: scene.ago(20) });
    const { again, metrics } = await scene.receive(unreadable(), change);
    expect(again).toEqual([change.messageId]);
    expect(metrics.aggregates.ChangesUnread).toBe(1);
    expect(scene.fullSweeps.started).toBe(1);
  });

  test('costs nothing when it is delivered twice', async () => {
    const scene = await ChangeScene.of();
    const message = unreadable({ eventID: 'e-1' });
    await scene.receive(message);
    const { again, metrics } = await scene.receive(message);
    expect([again, metrics.published, scene.fullSweeps.started, scene.fullSweeps.reminders]).toEqual([[], [], 1, []]);
  });

  test('is one when it is there twice, and both messages are delivered again if it fails', async () => {
    const scene = await ChangeScene.of();
    const message = unreadable({ eventID: 'e-1' });
    const twice = [message, { ...message, messageId: 'twice' }];
    scene.ledger.on('putChanges', { call: 1, throws: awsError('ProvisionedThroughputExceededException') });
    const { again, metrics, log } = await scene.receive(...twice);
    expect(again).toEqual([message.messageId, 'twice']);
    expect(metrics.aggregates).toEqual({ ChangesUnread: 1 });
    expect(log.ofEvent('ChangeUnread')).toHaveLength(1);
    expect((await scene.receive(...twice)).again).toEqual([]);
    expect(scene.fullSweeps.started).toBe(1);
  });

  test.each([
    ['no object in detail', { 'detail-type': 'AWS API Call via CloudTrail', 'detail': 7 }], ['nothing', {}],
    ['another event', { 'detail-type': 'Scheduled Event', 'source': 'aws.events', 'detail': {} }],
  ])('throws no batch away: %s', async (_, body) => {
    const scene = await ChangeScene.of();
    const { again } = await scene.receive(messageOf(body), ofGroup('sg-1', { eventTime: scene.ago(20) }));
    expect(again).toEqual([]);
    expect(scene.ruleIds).not.toContain('sgr-flagged-1');
    expect(scene.fullSweeps.started).toBe(1);
  });
});

describe('an event that names a rule, and not its group', () => {
  const modified = (eventTime: Date, SecurityGroupRuleId = 'sgr-0a1'): Message => messageOf(anEvent({
    eventName: 'ModifySecurityGroupRules', eventTime,
    requestParameters: { ModifySecurityGroupRulesRequest: { SecurityGroupRule: { SecurityGroupRuleId, tag: 1 } } },
  }));
  const world = (): MemoryNetwork => {
    const { rules, ...others } = vpcs(2);
    return new MemoryNetwork({ ...others, rules: [...rules, aRuleFromAnywhere({ securityGroupRuleId: 'sgr-0a1', groupId: 'sg-1' })] });
  };

  test('has the group of that rule read', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    const { again, metrics } = await scene.receive(modified(scene.ago(20)));
    expect(again).toEqual([]);
    expect(scene.ruleIds).not.toContain('sgr-0a1');
    expect(scene.ruleIds).toContain('sgr-flagged-2');
    expect(metrics.aggregates).toMatchObject({ ChangesSwept: 1 });
  });

  test('finds the group of a rule that is gone in the ledger, and resolves its finding', async () => {
    const scene = await ChangeScene.of(revoking({ dryRun: true }), world());
    await scene.receive(ofGroup('sg-1', { eventTime: scene.ago(20) }));
    scene.network.rules.delete('sgr-0a1');
    scene.clock.advance(MINUTE);
    await scene.receive(modified(scene.ago(20)));
    expect(scene.ledger.entries.get('sgr-0a1')?.state).toBe('HEALED');
  });

  test('is unread when nobody knows the rule: it is counted, and everything is swept', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    const { again, metrics, log } = await scene.receive(modified(scene.ago(20), 'sgr-0b2'));
    expect(again).toEqual([]);
    expect(metrics.aggregates).toMatchObject({ ChangesUnread: 1 });
    expect(log.ofEvent('ChangeUnread')).toMatchObject([{ fields: { isByCloudFormation: false } }]);
    expect(scene.fullSweeps.started).toBe(1);
  });

  test('is unread by CloudFormation when that made the call, and nobody knows the rule', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    const event = JSON.parse(modified(scene.ago(20), 'sgr-0b2').body) as { detail: object };
    const { log } = await scene.receive(messageOf({ detail: { ...event.detail, ...CLOUDFORMATION } }));
    expect(log.ofEvent('ChangeUnread')).toMatchObject([{ fields: { isByCloudFormation: true } }]);
  });

  test('is delivered again when EC2 cannot be read, and alone', async () => {
    const scene = await ChangeScene.of(revoking(), world());
    scene.network.on('securityGroupRules', { call: 1, throws: awsError('InternalError') });
    const [message, other] = [modified(scene.ago(20)), ofGroup('sg-2', { eventTime: scene.ago(20) })];
    const { again } = await scene.receive(message, other);
    expect(again).toEqual([message.messageId]);
    expect(scene.ruleIds).toContain('sgr-0a1');
    expect(scene.ruleIds).not.toContain('sgr-flagged-2');
  });
});

describe('an event that is no batch of SQS is refused, and nothing is done:', () => {
  test.each<[string, unknown]>([
    ['null', null], ['a text', 'secret'], ['a list', [ofGroup('sg-1')]], ['a request to sweep', { sweep: {} }],
    ['an EventBridge event', anEvent()], ['records without ids', { Records: [{ body: '{}' }] }],
  ])('%s', async (_, event) => {
    const scene = await ChangeScene.of();
    await expect(scene.receiveEvent(event)).rejects.toThrow(/^The event is not a batch of SQS: .* Nothing was done\./);
    expect([scene.network.calls, scene.ledger.calls]).toEqual([[], []]);
  });
});

test('two functions that receive the same event at once revoke the rule once, and record the group once', async () => {
  const scene = await ChangeScene.of();
  const message = ofGroup('sg-1', { eventTime: scene.ago(20) });
  const both = await Promise.all([scene.receive(message), scene.receive(message)]);
  expect(both.map(({ again }) => again)).toEqual([[], []]);
  const revoked = both.map(({ metrics: { aggregates } }) => aggregates.IngressRulesRevoked ?? 0);
  expect(revoked.reduce((sum, each) => sum + each)).toBe(1);
  expect(scene.network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-flagged-1']]);
  expect(scene.ledger.changesEntry?.events).toHaveLength(1);
});

test('a group with a rule that another run is about to revoke is read again, if that run leaves the rule', async () => {
  const scene = await ChangeScene.of();
  const [first, second] = [ofGroup('sg-1', { eventTime: scene.ago(20) }), ofGroup('sg-1', { eventTime: scene.ago(19) })];
  scene.network.on('revokeIngress', {
    call: 1, before: async () => {
      expect((await scene.receive(second)).again).toEqual([]);
      throw awsError('UnauthorizedOperation');
    },
  });
  await scene.receive(first);
  expect(scene.ledger.entries.get('sgr-flagged-1')?.state).toBe('OPEN');
  scene.ledger.changesEntry = undefined;
  scene.clock.advance(12 * MINUTE);
  await scene.receive(second);
  expect(scene.ruleIds).not.toContain('sgr-flagged-1');
});

test('a change that is delivered again is read, even if a full sweep has begun since: that may have left a rule to the run that failed', async () => {
  const scene = await ChangeScene.of();
  const message = { ...ofGroup('sg-1', { eventTime: scene.ago(61 * 60) }), receiveCount: 2 };
  expect((await scene.receive(message)).again).toEqual([]);
  expect(scene.ruleIds).not.toContain('sgr-flagged-1');
  scene.forget();
  await scene.receive({ ...message, receiveCount: 3 });
  expect(scene.network.calls).toEqual([]);
});

test('two functions that read different groups at once both record theirs', async () => {
  const scene = await ChangeScene.of();
  await Promise.all(['sg-1', 'sg-2'].map(async groupId => scene.receive(ofGroup(groupId, { eventTime: scene.ago(20) }))));
  expect(Object.keys(scene.ledger.changesEntry?.readAt ?? {}).sort()).toEqual(['sg-1', 'sg-2']);
  expect(scene.ledger.changesEntry?.events).toHaveLength(2);
});
