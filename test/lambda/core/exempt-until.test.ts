/** Tests sweeps over a rule that a tag exempts until a day. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { EXEMPT_REASON_TAG, EXEMPT_TAG, EXEMPT_UNTIL_TAG } from '../../../src/contract/exemptions';
import { aDecodedConfiguration, aFlaggedIngressRule, aGrace, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { violations } from '../../support/event-schemas';
import { findingsPageOf } from '../../support/findings';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { ACCOUNT, type Circumstances, run, START, type Swept } from '../../support/swept';

const DAY_MILLIS = 86_400_000;
const TOPIC = { notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:topic' };
const AT_ONCE = aDecodedConfiguration({ ...TOPIC, flaggedIngressRules: [aFlaggedIngressRule()] });
const AFTER_TWO_DAYS = aDecodedConfiguration({
  ...TOPIC,
  flaggedIngressRules: [aFlaggedIngressRule({
    action: { kind: 'revoke', grace: aGrace({ seconds: 2 * 86_400, sightings: 2, maxGapSeconds: 1.5 * 86_400 }) },
  })],
});

type Tags = Record<string, string>;

/** A rule that is due, in a world whose sweeps come once a day, at noon. */
class Scene {
  readonly network: MemoryNetwork;
  readonly ledger = new MemoryLedger();
  readonly clock = new MemoryClock(new Date(START.getTime() + DAY_MILLIS / 2));
  private count = 0;

  constructor({ rule = {}, group = {} }: { rule?: Tags; group?: Tags }) {
    this.network = new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT, tags: group })],
      rules: [aRuleFromAnywhere({ tags: rule })],
    });
  }

  get isThere(): boolean {
    return this.network.rules.has('sgr-1');
  }

  tag(tags: Tags): void {
    const rule = this.network.rules.get('sgr-1');
    if (rule) this.network.rules.set('sgr-1', { ...rule, tags });
  }

  async sweep(configuration: DecodedConfiguration, circumstances: Circumstances = {}): Promise<Swept> {
    this.clock.advance(DAY_MILLIS);
    this.count += 1;
    const { network, ledger, clock, count } = this;
    return run(configuration, network, { ledger, clock, sweepId: `sweep-${count}`, ...circumstances });
  }
}

const reasons = ({ result }: Swept): Array<string | undefined> => (result?.plan.keep ?? []).map(({ reason }) => reason);
const changes = ({ events }: Swept): unknown[] =>
  events.sent.filter(({ type }) => type === 'Exemption Changed').map(({ detail }) => detail.change);
/** Returns the day that many days after the start, as the value of the tag. */
const day = (days: number): string => new Date(START.getTime() + days * DAY_MILLIS).toISOString().slice(0, 10);

describe.each(['rule', 'group'] as const)('a %s that is exempt until a day', on => {
  test('keeps its rule on that day, and the sweep of the day after revokes it', async () => {
    const scene = new Scene({ [on]: { [EXEMPT_UNTIL_TAG]: day(3) } });
    for (let days = 1; days <= 3; days++) {
      const swept = await scene.sweep(AT_ONCE);
      expect(reasons(swept)).toEqual([on === 'rule' ? 'EXEMPT_BY_RULE_TAG' : 'EXEMPT_BY_GROUP_TAG']);
      expect(swept.result?.due).toBe(0);
    }
    expect(scene.isThere).toBe(true);
    const after = await scene.sweep(AT_ONCE);
    expect(after.metrics.aggregates.IngressRulesRevoked).toBe(1);
    expect(changes(after)).toEqual(['ENDED']);
    expect(scene.isThere).toBe(false);
  });

  test('begins its wait when the exemption ends, and not with what was seen before or meanwhile', async () => {
    const scene = new Scene({ [on]: {} });
    await scene.sweep(AFTER_TWO_DAYS);
    const tags = { [EXEMPT_UNTIL_TAG]: day(4) };
    if (on === 'rule') scene.tag(tags);
    else Object.assign(scene.network.groups.get('sg-1')?.tags ?? {}, tags);
    const kept: unknown[] = [];
    while (scene.isThere && kept.length < 10) kept.push(reasons(await scene.sweep(AFTER_TWO_DAYS)).at(0));
    const exempt = on === 'rule' ? 'EXEMPT_BY_RULE_TAG' : 'EXEMPT_BY_GROUP_TAG';
    // Days 2 to 4 are exempt. The sweeps of days 5 and 6 wait, and that of day 7 revokes.
    expect(kept).toEqual([exempt, exempt, exempt, 'WITHIN_GRACE', 'WITHIN_GRACE', undefined]);
  });

  test('begins its wait after the day even if no sweep ran meanwhile', async () => {
    const scene = new Scene({ [on]: {} });
    await scene.sweep(AFTER_TWO_DAYS);
    const tags = { [EXEMPT_UNTIL_TAG]: day(1) };
    if (on === 'rule') scene.tag(tags);
    else Object.assign(scene.network.groups.get('sg-1')?.tags ?? {}, tags);
    const kept: unknown[] = [];
    while (scene.isThere && kept.length < 10) kept.push(reasons(await scene.sweep(AFTER_TWO_DAYS)).at(0));
    expect(kept).toEqual(['WITHIN_GRACE', 'WITHIN_GRACE', undefined]);
  });

  test('is told seven days before the end, once, and again when it has ended; the events have their schema', async () => {
    const tags = { [EXEMPT_UNTIL_TAG]: day(10), [EXEMPT_REASON_TAG]: 'SEC-12' };
    const scene = new Scene({ [on]: tags });
    const told = new Map<number, Swept>();
    for (let days = 1; days <= 12; days++) {
      const swept = await scene.sweep(AFTER_TWO_DAYS);
      if (changes(swept).length > 0) told.set(days, swept);
    }
    // The exemption ends at midnight after day 10, and the sweeps are at noon.
    expect([...told].map(([days, swept]) => [days, changes(swept)])).toEqual([[4, ['ENDING']], [11, ['ENDED']]]);
    const [ending] = told.values();
    const [event] = ending.events.sent.filter(({ type }) => type === 'Exemption Changed');
    expect(event.detail.message).toContain(`${EXEMPT_UNTIL_TAG} = ${day(10)}`);
    expect(event.detail.message).toContain('SEC-12');
    expect(event.detail.exemption).toEqual({
      kind: 'until', tag: EXEMPT_UNTIL_TAG, value: day(10), reason: 'SEC-12', on, until: `${day(11)}T00:00:00.000Z`,
    });
    expect(ending.notifications.published.at(0)?.message).toContain('Exemptions (1)');
    expect(ending.log.ofEvent('Exemption')).toMatchObject([{ level: 'WARN', fields: { change: 'ENDING' } }]);
    for (const swept of told.values()) {
      for (const { type, detail } of swept.events.sent) {
        expect(violations({ 'source': 'cdk-network-hygiene', 'detail-type': type, 'detail': JSON.parse(JSON.stringify(detail)) }))
          .toEqual([]);
      }
    }
  });

  test('stays exempt with a value that is no day, which is told once and until someone corrects it', async () => {
    const scene = new Scene({ [on]: { [EXEMPT_UNTIL_TAG]: '2026-02-30' } });
    const swept = [await scene.sweep(AT_ONCE), await scene.sweep(AT_ONCE)];
    expect(swept.map(reasons)).toEqual([['EXEMPT_UNTIL_INVALID'], ['EXEMPT_UNTIL_INVALID']]);
    expect(swept.map(changes)).toEqual([['INVALID'], []]);
    expect(swept[1].log.ofEvent('RuleKept')).toMatchObject([{ level: 'WARN' }]);
    expect(findingsPageOf(scene)).toContain('never: the value is no day');
    expect(scene.isThere).toBe(true);
  });
});

test('the table lists exemptions with their tag, reason and end, the one that ends first at the top', async () => {
  const scene = new Scene({ rule: { [EXEMPT_UNTIL_TAG]: day(9), [EXEMPT_REASON_TAG]: 'vendor <b>' } });
  scene.network.rules.set('sgr-2', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-2', tags: { [EXEMPT_TAG]: 'bastion' } }));
  scene.network.rules.set('sgr-3', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-3', tags: { [EXEMPT_UNTIL_TAG]: day(5) } }));
  await scene.sweep(AT_ONCE);
  const page = findingsPageOf(scene);
  const section = page.slice(page.indexOf('Exemptions'));
  expect(['sgr-3', 'sgr-1', 'sgr-2'].map(id => section.indexOf(id))).toEqual(
    ['sgr-3', 'sgr-1', 'sgr-2'].map(id => section.indexOf(id)).sort((a, b) => a - b));
  expect(section).toContain(`${EXEMPT_UNTIL_TAG} = ${day(9)}`);
  expect(section).toContain('vendor &lt;b&gt;');
  expect(section).toContain(`${day(10)} 00:00 UTC`);
  expect(section).toContain(`${EXEMPT_TAG} = bastion`);
  expect(page).toContain(`Kept: it is tagged exempt, until ${day(10)} 00:00 UTC`);
});

test('a rule that is only reported is not told to be about to be revoked', async () => {
  const scene = new Scene({ rule: { [EXEMPT_UNTIL_TAG]: day(2) } });
  const reporting = { ...AT_ONCE, flaggedIngressRules: [aFlaggedIngressRule({ action: { kind: 'report' } })] };
  const swept = [await scene.sweep(reporting), await scene.sweep(reporting), await scene.sweep(reporting)];
  expect(swept.flatMap(changes)).toEqual([]);
});

test('a tag whose day is past when it is first seen ends nothing later, and is told', async () => {
  const scene = new Scene({ rule: { [EXEMPT_UNTIL_TAG]: '2020-01-01' } });
  const swept = await scene.sweep(AFTER_TWO_DAYS);
  expect(reasons(swept)).toEqual(['WITHIN_GRACE']);
  expect(changes(swept)).toEqual(['ENDED']);
  expect(changes(await scene.sweep(AFTER_TWO_DAYS))).toEqual([]);
});

test('a group that cannot be read keeps what is known of its exemption, and its wait does not begin', async () => {
  const scene = new Scene({ group: { [EXEMPT_UNTIL_TAG]: day(9) } });
  await scene.sweep(AFTER_TWO_DAYS);
  const group = scene.network.groups.get('sg-1');
  scene.network.groups.delete('sg-1');
  const [unread] = [await scene.sweep(AFTER_TWO_DAYS)];
  expect(unread.metrics.aggregates.IngressRulesRevoked).toBe(0);
  const [entry] = [...scene.ledger.entries.values()];
  expect(entry).toMatchObject({ exemption: { on: 'group', value: day(9) } });
  if (group) scene.network.groups.set('sg-1', group);
  expect(reasons(await scene.sweep(AFTER_TWO_DAYS))).toEqual(['EXEMPT_BY_GROUP_TAG']);
});
