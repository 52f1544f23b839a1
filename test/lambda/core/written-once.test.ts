/** Tests how often a sweep writes the entry of a rule, and that sightings that no claim has written are written. */
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration, anEntry } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { type Circumstances, REVOKE, run, START, type Swept, vpcs } from '../../support/swept';

const REVOKE_STALE = aDecodedConfiguration({ staleRules: 'revoke' });
const STALE = 'sgr-stale-1';
const BECAUSE = { stale: 'DELETED_GROUP', declarations: [] };

const sweep = (circumstances: Circumstances = {}, configuration = REVOKE_STALE): Promise<Swept> =>
  run(configuration, new MemoryNetwork(vpcs(1)), circumstances);

/** Returns the states in which a rule was written, in order. */
const statesOf = ({ ledger }: Pick<Swept, 'ledger'>, id = STALE): string[] =>
  ledger.written.filter(({ securityGroupRuleId }) => securityGroupRuleId === id).map(({ state }) => state);

/** Returns the rules that a sweep reports as opened. */
const opened = ({ result }: Swept): string[] => result?.changes.filter(({ change }) => change === 'OPENED')
  .map(({ entry }) => entry.securityGroupRuleId).sort() ?? [];

/** The entry of the stale rule, as an earlier sweep has written it. */
const known = (overrides: Partial<LedgerEntry> = {}): LedgerEntry =>
  ({ ...anEntry({ rule: vpcs(1).rules[2], because: BECAUSE, vpcId: 'vpc-1' }), ...overrides });

describe('the entry of a rule', () => {
  test('that is found and revoked by the same sweep is written twice: before the call, and with the outcome', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    let before: string[] = [];
    network.on('revokeIngress', { call: 1, before: () => { before = statesOf({ ledger }); } });
    const swept = await run(REVOKE_STALE, network, { ledger });
    expect(before).toEqual(['PENDING']);
    expect(statesOf(swept)).toEqual(['PENDING', 'REVOKED']);
    expect(ledger.entries.get(STALE)).toMatchObject({
      revision: 2, firstSeen: START.toISOString(), lastSeen: START.toISOString(), rule: vpcs(1).rules[2],
      stale: { sightings: 1 }, outcome: { name: 'REVOKED', sweepId: 'sweep-1' },
    });
    expect(opened(swept)).toEqual(['sgr-egress-1', STALE]);
  });

  test('that is found again and revoked is written twice', async () => {
    const swept = await sweep({ ledger: new MemoryLedger([known()]) });
    expect(statesOf(swept)).toEqual(['PENDING', 'REVOKED']);
    expect(opened(swept)).toEqual(['sgr-egress-1']);
  });

  test.each(['HEALED', 'RESTORED'] as const)('that is %s, and is found and revoked, is written twice', async state => {
    const outcome = { name: 'HEALED', sweepId: 'sweep-before', at: '2025-12-01T00:00:00.000Z' };
    const swept = await sweep({ ledger: new MemoryLedger([known({ state, outcome, revision: 4 })]) });
    expect(statesOf(swept)).toEqual(['PENDING', 'REVOKED']);
    expect(swept.ledger.entries.get(STALE)).toMatchObject({ revision: 6, firstSeen: START.toISOString() });
    expect(opened(swept)).toEqual(['sgr-egress-1', STALE]);
  });

  test('that is found and kept is written once', async () => {
    const swept = await sweep();
    expect(statesOf(swept, 'sgr-egress-1')).toEqual(['OPEN']);
  });
});

describe('the sighting of a rule that is planned and not claimed is written, and reported once,', () => {
  interface World {
    readonly network: MemoryNetwork;
    readonly ledger: MemoryLedger;
  }

  test.each<[why: string, prevent: (world: World) => unknown, limit?: number]>([
    ['because too many rules are due', () => undefined, 0],
    ['because the time to revoke is over', ({ network }) => network.on('admitRevocations', { throws: awsError('OutOfTime') })],
    [
      'because revocations cannot be reserved',
      ({ ledger }) => ledger.on('putControl', { throws: awsError('InternalServerError') }),
    ],
  ])('%s', async (_, prevent, limit = 1000) => {
    const network = new MemoryNetwork(vpcs(1));
    const ledger = new MemoryLedger();
    prevent({ network, ledger });
    const swept = await run({ ...REVOKE_STALE, maxRevocationsPerSweep: limit }, network, { ledger });
    expect(network.methods).not.toContain('revokeIngress');
    expect(statesOf(swept)).toEqual(['OPEN']);
    expect(swept.ledger.entries.get(STALE)).toMatchObject({ revision: 1, stale: { sightings: 1 } });
    expect(swept.ledger.entries.get(STALE)?.keepReason).toBeUndefined();
    expect(opened(swept)).toEqual(['sgr-egress-1', STALE]);
    expect(swept.result?.entries?.get(STALE)).toEqual(ledger.entries.get(STALE));
    const again = await run({ ...REVOKE_STALE, maxRevocationsPerSweep: 0 }, network, { ledger, sweepId: 'sweep-2' });
    expect(opened(again)).toEqual([]);
  });
});

describe('if another run has written the entry since it was read', () => {
  /** Has another run write an entry right before the sweep claims its rules. */
  const during = (write: (ledger: MemoryLedger) => LedgerEntry, before?: LedgerEntry): Promise<Swept> => {
    const ledger = new MemoryLedger(before ? [before] : []);
    const network = new MemoryNetwork(vpcs(1)).on('admitRevocations', {
      call: 1, before: () => { ledger.entries.set(STALE, write(ledger)); },
    });
    return run(REVOKE_STALE, network, { ledger });
  };

  test('as open, its entry is claimed, and the sweep does not report the rule as opened', async () => {
    const swept = await during(() => known({ revision: 1, writtenBy: 'sweep-other', stale: { ...known().stale!, sightings: 7 } }));
    expect(statesOf(swept)).toEqual(['PENDING', 'REVOKED']);
    expect(swept.ledger.entries.get(STALE)).toMatchObject({ revision: 3, stale: { sightings: 7 } });
    expect(opened(swept)).toEqual(['sgr-egress-1']);
  });

  test.each(['HEALED', 'RESTORED', 'REVOKED'] as const)('as %s, the older sighting does not open it again', async state => {
    const written = known({ state, revision: 4, writtenBy: 'sweep-other' });
    const swept = await during(() => written, known({ revision: 3 }));
    expect(swept.network.methods).not.toContain('revokeIngress');
    expect(statesOf(swept)).toEqual([]);
    expect(swept.ledger.entries.get(STALE)).toEqual(written);
    expect(opened(swept)).toEqual(['sgr-egress-1']);
  });

  test('because CloudFormation changes the rule, the rule is kept', async () => {
    const noted = known({ revision: 4, writtenBy: 'change', stackChangeAt: START.toISOString() });
    const swept = await during(() => noted, known({ revision: 3 }));
    expect(swept.network.methods).not.toContain('revokeIngress');
    expect(swept.ledger.entries.get(STALE)).toMatchObject({ state: 'OPEN', stackChangeAt: START.toISOString() });
    expect(swept.result?.outcomes).toMatchObject([{ outcome: 'SKIPPED', heldBy: 'STACK_IN_PROGRESS' }]);
  });
});

describe('where changes trigger sweeps', () => {
  const changes = { ...REVOKE_STALE, changeTrigger: 'cloudTrail' } as const;

  test('a rule that is new to the ledger is written first, so that other runs can note in its entry who made it', async () => {
    expect(statesOf(await sweep({}, changes))).toEqual(['OPEN', 'PENDING', 'REVOKED']);
  });

  test.each<[what: string, entry: LedgerEntry]>([
    ['admits other traffic now', known({ rule: { ...vpcs(1).rules[2], fromPort: 80, toPort: 80 } })],
    ['was closed', known({ state: 'HEALED' })],
  ])('so is one that %s', async (_, entry) => {
    expect(statesOf(await sweep({ ledger: new MemoryLedger([entry]) }, changes))).toEqual(['OPEN', 'PENDING', 'REVOKED']);
  });

  test('a rule that is known as it is, and open, is written twice', async () => {
    expect(statesOf(await sweep({ ledger: new MemoryLedger([known()]) }, changes))).toEqual(['PENDING', 'REVOKED']);
  });
});

test('the control item is read once for calls that are made at the same time, and after each of them is to be made', async () => {
  const ledger = new MemoryLedger();
  const network = new MemoryNetwork(vpcs(5));
  const swept = await run(REVOKE, network, { ledger });
  expect(network.methods.filter(method => method === 'revokeIngress')).toHaveLength(5);
  const methods = ledger.calls.map(({ method }) => method);
  expect(methods.filter(method => method === 'control')).toHaveLength(2);
  expect(methods.lastIndexOf('control')).toBeGreaterThan(methods.indexOf('put'));
  expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(10);
});
