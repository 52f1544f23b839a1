/** Tests what a rule waits for that is due: its final notice, its approval, and the revocation window. */
import { digestOfSet } from '../../../lambda/core/decide/approval';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { EventType } from '../../../src/contract/names';
import { aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { findingsPageOf } from '../../support/findings';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryEvents, MemoryNotifications } from '../../support/recorders';
import { ACCOUNT, type Circumstances, run, START, type Swept } from '../../support/swept';
import {
  APPROVAL, configured, HOUR_MILLIS, NOTICE, reasons, Scene, theOnly, types, WINDOW,
} from '../../support/waiting-scene';

describe('a final notice', () => {
  test('is told once, by event, message, log and table, and the rule is revoked when it is over', async () => {
    const scene = new Scene();
    const first = await scene.sweep(0, NOTICE);
    expect(reasons(first)).toEqual(['WITHIN_NOTICE']);
    const { detail } = theOnly(first, EventType.REVOCATION_ANNOUNCED);
    expect(detail).toMatchObject({ securityGroupRuleId: 'sgr-1', notBefore: '2026-01-02T00:00:00.000Z', needsApproval: false });
    expect(detail.message).toContain('It is revoked by the first sweep after 2026-01-02 00:00 UTC, unless it is exempt or gone');
    expect(first.notifications.published[0].message).toContain('Announced (1)\n- Announced: sgr-1 of sg-1');
    expect(first.log.ofEvent('Announcement')).toMatchObject([{ fields: { change: 'ANNOUNCED' } }]);
    expect(findingsPageOf(scene))
      .toContain('Revoked by the first sweep after 2026-01-02 00:00 UTC; announced at 2026-01-01 00:00 UTC');
    const later = await scene.sweep(23, NOTICE);
    expect([reasons(later), types(later), scene.left]).toEqual([['WITHIN_NOTICE'], [], 1]);
    expect((await scene.sweep(1, NOTICE)).metrics.aggregates.IngressRulesRevoked).toBe(1);
    expect(scene.left).toBe(0);
  });

  test('that no event bus accepts is told again, and begins when everyone was told', async () => {
    const scene = new Scene();
    const events = new MemoryEvents(({ type }) => type === EventType.REVOCATION_ANNOUNCED);
    const first = await scene.sweep(0, NOTICE, { events });
    expect(first.deliveriesFailed).toBe(1);
    const second = await scene.sweep(30, NOTICE);
    expect(types(second)).toEqual([EventType.REVOCATION_ANNOUNCED]);
    // The message was accepted the first time.
    expect(second.notifications.published.map(({ message }) => message).join()).toContain('Announced (1)');
    expect(reasons(await scene.sweep(23, NOTICE))).toEqual(['WITHIN_NOTICE']);
    expect((await scene.sweep(1, NOTICE)).metrics.aggregates.IngressRulesRevoked).toBe(1);
  });

  test('whose message fails is told again by a message alone, and begins then', async () => {
    const scene = new Scene();
    const first = await scene.sweep(0, NOTICE, { notifications: new MemoryNotifications(new Error('no such topic')) });
    expect(types(first)).toContain(EventType.REVOCATION_ANNOUNCED);
    const second = await scene.sweep(30, NOTICE);
    expect(types(second)).toEqual([]);
    expect(second.notifications.published[0].message).toContain('Announced: sgr-1');
    expect(scene.left).toBe(1);
    expect((await scene.sweep(24, NOTICE)).metrics.aggregates.IngressRulesRevoked).toBe(1);
  });

  test('that was sent and could not be recorded is sent again rather than never', async () => {
    const scene = new Scene();
    let isFirst = true;
    scene.ledger.on('put', {
      throws: Object.assign(new Error('throttled'), { name: 'ProvisionedThroughputExceededException' }),
      when: () => {
        const isTold = scene.ledger.entries.get('sgr-1')?.announced !== undefined && isFirst;
        if (isTold) isFirst = false;
        return isTold;
      },
    } as never);
    await scene.sweep(0, NOTICE);
    const second = await scene.sweep(1, NOTICE);
    expect(scene.left).toBe(1);
    expect(types(second).filter(type => type === EventType.REVOCATION_ANNOUNCED).length).toBeLessThanOrEqual(1);
  });

  test('is called off when the rule is exempted, and given anew when the exemption is gone', async () => {
    const scene = new Scene();
    await scene.sweep(0, NOTICE);
    scene.tag({ [EXEMPT_TAG]: 'bastion' });
    const exempted = await scene.sweep(30, NOTICE);
    expect(theOnly(exempted, EventType.REVOCATION_CALLED_OFF).detail).toMatchObject({ keepReason: 'EXEMPT_BY_RULE_TAG' });
    expect(exempted.notifications.published[0].message).toContain('Called off (1)');
    scene.tag({});
    expect(types(await scene.sweep(1, NOTICE))).toEqual([EventType.REVOCATION_ANNOUNCED]);
    expect(reasons(await scene.sweep(23, NOTICE))).toEqual(['WITHIN_NOTICE']);
    expect((await scene.sweep(1, NOTICE)).metrics.aggregates.IngressRulesRevoked).toBe(1);
  });

  test.each([
    ['someone removes the rule', (scene: Scene) => scene.network.rules.delete('sgr-1')],
    ['it is no longer flagged', (scene: Scene) => scene.change({ cidrIpv4: '10.0.0.0/8' })],
  ])('is called off when %s', async (_, act) => {
    const scene = new Scene();
    await scene.sweep(0, NOTICE);
    act(scene);
    const healed = await scene.sweep(1, NOTICE);
    theOnly(healed, EventType.REVOCATION_CALLED_OFF);
    expect(types(healed)).toContain(EventType.FINDING_RESOLVED);
    expect(types(await scene.sweep(1, NOTICE))).toEqual([]);
  });

  test('is neither given nor called off while revoking is paused, disabled or a dry run from the start', async () => {
    for (const off of [{ dryRun: true }, { enabled: false }]) {
      const scene = new Scene();
      expect(types(await scene.sweep(0, { ...NOTICE, ...off }))).toEqual([EventType.FINDING_OPENED]);
    }
  });

  test('is left to the other run while that one gives it', async () => {
    const scene = new Scene();
    await scene.sweep(0, NOTICE, { events: new MemoryEvents(() => true), notifications: new MemoryNotifications(new Error('x')) });
    expect(types(await scene.sweep(0, NOTICE))).toEqual([]);
    expect(types(await scene.sweep(1, NOTICE))).toEqual([EventType.REVOCATION_ANNOUNCED]);
  });
});

describe('an approval', () => {
  const digestIn = (swept: Swept): string => String(theOnly(swept, EventType.APPROVAL_REQUESTED).detail.digest);

  test('is asked for once, with what is to be approved, and the next sweep after it revokes', async () => {
    const scene = new Scene(2);
    const first = await scene.sweep(0, APPROVAL);
    expect(reasons(first)).toEqual(['AWAITING_APPROVAL', 'AWAITING_APPROVAL']);
    expect(first.result?.due).toBe(0);
    expect(first.metrics.aggregates).toMatchObject({ RulesAwaitingApproval: 2, RevocationsWithheld: 0 });
    const { detail } = theOnly(first, EventType.APPROVAL_REQUESTED);
    expect(detail).toMatchObject({ count: 2, rules: [{ securityGroupRuleId: 'sgr-1', traffic: 'tcp 22 from 0.0.0.0/0' }, {}] });
    const later = await scene.sweep(1, APPROVAL);
    expect([reasons(later), types(later)]).toEqual([['AWAITING_APPROVAL', 'AWAITING_APPROVAL'], []]);
    const report = await scene.approve({ sweepId: 'sweep-1', digest: String(detail.digest), approvedBy: 'ann' });
    expect(report.counts).toEqual({ APPROVED: 2 });
    expect(scene.left).toBe(2);
    const revoked = await scene.sweep(1, APPROVAL);
    expect(revoked.metrics.aggregates.IngressRulesRevoked).toBe(2);
    const event = revoked.events.sent.find(({ type }) => type === EventType.INGRESS_RULE_REVOKED);
    expect(event?.detail.approval).toMatchObject({ approvedBy: 'ann', by: 'approve-1' });
    expect(event?.detail.message).toContain('by ann (unverified)');
  });

  test('of a sweep is about what that sweep has listed, and nothing that was found since', async () => {
    const scene = new Scene(1);
    const digest = digestIn(await scene.sweep(0, APPROVAL));
    scene.network.rules.set('sgr-new', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-new', description: 'new' }));
    await scene.sweep(1, APPROVAL);
    expect((await scene.approve({ sweepId: 'sweep-1', digest })).counts).toEqual({ APPROVED: 1 });
    const swept = await scene.sweep(1, APPROVAL);
    expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(1);
    expect([...scene.network.rules.keys()]).toEqual(['sgr-new']);
  });

  test.each([
    ['a sweep that has asked for nothing', { sweepId: 'sweep-9' }, 'The sweep sweep-9 of Stack/Hygiene has asked for no approval'],
    ['another digest', { sweepId: 'sweep-1' }, 'is not that of what the sweep sweep-1 has shown'],
  ])('of %s is refused, and nothing is approved', async (_, request, words) => {
    const scene = new Scene();
    await scene.sweep(0, APPROVAL);
    await expect(scene.approve({ ...request, digest: '0123456789abcdef' })).rejects.toThrow(words);
    expect(reasons(await scene.sweep(1, APPROVAL))).toEqual(['AWAITING_APPROVAL']);
  });

  test('of rules by their ids needs the digest of all of them', async () => {
    const scene = new Scene(2);
    await scene.sweep(0, APPROVAL);
    const shown = [...scene.ledger.entries.values()].map(({ securityGroupRuleId, approval }) =>
      ({ securityGroupRuleId, digest: approval?.digest ?? '' }));
    const ids = shown.map(({ securityGroupRuleId }) => securityGroupRuleId);
    const wrong = await scene.approve({ securityGroupRuleIds: ids, digest: digestOfSet(shown.slice(0, 1)) });
    expect(wrong.counts).toEqual({ CHANGED: 2 });
    const digest = digestOfSet(shown);
    expect((await scene.approve({ securityGroupRuleIds: ids, digest })).counts).toEqual({ APPROVED: 2 });
    expect((await scene.approve({ securityGroupRuleIds: ids, digest })).counts).toEqual({ ALREADY_APPROVED: 2 });
    expect((await scene.approve({ securityGroupRuleIds: ['sgr-0'], digest })).counts).toEqual({ UNKNOWN: 1 });
  });

  test.each([
    ['its description', (scene: Scene) => scene.change({ description: 'other' }), APPROVAL],
    ['its source', (scene: Scene) => scene.change({ cidrIpv4: '0.0.0.0/1' }), configured({
      ...APPROVAL, flaggedIngressRules: [aFlaggedIngressRule({ match: 'OVERLAPS' })],
    })],
  ])('ends when the rule changes in %s, and is asked for again', async (_, act, configuration) => {
    const scene = new Scene();
    const digest = digestIn(await scene.sweep(0, configuration));
    await scene.approve({ sweepId: 'sweep-1', digest });
    act(scene);
    const changed = await scene.sweep(1, configuration);
    expect(reasons(changed)).toEqual(['AWAITING_APPROVAL']);
    expect(digestIn(changed)).not.toBe(digest);
    expect(scene.left).toBe(1);
    expect((await scene.approve({ sweepId: 'sweep-1', digest })).counts).toEqual({ CHANGED: 1 });
  });

  test('ends when the reason of its declaration changes: the person has agreed to another one', async () => {
    const scene = new Scene();
    const digest = digestIn(await scene.sweep(0, APPROVAL));
    await scene.approve({ sweepId: 'sweep-1', digest });
    const other = { ...APPROVAL, flaggedIngressRules: [aFlaggedIngressRule({ reason: 'another reason' })] };
    expect(reasons(await scene.sweep(1, other))).toEqual(['AWAITING_APPROVAL']);
  });

  test('ends after its time when no sweep has used it, and is asked for again', async () => {
    const scene = new Scene();
    const digest = digestIn(await scene.sweep(0, APPROVAL));
    await scene.approve({ sweepId: 'sweep-1', digest });
    const late = await scene.sweep(48, APPROVAL);
    expect(reasons(late)).toEqual(['AWAITING_APPROVAL']);
    expect(digestIn(late)).toBe(digest);
  });

  test('lifts nothing else: an exempt rule stays, and so does one that is within its notice or its grace', async () => {
    const scene = new Scene();
    const both = { ...APPROVAL, finalNoticeSeconds: 24 * 3600 };
    const digest = digestIn(await scene.sweep(0, both));
    await scene.approve({ sweepId: 'sweep-1', digest });
    expect(reasons(await scene.sweep(1, both))).toEqual(['WITHIN_NOTICE']);
    scene.tag({ [EXEMPT_TAG]: '' });
    expect(reasons(await scene.sweep(24, both))).toEqual(['EXEMPT_BY_RULE_TAG']);
    expect((await scene.approve({ sweepId: 'sweep-1', digest })).counts).toEqual({ NOT_AWAITING: 1 });
    scene.tag({});
    // The exemption has ended the approval.
    expect(reasons(await scene.sweep(1, both))).toEqual(['AWAITING_APPROVAL']);
    expect(scene.left).toBe(1);
  });

  test('can be given rule by rule if the list could not be written', async () => {
    const scene = new Scene();
    scene.ledger.on('putAsked', { throws: Object.assign(new Error('no'), { name: 'InternalServerError' }) } as never);
    const swept = await scene.sweep(0, APPROVAL);
    const { detail } = theOnly(swept, EventType.APPROVAL_REQUESTED);
    const report = await scene.approve({ securityGroupRuleIds: ['sgr-1'], digest: String(detail.digest) });
    expect(report.counts).toEqual({ APPROVED: 1 });
  });
});

describe('a revocation window', () => {
  test('keeps what is due outside it, says when it opens, and lets the first sweep of everything in it revoke', async () => {
    const scene = new Scene();
    const outside = await scene.sweep(7, WINDOW);
    expect(reasons(outside)).toEqual(['OUTSIDE_WINDOW']);
    expect(outside.metrics.aggregates).toMatchObject({ RulesOutsideWindow: 1, RevocationsWithheld: 0 });
    expect(outside.result?.due).toBe(0);
    expect(findingsPageOf(scene)).toContain('Revoked by the first sweep after 2026-01-01 08:00 UTC');
    const groups: Circumstances = { trigger: 'change', scope: { kind: 'groups', groupIds: ['sg-1'] } };
    expect(reasons(await scene.sweep(1, WINDOW, groups))).toEqual(['OUTSIDE_WINDOW']);
    expect((await scene.sweep(0, WINDOW)).metrics.aggregates.IngressRulesRevoked).toBe(1);
  });

  test('lets runs over some groups revoke after that sweep, until it closes', async () => {
    const scene = new Scene(0);
    await scene.sweep(8.1, WINDOW);
    const groups: Circumstances = { trigger: 'change', scope: { kind: 'groups', groupIds: ['sg-1'] } };
    scene.network.rules.set('sgr-1', aRuleFromAnywhere());
    expect((await scene.sweep(0.1, WINDOW, groups)).metrics.aggregates.IngressRulesRevoked).toBe(1);
    scene.network.rules.set('sgr-1', aRuleFromAnywhere());
    expect(reasons(await scene.sweep(2, WINDOW, groups))).toEqual(['OUTSIDE_WINDOW']);
  });

  test('lets a declaration through that may revoke at any time, and nothing else', async () => {
    const scene = new Scene(0);
    scene.network.rules.set('sgr-any', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-any' }));
    scene.network.rules.set('sgr-web', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-web', fromPort: 8080, toPort: 8080 }));
    const web = aFlaggedIngressRule();
    const configuration = configured({
      ...WINDOW,
      flaggedIngressRules: [
        aFlaggedIngressRule({ id: 'any', action: { kind: 'revoke', anytime: true } }),
        { ...web, id: 'web', name: 'flaggedIngressRules[1]', traffic: web.traffic.map(each => ({ ...each, fromPort: 8080, toPort: 8080 })) },
      ],
    });
    const swept = await scene.sweep(1, configuration);
    expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(1);
    expect(swept.network.rules.has('sgr-any')).toBe(false);
  });

  test('tells before it opens that more rules wait than one sweep may revoke, once', async () => {
    const scene = new Scene(3);
    const few = { ...WINDOW, maxRevocationsPerSweep: 2 };
    const swept = await scene.sweep(1, few);
    const { detail } = theOnly(swept, EventType.REVOCATION_WITHHELD);
    expect(detail).toMatchObject({ reason: 'OUTSIDE_WINDOW', count: 3, maxRevocationsPerSweep: 2 });
    expect(types(await scene.sweep(1, few))).toEqual([]);
    const opened = await scene.sweep(6.5, few);
    expect(reasons(opened)).toEqual(['OVER_LIMIT', 'OVER_LIMIT', 'OVER_LIMIT']);
    expect(scene.left).toBe(3);
  });

  test('that closes while the sweep works keeps what the sweep has not called for yet', async () => {
    const scene = new Scene();
    const { network, clock } = scene;
    const read = network.securityGroupRules.bind(network);
    let readings = 0;
    network.securityGroupRules = filter => {
      readings += 1;
      // The last reading before the call takes until the window has closed.
      if (readings > 1) clock.advance(2 * HOUR_MILLIS);
      return read(filter);
    };
    const swept = await scene.sweep(8.1, WINDOW, { revokeUntil: new Date(START.getTime() + 24 * HOUR_MILLIS) });
    expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(0);
    expect(scene.left).toBe(1);
  });

  test('binds a rule again that was stale, as EC2 no longer calls it so right before the call', async () => {
    const reference = { groupId: 'sg-gone', userId: ACCOUNT, vpcId: 'vpc-2' };
    const stale = {
      'vpc-1': [{
        groupId: 'sg-1', groupName: 'web', egress: [],
        ingress: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference }],
      }],
    };
    const rule = aRuleFromAnywhere({ cidrIpv4: undefined, referencedGroup: reference });
    const configuration = configured({
      ...WINDOW, staleRules: 'revoke', staleRulesAnytime: true,
      flaggedIngressRules: [aFlaggedIngressRule({ match: 'COVERS', traffic: aFlaggedIngressRule().traffic.map(each => ({ ...each, source: { kind: 'any' } })) })],
    });
    const sweepOf = async (isHealing: boolean): Promise<Swept> => {
      const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT })], rules: [rule], stale });
      const read = network.staleSecurityGroups.bind(network);
      let readings = 0;
      network.staleSecurityGroups = async vpcId => {
        readings += 1;
        return isHealing && readings > 1 ? [] : read(vpcId);
      };
      return run(configuration, network, { clock: new MemoryClock(START) });
    };
    expect((await sweepOf(false)).network.rules.size).toBe(0);
    const healed = await sweepOf(true);
    expect(healed.network.rules.size).toBe(1);
    expect(healed.log.ofEvent('Revocation')).toMatchObject([{ fields: { outcome: 'SKIPPED' } }]);
  });
});
