/** Tests a rule that someone adds again whenever the shipped bundle revokes it, and its retry. */
import { HANDLER_FOLDER, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RETRY_ALIAS } from '../../src/contract/names';
import { Network } from '../support/ec2-endpoint';
import { violations } from '../support/event-schemas';
import { LambdaProcess } from '../support/lambda-process';

const processes: LambdaProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map(lambda => lambda.stop()));
  await stopWorlds();
});

const FLAGGED = { staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE], vpnConnections: { kind: 'none' } };
const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' };

async function findingsPage({ dynamoDb }: World): Promise<string> {
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', endpointUrl: 'http://127.0.0.1:9',
    dynamoDbUrl: dynamoDb.url,
    env: { [HYGIENE_VARIABLE]: 'Test/Hygiene', [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName },
  });
  processes.push(lambda);
  return String((await lambda.invoke({})).result);
}

/** A world in which someone has added SSH from anywhere again after each of three revocations. */
async function returningWorld(): Promise<{ world: World; network: Network; add: () => string; last: string }> {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId, tags: { team: 'payments' } });
  const add = (): string => network.addIngress(groupId, SSH).securityGroupRuleId;
  const world = await World.start({ network });
  for (let time = 0; time < 3; time++) {
    const id = add();
    expect((await world.sweep(FLAGGED)).error).toBeUndefined();
    expect(network.rules.has(id)).toBe(false);
  }
  return { world, network, add, last: add() };
}

test('a rule that came back three times is kept, rings, and is in the events and the findings table', async () => {
  const { world, network, last } = await returningWorld();
  const { error } = await world.sweep(FLAGGED);
  expect(error).toBeUndefined();
  expect(network.rules.has(last)).toBe(true);
  expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBe(3);
  expect(world.aggregate('RevocationsWithheld')).toBe(1);
  expect((await world.entries()).get(last)).toMatchObject({ state: 'OPEN', keepReason: 'COMES_BACK' });
  const events = world.ec2.events.filter(({ detail }) => JSON.stringify(detail).includes(last));
  expect(events.map(({ detailType }) => detailType).sort()).toEqual(['Finding Opened', 'Revocation Withheld']);
  for (const { source, detailType, detail } of world.ec2.events) {
    expect(violations({ source, 'detail-type': detailType, detail })).toEqual([]);
  }
  expect(JSON.stringify(events)).toContain('It came back: revoked 3 times since ');
  const page = await findingsPage(world);
  expect(page).toContain('came back: revoked 3 times since ');
  expect(page).toContain('its port is open until a person acts');
  expect(page).toContain('team=payments');
});

test('a retry through its alias revokes nothing, and the next sweep revokes the rule', async () => {
  const { world, network, last, add } = await returningWorld();
  await world.sweep(FLAGGED);
  const calls = world.ec2.calls.length;
  const { result, error } = await world.lambda.invoke(
    { retry: { securityGroupRuleIds: [last, 'sgr-0123456789abcdef0'] } }, 60_000, { qualifier: RETRY_ALIAS },
  );
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ counts: { RETRIED: 1, UNKNOWN: 1 }, rules: [{ outcome: 'RETRIED' }, { outcome: 'UNKNOWN' }] });
  expect(world.ec2.calls).toHaveLength(calls);
  expect(network.rules.has(last)).toBe(true);
  expect(await findingsPage(world)).toContain('Retried: the next sweep revokes it');

  await world.sweep(FLAGGED);
  expect(network.rules.has(last)).toBe(false);
  const next = add();
  await world.sweep(FLAGGED);
  expect(network.rules.has(next)).toBe(false);
});

test('a rule that comes back after a day without it is revoked', async () => {
  const { world, network, last } = await returningWorld();
  network.rules.delete(last);
  await world.startAnother(25 * 3_600_000);
  const { groupId } = [...network.groups.values()].find(({ tags }) => tags.team === 'payments') ?? { groupId: '' };
  const next = network.addIngress(groupId, SSH).securityGroupRuleId;
  await world.sweep(FLAGGED);
  expect(network.rules.has(next)).toBe(false);
  expect(world.aggregate('RevocationsWithheld')).toBe(0);
});
