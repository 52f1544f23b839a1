/** Tests sweeps over a rule that someone adds again whenever it is revoked, and the retry of such a rule. */
import { restore } from '../../../lambda/core/act/restore';
import { retry, type RetryReport } from '../../../lambda/core/act/retry';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, aGroup, aRuleFromAnywhere, DEPLOYED } from '../../support/builders';
import { violations } from '../../support/event-schemas';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../support/recorders';
import { ACCOUNT, type Circumstances, run, sshFlagged, START, type Swept } from '../../support/swept';

const COMES_BACK = { revocations: 3, withinSeconds: 86_400 };
const CONFIGURATION = aDecodedConfiguration({
  flaggedIngressRules: [sshFlagged()], comesBack: COMES_BACK, maxRevocationsPerSweep: 2,
  notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:topic',
});
const HOUR_MILLIS = 3_600_000;
const TAGS = { 'team': 'payments', 'aws:cloudformation:stack-name': 'Shop' };

/** A group, and someone who adds SSH from anywhere to it again and again. */
class Scene {
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT, tags: TAGS }), aGroup({ groupId: 'sg-2', ownerId: ACCOUNT })],
  });
  readonly ledger = new MemoryLedger();
  readonly clock = new MemoryClock(START);
  private count = 0;

  add(securityGroupRuleId: string, overrides: Parameters<typeof aRuleFromAnywhere>[0] = {}): void {
    this.network.rules.set(securityGroupRuleId, aRuleFromAnywhere({ securityGroupRuleId, ...overrides }));
  }

  /** Runs a sweep an hour after the one before. */
  async sweep(configuration = CONFIGURATION, circumstances: Circumstances = {}): Promise<Swept> {
    this.clock.advance(HOUR_MILLIS);
    this.count += 1;
    const { ledger, clock, count } = this;
    return run(configuration, this.network, { ledger, clock, sweepId: `sweep-${count}`, ...circumstances });
  }

  async retry(...securityGroupRuleIds: string[]): Promise<RetryReport> {
    const { ledger, clock } = this;
    return retry({ securityGroupRuleIds }, { ledger, clock, log: new MemoryLog().log, id: 'retry-1', hygiene: 'Stack/Hygiene' });
  }

  /** Has the rule return and be revoked three times, and return once more. */
  async returnsOften(): Promise<void> {
    for (const id of ['sgr-1', 'sgr-2', 'sgr-3']) {
      this.add(id);
      expect((await this.sweep()).metrics.aggregates.IngressRulesRevoked).toBe(1);
      expect(this.network.rules.has(id)).toBe(false);
    }
    this.add('sgr-4');
  }
}

const reasons = ({ result }: Swept): Array<string | undefined> => (result?.plan.keep ?? []).map(({ reason }) => reason);

describe('a rule that returns after it was revoked', () => {
  test('is told, with how often, when, and whose it may be, in the log, the event and the e-mail, and is revoked', async () => {
    const scene = new Scene();
    for (const id of ['sgr-1', 'sgr-2', 'sgr-3']) {
      scene.add(id);
      const { log, events, notifications } = await scene.sweep();
      const words = {
        'sgr-1': undefined,
        'sgr-2': 'It came back: revoked once, at 2026-01-01 01:00 UTC. Its group is of the stack Shop and has the tags team=payments',
        'sgr-3': 'It came back: revoked 2 times since 2026-01-01 01:00 UTC, last at 2026-01-01 02:00 UTC. '
          + 'Its group is of the stack Shop and has the tags team=payments',
      }[id];
      const [line] = log.ofEvent('Finding');
      const opened = events.sent.find(({ type }) => type === 'Finding Opened');
      expect(line.message).toBe(`Found ${id} of sg-1${words === undefined ? '' : `. ${words}`}`);
      expect(line.fields.returned).toEqual(opened?.detail.returned);
      expect(opened?.detail.returned)
        .toEqual(words === undefined ? undefined : expect.objectContaining({ groupTags: TAGS }));
      if (words !== undefined) expect(opened?.detail.message).toContain(words);
      expect(notifications.published).toHaveLength(1);
    }
  });

  test('is kept when it was revoked three times in 24 hours, while it is there; it rings, and is told once', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const first = await scene.sweep();
    expect(first.error).toBeUndefined();
    expect(reasons(first)).toEqual(['COMES_BACK']);
    expect(first.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, RevocationsWithheld: 1, ScanErrors: 0 });
    expect(first.events.sent.map(({ type, detail }) => [type, detail.reason])).toEqual([
      ['Finding Opened', undefined], ['Revocation Withheld', 'COMES_BACK'],
    ]);
    expect(first.notifications.published[0].message).toContain('It came back: revoked 3 times since');
    expect(first.log.ofEvent('RuleKept')).toMatchObject([{ level: 'WARN', fields: { keepReason: 'COMES_BACK' } }]);
    for (let hour = 0; hour < 30; hour++) {
      const later = await scene.sweep();
      expect(reasons(later)).toEqual(['COMES_BACK']);
      expect(later.metrics.aggregates.RevocationsWithheld).toBe(1);
      expect(later.events.sent).toEqual([]);
    }
    expect([...scene.network.rules.keys()]).toEqual(['sgr-4']);
  });

  test('has events that the schema knows', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const { events } = await scene.sweep();
    expect(events.sent.flatMap(({ type, detail }) =>
      violations({ 'source': 'cdk-network-hygiene', 'detail-type': type, 'detail': JSON.parse(JSON.stringify(detail)) })))
      .toEqual([]);
  });

  test('does not count for the limit, so that others are revoked', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    scene.add('sgr-other', { groupId: 'sg-2' });
    scene.add('sgr-another', { groupId: 'sg-2', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', description: 'second' });
    const { metrics, result } = await scene.sweep();
    expect(metrics.aggregates.IngressRulesRevoked).toBe(2);
    expect(result?.due).toBe(2);
    expect(scene.network.rules.has('sgr-4')).toBe(true);
  });

  test('is kept by runs over its group, too, which tell it once', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const circumstances: Circumstances = { trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } };
    const runs = [await scene.sweep(CONFIGURATION, circumstances), await scene.sweep(CONFIGURATION, circumstances)];
    expect(runs.map(reasons)).toEqual([['COMES_BACK'], ['COMES_BACK']]);
    expect(runs.map(({ events }) => events.sent.filter(({ type }) => type === 'Revocation Withheld').length))
      .toEqual([1, 0]);
    expect(scene.network.rules.has('sgr-4')).toBe(true);
  });

  test('is revoked when the configuration keeps revoking, however often it returns, and that is told', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const { metrics, log } = await scene.sweep({ ...CONFIGURATION, comesBack: undefined });
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, RevocationsWithheld: 0 });
    expect(log.ofEvent('Finding')[0].message).toContain('It came back: revoked 3 times');
  });

  test('rings neither in a dry run nor while the construct is disabled, and is still kept for what it is', async () => {
    for (const off of [{ dryRun: true }, { enabled: false }]) {
      const scene = new Scene();
      await scene.returnsOften();
      const swept = await scene.sweep({ ...CONFIGURATION, ...off });
      expect(reasons(swept)).toEqual(['COMES_BACK']);
      expect(swept.metrics.aggregates.RevocationsWithheld ?? 0).toBe(0);
      expect(swept.events.sent.map(({ type }) => type)).toEqual(['Finding Opened']);
    }
  });

  test('is kept for its exemption if it has one', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    scene.add('sgr-4', { tags: { [EXEMPT_TAG]: '' } });
    expect(reasons(await scene.sweep())).toEqual(['EXEMPT_BY_RULE_TAG']);
  });

  test('is kept when someone removes and adds it, and counts from the start after a day without it', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    await scene.sweep();
    scene.network.rules.delete('sgr-4');
    await scene.sweep();
    scene.add('sgr-5');
    expect(reasons(await scene.sweep())).toEqual(['COMES_BACK']);
    scene.network.rules.delete('sgr-5');
    await scene.sweep();
    scene.clock.advance(24 * HOUR_MILLIS);
    scene.add('sgr-6');
    expect((await scene.sweep()).metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, RevocationsWithheld: 0 });
  });

  test('has not come back if a restore put it back', async () => {
    const scene = new Scene();
    scene.add('sgr-1');
    await scene.sweep();
    const { ledger, network, clock } = scene;
    const { rules } = await restore({ securityGroupRuleIds: ['sgr-1'] }, {
      ledger, network, clock, log: new MemoryLog().log, restoreId: 'restore-1', hygiene: 'Stack/Hygiene', table: DEPLOYED.table,
    });
    const { log } = await scene.sweep();
    expect(log.ofEvent('Finding').map(({ message }) => message)).toEqual([`Found ${rules[0].restoredAs} of sg-1`]);
  });

  test('is kept by each of two sweeps at once, and its finding is opened once', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const { ledger, clock, network } = scene;
    clock.advance(HOUR_MILLIS);
    const both = await Promise.all(['sweep-a', 'sweep-b'].map(async sweepId =>
      run(CONFIGURATION, network, { ledger, clock, sweepId })));
    expect(both.map(reasons)).toEqual([['COMES_BACK'], ['COMES_BACK']]);
    expect(both.flatMap(({ events }) => events.sent).filter(({ type }) => type === 'Finding Opened')).toHaveLength(1);
    expect(network.rules.has('sgr-4')).toBe(true);
  });
});

describe('a rule of which the history cannot be read', () => {
  test('is kept, and so is every other, when the query fails; the next sweep looks again', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    scene.ledger.on('ofGroup', { call: 4, throws: awsError('InternalServerError', 'down') });
    const swept = await scene.sweep();
    expect(reasons(swept)).toEqual(['LEDGER_UNAVAILABLE']);
    expect(swept.error).toMatchObject({ message: expect.stringContaining('InternalServerError: down') });
    expect(reasons(await scene.sweep())).toEqual(['COMES_BACK']);
  });

  test('is kept alone when a record of the same traffic cannot be read, and the record is named', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    const { rule } = scene.ledger.entries.get('sgr-2') ?? {};
    const message = "the ledger's item sg-1#sgr-2 cannot be read: its attribute outcome is missing";
    scene.ledger.on('ofGroup', {
      call: 4, before: () => void scene.ledger.unreadable.push({ id: 'sgr-2', message, rule }),
      after: () => void scene.ledger.unreadable.pop(),
    });
    scene.add('sgr-other', { groupId: 'sg-2' });
    const swept = await scene.sweep();
    expect(swept.error).toBeUndefined();
    expect(reasons(swept)).toEqual(['LEDGER_UNAVAILABLE']);
    expect(swept.log.ofEvent('ScanError').map(each => each.message)).toEqual([`The ledger failed in part: ${message}`]);
    expect([...scene.network.rules.keys()]).toEqual(['sgr-4']);
  });
});

describe('a retry', () => {
  test('revokes nothing, and lets the next sweep revoke the rule; then three more times are needed', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    await scene.sweep();
    expect(await scene.retry('sgr-4')).toMatchObject({ counts: { RETRIED: 1 }, rules: [{ outcome: 'RETRIED', groupId: 'sg-1' }] });
    expect(scene.network.rules.has('sgr-4')).toBe(true);
    for (const id of ['sgr-5', 'sgr-6', 'sgr-7']) {
      const { metrics } = await scene.sweep();
      expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, RevocationsWithheld: 0 });
      scene.add(id);
    }
    expect(reasons(await scene.sweep())).toEqual(['COMES_BACK']);
  });

  test('says for each rule what became of it, in the order of the request, and names a rule once', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    await scene.sweep();
    await scene.retry('sgr-4');
    const { rules, counts } = await scene.retry('sgr-none', 'sgr-4', 'sgr-1', 'sgr-none');
    expect(rules.map(({ securityGroupRuleId, outcome }) => [securityGroupRuleId, outcome]))
      .toEqual([['sgr-none', 'UNKNOWN'], ['sgr-4', 'NOT_KEPT'], ['sgr-1', 'NOT_KEPT']]);
    expect(rules.map(({ detail }) => detail)).toEqual([
      'the ledger has no record of it under the name Stack/Hygiene',
      'it was retried at 2026-01-01T04:00:00.000Z, and the next sweep decides',
      'the ledger has it as REVOKED; if its traffic is open again, name the rule that is there now',
    ]);
    expect(counts).toEqual({ UNKNOWN: 1, NOT_KEPT: 2 });
  });

  test('changes nothing about a rule that is kept for another reason', async () => {
    const scene = new Scene();
    scene.add('sgr-1', { tags: { [EXEMPT_TAG]: '' } });
    await scene.sweep();
    const before = scene.ledger.entries.get('sgr-1');
    expect(await scene.retry('sgr-1')).toMatchObject({ rules: [{ outcome: 'NOT_KEPT' }] });
    expect(scene.ledger.entries.get('sgr-1')).toBe(before);
  });

  test('fails for the rule whose record cannot be read or written, and not for others', async () => {
    const scene = new Scene();
    await scene.returnsOften();
    await scene.sweep();
    scene.ledger.unreadable.push({ id: 'sgr-x', message: 'its attribute state is missing' });
    const { rules } = await scene.retry('sgr-x', 'sgr-4');
    expect(rules).toMatchObject([
      { outcome: 'FAILED', detail: 'its attribute state is missing' }, { outcome: 'RETRIED' },
    ]);
    const other = new Scene();
    await other.returnsOften();
    await other.sweep();
    other.ledger.on('put', { throws: awsError('InternalServerError', 'down') });
    expect(await other.retry('sgr-4')).toMatchObject({
      rules: [{ outcome: 'FAILED', detail: 'nothing was changed: the ledger failed with InternalServerError: down' }],
    });
  });
});
