/** Tests pausing and resuming the shipped bundle, through one alias each. */
import { configuration, HANDLER_FOLDER, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { EventType, FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../../src/contract/names';
import { customResourceEvent } from '../support/cloudformation';
import { customResourceProperties, SCHEDULED } from '../support/deployment';
import { Network } from '../support/ec2-endpoint';
import { violations } from '../support/event-schemas';
import { type InvocationOutcome, LambdaProcess } from '../support/lambda-process';

const processes: LambdaProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map(lambda => lambda.stop()));
  await stopWorlds();
});

const DAY_MILLIS = 86_400_000;
const FLAGGED = { staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE], vpnConnections: { kind: 'none' } };
const CONTROL = { hygiene: 'Test/Hygiene', id: 'control' };
const REPAIR = 'Delete the item, deploy a change of the configuration, and pause again';

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MILLIS).toISOString();
const toPause = (days: number, reason = 'change freeze'): object => ({ pause: { until: inDays(days), reason } });

const through = ({ lambda }: World, qualifier: string, event: unknown): Promise<InvocationOutcome> =>
  lambda.invoke(event, 60_000, { qualifier });

/** A world with one flagged rule. */
async function flaggedWorld(): Promise<{ world: World; isThere: () => boolean; ruleId: string }> {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
  const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' };
  const { securityGroupRuleId: ruleId } = network.addIngress(groupId, ssh);
  return { world: await World.start({ network }), isThere: () => network.rules.has(ruleId), ruleId };
}

/** Returns the events about pauses, after checking each against its schema. */
function told({ ec2 }: World): unknown[] {
  const events = ec2.events.filter(({ detailType }) => detailType === EventType.PAUSE_CHANGED);
  for (const { source, detailType, detail } of events) {
    expect(violations({ source, 'detail-type': detailType, detail })).toEqual([]);
  }
  return events.map(({ detail: { change } }) => change);
}

async function findingsPage({ dynamoDb }: World): Promise<string> {
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', endpointUrl: 'http://127.0.0.1:9',
    dynamoDbUrl: dynamoDb.url,
    env: { [HYGIENE_VARIABLE]: 'Test/Hygiene', [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName },
  });
  processes.push(lambda);
  return String((await lambda.invoke({})).result);
}

test('what is due stays while revoking is paused, and goes when it is resumed', async () => {
  const { world, isThere, ruleId } = await flaggedWorld();
  await world.sweep({ ...FLAGGED, dryRun: true });
  const until = inDays(7);

  const paused = await through(world, 'pause', { pause: { until, reason: 'change <b>freeze</b>' } });
  expect(paused.result).toMatchObject({ changed: true, pausedUntil: until, reason: 'change <b>freeze</b>', due: 0 });
  await world.sweep(FLAGGED);

  expect(isThere()).toBe(true);
  expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBeUndefined();
  expect((await world.entries()).get(ruleId)).toMatchObject({ state: 'OPEN', keepReason: 'PAUSED' });
  expect(world.aggregate('RevocationsWithheld')).toBe(0);
  const page = await findingsPage(world);
  expect(page).toContain('Revoking is paused until');
  expect(page).toContain('change &lt;b&gt;freeze&lt;/b&gt;');
  expect(page).toContain('1 rule is due; maxRevocationsPerSweep is 1000, so the first sweep after that revokes it.');
  expect(page).toContain('Revoked by the first sweep after the pause ends');

  const resumed = await through(world, 'resume', { resume: {} });
  expect(resumed.result).toMatchObject({ changed: true, due: 1, maxRevocationsPerSweep: 1000 });
  expect(resumed.result).not.toHaveProperty('pausedUntil');
  expect(isThere()).toBe(true);
  await world.sweep(FLAGGED);

  expect(isThere()).toBe(false);
  expect(told(world)).toEqual(['BEGUN', 'ENDED']);
  expect(world.logged('Pause').map(({ level, change }) => [level, change])).toEqual([
    ['WARN', 'BEGUN'], ['INFO', undefined], ['WARN', 'ENDED'],
  ]);
});

test('a pause ends by itself, and the sweeps tell of it, also when none had told before', async () => {
  const { world, isThere } = await flaggedWorld();
  await world.lambda.invoke(toPause(2));
  await world.sweep(FLAGGED);
  expect(told(world)).toEqual(['BEGUN']);

  await world.startAnother(1.5 * DAY_MILLIS);
  await world.sweep(FLAGGED);
  await world.sweep(FLAGGED);
  expect(told(world)).toEqual(['BEGUN', 'ENDING']);
  expect(isThere()).toBe(true);

  await world.startAnother(2.5 * DAY_MILLIS);
  await world.sweep(FLAGGED);
  await world.sweep(FLAGGED);
  expect(told(world)).toEqual(['BEGUN', 'ENDING', 'ENDED']);
  expect(isThere()).toBe(false);
});

test('a pause outlives a deployment, which says so', async () => {
  const { world, isThere } = await flaggedWorld();
  expect((await world.deploy('Create', { ...FLAGGED, dryRun: true })).body.Data).toMatchObject({ Pause: 'none' });
  const until = inDays(7);
  await through(world, 'pause', { pause: { until, reason: 'change freeze' } });

  expect((await world.deploy('Update', FLAGGED)).body.Data).toMatchObject({ Pause: `until ${until}: change freeze` });
  expect(isThere()).toBe(true);
});

test('a pause is never shortened, whichever of two comes first', async () => {
  const { world } = await flaggedWorld();
  const other = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, endpointUrl: world.ec2.url, dynamoDbUrl: world.dynamoDb.url,
    env: {
      [HYGIENE_VARIABLE]: 'Test/Hygiene', [LEDGER_TABLE_VARIABLE]: world.dynamoDb.tableName, [FINGERPRINT_VARIABLE]: 'none',
    },
  });
  processes.push(other);
  const [long, short] = [toPause(7, 'long'), toPause(1, 'short')];
  const outcomes = await Promise.all([world.lambda.invoke(long), other.invoke(short)]);
  expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect((await world.lambda.invoke(short)).result).toMatchObject({ changed: false, reason: 'long' });
});

test('an item that cannot be read is a pause, and pausing and the findings table say how to repair it', async () => {
  const { world, isThere } = await flaggedWorld();
  await world.putIntoForce(FLAGGED);
  await world.dynamoDb.put({ ...CONTROL, revision: 1, control: '{' });

  const { error } = await world.sweep(FLAGGED);
  expect(error).toBeUndefined();
  expect(isThere()).toBe(true);
  expect([world.aggregate('RevocationsWithheld'), world.aggregate('ScanErrors')]).toEqual([1, 1]);
  const refused = await through(world, 'pause', toPause(7));
  expect(refused.error?.name).toBe('UnreadableItem');
  expect(refused.error?.message).toMatch(/^Nothing was changed: .* That counts as a pause already/);
  expect(refused.error?.message).toContain(REPAIR);
  const { Status, Reason } = (await world.deploy('Update', FLAGGED)).body;
  expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining(REPAIR)]);
  expect(Reason).toMatch(/^The configuration could not be written to the ledger, so nothing was done: /);
  const page = await findingsPage(world);
  expect(page).toContain('Whether revoking is paused cannot be read.');
  expect(page).toContain(`${REPAIR} if revoking is to stay paused.`);
  expect(isThere()).toBe(true);

  // This is the repair that all the errors advise. Without the item, the ledger has no configuration in force.
  await world.dynamoDb.delete(CONTROL);
  await world.invokeDeployed(FLAGGED);
  expect(isThere()).toBe(true);
  expect((await world.deploy('Update', FLAGGED)).body.Status).toBe('SUCCESS');
  await world.invokeDeployed(FLAGGED);
  expect(isThere()).toBe(false);
});

describe('an alias takes its own request and nothing else:', () => {
  const OWN = { restore: ['restore'], pause: ['pause', 'adopt'], resume: ['resume'], retry: ['retry'], approve: ['approve'] };
  const KINDS = {
    'restore': { restore: { sweepId: 'x' } }, 'pause': toPause(1), 'resume': { resume: {} }, 'adopt': { adopt: {} },
    'retry': { retry: { securityGroupRuleIds: ['sgr-1'] } },
    'approve': { approve: { securityGroupRuleIds: ['sgr-1'], digest: '0123456789abcdef' } },
    'a scheduled sweep': SCHEDULED, 'a sweep': { sweep: {} }, 'a sweep of some groups': { sweep: { securityGroupIds: ['sg-1'] } },
    'a deployment': customResourceEvent('Create', 'https://127.0.0.1:9/answer', customResourceProperties(configuration(FLAGGED))),
  };
  const cases = Object.entries(OWN).flatMap(([alias, own]) => Object.entries(KINDS)
    .filter(([kind]) => !own.includes(kind)).map(([kind, event]) => ({ alias, own, kind, event })));

  test.each(cases)('$alias refuses $kind', async ({ alias, own, event }) => {
    const { world, isThere } = await flaggedWorld();
    const { error } = await through(world, alias, event);
    expect(error?.message).toBe(`The alias ${alias} takes requests to ${own.join(' or to ')} only. Nothing was done`);
    expect(isThere()).toBe(true);
    expect(world.dynamoDb.calls).toEqual([]);
    expect(world.ec2.calls).toEqual([]);
  });

  test.each([...Object.keys(OWN), undefined])('%s refuses a configuration, and so does the function', async qualifier => {
    const { world, isThere } = await flaggedWorld();
    const { error } = await world.lambda.invoke(configuration(FLAGGED), 60_000, { qualifier });
    expect(error?.message).toMatch(/^Unknown event: got an object with the keys version, .* from its ledger only\.$/);
    expect(isThere()).toBe(true);
    expect([...world.dynamoDb.calls, ...world.ec2.calls]).toEqual([]);
  });

  test('without one, and through one of your own, the function takes any of them', async () => {
    const { world } = await flaggedWorld();
    expect((await world.lambda.invoke(toPause(1))).result).toMatchObject({ changed: true });
    expect((await through(world, 'mine', { resume: {} })).result).toMatchObject({ changed: true });
  });
});

test('an error says what is wrong and what to give, and nothing is written', async () => {
  const { world } = await flaggedWorld();
  const { error } = await through(world, 'pause', { pause: { until: 'tomorrow', reason: 'x' } });
  expect(error?.message).toMatch(/^Malformed request to pause: until is not a date and time .* Nothing was done\. Give /);
  expect(world.dynamoDb.calls).toEqual([]);
});
