/** Tests runs of an organization over ports in memory: what is looked at, counted, revoked and told. */
import { resolveAccounts } from '../../../../lambda/core/organization/accounts';
import { begin } from '../../../../lambda/core/organization/begin';
import { count } from '../../../../lambda/core/organization/count';
import { finish } from '../../../../lambda/core/organization/finish';
import { type OrganizationConfiguration, OrganizationMetric } from '../../../../src/contract/organization';
import { awsError } from '../../../support/aws-error';
import { aControl, aRuleFromAnywhere } from '../../../support/builders';
import { customNotification, type Texts } from '../../../support/custom-notification';
import { aConfiguration, flaggedWorld as flagged, MemoryOrganization, REGION } from '../../../support/memory-organization';
import { sshFlagged } from '../../../support/swept';

const [ONE, TWO, THREE] = ['222222222222', '333333333333', '444444444444'];

const REVOKING = { flaggedIngressRules: [sshFlagged()], allowRestore: true };
const EVERYWHERE = { revokeIn: { kind: 'all' } } as const;

function organization(
  overrides: Parameters<typeof aConfiguration>[0] = REVOKING, of: Parameters<typeof aConfiguration>[1] = EVERYWHERE,
): MemoryOrganization {
  return new MemoryOrganization(aConfiguration(overrides, of));
}

const SCHEDULED = { scheduledTime: '2026-01-01T00:00:00.000Z' };

const rulesLeft = (hub: MemoryOrganization, ...accounts: string[]): number =>
  accounts.reduce((sum, account) => sum + hub.network(account).rules.size, 0);

describe('a run', () => {
  test('revokes in every account of revokeIn, and tells the totals', async () => {
    const hub = organization()
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
    const { finished } = await hub.run(SCHEDULED);
    expect(finished).toMatchObject({ failed: false });
    expect(rulesLeft(hub, ONE, TWO)).toBe(0);
    expect(hub.metrics.aggregates).toMatchObject({
      FlaggedIngressRules: 3, IngressRulesRevoked: 3, ScanErrors: 0, Sweeps: 1,
      [OrganizationMetric.ACCOUNTS_SWEPT]: 2, [OrganizationMetric.ACCOUNTS_FAILED]: 0,
      [OrganizationMetric.REGIONS_FAILED]: 0,
    });
  });

  test('revokes nothing without revokeIn, and says so of each rule', async () => {
    const hub = organization(REVOKING, {}).addAccount(ONE, { [REGION]: flagged(ONE, 2) });
    await hub.run(SCHEDULED);
    expect(rulesLeft(hub, ONE)).toBe(2);
    expect(hub.network(ONE).methods).not.toContain('revokeIngress');
    expect(hub.log.ofEvent('RuleKept').map(({ fields }) => fields.keepReason)).toEqual(['ACCOUNT_REPORT_ONLY', 'ACCOUNT_REPORT_ONLY']);
    expect(hub.policies.every(({ policy }) => !/Revoke|Authorize|CreateTags/.test(policy))).toBe(true);
  });

  test('revokes nothing anywhere if the sum is over the limit, and tells so once', async () => {
    const hub = organization({ ...REVOKING, maxRevocationsPerSweep: 3 })
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 2) });
    await hub.run(SCHEDULED);
    expect(rulesLeft(hub, ONE, TWO)).toBe(4);
    expect(hub.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, RevocationsWithheld: 4 });
    const withheld = (): object[] => hub.events.sent.filter(({ type }) => type === 'Revocation Withheld').map(({ detail }) => detail);
    expect(withheld()).toMatchObject([{
      reason: 'OVER_LIMIT', count: 4, maxRevocationsPerSweep: 3, places: [
        { account: ONE, region: REGION, due: 2 }, { account: TWO, region: REGION, due: 2 },
      ],
    }]);
    hub.clock.advance(3_600_000);
    await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
    expect(withheld()).toHaveLength(1);
    expect(rulesLeft(hub, ONE, TWO)).toBe(4);
  });

  test('revokes what is within the limit exactly', async () => {
    const hub = organization({ ...REVOKING, maxRevocationsPerSweep: 4 })
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 2) });
    await hub.run(SCHEDULED);
    expect(rulesLeft(hub, ONE, TWO)).toBe(0);
  });

  test('never passes the limit with rules that appear after the count', async () => {
    const hub = organization({ ...REVOKING, maxRevocationsPerSweep: 4 })
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 2) });
    await hub.run({
      ...SCHEDULED, before: (pass, account) => {
        if (pass !== 'revoke') return;
        for (const n of [1, 2]) {
          const rule = aRuleFromAnywhere({ securityGroupRuleId: `sgr-new${account}${n}`, groupId: `sg-a${n}`, groupOwnerId: account });
          hub.network(account).rules.set(rule.securityGroupRuleId, rule);
        }
      },
    });
    // The second pass of the first account takes the whole allowance.
    expect(rulesLeft(hub, ONE, TWO)).toBe(4);
    expect(hub.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 4 });
  });

  test('records that the configuration has changed a short time ago, for readers of the ledger', async () => {
    const hub = organization({ ...REVOKING, settleSeconds: 7200 }).addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    const since = hub.clock.now().toISOString();
    const control = aControl();
    hub.ledger.controlEntry = { ...control, configuration: { ...control.configuration!, since } };
    await hub.run(SCHEDULED);
    expect(rulesLeft(hub, ONE)).toBe(1);
    expect(Date.parse(hub.ledger.sweep?.settlesUntil ?? '') - Date.parse(since)).toBe(7_200_000);
    hub.clock.advance(7_200_000);
    await hub.run({ scheduledTime: '2026-01-01T03:00:00.000Z' });
    expect(rulesLeft(hub, ONE)).toBe(0);
    expect(hub.ledger.sweep?.settlesUntil).toBeUndefined();
  });

  test('names an account that cannot be entered, sweeps the others, and tells when it can be entered again', async () => {
    const hub = organization()
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
    hub.denied.set(TWO, awsError('AccessDenied', 'not authorized to perform: sts:AssumeRole'));
    const { finished } = await hub.run(SCHEDULED);
    expect(finished).toMatchObject({ failed: true, message: expect.stringContaining(TWO) });
    expect(rulesLeft(hub, ONE)).toBe(0);
    expect(rulesLeft(hub, TWO)).toBe(1);
    expect(hub.metrics.aggregates).toMatchObject({
      AccountsSwept: 1, AccountsFailed: 1, RegionsFailed: 0, ScanErrors: 1, Sweeps: 1,
    });
    const coverage = (): object[] => hub.events.sent.filter(({ type }) => type.startsWith('Coverage')).map(({ type, detail }) => ({ type, ...detail }));
    expect(coverage()).toMatchObject([{ type: 'Coverage Lost', account: TWO, code: 'AccessDenied' }]);
    await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
    expect(coverage()).toHaveLength(1);
    hub.denied.clear();
    await hub.run({ scheduledTime: '2026-01-01T02:00:00.000Z' });
    expect(coverage()).toMatchObject([{ type: 'Coverage Lost' }, { type: 'Coverage Restored', account: TWO, resolution: 'LOOKED_AT' }]);
    expect(rulesLeft(hub, TWO)).toBe(0);
  });

  test('goes on with the other Regions if one cannot be read', async () => {
    const regions = [REGION, 'eu-west-1'];
    const hub = organization(REVOKING, { ...EVERYWHERE, regions })
      .addAccount(ONE, { [REGION]: flagged(ONE, 1), 'eu-west-1': flagged(ONE, 1, 'b') });
    hub.regions.set(ONE, regions);
    hub.network(ONE, 'eu-west-1').on('vpcs', { throws: awsError('AuthFailure', 'AWS was not able to validate the credentials') })
      .on('allSecurityGroups', { throws: awsError('AuthFailure', 'no') }).on('allSecurityGroupRules', { throws: awsError('AuthFailure', 'no') })
      .on('securityGroups', { throws: awsError('AuthFailure', 'no') }).on('securityGroupRules', { throws: awsError('AuthFailure', 'no') });
    const { finished } = await hub.run(SCHEDULED);
    expect(finished).toMatchObject({ failed: true });
    expect(hub.network(ONE).rules.size).toBe(0);
    expect(hub.metrics.aggregates).toMatchObject({ AccountsSwept: 1, AccountsFailed: 0, RegionsFailed: 1 });
    expect(hub.events.sent.filter(({ type }) => type === 'Coverage Lost').map(({ detail }) => detail)).toMatchObject([{ account: ONE, region: 'eu-west-1', code: 'AuthFailure' }]);
  });

  test('ends its connections to every Region, whether or not it can be read', async () => {
    const hub = organization()
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
    hub.network(TWO).on('vpcs', { throws: awsError('AuthFailure', 'no') });
    await hub.run(SCHEDULED);
    expect(hub.opened).toBeGreaterThan(2);
    expect(hub.closed).toBe(hub.opened);
  });

  test('leaves out Regions that are not enabled, and says so', async () => {
    const hub = organization(REVOKING, { ...EVERYWHERE, regions: [REGION, 'ap-east-1'] }).addAccount(ONE);
    const { finished } = await hub.run(SCHEDULED);
    expect(finished).toMatchObject({ failed: false });
    expect(hub.log.ofEvent('RegionsLeftOut').map(({ fields }) => fields.regions)).toEqual([['ap-east-1']]);
    expect(await hub.ledger.place({ account: ONE })).toMatchObject({ regions: [REGION], disabledRegions: ['ap-east-1'] });
  });

  test('asks EC2 in the account where the list of Regions is denied, and says so', async () => {
    const hub = organization().addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    hub.regions.set(ONE, awsError('AccessDeniedException', 'no'));
    const { finished } = await hub.run(SCHEDULED);
    expect(finished).toMatchObject({ failed: false });
    expect(hub.network(ONE).rules.size).toBe(0);
    expect(hub.log.ofEvent('RegionsUnread')).toHaveLength(1);
  });

  test('of no account is an error', async () => {
    const hub = organization();
    await expect(hub.run(SCHEDULED)).rejects.toThrow('There is no account to sweep');
    hub.addAccount(ONE);
    hub.known = [{ id: ONE, state: 'SUSPENDED' }];
    await expect(hub.run(SCHEDULED)).rejects.toThrow(`${ONE}: its state is SUSPENDED`);
  });

  test('that is told twice of one event of the schedule happens once', async () => {
    const hub = organization().addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    await hub.run(SCHEDULED);
    const again = await hub.run(SCHEDULED);
    expect(again).toMatchObject({ begun: { accounts: 0 } });
    expect(again.finished).toBeUndefined();
  });

  test('leaves an execution alone that is running, and replaces one that was stopped', async () => {
    const hub = organization().addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    const other = 'arn:aws:states:eu-central-1:111122223333:execution:hygiene:other';
    hub.running.add(other);
    await begun(hub, other);
    expect((await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' })).begun.accounts).toBe(0);
    expect(hub.network(ONE).rules.size).toBe(1);
    hub.running.delete(other);
    expect((await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' })).finished).toMatchObject({ failed: false });
    expect(hub.network(ONE).rules.size).toBe(0);
  });

  test.each(['observe', 'revoke'] as const)('revokes nothing after another configuration was deployed in the pass to %s', async during => {
    const hub = organization()
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
    let isDeployed = false;
    const { finished } = await hub.run({
      ...SCHEDULED, before: pass => {
        if (pass !== during || isDeployed) return;
        isDeployed = true;
        hub.deploy(aConfiguration(REVOKING, { revokeIn: { kind: 'list', ids: [TWO] } }));
      },
    });
    expect(isDeployed).toBe(true);
    expect(finished).toMatchObject({ failed: false });
    expect(rulesLeft(hub, ONE, TWO)).toBe(2);
    await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
    expect([rulesLeft(hub, ONE), rulesLeft(hub, TWO)]).toEqual([1, 0]);
  });

  test('keeps everything while revoking is paused, and tells it for the whole organization', async () => {
    const hub = organization().addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    hub.ledger.controlEntry = {
      ...hub.ledger.controlEntry!, pause: {
        until: '2026-01-02T00:00:00.000Z', reason: 'freeze', begunAt: '2025-12-31T00:00:00.000Z', pauseId: 'p', told: [],
      },
    };
    await hub.run(SCHEDULED);
    expect(hub.network(ONE).rules.size).toBe(1);
    expect(hub.events.sent.filter(({ type }) => type === 'Pause Changed')).toHaveLength(2);
  });
});

async function begun(hub: MemoryOrganization, execution: string): Promise<void> {
  await begin({ execution, scheduledTime: SCHEDULED.scheduledTime }, hub.configured, hub.dependencies());
}

type Selection = Pick<OrganizationConfiguration, 'accounts' | 'revokeIn'>;

describe('membership that cannot be read', () => {
  const units: Selection = { accounts: { kind: 'all' }, revokeIn: { kind: 'organizationalUnits', ids: ['ou-a1b2-c3d4e5f6'] } };

  test('of a unit of revokeIn makes its accounts report-only', async () => {
    const hub = organization(REVOKING, units).addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    hub.units.set('ou-a1b2-c3d4e5f6', awsError('AccessDeniedException', 'no'));
    const { finished } = await hub.run(SCHEDULED);
    expect(hub.network(ONE).rules.size).toBe(1);
    expect(finished).toMatchObject({ failed: true, message: expect.stringContaining('ou-a1b2-c3d4e5f6') });
    expect(hub.metrics.aggregates).toMatchObject({ ScanErrors: 1 });
  });

  test('of the whole organization makes listed accounts report-only', async () => {
    const hub = organization(REVOKING, { accounts: { kind: 'list', ids: [ONE] }, revokeIn: { kind: 'list', ids: [ONE] } })
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) });
    hub.known = awsError('TooManyRequestsException', 'slow down');
    await hub.run(SCHEDULED);
    expect(hub.network(ONE).rules.size).toBe(1);
  });

  test.each<[string, Selection]>([
    ['an exception of accounts', { accounts: { kind: 'all', except: ['ou-a1b2-c3d4e5f6'] }, revokeIn: { kind: 'all' } }],
    ['an exception of revokeIn', { accounts: { kind: 'all' }, revokeIn: { kind: 'all', except: ['ou-a1b2-c3d4e5f6'] } }],
  ])('of %s makes every account report-only', async (_, of) => {
    const hub = organization(REVOKING, of).addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(THREE);
    hub.units.set('ou-a1b2-c3d4e5f6', awsError('AccessDeniedException', 'no'));
    await hub.run(SCHEDULED);
    expect(hub.network(ONE).rules.size).toBe(1);
  });

  test('does not matter where it is read', async () => {
    const hub = organization(REVOKING, units)
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
    hub.units.set('ou-a1b2-c3d4e5f6', [ONE]);
    await hub.run(SCHEDULED);
    expect([hub.network(ONE).rules.size, hub.network(TWO).rules.size]).toEqual([0, 1]);
  });
});

describe('a unit of accounts that cannot be read', () => {
  const UNITS = ['ou-aaaa-11111111', 'ou-aaaa-22222222'];

  test('fails the run whatever is tolerated, and its accounts are not taken for ones that have left', async () => {
    const accounts = { kind: 'organizationalUnits', ids: UNITS } as const;
    const hub = organization(REVOKING, { accounts, revokeIn: { kind: 'all' }, toleratedFailures: 5 })
      .addAccount(ONE).addAccount(TWO).addAccount(THREE);
    hub.units.set(UNITS[0], [ONE]);
    hub.units.set(UNITS[1], [TWO, THREE]);
    hub.denied.set(TWO, awsError('AccessDenied', 'no'));
    await hub.run(SCHEDULED);
    hub.units.set(UNITS[1], awsError('TooManyRequestsException', 'slow down'));
    const { finished } = await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
    expect(finished).toMatchObject({ failed: true, message: expect.stringContaining('accounts are missing') });
    expect(hub.events.sent.filter(({ type }) => type === 'Coverage Restored')).toEqual([]);
    expect(hub.log.ofEvent('ScanError').map(({ message }) => message))
      .toEqual([expect.stringContaining(`The accounts of ${UNITS[1]} are not looked at, because`)]);
    hub.units.set(UNITS[1], [THREE]);
    await hub.run({ scheduledTime: '2026-01-01T02:00:00.000Z' });
    expect(hub.events.sent.filter(({ type }) => type === 'Coverage Restored').map(({ detail }) => detail))
      .toMatchObject([{ account: TWO, resolution: 'NO_LONGER_LOOKED_AT' }]);
  });

  test('is read after the one before it', async () => {
    const accounts = { kind: 'organizationalUnits', ids: UNITS } as const;
    const hub = organization(REVOKING, { accounts }).addAccount(ONE);
    let atATime = 0;
    let most = 0;
    const { directory } = hub.dependencies();
    await resolveAccounts({ accounts }, {
      ...directory, accounts: () => directory.accounts(),
      accountsBelow: async () => {
        most = Math.max(most, ++atATime);
        await new Promise(setImmediate);
        atATime -= 1;
        return [ONE];
      },
    });
    expect(most).toBe(1);
  });
});

test('a Region that failed and is no longer enabled is not said to be looked at again', async () => {
  const regions = [REGION, 'eu-west-1'];
  const hub = organization(REVOKING, { ...EVERYWHERE, regions })
    .addAccount(ONE, { [REGION]: flagged(ONE, 0), 'eu-west-1': flagged(ONE, 1, 'b') });
  hub.regions.set(ONE, regions);
  const network = hub.network(ONE, 'eu-west-1');
  for (const call of ['vpcs', 'allSecurityGroups', 'allSecurityGroupRules', 'securityGroups', 'securityGroupRules'] as const) {
    network.on(call, { throws: awsError('AuthFailure', 'no') });
  }
  await hub.run(SCHEDULED);
  hub.regions.set(ONE, [REGION]);
  await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
  const [{ detail }, ...others] = hub.events.sent.filter(({ type }) => type === 'Coverage Restored');
  expect(detail).toMatchObject({
    account: ONE, region: 'eu-west-1', resolution: 'NO_LONGER_LOOKED_AT',
    message: expect.stringContaining('not among the Regions'),
  });
  expect(others).toEqual([]);
});

describe('a run beyond its time', () => {
  const aHub = (rulesOfOne = 1): MemoryOrganization => organization(REVOKING, { ...EVERYWHERE, regions: [REGION, 'eu-west-1'] })
    .addAccount(ONE, { [REGION]: flagged(ONE, rulesOfOne), 'eu-west-1': flagged(ONE, 1, 'b') })
    .addAccount(TWO, { [REGION]: flagged(TWO, 1), 'eu-west-1': flagged(TWO, 1, 'b') });
  const before = (hub: MemoryOrganization, pass: string, account: string, millis: number) => ({
    ...SCHEDULED, before: (each: string, of: string) => {
      if (each === pass && of === account) hub.clock.advance(millis);
    },
  });

  test('begins nothing any more shortly before its end, and ends with its totals', async () => {
    const hub = aHub(0);
    const { finished } = await hub.run(before(hub, 'observe', TWO, 3.6 * 3_600_000));
    expect(finished).toMatchObject({ failed: true, message: expect.stringContaining(TWO) });
    expect(hub.metrics.aggregates).toMatchObject({ AccountsSwept: 1, AccountsFailed: 1, RegionsFailed: 0 });
    expect(hub.events.sent.filter(({ type }) => type === 'Coverage Lost').map(({ detail }) => detail))
      .toMatchObject([{ account: TWO, code: 'OutOfTime' }]);
    expect(rulesLeft(hub, TWO)).toBe(1);
  });

  test('names the Regions in which it does not get to revoking', async () => {
    const hub = aHub();
    hub.regions.set(TWO, [REGION, 'eu-west-1']);
    const { finished } = await hub.run(before(hub, 'revoke', TWO, 3.6 * 3_600_000));
    expect(finished).toMatchObject({ failed: true });
    expect(hub.metrics.aggregates).toMatchObject({ AccountsSwept: 2, AccountsFailed: 0, RegionsFailed: 2 });
    expect(hub.network(TWO).rules.size).toBe(1);
  });

  test('revokes nothing, also if its execution is redriven later', async () => {
    const hub = aHub();
    const { finished } = await hub.run(before(hub, 'revoke', ONE, 3 * 86_400_000));
    expect(rulesLeft(hub, ONE, TWO)).toBe(2);
    expect(finished).toBeDefined();
    const again = aHub();
    await begun(again, 'arn:aws:states:eu-central-1:111122223333:execution:hygiene:1');
    again.clock.advance(3 * 86_400_000);
    const { runId } = await again.ledger.run() ?? { runId: '' };
    expect(await count({ runId }, again.configured, again.dependencies())).toMatchObject({ revoke: 0 });
  });
});

describe('a lease that cannot be written', () => {
  const REGIONS = Array.from({ length: 14 }, (_, index) => `eu-west-${index + 1}`);

  function withFailure(which: number, code = 'InternalServerError'): MemoryOrganization {
    const worlds = Object.fromEntries(REGIONS.map((region, index) => [region, flagged(ONE, 1, `r${index}`)]));
    const hub = organization(REVOKING, { ...EVERYWHERE, regions: REGIONS }).addAccount(ONE, worlds);
    hub.regions.set(ONE, REGIONS);
    const ledger = hub.ledger.at({ account: ONE, region: REGIONS[0] });
    const put = ledger.putLease.bind(ledger);
    let writes = 0;
    ledger.putLease = async entry => {
      writes += 1;
      if (writes === which) throw awsError(code, 'slow down');
      return put(entry);
    };
    return hub;
  }

  test('costs its Region alone', async () => {
    const hub = withFailure(1);
    await hub.run(SCHEDULED);
    expect(hub.metrics.aggregates).toMatchObject({ AccountsSwept: 1, AccountsFailed: 0, RegionsFailed: 1 });
    expect(REGIONS.filter(region => hub.network(ONE, region).rules.size === 0)).toEqual(REGIONS.slice(1));
  });

  test('is written by a later call if the ledger throttles', async () => {
    const hub = withFailure(1, 'ThrottlingException');
    expect((await hub.run(SCHEDULED)).finished).toMatchObject({ failed: false });
  });

  test('costs nothing if it was to be given back', async () => {
    const hub = withFailure(2);
    expect((await hub.run(SCHEDULED)).finished).toMatchObject({ failed: false });
    expect(hub.log.ofEvent('Ledger').map(({ message }) => message)).toContainEqual(expect.stringContaining('it ends by itself'));
  });
});

describe('the message of a run', () => {
  const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
  const message = (hub: MemoryOrganization): string => hub.notifications.published.at(-1)?.message ?? '';

  test('has what is new in every account, a revocation once, and the command that undoes it', async () => {
    const hub = organization({ ...REVOKING, notificationsTopicArn: TOPIC }, { revokeIn: { kind: 'list', ids: [ONE] } })
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(TWO, { [REGION]: flagged(TWO, 2) });
    await hub.run(SCHEDULED);
    const lines = message(hub).split('\n');
    expect(lines[0]).toContain('1 revoked, 2 new findings.');
    expect(lines.filter(line => line.includes(`- ${ONE} ${REGION}: Revoked sgr-a1`))).toHaveLength(1);
    expect(lines.filter(line => line.includes(`- ${TWO} ${REGION}: Found`))).toHaveLength(2);
    expect(lines.filter(line => line.includes(`- ${ONE} ${REGION}: Found`))).toEqual([]);
    const isCommand = (line: string): boolean => ['aws lambda invoke', ONE, 'sgr-a1'].every(each => line.includes(each));
    expect(lines.filter(isCommand)).toHaveLength(1);
    expect(message(hub)).not.toContain('more');
  });

  test('for chats is one custom notification about all accounts, and the format is recorded', async () => {
    const hub = organization({ ...REVOKING, notificationsTopicArn: TOPIC, notificationFormat: 'chat' }, { revokeIn: { kind: 'list', ids: [ONE] } })
      .addAccount(ONE, { [REGION]: flagged(ONE, 1) }).addAccount(TWO, { [REGION]: flagged(TWO, 2) });
    await hub.run(SCHEDULED);
    expect(hub.notifications.published).toMatchObject([{ topicArn: TOPIC, structure: 'json' }]);
    const texts = JSON.parse(message(hub)) as Texts;
    const { content: { title, description, nextSteps }, metadata } = customNotification(texts);
    expect(title).toMatch(/^1 revoked, 2 new findings in /);
    expect(description).toContain(`- \`${ONE} ${REGION}: Revoked sgr-a1`);
    expect(description.match(new RegExp(`- \`${TWO} ${REGION}: Found`, 'g'))).toHaveLength(2);
    const [line] = texts.default.split('\n').filter(each => each.startsWith('  aws lambda invoke'));
    expect(nextSteps[0]).toBe(`To put a revoked rule back: \`${line.trim()}\``);
    expect(metadata.eventType).toBe('Ingress Rule Revoked');
    expect(hub.ledger.sweep).toMatchObject({ notificationsTopicArn: TOPIC, notificationFormat: 'chat' });
  });

  test('has the revocations of a call whose session expired, and so have the counts of its account and Region', async () => {
    const hub = organization({ ...REVOKING, notificationsTopicArn: TOPIC }, { ...EVERYWHERE, accountMetrics: true })
      .addAccount(ONE, { [REGION]: flagged(ONE, 2) });
    let isExpired = false;
    await hub.run({
      ...SCHEDULED, before: pass => {
        if (pass !== 'revoke' || isExpired) return;
        isExpired = true;
        hub.expired.add(ONE);
      },
    });
    expect(isExpired).toBe(true);
    expect(hub.network(ONE).rules.size).toBe(0);
    expect(message(hub).split('\n')[0]).toContain('2 revoked.');
    const row = await hub.ledger.place({ account: ONE, region: REGION });
    expect(row?.revoked?.counts).toMatchObject({ IngressRulesRevoked: 2 });
    const ofAccount = hub.metrics.published.flatMap(({ data }) => data)
      .filter(({ name, dimensions }) => name === 'IngressRulesRevoked' && dimensions.AccountId === ONE);
    expect(ofAccount.map(({ value }) => value)).toEqual([2]);
  });
});

test('rules that the run has revoked are not among those that are kept', async () => {
  const hub = organization(REVOKING, { revokeIn: { kind: 'list', ids: [ONE] } })
    .addAccount(ONE, { [REGION]: flagged(ONE, 2) }).addAccount(TWO, { [REGION]: flagged(TWO, 1) });
  await hub.run(SCHEDULED);
  expect(hub.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 2, RulesKept: 1 });
});

test('an account without an outcome is told once, and again when it can be looked at', async () => {
  const hub = organization().addAccount(ONE);
  const coverage = (): Array<[string, unknown]> => hub.events.sent.filter(({ type }) => type.startsWith('Coverage'))
    .map(({ type, detail }) => [type, detail.since]);
  for (const hour of ['00', '01']) {
    const execution = `arn:aws:states:eu-central-1:111122223333:execution:hygiene:lost-${hour}`;
    const run = await begin({ execution, scheduledTime: `2026-01-01T${hour}:00:00.000Z` }, hub.configured, hub.dependencies());
    expect(await finish(run, hub.configured, hub.dependencies())).toMatchObject({ failed: true });
    hub.clock.advance(3_600_000);
  }
  expect(coverage()).toEqual([['Coverage Lost', expect.any(String)]]);
  await hub.run({ scheduledTime: '2026-01-01T02:00:00.000Z' });
  const [[, since], [, toldSince], ...others] = coverage();
  expect(toldSince).toBe(since);
  expect(coverage().map(([type]) => type)).toEqual(['Coverage Lost', 'Coverage Restored']);
  expect(others).toEqual([]);
});
