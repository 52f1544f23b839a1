/**
 * Tests that announcements and approvals outlast what could not be read or delivered, and end with what a person has
 * decided.
 */
import { type ApproveRequest } from '../../../lambda/core/act/approve';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { ACCOUNT, aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { findingsPageOf } from '../../support/findings';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryEvents, MemoryNotifications } from '../../support/recorders';
import type { Swept } from '../../support/swept';
import { APPROVAL, configured, NOTICE, reasons, Scene, theOnly, types } from '../../support/waiting-scene';

const { REVOCATION_ANNOUNCED, REVOCATION_CALLED_OFF, APPROVAL_REQUESTED } = EventType;

const BOTH = configured({ ...NOTICE, approval: APPROVAL.approval });

/** A scene whose rule is stale and flagged. */
function staleScene(): Scene {
  const reference = { groupId: 'sg-gone', userId: ACCOUNT, vpcId: 'vpc-2' };
  const scene = new Scene(0);
  const network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT })],
    rules: [aRuleFromAnywhere({ cidrIpv4: undefined, referencedGroup: reference })],
    stale: {
      'vpc-1': [{
        groupId: 'sg-1', groupName: 'web', egress: [],
        ingress: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference }],
      }],
    },
  });
  return Object.assign(scene, { network });
}

const fromAnyone = aFlaggedIngressRule({
  match: 'COVERS', traffic: aFlaggedIngressRule().traffic.map(each => ({ ...each, source: { kind: 'any' } as const })),
});

/** Lets a reading fail for as long as the switch is on. */
function fail({ network }: Scene, method: 'staleSecurityGroups' | 'vpcs', failing: { readonly isOn: boolean }): void {
  network.on(method, {
    before: () => {
      if (failing.isOn) throw awsError('RequestLimitExceeded');
    },
  });
}

const digestIn = (swept: Swept): string => String(theOnly(swept, APPROVAL_REQUESTED).detail.digest);
const approvalOf = (sweep: number, digest: string): ApproveRequest => ({ sweepId: `sweep-${sweep}`, digest });

describe('a reading that fails', () => {
  const STALE_AND_FLAGGED: DecodedConfiguration = { ...BOTH, staleRules: 'revoke', flaggedIngressRules: [fromAnyone] };
  const STALE_AND_REPORTED: DecodedConfiguration = {
    ...STALE_AND_FLAGGED, flaggedIngressRules: [{ ...fromAnyone, action: { kind: 'report' } }],
  };
  const NAMED = { ...BOTH, flaggedIngressRules: [aFlaggedIngressRule({ groups: { kind: 'named', groupId: 'sg-1' } })] };

  test.each<[string, DecodedConfiguration, 'staleSecurityGroups' | 'vpcs']>([
    ['stale rules, of a rule that is also flagged', STALE_AND_FLAGGED, 'staleSecurityGroups'],
    ['stale rules, of a rule that is otherwise only reported', STALE_AND_REPORTED, 'staleSecurityGroups'],
    ['the VPCs, of a group that a declaration names', NAMED, 'vpcs'],
  ])('of %s, calls nothing off, asks for nothing else, and ends no approval', async (_, configuration, method) => {
    const scene = configuration === NAMED ? new Scene() : staleScene();
    const digest = digestIn(await scene.sweep(0, configuration));
    expect((await scene.approve(approvalOf(1, digest))).counts).toEqual({ APPROVED: 1 });
    const failing = { isOn: true };
    fail(scene, method, failing);
    const half = await scene.sweep(25, configuration);
    expect(types(half)).toEqual([]);
    expect(scene.left).toBe(1);
    failing.isOn = false;
    const whole = await scene.sweep(1, configuration);
    expect(types(whole)).not.toContain(REVOCATION_ANNOUNCED);
    expect(types(whole)).not.toContain(APPROVAL_REQUESTED);
    expect(scene.left).toBe(0);
  });

  test('asks nobody to approve half of a reason, and a whole one is asked for later', async () => {
    const configuration = { ...STALE_AND_FLAGGED, finalNoticeSeconds: undefined };
    const scene = staleScene();
    await scene.sweep(0, { ...configuration, approval: undefined, dryRun: true });
    const failing = { isOn: true };
    fail(scene, 'staleSecurityGroups', failing);
    const half = await scene.sweep(1, configuration);
    expect([types(half), reasons(half)]).toEqual([[], ['AWAITING_APPROVAL']]);
    failing.isOn = false;
    const { detail } = theOnly(await scene.sweep(1, configuration), APPROVAL_REQUESTED);
    expect(JSON.stringify(detail.rules)).toMatch(/stale/);
  });

  test('does not keep an announcement of a rule that a person exempts meanwhile', async () => {
    const scene = staleScene();
    await scene.sweep(0, STALE_AND_REPORTED);
    fail(scene, 'staleSecurityGroups', { isOn: true });
    const [rule] = scene.network.rules.values();
    scene.network.rules.set(rule.securityGroupRuleId, { ...rule, tags: { [EXEMPT_TAG]: '' } });
    expect(types(await scene.sweep(1, STALE_AND_REPORTED))).toEqual([REVOCATION_CALLED_OFF]);
  });
});

describe('a notice that is no longer asked for', () => {
  test('is called off all the same by an exemption, so it does not count when notices are asked for again', async () => {
    const scene = new Scene();
    await scene.sweep(0, NOTICE);
    scene.tag({ [EXEMPT_TAG]: '' });
    const without = configured({});
    expect(types(await scene.sweep(1, without))).toEqual([REVOCATION_CALLED_OFF]);
    scene.tag({});
    const again = await scene.sweep(99, NOTICE);
    expect([types(again), reasons(again), scene.left]).toEqual([[REVOCATION_ANNOUNCED], ['WITHIN_NOTICE'], 1]);
  });

  test('is not called off if the rule is due', async () => {
    const scene = new Scene();
    await scene.sweep(0, NOTICE);
    const paused = await scene.sweep(1, configured({ approval: APPROVAL.approval }));
    expect(types(paused)).toEqual([APPROVAL_REQUESTED]);
  });
});

describe('a request to approve', () => {
  test('that was not accepted is made again until it is, and not after that', async () => {
    const scene = new Scene();
    const failing = { events: new MemoryEvents(({ type }) => type === APPROVAL_REQUESTED) };
    await scene.sweep(0, APPROVAL, failing);
    await scene.sweep(1, APPROVAL, { notifications: new MemoryNotifications(new Error('no such topic')) });
    const digest = digestIn(await scene.sweep(1, APPROVAL));
    expect(types(await scene.sweep(1, APPROVAL))).toEqual([]);
    expect((await scene.approve(approvalOf(3, digest))).counts).toEqual({ APPROVED: 1 });
    await scene.sweep(1, APPROVAL);
    expect(scene.left).toBe(0);
  });

  test('that was approved all the same is not made again', async () => {
    const scene = new Scene();
    await scene.sweep(0, APPROVAL, { events: new MemoryEvents(() => true) });
    const asked = await scene.ledger.asked('sweep-1');
    await scene.approve(approvalOf(1, String(asked?.rules[0].request)));
    expect(types(await scene.sweep(1, { ...APPROVAL, finalNoticeSeconds: 3600 }))).not.toContain(APPROVAL_REQUESTED);
  });

  test('shows 20 rules at most, and its command approves these and no others', async () => {
    const scene = new Scene(45);
    const swept = await scene.sweep(0, APPROVAL, { approveFunctionName: 'hygiene:approve' } as never);
    const requests = swept.events.sent.filter(({ type }) => type === APPROVAL_REQUESTED).map(({ detail }) => detail);
    const counts = requests.map(({ count, rules }) => [count, (rules as object[]).length]);
    expect(counts).toEqual([[20, 20], [20, 20], [5, 5]]);
    expect(new Set(requests.map(({ digest }) => digest)).size).toBe(3);
    const second = requests[1];
    expect((await scene.approve(approvalOf(1, String(second.digest)))).counts).toEqual({ APPROVED: 20 });
    await scene.sweep(1, APPROVAL);
    const gone = (second.rules as Array<{ securityGroupRuleId: string }>).map(each => each.securityGroupRuleId);
    expect(scene.left).toBe(25);
    expect(gone.filter(id => scene.network.rules.has(id))).toEqual([]);
  });

  test('can be approved again when the approval has ended before a sweep used it', async () => {
    const scene = new Scene();
    const digest = digestIn(await scene.sweep(0, APPROVAL));
    expect((await scene.approve(approvalOf(1, digest))).counts).toEqual({ APPROVED: 1 });
    expect((await scene.approve(approvalOf(1, digest))).counts).toEqual({ ALREADY_APPROVED: 1 });
    scene.clock.advance(90 * 3_600_000);
    expect((await scene.approve(approvalOf(1, digest))).counts).toEqual({ APPROVED: 1 });
    await scene.sweep(1, APPROVAL);
    expect(scene.left).toBe(0);
  });
});

test('a message that does not name a rule does not begin its notice, and the next one names it', async () => {
  const scene = new Scene(300);
  const first = await scene.sweep(0, NOTICE);
  const named = ({ notifications }: Swept): number =>
    notifications.published.flatMap(({ message }) => [...message.matchAll(/Announced: sgr-/g)]).length;
  expect(named(first)).toBe(240);
  const second = await scene.sweep(1, NOTICE);
  expect([named(second), types(second)]).toEqual([60, []]);
  await scene.sweep(23, NOTICE);
  expect(scene.left).toBe(60);
  expect(findingsPageOf(scene)).toContain('announced at 2026-01-01 01:00 UTC');
  await scene.sweep(1, NOTICE);
  expect(scene.left).toBe(0);
});
