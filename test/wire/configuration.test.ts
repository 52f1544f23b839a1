/** Tests that the shipped bundle takes its configuration only from its ledger, where a deployment has written it. */
import { configuration, DENIED_MILLIS, HANDLER_FOLDER, networkWithStaleRules, stopWorlds, World } from './world';
import { fingerprintOf, type Path } from '../../src/contract/fingerprint';
import { FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, Metric } from '../../src/contract/names';
import type { ReceivedResponse } from '../support/cloudformation';
import { customResourceProperties, deployedWith, SCHEDULED } from '../support/deployment';
import type { Item } from '../support/dynamodb';
import type { SecurityGroupRule } from '../support/ec2-endpoint';
import { LambdaProcess } from '../support/lambda-process';

const processes: LambdaProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map(lambda => lambda.stop()));
  await stopWorlds();
});

const HOUR_MILLIS = 3_600_000;
const HOURS = 7;
const REPORT = { staleRules: 'report', vpnConnections: { kind: 'none' } };
const REVOKE = { ...REPORT, staleRules: 'revoke' };
/** The construct's default settle time. */
const SETTLING = { ...REVOKE, settleSeconds: 3600 };

interface Staged {
  readonly world: World;
  readonly stale: readonly SecurityGroupRule[];
  /** The number of stale rules that are gone. */
  readonly gone: () => number;
}

/** The clock starts hours ago, because CloudWatch refuses data of times that are far ahead. */
async function stage(count = 2): Promise<Staged> {
  const { network, stale } = networkWithStaleRules(1, count);
  const world = await World.start({ network, clockOffsetMillis: -HOURS * HOUR_MILLIS });
  return { world, stale, gone: () => world.gone(stale).length };
}

/** Starts a process whose clock is a number of hours ahead of the first one. */
const hoursLater = (world: World, hours: number): Promise<LambdaProcess> =>
  world.startAnother((hours - HOURS) * HOUR_MILLIS);

async function itemOf({ dynamoDb }: World, id: string): Promise<Item | undefined> {
  return (await dynamoDb.items()).find(each => each.id === id);
}

interface Control {
  readonly revision: number;
  readonly table?: string;
  readonly configuration?: { readonly since: string };
  readonly mismatch?: { readonly sweeps: number };
}

async function controlOf(world: World): Promise<Control> {
  return JSON.parse(String((await itemOf(world, 'control'))?.control)) as Control;
}

/** Changes the control item by hand, as someone who restores a copy of the table does. */
async function changeControl(world: World, change: Partial<Control>): Promise<void> {
  const [item, control] = [await itemOf(world, 'control'), await controlOf(world)];
  await world.dynamoDb.put({ ...item, control: JSON.stringify({ ...control, ...change }) });
}

/** Changes the configuration in the ledger by hand. */
async function changeText(world: World, text: string): Promise<void> {
  const item = await itemOf(world, 'configuration');
  const record = JSON.parse(String(item?.record)) as object;
  await world.dynamoDb.put({ ...item, record: JSON.stringify({ ...record, text }) });
}

/** Returns the reasons for which the latest sweep kept rules. */
function keepReasons(world: World): unknown[] {
  const { sweepId } = world.logged('Sweep').at(-1) ?? {};
  return world.logged('RuleKept').filter(line => line.sweepId === sweepId).map(({ keepReason }) => keepReason);
}

/** Counts calls that revoke, without the dry runs of a deployment. */
const revocations = ({ ec2 }: World): number =>
  ec2.calls.filter(({ action, isDryRun }) => action === 'RevokeSecurityGroupIngress' && !isDryRun).length;

describe('what is deployed', () => {
  test('is what each later sweep does: its event has no configuration, and the function an environment of constants', async () => {
    const { world, gone } = await stage();
    expect((await world.deploy('Create', REPORT)).body.Status).toBe('SUCCESS');

    expect((await world.invokeDeployed(REPORT)).error).toBeUndefined();

    expect(gone()).toBe(0);
    expect(keepReasons(world)).toEqual(['REPORT_ONLY', 'REPORT_ONLY']);
    await world.deploy('Update', { ...REVOKE, maxRevocationsPerSweep: 1 });
    await world.invokeDeployed({ ...REVOKE, maxRevocationsPerSweep: 1 });
    expect(keepReasons(world)).toEqual(['OVER_LIMIT', 'OVER_LIMIT']);
    await world.deploy('Update', SETTLING);
    await hoursLater(world, 2);
    await world.invokeDeployed(SETTLING);
    expect(gone()).toBe(2);
    const record = JSON.parse(String((await itemOf(world, 'configuration'))?.record)) as { text: string };
    expect(JSON.parse(record.text)).toEqual(configuration(SETTLING));
  });

  test('is swept by in full when a person asks for it, too', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', SETTLING);
    await hoursLater(world, 2);

    const { error, result } = await world.invokeDeployed(SETTLING, { sweep: {} });

    expect(error).toBeUndefined();
    expect(result).toMatchObject({ StaleIngressRules: 2, IngressRulesRevoked: 2 });
    expect(gone()).toBe(2);
  });

  test('draws on the limit that is left until the next scheduled sweep, and opens none of its own', async () => {
    const { network, stale } = networkWithStaleRules(1, 4);
    const world = await World.start({ network });
    const limited = { ...REVOKE, maxRevocationsPerSweep: 2 };
    const [first, second, ...later] = stale;
    const held = later.map(({ groupId }) => network.groups.get(groupId)!.tags);
    for (const tags of held) tags['network-hygiene:exempt'] = '';
    await world.deploy('Create', { ...limited, dryRun: true });
    await world.deploy('Update', limited);
    expect(world.gone(stale)).toEqual([first, second].map(({ securityGroupRuleId }) => securityGroupRuleId));
    for (const tags of held) delete tags['network-hygiene:exempt'];

    const { body } = await world.deploy('Update', { ...limited, resourceMetrics: false });

    expect(body).toMatchObject({ Status: 'SUCCESS', Data: { IngressRulesRevoked: '0', RevocationsWithheld: '0' } });
    expect(keepReasons(world)).toEqual(['LIMIT_USED', 'LIMIT_USED']);
    await world.invokeDeployed({ ...limited, resourceMetrics: false });
    expect(world.gone(stale)).toHaveLength(4);
  });
});

describe('a change of the configuration', () => {
  test('settles before anything is revoked, and tells the person who deploys what is going to happen', async () => {
    const { world, gone } = await stage();

    const { body, bytes } = await world.deploy('Create', SETTLING);
    await world.invokeDeployed(SETTLING);

    expect(body).toMatchObject({
      Status: 'SUCCESS', Data: { StaleIngressRules: '2', IngressRulesRevoked: '0', RevocationsWithheld: '0', Pause: 'none' },
    });
    expect(body.Data?.Forecast).toMatch(/^The first sweep after .+ UTC would revoke 2 rules$/);
    expect(Object.keys(body.Data ?? {})).toEqual(expect.arrayContaining(Object.values(Metric)));
    expect(bytes).toBeLessThan(4096);
    expect([gone(), revocations(world), world.aggregate('RevocationsWithheld')]).toEqual([0, 0, 0]);
    expect(keepReasons(world)).toEqual(['SETTLING', 'SETTLING']);
    const { since } = (await controlOf(world)).configuration ?? { since: '' };
    const until = new Date(Date.parse(since) + HOUR_MILLIS).toISOString();
    expect(world.logged('Ledger').at(-1)).toMatchObject({ level: 'INFO', reason: 'SETTLING', until });
    expect(world.logged('Forecast').at(-1)).toMatchObject({ due: 2, from: until });

    await hoursLater(world, 0.98);
    await world.invokeDeployed(SETTLING);
    expect(gone()).toBe(0);
    await hoursLater(world, 1.02);
    await world.invokeDeployed(SETTLING);
    expect(gone()).toBe(2);
  });

  test('with more to revoke than the limit says so at deployment, before anything could be revoked', async () => {
    const { world } = await stage(3);
    const { body } = await world.deploy('Create', { ...SETTLING, maxRevocationsPerSweep: 2 });
    expect(body.Data?.Forecast).toMatch(/would revoke 3 rules; the limit is 2, so none will be revoked unless /);
  });

  test('has nothing to forecast if nothing is revoked, and only the remaining rules without a settle time', async () => {
    const { world, gone } = await stage();
    const reported = await world.deploy('Create', REPORT);
    const revoked = await world.deploy('Update', REVOKE);
    expect(gone()).toBe(2);
    expect(reported.body.Data?.Forecast).toBe('nothing is revoked by this configuration');
    expect(revoked.body.Data).toMatchObject({
      IngressRulesRevoked: '2', Forecast: expect.stringMatching(/would revoke no rule$/) as string,
    });
  });

  test('is no change if CloudFormation sends the same again: the settle time does not start over', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', SETTLING);
    const { configuration: begun } = await controlOf(world);
    const [record] = [await itemOf(world, 'configuration')];
    const properties = customResourceProperties(configuration(SETTLING));
    await hoursLater(world, 0.5);

    await world.deployWith('Update', properties, { env: deployedWith(configuration(SETTLING)), before: properties });

    expect((await controlOf(world)).configuration).toEqual(begun);
    expect(await itemOf(world, 'configuration')).toEqual(record);
    await hoursLater(world, 1.02);
    await world.invokeDeployed(SETTLING);
    expect(gone()).toBe(2);
  });

  test('to a value that is known at deployment only settles, too, although the function is the same', async () => {
    const { world, stale, gone } = await stage();
    const exempt = (groupId: string): Record<string, unknown> => ({ ...SETTLING, exemptSecurityGroupIds: [groupId] });
    const paths = [['exemptSecurityGroupIds', 0]];
    const deploy = (type: 'Create' | 'Update', groupId: string): Promise<ReceivedResponse> => {
      const properties = withPaths(configuration(exempt(groupId)), paths);
      return world.deployWith(type, properties, { env: { [FINGERPRINT_VARIABLE]: properties.Fingerprint } });
    };
    const sweep = (): Promise<unknown> =>
      world.lambda.invoke(SCHEDULED, undefined, { env: { [FINGERPRINT_VARIABLE]: withPaths(configuration(exempt('sg-0')), paths).Fingerprint } });
    await deploy('Create', stale[0].groupId);
    await hoursLater(world, 2);

    expect((await deploy('Update', stale[1].groupId)).body.Status).toBe('SUCCESS');
    await sweep();

    expect(gone()).toBe(0);
    expect(keepReasons(world).sort()).toEqual(['EXEMPT_BY_PROP', 'SETTLING']);
    await hoursLater(world, 4);
    await sweep();
    expect(world.gone(stale)).toEqual([stale[0].securityGroupRuleId]);
  });
});

/** Returns what CloudFormation sends after it has filled in the values at some paths. */
function withPaths(wanted: Record<string, unknown>, paths: readonly Path[]): Record<string, string> {
  return {
    Configuration: JSON.stringify(wanted), Fingerprint: fingerprintOf(wanted, paths),
    DeployTimePaths: JSON.stringify(paths),
  };
}

describe('a function that was deployed with another configuration than the ledger has', () => {
  test('reports by the one in the ledger and revokes nothing, and fails from the second scheduled sweep on', async () => {
    const { world, gone } = await stage();
    await world.putIntoForce(REVOKE);

    const first = await world.invokeDeployed(REPORT);
    const second = await world.invokeDeployed(REPORT);
    const third = await world.invokeDeployed(REPORT);

    expect([gone(), revocations(world)]).toEqual([0, 0]);
    expect(['StaleIngressRules', 'Sweeps', 'IngressRulesRevoked', 'RevocationsWithheld'].map(name => world.aggregate(name))).toEqual([2, 1, 0, 0]);
    expect(keepReasons(world)).toEqual(['CONFIGURATION_CHANGING', 'CONFIGURATION_CHANGING']);
    expect(first.error).toBeUndefined();
    const detail = 'the configuration in the ledger is not the one that the function was deployed with';
    for (const [{ error }, sweeps] of [[second, 2], [third, 3]] as const) {
      expect(error?.message).toBe(`${sweeps} scheduled sweeps in a row revoked nothing, because ${detail}. `
        + 'Deploy the stack again; if it was rolled back, make sure that the rollback is complete');
    }
    expect(world.logged('Ledger').filter(({ reason }) => reason === 'CONFIGURATION_CHANGING'))
      .toContainEqual(expect.objectContaining({ level: 'WARN', message: expect.stringContaining(detail) as string }));
  });

  test('does not fail for what a person asks for, nor for one sweep once the two have been the same again', async () => {
    const { world, gone } = await stage();
    await world.putIntoForce(REVOKE);
    await world.invokeDeployed(REPORT);
    for (const event of [{ sweep: {} }, { sweep: {} }]) {
      expect((await world.invokeDeployed(REPORT, event)).error).toBeUndefined();
    }
    expect(gone()).toBe(0);

    expect((await world.invokeDeployed(REVOKE)).error).toBeUndefined();

    expect(gone()).toBe(2);
    expect((await controlOf(world)).mismatch).toBeUndefined();
    expect((await world.invokeDeployed(REPORT)).error).toBeUndefined();
  });

  test('has a configuration that was changed in the ledger by hand not revoke anything', async () => {
    const { world, gone } = await stage();
    await world.putIntoForce({ ...REVOKE, maxRevocationsPerSweep: 1 });
    await changeText(world, JSON.stringify(configuration({ ...REVOKE, maxRevocationsPerSweep: 1000 })));

    await world.invokeDeployed({ ...REVOKE, maxRevocationsPerSweep: 1 });
    await world.invokeDeployed({ ...REVOKE, maxRevocationsPerSweep: 1 }, { sweep: {} });

    expect([gone(), revocations(world)]).toEqual([0, 0]);
  });

  test('has a value that the fingerprint leaves out changed in the ledger not revoke anything either', async () => {
    const { world, stale, gone } = await stage();
    const exempt = configuration({ ...REVOKE, exemptSecurityGroupIds: stale.map(({ groupId }) => groupId) });
    const properties = withPaths(exempt, [['exemptSecurityGroupIds']]);
    const env = { [FINGERPRINT_VARIABLE]: properties.Fingerprint };
    expect((await world.deployWith('Create', properties, { env })).body.Status).toBe('SUCCESS');
    await changeText(world, JSON.stringify({ ...exempt, exemptSecurityGroupIds: [] }));

    await world.lambda.invoke(SCHEDULED, undefined, { env });

    expect([gone(), revocations(world)]).toEqual([0, 0]);
    expect(keepReasons(world)).toEqual(['CONFIGURATION_CHANGING', 'CONFIGURATION_CHANGING']);
  });
});

describe('a ledger without a configuration that can be used', () => {
  test('has a sweep before the first deployment look at nothing, and fail from the second time on', async () => {
    const { world } = await stage();

    const [first, second] = [await world.invokeDeployed(REVOKE), await world.invokeDeployed(REVOKE)];

    expect(first).not.toHaveProperty('error');
    expect(second.error?.message).toContain('2 scheduled sweeps in a row revoked nothing, because the ledger has no configuration yet');
    expect(world.ec2.calls).toEqual([]);
    expect(await world.dynamoDb.items()).toEqual([expect.objectContaining({ id: 'control' })]);
    await world.deploy('Create', REVOKE);
    expect((await world.invokeDeployed(REVOKE)).error).toBeUndefined();
    expect((await controlOf(world)).table).toBe(world.dynamoDb.tableName);
  });

  test.each([
    ['cannot be read', { record: '{' }, /^the ledger's item configuration cannot be read: its attribute record/],
    ['is of another revision', { revision: 7 }, /^the ledger's item configuration cannot be read: its attribute revision/],
  ])('fails every run where it %s, and says how to repair it, and that repairs it', async (_, change, said) => {
    const { world, gone } = await stage();
    await world.deploy('Create', SETTLING);
    await hoursLater(world, 2);
    const calls = world.ec2.calls.length;
    await world.dynamoDb.put({ ...await itemOf(world, 'configuration'), ...change });

    for (const event of [SCHEDULED, { sweep: {} }, { sweep: { securityGroupIds: ['sg-0123456789abcdef0'] } }]) {
      const { error } = await world.invokeDeployed(SETTLING, event);
      expect(error?.message).toMatch(said);
      expect(error?.message).toContain('Delete the item, and deploy a change of the configuration, so that CloudFormation writes it anew');
    }

    expect(world.ec2.calls).toHaveLength(calls);
    await world.dynamoDb.delete({ hygiene: 'Test/Hygiene', id: 'configuration' });
    expect((await world.deploy('Update', SETTLING)).body.Status).toBe('SUCCESS');
    await hoursLater(world, 4);
    expect((await world.invokeDeployed(SETTLING)).error).toBeUndefined();
    expect(gone()).toBe(2);
  });

  test('of a version that it does not read revokes nothing, and names it', async () => {
    const { world, gone } = await stage();
    await world.putIntoForce(REVOKE);
    await changeText(world, JSON.stringify({ ...configuration(REVOKE), version: 4 }));

    const [first, second] = [await world.invokeDeployed(REVOKE), await world.invokeDeployed(REVOKE)];

    expect([first.error, gone(), world.ec2.calls.length]).toEqual([undefined, 0, 0]);
    expect(second.error?.message).toMatch(/the configuration in the ledger cannot be used: version: got 4/);
  });
});

describe('a custom resource event that anyone could make', () => {
  const OWN = configuration(REPORT);
  const OTHER = configuration(REVOKE);
  const own = customResourceProperties(OWN);
  const other = customResourceProperties(OTHER);
  const inLedger = [['staleRules']];

  test.each([
    ['another configuration', { ...own, Configuration: other.Configuration }, 'is not the one that the function was deployed with'],
    ['another configuration with its own fingerprint', other, 'is not the one that the function was deployed with'],
    ['another configuration, of which it says that CloudFormation fills it in', { ...withPaths(OTHER, inLedger), Fingerprint: own.Fingerprint }, 'is not the one that'],
    ['the same, with the fingerprint of that', withPaths(OTHER, inLedger), 'is not the one that the function was deployed with'],
    ['paths where there is nothing', { ...own, DeployTimePaths: '[["nothing"]]' }, 'nothing at \\["nothing"\\]'],
    ['paths that are no JSON', { ...own, DeployTimePaths: '[' }, ''],
    ['no fingerprint', { ...own, Fingerprint: undefined }, 'The property Fingerprint of the custom resource is not a text'],
    ['no paths', { ...own, DeployTimePaths: undefined }, 'The property DeployTimePaths of the custom resource is not a text'],
    ['an object for a configuration', { ...own, Configuration: OTHER }, 'The property Configuration of the custom resource is not a text'],
    ['no configuration', { ServiceToken: 'arn' }, 'The custom resource has no property Configuration'],
  ])('with %s is answered FAILED, and changes nothing', async (_, properties, reason) => {
    const { world, gone } = await stage();
    await world.deploy('Create', REPORT);
    const [items, calls] = [await world.dynamoDb.items(), world.ec2.calls.length];

    for (const type of ['Create', 'Update'] as const) {
      const { body } = await world.deployWith(type, properties, { env: deployedWith(OWN) });
      expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(reason) as string });
    }

    expect(await world.dynamoDb.items()).toEqual(items);
    expect(world.ec2.calls).toHaveLength(calls);
    expect((await world.invokeDeployed(REPORT)).error).toBeUndefined();
    expect(gone()).toBe(0);
  });

  test('with the configuration of another construct is answered FAILED, and changes nothing', async () => {
    const { world } = await stage();
    const others = { ...REVOKE, hygiene: 'Other/Hygiene' };

    const { body } = await world.deploy('Create', others);

    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('is for Other/Hygiene, but this function is that of Test/Hygiene') as string });
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });

  test('with the configuration that is in force already begins the time to settle anew at most', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', SETTLING);
    await hoursLater(world, 2);

    await world.deploy('Update', SETTLING);
    await world.invokeDeployed(SETTLING);

    expect(gone()).toBe(0);
    expect(keepReasons(world)).toEqual(['SETTLING', 'SETTLING']);
  });
});

describe('a deployment that fails and is rolled back', () => {
  const BEFORE = { ...SETTLING, maxRevocationsPerSweep: 10 };
  const AFTER = { ...SETTLING, maxRevocationsPerSweep: 20 };

  test('before the configuration is in force: meanwhile nothing is revoked, and later as if it had not been', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', BEFORE);
    await hoursLater(world, 2);
    world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'error', code: 'UnauthorizedOperation', status: 403 });
    const items = await world.dynamoDb.items();

    expect((await world.deploy('Update', AFTER, DENIED_MILLIS)).body.Status).toBe('FAILED');

    expect(await world.dynamoDb.items()).toEqual(items);
    world.ec2.clearFaults();
    // The function is still the new one.
    await world.invokeDeployed(AFTER);
    expect(gone()).toBe(0);
    await rollBack(world);
    expect(gone()).toBe(0);
    await hoursLater(world, 4);
    expect((await world.invokeDeployed(BEFORE)).error).toBeUndefined();
    expect(gone()).toBe(2);
  }, 90_000);

  test('when the configuration is in force: the function from before revokes nothing until its own is in force again, and has settled', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', BEFORE);
    await hoursLater(world, 2);
    expect((await world.deploy('Update', AFTER)).body.Status).toBe('SUCCESS');
    await hoursLater(world, 4);

    // CloudFormation has now rolled back the function.
    await world.invokeDeployed(BEFORE);
    expect(gone()).toBe(0);
    await rollBack(world);
    await world.invokeDeployed(BEFORE);
    expect(gone()).toBe(0);
    expect(keepReasons(world)).toEqual(['SETTLING', 'SETTLING']);

    await hoursLater(world, 6);
    await world.invokeDeployed(AFTER);
    expect(gone()).toBe(0);
    await world.invokeDeployed(BEFORE);
    expect(gone()).toBe(2);
  });

  async function rollBack(world: World): Promise<void> {
    const [before, after] = [BEFORE, AFTER].map(each => customResourceProperties(configuration(each)));
    const { body } = await world.deployWith('Update', before, { env: deployedWith(configuration(BEFORE)), before: after });
    expect(body.Status).toBe('SUCCESS');
  }

  test('while it writes the configuration leaves none in force, and the next attempt fixes that', async () => {
    const { world, gone } = await stage();
    await world.deploy('Create', BEFORE);
    let writes = 0;
    world.dynamoDb.fault({
      action: 'PutItem', kind: 'error', when: ({ Item: item }) => JSON.stringify(item).includes('"configuration"') && (writes += 1) > 0,
    });

    const { body } = await world.deploy('Update', AFTER, 20_000);

    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^The configuration could not be written to the ledger, so nothing was done/) as string });
    expect(writes).toBeGreaterThan(0);
    world.dynamoDb.clearFaults();
    await hoursLater(world, 2);
    // The control item names the new configuration, so neither function revokes anything.
    for (const props of [BEFORE, AFTER]) await world.invokeDeployed(props);
    expect(gone()).toBe(0);
    await world.deploy('Update', AFTER);
    await hoursLater(world, 4);
    await world.invokeDeployed(AFTER);
    expect(gone()).toBe(2);
  }, 90_000);
});

describe('a ledger that was made for another table', () => {
  /** A copy with one entry whose rule is gone from EC2, and one rule that is due. */
  async function aCopy(): Promise<Staged> {
    const staged = await stage();
    const { world, stale: [removed] } = staged;
    await world.sweep({ ...REVOKE, dryRun: true });
    await world.putIntoForce(REVOKE);
    world.network.removeRule(removed.securityGroupRuleId);
    await changeControl(world, { table: 'another-table' });
    return staged;
  }

  test('has nothing revoked and nothing settled by sweeps or by deploying, and withholds what is due', async () => {
    const { world, stale: [removed, due] } = await aCopy();

    await world.invokeDeployed(REVOKE);
    const { body } = await world.deploy('Update', REVOKE);
    await world.invokeDeployed(REVOKE);

    expect(body.Status).toBe('SUCCESS');
    expect(world.network.rules.has(due.securityGroupRuleId)).toBe(true);
    expect((await world.entries()).get(removed.securityGroupRuleId)?.state).toBe('OPEN');
    expect(keepReasons(world)).toEqual(['LEDGER_UNTRUSTED']);
    expect(world.aggregate('RevocationsWithheld')).toBe(1);
    expect((await controlOf(world)).table).toBe('another-table');
  });

  test.each([['through the alias pause', 'pause'], ['without an alias', undefined]])('is adopted %s, once, and then goes on', async (_, qualifier) => {
    const { world, stale: [removed, due] } = await aCopy();

    const adopted = await world.lambda.invoke({ adopt: {} }, undefined, { qualifier });
    const again = await world.lambda.invoke({ adopt: {} }, undefined, { qualifier });

    expect([adopted.result, again.result]).toMatchObject([{ changed: true }, { changed: false }]);
    expect((adopted.result as { message: string }).message).toMatch(/^The ledger in ledger, which was made for the table another-table, is adopted\. /);
    expect(world.network.rules.has(due.securityGroupRuleId)).toBe(true);
    expect(revocations(world)).toBe(0);
    await world.invokeDeployed(REVOKE);
    expect(world.network.rules.has(due.securityGroupRuleId)).toBe(false);
    expect((await world.entries()).get(removed.securityGroupRuleId)?.state).toBe('HEALED');
    expect((await controlOf(world)).table).toBe(world.dynamoDb.tableName);
  });

  test.each(['restore', 'resume'])('is not adopted through the alias %s', async qualifier => {
    const { world } = await aCopy();
    const { error } = await world.lambda.invoke({ adopt: {} }, undefined, { qualifier });
    expect(error?.message).toMatch(new RegExp(`^The alias ${qualifier} takes requests to ${qualifier} only`));
    expect((await controlOf(world)).table).toBe('another-table');
  });

  test('is not adopted by a request that says more', async () => {
    const { world } = await aCopy();
    for (const event of [{ adopt: { table: 'ledger' } }, { adopt: {}, sweep: {} }, { adopt: true }]) {
      expect((await world.lambda.invoke(event)).error?.message).toMatch(/^Malformed request to \w+: /);
    }
    expect((await controlOf(world)).table).toBe('another-table');
  });
});

describe('an event with a configuration, as earlier versions had it,', () => {
  test.each([
    ['whole', configuration({ ...REVOKE, version: 2 })], ['of this version', configuration(REVOKE)],
  ])('is refused with what to send: %s', async (_, event) => {
    const { world, gone } = await stage();
    await world.putIntoForce(REVOKE);
    const calls = world.dynamoDb.calls.length;

    const { error } = await world.invokeDeployed(REVOKE, event);

    expect(error?.message).toMatch(/^Unknown event: got an object with the keys version, hygiene, .* It takes a configuration from its ledger only\.$/);
    expect(error?.message).toContain('{"sweep":{}}');
    expect(gone()).toBe(0);
    expect([world.ec2.calls.length, world.dynamoDb.calls.length]).toEqual([0, calls]);
  });
});

describe('a function that was not deployed by the construct', () => {
  const ENV = { [LEDGER_TABLE_VARIABLE]: 'ledger', [HYGIENE_VARIABLE]: 'Test/Hygiene', ...deployedWith(configuration(REVOKE)) };

  test.each(Object.keys(ENV))('does nothing without its environment variable %s', async name => {
    const { world, gone } = await stage();
    await world.putIntoForce(REVOKE);
    const lambda = await LambdaProcess.start({
      handlerFolder: HANDLER_FOLDER, endpointUrl: world.ec2.url, dynamoDbUrl: world.dynamoDb.url, env: { ...ENV, [name]: '' },
    });
    processes.push(lambda);
    const requests = [SCHEDULED, { restore: { sweepId: 'x' } }, { resume: {} }, { adopt: {} }];

    for (const event of requests) {
      const { error } = await lambda.invoke(event);
      expect(error?.message).toBe(`The function has no environment variable ${name}. Nothing was done; deploy the stack again`);
    }

    expect(gone()).toBe(0);
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });
});
