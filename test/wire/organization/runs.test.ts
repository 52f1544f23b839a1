/** Tests runs of an organization over the wire: the shipped bundle, the synthesized state machine, and STS. */
import { configuration, HUB, ONE, OrganizationWorld, stopWorlds, THREE, TWO } from './world';

afterEach(stopWorlds);

const REVOKING = [{}] as const;

describe('a run', () => {
  test('revokes where it may, reports elsewhere, and publishes totals', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 2, [TWO]: 1, [THREE]: 2 });
    const { status } = await world.run({ scheduledTime: '2026-11-01T00:00:00Z' });
    expect(status).toBe('SUCCEEDED');
    expect([world.left(ONE), world.left(TWO), world.left(THREE)]).toEqual([0, 0, 4]);
    expect(await world.states(ONE, 'eu-west-1')).toEqual(['REVOKED', 'REVOKED']);
    expect(await world.states(THREE, 'eu-west-1')).toEqual(['OPEN', 'OPEN']);
    expect(['FlaggedIngressRules', 'IngressRulesRevoked', 'AccountsSwept', 'AccountsFailed', 'RegionsFailed', 'ScanErrors']
      .map(name => world.total(name))).toEqual([10, 6, 3, 0, 0, 0]);
    const revoked = world.aws.events.filter(event => event.detailType === 'Ingress Rule Revoked');
    expect(revoked).toHaveLength(6);
    expect(world.aws.calls.filter(({ action, place }) => /^(Revoke|Authorize)/.test(action) && place?.account === THREE)).toEqual([]);
  });

  test('enters each account with a session that holds the Regions, and no change where it only reports', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [THREE]: 1, [TWO]: 0 });
    await world.run();
    const policies = world.aws.calls.filter(({ action }) => action === 'AssumeRole')
      .map(({ parameters: { RoleArn, Policy, ExternalId } }) => ({ account: String(RoleArn).split(':')[4], policy: String(Policy), ExternalId }));
    expect(policies.length).toBeGreaterThanOrEqual(3);
    for (const { account, policy, ExternalId } of policies) {
      expect(ExternalId).toBe('cdk-network-hygiene');
      expect(policy.length).toBeLessThan(2048);
      expect(policy.includes('RevokeSecurityGroupIngress')).toBe(account !== THREE);
      expect(JSON.parse(policy)).toMatchObject({ Statement: [{ Condition: { StringEquals: { 'aws:RequestedRegion': expect.arrayContaining(['eu-west-1']) } } }] });
    }
    expect(world.aws.calls.filter(({ action }) => action === 'AssumeRole').every(({ signer }) => signer?.region === 'eu-central-1')).toBe(true);
  });

  test('revokes nothing anywhere if the sum is over the limit', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 2, [TWO]: 2, [THREE]: 0 });
    const { status, mapRuns } = await world.run({ configured: [{ maxRevocationsPerSweep: 7 }] });
    expect(status).toBe('SUCCEEDED');
    expect(mapRuns).toHaveLength(1);
    expect([world.left(ONE), world.left(TWO)]).toEqual([4, 4]);
    expect(world.aws.calls.some(({ action }) => action === 'RevokeSecurityGroupIngress')).toBe(false);
  });

  test('names an account that denies, fails, and has done everything else', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [THREE]: 1 });
    world.aws.organization.addAccount(TWO);
    const { status, error, cause } = await world.run();
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'AccountsFailed' });
    expect(cause).toContain(TWO);
    expect(world.left(ONE)).toBe(0);
    expect(world.total('AccountsFailed')).toBe(1);
    expect(world.aws.events.filter(({ detailType }) => detailType === 'Coverage Lost')).toHaveLength(1);
  });

  test('tolerates as many failures as the configuration says, and tells them all the same', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [THREE]: 0 });
    world.aws.organization.addAccount(TWO);
    expect((await world.run({ configured: [{}, { toleratedFailures: 1 }] })).status).toBe('SUCCEEDED');
    expect(world.total('AccountsFailed')).toBe(1);
  });

  test('leaves out a Region that is not enabled, by name', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    world.aws.disableRegion('me-south-1', ONE);
    const { status } = await world.run({ configured: [{}, { regions: ['eu-central-1', 'eu-west-1', 'me-south-1'] }] });
    expect(status).toBe('SUCCEEDED');
    expect(world.logged('RegionsLeftOut')).toMatchObject([{ account: ONE, regions: ['me-south-1'] }]);
    expect(world.aws.calls.some(({ place }) => place?.account === ONE && place.region === 'me-south-1')).toBe(false);
  });

  test('asks EC2 in the account for its Regions where Account Management is denied', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    world.aws.deny('ListRegions');
    expect((await world.run()).status).toBe('SUCCEEDED');
    expect(world.left(ONE)).toBe(0);
    expect(world.logged('RegionsUnread')).toHaveLength(3);
    expect(world.aws.calls.some(({ action }) => action === 'DescribeRegions')).toBe(true);
  });

  test('takes no configuration, account or right from its input', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 1 });
    const forged: Array<string | undefined> = [];
    await world.run({
      before: async ({ step, runId }) => {
        if (step !== 'count') return;
        for (const pass of ['observe', 'revoke']) {
          const about = { step: 'account', pass, runId, account: HUB, part: 0, attempt: 0, mayRevoke: true };
          forged.push((await world.invokeHub({ organization: about })).error?.message);
        }
      },
    });
    expect(forged).toEqual([expect.stringContaining('is not in part'), expect.stringContaining('is not in part')]);
    expect(world.aws.calls.some(({ action, parameters }) => action === 'AssumeRole' && String(parameters.RoleArn).includes(HUB))).toBe(false);
    const { error } = await world.invokeHub({ organization: { step: 'begin', execution: 'x', configuration: configuration() } });
    expect(error?.message).toContain('execution is not the ARN');
    expect(world.left(THREE)).toBe(2);
  });

  test('goes on after a child was killed, and counts what it had revoked', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 3, [TWO]: 1, [THREE]: 0 });
    let killed = 0;
    const { status } = await world.run({
      timeoutMillis: 6000, isWaiting: true,
      before: ({ step, pass, account }, lambda) => {
        if (step !== 'account' || pass !== 'revoke' || account !== ONE || killed > 0) return;
        world.aws.after('RevokeSecurityGroupIngress', async () => {
          if (killed > 0) return;
          killed += 1;
          await lambda.stop();
        }, { account: ONE });
      },
    });
    expect(killed).toBe(1);
    expect(status).toBe('SUCCEEDED');
    expect([world.left(ONE), world.left(TWO)]).toEqual([0, 0]);
    expect(await world.states(ONE, 'eu-central-1')).toEqual(['REVOKED', 'REVOKED', 'REVOKED']);
    expect(world.total('IngressRulesRevoked')).toBe(8);
  });

  test('enters an account again whose session has expired', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    let expired = 0;
    world.aws.before('DescribeVpcs', () => {
      if (expired++ === 0) world.aws.expireSessions(ONE);
    }, { account: ONE });
    expect((await world.run()).status).toBe('SUCCEEDED');
    expect(world.left(ONE)).toBe(0);
  });

  test('waits for an STS that throttles, and names the account if it does not stop', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    world.aws.fault({ action: 'AssumeRole', kind: 'throttle', times: 12 });
    const { status, waits } = await world.run();
    expect(status).toBe('SUCCEEDED');
    expect(waits.length).toBeGreaterThan(0);
    expect(world.left(ONE)).toBe(0);
  });

  test('names an account that is closed while it runs', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 1, [THREE]: 0 });
    const { status, cause } = await world.run({
      before: ({ step, account }) => {
        if (step === 'account' && account === TWO) world.aws.organization.closeAccount(TWO);
      },
    });
    expect(status).toBe('FAILED');
    expect(cause).toContain(TWO);
    expect(world.left(ONE)).toBe(0);
    expect(world.total('AccountsSwept')).toBe(2);
  });

  test('never prints a credential', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    await world.run({ configured: REVOKING });
    expect(world.printed).not.toMatch(/ASIA[0-9A-F]{16}|SecretAccessKey|SessionToken|secret-access-key/);
  });
});

describe('restoring', () => {
  test('puts a rule back in its account and Region, with the role that restores', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    await world.run();
    expect(world.left(ONE)).toBe(0);
    const [event] = world.aws.events.filter(({ detailType, detail }) => detailType === 'Ingress Rule Revoked' && detail.region === 'eu-west-1');
    const { securityGroupRuleId, account, region, restoreCommand } = event.detail as Record<string, string>;
    expect(restoreCommand).toContain(`"account":"${ONE}","region":"eu-west-1"`);
    const asked = { account, region, securityGroupRuleIds: [securityGroupRuleId] };
    const { result, error } = await world.restore({ restore: asked });
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ counts: { RESTORED: 1 } });
    expect(world.logged('Restore')).toMatchObject([{ account, region, securityGroupRuleId, outcome: 'RESTORED' }]);
    expect(world.left(ONE)).toBe(1);
    const entered = world.aws.calls.filter(({ action }) => action === 'AssumeRole').at(-1);
    expect(String(entered?.parameters.RoleArn)).toBe(`arn:aws:iam::${ONE}:role/network-hygiene-restore`);
  });

  test.each([
    [{ restore: { securityGroupRuleIds: ['sgr-1'] } }, 'account is not the id of an account'],
    [{ restore: { account: ONE, region: 'nowhere', securityGroupRuleIds: ['sgr-1'] } }, 'region is not the name of a Region'],
    [{ pause: { until: '2027-01-01T00:00:00Z', reason: 'x' } }, 'Unknown event'],
  ])('refuses %j', async (event, message) => {
    const world = await OrganizationWorld.start();
    const { error } = await world.restore(event);
    expect(error?.message).toContain(message);
    expect(world.aws.calls).toEqual([]);
  });
});

describe('a deployment', () => {
  test('proves what a run needs, puts the configuration into force, and starts a run', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    const { body } = await world.deploy('Create');
    expect(body).toMatchObject({ Status: 'SUCCESS', Data: { Accounts: '3' } });
    expect(world.aws.executions.all).toHaveLength(1);
    expect(world.aws.executions.all[0].input).toBe('{}');
    expect(world.left(ONE)).toBe(2);
  });

  test('during a run has another one started when that run ends, and only then', async () => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 1, [TWO]: 0, [THREE]: 0 });
    const deployed = [{ maxRevocationsPerSweep: 19 }] as const;
    await world.run();
    expect(world.aws.executions.all).toEqual([]);
    await world.run({
      before: async ({ step }) => {
        if (step === 'count') expect((await world.deploy('Update', deployed)).body.Status).toBe('SUCCESS');
      },
    });
    const [ofDeployment, afterwards, ...others] = world.aws.executions.all;
    expect(ofDeployment.stateMachineArn).toBe(world.stateMachineArn);
    expect(afterwards).toMatchObject({ stateMachineArn: world.stateMachineArn, input: '{}' });
    expect(others).toEqual([]);
    expect(world.logged('OrganizationRun').map(({ message }) => message))
      .toContainEqual(expect.stringContaining(afterwards.executionArn));
    await world.run({ configured: deployed });
    expect(world.aws.executions.all).toHaveLength(2);
  });

  test('succeeds if the first members have no roles yet, and names them', async () => {
    const world = await OrganizationWorld.start();
    const others = ['200000000001', '200000000002', '200000000003'];
    others.forEach(id => world.aws.organization.addAccount(id));
    world.addMembers({ [ONE]: 0 });
    const { body } = await world.deploy('Create', [{}, { accounts: { kind: 'all' }, revokeIn: { kind: 'all' } }]);
    expect(body.Status).toBe('SUCCESS');
    const told = world.logged('Preflight').map(({ message }) => String(message)).join();
    expect(others.filter(id => told.includes(id)).length).toBeGreaterThanOrEqual(2);
  });

  test.each<[string, (world: OrganizationWorld) => void, RegExp]>([
    ['Organizations is denied', world => world.aws.deny('ListAccounts'), /ListAccounts|listing the accounts/],
    ['the bucket cannot be written', world => world.aws.deny('PutObject'), /s3:PutObject|bucket/],
    ['no member can be entered', world => [ONE, TWO, THREE].forEach(id => world.aws.removeMember(id)), /sts:AssumeRole.*NetworkHygieneMember/],
  ])('fails if %s, and starts nothing', async (_, prepare, message) => {
    const world = await OrganizationWorld.start();
    world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 0 });
    prepare(world);
    const { body } = await world.deploy('Create', [], 9000);
    expect(body.Status).toBe('FAILED');
    expect(body.Reason).toMatch(message);
    expect(world.aws.executions.all).toEqual([]);
  });
});
