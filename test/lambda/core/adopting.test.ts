/** Tests a ledger that was made for another table, as a copy or a backup was. It is not trusted until it is adopted. */
import { restore } from '../../../lambda/core/act/restore';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import { adopt, type AdoptAnswer, pause } from '../../../lambda/core/pausing';
import { type Configuration } from '../../../src/contract/configuration';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aConfiguration, aDeclaration, anEntry } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryEvents, MemoryLog } from '../../support/recorders';
import { Installation, ofGroups, ON_REQUEST, ON_SCHEDULE, type Ran, VPN, vpcs } from '../../support/swept';

const HOUR = 3_600_000;

const REVOKING: Configuration = aConfiguration({
  staleRules: 'revoke', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'all' },
});

/** A stack that was deployed with a table that contains the items of another table. */
class Copied extends Installation {
  readonly log = new MemoryLog();
  private requests = 0;

  constructor(network = new MemoryNetwork({ ...vpcs(1), vpnConnections: [VPN] })) {
    super(network);
  }

  async adopt(): Promise<AdoptAnswer> {
    const { ledger, clock, log: { log }, notifications, table } = this;
    const tellUntil = new Date(clock.now().getTime() + HOUR);
    const id = `adoption-${++this.requests}`;
    const told = { events: new MemoryEvents(), notifications, tellUntil };
    return adopt({ ledger, clock, log, table, id, hygiene: REVOKING.hygiene, ...told });
  }

  /** Makes the next read of the control item fail. */
  fail(throws: Error): void {
    const call = this.ledger.calls.filter(({ method }) => method === 'control').length + 1;
    this.ledger.on('control', { call, throws });
  }

  get isWhole(): boolean {
    return this.network.rules.has('sgr-flagged-1') && this.network.rules.has('sgr-stale-1');
  }
}

/**
 * Returns a copy of a table that a stack was deployed with. It does not contain what has happened in the network since.
 */
async function aCopy(happened: (network: MemoryNetwork) => void = () => undefined): Promise<Copied> {
  const copied = new Copied();
  await copied.deploy({ ...REVOKING, dryRun: true });
  copied.clock.advance(HOUR);
  happened(copied.network);
  copied.table = 'copy';
  await copied.deploy(REVOKING, { isChange: true });
  return copied;
}

const holdOf = ({ delivered }: Ran): string | undefined => delivered?.result.hold?.reason;
const withheld = ({ events }: Ran): unknown[] => events
  .filter(({ type }) => type === EventType.REVOCATION_WITHHELD).map(({ detail: { reason, count } }) => [reason, count]);

describe('a ledger of another table', () => {
  test('keeps its mark, though a configuration is put into force in it', async () => {
    const copied = await aCopy();
    expect(copied.ledger.controlEntry).toMatchObject({ table: 'ledger' });
    expect(copied.ledger.configurationRecord?.text).toBe(JSON.stringify(REVOKING));
  });

  test.each([['the schedule', ON_SCHEDULE], ['a request', ON_REQUEST], ['some groups', ofGroups('sg-1')]])(
    'has nothing revoked by a run of %s', async (_, request) => {
      const copied = await aCopy();
      const ran = await copied.run(request);
      expect([ran.error, holdOf(ran), copied.isWhole]).toEqual([undefined, 'LEDGER_UNTRUSTED', true]);
      expect(ran.delivered?.result.plan.keep.map(({ reason }) => reason).sort())
        .toEqual(['EGRESS', 'LEDGER_UNTRUSTED', 'LEDGER_UNTRUSTED']);
      expect(copied.network.methods).not.toContain('admitRevocations');
      expect(copied.ledger.controlEntry?.allowance).toBeUndefined();
    });

  test('has nothing revoked by the deployment that puts a configuration into it, which forecasts nothing', async () => {
    const copied = new Copied();
    await copied.deploy({ ...REVOKING, dryRun: true });
    copied.table = 'copy';
    const ran = await copied.deploy(REVOKING, { isChange: true });
    expect([ran.error, holdOf(ran), copied.isWhole]).toEqual([undefined, 'LEDGER_UNTRUSTED', true]);
    expect(ran.delivered?.result.forecast).toBeUndefined();
  });

  test('is told as what withholds the revocations, once, with what to do', async () => {
    const copied = await aCopy();
    // The deployment has already reported it.
    const next = await copied.run();
    expect(withheld(next)).toEqual([]);
    expect(next.metrics.aggregates).toMatchObject({ RevocationsWithheld: 2, IngressRulesRevoked: 0, Sweeps: 1 });
    expect(copied.ledger.sweep?.withheld).toMatchObject([{ reason: 'LEDGER_UNTRUSTED', count: 2 }]);
    expect(next.log.ofEvent('Ledger')).toMatchObject([
      {
        level: 'WARN',
        fields: { reason: 'LEDGER_UNTRUSTED' },
        message:
          'Nothing is revoked: the ledger names the table ledger and is kept in copy; '
          + 'check it, and then send {"adopt":{}}',
      },
    ]);
    expect(next.log.ofEvent('RuleKept').filter(({ level }) => level === 'WARN')).toHaveLength(2);
  });

  test('is told by the first run that finds it so', async () => {
    const copied = new Copied();
    await copied.deploy({ ...REVOKING, dryRun: true });
    copied.table = 'copy';
    const ran = await copied.deploy(REVOKING, { isChange: true });
    expect(withheld(ran)).toEqual([['LEDGER_UNTRUSTED', 2]]);
    const [{ detail }] = ran.events.filter(({ type }) => type === EventType.REVOCATION_WITHHELD);
    expect(detail.message).toBe(
      'Withheld 2 revocations, because the ledger was made for another table, so it is a copy or a backup. '
        + 'Check its contents, and then adopt it',
    );
  });

  test('keeps the entry of a rule that is gone open, because it may have been revoked since the copy was made', async () => {
    const copied = await aCopy(({ rules }) => void rules.delete('sgr-stale-1'));
    const before = copied.ledger.entries.get('sgr-stale-1');
    const ran = await copied.run();
    expect(copied.ledger.entries.get('sgr-stale-1')).toBe(before);
    expect(before?.state).toBe('OPEN');
    expect(ran.events.filter(({ type }) => type === EventType.FINDING_RESOLVED)).toEqual([]);
  });

  test('keeps an entry pending that is pending in the copy, although its rule is gone', async () => {
    const copied = await aCopy(({ rules }) => void rules.delete('sgr-stale-1'));
    const entry = copied.ledger.entries.get('sgr-stale-1') ?? anEntry();
    const pending: LedgerEntry = { ...entry, state: 'PENDING', attempt: { sweepId: 'sweep-dead', at: entry.lastSeen } };
    copied.ledger.entries.set('sgr-stale-1', pending);
    const ran = await copied.run();
    expect(copied.ledger.entries.get('sgr-stale-1')).toBe(pending);
    expect(ran.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0 });
  });

  test('reports no VPN connection as gone', async () => {
    const copied = await aCopy();
    copied.network.connections = [];
    const ran = await copied.run();
    expect(ran.events.filter(({ type }) => type === EventType.VPN_CONNECTION_STATE_CHANGED)).toEqual([]);
    expect(copied.ledger.connections.get('vpn-1')?.status).toBe('UP');
  });

  test.each(['InternalServerError', 'ThrottlingException', 'UnreadableItem'])(
    'does not settle or let go of any entry in a run that cannot read for which table it was made: %s', async code => {
      const copied = await aCopy(network => {
        network.rules.delete('sgr-stale-1');
        network.connections = [];
      });
      const before = copied.ledger.entries.get('sgr-stale-1');
      copied.fail(awsError(code, 'the control item'));
      const ran = await copied.run();
      expect([...copied.ledger.entries.values()].map(({ state, expiresAt }) => [state, expiresAt]))
        .toEqual(Array.from({ length: 3 }, () => ['OPEN', undefined]));
      expect(copied.ledger.entries.get('sgr-stale-1')).toBe(before);
      expect(copied.ledger.connections.get('vpn-1')?.status).toBe('UP');
      expect(ran.events.filter(({ type }) => type === EventType.FINDING_RESOLVED)).toEqual([]);
      expect(copied.network.methods).not.toContain('revokeIngress');
    });

  test('still records what is found, and closes no finding, because closed ones would begin to expire', async () => {
    const copied = await aCopy();
    const rule = copied.network.rules.get('sgr-flagged-1') ?? anEntry().rule;
    copied.network.rules.set('sgr-flagged-1', { ...rule, cidrIpv4: '203.0.113.0/24' });
    copied.network.rules.set('sgr-new', { ...rule, securityGroupRuleId: 'sgr-new' });
    await copied.run();
    expect(copied.ledger.entries.get('sgr-flagged-1')).toMatchObject({ state: 'OPEN' });
    expect(copied.ledger.entries.get('sgr-new')).toMatchObject({ state: 'OPEN', keepReason: 'LEDGER_UNTRUSTED' });
  });

  test('has rules be put back that it says to be revoked', async () => {
    const copied = await aCopy(({ rules }) => void rules.delete('sgr-flagged-1'));
    const entry = copied.ledger.entries.get('sgr-flagged-1') ?? anEntry();
    const outcome = { name: 'REVOKED', sweepId: 'run-0', at: entry.lastSeen };
    copied.ledger.entries.set('sgr-flagged-1', { ...entry, state: 'REVOKED', outcome });
    const { network, ledger, clock } = copied;
    const log = new MemoryLog().log;
    const { counts } = await restore(
      { securityGroupRuleIds: ['sgr-flagged-1'] },
      { network, ledger, clock, log, restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger' },
    );
    expect(counts).toEqual({ RESTORED: 1 });
  });

  test('is no hold if it was made for the function\'s own table', async () => {
    const own = new Copied();
    await own.deploy(REVOKING);
    own.clock.advance(HOUR);
    expect([own.ledger.controlEntry?.table, holdOf(await own.run()), own.isWhole]).toEqual([
      'ledger',
      undefined,
      false,
    ]);
  });

  test('is not taken for the function\'s own by what else is written to it', async () => {
    const copied = await aCopy();
    const { ledger, clock, log: { log }, notifications, table } = copied;
    const request = { until: new Date(clock.now().getTime() + HOUR).toISOString(), reason: 'look first' };
    const told = { events: new MemoryEvents(), notifications, tellUntil: clock.now() };
    await pause(request, { ledger, clock, log, table, id: 'pause-1', hygiene: REVOKING.hygiene, ...told });
    await copied.deploy(REVOKING, { isChange: true });
    expect([ledger.controlEntry?.table, holdOf(await copied.run())]).toEqual(['ledger', 'LEDGER_UNTRUSTED']);
  });
});

describe('adopting a ledger', () => {
  test('names the table that it was made for, and the next sweep revokes and settles', async () => {
    const copied = await aCopy(network => {
      network.rules.delete('sgr-stale-1');
      network.connections = [];
    });
    const answer = await copied.adopt();
    expect(answer).toEqual({
      changed: true,
      message:
        'The ledger in copy, which was made for the table ledger, is adopted. From the next sweep on, entries of '
        + 'rules that EC2 no longer has are settled, and rules that are due are revoked',
    });
    expect(copied.ledger.controlEntry).toMatchObject({ table: 'copy', writtenBy: 'adoption-1' });
    expect(copied.log.lines).toEqual([{
      level: 'WARN', message: answer.message, fields: { event: 'Ledger', table: 'copy', previousTable: 'ledger' },
    }]);
    expect(copied.network.rules.has('sgr-flagged-1')).toBe(true);
    const ran = await copied.run();
    expect([ran.error, holdOf(ran), copied.network.rules.has('sgr-flagged-1')]).toEqual([undefined, undefined, false]);
    expect(copied.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'HEALED' });
    expect(copied.ledger.connections.get('vpn-1')?.status).toBe('GONE');
    expect(ran.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 1, RevocationsWithheld: 0 });
  });

  test('once more changes nothing, and says so', async () => {
    const copied = await aCopy();
    await copied.adopt();
    const before = copied.ledger.controlEntry;
    await expect(copied.adopt()).resolves.toEqual({
      changed: false, message: 'Nothing was changed: the ledger was made for copy',
    });
    expect(copied.ledger.controlEntry).toBe(before);
    expect(copied.log.lines[1]).toMatchObject({ level: 'INFO' });
  });

  test('leaves what else holds back revoking: the time to settle, a pause, another configuration', async () => {
    const copied = await aCopy();
    const { controlEntry } = copied.ledger;
    await copied.deploy({ ...REVOKING, settleSeconds: 7200 }, { isChange: true });
    await copied.adopt();
    expect(holdOf(await copied.run())).toBe('SETTLING');
    copied.update(REVOKING);
    expect(holdOf(await copied.run())).toBe('CONFIGURATION_CHANGING');
    const until = new Date(copied.clock.now().getTime() + HOUR).toISOString();
    const held = { until, reason: 'freeze', begunAt: until, pauseId: 'pause-1', told: [] };
    const paused = new Copied();
    await paused.deploy({ ...REVOKING, dryRun: true });
    paused.table = 'copy';
    await paused.deploy(REVOKING, { isChange: true });
    const current = paused.ledger.controlEntry;
    paused.ledger.controlEntry = current && { ...current, pause: held };
    await paused.adopt();
    expect(paused.ledger.controlEntry).toMatchObject({ pause: held, configuration: current?.configuration });
    expect(holdOf(await paused.run())).toBe('PAUSED');
    expect([controlEntry?.table, copied.isWhole, paused.isWhole]).toEqual(['ledger', true, true]);
  });

  test('leaves an allowance that the copy has: what was used of it is used', async () => {
    const copied = await aCopy();
    const openedAt = copied.clock.now().toISOString();
    const allowance = { openedBy: 'run-0', openedAt, limit: 1000, used: 999 };
    const { controlEntry } = copied.ledger;
    copied.ledger.controlEntry = controlEntry && { ...controlEntry, allowance };
    await copied.adopt();
    const ran = await copied.run(ofGroups('sg-1'));
    expect(ran.delivered?.result.plan.keep.map(({ reason }) => reason).sort()).toEqual([
      'EGRESS',
      'LIMIT_USED',
      'LIMIT_USED',
    ]);
    expect(copied.isWhole).toBe(true);
  });

  test('at the same time as something else is written takes hold, and undoes nothing of that', async () => {
    const copied = await aCopy();
    const { ledger } = copied;
    const count = ledger.calls.filter(({ method }) => method === 'putControl').length;
    ledger.on('putControl', {
      call: count + 1,
      before: () => {
        const current = ledger.controlEntry;
        ledger.controlEntry = current && {
          ...current,
          revision: current.revision + 1,
          mismatch: { fingerprint: 'x', sweeps: 1 },
        };
      },
    });
    await expect(copied.adopt()).resolves.toMatchObject({ changed: true });
    expect(ledger.controlEntry).toMatchObject({ table: 'copy', mismatch: { sweeps: 1 } });
  });

  test('two at once does it once', async () => {
    const copied = await aCopy();
    const answers = await Promise.all([copied.adopt(), copied.adopt()]);
    expect(answers.map(({ changed }) => changed).sort()).toEqual([false, true]);
  });

  test.each(['control', 'putControl'] as const)('fails with what the ledger said: %s', async method => {
    const copied = await aCopy();
    copied.ledger.on(method, { throws: awsError('AccessDeniedException', 'no') });
    await expect(copied.adopt()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(copied.ledger.controlEntry).toMatchObject({ table: 'ledger' });
    expect(copied.log.lines).toEqual([]);
  });

  test('before any deployment gives it a table name, and no configuration', async () => {
    const copied = new Copied();
    await expect(copied.adopt()).resolves.toEqual({
      changed: true,
      message:
        'The ledger in ledger is adopted. From the next sweep on, entries of rules that EC2 no longer has are settled, and '
        + 'rules that are due are revoked',
    });
    expect(copied.ledger.controlEntry).toEqual({ revision: 1, writtenBy: 'adoption-1', table: 'ledger' });
    expect(holdOf(await copied.run())).toBeUndefined();
    expect(copied.isWhole).toBe(true);
  });

  test('while a run is under way in it lets that run revoke nothing that it had withheld', async () => {
    const copied = await aCopy();
    copied.ledger.on('unsettled', { after: async () => void await copied.adopt() });
    const ran = await copied.run();
    expect([holdOf(ran), copied.isWhole]).toEqual(['LEDGER_UNTRUSTED', true]);
  });
});

test('a ledger that becomes another table\'s while a run is under way has nothing further revoked', async () => {
  const installation = new Installation(new MemoryNetwork(vpcs(1)), new MemoryLedger());
  await installation.deploy({ ...REVOKING, dryRun: true });
  await installation.deploy({ ...REVOKING, vpnConnections: { kind: 'none' } }, { isChange: true });
  installation.network.rules.set('sgr-more', { ...vpcs(1).rules[0], securityGroupRuleId: 'sgr-more' });
  installation.network.on('admitRevocations', {
    before: () => {
      const { controlEntry } = installation.ledger;
      installation.ledger.controlEntry = controlEntry && {
        ...controlEntry,
        revision: controlEntry.revision + 1,
        table: 'another',
      };
    },
  });
  const { delivered } = await installation.run();
  expect(delivered?.result.outcomes).toMatchObject([{ outcome: 'SKIPPED', heldBy: 'LEDGER_UNTRUSTED' }]);
  expect(delivered?.result.withheld).toMatchObject([{ reason: 'LEDGER_UNTRUSTED' }]);
  expect(installation.network.rules.has('sgr-more')).toBe(true);
});
