/** Tests runs over some groups, and the limit that all runs share until the next scheduled sweep. */
import * as fc from 'fast-check';
import { UnusableAnswer } from '../../../lambda/core/errors';
import { type DecodedConfiguration } from '../../../src/contract/configuration';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aControl, aDecodedConfiguration, aGrace, aGroup, anEntry, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryEvents } from '../../support/recorders';
import { type Circumstances, REVOKE, run, sshFlagged, START, type Swept, VPN, vpcs } from '../../support/swept';

const HOUR = 3_600_000;
const FLAGGED = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()], maxRevocationsPerSweep: 20 });

/** A network with a number of groups in one VPC, each with a number of flagged rules. */
function groupsOf(count: number, rulesEach: number): MemoryNetwork {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }],
    groups: numbers.map(n => aGroup({ groupId: `sg-${n}` })),
    rules: numbers.flatMap(n => Array.from({ length: rulesEach }, (_, index) =>
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-${n}-${index}`, groupId: `sg-${n}` }))),
  });
}

/** Runs over one network and ledger. An earlier full sweep has opened an allowance, which is unused. */
class Scene {
  readonly clock = new MemoryClock(START);
  readonly events = new MemoryEvents();
  readonly ledger = new MemoryLedger();
  private count = 0;

  constructor(readonly network: MemoryNetwork, readonly configuration: DecodedConfiguration = FLAGGED) {
    const limit = configuration.maxRevocationsPerSweep;
    const openedAt = new Date(START.getTime() - HOUR).toISOString();
    this.ledger.controlEntry = aControl({ allowance: { openedBy: 'sweep-before', openedAt, limit, used: 0 } });
  }

  async groups(...groupIds: string[]): Promise<Swept> {
    return this.sweep({ trigger: 'request', scope: { kind: 'groups', groupIds } });
  }

  /** Runs a sweep. By default, the schedule triggers it. */
  async sweep(circumstances: Circumstances = {}, configuration = this.configuration): Promise<Swept> {
    const { network, ledger, clock, events } = this;
    return run(configuration, network, { ledger, clock, events, sweepId: `run-${++this.count}`, ...circumstances });
  }

  get revoked(): number {
    return this.network.idsOf('revokeIngress').reduce((sum, [, ...ruleIds]) => sum + ruleIds.length, 0);
  }

  get used(): number | undefined {
    return this.ledger.controlEntry?.allowance?.used;
  }

  /** Returns the reasons that were reported since the last call. */
  withheld(): unknown[] {
    const told = this.events.sent.filter(({ type }) => type === EventType.REVOCATION_WITHHELD);
    this.events.sent.length = 0;
    return told.map(({ detail: { reason, count } }) => `${String(reason)} ${String(count)}`);
  }
}

const reasonsOf = ({ result }: Swept): string[] => [...new Set(result?.plan.keep.map(({ reason }) => reason))].sort();

describe('a run of some groups', () => {
  test('revokes what is due there, and nothing of other groups', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), REVOKE);
    const { result, error } = await scene.groups('sg-1');
    expect(error).toBeUndefined();
    expect(result?.outcomes.map(({ rule, outcome }) => `${rule.securityGroupRuleId} ${outcome}`).sort())
      .toEqual(['sgr-flagged-1 REVOKED', 'sgr-stale-1 REVOKED']);
    expect([...scene.network.rules.keys()].filter(id => id.endsWith('-2'))).toHaveLength(4);
    expect([...scene.ledger.entries.keys()].every(id => id.endsWith('-1'))).toBe(true);
    expect(scene.network.calls.flatMap(({ ids }) => ids).filter(id => id.endsWith('-2'))).toEqual([]);
  });

  test('publishes what it did, and neither totals nor a heartbeat', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), { ...REVOKE, resourceMetrics: true });
    const { metrics } = await scene.groups('sg-1');
    const names = metrics.published.flatMap(({ data }) => data.map(({ name }) => name));
    expect(names).toEqual(['IngressRulesRevoked']);
    expect(metrics.aggregates).toEqual({ IngressRulesRevoked: 2 });
  });

  test('publishes nothing where it has nothing to tell', async () => {
    const scene = new Scene(
      new MemoryNetwork({ ...vpcs(2), stale: {} }),
      aDecodedConfiguration({ staleRules: 'revoke' }),
    );
    const { metrics, error } = await scene.groups('sg-1');
    expect([metrics.published, error]).toEqual([[], undefined]);
  });

  test('publishes that it could not look, too', async () => {
    const scene = new Scene(
      new MemoryNetwork(vpcs(2)).on('staleSecurityGroups', { throws: awsError('InternalError') }),
      REVOKE,
    );
    const { metrics, error } = await scene.groups('sg-1');
    expect(error).toBeUndefined();
    expect(metrics.aggregates).toEqual({ ScanErrors: 1, IngressRulesRevoked: 1 });
    const silent = new Scene(new MemoryNetwork(vpcs(1)), FLAGGED);
    silent.network.on('securityGroupRules', { naming: 'sg-1', throws: awsError('InternalError') });
    expect((await silent.groups('sg-1')).metrics.aggregates).toEqual({ ScanErrors: 1 });
  });

  test('publishes that something could not be delivered, where that is so', async () => {
    const events = new MemoryEvents(({ type }) => type === EventType.FINDING_RESOLVED);
    const scene = new Scene(new MemoryNetwork(vpcs(1)), REVOKE);
    const { metrics } = await scene.sweep({
      events,
      trigger: 'request',
      scope: { kind: 'groups', groupIds: ['sg-1'] },
    });
    expect(metrics.aggregates).toEqual({ IngressRulesRevoked: 2, DeliveriesFailed: 2 });
  });

  test('fails where it could look at none of them', async () => {
    const scene = new Scene(
      new MemoryNetwork(vpcs(1)).on('securityGroups', { throws: awsError('UnauthorizedOperation') }),
      REVOKE,
    );
    const { error } = await scene.groups('sg-1');
    const message = expect.stringMatching(/^The sweep could look at nothing: .*UnauthorizedOperation/) as string;
    expect(error).toMatchObject({ message });
  });

  test('neither reads nor writes the record of the latest sweep, nor that of a VPN connection', async () => {
    const all = { ...REVOKE, vpnConnections: { kind: 'all' as const } };
    const scene = new Scene(new MemoryNetwork({ ...vpcs(2), vpnConnections: [VPN] }), all);
    const { result } = await scene.groups('sg-1');
    const methods = new Set(scene.ledger.calls.map(({ method }) => method));
    expect([...methods].filter(method => /sweep|vpn/i.test(method))).toEqual([]);
    expect(scene.network.methods).not.toContain('vpnConnections');
    expect(result?.vpnConnectionChanges).toEqual([]);
    expect([scene.ledger.sweep, scene.ledger.connections.size]).toEqual([undefined, 0]);
  });

  test('reads the entries of its groups alone', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), REVOKE);
    await scene.groups('sg-1', 'sg-2');
    expect(scene.ledger.calls.filter(({ method }) => method === 'unsettled')).toEqual([
      { method: 'unsettled', id: 'sg-1,sg-2' },
    ]);
  });

  test('tells of what it found, and of what it revoked, as a full one does', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), REVOKE);
    const { log } = await scene.groups('sg-1');
    const types = scene.events.sent.map(({ type }) => type).sort();
    expect(types).toEqual([
      ...Array.from({ length: 3 }, () => EventType.FINDING_OPENED),
      ...Array.from({ length: 2 }, () => EventType.FINDING_RESOLVED),
      ...Array.from({ length: 2 }, () => EventType.INGRESS_RULE_REVOKED),
    ]);
    expect(log.lines.at(-1)?.fields).toMatchObject({ event: 'Sweep', trigger: 'request', groups: 1 });
    expect(log.lines.at(-1)?.fields.vpcsScanned).toBeUndefined();
  });

  test('heals what is no longer found in its groups, and leaves alone what is open in others', async () => {
    const network = new MemoryNetwork({ ...vpcs(2), stale: {} });
    const scene = new Scene(network, aDecodedConfiguration({ staleRules: 'report' }));
    const because = { stale: 'DELETED_GROUP', declarations: [] };
    const ids = ['sgr-stale-1', 'sgr-stale-2'];
    for (const id of ids) {
      const vpcId = `vpc-${id.slice(-1)}`;
      scene.ledger.entries.set(id, anEntry({ rule: network.rules.get(id), vpcId, because }));
    }
    const before = scene.ledger.entries.get('sgr-stale-2');
    await scene.groups('sg-1');
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'HEALED', outcome: { name: 'HEALED' } });
    expect(scene.ledger.entries.get('sgr-stale-2')).toBe(before);
  });

  test('heals what is gone with its group', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), aDecodedConfiguration({ staleRules: 'report' }));
    await scene.sweep();
    scene.network.groups.delete('sg-1');
    scene.network.rules.clear();
    const { result } = await scene.groups('sg-1');
    expect(result?.changes.map(({ change }) => change)).toEqual(['HEALED', 'HEALED']);
    expect(result?.observation.errors).toEqual([]);
  });

  test('ends no finding in a group that EC2 does not show although it shows the rule: it could not look', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), { ...REVOKE, dryRun: true });
    await scene.sweep();
    const before = new Map(scene.ledger.entries);
    scene.network.groups.delete('sg-1');
    const { result, error } = await scene.groups('sg-1');
    expect(scene.ledger.entries).toEqual(before);
    expect(result?.observation.errors).toMatchObject([{ resourceId: 'sg-1', error: { code: 'UnusableAnswer' } }]);
    const message = expect.stringMatching(/^The sweep could look at nothing: .*UnusableAnswer/) as string;
    expect(error).toMatchObject({ message });
  });

  test.each<[name: string, configuration: DecodedConfiguration]>([
    ['its declaration was removed', { ...REVOKE, dryRun: true, flaggedIngressRules: [] }],
    ['its VPC is not named', { ...REVOKE, dryRun: true, vpcIds: ['vpc-2'] }],
  ])('lets nothing go: that is for the next full one, where %s', async (_, configuration) => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), { ...REVOKE, dryRun: true });
    await scene.sweep();
    const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
    await scene.sweep({ trigger: 'request', scope }, configuration);
    expect(scene.ledger.entries.get('sgr-flagged-1')).toMatchObject({ state: 'OPEN', flagged: { verdict: 'flagged' } });
    await scene.sweep({}, configuration);
    const letGo = { state: 'HEALED', outcome: { name: 'NO_LONGER_LOOKED_FOR' } };
    expect(scene.ledger.entries.get('sgr-flagged-1')).toMatchObject(letGo);
  });

  test('finishes what a run that died had begun in its groups, and in no other', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const scene = new Scene(network, FLAGGED);
    for (const n of [1, 2]) {
      const rule = network.rules.get(`sgr-flagged-${n}`);
      const attempt = { sweepId: 'sweep-dead', at: START.toISOString() };
      scene.ledger.entries.set(`sgr-flagged-${n}`, anEntry({ rule, state: 'PENDING', vpcId: `vpc-${n}`, attempt }));
      network.rules.delete(`sgr-flagged-${n}`);
    }
    const { result } = await scene.groups('sg-1');
    expect(result?.outcomes.map(({ rule, outcome }) => `${rule.securityGroupRuleId} ${outcome}`)).toEqual([
      'sgr-flagged-1 REVOKED',
    ]);
    expect(scene.ledger.entries.get('sgr-flagged-2')?.state).toBe('PENDING');
  });

  test('is no sighting, and what it finds first waits for the scheduled sweeps', async () => {
    const scene = new Scene(
      new MemoryNetwork(vpcs(1)),
      aDecodedConfiguration({ staleRules: 'revoke', grace: aGrace({ seconds: 0 }) }),
    );
    for (let count = 0; count < 5; count++) await scene.groups('sg-1');
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({
      keepReason: 'WITHIN_GRACE',
      stale: { sightings: 0 },
    });
    await scene.sweep();
    scene.clock.advance(HOUR);
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ stale: { sightings: 1 } });
    await scene.sweep();
    expect(scene.network.rules.has('sgr-stale-1')).toBe(false);
  });

  test('is kept from what is exempt, and from what is not in scope, as a full one is', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(2)), {
      ...REVOKE,
      exemptSecurityGroupIds: ['sg-1'],
      vpcIds: ['vpc-1'],
    });
    const kept = reasonsOf(await scene.groups('sg-1', 'sg-2'));
    expect([kept, scene.revoked]).toEqual([['EGRESS', 'EXEMPT_BY_PROP'], 0]);
  });
});

describe('a stale rule that EC2 names for a VPC other than that of its group', () => {
  const WAITING = aDecodedConfiguration({ staleRules: 'revoke', grace: aGrace() });
  const world = vpcs(2);
  const [own, other] = ['vpc-1', 'vpc-2'].map(vpcId => world.stale[vpcId]);

  /** The VPCs for which EC2 names the group of vpc-1. A test may change them. */
  interface Staged {
    readonly scene: Scene;
    readonly named: Record<string, (typeof own)>;
    readonly stale: () => unknown;
  }

  async function stage(named: Staged['named'], configuration = WAITING): Promise<Staged> {
    const scene = new Scene(new MemoryNetwork({ ...world, stale: named }), configuration);
    await scene.sweep();
    scene.clock.advance(60_000);
    const stale = (): unknown => {
      const entry = scene.ledger.entries.get('sgr-stale-1');
      return [entry?.state, entry?.stale?.sightings, entry?.stale?.vpcIds];
    };
    return { scene, named, stale };
  }

  test('goes on waiting, whatever a run of its group says of its own VPC', async () => {
    const { scene, stale } = await stage({ 'vpc-2': [...own, ...other] });
    expect(stale()).toEqual(['OPEN', 1, ['vpc-2']]);
    await scene.groups('sg-1');
    expect(stale()).toEqual(['OPEN', 1, ['vpc-2']]);
    scene.clock.advance(HOUR);
    await scene.sweep();
    expect(stale()).toEqual(['OPEN', 2, ['vpc-2']]);
  });

  test('is healed by a run that asks for that VPC, too, and does not find it', async () => {
    const { scene, named, stale } = await stage({ 'vpc-2': [...own, ...other] });
    named['vpc-2'] = [...other];
    await scene.groups('sg-1', 'sg-2');
    expect(stale()).toEqual(['HEALED', 1, ['vpc-2']]);
  });

  test('is known to be so by both, though a run asks for one of them only', async () => {
    const { scene, named, stale } = await stage({ 'vpc-1': own, 'vpc-2': [...own, ...other] });
    await scene.groups('sg-1');
    expect(stale()).toEqual(['OPEN', 1, ['vpc-1', 'vpc-2']]);
    named['vpc-1'] = [];
    await scene.groups('sg-1');
    expect(stale()).toEqual(['OPEN', 1, ['vpc-1', 'vpc-2']]);
    scene.clock.advance(HOUR);
    await scene.sweep();
    expect(stale()).toEqual(['OPEN', 2, ['vpc-2']]);
  });

  test('stays open at a full run that could not read that VPC, and is healed by one that could', async () => {
    const { scene, named, stale } = await stage({ 'vpc-2': [...own, ...other] });
    named['vpc-2'] = [];
    scene.network.on('staleSecurityGroups', { naming: 'vpc-2', call: 3, throws: awsError('InternalError') });
    scene.network.on('staleSecurityGroups', { naming: 'vpc-2', call: 4, throws: awsError('InternalError') });
    await scene.sweep();
    expect(stale()).toEqual(['OPEN', 1, ['vpc-2']]);
    await scene.sweep();
    expect(stale()).toEqual(['HEALED', 1, ['vpc-2']]);
  });

  test('stays open at a full run that could not list every VPC', async () => {
    const { scene, stale } = await stage({ 'vpc-2': [...own, ...other] });
    const throws = new UnusableAnswer('a VPC without an id', [{ vpcId: 'vpc-1' }]);
    scene.network.on('vpcs', { call: 2, throws });
    await scene.sweep();
    expect(stale()).toEqual(['OPEN', 1, ['vpc-2']]);
  });

  test.each<[name: string, circumstances: Partial<DecodedConfiguration>, outcome: string]>([
    ['is gone', {}, 'HEALED'], ['is out of scope', { vpcIds: ['vpc-1'] }, 'HEALED'],
    ['is out of scope, with its own', { vpcIds: ['vpc-3'] }, 'NO_LONGER_LOOKED_FOR'],
  ])('ends with that VPC: where it %s', async (_, overrides, outcome) => {
    const { scene, named } = await stage({ 'vpc-2': [...own, ...other] });
    delete named['vpc-2'];
    const left = ['vpc-1', 'vpc-3'].map(vpcId => ({ vpcId }));
    scene.network.vpcs = async ids => left.filter(({ vpcId }) => ids?.includes(vpcId) ?? true);
    await scene.sweep({}, { ...WAITING, ...overrides });
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'HEALED', outcome: { name: outcome } });
  });

  test('is left to full runs, where an earlier version wrote it, which did not write the VPC', async () => {
    const { scene, named } = await stage({ 'vpc-1': own, 'vpc-2': other });
    const entry = scene.ledger.entries.get('sgr-stale-1') ?? anEntry();
    const earlier = { ...entry, stale: entry.stale && { ...entry.stale, vpcIds: undefined } };
    scene.ledger.entries.set('sgr-stale-1', earlier);
    named['vpc-1'] = [];
    await scene.groups('sg-1');
    expect(scene.ledger.entries.get('sgr-stale-1')).toBe(earlier);
    await scene.sweep();
    expect(scene.ledger.entries.get('sgr-stale-1')?.state).toBe('HEALED');
  });

  test.each([
    ['that VPC alone', false], ['both VPCs', true],
  ])('is asked for again by that VPC before it is revoked, where no field shows that it is stale: %s', async (_, isOwn) => {
    const [{ ingress: [permission], ...group }] = own;
    const reference = { ...permission.reference, userId: '444455556666', peeringStatus: 'active' };
    const unshown = [{ ...group, ingress: [{ ...permission, reference }], egress: [] }];
    const named = { ...isOwn && { 'vpc-1': unshown }, 'vpc-2': unshown };
    const scene = new Scene(new MemoryNetwork({ ...world, stale: named }), { ...WAITING, grace: undefined });
    const { result } = await scene.sweep();
    expect(result?.outcomes.map(({ outcome }) => outcome)).toEqual(['REVOKED']);
    expect(scene.network.idsOf('staleSecurityGroups').flat().slice(2)).toEqual(isOwn ? ['vpc-1', 'vpc-2'] : ['vpc-2']);
  });
});

describe('the limit of all runs together', () => {
  test('is what runs of some groups take from, until the next scheduled sweep', async () => {
    const scene = new Scene(groupsOf(4, 8));
    for (const groupId of ['sg-1', 'sg-2']) await scene.groups(groupId);
    expect([scene.revoked, scene.used]).toEqual([16, 16]);
    const third = await scene.groups('sg-3');
    expect([scene.revoked, scene.used, reasonsOf(third)]).toEqual([16, 16, ['LIMIT_USED']]);
    expect(third.error).toBeUndefined();
  });

  test('is taken from whole or not at all: a smaller run after that may still have its share', async () => {
    const network = groupsOf(2, 15);
    const few = Array.from({ length: 5 }, (_, index) =>
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-few-${index}`, groupId: 'sg-3' }),
    );
    network.groups.set('sg-3', aGroup({ groupId: 'sg-3' }));
    for (const rule of few) network.rules.set(rule.securityGroupRuleId, rule);
    const scene = new Scene(network);
    await scene.groups('sg-1');
    await scene.groups('sg-2');
    expect([scene.revoked, scene.used]).toEqual([15, 15]);
    await scene.groups('sg-3');
    expect([scene.revoked, scene.used]).toEqual([20, 20]);
  });

  test('is returned for rules that were not revoked after all', async () => {
    const scene = new Scene(
      groupsOf(2, 10).on('revokeIngress', { naming: 'sg-1', throws: awsError('UnauthorizedOperation') }),
    );
    await scene.groups('sg-1');
    expect(scene.used).toBe(0);
    await scene.groups('sg-2');
    expect([scene.network.rules.size, scene.used]).toEqual([10, 10]);
  });

  test('is opened anew by each scheduled sweep: 12 rules at one and 10 at the next are all revoked', async () => {
    const scene = new Scene(groupsOf(1, 12));
    await scene.sweep();
    expect([scene.network.rules.size, scene.used]).toEqual([0, 12]);
    for (const rule of groupsOf(1, 10).rules.values()) {
      scene.network.rules.set(`${rule.securityGroupRuleId}-new`, {
        ...rule,
        securityGroupRuleId: `${rule.securityGroupRuleId}-new`,
      });
    }
    scene.clock.advance(HOUR);
    const { metrics } = await scene.sweep();
    expect([scene.network.rules.size, scene.used]).toEqual([0, 10]);
    expect(metrics.aggregates).toMatchObject({ IngressRulesRevoked: 10, RevocationsWithheld: 0 });
    expect(scene.withheld()).toEqual([]);
  });

  test.each(['request', 'deployment'] as const)('is opened anew by no full run on request: %s', async trigger => {
    const scene = new Scene(groupsOf(2, 12));
    await scene.groups('sg-1');
    const full = await scene.sweep({ trigger });
    expect([scene.revoked, scene.used, reasonsOf(full)]).toEqual([12, 12, ['LIMIT_USED']]);
    scene.clock.advance(HOUR);
    await scene.sweep();
    expect([scene.revoked, scene.used]).toEqual([24, 12]);
  });

  test('is not known before a full run has looked: only that one revokes', async () => {
    const scene = new Scene(groupsOf(1, 3));
    scene.ledger.controlEntry = aControl();
    expect(reasonsOf(await scene.groups('sg-1'))).toEqual(['LIMIT_USED']);
    expect([scene.revoked, scene.ledger.controlEntry.allowance]).toEqual([0, undefined]);
    await scene.sweep({ trigger: 'deployment' });
    expect([scene.revoked, scene.used]).toEqual([3, 3]);
  });

  test('is the smaller of those at its opening and now', async () => {
    for (const [limit, now] of [[20, 5], [5, 20]]) {
      const scene = new Scene(groupsOf(1, 8), { ...FLAGGED, maxRevocationsPerSweep: limit });
      const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
      const swept = await scene.sweep({ trigger: 'request', scope }, { ...FLAGGED, maxRevocationsPerSweep: now });
      expect([scene.revoked, reasonsOf(swept)]).toEqual([0, ['LIMIT_USED']]);
    }
  });
});

describe('what runs of some groups withhold', () => {
  const copied = aControl({ table: 'another' });
  const UNTRUSTED = 'LEDGER_UNTRUSTED 2';

  test('is told once, and again when the rules are others, or the reason is', async () => {
    const scene = new Scene(groupsOf(2, 2));
    scene.ledger.controlEntry = copied;
    for (let count = 0; count < 3; count++) await scene.groups('sg-1');
    expect(scene.withheld()).toEqual([UNTRUSTED]);
    await scene.groups('sg-2');
    expect(scene.withheld()).toEqual([UNTRUSTED]);
    for (const groupId of ['sg-1', 'sg-2']) await scene.groups(groupId);
    expect(scene.withheld()).toEqual([]);
    scene.network.rules.delete('sgr-1-0');
    await scene.groups('sg-1');
    expect(scene.withheld()).toEqual(['LEDGER_UNTRUSTED 1']);
    scene.ledger.unreadable.push({ id: 'sgr-1-1', message: 'its attribute state is missing' });
    for (let count = 0; count < 2; count++) await scene.groups('sg-1');
    expect(scene.withheld()).toEqual(['LEDGER_UNAVAILABLE 1']);
  });

  test('is told once, where a call was not tried, too', async () => {
    const scene = new Scene(groupsOf(1, 2));
    const revokeUntil = START;
    for (let count = 0; count < 3; count++) {
      await scene.sweep({ trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] }, revokeUntil });
    }
    expect(scene.withheld()).toEqual(['SKIPPED 2']);
  });

  test('changes nothing else of the control item, and is not told again by full runs', async () => {
    const scene = new Scene(groupsOf(1, 2));
    scene.ledger.controlEntry = copied;
    await scene.groups('sg-1');
    const { revision, writtenBy, toldWithheld, ...control } = scene.ledger.controlEntry;
    expect(copied).toMatchObject(control);
    expect([revision, writtenBy, toldWithheld]).toMatchObject([2, 'run-1', [{ reason: 'LEDGER_UNTRUSTED' }]]);
    scene.withheld();
    for (let count = 0; count < 2; count++) await scene.sweep();
    expect(scene.withheld()).toEqual([]);
  });

  test('is told by a full run that withholds more', async () => {
    const scene = new Scene(groupsOf(2, 2));
    scene.ledger.controlEntry = copied;
    await scene.groups('sg-1');
    for (let count = 0; count < 2; count++) await scene.sweep();
    expect(scene.withheld()).toEqual([UNTRUSTED, 'LEDGER_UNTRUSTED 4']);
  });

  test('is reported each time, if the report cannot be recorded', async () => {
    const scene = new Scene(groupsOf(1, 2));
    scene.ledger.controlEntry = copied;
    scene.ledger.on('putControl', { throws: awsError('InternalServerError', 'down') });
    for (let count = 0; count < 2; count++) {
      const { result } = await scene.groups('sg-1');
      expect(result?.ledgerErrors).toMatchObject([{ doing: 'recording which withheld revocations were reported in the ledger' }]);
    }
    expect(scene.withheld()).toEqual([UNTRUSTED, UNTRUSTED]);
    const unread = new Scene(groupsOf(1, 2));
    unread.ledger.on('control', { throws: awsError('InternalServerError', 'down') });
    for (let count = 0; count < 2; count++) await unread.groups('sg-1');
    expect(unread.withheld()).toEqual(['LEDGER_UNAVAILABLE 2', 'LEDGER_UNAVAILABLE 2']);
    expect(unread.ledger.calls.map(({ method }) => method)).not.toContain('putControl');
  });

  test('is kept in mind for the latest twenty', async () => {
    const scene = new Scene(groupsOf(25, 1));
    scene.ledger.controlEntry = copied;
    for (let n = 1; n <= 25; n++) await scene.groups(`sg-${n}`);
    expect(scene.withheld()).toHaveLength(25);
    expect(scene.ledger.controlEntry.toldWithheld).toHaveLength(20);
    await scene.groups('sg-25');
    expect(scene.withheld()).toEqual([]);
    await scene.groups('sg-1');
    expect(scene.withheld()).toEqual(['LEDGER_UNTRUSTED 1']);
  });
});

describe('rules that wait for the next scheduled sweep', () => {
  async function aFullOne(): Promise<Scene> {
    const scene = new Scene(groupsOf(3, 12));
    await scene.groups('sg-1');
    scene.withheld();
    return scene;
  }

  test('are told once, and again when they are others', async () => {
    const scene = await aFullOne();
    await scene.groups('sg-2');
    expect(scene.withheld()).toEqual(['LIMIT_USED 12']);
    for (let count = 0; count < 3; count++) await scene.groups('sg-2');
    expect(scene.withheld()).toEqual([]);
    scene.network.rules.delete('sgr-2-0');
    await scene.groups('sg-2');
    expect(scene.withheld()).toEqual(['LIMIT_USED 11']);
    await scene.groups('sg-2');
    expect(scene.withheld()).toEqual([]);
  });

  test('are told once by a full run that nobody scheduled, too', async () => {
    const scene = await aFullOne();
    scene.network.groups.delete('sg-3');
    const ids = [...scene.network.rules.keys()].filter(id => id.startsWith('sgr-3'));
    for (const id of ids) scene.network.rules.delete(id);
    await scene.sweep({ trigger: 'request' });
    expect(scene.withheld()).toEqual(['LIMIT_USED 12']);
    await scene.sweep({ trigger: 'request' });
    expect(scene.withheld()).toEqual([]);
  });

  test('say so in words, with the limit', async () => {
    const scene = await aFullOne();
    const { log, metrics } = await scene.groups('sg-2');
    expect(scene.events.ofType(EventType.REVOCATION_WITHHELD)).toMatchObject([
      {
        detail: {
          reason: 'LIMIT_USED',
          count: 12,
          maxRevocationsPerSweep: 20,
          message:
            'Withheld 12 revocations, because 20 may be revoked between two scheduled sweeps, and too few of these '
            + 'are left. They wait for the next scheduled sweep',
        },
      },
    ]);
    expect(log.ofEvent('RuleKept').map(({ level, fields }) => `${level} ${String(fields.keepReason)}`))
      .toEqual(Array.from({ length: 12 }, () => 'INFO LIMIT_USED'));
    expect(metrics.aggregates).not.toHaveProperty('RevocationsWithheld');
  });

  test('are not told in a dry run, nor counted', async () => {
    const scene = await aFullOne();
    await scene.sweep(
      { trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-2'] } },
      { ...FLAGGED, dryRun: true },
    );
    expect([scene.withheld(), scene.used]).toEqual([[], 12]);
  });
});

describe('a full sweep that has more due than the limit', () => {
  async function anOverfullOne(): Promise<Scene> {
    const scene = new Scene(groupsOf(3, 8));
    await scene.sweep();
    return scene;
  }

  test('has nothing revoked by any run, however few rules that one plans', async () => {
    const scene = await anOverfullOne();
    expect(scene.withheld()).toEqual(['OVER_LIMIT 24']);
    const swept = await scene.groups('sg-1');
    expect([scene.revoked, scene.used, reasonsOf(swept)]).toEqual([0, 0, ['OVER_LIMIT']]);
    expect(swept.error).toBeUndefined();
  });

  test('is told by itself alone, and not by each run of some groups', async () => {
    const scene = await anOverfullOne();
    scene.withheld();
    for (const groupId of ['sg-1', 'sg-2', 'sg-1']) await scene.groups(groupId);
    expect(scene.withheld()).toEqual([]);
  });

  test('holds beyond the next scheduled sweep, until a full one is within the limit', async () => {
    const scene = await anOverfullOne();
    scene.clock.advance(HOUR);
    await scene.sweep();
    await scene.groups('sg-1');
    expect(scene.revoked).toBe(0);
    for (let index = 0; index < 4; index++) scene.network.rules.delete(`sgr-3-${index}`);
    await scene.groups('sg-1');
    expect(scene.revoked).toBe(0);
    scene.clock.advance(HOUR);
    await scene.sweep();
    expect([scene.revoked, scene.used]).toEqual([20, 20]);
    expect(scene.ledger.controlEntry?.allowance?.overLimit).toBeUndefined();
  });

  test('is over with a full run that nobody scheduled and that is within the limit, too', async () => {
    const scene = await anOverfullOne();
    for (let index = 0; index < 8; index++) scene.network.rules.delete(`sgr-3-${index}`);
    await scene.sweep({ trigger: 'request' });
    expect(scene.revoked).toBe(16);
  });

  test('comes from a full run that nobody scheduled as well', async () => {
    const scene = new Scene(groupsOf(3, 8));
    await scene.sweep({ trigger: 'request' });
    expect(reasonsOf(await scene.groups('sg-1'))).toEqual(['OVER_LIMIT']);
    expect(scene.revoked).toBe(0);
  });

  test('stops a run of some groups that is under way, before its next call', async () => {
    const scene = new Scene(groupsOf(2, 3));
    const { network, ledger } = scene;
    network.admits = 1;
    const isRevoked = new Promise<void>(resolve => network.on('revokeIngress', { call: 1, after: resolve }));
    network.on('admitRevocations', {
      call: 2, before: async () => isRevoked.then(() => {
        const { allowance = { openedBy: '', openedAt: '', limit: 0, used: 0 }, ...control } =
          ledger.controlEntry ?? aControl();
        ledger.controlEntry = { ...control, allowance: { ...allowance, overLimit: { planned: 30, runId: 'another', at: START.toISOString() } } };
      }),
    });
    const { result } = await scene.groups('sg-1', 'sg-2');
    expect(result?.outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      ...Array.from({ length: 3 }, () => 'REVOKED'), ...Array.from({ length: 3 }, () => 'SKIPPED'),
    ]);
    expect([scene.revoked, scene.used]).toEqual([3, 3]);
  });

  test('counts rules that a pause holds back, so that nothing is revoked when it is over', async () => {
    const scene = new Scene(groupsOf(3, 8));
    const until = new Date(START.getTime() + HOUR).toISOString();
    const pause = { until, reason: 'freeze', begunAt: START.toISOString(), pauseId: 'pause-1', told: [] };
    scene.ledger.controlEntry = { ...scene.ledger.controlEntry ?? aControl(), pause };
    await scene.sweep();
    scene.clock.advance(2 * HOUR);
    expect(reasonsOf(await scene.groups('sg-1'))).toEqual(['OVER_LIMIT']);
    expect(scene.revoked).toBe(0);
  });
});

describe('many runs at once', () => {
  test('ten of some groups never revoke more than the limit', async () => {
    const scene = new Scene(groupsOf(10, 3));
    const runs = await Promise.all(Array.from({ length: 10 }, async (_, index) => scene.groups(`sg-${index + 1}`)));
    expect(runs.map(({ error }) => error)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect([scene.revoked, scene.network.rules.size, scene.used]).toEqual([18, 12, 18]);
    expect(runs.filter(swept => reasonsOf(swept).includes('LIMIT_USED'))).toHaveLength(4);
  });

  test('never revoke more than the limit, in whatever order all is answered, and whatever fails', async () => {
    const revoked = new Set<number>();
    const delaysOf = fc.array(fc.nat(30), { minLength: 1, maxLength: 30 });
    await fc.assert(fc.asyncProperty(delaysOf, fc.array(fc.nat(9), { maxLength: 4 }), async (delays, refused) => {
      const scene = new Scene(groupsOf(10, 3), { ...FLAGGED, maxRevocationsPerSweep: 10 });
      let calls = 0;
      const before = async (): Promise<void> => {
        for (let turns = delays[calls++ % delays.length]; turns > 0; turns--) await Promise.resolve();
      };
      for (const method of ['securityGroups', 'securityGroupRules', 'revokeIngress'] as const) {
        scene.network.on(method, { before });
      }
      for (const method of ['control', 'putControl', 'unsettled', 'put'] as const) scene.ledger.on(method, { before });
      const throws = awsError('UnauthorizedOperation');
      for (const n of refused) scene.network.on('revokeIngress', { naming: `sg-${n + 1}`, throws });
      await Promise.all(Array.from({ length: 10 }, async (_, index) => scene.groups(`sg-${index + 1}`)));
      const gone = 30 - scene.network.rules.size;
      expect([gone <= 10, scene.used]).toEqual([true, gone]);
      revoked.add(gone);
    }), { numRuns: 100 });
    expect(Math.max(...revoked)).toBe(9);
  });

  test('of the same groups revoke each rule once, and use the limit for it once', async () => {
    const scene = new Scene(groupsOf(1, 6));
    await Promise.all(Array.from({ length: 3 }, async () => scene.groups('sg-1')));
    expect([scene.network.rules.size, scene.used]).toEqual([0, 6]);
  });

  test('use the limit for what one has revoked, be it that another is faster to record it', async () => {
    const scene = new Scene(groupsOf(2, 6), { ...FLAGGED, maxRevocationsPerSweep: 6 });
    scene.network.on('revokeIngress', { call: 1, after: async () => void await scene.groups('sg-1') });
    await scene.groups('sg-1');
    expect(scene.network.rules.size).toBe(6);
    expect(scene.used).toBe(6);
    await scene.groups('sg-2');
    expect(scene.network.rules.size).toBe(6);
  });

  test('return nothing to the allowance of a scheduled sweep that came from an earlier allowance', async () => {
    const scene = new Scene(groupsOf(2, 5));
    let full: Swept | undefined;
    scene.network.on('revokeIngress', {
      call: 1, before: async () => {
        full = await scene.sweep();
      },
    });
    scene.network.on('revokeIngress', { naming: 'sg-2', throws: awsError('UnauthorizedOperation') });
    await scene.groups('sg-2');
    // The scheduled sweep has revoked the rules of the other group. The run over some groups got no allowance for its
    // own.
    expect(full?.result?.outcomes.filter(({ outcome }) => outcome === 'REVOKED')).toHaveLength(5);
    expect(scene.ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'run-2', used: 5 });
  });
});

describe('a run that is killed', () => {
  test('while it revokes leaves what it had reserved used until the next scheduled sweep', async () => {
    const scene = new Scene(groupsOf(2, 12));
    scene.network.on('admitRevocations', { call: 1, before: async () => new Promise(() => undefined) });
    void scene.groups('sg-1');
    await new Promise(setImmediate);
    expect([scene.used, scene.revoked]).toEqual([12, 0]);
    expect(reasonsOf(await scene.groups('sg-2'))).toEqual(['LIMIT_USED']);
    for (let index = 0; index < 8; index++) scene.network.rules.delete(`sgr-2-${index}`);
    scene.clock.advance(HOUR);
    await scene.sweep();
    expect([scene.network.rules.size, scene.used]).toEqual([0, 16]);
  });

  test('whose ledger fails from the reservation on has used its reservation for nothing', async () => {
    const scene = new Scene(groupsOf(2, 12));
    const throws = awsError('InternalServerError', 'down');
    let isDown = false;
    const before = (): void => {
      if (isDown) throw throws;
    };
    for (const method of ['put', 'get', 'control', 'putControl'] as const) scene.ledger.on(method, { before });
    scene.ledger.on('putControl', { call: 1, after: () => void (isDown = true) });
    const { error, log } = await scene.groups('sg-1');
    const message = expect.stringContaining('The ledger failed, and without it nothing further is revoked') as string;
    expect(error).toMatchObject({ message });
    expect(log.ofEvent('Ledger').map(({ level }) => level)).toEqual(['WARN']);
    expect([scene.revoked, scene.used]).toEqual([0, 12]);
    isDown = false;
    expect(reasonsOf(await scene.groups('sg-2'))).toEqual(['LIMIT_USED']);
    scene.clock.advance(HOUR);
    await scene.sweep({}, { ...FLAGGED, maxRevocationsPerSweep: 24 });
    expect([scene.network.rules.size, scene.used]).toEqual([0, 24]);
  });
});

describe('an event that the schedule delivers twice', () => {
  const scheduledTime = START.toISOString();
  const patient = aDecodedConfiguration({ staleRules: 'revoke', grace: aGrace({ seconds: 0 }) });

  test('opens one allowance: what is over it waits', async () => {
    const scene = new Scene(groupsOf(2, 12));
    const rules = [...scene.network.rules.values()];
    const second = rules.filter(({ groupId }) => groupId === 'sg-2');
    for (const { securityGroupRuleId: id } of second) scene.network.rules.delete(id);
    await scene.sweep({ scheduledTime });
    expect([scene.revoked, scene.used]).toEqual([12, 12]);
    for (const rule of second) scene.network.rules.set(rule.securityGroupRuleId, rule);
    scene.clock.advance(60_000);
    const again = await scene.sweep({ scheduledTime });
    expect([scene.revoked, scene.used, reasonsOf(again)]).toEqual([12, 12, ['LIMIT_USED']]);
    expect(scene.ledger.controlEntry?.allowance).toMatchObject({ openedBy: 'run-1', scheduledTime });
    scene.clock.advance(HOUR);
    await scene.sweep({ scheduledTime: scene.clock.now().toISOString() });
    expect([scene.revoked, scene.used]).toEqual([24, 12]);
  });

  test.each<[name: string, configuration: DecodedConfiguration]>([
    ['revokes', patient],
    ['makes a dry run', { ...patient, dryRun: true }],
    ['is disabled', { ...patient, enabled: false }],
    ['only reports', aDecodedConfiguration({ staleRules: 'report' })],
    ['has a limit of none', { ...patient, maxRevocationsPerSweep: 0 }],
  ])('counts one sighting, where the configuration %s', async (_, configuration) => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), configuration);
    for (let count = 0; count < 2; count++) {
      await scene.sweep({ scheduledTime });
      scene.clock.advance(60_000);
    }
    expect(scene.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 1 } });
    await scene.sweep({ scheduledTime: new Date(START.getTime() + HOUR).toISOString() });
    expect(scene.ledger.entries.get('sgr-stale-1')?.stale?.sightings).toBe(2);
  });

  test('counts one sighting also where no allowance is opened: in a ledger that nobody has adopted', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), patient);
    scene.ledger.controlEntry = aControl({ table: 'another' });
    for (let count = 0; count < 3; count++) {
      await scene.sweep({ scheduledTime });
      scene.clock.advance(60_000);
    }
    expect(scene.ledger.entries.get('sgr-stale-1')?.stale?.sightings).toBe(1);
  });

  test('counts none where a later event was faster', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), { ...patient, dryRun: true });
    await scene.sweep({ scheduledTime: new Date(START.getTime() + 60_000).toISOString() });
    scene.clock.advance(60_000);
    await scene.sweep({ scheduledTime });
    expect(scene.ledger.entries.get('sgr-stale-1')?.stale?.sightings).toBe(1);
  });

  test('is two sweeps where nothing says when they were to run', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), patient);
    for (let count = 0; count < 2; count++) {
      await scene.sweep();
      scene.clock.advance(60_000);
    }
    expect(scene.network.rules.has('sgr-stale-1')).toBe(false);
  });

  test('tells of the metrics of the network both times: totals are totals', async () => {
    const scene = new Scene(new MemoryNetwork(vpcs(1)), { ...patient, dryRun: true });
    for (let count = 0; count < 2; count++) {
      const { metrics } = await scene.sweep({ scheduledTime });
      expect(metrics.aggregates).toMatchObject({ Sweeps: 1, StaleIngressRules: 1 });
    }
  });
});
