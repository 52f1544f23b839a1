/**
 * Tests that a changed configuration settles: nothing is revoked for a time, and the person who deploys learns what is
 * going to happen.
 */
import { digestOfConfiguration } from '../../../lambda/core/ledger/configuration';
import { attributes } from '../../../lambda/core/report/attributes';
import { type Configuration } from '../../../src/contract/configuration';
import { EventType } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aConfiguration, aDeclaration, aGrace, aGroup, aRule, aStalePermission } from '../../support/builders';
import { MemoryNetwork } from '../../support/memory-network';
import { Installation, ofGroups, ON_REQUEST, ON_SCHEDULE, type Ran, START, vpcs } from '../../support/swept';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A configuration that revokes stale and flagged rules a day after a change. */
function settling(overrides: Partial<Configuration> = {}): Configuration {
  return aConfiguration({
    staleRules: 'revoke',
    flaggedIngressRules: [aDeclaration()],
    vpnConnections: { kind: 'none' },
    settleSeconds: DAY / 1000,
    ...overrides,
  });
}

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';

const anInstallation = (): Installation => new Installation(new MemoryNetwork(vpcs(1)));

const holdOf = ({ delivered }: Ran): string | undefined => delivered?.result.hold?.reason;
const reasonsOf = ({ delivered }: Ran): unknown[] =>
  (delivered?.result.plan.keep ?? []).map(({ reason }) => reason).sort();
const forecastOf = ({ delivered }: Ran): unknown => delivered && attributes(delivered).Forecast;

const isWhole = ({ network }: Installation): boolean => network.rules.size === 4;
const isRevoked = ({ network }: Installation): boolean =>
  [...network.rules.keys()].sort().join() === 'sgr-egress-1,sgr-healthy-1';

describe('a deployment', () => {
  test('reports what it finds and revokes nothing, while the configuration settles', async () => {
    const installation = anInstallation();
    const ran = await installation.deploy(settling());
    expect([ran.error, holdOf(ran), reasonsOf(ran)]).toEqual([
      undefined,
      'SETTLING',
      ['EGRESS', 'SETTLING', 'SETTLING'],
    ]);
    expect(isWhole(installation)).toBe(true);
    expect(installation.network.methods).not.toContain('admitRevocations');
    expect(ran.metrics.aggregates).toMatchObject({
      StaleIngressRules: 1, FlaggedIngressRules: 1, IngressRulesRevoked: 0, RevocationsWithheld: 0, Sweeps: 1,
    });
    expect(ran.events.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => EventType.FINDING_OPENED));
    expect(installation.ledger.entries.get('sgr-stale-1')).toMatchObject({ state: 'OPEN', keepReason: 'SETTLING' });
    expect(installation.ledger.sweep).toMatchObject({ settlesUntil: '2026-01-02T00:00:00.000Z', withheld: [] });
  });

  test('says until when, and what is to come then', async () => {
    const ran = await anInstallation().deploy(settling());
    const until = '2026-01-02T00:00:00.000Z';
    expect(ran.delivered?.result.forecast).toEqual({ from: until, due: 2, graceEnds: [], limit: 1000 });
    expect(forecastOf(ran)).toBe('The first sweep after 2026-01-02 00:00 UTC would revoke 2 rules');
    expect(ran.log.ofEvent('Ledger')).toMatchObject([
      {
        level: 'INFO',
        fields: { reason: 'SETTLING', until },
        message: `Nothing is revoked: the configuration changed at ${START.toISOString()}; `
          + `nothing is revoked before ${until}`,
      },
    ]);
    expect(ran.log.ofEvent('Forecast').map(({ level, message }) => [level, message])).toEqual([
      ['INFO', forecastOf(ran)],
    ]);
  });

  test('revokes at once where there is no time to settle, and promises no more', async () => {
    const installation = anInstallation();
    const ran = await installation.deploy(settling({ settleSeconds: 0 }));
    expect([ran.error, holdOf(ran), isRevoked(installation)]).toEqual([undefined, undefined, true]);
    expect(ran.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 2 });
    expect(ran.delivered?.result.forecast?.due ?? 0).toBe(0);
    expect(forecastOf(ran)).not.toMatch(/would revoke [12]/);
  });

  test.each<[name: string, overrides: Partial<Configuration>]>([
    ['makes a dry run', { dryRun: true }],
    ['is disabled', { enabled: false }],
    ['may revoke nothing', { maxRevocationsPerSweep: 0 }],
    ['only reports', { staleRules: 'report', flaggedIngressRules: [] }],
  ])('forecasts nothing of a configuration that %s', async (_, overrides) => {
    const ran = await anInstallation().deploy(settling(overrides));
    expect(ran.delivered?.result.forecast).toBeUndefined();
    expect(forecastOf(ran)).toMatch(/^nothing is revoked/);
    expect(ran.log.ofEvent('Forecast')).toEqual([]);
  });

  test('forecasts nothing it does not know, where the ledger cannot be read', async () => {
    const installation = anInstallation();
    installation.ledger.on('unsettled', { throws: awsError('InternalServerError') });
    const { metrics, log } = await installation.deploy(settling());
    expect(log.ofEvent('Forecast')).toEqual([]);
    expect(metrics.aggregates).toMatchObject({ ScanErrors: 1 });
    expect(isWhole(installation)).toBe(true);
  });

  test('with 200 stale rules says when their wait ends, and that the limit lets none of them go', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
    const reference = (n: number): { groupId: string } => ({ groupId: `sg-deleted-${n}` });
    const installation = new Installation(new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }],
      groups: [aGroup()],
      rules: numbers.map(n => aRule({ securityGroupRuleId: `sgr-${n}`, referencedGroup: reference(n) })),
      stale: {
        'vpc-1': [{
          groupId: 'sg-1', groupName: 'web', egress: [],
          ingress: numbers.map(n => aStalePermission({ reference: reference(n) })),
        }],
      },
    }));
    const ran = await installation.deploy(settling({
      flaggedIngressRules: [], grace: aGrace(), maxRevocationsPerSweep: 20,
    }));
    expect(ran.delivered?.result.forecast).toEqual({
      from: '2026-01-02T00:00:00.000Z', due: 0, graceEnds: [{ day: '2026-01-08', count: 200 }], limit: 20,
    });
    expect(forecastOf(ran)).toBe(
      'The first sweep after 2026-01-02 00:00 UTC would revoke no rule. '
        + '200 rules end their grace on 8 January 2026; the limit is 20, so none will be revoked unless '
        + 'maxRevocationsPerSweep '
        + 'is raised or some are made exempt',
    );
    expect(installation.network.rules.size).toBe(200);
  });

  test('with more due than the limit says so before the time to settle is over', async () => {
    const ran = await anInstallation().deploy(settling({ maxRevocationsPerSweep: 1 }));
    expect(forecastOf(ran)).toMatch(
      /^The first sweep after 2026-01-02 00:00 UTC would revoke (no rule|2 rules).*the limit is 1/,
    );
  });
});

describe('while the configuration settles', () => {
  test.each([['the schedule', ON_SCHEDULE], ['a request', ON_REQUEST], ['some groups', ofGroups('sg-1')]])(
    'nothing is revoked by a run of %s', async (_, request) => {
      const installation = anInstallation();
      await installation.deploy(settling());
      for (const later of [0, HOUR, 22 * HOUR, HOUR - 1]) {
        installation.clock.advance(later);
        const ran = await installation.run(request);
        expect([ran.error, holdOf(ran)]).toEqual([undefined, 'SETTLING']);
      }
      expect(isWhole(installation)).toBe(true);
      expect(installation.network.methods).not.toContain('admitRevocations');
    });

  test('each full run says what is to come', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    installation.clock.advance(HOUR);
    for (const request of [ON_SCHEDULE, ON_REQUEST]) {
      const { log } = await installation.run(request);
      expect(log.ofEvent('Forecast').map(({ message }) => message))
        .toEqual(['The first sweep after 2026-01-02 00:00 UTC would revoke 2 rules']);
    }
  });

  test('a run of some groups forecasts nothing: it knows of these alone', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    const { log, delivered } = await installation.run(ofGroups('sg-1'));
    expect([log.ofEvent('Forecast'), delivered?.result.forecast]).toEqual([[], undefined]);
  });

  test('no one is told that revocations are withheld, because the settle time was asked for', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    const { events, metrics } = await installation.run();
    expect(events).toEqual([]);
    expect(metrics.aggregates).toMatchObject({ RevocationsWithheld: 0 });
  });

  test('scheduled sweeps count, so that a wait goes on', async () => {
    const installation = anInstallation();
    await installation.deploy(settling({ flaggedIngressRules: [], grace: aGrace({ seconds: 0, sightings: 3 }) }));
    for (let count = 0; count < 2; count++) {
      installation.clock.advance(HOUR);
      await installation.run();
    }
    expect(installation.ledger.entries.get('sgr-stale-1')).toMatchObject({
      keepReason: 'WITHIN_GRACE',
      stale: { sightings: 2 },
    });
    installation.clock.advance(HOUR);
    expect(holdOf(await installation.run())).toBe('SETTLING');
    expect(installation.ledger.entries.get('sgr-stale-1')).toMatchObject({
      keepReason: 'SETTLING',
      stale: { sightings: 3 },
    });
  });

  test('a limit that is exceeded is known, and holds when that time is over', async () => {
    const installation = anInstallation();
    await installation.deploy(settling({ maxRevocationsPerSweep: 1 }));
    expect(installation.ledger.controlEntry?.allowance?.overLimit).toMatchObject({ planned: 2 });
    installation.clock.advance(DAY);
    const ran = await installation.run(ofGroups('sg-1'));
    expect(reasonsOf(ran)).toEqual(['EGRESS', 'OVER_LIMIT', 'OVER_LIMIT']);
    expect(isWhole(installation)).toBe(true);
  });

  test('what a pause adds is told when both are over', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    const until = new Date(START.getTime() + 2 * DAY).toISOString();
    const pause = { until, reason: 'freeze', begunAt: START.toISOString(), pauseId: 'pause-1', told: [] };
    const { controlEntry } = installation.ledger;
    installation.ledger.controlEntry = controlEntry && { ...controlEntry, pause };
    expect(holdOf(await installation.run())).toBe('SETTLING');
    installation.clock.advance(DAY);
    expect(holdOf(await installation.run())).toBe('PAUSED');
    installation.clock.advance(DAY);
    expect(holdOf(await installation.run())).toBeUndefined();
    expect(isRevoked(installation)).toBe(true);
  });
});

describe('after the time to settle', () => {
  test.each([['the schedule', ON_SCHEDULE], ['a request', ON_REQUEST], ['some groups', ofGroups('sg-1')]])(
    'a run of %s revokes, to the moment', async (_, request) => {
      const installation = anInstallation();
      await installation.deploy(settling());
      installation.clock.advance(DAY);
      const ran = await installation.run(request);
      expect([ran.error, holdOf(ran), isRevoked(installation)]).toEqual([undefined, undefined, true]);
      expect(ran.log.ofEvent('Forecast')).toEqual([]);
    });

  test('a deployment that changes nothing revokes, and begins no time to settle', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    installation.clock.advance(DAY);
    const ran = await installation.deploy(settling());
    expect([holdOf(ran), isRevoked(installation)]).toEqual([undefined, true]);
    expect(installation.ledger.controlEntry?.configuration?.since).toBe(START.toISOString());
  });
});

describe('settles again', () => {
  async function settled(configuration = settling(), paths?: string[][]): Promise<Installation> {
    const installation = anInstallation();
    await installation.deploy(configuration, { paths });
    installation.clock.advance(2 * DAY);
    return installation;
  }

  test.each<[name: string, overrides: Partial<Configuration>]>([
    ['what is flagged', { flaggedIngressRules: [] }], ['the limit', { maxRevocationsPerSweep: 5 }],
    ['what is exempt', { exemptSecurityGroupIds: ['sg-9'] }], ['whether it only reports', { staleRules: 'report' }],
  ])('whatever has changed: %s', async (_, overrides) => {
    const installation = await settled(settling(overrides));
    const before = installation.network.rules.size;
    const ran = await installation.deploy(settling(), { isChange: true });
    expect(holdOf(ran)).toBe('SETTLING');
    installation.clock.advance(DAY - 1);
    expect(holdOf(await installation.run())).toBe('SETTLING');
    expect(installation.network.rules.size).toBe(before);
    installation.clock.advance(1);
    expect(holdOf(await installation.run())).toBeUndefined();
    expect(isRevoked(installation)).toBe(true);
  });

  test('a value that is known at deployment only, and changed without CloudFormation saying so', async () => {
    const paths = [['notificationsTopicArn']];
    const installation = await settled(settling({ notificationsTopicArn: TOPIC }), paths);
    const ran = await installation.deploy(settling({ notificationsTopicArn: `${TOPIC}-other` }), { paths });
    expect(holdOf(ran)).toBe('SETTLING');
    expect(isWhole(installation)).toBe(true);
  });

  test('a rollback', async () => {
    const installation = await settled();
    await installation.deploy(settling({ flaggedIngressRules: [] }), { isChange: true });
    installation.clock.advance(MINUTE);
    const back = await installation.deploy(settling(), { isChange: true });
    expect(holdOf(back)).toBe('SETTLING');
    const since = new Date(START.getTime() + 2 * DAY + MINUTE).toISOString();
    expect(installation.ledger.controlEntry?.configuration?.since).toBe(since);
    expect(isWhole(installation)).toBe(true);
  });

  test('a rollback from a deployment that put nothing into force, though the ledger has what it had', async () => {
    const installation = await settled();
    let isRefused = true;
    const refuse = (): void => {
      if (isRefused) throw awsError('UnauthorizedOperation');
    };
    installation.network.on('preflight', { naming: 'DescribeVpcs', before: refuse });
    const failed = await installation.deploy(settling({ flaggedIngressRules: [] }), { isChange: true });
    expect(failed.error).toBeDefined();
    const record = installation.ledger.configurationRecord;
    expect(record && digestOfConfiguration(record)).toBe(installation.ledger.controlEntry?.configuration?.digest);
    isRefused = false;
    const back = await installation.deploy(settling(), { isChange: true });
    expect([holdOf(back), isWhole(installation)]).toEqual(['SETTLING', true]);
  });

  test('nothing, where a deployment fails before it has changed anything', async () => {
    const installation = await settled();
    installation.network.on('preflight', { naming: 'DescribeVpcs', throws: awsError('UnauthorizedOperation') });
    await installation.deploy(settling({ flaggedIngressRules: [] }), { isChange: true });
    installation.update(settling());
    expect(holdOf(await installation.run())).toBeUndefined();
    expect(isRevoked(installation)).toBe(true);
  });
});

describe('a deployment while a run is under way', () => {
  type Happens = (installation: Installation) => Promise<unknown>;
  interface During {
    readonly installation: Installation;
    readonly ran: Ran;
  }

  /** Does something after the run has decided and claimed its rules, and before its first call. */
  async function during(happens: Happens, request = ON_SCHEDULE): Promise<During> {
    const installation = anInstallation();
    await installation.deploy(settling());
    installation.clock.advance(2 * DAY);
    let isDone = false;
    // The first read after the claims is that of the rules to revoke.
    installation.network.on('securityGroupRules', {
      naming: 'sgr-flagged-1',
      before: async () => {
        if (isDone || installation.ledger.entries.get('sgr-flagged-1')?.state !== 'PENDING') return;
        isDone = true;
        await happens(installation);
      },
    });
    const ran = await installation.run(request);
    expect(isDone).toBe(true);
    return { installation, ran };
  }

  const undeclare: Happens = async installation =>
    installation.deploy(settling({ flaggedIngressRules: [] }), { isChange: true });

  test.each([
    ['the schedule', ON_SCHEDULE],
    ['some groups', ofGroups('sg-1')],
  ])(
    'that removes a declaration has nothing revoked that was flagged by it, nor anything else: %s',
    async (_, request) => {
      const { installation, ran } = await during(undeclare, request);
      expect(ran.error).toBeUndefined();
      const outcomes = (ran.delivered?.result.outcomes ?? []).map(({ rule, outcome, heldBy }) => [
        rule.securityGroupRuleId,
        outcome,
        heldBy,
      ]);
      expect(outcomes.sort()).toEqual([
        ['sgr-flagged-1', 'SKIPPED', 'CONFIGURATION_CHANGING'],
        ['sgr-stale-1', 'SKIPPED', 'CONFIGURATION_CHANGING'],
      ]);
      expect(isWhole(installation)).toBe(true);
      expect(installation.network.methods).not.toContain('revokeIngress');
      expect(ran.events.filter(({ type }) => type === EventType.REVOCATION_WITHHELD)).toEqual([]);
      expect(ran.metrics.aggregates.RevocationsWithheld ?? 0).toBe(0);
    },
  );

  test('leaves no rule pending, and gives back what was reserved', async () => {
    const { installation } = await during(undeclare);
    const { ledger, clock } = installation;
    expect([...ledger.entries.values()].map(({ state }) => state)).toEqual(['OPEN', 'OPEN', 'OPEN']);
    expect(ledger.controlEntry?.allowance?.used).toBe(0);
    clock.advance(HOUR);
    await installation.run();
    expect(ledger.entries.get('sgr-flagged-1')).toMatchObject({
      state: 'HEALED',
      outcome: { name: 'NO_LONGER_LOOKED_FOR' },
    });
    expect([...ledger.entries.values()].filter(({ attempt }) => attempt !== undefined)).toEqual([]);
  });

  test('that removes a declaration before the run has claimed its rules has nothing revoked either', async () => {
    const installation = anInstallation();
    await installation.deploy(settling());
    installation.clock.advance(2 * DAY);
    installation.network.on('admitRevocations', { call: 1, before: async () => void await undeclare(installation) });
    const { delivered } = await installation.run();
    // The deployment has closed the finding that the declaration had opened.
    expect(delivered?.result.outcomes.map(({ rule, outcome }) => [rule.securityGroupRuleId, outcome]).sort())
      .toEqual([['sgr-flagged-1', 'CHANGED_MEANWHILE'], ['sgr-stale-1', 'SKIPPED']]);
    expect(isWhole(installation)).toBe(true);
    expect(installation.ledger.entries.get('sgr-flagged-1')).toMatchObject({
      outcome: { name: 'NO_LONGER_LOOKED_FOR' },
    });
  });

  test('that changes a value which is known at deployment only has nothing revoked either', async () => {
    const paths = [['notificationsTopicArn']];
    const configuration = settling({ notificationsTopicArn: TOPIC });
    const installation = anInstallation();
    await installation.deploy(configuration, { paths });
    installation.clock.advance(2 * DAY);
    installation.network.on('admitRevocations', {
      call: 1,
      before: async () =>
        void (await installation.putIntoForce(
          { ...configuration, notificationsTopicArn: `${TOPIC}-other` },
          { paths },
        )),
    });
    const { delivered } = await installation.run();
    expect(delivered?.result.outcomes.map(({ heldBy }) => heldBy)).toEqual([
      'CONFIGURATION_CHANGING',
      'CONFIGURATION_CHANGING',
    ]);
    expect(isWhole(installation)).toBe(true);
  });

  test('that changes nothing keeps back nothing', async () => {
    const { installation, ran } = await during(async each => each.deploy(settling()));
    expect(ran.error).toBeUndefined();
    expect(isRevoked(installation)).toBe(true);
  });

  test('that begins the time to settle anew has nothing revoked, though the configuration is the same', async () => {
    const { installation, ran } = await during(async each => each.deploy(settling(), { isChange: true }));
    expect(ran.delivered?.result.outcomes.map(({ heldBy }) => heldBy)).toEqual(['SETTLING', 'SETTLING']);
    expect(isWhole(installation)).toBe(true);
  });
});
