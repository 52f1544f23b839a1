/** Tests sweeps over rules whose revocation a person has to approve, and the request that approves it. */
import { approve, type ApproveReport, type ApproveRequest } from '../../../lambda/core/act/approve';
import { digestOfSet } from '../../../lambda/core/decide/approval';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { aDecodedConfiguration, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../support/recorders';
import { ACCOUNT, run, sshFlagged, START, type Swept } from '../../support/swept';

const HOUR_MILLIS = 3_600_000;
const CONFIGURATION = aDecodedConfiguration({
  flaggedIngressRules: [sshFlagged()], approval: { validSeconds: 86_400 },
  notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:topic',
});

/** Two flagged rules in two groups, which an hourly sweep finds. */
class Scene {
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }],
    groups: [aGroup({ ownerId: ACCOUNT }), aGroup({ groupId: 'sg-2', ownerId: ACCOUNT })],
  });
  readonly ledger = new MemoryLedger();
  readonly clock = new MemoryClock(START);
  readonly log = new MemoryLog();
  private count = 0;

  constructor() {
    this.add('sgr-1');
    this.add('sgr-2', { groupId: 'sg-2' });
  }

  add(securityGroupRuleId: string, overrides: Parameters<typeof aRuleFromAnywhere>[0] = {}): void {
    this.network.rules.set(securityGroupRuleId, aRuleFromAnywhere({ securityGroupRuleId, ...overrides }));
  }

  async sweep(configuration = CONFIGURATION): Promise<Swept> {
    this.clock.advance(HOUR_MILLIS);
    this.count += 1;
    const { ledger, clock, count } = this;
    return run(configuration, this.network, { ledger, clock, sweepId: `sweep-${count}` });
  }

  approve(request: ApproveRequest): Promise<ApproveReport> {
    const { ledger, clock, log: { log } } = this;
    return approve(request, { ledger, clock, log, id: 'approve-1', hygiene: 'Stack/Hygiene' });
  }

  /** The digest of rules, as it is shown now. */
  async digest(...ids: string[]): Promise<string> {
    const { entries } = await this.ledger.find(ids);
    return digestOfSet(entries.map(({ securityGroupRuleId, approval }) =>
      ({ securityGroupRuleId, digest: approval?.digest ?? 'none' })));
  }

  get there(): string[] {
    return [...this.network.rules.keys()].filter(id => id.startsWith('sgr-')).sort();
  }
}

const keptAs = ({ result }: Swept): Array<string | undefined> => (result?.plan.keep ?? []).map(({ reason }) => reason);
const outcomes = ({ rules }: ApproveReport): Array<[string, string]> =>
  rules.map(({ securityGroupRuleId, outcome }) => [securityGroupRuleId, outcome]);

test('a rule waits, is asked for once, and is revoked by the sweep after its approval; others still wait', async () => {
  const scene = new Scene();
  const first = await scene.sweep();
  expect(keptAs(first)).toEqual(['AWAITING_APPROVAL', 'AWAITING_APPROVAL']);
  const asked = first.events.sent.filter(({ type }) => type === 'Approval Requested');
  expect(asked.map(({ detail }) => detail.count)).toEqual([2]);
  expect((await scene.sweep()).events.sent).toEqual([]);

  const report = await scene.approve({ securityGroupRuleIds: ['sgr-1'], digest: await scene.digest('sgr-1'), approvedBy: 'Jo' });
  expect(report).toMatchObject({ approvedBy: 'Jo', counts: { APPROVED: 1 } });
  expect(scene.there).toEqual(['sgr-1', 'sgr-2']);
  const [line] = scene.log.ofEvent('Approval');
  expect(line).toMatchObject({ level: 'WARN', fields: { outcome: 'APPROVED', securityGroupRuleId: 'sgr-1', approvedBy: 'Jo' } });

  const next = await scene.sweep();
  expect(scene.there).toEqual(['sgr-2']);
  expect(keptAs(next)).toEqual(['AWAITING_APPROVAL']);
});

test('the command of the event approves what its sweep listed, and nothing that a later sweep found', async () => {
  const scene = new Scene();
  const { events } = await scene.sweep();
  const detail = events.sent.find(({ type }) => type === 'Approval Requested')?.detail;
  scene.add('sgr-3');
  await scene.sweep();
  const payload = /--payload '([^']+)'/.exec(String(detail?.approveCommand))?.[1] ?? '';
  const { approve: request } = JSON.parse(payload) as { approve: ApproveRequest };
  expect(request).toEqual({ sweepId: 'sweep-1', digest: detail?.digest });
  expect(outcomes(await scene.approve(request))).toEqual([['sgr-1', 'APPROVED'], ['sgr-2', 'APPROVED']]);
  expect(outcomes(await scene.approve(request))).toEqual([['sgr-1', 'ALREADY_APPROVED'], ['sgr-2', 'ALREADY_APPROVED']]);
  await scene.sweep();
  expect(scene.there).toEqual(['sgr-3']);
});

describe('nothing is approved', () => {
  /** Approves, and expects that the next sweep revokes nothing. */
  async function refused(scene: Scene, request: ApproveRequest): Promise<ApproveReport> {
    const before = scene.there;
    const report = await scene.approve(request);
    await scene.sweep();
    expect(scene.there).toEqual(before);
    return report;
  }

  test('with the digest of another rule', async () => {
    const scene = new Scene();
    await scene.sweep();
    const report = await refused(scene, { securityGroupRuleIds: ['sgr-1'], digest: await scene.digest('sgr-2') });
    expect(outcomes(report)).toEqual([['sgr-1', 'CHANGED']]);
  });

  test('with the digest of one rule for two', async () => {
    const scene = new Scene();
    await scene.sweep();
    const report = await refused(scene, { securityGroupRuleIds: ['sgr-1', 'sgr-2'], digest: await scene.digest('sgr-1') });
    expect(report.counts).toEqual({ CHANGED: 2 });
  });

  test('of a sweep that asked for nothing, or with another digest than that of its list', async () => {
    const scene = new Scene();
    await scene.sweep();
    await scene.sweep();
    const digest = await scene.digest('sgr-1', 'sgr-2');
    await expect(scene.approve({ sweepId: 'sweep-2', digest })).rejects.toThrow('has asked for no approval. Nothing was approved');
    await expect(scene.approve({ sweepId: 'sweep-1', digest: await scene.digest('sgr-1') }))
      .rejects.toThrow('Nothing was approved. Look at the rules again');
    await scene.sweep();
    expect(scene.there).toEqual(['sgr-1', 'sgr-2']);
  });

  test('of a rule that was modified after it was shown', async () => {
    const scene = new Scene();
    await scene.sweep();
    const digest = await scene.digest('sgr-1');
    scene.add('sgr-1', { description: 'another purpose' });
    await scene.sweep();
    expect(outcomes(await refused(scene, { securityGroupRuleIds: ['sgr-1'], digest }))).toEqual([['sgr-1', 'CHANGED']]);
  });

  test('that does not await it, or is unknown', async () => {
    const scene = new Scene();
    await scene.sweep(aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()], dryRun: true }));
    const report = await refused(scene, { securityGroupRuleIds: ['sgr-1', 'sgr-9'], digest: digestOfSet([]) });
    expect(outcomes(report)).toEqual([['sgr-1', 'NOT_AWAITING'], ['sgr-9', 'UNKNOWN']]);
  });
});

describe('an approval ends', () => {
  async function approved(): Promise<Scene> {
    const scene = new Scene();
    await scene.sweep();
    await scene.approve({ securityGroupRuleIds: ['sgr-1'], digest: await scene.digest('sgr-1') });
    return scene;
  }

  test('when the rule is modified before it is revoked', async () => {
    const scene = await approved();
    scene.add('sgr-1', { description: 'another purpose' });
    expect(keptAs(await scene.sweep())).toEqual(['AWAITING_APPROVAL', 'AWAITING_APPROVAL']);
    expect(scene.there).toEqual(['sgr-1', 'sgr-2']);
  });

  test('after its time, and is then asked for again', async () => {
    const scene = await approved();
    scene.clock.advance(24 * HOUR_MILLIS);
    const { events, result } = await scene.sweep();
    expect(result?.plan.revoke).toEqual([]);
    expect(scene.there).toEqual(['sgr-1', 'sgr-2']);
    expect(events.sent.map(({ type }) => type)).toEqual(['Approval Requested']);
  });

  test('never where something else keeps the rule: the approval lifts nothing else', async () => {
    const scene = await approved();
    scene.network.groups.set('sg-1', aGroup({ ownerId: ACCOUNT, tags: { [EXEMPT_TAG]: 'yes' } }));
    expect(keptAs(await scene.sweep())).toContain('EXEMPT_BY_GROUP_TAG');
    expect(scene.there).toEqual(['sgr-1', 'sgr-2']);
  });
});

test('a ledger that fails is reported for its rule, and nothing is approved', async () => {
  const scene = new Scene();
  await scene.sweep();
  const digest = await scene.digest('sgr-1');
  scene.ledger.on('put', { throws: new Error('no') });
  expect(outcomes(await scene.approve({ securityGroupRuleIds: ['sgr-1'], digest }))).toEqual([['sgr-1', 'FAILED']]);
});

