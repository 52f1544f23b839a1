/**
 * Tests that a notice and an approval count for nothing after what no run, or only a run on hold, has seen: an
 * exemption that has ended, another description, a topic that is new, and what may go at any time only in part.
 */
import { type ApproveRequest } from '../../../lambda/core/act/approve';
import { EXEMPT_UNTIL_TAG } from '../../../src/contract/exemptions';
import { EventType } from '../../../src/contract/names';
import { parseCidr } from '../../../src/contract/traffic';
import { awsError } from '../../support/aws-error';
import { aFlaggedIngressRule } from '../../support/builders';
import { findingsPageOf } from '../../support/findings';
import { MemoryEvents } from '../../support/recorders';
import type { Swept } from '../../support/swept';
import { APPROVAL, configured, NOTICE, reasons, Scene, theOnly, types, WINDOW } from '../../support/waiting-scene';

const { REVOCATION_ANNOUNCED, REVOCATION_CALLED_OFF, APPROVAL_REQUESTED, REVOCATION_WITHHELD } = EventType;

const TODAY = { [EXEMPT_UNTIL_TAG]: '2026-01-01' };

const approvalIn = (swept: Swept, sweep: number): ApproveRequest =>
  ({ sweepId: `sweep-${sweep}`, digest: String(theOnly(swept, APPROVAL_REQUESTED).detail.digest) });

function tagGroup({ network }: Scene, tags: Record<string, string>): void {
  const group = network.groups.get('sg-1');
  if (group) network.groups.set('sg-1', { ...group, tags });
}

describe('an exemption with a date that no sweep saw before it ended', () => {
  test.each<[string, (scene: Scene) => void]>([
    ['of the rule', scene => scene.tag(TODAY)],
    ['of its group, in other letters', scene => tagGroup(scene, { 'Network-Hygiene:Exempt-Until': '2026-01-01' })],
  ])('%s has the notice begin anew, which is told', async (_, tag) => {
    const scene = new Scene();
    await scene.sweep(0.5, NOTICE);
    tag(scene);
    const next = await scene.sweep(24, NOTICE);
    expect([reasons(next), scene.left]).toEqual([['WITHIN_NOTICE'], 1]);
    expect(theOnly(next, REVOCATION_CALLED_OFF).detail.detail).toBe('it was exempt until 2026-01-02 00:00 UTC');
    expect(theOnly(next, REVOCATION_ANNOUNCED).detail.notBefore).toBe('2026-01-03T00:30:00.000Z');
    await scene.sweep(23, NOTICE);
    expect(scene.left).toBe(1);
    const later = await scene.sweep(1, NOTICE);
    expect([types(later).includes(REVOCATION_CALLED_OFF), scene.left]).toEqual([false, 0]);
  });

  test('ends the approval, and another one is asked for', async () => {
    const scene = new Scene();
    const asking = await scene.sweep(0, APPROVAL);
    expect((await scene.approve(approvalIn(asking, 1))).counts).toEqual({ APPROVED: 1 });
    scene.tag(TODAY);
    const next = await scene.sweep(24.5, APPROVAL);
    expect([reasons(next), scene.left]).toEqual([['AWAITING_APPROVAL'], 1]);
    expect((await scene.approve(approvalIn(next, 2))).counts).toEqual({ APPROVED: 1 });
    await scene.sweep(1, APPROVAL);
    expect(scene.left).toBe(0);
  });

  test('leaves a notice as it is that began after it', async () => {
    const scene = new Scene();
    scene.tag({ [EXEMPT_UNTIL_TAG]: '2025-12-31' });
    await scene.sweep(0, NOTICE);
    const later = await scene.sweep(24, NOTICE);
    expect([types(later).includes(REVOCATION_CALLED_OFF), scene.left]).toEqual([false, 0]);
  });
});

describe('an approval ends while revoking is on hold', () => {
  test('when the description changes, even if it is changed back before the hold is over', async () => {
    const scene = new Scene();
    const asking = await scene.sweep(0, APPROVAL);
    await scene.approve(approvalIn(asking, 1));
    await scene.pause(1);
    scene.change({ description: 'production, do not remove' });
    const during = await scene.sweep(0.1, APPROVAL);
    scene.change({ description: 'rule 1' });
    await scene.sweep(0.1, APPROVAL);
    expect([reasons(during), types(during).includes(APPROVAL_REQUESTED)]).toEqual([['PAUSED'], false]);
    const after = await scene.sweep(1, APPROVAL);
    expect([reasons(after), scene.left]).toEqual([['AWAITING_APPROVAL'], 1]);
    theOnly(after, APPROVAL_REQUESTED);
  });

  test('and not when nothing changes', async () => {
    const scene = new Scene();
    const asking = await scene.sweep(0, APPROVAL);
    await scene.approve(approvalIn(asking, 1));
    await scene.pause(1);
    expect(reasons(await scene.sweep(0.1, APPROVAL))).toEqual(['PAUSED']);
    await scene.sweep(1, APPROVAL);
    expect(scene.left).toBe(0);
  });
});

test('a topic that is new has to accept a message about the rule, and the notice begins then', async () => {
  const scene = new Scene();
  const { notificationsTopicArn, ...withoutTopic } = NOTICE;
  await scene.sweep(0, withoutTopic);
  const told = await scene.sweep(23, NOTICE);
  expect(types(told)).toEqual([]);
  expect(told.notifications.published[0].message).toContain('Announced: sgr-1 of sg-1');
  await scene.sweep(23, NOTICE);
  expect(scene.left).toBe(1);
  await scene.sweep(1, NOTICE);
  expect(scene.left).toBe(0);
});

test('a topic that is new when the notice is over has the table say so, too', async () => {
  const scene = new Scene();
  const { notificationsTopicArn, ...withoutTopic } = NOTICE;
  await scene.sweep(0, withoutTopic);
  const swept = await scene.sweep(25, NOTICE);
  expect([reasons(swept), scene.ledger.entries.get('sgr-1')?.keepReason, scene.left]).toEqual([['WITHIN_NOTICE'], 'WITHIN_NOTICE', 1]);
  expect(findingsPageOf(scene)).toContain('Revoked by the first sweep after 2026-01-03 01:00 UTC; announced at 2026-01-02 01:00 UTC');
});

test('a topic that is gone has told what it told', async () => {
  const scene = new Scene();
  const { notificationsTopicArn, ...withoutTopic } = NOTICE;
  await scene.sweep(0, NOTICE);
  await scene.sweep(24, withoutTopic);
  expect(scene.left).toBe(0);
});

describe('outside the window', () => {
  const anytime = { kind: 'revoke', anytime: true } as const;
  const narrowing = aFlaggedIngressRule({
    id: 'narrowing', action: anytime, replaceWith: [{ kind: 'cidr', cidr: parseCidr('203.0.113.0/24') }],
  });
  const plain = aFlaggedIngressRule({ id: 'plain', name: 'flaggedIngressRules[1]', match: 'OVERLAPS' });
  const having = (...flaggedIngressRules: typeof WINDOW['flaggedIngressRules']): typeof WINDOW => ({ ...WINDOW, flaggedIngressRules });

  test('a rule that may only be narrowed at any time is not revoked as a whole, and the table says when it is', async () => {
    const scene = new Scene();
    const swept = await scene.sweep(1, having(narrowing, plain));
    expect([reasons(swept), scene.left]).toEqual([['OUTSIDE_WINDOW'], 1]);
    expect(findingsPageOf(scene)).toContain('Revoked by the first sweep after 2026-01-01 08:00 UTC');
  });

  test('an announcement and the table know that, and the rules are counted before', async () => {
    const scene = new Scene(3);
    const configuration = { ...having(narrowing, plain), finalNoticeSeconds: 3600, maxRevocationsPerSweep: 2 };
    const first = await scene.sweep(0, configuration);
    for (const { detail } of first.events.sent.filter(({ type }) => type === REVOCATION_ANNOUNCED)) {
      expect(detail.opensAt).toBe('2026-01-01T08:00:00.000Z');
      expect(detail.message).toContain('It is revoked by the first sweep after 2026-01-01 08:00 UTC');
    }
    expect(findingsPageOf(scene)).toContain('Revoked by the first sweep after 2026-01-01 08:00 UTC');
    expect(theOnly(await scene.sweep(0.5, configuration), REVOCATION_WITHHELD).detail.count).toBe(3);
  });

  test('a rule is narrowed if that may be done at any time, and nothing else is declared', async () => {
    const scene = new Scene();
    const swept = await scene.sweep(1, having(narrowing));
    expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(1);
    expect([...scene.network.rules.values()].map(({ cidrIpv4 }) => cidrIpv4)).toEqual(['203.0.113.0/24']);
  });

  test('a rule is revoked if a declaration may revoke the whole of it at any time', async () => {
    const scene = new Scene();
    await scene.sweep(1, having({ ...plain, action: anytime }, { ...narrowing, action: { kind: 'revoke' } }));
    expect([...scene.network.rules.keys()]).not.toContain('sgr-1');
  });

  test('rules whose notice ends before it opens are counted with those that wait for it, if they are too many', async () => {
    const scene = new Scene(3);
    const few = { ...WINDOW, finalNoticeSeconds: 8 * 3600, maxRevocationsPerSweep: 2 };
    await scene.sweep(0, few);
    const before = await scene.sweep(7, few);
    expect(theOnly(before, REVOCATION_WITHHELD).detail).toMatchObject({ reason: 'OUTSIDE_WINDOW', count: 3 });
    expect(reasons(await scene.sweep(1.1, few))).toEqual(['OVER_LIMIT', 'OVER_LIMIT', 'OVER_LIMIT']);
  });

  test('rules whose notice ends after it has opened are not', async () => {
    const scene = new Scene(3);
    const few = { ...WINDOW, finalNoticeSeconds: 9 * 3600, maxRevocationsPerSweep: 2 };
    await scene.sweep(0, few);
    expect(types(await scene.sweep(7, few))).toEqual([]);
  });
});

test('a notice begins anew when something else is to replace the rule, which is told', async () => {
  const scene = new Scene();
  const having = (replaceWith?: string): typeof NOTICE => ({
    ...NOTICE, flaggedIngressRules: [aFlaggedIngressRule({
      ...replaceWith !== undefined && { replaceWith: [{ kind: 'cidr', cidr: parseCidr(replaceWith) }] },
    })],
  });
  await scene.sweep(0, having('203.0.113.0/24'));
  const other = await scene.sweep(25, having());
  expect(scene.ledger.entries.get('sgr-1')?.keepReason).toBe('WITHIN_NOTICE');
  expect(theOnly(other, REVOCATION_CALLED_OFF).detail.detail).toBe('something else is to replace it');
  expect(theOnly(other, REVOCATION_ANNOUNCED).detail).not.toHaveProperty('replacedBy');
  expect(scene.left).toBe(1);
  await scene.sweep(24, having());
  expect(scene.left).toBe(0);
});

test('an announcement that was not accepted names what is to replace the rule when it is made again', async () => {
  const scene = new Scene();
  const having = (replaceWith: string): typeof NOTICE => ({
    ...NOTICE, flaggedIngressRules: [aFlaggedIngressRule({ replaceWith: [{ kind: 'cidr', cidr: parseCidr(replaceWith) }] })],
  });
  await scene.sweep(0, having('203.0.113.0/24'), { events: new MemoryEvents(() => true) });
  const again = await scene.sweep(1, having('198.51.100.0/24'));
  expect(theOnly(again, REVOCATION_ANNOUNCED).detail.replacedBy).toEqual(['tcp 22 from 198.51.100.0/24']);
});

test('a pause is no reason for what an exemption has called off', async () => {
  const scene = new Scene();
  await scene.sweep(0.5, NOTICE);
  scene.tag(TODAY);
  await scene.pause(100);
  const next = await scene.sweep(24, NOTICE);
  expect(theOnly(next, REVOCATION_CALLED_OFF).detail.detail).toBe('it was exempt until 2026-01-02 00:00 UTC');
});

test('an exemption that has ended long ago is no reason for what a change has called off', async () => {
  const scene = new Scene();
  scene.tag({ [EXEMPT_UNTIL_TAG]: '2025-12-30' });
  await scene.sweep(0, NOTICE);
  scene.change({ fromPort: 20 });
  const covering = { ...NOTICE, flaggedIngressRules: [aFlaggedIngressRule({ match: 'COVERS' })] };
  const next = await scene.sweep(1, covering);
  expect(theOnly(next, REVOCATION_CALLED_OFF).detail.detail).toBe('it was modified');
});

test('the end of an approval follows the configuration', async () => {
  const scene = new Scene();
  const asking = await scene.sweep(0, APPROVAL);
  await scene.approve(approvalIn(asking, 1));
  await scene.sweep(0.1, configured({ approval: { validSeconds: 3600 }, revocationWindow: WINDOW.revocationWindow }));
  expect(findingsPageOf(scene)).toContain('valid until 2026-01-01 01:00 UTC');
});

test('an approval outlasts a prefix list that could not be read, and nobody is asked meanwhile', async () => {
  const scene = new Scene();
  const listed = aFlaggedIngressRule({
    id: 'listed', name: 'flaggedIngressRules[1]', action: { kind: 'report' }, match: 'OVERLAPS',
    traffic: aFlaggedIngressRule().traffic.map(each => ({ ...each, source: { kind: 'prefixList', prefixListId: 'pl-1' } as const })),
  });
  const both = configured({ approval: APPROVAL.approval, flaggedIngressRules: [aFlaggedIngressRule(), listed] });
  scene.network.lists.set('pl-1', { prefixListId: 'pl-1', cidrs: ['10.0.0.0/8'] });
  const asking = await scene.sweep(0, both);
  await scene.approve(approvalIn(asking, 1));
  const failing = { isOn: true };
  scene.network.on('prefixListEntries', { before: () => { if (failing.isOn) throw awsError('RequestLimitExceeded'); } });
  const half = await scene.sweep(1, both);
  expect([types(half).includes(APPROVAL_REQUESTED), scene.left]).toEqual([false, 1]);
  failing.isOn = false;
  const whole = await scene.sweep(1, both);
  expect([types(whole).includes(APPROVAL_REQUESTED), scene.left]).toEqual([false, 0]);
});

describe('a reading that fails changes neither the notice nor the approval, and nothing is revoked meanwhile:', () => {
  const BOTH = { ...NOTICE, approval: { validSeconds: 30 * 86_400 } };
  type Declared = ReturnType<typeof aFlaggedIngressRule>;
  const narrowing = (cidr: string, more: Partial<Declared> = {}): Declared =>
    aFlaggedIngressRule({ replaceWith: [{ kind: 'cidr', cidr: parseCidr(cidr) }], ...more });
  const ofList = aFlaggedIngressRule().traffic.map(each =>
    ({ ...each, source: { kind: 'prefixList', prefixListId: 'pl-1' } as const }));
  const second = { id: 'second', name: 'flaggedIngressRules[1]', match: 'OVERLAPS' as const };

  test.each<[string, 'prefixListEntries' | 'usedGroupIds', Declared[]]>([
    ['a prefix list, where both declarations narrow the rule', 'prefixListEntries', [
      narrowing('203.0.113.0/24'), narrowing('198.51.100.0/24', { ...second, traffic: ofList }),
    ]],
    ['a prefix list, where the other declaration cannot narrow the rule', 'prefixListEntries', [
      narrowing('0.0.0.0/0'), aFlaggedIngressRule({ ...second, traffic: ofList }),
    ]],
    ['the use of a default group', 'usedGroupIds', [
      narrowing('203.0.113.0/24'),
      aFlaggedIngressRule({ ...second, match: 'WITHIN', groups: { kind: 'default', evenInUse: false } }),
    ]],
  ])('%s', async (_, method, flaggedIngressRules) => {
    const scene = new Scene();
    const group = scene.network.groups.get('sg-1');
    if (group) scene.network.groups.set('sg-1', { ...group, groupName: 'default' });
    scene.network.lists.set('pl-1', { prefixListId: 'pl-1', cidrs: ['10.0.0.0/8'] });
    const configuration = { ...BOTH, flaggedIngressRules };
    const first = await scene.sweep(0, configuration);
    expect(types(first)).toContain(REVOCATION_ANNOUNCED);
    await scene.approve(approvalIn(first, 1));
    const failing = { isOn: true };
    scene.network.on(method, { before: () => { if (failing.isOn) throw awsError('RequestLimitExceeded'); } });
    for (const hours of [1, 24]) {
      const half = await scene.sweep(hours, configuration);
      const told = types(half).filter(type => type !== EventType.REVOCATION_WITHHELD);
      expect([told, scene.network.rules.has('sgr-1')]).toEqual([[], true]);
    }
    failing.isOn = false;
    const whole = await scene.sweep(1, configuration);
    for (const type of [REVOCATION_CALLED_OFF, REVOCATION_ANNOUNCED, APPROVAL_REQUESTED]) {
      expect(types(whole)).not.toContain(type);
    }
    expect(scene.network.rules.has('sgr-1')).toBe(false);
  });
});

test('the table says that nobody is asked while something cannot be read', async () => {
  const scene = new Scene();
  const listed = aFlaggedIngressRule({
    id: 'listed', name: 'flaggedIngressRules[1]', match: 'OVERLAPS',
    traffic: aFlaggedIngressRule().traffic.map(each => ({ ...each, source: { kind: 'prefixList', prefixListId: 'pl-9' } as const })),
  });
  const flaggedIngressRules = [aFlaggedIngressRule(), listed];
  await scene.sweep(0, configured({ approval: APPROVAL.approval, flaggedIngressRules }));
  expect(findingsPageOf(scene)).toContain('Waits for approval: nobody is asked before everything can be read that decides about it');
});

test('an announcement says what is to replace the rule, without an approval, too', async () => {
  const scene = new Scene();
  const narrowing = aFlaggedIngressRule({ replaceWith: [{ kind: 'cidr', cidr: parseCidr('203.0.113.0/24') }] });
  const swept = await scene.sweep(0, { ...NOTICE, flaggedIngressRules: [narrowing] });
  const { detail } = theOnly(swept, REVOCATION_ANNOUNCED);
  expect(detail.replacedBy).toEqual(['tcp 22 from 203.0.113.0/24']);
  expect(detail.message).toContain(', to be replaced by tcp 22 from 203.0.113.0/24, unless it is exempt or gone by then');
});

test('the table says when an approval ends, and that it ends before the window opens', async () => {
  const scene = new Scene();
  const configuration = configured({ approval: { validSeconds: 3600 }, revocationWindow: WINDOW.revocationWindow });
  const asking = await scene.sweep(0, configuration);
  const { rules: [{ validUntil }] } = await scene.approve(approvalIn(asking, 1));
  expect(validUntil).toBe('2026-01-01T01:00:00.000Z');
  await scene.sweep(0.5, configuration);
  const page = findingsPageOf(scene);
  expect(page).toContain('Revoked by the first sweep after 2026-01-01 08:00 UTC, once a person has approved it');
  expect(page).toContain('approved at 2026-01-01 00:00 UTC, valid until 2026-01-01 01:00 UTC');
});
