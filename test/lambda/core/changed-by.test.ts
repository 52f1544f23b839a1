/** Tests that what a run of changes finds, revokes and resolves is told with who made the change, and only then. */
import type { Change } from '../../../lambda/core/model/change';
import type { HygieneEvent } from '../../../lambda/core/model/delivery';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import { aChange, aControl, aDecodedConfiguration, aGroup, anAuthor, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryEvents } from '../../support/recorders';
import { REVOKE, run, sshFlagged, START, type Swept, vpcs } from '../../support/swept';

const REPORT = aDecodedConfiguration({ flaggedIngressRules: [{ ...sshFlagged(), action: { kind: 'report' } }] });
const ANN = anAuthor();
const BOB = anAuthor({
  eventName: 'ModifySecurityGroupRules', eventId: 'event-2', at: '2026-01-01T00:30:00.000Z',
  arn: 'arn:aws:iam::111122223333:user/bob', tool: undefined,
});
const SENTENCE = '. Changed by arn:aws:sts::111122223333:assumed-role/Developer/ann with the console '
  + '(AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)';

/** A group with rules, and runs over it. An earlier full sweep has opened an allowance. */
class Scene {
  readonly ledger = new MemoryLedger();
  readonly network: MemoryNetwork;
  readonly clock = new MemoryClock(START);
  private count = 0;

  constructor(rules: readonly SecurityGroupRule[] = [aRuleFromAnywhere()], readonly configuration = REPORT) {
    this.network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup()], rules });
    const openedAt = new Date(START.getTime() - 3_600_000).toISOString();
    this.ledger.controlEntry = aControl({ allowance: { openedBy: 'sweep-before', openedAt, limit: 1000, used: 0 } });
  }

  /** Runs over the group because of changes. */
  async react(...changes: Change[]): Promise<Told> {
    return this.sweep({ trigger: 'change', scope: { kind: 'groups', groupIds: ['sg-1'] }, changes });
  }

  async sweep(circumstances: Parameters<typeof run>[2] = {}): Promise<Told> {
    const { network, ledger, clock, configuration } = this;
    const events = new MemoryEvents();
    const swept = await run(configuration, network, {
      ledger, clock, events, sweepId: `run-${++this.count}`, ...circumstances,
    });
    return { swept, events: events.sent, ofType: type => events.sent.filter(event => event.type === type) };
  }

  modify(change: Partial<SecurityGroupRule>): void {
    this.network.rules.set('sgr-1', { ...aRuleFromAnywhere(), ...change });
  }

  entry(id = 'sgr-1'): LedgerEntry | undefined {
    return this.ledger.entries.get(id);
  }
}

interface Told {
  readonly swept: Swept;
  readonly events: readonly HygieneEvent[];
  readonly ofType: (type: HygieneEvent['type']) => HygieneEvent[];
}

describe('a rule that someone opens', () => {
  test('is found with who opened it: in the ledger, the event, the log and the message', async () => {
    const scene = new Scene();
    const { swept, ofType } = await scene.react(aChange());
    expect(scene.entry()).toMatchObject({ state: 'OPEN', changedBy: ANN });
    const [{ detail }] = ofType('Finding Opened');
    expect(detail.changedBy).toEqual(ANN);
    expect(detail.message).toContain(`It is flagged by flaggedIngressRules[0]${SENTENCE}. Kept for now`);
    expect(swept.log.ofEvent('Finding')).toMatchObject([{ message: `Found sgr-1 of sg-1${SENTENCE}`, fields: { changedBy: ANN } }]);
    expect(swept.log.ofEvent('RuleKept')).toMatchObject([{ fields: { changedBy: ANN } }]);
  });

  test('and that is revoked keeps the name, in the ledger and wherever the revocation is told', async () => {
    const scene = new Scene(undefined, { ...REVOKE, notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:people' });
    const { swept, ofType } = await scene.react(aChange());
    expect(scene.entry()).toMatchObject({ state: 'REVOKED', changedBy: ANN });
    const [{ detail }] = ofType('Ingress Rule Revoked');
    expect(detail.changedBy).toEqual(ANN);
    expect(detail.message).toMatch(/^Revoked sgr-1 of sg-1 \(web\): tcp 22 from 0\.0\.0\.0\/0\. It is flagged by .*\. Changed by arn:/);
    expect(swept.log.ofEvent('Revocation')).toMatchObject([{ fields: { outcome: 'REVOKED', changedBy: ANN } }]);
    expect(swept.notifications.published.map(({ message }) => message).join()).toContain(SENTENCE);
    // The finding was ended by this construct, and not by the one who opened it.
    const [resolved] = ofType('Finding Resolved');
    expect(resolved.detail).toMatchObject({ resolution: 'REVOKED' });
    expect(resolved.detail.changedBy).toBeUndefined();
    expect(resolved.detail.message).not.toContain('Changed');
  });

  test('is found with nobody, if two could have opened it', async () => {
    const scene = new Scene();
    const change = aChange({ ruleIds: [] });
    const { events, swept } = await scene.react(change, { ...change, eventId: 'event-2', arn: 'arn:bob' });
    expect(scene.entry()?.changedBy).toBeUndefined();
    expect(events.map(({ detail }) => [detail.changedBy, detail.message.includes('Changed')])).toEqual([[undefined, false]]);
    expect(swept.log.ofEvent('Change')).toHaveLength(2);
  });

  test('is found with nobody by a scheduled sweep, and with who opened it by a run that an event tells later', async () => {
    const scene = new Scene();
    await scene.sweep();
    expect(scene.entry()).toMatchObject({ state: 'OPEN', changedBy: undefined });
    // That event does not say which rule, so it may be about another one.
    await scene.react(aChange({ ruleIds: [] }));
    expect(scene.entry()?.changedBy).toBeUndefined();
    const { events } = await scene.react(aChange());
    expect(scene.entry()).toMatchObject({ state: 'OPEN', changedBy: ANN });
    expect(events).toEqual([]);
  });

  test('keeps the name while it is there as it was, whatever runs find it', async () => {
    const scene = new Scene();
    await scene.react(aChange());
    await scene.sweep();
    await scene.react(aChange({ ruleIds: ['sgr-2'], eventId: 'event-3', arn: 'arn:bob' }));
    expect(scene.entry()?.changedBy).toEqual(ANN);
  });
});

describe('a rule that is stale', () => {
  test('is found with nobody, unless an event names it: a change of its group does not make it so', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const circumstances = { trigger: 'change', scope: { kind: 'groups', groupIds: ['sg-1'] } } as const;
    const ledger = new MemoryLedger();
    const changes = [
      aChange({ ruleIds: [] }), aChange({ eventId: 'event-2', eventName: 'AuthorizeSecurityGroupEgress', ruleIds: ['sgr-egress-1'] }),
    ];
    await run({ ...REVOKE, staleRules: 'report' }, network, { ...circumstances, ledger, changes });
    const named = [...ledger.entries.values()]
      .map(({ securityGroupRuleId: id, changedBy }) => [id, changedBy?.eventId]);
    expect(Object.fromEntries(named)).toEqual({
      'sgr-flagged-1': 'event-1', 'sgr-stale-1': undefined, 'sgr-egress-1': 'event-2',
    });
  });
});

describe('a rule that someone modifies', () => {
  const modified = aChange({ ...BOB, ruleIds: ['sgr-1'] });
  const modifiedUnnamed = { ...modified, ruleIds: [] };
  /** The declaration flags the rule even if it admits more than SSH. */
  const WIDER = { ...sshFlagged(), match: 'OVERLAPS' as const, action: { kind: 'report' as const } };
  const scene = (): Scene => new Scene(undefined, { ...REPORT, flaggedIngressRules: [WIDER] });

  test.each([modified, modifiedUnnamed])('is then the work of that person, and no longer of the one who opened it', async change => {
    const told = scene();
    await told.react(aChange());
    told.modify({ toPort: 23 });
    await told.react(change);
    expect(told.entry()).toMatchObject({ state: 'OPEN', rule: { toPort: 23 }, changedBy: BOB });
  });

  test('is the work of nobody, if no event tells who did it', async () => {
    const told = scene();
    await told.react(aChange());
    told.modify({ toPort: 23 });
    await told.react(aChange({ ruleIds: ['sgr-9'] }));
    expect(told.entry()).toMatchObject({ state: 'OPEN', rule: { toPort: 23 }, changedBy: undefined });
  });

  test('is not the work of the one who opened it, even if that event comes only now', async () => {
    const told = scene();
    await told.sweep();
    told.modify({ toPort: 23 });
    await told.react(aChange());
    expect(told.entry()).toMatchObject({ rule: { toPort: 23 }, changedBy: undefined });
  });

  test('stays the work of the one who was last, if an earlier event is delivered again', async () => {
    const told = scene();
    await told.react(modified);
    await told.react(aChange());
    await told.react(aChange({ at: undefined }));
    expect(told.entry()?.changedBy).toEqual(BOB);
  });

  test('so that nothing flags it any more, is resolved with who did that', async () => {
    const told = new Scene();
    await told.react(aChange());
    told.modify({ cidrIpv4: '203.0.113.0/24' });
    const { ofType, swept } = await told.react(modified);
    expect(told.entry()).toMatchObject({ state: 'HEALED', changedBy: BOB });
    const [{ detail }] = ofType('Finding Resolved');
    expect(detail).toMatchObject({ resolution: 'HEALED', changedBy: BOB });
    expect(detail.message).toContain('. Changed by arn:aws:iam::111122223333:user/bob (ModifySecurityGroupRules at 2026-01-01 00:30 UTC, event event-2)');
    expect(swept.log.ofEvent('Finding')).toMatchObject([{ fields: { change: 'HEALED', changedBy: BOB } }]);
  });
});

describe('a rule that someone removes', () => {
  const removed = aChange({ ...BOB, eventName: 'RevokeSecurityGroupIngress', ruleIds: ['sgr-1'] });

  test.each([
    ['names it', removed, 'event-2'],
    ['names no rule', { ...removed, ruleIds: [] }, 'event-2'],
    ['names another rule', { ...removed, ruleIds: ['sgr-9'] }, undefined],
    ['cannot remove it', { ...removed, eventName: 'AuthorizeSecurityGroupIngress' }, undefined],
  ])('is resolved with who the event shows, if it %s, and never with who opened it', async (_, change, eventId) => {
    const scene = new Scene();
    await scene.react(aChange());
    scene.network.rules.delete('sgr-1');
    const { ofType } = await scene.react(change);
    expect(scene.entry()?.state).toBe('HEALED');
    expect(scene.entry()?.changedBy?.eventId).toBe(eventId);
    const [{ detail }] = ofType('Finding Resolved');
    expect((detail.changedBy as Change | undefined)?.eventId).toBe(eventId);
    expect(detail.message.includes('Changed by')).toBe(eventId !== undefined);
  });

  test('is written once: an event that is delivered again writes nothing', async () => {
    const scene = new Scene();
    await scene.react(aChange());
    scene.network.rules.delete('sgr-1');
    await scene.react(removed);
    const before = scene.entry();
    const { events } = await scene.react(removed);
    expect(scene.entry()).toEqual(before);
    expect(events).toEqual([]);
  });
});

describe('the log', () => {
  test('has a line for each change of the run, with who and which ids, and nothing else', async () => {
    const { swept } = await new Scene([]).react(aChange({ isByCloudFormation: true, awaits: [] }));
    expect(swept.log.ofEvent('Change')).toEqual([{
      level: 'INFO',
      message: 'The network was changed by arn:aws:sts::111122223333:assumed-role/Developer/ann with the console '
        + '(AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)',
      fields: { event: 'Change', sweepId: 'run-1', ...ANN, groupIds: ['sg-1'], securityGroupRuleIds: ['sgr-1'] },
    }]);
  });

  test('has none of other runs', async () => {
    const { swept } = await new Scene().sweep();
    expect(swept.log.ofEvent('Change')).toEqual([]);
  });
});
