/** Tests what becomes of a narrower rule when its replacement was not finished, over several sweeps. */
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { REPLACING } from '../../support/replacing-world';
import { ACCOUNT, run, START, type Swept } from '../../support/swept';

const REPLACED = aDecodedConfiguration({ flaggedIngressRules: [REPLACING] });
/** The declaration is gone. Another one still revokes. */
const OTHER = { flaggedIngressRules: [aFlaggedIngressRule({ groups: { kind: 'named', groupId: 'sg-other' } })] };

class Sweeps {
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }, { vpcId: 'vpc-2' }], groups: [aGroup({ ownerId: ACCOUNT })], rules: [aRuleFromAnywhere()],
  });

  readonly ledger = new MemoryLedger();
  private readonly clock = new MemoryClock(START);
  private count = 0;

  /** Runs out of time after the first narrower rule was added. */
  async begin(): Promise<this> {
    this.network.on('authorizeIngress', { call: 1, after: () => this.clock.advance(120_000) });
    await this.next(REPLACED);
    expect(this.ids).toEqual(['sgr-1', 'sgr-added-1']);
    return this;
  }

  async next(configuration = aDecodedConfiguration(OTHER)): Promise<Swept> {
    const { network, ledger, clock } = this;
    clock.advance(3_600_000);
    return run(configuration, network, { ledger, clock, sweepId: `sweep-${this.count += 1}` });
  }

  get ids(): string[] {
    return [...this.network.rules.keys()];
  }

  get entry() {
    return this.ledger.entries.get('sgr-1');
  }
}

test.each([
  ['a dry run', { dryRun: true }],
  ['a construct that is disabled', { enabled: false }],
])('it stays during %s, its entry stays open, and the first sweep that revokes takes it away', async (_, idle) => {
  const sweeps = await new Sweeps().begin();
  await sweeps.next(aDecodedConfiguration({ ...OTHER, ...idle }));
  expect(sweeps.ids).toEqual(['sgr-1', 'sgr-added-1']);
  expect(sweeps.entry).toMatchObject({ state: 'OPEN' });
  expect(sweeps.entry?.expiresAt).toBeUndefined();
  await sweeps.next();
  expect(sweeps.ids).toEqual(['sgr-1']);
  await sweeps.next();
  expect(sweeps.entry).toMatchObject({ state: 'HEALED', expiresAt: expect.any(Number) });
});

test.each<[string, string[], Parameters<typeof aDecodedConfiguration>[0]]>([
  ['has an exempt tag', [EXEMPT_TAG], {}],
  ['is among the exempt ones', [], { exemptSecurityGroupIds: ['sg-1'] }],
  ['is no longer in scope', [], { vpcIds: ['vpc-2'] }],
])('it stays if its group %s, and its entry stays open', async (_, keys, configuration) => {
  const sweeps = await new Sweeps().begin();
  const tags = Object.fromEntries(keys.map(key => [key, '']));
  sweeps.network.groups.set('sg-1', aGroup({ ownerId: ACCOUNT, tags }));
  await sweeps.next(aDecodedConfiguration({ ...OTHER, ...configuration }));
  expect(sweeps.ids).toEqual(['sgr-1', 'sgr-added-1']);
  expect(sweeps.entry).toMatchObject({ state: 'OPEN' });
});

test('it stays if someone has narrowed the broader rule, which the ledger has as it is now', async () => {
  const sweeps = await new Sweeps().begin();
  sweeps.network.rules.set('sgr-1', aRuleFromAnywhere({ cidrIpv4: '10.0.0.0/8' }));
  await sweeps.next(REPLACED);
  expect(sweeps.ids).toEqual(['sgr-1', 'sgr-added-1']);
  expect(sweeps.entry?.replacement?.rules[0].ended).toBe('LEFT');
});

describe('when someone removes the broader rule, it stays, its entry never expires, and the event names it', () => {
  const told = ({ events }: Swept): unknown[] =>
    events.sent.filter(({ type }) => type === 'Finding Resolved').map(({ detail: { detail } }) => detail);
  const words = expect.stringContaining('; sgr-added-1, which was added for it, stays');

  test('while the sweep adds', async () => {
    const sweeps = new Sweeps();
    sweeps.network.on('authorizeIngress', { call: 1, after: () => void sweeps.network.rules.delete('sgr-1') });
    expect(told(await sweeps.next(REPLACED))).toEqual([expect.stringContaining('sgr-added-1')]);
    expect(sweeps.ids).toContain('sgr-added-1');
    expect(sweeps.entry).toMatchObject({ state: 'HEALED' });
    expect(sweeps.entry?.expiresAt).toBeUndefined();
  });

  test('between two sweeps', async () => {
    const sweeps = await new Sweeps().begin();
    sweeps.network.rules.delete('sgr-1');
    expect(told(await sweeps.next(REPLACED))).toEqual([words]);
    expect(sweeps.ids).toEqual(['sgr-added-1']);
    expect(sweeps.entry).toMatchObject({ state: 'HEALED', outcome: { detail: words } });
    expect(sweeps.entry?.expiresAt).toBeUndefined();
  });
});
